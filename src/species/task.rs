//! A step of the species as a task: whatever computes it.

use super::{Extent, Mesh, Moves, State, StepTooLong, Transport};
use crate::materials::Alloy;

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
    /// Makes the step on the CPU ([`State::step`]).
    ///
    /// # Errors
    /// [`StepTooLong`].
    pub fn step(&self) -> Result<State, StepTooLong> {
        let Task {
            mesh,
            alloy,
            state,
            transport,
            moves,
            extent,
        } = *self;
        state.step(mesh, alloy, transport, moves, extent)
    }
}
