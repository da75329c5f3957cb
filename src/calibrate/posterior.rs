//! What the lengths leave possible: samples of ln η, ln δ D_I of each temperature, and of the scatter where it is not stated.
//!
//! The density is the normal law of the residuals with their covariance ([`super::covariance`]), what is unknown of diameters and model
//! integrated out, times priors that say little: ln η and ln δ D_I are anything within a factor of a thousand of the best fit, the scatter s has
//! equal chances for equal ratios. Temperatures are sampled one by one, but for those that share a mold whose diameters may all
//! be off, or a doubt about the model. A scatter that all temperatures share is known in each from the others' residuals, s^(−ν) exp(−χ²/2s²).

use super::covariance::ResidualCovariance;
use super::data::{Measurement, Measurements};
use super::ensemble::{Chain, ensemble};
use super::least_squares::Fit;
use super::statistics::Scatter;
use super::temperature::{Acting, Inversion, TemperatureFit};
use nalgebra::{Cholesky, DVector};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use rand_distr::{Distribution, StandardNormal};
use rayon::prelude::*;

/// Farthest logarithm from the best fit that is possible: a factor of a thousand.
const FARTHEST: f64 = 6.9;
/// Least and largest relative scatter that are possible.
const SCATTERS: [f64; 2] = [1e-7, 1.0];
/// Samples for each draw that is asked for: neighbours in a chain resemble each other.
const SAMPLES: usize = 20;

/// Temperatures that are sampled together.
#[derive(Debug, Clone, PartialEq)]
pub struct Block {
    /// Indices of the temperatures; each has as many coordinates in turn as numbers of it act.
    pub temperatures: Vec<usize>,
    /// The first coordinate of each.
    firsts: Vec<usize>,
    /// Samples: logarithms, then ln s where the scatter is not stated.
    pub chain: Chain,
    scattered: bool,
}

impl Block {
    /// [ln η, ln δ D_I] of the temperature `index` in a sample, as far as they act there.
    pub fn numbers(
        &self,
        found: &[TemperatureFit],
        index: usize,
        sample: &[f64],
    ) -> [Option<f64>; 2] {
        let Some(place) = self.temperatures.iter().position(|&one| one == index) else {
            return [None; 2];
        };
        let first = self.firsts[place];
        match found[index].acting {
            Acting::Both => [Some(sample[first]), Some(sample[first + 1])],
            Acting::Flow => [Some(sample[first]), None],
            Acting::Diffusion => [None, Some(sample[first])],
        }
    }

    /// The relative scatter of a sample; none where errors are stated.
    pub fn scatter(&self, sample: &[f64]) -> Option<f64> {
        self.scattered.then(|| sample[sample.len() - 1].exp())
    }
}

/// Samples what the lengths leave possible; `count` draws are to be taken from them.
pub fn posterior(
    data: &Measurements,
    inversion: &Inversion,
    found: &[TemperatureFit],
    scatter: &Scatter,
    count: usize,
    seed: u64,
) -> Vec<Block> {
    if count == 0 {
        return Vec::new();
    }
    blocks(data, inversion, found)
        .into_par_iter()
        .map(|temperatures| {
            let problem = Problem::new(data, inversion, found, scatter, temperatures);
            problem.sample(count * SAMPLES, seed)
        })
        .collect()
}

/// Which temperatures have something in common.
fn blocks(data: &Measurements, inversion: &Inversion, found: &[TemperatureFit]) -> Vec<Vec<usize>> {
    let molds = |index: usize| {
        let rows = found[index].rows.iter().map(|&row| &data.rows[row]);
        rows.filter(|row| row.shift > 0.0)
            .map(|row| row.mold.as_str())
    };
    let mut blocks: Vec<Vec<usize>> = Vec::new();
    for index in (0..found.len()).filter(|&index| found[index].fit.is_some()) {
        let related = |block: &Vec<usize>| {
            inversion.doubts.scale > 0.0
                || block
                    .iter()
                    .any(|&other| molds(index).any(|mold| molds(other).any(|m| m == mold)))
        };
        let (mut joined, apart): (Vec<_>, Vec<_>) = blocks.into_iter().partition(related);
        joined.push(vec![index]);
        blocks = apart;
        blocks.push(joined.concat());
    }
    blocks
}

/// The density of one block.
struct Problem<'a> {
    inversion: &'a Inversion<'a>,
    found: &'a [TemperatureFit],
    temperatures: Vec<usize>,
    rows: Vec<&'a Measurement>,
    /// Of each row, the place of its temperature in the block.
    places: Vec<usize>,
    firsts: Vec<usize>,
    best: Vec<f64>,
    /// Where the scatter is not stated: its best value, and degrees of freedom and sum of squares of the other temperatures.
    scatter: Option<(f64, f64, f64)>,
}

