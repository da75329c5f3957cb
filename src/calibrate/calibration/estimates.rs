//! Numbers of a calibration with their intervals, and the covariance of its laws.

use super::{Calibration, Estimate};
use crate::calibrate::parameters::Key;
use crate::calibrate::statistics::percentiles;
use crate::materials::{Covariance, Material, ViscosityConvention};
use crate::physics::{critical_diameter_eq3, newtonian_from_apparent};

impl Calibration {
    /// The number of this logarithm; `ends` are the distances of the interval's, which of several numbers it is `which`.
    fn estimate(&self, index: usize, which: usize, logarithm: f64, draws: Vec<f64>) -> Estimate {
        let [low, high] = self.ends[index][which].unwrap_or([f64::NEG_INFINITY, f64::INFINITY]);
        Estimate {
            value: logarithm.exp(),
            interval: [(logarithm + low).exp(), (logarithm + high).exp()],
            posterior: percentiles(draws, self.options.confidence)
                .map(|interval| interval.map(f64::exp)),
        }
    }

    fn drawn(&self, index: usize, number: usize) -> Vec<f64> {
        self.draws
            .iter()
            .filter_map(|draw| draw.temperatures[index][number])
            .collect()
    }

    /// Newtonian viscosity in Pa·s at the temperature `index`.
    pub fn newtonian_viscosity(&self, index: usize) -> Option<Estimate> {
        let logarithm = self.temperatures[index].ln_viscosity?;
        Some(self.estimate(index, 0, logarithm[0], self.drawn(index, 0)))
    }

    /// The viscosity that the model reads, by its convention, in Pa·s at the temperature `index`.
    pub fn viscosity_as_read(&self, index: usize) -> Option<Estimate> {
        let newtonian = self.newtonian_viscosity(index)?;
        Some(match self.convention {
            ViscosityConvention::Newtonian => newtonian,
            ViscosityConvention::Apparent => newtonian.divided(newtonian_from_apparent(1.0)),
        })
    }

    /// δ D_I in m³/s at the temperature `index`.
    pub fn layer_conductivity(&self, index: usize) -> Option<Estimate> {
        let logarithm = self.temperatures[index].ln_conductivity?;
        Some(self.estimate(index, 1, logarithm[0], self.drawn(index, 1)))
    }

    /// Critical diameter d_c in m (Eq. 3) at the temperature `index`, from its own two numbers.
    pub fn critical_diameter(&self, index: usize) -> Option<Estimate> {
        let one = &self.temperatures[index];
        let ([eta, _], [conductivity, _]) = (one.ln_viscosity?, one.ln_conductivity?);
        let logarithm =
            |eta: f64, conductivity: f64| self.critical_diameter_of(index, eta, conductivity);
        let draws = self
            .draws
            .iter()
            .filter_map(|draw| {
                let [eta, conductivity] = draw.temperatures[index];
                Some(logarithm(eta?, conductivity?))
            })
            .collect();
        Some(self.estimate(index, 2, logarithm(eta, conductivity), draws))
    }

    /// ln d_c (m) by Eq. (3) at the temperature `index` from ln η and ln δ D_I.
    pub fn critical_diameter_of(&self, index: usize, eta: f64, conductivity: f64) -> f64 {
        critical_diameter_eq3(
            eta.exp() / newtonian_from_apparent(1.0),
            conductivity.exp(),
            self.material.atomic_volume(),
            self.temperatures[index].temperature,
        )
        .ln()
    }

    /// What `law` computes from the material, with the interval of the posterior's draws.
    pub fn from_law(&self, law: impl Fn(&Material) -> f64) -> (f64, Option<[f64; 2]>) {
        let draws = self.draws.iter().map(|draw| law(&draw.material)).collect();
        (
            law(&self.material),
            percentiles(draws, self.options.confidence),
        )
    }

    /// The laws' numbers that were fitted.
    pub fn law_keys(&self) -> Vec<Key> {
        let laws = [&self.viscosity, &self.interface].into_iter().flatten();
        laws.flat_map(|law| law.keys.clone()).collect()
    }

    /// Covariance of the laws' fitted numbers over the posterior's draws; none with fewer than 20 of them.
    pub fn covariance(&self) -> Option<Covariance> {
        let keys = self.law_keys();
        let count = self.draws.len();
        if keys.is_empty() || count < 20 {
            return None;
        }
        let values: Vec<Vec<f64>> = (self.draws.iter())
            .map(|draw| keys.iter().map(|key| key.fitted(&draw.material)).collect())
            .collect();
        let mean = |k: usize| values.iter().map(|draw| draw[k]).sum::<f64>() / count as f64;
        let means: Vec<f64> = (0..keys.len()).map(mean).collect();
        let product = |i: usize, j: usize| {
            let each = values
                .iter()
                .map(|draw| (draw[i] - means[i]) * (draw[j] - means[j]));
            each.sum::<f64>() / (count - 1) as f64
        };
        let name = |key: &Key| match key.logarithmic {
            true => format!("ln {}", key.path),
            false => key.path.to_owned(),
        };
        Some(Covariance {
            matrix: (0..keys.len())
                .map(|i| (0..keys.len()).map(|j| product(i, j)).collect())
                .collect(),
            keys: keys.iter().map(name).collect(),
        })
    }

    /// Longest duration in s of a molding: the experiment's time of the kink.
    pub fn longest_time(&self) -> f64 {
        self.temperatures
            .iter()
            .map(|one| one.time)
            .fold(0.0, f64::max)
    }
}
