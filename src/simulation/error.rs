//! Why a run ends without a result.

use super::conditions::Conditions;
use crate::compute::ComputeError;
use crate::physics::constants::NANOMETRE;

/// A run ended without a result.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum SimulationError {
    /// A flow problem could not be solved.
    #[error("at t = {time:.6} s, L = {length_nm:.4} nm (Λ = {lambda:.3e}): {source}")]
    Flow {
        /// Time in s.
        time: f64,
        /// Length in nm.
        length_nm: f64,
        /// Λ = ηM/R³.
        lambda: f64,
        /// The reason.
        source: ComputeError,
    },
    /// The composition could not be solved.
    #[error("at t = {time:.6} s, L = {length_nm:.4} nm: {source}")]
    Composition {
        /// Time in s.
        time: f64,
        /// Length in nm.
        length_nm: f64,
        /// The reason.
        source: ComputeError,
    },
    /// Flow and shape of the free front do not come to agree.
    #[error(
        "at t = {time:.6} s the free front does not settle: the flow still asks it to move by {change:.2} R, however short the step"
    )]
    FrontUnsettled {
        /// Time in s.
        time: f64,
        /// Largest change of the height that the last solve asked for in R.
        change: f64,
    },
    /// The result violates what holds for every molding.
    #[error("at t = {time:.6} s the result is not physical: {what}")]
    Unphysical {
        /// Time in s.
        time: f64,
        /// What does not hold.
        what: String,
    },
    /// The step size fell below what the time can resolve.
    #[error(
        "at t = {time:.6} s the time step fell to {step:.1e} s without meeting numerics.step_tolerance = {tolerance:.1e}"
    )]
    StepTooSmall {
        /// Time in s.
        time: f64,
        /// Step in s.
        step: f64,
        /// Tolerance.
        tolerance: f64,
    },
    /// More steps than the case allows.
    #[error(
        "the run did not end within numerics.max_steps = {max_steps} steps (t = {time:.6} s reached)"
    )]
    TooManySteps {
        /// The limit.
        max_steps: u32,
        /// Time reached in s.
        time: f64,
    },
}

/// A failed flow problem at a length in R.
pub(super) fn flow_error(
    conditions: &Conditions,
    length: f64,
    source: ComputeError,
) -> SimulationError {
    SimulationError::Flow {
        time: conditions.time,
        length_nm: length * conditions.scales.radius / NANOMETRE,
        lambda: conditions.scales.lambda(),
        source,
    }
}

/// A failed step of the composition at a length in R.
pub(super) fn composition_error(
    conditions: &Conditions,
    length: f64,
    source: ComputeError,
) -> SimulationError {
    SimulationError::Composition {
        time: conditions.time,
        length_nm: length * conditions.scales.radius / NANOMETRE,
        source,
    }
}
