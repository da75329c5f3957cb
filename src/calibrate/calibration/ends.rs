//! The ends of the profile's intervals.
//!
//! Where the scatter is estimated from residuals that also hold errors of stated size (diameters that are uncertain, doubts about the model), a
//! few residuals often say that there is no scatter at all, and Student's law with their few degrees of freedom is far too wide for what is
//! known. Intervals are then made with a scatter that is more likely too large than too small ([`Scatter::cautious`]) and with degrees of freedom by the share
//! of each number's variance that comes from it ([`Scatter::mixed_reach`]).

use super::{Options, with_scatter};
use crate::calibrate::covariance::{ResidualCovariance, is_shared};
use crate::calibrate::data::{Measurement, Measurements};
use crate::calibrate::least_squares::{Fit, FitError};
use crate::calibrate::profile::{Direction, interval};
use crate::calibrate::statistics::Scatter;
use crate::calibrate::temperature::{Acting, Inversion, TemperatureFit};
use nalgebra::{DMatrix, DVector};
use rayon::prelude::*;

/// Distances of the ends from the best logarithms of η, δ D_I and d_c; none where there is no number.
pub(super) type Ends = [Option<[f64; 2]>; 3];

const DIRECTIONS: [Direction; 3] = [
    Direction::VISCOSITY,
    Direction::CONDUCTIVITY,
    Direction::CRITICAL_DIAMETER,
];

/// The ends at every temperature of `found`.
pub(super) fn all(
    data: &Measurements,
    inversion: &Inversion,
    found: &[TemperatureFit],
    scatter: &Scatter,
    options: Options,
    expected: &Expected,
) -> Result<Vec<Ends>, FitError> {
    let rows: Vec<&Measurement> = data.rows.iter().collect();
    let mixed = !inversion.sigmas
        && scatter.degrees_of_freedom.is_some()
        && is_shared(&rows, inversion.doubts);
    let (fits, scatter) = match mixed {
        true => {
            let (mut fits, cautious) = with_scatter(data, inversion, Scatter::cautious)?;
            let reach = cautious.mixed_reach(options.confidence, 1.0);
            compare(data, inversion, &mut fits, cautious.value, reach, expected);
            (fits, cautious)
        }
        false => (found.to_vec(), *scatter),
    };
    let of_one = |(one, best): (&TemperatureFit, &TemperatureFit)| {
        let rows: Vec<&Measurement> = one.rows.iter().map(|&row| &data.rows[row]).collect();
        let (at, errors) = (logarithms(one), errors(one));
        let best = logarithms(best);
        [0, 1, 2].map(|which| {
            let error = errors[which]?;
            let reach = match mixed {
                true => {
                    let share = share(inversion, &rows, one, DIRECTIONS[which], scatter.value);
                    scatter.mixed_reach(options.confidence, share)
                }
                false => scatter.reach(options.confidence),
            };
            let moved = at[which]? - best[which]?;
            let ends = interval(
                inversion,
                &rows,
                one,
                DIRECTIONS[which],
                scatter.value,
                error,
                reach,
            );
            let mut ends = ends.map(|end| end + moved);
            for rival in &one.rivals {
                let worse = rival.chi_squared() - one.fit.as_ref()?.chi_squared();
                let left = reach.powi(2) - worse / scatter.value.powi(2);
                let away = along(rival, DIRECTIONS[which]) - best[which]?;
                let other = TemperatureFit {
                    fit: Some(rival.clone()),
                    state: inversion.state(one.acting, &rival.values),
                    ..one.clone()
                };
                let around = interval(
                    inversion,
                    &rows,
                    &other,
                    DIRECTIONS[which],
                    scatter.value,
                    error,
                    left.max(LEAST_REACH.powi(2)).sqrt(),
                );
                ends[0] = ends[0].min(away + around[0]);
                ends[1] = ends[1].max(away + around[1]);
            }
            Some(ends)
        })
    };
    Ok(fits.par_iter().zip(found).map(of_one).collect())
}

/// Least reach about another reading that belongs to the interval at all.
const LEAST_REACH: f64 = 0.1;

