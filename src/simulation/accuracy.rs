//! How wrong the length of a run may be.

use super::{Simulation, SimulationError};
use crate::case::{FrontModel, LoadedCase};
use crate::compute::Computer;

/// Orders at which the length converges with the grid. Behind a flat front the mouth corner decides (velocities go like ρ^⅓ from a
/// compliant one); a free front's contact line adds more than that, and goes faster (`docs/numerics.md`, "Accuracy").
const ORDERS: [(FrontModel, f64); 2] = [(FrontModel::Flat, 2.0 / 3.0), (FrontModel::Free, 1.5)];

/// Estimated relative errors of the final length, as magnitudes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Accuracy {
    /// Of the grid: from the same run on a grid of half the resolution.
    pub space: f64,
    /// Of the time steps: from their own local errors.
    pub time: f64,
}

impl Accuracy {
    /// Both together.
    pub fn total(&self) -> f64 {
        self.space + self.time
    }
}

/// The case on a grid of half the resolution, that of the species with it.
pub(super) fn coarser(loaded: &LoadedCase) -> LoadedCase {
    let mut coarse = loaded.clone();
    coarse.mesh.cells_per_radius = (loaded.mesh.cells_per_radius / 2).max(COARSEST);
    let rows = &mut coarse.case.composition.rows;
    *rows = (*rows / 2).max(FEWEST_ROWS);
    coarse.case.numerics.estimate_error = false;
    coarse
}

/// Fewest rows of the species' mesh that are worth a comparison.
const FEWEST_ROWS: u32 = 8;

/// Fewest cells per radius that a front is followed on.
const COARSEST: usize = 4;

impl Simulation<'_> {
    /// Estimated error of the length reached; `None` if the case does not ask for it. The first call repeats the run on a coarser
    /// grid, a fifth of its work or so.
    ///
    /// # Errors
    /// [`SimulationError`] if that fails.
    pub fn accuracy(&self) -> Result<Option<Accuracy>, SimulationError> {
        if !self.loaded.case.numerics.estimate_error {
            return Ok(None);
        }
        if let Some(known) = self.accuracy.get() {
            return Ok(Some(*known));
        }
        let radius = self.loaded.case.radius();
        let length = self.last.length / radius;
        let found = Accuracy {
            space: self.space_error(length)?,
            // Half the error of (L + c)², which a step's error stays.
            time: (0.5 * self.square_error / ((length + self.offset) * length)).abs(),
        };
        Ok(Some(*self.accuracy.get_or_init(|| found)))
    }

    fn space_error(&self, length: f64) -> Result<f64, SimulationError> {
        let coarse = coarser(self.loaded);
        let cells = [self.loaded, &coarse].map(|l| l.mesh.cells_per_radius as f64);
        if cells[0] == cells[1] {
            return Ok(0.0);
        }
        let stop = self.engine.stop().clone();
        let mut companion = Simulation::on_until(&coarse, Computer::cpu(), stop)?;
        let until = self.integrator.time;
        let mut before = (0.0, companion.integrator.value);
        while companion.integrator.time < until {
            before = (companion.integrator.time, companion.integrator.value);
            if companion.advance()?.is_none() {
                break;
            }
        }
        // (L + c)² is nearly linear within a step.
        let (time, value) = (companion.integrator.time, companion.integrator.value);
        let rate = (value - before.1) / (time - before.0).max(f64::MIN_POSITIVE);
        let there = companion.length_of(value + rate * (until - time));
        let model = self.loaded.case.front_model();
        let order = (ORDERS.iter())
            .find(|(of, _)| *of == model)
            .map_or(1.0, |(_, order)| *order);
        Ok(((there / length - 1.0) / ((cells[0] / cells[1]).powf(order) - 1.0)).abs())
    }
}
