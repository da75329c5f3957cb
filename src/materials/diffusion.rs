//! Diffusion in the layer between wire and mold and in the bulk: what a file says of it, and the laws.

use super::description::Material;
use super::quantity::{Quantity, require_not_negative, require_positive};
use crate::physics::{self, Violation, constants};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

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
    /// Activation volume ΔV in Å³ of the diffusivity under pressure, D ∝ exp(−pΔV/k_BT). Default: no effect of pressure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activation_volume_A3: Option<Quantity>,
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
    /// Activation volume ΔV in Å³ of the diffusivity under pressure, D ∝ exp(−pΔV/k_BT). Default: no effect of pressure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activation_volume_A3: Option<Quantity>,
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

impl InterfaceDiffusion {
    /// Mean diffusivity D_I = Σ x_i D_i at `temperature` (K) in m²/s (Arrhenius, Q_I).
    fn diffusivity(&self, temperature: f64) -> f64 {
        self.D_reference_m2_per_s.value
            * constants::arrhenius(
                self.Q_interface_eV.value,
                temperature,
                constants::kelvin(self.T_reference_C.value),
            )
    }
}

impl BulkDiffusion {
    /// Diffusivity D_B at `temperature` (K) in m²/s (Arrhenius, Q_B).
    fn diffusivity(&self, temperature: f64) -> f64 {
        self.D_reference_m2_per_s.value
            * constants::arrhenius(
                self.Q_bulk_eV.value,
                temperature,
                constants::kelvin(self.T_reference_C.value),
            )
    }
}

impl Material {
    /// Thickness δ of the interface layer in nm; 0 where the file says nothing of it.
    pub fn layer_thickness_nm(&self) -> f64 {
        self.interface
            .as_ref()
            .map_or(0.0, |layer| layer.thickness_nm.value)
    }

    /// Thickness δ of the interface layer in m; 0 where the file says nothing of it.
    pub fn layer_thickness(&self) -> f64 {
        self.layer_thickness_nm() * constants::NANOMETRE
    }

    /// Mean interface diffusivity D_I = Σ x_i D_i at `temperature` (K) in m²/s; NaN where the file says nothing of it.
    pub fn interface_diffusivity(&self, temperature: f64) -> f64 {
        self.interface
            .as_ref()
            .map_or(f64::NAN, |layer| layer.diffusivity(temperature))
    }

    /// Bulk diffusivity D_B at `temperature` (K) in m²/s; NaN where the file says nothing of it.
    pub fn bulk_diffusivity(&self, temperature: f64) -> f64 {
        self.bulk_diffusion
            .as_ref()
            .map_or(f64::NAN, |bulk| bulk.diffusivity(temperature))
    }

    /// Diffusivity in m²/s that the Stokes–Einstein relation k_BT/(cπR_aη) has at `temperature` (K), with the equilibrium viscosity; NaN where the file does not say c and R_a.
    pub fn stokes_einstein_diffusivity(&self, temperature: f64) -> f64 {
        self.bulk_diffusion.as_ref().map_or(f64::NAN, |bulk| {
            physics::stokes_einstein_diffusivity(
                temperature,
                bulk.stokes_einstein_c.value,
                bulk.atom_radius_nm.value * constants::NANOMETRE,
                self.equilibrium_newtonian_viscosity(temperature),
            )
        })
    }

    /// Factor exp(−pΔV/k_BT) of the pressure (Pa) on the interface diffusivity at `temperature` (K); 1 where the file gives no ΔV.
    pub fn interface_pressure_factor(&self, temperature: f64, pressure: f64) -> f64 {
        let volume = self
            .interface
            .as_ref()
            .and_then(|layer| layer.activation_volume_A3.as_ref());
        pressure_factor(volume, temperature, pressure)
    }

    /// ΔV/k_BT of the interface diffusivity in 1/Pa at `temperature` (K); 0 where the file gives no ΔV.
    pub fn interface_pressure_exponent(&self, temperature: f64) -> f64 {
        let volume = self
            .interface
            .as_ref()
            .and_then(|layer| layer.activation_volume_A3.as_ref());
        volume.map_or(0.0, |volume| pressure_exponent(volume, temperature))
    }

    /// Factor exp(−pΔV/k_BT) of the pressure (Pa) on the bulk diffusivity at `temperature` (K); 1 where the file gives no ΔV.
    pub fn bulk_pressure_factor(&self, temperature: f64, pressure: f64) -> f64 {
        let volume = self
            .bulk_diffusion
            .as_ref()
            .and_then(|bulk| bulk.activation_volume_A3.as_ref());
        pressure_factor(volume, temperature, pressure)
    }

    /// δ D_I at `temperature` (K) in m³/s; NaN where the file says nothing of it.
    pub fn layer_conductivity(&self, temperature: f64) -> f64 {
        self.layer_thickness() * self.interface_diffusivity(temperature)
    }

    /// Mobility of the layer M = δ D_I Ω/(k_BT) at `temperature` (K) in m³ Pa⁻¹ s⁻¹; NaN where the file says nothing of it.
    pub fn layer_mobility(&self, temperature: f64) -> f64 {
        physics::layer_mobility(
            self.layer_conductivity(temperature),
            self.atomic_volume(),
            temperature,
        )
    }

