//! From the composition along wires to what moves the elements: ratios of diffusivities in the layer, the exchange with the core, how far the
//! deposit spreads.
//!
//! Every wire is computed by the full solver. Derivatives are differences of runs with one number changed; all runs of a round are made at
//! once, on all cores. Least squares in the logarithms, by Gauss–Newton steps that are held back where the data say little; at the end what the
//! profiles cannot tell is named and keeps its value, as for lengths.

use super::least_squares::{Fit, Parameter};
use super::statistics::Scatter;
use crate::case::{CompositionModel, FrontDeposit, FrontModel, LoadedCase};
use crate::experiments::{ProfilePoint, WireProfile};
use crate::materials::{Material, Provenance, Quantity};
use crate::physics::constants::NANOMETRE;
use crate::synthetic::{self, Composed, SyntheticError};
use nalgebra::{DMatrix, DVector};

/// A number that profiles may tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SpeciesKey {
    /// Diffusivity in the layer of an element over that of the `over`.
    Ratio {
        /// The element.
        element: String,
        /// What it is compared with.
        over: String,
    },
    /// Factor on the exchange of core and layer.
    Exchange,
    /// How far atoms wander over the tip before they are built in, in nm.
    Spread,
}

/// A factor of ten: a number known no better is not known.
const WIDTH: f64 = std::f64::consts::LN_10;
/// Step of the differences in a logarithm: profiles are smooth to some 1e-4 of a fraction, and bend little over 5 %.
const STEP: f64 = 0.05;
/// Longest step of a logarithm in one round.
const LONGEST: f64 = 0.7;
/// Rounds of runs, and the step in standard errors at which they end.
const MOST_ROUNDS: usize = 10;
const STILL: f64 = 0.1;
/// Share of its width below which a step counts as none, whatever the errors.
const LEAST: f64 = 1e-4;

impl SpeciesKey {
    /// Name, for messages and as a parameter.
    pub fn name(&self) -> String {
        match self {
            SpeciesKey::Ratio { element, over } => format!("D_{element}/D_{over}"),
            SpeciesKey::Exchange => "exchange_factor".to_owned(),
            SpeciesKey::Spread => "spread_nm".to_owned(),
        }
    }

    /// The value that a case has.
    pub fn value(&self, loaded: &LoadedCase) -> f64 {
        match self {
            SpeciesKey::Ratio { element, over } => {
                relative(&loaded.material, element) / relative(&loaded.material, over)
            }
            SpeciesKey::Exchange => loaded.case.composition.exchange_factor,
            SpeciesKey::Spread => loaded.case.front.spread_nm,
        }
    }

    /// Puts a value into a case.
    pub fn set(&self, loaded: &mut LoadedCase, value: f64) {
        match self {
            SpeciesKey::Ratio { element, over } => {
                let value = value * relative(&loaded.material, over);
                if let Some(layer) = &mut loaded.material.interface {
                    let quantity = Quantity {
                        value,
                        provenance: Provenance::Fitted,
                        source: None,
                        note: None,
                    };
                    layer.relative_diffusivity.insert(element.clone(), quantity);
                }
            }
            SpeciesKey::Exchange => loaded.case.composition.exchange_factor = value,
            SpeciesKey::Spread => loaded.case.front.spread_nm = value,
        }
    }

    /// Why the number cannot act in a case at all; none if it can.
    pub fn does_not_act(&self, loaded: &LoadedCase) -> Option<&'static str> {
        let case = &loaded.case;
        match self {
            SpeciesKey::Spread if case.front_model() == FrontModel::Flat => {
                Some("the front is flat, nothing spreads over it")
            }
            SpeciesKey::Spread if case.front.deposit != FrontDeposit::Wandering => {
                Some("the case spreads the deposit evenly (front.deposit = \"uniform\")")
            }
            SpeciesKey::Exchange if case.composition.exchange_factor == 0.0 => {
                Some("the case has no exchange (composition.exchange_factor = 0)")
            }
            _ => None,
        }
    }
}

