//! What a material must satisfy to be used.

use super::description::Material;
use super::quantity::Quantity;
use crate::physics::{Violation, constants};

/// Largest deviation of Σ x_i from 1 (compositions are written with two to four digits).
const COMPOSITION_TOLERANCE: f64 = 1e-6;

impl Material {
    /// Every rule that this material breaks; empty if it may be used.
    pub fn violations(&self) -> Vec<Violation> {
        let mut found = Vec::new();
        let positive = [
            ("atomic_volume_nm3", &self.atomic_volume_nm3),
            (
                "viscosity.eta_reference_Pa_s",
                &self.viscosity.eta_reference_Pa_s,
            ),
            ("viscosity.D_star", &self.viscosity.D_star),
            ("viscosity.T_0_K", &self.viscosity.T_0_K),
            ("viscosity.E_glass_eV", &self.viscosity.E_glass_eV),
            ("relaxation.tau_g_s", &self.relaxation.tau_g_s),
            ("interface.thickness_nm", &self.interface.thickness_nm),
            (
                "interface.D_reference_m2_per_s",
                &self.interface.D_reference_m2_per_s,
            ),
            ("interface.Q_interface_eV", &self.interface.Q_interface_eV),
            (
                "bulk_diffusion.D_reference_m2_per_s",
                &self.bulk_diffusion.D_reference_m2_per_s,
            ),
            ("bulk_diffusion.Q_bulk_eV", &self.bulk_diffusion.Q_bulk_eV),
            (
                "bulk_diffusion.stokes_einstein_c",
                &self.bulk_diffusion.stokes_einstein_c,
            ),
            (
                "bulk_diffusion.atom_radius_nm",
                &self.bulk_diffusion.atom_radius_nm,
            ),
            (
                "capillarity.surface_tension_N_per_m",
                &self.capillarity.surface_tension_N_per_m,
            ),
        ];
        for (key, quantity) in positive {
            require_positive(&mut found, key, quantity);
        }
        for (element, ratio) in &self.interface.relative_diffusivity {
            require_positive(
                &mut found,
                &format!("interface.relative_diffusivity.{element}"),
                ratio,
            );
        }
        self.check_temperatures(&mut found);
        self.check_ranges(&mut found);
        self.check_fictive(&mut found);
        self.check_composition(&mut found);
        self.check_crystallisation(&mut found);
        let covariance = self.covariance.iter();
        found.extend(covariance.flat_map(|covariance| covariance.violations(self)));
        let angle = self.capillarity.contact_angle_deg.value;
        if !(0.0..=180.0).contains(&angle) {
            found.push(Violation::new(
                "capillarity.contact_angle_deg.value",
                format!("a contact angle of {angle}° does not exist"),
                "an angle from 0 (wetting) to 180 (not wetting) degrees",
            ));
        }
        found
    }

    fn check_temperatures(&self, found: &mut Vec<Violation>) {
        let (low, high) = (self.T_min_C.value, self.T_max_C.value);
        if low >= high {
            found.push(Violation::new(
                "T_max_C.value",
                format!("the range of validity is empty: T_min is {low} °C, T_max {high} °C"),
                format!("a temperature above {low} °C"),
            ));
        }
        let temperatures = [
            ("T_g_C.value", self.T_g_C.value),
            ("T_min_C.value", low),
            (
                "viscosity.T_reference_C.value",
                self.viscosity.T_reference_C.value,
            ),
            (
                "interface.T_reference_C.value",
                self.interface.T_reference_C.value,
            ),
            (
                "bulk_diffusion.T_reference_C.value",
                self.bulk_diffusion.T_reference_C.value,
            ),
        ];
        for (key, value) in temperatures {
            if value <= -constants::ZERO_CELSIUS {
                found.push(Violation::new(
                    key,
                    format!("{value} °C is below absolute zero"),
                    "a temperature in °C",
                ));
            }
        }
        let t_0 = self.viscosity.T_0_K.value;
        for (key, value) in &temperatures[..3] {
            // T_min may lie below T_0: the glass is Arrhenius there.
            if *key != "T_min_C.value" && constants::kelvin(*value) <= t_0 {
                found.push(Violation::new(
                    "viscosity.T_0_K.value",
                    format!("the VFT law diverges at T_0 = {t_0} K, which is not below `{}` = {value} °C", key.trim_end_matches(".value")),
                    format!("T_0 below {} K; mind that T_0 is in K", constants::kelvin(*value)),
                ));
            }
        }
    }

