//! The closed forms of the paper (Liu et al., Nature Communications 2023, s41467-023-41582-2) and their relatives.
//!
//! # 32 or 16
//! The paper's Eq. (1), p = (32 η/t)(L/d)², takes the *final* speed for the whole time. Integrating Hagen–Poiseuille,
//! dL/dt = p d²/(32 η L), gives L² = p t d²/(16 η): 16, not 32. The paper infers its η *through* Eq. (1), so what it reports is an
//! **apparent viscosity**; the **Newtonian viscosity** that belongs into the Stokes equations and reproduces the same length is twice that.
//! [`newtonian_from_apparent`] is the only place where one becomes the other; names say which of the two a number is.

use super::constants::BOLTZMANN;
use std::f64::consts::PI;

/// Newtonian viscosity (enters the Stokes equations) of a liquid whose apparent viscosity (returned by Eq. 1) is given; Pa·s.
///
/// η_newtonian = 2 η_apparent: with it, L² = p t d²/(16 η_newtonian) (integrated Hagen–Poiseuille) equals L² = p t d²/(32 η_apparent)
/// (the paper's Eq. 1). Derived, for a long pore with constant p and T.
pub fn newtonian_from_apparent(apparent_viscosity: f64) -> f64 {
    2.0 * apparent_viscosity
}

/// Mean of exp(x(1 − u)) over u from 0 to 1, (eˣ − 1)/x: by how much liquid flows more easily, or a layer conducts better, on the mean of a
/// long pore in which the pressure falls to nothing, than where the whole pressure acts, if a law goes like exp(xu) with the pressure's
/// share u. The flow through every cross-section is the same, so the fluidities of all pressures add up.
pub fn mean_under_falling_pressure(x: f64) -> f64 {
    if x == 0.0 { 1.0 } else { x.exp_m1() / x }
}

/// Driving pressure p − p_gas + 4γ cosθ/d in Pa.
///
/// Sign: a wetting wall (θ < 90°, cosθ > 0) sucks the liquid in and *adds* to the applied pressure; a non-wetting one (θ > 90°) resists.
/// This is the paper's Eq. (1), p = 32η/t (L/d)² − 4γcosθ/d, solved for the viscous term. `surface_tension` in N/m, `contact_angle` in rad, `diameter` in m.
pub fn driving_pressure(
    pressure: f64,
    gas_pressure: f64,
    surface_tension: f64,
    contact_angle: f64,
    diameter: f64,
) -> f64 {
    pressure - gas_pressure + 4.0 * surface_tension * contact_angle.cos() / diameter
}

/// Eq. (1) of the paper: length in m after `time` (s) in a pore of `diameter` (m) at driving pressure (Pa, see [`driving_pressure`]); factor 32, *apparent* viscosity (Pa·s).
pub fn length_eq1(driving_pressure: f64, time: f64, diameter: f64, apparent_viscosity: f64) -> f64 {
    diameter * (driving_pressure * time / (32.0 * apparent_viscosity)).sqrt()
}

/// Apparent viscosity in Pa·s that Eq. (1) returns from a measured `length` (m): η = p t d²/(32 L²). Inverse of [`length_eq1`].
pub fn apparent_viscosity_eq1(length: f64, driving_pressure: f64, time: f64, diameter: f64) -> f64 {
    driving_pressure * time / 32.0 * (diameter / length).powi(2)
}

/// Hagen–Poiseuille integrated over the growth from L = 0: L² = p t d²/(16 η); factor 16, *Newtonian* viscosity (Pa·s). SI.
pub fn length_hagen_poiseuille(
    driving_pressure: f64,
    time: f64,
    diameter: f64,
    newtonian_viscosity: f64,
) -> f64 {
    diameter * (driving_pressure * time / (16.0 * newtonian_viscosity)).sqrt()
}

/// Eq. (2): length in m by interface diffusion, L² = 8 δ D_I Ω p t/(d k_B T), the exact integral of dL/dt = 4 δ D_I Ω p/(d k_B T L).
///
/// `layer_conductivity` is δ·D_I in m³/s, `atomic_volume` Ω in m³, `temperature` in K.
pub fn length_eq2(
    driving_pressure: f64,
    time: f64,
    diameter: f64,
    layer_conductivity: f64,
    atomic_volume: f64,
    temperature: f64,
) -> f64 {
    (8.0 * layer_conductivity * atomic_volume * driving_pressure * time
        / (diameter * BOLTZMANN * temperature))
        .sqrt()
}

/// Eq. (3): the diameter in m at which Eq. (1) and Eq. (2) give the same length, d_c³ = 256 Ω δ D_I η/(k_B T), with the *apparent* viscosity.
///
/// Both lengths contain the same driving pressure, so capillarity does not enter.
pub fn critical_diameter_eq3(
    apparent_viscosity: f64,
    layer_conductivity: f64,
    atomic_volume: f64,
    temperature: f64,
) -> f64 {
    (256.0 * atomic_volume * layer_conductivity * apparent_viscosity / (BOLTZMANN * temperature))
        .cbrt()
}

/// Mobility of the interface layer M = δ D̄ Ω/(k_B T) in m³ Pa⁻¹ s⁻¹: volume flux per unit perimeter Q = −M ∂λ/∂s.
pub fn layer_mobility(layer_conductivity: f64, atomic_volume: f64, temperature: f64) -> f64 {
    layer_conductivity * atomic_volume / (BOLTZMANN * temperature)
}

