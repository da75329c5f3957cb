//! What computes. The physics asks a [`Computer`] to solve a flow problem or to make a step of the species, and does not know whether the
//! CPU does it, a device of the run's own, or one that it shares with other runs.
//!
//! | module | what |
//! | --- | --- |
//! | `computer` | the [`Computer`] of a run; the only place where the CPU takes a device's place |
//! | `flow`, `species` | flow problems and steps of the species on a device, one or a batch of them at once |
//! | `shared` | one device for many runs |
//! | `bisect`, `dump`, `bench` | finding a wrong kernel, reading the dispatches, measuring them |

#![warn(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::unreachable,
    clippy::todo
)]

pub mod bench;
pub mod bisect;
mod computer;
pub mod dump;
mod error;
mod flow;
mod room;
mod shared;
mod solvers;
mod species;

pub use crate::backend::Machine;
pub use computer::Computer;
pub use error::ComputeError;
pub use flow::{CYCLES_PER_LOOK, GpuFlow, Part, fuses};
pub use room::bytes_on_device;
pub use shared::{DeviceWorker, MOST_AT_ONCE, Seat, SharedDevice, Tally};
pub use species::{GpuSpecies, PackedStep};