impl<'a> Problem<'a> {
    fn new(
        data: &'a Measurements,
        inversion: &'a Inversion,
        found: &'a [TemperatureFit],
        scatter: &Scatter,
        temperatures: Vec<usize>,
    ) -> Self {
        let (mut rows, mut places, mut firsts, mut best) = (vec![], vec![], vec![], vec![]);
        for (place, &index) in temperatures.iter().enumerate() {
            rows.extend(found[index].rows.iter().map(|&row| &data.rows[row]));
            places.resize(rows.len(), place);
            firsts.push(best.len());
            best.extend(
                found[index]
                    .fit
                    .iter()
                    .flat_map(|fit| fit.values.iter().copied()),
            );
        }
        let others = (0..found.len()).filter(|index| !temperatures.contains(index));
        let fits: Vec<&Fit> = others
            .filter_map(|index| found[index].fit.as_ref())
            .collect();
        let freedom: usize = fits.iter().map(|fit| fit.degrees_of_freedom()).sum();
        let squares: f64 = fits.iter().map(|fit| fit.chi_squared()).sum();
        Self {
            inversion,
            found,
            rows,
            places,
            firsts,
            best,
            scatter: (!inversion.sigmas).then_some((scatter.value, freedom as f64, squares)),
            temperatures,
        }
    }

    fn log_density(&self, place: &[f64]) -> f64 {
        let logarithms = &place[..self.best.len()];
        if logarithms
            .iter()
            .zip(&self.best)
            .any(|(a, b)| (a - b).abs() > FARTHEST)
        {
            return f64::NEG_INFINITY;
        }
        let (scatter, prior) = match self.scatter {
            None => (1.0, 0.0),
            Some((best, freedom, squares)) => {
                let s = place[self.best.len()].exp();
                if !(SCATTERS[0].min(0.01 * best)..=SCATTERS[1]).contains(&s) {
                    return f64::NEG_INFINITY;
                }
                (s, -freedom * s.ln() - 0.5 * squares / (s * s))
            }
        };
        let states: Vec<_> = (self.temperatures.iter().zip(&self.firsts))
            .map(|(&index, &first)| {
                self.inversion
                    .state(self.found[index].acting, &logarithms[first..])
            })
            .collect();
        let of_rows: Vec<_> = self.places.iter().map(|&place| states[place]).collect();
        let Inversion {
            model,
            sigmas,
            doubts,
            ..
        } = *self.inversion;
        let covariance =
            ResidualCovariance::new(&self.rows, model, &of_rows, doubts, sigmas, scatter);
        let Some(covariance) = covariance else {
            return f64::NEG_INFINITY;
        };
        let residuals = (self.rows.iter().zip(&of_rows))
            .flat_map(|(row, state)| self.inversion.residuals(&[*row], state))
            .collect();
        let squares: f64 = covariance.whiten(residuals).iter().map(|r| r * r).sum();
        prior - 0.5 * (squares + covariance.ln_determinant())
    }

    fn sample(self, count: usize, seed: u64) -> Block {
        let scale = self.scatter.map_or(1.0, |(best, ..)| best);
        let factors: Vec<_> = (self.temperatures.iter())
            .filter_map(|&index| {
                let mut covariance = self.found[index].fit.as_ref()?.covariance(scale);
                // What the lengths do not fix begins within a plausible width.
                covariance.iter_mut().for_each(|c| {
                    *c = if c.is_finite() {
                        c.clamp(-4.0, 4.0)
                    } else {
                        0.0
                    }
                });
                for k in 0..covariance.nrows() {
                    covariance[(k, k)] = covariance[(k, k)].max(1e-16);
                }
                Some(Cholesky::new(covariance.clone()).map_or_else(
                    || nalgebra::DMatrix::from_diagonal(&covariance.diagonal().map(f64::sqrt)),
                    |factor| factor.l(),
                ))
            })
            .collect();
        let start = |walker: usize| {
            let mut random = ChaCha8Rng::seed_from_u64(seed);
            // Away from the streams of the walk itself.
            random.set_stream(u64::MAX - walker as u64);
            let mut normal = || -> f64 { StandardNormal.sample(&mut random) };
            let mut place: Vec<f64> = Vec::new();
            for factor in &factors {
                let draw = DVector::from_fn(factor.nrows(), |_, _| normal());
                place.extend((factor * draw).iter());
            }
            for (value, best) in place.iter_mut().zip(&self.best) {
                *value = best + value.clamp(-0.9 * FARTHEST, 0.9 * FARTHEST);
            }
            if let Some((best, ..)) = self.scatter {
                place.push(best.clamp(SCATTERS[0], 0.3).ln() + 0.1 * normal().clamp(-3.0, 3.0));
            }
            place
        };
        let chain = ensemble(|place| self.log_density(place), start, count, seed);
        Block {
            temperatures: self.temperatures.clone(),
            firsts: self.firsts.clone(),
            scattered: self.scatter.is_some(),
            chain,
        }
    }
}

/// `count` draws from the samples of all blocks, each block drawn by itself: [ln η, ln δ D_I] of every temperature.
pub fn draws(
    blocks: &[Block],
    found: &[TemperatureFit],
    count: usize,
    seed: u64,
) -> Vec<Vec<[Option<f64>; 2]>> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    if blocks.is_empty() {
        return Vec::new();
    }
    (0..count)
        .map(|_| {
            let mut numbers = vec![[None; 2]; found.len()];
            for block in blocks {
                let place = random.next_u64() % block.chain.samples.len() as u64;
                let sample = &block.chain.samples[place as usize];
                for &index in &block.temperatures {
                    let [eta, conductivity] = block.numbers(found, index, sample);
                    numbers[index] = [
                        found[index].ln_viscosity.and(eta),
                        found[index].ln_conductivity.and(conductivity),
                    ];
                }
            }
            numbers
        })
        .collect()
}
