//! Two power laws and where they cross.

use crate::experiments::Experiment;

/// One normalised length.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Pore diameter in m.
    pub diameter: f64,
    /// L/√(pt) in m Pa^(−1/2) s^(−1/2).
    pub normalised: f64,
    /// Relative standard deviation of the length, if known.
    pub relative_sigma: Option<f64>,
}

impl Point {
    /// The point of an experiment.
    pub fn of(experiment: &Experiment) -> Self {
        Point {
            diameter: experiment.diameter(),
            normalised: experiment.normalised_length(),
            relative_sigma: experiment.sigma().map(|s| s / experiment.length()),
        }
    }
}

/// The two laws of the paper.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Law {
    /// Eq. (1): L ∝ d.
    Flow,
    /// Eq. (2): L ∝ d^(−1/2).
    Diffusion,
}

impl Law {
    /// Exponent of the diameter.
    pub fn exponent(self) -> f64 {
        match self {
            Law::Flow => 1.0,
            Law::Diffusion => -0.5,
        }
    }

    /// As it stands in tables.
    pub fn name(self) -> &'static str {
        match self {
            Law::Flow => "flow",
            Law::Diffusion => "diffusion",
        }
    }
}

/// L/√(pt) = A d^n with the exponent of a law, fitted to the points of one regime.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PowerLaw {
    /// The law.
    pub law: Law,
    /// ln A, with d in m and L/√(pt) in m Pa^(−1/2) s^(−1/2).
    pub log_amplitude: f64,
    /// Standard deviation of ln A, from the stated errors and the scatter, whichever is larger.
    pub log_sigma: f64,
    /// Number of points.
    pub points: usize,
    /// Exponent that the points have by themselves and its standard deviation; none with fewer than three diameters.
    pub free_exponent: Option<[f64; 2]>,
}

impl PowerLaw {
    /// L/√(pt) at a diameter in m.
    pub fn normalised(&self, diameter: f64) -> f64 {
        (self.log_amplitude + self.law.exponent() * diameter.ln()).exp()
    }
}

/// What a group of points shows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Verdict {
    /// Both regimes, crossing at d_c (m) with the standard deviation of ln d_c.
    Crossing {
        /// d_c in m.
        diameter: f64,
        /// Standard deviation of ln d_c.
        log_sigma: f64,
    },
    /// One regime only: d_c is beyond the measured diameters, below the smallest (flow) or above the largest (diffusion).
    Only(Law),
    /// Fewer than two diameters say nothing about a scaling.
    TooFew,
}

/// The laws fitted to the points of one temperature.
#[derive(Clone, Debug, PartialEq)]
pub struct Transition {
    /// The law of the narrow pores, if they have one of their own.
    pub diffusion: Option<PowerLaw>,
    /// The law of the wide pores, if they have one of their own.
    pub flow: Option<PowerLaw>,
    /// Diameter in m up to which points count as diffusion; those above count as flow.
    pub divide: f64,
    /// What follows.
    pub verdict: Verdict,
}

/// Smallest relative error of a length that is believed: a ruler on a micrograph.
const LEAST_SIGMA: f64 = 1e-3;

/// How much better, in the information criterion, two regimes must be than one; 2 is the custom.
const EVIDENCE: f64 = 2.0;

