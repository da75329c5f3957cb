//! From the composition along wires to what moves the elements: ratios of diffusivities in the layer, the exchange with the core, how far the
//! deposit spreads.
//!
//! Every wire is computed by the full solver. Derivatives are differences of runs with one number changed; all runs of a round are made at
//! once, on all cores. Least squares in the logarithms, by Gauss–Newton steps that are held back where the data say little; at the end what the
//! profiles cannot tell is named and keeps its value, as for lengths.

mod batch;

use super::least_squares::{Combination, Fit, Parameter};
use super::statistics::Scatter;
use crate::case::{CompositionModel, FrontDeposit, FrontModel, LoadedCase};
use crate::experiments::{ProfilePoint, WireProfile};
use crate::materials::{Material, Provenance, Quantity};
use crate::synthetic::{Composed, SyntheticError};
use crate::watch::Watch;
use batch::Batch;
use nalgebra::DMatrix;

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

/// A factor e, as for the numbers of one temperature: a number known no better is not known.
const WIDTH: f64 = 1.0;
/// Step of the differences in a logarithm: profiles are smooth to some 1e-4 of a fraction, and bend little over 5 %.
const STEP: f64 = 0.05;
/// Longest step of a logarithm in one round.
const LONGEST: f64 = 0.7;
/// Rounds of runs, and the step in standard errors at which they end.
const MOST_ROUNDS: usize = 10;
const STILL: f64 = 0.1;
/// Rounds more for each number that keeps its value.
const MORE_ROUNDS: usize = 3;
/// Round from which a number that is known no better than so many plausible widths is given up.
const EARLY: usize = 3;
const HOPELESS: f64 = 2.0;
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

/// Fits `keys` to the profiles of `wires`. Runs that `watch` knows are not made again.
///
/// # Errors
/// [`SyntheticError`] of the first run that fails.
pub fn fit(
    wires: &[Wire],
    keys: &[SpeciesKey],
    watch: &dyn Watch,
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
        let batch = Batch::run(wires, &keys, &place, &which, &mut runs, watch)?;
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
        let last = settled || round >= MOST_ROUNDS + MORE_ROUNDS * kept.len();
        let worst = fit.unidentified(scatter.value).into_iter().next();
        if let Some(worst) = worst
            && (last || (round >= EARLY && worst.widths > HOPELESS))
            && let Some(k) = yields(&keys, &which, &worst)
        {
            free[k] = false;
            place[k] = start[k];
            let why = format!("the profiles do not fix {}", worst.named());
            kept.push((keys[k].clone(), why));
            continue;
        }
        if last {
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

/// Which of the numbers in a combination that nothing fixes keeps its value: exchange and spread first, then the elements of which there is least.
fn yields(keys: &[SpeciesKey], which: &[usize], worst: &Combination) -> Option<usize> {
    let named = worst.named();
    let is_named = |k: &usize| named.split(' ').any(|word| word == keys[*k].name());
    let leads = |k: &usize| keys[*k].name() == worst.leading();
    let last = which.iter().rev().copied().find(is_named);
    last.or_else(|| which.iter().copied().find(leads))
}
