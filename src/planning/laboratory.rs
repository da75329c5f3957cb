//! What a press and molds can do, and every experiment that it makes possible.

use super::knowledge::{Knowledge, Sensitivity, state};
use crate::calibrate::covariance::slope;
use crate::calibrate::data::Measurement;
use crate::calibrate::model::{LengthModel, Molding};
use crate::experiments::Measured;
use crate::physics::driving_pressure;

/// A press, molds and a microscope; SI.
#[derive(Debug, Clone, PartialEq)]
pub struct Laboratory {
    /// Diameters of the molds in m.
    pub diameters: Vec<f64>,
    /// Temperatures in K.
    pub temperatures: Vec<f64>,
    /// Pressures in Pa.
    pub pressures: Vec<f64>,
    /// Times in s.
    pub times: Vec<f64>,
    /// Time in s that a press takes besides: heating, cooling, another mold.
    pub overhead: f64,
    /// Cost of an hour of the press; none where hours are all that counts.
    pub hourly_cost: Option<f64>,
    /// Cost of a mold.
    pub mold_cost: f64,
    /// Relative standard deviation of a measured length.
    pub sigma: f64,
    /// The least standard deviation of a measured length in m, whatever it is: what the microscope resolves.
    pub resolution: f64,
    /// Relative standard deviation of the mean diameter of the wires that are measured.
    pub spread: f64,
    /// Length at the start in diameters.
    pub initial_aspect: f64,
    /// Longest wire in m that a mold takes, if it is known.
    pub longest: Option<f64>,
}

/// An experiment that is possible.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// The molding; `length` is what is expected, `sigma` the error that it would have.
    pub row: Measurement,
    /// What its length would say.
    pub says: Sensitivity,
    /// Hours of the press.
    pub hours: f64,
    /// What it costs: hours where no cost is stated.
    pub cost: f64,
}

/// Shortest wire that can be measured at all, in diameters beyond where it began.
const SHORTEST: f64 = 0.25;

impl Laboratory {
    /// Every experiment with a wire that can be measured, and how many there are besides.
    pub fn candidates(
        &self,
        known: &Knowledge,
        model: &dyn LengthModel,
    ) -> (Vec<Candidate>, usize) {
        let (mut found, mut impossible) = (Vec::new(), 0);
        for (mold, &diameter) in self.diameters.iter().enumerate() {
            for &temperature in &self.temperatures {
                for &pressure in &self.pressures {
                    for &time in &self.times {
                        let at = [diameter, temperature, pressure, time];
                        match self.candidate(known, model, mold, at) {
                            Some(one) => found.push(one),
                            None => impossible += 1,
                        }
                    }
                }
            }
        }
        (found, impossible)
    }

    fn candidate(
        &self,
        known: &Knowledge,
        model: &dyn LengthModel,
        mold: usize,
        [diameter, temperature, pressure, time]: [f64; 4],
    ) -> Option<Candidate> {
        let material = &known.material;
        let (tension, angle) = (material.surface_tension(), material.contact_angle());
        let driving = driving_pressure(pressure, 0.0, tension, angle, diameter);
        let beyond = material.extrapolations(temperature);
        if driving <= 0.0 || beyond.iter().any(|one| one.refused) {
            return None;
        }
        let mut row = Measurement {
            line: 0,
            molding: Molding {
                diameter,
                temperature,
                pressure: driving,
                time,
                initial_length: self.initial_aspect * diameter,
                cell_radius: None,
            },
            applied_pressure: pressure,
            length: 0.0,
            sigma: None,
            measured: Measured::Tip,
            wires: 1.0,
            spread: self.spread,
            shift: 0.0,
            mold: String::new(),
        };
        let state = state(material, &row);
        row.length = model.length(&row.molding, &state, row.measured);
        let grown = row.length - row.molding.initial_length;
        let measurable = grown > SHORTEST * diameter && grown > self.resolution;
        if !measurable || self.longest.is_some_and(|longest| row.length > longest) {
            return None;
        }
        let sigma = (self.sigma * row.length).hypot(self.resolution);
        row.sigma = Some(sigma);
        let slope = slope(&row, model, &state);
        let variance = (sigma / row.length).powi(2) + (slope * self.spread).powi(2);
        let says = known.sensitivity(&row, mold, slope, variance, model);
        let finite = says.numbers.iter().all(|one| one.is_finite()) && variance.is_finite();
        let hours = (time + self.overhead) / 3600.0;
        finite.then_some(Candidate {
            row,
            says,
            hours,
            cost: match self.hourly_cost {
                Some(hour) => hour * hours + self.mold_cost,
                None => hours,
            },
        })
    }
}
