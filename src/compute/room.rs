//! How much memory of a device a flow problem takes.

use crate::backend::gpu::packing::{Packing, classes};
use crate::backend::gpu::source::OuterReal;
use crate::flow::discretise::{self, Medium};
use crate::flow::grid::Grid;
use crate::flow::solver::{FlowSolver, Loads};
use crate::mesh::MeshSpec;

/// Cells from which on the memory of a problem is extrapolated from that of a shorter pore: it grows with the cells.
const MOST_TRIED: usize = 50_000;

/// Bytes on a device that a flow problem on this grid takes; `outer` is the precision of the state where the device keeps it.
///
/// In a liquid that `is_uniform` rows of cells are alike as far as the grid says; where a composition is computed every row counts as
/// different from the next, the most that there can be.
///
/// # Errors
/// The reason why such a problem cannot be set up.
pub fn bytes_on_device(
    mesh: &MeshSpec,
    grid: &Grid,
    is_uniform: bool,
    outer: Option<OuterReal>,
) -> Result<u64, String> {
    let cells = |grid: &Grid| discretise::layout(grid, [0, 0]).cells();
    let whole = cells(grid);
    let length = grid.z.last().copied().unwrap_or(1.0);
    let shorter = Grid::new(mesh, (length * MOST_TRIED as f64 / whole as f64).max(1.0));
    let grid = if whole > MOST_TRIED { &shorter } else { grid };
    let medium = Medium::uniform(&discretise::layout(grid, [0, 0]), 1.0, 0.0);
    let loads = Loads {
        inlet_pressure: 1.0,
        tip_pressure: 0.0,
    };
    let solver = FlowSolver::<f64>::new(grid.clone(), &medium, loads);
    let backend = solver.map_err(|error| error.to_string())?.backend;
    let layouts: Vec<_> = backend.levels.iter().map(|l| l.tables.layout).collect();
    let most = if is_uniform {
        classes(&backend.levels)
    } else {
        layouts.iter().map(|layout| layout.rows).collect()
    };
    let packing =
        Packing::new(layouts, &most, &backend.coarse).map_err(|error| error.to_string())?;
    let bytes = packing.bytes(outer.map_or(0, OuterReal::bytes));
    Ok((bytes as f64 * (whole as f64 / cells(grid) as f64).max(1.0)) as u64)
}
