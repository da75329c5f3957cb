//! What holds for every molding: a result that violates it ends the run.

use super::{SimulationError, Step};
use crate::physics::constants::NANOMETRE;

/// Farthest that tip and contact line of a front that flow has shaped are apart in R: a steady fountain front bulges by 0.84 R, a
/// hemisphere by 1 R.
const FARTHEST: f64 = 1.2;

/// Bounds of the shares of core and layer. A little recirculation at the tip is real where the layer carries nearly everything.
const SHARES: std::ops::RangeInclusive<f64> = -0.1..=1.1;

/// Checks a step before it is taken.
///
/// # Errors
/// [`SimulationError::Unphysical`] with what does not hold.
pub(super) fn check(step: &Step, radius: f64, initial_bulge: f64) -> Result<(), SimulationError> {
    let wrong = |what: String| {
        Err(SimulationError::Unphysical {
            time: step.conditions.time,
            what,
        })
    };
    let nm = |length: f64| length / NANOMETRE;
    let [tip, contact] = step.tip_and_contact();
    let numbers = [
        step.length,
        tip,
        contact,
        step.rate,
        step.core_flow,
        step.layer_flow,
    ];
    if numbers.iter().any(|x| !x.is_finite()) {
        return wrong(format!("a length or a rate is not a number: {numbers:?}"));
    }
    if tip < 0.0 || contact < -1e-9 * radius {
        return wrong(format!(
            "the tip is at {:.2} nm and the contact line at {:.2} nm: the wire has left the pore",
            nm(tip),
            nm(contact)
        ));
    }
    if (tip - contact).abs() > FARTHEST.max(initial_bulge.abs() + 0.1) * radius {
        return wrong(format!(
            "the tip at {:.2} nm and the contact line at {:.2} nm are farther apart than any front reaches in a pore of radius {:.2} nm",
            nm(tip),
            nm(contact),
            nm(radius)
        ));
    }
    let [core, layer] = step.shares();
    if !SHARES.contains(&core) || !SHARES.contains(&layer) {
        return wrong(format!(
            "core and layer carry {core:.3} and {layer:.3} of the volume"
        ));
    }
    if step.rate < 0.0 {
        return wrong(format!("the wire recedes by {:.3e} nm/s", -nm(step.rate)));
    }
    Ok(())
}
