//! Two readings of a plan's lengths: what tells them apart.
//!
//! A linear forecast knows one reading only. From two diameters a length model with an entrance may have two (`calibrate::rivals`), far from each other; a
//! plan then needs a third diameter, whatever the forecast says.

use super::knowledge::{Knowledge, state};
use super::laboratory::Candidate;
use super::target::{At, Target};
use crate::calibrate::covariance::{Doubts, ResidualCovariance};
use crate::calibrate::data::Measurement;
use crate::calibrate::model::LengthModel;
use crate::calibrate::temperature::{Acting, Inversion};

/// Standard deviations up to which another reading counts, in the lengths and in what is known of the numbers beforehand.
const REACH: f64 = 3.0;

/// Lengths that are there already, and the law of the length.
pub struct Readings<'a> {
    /// The law.
    pub model: &'a dyn LengthModel,
    /// The lengths.
    pub rows: &'a [Measurement],
}

impl Readings<'_> {
    /// The candidate that best tells the readings of the `chosen` experiments (and of the lengths that are there) apart for its cost, at a temperature where they have more than one; none
    /// where they have one everywhere.
    pub(super) fn tells_apart(
        &self,
        known: &Knowledge,
        candidates: &[Candidate],
        chosen: &[usize],
        possible: impl Fn(&Candidate) -> bool,
    ) -> Option<usize> {
        let mut temperatures: Vec<f64> = chosen
            .iter()
            .map(|&index| candidates[index].row.molding.temperature)
            .collect();
        temperatures.sort_by(f64::total_cmp);
        temperatures.dedup();
        temperatures.into_iter().find_map(|temperature| {
            let here = |row: &&Measurement| row.molding.temperature == temperature;
            let planned = chosen.iter().map(|&index| &candidates[index].row);
            let rows: Vec<&Measurement> = planned.filter(here).collect();
            // Lengths that are there are expected lengths as well: what they should be with the numbers that they gave.
            let before: Vec<Measurement> = (self.rows.iter().filter(here))
                .map(|row| expected(known, row, self.model))
                .collect();
            let rows: Vec<&Measurement> = rows.into_iter().chain(&before).collect();
            let state = state(&known.material, rows.first()?);
            let rival = self.rival(known, &rows)?;
            let rated = candidates
                .iter()
                .enumerate()
                .filter(|(_, one)| one.row.molding.temperature == temperature && possible(one));
            let rate = |one: &Candidate| {
                let length = |state| self.model.length(&one.row.molding, state, one.row.measured);
                let apart = (length(&rival) / length(&state)).ln();
                apart.powi(2) / (one.says.variance * one.cost)
            };
            let best = rated.max_by(|a, b| rate(a.1).total_cmp(&rate(b.1)))?;
            // What is chosen already and did not help does not help again.
            (!chosen.contains(&best.0)).then_some(best.0)
        })
    }

    /// Another reading of `rows` that is possible by what is known beforehand.
    fn rival(
        &self,
        known: &Knowledge,
        rows: &[&Measurement],
    ) -> Option<crate::calibrate::model::TransportState> {
        let first = rows.first()?;
        let truth = state(&known.material, first);
        let inversion = Inversion {
            model: self.model,
            atomic_volume: truth.atomic_volume,
            sigmas: true,
            doubts: Doubts::default(),
        };
        let start = [
            truth.newtonian_viscosity.ln(),
            truth.layer_conductivity.ln(),
        ];
        let weights = ResidualCovariance::independent(rows, true, 1.0);
        let fit = inversion
            .again(rows, Acting::Both, &start, &weights, 1.0)
            .ok()?;
        let (temperature, time) = (first.molding.temperature, first.molding.time);
        let targets =
            [At::Viscosity, At::LayerConductivity].map(|what| Target::At(what, temperature, time));
        let widths = known.deviations(&known.derivatives(&targets));
        let rivals = inversion.rivals(rows, &fit, &weights, 1.0, REACH);
        let rival = rivals.into_iter().find(|rival| {
            let away = rival.values.iter().zip(&start).zip(&widths);
            let mut away = away.map(|((value, start), width)| (value - start).abs() / width);
            away.all(|away| away < REACH)
        })?;
        Some(inversion.state(Acting::Both, &rival.values))
    }
}

/// `row` as long as the numbers that are known make it.
fn expected(known: &Knowledge, row: &Measurement, model: &dyn LengthModel) -> Measurement {
    let length = model.length(&row.molding, &state(&known.material, row), row.measured);
    let relative = row
        .sigma
        .map_or(crate::calibrate::statistics::ASSUMED_SCATTER, |sigma| {
            sigma / row.length
        });
    Measurement {
        length,
        sigma: Some(relative * length),
        ..row.clone()
    }
}