/// ln η and ln δ D_I that the material leads to expect at a temperature.
pub(super) type Expected<'a> = dyn Fn(&TemperatureFit) -> [f64; 2] + Sync + 'a;

/// Looks for other readings of every temperature.
pub(super) fn compare(
    data: &Measurements,
    inversion: &Inversion,
    found: &mut [TemperatureFit],
    scatter: f64,
    reach: f64,
    expected: &Expected,
) {
    found.par_iter_mut().for_each(|one| {
        let rows: Vec<&Measurement> = one.rows.iter().map(|&row| &data.rows[row]).collect();
        let expected = expected(one);
        inversion.compare(&rows, one, scatter, reach, expected);
    });
}

/// a·θ of a reading.
fn along(fit: &Fit, direction: Direction) -> f64 {
    fit.values
        .iter()
        .zip(&direction.0)
        .map(|(value, a)| value * a)
        .sum()
}

/// Logarithms of η and δ D_I, and that of d_c but for a constant.
fn logarithms(one: &TemperatureFit) -> [Option<f64>; 3] {
    let number = |number: Option<[f64; 2]>| number.map(|[logarithm, _]| logarithm);
    let (eta, conductivity) = (number(one.ln_viscosity), number(one.ln_conductivity));
    let both = eta.zip(conductivity);
    [eta, conductivity, both.map(|(a, b)| (a + b) / 3.0)]
}

/// Their standard errors.
fn errors(one: &TemperatureFit) -> [Option<f64>; 3] {
    let number = |number: Option<[f64; 2]>| number.map(|[_, error]| error);
    let (eta, conductivity) = (number(one.ln_viscosity), number(one.ln_conductivity));
    let both = eta.zip(conductivity).map(|(a, b)| {
        let variance = (a.powi(2) + b.powi(2) + 2.0 * one.covariance) / 9.0;
        variance.max(0.0).sqrt()
    });
    [eta, conductivity, both]
}

/// Relative step of the scatter, and step of the logarithms.
const STEP: f64 = 1e-3;

/// The share of the variance of a·θ that comes from the scatter s: ½ dlnV/dln s, since the weights of the least squares are those that make V least.
fn share(
    inversion: &Inversion,
    rows: &[&Measurement],
    one: &TemperatureFit,
    direction: Direction,
    scatter: f64,
) -> f64 {
    let Some(fit) = &one.fit else { return 1.0 };
    let a = match one.acting {
        Acting::Both => direction.0.to_vec(),
        Acting::Flow => vec![direction.0[0]],
        Acting::Diffusion => vec![direction.0[1]],
    };
    let column = |k: usize| -> Vec<f64> {
        let at = |by: f64| {
            let mut values = fit.values.clone();
            values[k] += by;
            inversion.residuals(rows, &inversion.state(one.acting, &values))
        };
        let (above, below) = (at(STEP), at(-STEP));
        let pairs = above.iter().zip(&below);
        pairs.map(|(a, b)| (a - b) / (2.0 * STEP)).collect()
    };
    let columns: Vec<Vec<f64>> = (0..a.len()).map(column).collect();
    let a = DVector::from_vec(a);
    let variance = |scatter: f64| -> Option<f64> {
        let weights: ResidualCovariance = inversion.weights(rows, &one.state, scatter);
        let white: Vec<DVector<f64>> = columns
            .iter()
            .map(|column| DVector::from_vec(weights.whiten(column.clone())))
            .collect();
        let information =
            DMatrix::from_fn(a.len(), a.len(), |i, j| white[i].dot(&white[j])).try_inverse()?;
        Some(a.dot(&(information * &a)))
    };
    let ends = (
        variance(scatter * (1.0 + STEP)),
        variance(scatter * (1.0 - STEP)),
    );
    match ends {
        (Some(above), Some(below)) if above > 0.0 && below > 0.0 => {
            0.5 * (above / below).ln() / ((1.0 + STEP) / (1.0 - STEP)).ln()
        }
        _ => 1.0,
    }
}
