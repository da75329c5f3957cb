//! The stream function of a flow solution.

use crate::flow::solver::FlowSolver;
use crate::kernels::{Fields, Layout};

/// ψ(r, z) = ∫₀ʳ u_z r dr at the nodes of the flow's grid, exactly free of divergence whatever residual the solution has, and
/// what the inlet delivers.
#[derive(Clone, Debug)]
pub struct Stream {
    layout: Layout,
    z: Vec<f64>,
    values: Vec<f64>,
    /// Volume per radian and time through the inlet.
    pub total: f64,
    contact: f64,
}

impl Stream {
    /// The stream function of the state of `solver`.
    pub fn new(solver: &FlowSolver<f64>) -> Self {
        let layout = solver.layout();
        let x = Fields::of(&layout, solver.state());
        let areas = &solver.backend.levels[0].tables.ring_area;
        let mut values = Vec::with_capacity(layout.nodes());
        for j in 0..=layout.rows as usize {
            let mut sum = 0.0;
            values.push(0.0);
            for (w, area) in x.axial[layout.axial_row(j)].iter().zip(areas) {
                sum += w * area;
                values.push(sum);
            }
        }
        let grid = &solver.grid;
        Stream {
            total: values[layout.across as usize],
            contact: grid.z[grid.contact_row],
            z: grid.z.clone(),
            layout,
            values,
        }
    }

    /// ψ at node column `i` and grid line `j` of the flow's grid.
    pub fn node(&self, i: usize, j: usize) -> f64 {
        self.values[self.layout.node_row(j).start + i]
    }

    /// ψ at node column `i` of the pore and height `z`, linear between grid lines.
    pub fn in_pore(&self, i: usize, z: f64) -> f64 {
        let first = self.layout.mouth_row as usize;
        let lines = &self.z[first..];
        let k = lines.partition_point(|l| *l <= z).clamp(1, lines.len() - 1) - 1;
        let t = ((z - lines[k]) / (lines[k + 1] - lines[k])).clamp(0.0, 1.0);
        let (below, above) = (self.node(i, first + k), self.node(i, first + k + 1));
        below + t * (above - below)
    }

    /// ψ at the pore wall at height `z`: the bulk's flow along the pore. Beyond the contact line, that at it.
    pub fn at_wall(&self, z: f64) -> f64 {
        self.in_pore(self.layout.pore_across as usize, z.min(self.contact))
    }

    /// The bulk's flow at the contact line.
    pub fn core(&self) -> f64 {
        self.at_wall(f64::INFINITY)
    }
}
