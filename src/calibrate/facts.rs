//! Facts that are stated about a material, as data: what a publication says, with the tolerance it is held to.

pub use super::fact::Fact;
use super::stated_length;
use crate::input::{InputError, Source};
use crate::materials::Material;
use crate::physics::Violation;
use crate::physics::constants::{NANOMETRE, celsius, kelvin};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// Facts about one material: a fact file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FactFile {
    /// The alloy.
    pub alloy: String,
    /// Where the facts are stated.
    pub source: String,
    /// Material file to start from and to write like, relative to this file; numbers that are not fitted stay as they are there.
    pub material_file: String,
    /// Keys of the material file that `calibrate --facts` fits.
    pub fit: Vec<String>,
    /// The facts.
    pub facts: Facts,
}

/// Facts by quantity. An entry has `value` with its tolerance (none: exact), or limits.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[allow(
    non_snake_case,
    reason = "keys carry symbols and units as the field writes them"
)]
pub struct Facts {
    /// Calorimetric glass transition in °C.
    pub T_g_C: Vec<Fact>,
    /// Critical diameter d_c in nm; needs T_C and time_s.
    pub critical_diameter_nm: Vec<Fact>,
    /// Largest critical diameter in nm of all temperatures; needs time_s.
    pub largest_critical_diameter_nm: Vec<Fact>,
    /// Temperature in °C of the largest critical diameter; needs time_s.
    pub largest_critical_diameter_at_C: Vec<Fact>,
    /// Length of a wire in nm, from an empty pore; needs d_nm, T_C, and either pressure_schedule or pressure_GPa and time_s.
    pub length_nm: Vec<Fact>,
    /// Apparent viscosity (Eq. 1) in Pa·s; needs T_C and time_s.
    pub apparent_viscosity_Pa_s: Vec<Fact>,
    /// Bulk relaxation time in s; needs T_C.
    pub bulk_relaxation_time_s: Vec<Fact>,
    /// Interface relaxation time in s; needs T_C.
    pub interface_relaxation_time_s: Vec<Fact>,
    /// Kinetic glass transition of the bulk in °C, from τ_B; needs time_s.
    pub bulk_glass_transition_C: Vec<Fact>,
    /// Kink of the viscosity in °C, as measured; needs time_s.
    pub viscosity_kink_C: Vec<Fact>,
    /// Kinetic glass transition of the interface in °C; needs time_s.
    pub interface_glass_transition_C: Vec<Fact>,
    /// Temperature in °C below which the Stokes–Einstein relation fails.
    pub stokes_einstein_breakdown_C: Vec<Fact>,
    /// Activation energy of interface diffusion in eV.
    pub Q_interface_eV: Vec<Fact>,
    /// Ratio of the activation energies of bulk and interface diffusion.
    pub Q_bulk_over_Q_interface: Vec<Fact>,
}

/// What a fact is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quantity {
    /// Key in the fact file.
    pub key: &'static str,
    /// In words.
    pub name: &'static str,
    /// Unit.
    pub unit: &'static str,
    needs: [bool; 2],
}

