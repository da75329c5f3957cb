//! A whole calibration: lengths → viscosity and δ D_I at each temperature → laws, with intervals.

mod ends;
mod estimates;

use super::covariance::{Doubts, ResidualCovariance};
use super::data::{Measurement, Measurements};
use super::laws::{self, Draw, Point};
use super::least_squares::FitError;
use super::model::LengthModel;
use super::parameters::MaterialFit;
use super::posterior::{self, Block};
use super::statistics::{Outlier, Scatter, outliers};
use super::temperature::{Inversion, TemperatureFit};
use crate::materials::{Material, Provenance, ViscosityConvention};

/// How the intervals are made.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Options {
    /// Confidence of the intervals.
    pub confidence: f64,
    /// Draws from the posterior; 0 for none.
    pub draws: usize,
    /// Seed of the draws.
    pub seed: u64,
    /// Doubts about the law of the length.
    pub doubts: Doubts,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            confidence: 0.95,
            draws: 400,
            seed: 1,
            doubts: Doubts::default(),
        }
    }
}

/// A positive number with its intervals.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// The number.
    pub value: f64,
    /// Interval of the profile likelihood; an end of 0 or infinity is open.
    pub interval: [f64; 2],
    /// Interval of the posterior's draws.
    pub posterior: Option<[f64; 2]>,
}

impl Estimate {
    /// The number in units of `unit`.
    pub fn divided(&self, unit: f64) -> Self {
        let each = |interval: [f64; 2]| interval.map(|end| end / unit);
        Self {
            value: self.value / unit,
            interval: each(self.interval),
            posterior: self.posterior.map(each),
        }
    }
}

/// A row with what the fit makes of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FittedRow {
    /// Index of the row.
    pub row: usize,
    /// The length of the model in m.
    pub length: f64,
    /// Residual in standard deviations, leverage taken out; positive where the model is longer.
    pub residual: f64,
}

/// What measured lengths say about a material.
#[derive(Debug)]
pub struct Calibration {
    /// Name of the law of the length.
    pub model: String,
    /// Which viscosity it reads.
    pub convention: ViscosityConvention,
    /// Number of rows.
    pub rows: usize,
    /// The first step, highest temperature first.
    pub temperatures: Vec<TemperatureFit>,
    /// Standard deviation of the residuals, relative or in σ.
    pub scatter: Scatter,
    /// χ² per degree of freedom of the first step where σ were stated.
    pub reduced_chi_squared: Option<f64>,
    /// The second step: viscosity; none where no temperature has one.
    pub viscosity: Option<MaterialFit>,
    /// The second step: interface diffusivity.
    pub interface: Option<MaterialFit>,
    /// The material with all that was fitted.
    pub material: Material,
    /// Samples of the posterior.
    pub blocks: Vec<Block>,
    /// Draws from them, each with its laws.
    pub draws: Vec<Draw>,
    /// Distances of the profile's ends from the best logarithms of η, δ D_I and d_c of each temperature; none where there is no number.
    ends: Vec<ends::Ends>,
    /// Rows that the fit could use.
    pub fitted: Vec<FittedRow>,
    /// Rows that the others do not explain.
    pub outliers: Vec<Outlier>,
    /// How the intervals were made.
    pub options: Options,
}

/// Calibrates `start` with `data`: what the data do not fix keeps its value.
///
/// # Errors
/// [`FitError`] where least squares do not converge.
pub fn calibrate(
    data: &Measurements,
    start: &Material,
    model: &dyn LengthModel,
    options: Options,
) -> Result<Calibration, FitError> {
    // How far its numbers were off says nothing of those that are fitted now.
    let start = &Material {
        covariance: None,
        ..start.clone()
    };
    let inversion = Inversion {
        model,
        atomic_volume: start.atomic_volume(),
        sigmas: data.has_sigmas(),
        doubts: options.doubts,
    };
    let (mut temperatures, scatter) = first_step(data, &inversion)?;
    let expected = |one: &TemperatureFit| {
        let eta = start.newtonian_viscosity(one.temperature, one.time);
        [eta.ln(), start.layer_conductivity(one.temperature).ln()]
    };
    let reach = scatter.reach(options.confidence);
    ends::compare(
        data,
        &inversion,
        &mut temperatures,
        scatter.value,
        reach,
        &expected,
    );
    let points = |pick: fn(&TemperatureFit) -> Option<[f64; 2]>| -> Vec<Point> {
        let point = |one: &TemperatureFit| {
            let [logarithm, error] = pick(one)?;
            Some(Point {
                temperature: one.temperature,
                time: one.time,
                logarithm,
                error,
            })
        };
        temperatures.iter().filter_map(point).collect()
    };
    let viscosity = match points(|one| one.ln_viscosity) {
        etas if etas.is_empty() => None,
        etas => laws::viscosity(start, &etas),
    };
    let interface = match points(|one| one.ln_conductivity) {
        all if all.is_empty() => None,
        all => laws::interface(start, &all),
    };
    let mut material = start.clone();
    for law in [&viscosity, &interface].into_iter().flatten() {
        for key in &law.keys {
            if let Some(number) = key.of_mut(&mut material) {
                number.value = key.value(&law.material);
                number.provenance = Provenance::Fitted;
            }
        }
    }
    let (count, seed) = (options.draws, options.seed);
    let blocks = posterior::posterior(data, &inversion, &temperatures, &scatter, count, seed);
    let drawn = posterior::draws(&blocks, &temperatures, count, seed);
    let draws = laws::draws(
        drawn,
        &temperatures,
        viscosity.as_ref(),
        interface.as_ref(),
        &material,
    );
    let ends = ends::all(
        data,
        &inversion,
        &temperatures,
        &scatter,
        options,
        &expected,
    )?;
    let (fitted, judged) = judge(data, &inversion, &temperatures, &scatter);
    let degrees = freedom(&temperatures);
    Ok(Calibration {
        model: model.name(),
        convention: model.convention(),
        rows: data.rows.len(),
        scatter,
        reduced_chi_squared: (inversion.sigmas && degrees > 0)
            .then(|| chi_squared(&temperatures) / degrees as f64),
        viscosity,
        interface,
        material,
        blocks,
        draws,
        ends,
        outliers: outliers(&judged, &scatter),
        fitted,
        temperatures,
        options,
    })
}

