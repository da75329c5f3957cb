//! Crystallisation as the age Z of the material: χ = 1 − exp(−Zⁿ), DZ/Dt = (ln 2)^(1/n)/τ(T, c) (JMAK with the additivity rule).

/// (ln 2)^(1/n) times the share of the crystallisation time τ₀ exp(−‖c − c₀‖²/w²) that a step of `share` = Δt/τ₀ is:
/// what it adds to Z.
#[inline]
pub fn gain(share: f64, exponent: f64, width: f64, fractions: &[f64], nominal: &[f64]) -> f64 {
    let distance: f64 = fractions
        .iter()
        .zip(nominal)
        .map(|(c, c_0)| (c - c_0).powi(2))
        .sum();
    std::f64::consts::LN_2.powf(1.0 / exponent) * share * (distance / (width * width)).exp()
}

/// χ = 1 − exp(−Zⁿ).
#[inline]
pub fn crystallised(age: f64, exponent: f64) -> f64 {
    -(-age.powf(exponent)).exp_m1()
}
