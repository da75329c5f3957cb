//! How far numbers of a material may be off together.

use super::description::Material;
use super::quantity::Quantity;
use crate::physics::Violation;
use nalgebra::{DMatrix, SymmetricEigen};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Covariance of numbers of the material, as `calibrate` writes it: numbers that were fitted together may be off together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Covariance {
    /// Dotted keys of the numbers, e.g. "viscosity.D_star"; with "ln " in front the rows are those of the number's logarithm.
    pub keys: Vec<String>,
    /// Variances along the diagonal, covariances beside it; one row per key, in the units of the keys.
    pub matrix: Vec<Vec<f64>>,
}

/// Relative asymmetry and negative eigenvalue that rounding of the written digits leaves.
const ROUNDING: f64 = 1e-6;

impl Covariance {
    /// The matrix.
    pub fn matrix(&self) -> DMatrix<f64> {
        DMatrix::from_fn(self.keys.len(), self.keys.len(), |i, j| self.matrix[i][j])
    }

    /// F with F Fᵀ = the matrix: a vector of independent normal numbers becomes one of these, with rows for the keys.
    pub fn factor(&self) -> DMatrix<f64> {
        // A matrix that is singular, as where a number follows from others, has no Cholesky factor but this one.
        let eigen = SymmetricEigen::new(self.matrix());
        let roots = eigen.eigenvalues.map(|value| value.max(0.0).sqrt());
        eigen.eigenvectors * DMatrix::from_diagonal(&roots)
    }

    /// Whether the number `key` is among them.
    pub fn has(&self, key: &str) -> bool {
        self.keys.iter().any(|one| plain(one).0 == key)
    }

    pub(super) fn violations(&self, material: &Material) -> Vec<Violation> {
        let refuse = |key: &str, reason: String, remedy: &str| {
            vec![Violation::new(format!("covariance.{key}"), reason, remedy)]
        };
        let unknown = (self.keys.iter()).find(|key| material.number(plain(key).0).is_none());
        if let Some(key) = unknown {
            let reason = format!("`{key}` is no number of the material");
            return refuse(
                "keys",
                reason,
                "dotted keys without `.value`, e.g. \"ln viscosity.eta_reference_Pa_s\"",
            );
        }
        let n = self.keys.len();
        if self.matrix.len() != n || self.matrix.iter().any(|row| row.len() != n) {
            let reason = format!("the matrix is not {n} by {n}");
            return refuse("matrix", reason, "one row and one column per key");
        }
        let matrix = self.matrix();
        let largest = matrix.amax();
        if (&matrix - matrix.transpose()).amax() > ROUNDING * largest {
            let reason = "the matrix is not symmetric".to_owned();
            return refuse(
                "matrix",
                reason,
                "equal numbers on both sides of the diagonal",
            );
        }
        // In units of the standard deviations, so that small numbers count as large ones do.
        let deviations = matrix
            .diagonal()
            .map(|variance| variance.max(1e-300).sqrt());
        let scaled = DMatrix::from_fn(n, n, |i, j| {
            matrix[(i, j)] / (deviations[i] * deviations[j])
        });
        let least = SymmetricEigen::new(scaled).eigenvalues.min();
        if least < -1e-3 || !largest.is_finite() {
            let reason = "no numbers have this covariance: a combination of them would have a negative variance".to_owned();
            return refuse(
                "matrix",
                reason,
                "variances that are not negative, and covariances that they allow",
            );
        }
        Vec::new()
    }
}

/// A key without its "ln ", and whether it had one.
pub fn plain(key: &str) -> (&str, bool) {
    match key.strip_prefix("ln ") {
        Some(rest) => (rest.trim(), true),
        None => (key, false),
    }
}

impl Material {
    /// The number with a dotted key, in the file's unit; none if there is no such number.
    pub fn number(&self, key: &str) -> Option<f64> {
        let all = serde_json::to_value(self).ok()?;
        all.pointer(&pointer(key))?.as_f64()
    }

    /// Whether the number with a dotted key is there and assumed.
    pub fn is_assumed(&self, key: &str) -> bool {
        let place = format!("/{}", key.replace('.', "/"));
        let quantity = serde_json::to_value(self).ok();
        let quantity = quantity.as_ref().and_then(|all| all.pointer(&place));
        quantity
            .and_then(|one| Quantity::deserialize(one).ok())
            .is_some_and(|one| one.is_assumed())
    }

    /// The material with other values for numbers by their dotted keys; none if one is not there.
    pub fn with_numbers<'a>(
        &self,
        numbers: impl IntoIterator<Item = (&'a str, f64)>,
    ) -> Option<Self> {
        let mut all = serde_json::to_value(self).ok()?;
        for (key, value) in numbers {
            *all.pointer_mut(&pointer(key))? = value.into();
        }
        serde_json::from_value(all).ok()
    }
}

fn pointer(key: &str) -> String {
    format!("/{}/value", key.replace('.', "/"))
}
