//! Sweeps, the devices that they share, what they leave behind, and the scaling of measurements.

#[path = "../common/mod.rs"]
mod common;

mod devices;
mod folders;
mod pictures;
mod scaling;
mod stored;
mod sweeps;
