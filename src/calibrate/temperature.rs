//! First step of a calibration: viscosity and δ D_I at each temperature.

use super::covariance::{Doubts, ResidualCovariance, is_shared};
use super::data::{Measurement, Measurements};
use super::least_squares::{Fit, FitError, Parameter, minimise};
use super::material_file::digits;
use super::model::{LengthModel, TransportState};
use super::statistics::Scatter;
use crate::physics::constants::{BOLTZMANN, NANOMETRE};

/// What the lengths at one temperature say.
#[derive(Debug, Clone)]
pub struct TemperatureFit {
    /// Temperature in K.
    pub temperature: f64,
    /// Duration of the moldings in s (median).
    pub time: f64,
    /// Indices of the rows.
    pub rows: Vec<usize>,
    /// ln of the Newtonian viscosity in Pa·s with its standard error; none where the data do not fix it.
    pub ln_viscosity: Option<[f64; 2]>,
    /// ln of δ D_I in m³/s with its standard error; none where the data do not fix it.
    pub ln_conductivity: Option<[f64; 2]>,
    /// ResidualCovariance of the two, where both are there.
    pub covariance: f64,
    /// Why a number is missing, and what would give it.
    pub missing: Vec<String>,
    /// The least squares; none where nothing could be fitted.
    pub fit: Option<Fit>,
    /// The alloy as the fit has it; a number that the data do not fix is in it as far as it acts.
    pub state: TransportState,
    /// The covariance of the residuals there.
    pub weights: ResidualCovariance,
    /// Which of the two numbers act.
    pub acting: Acting,
    /// Other readings of the same lengths.
    pub rivals: Vec<Fit>,
}

/// Both numbers or one of them act.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Acting {
    /// Viscosity and δ D_I.
    Both,
    /// The viscosity alone.
    Flow,
    /// δ D_I alone.
    Diffusion,
}

/// A standard error of a logarithm above this leaves a number without a digit: a factor e.
const WIDTH: f64 = 1.0;
/// Most splits of the diameters that a search starts from.
const MOST_SPLITS: usize = 64;
/// Starts of a search where a length depends smoothly on both numbers.
const STARTS: usize = 3;
/// Most times that fit and covariance follow each other, and the change of a logarithm at which they stand still.
const MOST_WEIGHTS: usize = 12;
const WEIGHTS_STILL: f64 = 1e-6;
/// Names of the two parameters.
const NAMES: [&str; 2] = ["ln η", "ln δD_I"];

impl Acting {
    /// Those of the two numbers that act.
    fn of(self, both: &[f64; 2]) -> &[f64] {
        match self {
            Acting::Both => &both[..],
            Acting::Flow => &both[..1],
            Acting::Diffusion => &both[1..],
        }
    }
}

/// What all temperatures have in common in the first step.
pub struct Inversion<'a> {
    /// The law of the length.
    pub model: &'a dyn LengthModel,
    /// Atomic volume Ω in m³.
    pub atomic_volume: f64,
    /// Whether errors are those that the rows state; else the lengths share a scatter that their residuals, logarithms, tell.
    pub sigmas: bool,
    /// Doubts about the law.
    pub doubts: Doubts,
}

