//! A step of the species as a task: whatever computes it.

use super::{Extent, Mesh, Moves, State, StepFailed, Transport};
use crate::materials::Alloy;
use crate::stop::Stop;

/// A step of one case.
#[derive(Clone, Copy, Debug)]
pub struct Task<'a> {
    /// The mesh.
    pub mesh: &'a Mesh,
    /// The alloy.
    pub alloy: &'a Alloy,
    /// The state at the start.
    pub state: &'a State,
    /// What moves atoms beside the flow.
    pub transport: &'a Transport,
    /// Volumes that move.
    pub moves: &'a Moves,
    /// Extent at the end.
    pub extent: &'a Extent,
}

impl Task<'_> {
    /// Makes the step on the CPU ([`State::step_unless`]).
    ///
    /// # Errors
    /// [`StepFailed`].
    pub fn step_unless(&self, stop: &Stop) -> Result<State, StepFailed> {
        let Task {
            mesh,
            alloy,
            state,
            transport,
            moves,
            extent,
        } = *self;
        state.step_unless(mesh, alloy, transport, moves, extent, stop)
    }
}
