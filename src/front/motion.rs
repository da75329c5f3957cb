//! The front's step in time: implicit, for as long a step as its shape's own error allows.
//!
//! Let e(r) = ∫₀ʳ (z − L) r dr be what the front encloses inside the radius r beyond a flat one of the same volume. What flows
//! up to the front inside r changes it,
//!
//! ```text
//!   ∂e/∂t = ψ(r, z(r)) + D(r) − r² (core + layer),
//! ```
//!
//! ψ the stream function of the flow and D what is deposited inside r; no normal, no velocity at a marker and no correction of the
//! volume is needed. The formula of second order for variable steps (BDF2) makes it a set of equations for the coefficients of
//! the new curve at many more radii, solved by least squares. The right-hand side is known for one curve, that which the past
//! predicts, and is linear about it in the coefficients: the flow's [`Response`] to them serves many steps.

use super::curve::{Closing, Curve, MODES, Modes, solve_least_squares};
use super::{Deposit, Stream};
use crate::saved::{Saved, SavedError};
use glam::DVec2;
use nalgebra::{DMatrix, DVector};
use std::f64::consts::FRAC_PI_2;
use std::sync::Arc;

/// Radii at which the front is followed, at least, and per cell.
const FEWEST: usize = 32;
const PER_CELL: usize = 2;

/// Change of a coefficient in which a derivative of the curve alone is taken.
const SMALL: f64 = 1e-5;

/// Largest ratio of two steps over which a curve is extrapolated.
const FARTHEST: f64 = 2.0;

/// Numbers that a curve is saved as: its coefficients and its mean length.
const SAVED: usize = MODES + 1;

/// What moves a front, per radian and in units of the flow problem.
#[derive(Clone, Debug, PartialEq)]
pub struct Rates {
    /// Volume rate that the bulk carries to the front.
    pub core: f64,
    /// Volume rate that the layer carries to the contact line.
    pub layer: f64,
    /// ψ at the front at every radius of [`Motion::radii`].
    pub inside: Vec<f64>,
}

impl Rates {
    /// Of the flow `stream` at the front `curve`.
    pub fn new(curve: &Curve, stream: &Stream, radii: &[f64], core: f64, layer: f64) -> Self {
        let at = |&r: &f64| stream.inside(DVec2::new(r, curve.height(r)));
        Rates {
            core,
            layer,
            inside: radii.iter().map(at).collect(),
        }
    }

    /// Bulk and layer together.
    pub fn total(&self) -> f64 {
        self.core + self.layer
    }

    /// These rates and `share` of the way to others.
    pub fn towards(&self, other: &Rates, share: f64) -> Rates {
        self.with(other, |a, b| a + share * (b - a))
    }

    /// The slope from others to these, which are `step` apart.
    pub fn slope_from(&self, other: &Rates, step: f64) -> Rates {
        self.with(other, |a, b| (a - b) / step)
    }

    /// These rates without volume coming: as much of `slope` is added as it takes.
    pub fn balanced(&self, slope: &Rates) -> Rates {
        let share = -self.total() / slope.total();
        self.with(slope, |a, b| a + share * b)
    }

    fn with(&self, other: &Rates, both: impl Fn(f64, f64) -> f64) -> Rates {
        Rates {
            core: both(self.core, other.core),
            layer: both(self.layer, other.layer),
            inside: (self.inside.iter().zip(&other.inside))
                .map(|(&a, &b)| both(a, b))
                .collect(),
        }
    }
}

/// How rates change with the coefficients of the front.
#[derive(Clone, Debug, PartialEq)]
pub struct Response {
    /// Rates at `coefficients`.
    pub total: f64,
    /// Where it was taken.
    pub coefficients: [f64; MODES],
    /// The slopes go with the rates: not so where surface tension, which does not, drives a part of them.
    scales: bool,
    /// ∂ψ/∂aₖ by radius.
    inside: Vec<[f64; MODES]>,
    /// ∂(core + layer)/∂aₖ and ∂layer/∂aₖ.
    flow: [f64; MODES],
    layer: [f64; MODES],
}

impl Response {
    /// Change of a coefficient over which the flow's response is taken: much more than a solve's own error, and half a degree
    /// or so of the front's slope.
    pub const CHANGE: f64 = 0.02;

    /// From the rates of a front and those of fronts of which one coefficient each is larger by its step, [`Response::CHANGE`] up or
    /// down; `tension` where surface tension acts.
    pub fn new(
        coefficients: [f64; MODES],
        base: &Rates,
        (changed, steps): (&[Rates; MODES], [f64; MODES]),
        tension: bool,
    ) -> Self {
        let slope = |k: usize, a: f64, b: f64| (b - a) / steps[k];
        Response {
            total: base.total(),
            coefficients,
            scales: !tension,
            inside: (0..base.inside.len())
                .map(|m| std::array::from_fn(|k| slope(k, base.inside[m], changed[k].inside[m])))
                .collect(),
            flow: std::array::from_fn(|k| slope(k, base.total(), changed[k].total())),
            layer: std::array::from_fn(|k| slope(k, base.layer, changed[k].layer)),
        }
    }
}

