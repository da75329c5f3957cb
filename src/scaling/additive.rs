//! Flow and diffusion together: the lengths of a long pore whose conductances add, (L/√(pt))² = A² d² + B²/d.

use super::alternatives::error;
use super::laws::Point;
use crate::calibrate::least_squares::{Parameter, minimise};

/// Both laws added, fitted to all points.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Additive {
    /// ln A and ln B; d in m, L/√(pt) in m Pa^(−1/2) s^(−1/2).
    pub log_amplitudes: [f64; 2],
    /// d_c = (B/A)^(2/3) in m, where both are equal.
    pub diameter: f64,
    /// Standard deviation of ln d_c; infinite where one of the two does not show.
    pub log_sigma: f64,
    /// Sum of the squared residuals in stated or assumed errors.
    pub misfit: f64,
}

impl Additive {
    /// L/√(pt) at a diameter in m.
    pub fn normalised(&self, diameter: f64) -> f64 {
        sum(self.log_amplitudes, diameter)
    }
}

fn sum([a, b]: [f64; 2], diameter: f64) -> f64 {
    (a.exp() * diameter).hypot(b.exp() / diameter.sqrt())
}

/// The fit; none with fewer than three points, or where it does not converge.
pub(super) fn additive(points: &[Point]) -> Option<Additive> {
    if points.len() < 3 {
        return None;
    }
    // The widest pore flows and the narrowest diffuses, or there is no such sum.
    let [first, last] = [points[0], points[points.len() - 1]];
    let parameters = [
        Parameter::new("ln A", (last.normalised / last.diameter).ln(), 1.0),
        Parameter::new("ln B", (first.normalised * first.diameter.sqrt()).ln(), 1.0),
    ];
    let fit = minimise(&parameters, |values| {
        points
            .iter()
            .map(|p| (sum([values[0], values[1]], p.diameter) / p.normalised).ln() / error(p))
            .collect()
    })
    .ok()?;
    let [a, b] = [fit.values[0], fit.values[1]];
    // Few points do not know their scatter; more do, and it may be larger or smaller than what is stated or assumed.
    let freedom = fit.degrees_of_freedom();
    let scatter = match freedom {
        0..=2 => 1.0,
        _ => (fit.chi_squared() / freedom as f64).sqrt(),
    };
    let covariance = fit.covariance(scatter);
    let variance = covariance[(0, 0)] + covariance[(1, 1)] - 2.0 * covariance[(0, 1)];
    Some(Additive {
        log_amplitudes: [a, b],
        diameter: ((b - a) / 1.5).exp(),
        log_sigma: match variance.is_finite() {
            true => variance.max(0.0).sqrt() / 1.5,
            false => f64::INFINITY,
        },
        misfit: fit.chi_squared(),
    })
}
