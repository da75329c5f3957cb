//! What is known of the numbers of a material's laws, and of molds: a normal law that measurements narrow.

use super::target::{Target, gradient};
use crate::calibrate::calibration::Calibration;
use crate::calibrate::data::{Measurement, Measurements};
use crate::calibrate::model::{LengthModel, TransportState};
use crate::calibrate::parameters::{
    D_INTERFACE, D_STAR, E_GLASS, ETA, Key, Q_INTERFACE, T_0, TAU_G,
};
use crate::materials::{Material, plain_key};
use nalgebra::{DMatrix, DVector};

/// The numbers that lengths depend on.
const NUMBERS: [Key; 7] = [ETA, D_STAR, T_0, E_GLASS, TAU_G, D_INTERFACE, Q_INTERFACE];

/// What the pores of a mold share: an error of the model at their diameter, and a shift of it.
const SHARED: usize = 2;

/// What a length would say.
#[derive(Debug, Clone, PartialEq)]
pub struct Sensitivity {
    /// Derivatives of ln L by the numbers of the laws, in fitting units.
    pub numbers: Vec<f64>,
    /// The mold.
    pub mold: usize,
    /// dlnL/dlnd.
    pub slope: f64,
    /// Variance of ln L that it has for itself.
    pub variance: f64,
}

/// What is known.
#[derive(Debug, Clone)]
pub struct Knowledge {
    /// The material about which everything is linear.
    pub material: Material,
    /// The numbers of its laws that may be off.
    pub keys: Vec<Key>,
    /// Covariance: of the numbers in fitting units, then of what the pores of each mold share.
    covariance: DMatrix<f64>,
}

impl Knowledge {
    /// What the file of `material` says: its covariance, and plausible widths for what that does not hold (a factor of ten, 10 in D\*, 50 K in T₀,
    /// 0.5 eV). `molds` is the number of molds, whose pores share a relative error `model_error` and a relative `shift` of their diameters.
    pub fn new(material: &Material, molds: usize, model_error: f64, shift: f64) -> Self {
        let has = |key: &&Key| key.of(material).is_some();
        let keys: Vec<Key> = NUMBERS.iter().filter(has).copied().collect();
        let n = keys.len();
        let mut covariance = DMatrix::zeros(n + SHARED * molds, n + SHARED * molds);
        for (k, key) in keys.iter().enumerate() {
            covariance[(k, k)] = key.width().powi(2);
        }
        if let Some(stated) = &material.covariance {
            let matrix = stated.matrix();
            // Place of a number in the file's covariance, and the factor from its units there to fitting units.
            let place = |key: &Key| {
                let index = (stated.keys.iter()).position(|one| plain_key(one).0 == key.path)?;
                let value = key.value(material);
                let factor = match (plain_key(&stated.keys[index]).1, key.logarithmic) {
                    (true, false) => value,
                    (false, true) => 1.0 / value,
                    _ => 1.0,
                };
                Some((index, factor))
            };
            let places: Vec<_> = keys.iter().map(place).collect();
            for (i, a) in places.iter().enumerate() {
                for (j, b) in places.iter().enumerate() {
                    if let (Some((row, of_row)), Some((column, of_column))) = (a, b) {
                        covariance[(i, j)] = matrix[(*row, *column)] * of_row * of_column;
                    }
                }
            }
        }
        for mold in 0..molds {
            let first = n + SHARED * mold;
            covariance[(first, first)] = model_error.powi(2);
            covariance[(first + 1, first + 1)] = shift.powi(2);
        }
        Self {
            material: material.clone(),
            keys,
            covariance,
        }
    }

    /// As it is with the lengths of a calibration, whose material this is.
    pub fn with_lengths(
        mut self,
        found: &Calibration,
        data: &Measurements,
        model: &dyn LengthModel,
    ) -> Self {
        let n = self.keys.len();
        let mut information = DMatrix::zeros(self.covariance.nrows(), self.covariance.nrows());
        for one in &found.temperatures {
            let rows: Vec<&Measurement> = one.rows.iter().map(|&row| &data.rows[row]).collect();
            let gradients: Vec<Vec<f64>> = rows
                .iter()
                .map(|row| {
                    gradient(&self.material, &self.keys, |material| {
                        ln_length(material, row, model)
                    })
                })
                .collect();
            let columns: Vec<DVector<f64>> = (0..n)
                .map(|k| {
                    let column = gradients.iter().map(|of_row| of_row[k]).collect();
                    DVector::from_vec(one.weights.whiten(column))
                })
                .collect();
            for (i, a) in columns.iter().enumerate() {
                for (j, b) in columns.iter().enumerate() {
                    information[(i, j)] += a.dot(b);
                }
            }
        }
        // (P⁻¹ + I)⁻¹ = P (1 + I P)⁻¹: P may be singular.
        let size = self.covariance.nrows();
        let sum = DMatrix::identity(size, size) + information * &self.covariance;
        if let Some(inverse) = sum.try_inverse() {
            let narrowed = &self.covariance * inverse;
            self.covariance = 0.5 * (&narrowed + narrowed.transpose());
        }
        self
    }

