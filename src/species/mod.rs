//! Composition and crystallinity of core and layer, moved by a flow that is given.
//!
//! Lengths in pore radii, volumes per radian; a step knows volumes and diffusion lengths, not times.

mod extent;
mod mesh;
mod moves;
mod part;
mod profile;
mod sample;
mod state;
mod stream;
mod task;

pub use extent::Extent;
pub use mesh::Mesh;
pub use moves::Moves;
pub use profile::{LayerProfile, Section, wire_profile};
pub use sample::Sample;
pub use state::{State, StepTooLong, Transport};
pub use stream::Stream;
pub use task::Task;
