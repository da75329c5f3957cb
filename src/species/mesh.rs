//! The mesh of the species: every second grid line of the flow's reservoir, and in the pore rows that follow the front.
//!
//! Heights in the pore are volumes per cross-section of the mouth, V(z) = ∫ R_w² dz (in a cylinder z itself): so counted, what flows
//! through ξ = r/R_w and z as through a cylinder's r and z finds the same rings and rows in a pore of any shape. Where lengths count, in
//! diffusion and in the layer, the wall is asked.

use super::Extent;
use super::extent::areas;
use crate::flow::grid::Grid;
use crate::kernels::{Layout, Wall};
use crate::mesh::WallProfile;

/// Cells across the pore from which on the species' mesh takes every second line of the flow's grid.
const FINE_ENOUGH: usize = 16;

/// How much rows are graded towards mouth and tip: the shortest are a third of the mean.
const GRADING: f64 = 1.5;

/// Rows and columns. In the pore row `j` of column `i` lies between the shares `share[j]` and `share[j + 1]` of the column's height.
#[derive(Clone, Debug)]
pub struct Mesh {
    /// Index arithmetic.
    pub layout: Layout,
    /// Radii of the r-faces.
    pub r: Vec<f64>,
    /// Heights of the reservoir's z-faces, from the inlet to the mouth at 0.
    pub z: Vec<f64>,
    /// Shares of the height at the pore's z-faces, from 0 to 1.
    pub share: Vec<f64>,
    /// Columns and (in the reservoir) rows of the flow's nodes that are nodes of the mesh.
    pub flow_nodes: [Vec<usize>; 2],
    /// Radius of the pore along its depth.
    pub wall: WallProfile,
    /// Thickness δ of the layer.
    pub thickness: f64,
    /// Area per radian of every ring.
    pub area: Vec<f64>,
    /// Cells of the radial lines, those of the layer after all of the bulk's.
    pub radial_lines: Vec<Vec<u32>>,
    /// Cells of the axial lines.
    pub axial_lines: Vec<Vec<u32>>,
}

impl Mesh {
    /// A mesh with `rows` rows in the pore for runs on grids like `grid`, whose reservoir does not change.
    pub fn new(grid: &Grid, rows: usize, thickness: f64) -> Mesh {
        let (across, along) = if grid.pore_across >= FINE_ENOUGH {
            let (_, [across, along]) = grid.coarsen();
            let mouth = along.iter().position(|&j| j == grid.mouth_row);
            (
                across,
                along[..=mouth.expect("the mouth stays a line")].to_vec(),
            )
        } else {
            (
                (0..=grid.across()).collect(),
                (0..=grid.mouth_row).collect(),
            )
        };
        let pore_across = across
            .iter()
            .position(|&i| i == grid.pore_across)
            .expect("the wall stays a line");
        let mouth_row = along.len() - 1;
        let layout = Layout {
            across: (across.len() - 1) as u32,
            pore_across: pore_across as u32,
            mouth_row: mouth_row as u32,
            rows: (mouth_row + rows) as u32,
            origin: [0, 0],
        };
        let grade = |t: f64| 0.5 * (1.0 + (GRADING * (2.0 * t - 1.0)).tanh() / GRADING.tanh());
        let r: Vec<f64> = across.iter().map(|&i| grid.r[i]).collect();
        let mut mesh = Mesh {
            layout,
            area: areas(&r),
            r,
            z: along.iter().map(|&j| grid.wall.below(grid.z[j])).collect(),
            share: (0..=rows).map(|k| grade(k as f64 / rows as f64)).collect(),
            flow_nodes: [across, along],
            wall: grid.wall.clone(),
            thickness,
            radial_lines: Vec::new(),
            axial_lines: Vec::new(),
        };
        mesh.share[0] = 0.0;
        mesh.share[rows] = 1.0;
        mesh.lines();
        mesh
    }

    fn lines(&mut self) {
        let layout = &self.layout;
        let (nr, np, jm, nz) = layout.sizes();
        let cells = layout.cells();
        for j in 0..nz {
            let mut line: Vec<u32> = layout.cell_row(j).map(|k| k as u32).collect();
            if j >= jm {
                line.push((cells + layout.wall_row(j).start) as u32);
            }
            self.radial_lines.push(line);
        }
        for i in 0..nr {
            let rows = if i < np { nz } else { jm };
            let mut line: Vec<u32> = (0..rows)
                .map(|j| (layout.cell_row(j).start + i) as u32)
                .collect();
            if i >= np {
                line.push((cells + layout.wall_cell(Wall::Face(i))) as u32);
            }
            self.axial_lines.push(line);
        }
    }

    /// Rows in the pore.
    pub fn pore_rows(&self) -> usize {
        self.share.len() - 1
    }

    /// Radii of the pore's r-faces.
    pub fn pore_radii(&self) -> &[f64] {
        &self.r[..=self.layout.pore_across as usize]
    }

    /// Area per radian and length of wire of the core beside a layer at the wall: ring areas less what the layer takes of them.
    ///
    /// The wire's cross-section is that of the pore. The layer's share of it is taken from all rings alike, so that a front
    /// that gains what core and layer bring leaves both of them the volume they need.
    pub fn column_volume(&self, extent: &Extent, i: usize) -> f64 {
        self.area[i] * (extent.heights[i] - 2.0 * self.thickness * self.wetted(extent.contact))
    }