    /// What a length of `row` would say; `variance` of ln L it has for itself.
    pub fn sensitivity(
        &self,
        row: &Measurement,
        mold: usize,
        slope: f64,
        variance: f64,
        model: &dyn LengthModel,
    ) -> Sensitivity {
        let numbers = gradient(&self.material, &self.keys, |material| {
            ln_length(material, row, model)
        });
        Sensitivity {
            numbers,
            mold,
            slope,
            variance,
        }
    }

    fn vector(&self, one: &Sensitivity) -> DVector<f64> {
        let mut vector = DVector::zeros(self.covariance.nrows());
        vector
            .rows_mut(0, one.numbers.len())
            .copy_from_slice(&one.numbers);
        let first = self.keys.len() + SHARED * one.mold;
        vector[first] = 1.0;
        vector[first + 1] = one.slope;
        vector
    }

    /// Derivatives of the targets by everything that may be off.
    pub fn derivatives(&self, targets: &[Target]) -> Derivatives {
        let mut all = DMatrix::zeros(targets.len(), self.covariance.nrows());
        for (row, target) in targets.iter().enumerate() {
            let numbers = target.gradient(&self.material, &self.keys);
            for (k, value) in numbers.into_iter().enumerate() {
                all[(row, k)] = value;
            }
        }
        let least = targets.iter().map(|target| FINEST * target.width());
        Derivatives {
            matrix: all,
            least: DVector::from_iterator(targets.len(), least),
        }
    }

    /// Standard deviations of the targets with these `derivatives`, in fitting units.
    pub fn deviations(&self, derivatives: &Derivatives) -> Vec<f64> {
        let c = &derivatives.matrix;
        let covariance = c * &self.covariance * c.transpose();
        let variances = covariance.diagonal();
        variances.iter().map(|one| one.max(0.0).sqrt()).collect()
    }

    /// Narrows what is known by a length.
    pub fn learn(&mut self, one: &Sensitivity) {
        let g = self.vector(one);
        let moved = &self.covariance * &g;
        let total = one.variance + g.dot(&moved);
        if total > 0.0 {
            self.covariance -= &moved * moved.transpose() / total;
        }
    }

    /// What is asked for, to rate many lengths by; none where something that is asked for is not finite.
    pub fn question(&self, derivatives: &Derivatives) -> Option<Question> {
        let c = &derivatives.matrix;
        let moved = c * &self.covariance;
        let least = DMatrix::from_diagonal(&derivatives.least.map(|one| one * one));
        Some(Question {
            inverse: (&moved * c.transpose() + least).try_inverse()?,
            moved,
        })
    }

    /// What a length says of what is asked for, in bits.
    pub fn information(&self, one: &Sensitivity, question: &Question) -> f64 {
        let g = self.vector(one);
        let total = one.variance + g.dot(&(&self.covariance * &g));
        let u = &question.moved * g;
        let share = u.dot(&(&question.inverse * &u)) / total;
        -0.5 * (1.0 - share.clamp(0.0, 1.0 - 1e-12)).log2()
    }
}

/// How finely a number is asked for, in plausible widths: of several that follow from one another none is known better.
const FINEST: f64 = 1e-3;

/// Derivatives of what is asked for by everything that may be off.
#[derive(Debug, Clone)]
pub struct Derivatives {
    /// C, a row for each target.
    matrix: DMatrix<f64>,
    /// Standard deviations at which the targets are known well enough.
    least: DVector<f64>,
}

/// What is asked for, as far as many lengths are rated by it.
#[derive(Debug, Clone)]
pub struct Question {
    /// C P.
    moved: DMatrix<f64>,
    /// Inverse of C P Cᵀ, but for what is fine enough.
    inverse: DMatrix<f64>,
}

/// ln L of `row` molded from `material`.
pub(super) fn ln_length(material: &Material, row: &Measurement, model: &dyn LengthModel) -> f64 {
    let state = state(material, row);
    model.length(&row.molding, &state, row.measured).ln()
}

/// What `material` is in the molding of `row`.
pub(super) fn state(material: &Material, row: &Measurement) -> TransportState {
    let at = row.molding.temperature;
    TransportState {
        newtonian_viscosity: material.newtonian_viscosity(at, row.molding.time),
        layer_conductivity: material.layer_conductivity(at),
        atomic_volume: material.atomic_volume(),
    }
}