    /// A law's own range lies within the material's.
    fn check_ranges(&self, found: &mut Vec<Violation>) {
        let (low, high) = (self.T_min_C.value, self.T_max_C.value);
        for (section, range) in [
            ("viscosity", self.viscosity.range_C),
            ("interface", self.interface.range_C),
            ("bulk_diffusion", self.bulk_diffusion.range_C),
        ] {
            if let Some([from, to]) = range
                && !(low <= from && from <= to && to <= high)
            {
                found.push(Violation::new(
                    format!("{section}.range_C"),
                    format!(
                        "{from} to {to} °C is no range within T_min = {low} and T_max = {high} °C"
                    ),
                    format!("[lowest, highest] temperature in °C between {low} and {high}"),
                ));
            }
        }
    }

    fn check_fictive(&self, found: &mut Vec<Violation>) {
        let Some(fictive) = &self.viscosity.fictive else {
            return;
        };
        let beta = fictive.beta.value;
        if !(beta > 0.0 && beta <= 1.0) {
            found.push(Violation::new(
                "viscosity.fictive.beta.value",
                format!("a Kohlrausch exponent of {beta} does not exist"),
                "above 0, up to 1 (a single relaxation time); metallic glasses: about 0.5 to 0.8",
            ));
        }
        if let Some(start) = &fictive.T_start_C
            && constants::kelvin(start.value) <= self.viscosity.T_0_K.value
        {
            found.push(Violation::new(
                "viscosity.fictive.T_start_C.value",
                format!(
                    "a fictive temperature of {} °C is not above T_0",
                    start.value
                ),
                format!(
                    "above {} °C",
                    constants::celsius(self.viscosity.T_0_K.value)
                ),
            ));
        }
    }

    fn check_composition(&self, found: &mut Vec<Violation>) {
        let sum: f64 = self.composition.values().map(|x| x.value).sum();
        let fractions = self
            .composition
            .values()
            .all(|x| x.value > 0.0 && x.value <= 1.0);
        // The sum says nothing new where an entry is no fraction at all.
        if fractions && (sum - 1.0).abs() > COMPOSITION_TOLERANCE {
            found.push(Violation::new(
                "composition",
                format!("the atomic fractions add up to {sum}, not to 1"),
                "atomic fractions (0.45 for 45 at.%) of all elements",
            ));
        }
        for (element, x) in &self.composition {
            if x.value <= 0.0 || x.value > 1.0 {
                found.push(Violation::new(
                    format!("composition.{element}.value"),
                    format!("{} is not an atomic fraction", x.value),
                    "a fraction above 0 and up to 1; leave out elements that are absent",
                ));
            }
        }
        for element in self.interface.relative_diffusivity.keys() {
            if !self.composition.contains_key(element) {
                let known: Vec<&str> = self.composition.keys().map(String::as_str).collect();
                found.push(Violation::new(
                    format!("interface.relative_diffusivity.{element}"),
                    format!("{element} is not in the composition"),
                    format!("one of {}", known.join(", ")),
                ));
            }
        }
    }
}

pub(super) fn require_positive(found: &mut Vec<Violation>, key: &str, quantity: &Quantity) {
    if quantity.value <= 0.0 {
        found.push(Violation::new(
            format!("{key}.value"),
            format!("`{key}` must be positive, it is {}", quantity.value),
            "a positive number in the unit that the key names",
        ));
    }
}
