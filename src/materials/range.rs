//! Where the laws hold: the one place that says what is an extrapolation and what is refused.
//!
//! A law may be used silently within its own `range_C`, where it was measured or fitted. Beyond that, but within the
//! material's `T_min_C` … `T_max_C`, it is an extrapolation that is warned of. Beyond those it is refused. A law whose
//! numbers are assumed is known nowhere, whatever range it states.

use super::description::Material;
use crate::physics::constants::celsius;
use std::fmt;

/// A law that is used where it was not measured.
#[derive(Debug, Clone, PartialEq)]
pub struct Extrapolation {
    /// Name of the material.
    pub material: String,
    /// The law in words; none where no law of the material holds.
    pub law: Option<&'static str>,
    /// The temperature in °C.
    pub temperature_celsius: f64,
    /// Lowest and highest temperature in °C at which the law may be used (silently, or at all where it is refused).
    pub range_celsius: [f64; 2],
    /// Numbers of the law are assumed: it is not known within its range either.
    pub assumed: bool,
    /// So far outside that the law is not to be used.
    pub refused: bool,
}

/// Temperatures in °C are typed with a few digits; a kelvin scale in between leaves this much round-off.
const ROUND_OFF: f64 = 1e-9;

/// Names of the laws that depend on temperature.
pub const VISCOSITY: &str = "the viscosity";
/// As [`VISCOSITY`].
pub const INTERFACE: &str = "the interface diffusivity";
/// As [`VISCOSITY`].
pub const BULK: &str = "the bulk diffusivity";

/// A law that depends on temperature, and what is known of where it holds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LawRange {
    /// The law in words.
    pub law: &'static str,
    /// Lowest and highest temperature in °C within which it may be used silently; none where the file states none.
    pub celsius: Option<[f64; 2]>,
    /// True if numbers that it needs are assumed: then it is known nowhere.
    pub assumed: bool,
}

impl LawRange {
    /// True at a temperature (°C) that lies beyond the stated range.
    pub fn is_beyond(&self, celsius: f64) -> bool {
        self.celsius
            .is_some_and(|[low, high]| celsius < low - ROUND_OFF || celsius > high + ROUND_OFF)
    }
}

impl Material {
    /// The laws that depend on temperature and that the material has.
    pub fn law_ranges(&self) -> Vec<LawRange> {
        let table = self.viscosity.table.as_ref().map(|table| &table.points);
        let ends = table.and_then(|points| Some([points.first()?[0], points.last()?[0]]));
        let mut laws = vec![LawRange {
            law: VISCOSITY,
            celsius: self.viscosity.range_C.or(ends),
            assumed: self.viscosity.is_assumed(),
        }];
        laws.extend(self.interface.as_ref().map(|layer| LawRange {
            law: INTERFACE,
            celsius: layer.range_C,
            assumed: layer.D_reference_m2_per_s.is_assumed() || layer.Q_interface_eV.is_assumed(),
        }));
        laws.extend(self.bulk_diffusion.as_ref().map(|bulk| LawRange {
            law: BULK,
            celsius: bulk.range_C,
            assumed: bulk.D_reference_m2_per_s.is_assumed() || bulk.Q_bulk_eV.is_assumed(),
        }));
        laws
    }

    /// What is extrapolated at `temperature` (K): nothing, one or several laws, or, beyond `T_min_C` … `T_max_C`, everything (refused).
    pub fn extrapolations(&self, temperature: f64) -> Vec<Extrapolation> {
        let at = celsius(temperature);
        let whole = LawRange {
            law: "everything",
            celsius: Some([self.T_min_C.value, self.T_max_C.value]),
            assumed: false,
        };
        let issue = |law: LawRange, refused: bool| Extrapolation {
            material: self.name.clone(),
            law: (!refused).then_some(law.law),
            assumed: law.assumed,
            // Seven digits: what was typed, without the round trip over K.
            temperature_celsius: (at * 1e7).round() / 1e7,
            range_celsius: law.celsius.unwrap_or([f64::NAN; 2]),
            refused,
        };
        if whole.is_beyond(at) {
            return vec![issue(whole, true)];
        }
        self.law_ranges()
            .into_iter()
            .filter(|law| law.is_beyond(at))
            .map(|law| issue(law, false))
            .collect()
    }

    /// What is extrapolated anywhere between `low` and `high` (K): the worst case of either end.
    pub fn extrapolations_between(&self, low: f64, high: f64) -> Vec<Extrapolation> {
        let mut found = self.extrapolations(low);
        found.extend(self.extrapolations(high).into_iter().filter(|_| high > low));
        found
    }
}

impl fmt::Display for Extrapolation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (at, [low, high]) = (self.temperature_celsius, self.range_celsius);
        match self.law {
            Some(law) => write!(
                f,
                "{law} of {} is extrapolated to {at} °C; it is {} from {low} to {high} °C",
                self.material,
                if self.assumed {
                    "assumed for use"
                } else {
                    "known"
                }
            ),
            None => write!(
                f,
                "{at} °C is outside the range of {}, {low} to {high} °C",
                self.material
            ),
        }
    }
}