    /// Multiplies the interface diffusivity at all temperatures by `factor`.
    pub fn scale_interface_diffusivity(&mut self, factor: f64) {
        if let Some(layer) = &mut self.interface {
            layer.D_reference_m2_per_s.value *= factor;
        }
    }

    /// D_i/D̄ of every element of the composition in the layer, normalised so that Σ x_i D_i/D̄ = 1.
    pub fn diffusivity_ratios(&self) -> BTreeMap<String, f64> {
        let relative = |element: &str| {
            self.interface
                .as_ref()
                .and_then(|layer| layer.relative_diffusivity.get(element))
                .map_or(1.0, |ratio| ratio.value)
        };
        let mean: f64 = self
            .composition
            .iter()
            .map(|(element, x)| x.value * relative(element))
            .sum();
        self.composition
            .keys()
            .map(|element| (element.clone(), relative(element) / mean))
            .collect()
    }

    /// Keys of the laws of pressure that the file gives, as far as they change anything.
    pub fn laws_of_pressure(&self) -> Vec<&'static str> {
        let layer = self.interface.as_ref();
        let bulk = self.bulk_diffusion.as_ref();
        let given = [
            (
                "viscosity.T_g_rise_K_per_GPa",
                self.viscosity.T_g_rise_K_per_GPa.as_ref(),
            ),
            (
                "interface.activation_volume_A3",
                layer.and_then(|layer| layer.activation_volume_A3.as_ref()),
            ),
            (
                "bulk_diffusion.activation_volume_A3",
                bulk.and_then(|bulk| bulk.activation_volume_A3.as_ref()),
            ),
        ];
        let acts = |quantity: Option<&Quantity>| quantity.is_some_and(|given| given.value != 0.0);
        given
            .into_iter()
            .filter(|(_, quantity)| acts(*quantity))
            .map(|(key, _)| key)
            .collect()
    }

    /// Takes the laws of pressure out.
    pub fn forget_laws_of_pressure(&mut self) {
        self.viscosity.T_g_rise_K_per_GPa = None;
        if let Some(layer) = &mut self.interface {
            layer.activation_volume_A3 = None;
        }
        if let Some(bulk) = &mut self.bulk_diffusion {
            bulk.activation_volume_A3 = None;
        }
    }

    /// True if the file makes no difference between the elements in the layer, so that no wire of it changes its composition.
    pub fn elements_diffuse_alike(&self) -> bool {
        let ratios = self.diffusivity_ratios();
        ratios.values().all(|ratio| (ratio - 1.0).abs() < 1e-12)
    }

    /// The rules of what this module describes.
    pub(super) fn check_diffusion(&self, found: &mut Vec<Violation>) {
        if let Some(layer) = &self.interface {
            require_positive(found, "interface.thickness_nm", &layer.thickness_nm);
            require_positive(found, "interface.Q_interface_eV", &layer.Q_interface_eV);
            if let Some(volume) = &layer.activation_volume_A3 {
                require_not_negative(found, "interface.activation_volume_A3", volume);
            }
            let d = &layer.D_reference_m2_per_s;
            require_not_negative(found, "interface.D_reference_m2_per_s", d);
            self.check_relative("interface", &layer.relative_diffusivity, found);
        }
        if let Some(bulk) = &self.bulk_diffusion {
            for (key, quantity) in [
                ("Q_bulk_eV", &bulk.Q_bulk_eV),
                ("stokes_einstein_c", &bulk.stokes_einstein_c),
                ("atom_radius_nm", &bulk.atom_radius_nm),
            ] {
                require_positive(found, &format!("bulk_diffusion.{key}"), quantity);
            }
            if let Some(volume) = &bulk.activation_volume_A3 {
                require_not_negative(found, "bulk_diffusion.activation_volume_A3", volume);
            }
            let d = &bulk.D_reference_m2_per_s;
            require_not_negative(found, "bulk_diffusion.D_reference_m2_per_s", d);
            self.check_relative("bulk_diffusion", &bulk.relative_diffusivity, found);
        }
    }

    fn check_relative(
        &self,
        section: &str,
        ratios: &BTreeMap<String, Quantity>,
        found: &mut Vec<Violation>,
    ) {
        for (element, ratio) in ratios {
            let key = format!("{section}.relative_diffusivity.{element}");
            require_positive(found, &key, ratio);
            if !self.composition.contains_key(element) {
                let known: Vec<&str> = self.composition.keys().map(String::as_str).collect();
                let remedy = match known.len() {
                    0 => "the alloy's elements with their fractions under [composition]".to_owned(),
                    _ => format!("one of {}", known.join(", ")),
                };
                let reason = format!("{element} is not in the composition");
                found.push(Violation::new(key, reason, remedy));
            }
        }
    }
}

/// exp(−pΔV/k_BT).
fn pressure_factor(volume: Option<&Quantity>, temperature: f64, pressure: f64) -> f64 {
    volume.map_or(1.0, |volume| {
        (-pressure * pressure_exponent(volume, temperature)).exp()
    })
}

/// ΔV/k_BT in 1/Pa.
fn pressure_exponent(volume: &Quantity, temperature: f64) -> f64 {
    volume.value * constants::ANGSTROM.powi(3) / (constants::BOLTZMANN * temperature)
}