fn relative(material: &Material, element: &str) -> f64 {
    let layer = material.interface.as_ref();
    let ratio = layer.and_then(|layer| layer.relative_diffusivity.get(element));
    ratio.map_or(1.0, |ratio| ratio.value)
}

/// Every number that may act in the wires of an alloy: the ratios of its elements to the second of its main ones, exchange and spread.
pub fn all_keys(loaded: &LoadedCase) -> Vec<SpeciesKey> {
    let mut order: Vec<(&String, f64)> = (loaded.material.composition.iter())
        .map(|(element, x)| (element, x.value))
        .collect();
    order.sort_by(|a, b| b.1.total_cmp(&a.1));
    let Some(over) = order.get(1).map(|one| one.0.clone()) else {
        return Vec::new();
    };
    let elements = order.iter().map(|one| one.0).filter(|one| **one != over);
    let ratios = elements.map(|element| SpeciesKey::Ratio {
        element: element.clone(),
        over: over.clone(),
    });
    ratios
        .chain([SpeciesKey::Exchange, SpeciesKey::Spread])
        .collect()
}

/// A wire: what was measured, and the case that made it.
#[derive(Debug, Clone)]
pub struct Wire {
    /// The measured profile.
    pub profile: WireProfile,
    /// How it was molded.
    pub loaded: LoadedCase,
}

impl Wire {
    /// The case with the composition computed and nothing written.
    pub fn new(profile: WireProfile, mut loaded: LoadedCase) -> Self {
        loaded.case.composition.model = CompositionModel::Elements;
        loaded.case.output.frames = 0;
        loaded.case.numerics.estimate_error = false;
        Self { profile, loaded }
    }
}

/// What the fit makes of a measured number.
#[derive(Debug, Clone, PartialEq)]
pub struct FittedPoint {
    /// Index of the wire.
    pub wire: usize,
    /// The measurement.
    pub point: ProfilePoint,
    /// The model's number.
    pub model: f64,
    /// Residual in σ, or in units of the scatter.
    pub residual: f64,
}

/// Numbers that profiles told.
#[derive(Debug)]
pub struct SpeciesFit {
    /// Those that were fitted, in the order of the least squares.
    pub keys: Vec<SpeciesKey>,
    /// Those that kept their values, and why.
    pub kept: Vec<(SpeciesKey, String)>,
    /// The least squares, in logarithms.
    pub fit: Fit,
    /// Standard deviation of the residuals.
    pub scatter: Scatter,
    /// Every measured number.
    pub points: Vec<FittedPoint>,
    /// The model's profiles of each wire.
    pub composed: Vec<Composed>,
    /// Rounds of runs.
    pub rounds: usize,
    /// Whether the last step was small.
    pub settled: bool,
}

impl SpeciesFit {
    /// Value and interval of `confidence` of a fitted number.
    pub fn interval(&self, index: usize, confidence: f64) -> [f64; 3] {
        let logarithm = self.fit.values[index];
        let reach =
            self.scatter.reach(confidence) * self.fit.standard_errors(self.scatter.value)[index];
        [0.0, -reach, reach].map(|by| (logarithm + by).exp())
    }

    /// Correlations of the fitted numbers.
    pub fn correlations(&self) -> DMatrix<f64> {
        let covariance = self.fit.covariance(self.scatter.value);
        let errors = covariance.diagonal().map(f64::sqrt);
        DMatrix::from_fn(errors.len(), errors.len(), |i, j| {
            covariance[(i, j)] / (errors[i] * errors[j])
        })
    }
}

