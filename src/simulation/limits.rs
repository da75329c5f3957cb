//! What ends a run and what bounds its steps.

use super::Simulation;
use super::composition::LARGEST_GROWTH;
use super::integrator::Trial;
use crate::case::{FrontModel, LoadedCase};

/// Relative resolution of the time at which a run counts as ended.
const TIME_RESOLUTION: f64 = 1e-12;

/// Relative distance to a length at which it counts as reached: the accuracy of a step's own error.
const LENGTH_RESOLUTION: f64 = 1e-4;

/// Why a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The molding time is over.
    Time,
    /// The wire has the length at which the case stops.
    Length,
    /// The front has met the bottom of the pore.
    Filled,
}

/// Length in R at which a run ends, infinite without one: the stop length of the case, or the bottom that a flat front
/// meets all at once. (A free front meets it with its tip.)
pub(crate) fn stop(loaded: &LoadedCase) -> f64 {
    let case = &loaded.case;
    let bottom = case
        .depth()
        .filter(|_| case.front_model() == FrontModel::Flat);
    let lengths = [case.stop_length(), bottom].into_iter().flatten();
    lengths.fold(f64::INFINITY, f64::min) / case.radius()
}

/// What has ended a run that has reached `time` (s), this mean `length` and, with the front's farthest point, `top` (m);
/// `None` if it goes on.
pub(crate) fn ending(loaded: &LoadedCase, time: f64, length: f64, top: f64) -> Option<Ending> {
    let case = &loaded.case;
    let reached = |length: f64, end: Option<f64>| {
        end.is_some_and(|end| length >= end * (1.0 - LENGTH_RESOLUTION))
    };
    if reached(top, case.depth()) {
        Some(Ending::Filled)
    } else if reached(length, case.stop_length()) {
        Some(Ending::Length)
    } else if time >= case.time() * (1.0 - TIME_RESOLUTION) {
        Some(Ending::Time)
    } else {
        None
    }
}

/// The longest step (s) and what sets it.
pub(super) struct StepLimit {
    pub step: f64,
    /// The step ends at a corner of the schedule.
    pub is_corner: bool,
}

impl Simulation<'_> {
    /// Share of the run that is done, 0…1: by squared length where the run ends at a length or a depth, else by time.
    pub fn progress(&self) -> f64 {
        let case = &self.loaded.case;
        let by_time = self.integrator.time / case.time();
        let length = self.last.length / case.radius();
        let by_length = (length / stop(self.loaded)).powi(2);
        let by_depth = self.filled().map_or(0.0, |share| share.powi(2));
        by_time.max(by_length).max(by_depth).min(1.0)
    }

    /// Share of the depth of a closed pore that the tip has reached.
    fn filled(&self) -> Option<f64> {
        let depth = self.loaded.case.depth()?;
        Some(self.top() / depth)
    }

    /// Distance in m from the mold face to the front's farthest point.
    fn top(&self) -> f64 {
        let radius = self.loaded.case.radius();
        self.front
            .as_ref()
            .map_or(self.last.length, |front| front.curve().top() * radius)
    }

    /// Why the run has ended; `None` while it goes on.
    pub fn ending(&self) -> Option<Ending> {
        ending(
            self.loaded,
            self.integrator.time,
            self.last.length,
            self.top(),
        )
    }

    /// True if nothing is left to be done; see [`Simulation::ending`].
    pub fn is_finished(&self) -> bool {
        self.ending().is_some()
    }

    /// The share of a step after which the stop length is reached, if the step goes beyond it by more than counts as
    /// reaching it.
    pub(super) fn share_to_stop(&self, trial: &Trial) -> Option<f64> {
        let stop = stop(self.loaded);
        let start = self.integrator.value;
        let square = |length: f64| (length + self.offset).powi(2);
        let beyond = trial.value > square(stop * (1.0 + LENGTH_RESOLUTION));
        beyond.then(|| (square(stop) - start) / (trial.value - start))
    }

    /// The shortest step (s) that is tried again in parts where it led nowhere.
    pub(super) fn shortest_attempt(&self) -> f64 {
        1e-7 * self.loaded.case.time()
    }

    /// The shortest step (s) that the time can resolve.
    pub(super) fn shortest_step(&self) -> f64 {
        self.loaded.case.time() * TIME_RESOLUTION
    }

    /// Largest step that straddles no corner of the schedule, no end.
    pub(super) fn limit(&self) -> StepLimit {
        let now = self.integrator.time;
        let end = self.loaded.case.time() - now;
        let corner = self
            .process
            .next_corner(now)
            .map_or(f64::INFINITY, |t| t - now);
        // Time to a length at the present rate; close enough to land on it within the step's own error.
        let until = |length: f64| {
            ((length + self.offset).powi(2) - self.integrator.value) / self.integrator.rate
        };
        let mut step = end.min(corner);
        let is_corner = corner <= end;
        let mut times = vec![until(stop(self.loaded))];
        if self.composition.is_some() {
            let length = self.last.length / self.loaded.case.radius();
            let time = until((1.0 + LARGEST_GROWTH) * length);
            if time > 0.0 {
                step = step.min(time);
            }
        }
        if let Some(front) = &self.front {
            let conditions = &self.last.conditions;
            let depth = self.loaded.case.depth();
            times.extend(depth.map(|depth| (depth - self.top()) / front.top_speed(conditions)));
        }
        // Two even steps to the end rather than a long and a short one.
        if self.step_size < end && end < 2.0 * self.step_size {
            step = step.min(0.5 * end);
        }
        for time in times {
            if time.is_finite() && time > 1e-6 * self.step_size && time < step {
                step = time;
            }
        }
        StepLimit {
            step,
            is_corner: is_corner && step == corner,
        }
    }
}
