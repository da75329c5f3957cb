//! Coefficients of the faces of a line for given fractions.

use super::{Column, Line, ROOT_STEPS};
use crate::kernels::species::bernoulli::{ROUND_OFF, bernoulli, drift};

/// Coefficients of a face: the amount of element i that passes is (μᵢ f₀ − s₀) xᵢ₋ − (μᵢ f₁ + s₁) xᵢ₊.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Face {
    /// f: B(φ)/ℓ and B(−φ)/ℓ.
    pub factors: [f64; 2],
    /// s: swept volume that comes from the cell before and from the cell after.
    pub swept: [f64; 2],
}

impl Face {
    /// Factors on the fractions before and after of an element of this mobility; neither is negative.
    pub fn coefficients(&self, mobility: f64) -> [f64; 2] {
        [
            mobility * self.factors[0] - self.swept[0],
            mobility * self.factors[1] + self.swept[1],
        ]
    }
}

/// The last face.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tip {
    /// Composition of the tip relative to that of the last cell.
    pub ratio: Column,
    /// Volume that leaves there.
    pub deposit: f64,
}

impl Line<'_> {
    /// Coefficients of inner face `f`. A moving face carries the mean of its two cells where that leaves all coefficients
    /// positive with room to spare, otherwise the fractions of the cell that it moves into.
    pub(super) fn face(&self, x: &[f64], f: usize, central: bool) -> Face {
        let nearness = self.nearness[f];
        let factors = if self.is_at_rest() || nearness == 0.0 {
            [0.0; 2]
        } else {
            let (before, after) = (self.mean_mobility(x, f - 1), self.mean_mobility(x, f));
            let [b, c] = drift(before, after, self.flux[f] / nearness);
            [nearness * b, nearness * c]
        };
        let swept = self.swept[f];
        let slowest = self.mobility.iter().fold(f64::INFINITY, |s, m| s.min(*m));
        let upstream = if swept > 0.0 { 0 } else { 1 };
        let swept = if central && slowest * factors[upstream] > swept.abs() {
            [0.5 * swept; 2]
        } else if swept > 0.0 {
            [0.0, swept]
        } else {
            [swept, 0.0]
        };
        Face { factors, swept }
    }

    /// Coefficients of the last face.
    pub(super) fn tip(&self, x: &[f64]) -> Tip {
        let (n, m) = (self.elements(), self.cells());
        let (flux, nearness) = (self.flux[m], self.nearness[m]);
        let last = &x[(m - 1) * n..][..n];
        let mut tip = Tip {
            ratio: [1.0; _],
            deposit: self.flux[m] - self.swept[m],
        };
        if flux <= 0.0 || self.is_at_rest() {
            // Nothing is carried there that could change: the deposit takes the last cell's material.
            return tip;
        }
        // Σ μᵢ B(φ) xᵢ/(Q + μᵢ B(−φ)) = 1 falls strictly with φ.
        let excess = |phi: f64| {
            let [[b, c], [slope, other]] = bernoulli(phi);
            let (mut sum, mut derivative) = (-1.0, 0.0);
            for (x, mobility) in last.iter().zip(self.mobility) {
                let conduct = mobility * nearness;
                let d = flux + conduct * c;
                let ratio = conduct * b / d;
                sum += ratio * x;
                derivative += conduct * x * (slope + ratio * other) / d;
            }
            (sum, derivative)
        };
        let phi = falling_root(excess, -flux / (nearness * self.mean_mobility(x, m - 1)));
        let [[b, c], _] = bernoulli(phi);
        for (ratio, mobility) in tip.ratio.iter_mut().zip(self.mobility) {
            let conduct = mobility * nearness;
            *ratio = conduct * b / (flux + conduct * c);
        }
        tip
    }
}

/// Root of a strictly falling function given with its derivative: Newton's iteration inside a bracket.
fn falling_root(function: impl Fn(f64) -> (f64, f64), guess: f64) -> f64 {
    let mut x = if guess.is_finite() { guess } else { 0.0 };
    let (mut low, mut high) = (f64::NEG_INFINITY, f64::INFINITY);
    for k in 0..ROOT_STEPS {
        let (value, slope) = function(x);
        // At the root, where the next one would lie beside a bracket that has closed to round-off.
        if (value / slope).abs() <= ROUND_OFF * (1.0 + x.abs()) {
            return x - value / slope;
        }
        if value > 0.0 {
            low = x;
        } else {
            high = x;
        }
        let mut next = x - value / slope;
        if !(next > low && next < high) {
            let reach = 2f64.powi(k.min(60));
            next = match (low.is_finite(), high.is_finite()) {
                (true, true) => 0.5 * (low + high),
                (true, false) => low + reach,
                _ => high - reach,
            };
        }
        let step = (next - x).abs();
        x = next;
        if step <= ROUND_OFF * (1.0 + x.abs()) {
            break;
        }
    }
    x
}
