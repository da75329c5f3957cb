//! Executes plans: lists of kernel dispatches over the level data of one or several cases.

pub mod cpu;
pub mod gpu;
mod machine;
pub mod plan;
pub mod stopwatch;
pub mod traffic;

pub use cpu::{CpuBackend, LevelState};
pub use machine::Machine;
pub use plan::{Dispatch, Kernel, Plan};
