//! The kernels of the species: what one dispatch computes for a cell, a face or a line, over flat arrays.
//!
//! Fractions are stored element fastest: the fractions of cell `k` are `[k * elements..][..elements]`. Amounts are fractions
//! times volume per radian.

pub mod advect;
pub mod age;
pub mod bernoulli;
pub mod diffuse;
pub mod layer;

/// Most elements an alloy may have: what a kernel keeps in registers.
pub const MOST_ELEMENTS: usize = 8;
