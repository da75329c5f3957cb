//! The rules of a case's temperature, pressure and time.

use super::description::CaseFile;
use super::process::Stage;
use crate::materials::Material;
use crate::physics::Violation;

/// Largest accepted pressure in GPa; presses end below, and Pa or MPa written into a GPa key end above.
const MAX_PRESSURE_GPA: f64 = 100.0;

impl CaseFile {
    /// Key under which the pressure is given.
    pub(super) fn pressure_key(&self) -> &'static str {
        if self.process.stages.is_some() {
            "process.stages"
        } else if self.process.pressure_schedule.is_some() {
            "process.pressure_schedule"
        } else {
            "process.pressure_GPa"
        }
    }

    /// Highest applied pressure in GPa; −∞ if none is given.
    pub(super) fn highest_pressure(&self) -> f64 {
        let given = self.process.pressures();
        given
            .iter()
            .map(|(_, p)| *p)
            .fold(f64::NEG_INFINITY, f64::max)
    }

    /// Temperature, pressure and time.
    pub(super) fn check_process(&self, found: &mut Vec<Violation>) {
        let process = &self.process;
        match &process.stages {
            Some(stages) => self.check_stages(stages, found),
            None => self.check_schedules(found),
        }
        self.check_pressure(found);
        if let Some(stop) = process.stop_length_nm
            && stop <= self.front.initial_length_nm(self.pore.diameter_nm)
        {
            let reason = format!(
                "the run would end at {stop} nm, but it starts at {} nm",
                self.front.initial_length_nm(self.pore.diameter_nm)
            );
            found.push(Violation::new(
                "process.stop_length_nm",
                reason,
                "a length in nm above the initial one",
            ));
        }
    }

    /// Stages stand alone, last some time, and say of the temperature what has to be said.
    fn check_stages(&self, stages: &[Stage], found: &mut Vec<Violation>) {
        let process = &self.process;
        let others = [
            ("temperature_C", process.temperature_C.is_some()),
            (
                "temperature_schedule",
                process.temperature_schedule.is_some(),
            ),
            ("pressure_GPa", process.pressure_GPa.is_some()),
            ("pressure_schedule", process.pressure_schedule.is_some()),
            ("time_s", process.time_s.is_some()),
        ];
        for (key, _) in others.into_iter().filter(|(_, is_given)| *is_given) {
            found.push(Violation::new(
                format!("process.{key}"),
                format!("`{key}` stands beside stages, which say the same"),
                "either stages, or constants and schedules with time_s",
            ));
        }
        let Some(first) = stages.first() else {
            found.push(Violation::new(
                "process.stages",
                "a process without a stage does not happen",
                "one [[process.stages]] at least",
            ));
            return;
        };
        if first.temperature_C.is_none() {
            found.push(Violation::new(
                "process.stages.0",
                "the temperature of the first stage is missing",
                "temperature_C in °C",
            ));
        }
        for (k, stage) in stages.iter().enumerate() {
            if stage.duration_s <= 0.0 {
                found.push(Violation::new(
                    format!("process.stages.{k}.duration_s"),
                    format!("a stage of {} s does not happen", stage.duration_s),
                    "a positive duration in s; leave the stage out",
                ));
            }
            if k > 0 && stage.from_temperature_C.is_some() {
                found.push(Violation::new(
                    format!("process.stages.{k}.from_temperature_C"),
                    "a stage starts at the temperature at which the one before ends",
                    "from_temperature_C in the first stage alone; cooling and heating are stages of their own",
                ));
            }
        }
    }

    /// Constants or schedules that cover the time.
    fn check_schedules(&self, found: &mut Vec<Violation>) {
        let process = &self.process;
        let Some(time) = process.time_s else {
            found.push(Violation::new(
                "process",
                "`time_s` is missing in [process]",
                "the duration in s, e.g. time_s = 36000, or [[process.stages]]",
            ));
            return;
        };
        if time <= 0.0 {
            found.push(Violation::new(
                "process.time_s",
                format!("a molding of {time} s does not happen"),
                "a positive time in s, e.g. 36000",
            ));
        }
        let given = [
            (
                "process.temperature_C",
                "process.temperature_schedule",
                process.temperature_C.is_some(),
                &process.temperature_schedule,
            ),
            (
                "process.pressure_GPa",
                "process.pressure_schedule",
                process.pressure_GPa.is_some(),
                &process.pressure_schedule,
            ),
        ];
        for (constant, scheduled, has_constant, knots) in given {
            let name = constant.split(['.', '_']).nth(1).unwrap_or_default();
            match (has_constant, knots) {
                (true, Some(_)) => {
                    found.push(Violation::new(
                        scheduled,
                        format!("the {name} is given twice"),
                        format!("either `{constant}` or `{scheduled}`"),
                    ));
                }
                (false, None) => {
                    found.push(Violation::new(
                        "process",
                        format!("the {name} is missing"),
                        format!("either `{constant}` or `{scheduled}` = [[time_s, value], …]"),
                    ));
                }
                (false, Some(knots)) => check_schedule(scheduled, knots, time, found),
                (true, None) => {}
            }
        }
    }

    fn check_pressure(&self, found: &mut Vec<Violation>) {
        let (process, key) = (&self.process, self.pressure_key());
        let highest = self.highest_pressure();
        let gas = process.gas_pressure_GPa;
        if gas < 0.0 {
            found.push(Violation::new(
                "process.gas_pressure_GPa",
                format!("a gas pressure of {gas} GPa is negative"),
                "0 or more",
            ));
        }
        if highest == f64::NEG_INFINITY {
            return;
        }
        if highest < 0.0 {
            found.push(Violation::new(
                key,
                format!("a pressure of {highest} GPa is negative"),
                "a pressure of 0 or more in GPa, e.g. 1.25",
            ));
        } else if highest > MAX_PRESSURE_GPA {
            let reason = format!("{highest} GPa is beyond any press");
            found.push(Violation::new(
                key,
                reason,
                format!("a pressure in GPa up to {MAX_PRESSURE_GPA} (1 GPa = 1000 MPa)"),
            ));
        }
        if highest >= 0.0 {
            for (key, pressure) in process.pressures() {
                if pressure < 0.0 {
                    let reason = format!("a pressure of {pressure} GPa is negative");
                    found.push(Violation::new(
                        key,
                        reason,
                        "a pressure of 0 or more in GPa",
                    ));
                }
            }
        }
    }
}

