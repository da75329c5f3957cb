//! A state read at places of the wire and the feedstock.

use super::{Mesh, State};
use crate::kernels::Wall;
use crate::kernels::species::age;
use crate::materials::Alloy;

/// Reads fractions (in the order in which the elements were given) and the crystallised fraction after them.
#[derive(Clone, Copy, Debug)]
pub struct Sample<'a> {
    mesh: &'a Mesh,
    alloy: &'a Alloy,
    state: &'a State,
}

impl<'a> Sample<'a> {
    /// Samples a state.
    pub fn new(mesh: &'a Mesh, alloy: &'a Alloy, state: &'a State) -> Self {
        Sample { mesh, alloy, state }
    }

    fn cell(&self, fractions: usize, core: usize) -> Vec<f64> {
        let n = self.alloy.len();
        let own = &self.state.fractions[fractions * n..][..n];
        let mut out = self.alloy.as_given(own);
        out.push(self.alloy.crystallisation.map_or(0.0, |law| {
            age::crystallised(self.state.age[core], law.exponent)
        }));
        out
    }

    /// Cell of the core around radius `r` (in the pore's there) and depth `z` (in R).
    fn place(&self, r: f64, z: f64) -> usize {
        let layout = &self.mesh.layout;
        let (nr, np, jm, _) = layout.sizes();
        let column = interval(&self.mesh.r, r);
        if z < self.mesh.wall.mouth() {
            let row = interval(&self.mesh.z, self.mesh.wall.below(z));
            return layout.cell_row(row).start + column.min(nr - 1);
        }
        let column = column.min(np - 1);
        let height = self.mesh.wall.below(z);
        let row = interval(&self.mesh.share, height / self.state.extent.heights[column]);
        layout.cell_row(jm + row).start + column
    }

    /// In the bulk.
    pub fn core(&self, r: f64, z: f64) -> Vec<f64> {
        let cell = self.place(r, z);
        self.cell(cell, cell)
    }

    /// In the layer beside a point of mold face or pore wall; the crystallised fraction is that of the core beside it.
    pub fn layer(&self, r: f64, z: f64) -> Vec<f64> {
        let layout = &self.mesh.layout;
        let (_, np, jm, _) = layout.sizes();
        let profile = &self.mesh.wall;
        let r = r / profile.mouth_radius();
        let wall = layout.wall_cell(if z <= profile.mouth() && r > 1.0 {
            Wall::Face(interval(&self.mesh.r, r).max(np))
        } else {
            let height = self.mesh.wall.below(z);
            Wall::Pore(jm + interval(&self.mesh.share, height / self.state.extent.contact))
        });
        let [column, row] = layout.beside(wall);
        let core = layout.cell_row(row).start + column;
        self.cell(layout.cells() + wall, core)
    }
}

/// Index of the interval between `lines` that holds `x`; the first or last one beyond them.
fn interval(lines: &[f64], x: f64) -> usize {
    lines.partition_point(|l| *l <= x).clamp(1, lines.len() - 1) - 1
}
