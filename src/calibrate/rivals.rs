//! Other readings of the same lengths.
//!
//! With the mouth's resistance a length is not one of two simple sums: from few diameters a stiff liquid with a fast layer, whose feedstock hardly feeds it,
//! looks like a fluid one with a slow layer. Both are minima of the sum of squares. At a given Λ all lengths are proportional to η^(−½), so that a scan
//! over ln(η δD_I), η following, finds every minimum.

use super::covariance::ResidualCovariance;
use super::data::Measurement;
use super::least_squares::Fit;
use super::temperature::{Acting, Inversion, TemperatureFit};

/// How far ln(η δ D_I) is scanned to either side, and its step.
const FARTHEST: f64 = 12.0;
const STEP: f64 = 0.5;
/// Rounds in which η follows; but for the length at the start one is enough.
const ROUNDS: usize = 3;
/// Minima of the scan that are followed, best first.
const MOST: usize = 4;
/// Readings whose logarithms differ by less are one.
const SAME: f64 = 0.3;
/// Relative difference of two χ², in squared standard deviations, below which the lengths do not tell the readings apart at all.
const TIE: f64 = 0.01;

impl Inversion<'_> {
    /// Readings of `rows` away from that of `fit`, worse by no more than `reach` standard deviations of the `scatter`; the best first.
    pub fn rivals(
        &self,
        rows: &[&Measurement],
        fit: &Fit,
        weights: &ResidualCovariance,
        scatter: f64,
        reach: f64,
    ) -> Vec<Fit> {
        // Where a wire can grow by the layer alone, lengths are sums of two and have one reading.
        let [eta, conductivity] = fit.values[..] else {
            return Vec::new();
        };
        if self.model.diffuses_alone() {
            return Vec::new();
        }
        let chi = |values: &[f64; 2]| -> f64 {
            let state = self.state(Acting::Both, values);
            let residuals = self.weighted(rows, &state, weights, scatter);
            residuals.iter().map(|r| r * r).sum()
        };
        let mut follow = eta;
        let mut at = |product: f64| -> ([f64; 2], f64) {
            for _ in 0..ROUNDS {
                let state = self.state(Acting::Both, &[follow, product - follow]);
                let logarithms = rows.iter().map(|row| {
                    let length = self.model.length(&row.molding, &state, row.measured);
                    (length / row.length).ln()
                });
                let mean = logarithms.sum::<f64>() / rows.len() as f64;
                if mean.is_finite() {
                    follow += 2.0 * mean;
                }
            }
            let values = [follow, product - follow];
            (values, chi(&values))
        };
        let count = (FARTHEST / STEP) as i32;
        let mut scan = Vec::new();
        for side in [-1, 1] {
            let steps = (0..=count).map(|k| side * k);
            scan.extend(steps.map(|k| (k, at(eta + conductivity + f64::from(k) * STEP))));
        }
        scan.sort_by_key(|one| one.0);
        scan.dedup_by_key(|one| one.0);
        let value = |k: usize| scan[k].1.1;
        let mut starts: Vec<&([f64; 2], f64)> = (1..scan.len() - 1)
            .filter(|&k| value(k) <= value(k - 1) && value(k) <= value(k + 1))
            .map(|k| &scan[k].1)
            .collect();
        starts.sort_by(|a, b| a.1.total_cmp(&b.1));
        let best = fit.chi_squared();
        let mut found: Vec<Fit> = Vec::new();
        for (start, _) in starts.into_iter().take(MOST) {
            let Ok(other) = self.again(rows, Acting::Both, start, weights, scatter) else {
                continue;
            };
            let differs = |one: &Fit| {
                let pairs = one.values.iter().zip(&other.values);
                pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max) > SAME
            };
            let worse = (other.chi_squared() - best) / scatter.powi(2);
            if differs(fit) && found.iter().all(differs) && worse < reach.powi(2) {
                found.push(other);
            }
        }
        found.sort_by(|a, b| a.chi_squared().total_cmp(&b.chi_squared()));
        found
    }

    /// Looks for other readings of a temperature and, where the lengths do not tell them apart at all, takes that which is nearest to what was `expected` (ln η,
    /// ln δ D_I).
    pub fn compare(
        &self,
        rows: &[&Measurement],
        one: &mut TemperatureFit,
        scatter: f64,
        reach: f64,
        expected: [f64; 2],
    ) {
        let Some(fit) = one.fit.as_ref().filter(|_| one.acting == Acting::Both) else {
            return;
        };
        one.rivals = self.rivals(rows, fit, &one.weights, scatter, reach);
        let distance = |fit: &Fit| -> f64 {
            let pairs = fit.values.iter().zip(&expected);
            pairs.map(|(a, b)| (a - b).powi(2)).sum()
        };
        let least = (one.rivals.iter().map(Fit::chi_squared)).fold(fit.chi_squared(), f64::min);
        let alike = |other: &Fit| other.chi_squared() - least <= TIE * scatter.powi(2);
        let own = if alike(fit) {
            distance(fit)
        } else {
            f64::INFINITY
        };
        let nearest = (0..one.rivals.len())
            .filter(|&k| alike(&one.rivals[k]) && distance(&one.rivals[k]) < own)
            .min_by(|&a, &b| distance(&one.rivals[a]).total_cmp(&distance(&one.rivals[b])));
        if let Some(nearest) = nearest {
            let taken = one.rivals.remove(nearest);
            if let Some(left) = self.take(one, taken, scatter) {
                one.rivals.push(left);
            }
        }
    }

    /// Makes `fit` the reading of a temperature, and gives the one that it had.
    fn take(&self, one: &mut TemperatureFit, fit: Fit, scatter: f64) -> Option<Fit> {
        let errors = fit.standard_errors(scatter);
        let number =
            |had: Option<[f64; 2]>, index: usize| had.map(|_| [fit.values[index], errors[index]]);
        one.ln_viscosity = number(one.ln_viscosity, 0);
        one.ln_conductivity = number(one.ln_conductivity, 1);
        if one.ln_viscosity.is_some() && one.ln_conductivity.is_some() {
            one.covariance = fit.covariance(scatter)[(0, 1)];
        }
        one.state = self.state(Acting::Both, &fit.values);
        one.fit.replace(fit)
    }
}
