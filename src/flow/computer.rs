//! What solves flow problems: the CPU, or a device that the CPU stands in for when it fails.

use super::gpu::{GpuFlow, Precision};
use super::solver::{FlowSolver, SolveError, Statistics};
use crate::backend::gpu::GpuError;

/// The CPU or a device.
#[derive(Debug, Default)]
pub struct Computer {
    device: Option<Device>,
    /// What the device computes with, kept when it fails.
    precision: Option<Precision>,
    failure: Option<GpuError>,
}

#[derive(Debug)]
struct Device {
    flow: GpuFlow,
    falls_back: bool,
}

impl Computer {
    /// The CPU.
    pub fn cpu() -> Self {
        Self::default()
    }

    /// A device opened for `precision`. When it fails the CPU takes its place if `falls_back`; otherwise the failure ends the
    /// computation.
    pub fn device(flow: GpuFlow, precision: Precision, falls_back: bool) -> Self {
        Computer {
            device: Some(Device { flow, falls_back }),
            precision: Some(precision),
            failure: None,
        }
    }

    /// Solves a problem to `tolerance`, or as far as the precision goes.
    ///
    /// # Errors
    /// [`SolveError`]; a device's failure only where the CPU may not take its place.
    pub fn solve(
        &mut self,
        solver: &mut FlowSolver<f64>,
        tolerance: f64,
        max_cycles: usize,
    ) -> Result<Statistics, SolveError> {
        let reachable = self.reachable(tolerance);
        let Some(device) = &mut self.device else {
            return solver.solve(tolerance, max_cycles);
        };
        match device.flow.solve(solver, reachable, max_cycles) {
            Err(SolveError::Device(failure)) if device.falls_back => {
                // Nothing has been handed over: the solver still holds its first guess.
                self.device = None;
                self.failure = Some(failure);
                solver.solve(tolerance, max_cycles)
            }
            result => result,
        }
    }

    /// The device, unless the CPU computes.
    pub fn gpu(&self) -> Option<&GpuFlow> {
        self.device.as_ref().map(|device| &device.flow)
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
