//! The laws of the supercooled liquid, as logarithms of ratios. K and Pa·s.

use super::{Viscosity, ViscosityConvention, ViscosityLaw};
use crate::materials::Quantity;
use crate::physics::{self, Eyring, constants};

/// A number that the law needs; NaN where the file lacks it, which its rules refuse.
fn number(quantity: &Option<Quantity>) -> f64 {
    quantity.as_ref().map_or(f64::NAN, |given| given.value)
}

impl Viscosity {
    /// The temperature in K at and below which the law gives no liquid: T_0 of the VFT law, 0 K for the others.
    pub fn divergence(&self) -> f64 {
        match self.law {
            ViscosityLaw::Vft => number(&self.T_0_K),
            _ => 0.0,
        }
    }

    /// Newtonian viscosity in Pa·s of the supercooled liquid in metastable equilibrium at `temperature` (K); infinite at and below [`Viscosity::divergence`].
    pub fn equilibrium(&self, temperature: f64) -> f64 {
        if temperature <= self.divergence() {
            return f64::INFINITY;
        }
        let [reference, given] = self.reference();
        let newtonian = match self.convention {
            ViscosityConvention::Newtonian => given,
            ViscosityConvention::Apparent => physics::newtonian_from_apparent(given),
        };
        newtonian * self.log_ratio(temperature, reference).exp()
    }

    /// A temperature in K and the viscosity there in Pa·s, in the file's convention.
    fn reference(&self) -> [f64; 2] {
        let first = self.table.as_ref().and_then(|table| table.points.first());
        match (self.law, first) {
            (ViscosityLaw::Table, Some(&[celsius, eta])) => [constants::kelvin(celsius), eta],
            _ => [
                constants::kelvin(number(&self.T_reference_C)),
                number(&self.eta_reference_Pa_s),
            ],
        }
    }

    /// ln(η(`temperature`)/η(`reference`)) of the equilibrium liquid, both in K.
    pub fn log_ratio(&self, temperature: f64, reference: f64) -> f64 {
        match self.law {
            ViscosityLaw::Vft => {
                let t_0 = number(&self.T_0_K);
                number(&self.D_star) * t_0 * (1.0 / (temperature - t_0) - 1.0 / (reference - t_0))
            }
            ViscosityLaw::Arrhenius => {
                let energy = number(&self.E_liquid_eV) * constants::ELECTRONVOLT;
                energy / constants::BOLTZMANN * (1.0 / temperature - 1.0 / reference)
            }
            ViscosityLaw::Myega => self.myega(temperature) - self.myega(reference),
            ViscosityLaw::CohenGrest => self.cohen_grest(temperature) - self.cohen_grest(reference),
            ViscosityLaw::Table => self.tabulated(temperature) - self.tabulated(reference),
        }
    }

    /// dT_g/dp in K/Pa; 0 where the file gives none.
    pub fn glass_transition_rise(&self) -> f64 {
        self.T_g_rise_K_per_GPa
            .as_ref()
            .map_or(0.0, |rise| rise.value / constants::GIGAPASCAL)
    }

    /// Stress scale τ₀ = 2k_BT/V* in Pa of Eyring's law at `temperature` (K); infinite where the file gives no V*.
    pub fn stress_scale(&self, temperature: f64) -> f64 {
        self.shear_activation_volume_A3
            .as_ref()
            .map_or(f64::INFINITY, |volume| {
                let cubic_metres = volume.value * constants::ANGSTROM.powi(3);
                Eyring::stress_scale_of(cubic_metres, temperature)
            })
    }

    /// Multiplies the viscosity at all temperatures by `factor`.
    pub fn scale(&mut self, factor: f64) {
        let numbers = [&mut self.eta_reference_Pa_s, &mut self.eta_infinite_Pa_s];
        for number in numbers.into_iter().flatten() {
            number.value *= factor;
        }
        for point in self.table.iter_mut().flat_map(|table| &mut table.points) {
            point[1] *= factor;
        }
    }

    /// ln(η/η_∞).
    fn myega(&self, temperature: f64) -> f64 {
        let [reference, given] = self.reference();
        let decades = (given / number(&self.eta_infinite_Pa_s)).log10();
        let steepness = number(&self.fragility) / decades - 1.0;
        let x = reference / temperature;
        decades * std::f64::consts::LN_10 * x * (steepness * (x - 1.0)).exp()
    }

    /// ln η but for a constant.
    fn cohen_grest(&self, temperature: f64) -> f64 {
        let above = temperature - number(&self.T_0_K);
        let free = above + (above * above + number(&self.C_K) * temperature).sqrt();
        std::f64::consts::LN_10 * number(&self.B_K) / free
    }

    /// ln η in the file's convention.
    fn tabulated(&self, temperature: f64) -> f64 {
        let points = self.table.as_ref().map_or(&[][..], |table| &table.points);
        if points.len() < 2 {
            return f64::NAN;
        }
        // Over 1/T, which falls with T.
        let (x, y): (Vec<f64>, Vec<f64>) = points
            .iter()
            .rev()
            .map(|[celsius, eta]| (1.0 / constants::kelvin(*celsius), eta.ln()))
            .unzip();
        physics::monotone(&x, &y, 1.0 / temperature)[0]
    }

    /// d log₁₀η/d(`temperature`/T) of the equilibrium liquid at `temperature` (K): Angell's fragility at T_g.
    pub fn steepness(&self, temperature: f64) -> f64 {
        if self.law == ViscosityLaw::Vft {
            let t_0 = number(&self.T_0_K);
            return number(&self.D_star) * t_0 * temperature
                / ((temperature - t_0).powi(2) * std::f64::consts::LN_10);
        }
        // A central difference in T_g/T: off by 1e-8 of the slope or so.
        const STEP: f64 = 1e-4;
        let [hot, cold] = [1.0 - STEP, 1.0 + STEP].map(|x| temperature / x);
        self.log_ratio(cold, hot) / (2.0 * STEP * std::f64::consts::LN_10)
    }

    /// Temperature in K at which the equilibrium viscosity is exp(`log_ratio`) times that at `reference` (K); infinite where it is nowhere as low.
    pub fn temperature_of(&self, log_ratio: f64, reference: f64) -> f64 {
        if self.law == ViscosityLaw::Vft {
            let t_0 = number(&self.T_0_K);
            let strength = number(&self.D_star) * t_0;
            let exponent = strength / (reference - t_0) + log_ratio;
            return if exponent > 0.0 {
                t_0 + strength / exponent
            } else {
                f64::INFINITY
            };
        }
        // Bisection in 1/T: viscosities fall with temperature.
        let (mut cold, mut hot) = (1e3 / reference, 1e-3 / reference);
        let above = |inverse: f64| self.log_ratio(1.0 / inverse, reference) > log_ratio;
        if above(hot) {
            return f64::INFINITY;
        }
        for _ in 0..100 {
            let middle = 0.5 * (cold + hot);
            if above(middle) {
                cold = middle;
            } else {
                hot = middle;
            }
        }
        2.0 / (cold + hot)
    }
}
