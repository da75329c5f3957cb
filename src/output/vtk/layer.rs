//! One frame of the interface layer: a poly-line (`.vtp`) along the wall.

use super::super::{OutputError, require_finite};
use super::xml::{Field, polyline};

/// Layer fields at one time, along the wall in the direction of arc length: from the cell radius R_c inwards on the
/// mold face, around the mouth corner, up the pore wall to the tip. All arrays have one value per point.
#[expect(non_snake_case, reason = "names end in their unit as it is written")]
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LayerFrame {
    /// Time since the start of molding (s).
    pub time_s: f64,
    /// Points of the wall: radius and height (nm).
    pub points_nm: Vec<[f64; 2]>,
    /// Arc length, increasing towards the tip (nm).
    pub arc_length_nm: Vec<f64>,
    /// λ = −n·σ·n, the compressive normal stress of the bulk on the layer (Pa).
    pub normal_stress_Pa: Vec<f64>,
    /// Q, volume per time and perimeter carried towards the tip (m²/s).
    pub layer_flux_m2_per_s: Vec<f64>,
    /// u·n, positive from the bulk into the layer (m/s).
    pub exchange_velocity_m_per_s: Vec<f64>,
    /// Further arrays by name: `x_Ni`, … (atomic fractions), `crystallised` (0…1, of the core beside the layer).
    pub species: Vec<(String, Vec<f64>)>,
}

impl LayerFrame {
    /// The frame as the bytes of a `.vtp` file.
    ///
    /// # Errors
    /// [`OutputError::Shape`] when the arrays differ in length or the arc length does not increase,
    /// [`OutputError::NotFinite`] for NaN or infinity.
    pub fn encode(&self) -> Result<Vec<u8>, OutputError> {
        require_finite("time_s", [&self.time_s])?;
        require_finite("points_nm", self.points_nm.as_flattened())?;
        let count = self.points_nm.len();
        let arrays = [
            ("arc_length_nm", &self.arc_length_nm),
            ("normal_stress_Pa", &self.normal_stress_Pa),
            ("layer_flux_m2_per_s", &self.layer_flux_m2_per_s),
            ("exchange_velocity_m_per_s", &self.exchange_velocity_m_per_s),
        ];
        let shape = |what: String| Err(OutputError::Shape { what });
        let species = self
            .species
            .iter()
            .map(|(name, values)| (name.as_str(), values));
        for (name, values) in arrays.into_iter().chain(species) {
            if values.len() != count {
                return shape(format!(
                    "{name} has {} values for {count} points of the wall",
                    values.len()
                ));
            }
            require_finite(name, values)?;
        }
        let arcs = &self.arc_length_nm;
        if count < 2 || arcs.windows(2).any(|pair| pair[1] <= pair[0]) {
            return shape("arc_length_nm must be at least two increasing numbers".to_string());
        }
        let points: Vec<[f64; 3]> = self.points_nm.iter().map(|[r, z]| [*r, 0.0, *z]).collect();
        let named = arrays.map(|(name, values)| Field::scalar(name, values.clone()));
        let mut fields = Vec::from(named);
        for (name, values) in &self.species {
            fields.push(Field::scalar(name.clone(), values.clone()));
        }
        polyline(&points, fields)
    }
}
