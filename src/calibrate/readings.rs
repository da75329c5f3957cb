//! The same lengths read in several ways: what each step from the paper's closed forms to the solver's physics changes.

use super::calibration::first_step;
use super::covariance::Doubts;
use super::data::Measurements;
use super::full::Scaled;
use super::least_squares::FitError;
use super::model::{ClosedForms, Combination, LengthModel};
use super::reduced::Reduced;
use super::temperature::{Inversion, TemperatureFit};
use crate::materials::{Material, ViscosityConvention};
use crate::physics::{critical_diameter_eq3, newtonian_from_apparent};

/// What a model reads off the lengths at one temperature; none where the data do not fix it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Numbers {
    /// Viscosity in Pa·s, by the convention of the model.
    pub viscosity: Option<f64>,
    /// δ D_I in m³/s.
    pub layer_conductivity: Option<f64>,
    /// Critical diameter (Eq. 3) in m.
    pub critical_diameter: Option<f64>,
}

/// One way to read the lengths.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// What it changes in the reading before it.
    pub change: &'static str,
    /// Name of the model.
    pub model: String,
    /// Its numbers, highest temperature first.
    pub numbers: Vec<Numbers>,
}

/// The same lengths, read in steps from the paper's way to the solver's.
#[derive(Debug, Clone, PartialEq)]
pub struct Readings {
    /// Temperatures in K, highest first.
    pub temperatures: Vec<f64>,
    /// The readings; each differs from the one before in one thing.
    pub steps: Vec<Reading>,
}

/// Factors by which a step changes viscosity, δ D_I and d_c; none where one of the two readings has no number.
pub type Factors = [Option<f64>; 3];

/// Reads `data` with the paper's Eqs. (1) and (2), then with capillarity if the data have it, then with 16 in the place of 32,
/// then with conductances added, then with the entrance's resistance (`reduced`, flat front), then with the full solver's `front` where it
/// was computed.
///
/// # Errors
/// [`FitError`] where least squares do not converge.
pub fn readings(
    data: &Measurements,
    start: &Material,
    reduced: &Reduced,
    front: Option<&Scaled>,
) -> Result<Readings, FitError> {
    let integrated = ClosedForms {
        combination: Combination::Crossover,
        convention: ViscosityConvention::Newtonian,
    };
    let plain = data.without_capillarity();
    let mut steps: Vec<(&'static str, &Measurements, &dyn LengthModel)> =
        vec![("the paper", &plain, &ClosedForms::PAPER)];
    if plain != *data {
        steps.push(("capillarity", data, &ClosedForms::PAPER));
    }
    steps.extend([
        ("16 for 32", data, &integrated as &dyn LengthModel),
        ("additivity", data, &ClosedForms::LONG_PORE),
        ("entrance", data, reduced),
    ]);
    steps.extend(front.map(|front| ("front", data, front as &dyn LengthModel)));
    let mut found = Readings {
        temperatures: Vec::new(),
        steps: Vec::new(),
    };
    for (change, data, model) in steps {
        let inversion = Inversion {
            model,
            atomic_volume: start.atomic_volume(),
            sigmas: data.has_sigmas(),
            doubts: Doubts::default(),
        };
        let (temperatures, _) = first_step(data, &inversion)?;
        found.temperatures = temperatures.iter().map(|one| one.temperature).collect();
        found.steps.push(Reading {
            change,
            model: model.name(),
            numbers: temperatures
                .iter()
                .map(|one| numbers(one, model, inversion.atomic_volume))
                .collect(),
        });
    }
    Ok(found)
}

fn numbers(fit: &TemperatureFit, model: &dyn LengthModel, atomic_volume: f64) -> Numbers {
    let value = |number: Option<[f64; 2]>| number.map(|[logarithm, _]| logarithm.exp());
    let (newtonian, conductivity) = (value(fit.ln_viscosity), value(fit.ln_conductivity));
    let apparent = newtonian.map(|eta| eta / newtonian_from_apparent(1.0));
    Numbers {
        viscosity: match model.convention() {
            ViscosityConvention::Apparent => apparent,
            ViscosityConvention::Newtonian => newtonian,
        },
        layer_conductivity: conductivity,
        critical_diameter: apparent
            .zip(conductivity)
            .map(|(eta, d)| critical_diameter_eq3(eta, d, atomic_volume, fit.temperature)),
    }
}

impl Readings {
    /// What changes from the reading `from` to the reading `to` at the temperature `index`.
    pub fn factors(&self, from: usize, to: usize, index: usize) -> Factors {
        let [before, after] = [from, to].map(|step| self.steps[step].numbers[index]);
        let each = |pick: fn(&Numbers) -> Option<f64>| Some(pick(&after)? / pick(&before)?);
        [
            each(|n| n.viscosity),
            each(|n| n.layer_conductivity),
            each(|n| n.critical_diameter),
        ]
    }

    /// Index of the last reading.
    pub fn last(&self) -> usize {
        self.steps.len() - 1
    }
}
