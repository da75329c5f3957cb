//! The laws that follow from a material's numbers. SI throughout: K, s, Pa·s, m²/s, m.

use super::description::Material;
use crate::physics::{self, constants};

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

    /// Surface tension γ in N/m; 0 where the file says nothing of it.
    pub fn surface_tension(&self) -> f64 {
        self.capillarity
            .as_ref()
            .map_or(0.0, |surface| surface.surface_tension_N_per_m.value)
    }

    /// Contact angle θ on the mold in rad; a right angle, which neither wets nor resists, where the file says nothing of it.
    pub fn contact_angle(&self) -> f64 {
        self.capillarity
            .as_ref()
            .map_or(90.0, |surface| surface.contact_angle_deg.value)
            .to_radians()
    }

    /// Newtonian viscosity of the supercooled liquid in metastable equilibrium at `temperature` (K); Pa·s. Infinite where the law has no liquid (a VFT law at and below T_0).
    pub fn equilibrium_newtonian_viscosity(&self, temperature: f64) -> f64 {
        self.viscosity.equilibrium(temperature)
    }

    /// Newtonian viscosity in Pa·s at `temperature` (K) in an experiment that lasts `experiment_time` (s).
    ///
    /// The law of the liquid above the kinetic glass transition T_f, where τ_B(T_f) equals the experiment's time; below it Arrhenius with E_glass,
    /// continuous at T_f (the kink of the paper's Fig. 6a), or NaN where the file gives no E_glass.
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

    /// Relaxation time τ_B ∝ η of the bulk in metastable equilibrium at `temperature` (K); s. τ_B(T_g) = τ_g, or τ_B = η/G∞ (Maxwell) where the file gives G∞.
    pub fn bulk_relaxation_time(&self, temperature: f64) -> f64 {
        if temperature <= self.viscosity.divergence() {
            return f64::INFINITY;
        }
        let scale = |reference: f64| {
            reference
                * self
                    .viscosity
                    .log_ratio(temperature, self.glass_transition())
                    .exp()
        };
        match (&self.relaxation.tau_g_s, &self.relaxation.G_infinite_GPa) {
            (Some(tau_g), _) => scale(tau_g.value),
            (None, Some(modulus)) => {
                self.equilibrium_newtonian_viscosity(temperature)
                    / (modulus.value * constants::GIGAPASCAL)
            }
            (None, None) => f64::NAN,
        }
    }

    /// Relaxation time of the interface, τ_I = τ_B D_B/D_I, in s (paper, Fig. 6d).
    pub fn interface_relaxation_time(&self, temperature: f64) -> f64 {
        self.bulk_relaxation_time(temperature) * self.bulk_diffusivity(temperature)
            / self.interface_diffusivity(temperature)
    }

    /// Kinetic glass transition T_f of the bulk in K: τ_B(T_f) = `experiment_time` (s); infinite where no temperature is high enough.
    pub fn bulk_glass_transition(&self, experiment_time: f64) -> f64 {
        let reference = self.glass_transition();
        let decay = (experiment_time / self.bulk_relaxation_time(reference)).ln();
        self.viscosity.temperature_of(decay, reference)
    }

    /// Kinetic glass transition of the interface in K: the highest T between where the liquid's law begins and 2 T_g with τ_I(T) = `experiment_time` (s); none if τ_I never gets there.
    pub fn interface_glass_transition(&self, experiment_time: f64) -> Option<f64> {
        let slower = |t: f64| self.interface_relaxation_time(t) > experiment_time;
        highest_change(
            slower,
            self.viscosity.divergence(),
            2.0 * self.glass_transition(),
        )
    }

    /// Temperature in K at which the Stokes–Einstein relation breaks down on cooling: the lowest T above T_g at which D_B, the larger one in the
    /// glass, has come down to k_BT/(cπR_aη) (paper, Fig. 6c). Above it the two curves run along each other. None if they never meet below 1.5 T_g.
    pub fn stokes_einstein_breakdown(&self) -> Option<f64> {
        let decoupled = |t: f64| self.bulk_diffusivity(t) > self.stokes_einstein_diffusivity(t);
        lowest_change(
            decoupled,
            self.glass_transition(),
            1.5 * self.glass_transition(),
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

    /// Multiplies the viscosity at all temperatures by `factor`; the kinetic glass transition stays where it is.
    pub fn scale_viscosity(&mut self, factor: f64) {
        self.viscosity.scale(factor);
        if let Some(modulus) = &mut self.relaxation.G_infinite_GPa {
            modulus.value *= factor;
        }
    }

    /// Fragility m = d log₁₀η/d(T_g/T) at T_g of the liquid's law (dimensionless).
    pub fn fragility(&self) -> f64 {
        self.viscosity.steepness(self.glass_transition())
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