/// Long-pore limit of both mechanisms together: conductances add, dL/dt = (p/L)(R²/8η + 2M/R), so L² = p t (d²/16η + 8M/d). Derived.
///
/// Newtonian viscosity in Pa·s, `layer_mobility` M in m³ Pa⁻¹ s⁻¹; starts from L = 0; m.
pub fn length_long_pore(
    driving_pressure: f64,
    time: f64,
    diameter: f64,
    newtonian_viscosity: f64,
    layer_mobility: f64,
) -> f64 {
    let conductance =
        diameter * diameter / (16.0 * newtonian_viscosity) + 8.0 * layer_mobility / diameter;
    (driving_pressure * time * conductance).sqrt()
}

/// Stokes–Einstein diffusivity D = k_B T/(c π R_a η) in m²/s; `coefficient` c (6: stick, 4: slip), `atom_radius` R_a in m, Newtonian viscosity.
pub fn stokes_einstein_diffusivity(
    temperature: f64,
    coefficient: f64,
    atom_radius: f64,
    newtonian_viscosity: f64,
) -> f64 {
    BOLTZMANN * temperature / (coefficient * PI * atom_radius * newtonian_viscosity)
}

/// Radius R_c of the circle with the area of one hexagonal unit cell of a pore array with period a: R_c = a (√3/2π)^½. Same unit as `period`.
pub fn cell_radius_of_hexagonal_array(period: f64) -> f64 {
    period * (3f64.sqrt() / (2.0 * PI)).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    const P: f64 = 1.25e9;
    const TIME: f64 = 36_000.0;
    const D: f64 = 60e-9;
    const ETA: f64 = 1.3e11;
    const DELTA_D: f64 = 3.8e-27;
    const OMEGA: f64 = 1.25e-29;
    const T: f64 = 570.15;

    /// Relative difference.
    fn off(a: f64, b: f64) -> f64 {
        (a / b - 1.0).abs()
    }

    // Integrates dL/dt = rate(L) by substituting y = L² (dy/dt is then constant for all laws here, so any scheme is exact): checks the factor alone.
    fn integrated(rate: impl Fn(f64) -> f64) -> f64 {
        let steps = 1000;
        let dt = TIME / f64::from(steps);
        let mut square = 1e-30f64;
        for _ in 0..steps {
            let length = square.sqrt();
            square += 2.0 * length * rate(length) * dt;
        }
        square.sqrt()
    }

    #[test]
    fn integrating_the_rate_gives_16_and_not_32() {
        let marched = integrated(|l| P * D * D / (32.0 * ETA * l));
        assert!(off(marched, length_hagen_poiseuille(P, TIME, D, ETA)) < 1e-9);
        // Negative control: Eq. (1) with the same viscosity is √2 shorter.
        assert!(off(marched / length_eq1(P, TIME, D, ETA), 2f64.sqrt()) < 1e-9);
        assert!(
            off(
                length_hagen_poiseuille(P, TIME, D, newtonian_from_apparent(ETA)),
                length_eq1(P, TIME, D, ETA)
            ) < 1e-14
        );
    }

    #[test]
    fn eq2_is_the_integral_of_its_rate() {
        let marched = integrated(|l| 4.0 * DELTA_D * OMEGA * P / (D * BOLTZMANN * T * l));
        assert!(off(marched, length_eq2(P, TIME, D, DELTA_D, OMEGA, T)) < 1e-9);
    }

    #[test]
    fn both_mechanisms_give_one_length_at_the_critical_diameter() {
        let d_c = critical_diameter_eq3(ETA, DELTA_D, OMEGA, T);
        assert!(
            off(
                length_eq1(P, TIME, d_c, ETA),
                length_eq2(P, TIME, d_c, DELTA_D, OMEGA, T)
            ) < 1e-12
        );
        // There the conductances are equal, so the additive law is √2 longer than either.
        let mobility = layer_mobility(DELTA_D, OMEGA, T);
        let both = length_long_pore(P, TIME, d_c, newtonian_from_apparent(ETA), mobility);
        assert!(off(both, 2f64.sqrt() * length_eq1(P, TIME, d_c, ETA)) < 1e-12);
    }

    #[test]
    fn apparent_viscosity_inverts_eq1() {
        assert!(
            off(
                apparent_viscosity_eq1(length_eq1(P, TIME, D, ETA), P, TIME, D),
                ETA
            ) < 1e-14
        );
    }

    #[test]
    fn a_wetting_wall_adds_to_the_pressure() {
        // 4 γ/d = 4·1/20e-9 = 0.2 GPa, times cos 60° = 1/2.
        let wetting = driving_pressure(P, 0.0, 1.0, 60f64.to_radians(), 20e-9);
        assert!(off(wetting, P + 0.1e9) < 1e-12);
        assert!(driving_pressure(P, 0.0, 1.0, 120f64.to_radians(), 20e-9) < P);
    }

    #[test]
    fn the_cell_keeps_the_area_of_the_hexagon() {
        // A hexagonal unit cell with period 1 has area √3/2.
        let r = cell_radius_of_hexagonal_array(1.0);
        assert!(off(PI * r * r, 3f64.sqrt() / 2.0) < 1e-14);
    }
}
