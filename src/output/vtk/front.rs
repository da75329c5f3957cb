//! One frame of the free front: a poly-line (`.vtp`) from the axis to the contact line, and the wire's surface that it
//! and the pore wall revolve to (`.vts`).

use super::super::{OutputError, require_finite};
use super::xml::{Field, polyline, structured};
use std::f64::consts::TAU;

/// The free front at one time, from the axis to the contact line. All arrays have one value per point.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FrontFrame {
    /// Time since the start of molding (s).
    pub time_s: f64,
    /// Points of the front: radius and height (nm).
    pub points_nm: Vec<[f64; 2]>,
    /// Sum of the principal curvatures, positive where the wire bulges (1/m).
    pub curvature_per_m: Vec<f64>,
    /// Velocity of the bulk along the outward normal (m/s).
    pub normal_velocity_m_per_s: Vec<f64>,
    /// What the deposit from the interface layer adds to it (m/s).
    pub deposit_velocity_m_per_s: Vec<f64>,
}

impl FrontFrame {
    fn arrays(&self) -> [(&'static str, &Vec<f64>); 3] {
        [
            ("curvature_per_m", &self.curvature_per_m),
            ("normal_velocity_m_per_s", &self.normal_velocity_m_per_s),
            ("deposit_velocity_m_per_s", &self.deposit_velocity_m_per_s),
        ]
    }

    fn validate(&self) -> Result<(), OutputError> {
        require_finite("time_s", [&self.time_s])?;
        require_finite("points_nm", self.points_nm.as_flattened())?;
        let count = self.points_nm.len();
        if count < 2 {
            return Err(OutputError::Shape {
                what: "a front has at least two points".to_string(),
            });
        }
        for (name, values) in self.arrays() {
            if values.len() != count {
                return Err(OutputError::Shape {
                    what: format!("{name} has {} values for {count} points", values.len()),
                });
            }
            require_finite(name, values)?;
        }
        Ok(())
    }

    /// The frame as the bytes of a `.vtp` file.
    ///
    /// # Errors
    /// [`OutputError::Shape`] when the arrays differ in length, [`OutputError::NotFinite`] for NaN or infinity.
    pub fn encode(&self) -> Result<Vec<u8>, OutputError> {
        self.validate()?;
        let points: Vec<[f64; 3]> = self.points_nm.iter().map(|[r, z]| [*r, 0.0, *z]).collect();
        let fields = self
            .arrays()
            .map(|(name, values)| Field::scalar(name, values.clone()));
        polyline(&points, fields.into())
    }

    /// The surface of the wire, from the tip over the front and down the pore wall to the mold face, as the bytes of a
    /// `.vts` file. Cells carry the height of their middle above the mold face.
    pub(super) fn encode_wire(&self, sections: usize) -> Result<Vec<u8>, OutputError> {
        self.validate()?;
        let mut profile = self.points_nm.clone();
        let [radius, contact] = profile[profile.len() - 1];
        if contact > 0.0 {
            // As many wall cells as make them about as long as the wire is wide.
            let cells = (contact / radius).ceil().max(1.0) as usize;
            profile
                .extend((1..=cells).map(|k| [radius, contact * (1.0 - k as f64 / cells as f64)]));
        }
        let mut points = Vec::with_capacity(profile.len() * (sections + 1));
        for section in 0..=sections {
            let (sin, cos) = (TAU * (section % sections) as f64 / sections as f64).sin_cos();
            points.extend(profile.iter().map(|[r, z]| [r * cos, r * sin, *z]));
        }
        let heights = profile.windows(2).map(|p| 0.5 * (p[0][1] + p[1][1]));
        let heights: Vec<f64> = heights.collect();
        let height = Field::scalar("height_nm", heights.repeat(sections));
        structured([profile.len(), sections + 1, 1], &points, vec![height])
    }
}
