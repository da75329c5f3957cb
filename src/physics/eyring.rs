//! Eyring's flow: stress lowers the barriers that atoms cross, so that a liquid under high stress is thinner than at rest.
//!
//! γ̇ = γ̇₀ sinh(τ/τ₀), τ₀ = 2k_BT/V* (Spaepen 1977, Argon 1979); the low-stress limit is Newton's, γ̇₀ = τ₀/η. Here τ = √(½ s:s) and
//! γ̇ = √(2 e:e) of the deviatoric stress s and the strain rate e, in a tube the shear stress and the shear rate.

use super::constants::BOLTZMANN;

/// Below this x = τ/τ₀ the next term of a series, x⁴, is below round-off.
const SMALL: f64 = 1e-4;

/// A liquid that follows Eyring's law at one temperature.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Eyring {
    /// Newtonian viscosity η in Pa·s: the limit of low stress.
    pub newtonian_viscosity: f64,
    /// τ₀ in Pa; infinite for a liquid that stays Newtonian.
    pub stress_scale: f64,
}

impl Eyring {
    /// τ₀ = 2k_BT/V* in Pa for an activation volume V* (m³) at `temperature` (K).
    pub fn stress_scale_of(activation_volume: f64, temperature: f64) -> f64 {
        2.0 * BOLTZMANN * temperature / activation_volume
    }

    /// Shear rate in 1/s under the stress `stress` (Pa).
    pub fn rate(&self, stress: f64) -> f64 {
        stress / self.viscosity_at_stress(stress)
    }

    /// Stress in Pa at the shear rate `rate` (1/s).
    pub fn stress(&self, rate: f64) -> f64 {
        self.viscosity_at_rate(rate) * rate
    }

    /// η_eff = τ/γ̇ = η x/sinh x, x = τ/τ₀, in Pa·s under the stress τ (Pa).
    pub fn viscosity_at_stress(&self, stress: f64) -> f64 {
        let x = (stress / self.stress_scale).abs();
        if x < SMALL {
            return self.newtonian_viscosity / (1.0 + x * x / 6.0);
        }
        self.newtonian_viscosity * x / x.sinh()
    }

    /// η_eff = τ/γ̇ = η arsinh(y)/y, y = ηγ̇/τ₀, in Pa·s at the shear rate γ̇ (1/s).
    pub fn viscosity_at_rate(&self, rate: f64) -> f64 {
        self.viscosities_at_rate(rate)[0]
    }

    /// [`Eyring::viscosity_at_rate`] and dτ/dγ̇ = η/√(1 + y²), what a small change of the rate meets, in Pa·s at the shear rate γ̇ (1/s).
    pub fn viscosities_at_rate(&self, rate: f64) -> [f64; 2] {
        let y = (self.newtonian_viscosity * rate / self.stress_scale).abs();
        let root = (1.0 + y * y).sqrt();
        let secant = if y < SMALL {
            1.0 - y * y / 6.0
        } else {
            // arsinh(y) without what the standard function spends on numbers beyond 1e154.
            (y + y * y / (1.0 + root)).ln_1p() / y
        };
        [secant, 1.0 / root].map(|factor| self.newtonian_viscosity * factor)
    }

    /// Shear stress at the wall of a long tube in Pa that carries what a Newtonian liquid would under `newtonian` (Pa): the τ_w of
    /// τ_w F(τ_w) = `newtonian`, F of [`Eyring::tube_flow`].
    pub fn wall_stress(&self, newtonian: f64) -> f64 {
        if self.stress_scale.is_infinite() {
            return newtonian;
        }
        let (mut low, mut high) = (0.0, newtonian);
        for _ in 0..60 {
            let middle = 0.5 * (low + high);
            if middle * self.tube_flow(middle) < newtonian {
                low = middle;
            } else {
                high = middle;
            }
        }
        0.5 * (low + high)
    }

