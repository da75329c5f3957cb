//! Experiments that were never made: lengths computed by the solver, with noise like that of a measurement, to try methods
//! of evaluation on data whose truth is known.

use crate::case::{self, LoadedCase};
use crate::experiments::{Experiment, Measured, Part, ProfilePoint, WireProfile};
use crate::input::InputError;
use crate::physics::constants::NANOMETRE;
use crate::simulation::{Simulation, SimulationError};
use crate::watch::{Watch, once};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rand_distr::{Distribution, StandardNormal};
use rayon::prelude::*;
use std::path::Path;

/// One press: temperature, pressure and time.
#[derive(Clone, Copy, Debug, PartialEq)]
#[allow(non_snake_case, reason = "units as they are written in the columns")]
pub struct Press {
    /// Temperature in °C.
    pub T_C: f64,
    /// Applied pressure in GPa.
    pub p_GPa: f64,
    /// Time in s.
    pub t_s: f64,
}

/// Why a synthetic experiment could not be made.
#[derive(Clone, Debug, thiserror::Error)]
pub enum SyntheticError {
    /// The case cannot be set to the conditions.
    #[error(transparent)]
    Input(#[from] InputError),
    /// The solver failed.
    #[error("d = {d_nm} nm at {celsius} °C: {source}")]
    Simulation {
        /// Diameter in nm.
        d_nm: f64,
        /// Temperature in °C.
        celsius: f64,
        /// The solver's reason.
        source: SimulationError,
    },
}

/// The base case at every press and diameter, checked before anything is computed.
///
/// # Errors
/// [`InputError`] of the first combination that is no valid case.
pub fn cases(
    base: &Path,
    sets: &[String],
    presses: &[Press],
    diameters_nm: &[f64],
) -> Result<Vec<LoadedCase>, InputError> {
    let mut found = Vec::with_capacity(presses.len() * diameters_nm.len());
    for press in presses {
        for diameter in diameters_nm {
            let mut sets = sets.to_vec();
            sets.extend([
                format!("pore.diameter_nm={diameter}"),
                format!("process.temperature_C={}", press.T_C),
                format!("process.pressure_GPa={}", press.p_GPa),
                format!("process.time_s={}", press.t_s),
                // Only the length at the end is of interest.
                "output.frames=0".to_string(),
                "numerics.estimate_error=false".to_string(),
            ]);
            found.push(case::load(base, &sets)?);
        }
    }
    Ok(found)
}

/// The lengths of one wire in m.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lengths {
    /// To the tip.
    pub tip: f64,
    /// To the contact line.
    pub contact: f64,
    /// Of a flat wire of equal volume.
    pub mean: f64,
}

impl Lengths {
    /// The one that is measured.
    pub fn of(&self, measured: Measured) -> f64 {
        match measured {
            Measured::Tip => self.tip,
            Measured::Contact => self.contact,
            Measured::Mean => self.mean,
        }
    }
}

/// The lengths at the end of every case by the full solver, in parallel over the cores, those that `watch` does not know.
///
/// # Errors
/// [`SyntheticError::Simulation`] of the first that fails.
pub fn lengths(cases: &[LoadedCase], watch: &dyn Watch) -> Result<Vec<Lengths>, SyntheticError> {
    // Narrow pores, which take longest, may stand together; taken one by one they do not end up on one core.
    cases
        .par_iter()
        .with_max_len(1)
        .map(|loaded| {
            let key = format!("lengths of {}", loaded.resolved_toml());
            let of_numbers = |numbers: &[f64]| match *numbers {
                [tip, contact, mean] => Some(Lengths { tip, contact, mean }),
                _ => None,
            };
            let numbers = |found: &Lengths| vec![found.tip, found.contact, found.mean];
            once(watch, &key, of_numbers, numbers, || length(loaded))
        })
        .collect()
}

