//! Lengths of the full solver in a calibration: the reduced model scaled to them, for what it does not have (a free front,
//! its surface tension, slip).
//!
//! The scale of each length, full over reduced, hardly depends on viscosity and δ D_I. It is computed at the values that the
//! scales before it gave, until it stands still.

use super::calibration::first_step;
use super::covariance::Doubts;
use super::data::{Measurement, Measurements};
use super::least_squares::FitError;
use super::model::{LengthModel, Molding, TransportState};
use super::reduced::Reduced;
use super::temperature::{Inversion, TemperatureFit};
use crate::case::LoadedCase;
use crate::experiments::Measured;
use crate::materials::{Material, ViscosityConvention};
use crate::physics::constants::{GIGAPASCAL, NANOMETRE, celsius};
use crate::synthetic::{self, SyntheticError};
use crate::watch::Watch;

/// Most rounds of solving.
const ROUNDS: usize = 4;

/// Relative change of the scales from one round to the next below which they stand still. Each round leaves a tenth or less of
/// the change before it (17 %, 1.0 %, 0.05 % at N = 16); on coarse grids a contact line that rolls moves them by 2e-3.
const STILL: f64 = 5e-3;

/// Why lengths could not be scaled.
#[derive(Debug, Clone, thiserror::Error)]
pub enum FullError {
    /// The least squares between two rounds failed.
    #[error(transparent)]
    Fit(#[from] FitError),
    /// The full solver failed.
    #[error(transparent)]
    Solver(#[from] SyntheticError),
}

/// The reduced model, each length scaled to that of the full solver.
#[derive(Debug, Clone)]
pub struct Scaled {
    reduced: Reduced,
    front: &'static str,
    cells_per_radius: u32,
    scales: Vec<(Molding, Measured, f64)>,
    /// Largest relative change of a scale in each round.
    pub changes: Vec<f64>,
}

impl Scaled {
    /// Smallest and largest scale.
    pub fn range(&self) -> [f64; 2] {
        let scales = self.scales.iter().map(|one| one.2);
        scales.fold([f64::INFINITY, 0.0], |[low, high], s| {
            [low.min(s), high.max(s)]
        })
    }

    /// Whether the scales stood still in the last round.
    pub fn settled(&self) -> bool {
        self.changes.last().is_some_and(|change| *change <= STILL)
    }

    /// The scale of a length: that of its molding, or between those of the nearest diameters at the same temperature and time.
    fn scale(&self, molding: &Molding, measured: Measured) -> f64 {
        let same = |one: &&(Molding, Measured, f64)| {
            one.1 == measured
                && one.0.temperature == molding.temperature
                && one.0.time == molding.time
        };
        let here = || self.scales.iter().filter(same);
        if let Some(found) = here().find(|one| one.0 == *molding) {
            return found.2;
        }
        let place = |one: &(Molding, Measured, f64)| one.0.diameter.ln();
        let at = molding.diameter.ln();
        let below = here()
            .filter(|one| place(one) <= at)
            .max_by(|a, b| place(a).total_cmp(&place(b)));
        let above = here()
            .filter(|one| place(one) > at)
            .min_by(|a, b| place(a).total_cmp(&place(b)));
        match (below, above) {
            (Some(a), Some(b)) => a.2 + (b.2 - a.2) * (at - place(a)) / (place(b) - place(a)),
            (Some(one), None) | (None, Some(one)) => one.2,
            // A molding that was not solved, because its temperature fixes nothing.
            (None, None) => 1.0,
        }
    }

    /// How far the scales moved in the last round: a relative error that they share.
    pub fn error(&self) -> f64 {
        self.changes.last().copied().unwrap_or(0.0)
    }
}

impl LengthModel for Scaled {
    fn name(&self) -> String {
        format!(
            "the full solver ({} front, R_c = {} R, N = {})",
            self.front,
            self.reduced.entrance.cell_radius(),
            self.cells_per_radius
        )
    }

    fn convention(&self) -> ViscosityConvention {
        self.reduced.convention()
    }

    fn diffuses_alone(&self) -> bool {
        self.reduced.diffuses_alone()
    }

    fn length(&self, molding: &Molding, state: &TransportState, measured: Measured) -> f64 {
        self.scale(molding, measured) * self.reduced.length(molding, state, measured)
    }
}

/// The reduced model scaled to the full solver's lengths of `data`, molded as `case` says: its mesh, front, slip and
/// numerics; pore, process and print are those of each row, and where a row states no print that of the case.
/// Solves that `watch` knows are not made again.
///
/// # Errors
/// [`FullError`].
pub fn scaled(
    data: &Measurements,
    start: &Material,
    case: &LoadedCase,
    reduced: &Reduced,
    watch: &dyn Watch,
) -> Result<Scaled, FullError> {
    let mut model = Scaled {
        reduced: reduced.clone(),
        front: case.case.front_model().name(),
        cells_per_radius: case.mesh.cells_per_radius as u32,
        scales: Vec::new(),
        changes: Vec::new(),
    };
    while model.changes.len() < ROUNDS && !model.settled() {
        let inversion = Inversion {
            model: &model,
            atomic_volume: start.atomic_volume(),
            sigmas: data.has_sigmas(),
            doubts: Doubts::default(),
        };
        let (temperatures, _) = first_step(data, &inversion)?;
        let solved = solves(data, &temperatures);
        let cases: Vec<LoadedCase> = solved
            .iter()
            .map(|(row, state)| case_of(case, start, row, state))
            .collect();
        let total = cases.len() * (model.changes.len() + 1);
        watch.expect(total);
        let lengths = synthetic::lengths(&cases, watch)?;
        let mut change = 0.0f64;
        let mut scales = Vec::new();
        for ((row, state), length) in solved.iter().zip(lengths) {
            let flat = reduced.length(&row.molding, state, row.measured);
            let scale = length.of(row.measured) / flat;
            change = change.max((scale / model.scale(&row.molding, row.measured) - 1.0).abs());
            scales.push((row.molding, row.measured, scale));
        }
        model.scales = scales;
        model.changes.push(change);
    }
    Ok(model)
}

/// One row of each molding that is fitted, and the alloy there.
fn solves<'a>(
    data: &'a Measurements,
    temperatures: &[TemperatureFit],
) -> Vec<(&'a Measurement, TransportState)> {
    let mut found: Vec<(&Measurement, TransportState)> = Vec::new();
    for one in temperatures.iter().filter(|one| one.fit.is_some()) {
        for row in one.rows.iter().map(|&index| &data.rows[index]) {
            let known = found
                .iter()
                .any(|(other, _)| other.molding == row.molding && other.measured == row.measured);
            if !known {
                found.push((row, one.state));
            }
        }
    }
    found
}

/// `base` at the conditions of `row`, of an alloy that is in `state` there.
fn case_of(
    base: &LoadedCase,
    start: &Material,
    row: &Measurement,
    state: &TransportState,
) -> LoadedCase {
    let mut loaded = base.clone();
    let (molding, case) = (&row.molding, &mut loaded.case);
    case.pore.diameter_nm = molding.diameter / NANOMETRE;
    case.pore.depth_nm = None;
    case.process.temperature_C = Some(celsius(molding.temperature));
    case.process.temperature_schedule = None;
    case.process.pressure_GPa = Some(row.applied_pressure / GIGAPASCAL);
    case.process.pressure_schedule = None;
    case.process.gas_pressure_GPa = 0.0;
    case.process.time_s = Some(molding.time);
    case.process.stages = None;
    case.process.stop_length_nm = None;
    if molding.initial_length > 0.0 {
        case.front.initial_length_nm = Some(molding.initial_length / NANOMETRE);
        case.front.initial_aspect_ratio = None;
    }
    if let Some(cell_radius) = molding.cell_radius {
        let depth = loaded.mesh.reservoir_depth / loaded.mesh.cell_radius;
        loaded.mesh.cell_radius = cell_radius;
        loaded.mesh.reservoir_depth = depth * cell_radius;
    }
    // Only the length at the end is of interest.
    case.output.frames = 0;
    case.numerics.estimate_error = false;
    // Viscosity and diffusivity are proportional to their values at the reference temperature, the kink is not moved by them.
    let (at, time) = (molding.temperature, molding.time);
    let mut material = start.clone();
    material.viscosity.fictive = None;
    material.scale_viscosity(state.newtonian_viscosity / start.newtonian_viscosity(at, time));
    material.scale_interface_diffusivity(state.layer_conductivity / start.layer_conductivity(at));
    loaded.material = material;
    loaded
}