    /// Area of the pore's wall per radian up to a height.
    pub fn wetted(&self, height: f64) -> f64 {
        self.wall
            .area(self.wall.mouth(), self.wall.depth_of(height))
    }

    /// Depths of the pore's z-faces under a height.
    pub fn depths(&self, height: f64) -> Vec<f64> {
        let lines = self.share.iter();
        lines
            .map(|share| self.wall.depth_of(height * share))
            .collect()
    }

    /// Area of the mold's face per radian in ring `i`, and what a layer on it opposes to a flow from its outer end to its centre and from there inwards,
    /// ∫ ds/r.
    pub fn face(&self, i: usize) -> (f64, [f64; 2]) {
        let scale = self.wall.mouth_radius();
        let [inner, outer] = [self.r[i], self.r[i + 1]].map(|r| scale * r);
        let centre = 0.5 * (inner + outer);
        let sums = |from: f64, to: f64| self.wall.face_sums(from, to);
        let (within, beyond) = (sums(inner, centre), sums(centre, outer));
        let area = match self.wall.is_straight() {
            true => self.area[i],
            false => within[1] + beyond[1],
        };
        (area, [beyond[2], within[2]])
    }

    /// Volume per radian of the layer in every row of the pore.
    fn layer_rows(&self, contact: f64) -> Vec<f64> {
        if self.wall.is_straight() {
            let shares = self.share.windows(2);
            return shares
                .map(|s| self.thickness * contact * (s[1] - s[0]))
                .collect();
        }
        let depths = self.depths(contact);
        let area = |z: &[f64]| self.wall.area(z[0], z[1]);
        depths
            .windows(2)
            .map(|z| self.thickness * area(z))
            .collect()
    }

    /// Volumes per radian of all cells at an extent: the bulk's, then the layer's.
    pub fn volumes(&self, extent: &Extent) -> Vec<f64> {
        let (nr, np, jm, nz) = self.layout.sizes();
        let mut out = Vec::with_capacity(self.layout.cells() + self.layout.wall_cells());
        let scale = self.wall.mouth_radius();
        let rounded = self.wall.fillet() > 0.0;
        for j in 0..jm {
            let height = self.z[j + 1] - self.z[j];
            if !rounded {
                out.extend(self.area.iter().map(|a| a * height));
                continue;
            }
            // The lines fall with the mold's face, less and less downwards.
            let [low, high] = [j, j + 1].map(|j| self.wall.falling(self.wall.depth_of(self.z[j])));
            let rings = self.area.iter().zip(self.r.windows(2));
            out.extend(rings.map(|(area, r)| {
                let rises = [r[0], r[1]].map(|r| self.wall.face(scale * r.max(1.0)));
                area * (height + scale * scale * 0.5 * (rises[0] + rises[1]) * (high - low))
            }));
        }
        let columns: Vec<f64> = (0..np).map(|i| self.column_volume(extent, i)).collect();
        for j in 0..nz - jm {
            let share = self.share[j + 1] - self.share[j];
            out.extend(columns.iter().map(|v| v * share));
        }
        out.extend((np..nr).rev().map(|i| self.thickness * self.face(i).0));
        out.extend(self.layer_rows(extent.contact));
        out
    }

    /// Centre and half height of every cell of the bulk.
    pub fn heights(&self, extent: &Extent) -> (Vec<f64>, Vec<f64>) {
        let (_, np, jm, nz) = self.layout.sizes();
        let (mut middle, mut half) = (Vec::new(), Vec::new());
        for j in 0..nz {
            for i in 0..self.layout.width(j) {
                let (low, high) = if j < jm {
                    (self.z[j], self.z[j + 1])
                } else {
                    let height = extent.heights[i.min(np - 1)];
                    let k = j - jm;
                    (height * self.share[k], height * self.share[k + 1])
                };
                middle.push(0.5 * (low + high));
                half.push(0.5 * (high - low));
            }
        }
        (middle, half)
    }

    /// 1/ℓ for every face of the layer, ℓ = ∫ ds/r between the centres of its cells and on to the tip.
    pub fn nearness(&self, extent: &Extent) -> Vec<f64> {
        let (nr, np, ..) = self.layout.sizes();
        // Resistance lengths of every cell before and after its centre.
        let mut halves: Vec<[f64; 2]> = (np..nr).rev().map(|i| self.face(i).1).collect();
        if self.wall.is_straight() {
            let shares = self.share.windows(2);
            halves.extend(shares.map(|s| [0.5 * extent.contact * (s[1] - s[0]); 2]));
        } else {
            let depths = self.depths(extent.contact);
            let half = |a: f64, b: f64| self.wall.resistance(a, b);
            halves.extend(depths.windows(2).map(|z| {
                let middle = 0.5 * (z[0] + z[1]);
                [half(z[0], middle), half(middle, z[1])]
            }));
        }
        let mut out = vec![0.0];
        out.extend(halves.windows(2).map(|h| 1.0 / (h[0][1] + h[1][0])));
        out.push(1.0 / halves[halves.len() - 1][1]);
        out
    }
}
