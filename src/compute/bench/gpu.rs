//! Measuring on a device: a batch whose places all hold the same case, each in memory of its own.

use super::record::{Kernels, Measured, Row};
use super::{Obstacle, Size, cpu, limit};
use crate::backend::gpu::bench::{Copy, Method, time_kernels, time_list};
use crate::backend::gpu::lower::{Lowering, Stages};
use crate::backend::gpu::packing::{Packing, classes};
use crate::backend::gpu::source::OuterReal;
use crate::backend::gpu::structs::CaseStatus;
use crate::backend::gpu::table::Entry;
use crate::backend::gpu::{Batch, Gpu, GpuError};
use crate::backend::plan::Plan;
use crate::backend::stopwatch::Budget;
use crate::compute::flow::Part;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Runs of a kernel in one fused dispatch where it is measured by itself: the dispatch itself costs a sixteenth of it.
const RUNS_INSIDE: usize = 16;

/// Bytes of a plain copy, read and written together, and bytes per second.
pub(super) fn copy(gpu: &Arc<Gpu>, bytes: u64, limit: Duration) -> Result<(u64, f64), GpuError> {
    let copy = Copy::new(gpu, bytes)?;
    let seconds = copy.time(limit)?.seconds;
    Ok((copy.moved(), copy.moved() as f64 / seconds))
}

/// A status that keeps every case going whatever its residual.
fn endless(size: &Size) -> CaseStatus {
    CaseStatus {
        running: 1,
        pending: 1,
        tolerance: 0.0,
        per_load: (1.0 / size.solver.load_norm()) as f32,
        ..Default::default()
    }
}

pub(super) fn measure(
    size: &Size,
    gpu: &Arc<Gpu>,
    method: Method,
    budget: &Budget,
) -> Result<Measured, Obstacle> {
    let backend = &size.solver.backend;
    let packing = Packing::of(backend).map_err(|why| Obstacle::Words(why.to_string()))?;
    let room = Batch::most_cases(gpu, &packing)?;
    if room < size.cases {
        let limit = gpu.largest_binding() >> 20;
        return Err(Obstacle::Words(format!(
            "the device has room for {room} such cases: {limit} MiB in one binding"
        )));
    }
    let mut batch = Batch::new(
        Arc::clone(gpu),
        backend,
        &classes(&backend.levels),
        size.cases,
    )?;
    let outer = gpu.outer();
    let bytes_per_case = packing.bytes(outer.map_or(0, OuterReal::bytes));

    let clock = Instant::now();
    batch.upload_all(std::iter::repeat_n(backend, size.cases))?;
    gpu.wait()?;
    let upload = clock.elapsed().as_secs_f64() / size.cases as f64;
    batch.set_status(&vec![endless(size); size.cases]);

    let lowering = Lowering::new(&packing, size.cases as u32);
    let part = |part: Part| part.stages(&lowering, outer);
    let (setup, cycle) = (part(Part::Setup), part(Part::Cycle));
    for stages in [&setup, &part(Part::Start), &cycle] {
        let loaded = batch.load(stages.clone());
        batch.submit(&loaded)?;
    }
    gpu.wait()?;

    let vectors = 4 * u64::from(packing.batch.vectors) * size.cases as u64;
    let (copy_bytes, copy_rate) = copy(gpu, vectors, limit(budget))?;
    let whole = time_list(&mut batch, &cycle, limit(budget))?;

    let mut kernels = Vec::new();
    let parts = [
        (Kernels::Cycle, &cycle),
        (Kernels::Outer, &part(Part::Outer)),
        (Kernels::Setup, &setup),
    ];
    for (part, stages) in parts {
        for time in time_kernels(&mut batch, stages, method, limit(budget))? {
            kernels.push(Row {
                part,
                kernel: time.entry.to_string(),
                entry_point: time.entry.row().function.to_string(),
                level: time.level,
                runs: time.dispatches,
                time_us: 1e6 * time.seconds,
                bytes: time.bytes,
                bandwidth_gb_per_s: 0.0,
                share_of_copy: 0.0,
                samples: time.samples,
            });
        }
    }
    inside_fused(&mut batch, &lowering, &cycle, budget, &mut kernels)?;
    kernels.sort_by_key(|row| row.part as u8);
    still_running(&mut batch, cycle.clone())?;

    let bytes: u64 = cycle.stages.iter().map(|s| s.bytes).sum::<u64>() * size.cases as u64;
    let seconds = whole.device.seconds;
    Ok(Measured {
        cells_per_radius: size.cells_per_radius,
        cases: size.cases,
        cells: size.cells(),
        unknowns: size.solver.layout().len(),
        levels: packing.levels.len(),
        bytes_per_case,
        dispatches_per_cycle: cycle.stages.len(),
        bytes_per_cycle: bytes,
        ms_per_cycle: 1e3 * seconds,
        ms_per_cycle_per_case: 1e3 * seconds / size.cases as f64,
        cycles_per_sample: whole.device.repeats,
        samples: whole.device.samples,
        host_record_ms_per_cycle: Some(1e3 * whole.record),
        cpu_ms_per_cycle_one_case: 1e3 * size.cpu_seconds,
        host_setup_ms_per_case: 1e3 * size.setup_seconds,
        host_upload_ms_per_case: Some(1e3 * upload),
        copy_gb_per_s: 1e-9 * copy_rate,
        copy_bytes,
        cycle_gb_per_s: 1e-9 * bytes as f64 / seconds,
        kernels: kernels
            .into_iter()
            .map(|row| row.finish(copy_rate))
            .collect(),
    })
}

