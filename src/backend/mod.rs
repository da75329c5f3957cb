//! Executes plans: lists of kernel dispatches over the level data of one or several cases.

mod cpu;
pub mod gpu;
mod plan;

pub use cpu::{CpuBackend, LevelState};
pub use plan::{Dispatch, Kernel, Plan};