/// Finds the regimes of `points` (sorted by diameter) and where their laws cross.
///
/// Every division into narrow and wide pores, the empty ones included, is fitted by least squares in ln L with the exponents
/// held, and the one with the least Akaike criterion is taken; a division counts only if the laws cross within the measured
/// diameters, and two regimes only if each has two diameters.
pub fn transition(points: &[Point]) -> Transition {
    let mut diameters: Vec<f64> = points.iter().map(|p| p.diameter).collect();
    diameters.dedup();
    if diameters.len() < 2 {
        return Transition {
            diffusion: None,
            flow: None,
            divide: f64::NAN,
            verdict: Verdict::TooFew,
        };
    }
    let scored = |divide: f64| {
        let narrow: Vec<Point> = points
            .iter()
            .filter(|p| p.diameter <= divide)
            .copied()
            .collect();
        let wide: Vec<Point> = points
            .iter()
            .filter(|p| p.diameter > divide)
            .copied()
            .collect();
        let fits = [(Law::Diffusion, &narrow), (Law::Flow, &wide)].map(|(law, of)| {
            if of.is_empty() {
                return None;
            }
            Some(amplitude(law, of))
        });
        let misfit: f64 = fits.iter().flatten().map(|(_, chi)| chi).sum();
        let parameters = fits.iter().flatten().count() as f64;
        let n = points.len() as f64;
        // Akaike's criterion with an unknown common factor on the errors; the least error keeps it finite.
        let floor = LEAST_SIGMA.powi(2) * points.iter().map(weight).sum::<f64>() / n;
        let criterion = n * (misfit / n + floor).ln() + 2.0 * parameters;
        (criterion, divide, fits.map(|fit| fit.map(|(a, _)| a)))
    };
    let one = [0.0, f64::INFINITY].map(scored);
    let single = if one[0].0 < one[1].0 {
        &one[0]
    } else {
        &one[1]
    };
    let two = (1..diameters.len().saturating_sub(2))
        .map(|k| scored(diameters[k]))
        .filter(|(_, _, fits)| {
            let [Some(narrow), Some(wide)] = fits else {
                return false;
            };
            let at = (narrow - wide) / EXPONENTS_APART;
            (diameters[0].ln()..=diameters[diameters.len() - 1].ln()).contains(&at)
        })
        .min_by(|a, b| a.0.total_cmp(&b.0))
        .filter(|two| two.0 + EVIDENCE < single.0);
    let (_, divide, _) = two.as_ref().unwrap_or(single);
    conclude(points, *divide)
}

/// Difference of the laws' exponents, 1 + 1/2.
const EXPONENTS_APART: f64 = 1.5;

/// Fits the laws on both sides of `divide` and says what they show.
fn conclude(points: &[Point], divide: f64) -> Transition {
    let side = |law: Law, inside: &dyn Fn(f64) -> bool| {
        let own: Vec<Point> = points
            .iter()
            .filter(|p| inside(p.diameter))
            .copied()
            .collect();
        (!own.is_empty()).then(|| fit(law, &own))
    };
    let diffusion = side(Law::Diffusion, &|d| d <= divide);
    let flow = side(Law::Flow, &|d| d > divide);
    let verdict = match (&diffusion, &flow) {
        (Some(narrow), Some(wide)) => Verdict::Crossing {
            diameter: ((narrow.log_amplitude - wide.log_amplitude) / EXPONENTS_APART).exp(),
            log_sigma: narrow.log_sigma.hypot(wide.log_sigma) / EXPONENTS_APART,
        },
        (Some(_), None) => Verdict::Only(Law::Diffusion),
        _ => Verdict::Only(Law::Flow),
    };
    Transition {
        diffusion,
        flow,
        divide,
        verdict,
    }
}

fn weight(point: &Point) -> f64 {
    // Where no error is stated all points count the same.
    point
        .relative_sigma
        .map_or(1.0, |s| 1.0 / s.max(LEAST_SIGMA).powi(2))
}

/// ln A of a law through the points and the weighted sum of the squared residuals.
fn amplitude(law: Law, points: &[Point]) -> (f64, f64) {
    let residual = |p: &Point| p.normalised.ln() - law.exponent() * p.diameter.ln();
    let total: f64 = points.iter().map(weight).sum();
    let mean = points.iter().map(|p| weight(p) * residual(p)).sum::<f64>() / total;
    let misfit = points
        .iter()
        .map(|p| weight(p) * (residual(p) - mean).powi(2))
        .sum();
    (mean, misfit)
}

fn fit(law: Law, points: &[Point]) -> PowerLaw {
    let (log_amplitude, misfit) = amplitude(law, points);
    let total: f64 = points.iter().map(weight).sum();
    let n = points.len() as f64;
    let scatter = if n > 1.0 {
        (misfit / (n - 1.0) / total).sqrt()
    } else {
        0.0
    };
    let known = points.iter().all(|p| p.relative_sigma.is_some());
    let stated = if known { total.sqrt().recip() } else { 0.0 };
    PowerLaw {
        law,
        log_amplitude,
        log_sigma: scatter.max(stated),
        points: points.len(),
        free_exponent: free_exponent(points),
    }
}

