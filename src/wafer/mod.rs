//! From the length of the wire in every pore of a mold to a map: what δ D_I, or the viscosity, has to be at each place.
//!
//! Lengths are inverted one by one with the reduced model, all else as the material has it ([`inverse`]). A million pores share one table of
//! lengths. What a map shows beyond its pores is a smooth field through the medians of cells, by a Gaussian process with a stated length
//! ([`smooth`]).

#![warn(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::unreachable,
    clippy::todo
)]

pub mod inverse;
pub mod local;
mod read;
pub mod smooth;

pub use read::{Defaults, Pores, read};
