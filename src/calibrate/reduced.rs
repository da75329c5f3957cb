//! The solver's own physics as the law of a length: the reduced model.

use super::model::{LengthModel, Molding, TransportState};
use crate::experiments::Measured;
use crate::materials::ViscosityConvention;
use crate::reduced::{self, Entrance};

/// The reduced model: conductances add, the mouth resists as the full solver tabulated it, the viscosity is the Newtonian one.
///
/// Its front is flat, so that tip, contact line and mean are one length.
#[derive(Debug, Clone)]
pub struct Reduced {
    /// The entrance of the mold.
    pub entrance: Entrance,
}

impl LengthModel for Reduced {
    fn name(&self) -> String {
        format!(
            "the reduced model (R_c = {} R, flat front)",
            self.entrance.cell_radius()
        )
    }

    fn convention(&self) -> ViscosityConvention {
        ViscosityConvention::Newtonian
    }

    fn diffuses_alone(&self) -> bool {
        false
    }

    fn length(&self, molding: &Molding, state: &TransportState, _: Measured) -> f64 {
        let molding = reduced::Molding {
            diameter: molding.diameter,
            newtonian_viscosity: state.newtonian_viscosity,
            layer_conductivity: state.layer_conductivity,
            atomic_volume: state.atomic_volume,
            temperature: molding.temperature,
            // The driving pressure holds gas and capillarity.
            pressure: molding.pressure,
            gas_pressure: 0.0,
            wetting_tension: 0.0,
            time: molding.time,
            initial_length: molding.initial_length,
        };
        reduced::length(&molding, &self.entrance)
    }
}
