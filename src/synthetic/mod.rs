//! Experiments that were never made: lengths computed by the solver, with noise like that of a measurement, to try methods
//! of evaluation on data whose truth is known.

use crate::case::{self, LoadedCase};
use crate::experiments::{Experiment, Measured};
use crate::input::InputError;
use crate::physics::constants::NANOMETRE;
use crate::simulation::{Simulation, SimulationError};
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

/// The lengths at the end of every case by the full solver, in parallel over the cores; `done` is called after each.
///
/// # Errors
/// [`SyntheticError::Simulation`] of the first that fails.
pub fn lengths(
    cases: &[LoadedCase],
    done: impl Fn() + Sync,
) -> Result<Vec<Lengths>, SyntheticError> {
    // Narrow pores, which take longest, may stand together; taken one by one they do not end up on one core.
    cases
        .par_iter()
        .with_max_len(1)
        .map(|loaded| {
            let found = length(loaded);
            done();
            found
        })
        .collect()
}

/// The exact length of every case by the full solver: that to the tip, which a side view of the wires shows.
///
/// # Errors
/// As [`lengths`].
#[allow(non_snake_case, reason = "units as they are written in the columns")]
pub fn measure(
    cases: &[LoadedCase],
    done: impl Fn() + Sync,
) -> Result<Vec<Experiment>, SyntheticError> {
    let found = lengths(cases, done)?;
    let experiment = |(loaded, lengths): (&LoadedCase, Lengths)| {
        let case = &loaded.case;
        Experiment {
            d_nm: case.pore.diameter_nm,
            T_C: case.process.temperature_C.unwrap_or(f64::NAN),
            p_GPa: case.process.pressure_GPa.unwrap_or(f64::NAN),
            t_s: case.time(),
            L_nm: digits(lengths.tip / NANOMETRE, 7),
            L0_nm: Some(digits(case.initial_length() / NANOMETRE, 7)),
            measured: Measured::Tip,
            ..Experiment::default()
        }
    };
    Ok(cases.iter().zip(found).map(experiment).collect())
}

fn length(loaded: &LoadedCase) -> Result<Lengths, SyntheticError> {
    let failed = |source| SyntheticError::Simulation {
        d_nm: loaded.case.pore.diameter_nm,
        celsius: loaded.case.process.temperature_C.unwrap_or(f64::NAN),
        source,
    };
    let mut simulation = Simulation::new(loaded).map_err(failed)?;
    while simulation.advance().map_err(failed)?.is_some() {}
    let last = simulation.latest();
    let [tip, contact] = last.tip_and_contact();
    Ok(Lengths {
        tip,
        contact,
        mean: last.length,
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
