//! The free front: curves by themselves and whole runs.

#[path = "../common/mod.rs"]
mod common;

mod curves;
mod runs;
mod shaped;
