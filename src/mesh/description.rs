//! What a mesh file says, and what the solver gets.

use super::{Wall, WallProfile};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Groups of keys of which one at most may be given; setting one with `--set` removes the others.
pub const ALTERNATIVES: &[&[&str]] = &[
    &[
        "cell_radius",
        "cell_radius_nm",
        "pore_period",
        "pore_period_nm",
    ],
    &["reservoir_depth", "reservoir_depth_nm"],
    &["mouth_fillet", "mouth_fillet_nm"],
];

/// A mesh: one pore of the mold's array and the feedstock cell above it. Lengths without a unit are in pore radii R.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MeshFile {
    /// Radius R_c of the feedstock cell in pore radii: the half pitch of the pore array (physics, not a numerical choice). Exactly one of cell_radius, cell_radius_nm, pore_period, pore_period_nm.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cell_radius: Option<f64>,
    /// Radius of the feedstock cell in nm.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cell_radius_nm: Option<f64>,
    /// Period a of the hexagonal pore array in pore radii; R_c = a (√3/2π)^½ keeps the area of the unit cell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pore_period: Option<f64>,
    /// Period a of the hexagonal pore array in nm.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pore_period_nm: Option<f64>,
    /// Depth H of the feedstock cell in pore radii, at least R_c; 1.5 to 2 R_c is enough. Exactly one of reservoir_depth, reservoir_depth_nm.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reservoir_depth: Option<f64>,
    /// Depth of the feedstock cell in nm.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reservoir_depth_nm: Option<f64>,
    /// Cells N across the pore radius: 8, 12, 16, 24, 32, 48, 64, 96 or 128 (2 or 3 times a power of two). 32 resolves a rate to 1e-3 at L = 8 R, 16 serves for scans.
    pub cells_per_radius: u32,
    /// Growth of the reservoir's cells from one to the next, 1 to 1.1. Default 1.1: the largest growth that was measured to keep the accuracy.
    #[serde(default = "default_growth")]
    pub growth: f64,
    /// Longest cell of the reservoir in units of the pore's cell R/N, 1 to 2. Default 2: at 3 the multigrid needs 16 cycles instead of 10.
    #[serde(default = "default_longest_cell")]
    pub longest_cell: f64,
    /// Shape of the pore wall. Default: straight.
    #[serde(default)]
    pub wall: Wall,
    /// Radius of the rounded edge between the mold's face and the pore wall, in pore radii; 0 is a sharp edge. Default: 0. At most one of mouth_fillet, mouth_fillet_nm.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mouth_fillet: Option<f64>,
    /// The same in nm.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mouth_fillet_nm: Option<f64>,
    /// Pore diameter in nm; needed only where other keys are in nm and the mesh is used without a case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pore_diameter_nm: Option<f64>,
}

/// The mesh as the solver needs it, in pore radii; satisfies every rule of `rules.rs`.
#[derive(Debug, Clone, PartialEq)]
pub struct MeshSpec {
    /// Radius R_c of the feedstock cell in pore radii.
    pub cell_radius: f64,
    /// Depth H of the feedstock cell in pore radii.
    pub reservoir_depth: f64,
    /// Cells N across the pore radius; the pore's cells are squares of side 1/N.
    pub cells_per_radius: usize,
    /// Growth of the reservoir's cells from one to the next.
    pub growth: f64,
    /// Longest cell of the reservoir in units of the pore's cell.
    pub longest_cell: f64,
    /// Radius of the pore along its depth.
    pub wall: WallProfile,
}

impl MeshSpec {
    /// The file that says the same, in pore radii.
    #[expect(clippy::expect_used, reason = "the rules bound N")]
    pub fn to_file(&self) -> MeshFile {
        MeshFile {
            cell_radius: Some(self.cell_radius),
            reservoir_depth: Some(self.reservoir_depth),
            cells_per_radius: u32::try_from(self.cells_per_radius).expect("N is at most 128"),
            growth: self.growth,
            longest_cell: self.longest_cell,
            wall: self.wall.to_file(),
            mouth_fillet: Some(self.wall.fillet()).filter(|radius| *radius > 0.0),
            ..MeshFile::default()
        }
    }
}

fn default_growth() -> f64 {
    1.1
}

fn default_longest_cell() -> f64 {
    2.0
}
