//! The stages of a process in the log: which one is running, and what each leaves.

use crate::case::{LoadedCase, Stage};
use crate::physics::constants::{GIGAPASCAL, NANOMETRE, celsius};
use crate::simulation::Step;

/// Resolution of the time at which a stage counts as ended, as a share of it.
const RESOLUTION: f64 = 1e-9;

/// Tells of the stages of one run as its steps come.
#[derive(Debug)]
pub(super) struct Stages<'a> {
    loaded: &'a LoadedCase,
    ends: Vec<f64>,
    /// The stage that is running.
    running: usize,
}

impl<'a> Stages<'a> {
    /// Tells of the first stage, if the process has stages.
    pub fn begin(loaded: &'a LoadedCase) -> Self {
        let stages = Stages {
            ends: loaded.case.process.stage_ends(),
            loaded,
            running: 0,
        };
        stages.tell();
        stages
    }

    /// Tells of what ends and begins with the step that was just made.
    pub fn step(&mut self, step: &Step) {
        while let Some(&end) = self.ends.get(self.running) {
            if step.conditions.time < end * (1.0 - RESOLUTION) {
                break;
            }
            tracing::info!(
                "{} ends after {end} s: L = {:.2} nm (L/d = {:.3})",
                self.name(self.running),
                step.length / NANOMETRE,
                step.length / self.loaded.case.diameter()
            );
            self.running += 1;
            self.tell();
        }
    }

    fn stages(&self) -> &[Stage] {
        self.loaded.case.process.stages.as_deref().unwrap_or(&[])
    }

    fn name(&self, index: usize) -> String {
        let number = format!("stage {} of {}", index + 1, self.ends.len());
        match &self.stages()[index].name {
            Some(name) => format!("{number} ({name})"),
            None => number,
        }
    }

    /// Says what the running stage does.
    fn tell(&self) {
        let Some(stage) = self.stages().get(self.running) else {
            return;
        };
        let end = self.ends[self.running];
        let start = end - stage.duration_s;
        let (temperature, pressure) = (self.loaded.case.temperature(), self.loaded.case.pressure());
        let span = |[from, to]: [f64; 2]| {
            if from == to {
                format!("{to}")
            } else {
                format!("{from} to {to}")
            }
        };
        // Six digits: what was typed, without the round trip over K and Pa.
        let round = |value: f64| (value * 1e6).round() / 1e6;
        let degrees = [start, end].map(|time| round(celsius(temperature.value(time))));
        let held = stage.from_pressure_GPa.is_none();
        let press = [if held { end } else { start }, end]
            .map(|time| round(pressure.value(time) / GIGAPASCAL));
        tracing::info!(
            "{}: {} s at {} °C and {} GPa",
            self.name(self.running),
            stage.duration_s,
            span(degrees),
            span(press)
        );
    }
}
