//! Intervals by the profile likelihood: how far a number may be from its best value before no other number makes up for it.
//!
//! A number c = a·θ of θ = (ln η, ln δ D_I) belongs to the interval if the least squares with c held are not worse than without by more than
//! the law of one degree of freedom allows: χ²(c) − χ²_min ≤ s² t². Both are computed with the covariance of the residuals that the
//! held number itself implies, as in a test of that number. For a straight line this is Student's interval; where lengths bend, or few
//! diameters leave a tail, it follows the bend, and where nothing ends the tail the interval is open.

use super::covariance::{ResidualCovariance, is_shared};
use super::data::Measurement;
use super::least_squares::{Parameter, minimise};
use super::temperature::{Acting, Inversion, TemperatureFit};

/// Farthest that a logarithm is followed: a factor of a thousand. Beyond, the interval is open.
const FARTHEST: f64 = 6.9;
/// Most points of a search for an end, and the width at which it ends, in standard errors of it.
const SEARCH: usize = 40;
const WIDTH: f64 = 1e-3;
/// Most times that fit and covariance follow each other at one point.
const ROUNDS: usize = 4;

/// A sum of the logarithms: c = a·θ.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Direction(pub [f64; 2]);

impl Direction {
    /// ln η.
    pub const VISCOSITY: Self = Self([1.0, 0.0]);
    /// ln δ D_I.
    pub const CONDUCTIVITY: Self = Self([0.0, 1.0]);
    /// ln d_c, but for a constant: d_c is the cube root of the product.
    pub const CRITICAL_DIAMETER: Self = Self([1.0 / 3.0, 1.0 / 3.0]);
}

/// The interval of c = a·θ at one temperature as distances from its best value, the lower one negative; infinite where it is open. `standard_error` is that of
/// the least squares, `reach` how many of them the interval would reach.
pub fn interval(
    inversion: &Inversion,
    rows: &[&Measurement],
    found: &TemperatureFit,
    direction: Direction,
    scatter: f64,
    standard_error: f64,
    reach: f64,
) -> [f64; 2] {
    let Some(fit) = &found.fit else {
        return [f64::NEG_INFINITY, f64::INFINITY];
    };
    let held = Held {
        inversion,
        rows,
        found,
        scatter,
        best: &fit.values,
        direction: match found.acting {
            Acting::Both => direction.0.to_vec(),
            Acting::Flow => vec![direction.0[0]],
            Acting::Diffusion => vec![direction.0[1]],
        },
    };
    [-1.0, 1.0].map(|sign| sign * held.end(sign, standard_error * reach, reach))
}

/// A number that is held away from its best value.
struct Held<'a> {
    inversion: &'a Inversion<'a>,
    rows: &'a [&'a Measurement],
    found: &'a TemperatureFit,
    scatter: f64,
    best: &'a [f64],
    direction: Vec<f64>,
}

impl Held<'_> {
    /// Distance at which the fit is `reach` standard deviations worse, in the direction of `sign`; infinite if there is none.
    fn end(&self, sign: f64, guess: f64, reach: f64) -> f64 {
        let excess = |distance: f64, along: &mut f64| self.worse(sign * distance, along) - reach;
        let mut along = 0.0;
        let (mut low, mut high) = (0.0, guess.clamp(1e-9, FARTHEST));
        let mut above = excess(high, &mut along);
        while above < 0.0 {
            if high >= FARTHEST {
                return f64::INFINITY;
            }
            low = high;
            high = (1.5 * high).min(FARTHEST);
            above = excess(high, &mut along);
        }
        // The deviation grows almost in proportion to the distance: false position, held to the bracket by bisection.
        let mut below = if low == 0.0 {
            -reach
        } else {
            excess(low, &mut along)
        };
        for step in 0..SEARCH {
            if high - low <= WIDTH * guess.min(high) {
                break;
            }
            let share = match step % 3 {
                2 => 0.5,
                _ => (below / (below - above)).clamp(0.02, 0.98),
            };
            let middle = low + share * (high - low);
            let at = excess(middle, &mut along);
            if at.abs() < WIDTH * reach {
                return middle;
            }
            if at < 0.0 {
                (low, below) = (middle, at);
            } else {
                (high, above) = (middle, at);
            }
        }
        0.5 * (low + high)
    }

    /// By how many standard deviations the best fit with the number held at `distance` is worse than the best of all. `along` is where the other
    /// number was, to go on from there.
    fn worse(&self, distance: f64, along: &mut f64) -> f64 {
        let square: f64 = self.direction.iter().map(|a| a * a).sum();
        // c is moved along a, the other number across it.
        let place = |across: f64| -> Vec<f64> {
            let foot: Vec<f64> = (self.best.iter().zip(&self.direction))
                .map(|(best, a)| best + distance * a / square)
                .collect();
            match self.direction[..] {
                [a, b] => vec![foot[0] - b * across, foot[1] + a * across],
                _ => foot,
            }
        };
        let acting = self.found.acting;
        let chi = |values: &[f64], weights: &ResidualCovariance| -> f64 {
            let state = self.inversion.state(acting, values);
            let residuals = self
                .inversion
                .weighted(self.rows, &state, weights, self.scatter);
            residuals.iter().map(|r| r * r).sum()
        };
        let shared = is_shared(self.rows, self.inversion.doubts);
        let mut weights = self.found.weights.clone();
        for round in 0..ROUNDS {
            if shared {
                let state = self.inversion.state(acting, &place(*along));
                weights = self.inversion.weights(self.rows, &state, self.scatter);
            }
            if self.direction.len() < 2 {
                break;
            }
            let parameter = [Parameter::new("the other", *along, 1.0)];
            let Ok(other) = minimise(&parameter, |values| {
                let state = self.inversion.state(acting, &place(values[0]));
                self.inversion
                    .weighted(self.rows, &state, &weights, self.scatter)
            }) else {
                break;
            };
            let moved = (other.values[0] - *along).abs();
            *along = other.values[0];
            if !shared || (round > 0 && moved < 1e-4) {
                break;
            }
        }
        let with = chi(&place(*along), &weights);
        let without = match shared {
            false => chi(self.best, &weights),
            true => {
                let again =
                    self.inversion
                        .again(self.rows, acting, self.best, &weights, self.scatter);
                again.map_or(f64::NAN, |fit| {
                    fit.chi_squared().min(chi(self.best, &weights))
                })
            }
        };
        let worse = (with - without).max(0.0).sqrt() / self.scatter;
        // Where lengths are no numbers the fit is as bad as can be.
        if worse.is_nan() { f64::INFINITY } else { worse }
    }
}