/// Fits `keys` to the profiles of `wires`. `done` is called after each run with the number of runs up to the end of its round.
///
/// # Errors
/// [`SyntheticError`] of the first run that fails.
pub fn fit(
    wires: &[Wire],
    keys: &[SpeciesKey],
    done: impl Fn(usize) + Sync,
) -> Result<SpeciesFit, SyntheticError> {
    let mut kept: Vec<(SpeciesKey, String)> = Vec::new();
    let mut keys = keys.to_vec();
    keys.retain(|key| {
        let reasons: Vec<Option<&str>> = wires
            .iter()
            .map(|wire| key.does_not_act(&wire.loaded))
            .collect();
        match reasons.first() {
            Some(Some(why)) if reasons.iter().all(Option::is_some) => {
                kept.push((key.clone(), (*why).to_owned()));
                false
            }
            _ => true,
        }
    });
    let start: Vec<f64> = keys
        .iter()
        .map(|key| key.value(&wires[0].loaded).ln())
        .collect();
    let mut free: Vec<bool> = vec![true; keys.len()];
    let mut place = start.clone();
    let mut before: Option<(Vec<f64>, f64)> = None;
    let mut runs = 0;
    let mut round = 0;
    loop {
        round += 1;
        let which: Vec<usize> = (0..keys.len()).filter(|&k| free[k]).collect();
        let batch = Batch::run(wires, &keys, &place, &which, &mut runs, &done)?;
        let chi_squared = batch.residuals.norm_squared();
        // A step that made it worse is halved.
        if let Some((last, least)) = before.take()
            && chi_squared > 1.01 * least
            && round < MOST_ROUNDS
        {
            for (now, last) in place.iter_mut().zip(&last) {
                *now = 0.5 * (*now + last);
            }
            before = Some((last, least));
            continue;
        }
        let parameters: Vec<Parameter> = which
            .iter()
            .map(|&k| Parameter::new(keys[k].name(), start[k], WIDTH))
            .collect();
        let stated = wires
            .iter()
            .flat_map(|wire| &wire.profile.points)
            .all(|p| p.sigma.is_some());
        let freedom = batch.residuals.len().saturating_sub(which.len());
        let scatter = match stated {
            true => Scatter::stated(),
            false => Scatter::estimated(chi_squared, freedom),
        };
        let step = batch.step(scatter.value);
        let values: Vec<f64> = (which.iter().zip(step.iter()))
            .map(|(&k, step)| place[k] + step)
            .collect();
        let fit = Fit::of(
            parameters,
            values,
            batch.residuals.as_slice().to_vec(),
            &batch.jacobian * WIDTH,
        );
        let errors = fit.standard_errors(scatter.value);
        let small = |(step, error): (&f64, &f64)| {
            step.abs() <= (STILL * error.min(WIDTH)).max(LEAST * WIDTH)
        };
        let settled = step.iter().zip(&errors).all(small);
        if settled || round >= MOST_ROUNDS {
            if let Some(worst) = fit.unidentified(scatter.value).into_iter().next() {
                let named = worst.named();
                // What is least asked for yields first: exchange and spread, then the elements of which there is least.
                let yields = which.iter().rev().copied();
                let mut yields =
                    yields.filter(|&k| named.split(' ').any(|word| word == keys[k].name()));
                let leads = || {
                    which
                        .iter()
                        .copied()
                        .find(|&k| keys[k].name() == worst.leading())
                };
                if let Some(k) = yields.next().or_else(leads) {
                    free[k] = false;
                    place[k] = start[k];
                    kept.push((keys[k].clone(), format!("the profiles do not fix {named}")));
                    if free.contains(&true) && round < 2 * MOST_ROUNDS {
                        continue;
                    }
                }
            }
            return Ok(SpeciesFit {
                points: batch.points(wires, scatter.value),
                composed: batch.composed,
                keys: which.iter().map(|&k| keys[k].clone()).collect(),
                kept,
                fit,
                scatter,
                rounds: round,
                settled,
            });
        }
        before = Some((place.clone(), chi_squared));
        for (&k, step) in which.iter().zip(step.iter()) {
            place[k] += step.clamp(-LONGEST, LONGEST);
        }
    }
}

/// The runs of one round.
struct Batch {
    residuals: DVector<f64>,
    /// Derivatives of the residuals by the logarithms.
    jacobian: DMatrix<f64>,
    models: Vec<f64>,
    composed: Vec<Composed>,
}

