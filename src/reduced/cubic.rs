//! The second derivatives of cubic splines.

use crate::front::tridiagonal;

/// What a spline does at one end.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum End {
    /// Its slope has this value.
    Slope(f64),
    /// Its second derivative is that of the next knot: the last piece is a parabola.
    Parabola,
}

/// A cubic spline y(x) through increasing x.
#[derive(Clone, Debug)]
pub(super) struct Spline {
    x: Vec<f64>,
    /// Second derivatives at the knots.
    bend: Vec<f64>,
}

impl Spline {
    /// The spline through (x, y), at least two points.
    pub fn new(x: Vec<f64>, y: Vec<f64>, ends: [End; 2]) -> Self {
        let n = x.len();
        debug_assert!(n >= 2 && y.len() == n);
        let step = |k: usize| x[k + 1] - x[k];
        let slope = |k: usize| (y[k + 1] - y[k]) / step(k);
        // Continuity of the slope at every knot: a tridiagonal system for the second derivatives.
        let (mut diagonal, mut right) = (vec![1.0; n], vec![0.0; n]);
        let (mut lower, mut upper) = (vec![0.0; n], vec![0.0; n]);
        for k in 1..n - 1 {
            lower[k] = step(k - 1);
            diagonal[k] = 2.0 * (step(k - 1) + step(k));
            upper[k] = step(k);
            right[k] = 6.0 * (slope(k) - slope(k - 1));
        }
        // A parabola's row: bend[0] − bend[1] = 0.
        (upper[0], lower[n - 1]) = (-1.0, -1.0);
        if let End::Slope(s) = ends[0] {
            (diagonal[0], upper[0]) = (2.0 * step(0), step(0));
            right[0] = 6.0 * (slope(0) - s);
        }
        if let End::Slope(s) = ends[1] {
            (diagonal[n - 1], lower[n - 1]) = (2.0 * step(n - 2), step(n - 2));
            right[n - 1] = 6.0 * (s - slope(n - 2));
        }
        let bend = tridiagonal(&lower, &diagonal, &upper, right);
        Spline { x, bend }
    }

    /// Interval that holds `at`.
    fn interval(&self, at: f64) -> usize {
        self.x
            .partition_point(|x| *x <= at)
            .clamp(1, self.x.len() - 1)
            - 1
    }

    /// Second derivative at `at`.
    pub fn bend(&self, at: f64) -> f64 {
        let k = self.interval(at);
        let t = (at - self.x[k]) / (self.x[k + 1] - self.x[k]);
        self.bend[k] + t * (self.bend[k + 1] - self.bend[k])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clamped_spline_is_a_cubic_exactly() {
        let f = |x: f64| 2.0 - x + 3.0 * x * x - 0.5 * x * x * x;
        let slope = |x: f64| -1.0 + 6.0 * x - 1.5 * x * x;
        let x = vec![0.0, 0.3, 0.7, 1.0, 1.6];
        let y = x.iter().map(|&x| f(x)).collect();
        let spline = Spline::new(x, y, [End::Slope(slope(0.0)), End::Slope(slope(1.6))]);
        for at in [0.0, 0.1, 0.5, 0.99, 1.3, 1.6] {
            assert!((spline.bend(at) - (6.0 - 3.0 * at)).abs() < 1e-12);
        }
    }

    #[test]
    fn free_end_is_a_parabola() {
        let spline = Spline::new(
            vec![0.0, 1.0, 2.0, 3.5],
            [0.0f64, 1.0, 2.0, 3.5]
                .map(|x| 1.0 - x + 2.0 * x * x)
                .to_vec(),
            [End::Slope(-1.0), End::Parabola],
        );
        assert!((spline.bend(3.5) - 4.0).abs() < 1e-12);
    }
}
