//! Crystallisation of the supercooled liquid and of the glass.

use super::alloy::{Alloy, Avrami, Element};
use super::description::Material;
use super::quantity::Quantity;
use crate::physics::{Violation, constants};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// JMAK with the additivity rule, Z = (−ln(1 − χ))^(1/n), DZ/Dt = (ln 2)^(1/n)/τ; τ(T, c) = τ_ref exp((Q/k_B)(1/T − 1/T_ref)) exp(−‖c − c_0‖²/w²) is the time to χ = 0.5 at constant T and c, longest at the nominal composition c_0.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[allow(
    non_snake_case,
    reason = "keys carry symbols and units as the field writes them"
)]
pub struct Crystallisation {
    /// Temperature in °C to which `tau_reference_s` belongs.
    pub T_reference_C: Quantity,
    /// Time in s to half crystallised at the nominal composition and the reference temperature.
    pub tau_reference_s: Quantity,
    /// Activation energy of the rate in eV; below the nose of the TTT diagram crystallisation gets faster with temperature.
    pub Q_crystallisation_eV: Quantity,
    /// Avrami exponent n.
    pub avrami_exponent: Quantity,
    /// Distance w in composition (root of the sum of squared differences of atomic fractions) over which τ falls to 1/e.
    pub composition_width: Quantity,
}

impl Material {
    /// Time in s to χ = 0.5 at the nominal composition and `temperature` (K); `None` where the file says nothing.
    pub fn crystallisation_time(&self, temperature: f64) -> Option<f64> {
        self.crystallisation.as_ref().map(|law| {
            let reference = constants::kelvin(law.T_reference_C.value);
            law.tau_reference_s.value
                / constants::arrhenius(law.Q_crystallisation_eV.value, temperature, reference)
        })
    }

    /// The elements with their fractions in the feedstock and their relative diffusivities.
    pub fn alloy(&self) -> Alloy {
        let layer = self.diffusivity_ratios();
        let elements = self.composition.iter().map(|(name, x)| Element {
            name: name.clone(),
            feedstock: x.value,
            layer_ratio: layer[name],
            bulk_ratio: self
                .bulk_diffusion
                .as_ref()
                .and_then(|bulk| bulk.relative_diffusivity.get(name))
                .map_or(1.0, |ratio| ratio.value),
        });
        let law = self.crystallisation.as_ref().map(|law| Avrami {
            exponent: law.avrami_exponent.value,
            width: law.composition_width.value,
        });
        Alloy::new(elements.collect(), law)
    }

    /// The rules of what this module describes.
    pub(super) fn check_crystallisation(&self, found: &mut Vec<Violation>) {
        if let Some(law) = &self.crystallisation {
            for (key, quantity) in [
                ("tau_reference_s", &law.tau_reference_s),
                ("Q_crystallisation_eV", &law.Q_crystallisation_eV),
                ("avrami_exponent", &law.avrami_exponent),
                ("composition_width", &law.composition_width),
            ] {
                super::quantity::require_positive(
                    found,
                    &format!("crystallisation.{key}"),
                    quantity,
                );
            }
        }
        let most = crate::kernels::species::MOST_ELEMENTS;
        if self.composition.len() > most {
            found.push(Violation::new(
                "composition",
                format!(
                    "{} elements are more than the {most} that are computed",
                    self.composition.len()
                ),
                format!("at most {most} elements; put traces together"),
            ));
        }
    }
}
