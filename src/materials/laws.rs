//! The laws that follow from a material's numbers. SI throughout: K, s, Pa·s, m²/s, m.

use super::description::{Material, ViscosityConvention};
use crate::physics::{self, constants};
use std::collections::BTreeMap;

impl Material {
    /// Calorimetric glass transition T_g in K.
    pub fn glass_transition(&self) -> f64 {
        constants::kelvin(self.T_g_C.value)
    }

    /// Lowest and highest temperature in K at which the laws may be used.
    pub fn temperature_range(&self) -> (f64, f64) {
        (
            constants::kelvin(self.T_min_C.value),
            constants::kelvin(self.T_max_C.value),
        )
    }

    /// Mean atomic volume Ω in m³.
    pub fn atomic_volume(&self) -> f64 {
        self.atomic_volume_nm3.value * constants::NANOMETRE.powi(3)
    }

    /// Thickness δ of the interface layer in m.
    pub fn layer_thickness(&self) -> f64 {
        self.interface.thickness_nm.value * constants::NANOMETRE
    }

    /// Surface tension γ in N/m.
    pub fn surface_tension(&self) -> f64 {
        self.capillarity.surface_tension_N_per_m.value
    }

    /// Contact angle θ on the mold in rad.
    pub fn contact_angle(&self) -> f64 {
        self.capillarity.contact_angle_deg.value.to_radians()
    }

    /// ln of the VFT law's factor over its value at `reference` (both K).
    fn vft_exponent(&self, temperature: f64, reference: f64) -> f64 {
        let t_0 = self.viscosity.T_0_K.value;
        self.viscosity.D_star.value * t_0 * (1.0 / (temperature - t_0) - 1.0 / (reference - t_0))
    }

    /// Newtonian viscosity of the supercooled liquid in metastable equilibrium (VFT) at `temperature` (K); Pa·s. Infinite at and below T_0.
    pub fn equilibrium_newtonian_viscosity(&self, temperature: f64) -> f64 {
        if temperature <= self.viscosity.T_0_K.value {
            return f64::INFINITY;
        }
        let given = self.viscosity.eta_reference_Pa_s.value;
        let reference = match self.viscosity.convention {
            ViscosityConvention::Newtonian => given,
            ViscosityConvention::Apparent => physics::newtonian_from_apparent(given),
        };
        reference
            * self
                .vft_exponent(
                    temperature,
                    constants::kelvin(self.viscosity.T_reference_C.value),
                )
                .exp()
    }

    /// Newtonian viscosity in Pa·s at `temperature` (K) in an experiment that lasts `experiment_time` (s).
    ///
    /// VFT above the kinetic glass transition T_f, where τ_B(T_f) equals the experiment's time; below it Arrhenius with E_glass, continuous at T_f
    /// (the kink of the paper's Fig. 6a).
    pub fn newtonian_viscosity(&self, temperature: f64, experiment_time: f64) -> f64 {
        let transition = self.bulk_glass_transition(experiment_time);
        self.structural_viscosity(temperature, temperature.max(transition))
    }

    /// Apparent viscosity (what Eq. 1 returns from a molded length) in Pa·s; see [`Material::newtonian_viscosity`].
    pub fn apparent_viscosity(&self, temperature: f64, experiment_time: f64) -> f64 {
        // Solved through the one conversion, which is linear.
        self.newtonian_viscosity(temperature, experiment_time)
            / physics::newtonian_from_apparent(1.0)
    }

    /// Relaxation time τ_B ∝ η of the bulk in metastable equilibrium at `temperature` (K); s. τ_B(T_g) = τ_g.
    pub fn bulk_relaxation_time(&self, temperature: f64) -> f64 {
        if temperature <= self.viscosity.T_0_K.value {
            return f64::INFINITY;
        }
        self.relaxation.tau_g_s.value
            * self
                .vft_exponent(temperature, self.glass_transition())
                .exp()
    }

    /// Relaxation time of the interface, τ_I = τ_B D_B/D_I, in s (paper, Fig. 6d).
    pub fn interface_relaxation_time(&self, temperature: f64) -> f64 {
        self.bulk_relaxation_time(temperature) * self.bulk_diffusivity(temperature)
            / self.interface_diffusivity(temperature)
    }

    /// Kinetic glass transition T_f of the bulk in K: τ_B(T_f) = `experiment_time` (s). Closed form of the VFT law.
    pub fn bulk_glass_transition(&self, experiment_time: f64) -> f64 {
        let t_0 = self.viscosity.T_0_K.value;
        let strength = self.viscosity.D_star.value * t_0;
        let exponent = strength / (self.glass_transition() - t_0)
            + (experiment_time / self.relaxation.tau_g_s.value).ln();
        if exponent > 0.0 {
            t_0 + strength / exponent
        } else {
            f64::INFINITY
        }
    }

    /// Kinetic glass transition of the interface in K: the highest T between T_0 and 2 T_g with τ_I(T) = `experiment_time` (s); none if τ_I never gets there.
    pub fn interface_glass_transition(&self, experiment_time: f64) -> Option<f64> {
        let slower = |t: f64| self.interface_relaxation_time(t) > experiment_time;
        highest_change(
            slower,
            self.viscosity.T_0_K.value,
            2.0 * self.glass_transition(),
        )
    }

