//! The benchmark: cycles of the flow solver by kernel and level, against a plain copy (`docs/performance.md`).

mod cpu;
mod gpu;
mod record;

pub use record::{Kernels, Measured, Row, Skipped};

use super::error::ComputeError;
use crate::backend::gpu::bench::Method;
use crate::backend::gpu::{Gpu, GpuError};
use crate::backend::stopwatch::Budget;
use crate::flow::discretise::{Medium, layout};
use crate::flow::factor::Singular;
use crate::flow::grid::Grid;
use crate::flow::solver::{FlowSolver, Loads};
use crate::mesh::MeshSpec;
use std::sync::Arc;
use std::time::Duration;

/// Λ of the cases; the work of a cycle does not depend on it.
const LAMBDA: f64 = 1.0 / 32.0;

/// Cycles that measuring a size costs about: warming up, whole cycles, kernels one by one.
const CYCLES_PER_SIZE: f64 = 40.0;

/// Time that one measurement of a size takes at most, where one sample does not take longer.
const MEASUREMENT: Duration = Duration::from_millis(600);

/// Bytes of the plain copy that shows what the memory can do: beyond every cache.
const LARGE_COPY: u64 = 512 << 20;

/// What is to be measured.
#[derive(Clone, Debug, PartialEq)]
pub struct Sizes {
    /// Meshes, with their number of cells across the pore radius.
    pub meshes: Vec<MeshSpec>,
    /// Length of the wire in pore radii.
    pub length: f64,
    /// Numbers of cases in a batch.
    pub cases: Vec<usize>,
}

/// What computes.
#[derive(Clone, Debug)]
pub enum On {
    /// The CPU backend.
    Cpu,
    /// A device.
    Gpu(Arc<Gpu>, Method),
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Findings {
    /// Bytes of the large plain copy, read and written together, and bytes per second.
    pub large_copy: Option<(u64, f64)>,
    /// The sizes that were measured, by cells and cases.
    pub measured: Vec<Measured>,
    /// The ones that were not.
    pub skipped: Vec<Skipped>,
}

/// One size.
struct Size<'a> {
    solver: &'a FlowSolver<f64>,
    cells_per_radius: usize,
    cases: usize,
    setup_seconds: f64,
    cpu_seconds: f64,
}

impl Size<'_> {
    fn cells(&self) -> usize {
        self.solver.layout().cells()
    }

    fn work(&self) -> f64 {
        self.cells() as f64 * self.cases as f64
    }
}

/// Why a size was not measured: what went wrong, or in words.
enum Obstacle {
    Device(GpuError),
    Words(String),
}

impl From<GpuError> for Obstacle {
    fn from(error: GpuError) -> Self {
        Obstacle::Device(error)
    }
}

/// The flow problem of a mesh: pressed with the reference stress, flat front, uniform liquid.
///
/// # Errors
/// If the coarsest level cannot be factored.
pub fn problem(mesh: &MeshSpec, length: f64) -> Result<FlowSolver<f64>, Singular> {
    let grid = Grid::new(mesh, length);
    let medium = Medium::uniform(&layout(&grid, [0, 0]), LAMBDA, 0.0);
    let loads = Loads {
        inlet_pressure: 1.0,
        tip_pressure: 0.0,
    };
    FlowSolver::new(grid, &medium, loads)
}

/// Measures the sizes, small ones first, while the budget lasts; `say` is told what is being done.
///
/// # Errors
/// If a mesh gives no problem, or the device fails otherwise than by not having room.
pub fn measure(
    sizes: &Sizes,
    on: &On,
    budget: Budget,
    mut say: impl FnMut(&str),
) -> Result<Findings, ComputeError> {
    let mut findings = Findings::default();
    let mut grids = Vec::new();
    for mesh in &sizes.meshes {
        let clock = std::time::Instant::now();
        let mut solver = problem(mesh, sizes.length)?;
        let setup_seconds = clock.elapsed().as_secs_f64();
        solver.backend.prepare();
        let limit = MEASUREMENT.min(budget.left() / 20);
        let cpu_seconds = cpu::cycle(&solver, limit).seconds;
        grids.push((mesh.cells_per_radius, solver, setup_seconds, cpu_seconds));
    }
    let mut order: Vec<Size> = grids
        .iter()
        .flat_map(|(cells, solver, setup, cpu)| {
            sizes.cases.iter().map(move |&cases| Size {
                solver,
                cells_per_radius: *cells,
                cases,
                setup_seconds: *setup,
                cpu_seconds: *cpu,
            })
        })
        .collect();
    order.sort_by(|a, b| a.work().total_cmp(&b.work()));

    say("copying");
    let limit = MEASUREMENT.min(budget.left() / 20);
    findings.large_copy = Some(match on {
        On::Cpu => cpu::copy(LARGE_COPY, limit),
        On::Gpu(gpu, _) => gpu::copy(gpu, LARGE_COPY, limit)?,
    });
    let mut per_work: Option<f64> = None;
    for size in &order {
        let found = refusal(size, on, &budget, per_work).map_or_else(
            || {
                let (n, b) = (size.cells_per_radius, size.cases);
                say(&format!(
                    "N = {n}, {b} case{}",
                    if b == 1 { "" } else { "s" }
                ));
                match on {
                    On::Cpu => Ok(cpu::measure(size, &budget)),
                    On::Gpu(gpu, method) => gpu::measure(size, gpu, *method, &budget),
                }
            },
            |reason| Err(Obstacle::Words(reason)),
        );
        let reason = match found {
            Ok(measured) => {
                per_work = Some(measured.ms_per_cycle * 1e-3 / size.work());
                findings.measured.push(measured);
                continue;
            }
            Err(Obstacle::Words(reason)) => reason,
            Err(Obstacle::Device(
                error @ (GpuError::DoesNotFit { .. } | GpuError::OutOfMemory { .. }),
            )) => error.to_string(),
            Err(Obstacle::Device(error)) => return Err(error.into()),
        };
        findings.skipped.push(Skipped {
            cells_per_radius: size.cells_per_radius,
            cases: size.cases,
            cells: size.cells(),
            reason,
        });
    }
    let key = |n: usize, b: usize| (n, b);
    let by_size = |m: &Measured| key(m.cells_per_radius, m.cases);
    findings.measured.sort_by_key(by_size);
    findings
        .skipped
        .sort_by_key(|s| key(s.cells_per_radius, s.cases));
    Ok(findings)
}

/// Why a size is not even tried. `per_work` is what a cycle takes per cell and case, from the largest size so far.
fn refusal(size: &Size, on: &On, budget: &Budget, per_work: Option<f64>) -> Option<String> {
    if matches!(on, On::Cpu) && size.cases > 1 {
        return Some(format!(
            "the CPU computes one case after the other: {} times as long as one",
            size.cases
        ));
    }
    let (left, whole) = (budget.left().as_secs_f64(), budget.whole().as_secs_f64());
    if left <= 0.0 {
        return Some(format!("--max-seconds {whole} are used up"));
    }
    let expected = per_work.map_or(0.0, |p| p * size.work() * CYCLES_PER_SIZE);
    (expected > left).then(|| {
        format!(
            "it would take about {expected:.0} s; {left:.0} s of --max-seconds {whole} are left"
        )
    })
}

/// Limits a measurement: its part of what is left.
fn limit(budget: &Budget) -> Duration {
    MEASUREMENT.min(budget.left() / 4)
}
