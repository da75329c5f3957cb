//! What a case needs of its material: blocks of the file that its options use.

use super::description::{CaseFile, CompositionModel};
use crate::materials::Material;
use crate::physics::Violation;
use crate::physics::constants::{celsius, kelvin};

impl CaseFile {
    /// Options that ask for what the material does not say.
    pub(super) fn check_needs(&self, material: &Material, found: &mut Vec<Violation>) {
        let name = &material.name;
        let mut need = |key: &str, what: String, remedy: &str| {
            found.push(Violation::new(key, what, remedy));
        };
        if material.interface.is_none() && self.interface.diffusivity_factor > 0.0 {
            need(
                "interface.diffusivity_factor",
                format!("nothing is known of interface diffusion in {name}: it has no [interface]"),
                "interface.diffusivity_factor = 0 (viscous flow alone), or [interface] in the material",
            );
        }
        if material.capillarity.is_none() && self.interface.capillarity {
            need(
                "interface.capillarity",
                format!(
                    "nothing is known of the surface tension of {name}: it has no [capillarity]"
                ),
                "interface.capillarity = false, or [capillarity] in the material",
            );
        }
        if self.composition.model == CompositionModel::Elements {
            if material.composition.is_empty() {
                need(
                    "composition.model",
                    format!("the elements of {name} are not known: it has no [composition]"),
                    "composition.model = \"uniform\", or [composition] in the material",
                );
            }
            if material.interface.is_none() {
                need(
                    "composition.model",
                    format!(
                        "the layer that sorts the elements is not known: {name} has no [interface]"
                    ),
                    "composition.model = \"uniform\", or [interface] in the material",
                );
            }
            if material.bulk_diffusion.is_none() && self.composition.bulk_diffusivity_factor > 0.0 {
                need(
                    "composition.bulk_diffusivity_factor",
                    format!(
                        "nothing is known of diffusion in the bulk of {name}: it has no [bulk_diffusion]"
                    ),
                    "composition.bulk_diffusivity_factor = 0, or [bulk_diffusion] in the material",
                );
            }
        }
        self.check_glass(material, found);
    }

    /// Without E_glass nothing is known below the kinetic glass transition.
    fn check_glass(&self, material: &Material, found: &mut Vec<Violation>) {
        if material.viscosity.E_glass_eV.is_some() || self.process.duration() <= 0.0 {
            return;
        }
        let transition = material.bulk_glass_transition(self.process.duration());
        for (key, at) in self.process.temperatures() {
            if kelvin(at) < transition {
                found.push(Violation::new(
                    key,
                    format!(
                        "at {at} °C, below its kinetic glass transition for {} s at {:.1} °C, the viscosity of {} is not known: it gives no `E_glass_eV`",
                        self.process.duration(),
                        celsius(transition),
                        material.name
                    ),
                    "a higher temperature, or `viscosity.E_glass_eV` in the material",
                ));
                return;
            }
        }
    }
}
