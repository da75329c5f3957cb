//! What is asked for.

use crate::calibrate::parameters::{Key, with};
use crate::materials::Material;

/// A quantity at a temperature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    /// Critical diameter d_c of Eq. (3) in m.
    CriticalDiameter,
    /// Newtonian viscosity in Pa·s.
    Viscosity,
    /// δ D_I in m³/s.
    LayerConductivity,
}

/// A number that is asked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Target {
    /// A quantity at a temperature in K, for an experiment of so many seconds.
    At(At, f64, f64),
    /// A number of the laws.
    Number(Key),
}

/// Step of the differences, in plausible widths: small against what bends the laws, large against round-off.
const DIFFERENCE: f64 = 1e-3;

/// Derivatives of `number` by the `keys` in fitting units.
pub(super) fn gradient(
    material: &Material,
    keys: &[Key],
    number: impl Fn(&Material) -> f64,
) -> Vec<f64> {
    let values: Vec<f64> = keys.iter().map(|key| key.fitted(material)).collect();
    (0..keys.len())
        .map(|k| {
            let step = DIFFERENCE * keys[k].width();
            let at = |by: f64| {
                let mut moved = values.clone();
                moved[k] += by;
                number(&with(material, keys, &moved))
            };
            (at(step) - at(-step)) / (2.0 * step)
        })
        .collect()
}

impl Target {
    /// Its value for a material, in its unit.
    pub fn value(&self, material: &Material) -> f64 {
        match *self {
            Target::At(At::CriticalDiameter, t, time) => material.critical_diameter(t, time),
            Target::At(At::Viscosity, t, time) => material.newtonian_viscosity(t, time),
            Target::At(At::LayerConductivity, t, _) => material.layer_conductivity(t),
            Target::Number(key) => key.value(material),
        }
    }

    /// Whether its standard deviation is that of its logarithm.
    pub fn is_logarithmic(&self) -> bool {
        match self {
            Target::At(..) => true,
            Target::Number(key) => key.logarithmic,
        }
    }

    /// Standard deviation at which nothing is known of it: a plausible width.
    pub fn width(&self) -> f64 {
        match self {
            Target::At(..) => 1.0,
            Target::Number(key) => key.width(),
        }
    }

    pub(super) fn gradient(&self, material: &Material, keys: &[Key]) -> Vec<f64> {
        gradient(material, keys, |material| match self {
            Target::Number(key) => key.fitted(material),
            _ => self.value(material).ln(),
        })
    }
}