impl Batch {
    fn run(
        wires: &[Wire],
        keys: &[SpeciesKey],
        place: &[f64],
        which: &[usize],
        runs: &mut usize,
        done: &(impl Fn(usize) + Sync),
    ) -> Result<Self, SyntheticError> {
        let case = |wire: &Wire, moved: Option<usize>| {
            let mut loaded = wire.loaded.clone();
            for (k, key) in keys.iter().enumerate() {
                let by = if moved == Some(k) { STEP } else { 0.0 };
                key.set(&mut loaded, (place[k] + by).exp());
            }
            loaded
        };
        let mut cases: Vec<LoadedCase> = wires.iter().map(|wire| case(wire, None)).collect();
        for &k in which {
            cases.extend(wires.iter().map(|wire| case(wire, Some(k))));
        }
        *runs += cases.len();
        let total = *runs;
        let composed = synthetic::compositions(&cases, || done(total))?;
        let models = |of: &[Composed]| -> Vec<f64> {
            let each = wires.iter().zip(of);
            each.flat_map(|(wire, composed)| numbers(wire, composed))
                .collect()
        };
        let base = models(&composed[..wires.len()]);
        let points = wires.iter().flat_map(|wire| &wire.profile.points);
        let weights: Vec<f64> = points.clone().map(|p| p.sigma.unwrap_or(1.0)).collect();
        let measured: Vec<f64> = points.map(|point| point.value).collect();
        let residuals = DVector::from_fn(base.len(), |k, _| (base[k] - measured[k]) / weights[k]);
        let mut jacobian = DMatrix::zeros(base.len(), which.len());
        for column in 0..which.len() {
            let first = (column + 1) * wires.len();
            let moved = models(&composed[first..first + wires.len()]);
            for row in 0..base.len() {
                jacobian[(row, column)] = (moved[row] - base[row]) / (STEP * weights[row]);
            }
        }
        let mut composed = composed;
        composed.truncate(wires.len());
        Ok(Batch {
            residuals,
            jacobian,
            models: base,
            composed,
        })
    }

    /// The step of least squares; a plausible width of each number holds it back where the residuals, of this `scatter`, say little.
    fn step(&self, scatter: f64) -> DVector<f64> {
        let n = self.jacobian.ncols();
        if n == 0 {
            return DVector::zeros(0);
        }
        let held = (scatter / WIDTH).powi(2);
        let normal = self.jacobian.transpose() * &self.jacobian + DMatrix::identity(n, n) * held;
        let gradient = self.jacobian.transpose() * &self.residuals;
        let solved = normal.cholesky().map(|factor| factor.solve(&gradient));
        solved.map_or_else(|| DVector::zeros(n), |step| -step)
    }

    fn points(&self, wires: &[Wire], scatter: f64) -> Vec<FittedPoint> {
        let of_wires = wires.iter().enumerate();
        let all =
            of_wires.flat_map(|(wire, one)| one.profile.points.iter().map(move |p| (wire, p)));
        all.enumerate()
            .map(|(k, (wire, point))| FittedPoint {
                wire,
                point: point.clone(),
                model: self.models[k],
                residual: self.residuals[k] / scatter,
            })
            .collect()
    }
}

/// The model's number of every point of a wire, at the same share of the length where the wire's was measured.
fn numbers(wire: &Wire, composed: &Composed) -> Vec<f64> {
    let stretch = wire
        .profile
        .L_nm
        .map_or(1.0, |measured| composed.length / NANOMETRE / measured);
    let points = wire.profile.points.iter();
    points
        .map(|point| {
            let part = &wire.profile.parts[point.part];
            let fraction = |element: &str| composed.at(element, point.z_nm * stretch);
            let sum: f64 = match part.among.is_empty() {
                true => 1.0,
                false => part.among.iter().map(|one| fraction(one)).sum(),
            };
            fraction(&part.element) / sum
        })
        .collect()
}