impl Facts {
    /// All facts with what they are about, in the order of the file format.
    pub fn all(&self) -> Vec<(Quantity, &Fact)> {
        let groups = [
            (
                &self.T_g_C,
                "T_g_C",
                "glass transition T_g",
                "°C",
                [false, false],
            ),
            (
                &self.critical_diameter_nm,
                "critical_diameter_nm",
                "critical diameter d_c",
                "nm",
                [true, true],
            ),
            (
                &self.largest_critical_diameter_nm,
                "largest_critical_diameter_nm",
                "largest d_c",
                "nm",
                [false, true],
            ),
            (
                &self.largest_critical_diameter_at_C,
                "largest_critical_diameter_at_C",
                "temperature of the largest d_c",
                "°C",
                [false, true],
            ),
            (
                &self.length_nm,
                "length_nm",
                "length of the wire",
                "nm",
                [true, false],
            ),
            (
                &self.apparent_viscosity_Pa_s,
                "apparent_viscosity_Pa_s",
                "apparent viscosity",
                "Pa·s",
                [true, true],
            ),
            (
                &self.bulk_relaxation_time_s,
                "bulk_relaxation_time_s",
                "bulk relaxation time τ_B",
                "s",
                [true, false],
            ),
            (
                &self.interface_relaxation_time_s,
                "interface_relaxation_time_s",
                "interface relaxation time τ_I",
                "s",
                [true, false],
            ),
            (
                &self.bulk_glass_transition_C,
                "bulk_glass_transition_C",
                "bulk glass transition (τ_B = t)",
                "°C",
                [false, true],
            ),
            (
                &self.viscosity_kink_C,
                "viscosity_kink_C",
                "kink of the viscosity",
                "°C",
                [false, true],
            ),
            (
                &self.interface_glass_transition_C,
                "interface_glass_transition_C",
                "interface glass transition (τ_I = t)",
                "°C",
                [false, true],
            ),
            (
                &self.stokes_einstein_breakdown_C,
                "stokes_einstein_breakdown_C",
                "breakdown of Stokes–Einstein",
                "°C",
                [false, false],
            ),
            (
                &self.Q_interface_eV,
                "Q_interface_eV",
                "activation energy Q_I",
                "eV",
                [false, false],
            ),
            (
                &self.Q_bulk_over_Q_interface,
                "Q_bulk_over_Q_interface",
                "Q_B/Q_I",
                "",
                [false, false],
            ),
        ];
        let quantity = |key, name, unit, needs| Quantity {
            key,
            name,
            unit,
            needs,
        };
        groups
            .into_iter()
            .flat_map(|(facts, key, name, unit, needs)| {
                facts
                    .iter()
                    .map(move |fact| (quantity(key, name, unit, needs), fact))
            })
            .collect()
    }
}

/// Largest critical diameter in m of `material` for an experiment of `time` (s), and its temperature in K.
pub fn largest_critical_diameter(material: &Material, time: f64) -> (f64, f64) {
    let (low, high) = material.temperature_range();
    let steps = (high - low).ceil() as u32;
    let grid = (0..=steps).map(|k| low + (high - low) * f64::from(k) / f64::from(steps));
    // The largest one lies at the kink, where d_c has a cusp that no grid would meet.
    grid.chain([material.bulk_glass_transition(time).clamp(low, high)])
        .map(|at| (material.critical_diameter(at, time), at))
        .filter(|(diameter, _)| diameter.is_finite())
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .unwrap_or((f64::NAN, f64::NAN))
}

impl Quantity {
    /// The quantity at the conditions of `fact` as `material` has it, in the unit of the file; none where it does not exist.
    pub fn of(&self, material: &Material, fact: &Fact) -> Option<f64> {
        let at = kelvin(fact.T_C.unwrap_or(f64::NAN));
        let time = fact.time_s.unwrap_or(f64::NAN);
        Some(match self.key {
            "T_g_C" => celsius(material.glass_transition()),
            "critical_diameter_nm" => material.critical_diameter(at, time) / NANOMETRE,
            "largest_critical_diameter_nm" => {
                largest_critical_diameter(material, time).0 / NANOMETRE
            }
            "largest_critical_diameter_at_C" => {
                celsius(largest_critical_diameter(material, time).1)
            }
            "length_nm" => stated_length::length(material, fact)? / NANOMETRE,
            "apparent_viscosity_Pa_s" => material.apparent_viscosity(at, time),
            "bulk_relaxation_time_s" => material.bulk_relaxation_time(at),
            "interface_relaxation_time_s" => material.interface_relaxation_time(at),
            "bulk_glass_transition_C" | "viscosity_kink_C" => {
                celsius(material.bulk_glass_transition(time))
            }
            "interface_glass_transition_C" => celsius(material.interface_glass_transition(time)?),
            "stokes_einstein_breakdown_C" => celsius(material.stokes_einstein_breakdown()?),
            "Q_interface_eV" => material.interface.as_ref()?.Q_interface_eV.value,
            _ => {
                material.bulk_diffusion.as_ref()?.Q_bulk_eV.value
                    / material.interface.as_ref()?.Q_interface_eV.value
            }
        })
    }
}