    /// Temperature in K at which the Stokes–Einstein relation breaks down on cooling: the lowest T above T_g at which D_B, the larger one in the
    /// glass, has come down to k_BT/(cπR_aη) (paper, Fig. 6c). Above it the two curves run along each other. None if they never meet below 1.5 T_g.
    pub fn stokes_einstein_breakdown(&self) -> Option<f64> {
        let decoupled = |t: f64| {
            self.bulk_diffusivity(t)
                > physics::stokes_einstein_diffusivity(
                    t,
                    self.bulk_diffusion.stokes_einstein_c.value,
                    self.bulk_diffusion.atom_radius_nm.value * constants::NANOMETRE,
                    self.equilibrium_newtonian_viscosity(t),
                )
        };
        lowest_change(
            decoupled,
            self.glass_transition(),
            1.5 * self.glass_transition(),
        )
    }

    /// Mean interface diffusivity D_I = Σ x_i D_i at `temperature` (K) in m²/s (Arrhenius, Q_I).
    pub fn interface_diffusivity(&self, temperature: f64) -> f64 {
        let layer = &self.interface;
        layer.D_reference_m2_per_s.value
            * constants::arrhenius(
                layer.Q_interface_eV.value,
                temperature,
                constants::kelvin(layer.T_reference_C.value),
            )
    }

    /// Bulk diffusivity D_B at `temperature` (K) in m²/s (Arrhenius, Q_B).
    pub fn bulk_diffusivity(&self, temperature: f64) -> f64 {
        let bulk = &self.bulk_diffusion;
        bulk.D_reference_m2_per_s.value
            * constants::arrhenius(
                bulk.Q_bulk_eV.value,
                temperature,
                constants::kelvin(bulk.T_reference_C.value),
            )
    }

    /// δ D_I at `temperature` (K) in m³/s.
    pub fn layer_conductivity(&self, temperature: f64) -> f64 {
        self.layer_thickness() * self.interface_diffusivity(temperature)
    }

    /// Mobility of the layer M = δ D_I Ω/(k_BT) at `temperature` (K) in m³ Pa⁻¹ s⁻¹.
    pub fn layer_mobility(&self, temperature: f64) -> f64 {
        physics::layer_mobility(
            self.layer_conductivity(temperature),
            self.atomic_volume(),
            temperature,
        )
    }

    /// Critical diameter d_c of Eq. (3) in m at `temperature` (K) for an experiment of `experiment_time` (s).
    pub fn critical_diameter(&self, temperature: f64, experiment_time: f64) -> f64 {
        physics::critical_diameter_eq3(
            self.apparent_viscosity(temperature, experiment_time),
            self.layer_conductivity(temperature),
            self.atomic_volume(),
            temperature,
        )
    }

    /// D_i/D̄ of every element of the composition, normalised so that Σ x_i D_i/D̄ = 1.
    pub fn diffusivity_ratios(&self) -> BTreeMap<String, f64> {
        let relative = |element: &str| {
            self.interface
                .relative_diffusivity
                .get(element)
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

    /// Fragility m = d log₁₀η/d(T_g/T) at T_g of the VFT law (dimensionless).
    pub fn fragility(&self) -> f64 {
        let (t_0, t_g) = (self.viscosity.T_0_K.value, self.glass_transition());
        self.viscosity.D_star.value * t_0 * t_g / ((t_g - t_0).powi(2) * std::f64::consts::LN_10)
    }
}

/// Steps in which a range of temperature is searched before bisection.
const SCAN: i32 = 2000;

/// Lowest temperature in (`low`, `high`) at which `predicate` turns from true to false; none if it never does.
fn lowest_change(predicate: impl Fn(f64) -> bool, low: f64, high: f64) -> Option<f64> {
    let at = |i: i32| low + (high - low) * f64::from(i) / f64::from(SCAN);
    (1..SCAN)
        .find(|&i| predicate(at(i)) && !predicate(at(i + 1)))
        .map(|i| bisect(&predicate, at(i), at(i + 1)))
}

/// Highest temperature in (`low`, `high`) at which `predicate` turns from true to false; none if it never does.
fn highest_change(predicate: impl Fn(f64) -> bool, low: f64, high: f64) -> Option<f64> {
    let at = |i: i32| low + (high - low) * f64::from(i) / f64::from(SCAN);
    (1..SCAN)
        .rev()
        .find(|&i| predicate(at(i)) && !predicate(at(i + 1)))
        .map(|i| bisect(&predicate, at(i), at(i + 1)))
}

/// Where `predicate` turns from true (at `low`) to false (at `high`), to round-off.
fn bisect(predicate: &impl Fn(f64) -> bool, mut low: f64, mut high: f64) -> f64 {
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if predicate(middle) {
            low = middle
        } else {
            high = middle
        }
    }
    0.5 * (low + high)
}
