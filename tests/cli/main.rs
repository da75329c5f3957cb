//! The program as a user meets it, and what a run leaves behind.

#[path = "../common/mod.rs"]
mod common;

mod bench;
mod devices;
mod disk;
mod drivers;
mod licences;
mod output;
mod program;
