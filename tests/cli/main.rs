//! The program as a user meets it, and what a run leaves behind.

#[path = "../common/mod.rs"]
mod common;

mod bench;
mod dependencies;
mod devices;
mod disk;
mod drivers;
mod output;
mod program;
