//! Samples of a probability density by an ensemble of walkers: the affine-invariant stretch move of Goodman and Weare (Comm. Appl. Math.
//! Comput. Sci. 5, 65, 2010), by the `hammer-and-sample` crate. An ensemble needs no derivatives and no scales: correlated and
//! stretched densities cost it no more than round ones.

use hammer_and_sample::{MinChainLen, Model, Serial, Stretch, auto_corr_time, sample};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

/// Samples of a density.
#[derive(Debug, Clone, PartialEq)]
pub struct Chain {
    /// Walkers of the ensemble; `samples` holds one of each in turn.
    pub walkers: usize,
    /// The samples after those that were thrown away.
    pub samples: Vec<Vec<f64>>,
    /// Share of the moves that were taken.
    pub acceptance: f64,
}

/// Steps of each walker that are thrown away, until the ensemble has forgotten where it began.
const BURN_IN: usize = 150;

struct Density<F>(F);

impl<F: Fn(&[f64]) -> f64 + Sync + Send> Model for Density<F> {
    type Params = Vec<f64>;

    fn log_prob(&self, place: &Vec<f64>) -> f64 {
        let value = (self.0)(place);
        if value.is_nan() {
            f64::NEG_INFINITY
        } else {
            value
        }
    }
}

/// At least `count` samples of the density whose logarithm is `log_density` (but for a constant). The walkers begin where `start` puts
/// them, given their number; the draws depend on `seed` alone.
pub fn ensemble(
    log_density: impl Fn(&[f64]) -> f64 + Sync + Send,
    start: impl Fn(usize) -> Vec<f64>,
    count: usize,
    seed: u64,
) -> Chain {
    // Four for each dimension, as many as emcee's authors advise at least, and more where there are few.
    let walkers = (4 * start(0).len()).max(20);
    let begin = (0..walkers).map(|walker| {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        random.set_stream(walker as u64);
        (start(walker), random)
    });
    let length = walkers * BURN_IN + count;
    let (mut samples, taken) = sample(
        &Density(log_density),
        &Stretch::default(),
        begin,
        MinChainLen(length),
        Serial,
    );
    let acceptance = taken as f64 / samples.len() as f64;
    samples.drain(..walkers * BURN_IN);
    Chain {
        walkers,
        samples,
        acceptance,
    }
}

impl Chain {
    /// Integrated autocorrelation time of coordinate `index` in steps of the ensemble, from the walkers' mean; none if the chain is too
    /// short to tell.
    pub fn autocorrelation(&self, index: usize) -> Option<f64> {
        let means: Vec<f64> = (self.samples.chunks_exact(self.walkers))
            .map(|step| step.iter().map(|one| one[index]).sum::<f64>() / step.len() as f64)
            .collect();
        auto_corr_time(means.iter().copied(), None, Some(SHORTEST))
    }

    /// How many independent samples the chain is worth, by its slowest coordinate; 0 if it is too short to tell.
    pub fn independent(&self) -> f64 {
        let coordinates = self.samples.first().map_or(0, Vec::len);
        let times = (0..coordinates).map(|index| self.autocorrelation(index));
        let slowest = times
            .map(|time| time.unwrap_or(f64::INFINITY))
            .fold(1.0, f64::max);
        self.samples.len() as f64 / slowest
    }
}

/// Fewest autocorrelation times that tell one.
const SHORTEST: usize = 5;

#[cfg(test)]
mod tests {
    use super::*;
    use nalgebra::{Matrix2, Vector2};

    #[test]
    fn a_linear_model_with_normal_errors_has_its_closed_form() {
        // y = a + b x at x = 0…4, errors of 0.3, and a normal prior of b about 1 with a standard deviation of 0.5. The posterior is
        // normal: precision H = XᵀX/σ² + diag(0, 1/0.25), mean H⁻¹(Xᵀy/σ² + (0, 1/0.25)).
        let y = [1.1, 2.9, 5.2, 6.8, 9.1];
        let density = |p: &[f64]| {
            let misfit: f64 = (0..5)
                .map(|k| ((p[0] + p[1] * k as f64 - y[k]) / 0.3).powi(2))
                .sum();
            -0.5 * (misfit + ((p[1] - 1.0) / 0.5).powi(2))
        };
        let (n, sx, sxx): (f64, f64, f64) = (5.0, 10.0, 30.0);
        let precision = Matrix2::new(n, sx, sx, sxx) / 0.09 + Matrix2::new(0.0, 0.0, 0.0, 4.0);
        let sums = Vector2::new(25.1, 70.1) / 0.09 + Vector2::new(0.0, 4.0);
        let covariance = precision.try_inverse().unwrap();
        let mean = covariance * sums;
        let start = |k: usize| vec![1.0 + 0.1 * (k as f64).sin(), 2.0 + 0.1 * (k as f64).cos()];
        let chain = ensemble(density, start, 40_000, 7);
        let count = chain.samples.len() as f64;
        let of = |k: usize| -> f64 { chain.samples.iter().map(|p| p[k]).sum::<f64>() / count };
        let found = [of(0), of(1)];
        let product = |i: usize, j: usize| {
            let each = |p: &Vec<f64>| (p[i] - found[i]) * (p[j] - found[j]);
            chain.samples.iter().map(each).sum::<f64>() / count
        };
        let tau = chain.autocorrelation(0).unwrap();
        // Standard error of a mean: σ √(τ/N), of a variance: its value times √(2τ/N); four of them.
        let share: f64 = (2.0 * tau / count).sqrt();
        println!(
            "τ = {tau:.1}, acceptance {:.2}, {found:?} {mean:?}",
            chain.acceptance
        );
        for i in 0..2 {
            let sigma = covariance[(i, i)].sqrt();
            assert!(
                (found[i] - mean[i]).abs() < 4.0 * sigma * share,
                "{i}: {} {}",
                found[i],
                mean[i]
            );
            for j in 0..2 {
                let scale = sigma * covariance[(j, j)].sqrt();
                let off = (product(i, j) - covariance[(i, j)]) / scale;
                assert!(off.abs() < 4.0 * share, "{i} {j}: {off}");
            }
        }
        // Negative control: without the prior the slope is elsewhere, by more than what is asserted.
        let plain = Matrix2::new(n, sx, sx, sxx).try_inverse().unwrap() * Vector2::new(25.1, 70.1);
        assert!((plain[1] - mean[1]).abs() > 4.0 * covariance[(1, 1)].sqrt() * share);
        // The same seed gives the same chain.
        assert_eq!(chain, ensemble(density, start, 40_000, 7));
    }
}
