//! The rules a case must satisfy.

use super::description::{CaseFile, DEFAULT_INITIAL_ASPECT_RATIO};
use crate::materials::Material;
use crate::physics::Violation;

/// Largest accepted pressure in GPa; presses end below, and Pa or MPa written into a GPa key end above.
const MAX_PRESSURE_GPA: f64 = 100.0;
/// Widest accepted pore in nm (10 µm): wider ones are no nanomolding.
const MAX_DIAMETER_NM: f64 = 1e4;
/// Longest accepted start in diameters.
const MAX_INITIAL_ASPECT_RATIO: f64 = 100.0;

impl CaseFile {
    /// Every rule of the case itself that is broken.
    pub(super) fn violations(&self) -> Vec<Violation> {
        let mut found = Vec::new();
        self.check_pore(&mut found);
        self.check_process(&mut found);
        self.check_front(&mut found);
        self.check_rest(&mut found);
        found
    }

    /// Every rule that the case breaks together with its material.
    pub(super) fn violations_with(&self, material: &Material) -> Vec<Violation> {
        let mut found = Vec::new();
        let layers = 2.0 * material.interface.thickness_nm.value;
        let diameter = self.pore.diameter_nm;
        if diameter > 0.0 && diameter <= layers {
            let reason = format!(
                "a pore of {diameter} nm is no wider than its two interface layers ({layers} nm)"
            );
            found.push(Violation::new(
                "pore.diameter_nm",
                reason,
                format!("a diameter in nm above {layers}"),
            ));
        }
        let (low, high) = (material.T_min_C.value, material.T_max_C.value);
        let mut check = |key: &str, celsius: f64| {
            if celsius < low || celsius > high {
                let reason = format!(
                    "{celsius} °C is outside the range of {}, {low} to {high} °C",
                    material.name
                );
                found.push(Violation::new(
                    key,
                    reason,
                    format!(
                        "a temperature from {low} to {high} °C, or a material whose laws hold there"
                    ),
                ));
            }
        };
        if let Some(celsius) = self.process.temperature_C {
            check("process.temperature_C", celsius);
        }
        for [_, celsius] in self.process.temperature_schedule.iter().flatten() {
            check("process.temperature_schedule", *celsius);
        }
        if self.interface.capillarity {
            let tension = material.capillarity.surface_tension_N_per_m.value;
            let gpa = 4.0 * tension * material.contact_angle().cos() / diameter;
            let highest = self.highest_pressure() - self.process.gas_pressure_GPa;
            if diameter > 0.0 && highest > 0.0 && highest + gpa <= 0.0 {
                let reason = format!(
                    "capillarity resists with {:.3} GPa, more than the pressure of {highest} GPa: the pore does not fill",
                    -gpa
                );
                found.push(Violation::new(
                    self.pressure_key(),
                    reason,
                    format!(
                        "a pressure above {:.3} GPa, a wider pore, or a smaller contact angle",
                        -gpa
                    ),
                ));
            }
        }
        found
    }

