//! Physical constants (SI, exact since 2019) and unit factors.

/// Boltzmann constant k_B in J/K (exact, SI 2019).
pub const BOLTZMANN: f64 = 1.380649e-23;

/// One electronvolt in J (exact, SI 2019).
pub const ELECTRONVOLT: f64 = 1.602176634e-19;

/// 0 °C in K (exact by definition).
pub const ZERO_CELSIUS: f64 = 273.15;

/// One nanometre in m.
pub const NANOMETRE: f64 = 1e-9;

/// One ångström in m.
pub const ANGSTROM: f64 = 1e-10;

/// One gigapascal in Pa.
pub const GIGAPASCAL: f64 = 1e9;

/// Temperature in K from °C.
pub fn kelvin(celsius: f64) -> f64 {
    celsius + ZERO_CELSIUS
}

/// Temperature in °C from K.
pub fn celsius(kelvin: f64) -> f64 {
    kelvin - ZERO_CELSIUS
}

/// Arrhenius factor exp(−(Q/k_B)(1/T − 1/T_ref)): 1 at T_ref, growing with T for Q > 0. `activation_eV` in eV, temperatures in K.
#[allow(non_snake_case, reason = "the unit is part of the name")]
pub fn arrhenius(activation_eV: f64, temperature: f64, reference: f64) -> f64 {
    (-activation_eV * ELECTRONVOLT / BOLTZMANN * (1.0 / temperature - 1.0 / reference)).exp()
}

/// Unit of L/√(pt) in tables and plots: nm GPa^(−1/2) s^(−1/2) in m Pa^(−1/2) s^(−1/2).
pub const NORMALISED: f64 = 1e-9 / 31_622.776_601_683_793;

/// Name of that unit.
pub const NORMALISED_UNIT: &str = "nm GPa^(-1/2) s^(-1/2)";
