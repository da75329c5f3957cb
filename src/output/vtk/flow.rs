//! One frame of the bulk: a rectilinear grid (`.vtr`) with blanked cells where there is no liquid.

use super::super::{OutputError, require_finite};
use super::xml::{Field, rectilinear};

/// Bulk fields on the tensor grid at one time. Cell arrays hold (nodes_r − 1)·(nodes_z − 1) values, r fastest.
#[expect(non_snake_case, reason = "names end in their unit as it is written")]
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FlowFrame {
    /// Time since the start of molding (s).
    pub time_s: f64,
    /// Radii of the grid lines, strictly increasing from 0 (nm).
    pub r_nodes_nm: Vec<f64>,
    /// Heights of the grid lines, strictly increasing, 0 on the mold face (nm).
    pub z_nodes_nm: Vec<f64>,
    /// Whether the cell is liquid; all others are blanked and their values written as 0.
    pub active: Vec<bool>,
    /// Share of the cell that is liquid (0…1); written only where a value is given for every cell.
    pub liquid_fraction: Vec<f64>,
    /// Velocity at the cell centres: radial, azimuthal, axial (m/s).
    pub velocity_m_per_s: Vec<[f64; 3]>,
    /// Pressure (Pa).
    pub pressure_Pa: Vec<f64>,
    /// Shear stress: σ_rz, or the invariant the caller documents (Pa).
    pub shear_stress_Pa: Vec<f64>,
    /// Strain rate √(2 D:D) (1/s).
    pub strain_rate_per_s: Vec<f64>,
}

/// The names in the files.
pub(super) const VELOCITY: &str = "velocity_m_per_s";
pub(super) const PRESSURE: &str = "pressure_Pa";
pub(super) const SHEAR_STRESS: &str = "shear_stress_Pa";
pub(super) const STRAIN_RATE: &str = "strain_rate_per_s";
pub(super) const LIQUID_FRACTION: &str = "liquid_fraction";

impl FlowFrame {
    /// Number of cells across and along.
    pub(super) fn cells(&self) -> (usize, usize) {
        let count = |nodes: &[f64]| nodes.len().saturating_sub(1);
        (count(&self.r_nodes_nm), count(&self.z_nodes_nm))
    }

    /// The frame as the bytes of a `.vtr` file.
    ///
    /// # Errors
    /// [`OutputError::Shape`] when the arrays do not fit the grid or no cell is active,
    /// [`OutputError::NotFinite`] for NaN or infinity in an active cell.
    pub fn encode(&self) -> Result<Vec<u8>, OutputError> {
        self.validate()?;
        let mut fields = vec![
            Field::vector(VELOCITY, &self.masked(&self.velocity_m_per_s)),
            Field::scalar(PRESSURE, self.masked(&self.pressure_Pa)),
            Field::scalar(SHEAR_STRESS, self.masked(&self.shear_stress_Pa)),
            Field::scalar(STRAIN_RATE, self.masked(&self.strain_rate_per_s)),
            Field::blanking(self.active.iter().copied()),
        ];
        if !self.liquid_fraction.is_empty() {
            let fraction = self.masked(&self.liquid_fraction);
            fields.push(Field::scalar(LIQUID_FRACTION, fraction));
        }
        rectilinear(&self.r_nodes_nm, &self.z_nodes_nm, fields)
    }

    /// Values of active cells, zero elsewhere.
    pub(super) fn masked<T: Copy + Default>(&self, values: &[T]) -> Vec<T> {
        let cells = values.iter().zip(&self.active);
        cells
            .map(|(value, on)| if *on { *value } else { T::default() })
            .collect()
    }

    /// Shapes, order of the nodes and finiteness.
    pub(super) fn validate(&self) -> Result<(), OutputError> {
        let shape = |what: String| Err(OutputError::Shape { what });
        require_finite("time_s", [&self.time_s])?;
        for (name, nodes) in [
            ("r_nodes_nm", &self.r_nodes_nm),
            ("z_nodes_nm", &self.z_nodes_nm),
        ] {
            require_finite(name, nodes)?;
            if nodes.len() < 2 || nodes.windows(2).any(|pair| pair[1] <= pair[0]) {
                return shape(format!("{name} must be at least two increasing numbers"));
            }
        }
        let (nr, nz) = self.cells();
        for (name, length) in [
            ("active", self.active.len()),
            (VELOCITY, self.velocity_m_per_s.len()),
            (PRESSURE, self.pressure_Pa.len()),
            (SHEAR_STRESS, self.shear_stress_Pa.len()),
            (STRAIN_RATE, self.strain_rate_per_s.len()),
        ] {
            if length != nr * nz {
                return shape(format!(
                    "{name} has {length} values for {nr} × {nz} = {} cells",
                    nr * nz
                ));
            }
        }
        if !matches!(self.liquid_fraction.len(), n if n == 0 || n == nr * nz) {
            return shape(format!(
                "{LIQUID_FRACTION} has {} values for {} cells",
                self.liquid_fraction.len(),
                nr * nz
            ));
        }
        require_finite(LIQUID_FRACTION, &self.liquid_fraction)?;
        if !self.active.contains(&true) {
            return shape("no cell of the frame is active".to_string());
        }
        require_finite(VELOCITY, self.masked(&self.velocity_m_per_s).as_flattened())?;
        require_finite(PRESSURE, &self.masked(&self.pressure_Pa))?;
        require_finite(SHEAR_STRESS, &self.masked(&self.shear_stress_Pa))?;
        require_finite(STRAIN_RATE, &self.masked(&self.strain_rate_per_s))
    }
}
