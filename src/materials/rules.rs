//! What a material must satisfy to be used.

use super::description::Material;
use super::quantity::{Quantity, check_sources, require_positive};
use crate::physics::{Violation, constants};

/// Largest deviation of Σ x_i from 1 (compositions are written with two to four digits).
const COMPOSITION_TOLERANCE: f64 = 1e-6;

impl Material {
    /// Every rule that this material breaks; empty if it may be used.
    pub fn violations(&self) -> Vec<Violation> {
        let mut found = Vec::new();
        require_positive(&mut found, "atomic_volume_nm3", &self.atomic_volume_nm3);
        self.viscosity.check(self.T_g_C.value, &mut found);
        self.check_relaxation(&mut found);
        self.check_diffusion(&mut found);
        self.check_capillarity(&mut found);
        self.check_temperatures(&mut found);
        self.check_ranges(&mut found);
        self.check_composition(&mut found);
        self.check_crystallisation(&mut found);
        let covariance = self.covariance.iter();
        found.extend(covariance.flat_map(|covariance| covariance.violations(self)));
        let tree = serde_json::to_value(self).unwrap_or_default();
        check_sources(&mut found, "", &tree);
        found
    }

    fn check_relaxation(&self, found: &mut Vec<Violation>) {
        let numbers = [
            ("relaxation.tau_g_s", &self.relaxation.tau_g_s),
            ("relaxation.G_infinite_GPa", &self.relaxation.G_infinite_GPa),
        ];
        for (key, number) in numbers {
            if let Some(number) = number {
                require_positive(found, key, number);
            }
        }
        let given = numbers
            .iter()
            .filter(|(_, number)| number.is_some())
            .count();
        if given != 1 {
            found.push(Violation::new(
                if given == 0 { "relaxation" } else { "relaxation.G_infinite_GPa" },
                match given {
                    0 => "the relaxation time is missing",
                    _ => "the relaxation time is given twice",
                },
                "either `tau_g_s`, the relaxation time at T_g, or `G_infinite_GPa`, the shear modulus in τ = η/G∞",
            ));
        }
    }

    fn check_capillarity(&self, found: &mut Vec<Violation>) {
        let Some(surface) = &self.capillarity else {
            return;
        };
        require_positive(
            found,
            "capillarity.surface_tension_N_per_m",
            &surface.surface_tension_N_per_m,
        );
        let angle = surface.contact_angle_deg.value;
        if !(0.0..=180.0).contains(&angle) {
            found.push(Violation::new(
                "capillarity.contact_angle_deg.value",
                format!("a contact angle of {angle}° does not exist"),
                "an angle from 0 (wetting) to 180 (not wetting) degrees",
            ));
        }
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
        let reference = |quantity: Option<&Quantity>| quantity.map(|given| given.value);
        let temperatures = [
            ("T_g_C.value", Some(self.T_g_C.value)),
            ("T_min_C.value", Some(low)),
            (
                "viscosity.T_reference_C.value",
                reference(self.viscosity.T_reference_C.as_ref()),
            ),
            (
                "interface.T_reference_C.value",
                reference(self.interface.as_ref().map(|layer| &layer.T_reference_C)),
            ),
            (
                "bulk_diffusion.T_reference_C.value",
                reference(self.bulk_diffusion.as_ref().map(|bulk| &bulk.T_reference_C)),
            ),
        ];
        for (key, value) in temperatures {
            if let Some(value) = value.filter(|value| *value <= -constants::ZERO_CELSIUS) {
                found.push(Violation::new(
                    key,
                    format!("{value} °C is below absolute zero"),
                    "a temperature in °C",
                ));
            }
        }
    }

    /// A law's own range lies within the material's.
    fn check_ranges(&self, found: &mut Vec<Violation>) {
        let (low, high) = (self.T_min_C.value, self.T_max_C.value);
        for (section, range) in [
            ("viscosity", self.viscosity.range_C),
            (
                "interface",
                self.interface.as_ref().and_then(|one| one.range_C),
            ),
            (
                "bulk_diffusion",
                self.bulk_diffusion.as_ref().and_then(|one| one.range_C),
            ),
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

    fn check_composition(&self, found: &mut Vec<Violation>) {
        let sum: f64 = self.composition.values().map(|x| x.value).sum();
        let fractions = self
            .composition
            .values()
            .all(|x| x.value > 0.0 && x.value <= 1.0);
        // The sum says nothing new where an entry is no fraction at all.
        if !self.composition.is_empty() && fractions && (sum - 1.0).abs() > COMPOSITION_TOLERANCE {
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
    }
}
