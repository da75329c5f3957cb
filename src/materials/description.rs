//! What a material file says.

use super::covariance::Covariance;
use super::crystallisation::Crystallisation;
use super::quantity::Quantity;
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
    /// Atomic fraction of each element; they add up to 1.
    pub composition: BTreeMap<String, Quantity>,
    /// Viscosity of the supercooled liquid and of the glass.
    pub viscosity: Viscosity,
    /// Structural relaxation of the bulk.
    pub relaxation: Relaxation,
    /// Diffusion in the layer between wire and mold.
    pub interface: InterfaceDiffusion,
    /// Diffusion in the bulk.
    pub bulk_diffusion: BulkDiffusion,
    /// Surface tension and wetting of the mold.
    pub capillarity: Capillarity,
    /// Crystallisation; without it nothing crystallises.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crystallisation: Option<Crystallisation>,
    /// How far its numbers may be off together; `--uncertainty` propagates it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub covariance: Option<Covariance>,
}

/// VFT law of the supercooled liquid, η = η_ref exp(D* T_0/(T − T_0) − D* T_0/(T_ref − T_0)), continued below the kinetic glass transition by an Arrhenius law.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[allow(
    non_snake_case,
    reason = "keys carry symbols and units as the field writes them"
)]
pub struct Viscosity {
    /// Which viscosity `eta_reference_Pa_s` is: "apparent" (Eq. 1 of the paper, factor 32) or "newtonian" (enters the Stokes equations; twice the apparent one).
    pub convention: ViscosityConvention,
    /// Temperature in °C to which `eta_reference_Pa_s` belongs.
    pub T_reference_C: Quantity,
    /// Viscosity at the reference temperature in Pa·s, in the stated convention.
    pub eta_reference_Pa_s: Quantity,
    /// Strength parameter D* of the VFT law (dimensionless; small is fragile).
    pub D_star: Quantity,
    /// VFT temperature T_0 in K.
    pub T_0_K: Quantity,
    /// Activation energy of the glass's viscosity below the kinetic glass transition in eV.
    pub E_glass_eV: Quantity,
    /// Lowest and highest temperature in °C at which the law was measured or fitted; the material's whole range unless given. Beyond it the law is an extrapolation, which is warned of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range_C: Option<[f64; 2]>,
    /// How the structure follows a temperature schedule. Without it the whole run has the kinetic glass transition of its duration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fictive: Option<Fictive>,
}

/// Fictive temperature of a run whose temperature changes (see `docs/calibration.md`); constant temperatures are not affected.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[allow(
    non_snake_case,
    reason = "keys carry symbols and units as the field writes them"
)]
pub struct Fictive {
    /// The model: "TNM" (Tool, Narayanaswamy, Moynihan).
    pub model: FictiveModel,
    /// Kohlrausch exponent β of the structural relaxation, above 0 and up to 1 (a single relaxation time).
    pub beta: Quantity,
    /// Fictive temperature in °C at the start, e.g. of an as-cast feedstock; in equilibrium unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub T_start_C: Option<Quantity>,
}

/// Models of the fictive temperature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum FictiveModel {
    /// Tool, Narayanaswamy, Moynihan.
    #[serde(rename = "TNM")]
    Tnm,
}

/// Which of the two viscosities a number is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ViscosityConvention {
    /// What Eq. (1) of the paper, with its factor 32, returns from a molded length.
    Apparent,
    /// The viscosity of the Stokes equations.
    Newtonian,
}

/// Structural relaxation: the bulk relaxation time is proportional to the viscosity of the supercooled liquid.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Relaxation {
    /// Bulk relaxation time at T_g in s.
    pub tau_g_s: Quantity,
}

/// Diffusion in the interface layer: D_I = D_ref exp(−(Q_I/k_B)(1/T − 1/T_ref)).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[allow(
    non_snake_case,
    reason = "keys carry symbols and units as the field writes them"
)]
pub struct InterfaceDiffusion {
    /// Thickness δ of the layer in nm.
    pub thickness_nm: Quantity,
    /// Temperature in °C to which `D_reference_m2_per_s` belongs.
    pub T_reference_C: Quantity,
    /// Interface diffusivity D_I (the mean Σ x_i D_i) at the reference temperature in m²/s.
    pub D_reference_m2_per_s: Quantity,
    /// Activation energy Q_I in eV.
    pub Q_interface_eV: Quantity,
    /// Lowest and highest temperature in °C at which the law was measured or fitted; the material's whole range unless given. Beyond it the law is an extrapolation, which is warned of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range_C: Option<[f64; 2]>,
    /// Diffusivity of each element relative to the others (any common scale; normalised so that Σ x_i D_i = D_I). Elements not named get 1.
    #[serde(default)]
    pub relative_diffusivity: BTreeMap<String, Quantity>,
}

/// Diffusion in the bulk: D_B = D_ref exp(−(Q_B/k_B)(1/T − 1/T_ref)), and the Stokes–Einstein relation it departs from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[allow(
    non_snake_case,
    reason = "keys carry symbols and units as the field writes them"
)]
pub struct BulkDiffusion {
    /// Temperature in °C to which `D_reference_m2_per_s` belongs.
    pub T_reference_C: Quantity,
    /// Bulk diffusivity D_B at the reference temperature in m²/s.
    pub D_reference_m2_per_s: Quantity,
    /// Activation energy Q_B in eV.
    pub Q_bulk_eV: Quantity,
    /// Lowest and highest temperature in °C at which the law was measured or fitted; the material's whole range unless given. Beyond it the law is an extrapolation, which is warned of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range_C: Option<[f64; 2]>,
    /// Coefficient c of the Stokes–Einstein relation D = k_BT/(cπR_aη) (6: stick, 4: slip).
    pub stokes_einstein_c: Quantity,
    /// Effective radius R_a of the diffusing atom in nm.
    pub atom_radius_nm: Quantity,
    /// Diffusivity of each element in the bulk relative to D_B. Elements not named get 1.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub relative_diffusivity: BTreeMap<String, Quantity>,
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
