//! Second step of a calibration: the laws of the material through the numbers of each temperature.

use super::least_squares::FitError;
use super::parameters::{
    D_INTERFACE, D_STAR, E_GLASS, ETA, MaterialFit, Q_INTERFACE, T_0, TAU_G, fit, fit_identified,
};
use crate::materials::Material;

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

/// The numbers of `first` fitted to other points, from where it ended: one draw of the bootstrap.
///
/// # Errors
/// As [`fit`].
pub fn refit_viscosity(first: &MaterialFit, points: &[Point]) -> Result<MaterialFit, FitError> {
    let residuals = residuals(points, |material, point| {
        material.newtonian_viscosity(point.temperature, point.time)
    });
    fit(
        std::slice::from_ref(&first.material),
        &first.keys,
        &residuals,
        1.0,
    )
}

/// As [`refit_viscosity`], for the interface diffusivity.
///
/// # Errors
/// As [`fit`].
pub fn refit_interface(first: &MaterialFit, points: &[Point]) -> Result<MaterialFit, FitError> {
    let residuals = residuals(points, |material, point| {
        material.layer_conductivity(point.temperature)
    });
    fit(
        std::slice::from_ref(&first.material),
        &first.keys,
        &residuals,
        1.0,
    )
}

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
