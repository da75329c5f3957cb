//! How hard the alloy is loaded: wall shear stress and shear rate, against what it bears as a Newtonian liquid.

use super::conditions::Conditions;
use super::step::Step;
use serde::{Deserialize, Serialize};
use std::f64::consts::PI;

/// The load on the alloy at the pore's wall at one moment; SI.
///
/// The stress is that of Poiseuille's flow (where the pore is narrowest) with the volume that the bulk carries, τ_w = 4η Q/(πR³) where the liquid is Newtonian, which is pR/(2L) in a long pore without interface diffusion. At the mouth's
/// corner and at the contact line it is higher, within a fraction of a radius: there a sharp edge has no largest stress at all.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Load {
    /// Time in s.
    pub time: f64,
    /// Length of the wire in m.
    pub length: f64,
    /// Wall shear stress τ_w in Pa.
    pub wall_stress: f64,
    /// Shear rate at the wall in 1/s: τ_w/η, more where the liquid thins.
    pub wall_rate: f64,
    /// γ̇ τ_B: the shear of one relaxation time.
    pub shear_per_relaxation: f64,
    /// τ_w/τ₀; 0 where the material gives no activation volume.
    pub stress_ratio: f64,
}

impl Step {
    /// The load at the end of the step.
    pub fn load(&self) -> Load {
        let conditions = &self.conditions;
        let eta = conditions.scales.newtonian_viscosity;
        let radius = conditions.narrowest.unwrap_or(conditions.scales.radius);
        // Where the laws of pressure act the core carries another share at the mouth, where the stress is largest, than at the tip.
        let core = match conditions.gains() {
            [1.0, 1.0] => self.core_flow,
            _ => (self.core_flow + self.layer_flow) / (1.0 + 16.0 * conditions.scales.lambda()),
        };
        let rate = 4.0 * core.max(0.0) / (PI * radius.powi(3));
        let stress = conditions.liquid().wall_stress(eta * rate);
        Load::new(conditions, self.length, stress)
    }
}

impl Load {
    /// That of a wall shear stress (Pa) at a length (m).
    pub(super) fn new(conditions: &Conditions, length: f64, wall_stress: f64) -> Self {
        let wall_rate = conditions.liquid().rate(wall_stress);
        Load {
            time: conditions.time,
            length,
            wall_stress,
            wall_rate,
            shear_per_relaxation: wall_rate * conditions.relaxation_time,
            stress_ratio: wall_stress / conditions.stress_scale,
        }
    }
}

/// The largest loads of a run, each with its moment.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct LargestLoads {
    /// That of the largest wall shear stress.
    pub stress: Load,
    /// That of the largest shear in a relaxation time.
    pub shear: Load,
    /// That of the largest τ_w/τ₀.
    pub ratio: Load,
}

impl LargestLoads {
    /// Of one moment.
    pub fn new(load: Load) -> Self {
        LargestLoads {
            stress: load,
            shear: load,
            ratio: load,
        }
    }

    /// Takes a further moment into account.
    pub fn add(&mut self, load: Load) {
        if load.wall_stress > self.stress.wall_stress {
            self.stress = load;
        }
        if load.shear_per_relaxation > self.shear.shear_per_relaxation {
            self.shear = load;
        }
        if load.stress_ratio > self.ratio.stress_ratio {
            self.ratio = load;
        }
    }
}
