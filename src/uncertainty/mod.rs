//! What a number is not known to: everything that went into a length is drawn anew, as far as it may be off, and the length computed again.
//!
//! [`sources::sources`] lists what may be off, with its width: the numbers of a material by their covariance where the file has one, else by stated
//! widths; the mold; the press. [`propagate`] draws them all together for an interval, and each alone for its share in the cause.

mod sources;

pub use sources::{Change, Source, Width, WidthError, of_material, sources};

use crate::calibrate::statistics::percentiles;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rand_distr::{Distribution, StandardNormal};
use rayon::prelude::*;

/// Confidence of the intervals.
pub const CONFIDENCE: f64 = 0.95;

/// Fewest draws that make an interval.
pub const FEWEST_DRAWS: usize = 20;

/// What causes an uncertainty, alone.
#[derive(Debug, Clone, PartialEq)]
pub struct Cause {
    /// What may be off.
    pub name: String,
    /// By how much, in words.
    pub width: String,
    /// Relative standard deviation of the number where this alone is off.
    pub alone: f64,
}

/// A number with what it may be.
#[derive(Debug, Clone, PartialEq)]
pub struct Uncertain {
    /// The number with everything as stated.
    pub value: f64,
    /// The interval of [`CONFIDENCE`].
    pub interval: [f64; 2],
    /// Draws that could be computed.
    pub draws: usize,
    /// What causes it, the largest cause first.
    pub causes: Vec<Cause>,
}

/// `count` states in which those of the `sources` that are numbered in `which` are off; impossible ones are left out.
pub fn drawn<S: Clone + Send + Sync>(
    stated: &S,
    sources: &[Source<S>],
    which: &[usize],
    count: usize,
    seed: u64,
) -> Vec<S> {
    let one = |draw: usize| {
        let mut changed = stated.clone();
        for &index in which {
            let source = &sources[index];
            let mut random = ChaCha8Rng::seed_from_u64(seed);
            // The same for a source whether it is drawn alone or with others.
            random.set_stream((index * count + draw) as u64);
            let normals = (0..source.dimensions).map(|_| StandardNormal.sample(&mut random));
            changed = (source.change)(&changed, &normals.collect::<Vec<f64>>())?;
        }
        Some(changed)
    };
    (0..count).into_par_iter().filter_map(one).collect()
}

/// Draws all `sources` of `stated` `count` times. `number` computes the number that is sought, none where something drawn is impossible.
/// Draws depend on `seed` and their own place alone. None if fewer than [`FEWEST_DRAWS`] can be computed.
pub fn propagate<S: Clone + Send + Sync>(
    stated: &S,
    sources: &[Source<S>],
    number: impl Fn(&S) -> Option<f64> + Sync,
    count: usize,
    seed: u64,
) -> Option<Uncertain> {
    let draws = |which: &[usize]| -> Vec<f64> {
        let drawn = drawn(stated, sources, which, count, seed);
        let numbers = drawn.par_iter().filter_map(&number);
        numbers.filter(|value| value.is_finite()).collect()
    };
    let value = number(stated)?;
    let all: Vec<usize> = (0..sources.len()).collect();
    let together = draws(&all);
    let known = together.len();
    if known < FEWEST_DRAWS {
        return None;
    }
    let mut causes: Vec<Cause> = all
        .iter()
        .map(|&index| Cause {
            name: sources[index].name.clone(),
            width: sources[index].width.to_string(),
            alone: deviation(&draws(&[index])) / value,
        })
        .collect();
    causes.sort_by(|a, b| b.alone.total_cmp(&a.alone));
    Some(Uncertain {
        value,
        interval: percentiles(together, CONFIDENCE)?,
        draws: known,
        causes,
    })
}

fn deviation(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let squares: f64 = values.iter().map(|v| (v - mean).powi(2)).sum();
    match values.len() {
        0 | 1 => 0.0,
        _ => (squares / (n - 1.0)).sqrt(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// y = a² b with relative widths of 0.03 and 0.04: ln y has 2·0.03 and 0.04, together 0.0721.
    #[test]
    fn a_product_has_the_uncertainty_of_its_factors() {
        let source = |which: usize, width: f64| Source::<[f64; 2]> {
            name: ["a", "b"][which].to_owned(),
            width: Width::Relative(width),
            dimensions: 1,
            change: Box::new(move |stated, normal| {
                let mut changed = *stated;
                changed[which] *= (width * normal[0]).exp();
                Some(changed)
            }),
        };
        let both = [source(0, 0.03), source(1, 0.04)];
        let number = |x: &[f64; 2]| Some(x[0].powi(2) * x[1]);
        let found = propagate(&[3.0, 5.0], &both, number, 4000, 1).unwrap();
        // 4000 draws know a standard deviation to 1.1 %, an end of an interval to some 3 % of its reach.
        let names: Vec<&str> = found
            .causes
            .iter()
            .map(|cause| cause.name.as_str())
            .collect();
        assert_eq!((found.value, names), (45.0, vec!["a", "b"]));
        assert!((found.causes[0].alone / 0.06 - 1.0).abs() < 0.05);
        assert!((found.causes[1].alone / 0.04 - 1.0).abs() < 0.05);
        let reach = (found.interval[1] / found.interval[0]).ln() / 2.0;
        assert!((reach / (1.96 * 0.0721) - 1.0).abs() < 0.06, "{reach}");
        // The same seed gives the same draws, another one others.
        assert_eq!(
            found,
            propagate(&[3.0, 5.0], &both, number, 4000, 1).unwrap()
        );
        assert_ne!(
            found,
            propagate(&[3.0, 5.0], &both, number, 4000, 2).unwrap()
        );
        assert_eq!(propagate(&[3.0, 5.0], &both, number, 10, 1), None);
    }
}
