//! Mesh files: the geometry of mold and reservoir and how finely it is resolved, in units of the pore radius R.
//!
//! What is checked when a file is read, and why, stands with [`MeshFile`] and in `rules.rs`.

#![warn(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::unreachable,
    clippy::todo
)]

mod description;
mod fillet;
mod measured;
mod profile;
mod rules;
mod wall;

pub use description::{ALTERNATIVES, MeshFile, MeshSpec};
pub use profile::WallProfile;
pub use wall::{Wall, WallKind};

use crate::input::{InputError, Override, Source};
use std::path::Path;

/// JSON Schema of a mesh file (the same text that a case takes under `[mesh]`).
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(MeshFile).to_value()
}

/// Reads the mesh file `path` on its own, with `sets` (`key=value`) applied to it.
///
/// # Errors
/// If the file cannot be read, is not a mesh file, or breaks a rule of the grid or of the multigrid.
pub fn load(path: &Path, sets: &[String]) -> Result<MeshSpec, InputError> {
    read(path, &Override::parse_all(sets)?, None)
}

/// Reads the mesh file `path` for a pore of `pore_diameter_nm`.
///
/// # Errors
/// As [`load`].
#[expect(
    clippy::unreachable,
    reason = "violations are reported, and there is one"
)]
pub(crate) fn read(
    path: &Path,
    overrides: &[Override],
    pore_diameter_nm: Option<f64>,
) -> Result<MeshSpec, InputError> {
    let source = Source::read(path, overrides, ALTERNATIVES)?;
    let file: MeshFile = source.parse(&schema())?;
    let folder = path.parent().unwrap_or(Path::new(""));
    let file = file.with_files(&source, "", folder)?;
    file.resolve(pore_diameter_nm).or_else(|violations| {
        source.report(&violations)?;
        unreachable!("a mesh is refused with at least one violation")
    })
}