    /// Flow through a long tube with the shear stress `wall_stress` (Pa) at its wall, relative to that of the Newtonian liquid.
    ///
    /// Q = 2π∫u r dr = π∫γ̇ r² dr with τ = τ_w r/R gives Q/Q_Newton = 4 [cosh x/x² − 2 sinh x/x³ + 2(cosh x − 1)/x⁴], x = τ_w/τ₀: 1 + x²/9 + … Derived.
    pub fn tube_flow(&self, wall_stress: f64) -> f64 {
        let x = (wall_stress / self.stress_scale).abs();
        if x < 2.0 {
            // The closed form cancels; its series 4 Σ x²ᵏ/((2k + 1)! (2k + 4)) does not.
            let (mut sum, mut power) = (0.0, 1.0);
            for k in 0..16 {
                let n = 2.0 * f64::from(k);
                sum += 4.0 * power / (n + 4.0);
                power *= x * x / ((n + 2.0) * (n + 3.0));
            }
            return sum;
        }
        let [c, s] = [x.cosh(), x.sinh()];
        4.0 * (c / x.powi(2) - 2.0 * s / x.powi(3) + 2.0 * (c - 1.0) / x.powi(4))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIQUID: Eyring = Eyring {
        newtonian_viscosity: 3e9,
        stress_scale: 1e8,
    };

    fn off(a: f64, b: f64) -> f64 {
        (a / b - 1.0).abs()
    }

    #[test]
    fn the_law_holds_from_low_to_high_stress() {
        // γ̇ = (τ₀/η) sinh(τ/τ₀), across the seam of the series at x = 1e-4; both forms and their inverse.
        for x in [1e-9, 0.9e-4, 1.1e-4, 0.3, 1.0, 5.0, 20.0] {
            let stress = x * LIQUID.stress_scale;
            let rate = LIQUID.stress_scale / LIQUID.newtonian_viscosity * f64::sinh(x);
            assert!(off(LIQUID.rate(stress), rate) < 1e-13, "{x}");
            assert!(off(LIQUID.stress(rate), stress) < 1e-12, "{x}");
            assert!(
                off(
                    LIQUID.viscosity_at_rate(rate),
                    LIQUID.viscosity_at_stress(stress)
                ) < 1e-12
            );
        }
        // Negative control: at x = 1 the liquid is thinner by sinh 1 = 1.175.
        assert!(off(LIQUID.viscosity_at_stress(1e8), 3e9 / 1.1752011936438014) < 1e-14);
    }

    #[test]
    fn an_infinite_stress_scale_is_newton_to_the_bit() {
        let newton = Eyring {
            stress_scale: f64::INFINITY,
            ..LIQUID
        };
        assert_eq!(newton.viscosity_at_stress(2e9), 3e9);
        assert_eq!(newton.viscosity_at_rate(7.0), 3e9);
        assert_eq!(newton.tube_flow(2e9), 1.0);
    }

    #[test]
    fn the_tubes_flow_is_the_integral_of_its_shear_rate() {
        // ∫₀¹ sinh(xs) s² ds by Simpson's rule with 2000 intervals, over its Newtonian x/4: good to 1e-11 at x = 20.
        for x in [1e-6, 0.1, 1.0, 1.99, 2.01, 5.0, 20.0] {
            let n = 2000;
            let f = |k: i32| {
                let s = f64::from(k) / f64::from(n);
                (x * s).sinh() * s * s
            };
            let inner: f64 = (1..n)
                .map(|k| if k % 2 == 1 { 4.0 } else { 2.0 } * f(k))
                .sum();
            let integral = (f(0) + inner + f(n)) / (3.0 * f64::from(n));
            let found = LIQUID.tube_flow(x * LIQUID.stress_scale);
            assert!(off(found, integral / (x / 4.0)) < 1e-8, "{x}: {found}");
        }
        // Negative control: the first term of the series alone is off by x⁴/240 at x = 1.
        assert!(off(LIQUID.tube_flow(1e8), 1.0 + 1.0 / 9.0) > 3e-3);
    }

    #[test]
    fn the_wall_stress_of_a_flow_is_found_back() {
        for x in [1e-3, 1.0, 20.0] {
            let stress = x * LIQUID.stress_scale;
            let newtonian = stress * LIQUID.tube_flow(stress);
            assert!(off(LIQUID.wall_stress(newtonian), stress) < 1e-12, "{x}");
        }
        // Negative control: at x = 1 a Newtonian liquid would need a ninth more.
        assert!(LIQUID.wall_stress(1.1e8) < 1.0e8);
    }

    #[test]
    fn the_stress_scale_of_a_metallic_glass() {
        // 2 · 1.380649e-23 · 570.15 / 150e-30 = 104.96 MPa.
        assert!(off(Eyring::stress_scale_of(150e-30, 570.15), 104.957e6) < 1e-4);
    }
}