/// The exact length of every case by the full solver: that to the tip, which a side view of the wires shows.
///
/// # Errors
/// As [`lengths`].
pub fn measure(cases: &[LoadedCase], watch: &dyn Watch) -> Result<Vec<Experiment>, SyntheticError> {
    let found = lengths(cases, watch)?;
    let tips = found.iter().map(|lengths| lengths.tip);
    Ok(as_measured(cases, tips))
}

/// Every case as an experiment whose wire is as long as its tip (m) says.
#[allow(non_snake_case, reason = "units as they are written in the columns")]
pub fn as_measured(cases: &[LoadedCase], tips: impl IntoIterator<Item = f64>) -> Vec<Experiment> {
    let experiment = |(loaded, tip): (&LoadedCase, f64)| {
        let case = &loaded.case;
        Experiment {
            d_nm: case.pore.diameter_nm,
            T_C: case.process.temperature_C.unwrap_or(f64::NAN),
            p_GPa: case.process.pressure_GPa.unwrap_or(f64::NAN),
            t_s: case.time(),
            L_nm: digits(tip / NANOMETRE, 7),
            L0_nm: Some(digits(case.initial_length() / NANOMETRE, 7)),
            measured: Measured::Tip,
            ..Experiment::default()
        }
    };
    cases.iter().zip(tips).map(experiment).collect()
}

/// A simulation that has ended.
fn finished(loaded: &LoadedCase) -> Result<Simulation<'_>, SyntheticError> {
    let failed = |source| SyntheticError::Simulation {
        d_nm: loaded.case.pore.diameter_nm,
        celsius: loaded.case.process.temperature_C.unwrap_or(f64::NAN),
        source,
    };
    let mut simulation = Simulation::new(loaded).map_err(failed)?;
    while simulation.advance().map_err(failed)?.is_some() {}
    Ok(simulation)
}

fn length(loaded: &LoadedCase) -> Result<Lengths, SyntheticError> {
    let simulation = finished(loaded)?;
    let last = simulation.latest();
    let [tip, contact] = last.tip_and_contact();
    Ok(Lengths {
        tip,
        contact,
        mean: last.length,
    })
}

/// The composition along a wire as the solver has it.
#[derive(Clone, Debug, PartialEq)]
pub struct Composed {
    /// Symbols of the elements.
    pub elements: Vec<String>,
    /// Length to the tip in m.
    pub length: f64,
    /// Distance from the root in nm and the fractions of a cross-section, from root to tip.
    pub sections: Vec<(f64, Vec<f64>)>,
}

impl Composed {
    /// As numbers: the length, how many elements there are, and the cross-sections one after the other.
    fn numbers(&self) -> Vec<f64> {
        let mut numbers = vec![self.length, self.elements.len() as f64];
        for (z, fractions) in &self.sections {
            numbers.push(*z);
            numbers.extend(fractions);
        }
        numbers
    }

    /// The composition of a case's wire from its [`Self::numbers`].
    fn of_numbers(loaded: &LoadedCase, numbers: &[f64]) -> Option<Self> {
        let (&[length, count], sections) = numbers.split_first_chunk()?;
        let mut elements: Vec<String> = loaded.material.composition.keys().cloned().collect();
        if count == 0.0 {
            elements.clear();
        }
        if count != elements.len() as f64 || sections.len() % (elements.len() + 1) != 0 {
            return None;
        }
        let sections = sections.chunks(elements.len() + 1);
        Some(Composed {
            length,
            sections: sections.map(|row| (row[0], row[1..].to_vec())).collect(),
            elements,
        })
    }

    /// The fraction of `element` at a distance (nm) from the root, linear between cross-sections; 0 for an element that is not there.
    pub fn at(&self, element: &str, z_nm: f64) -> f64 {
        let Some(index) = self.elements.iter().position(|one| one == element) else {
            return 0.0;
        };
        let above = self.sections.partition_point(|(z, _)| *z < z_nm);
        let value = |k: usize| self.sections[k].1[index];
        match (above.checked_sub(1), self.sections.get(above)) {
            (Some(below), Some((right, _))) => {
                let left = self.sections[below].0;
                let share = (z_nm - left) / (right - left);
                value(below) + share * (value(above) - value(below))
            }
            (None, Some(_)) => value(0),
            (Some(below), None) => value(below),
            (None, None) => 0.0,
        }
    }
}

