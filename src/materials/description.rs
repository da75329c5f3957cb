//! What a material file says.

use super::covariance::Covariance;
use super::crystallisation::Crystallisation;
use super::diffusion::{BulkDiffusion, InterfaceDiffusion};
use super::quantity::Quantity;
use super::viscosity::Viscosity;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A metallic glass.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[allow(
    non_snake_case,
    reason = "keys carry symbols and units as the field writes them"
)]
pub struct Material {
    /// Name of the alloy, e.g. Ni45Pd35P16B4.
    pub name: String,
    /// Calorimetric glass transition T_g in °C.
    pub T_g_C: Quantity,
    /// Lowest temperature in °C at which the laws may be used.
    pub T_min_C: Quantity,
    /// Highest temperature in °C at which the laws may be used.
    pub T_max_C: Quantity,
    /// Mean atomic volume Ω in nm³.
    pub atomic_volume_nm3: Quantity,
    /// Atomic fraction of each element; they add up to 1. Needed with `composition.model = "elements"` alone.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub composition: BTreeMap<String, Quantity>,
    /// Viscosity of the supercooled liquid and of the glass.
    pub viscosity: Viscosity,
    /// Structural relaxation of the bulk.
    pub relaxation: Relaxation,
    /// Diffusion in the layer between wire and mold; without it a case needs `interface.diffusivity_factor = 0`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interface: Option<InterfaceDiffusion>,
    /// Diffusion in the bulk; needed with `composition.model = "elements"` unless `composition.bulk_diffusivity_factor = 0`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bulk_diffusion: Option<BulkDiffusion>,
    /// Surface tension and wetting of the mold; without it a case needs `interface.capillarity = false`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capillarity: Option<Capillarity>,
    /// Crystallisation; without it nothing crystallises.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crystallisation: Option<Crystallisation>,
    /// How far its numbers may be off together; `--uncertainty` propagates it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub covariance: Option<Covariance>,
}

/// Structural relaxation of the bulk: τ_B is proportional to the viscosity of the supercooled liquid. Exactly one of the two numbers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[allow(
    non_snake_case,
    reason = "keys carry symbols and units as the field writes them"
)]
pub struct Relaxation {
    /// Bulk relaxation time at T_g in s.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tau_g_s: Option<Quantity>,
    /// Shear modulus G∞ of the glass in GPa, from which τ_B = η/G∞ (Maxwell) with the Newtonian viscosity, where no relaxation time was measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub G_infinite_GPa: Option<Quantity>,
}

/// Surface tension and wetting; the tip feels p + 4γ cosθ/d.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[allow(
    non_snake_case,
    reason = "keys carry symbols and units as the field writes them"
)]
pub struct Capillarity {
    /// Surface tension γ in N/m.
    pub surface_tension_N_per_m: Quantity,
    /// Contact angle θ on the mold in degrees; above 90° the mold is not wetted and capillarity resists filling.
    pub contact_angle_deg: Quantity,
}
