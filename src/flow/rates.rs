//! Shear rates of a flow in cells and at nodes, and means of cells at nodes.

use super::filling::Filling;
use super::mapped::Pore;
use super::solver::FlowSolver;
use super::strain;
use crate::kernels::{Fields, Layout};

/// A shear rate.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rate {
    /// γ̇ = √(2 e:e).
    pub all: f64,
    /// Share in its square of the strains that are known at the place itself: the normal ones in a cell, the shear at a node.
    pub own: f64,
}

impl Rate {
    fn new(own: f64, other: f64) -> Self {
        let square = own + other;
        Rate {
            all: square.sqrt(),
            own: if square > 0.0 { own / square } else { 0.0 },
        }
    }
}

/// Shear rates in every cell and at every node.
#[derive(Clone, Debug, PartialEq)]
pub struct Rates {
    /// In cells.
    pub cells: Vec<Rate>,
    /// At nodes.
    pub nodes: Vec<Rate>,
}

impl Rates {
    /// Of a flow; none in cells and at nodes that a free front leaves dry.
    pub fn of(solver: &FlowSolver<f64>, filling: Option<&Filling>) -> Rates {
        let level = &solver.backend.levels[0];
        let (t, layout) = (&level.tables, &level.tables.layout);
        let x = Fields::of(layout, &level.state[0]);
        let (_, np, jm, nz) = layout.sizes();
        let pore = (!solver.grid.wall.is_straight()).then(|| Pore::of(solver));
        let wet = |i: usize, j: usize| match filling {
            Some(filling) if j >= jm => filling.cell(i, j - jm) > 0.0,
            _ => true,
        };
        // 2(e_rr² + e_θθ² + e_zz²) of every cell.
        let mut normal = Vec::with_capacity(layout.cells());
        for j in 0..nz {
            let u = &x.radial[layout.radial_row(j)];
            let [lower, upper] = [j, j + 1].map(|j| &x.axial[layout.axial_row(j)]);
            for i in 0..layout.width(j) {
                normal.push(if wet(i, j) {
                    match &pore {
                        Some(pore) if pore.is_rounded() || j >= jm => {
                            pore.normal_of(solver.state(), i, j).square()
                        }
                        // As [`strain::Normal`] has it, without its roots.
                        _ => {
                            let radial = (u[i + 1] - u[i]).powi(2) * t.radial_sq[i];
                            let hoop = (u[i + 1] + u[i]).powi(2) * t.hoop_sq[i];
                            let axial = (upper[i] - lower[i]).powi(2) * t.axial_sq[j];
                            2.0 * (radial + hoop + axial)
                        }
                    }
                } else {
                    0.0
                });
            }
        }
        // γ² of every node; shear does no work where its weight is zero.
        let mut shear = Vec::with_capacity(layout.nodes());
        for j in 0..=nz {
            let row = layout.node_row(j);
            let around = strain::Around::new(layout, &x, j);
            for i in 0..row.len() {
                shear.push(if t.node_weight[row.start + i] == 0.0 {
                    0.0
                } else if (i, j) == (np, jm) {
                    strain::corner_square(t, &x)
                } else {
                    let shear = match &pore {
                        Some(pore) if pore.is_rounded() || j >= jm && i <= np => {
                            pore.shear_of(solver.state(), i, j)
                        }
                        _ => around.shear(t, i, j),
                    };
                    shear.powi(2)
                });
            }
        }
        let mut cells = Vec::with_capacity(layout.cells());
        for j in 0..nz {
            for i in 0..layout.width(j) {
                let [lower, upper] = [
                    layout.node_row(j).start + i,
                    layout.node_row(j + 1).start + i,
                ];
                let around = shear[lower] + shear[lower + 1] + shear[upper] + shear[upper + 1];
                let k = layout.cell_row(j).start + i;
                cells.push(if wet(i, j) {
                    Rate::new(normal[k], 0.25 * around)
                } else {
                    Rate::default()
                });
            }
        }
        let nodes = at_nodes(layout, &normal);
        let nodes = nodes
            .iter()
            .zip(&shear)
            .map(|(&normal, &shear)| Rate::new(shear, normal))
            .collect();
        Rates { cells, nodes }
    }
}

/// Means of the cells around every node.
pub(super) fn at_nodes(layout: &Layout, cells: &[f64]) -> Vec<f64> {
    let (_, _, _, nz) = layout.sizes();
    let mut out = Vec::with_capacity(layout.nodes());
    for j in 0..=nz {
        let row = |within: bool, j: usize| match within {
            true => &cells[layout.cell_row(j)],
            false => &[],
        };
        let (below, above) = (row(j > 0, j.wrapping_sub(1)), row(j < nz, j));
        for i in 0..layout.node_row(j).len() {
            let (mut sum, mut count) = (0.0, 0.0);
            for row in [below, above] {
                for cell in &row[i.saturating_sub(1).min(row.len())..(i + 1).min(row.len())] {
                    sum += cell;
                    count += 1.0;
                }
            }
            out.push(if count > 0.0 { sum / count } else { 0.0 });
        }
    }
    out
}
