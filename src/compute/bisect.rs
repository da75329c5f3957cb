//! Finds a wrong kernel: the first part of a plan runs on the device and, beside it, on the CPU; then the CPU goes on from
//! what the device left.

use crate::backend::gpu::lower::{Lowering, Stages};
use crate::backend::gpu::packing::classes;
use crate::backend::gpu::structs::CaseStatus;
use crate::backend::gpu::{Batch, Gpu, GpuError, Vector};
use crate::backend::{CpuBackend, Dispatch, Kernel, Plan};
use crate::flow::plans::Plans;
use crate::flow::solver::FlowSolver;
use crate::kernels::flow::norm::euclidean;
use std::sync::Arc;

/// One dispatch on both sides.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// What ran.
    pub dispatch: Dispatch,
    /// Largest difference of what it wrote, relative to the largest entry.
    pub difference: f64,
}

/// What a run on both sides found.
#[derive(Clone, Debug, PartialEq)]
pub struct Bisection {
    /// The dispatches on the device, in order.
    pub steps: Vec<Step>,
    /// Relative residual after the whole plan with its first part on the device.
    pub residual: f64,
    /// The same with all of it on the CPU.
    pub cpu_residual: f64,
}

/// The plan that is looked at: a nested iteration from rest and one V-cycle.
pub fn plan(solver: &FlowSolver<f64>) -> Plan {
    let Plans {
        start,
        before,
        after_v,
        residual,
        ..
    } = solver.plans();
    Plan {
        dispatches: [start, before, after_v, residual]
            .into_iter()
            .flat_map(|part| part.dispatches.iter().copied())
            .collect(),
    }
}

/// Runs [`plan`] from rest, its first `count` dispatches on the device, one at a time.
///
/// # Errors
/// What the device reports.
pub fn run(gpu: &Arc<Gpu>, solver: &FlowSolver<f64>, count: usize) -> Result<Bisection, GpuError> {
    let plan = plan(solver);
    let mut cpu = solver.backend.clone();
    cpu.levels[0].state[0].fill(0.0);
    cpu.prepare();
    let mut batch = Batch::new(Arc::clone(gpu), &cpu, &classes(&cpu.levels), 1)?;
    batch.poison();
    batch.upload(0, &cpu);
    let rhs: Vec<f32> = cpu.levels[0].rhs.iter().map(|&v| v as f32).collect();
    batch.set(0, 0, Vector::Rhs, &rhs);
    batch.set(0, 0, Vector::State, &vec![0.0; rhs.len()]);
    batch.set_status(&vec![
        CaseStatus {
            running: 1,
            pending: 1,
            ..Default::default()
        };
        batch.cases()
    ]);
    let mut stages = Stages::default();
    Lowering::new(batch.packing(), 1).boxes(&mut stages);
    submit(&mut batch, stages)?;

    let mut steps = Vec::new();
    for &dispatch in plan.dispatches.iter().take(count) {
        let one = Plan {
            dispatches: vec![dispatch],
        };
        cpu.execute(&one);
        let mut stages = Stages::default();
        let lowering = Lowering {
            fuse_from: usize::MAX,
            ..Lowering::new(batch.packing(), 1)
        };
        lowering.plan(&one, &mut stages);
        submit(&mut batch, stages)?;
        let (level, vector) = written(dispatch);
        let found = batch.get(0, level, vector)?;
        steps.push(Step {
            dispatch,
            difference: difference(&found, vector_of(&cpu, level, vector)),
        });
    }

    let rest = Plan {
        dispatches: plan.dispatches[steps.len()..].to_vec(),
    };
    let mut mixed = cpu.clone();
    for level in 0..mixed.levels.len() {
        for vector in [Vector::State, Vector::Double, Vector::Rhs, Vector::Residual] {
            let found = batch.get(0, level, vector)?;
            for (target, value) in vector_of_mut(&mut mixed, level, vector)
                .iter_mut()
                .zip(found)
            {
                // What the plan has not written yet is poison still; the CPU will write it before it reads it.
                *target = f64::from(value);
            }
        }
    }
    mixed.execute(&rest);
    cpu.execute(&rest);
    let load = solver.load_norm();
    let norm = |b: &CpuBackend<f64>| euclidean(&b.levels[0].residual) / load;
    Ok(Bisection {
        steps,
        residual: norm(&mixed),
        cpu_residual: norm(&cpu),
    })
}

fn submit(batch: &mut Batch, stages: Stages) -> Result<(), GpuError> {
    let loaded = batch.load(stages);
    batch.submit(&loaded)
}

/// What a dispatch writes.
fn written(Dispatch { kernel, level }: Dispatch) -> (usize, Vector) {
    match kernel {
        Kernel::Smooth { from: 0, .. } => (level, Vector::Double),
        Kernel::Smooth { .. } | Kernel::Prolong | Kernel::Coarse => (level, Vector::State),
        Kernel::Residual => (level, Vector::Residual),
        Kernel::Restrict => (level + 1, Vector::Rhs),
    }
}

fn vector_of(backend: &CpuBackend<f64>, level: usize, vector: Vector) -> &[f64] {
    let level = &backend.levels[level];
    match vector {
        Vector::State => &level.state[0],
        Vector::Double => &level.state[1],
        Vector::Rhs => &level.rhs,
        Vector::Residual => &level.residual,
    }
}

fn vector_of_mut(backend: &mut CpuBackend<f64>, level: usize, vector: Vector) -> &mut [f64] {
    let level = &mut backend.levels[level];
    match vector {
        Vector::State => &mut level.state[0],
        Vector::Double => &mut level.state[1],
        Vector::Rhs => &mut level.rhs,
        Vector::Residual => &mut level.residual,
    }
}

/// Largest difference relative to the largest entry; infinite if anything is no number.
fn difference(found: &[f32], expected: &[f64]) -> f64 {
    let largest = expected.iter().fold(0.0_f64, |m, v| m.max(v.abs()));
    let mut worst = 0.0_f64;
    for (&f, &e) in found.iter().zip(expected) {
        let d = (f64::from(f) - e).abs();
        if !d.is_finite() {
            return f64::INFINITY;
        }
        worst = worst.max(d);
    }
    if worst == 0.0 { 0.0 } else { worst / largest }
}
