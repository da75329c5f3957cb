//! How long something takes that is too short for the clock: it is repeated, several times over, and the median taken.

use std::time::{Duration, Instant};

/// Length that one sample should have at least: a thousand times what the clock and the scheduler add.
const SAMPLE: Duration = Duration::from_millis(50);

/// Samples of which the median is taken.
const SAMPLES: usize = 5;

/// Time that a measurement may take altogether.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    started: Instant,
    whole: Duration,
}

impl Budget {
    /// A budget that starts now.
    pub fn new(whole: Duration) -> Self {
        Budget {
            started: Instant::now(),
            whole,
        }
    }

    /// What is left of it.
    pub fn left(&self) -> Duration {
        self.whole.saturating_sub(self.started.elapsed())
    }

    /// All of it.
    pub fn whole(&self) -> Duration {
        self.whole
    }
}

/// What one repetition takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Timing {
    /// Seconds of one repetition, the median of the samples.
    pub seconds: f64,
    /// Repetitions in a sample.
    pub repeats: u32,
    /// Samples.
    pub samples: u32,
}

/// Times one repetition. `run(n)` does n of them, `most` at a time at most, and says how many seconds they took; what it
/// takes for none is subtracted. The first run is not counted. At least one sample is taken, more while `limit` lasts.
///
/// # Errors
/// Those of `run`.
pub fn time_one<E>(
    most: u32,
    limit: Duration,
    mut run: impl FnMut(u32) -> Result<f64, E>,
) -> Result<Timing, E> {
    let started = Instant::now();
    run(1)?;
    let mut nothing = f64::INFINITY;
    for _ in 0..3 {
        nothing = nothing.min(run(0)?);
    }
    let once = run(1)?;
    let sample = SAMPLE.min(limit / SAMPLES as u32).as_secs_f64();
    let wanted = sample / (once - nothing).max(1e-7);
    let repeats = (wanted.ceil() as u32).clamp(1, most.max(1));
    let mut samples = Vec::new();
    while samples.is_empty() || (samples.len() < SAMPLES && started.elapsed() < limit) {
        let whole = run(repeats)?;
        // Where the clock cannot tell the two apart, what it shows is an upper bound.
        let net = if whole > nothing {
            whole - nothing
        } else {
            whole
        };
        samples.push(net.max(f64::MIN_POSITIVE) / f64::from(repeats));
    }
    Ok(Timing {
        seconds: median(&mut samples),
        repeats,
        samples: samples.len() as u32,
    })
}

/// The middle one of the values, or the mean of the two in the middle.
///
/// # Panics
/// Without any value.
pub fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    let half = values.len() / 2;
    if values.len() % 2 == 1 {
        values[half]
    } else {
        0.5 * (values[half - 1] + values[half])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::convert::Infallible;

    #[test]
    fn the_median_does_not_see_an_outlier() {
        assert_eq!(median(&mut [3.0, 1.0, 1e9]), 3.0);
        assert_eq!(median(&mut [4.0, 2.0]), 3.0);
    }

    /// A made-up clock: a latency of 2 ms and 10 µs for each.
    #[test]
    fn latency_is_subtracted() {
        let run = |n: u32| Ok::<f64, Infallible>(2e-3 + 1e-5 * f64::from(n));
        let limit = Duration::from_secs(1);
        let timing = time_one(1000, limit, run).unwrap();
        assert!((timing.seconds - 1e-5).abs() < 1e-9, "{timing:?}");
        assert_eq!((timing.repeats, timing.samples), (1000, 5));
        // Without repetitions to tell from none it would not be found.
        let flat = time_one(1000, limit, |_| Ok::<f64, Infallible>(2e-3)).unwrap();
        assert!(flat.seconds > 0.0 && flat.seconds.is_finite());
        assert!((flat.seconds - 1e-5).abs() > 1e-6);
    }
}
