//! The folder of a run, written while the run goes on: what `nanomold run` leaves, and a sweep for each of its points.
//!
//! Turns steps and fields (SI) into the tables, pictures and records of [`crate::output`]. What is worth telling is told as
//! events of `tracing`; where they go, to a terminal or to `log.txt`, is the caller's to say.

#![warn(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::unreachable,
    clippy::todo
)]

mod checkpoints;
mod composition;
mod early;
mod expected;
mod fields;
mod full;
mod history;
mod length;
mod loads;
mod opening;
mod reduced;
mod stages;

pub use checkpoints::{Checkpoints, difference};
pub use early::Early;
pub use expected::{Expected, expected, expected_bytes, expected_cells, expected_grid};
pub use full::FullRecorder;
pub use loads::describe as describe_loads;
pub use opening::Opening;
pub use reduced::write_reduced;

use crate::output::OutputError;
use crate::simulation::SimulationError;

/// Why a run could not be recorded.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// Fields of a moment could not be solved for.
    #[error(transparent)]
    Simulation(#[from] SimulationError),
    /// A file could not be written.
    #[error(transparent)]
    Output(#[from] OutputError),
}