/// Slope of ln(L/√(pt)) over ln d and its standard deviation from the scatter.
fn free_exponent(points: &[Point]) -> Option<[f64; 2]> {
    let mut diameters: Vec<f64> = points.iter().map(|p| p.diameter).collect();
    diameters.dedup();
    if diameters.len() < 3 {
        return None;
    }
    let total: f64 = points.iter().map(weight).sum();
    let mean =
        |f: &dyn Fn(&Point) -> f64| points.iter().map(|p| weight(p) * f(p)).sum::<f64>() / total;
    let (x, y) = (|p: &Point| p.diameter.ln(), |p: &Point| p.normalised.ln());
    let (x_mean, y_mean) = (mean(&x), mean(&y));
    let spread = mean(&|p| (x(p) - x_mean).powi(2));
    let slope = mean(&|p| (x(p) - x_mean) * (y(p) - y_mean)) / spread;
    let misfit = mean(&|p| (y(p) - y_mean - slope * (x(p) - x_mean)).powi(2));
    let freedom = points.len() as f64 - 2.0;
    Some([slope, (misfit / freedom / spread).sqrt()])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(length: impl Fn(f64) -> f64) -> Vec<Point> {
        [
            10e-9, 14e-9, 20e-9, 30e-9, 45e-9, 65e-9, 90e-9, 130e-9, 200e-9,
        ]
        .map(|diameter| Point {
            diameter,
            normalised: length(diameter),
            relative_sigma: None,
        })
        .to_vec()
    }

    #[test]
    fn the_longer_of_two_laws_crosses_exactly() {
        // L = max(A d, B d^(−1/2)) with the crossing at 50 nm.
        let found = transition(&points(|d| {
            let x: f64 = d / 50e-9;
            1e-14 * x.max(x.powf(-0.5))
        }));
        let Verdict::Crossing {
            diameter,
            log_sigma,
        } = found.verdict
        else {
            panic!("{found:?}")
        };
        assert!((diameter / 50e-9 - 1.0).abs() < 1e-9 && log_sigma < 1e-9);
        assert_eq!(found.diffusion.unwrap().points, 5);
        let [slope, _] = found.flow.unwrap().free_exponent.unwrap();
        assert!((slope - 1.0).abs() < 1e-9);
        // Negative control: with the laws' lengths exchanged (the shorter of the two) there is no such transition.
        let swapped = transition(&points(|d| {
            let x: f64 = d / 50e-9;
            1e-14 * x.min(x.powf(-0.5))
        }));
        assert!(
            !matches!(swapped.verdict, Verdict::Crossing { diameter, .. } if (diameter / 50e-9 - 1.0).abs() < 0.1)
        );
    }

    #[test]
    fn one_regime_is_not_called_two() {
        // 3 % of scatter that alternates: neither side gains by a law of its own.
        let wobble = |d: f64| 1.0 + 0.03 * (d * 1e9 * 0.7).sin();
        let flow = transition(&points(|d| d * wobble(d)));
        assert_eq!(flow.verdict, Verdict::Only(Law::Flow));
        let diffusion = transition(&points(|d| d.powf(-0.5) * wobble(d)));
        assert_eq!(diffusion.verdict, Verdict::Only(Law::Diffusion));
        assert_eq!(transition(&points(|d| d)[..1]).verdict, Verdict::TooFew);
    }

    #[test]
    fn both_mechanisms_together_cross_where_their_conductances_are_equal() {
        // A long pore: L² ∝ d² + d_c³/d. Both laws alone are √2 short at d_c, so fits to either side stay symmetric about it;
        // how the diameters lie around d_c shifts the crossing by some per cent.
        let found = transition(&points(|d| {
            let x: f64 = d / 45e-9;
            (x * x + 1.0 / x).sqrt()
        }));
        let Verdict::Crossing { diameter, .. } = found.verdict else {
            panic!("{found:?}")
        };
        assert!((diameter / 45e-9 - 1.0).abs() < 0.1, "{diameter:e}");
    }
}
