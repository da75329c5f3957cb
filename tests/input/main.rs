//! What is read: cases, materials, measurements; and what the shipped materials say.

#[path = "../common/mod.rs"]
mod common;

mod experiments;
mod facts;
mod fictive;
mod files;
mod hostile;
mod own_material;
mod process;