/// Times the kernels that the fused dispatches of a cycle consist of: timestamps do not reach inside, so each runs by itself,
/// several times in one dispatch.
fn inside_fused(
    batch: &mut Batch,
    lowering: &Lowering,
    cycle: &Stages,
    budget: &Budget,
    rows: &mut Vec<Row>,
) -> Result<(), GpuError> {
    let fused = cycle.stages.iter().filter(|s| s.entry == Entry::Cycle);
    let plan = Plan {
        dispatches: fused.flat_map(|s| s.does.clone()).collect(),
    };
    let groups = cpu::grouped(&plan);
    if groups.is_empty() {
        return Ok(());
    }
    let each = limit(budget) / groups.len() as u32;
    for (((_, name), level), dispatches) in groups {
        let runs = dispatches.len();
        let bytes: u64 = dispatches.iter().map(|&d| lowering.bytes(d)).sum();
        let times = RUNS_INSIDE.div_ceil(runs);
        let repeated = Plan {
            dispatches: dispatches.repeat(times),
        };
        let mut stages = Stages::default();
        lowering.plan(&repeated, &mut stages);
        let time = time_list(batch, &stages, each)?.device;
        rows.push(Row {
            part: Kernels::InsideFused,
            kernel: format!("flow/{name}"),
            entry_point: Entry::Cycle.row().function.to_string(),
            level: level as u32,
            runs: runs as u32,
            time_us: 1e6 * time.seconds / (times * runs) as f64,
            bytes: bytes as f64 / runs as f64 * f64::from(lowering.cases),
            bandwidth_gb_per_s: 0.0,
            share_of_copy: 0.0,
            samples: time.samples,
        });
    }
    Ok(())
}

/// Makes sure that the cases were worked on all the time: kernels pass over a case that has stopped.
fn still_running(batch: &mut Batch, cycle: Stages) -> Result<(), Obstacle> {
    let loaded = batch.load(cycle);
    let status = batch.submit_and_look(&loaded, false)?;
    let stopped = status.iter().filter(|s| s.running == 0).count();
    if stopped > 0 {
        return Err(Obstacle::Words(format!(
            "{stopped} of the cases stopped while they were measured, so their times mean nothing"
        )));
    }
    Ok(())
}
