//! A smooth curve through points that rises or falls wherever they do.

/// Value and slope at `at` of the monotone cubic curve through points with increasing `x` (at least two); beyond the ends it goes on straight, with the slope of the end.
///
/// Piecewise cubic Hermite interpolation; the slope at a point is the weighted harmonic mean of the slopes beside it, 0 at an extremum (Fritsch and Butland, SIAM J. Sci. Stat. Comput. 5, 300, 1984), at an end that of the piece there.
pub fn monotone(x: &[f64], y: &[f64], at: f64) -> [f64; 2] {
    let last = x.len() - 1;
    let secant = |k: usize| (y[k + 1] - y[k]) / (x[k + 1] - x[k]);
    let slope = |k: usize| {
        if k == 0 || k == last {
            return secant(k.min(last - 1));
        }
        let (before, after) = (secant(k - 1), secant(k));
        if before * after <= 0.0 {
            return 0.0;
        }
        let (left, right) = (x[k] - x[k - 1], x[k + 1] - x[k]);
        let weights = [left + 2.0 * right, 2.0 * left + right];
        (weights[0] + weights[1]) / (weights[0] / before + weights[1] / after)
    };
    if at <= x[0] {
        return [y[0] + slope(0) * (at - x[0]), slope(0)];
    }
    if at >= x[last] {
        return [y[last] + slope(last) * (at - x[last]), slope(last)];
    }
    let k = x.partition_point(|one| *one <= at) - 1;
    let step = x[k + 1] - x[k];
    let t = (at - x[k]) / step;
    let s = 1.0 - t;
    let slopes = [slope(k), slope(k + 1)];
    let value = s * s * (1.0 + 2.0 * t) * y[k]
        + t * t * (1.0 + 2.0 * s) * y[k + 1]
        + step * s * t * (s * slopes[0] - t * slopes[1]);
    let rise = 6.0 * s * t * (y[k + 1] - y[k]) / step
        + s * (s - 2.0 * t) * slopes[0]
        + t * (t - 2.0 * s) * slopes[1];
    [value, rise]
}

#[cfg(test)]
mod tests {
    fn monotone(x: &[f64], y: &[f64], at: f64) -> f64 {
        super::monotone(x, y, at)[0]
    }

    const X: [f64; 5] = [0.0, 1.0, 1.5, 4.0, 5.0];

    #[test]
    fn a_straight_line_stays_one_and_goes_on() {
        let y = X.map(|x| 3.0 - 2.0 * x);
        for at in [-3.0, 0.0, 0.3, 1.2, 2.0, 4.9, 5.0, 8.0] {
            assert!((monotone(&X, &y, at) - (3.0 - 2.0 * at)).abs() < 1e-12);
        }
    }

    #[test]
    fn goes_through_its_points_and_never_back() {
        // A step of four decades between neighbours: what a spline would answer with a swing.
        let y = [0.0, 0.1, 9.0, 9.1, 20.0];
        for (x, y) in X.iter().zip(y) {
            assert!((monotone(&X, &y_of(), *x) - y).abs() < 1e-12);
        }
        let values: Vec<f64> = (0..=500)
            .map(|k| monotone(&X, &y_of(), 0.01 * f64::from(k)))
            .collect();
        assert!(values.windows(2).all(|pair| pair[1] >= pair[0]));
        // Negative control: points that fall are followed down.
        let down = [0.0, 1.0, 0.5, 2.0, 3.0];
        assert!(monotone(&X, &down, 1.25) < monotone(&X, &down, 1.0));
    }

    fn y_of() -> [f64; 5] {
        [0.0, 0.1, 9.0, 9.1, 20.0]
    }

    #[test]
    fn a_smooth_curve_is_met_to_second_order_at_least() {
        let off = |n: i32| {
            let x: Vec<f64> = (0..=n).map(|k| f64::from(k) / f64::from(n)).collect();
            let y: Vec<f64> = x.iter().map(|x| x.exp()).collect();
            let worst = (1..1000).map(|k| f64::from(k) / 1000.0);
            worst
                .map(|at| (monotone(&x, &y, at) - at.exp()).abs())
                .fold(0.0, f64::max)
        };
        // The pieces at the ends take the secant's slope, which is of first order: errors of step², elsewhere less.
        let order = (off(10) / off(20)).log2();
        assert!(order > 1.9, "{order}");
    }

    /// The slope is that of the curve: against differences, within and beyond the points.
    #[test]
    fn slopes_are_those_of_the_curve() {
        let (x, y) = ([0.0, 1.0, 1.5, 3.0], [2.0, 1.0, 1.2, 4.0]);
        for at in [-0.5, 0.3, 0.9, 1.2, 2.0, 2.9, 3.5] {
            let h = 1e-5;
            let [rise, fall] = [at + h, at - h].map(|at| monotone(&x, &y, at));
            let slope = super::monotone(&x, &y, at)[1];
            // Differences of a cubic err by h² or 1e-10, round-off by 1e-11.
            assert!(
                (slope - (rise - fall) / (2.0 * h)).abs() < 1e-8,
                "{at}: {slope}"
            );
        }
    }
}
