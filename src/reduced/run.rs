//! A case by the reduced model: schedules of pressure and temperature, steps as the full run records them.

use super::entrance::{Entrance, MoldError, Pore};
use super::table::{Table, TableError};
use crate::case::{FrontModel, LoadedCase};
use crate::flow::solver::Statistics;
use crate::simulation::{self, Conditions, Process, Step};
use std::f64::consts::PI;

/// Why a case cannot be run by the reduced model.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum CaseError {
    /// The table cannot be used.
    #[error(transparent)]
    Table(#[from] TableError),
    /// The table does not serve the mold.
    #[error(transparent)]
    Mold(#[from] MoldError),
    /// The case asks for what the reduced model does not have.
    #[error("the reduced model has no {what}; set {remedy}, or use the full model")]
    Beyond {
        /// What it does not have.
        what: &'static str,
        /// What would be valid.
        remedy: &'static str,
    },
}

/// A case that the reduced model can run.
#[derive(Debug)]
pub struct ReducedRun<'a> {
    loaded: &'a LoadedCase,
    process: Process<'a>,
    entrance: Entrance,
}

/// Steps that are recorded, besides those at the corners of a schedule.
const RECORDED: usize = 100;

/// First recorded step, as a share of the time in which L² doubles.
const FIRST: f64 = 0.02;

/// Relative error of the length that one recorded step may make where Λ changes; none is made where it does not.
const TOLERANCE: f64 = 1e-8;

/// Halvings of a step after which it is taken as it is.
const HALVINGS: u32 = 20;

/// A wire on its way.
#[derive(Clone, Copy, Debug)]
struct State {
    /// L/R.
    length: f64,
    /// Volume that arrived through the layer, in πR³.
    layer_volume: f64,
}

/// The pores that a wire meets. That of the latest Λ is kept: where nothing changes, one serves the whole run.
struct Pores<'a> {
    entrance: &'a Entrance,
    latest: Option<(f64, Pore<'a>)>,
    /// Whether what arrives through the layer is counted; a length does not depend on it.
    shares: bool,
}

impl<'a> Pores<'a> {
    fn at(&mut self, lambda: f64) -> &Pore<'a> {
        let known = self.latest.take().filter(|(known, _)| *known == lambda);
        let pore = known.map_or_else(|| self.entrance.pore(lambda), |(_, pore)| pore);
        &self.latest.insert((lambda, pore)).1
    }
}

impl<'a> ReducedRun<'a> {
    /// A run with the table that the program carries.
    ///
    /// # Errors
    /// [`CaseError`] if the table is stale, does not serve the mold, or the case asks for a free front or slip.
    pub fn new(loaded: &'a LoadedCase) -> Result<Self, CaseError> {
        Self::with_table(loaded, Table::shipped()?)
    }

    /// A run with a table of the caller's.
    ///
    /// # Errors
    /// As [`ReducedRun::new`], but for the table's own.
    pub fn with_table(loaded: &'a LoadedCase, table: &Table) -> Result<Self, CaseError> {
        Self::with_entrance(loaded, Entrance::of_mesh(table, &loaded.mesh)?)
    }

    /// A run with the entrance of its mold, from an earlier run on the same mesh.
    ///
    /// # Errors
    /// As [`ReducedRun::new`], but for those of table and mold.
    pub fn with_entrance(loaded: &'a LoadedCase, entrance: Entrance) -> Result<Self, CaseError> {
        let case = &loaded.case;
        if case.front_model() == FrontModel::Free {
            let (what, remedy) = ("free front", "front.model = \"flat\"");
            return Err(CaseError::Beyond { what, remedy });
        }
        if case.slip_length() > 0.0 {
            let (what, remedy) = ("slip at the walls", "interface.slip_length_nm = 0");
            return Err(CaseError::Beyond { what, remedy });
        }
        if !loaded.material.viscosity.rheology.is_newtonian() {
            let what = "liquid that thins under stress";
            let remedy = "model = \"full\", or viscosity.rheology = \"newtonian\"";
            return Err(CaseError::Beyond { what, remedy });
        }
        Ok(ReducedRun {
            loaded,
            process: Process::new(loaded),
            entrance,
        })
    }

