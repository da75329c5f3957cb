//! A whole calibration: lengths → viscosity and δ D_I at each temperature → laws, with intervals.

use super::bootstrap::{Draw, Found, bootstrap};
use super::data::Measurements;
use super::laws::{self, Point};
use super::least_squares::FitError;
use super::model::LengthModel;
use super::parameters::MaterialFit;
use super::statistics::{Outlier, Scatter, outliers, percentiles};
use super::temperature::{Inversion, TemperatureFit};
use crate::materials::{Material, Provenance, ViscosityConvention};
use crate::physics::{critical_diameter_eq3, newtonian_from_apparent};

/// How the intervals are made.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Options {
    /// Confidence of the intervals.
    pub confidence: f64,
    /// Draws of the bootstrap; 0 for none.
    pub draws: usize,
    /// Seed of the bootstrap.
    pub seed: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            confidence: 0.95,
            draws: 400,
            seed: 1,
        }
    }
}

/// A positive number with its intervals.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// The number.
    pub value: f64,
    /// Interval of the least squares.
    pub interval: [f64; 2],
    /// Interval of the bootstrap.
    pub bootstrap: Option<[f64; 2]>,
}

impl Estimate {
    /// The number in units of `unit`.
    pub fn divided(&self, unit: f64) -> Self {
        let each = |interval: [f64; 2]| interval.map(|end| end / unit);
        Self {
            value: self.value / unit,
            interval: each(self.interval),
            bootstrap: self.bootstrap.map(each),
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
    /// The draws of the bootstrap.
    pub draws: Vec<Draw>,
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
    let inversion = Inversion {
        model,
        atomic_volume: start.atomic_volume(),
        sigmas: data.has_sigmas(),
    };
    let (temperatures, scatter) = first_step(data, &inversion)?;
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
    let draws = bootstrap(
        &Found {
            data,
            inversion: &inversion,
            temperatures: &temperatures,
            viscosity: viscosity.as_ref(),
            interface: interface.as_ref(),
            material: &material,
            scatter,
        },
        options.draws,
        options.seed,
    );
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
        draws,
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
    let all = |scatter: &Scatter| -> Result<Vec<TemperatureFit>, FitError> {
        data.by_temperature()
            .iter()
            .map(|(temperature, rows)| inversion.fit(data, *temperature, rows, scatter))
            .collect()
    };
    if inversion.sigmas {
        let scatter = Scatter::stated();
        return Ok((all(&scatter)?, scatter));
    }
    let assumed = all(&Scatter::assumed())?;
    let scatter = Scatter::estimated(chi_squared(&assumed), freedom(&assumed));
    // What is fixed by the data depends on the scatter, and its degrees of freedom on that.
    let found = all(&scatter)?;
    let scatter = Scatter::estimated(chi_squared(&found), freedom(&found));
    Ok((all(&scatter)?, scatter))
}

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
        let of_rows = one.rows.iter().zip(&fit.residuals).zip(fit.leverages());
        for ((&row, &residual), leverage) in of_rows {
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

impl Calibration {
    fn estimate(&self, logarithm: [f64; 2], draws: Vec<f64>) -> Estimate {
        let reach = self.scatter.reach(self.options.confidence) * logarithm[1];
        Estimate {
            value: logarithm[0].exp(),
            interval: [(logarithm[0] - reach).exp(), (logarithm[0] + reach).exp()],
            bootstrap: percentiles(draws, self.options.confidence)
                .map(|interval| interval.map(f64::exp)),
        }
    }

    fn drawn(&self, index: usize, number: usize) -> Vec<f64> {
        self.draws
            .iter()
            .filter_map(|draw| draw.temperatures[index][number])
            .collect()
    }

    /// Newtonian viscosity in Pa·s at the temperature `index`.
    pub fn newtonian_viscosity(&self, index: usize) -> Option<Estimate> {
        let logarithm = self.temperatures[index].ln_viscosity?;
        Some(self.estimate(logarithm, self.drawn(index, 0)))
    }

    /// The viscosity that the model reads, by its convention, in Pa·s at the temperature `index`.
    pub fn viscosity_as_read(&self, index: usize) -> Option<Estimate> {
        let newtonian = self.newtonian_viscosity(index)?;
        Some(match self.convention {
            ViscosityConvention::Newtonian => newtonian,
            ViscosityConvention::Apparent => newtonian.divided(newtonian_from_apparent(1.0)),
        })
    }

    /// δ D_I in m³/s at the temperature `index`.
    pub fn layer_conductivity(&self, index: usize) -> Option<Estimate> {
        let logarithm = self.temperatures[index].ln_conductivity?;
        Some(self.estimate(logarithm, self.drawn(index, 1)))
    }

    /// Critical diameter d_c in m (Eq. 3) at the temperature `index`, from its own two numbers.
    pub fn critical_diameter(&self, index: usize) -> Option<Estimate> {
        let one = &self.temperatures[index];
        let ([eta, eta_error], [conductivity, error]) = (one.ln_viscosity?, one.ln_conductivity?);
        let logarithm = |eta: f64, conductivity: f64| {
            let apparent = eta.exp() / newtonian_from_apparent(1.0);
            critical_diameter_eq3(
                apparent,
                conductivity.exp(),
                self.material.atomic_volume(),
                one.temperature,
            )
            .ln()
        };
        // d_c is the cube root of the product.
        let variance = (eta_error.powi(2) + error.powi(2) + 2.0 * one.covariance) / 9.0;
        let draws = self
            .draws
            .iter()
            .filter_map(|draw| {
                let [eta, conductivity] = draw.temperatures[index];
                Some(logarithm(eta?, conductivity?))
            })
            .collect();
        Some(self.estimate(
            [logarithm(eta, conductivity), variance.max(0.0).sqrt()],
            draws,
        ))
    }

    /// What `law` computes from the material, with the interval of the bootstrap.
    pub fn from_law(&self, law: impl Fn(&Material) -> f64) -> (f64, Option<[f64; 2]>) {
        let draws = self.draws.iter().map(|draw| law(&draw.material)).collect();
        (
            law(&self.material),
            percentiles(draws, self.options.confidence),
        )
    }

    /// Longest duration in s of a molding: the experiment's time of the kink.
    pub fn longest_time(&self) -> f64 {
        self.temperatures
            .iter()
            .map(|one| one.time)
            .fold(0.0, f64::max)
    }
}