impl Response {
    /// Keeps the response under the name `at`.
    pub(crate) fn save(&self, to: &mut Saved, at: &str) {
        let scales = if self.scales { 1.0 } else { 0.0 };
        let mut numbers = vec![self.total, scales];
        let lists = [&self.coefficients, &self.flow, &self.layer];
        numbers.extend(lists.into_iter().chain(&self.inside).flatten());
        to.put(at, numbers);
    }

    /// Puts together what [`Response::save`] kept of one at `radii` radii.
    ///
    /// # Errors
    /// [`SavedError`].
    pub(crate) fn restore(from: &Saved, at: &str, radii: usize) -> Result<Self, SavedError> {
        let numbers = from.array_of(at, 2 + (3 + radii) * MODES)?;
        let mut lists = numbers[2..]
            .chunks_exact(MODES)
            .map(|list| std::array::from_fn(|k| list[k]));
        let mut next = || lists.next().expect("they have been counted");
        Ok(Response {
            total: numbers[0],
            scales: numbers[1] != 0.0,
            coefficients: next(),
            flow: next(),
            layer: next(),
            inside: lists.collect(),
        })
    }
}

/// A curve that a step leads to.
#[derive(Clone, Debug, PartialEq)]
pub struct Corrected {
    /// The curve; its length is still that of the curve it was corrected from.
    pub curve: Curve,
    /// Change of core + layer that goes with it.
    pub flow: f64,
    /// Largest change of its height.
    pub change: f64,
}

/// The front of a run and where it comes from.
#[derive(Clone, Debug)]
pub struct Motion {
    /// The front.
    pub curve: Curve,
    /// Earlier fronts, the latest first, with the step (s) from each to the one after it.
    past: Vec<(Curve, f64)>,
    radii: Vec<f64>,
}

/// A front that bulges by `bulge` (in R) as a paraboloid, at a mean length.
pub fn paraboloid(modes: &Arc<Modes>, length: f64, bulge: f64, closing: Closing) -> Curve {
    let coefficients = modes.fit(|r| (2.0 * bulge * r).atan());
    Curve::new(modes, coefficients, length, closing).expect("a paraboloid is a front")
}

impl Motion {
    /// A front without a past; `cells` per pore radius.
    pub fn new(curve: Curve, cells: usize) -> Self {
        let count = (PER_CELL * cells).max(FEWEST);
        let end = curve.modes().end();
        let radius = |m: usize| end * (FRAC_PI_2 * m as f64 / count as f64).sin();
        Motion {
            radii: (1..=count).map(radius).collect(),
            past: Vec::new(),
            curve,
        }
    }

    /// Keeps the front and where it comes from.
    pub(crate) fn save(&self, to: &mut Saved) {
        let numbers = |curve: &Curve| [&curve.coefficients[..], &[curve.length]].concat();
        to.put("front/curve", numbers(&self.curve));
        let past = (self.past.iter()).flat_map(|(curve, step)| [numbers(curve), vec![*step]]);
        to.put("front/past", past.flatten().collect::<Vec<f64>>());
    }

    /// This front's grid with the front that [`Motion::save`] kept.
    ///
    /// # Errors
    /// [`SavedError`].
    pub(crate) fn restored(self, from: &Saved, closing: Closing) -> Result<Self, SavedError> {
        let name = "front/past";
        let modes = self.curve.modes();
        let curve = |numbers: &[f64]| {
            let coefficients = std::array::from_fn(|k| numbers[k]);
            Curve::new(modes, coefficients, numbers[MODES], closing)
                .ok_or_else(|| SavedError::new(name, "describes no front"))
        };
        let past = from.array(name)?.chunks(SAVED + 1).map(|numbers| {
            let Some((step, numbers)) = numbers.split_last().filter(|(_, n)| n.len() == SAVED)
            else {
                return Err(SavedError::new(name, "ends in the middle of a front"));
            };
            Ok((curve(numbers)?, *step))
        });
        Ok(Motion {
            past: past.collect::<Result<_, _>>()?,
            curve: curve(&from.array_of("front/curve", SAVED)?)?,
            radii: self.radii.clone(),
        })
    }

    /// Radii at which the front is followed, up to the gap at the wall.
    pub fn radii(&self) -> &[f64] {
        &self.radii
    }

    /// Forgets where the front comes from: to be called where what moves it jumps.
    pub fn restart(&mut self) {
        self.past.clear();
    }

    /// Takes `curve` as the front a step (s) later.
    pub fn accept(&mut self, curve: Curve, step: f64) {
        let old = std::mem::replace(&mut self.curve, curve);
        self.past.insert(0, (old, step));
        self.past.truncate(2);
    }

