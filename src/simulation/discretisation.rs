//! How far the grid is from convergence: the same flow problems on a grid of half the resolution.

use super::engine::{FlowAnswer, FlowEngine, FrontQuestion};
use super::{ENTRANCE, solve};
use crate::case::LoadedCase;
use crate::flow::computer::Computer;
use crate::flow::solver::SolveError;

/// Order at which the rate converges where it is slowest: the compliant mouth corner (exponent 1/3) at moderate Λ.
const ORDER: f64 = 2.0 / 3.0;

/// Coarse solves per doubling of the length.
const SAMPLES_PER_DOUBLING: f64 = 1.5;

/// Accumulates the effect of the rate's error on the length.
///
/// With dL/dt = g(t) (1 + e)/(L + c) the length is off by δ with (L + c) δ = ∫ e (L + c) dL, whatever g does.
#[derive(Debug)]
pub(super) struct ErrorEstimate {
    engine: FlowEngine,
    next: f64,
    /// Length of the last sample and the relative error of the rate there.
    sample: Option<(f64, f64)>,
    integral: f64,
}

impl ErrorEstimate {
    pub fn new(loaded: &LoadedCase, start: f64) -> Self {
        let mut mesh = loaded.mesh;
        mesh.cells_per_radius /= 2;
        // 1 % of the difference between the two grids is enough for an estimate of it.
        const TOLERANCE: f64 = 1e-6;
        // A dozen solves on the small grid: the CPU does them while a device would still be set up.
        let max_cycles = loaded.case.numerics.max_cycles as usize;
        let engine = FlowEngine::new(mesh, TOLERANCE, max_cycles, Computer::cpu());
        ErrorEstimate {
            engine,
            next: start,
            sample: None,
            integral: 0.0,
        }
    }

    /// Takes a solved problem into account; `length` is where the step ended, `front` the free
    /// front. Returns the cycles spent.
    pub fn add(
        &mut self,
        answer: &FlowAnswer,
        length: f64,
        front: Option<&FrontQuestion>,
    ) -> Result<usize, SolveError> {
        if answer.question.length < self.next && self.sample.is_some() {
            return Ok(0);
        }
        let coarse = solve(&mut self.engine, answer.question, front)?;
        let difference = coarse.flows.total() / answer.flows.total() - 1.0;
        // As a magnitude: errors of different sign along the way are not to be trusted to cancel.
        let error = (difference / (2f64.powf(ORDER) - 1.0)).abs();
        if let Some((from, before)) = self.sample {
            self.integral += interval(from, length, before, error);
        }
        self.sample = Some((length, error));
        self.next = length * 2f64.powf(1.0 / SAMPLES_PER_DOUBLING);
        Ok(coarse.statistics.cycles)
    }

    /// Estimated relative error of `length` (in R), as a magnitude.
    pub fn relative(&self, length: f64) -> f64 {
        let tail = self
            .sample
            .map_or(0.0, |(from, error)| interval(from, length, error, error));
        (self.integral + tail) / (length + ENTRANCE) / length
    }
}

/// ∫ e (L + c) dL between two lengths by the trapezoidal rule.
fn interval(from: f64, to: f64, before: f64, after: f64) -> f64 {
    0.5 * (before * (from + ENTRANCE) + after * (to + ENTRANCE)) * (to - from)
}
