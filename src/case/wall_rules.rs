//! What a case may ask of a pore that is no cylinder.

use super::description::{CaseFile, CompositionModel, Model};
use crate::materials::Material;
use crate::mesh::WallProfile;
use crate::physics::Violation;

impl CaseFile {
    /// Every rule that the case breaks together with the shape of its pore.
    pub(super) fn violations_in(&self, wall: &WallProfile, material: &Material) -> Vec<Violation> {
        let mut found = Vec::new();
        if wall.is_straight() {
            return found;
        }
        let mut refuse = |key: &str, what: &str, remedy: &str| {
            let reason = format!("{what} is computed in cylinders only, and this pore is none");
            found.push(Violation::new(key, reason, remedy));
        };
        if self.model == Model::Reduced {
            refuse("model", "the reduced model", "model = \"full\"");
        }
        if self.interface.slip_length_nm > 0.0 {
            refuse("interface.slip_length_nm", "slip", "slip_length_nm = 0");
        }
        let radius = 0.5 * self.pore.diameter_nm;
        let depth = self.pore.depth_nm.map_or(f64::INFINITY, |nm| nm / radius);
        if let Some(narrow) = wall.too_narrow(depth) {
            let nm = narrow * radius;
            found.push(Violation::new(
                "pore.depth_nm",
                format!("the tapered pore would be too narrow or too wide to be resolved {nm:.1} nm below the mouth"),
                format!("depth_nm = {:.0} or less, where the pore has its bottom", nm.floor()),
            ));
        }
        // A bulge's line lies lower, at most by what a cap of its height holds.
        let bulge = self.front.initial_bulge.max(0.0);
        let cap = bulge * (3.0 + bulge * bulge) / 6.0;
        let start = self.front.initial_length_nm(self.pore.diameter_nm) - cap * radius;
        if start < wall.fillet() * radius {
            let key = match self.front.initial_length_nm {
                Some(_) => "front.initial_length_nm",
                None => "front.initial_aspect_ratio",
            };
            found.push(Violation::new(
                key,
                format!(
                    "the line of the front would start {start:.2} nm deep, within the rounded edge of the mouth, whose radius is {:.2} nm",
                    wall.fillet() * radius
                ),
                "a start below the edge, or an edge with a smaller radius (`mouth_fillet`)",
            ));
        }
        // At the mouth the rules for cylinders say so already.
        let layers = match self.composition.model {
            CompositionModel::Uniform => 2.0,
            CompositionModel::Elements => 4.0,
        };
        let needed = layers * material.layer_thickness_nm();
        let (diameter, narrowest) = (
            self.pore.diameter_nm,
            wall.neck(depth) * self.pore.diameter_nm,
        );
        if diameter > needed && narrowest <= needed {
            found.push(Violation::new(
                "pore.diameter_nm",
                format!(
                    "the pore is only {narrowest:.2} nm wide where it is narrowest, no more than {layers} times the layer's thickness"
                ),
                format!("a wider or a shallower pore: more than {needed} nm everywhere"),
            ));
        }
        found
    }
}
