//! Bootstrap: the whole calibration repeated on lengths with other errors.
//!
//! Errors are drawn with replacement from the standardised residuals of all rows, or, where the table states standard
//! deviations, from the normal law with them. Draws depend on the seed and their number alone, not on the threads.

use super::data::{Measurement, Measurements};
use super::laws::{Point, refit_interface, refit_viscosity};
use super::parameters::MaterialFit;
use super::statistics::Scatter;
use super::temperature::{Inversion, TemperatureFit};
use crate::materials::Material;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use rand_distr::{Distribution, StandardNormal};
use rayon::prelude::*;

/// What one draw gives.
#[derive(Debug, Clone)]
pub struct Draw {
    /// [ln η, ln δD_I] of each temperature, as far as the calibration has them.
    pub temperatures: Vec<[Option<f64>; 2]>,
    /// The material of the draw.
    pub material: Material,
}

/// What a calibration found, to be repeated.
pub struct Found<'a> {
    /// The rows.
    pub data: &'a Measurements,
    /// How lengths were inverted.
    pub inversion: &'a Inversion<'a>,
    /// The first step.
    pub temperatures: &'a [TemperatureFit],
    /// The second step: viscosity.
    pub viscosity: Option<&'a MaterialFit>,
    /// The second step: interface diffusivity.
    pub interface: Option<&'a MaterialFit>,
    /// The material with both.
    pub material: &'a Material,
    /// Standard deviation of the residuals.
    pub scatter: Scatter,
}

/// Makes `count` draws from `seed`; draws whose least squares fail are left out.
pub fn bootstrap(found: &Found, count: usize, seed: u64) -> Vec<Draw> {
    let pool = standardised(found);
    (0..count)
        .into_par_iter()
        .filter_map(|index| {
            let mut random = ChaCha8Rng::seed_from_u64(seed);
            random.set_stream(index as u64);
            draw(found, &pool, &mut random)
        })
        .collect()
}

/// Residuals in units of their standard deviation, leverage taken out, around zero.
fn standardised(found: &Found) -> Vec<f64> {
    let mut pool = Vec::new();
    for fit in found.temperatures.iter().filter_map(|one| one.fit.as_ref()) {
        let leverages = fit.leverages();
        pool.extend(
            fit.residuals
                .iter()
                .zip(leverages)
                .filter(|(_, leverage)| *leverage < 1.0 - 1e-6)
                .map(|(residual, leverage)| {
                    residual / (found.scatter.value * (1.0 - leverage).sqrt())
                }),
        );
    }
    let mean = pool.iter().sum::<f64>() / pool.len().max(1) as f64;
    pool.iter().map(|one| one - mean).collect()
}

fn error(random: &mut ChaCha8Rng, pool: &[f64], stated: bool) -> f64 {
    // Too few residuals to draw from know less than the normal law.
    if stated || pool.len() < 5 {
        return StandardNormal.sample(random);
    }
    pool[(random.next_u64() % pool.len() as u64) as usize]
}

fn draw(found: &Found, pool: &[f64], random: &mut ChaCha8Rng) -> Option<Draw> {
    let mut temperatures = Vec::new();
    let (mut etas, mut conductivities) = (Vec::new(), Vec::new());
    for first in found.temperatures {
        let state = first.state;
        let rows: Vec<Measurement> = first
            .rows
            .iter()
            .map(|&index| {
                let mut row = found.data.rows[index].clone();
                if first.fit.is_some() {
                    let length = found
                        .inversion
                        .model
                        .length(&row.molding, &state, row.measured);
                    let error = error(random, pool, row.sigma.is_some());
                    row.length = match row.sigma {
                        // A length stays a length, and above its start.
                        Some(sigma) => (length + sigma * error)
                            .max(1.001 * row.molding.initial_length)
                            .max(1e-3 * length),
                        None => length * (found.scatter.value * error).exp(),
                    };
                }
                row
            })
            .collect();
        let rows: Vec<&Measurement> = rows.iter().collect();
        let again = found.inversion.refit(&rows, first).ok()?;
        let point = |number: Option<[f64; 2]>, again: Option<f64>| {
            Some(Point {
                temperature: first.temperature,
                time: first.time,
                logarithm: again?,
                error: number?[1],
            })
        };
        etas.extend(point(first.ln_viscosity, again[0]));
        conductivities.extend(point(first.ln_conductivity, again[1]));
        temperatures.push(again);
    }
    let mut material = found.material.clone();
    for (law, refit) in [
        (
            found.viscosity,
            found.viscosity.map(|law| refit_viscosity(law, &etas)),
        ),
        (
            found.interface,
            found
                .interface
                .map(|law| refit_interface(law, &conductivities)),
        ),
    ] {
        if let (Some(law), Some(refit)) = (law, refit) {
            let refit = refit.ok()?;
            for key in &law.keys {
                key.copy(&refit.material, &mut material);
            }
        }
    }
    Some(Draw {
        temperatures,
        material,
    })
}
