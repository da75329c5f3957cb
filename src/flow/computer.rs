//! What solves flow problems: the CPU, or a device that the CPU stands in for when it fails.

use super::gpu::GpuFlow;
use super::solver::{FlowSolver, SolveError, Statistics};
use crate::backend::gpu::GpuError;
use crate::kernels::Precision;
use std::fmt::Debug;

/// The CPU or a device.
#[derive(Debug, Default)]
pub struct Computer {
    device: Option<Device>,
    /// What the device computes with, kept when it fails.
    precision: Option<Precision>,
    failure: Option<GpuError>,
}

/// A device that several runs share: it solves a run's problem together with those of others.
pub trait SharedSolver: Debug + Send {
    /// Solves a problem and gives it back; as [`FlowSolver::solve`]. A problem that is not solved keeps its first guess.
    fn solve(
        &mut self,
        solver: FlowSolver<f64>,
        tolerance: f64,
        max_cycles: usize,
    ) -> (FlowSolver<f64>, Result<Statistics, SolveError>);
}

#[derive(Debug)]
struct Device {
    solves: Solves,
    falls_back: bool,
}

#[derive(Debug)]
enum Solves {
    /// For one run.
    Own(Box<GpuFlow>),
    /// For many.
    Shared(Box<dyn SharedSolver>),
}

impl Computer {
    /// The CPU.
    pub fn cpu() -> Self {
        Self::default()
    }

    /// A device opened for `precision`. When it fails the CPU takes its place if `falls_back`; otherwise the failure ends the
    /// computation.
    pub fn device(flow: GpuFlow, precision: Precision, falls_back: bool) -> Self {
        Computer::on(Solves::Own(Box::new(flow)), precision, falls_back)
    }

    /// A device that is shared with other runs; otherwise as [`Computer::device`].
    pub fn shared(solver: Box<dyn SharedSolver>, precision: Precision, falls_back: bool) -> Self {
        Computer::on(Solves::Shared(solver), precision, falls_back)
    }

    fn on(solves: Solves, precision: Precision, falls_back: bool) -> Self {
        Computer {
            device: Some(Device { solves, falls_back }),
            precision: Some(precision),
            failure: None,
        }
    }

    /// Solves a problem to `tolerance`, or as far as the precision goes, and gives it back.
    ///
    /// # Errors
    /// [`SolveError`]; a device's failure only where the CPU may not take its place.
    pub fn solve(
        &mut self,
        mut solver: FlowSolver<f64>,
        tolerance: f64,
        max_cycles: usize,
    ) -> (FlowSolver<f64>, Result<Statistics, SolveError>) {
        let reachable = self.reachable(tolerance);
        let Some(device) = &mut self.device else {
            let result = solver.solve(tolerance, max_cycles);
            return (solver, result);
        };
        let (mut solver, result) = match &mut device.solves {
            Solves::Own(flow) => {
                let result = flow.solve(&mut solver, reachable, max_cycles);
                (solver, result)
            }
            Solves::Shared(shared) => shared.solve(solver, reachable, max_cycles),
        };
        match result {
            Err(SolveError::Device(failure)) if device.falls_back => {
                // Nothing has been handed over: the solver still holds its first guess.
                self.device = None;
                self.failure = Some(failure);
                let result = solver.solve(tolerance, max_cycles);
                (solver, result)
            }
            result => (solver, result),
        }
    }

    /// The device, unless the CPU computes or others share it.
    pub fn gpu(&self) -> Option<&GpuFlow> {
        match &self.device.as_ref()?.solves {
            Solves::Own(flow) => Some(flow),
            Solves::Shared(_) => None,
        }
    }

    /// Why the CPU has taken the device's place.
    pub fn failure(&self) -> Option<&GpuError> {
        self.failure.as_ref()
    }

    /// Name of the arithmetic that was chosen, for reports: `f64` (the CPU), `mixed` or `f32`.
    pub fn precision(&self) -> &'static str {
        self.precision.map_or("f64", Precision::name)
    }

    /// The tolerance that is reached where `tolerance` is asked for.
    pub fn reachable(&self, tolerance: f64) -> f64 {
        self.precision
            .map_or(tolerance, |precision| precision.reachable(tolerance))
    }
}
