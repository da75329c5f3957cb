//! One molding at constant conditions, in SI: the function that a calibration fits.

use super::entrance::Entrance;
use crate::physics;

/// One molding at constant temperature and pressure; SI. Beware: the viscosity is the Newtonian one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Molding {
    /// Diameter d of the pore in m.
    pub diameter: f64,
    /// Newtonian viscosity η in Pa·s; twice the apparent one ([`physics::newtonian_from_apparent`]).
    pub newtonian_viscosity: f64,
    /// δ·D_I in m³/s.
    pub layer_conductivity: f64,
    /// Atomic volume Ω in m³.
    pub atomic_volume: f64,
    /// Temperature T in K.
    pub temperature: f64,
    /// Applied pressure in Pa.
    pub pressure: f64,
    /// Pressure of the gas ahead of the front in Pa.
    pub gas_pressure: f64,
    /// γ cosθ in N/m: positive where the wall is wetted and the alloy drawn in; 0 leaves capillarity out.
    pub wetting_tension: f64,
    /// Molding time in s.
    pub time: f64,
    /// Length L_0 at the start in m (≥ 0).
    pub initial_length: f64,
}

/// What a molding gives.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Growth {
    /// Length L at the end in m, that of a flat front.
    pub length: f64,
    /// Share of the volume that arrived through the interface layer since the start, 0…1 (of the flow, where nothing grew).
    pub layer_share: f64,
    /// Λ = ηM/R³.
    pub lambda: f64,
}

impl Molding {
    /// Driving pressure p − p_gas + 4γcosθ/d in Pa.
    pub fn driving_pressure(&self) -> f64 {
        // cos 0 = 1: the wetting tension holds the cosine already.
        physics::driving_pressure(
            self.pressure,
            self.gas_pressure,
            self.wetting_tension,
            0.0,
            self.diameter,
        )
    }

    /// Λ = ηM/R³.
    pub fn lambda(&self) -> f64 {
        let mobility = physics::layer_mobility(
            self.layer_conductivity,
            self.atomic_volume,
            self.temperature,
        );
        self.newtonian_viscosity * mobility / (0.5 * self.diameter).powi(3)
    }

    /// The wire at the end. A front that is not driven waits.
    pub fn growth(&self, entrance: &Entrance) -> Growth {
        let radius = 0.5 * self.diameter;
        let lambda = self.lambda();
        let pore = entrance.pore(lambda);
        let start = self.initial_length / radius;
        let theta = self.driving_pressure().max(0.0) * self.time / self.newtonian_viscosity;
        let end = pore.length_after(start, theta);
        let layer_share = if end > start {
            pore.layer_volume(start, end) / (end - start)
        } else {
            pore.layer_share(start)
        };
        Growth {
            length: end * radius,
            layer_share,
            lambda,
        }
    }

    /// Time in s after which the wire is `length` (m) long; infinite where nothing drives it, 0 where it is as long at the start.
    pub fn time_to(&self, entrance: &Entrance, length: f64) -> f64 {
        let radius = 0.5 * self.diameter;
        let start = self.initial_length / radius;
        let pressure = self.driving_pressure();
        if length <= self.initial_length {
            return 0.0;
        }
        if pressure <= 0.0 {
            return f64::INFINITY;
        }
        let theta = entrance
            .pore(self.lambda())
            .reduced_time(start, length / radius);
        theta * self.newtonian_viscosity / pressure
    }

    /// The diameter in m at which layer and bulk carry equal volumes, all else as here; the initial length is scaled with the
    /// diameter, so that L_0/d stays. None if no diameter within a factor of ten of Eq. (3)'s divides the volume equally, as
    /// where capillarity holds the pressure.
    ///
    /// Eq. (3) is where the two *conductances of a long pore* are equal; the volumes are counted at the tip, where the layer
    /// has also taken over what the bulk brings near the contact line. This diameter is therefore a little larger.
    pub fn critical_diameter(&self, entrance: &Entrance) -> Option<f64> {
        let middle = self.critical_diameter_of_conductances();
        let aspect = self.initial_length / self.diameter;
        let excess = |log: f64| {
            let diameter = log.exp();
            let growth = Molding {
                diameter,
                initial_length: aspect * diameter,
                ..*self
            }
            .growth(entrance);
            growth.layer_share - 0.5
        };
        if !(middle > 0.0 && middle.is_finite()) {
            return None;
        }
        let (mut low, mut high) = ((0.1 * middle).ln(), (10.0 * middle).ln());
        if !(excess(low) > 0.0 && excess(high) < 0.0) {
            return None;
        }
        for _ in 0..60 {
            let at = 0.5 * (low + high);
            if excess(at) > 0.0 {
                low = at;
            } else {
                high = at;
            }
        }
        Some((0.5 * (low + high)).exp())
    }

    /// Eq. (3): the diameter in m at which a long pore's two conductances are equal (Λ = 1/16).
    pub fn critical_diameter_of_conductances(&self) -> f64 {
        physics::critical_diameter_eq3(
            self.newtonian_viscosity / physics::newtonian_from_apparent(1.0),
            self.layer_conductivity,
            self.atomic_volume,
            self.temperature,
        )
    }
}

/// Length in m after a molding at constant conditions, by the reduced model; see [`Molding`] for the units.
pub fn length(molding: &Molding, entrance: &Entrance) -> f64 {
    molding.growth(entrance).length
}
