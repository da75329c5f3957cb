//! The scales that make the flow problem dimensionless.

/// Scales: length R, stress p, time η/p. With them the flow depends on geometry, L/R and Λ = ηM/R³ alone (uniform η, flat front).
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Dimensionless {
    /// Length scale, the pore radius R in m.
    pub radius: f64,
    /// Stress scale, the driving pressure p in Pa.
    pub pressure: f64,
    /// Newtonian viscosity η in Pa·s.
    pub newtonian_viscosity: f64,
    /// Mobility of the interface layer M = δD̄Ω/(k_BT) in m³ Pa⁻¹ s⁻¹ (see [`super::layer_mobility`]).
    pub layer_mobility: f64,
}

impl Dimensionless {
    /// Time scale η/p in s.
    pub fn time(&self) -> f64 {
        self.newtonian_viscosity / self.pressure
    }

    /// Velocity scale pR/η in m/s.
    pub fn velocity(&self) -> f64 {
        self.radius / self.time()
    }

    /// Volume-flow scale pR³/η in m³/s.
    pub fn flow(&self) -> f64 {
        self.radius.powi(3) / self.time()
    }

    /// Scale of a layer flux per unit perimeter, pR²/η in m²/s.
    pub fn layer_flux(&self) -> f64 {
        self.radius.powi(2) / self.time()
    }

    /// Λ = ηM/R³: 1/16 where both mechanisms conduct equally in a long pore, i.e. at d = d_c of Eq. (3): Λ = (d_c/d)³/16.
    pub fn lambda(&self) -> f64 {
        self.newtonian_viscosity * self.layer_mobility / self.radius.powi(3)
    }

    /// Length in units of R within which bulk and layer exchange at the mouth and at the tip, ℓ/R = Λ^(1/3) (Needleman & Rice 1980).
    pub fn exchange_length(&self) -> f64 {
        self.lambda().cbrt()
    }
}

#[cfg(test)]
mod tests {
    use super::super::{critical_diameter_eq3, layer_mobility, newtonian_from_apparent};
    use super::*;

    #[test]
    fn lambda_is_the_cube_of_the_relative_critical_diameter() {
        let (apparent, delta_d, omega, t, d) = (1.3e11, 3.8e-27, 1.25e-29, 570.15, 60e-9);
        let scales = Dimensionless {
            radius: d / 2.0,
            pressure: 1.25e9,
            newtonian_viscosity: newtonian_from_apparent(apparent),
            layer_mobility: layer_mobility(delta_d, omega, t),
        };
        let expected = (critical_diameter_eq3(apparent, delta_d, omega, t) / d).powi(3) / 16.0;
        assert!((scales.lambda() / expected - 1.0).abs() < 1e-12);
        // Negative control: a viscosity of the other convention is off by the factor two.
        let confused = Dimensionless {
            newtonian_viscosity: apparent,
            ..scales
        };
        assert!((confused.lambda() / expected - 0.5).abs() < 1e-12);
    }
}