    /// Where the past leads in `step` seconds, at the mean length `length`.
    pub fn predicted(&self, step: f64, length: f64, closing: Closing) -> Curve {
        let now = &self.curve.coefficients;
        let line = |k: usize, before: &(Curve, f64)| (now[k] - before.0.coefficients[k]) / before.1;
        let mut coefficients = *now;
        if let Some(before) = self.past.first() {
            let step = step.min(FARTHEST * before.1);
            for (k, c) in coefficients.iter_mut().enumerate() {
                let slope = line(k, before);
                *c += step * slope;
                if let Some(first) = self.past.get(1) {
                    let earlier = (before.0.coefficients[k] - first.0.coefficients[k]) / first.1;
                    *c += step * (step + before.1) * (slope - earlier) / (before.1 + first.1);
                }
            }
        }
        let modes = self.curve.modes();
        Curve::new(modes, coefficients, length, closing)
            .or_else(|| Curve::new(modes, *now, length, closing))
            .expect("the front was one before")
    }

    /// Share of the difference between prediction and correction that is the step's error.
    pub fn error_share(&self, step: f64) -> f64 {
        match &self.past[..] {
            // The correction is of first order and the prediction of none, or of second order and first.
            [] => 0.5,
            [_] => 0.3,
            // Both leave the third derivative: BDF2 w(1 + w)²/6 h³ over (1 + 2w), the parabola more by the rest.
            [before, first, ..] => {
                let w = step / before.1;
                let own = (1.0 + w).powi(2) / (6.0 * w * (1.0 + 2.0 * w));
                let v = (step + before.1 + first.1) / step;
                let parabola = v * (1.0 + 1.0 / w) / 6.0;
                own / (own + parabola)
            }
        }
    }

    /// The front after `step` seconds: corrects `curve`, at which the rates are `rates` (`unit` of them per second), of which
    /// `response` tells how they change with it; `None` if that is none.
    pub fn corrected(
        &self,
        step: f64,
        curve: &Curve,
        (rates, unit): (&Rates, f64),
        response: &Response,
        deposit: Deposit,
    ) -> Option<Corrected> {
        let (weight, past) = self.formula(step);
        let change = step * unit;
        let scale = if response.scales && rates.total() > 0.0 && response.total > 0.0 {
            rates.total() / response.total
        } else {
            1.0
        };
        let old: Vec<f64> = (self.radii.iter())
            .map(|&r| past.iter().map(|(w, curve)| w * curve.excess(r)).sum())
            .collect();
        let grown = |curve: &Curve, layer: f64| deposit.inside(curve, &self.radii, layer);
        let deposited = grown(curve, rates.layer);
        let deposited_more = grown(curve, rates.layer + 1.0);
        let here: Vec<f64> = self.radii.iter().map(|&r| curve.excess(r)).collect();
        let n = self.radii.len();
        // A volume inside r is a height times r dr.
        let mut right = DVector::from_fn(n, |m, _| {
            let r = self.radii[m];
            let rate = rates.inside[m] + deposited[m] - r * r * rates.total();
            -(weight * here[m] + old[m] - change * rate) / r
        });
        let mut matrix = DMatrix::zeros(n, MODES);
        for k in 0..MODES {
            let mut coefficients = curve.coefficients;
            coefficients[k] += SMALL;
            let moved = curve.with_coefficients(coefficients)?;
            let more = grown(&moved, rates.layer);
            for (m, &r) in self.radii.iter().enumerate() {
                let shape = (moved.excess(r) - here[m]) / SMALL;
                let growth = (more[m] - deposited[m]) / SMALL
                    + scale * response.layer[k] * (deposited_more[m] - deposited[m]);
                let flow = scale * (response.inside[m][k] - r * r * response.flow[k]);
                matrix[(m, k)] = (weight * shape - change * (flow + growth)) / r;
            }
        }
        if matrix.iter().chain(right.iter()).any(|x| !x.is_finite()) {
            // Without numbers there is no front; the decomposition would look for one for ever.
            return None;
        }
        let found = solve_least_squares(&matrix, &right);
        right.fill(0.0);
        let mut share = 1.0;
        loop {
            let coefficients = std::array::from_fn(|k| curve.coefficients[k] + share * found[k]);
            if let Some(corrected) = curve.with_coefficients(coefficients) {
                let flow = (0..MODES).map(|k| response.flow[k] * found[k]).sum::<f64>();
                return Some(Corrected {
                    change: corrected.distance(curve),
                    flow: scale * share * flow,
                    curve: corrected,
                });
            }
            share *= 0.5;
            if share < 0.1 {
                return None;
            }
        }
    }

    /// Weights of the new and of the old fronts in step × rate = Σ weight × excess.
    fn formula(&self, step: f64) -> (f64, Vec<(f64, &Curve)>) {
        match self.past.first() {
            None => (1.0, vec![(-1.0, &self.curve)]),
            Some((before, last)) => {
                let w = step / last;
                (
                    (1.0 + 2.0 * w) / (1.0 + w),
                    vec![(-(1.0 + w), &self.curve), (w * w / (1.0 + w), before)],
                )
            }
        }
    }
}
