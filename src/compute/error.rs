//! Why something was not computed.

use crate::backend::gpu::GpuError;
use crate::flow::factor::Singular;
use crate::flow::solver::{Failure, SolveError};
use crate::species::StepFailed;

/// Why something was not computed.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ComputeError {
    /// A flow problem has no solution, or none was found.
    #[error(transparent)]
    Flow(#[from] SolveError),
    /// A step of the species could not be made.
    #[error(transparent)]
    Species(#[from] StepFailed),
    /// The device failed, and the CPU may not take its place.
    #[error(transparent)]
    Device(#[from] GpuError),
}

impl From<Singular> for ComputeError {
    fn from(error: Singular) -> Self {
        ComputeError::Flow(error.into())
    }
}

impl Failure for ComputeError {
    fn is_not_converged(&self) -> bool {
        matches!(self, ComputeError::Flow(error) if error.is_not_converged())
    }
}

impl ComputeError {
    /// True if nothing more is to be had from what computes.
    pub fn is_final(&self) -> bool {
        match self {
            ComputeError::Device(_) => true,
            ComputeError::Flow(error) => {
                matches!(error, SolveError::NotFinite(_) | SolveError::Stopped)
            }
            ComputeError::Species(error) => !error.may_be_too_long(),
        }
    }
}
