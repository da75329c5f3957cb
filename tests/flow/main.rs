//! The Stokes flow and its solver, on the CPU.

#[path = "../common/mod.rs"]
mod common;

mod fillets;
mod layer;
mod loads;
mod manufactured;
mod matrix;
mod multigrid;
mod poiseuille;
mod reference;
mod rheology;
mod shapes;
