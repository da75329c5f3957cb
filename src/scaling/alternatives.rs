//! Other things that lengths could say: power laws as crystals have them, any power, and the sum of both mechanisms, compared by Akaike's
//! criterion.

use super::additive::Additive;
use super::laws::{FEW, LEAST_SIGMA, Line, Point};
use crate::calibrate::statistics::ASSUMED_SCATTER;

/// One of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Alternative {
    /// What it says, as it stands in tables.
    pub name: &'static str,
    /// Akaike's criterion above the least of all.
    pub criterion: f64,
    /// Whether it is the sum of flow and diffusion.
    pub is_additive: bool,
}

/// Relative error of a length: what is stated, else what is assumed.
pub(super) fn error(point: &Point) -> f64 {
    point
        .relative_sigma
        .unwrap_or(ASSUMED_SCATTER)
        .max(LEAST_SIGMA)
}

/// The power laws with one exponent for all points. Crystals nanomold with d⁰ where atoms move over the surface of the wire, with d^(−1/2) along
/// the interface and with d¹ through the lattice (or by flow).
const POWERS: [(&str, Option<f64>); 4] = [
    ("L ~ d (flow)", Some(1.0)),
    ("L ~ d^(-1/2) (interface diffusion)", Some(-0.5)),
    ("L ~ d^0", Some(0.0)),
    ("L ~ d^m, any m", None),
];

/// All of them, best first.
pub(super) fn alternatives(points: &[Point], additive: Option<&Additive>) -> Vec<Alternative> {
    let Some(line) = Line::through(points) else {
        return Vec::new();
    };
    let mut found: Vec<(&'static str, f64, f64, bool)> = POWERS
        .into_iter()
        .filter(|(_, exponent)| exponent.is_some() || points.len() > 2)
        .map(|(name, exponent)| {
            let parameters = if exponent.is_some() { 1.0 } else { 2.0 };
            let misfit = line.misfit(points, exponent.unwrap_or(line.slope));
            (name, misfit, parameters, false)
        })
        .collect();
    found.extend(additive.map(|both| ("flow and diffusion added", both.misfit, 2.0, true)));
    // Where there are enough points, the errors are known but for a common factor.
    let n = points.len() as f64;
    let floor = points
        .iter()
        .map(|p| (LEAST_SIGMA / error(p)).powi(2))
        .sum::<f64>()
        / n;
    let criterion = |misfit: f64, parameters: f64| match points.len() < FEW {
        true => misfit + 2.0 * parameters,
        false => n * (misfit / n + floor).ln() + 2.0 * parameters,
    };
    let mut all: Vec<Alternative> = found
        .into_iter()
        .map(|(name, misfit, parameters, is_additive)| Alternative {
            name,
            criterion: criterion(misfit, parameters),
            is_additive,
        })
        .collect();
    all.sort_by(|a, b| a.criterion.total_cmp(&b.criterion));
    let least = all.first().map_or(0.0, |one| one.criterion);
    all.iter_mut().for_each(|one| one.criterion -= least);
    all
}
