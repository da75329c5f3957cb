//! Measuring on the CPU backend: f64, all threads of the pool.

use super::record::{Kernels, Measured, Row};
use super::{Size, limit};
use crate::backend::CpuBackend;
use crate::backend::plan::{Dispatch, Kernel, Plan};
use crate::backend::stopwatch::{Budget, Timing, time_one};
use crate::backend::traffic::{LevelSizes, factor_numbers, numbers};
use crate::flow::solver::FlowSolver;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::time::{Duration, Instant};

/// Bytes of a number.
const BYTES: u64 = 8;

/// Numbers that one task of the plain copy moves.
const COPY_BLOCK: usize = 1 << 16;

/// Most repetitions in a sample.
const MOST: u32 = 10_000;

/// The dispatches of one V-cycle.
fn cycle_plan(solver: &FlowSolver<f64>) -> Plan {
    let plans = solver.plans();
    let mut plan = plans.before.clone();
    plan.dispatches.extend(&plans.after_v.dispatches);
    plan
}

/// Times one V-cycle.
pub(super) fn cycle(solver: &FlowSolver<f64>, limit: Duration) -> Timing {
    let mut backend = solver.backend.clone();
    time(&mut backend, &cycle_plan(solver), limit)
}

/// Times one repetition of a plan. All of a sample are one plan, so that the threads are called together once.
fn time(backend: &mut CpuBackend<f64>, plan: &Plan, limit: Duration) -> Timing {
    let timing = time_one(MOST, limit, |repeats| {
        let repeated = Plan {
            dispatches: plan.dispatches.repeat(repeats as usize),
        };
        let clock = Instant::now();
        backend.execute(&repeated);
        Ok::<f64, Infallible>(clock.elapsed().as_secs_f64())
    });
    timing.unwrap_or_else(|never| match never {})
}

/// Bytes of a plain copy between two arrays of `bytes` each, read and written together, and bytes per second.
pub(super) fn copy(bytes: u64, limit: Duration) -> (u64, f64) {
    let count = (bytes / BYTES) as usize;
    let from = vec![1.0_f64; count];
    let mut to = vec![0.0_f64; count];
    let timing = time_one(MOST, limit, |repeats| {
        let clock = Instant::now();
        for _ in 0..repeats {
            to.par_chunks_mut(COPY_BLOCK)
                .zip(from.par_chunks(COPY_BLOCK))
                .for_each(|(to, from)| to.copy_from_slice(from));
            std::hint::black_box(&mut to);
        }
        Ok::<f64, Infallible>(clock.elapsed().as_secs_f64())
    });
    let seconds = timing.unwrap_or_else(|never| match never {}).seconds;
    let moved = 2 * BYTES * count as u64;
    (moved, moved as f64 / seconds)
}

/// Step of the plan: its name, and its place in the order of a table.
fn step(kernel: Kernel) -> (u8, &'static str) {
    match kernel {
        Kernel::Smooth { .. } => (0, "smooth"),
        Kernel::Residual => (1, "residual"),
        Kernel::Restrict => (2, "restrict"),
        Kernel::Coarse => (3, "coarse"),
        Kernel::Prolong => (4, "prolong"),
    }
}

/// The dispatches of a plan by kernel and level.
pub(super) fn grouped(plan: &Plan) -> BTreeMap<((u8, &'static str), usize), Vec<Dispatch>> {
    let mut groups: BTreeMap<_, Vec<Dispatch>> = BTreeMap::new();
    for &dispatch in &plan.dispatches {
        groups
            .entry((step(dispatch.kernel), dispatch.level))
            .or_default()
            .push(dispatch);
    }
    groups
}

pub(super) fn measure(size: &Size, budget: &Budget) -> Measured {
    let mut backend = size.solver.backend.clone();
    let sizes: Vec<LevelSizes> = backend.levels.iter().map(LevelSizes::of).collect();
    let factors = factor_numbers(&backend.coarse);
    let moved = |dispatches: &[Dispatch]| -> u64 {
        let each = |d: &Dispatch| BYTES * numbers(*d, &sizes, factors);
        dispatches.iter().map(each).sum()
    };
    let plan = cycle_plan(size.solver);
    let vectors: u64 = sizes.iter().map(|level| 4 * level.unknowns).sum();
    let (copy_bytes, copy_rate) = copy(BYTES * vectors, limit(budget));
    let whole = time(&mut backend, &plan, limit(budget));
    let groups = grouped(&plan);
    let each = limit(budget) / groups.len() as u32;
    let kernels = groups
        .into_iter()
        .map(|(((_, name), level), dispatches)| {
            let runs = dispatches.len();
            let bytes = moved(&dispatches) as f64 / runs as f64;
            let timing = time(&mut backend, &Plan { dispatches }, each);
            Row {
                part: Kernels::Cycle,
                kernel: format!("flow/{name}"),
                entry_point: name.to_string(),
                level: level as u32,
                runs: runs as u32,
                time_us: 1e6 * timing.seconds / runs as f64,
                bytes,
                bandwidth_gb_per_s: 0.0,
                share_of_copy: 0.0,
                samples: timing.samples,
            }
            .finish(copy_rate)
        })
        .collect();
    let bytes = moved(&plan.dispatches);
    let tables: u64 = sizes.iter().map(|s| s.metrics + s.boxes).sum();
    Measured {
        cells_per_radius: size.cells_per_radius,
        cases: 1,
        cells: size.cells(),
        unknowns: size.solver.layout().len(),
        levels: sizes.len(),
        bytes_per_case: BYTES * (tables + vectors + factors),
        dispatches_per_cycle: plan.dispatches.len(),
        bytes_per_cycle: bytes,
        ms_per_cycle: 1e3 * whole.seconds,
        ms_per_cycle_per_case: 1e3 * whole.seconds,
        cycles_per_sample: whole.repeats,
        samples: whole.samples,
        host_record_ms_per_cycle: None,
        cpu_ms_per_cycle_one_case: 1e3 * whole.seconds,
        host_setup_ms_per_case: 1e3 * size.setup_seconds,
        host_upload_ms_per_case: None,
        copy_gb_per_s: 1e-9 * copy_rate,
        copy_bytes,
        cycle_gb_per_s: 1e-9 * bytes as f64 / whole.seconds,
        kernels,
    }
}