    /// The entrance of the case's mold.
    pub fn entrance(&self) -> &Entrance {
        &self.entrance
    }

    /// The entrance, for further runs on the same mold.
    pub fn into_entrance(self) -> Entrance {
        self.entrance
    }

    /// The conditions at a time, with viscosity and mobility averaged over the pressures along the pore.
    fn averaged(&self, time: f64) -> Conditions {
        self.process.at(time).averaged()
    }

    fn pores(&self, shares: bool) -> Pores<'_> {
        Pores {
            entrance: &self.entrance,
            latest: None,
            shares,
        }
    }

    /// L_0/R.
    fn start(&self) -> f64 {
        let case = &self.loaded.case;
        case.initial_length() / case.radius()
    }

    /// The end of the run alone: that of [`ReducedRun::steps`] (to the tolerance of its steps), without the steps on the way.
    pub fn last(&self) -> Step {
        let mut pores = self.pores(true);
        let (time, step, state) = self.end(&mut pores);
        self.record(time, step, self.start(), state, &mut pores)
    }

    /// The length at the end in m: the bits of [`ReducedRun::last`]'s, without anything else of it.
    pub fn length(&self) -> f64 {
        let (_, _, state) = self.end(&mut self.pores(false));
        state.length * self.loaded.case.radius()
    }

    /// Time of the end, duration of the last step and the state then.
    fn end(&self, pores: &mut Pores) -> (f64, f64, State) {
        let case = &self.loaded.case;
        let mut state = State {
            length: self.start(),
            layer_volume: 0.0,
        };
        let (mut time, mut latest) = (0.0, 0.0);
        while time < case.time() {
            let corner = self.process.next_corner(time).unwrap_or(f64::INFINITY);
            let end = corner.min(case.time());
            let after = self.advance(time, end, state, HALVINGS, pores);
            let stop = simulation::stop(self.loaded);
            latest = end - time;
            if after.length >= stop {
                let (end, after) = self.landing(time, end, state, stop, pores);
                return (end, end - time, after);
            }
            state = after;
            time = end;
        }
        (time, latest, state)
    }

    /// Time and state at which the wire has the length `stop`, between two times.
    fn landing(
        &self,
        from: f64,
        to: f64,
        state: State,
        stop: f64,
        pores: &mut Pores,
    ) -> (f64, State) {
        let (mut low, mut high) = (from, to);
        for _ in 0..50 {
            let middle = 0.5 * (low + high);
            let there = self.advance(from, middle, state, HALVINGS, pores);
            if there.length < stop {
                low = middle;
            } else {
                high = middle;
            }
        }
        (high, self.advance(from, high, state, HALVINGS, pores))
    }

    /// The whole run: the start, then steps whose lengths are spaced for a plot, ending at the corners of the schedules, and
    /// the end of the time or the stop length.
    pub fn steps(&self) -> Vec<Step> {
        let start = self.start();
        let mut state = State {
            length: start,
            layer_volume: 0.0,
        };
        let mut pores = self.pores(true);
        let mut steps = vec![self.record(0.0, 0.0, start, state, &mut pores)];
        let mut time = 0.0;
        for next in self.times() {
            let mut end = next;
            let mut after = self.advance(time, end, state, HALVINGS, &mut pores);
            let stop = simulation::stop(self.loaded);
            let stops = after.length >= stop;
            if stops {
                (end, after) = self.landing(time, end, state, stop, &mut pores);
            }
            state = after;
            steps.push(self.record(end, end - time, start, state, &mut pores));
            time = end;
            if stops {
                break;
            }
        }
        steps
    }

    /// Times at which a step ends: growing by a factor from one to the next, and the corners of the schedules.
    fn times(&self) -> Vec<f64> {
        let case = &self.loaded.case;
        let end = case.time();
        let conditions = self.averaged(0.0);
        let length = self.start();
        let pore = self.entrance.pore(conditions.scales.lambda());
        let doubling = length * conditions.scales.time() / pore.speed(length);
        let first = if conditions.scales.pressure > 0.0 {
            (FIRST * doubling).min(0.1 * end)
        } else {
            1e-4 * end
        };
        let growth = (end / first).powf(1.0 / (RECORDED - 1) as f64);
        let mut times: Vec<f64> = (0..RECORDED - 1)
            .map(|k| first * growth.powi(k as i32))
            .chain([end])
            .collect();
        let mut corner = 0.0;
        while let Some(next) = self.process.next_corner(corner).filter(|&t| t < end) {
            times.push(next);
            corner = next;
        }
        times.sort_by(f64::total_cmp);
        // Two that coincide but for round-off would make a step of nothing.
        times.dedup_by(|later, earlier| *later - *earlier < 1e-12 * end);
        times
    }

    /// From one time to another, in halves where one step is not accurate.
    fn advance(&self, from: f64, to: f64, state: State, halvings: u32, pores: &mut Pores) -> State {
        let middle = 0.5 * (from + to);
        let whole = self.step(from, to, state, pores);
        let first = self.step(from, middle, state, pores);
        let halves = self.step(middle, to, first, pores);
        let error = (whole.length / halves.length - 1.0).abs();
        // What is no number does not become one in smaller steps.
        if halvings == 0 || error <= TOLERANCE || !error.is_finite() {
            return halves;
        }
        let first = self.advance(from, middle, state, halvings - 1, pores);
        self.advance(middle, to, first, halvings - 1, pores)
    }

    /// One step: ∫ p/η dt by Simpson's rule, Λ of its middle. Exact where Λ is constant and p linear; else of second order.
    fn step(&self, from: f64, to: f64, state: State, pores: &mut Pores) -> State {
        let middle = self.averaged(0.5 * (from + to));
        let drive = |c: &Conditions| c.scales.pressure.max(0.0) / c.scales.newtonian_viscosity;
        let ends = drive(&self.averaged(from)) + drive(&self.averaged(to));
        let theta = (to - from) / 6.0 * (ends + 4.0 * drive(&middle));
        let shares = pores.shares;
        let pore = pores.at(middle.scales.lambda());
        let length = pore.length_after(state.length, theta);
        // What arrives through core and layer is decided at the tip.
        let through_layer = if shares {
            let tip = self.process.at(0.5 * (from + to)).at_tip();
            pores
                .at(tip.scales.lambda())
                .layer_volume(state.length, length)
        } else {
            0.0
        };
        State {
            length,
            layer_volume: state.layer_volume + through_layer,
        }
    }

    fn record(&self, time: f64, step: f64, start: f64, state: State, pores: &mut Pores) -> Step {
        let conditions = self.process.at(time);
        let scales = conditions.averaged().scales;
        let pore = pores.at(scales.lambda());
        // A flat front does not recede: without a driving pressure it waits.
        let rate = if scales.pressure > 0.0 {
            pore.speed(state.length) * scales.velocity()
        } else {
            0.0
        };
        let section = PI * scales.radius.powi(2);
        let tip = conditions.at_tip().scales.lambda();
        let share = pores.at(tip).layer_share(state.length);
        let volume = section * scales.radius;
        Step {
            conditions,
            length: state.length * scales.radius,
            front: None,
            rate,
            core_flow: (1.0 - share) * section * rate,
            layer_flow: share * section * rate,
            transported: [
                volume * (state.length - start - state.layer_volume),
                volume * state.layer_volume,
            ],
            mass_defect: 0.0,
            spent: None,
            step,
            step_error: 0.0,
            shape_error: 0.0,
            cycles: 0,
            statistics: Statistics::default(),
            cells: 0,
            composition: None,
        }
    }
}
