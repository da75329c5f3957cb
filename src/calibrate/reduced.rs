//! The solver's own physics as the law of a length: the reduced model.

use super::data::Measurements;
use super::model::{LengthModel, Molding, TransportState};
use crate::experiments::Measured;
use crate::materials::ViscosityConvention;
use crate::reduced::{self, Entrance, MoldError, Table};

/// The reduced model: conductances add, the mouth resists as the full solver tabulated it, the viscosity is the Newtonian one.
///
/// Its front is flat, so that tip, contact line and mean are one length.
#[derive(Debug, Clone)]
pub struct Reduced {
    /// The entrance of the mold where none was measured.
    pub entrance: Entrance,
    /// Those of molds whose pores' distance was measured.
    measured: Vec<Entrance>,
}

impl Reduced {
    /// Moldings in one mold.
    pub fn new(entrance: Entrance) -> Self {
        Self {
            entrance,
            measured: Vec::new(),
        }
    }

    /// As [`Reduced::new`], where some rows of `data` state the distance of their pores.
    ///
    /// # Errors
    /// [`MoldError`] if a distance is outside the table.
    pub fn for_molds(
        entrance: Entrance,
        table: &Table,
        data: &Measurements,
    ) -> Result<Self, MoldError> {
        let mut model = Self::new(entrance);
        for cell_radius in data.rows.iter().filter_map(|row| row.molding.cell_radius) {
            if model.entrance_of(Some(cell_radius)).cell_radius() != cell_radius {
                model.measured.push(Entrance::new(table, cell_radius)?);
            }
        }
        Ok(model)
    }

    /// The entrance of the mold with this R_c.
    pub fn entrance_of(&self, cell_radius: Option<f64>) -> &Entrance {
        let own = cell_radius.and_then(|r| self.measured.iter().find(|one| one.cell_radius() == r));
        own.unwrap_or(&self.entrance)
    }
}

impl LengthModel for Reduced {
    fn name(&self) -> String {
        format!(
            "the reduced model (R_c = {} R{}, flat front)",
            self.entrance.cell_radius(),
            match self.measured.is_empty() {
                true => "",
                false => " where no pitch is stated",
            }
        )
    }

    fn convention(&self) -> ViscosityConvention {
        ViscosityConvention::Newtonian
    }

    fn diffuses_alone(&self) -> bool {
        false
    }

    fn length(&self, molding: &Molding, state: &TransportState, _: Measured) -> f64 {
        let entrance = self.entrance_of(molding.cell_radius);
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
        reduced::length(&molding, entrance)
    }
}