/// The composition at the end of every case by the full solver, in parallel over the cores, those that `watch` does not know.
///
/// # Errors
/// [`SyntheticError::Simulation`] of the first that fails.
pub fn compositions(
    cases: &[LoadedCase],
    watch: &dyn Watch,
) -> Result<Vec<Composed>, SyntheticError> {
    cases
        .par_iter()
        .with_max_len(1)
        .map(|loaded| {
            let key = format!("composition of {}", loaded.resolved_toml());
            let of_numbers = |numbers: &[f64]| Composed::of_numbers(loaded, numbers);
            once(watch, &key, of_numbers, Composed::numbers, || {
                composed(loaded)
            })
        })
        .collect()
}

fn composed(loaded: &LoadedCase) -> Result<Composed, SyntheticError> {
    let simulation = finished(loaded)?;
    let radius = loaded.case.radius() / NANOMETRE;
    let composition = simulation.composition();
    let sections = composition.map_or_else(Vec::new, |one| one.profile());
    Ok(Composed {
        elements: composition.map_or_else(Vec::new, |one| one.elements()),
        length: simulation.latest().tip_and_contact()[0],
        sections: sections
            .into_iter()
            .map(|section| (section.height * radius, section.mean))
            .collect(),
    })
}

/// The same experiments as measured with a relative standard deviation: Gaussian noise, reproducible by its seed. A length
/// that noise would put below the start is drawn again.
///
/// # Panics
/// If `relative` is not between 0 and 0.5.
pub fn with_noise(exact: &[Experiment], relative: f64, seed: u64) -> Vec<Experiment> {
    assert!(
        (0.0..=0.5).contains(&relative),
        "a relative noise of {relative}"
    );
    if relative == 0.0 {
        return exact.to_vec();
    }
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let noisy = |row: &Experiment| loop {
        let draw: f64 = StandardNormal.sample(&mut random);
        let length = digits(row.L_nm * (1.0 + relative * draw), 4);
        if length > row.L0_nm.unwrap_or(0.0) {
            return Experiment {
                L_nm: length,
                sigma_nm: Some(digits(relative * length, 2)),
                ..row.clone()
            };
        }
    };
    exact.iter().map(noisy).collect()
}

/// `value` to so many significant digits.
fn digits(value: f64, count: usize) -> f64 {
    format!("{value:.*e}", count - 1)
        .parse()
        .expect("a number that was just written")
}

/// The composition of a wire as measured at so many places, each number with a relative standard deviation: Gaussian noise, reproducible by its seed.
pub fn profile_with_noise(
    loaded: &LoadedCase,
    composed: &Composed,
    count: usize,
    relative: f64,
    seed: u64,
) -> WireProfile {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let part = |element: &String| Part {
        element: element.clone(),
        among: Vec::new(),
    };
    let length = composed.length / NANOMETRE;
    let mut points = Vec::new();
    for place in 0..count {
        let z_nm = digits(length * (place as f64 + 0.5) / count as f64, 5);
        for (part, element) in composed.elements.iter().enumerate() {
            let exact = composed.at(element, z_nm);
            let draw: f64 = StandardNormal.sample(&mut random);
            let value = digits((exact * (1.0 + relative * draw)).clamp(0.0, 1.0), 5);
            points.push(ProfilePoint {
                line: place + 2,
                z_nm,
                part,
                value,
                sigma: (relative > 0.0).then(|| digits(relative * exact.max(1e-4), 3)),
            });
        }
    }
    let case = &loaded.case;
    WireProfile {
        parts: composed.elements.iter().map(part).collect(),
        points,
        d_nm: Some(case.pore.diameter_nm),
        T_C: case.process.temperature_C,
        p_GPa: case.process.pressure_GPa,
        t_s: Some(case.time()),
        L_nm: Some(digits(length, 6)),
        ..WireProfile::default()
    }
}
