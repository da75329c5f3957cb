//! What cross-sections of a cylindrical pore bear.

use super::discretise::Medium;
use super::solver::FlowSolver;
use super::strain::Normal;
use crate::kernels::Fields;

/// Mean of −σ_zz over row `j` of cells inside the pore's radius.
fn mean_in_row(solver: &FlowSolver<f64>, j: usize) -> f64 {
    let layout = solver.layout();
    let (_, across, ..) = layout.sizes();
    let x = Fields::of(&layout, solver.state());
    let tables = &solver.backend.levels[0].tables;
    let cells = layout.cell_row(j).zip(solver.grid.r.windows(2));
    let borne = cells.take(across).enumerate().map(|(i, (k, r))| {
        let area = 0.5 * (r[1].powi(2) - r[0].powi(2));
        let viscosity = tables.cell_weight[k] / (area * tables.height[j]);
        area * (x.pressure[k] - 2.0 * viscosity * Normal::of(tables, &x, i, j).axial)
    });
    borne.sum::<f64>() / (0.5 * solver.grid.r[across].powi(2))
}

/// Mean of −σ_zz over the pore's cross-section at the mouth and where the front begins: at a flat front, or in the highest row of cells that a
/// free one leaves full. None in a pore that is no cylinder, or where no row is full.
pub fn mean_stresses(solver: &FlowSolver<f64>, medium: &Medium) -> Option<[f64; 2]> {
    let grid = &solver.grid;
    if !grid.wall.is_straight() || grid.mouth_row == 0 {
        return None;
    }
    let mouth =
        0.5 * (mean_in_row(solver, grid.mouth_row - 1) + mean_in_row(solver, grid.mouth_row));
    let Some(filling) = &medium.filling else {
        // A flat front bears the pressure at the tip and nothing else.
        return Some([mouth, solver.tip_pressure()]);
    };
    let is_full =
        |j: &usize| (0..grid.pore_across).all(|i| filling.cell(i, j - grid.mouth_row) > 1.0 - FULL);
    let top = (grid.mouth_row..grid.rows()).rev().find(is_full)?;
    Some([mouth, mean_in_row(solver, top)])
}

/// Round-off of a cell's share of liquid.
const FULL: f64 = 1e-9;
