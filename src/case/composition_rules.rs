//! The rules of a case's composition.

use super::description::{CaseFile, CompositionModel};
use crate::materials::Material;
use crate::physics::Violation;

/// Rows that resolve mouth and tip at all, and that no run needs more of.
const ROWS: std::ops::RangeInclusive<u32> = 8..=4096;

/// Shortest start in diameters with a composition: it was tried with three alloys, and none at all leaves shares of nothing.
const SHORTEST_START: f64 = 1e-4;

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
        let diameter = self.pore.diameter_nm;
        let start = self.front.initial_length_nm(diameter);
        let least = SHORTEST_START * diameter;
        if options.model == CompositionModel::Elements && (0.0..least).contains(&start) {
            found.push(Violation::new(
                match self.front.initial_length_nm {
                    Some(_) => "front.initial_length_nm",
                    None => "front.initial_aspect_ratio",
                },
                format!("a wire of {start:.3e} nm at the start has no composition"),
                format!(
                    "{least:.3e} nm or more (L/d = {SHORTEST_START:e}), or composition.model = \"uniform\""
                ),
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
