//! One part of a step: layer, advection, diffusion, crystallisation.

use super::state::{State, Transport};
use super::{Extent, Mesh, Moves};
use crate::kernels::species::advect::{self, Outside};
use crate::kernels::species::diffuse::{self, Diffusion};
use crate::kernels::species::layer::{self, Line};
use crate::kernels::species::{MOST_ELEMENTS, age};
use crate::materials::Alloy;

/// Work space of the kernels.
#[derive(Debug, Default)]
pub(super) struct Work {
    layer: layer::Work,
    changes: advect::Changes,
    amounts: Vec<f64>,
    share: Vec<f64>,
}

/// One part of a step.
pub(super) struct Part<'a> {
    /// The mesh.
    pub mesh: &'a Mesh,
    /// The alloy.
    pub alloy: &'a Alloy,
    /// What moves atoms beside the flow.
    pub transport: &'a Transport,
    /// Volumes that move.
    pub moves: &'a Moves,
    /// Volumes of all cells at the start and at the end.
    pub volume: [&'a [f64]; 2],
    /// Extent half-way.
    pub middle: &'a Extent,
}

impl Part<'_> {
    pub fn make(&self, state: &mut State, work: &mut Work) -> Option<()> {
        let n = self.alloy.len();
        let cells = self.mesh.layout.cells();
        // What the front takes or gives.
        let (rows, np) = (
            self.mesh.layout.rows as usize,
            self.mesh.layout.pore_across as usize,
        );
        let top = self.mesh.layout.cell_row(rows - 1).start;
        let mut front = vec![0.0; n];
        let given: f64 = self.moves.deposit.iter().sum();
        let per_given = if given == 0.0 { 0.0 } else { 1.0 / given };
        for i in 0..np {
            for (sum, c) in front.iter_mut().zip(&state.fractions[(top + i) * n..][..n]) {
                *sum += c * self.moves.deposit[i] * per_given;
            }
        }
        let (core, layer) = state.fractions.split_at_mut(cells * n);
        let passed = self.layer(core, layer, &front, &mut work.layer)?;
        state.tip.copy_from_slice(&passed.tip[..n]);
        for (sum, amount) in state.deposited.iter_mut().zip(passed.deposit) {
            *sum += amount;
        }
        let held = self.transport.feedstock_held;
        if !held {
            let inflow = self.moves.inflow(self.mesh);
            for (sum, c) in state.inflow.iter_mut().zip(&self.alloy.feedstock) {
                *sum += inflow * c;
            }
        }

        let (middle, half_height) = self.mesh.heights(self.middle);
        let tables = advect::Tables {
            layout: self.mesh.layout,
            volume: self.volume.map(|v| &v[..cells]),
            axial: &self.moves.axial,
            radial: &self.moves.radial,
            first_row: if held { self.mouth() - 1 } else { 0 },
            r: &self.mesh.r,
            middle: &middle,
            half_height: &half_height,
        };
        let outside = Outside {
            inlet: &self.alloy.feedstock,
            layer,
            // The very amounts that left the layer.
            front: &passed.deposit[..n]
                .iter()
                .map(|a| a * per_given)
                .collect::<Vec<f64>>(),
        };
        advect::step(
            &tables,
            &outside,
            n,
            core,
            &mut work.changes,
            &mut work.amounts,
        );
        if held {
            // What the layer on the mold face passes on to that in the pore, and what leaves the row below the mouth less
            // what of that the layer on the mold face took.
            let exchanged: f64 = self.moves.exchange[..self.held()].iter().sum();
            for i in 0..n {
                let nominal = self.alloy.feedstock[i];
                state.inflow[i] += passed.entered[i] - exchanged * nominal;
            }
            self.restore(core, &mut state.inflow);
        }
        if self.alloy.crystallisation.is_some() {
            let outside = Outside {
                inlet: &[state.feedstock_age],
                // What comes from the layer has moved atom by atom.
                layer: &vec![0.0; self.mesh.layout.wall_cells()],
                front: &[0.0],
            };
            advect::step(
                &tables,
                &outside,
                1,
                &mut state.age,
                &mut work.changes,
                &mut work.amounts,
            );
            if held {
                state.age[self.below_mouth()].fill(state.feedstock_age);
            }
        }
        if self.transport.bulk > 0.0 {
            self.diffuse(state, work)?;
        }
        self.ripen(state);
        Some(())
    }

    /// Cells of the layer on the mold face where the feedstock keeps its composition.
    fn held(&self) -> usize {
        if self.transport.feedstock_held {
            self.mesh.layout.face_cells()
        } else {
            0
        }
    }

    /// The mouth's row.
    fn mouth(&self) -> usize {
        self.mesh.layout.mouth_row as usize
    }

    /// Cells of the row below the mouth.
    fn below_mouth(&self) -> std::ops::Range<usize> {
        self.mesh.layout.cell_row(self.mouth() - 1)
    }

    /// Gives the row below the mouth the feedstock's composition again, and counts what that takes as inflow.
    fn restore(&self, core: &mut [f64], inflow: &mut [f64]) {
        let n = self.alloy.len();
        for cell in self.below_mouth() {
            let fractions = &mut core[cell * n..][..n];
            for i in 0..n {
                let lacking = self.alloy.feedstock[i] - fractions[i];
                inflow[i] += self.volume[1][cell] * lacking;
            }
            fractions.copy_from_slice(&self.alloy.feedstock);
        }
    }

    fn layer(
        &self,
        core: &[f64],
        layer: &mut [f64],
        front: &[f64],
        work: &mut layer::Work,
    ) -> Option<layer::Passed> {
        let n = self.alloy.len();
        let layout = &self.mesh.layout;
        let (nr, np, jm, nz) = layout.sizes();
        let cells = layout.cells();
        let conduct = self.mesh.thickness * self.transport.layer;
        let elements = self.alloy.elements();
        let mobility: Vec<f64> = elements.iter().map(|e| conduct * e.layer_ratio).collect();
        let mut bulk = Vec::with_capacity(layer.len());
        let beside = (np..nr)
            .rev()
            .map(|i| layout.cell_row(jm - 1).start + i)
            .chain((jm..nz).map(|j| layout.cell_row(j).start + np - 1));
        for cell in beside {
            bulk.extend_from_slice(&core[cell * n..][..n]);
        }
        // Of the cells that keep their fractions the last one is enough.
        let first = self.held().saturating_sub(1);
        let line = Line {
            mobility: &mobility,
            nearness: &self.mesh.nearness(self.middle)[first..],
            flux: &self.moves.flux[first..],
            swept: &self.moves.swept[first..],
            volume: self.volume.map(|v| &v[cells + first..]),
            exchange: &self.moves.exchange[first..],
            bulk: &bulk[first * n..],
            front,
            held: self.held().min(1),
        };
        layer::step(&line, &mut layer[first * n..], work).ok()
    }

    /// Diffusion along rows, then along columns.
    fn diffuse(&self, state: &mut State, work: &mut Work) -> Option<()> {
        let mesh = self.mesh;
        let fractions = &mut state.fractions;
        let layout = &mesh.layout;
        let (nr, np, jm, nz) = layout.sizes();
        let Transport { bulk, exchange, .. } = *self.transport;
        let heights = &self.middle.heights;
        let wall = &mesh.wall;
        let centre = |i: usize| 0.5 * (mesh.r[i] + mesh.r[i + 1]);
        // Through the layer's resistance δ/(D_B × factor) and half a cell.
        let into_layer = |half: f64| exchange / (mesh.thickness + exchange * half);
        let mut conductance = Vec::new();
        // A feedstock that keeps its composition has nothing to diffuse, and gives what the pore takes.
        let held = self.transport.feedstock_held;
        for j in if held { jm } else { 0 }..nz {
            conductance.clear();
            let width = layout.width(j);
            for i in 1..width {
                let height = if j < jm {
                    wall.depth_of(mesh.z[j + 1]) - wall.depth_of(mesh.z[j])
                } else {
                    let mean = 0.5 * (heights[i - 1] + heights[i]);
                    let [low, high] = [j - jm, j - jm + 1].map(|k| mesh.share[k]);
                    if wall.is_straight() {
                        mean * (high - low)
                    } else {
                        wall.depth_of(mean * high) - wall.depth_of(mean * low)
                    }
                };
                conductance.push(bulk * mesh.r[i] * height / (centre(i) - centre(i - 1)));
            }
            if j >= jm {
                let [low, high] = [j - jm, j - jm + 1].map(|k| mesh.share[k]);
                let contact = self.middle.contact;
                let half = mesh.r[np] - centre(np - 1);
                conductance.push(if wall.is_straight() {
                    bulk * (contact * (high - low)) * into_layer(half)
                } else {
                    let [low, high] = [low, high].map(|share| wall.depth_of(contact * share));
                    let radius = wall.radius(0.5 * (low + high));
                    bulk * wall.area(low, high) * into_layer(radius * half)
                });
            }
            self.line(fractions, &mesh.radial_lines[j], &conductance, false, work)?;
        }
        let rows = |i: usize, j: usize| {
            if j < jm {
                [mesh.z[j], mesh.z[j + 1]].map(|height| wall.depth_of(height))
            } else {
                [j - jm, j - jm + 1].map(|k| wall.depth_of(heights[i] * mesh.share[k]))
            }
        };
        let n = self.alloy.len();
        for i in 0..if held { np } else { nr } {
            conductance.clear();
            let count = if i < np { nz } else { jm };
            for j in 1..count {
                let ([a, b], [c, d]) = (rows(i, j - 1), rows(i, j));
                let area = mesh.area[i] * wall.section(b);
                conductance.push(bulk * area * 2.0 / (c + d - a - b));
            }
            if i >= np {
                let [low, high] = rows(i, jm - 1);
                let half = 0.5 * (high - low);
                conductance.push(bulk * mesh.face(i).0 * into_layer(half));
            }
            let line = &mesh.axial_lines[i];
            if held {
                let pore = &line[jm - 1..];
                let before = self.content(fractions, &pore[1..]);
                self.line(fractions, pore, &conductance[jm - 1..], true, work)?;
                let after = self.content(fractions, &pore[1..]);
                for k in 0..n {
                    state.inflow[k] += after[k] - before[k];
                }
            } else {
                self.line(fractions, line, &conductance, false, work)?;
            }
        }
        Some(())
    }

    /// Amounts in the cells of a line.
    fn content(&self, fractions: &[f64], line: &[u32]) -> [f64; MOST_ELEMENTS] {
        let n = self.alloy.len();
        let mut sums = [0.0; MOST_ELEMENTS];
        for &cell in line {
            let v = self.volume[1][cell as usize];
            for (sum, x) in sums.iter_mut().zip(&fractions[cell as usize * n..][..n]) {
                *sum += v * x;
            }
        }
        sums
    }

    /// One line: all elements alike, or each with its own coefficient and no net flux. With `held` the first cell keeps its
    /// fractions.
    fn line(
        &self,
        fractions: &mut [f64],
        line: &[u32],
        conductance: &[f64],
        held: bool,
        work: &mut Work,
    ) -> Option<()> {
        let n = self.alloy.len();
        if self.alloy.diffuses_as_one() {
            let ratio = self.alloy.elements()[0].bulk_ratio;
            let scaled: Vec<f64> = conductance.iter().map(|g| ratio * g).collect();
            let diffusion = Diffusion {
                line,
                conductance: &scaled,
                held,
            };
            diffuse::line(&diffusion, fractions, n, self.volume[1], &mut work.share);
            return Some(());
        }
        let mobility: Vec<f64> = self.alloy.elements().iter().map(|e| e.bulk_ratio).collect();
        let volumes: Vec<f64> = line.iter().map(|&k| self.volume[1][k as usize]).collect();
        let nothing = vec![0.0; line.len() + 1];
        let mut nearness = vec![0.0];
        nearness.extend_from_slice(conductance);
        nearness.push(0.0);
        let mut x: Vec<f64> = Vec::with_capacity(line.len() * n);
        for &cell in line {
            x.extend_from_slice(&fractions[cell as usize * n..][..n]);
        }
        let problem = Line {
            mobility: &mobility,
            nearness: &nearness,
            flux: &nothing,
            swept: &nothing,
            volume: [&volumes, &volumes],
            exchange: &nothing[1..],
            bulk: &vec![0.0; x.len()],
            front: &vec![0.0; n],
            held: usize::from(held),
        };
        layer::step(&problem, &mut x, &mut work.layer).ok()?;
        for (&cell, x) in line.iter().zip(x.chunks_exact(n)) {
            fractions[cell as usize * n..][..n].copy_from_slice(x);
        }
        Some(())
    }

    /// Crystallisation.
    fn ripen(&self, state: &mut State) {
        let Some(law) = self.alloy.crystallisation else {
            return;
        };
        let (n, nominal) = (self.alloy.len(), &self.alloy.feedstock);
        let gain =
            |c: &[f64]| age::gain(self.transport.ageing, law.exponent, law.width, c, nominal);
        for (z, c) in state.age.iter_mut().zip(state.fractions.chunks_exact(n)) {
            *z += gain(c);
        }
        state.feedstock_age += gain(nominal);
    }
}
