//! The Bernoulli function of exponential fitting (Scharfetter and Gummel 1969) and the drift of a face.

/// Below this the Bernoulli function is summed as a series, whose next term, z⁸/1209600, is below round-off there.
pub const SERIES: f64 = 0.05;

/// Newton steps after which a drift is taken as it is; six are usual.
pub const DRIFT_STEPS: usize = 60;

/// Relative change of a drift in the last step.
pub const ROUND_OFF: f64 = 1e-15;

/// B(z) = z/(eᶻ − 1) at z and −z, and its derivative at both. B(−z) = B(z) + z: the smaller one is computed, so that neither
/// loses digits.
#[inline]
pub fn bernoulli(z: f64) -> [[f64; 2]; 2] {
    let s = z.abs();
    let (small, slope) = if s < SERIES {
        let q = s * s;
        (
            1.0 - 0.5 * s + q / 12.0 * (1.0 - q / 60.0 * (1.0 - q / 42.0)),
            -0.5 + s / 6.0 * (1.0 - q / 30.0 * (1.0 - q / 28.0)),
        )
    } else {
        let value = s / s.exp_m1();
        (value, value / s * (1.0 - (value + s)))
    };
    let (large, other) = (small + s, -1.0 - slope);
    if z >= 0.0 {
        [[small, large], [slope, other]]
    } else {
        [[large, small], [other, slope]]
    }
}

/// B(φ) and B(−φ), the factors on the fractions before and after a face, with the drift φ = (Ω/k_BT) Δλ for which
/// B(φ) `before` − B(−φ) `after` = `flux`: the mobilities Σ xᵢDᵢ (positive) of the two cells and the volume flux, the latter
/// times the distance.
///
/// The left side falls strictly with φ and is convex or concave, so that Newton's iteration converges from anywhere.
#[inline]
pub fn drift(before: f64, after: f64, flux: f64) -> [f64; 2] {
    let mut phi = 2.0 * (before - after - flux) / (before + after);
    for _ in 0..DRIFT_STEPS {
        let [[b, c], [slope, other]] = bernoulli(phi);
        let step = (b * before - c * after - flux) / (slope * before + other * after);
        phi -= step;
        if step.abs() <= ROUND_OFF * (1.0 + phi.abs()) {
            break;
        }
    }
    bernoulli(phi)[0]
}
