//! What a material file says of the viscosity.

use crate::materials::{Provenance, Quantity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Viscosity of the supercooled liquid in equilibrium by one of several laws, continued below the kinetic glass transition by an Arrhenius law. `docs/own_material.md` has the formulas and which keys each law needs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[allow(
    non_snake_case,
    reason = "keys carry symbols and units as the field writes them"
)]
pub struct Viscosity {
    /// Law of the supercooled liquid. Default: VFT.
    #[serde(default)]
    pub law: ViscosityLaw,
    /// Which viscosity the numbers are: "apparent" (Eq. 1 of the paper, factor 32) or "newtonian" (enters the Stokes equations; twice the apparent one). What rheometers measure is newtonian.
    pub convention: ViscosityConvention,
    /// Temperature in °C to which `eta_reference_Pa_s` belongs; all laws but the table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub T_reference_C: Option<Quantity>,
    /// Viscosity at the reference temperature in Pa·s, in the stated convention; all laws but the table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub eta_reference_Pa_s: Option<Quantity>,
    /// Strength parameter D* of the VFT law (dimensionless; small is fragile).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub D_star: Option<Quantity>,
    /// Temperature T_0 in K at which the VFT law diverges, or that of the Cohen–Grest law.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub T_0_K: Option<Quantity>,
    /// Activation energy of the liquid in eV; Arrhenius law.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub E_liquid_eV: Option<Quantity>,
    /// Viscosity at infinite temperature in Pa·s, in the stated convention; MYEGA law.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub eta_infinite_Pa_s: Option<Quantity>,
    /// Slope d log₁₀η/d(T_reference/T) at the reference temperature, Angell's fragility where that is T_g; MYEGA law.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fragility: Option<Quantity>,
    /// B in K; Cohen–Grest law.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub B_K: Option<Quantity>,
    /// C in K; Cohen–Grest law.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub C_K: Option<Quantity>,
    /// Measured viscosities; `law = "table"`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<ViscosityTable>,
    /// Activation energy of the glass's viscosity below the kinetic glass transition in eV; without it the material is known above that alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub E_glass_eV: Option<Quantity>,
    /// What the liquid does under high stress: `newtonian` (default) or `eyring`, which needs `shear_activation_volume_A3`.
    #[serde(default, skip_serializing_if = "Rheology::is_newtonian")]
    pub rheology: Rheology,
    /// Activation volume V* of shear in Å³ in γ̇ = γ̇₀ sinh(τV*/(2k_BT)) (Eyring); it tells from which stress on the alloy is no longer Newtonian.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shear_activation_volume_A3: Option<Quantity>,
    /// Rise of the glass transition with pressure in K/GPa: under the pressure p the liquid is as viscous as at T − p dT_g/dp without it. Default: no effect of pressure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub T_g_rise_K_per_GPa: Option<Quantity>,
    /// Lowest and highest temperature in °C at which the law was measured or fitted. Beyond it the law is an extrapolation, which is warned of. A table's own ends unless given; other laws are used without a word within the material's whole range.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range_C: Option<[f64; 2]>,
    /// How the structure follows a temperature schedule. Without it the whole run has the kinetic glass transition of its duration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fictive: Option<Fictive>,
}

/// What the liquid does under high stress.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Rheology {
    /// Its viscosity does not depend on stress.
    #[default]
    Newtonian,
    /// It thins: γ̇ = (τ₀/η) sinh(τ/τ₀), τ₀ = 2k_BT/V*.
    Eyring,
}

impl Rheology {
    /// True for a Newtonian liquid.
    pub fn is_newtonian(&self) -> bool {
        *self == Rheology::Newtonian
    }
}

/// Laws of the supercooled liquid's viscosity.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum ViscosityLaw {
    /// Vogel, Fulcher, Tammann: ln(η/η_ref) = D*T_0/(T − T_0) − D*T_0/(T_ref − T_0).
    #[default]
    #[serde(rename = "VFT")]
    Vft,
    /// ln(η/η_ref) = (E/k_B)(1/T − 1/T_ref).
    #[serde(rename = "Arrhenius")]
    Arrhenius,
    /// Mauro, Yue, Ellison, Gupta, Allan: log₁₀(η/η_∞) = A (T_ref/T) exp[(m/A − 1)(T_ref/T − 1)], A = log₁₀(η_ref/η_∞).
    #[serde(rename = "MYEGA")]
    Myega,
    /// Cohen and Grest: log₁₀ η = const + B/(T − T_0 + [(T − T_0)² + CT]^½).
    #[serde(rename = "Cohen-Grest")]
    CohenGrest,
    /// Through measured points: ln η monotone over 1/T.
    #[serde(rename = "table")]
    Table,
}

impl ViscosityLaw {
    /// As it stands in a file.
    pub fn name(self) -> &'static str {
        match self {
            ViscosityLaw::Vft => "VFT",
            ViscosityLaw::Arrhenius => "Arrhenius",
            ViscosityLaw::Myega => "MYEGA",
            ViscosityLaw::CohenGrest => "Cohen-Grest",
            ViscosityLaw::Table => "table",
        }
    }
}

/// Measured viscosities with where they come from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ViscosityTable {
    /// Entries [temperature in °C, viscosity in Pa·s in the stated convention], temperatures increasing, viscosities falling. Between them ln η is interpolated over 1/T without overshoot, beyond them it goes on with the slope of the end.
    pub points: Vec<[f64; 2]>,
    /// Where the numbers come from.
    pub provenance: Provenance,
    /// Publication, where the provenance is "literature".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// How the numbers were found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
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
