//! Quasi-static Stokes flow of the bulk coupled to diffusion in the interface layer, for one position of the front.

pub mod assemble;
mod balance;
pub mod corner;
pub mod discretise;
pub mod factor;
pub mod filling;
pub mod grid;
mod interpolate;
pub mod local;
pub mod mapped;
pub(crate) mod mixing;
pub mod plans;
pub(crate) mod progress;
pub mod rates;
pub mod section;
pub mod solver;
pub mod strain;
mod tangent;
