//! Second-order time integration of one growing quantity with error control.
//!
//! The square of the length grows at a nearly constant rate under both mechanisms, whereas the length's own rate
//! diverges like 1/L at the start; the integrator therefore sees y = L².
//!
//! Predictor: Adams–Bashforth of second order with variable steps (Euler after a restart). Corrector: the trapezoidal
//! rule. One evaluation per step, at the predicted value; what the correction still changes in the rate follows from
//! the slope between the two ends. The difference of predictor and corrector gives the error of the step (Milne).

use crate::saved::{Saved, SavedError};

/// Share of the step before it below which a step tells nothing of the rate's slope.
const SHORT: f64 = 0.1;

/// State of the integration.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Integrator {
    /// Time.
    pub time: f64,
    /// Integrated quantity.
    pub value: f64,
    /// Its rate at `time`.
    pub rate: f64,
    /// Previous step and the rate at its start; `None` after a restart.
    previous: Option<(f64, f64)>,
}

impl Integrator {
    /// Keeps everything that the next step depends on.
    pub(super) fn save(&self, to: &mut Saved) {
        to.put("integrator", [self.time, self.value, self.rate]);
        if let Some((step, rate)) = self.previous {
            to.put("integrator/previous", [step, rate]);
        }
    }

    /// Puts together what [`Integrator::save`] kept.
    ///
    /// # Errors
    /// [`SavedError`].
    pub(super) fn restore(from: &Saved) -> Result<Self, SavedError> {
        let [time, value, rate] = from.numbers("integrator")?;
        let previous = "integrator/previous";
        let previous = match from.has(previous) {
            true => Some(from.numbers(previous)?.into()),
            false => None,
        };
        Ok(Integrator {
            time,
            value,
            rate,
            previous,
        })
    }
}

/// A step that may be accepted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Trial {
    /// Step size.
    pub step: f64,
    /// Value at which the rate was evaluated.
    pub predicted: f64,
    /// Value at the end of the step.
    pub value: f64,
    /// Rate at the end of the step, at the predicted value.
    pub rate: f64,
    /// Estimated error of `value` made by this step, with its sign.
    pub error: f64,
}

impl Trial {
    /// Estimated relative error of the length, whose square is integrated.
    pub fn relative_error(&self) -> f64 {
        0.5 * self.error.abs() / self.value
    }
}

impl Integrator {
    /// Starts at `time` with `value` and its `rate`.
    pub fn new(time: f64, value: f64, rate: f64) -> Self {
        Integrator {
            time,
            value,
            rate,
            previous: None,
        }
    }

    /// Forgets the past: the next step starts as a one-step method. To be called where the rate has a corner.
    pub fn restart(&mut self) {
        self.previous = None;
    }

    /// Value after a step, as the past has it; the rate is to be evaluated there.
    pub fn predicted(&self, step: f64) -> f64 {
        let slope = self
            .previous
            .map_or(0.0, |(last, old)| 0.5 * step / last * (self.rate - old));
        self.value + step * (self.rate + slope)
    }

    /// A step at whose predicted value the rate is `rate`.
    pub fn judged(&self, step: f64, rate: f64) -> Trial {
        // Without a past Euler's error is that of the slope; half the difference is what the trapezoid corrected, and a sixth of
        // it bounds what is left for the slowly varying rates at hand.
        let share = self.previous.map_or(1.0 / 6.0, |(last, _)| {
            let ratio = step / last;
            ratio / (3.0 * (ratio + 1.0))
        });
        let predicted = self.predicted(step);
        let value = self.value + 0.5 * step * (self.rate + rate);
        Trial {
            step,
            predicted,
            value,
            rate,
            error: share * (predicted - value),
        }
    }

    /// Takes a trial as the new state.
    pub fn accept(&mut self, trial: &Trial) {
        self.previous = match self.previous {
            // Over a step that only lands on a frame or an end the rate differs by what the solver leaves; a slope from it
            // would be noise over nothing, and the next step is long again. The interval before it goes on.
            Some((last, old)) if trial.step < SHORT * last => Some((last + trial.step, old)),
            _ => Some((trial.step, self.rate)),
        };
        self.time += trial.step;
        self.value = trial.value;
        self.rate = trial.rate;
    }
}

/// Factor on the step after a step with `error` where `tolerance` was allowed.
pub fn step_factor(error: f64, tolerance: f64, largest: f64) -> f64 {
    const SAFETY: f64 = 0.9;
    const SMALLEST: f64 = 0.2;
    if error <= 0.0 {
        largest
    } else {
        (SAFETY * (tolerance / error).cbrt()).clamp(SMALLEST, largest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tried(state: &Integrator, step: f64, rate: impl Fn(f64, f64) -> f64) -> Trial {
        state.judged(step, rate(state.time + step, state.predicted(step)))
    }

    /// y' = y cos t, y(0) = 1: y = exp(sin t), integrated to t = 2 with `n` steps of alternating size.
    fn error_of(n: usize, spoil: f64) -> f64 {
        let rate = |t: f64, y: f64| spoil * y * t.cos();
        let mut state = Integrator::new(0.0, 1.0, 1.0);
        for k in 0..n {
            let step = 2.0 / n as f64 * if k % 2 == 0 { 1.2 } else { 0.8 };
            state.accept(&tried(&state, step, rate));
        }
        (state.value - 2.0f64.sin().exp()).abs()
    }

    #[test]
    fn is_of_second_order_with_variable_steps() {
        let order = (error_of(40, 1.0) / error_of(80, 1.0)).log2();
        assert!(
            order > 1.9,
            "order {order}: predictor and corrector are of second order"
        );
        // Negative control: a rate off by 1 % must not look convergent.
        let spoiled = (error_of(40, 1.01) / error_of(80, 1.01)).log2();
        assert!(spoiled < 0.5, "order {spoiled} of a wrong rate");
    }

    #[test]
    fn a_very_short_step_does_not_set_the_slope() {
        // y' = 1 but for noise of 1e-7, as a solver leaves it; without the rule the last step is predicted 1e2 off.
        let noise = std::cell::Cell::new(1e-7);
        let rate = |_: f64, _: f64| {
            noise.set(-noise.get());
            1.0 + noise.get()
        };
        let mut state = Integrator::new(0.0, 0.0, 1.0);
        for step in [1.0, 1.0, 1e-9] {
            state.accept(&tried(&state, step, rate));
        }
        let trial = tried(&state, 1.0, rate);
        let off = trial.predicted - state.value - 1.0;
        assert!(off.abs() < 1e-6, "{off:.1e}: of the size of the noise");
    }

    #[test]
    fn estimates_the_error_of_a_step() {
        // y = t³: y' = 3t²; the trapezoid's error over a step h is h³/2, exactly proportional to y'''.
        let rate = |t: f64, _: f64| 3.0 * t * t;
        let mut state = Integrator::new(1.0, 1.0, 3.0);
        let first = tried(&state, 0.1, rate);
        state.accept(&first);
        let start = state.value;
        let second = tried(&state, 0.1, rate);
        let exact = start + 1.2f64.powi(3) - 1.1f64.powi(3);
        let actual = (second.value - exact).abs();
        assert!(
            (second.error.abs() / actual - 1.0).abs() < 1e-9,
            "estimated {}, actual {actual}",
            second.error
        );
    }
}
