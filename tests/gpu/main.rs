//! The wgpu backend. Without an adapter these tests fail; a software one is enough.

#[path = "../common/mod.rs"]
mod common;

mod batch;
mod flow;
mod kernels;
mod simulation;
mod species;
#[cfg(target_os = "linux")]
mod statistics;
mod translations;
