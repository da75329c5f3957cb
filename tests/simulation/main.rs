//! Molding runs: by the full solver and by the reduced model.

#[path = "../common/mod.rs"]
mod common;

mod molding;
mod pressure;
mod random;
mod reduced;
mod shapes;
mod written;
