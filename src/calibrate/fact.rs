//! One stated fact, and how far a found value is from it.

use super::material_file::digits;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One fact: a `value` with its tolerance, or limits.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[allow(
    non_snake_case,
    reason = "keys carry symbols and units as the field writes them"
)]
pub struct Fact {
    /// Temperature in °C to which the fact belongs.
    pub T_C: Option<f64>,
    /// Duration in s of the experiment to which the fact belongs.
    pub time_s: Option<f64>,
    /// Diameter in nm of the pore to which the fact belongs.
    pub d_nm: Option<f64>,
    /// Pressure in GPa, where it is constant.
    pub pressure_GPa: Option<f64>,
    /// Pressure, linear between entries [time_s, pressure_GPa]; it ends when the experiment does.
    pub pressure_schedule: Option<Vec<[f64; 2]>>,
    /// The stated value, in the unit of its quantity.
    pub value: Option<f64>,
    /// Lower limit.
    pub at_least: Option<f64>,
    /// Upper limit.
    pub at_most: Option<f64>,
    /// Relative tolerance of the value (0.15 is 15 %), and how sharp limits are.
    pub tolerance: Option<f64>,
    /// Absolute tolerance in K.
    pub tolerance_K: Option<f64>,
    /// Tolerance as a factor (2: between half and twice).
    pub factor: Option<f64>,
    /// Used in checks only, not in fits.
    pub check_only: bool,
    /// Where or how it is stated.
    pub note: Option<String>,
}

/// Sharpness of a limit without a tolerance.
const LIMIT_TOLERANCE: f64 = 0.15;
/// Exact facts may differ by the round-off of their digits.
const EXACT: f64 = 1e-9;

impl Fact {
    /// Duration in s of the experiment: that of its schedule of pressure where it has one.
    pub fn duration(&self) -> Option<f64> {
        let schedule = self.pressure_schedule.as_ref();
        self.time_s
            .or(schedule.and_then(|knots| Some(knots.last()?[0])))
    }

    /// How far `found` is from the fact, in tolerances; 0 within limits. `None` for a value that is not there gives a thousand.
    pub fn deviation(&self, found: Option<f64>) -> f64 {
        let Some(found) = found else { return 1e3 };
        let mut deviation: f64 = 0.0;
        if let Some(value) = self.value {
            deviation = if let Some(kelvins) = self.tolerance_K {
                (found - value) / kelvins
            } else {
                let tolerance = self.factor.map(f64::ln).or(self.tolerance).unwrap_or(EXACT);
                (found / value).ln() / tolerance
            };
        }
        let sharp = |limit: f64| (found / limit).ln() / self.tolerance.unwrap_or(LIMIT_TOLERANCE);
        if let Some(high) = self.at_most {
            deviation += sharp(high).max(0.0);
        }
        if let Some(low) = self.at_least {
            deviation += sharp(low).min(0.0);
        }
        deviation
    }

    /// Whether `found` agrees with the fact: within tolerance, and within the limits (which have none).
    pub fn holds(&self, found: Option<f64>) -> bool {
        let Some(found) = found.filter(|found| found.is_finite()) else {
            return false;
        };
        let within = self
            .value
            .is_none_or(|value| match (self.tolerance_K, self.tolerance) {
                (Some(kelvins), _) => (found - value).abs() <= kelvins,
                (None, Some(relative)) => (found / value - 1.0).abs() <= relative,
                (None, None) => {
                    let factor = self.factor.unwrap_or(1.0 + EXACT);
                    (found / value).max(value / found) <= factor
                }
            });
        within
            && self.at_most.is_none_or(|high| found <= high)
            && self.at_least.is_none_or(|low| found >= low)
    }

    /// What is stated, in words: "19 ± 15 %", "at most 100".
    pub fn stated(&self) -> String {
        let mut parts = Vec::new();
        if let Some(value) = self.value {
            let value = digits(value, 4);
            parts.push(match (self.tolerance_K, self.tolerance, self.factor) {
                (Some(kelvins), ..) => format!("{value} ± {kelvins} K"),
                (_, Some(relative), _) => {
                    format!("{value} ± {:.3} %", 100.0 * relative).replace(".000", "")
                }
                (_, _, Some(factor)) => format!("{value} within a factor {factor}"),
                _ => value,
            });
        }
        parts.extend(self.at_least.map(|low| format!("at least {low}")));
        parts.extend(self.at_most.map(|high| format!("at most {high}")));
        parts.join(", ")
    }
}
