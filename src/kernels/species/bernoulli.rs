//! The Bernoulli function of exponential fitting (Scharfetter and Gummel 1969) and the drift of a face.

/// B(z) = z/(eᶻ − 1) and its derivative. B(−z) = B(z) + z.
#[inline]
pub fn bernoulli(z: f64) -> (f64, f64) {
    // Where the series' next term, z⁸/1209600, is below round-off.
    if z.abs() < 0.05 {
        let s = z * z;
        let value = 1.0 - 0.5 * z + s / 12.0 * (1.0 - s / 60.0 * (1.0 - s / 42.0));
        let slope = -0.5 + z / 6.0 * (1.0 - s / 30.0 * (1.0 - s / 28.0));
        (value, slope)
    } else {
        let value = z / z.exp_m1();
        (value, value / z * (1.0 - (value + z)))
    }
}

/// What the drift does at a face between two cells of the layer, one for all elements.
#[derive(Clone, Copy, Debug, Default)]
pub struct Drift {
    /// B(φ) and B(−φ): factors on the fractions before and after the face.
    pub factors: [f64; 2],
    /// B′(φ) and B′(−φ).
    pub slopes: [f64; 2],
    /// Derivatives of φ by the mean mobilities before and after the face.
    pub by_mobility: [f64; 2],
}

/// The drift φ = (Ω/k_BT) Δλ over a face for which B(φ) `before` − B(−φ) `after` = `flux`: the mobilities Σ xᵢDᵢ (positive) of
/// the two cells and the volume flux, the latter times the distance.
///
/// The left side falls strictly with φ and is convex or concave, so that Newton's iteration converges from anywhere.
#[inline]
pub fn drift(before: f64, after: f64, flux: f64) -> Drift {
    let mut phi = 2.0 * (before - after - flux) / (before + after);
    for _ in 0..60 {
        let (b, slope) = bernoulli(phi);
        let (c, other) = (b + phi, -1.0 - slope);
        let excess = b * before - c * after - flux;
        let step = excess / (slope * before + other * after);
        phi -= step;
        if step.abs() <= 1e-15 * (1.0 + phi.abs()) {
            break;
        }
    }
    let (b, slope) = bernoulli(phi);
    let (c, other) = (b + phi, -1.0 - slope);
    let total = slope * before + other * after;
    Drift {
        factors: [b, c],
        slopes: [slope, other],
        by_mobility: [-b / total, c / total],
    }
}
