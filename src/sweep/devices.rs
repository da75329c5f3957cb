//! Devices that compute points of a sweep with the full model, many at once each.

use super::gate::Gate;
use crate::backend::gpu::packing::{Packing, classes};
use crate::backend::gpu::source::OuterReal;
use crate::case::{CompositionModel, LoadedCase};
use crate::flow::discretise::{self, Medium};
use crate::flow::grid::Grid;
use crate::flow::solver::{FlowSolver, Loads};
use crate::simulation::SharedDevice;

/// Most points under way on one device: more fill its batches little better, and each holds its last solutions on the host.
pub const MOST_AT_ONCE: usize = 256;

/// A device and the points that it computes at once.
#[derive(Debug)]
pub struct DeviceWorker {
    pub(super) device: SharedDevice,
    pub(super) name: String,
    pub(super) at_once: usize,
    pub(super) falls_back: bool,
    pub(super) gate: Gate,
}

impl DeviceWorker {
    /// A device, called `name` in the tables, for `at_once` points at once. When it fails, the CPU takes its place if `falls_back`;
    /// otherwise the points that are under way there fail, and it gets no more.
    ///
    /// # Panics
    /// If there is to be room for none.
    pub fn new(device: SharedDevice, name: String, at_once: usize, falls_back: bool) -> Self {
        assert!(at_once > 0, "a device computes a point");
        DeviceWorker {
            device,
            name,
            at_once,
            falls_back,
            gate: Gate::new(at_once),
        }
    }

    /// The device.
    pub fn device(&self) -> &SharedDevice {
        &self.device
    }

    /// Name in the tables.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether the CPU takes the device's place when it fails.
    pub fn falls_back(&self) -> bool {
        self.falls_back
    }

    /// Whether the device computes, as far as is known.
    pub(super) fn computes(&self) -> bool {
        self.device.failure().is_none()
    }

    /// Waits until a point may be begun; false if no more are to be, or `stopped`.
    pub(super) fn admits(&self, stopped: impl Fn() -> bool) -> bool {
        let entered = self.gate.enter(stopped);
        if entered && !self.computes() && !self.falls_back {
            self.release();
            return false;
        }
        entered
    }

    /// After a point.
    pub(super) fn release(&self) {
        self.gate.leave();
        if !self.computes() {
            let cores = rayon::current_num_threads().min(self.at_once);
            self.gate.change(if self.falls_back { cores } else { 0 });
        }
    }
}

/// Cells from which on the memory of a problem is extrapolated from that of a shorter pore: it grows with the cells.
const MOST_TRIED: usize = 50_000;

/// Bytes on a device that a flow problem on this grid takes; `outer` is the precision of the state where the device keeps it.
///
/// Of a composition every row of cells counts as different from the next: the most that there can be.
///
/// # Errors
/// The reason why such a problem cannot be set up.
pub fn bytes_on_device(
    loaded: &LoadedCase,
    grid: &Grid,
    outer: Option<OuterReal>,
) -> Result<u64, String> {
    let cells = |grid: &Grid| discretise::layout(grid, [0, 0]).cells();
    let whole = cells(grid);
    let length = grid.z.last().copied().unwrap_or(1.0);
    let shorter = Grid::new(
        &loaded.mesh,
        (length * MOST_TRIED as f64 / whole as f64).max(1.0),
    );
    let grid = if whole > MOST_TRIED { &shorter } else { grid };
    let medium = Medium::uniform(&discretise::layout(grid, [0, 0]), 1.0, 0.0);
    let loads = Loads {
        inlet_pressure: 1.0,
        tip_pressure: 0.0,
    };
    let solver = FlowSolver::<f64>::new(grid.clone(), &medium, loads);
    let backend = solver.map_err(|error| error.to_string())?.backend;
    let layouts: Vec<_> = backend.levels.iter().map(|l| l.tables.layout).collect();
    let most = match loaded.case.composition.model {
        CompositionModel::Uniform => classes(&backend.levels),
        CompositionModel::Elements => layouts.iter().map(|layout| layout.rows).collect(),
    };
    let packing =
        Packing::new(layouts, &most, &backend.coarse).map_err(|error| error.to_string())?;
    let bytes = packing.bytes(outer.map_or(0, OuterReal::bytes));
    Ok((bytes as f64 * (whole as f64 / cells(grid) as f64).max(1.0)) as u64)
}
