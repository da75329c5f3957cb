//! Quasi-static Stokes flow of the bulk coupled to diffusion in the interface layer, for one position of the front.

pub mod assemble;
mod balance;
pub mod bench;
pub mod bisect;
pub mod computer;
pub mod corner;
pub mod discretise;
pub mod dump;
pub mod factor;
pub mod filling;
pub mod gpu;
pub mod grid;
mod interpolate;
pub mod plans;
mod progress;
pub mod solver;
