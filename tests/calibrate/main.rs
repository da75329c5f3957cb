//! From measured lengths or stated facts to a material.

#[path = "../common/mod.rs"]
mod common;

mod laboratory;
mod map;
mod material;
mod plan;
mod program;
mod reduced;
mod species;
mod tutorial;
mod uncertainty;
