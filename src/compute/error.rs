//! Why something was not computed.

use crate::backend::gpu::GpuError;
use crate::flow::factor::Singular;
use crate::flow::solver::SolveError;
use crate::species::StepTooLong;

/// Why something was not computed.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ComputeError {
    /// A flow problem has no solution, or none was found.
    #[error(transparent)]
    Flow(#[from] SolveError),
    /// A step of the species could not be made.
    #[error(transparent)]
    Species(#[from] StepTooLong),
    /// The device failed, and the CPU may not take its place.
    #[error(transparent)]
    Device(#[from] GpuError),
}

impl From<Singular> for ComputeError {
    fn from(error: Singular) -> Self {
        ComputeError::Flow(error.into())
    }
}

impl ComputeError {
    /// True if another start, or an easier problem, may succeed.
    pub fn is_not_converged(&self) -> bool {
        matches!(self, ComputeError::Flow(SolveError::NotConverged { .. }))
    }

    /// True if nothing more is to be had from what computes.
    pub fn is_final(&self) -> bool {
        matches!(self, ComputeError::Device(_))
    }
}
