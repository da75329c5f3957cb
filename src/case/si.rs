//! The one place where a case's values become SI.

use super::{Case, FrontModel};
use crate::materials::Material;
use crate::physics::constants::{GIGAPASCAL, NANOMETRE, kelvin};
use crate::physics::{self, Schedule};

impl Case {
    /// Pore diameter d in m.
    pub fn diameter(&self) -> f64 {
        self.pore.diameter_nm * NANOMETRE
    }

    /// Pore radius R in m.
    pub fn radius(&self) -> f64 {
        0.5 * self.diameter()
    }

    /// Duration of the molding in s; the experiment's time of the kinetic glass transition.
    pub fn time(&self) -> f64 {
        self.process.duration()
    }

    /// Temperature in K over time.
    pub fn temperature(&self) -> Schedule {
        self.process.temperature().map(kelvin)
    }

    /// Applied pressure in Pa over time.
    pub fn pressure(&self) -> Schedule {
        self.process.pressure().map(|gpa| gpa * GIGAPASCAL)
    }

    /// Pressure of the gas ahead of the front in Pa.
    pub fn gas_pressure(&self) -> f64 {
        self.process.gas_pressure_GPa * GIGAPASCAL
    }

    /// Length at the start in m.
    pub fn initial_length(&self) -> f64 {
        self.front.initial_length_nm(self.pore.diameter_nm) * NANOMETRE
    }

    /// Depth of the pore in m, if it is closed.
    pub fn depth(&self) -> Option<f64> {
        self.pore.depth_nm.map(|nm| nm * NANOMETRE)
    }

    /// Length in m at which the run ends early, if any.
    pub fn stop_length(&self) -> Option<f64> {
        self.process.stop_length_nm.map(|nm| nm * NANOMETRE)
    }

    /// Shape of the front.
    pub fn front_model(&self) -> FrontModel {
        self.front.model(self.model)
    }

    /// Navier slip length b of the walls in m.
    pub fn slip_length(&self) -> f64 {
        self.interface.slip_length_nm * NANOMETRE
    }

    /// Navier slip length in m near a free front's contact line.
    pub fn contact_slip(&self) -> f64 {
        self.front.slip_length_nm * NANOMETRE
    }

    /// What holds against the applied pressure at the tip in Pa: p_gas − 4γcosθ/d (negative where the wall is wetted; see [`physics::driving_pressure`]). A free front bears its surface tension itself, and only the gas is left.
    pub fn tip_pressure(&self, material: &Material) -> f64 {
        self.tip_pressure_in(material, [1.0, 0.0])
    }

    /// The same where the pore has another radius (in R) and its wall a slope dR_w/dz: the angle counts against the wall, p_gas − 2γ cos(θ + atan R_w′)/R_w.
    pub fn tip_pressure_in(&self, material: &Material, [radius, slope]: [f64; 2]) -> f64 {
        let flat = self.front_model() == FrontModel::Flat;
        let tension = if self.interface.capillarity && flat {
            material.surface_tension()
        } else {
            0.0
        };
        -physics::driving_pressure(
            0.0,
            self.gas_pressure(),
            tension,
            material.contact_angle() + slope.atan(),
            self.diameter() * radius,
        )
    }

    /// Driving pressure p − p_gas + 4γcosθ/d in Pa at `time` (s).
    pub fn driving_pressure(&self, material: &Material, time: f64) -> f64 {
        self.pressure().value(time) - self.tip_pressure(material)
    }

    /// Newtonian viscosity in Pa·s at `temperature` (K) under the applied `pressure` (Pa), with this molding's duration as the experiment's time.
    pub fn newtonian_viscosity(&self, material: &Material, temperature: f64, pressure: f64) -> f64 {
        let colder = temperature - material.viscosity.glass_transition_rise() * pressure;
        material.newtonian_viscosity(colder, self.time())
    }

    /// δ D_I in m³/s at `temperature` (K) under the applied `pressure` (Pa), with the case's factor on D_I.
    pub fn layer_conductivity(&self, material: &Material, temperature: f64, pressure: f64) -> f64 {
        material.layer_thickness() * self.interface_diffusivity(material, temperature, pressure)
    }

    /// Mobility M of the interface layer in m³ Pa⁻¹ s⁻¹ at `temperature` (K) under the applied `pressure` (Pa), with the case's factor on D_I.
    pub fn layer_mobility(&self, material: &Material, temperature: f64, pressure: f64) -> f64 {
        let mobility = || material.layer_mobility(temperature);
        scaled(self.interface.diffusivity_factor, mobility)
            * material.interface_pressure_factor(temperature, pressure)
    }

    /// Interface diffusivity D_I in m²/s at `temperature` (K) under the applied `pressure` (Pa), with the case's factor on it.
    pub fn interface_diffusivity(
        &self,
        material: &Material,
        temperature: f64,
        pressure: f64,
    ) -> f64 {
        let diffusivity = || material.interface_diffusivity(temperature);
        scaled(self.interface.diffusivity_factor, diffusivity)
            * material.interface_pressure_factor(temperature, pressure)
    }

    /// Bulk diffusivity D_B in m²/s at `temperature` (K) under the applied `pressure` (Pa), with the case's factor on it.
    pub fn bulk_diffusivity(&self, material: &Material, temperature: f64, pressure: f64) -> f64 {
        let diffusivity = || material.bulk_diffusivity(temperature);
        scaled(self.composition.bulk_diffusivity_factor, diffusivity)
            * material.bulk_pressure_factor(temperature, pressure)
    }
}

/// A diffusivity times the case's factor on it; with a factor of 0 nothing need be known of it.
fn scaled(factor: f64, value: impl Fn() -> f64) -> f64 {
    if factor == 0.0 {
        return 0.0;
    }
    factor * value()
}

/// The constant or the knots; a checked case has exactly one of them.
#[expect(clippy::unreachable, reason = "the rules want one of them")]
pub(super) fn schedule(constant: Option<f64>, knots: &Option<Vec<[f64; 2]>>) -> Schedule {
    match (constant, knots) {
        (Some(value), _) => Schedule::constant(value),
        (None, Some(knots)) => Schedule::piecewise_linear(knots.clone()),
        (None, None) => unreachable!("a checked case gives a constant, a schedule or stages"),
    }
}
