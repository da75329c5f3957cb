//! What the residuals of lengths at one temperature have in common: their covariance.
//!
//! A residual is ln(L_model/L). It contains
//!
//! - the error of the measurement, σ/L where it is stated, else a scatter s that all lengths share, s/√n for the mean of n wires;
//! - the pores' diameters: a spread of each by itself, and a shift that the pores of a mold share. A wider pore makes a wire longer
//!   or shorter by dlnL/dlnd, +1 where it flows, −1/2 where it diffuses and none at a diameter in between;
//! - doubts about the model: a relative error of its own at each diameter, and one that all its lengths share.
//!
//! Every part but the first is linear in a normal number of which nothing else is known, which leaves a normal law of the residuals with
//!
//! > Σ_ij = δ_ij (σ_i/L_i)² + s_i s_j (δ_ij spread_i² + [same mold] shift_i shift_j) + \[same diameter\] model² + scale², s = dlnL/dlnd.

use super::data::Measurement;
use super::model::{LengthModel, TransportState};
use nalgebra::{Cholesky, DMatrix, DVector, Dyn};

/// Doubts about the model; relative standard deviations.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Doubts {
    /// At each diameter one of its own.
    pub model: f64,
    /// Shared by all lengths, as where they are scaled to another model's.
    pub scale: f64,
}

/// The covariance of residuals, factored.
#[derive(Debug, Clone)]
pub enum ResidualCovariance {
    /// Standard deviations of residuals that have nothing in common.
    Independent(Vec<f64>),
    /// Σ = L Lᵀ.
    Shared(Cholesky<f64, Dyn>),
}

impl ResidualCovariance {
    /// Residuals that have nothing in common; `scatter` is the relative standard deviation of a length whose own is not stated (`sigmas`).
    pub fn independent(rows: &[&Measurement], sigmas: bool, scatter: f64) -> Self {
        Self::Independent(rows.iter().map(|row| own(row, sigmas, scatter)).collect())
    }

    /// The covariance of the residuals of `rows` by `model` in `state`; none if rounding leaves it without a factor.
    pub fn new(
        rows: &[&Measurement],
        model: &dyn LengthModel,
        states: &[TransportState],
        doubts: Doubts,
        sigmas: bool,
        scatter: f64,
    ) -> Option<Self> {
        if !is_shared(rows, doubts) {
            return Some(Self::independent(rows, sigmas, scatter));
        }
        let slopes: Vec<f64> = rows
            .iter()
            .zip(states)
            .map(|(row, state)| match row.spread > 0.0 || row.shift > 0.0 {
                true => slope(row, model, state),
                false => 0.0,
            })
            .collect();
        let n = rows.len();
        let sigma = DMatrix::from_fn(n, n, |i, j| {
            let (a, b) = (rows[i], rows[j]);
            let slopes = slopes[i] * slopes[j];
            let mut covariance = doubts.scale.powi(2);
            if i == j {
                covariance += own(a, sigmas, scatter).powi(2) + slopes * a.spread.powi(2);
            }
            if a.mold == b.mold {
                covariance += slopes * a.shift * b.shift;
            }
            if a.molding.diameter == b.molding.diameter
                && a.molding.temperature == b.molding.temperature
            {
                covariance += doubts.model.powi(2);
            }
            covariance
        });
        Cholesky::new(sigma).map(Self::Shared)
    }

    /// Residuals of unit variance that have nothing in common: L⁻¹ r.
    pub fn whiten(&self, residuals: Vec<f64>) -> Vec<f64> {
        match self {
            Self::Independent(own) => residuals.iter().zip(own).map(|(r, own)| r / own).collect(),
            Self::Shared(factor) => {
                let solved = factor
                    .l_dirty()
                    .solve_lower_triangular(&DVector::from_vec(residuals));
                solved.map_or_else(Vec::new, |solved| solved.as_slice().to_vec())
            }
        }
    }

    /// Standard deviation of each residual.
    pub fn standard_deviations(&self) -> Vec<f64> {
        match self {
            Self::Independent(own) => own.clone(),
            Self::Shared(factor) => {
                let l = factor.l();
                l.row_iter().map(|row| row.norm()).collect()
            }
        }
    }

