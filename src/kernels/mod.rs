//! The kernels of the flow solver: what one dispatch computes, written once for `f32` and `f64`.
//!
//! A kernel reads and writes flat arrays through a [`Layout`]; it knows no grid generator, no physics and no thread.
//!
//! Inner loops count: `map` of arrays and `zip` of slices are functions of their own, which rustc puts into other pieces of the crate and
//! does not inline from there where it optimises each piece by itself (`lto = "off"` in `Cargo.toml`).

pub mod flow;
mod layout;
mod level;
mod precision;
mod real;
pub mod species;
pub mod transfer;

pub use layout::{Fields, Layout, RowBlock, Wall, split_rows};
pub use level::{LevelTables, corner_give};
pub(crate) use level::{corner_form, corner_strains};
pub use precision::{Precision, SINGLE_FLOOR};
pub use real::Real;
