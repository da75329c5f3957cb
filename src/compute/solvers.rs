//! The two solvers of one device.

use super::error::ComputeError;
use super::flow::GpuFlow;
use super::species::GpuSpecies;
use crate::backend::gpu::source::OuterReal;
use crate::backend::gpu::{Gpu, GpuError};
use crate::flow::solver::{FlowSolver, Statistics};
use crate::species::{State, Task};
use std::sync::Arc;

/// What a device solves: flow problems, and steps of the species where it keeps states in double precision.
#[derive(Debug)]
pub(super) struct Solvers {
    pub flow: GpuFlow,
    pub species: Option<GpuSpecies>,
}

impl Solvers {
    /// Both on the device of `flow`.
    pub fn new(flow: GpuFlow) -> Self {
        // The states of the species are as exact as those of the flow, or they are the CPU's.
        let species = (flow.gpu().outer() == Some(OuterReal::F64))
            .then(|| GpuSpecies::new(Arc::clone(flow.gpu())))
            .flatten();
        Solvers { flow, species }
    }

    /// The device.
    pub fn gpu(&self) -> &Arc<Gpu> {
        self.flow.gpu()
    }

    /// Solves one problem.
    pub fn solve(
        &mut self,
        solver: &mut FlowSolver<f64>,
        tolerance: f64,
        max_cycles: usize,
    ) -> Result<Statistics, ComputeError> {
        self.flow.solve(solver, tolerance, max_cycles)
    }

    /// Makes one step that the device takes; `None` if its layer did not settle, which the host makes in shorter parts.
    ///
    /// # Panics
    /// If the device makes no steps.
    #[expect(clippy::expect_used, reason = "the caller knows who makes steps")]
    pub fn step(&mut self, task: &Task) -> Result<Option<State>, GpuError> {
        let species = self.species.as_mut().expect("the device makes steps");
        Ok(species.step_batch(&[*task])?.pop().flatten())
    }
}