impl Inversion<'_> {
    /// Residuals of `rows` in `state`: ln(L_model/L). Whether a relative error belongs to the measured length or to the true one, their
    /// mean is off by half its square, with opposite signs; (L_model − L)/L would be off by all of it where a laboratory states a share of what it measured.
    pub fn residuals(&self, rows: &[&Measurement], state: &TransportState) -> Vec<f64> {
        rows.iter()
            .map(|row| {
                let length = self.model.length(&row.molding, state, row.measured);
                (length / row.length).ln()
            })
            .collect()
    }

    /// The alloy whose numbers that act have these logarithms.
    pub fn state(&self, acting: Acting, values: &[f64]) -> TransportState {
        let (viscosity, conductivity) = match acting {
            Acting::Both => (values[0].exp(), values[1].exp()),
            Acting::Flow => (values[0].exp(), 0.0),
            Acting::Diffusion => (f64::INFINITY, values[0].exp()),
        };
        TransportState {
            newtonian_viscosity: viscosity,
            layer_conductivity: conductivity,
            atomic_volume: self.atomic_volume,
        }
    }

    /// Least squares of the residuals, weighted by `weights` and in units of `scatter`, from `start`.
    fn minimise(
        &self,
        rows: &[&Measurement],
        acting: Acting,
        start: &[f64],
        weights: &ResidualCovariance,
        scatter: f64,
    ) -> Result<Fit, FitError> {
        let names = match acting {
            Acting::Both => &NAMES[..],
            Acting::Flow => &NAMES[..1],
            Acting::Diffusion => &NAMES[1..],
        };
        let parameters: Vec<Parameter> = names
            .iter()
            .zip(start)
            .map(|(name, &value)| Parameter::new(*name, value, WIDTH))
            .collect();
        minimise(&parameters, |values| {
            self.weighted(rows, &self.state(acting, values), weights, scatter)
        })
    }

    /// Residuals of unit variance and without correlation, but for `scatter`.
    pub fn weighted(
        &self,
        rows: &[&Measurement],
        state: &TransportState,
        weights: &ResidualCovariance,
        scatter: f64,
    ) -> Vec<f64> {
        let mut residuals = weights.whiten(self.residuals(rows, state));
        residuals.iter_mut().for_each(|r| *r *= scatter);
        residuals
    }

    /// The fit with other weights, from where one ended.
    ///
    /// # Errors
    /// [`FitError`] where least squares do not converge.
    pub fn again(
        &self,
        rows: &[&Measurement],
        acting: Acting,
        from: &[f64],
        weights: &ResidualCovariance,
        scatter: f64,
    ) -> Result<Fit, FitError> {
        self.minimise(rows, acting, from, weights, scatter)
    }

    /// The covariance of the residuals in `state`.
    pub fn weights(
        &self,
        rows: &[&Measurement],
        state: &TransportState,
        scatter: f64,
    ) -> ResidualCovariance {
        let states = vec![*state; rows.len()];
        ResidualCovariance::new(rows, self.model, &states, self.doubts, self.sigmas, scatter)
            .unwrap_or_else(|| ResidualCovariance::independent(rows, self.sigmas, scatter))
    }

    /// The best fit and the covariance of the residuals there. How diameters act on lengths depends on the numbers that are
    /// sought, so that fit and covariance follow each other until they stand still.
    fn converge(
        &self,
        rows: &[&Measurement],
        acting: Acting,
        scatter: f64,
    ) -> Result<(Fit, ResidualCovariance), FitError> {
        let mut weights = ResidualCovariance::independent(rows, self.sigmas, scatter);
        let mut fit = self.best(rows, acting, &weights, scatter)?;
        if !is_shared(rows, self.doubts) {
            return Ok((fit, weights));
        }
        for _ in 0..MOST_WEIGHTS {
            weights = self.weights(rows, &self.state(acting, &fit.values), scatter);
            let next = self.minimise(rows, acting, &fit.values, &weights, scatter)?;
            let moved = (fit.values.iter().zip(&next.values))
                .map(|(a, b)| (a - b).abs())
                .fold(0.0, f64::max);
            fit = next;
            if moved < WEIGHTS_STILL {
                break;
            }
        }
        Ok((fit, weights))
    }

    /// The best fit from several starts: each split of the diameters into wide ones, which flow, and narrow ones, which diffuse.
    /// Where the longer of two laws counts, every split can be a minimum of its own.
    fn best(
        &self,
        rows: &[&Measurement],
        acting: Acting,
        weights: &ResidualCovariance,
        scatter: f64,
    ) -> Result<Fit, FitError> {
        let mut starts = self.starts(rows);
        if !self.model.divides() {
            let misfit = |start: &[f64; 2]| -> f64 {
                let state = self.state(acting, acting.of(start));
                let residuals = self.weighted(rows, &state, weights, scatter);
                residuals.iter().map(|r| r * r).sum()
            };
            let mut scored: Vec<(f64, [f64; 2])> =
                starts.iter().map(|start| (misfit(start), *start)).collect();
            scored.sort_by(|a, b| a.0.total_cmp(&b.0));
            starts = scored.into_iter().take(STARTS).map(|one| one.1).collect();
        }
        let mut best: Option<Fit> = None;
        let mut failure = None;
        for start in starts {
            match self.minimise(rows, acting, acting.of(&start), weights, scatter) {
                Ok(fit)
                    if best
                        .as_ref()
                        .is_none_or(|b| fit.chi_squared() < b.chi_squared()) =>
                {
                    best = Some(fit);
                }
                Ok(_) => {}
                Err(error) => failure = Some(error),
            }
        }
        best.ok_or_else(|| {
            failure.unwrap_or(FitError::NotFinite {
                parameters: NAMES.join(", "),
            })
        })
    }

    fn starts(&self, rows: &[&Measurement]) -> Vec<[f64; 2]> {
        let mut sorted: Vec<[f64; 3]> = rows
            .iter()
            .map(|row| {
                let m = &row.molding;
                let grown = row.length.powi(2) - m.initial_length.powi(2);
                let drive = m.pressure * m.time / grown;
                // Eqs. (1) and (2), each solved for its one number.
                let viscosity = drive * m.diameter.powi(2) / 16.0;
                let conductivity =
                    m.diameter * BOLTZMANN * m.temperature / (8.0 * self.atomic_volume * drive);
                [m.diameter, viscosity.ln(), conductivity.ln()]
            })
            .collect();
        sorted.sort_by(|a, b| a[0].total_cmp(&b[0]));
        let mean = |part: &[[f64; 3]], k: usize| {
            part.iter().map(|one| one[k]).sum::<f64>() / part.len() as f64
        };
        let n = sorted.len();
        let splits: Vec<usize> = (1..n)
            .filter(|&split| sorted[split][0] > sorted[split - 1][0])
            .collect();
        // Neighbouring splits of many diameters start alike.
        let every = splits.len().div_ceil(MOST_SPLITS).max(1);
        let mut starts: Vec<[f64; 2]> = splits
            .into_iter()
            .step_by(every)
            .map(|split| [mean(&sorted[split..], 1), mean(&sorted[..split], 2)])
            .collect();
        // All in one regime: the other law well below.
        starts.push([mean(&sorted, 1), sorted[0][2] - 3.0]);
        starts.push([sorted[n - 1][1] + 3.0, mean(&sorted, 2)]);
        starts
    }

    /// Fits one temperature. `scatter` is what the residuals' standard deviation is, or is assumed to be until it is known.
    pub fn fit(
        &self,
        data: &Measurements,
        temperature: f64,
        rows: &[usize],
        scatter: &Scatter,
    ) -> Result<TemperatureFit, FitError> {
        let chosen: Vec<&Measurement> = rows.iter().map(|&index| &data.rows[index]).collect();
        let mut times: Vec<f64> = chosen.iter().map(|row| row.molding.time).collect();
        times.sort_by(f64::total_cmp);
        let mut found = TemperatureFit {
            temperature,
            time: times[times.len() / 2],
            rows: rows.to_vec(),
            ln_viscosity: None,
            ln_conductivity: None,
            covariance: 0.0,
            missing: Vec::new(),
            fit: None,
            state: self.state(Acting::Flow, &[f64::INFINITY]),
            weights: ResidualCovariance::independent(&chosen, self.sigmas, scatter.value),
            acting: Acting::Both,
            rivals: Vec::new(),
        };
        let nm = |pick: fn(f64, f64) -> f64| {
            let all = chosen.iter().map(|row| row.molding.diameter / NANOMETRE);
            all.reduce(pick).unwrap_or(f64::NAN)
        };
        let narrowest = digits(nm(f64::min), 4);
        let widest = digits(nm(f64::max), 4);
        if narrowest == widest {
            found.missing.push(format!(
                "η and δD_I: all pores are {narrowest} nm wide; a second diameter is needed to tell them apart"
            ));
            return Ok(found);
        }
        let (both, weights) = match self.converge(&chosen, Acting::Both, scatter.value) {
            Ok(both) => both,
            // One temperature that cannot be fitted does not take the others with it.
            Err(error) => {
                found.missing.push(format!("η and δD_I: {error}"));
                return Ok(found);
            }
        };
        let errors = both.standard_errors(scatter.value);
        // Where a wire knows one mechanism, a single diameter on one side is whatever it happens to be.
        let shown = |index: usize| {
            let rows = both.moved_by(index);
            let mut diameters = rows.iter().map(|&row| chosen[row].molding.diameter);
            let first = diameters.next();
            diameters.any(|diameter| Some(diameter) != first)
        };
        let fixed = [0, 1].map(|index| errors[index] <= WIDTH && shown(index));
        let flow_missing =
            format!("η: flow does not show; pores wider than {widest} nm, above d_c, would fix it");
        let diffusion_missing = format!(
            "δD_I: diffusion does not show; pores narrower than {narrowest} nm, below d_c, would fix it"
        );
        let acting = match fixed {
            [true, true] => Acting::Both,
            [true, false] => Acting::Flow,
            // What the feedstock needs to feed the layer is part of the uncertainty.
            [false, true] if !self.model.diffuses_alone() => Acting::Both,
            [false, true] => Acting::Diffusion,
            [false, false] => {
                found.missing.extend([flow_missing, diffusion_missing]);
                return Ok(found);
            }
        };
        let (fit, weights) = match acting {
            Acting::Both => (both, weights),
            alone => self.converge(&chosen, alone, scatter.value)?,
        };
        let errors = fit.standard_errors(scatter.value);
        let number = |index: usize| Some([fit.values[index], errors[index]]);
        let last = fit.values.len() - 1;
        match fixed[0] {
            true => found.ln_viscosity = number(0),
            false => found.missing.push(flow_missing),
        }
        match fixed[1] {
            true => found.ln_conductivity = number(last),
            false => found.missing.push(diffusion_missing),
        }
        if fixed == [true, true] {
            found.covariance = fit.covariance(scatter.value)[(0, 1)];
        }
        found.state = self.state(acting, &fit.values);
        found.acting = acting;
        found.weights = weights;
        found.fit = Some(fit);
        Ok(found)
    }
}
