//! Measured lengths against what the calibration makes of them, with the band in which a new length would lie.

use crate::calibrate::calibration::Calibration;
use crate::calibrate::data::{Measurement, Measurements};
use crate::calibrate::model::{LengthModel, TransportState};
use crate::calibrate::statistics::percentiles;
use crate::output::{ScatterBand, ScatterPlot, ScatterSeries, plots::MAX_SERIES};
use crate::physics::constants::{NANOMETRE, NORMALISED, NORMALISED_UNIT, celsius};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rand_distr::{Distribution, StandardNormal};

/// Diameters of a curve.
const CURVE: usize = 40;
/// Draws of the posterior behind a band.
const DRAWS: usize = 200;

/// The plots and their names: as many temperatures in each as can be told apart.
pub(super) fn plots(
    found: &Calibration,
    data: &Measurements,
    model: &dyn LengthModel,
) -> Vec<(String, ScatterPlot)> {
    let fitted: Vec<usize> = (0..found.temperatures.len())
        .filter(|&index| found.temperatures[index].fit.is_some())
        .collect();
    let banded = !found.draws.is_empty();
    (fitted.chunks(MAX_SERIES).enumerate())
        .map(|(part, indices)| {
            let name = match part {
                0 => "lengths".to_owned(),
                _ => format!("lengths_{}", part + 1),
            };
            let series = indices
                .iter()
                .map(|&index| series(found, data, model, index));
            let band = match banded {
                true => format!(
                    "; bands: {:.0} % of new measurements like these",
                    100.0 * found.options.confidence
                ),
                false => String::new(),
            };
            let plot = ScatterPlot {
                title: format!("{}: measured against fitted", found.material.name),
                subtitle: format!("lines: {}{band}", found.model),
                axes: [
                    "diameter d (nm)".into(),
                    format!("L/√(pt) ({NORMALISED_UNIT})"),
                ],
                series: series.collect(),
                ..ScatterPlot::default()
            };
            (name, plot)
        })
        .collect()
}

/// L/√(pt) in the plot's unit of a length in m, by the pressure of the press.
fn scaled(row: &Measurement, length: f64) -> f64 {
    length / (row.applied_pressure * row.molding.time).sqrt() / NORMALISED
}

fn series(
    found: &Calibration,
    data: &Measurements,
    model: &dyn LengthModel,
    index: usize,
) -> ScatterSeries {
    let one = &found.temperatures[index];
    let rows: Vec<&Measurement> = one.rows.iter().map(|&row| &data.rows[row]).collect();
    let errors: Vec<f64> = one.weights.standard_deviations();
    let points = (rows.iter().zip(&errors))
        .map(|(row, error)| {
            let y = scaled(row, row.length);
            (row.molding.diameter / NANOMETRE, y, y * error)
        })
        .collect();
    let mut diameters: Vec<f64> = rows.iter().map(|row| row.molding.diameter).collect();
    diameters.sort_by(f64::total_cmp);
    let (first, last) = (diameters[0], diameters[diameters.len() - 1]);
    let at = |k: usize| first * (last / first).powf(k as f64 / (CURVE - 1) as f64);
    // The press of the row in the middle; in a usual experiment they share one.
    let typical = rows[rows.len() / 2];
    let aspect = typical.molding.initial_length / typical.molding.diameter;
    let length = |diameter: f64, state: &TransportState| {
        let mut molding = typical.widened(diameter / typical.molding.diameter);
        molding.initial_length = aspect * diameter;
        scaled(typical, model.length(&molding, state, typical.measured))
    };
    let curve = (0..CURVE).map(|k| (at(k) / NANOMETRE, length(at(k), &one.state)));
    let mut sorted = errors.clone();
    sorted.sort_by(f64::total_cmp);
    let error = sorted[sorted.len() / 2];
    let mut random = ChaCha8Rng::seed_from_u64(found.options.seed);
    let stride = (found.draws.len() / DRAWS).max(1);
    let states: Vec<(TransportState, f64)> = (found.draws.iter().step_by(stride))
        .map(|draw| {
            let [eta, conductivity] = draw.temperatures[index];
            let mut state = one.state;
            if let Some(eta) = eta {
                state.newtonian_viscosity = eta.exp();
            }
            if let Some(conductivity) = conductivity {
                state.layer_conductivity = conductivity.exp();
            }
            let normal: f64 = StandardNormal.sample(&mut random);
            (state, (error * normal).exp())
        })
        .collect();
    let band: ScatterBand = (0..CURVE)
        .filter_map(|k| {
            let lengths = states.iter().map(|(state, by)| by * length(at(k), state));
            let [low, high] = percentiles(lengths.collect(), found.options.confidence)?;
            Some((at(k) / NANOMETRE, low, high))
        })
        .collect();
    ScatterSeries {
        label: format!("{:.1} °C", celsius(one.temperature)),
        points,
        curves: vec![curve.collect()],
        bands: vec![band],
        ..ScatterSeries::default()
    }
}