    /// ln |Σ|.
    pub fn ln_determinant(&self) -> f64 {
        match self {
            Self::Independent(own) => 2.0 * own.iter().map(|own| own.ln()).sum::<f64>(),
            Self::Shared(factor) => {
                2.0 * factor
                    .l_dirty()
                    .diagonal()
                    .iter()
                    .map(|l| l.ln())
                    .sum::<f64>()
            }
        }
    }
}

/// Whether residuals have more in them than the error of each measurement.
pub fn is_shared(rows: &[&Measurement], doubts: Doubts) -> bool {
    doubts.model > 0.0
        || doubts.scale > 0.0
        || rows.iter().any(|row| row.spread > 0.0 || row.shift > 0.0)
}

/// The relative standard deviation of a measurement by itself.
fn own(row: &Measurement, sigmas: bool, scatter: f64) -> f64 {
    match row.sigma.filter(|_| sigmas) {
        Some(sigma) => sigma / row.length,
        None => scatter / row.wires.sqrt(),
    }
}

/// Half the relative difference of two diameters whose lengths give dlnL/dlnd.
const WIDER: f64 = 1e-3;

/// dlnL/dlnd.
pub fn slope(row: &Measurement, model: &dyn LengthModel, state: &TransportState) -> f64 {
    let at = |by: f64| model.length(&row.widened(by), state, row.measured);
    (at(1.0 + WIDER) / at(1.0 - WIDER)).ln() / ((1.0 + WIDER) / (1.0 - WIDER)).ln()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calibrate::model::{ClosedForms, Molding};
    use crate::experiments::Measured;

    fn row(diameter: f64, mold: &str) -> Measurement {
        Measurement {
            line: 1,
            molding: Molding {
                diameter,
                temperature: 570.0,
                pressure: 1e9,
                time: 1e4,
                initial_length: 0.0,
                cell_radius: None,
            },
            applied_pressure: 1e9,
            length: 1e-7,
            sigma: Some(3e-9),
            measured: Measured::Tip,
            wires: 1.0,
            spread: 0.1,
            shift: 0.05,
            mold: mold.to_owned(),
        }
    }

    #[test]
    fn the_covariance_is_that_of_the_parts() {
        // Flow alone, L ∝ d: dlnL/dlnd = 1.
        let state = TransportState {
            newtonian_viscosity: 1e10,
            layer_conductivity: 0.0,
            atomic_volume: 1.25e-29,
        };
        let rows = [row(50e-9, "A"), row(100e-9, "A"), row(200e-9, "B")];
        let rows: Vec<&Measurement> = rows.iter().collect();
        assert!((slope(rows[0], &ClosedForms::LONG_PORE, &state) - 1.0).abs() < 1e-9);
        let doubts = Doubts {
            model: 0.02,
            scale: 0.01,
        };
        let found = ResidualCovariance::new(
            &rows,
            &ClosedForms::LONG_PORE,
            &[state; 3],
            doubts,
            true,
            1.0,
        )
        .unwrap();
        let ResidualCovariance::Shared(factor) = &found else {
            panic!()
        };
        let sigma = factor.l() * factor.l().transpose();
        // 0.03² + 0.1² + 0.05² + 0.02² + 0.01², of two in one mold 0.05² + 0.01², of two molds 0.01².
        let expected = [(0, 0, 0.0139), (0, 1, 0.0026), (0, 2, 0.0001)];
        for (i, j, value) in expected {
            assert!(
                (sigma[(i, j)] - value).abs() < 1e-9,
                "{i} {j}: {}",
                sigma[(i, j)]
            );
        }
        assert!((found.ln_determinant() - sigma.determinant().ln()).abs() < 1e-9);
        assert!((found.standard_deviations()[1] - 0.0139f64.sqrt()).abs() < 1e-9);
        // Whitened residuals have the quadratic form rᵀΣ⁻¹r.
        let r = DVector::from_vec(vec![0.1, -0.2, 0.05]);
        let white = found.whiten(r.as_slice().to_vec());
        let form = (r.transpose() * sigma.try_inverse().unwrap() * &r)[(0, 0)];
        assert!((white.iter().map(|w| w * w).sum::<f64>() / form - 1.0).abs() < 1e-9);
    }
}