impl CaseFile {
    /// Whether press and capillarity ever move the front against the gas ahead of it.
    pub(super) fn check_drive(&self, material: &Material, found: &mut Vec<Violation>) {
        let (diameter, gas) = (self.pore.diameter_nm, self.process.gas_pressure_GPa);
        let highest = self.highest_pressure();
        if diameter <= 0.0 || gas < 0.0 || highest < 0.0 {
            return;
        }
        // 4γ cos θ/d: 1 N/m over 1 nm is 1 GPa.
        let capillary = if self.interface.capillarity {
            let tension = material.surface_tension();
            4.0 * tension * material.contact_angle().cos() / diameter
        } else {
            0.0
        };
        let key = self.pressure_key();
        if highest - gas + capillary > 0.0 {
            return;
        }
        if highest > 0.0 && gas >= highest {
            let reason = format!(
                "the gas ahead of the front ({gas} GPa) holds against the applied pressure ({highest} GPa)"
            );
            let remedy = format!("a gas pressure below {:.3} GPa", highest + capillary);
            found.push(Violation::new("process.gas_pressure_GPa", reason, remedy));
        } else if highest > 0.0 {
            let least = gas - capillary;
            let reason = format!(
                "capillarity resists with {:.3} GPa, more than the pressure of {highest} GPa: the pore does not fill",
                -capillary
            );
            let remedy = format!(
                "a pressure above {least:.3} GPa, a wider pore, or a smaller contact angle"
            );
            found.push(Violation::new(key, reason, remedy));
        } else {
            let reason = format!(
                "a pressure of {highest} GPa moves nothing: the mold does not draw the alloy in by itself"
            );
            let remedy = format!("a pressure above {:.3} GPa, e.g. 1.25", gas - capillary);
            found.push(Violation::new(key, reason, remedy));
        }
    }
}

fn check_schedule(key: &str, knots: &[[f64; 2]], time: f64, found: &mut Vec<Violation>) {
    let Some((first, last)) = knots.first().zip(knots.last()) else {
        found.push(Violation::new(
            key,
            "the schedule is empty",
            "at least one entry [time_s, value]",
        ));
        return;
    };
    if let Some((k, pair)) = knots
        .windows(2)
        .enumerate()
        .find(|(_, pair)| pair[0][0] >= pair[1][0])
    {
        let reason = format!(
            "the times of the schedule do not increase: {} s is followed by {} s",
            pair[0][0], pair[1][0]
        );
        found.push(Violation::new(
            format!("{key}.{}", k + 1),
            reason,
            "entries [time_s, value] with increasing times (a jump is a short ramp)",
        ));
    } else if first[0] > 0.0 || last[0] < time {
        let reason = format!(
            "the schedule covers {} to {} s, the run lasts from 0 to {time} s",
            first[0], last[0]
        );
        found.push(Violation::new(
            key,
            reason,
            format!("a first time of 0 and a last time of at least {time} s"),
        ));
    }
}
