//! The arithmetic of a solve on a device.

use serde::{Deserialize, Serialize};

/// Precision in which a device solves.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// Cycles in f32, state and its residual in f64: as accurate as the CPU.
    #[default]
    Mixed,
    /// Everything in f32: residuals stop falling at about 1e-6.
    F32,
}

impl Precision {
    /// All of them.
    pub const ALL: [Precision; 2] = [Precision::Mixed, Precision::F32];

    /// Name in files and reports.
    pub fn name(self) -> &'static str {
        match self {
            Precision::Mixed => "mixed",
            Precision::F32 => "f32",
        }
    }

    /// The tolerance that can be reached where `tolerance` is asked for.
    pub fn reachable(self, tolerance: f64) -> f64 {
        match self {
            Precision::Mixed => tolerance,
            Precision::F32 => tolerance.max(SINGLE_FLOOR),
        }
    }
}

/// Relative residual that single precision reaches on every grid (`docs/numerics.md`, "Single precision").
pub const SINGLE_FLOOR: f64 = 1e-5;