/// Fits each temperature; without stated σ the scatter is that of all temperatures together.
///
/// # Errors
/// [`FitError`] where least squares do not converge.
pub fn first_step(
    data: &Measurements,
    inversion: &Inversion,
) -> Result<(Vec<TemperatureFit>, Scatter), FitError> {
    if inversion.sigmas {
        let scatter = Scatter::stated();
        return Ok((at_scatter(data, inversion, &scatter)?, scatter));
    }
    with_scatter(data, inversion, Scatter::estimated)
}

fn at_scatter(
    data: &Measurements,
    inversion: &Inversion,
    scatter: &Scatter,
) -> Result<Vec<TemperatureFit>, FitError> {
    data.by_temperature()
        .iter()
        .map(|(temperature, rows)| inversion.fit(data, *temperature, rows, scatter))
        .collect()
}

/// Each temperature with the scatter that is `estimated` from the sum of squares and the degrees of freedom of all.
fn with_scatter(
    data: &Measurements,
    inversion: &Inversion,
    estimated: fn(f64, usize) -> Scatter,
) -> Result<(Vec<TemperatureFit>, Scatter), FitError> {
    let mut scatter = Scatter::assumed();
    let mut found = at_scatter(data, inversion, &scatter)?;
    // What is fixed by the data depends on the scatter, and its degrees of freedom on that. Where diameters are uncertain the scatter is
    // what is left of the residuals, which the weights depend on in turn (the method of Paule and Mandel).
    for _ in 0..MOST_SCATTERS {
        let next = estimated(chi_squared(&found), freedom(&found));
        let still = (next.value / scatter.value - 1.0).abs() < SCATTER_STILL
            && next.degrees_of_freedom == scatter.degrees_of_freedom;
        scatter = next;
        found = at_scatter(data, inversion, &scatter)?;
        if still {
            break;
        }
    }
    Ok((found, scatter))
}

/// Most times that scatter and weights follow each other, and the relative change at which the scatter stands still.
const MOST_SCATTERS: usize = 40;
const SCATTER_STILL: f64 = 1e-6;

fn chi_squared(temperatures: &[TemperatureFit]) -> f64 {
    let fits = temperatures.iter().filter_map(|one| one.fit.as_ref());
    fits.map(|fit| fit.chi_squared()).sum()
}

fn freedom(temperatures: &[TemperatureFit]) -> usize {
    let fits = temperatures.iter().filter_map(|one| one.fit.as_ref());
    fits.map(|fit| fit.degrees_of_freedom()).sum()
}

/// What the fit makes of each row, and (row, residual, leverage) of each.
fn judge(
    data: &Measurements,
    inversion: &Inversion,
    temperatures: &[TemperatureFit],
    scatter: &Scatter,
) -> (Vec<FittedRow>, Vec<(usize, f64, f64)>) {
    let (mut fitted, mut judged) = (Vec::new(), Vec::new());
    for one in temperatures {
        let Some(fit) = &one.fit else { continue };
        let state = one.state;
        let rows: Vec<&Measurement> = one.rows.iter().map(|&row| &data.rows[row]).collect();
        // Each by itself, whatever it has in common with others.
        let own = ResidualCovariance::Independent(one.weights.standard_deviations());
        let residuals = inversion.weighted(&rows, &state, &own, scatter.value);
        let of_rows = one.rows.iter().zip(residuals).zip(fit.leverages());
        for ((&row, residual), leverage) in of_rows {
            let measurement = &data.rows[row];
            fitted.push(FittedRow {
                row,
                length: inversion
                    .model
                    .length(&measurement.molding, &state, measurement.measured),
                residual: residual / (scatter.value * (1.0 - leverage).max(1e-6).sqrt()),
            });
            judged.push((row, residual, leverage));
        }
    }
    (fitted, judged)
}
