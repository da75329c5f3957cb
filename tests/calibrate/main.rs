//! From measured lengths or stated facts to a material.

#[path = "../common/mod.rs"]
mod common;

mod material;
mod program;
mod reduced;