    fn pressure_key(&self) -> &'static str {
        if self.process.pressure_schedule.is_some() {
            "process.pressure_schedule"
        } else {
            "process.pressure_GPa"
        }
    }

    fn highest_pressure(&self) -> f64 {
        let scheduled = self
            .process
            .pressure_schedule
            .iter()
            .flatten()
            .map(|knot| knot[1]);
        scheduled
            .chain(self.process.pressure_GPa)
            .fold(f64::NEG_INFINITY, f64::max)
    }

    fn check_pore(&self, found: &mut Vec<Violation>) {
        let diameter = self.pore.diameter_nm;
        if diameter <= 0.0 {
            let reason = format!("a pore of {diameter} nm does not exist");
            found.push(Violation::new(
                "pore.diameter_nm",
                reason,
                "a positive diameter in nm, e.g. 60",
            ));
        } else if diameter > MAX_DIAMETER_NM {
            let reason = format!("a pore of {diameter} nm is wider than {MAX_DIAMETER_NM} nm");
            found.push(Violation::new(
                "pore.diameter_nm",
                reason,
                "a diameter in nm, e.g. 60 (not in m or pm)",
            ));
        }
    }

    fn check_process(&self, found: &mut Vec<Violation>) {
        let process = &self.process;
        let time = process.time_s;
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
        self.check_pressure(found);
        if let Some(stop) = process.stop_length_nm
            && stop <= self.initial_length_nm()
        {
            let reason = format!(
                "the run would end at {stop} nm, but it starts at {} nm",
                self.initial_length_nm()
            );
            found.push(Violation::new(
                "process.stop_length_nm",
                reason,
                "a length in nm above the initial one",
            ));
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
        if highest <= 0.0 {
            let reason = format!("a pressure of {highest} GPa moves nothing");
            found.push(Violation::new(
                key,
                reason,
                "a positive pressure in GPa, e.g. 1.25",
            ));
        } else if highest > MAX_PRESSURE_GPA {
            let reason = format!("{highest} GPa is beyond any press");
            found.push(Violation::new(
                key,
                reason,
                format!("a pressure in GPa up to {MAX_PRESSURE_GPA} (1 GPa = 1000 MPa)"),
            ));
        } else if gas >= highest {
            let reason = format!(
                "the gas ahead of the front ({gas} GPa) holds against the applied pressure ({highest} GPa)"
            );
            found.push(Violation::new(
                "process.gas_pressure_GPa",
                reason,
                format!("a gas pressure below {highest} GPa"),
            ));
        }
        if process
            .pressure_schedule
            .iter()
            .flatten()
            .any(|knot| knot[1] < 0.0)
        {
            found.push(Violation::new(
                key,
                "a pressure in the schedule is negative",
                "pressures of 0 or more",
            ));
        }
    }

    fn check_front(&self, found: &mut Vec<Violation>) {
        match (
            self.front.initial_aspect_ratio,
            self.front.initial_length_nm,
        ) {
            (Some(_), Some(_)) => {
                let remedy = "either `front.initial_aspect_ratio` or `front.initial_length_nm`";
                found.push(Violation::new(
                    "front.initial_length_nm",
                    "the initial length is given twice",
                    remedy,
                ));
            }
            (Some(ratio), None) if !(ratio > 0.0 && ratio <= MAX_INITIAL_ASPECT_RATIO) => {
                let reason = format!(
                    "the wire cannot start with L/d = {ratio}: the rate diverges like 1/L at 0"
                );
                found.push(Violation::new("front.initial_aspect_ratio", reason, format!("above 0, up to {MAX_INITIAL_ASPECT_RATIO}; the paper's prints are below 0.5")));
            }
            (None, Some(length))
                if !(length > 0.0
                    && length <= MAX_INITIAL_ASPECT_RATIO * self.pore.diameter_nm.abs()) =>
            {
                let reason = format!(
                    "the wire cannot start with a length of {length} nm: the rate diverges like 1/L at 0"
                );
                found.push(Violation::new(
                    "front.initial_length_nm",
                    reason,
                    "above 0, up to 100 diameters; the paper's prints are below d/2",
                ));
            }
            _ => {}
        }
    }

    fn check_rest(&self, found: &mut Vec<Violation>) {
        let numerics = &self.numerics;
        let mut check = |key: &str, value: f64, valid: bool, remedy: &str| {
            if !valid {
                found.push(Violation::new(
                    key,
                    format!("`{key}` cannot be {value}"),
                    remedy,
                ));
            }
        };
        let open_unit = |value: f64, high: f64| value > 0.0 && value <= high;
        check(
            "interface.slip_length_nm",
            self.interface.slip_length_nm,
            self.interface.slip_length_nm >= 0.0,
            "0 (stick) or a positive length in nm",
        );
        check(
            "interface.diffusivity_factor",
            self.interface.diffusivity_factor,
            self.interface.diffusivity_factor >= 0.0,
            "0 (no interface diffusion) or positive",
        );
        check(
            "numerics.flow_tolerance",
            numerics.flow_tolerance,
            open_unit(numerics.flow_tolerance, 1e-3) && numerics.flow_tolerance >= 1e-13,
            "1e-13 (round-off) to 1e-3 (the discretisation error)",
        );
        check(
            "numerics.max_cycles",
            f64::from(numerics.max_cycles),
            numerics.max_cycles >= 1,
            "1 or more",
        );
        check(
            "numerics.step_tolerance",
            numerics.step_tolerance,
            open_unit(numerics.step_tolerance, 0.1) && numerics.step_tolerance >= 1e-10,
            "1e-10 to 0.1",
        );
        check(
            "numerics.max_step_growth",
            numerics.max_step_growth,
            numerics.max_step_growth > 1.0 && numerics.max_step_growth <= 10.0,
            "above 1, up to 10",
        );
        check(
            "numerics.max_steps",
            f64::from(numerics.max_steps),
            numerics.max_steps >= 1,
            "1 or more",
        );
        check(
            "output.frames",
            f64::from(self.output.frames),
            self.output.frames <= 100_000,
            "up to 100000",
        );
    }

    /// Length at the start in nm.
    pub(super) fn initial_length_nm(&self) -> f64 {
        let ratio = self
            .front
            .initial_aspect_ratio
            .unwrap_or(DEFAULT_INITIAL_ASPECT_RATIO);
        self.front
            .initial_length_nm
            .unwrap_or(ratio * self.pore.diameter_nm)
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
    if let Some(pair) = knots.windows(2).find(|pair| pair[0][0] >= pair[1][0]) {
        let reason = format!(
            "the times of the schedule do not increase: {} s is followed by {} s",
            pair[0][0], pair[1][0]
        );
        found.push(Violation::new(
            key,
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
