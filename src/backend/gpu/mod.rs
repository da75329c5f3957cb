//! The wgpu backend: plans executed by the shaders of `shaders/`, for a batch of cases on one grid.

#![warn(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::unreachable,
    clippy::todo
)]

pub mod adapter;
mod batch;
pub mod bench;
mod device;
mod error;
pub mod lower;
pub mod packing;
mod sequence;
pub mod source;
pub mod species;
pub mod structs;
mod submissions;
pub mod table;
mod timing;

pub use batch::{Batch, Loaded, Vector};
pub use device::{Gpu, Outer};
pub use error::{GpuError, TooLarge};
pub use sequence::Sequence;
pub use timing::KernelTimes;
