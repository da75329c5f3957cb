//! Where the laws hold: the one place that says what is an extrapolation and what is refused.
//!
//! A law may be used silently within its own `range_C`, where it was measured or fitted. Beyond that, but within the
//! material's `T_min_C` … `T_max_C`, it is an extrapolation that is warned of. Beyond those it is refused.

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
    /// So far outside that the law is not to be used.
    pub refused: bool,
}

/// Temperatures in °C are typed with a few digits; a kelvin scale in between leaves this much round-off.
const ROUND_OFF: f64 = 1e-9;

impl Material {
    /// The laws that depend on temperature, with the range in °C within which each may be used silently.
    pub fn law_ranges(&self) -> [(&'static str, [f64; 2]); 3] {
        let whole = [self.T_min_C.value, self.T_max_C.value];
        [
            ("the viscosity", self.viscosity.range_C),
            ("the interface diffusivity", self.interface.range_C),
            ("the bulk diffusivity", self.bulk_diffusion.range_C),
        ]
        .map(|(law, own)| (law, own.unwrap_or(whole)))
    }

    /// What is extrapolated at `temperature` (K): nothing, one or several laws, or, beyond `T_min_C` … `T_max_C`, everything (refused).
    pub fn extrapolations(&self, temperature: f64) -> Vec<Extrapolation> {
        let at = celsius(temperature);
        let outside = |[low, high]: [f64; 2]| at < low - ROUND_OFF || at > high + ROUND_OFF;
        let issue = |law, range_celsius, refused| Extrapolation {
            material: self.name.clone(),
            law,
            // Seven digits: what was typed, without the round trip over K.
            temperature_celsius: (at * 1e7).round() / 1e7,
            range_celsius,
            refused,
        };
        let whole = [self.T_min_C.value, self.T_max_C.value];
        if outside(whole) {
            return vec![issue(None, whole, true)];
        }
        self.law_ranges()
            .into_iter()
            .filter(|(_, range)| outside(*range))
            .map(|(law, range)| issue(Some(law), range, false))
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
                "{law} of {} is extrapolated to {at} °C; it is known from {low} to {high} °C",
                self.material
            ),
            None => write!(
                f,
                "{at} °C is outside the range of {}, {low} to {high} °C",
                self.material
            ),
        }
    }
}
