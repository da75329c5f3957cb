//! Cubic splines through values that change while the knots stay: the second derivatives are a matrix times the values.

use super::cubic::{End, Spline};

/// Splines on fixed knots.
#[derive(Clone, Debug)]
pub(super) struct Knots {
    x: Vec<f64>,
    /// Second derivatives at the knots for a unit value at each knot, `[knot of the value][knot]`.
    unit_bends: Vec<f64>,
}

/// Where a point lies among the knots: the interval, the weights of the values at its ends, and those of the second
/// derivatives.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub interval: usize,
    pub values: [f64; 2],
    pub bends: [f64; 2],
}

impl Knots {
    /// Splines on increasing knots `x`.
    pub fn new(x: Vec<f64>, ends: [End; 2]) -> Self {
        let unit_bends = (0..x.len())
            .flat_map(|k| {
                let mut unit = vec![0.0; x.len()];
                unit[k] = 1.0;
                let spline = Spline::new(x.clone(), unit, ends);
                x.iter().map(|&at| spline.bend(at)).collect::<Vec<_>>()
            })
            .collect();
        Knots { x, unit_bends }
    }

    /// The knots.
    pub fn x(&self) -> &[f64] {
        &self.x
    }

    /// Second derivatives of the spline through `values`.
    pub fn bends(&self, values: &[f64]) -> Vec<f64> {
        let n = self.x.len();
        let mut bends = vec![0.0; n];
        for (value, unit) in values.iter().zip(self.unit_bends.chunks(n)) {
            for (bend, u) in bends.iter_mut().zip(unit) {
                *bend += value * u;
            }
        }
        bends
    }

    /// Where `at` lies; beyond the ends the outermost pieces go on.
    pub fn place(&self, at: f64) -> Place {
        let interval = self
            .x
            .partition_point(|x| *x <= at)
            .clamp(1, self.x.len() - 1)
            - 1;
        let step = self.x[interval + 1] - self.x[interval];
        let b = (at - self.x[interval]) / step;
        let a = 1.0 - b;
        let bend = step * step / 6.0;
        Place {
            interval,
            values: [a, b],
            bends: [(a * a * a - a) * bend, (b * b * b - b) * bend],
        }
    }
}

impl Place {
    /// The spline's value from the values and second derivatives at the knots.
    pub fn value(&self, values: &[f64], bends: &[f64]) -> f64 {
        let k = self.interval;
        self.values[0] * values[k]
            + self.values[1] * values[k + 1]
            + self.bends[0] * bends[k]
            + self.bends[1] * bends[k + 1]
    }
}
