//! The runs of one round of a fit to profiles: every wire as it is, and with one number changed at a time.

use super::{FittedPoint, STEP, SpeciesKey, WIDTH, Wire};
use crate::case::LoadedCase;
use crate::physics::constants::NANOMETRE;
use crate::synthetic::{self, Composed, SyntheticError};
use crate::watch::Watch;
use nalgebra::{DMatrix, DVector};

/// The runs of one round.
pub(super) struct Batch {
    pub residuals: DVector<f64>,
    /// Derivatives of the residuals by the logarithms.
    pub jacobian: DMatrix<f64>,
    models: Vec<f64>,
    pub composed: Vec<Composed>,
}

impl Batch {
    pub fn run(
        wires: &[Wire],
        keys: &[SpeciesKey],
        place: &[f64],
        which: &[usize],
        runs: &mut usize,
        watch: &dyn Watch,
    ) -> Result<Self, SyntheticError> {
        let case = |wire: &Wire, moved: Option<usize>| {
            let mut loaded = wire.loaded.clone();
            for (k, key) in keys.iter().enumerate() {
                let by = if moved == Some(k) { STEP } else { 0.0 };
                key.set(&mut loaded, (place[k] + by).exp());
            }
            loaded
        };
        let mut cases: Vec<LoadedCase> = wires.iter().map(|wire| case(wire, None)).collect();
        for &k in which {
            cases.extend(wires.iter().map(|wire| case(wire, Some(k))));
        }
        *runs += cases.len();
        watch.expect(*runs);
        let composed = synthetic::compositions(&cases, watch)?;
        let models = |of: &[Composed]| -> Vec<f64> {
            let each = wires.iter().zip(of);
            each.flat_map(|(wire, composed)| numbers(wire, composed))
                .collect()
        };
        let base = models(&composed[..wires.len()]);
        let points = wires.iter().flat_map(|wire| &wire.profile.points);
        let weights: Vec<f64> = points.clone().map(|p| p.sigma.unwrap_or(1.0)).collect();
        let measured: Vec<f64> = points.map(|point| point.value).collect();
        let residuals = DVector::from_fn(base.len(), |k, _| (base[k] - measured[k]) / weights[k]);
        let mut jacobian = DMatrix::zeros(base.len(), which.len());
        for column in 0..which.len() {
            let first = (column + 1) * wires.len();
            let moved = models(&composed[first..first + wires.len()]);
            let rows = moved.iter().zip(&base).zip(&weights);
            let differences = rows.map(|((moved, base), weight)| (moved - base) / (STEP * weight));
            jacobian.set_column(column, &DVector::from_iterator(base.len(), differences));
        }
        let mut composed = composed;
        composed.truncate(wires.len());
        Ok(Batch {
            residuals,
            jacobian,
            models: base,
            composed,
        })
    }

    /// The step of least squares; a plausible width of each number holds it back where the residuals, of this `scatter`, say little.
    pub fn step(&self, scatter: f64) -> DVector<f64> {
        let n = self.jacobian.ncols();
        if n == 0 {
            return DVector::zeros(0);
        }
        let held = (scatter / WIDTH).powi(2);
        let normal = self.jacobian.transpose() * &self.jacobian + DMatrix::identity(n, n) * held;
        let gradient = self.jacobian.transpose() * &self.residuals;
        let solved = normal.cholesky().map(|factor| factor.solve(&gradient));
        solved.map_or_else(|| DVector::zeros(n), |step| -step)
    }

    pub fn points(&self, wires: &[Wire], scatter: f64) -> Vec<FittedPoint> {
        let of_wires = wires.iter().enumerate();
        let all =
            of_wires.flat_map(|(wire, one)| one.profile.points.iter().map(move |p| (wire, p)));
        all.enumerate()
            .map(|(k, (wire, point))| FittedPoint {
                wire,
                point: point.clone(),
                model: self.models[k],
                residual: self.residuals[k] / scatter,
            })
            .collect()
    }
}

/// The model's number of every point of a wire, at the same share of the length where the wire's was measured.
fn numbers(wire: &Wire, composed: &Composed) -> Vec<f64> {
    let stretch = wire
        .profile
        .L_nm
        .map_or(1.0, |measured| composed.length / NANOMETRE / measured);
    let points = wire.profile.points.iter();
    points
        .map(|point| {
            let part = &wire.profile.parts[point.part];
            let fraction = |element: &str| composed.at(element, point.z_nm * stretch);
            let sum: f64 = match part.among.is_empty() {
                true => 1.0,
                false => part.among.iter().map(|one| fraction(one)).sum(),
            };
            fraction(&part.element) / sum
        })
        .collect()
}