/// What is wrong with the conditions of a length.
fn broken_press(fact: &Fact) -> Vec<(String, &'static str)> {
    let mut broken = Vec::new();
    if fact.d_nm.is_none_or(|d| d <= 0.0) {
        broken.push((
            "a length needs a pore".to_owned(),
            "`d_nm`, a positive diameter in nm",
        ));
    }
    match (&fact.pressure_schedule, fact.pressure_GPa, fact.time_s) {
        (Some(knots), None, None) => {
            let first = knots.first().is_some_and(|knot| knot[0] == 0.0);
            let grows = knots.windows(2).all(|pair| pair[0][0] < pair[1][0]);
            if !(first && grows && knots.len() > 1) {
                broken.push((
                    "the times of the schedule do not increase from 0".to_owned(),
                    "entries [time_s, pressure_GPa] from time 0 to the end",
                ));
            }
        }
        (None, Some(pressure), Some(time)) if pressure > 0.0 && time > 0.0 => {}
        _ => broken.push((
            "a length needs the press".to_owned(),
            "either `pressure_schedule`, or `pressure_GPa` and `time_s`, both positive",
        )),
    }
    broken
}

/// JSON Schema of a fact file.
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(FactFile).to_value()
}

impl FactFile {
    /// Reads the fact file `path`.
    ///
    /// # Errors
    /// Everything that is wrong with it, each problem with its place and remedy.
    pub fn read(path: &Path) -> Result<Self, InputError> {
        let source = Source::read(path, &[], &[])?;
        let file: Self = source.parse(&schema())?;
        source.report(&file.violations())?;
        Ok(file)
    }

    fn violations(&self) -> Vec<Violation> {
        let mut found = Vec::new();
        for (quantity, fact) in self.facts.all() {
            let mut refuse = |reason: String, remedy: &str| {
                found.push(Violation::new(
                    format!("facts.{}", quantity.key),
                    reason,
                    remedy,
                ));
            };
            let missing = [
                ("T_C", fact.T_C.is_none()),
                ("time_s", fact.time_s.is_none()),
            ];
            for ((key, missing), needed) in missing.into_iter().zip(quantity.needs) {
                if missing && needed {
                    refuse(
                        format!("a {} needs `{key}`", quantity.name),
                        "the conditions to which the fact belongs, e.g. { T_C = 287, time_s = 36000, value = … }",
                    );
                }
            }
            if quantity.key == "length_nm" {
                for (reason, remedy) in broken_press(fact) {
                    refuse(reason, remedy);
                }
            }
            if fact.value.is_none() && fact.at_least.is_none() && fact.at_most.is_none() {
                refuse(
                    format!("a {} without a value or a limit", quantity.name),
                    "`value` with its tolerance, `at_least` or `at_most`",
                );
            }
            let tolerances = [
                fact.tolerance,
                fact.tolerance_K,
                fact.factor.map(|f| f - 1.0),
            ];
            if tolerances.iter().flatten().any(|one| *one <= 0.0) {
                refuse(
                    "a tolerance must be positive, a factor above 1".to_owned(),
                    "leave it out for an exact fact",
                );
            }
        }
        for path in &self.fit {
            if !super::parameters::ALL.iter().any(|key| key.path == path) {
                let all: Vec<&str> = super::parameters::ALL.iter().map(|key| key.path).collect();
                found.push(Violation::new(
                    "fit",
                    format!("`{path}` is not a number that can be fitted"),
                    format!("one of {}", all.join(", ")),
                ));
            }
        }
        found
    }
}
