//! What a case file says of temperature, pressure and time.

use super::si::schedule;
use crate::physics::Schedule;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Temperature, pressure and time of the molding: constants and schedules with `time_s`, or `stages`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[allow(
    non_snake_case,
    reason = "keys carry symbols and units as the field writes them"
)]
pub struct Process {
    /// Constant temperature in °C. Exactly one of temperature_C, temperature_schedule and stages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temperature_C: Option<f64>,
    /// Temperature, linear between entries [time_s, temperature_C]; times increase and cover the run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temperature_schedule: Option<Vec<[f64; 2]>>,
    /// Constant applied pressure in GPa. Exactly one of pressure_GPa, pressure_schedule and stages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pressure_GPa: Option<f64>,
    /// Applied pressure, linear between entries [time_s, pressure_GPa]; times increase and cover the run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pressure_schedule: Option<Vec<[f64; 2]>>,
    /// Duration of the molding in s; also the experiment's time that fixes the kinetic glass transition. With stages, the sum of theirs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_s: Option<f64>,
    /// Pressure of the gas ahead of the front in GPa. Default 0: the pores are evacuated or the gas is negligible against GPa.
    #[serde(default)]
    pub gas_pressure_GPa: f64,
    /// Length in nm (the mean length with a free front) at which the run ends early. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop_length_nm: Option<f64>,
    /// The process from start to end, one [[process.stages]] after the other, in place of constants, schedules and time_s.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stages: Option<Vec<Stage>>,
}

/// One stage of a process, such as prepress, cooling or molding.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[allow(
    non_snake_case,
    reason = "keys carry symbols and units as the field writes them"
)]
pub struct Stage {
    /// Name of the stage, which the log tells while it runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Duration in s.
    pub duration_s: f64,
    /// Temperature in °C at the end of the stage, linear from that of the stage before. Default: it stays. The first stage needs it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temperature_C: Option<f64>,
    /// Temperature in °C at the start; in the first stage alone. Default: temperature_C.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from_temperature_C: Option<f64>,
    /// Applied pressure in GPa. Default: it stays as it was at the end of the stage before; 0 in the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pressure_GPa: Option<f64>,
    /// Pressure in GPa at the start of a stage through which it changes linearly. Default: pressure_GPa, which the press reaches within a thousandth of the stage.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from_pressure_GPa: Option<f64>,
}

/// Share of a stage within which the press reaches another pressure than that of the stage before.
const PRESS: f64 = 1e-3;

impl Process {
    /// Duration in s; 0 where nothing is given.
    pub fn duration(&self) -> f64 {
        match &self.stages {
            Some(stages) => stages.iter().map(|stage| stage.duration_s).sum(),
            None => self.time_s.unwrap_or(0.0),
        }
    }

    /// Times in s at which the stages end, in order; none without stages.
    pub fn stage_ends(&self) -> Vec<f64> {
        let mut time = 0.0;
        let stages = self.stages.iter().flatten();
        stages
            .map(|stage| {
                time += stage.duration_s;
                time
            })
            .collect()
    }

    /// Temperature in °C over time in s.
    pub(super) fn temperature(&self) -> Schedule {
        match &self.stages {
            Some(stages) => Schedule::piecewise_linear(temperature_knots(stages)),
            None => schedule(self.temperature_C, &self.temperature_schedule),
        }
    }

    /// Applied pressure in GPa over time in s.
    pub(super) fn pressure(&self) -> Schedule {
        match &self.stages {
            Some(stages) => Schedule::piecewise_linear(pressure_knots(stages)),
            None => schedule(self.pressure_GPa, &self.pressure_schedule),
        }
    }

    /// Every temperature in °C that is given, with its key.
    pub(super) fn temperatures(&self) -> Vec<(String, f64)> {
        let constant = ("temperature_C", self.temperature_C);
        let schedule = ("temperature_schedule", &self.temperature_schedule);
        self.given(constant, schedule, |stage| {
            [
                ("from_temperature_C", stage.from_temperature_C),
                ("temperature_C", stage.temperature_C),
            ]
        })
    }

    /// Every applied pressure in GPa that is given, with its key.
    pub(super) fn pressures(&self) -> Vec<(String, f64)> {
        let constant = ("pressure_GPa", self.pressure_GPa);
        let schedule = ("pressure_schedule", &self.pressure_schedule);
        self.given(constant, schedule, |stage| {
            [
                ("from_pressure_GPa", stage.from_pressure_GPa),
                ("pressure_GPa", stage.pressure_GPa),
            ]
        })
    }

    /// Every value that is given, with its key: the constant, those of the schedule's knots and those of the stages.
    fn given(
        &self,
        constant: (&str, Option<f64>),
        schedule: (&str, &Option<Vec<[f64; 2]>>),
        of_stage: impl Fn(&Stage) -> [(&'static str, Option<f64>); 2],
    ) -> Vec<(String, f64)> {
        let mut found = Vec::new();
        if let (key, Some(at)) = constant {
            found.push((format!("process.{key}"), at));
        }
        for (k, knot) in schedule.1.iter().flatten().enumerate() {
            found.push((format!("process.{}.{k}", schedule.0), knot[1]));
        }
        for (k, stage) in self.stages.iter().flatten().enumerate() {
            for (key, at) in of_stage(stage) {
                if let Some(at) = at {
                    found.push((format!("process.stages.{k}.{key}"), at));
                }
            }
        }
        found
    }
}

fn temperature_knots(stages: &[Stage]) -> Vec<[f64; 2]> {
    let first = stages.first();
    let start = first.and_then(|stage| stage.from_temperature_C.or(stage.temperature_C));
    let mut knots = vec![[0.0, start.unwrap_or(f64::NAN)]];
    let mut time = 0.0;
    for stage in stages {
        time += stage.duration_s;
        let before = knots[knots.len() - 1][1];
        knots.push([time, stage.temperature_C.unwrap_or(before)]);
    }
    straightened(knots)
}

fn pressure_knots(stages: &[Stage]) -> Vec<[f64; 2]> {
    let (mut knots, mut time) = (Vec::new(), 0.0);
    for stage in stages {
        let before = knots.last().map(|knot: &[f64; 2]| knot[1]);
        let end = stage.pressure_GPa.or(before).unwrap_or(0.0);
        let start = stage.from_pressure_GPa.unwrap_or(end);
        match before {
            None => knots.push([time, start]),
            Some(before) if before != start => knots.push([time + PRESS * stage.duration_s, start]),
            Some(_) => {}
        }
        time += stage.duration_s;
        knots.push([time, end]);
    }
    straightened(knots)
}

/// The schedule without knots at which nothing bends: no step has to end there.
fn straightened(knots: Vec<[f64; 2]>) -> Vec<[f64; 2]> {
    let mut kept: Vec<[f64; 2]> = Vec::new();
    for (k, knot) in knots.iter().enumerate() {
        let level = |other: Option<&[f64; 2]>| other.is_some_and(|other| other[1] == knot[1]);
        let between = k > 0 && level(kept.last()) && level(knots.get(k + 1));
        if !between {
            kept.push(*knot);
        }
    }
    kept
}
