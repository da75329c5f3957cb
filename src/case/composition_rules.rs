//! The rules of a case's composition.

use super::description::{CaseFile, CompositionModel};
use crate::materials::Material;
use crate::physics::Violation;

/// Rows that resolve mouth and tip at all, and that no run needs more of.
const ROWS: std::ops::RangeInclusive<u32> = 8..=4096;

impl CaseFile {
    /// Rules of the section by itself.
    pub(super) fn check_composition(&self, found: &mut Vec<Violation>) {
        let options = &self.composition;
        if !ROWS.contains(&options.rows) {
            let (few, many) = (ROWS.start(), ROWS.end());
            found.push(Violation::new(
                "composition.rows",
                format!("{} rows do not resolve a wire", options.rows),
                format!("{few} to {many} rows; 40 are usual"),
            ));
        }
        for (key, factor) in [
            ("bulk_diffusivity_factor", options.bulk_diffusivity_factor),
            ("exchange_factor", options.exchange_factor),
        ] {
            if !(factor >= 0.0 && factor.is_finite()) {
                found.push(Violation::new(
                    format!("composition.{key}"),
                    format!("a factor of {factor} has no meaning"),
                    "a factor of 0 or more",
                ));
            }
        }
    }

    /// Rules of the section with the material.
    pub(super) fn check_composition_with(&self, material: &Material, found: &mut Vec<Violation>) {
        let layers = 4.0 * material.layer_thickness_nm();
        let diameter = self.pore.diameter_nm;
        if self.composition.model == CompositionModel::Elements
            && diameter > 0.5 * layers
            && diameter <= layers
        {
            found.push(Violation::new(
                "pore.diameter_nm",
                format!(
                    "in a pore of {diameter} nm the layer takes up the whole cross-section: nothing is left for the core"
                ),
                format!("a diameter in nm above {layers}, four times the layer's thickness"),
            ));
        }
    }
}
