//! Second step of a calibration: the laws of the material through the numbers of each temperature.

use super::parameters::{
    D_INTERFACE, D_STAR, E_GLASS, ETA, MaterialFit, Q_INTERFACE, T_0, TAU_G, fit, fit_identified,
};
use super::temperature::TemperatureFit;
use crate::materials::Material;
use rayon::prelude::*;

/// A logarithm at one temperature.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// Temperature in K.
    pub temperature: f64,
    /// Duration of the experiment in s.
    pub time: f64,
    /// ln of the Newtonian viscosity in Pa·s, or of δ D_I in m³/s.
    pub logarithm: f64,
    /// Its standard error.
    pub error: f64,
}

/// Fits the viscosity law, VFT above and Arrhenius below the kinetic glass transition, whose temperature is free (through τ_g).
///
/// None where the points fix nothing.
pub fn viscosity(start: &Material, points: &[Point]) -> Option<MaterialFit> {
    let residuals = residuals(points, |material, point| {
        material.newtonian_viscosity(point.temperature, point.time)
    });
    fit_identified(
        &kink_starts(start, points),
        &[ETA, D_STAR, T_0, E_GLASS, TAU_G],
        // What is known from elsewhere yields first: τ_g from calorimetry, then the glass, then the curvature of the VFT law.
        &[TAU_G, E_GLASS, T_0, D_STAR, ETA],
        &residuals,
        1.0,
    )
}

/// Fits the Arrhenius law of the interface diffusivity, for the layer thickness of `start`.
///
/// None where the points fix nothing.
pub fn interface(start: &Material, points: &[Point]) -> Option<MaterialFit> {
    let residuals = residuals(points, |material, point| {
        material.layer_conductivity(point.temperature)
    });
    fit_identified(
        std::slice::from_ref(start),
        &[D_INTERFACE, Q_INTERFACE],
        &[Q_INTERFACE, D_INTERFACE],
        &residuals,
        1.0,
    )
}

/// What is possible after a calibration: the numbers of each temperature and the laws through them.
#[derive(Debug, Clone)]
pub struct Draw {
    /// [ln η, ln δD_I] of each temperature, as far as the calibration has them.
    pub temperatures: Vec<[Option<f64>; 2]>,
    /// The material of the draw.
    pub material: Material,
}

/// The laws `viscosity` and `interface` of `material` fitted to other numbers of each temperature, from where they ended. Draws whose laws do not
/// converge are left out.
pub fn draws(
    drawn: Vec<Vec<[Option<f64>; 2]>>,
    found: &[TemperatureFit],
    viscosity: Option<&MaterialFit>,
    interface: Option<&MaterialFit>,
    material: &Material,
) -> Vec<Draw> {
    let points = |numbers: &[[Option<f64>; 2]], which: usize| -> Vec<Point> {
        let point = |(one, number): (&TemperatureFit, &[Option<f64>; 2])| {
            let first = [one.ln_viscosity, one.ln_conductivity][which]?;
            Some(Point {
                temperature: one.temperature,
                time: one.time,
                logarithm: number[which]?,
                error: first[1],
            })
        };
        found.iter().zip(numbers).filter_map(point).collect()
    };
    let laws: [(Option<&MaterialFit>, Law); 2] = [
        (viscosity, |material, point| {
            material.newtonian_viscosity(point.temperature, point.time)
        }),
        (interface, |material, point| {
            material.layer_conductivity(point.temperature)
        }),
    ];
    drawn
        .into_par_iter()
        .filter_map(|numbers| {
            let mut changed = material.clone();
            for (which, (first, law)) in laws.iter().enumerate() {
                let Some(first) = first else { continue };
                let points = points(&numbers, which);
                let starts = std::slice::from_ref(&first.material);
                let again = fit(starts, &first.keys, &residuals(&points, law), 1.0).ok()?;
                for key in &first.keys {
                    key.copy(&again.material, &mut changed);
                }
            }
            Some(Draw {
                temperatures: numbers,
                material: changed,
            })
        })
        .collect()
}

/// What a law computes from a material at a point.
type Law = fn(&Material, &Point) -> f64;

fn residuals<'a>(
    points: &'a [Point],
    law: impl Fn(&Material, &Point) -> f64 + 'a,
) -> impl Fn(&Material) -> Vec<f64> + 'a {
    move |material| {
        points
            .iter()
            .map(|point| (law(material, point).ln() - point.logarithm) / point.error)
            .collect()
    }
}

/// The start as it is, and with the kink between each two temperatures of the points: each may be a minimum of its own.
fn kink_starts(start: &Material, points: &[Point]) -> Vec<Material> {
    let mut starts = vec![start.clone()];
    let mut sorted = points.to_vec();
    sorted.sort_by(|a, b| a.temperature.total_cmp(&b.temperature));
    for pair in sorted.windows(2) {
        let middle = 0.5 * (pair[0].temperature + pair[1].temperature);
        let mut shifted = start.clone();
        // τ_B is proportional to τ_g.
        let factor = pair[0].time / start.bulk_relaxation_time(middle);
        if let Some(tau_g) = &mut shifted.relaxation.tau_g_s
            && factor.is_finite()
            && factor > 0.0
        {
            tau_g.value *= factor;
            starts.push(shifted);
        }
    }
    starts
}
