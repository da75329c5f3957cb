//! Lengths at which field frames are due.

use super::conditions::Process;
use super::{ENTRANCE, Prediction};
use crate::case::LoadedCase;

/// Lengths (in R) evenly spaced from just above `start` to what is expected of the end, or to `stop` if that comes first, as many as the case asks for; the last frame
/// belongs to the end of the run, whatever its length, and is not listed.
pub(super) fn lengths(loaded: &LoadedCase, process: &Process, start: f64, stop: f64) -> Vec<f64> {
    let (case, count) = (&loaded.case, loaded.case.output.frames as usize);
    let last = if count < 3 {
        start
    } else if loaded.mesh.wall.is_straight() {
        in_cylinder(process, case.time(), start)
    } else {
        Prediction::new(loaded).newtonian_length / case.radius()
    };
    let last = last.min(stop);
    // The first frame (the start) and the last (the end) are written anyway.
    (1..count.saturating_sub(1))
        .map(|k| start + (last - start) * k as f64 / (count - 1) as f64)
        .collect()
}

/// The length that the long-pore law with the entrance resistance of half a radius predicts for the time `end`.
fn in_cylinder(process: &Process, end: f64, start: f64) -> f64 {
    const STEPS: usize = 1000;
    // (L + c) dL/dt = (1/8 + 2Λ) p/η, integrated over the schedule by the midpoint rule.
    let mut growth = 0.0;
    for k in 0..STEPS {
        let conditions = process.at((k as f64 + 0.5) / STEPS as f64 * end).averaged();
        let scales = conditions.scales;
        growth += (0.125 + 2.0 * scales.lambda()) * conditions.driving_pressure.max(0.0)
            / scales.newtonian_viscosity;
    }
    growth *= end / STEPS as f64;
    ((start + ENTRANCE).powi(2) + 2.0 * growth).sqrt() - ENTRANCE
}
