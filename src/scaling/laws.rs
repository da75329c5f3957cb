//! Two power laws and where they cross.

use super::additive::{Additive, additive};
use super::alternatives::{Alternative, alternatives, error};
use super::sums::Sums;
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
    /// Too few diameters for regimes of their own, but neither law describes them and the two together do: d_c (m) lies among them,
    /// where the sum has it.
    Within {
        /// d_c in m.
        diameter: f64,
        /// Standard deviation of ln d_c.
        log_sigma: f64,
    },
    /// One regime only, by its exponent: d_c is beyond the measured diameters, below the smallest (flow) or above the largest (diffusion).
    Only(Law),
    /// The lengths follow neither law nor both.
    Unclear,
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
    /// Exponent that all points have together and its standard deviation; none with fewer than three diameters.
    pub exponent: Option<[f64; 2]>,
    /// Flow and diffusion added, fitted to all points.
    pub additive: Option<Additive>,
    /// What else could be said of the lengths, best first.
    pub alternatives: Vec<Alternative>,
    /// What follows.
    pub verdict: Verdict,
}

/// Smallest relative error of a length that is believed: a ruler on a micrograph.
pub(super) const LEAST_SIGMA: f64 = 1e-3;

/// How much better, in the information criterion, two regimes must be than one; 2 is the custom.
const EVIDENCE: f64 = 2.0;

/// Finds the regimes of `points` (sorted by diameter) and where their laws cross.
///
/// Every division into narrow and wide pores, the empty ones included, is fitted by least squares in ln L with the exponents
/// held, and the one with the least Akaike criterion is taken; a division counts only if the laws cross within the measured
/// diameters, each side leans towards its own law and has two diameters. One regime is claimed only where the exponent of the points
/// says so. Otherwise the two laws added may describe what neither does alone.
pub fn transition(points: &[Point]) -> Transition {
    let mut diameters: Vec<f64> = points.iter().map(|p| p.diameter).collect();
    diameters.dedup();
    if diameters.len() < 2 {
        return Transition {
            diffusion: None,
            flow: None,
            divide: f64::NAN,
            exponent: None,
            additive: None,
            alternatives: Vec::new(),
            verdict: Verdict::TooFew,
        };
    }
    let (sums, origin) = Sums::up_to(points);
    let all = sums[points.len()];
    // Akaike's criterion with an unknown common factor on the errors; the least error keeps it finite.
    let n = points.len() as f64;
    let floor = LEAST_SIGMA.powi(2) * all.weight / n;
    let scored = |divide: f64| {
        let sides = all.parted(sums[points.partition_point(|p| p.diameter <= divide)]);
        let laws = [Law::Diffusion, Law::Flow];
        let fits = [0, 1].map(|k| sides[k].amplitude(laws[k].exponent()));
        let misfit: f64 = fits.iter().flatten().map(|(_, chi)| chi).sum();
        let parameters = fits.iter().flatten().count() as f64;
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
            let at = origin + (narrow - wide) / EXPONENTS_APART;
            (diameters[0].ln()..=diameters[diameters.len() - 1].ln()).contains(&at)
        })
        .filter(|(_, divide, _)| {
            let narrow = sums[points.partition_point(|p| p.diameter <= *divide)];
            let [narrow, wide] = all.parted(narrow).map(|side| side.slope());
            // Each side leans towards its own law.
            narrow.is_some_and(|slope| slope < BETWEEN) && wide.is_some_and(|slope| slope > BETWEEN)
        })
        .min_by(|a, b| a.0.total_cmp(&b.0))
        .filter(|two| two.0 + EVIDENCE < single.0);
    let (_, divide, _) = two.as_ref().unwrap_or(single);
    conclude(points, *divide)
}

/// Difference of the laws' exponents, 1 + 1/2.
const EXPONENTS_APART: f64 = 1.5;

/// Between the exponents of the laws: lengths that rise faster lean towards flow, others towards diffusion.
const BETWEEN: f64 = 0.25;

/// How far the exponent of a regime may be from that of its law: entrance and print bend lengths by as much.
const NEAR: f64 = 0.2;

/// The law that points with this exponent follow: near its own exponent, and by two standard deviations on its side of what lies between.
fn regime([slope, sigma]: [f64; 2]) -> Option<Law> {
    let [low, high] = [slope - 2.0 * sigma, slope + 2.0 * sigma];
    let near = |law: Law| low - NEAR <= law.exponent() && law.exponent() <= high + NEAR;
    // Half-way to L ∝ d⁰, which is neither.
    if near(Law::Flow) && low > 0.5 * Law::Flow.exponent() {
        return Some(Law::Flow);
    }
    (near(Law::Diffusion) && high < 0.5 * Law::Diffusion.exponent()).then_some(Law::Diffusion)
}

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
    let exponent = slope(points);
    let additive = additive(points);
    let alternatives = alternatives(points, additive.as_ref());
    let best = alternatives.first().is_some_and(|one| one.is_additive);
    let verdict = match (&diffusion, &flow) {
        (Some(narrow), Some(wide)) => Verdict::Crossing {
            diameter: ((narrow.log_amplitude - wide.log_amplitude) / EXPONENTS_APART).exp(),
            log_sigma: narrow.log_sigma.hypot(wide.log_sigma) / EXPONENTS_APART,
        },
        _ => match (exponent.and_then(regime), additive) {
            (Some(law), _) => Verdict::Only(law),
            (None, Some(both)) if best && within(points, &both) => Verdict::Within {
                diameter: both.diameter,
                log_sigma: both.log_sigma,
            },
            _ => Verdict::Unclear,
        },
    };
    // A law that is not claimed is not drawn.
    let claimed = |law: Law| match verdict {
        Verdict::Crossing { .. } => true,
        Verdict::Only(only) => only == law,
        _ => false,
    };
    Transition {
        diffusion: diffusion.filter(|_| claimed(Law::Diffusion)),
        flow: flow.filter(|_| claimed(Law::Flow)),
        divide,
        exponent,
        additive,
        alternatives,
        verdict,
    }
}

/// Whether the sum of both laws places d_c among the measured diameters, to within a factor of two.
fn within(points: &[Point], both: &Additive) -> bool {
    let [first, last] = [points[0].diameter, points[points.len() - 1].diameter];
    (first..=last).contains(&both.diameter) && both.log_sigma < std::f64::consts::LN_2
}

fn weight(point: &Point) -> f64 {
    error(point).powi(-2)
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
    slope(points)
}

/// As [`free_exponent`], of two diameters as well: with an error that is stated or assumed where the scatter is not known.
fn slope(points: &[Point]) -> Option<[f64; 2]> {
    let line = Line::through(points)?;
    let n = points.len() as f64;
    // Few points do not know their scatter.
    let few = points.len() < FEW;
    let scatter = match few {
        true => 0.0,
        false => (line.misfit(points, line.slope) / (n - 2.0) / line.total / line.spread).sqrt(),
    };
    let known = match few || points.iter().all(|p| p.relative_sigma.is_some()) {
        true => (1.0 / line.total / line.spread).sqrt(),
        false => 0.0,
    };
    Some([line.slope, scatter.max(known)])
}

/// ln(L/√(pt)) over ln d.
pub(super) struct Line {
    middle: [f64; 2],
    /// Exponent.
    pub slope: f64,
    /// Mean square of ln d about its mean.
    spread: f64,
    /// Sum of the weights.
    total: f64,
}

impl Line {
    /// The line through the points; none with fewer than two diameters.
    pub fn through(points: &[Point]) -> Option<Self> {
        let total: f64 = points.iter().map(weight).sum();
        let mean = |f: &dyn Fn(&Point) -> f64| {
            points.iter().map(|p| weight(p) * f(p)).sum::<f64>() / total
        };
        let (x, y) = (|p: &Point| p.diameter.ln(), |p: &Point| p.normalised.ln());
        let middle = [mean(&x), mean(&y)];
        let spread = mean(&|p| (x(p) - middle[0]).powi(2));
        if points.len() < 2 || spread <= 0.0 {
            return None;
        }
        Some(Self {
            slope: mean(&|p| (x(p) - middle[0]) * (y(p) - middle[1])) / spread,
            middle,
            spread,
            total,
        })
    }

    /// Weighted sum of the squared residuals of the line with the exponent `slope` through the middle of the points.
    pub fn misfit(&self, points: &[Point], slope: f64) -> f64 {
        let residual = |p: &Point| {
            p.normalised.ln() - self.middle[1] - slope * (p.diameter.ln() - self.middle[0])
        };
        points.iter().map(|p| weight(p) * residual(p).powi(2)).sum()
    }
}

/// Fewer points than this do not tell their own scatter.
pub(super) const FEW: usize = 5;

#[cfg(test)]
mod tests;
