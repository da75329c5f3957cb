//! Physical velocities and their gradients in a pore whose radius changes, as linear forms of the fluxes that are the unknowns.

use crate::flow::grid::Grid;
use crate::flow::solver::FlowSolver;
use crate::flow::strain::Normal;
use crate::kernels::{Layout, LevelTables};

/// Grid, tables and layout of a pore, with the physical velocities and their gradients as linear forms of the unknowns.
#[derive(Debug)]
pub struct Pore<'a> {
    grid: &'a Grid,
    pub(super) tables: &'a LevelTables<f64>,
    pub(super) layout: Layout,
    /// First of the axial unknowns.
    axial: usize,
    /// Radius and slope in the middle of every row and on every line of the grid.
    pub(super) rows: Vec<[f64; 2]>,
    pub(super) lines: Vec<[f64; 2]>,
}

/// A linear form.
pub(super) type Form = Vec<(usize, f64)>;

/// Adds `factor` times `form` to `to`.
fn add(to: &mut Form, factor: f64, form: &[(usize, f64)]) {
    to.extend(form.iter().map(|&(k, a)| (k, factor * a)));
}

impl<'a> Pore<'a> {
    /// That of a problem's finest level.
    pub fn of(solver: &'a FlowSolver<f64>) -> Self {
        let (grid, tables) = (&solver.grid, &solver.backend.levels[0].tables);
        let layout = tables.layout;
        let at = |z: f64| grid.wall.at(z);
        Pore {
            grid,
            tables,
            layout,
            axial: layout.segments()[1].start,
            rows: grid.z.windows(2).map(|z| at(0.5 * (z[0] + z[1]))).collect(),
            lines: grid.z.iter().map(|&z| at(z)).collect(),
        }
    }

    pub(super) fn flux_across(&self, i: usize, j: usize) -> usize {
        self.layout.radial_row(j).start + i
    }

    pub(super) fn flux_along(&self, i: usize, j: usize) -> usize {
        self.axial + self.layout.axial_row(j).start + i
    }

    /// Radial velocity on face `i` of row `j`.
    fn u(&self, i: usize, j: usize) -> Form {
        let (_, np, jm, _) = self.layout.sizes();
        let [radius, slope] = self.rows[j];
        let own = self.flux_across(i, j);
        match i {
            0 => Vec::new(),
            i if j < jm => vec![(self.flux_across(i, j), 1.0)],
            // The alloy does not slide along the wall: what the layer takes leaves at a right angle.
            i if i == np => vec![(own, 1.0 / (radius * (1.0 + slope * slope)))],
            i => {
                let part = 0.25 * self.grid.r[i] * slope / (radius * radius);
                let around = [(i - 1, j), (i, j), (i - 1, j + 1), (i, j + 1)];
                let mut form = vec![(own, 1.0 / radius)];
                form.extend(around.map(|(i, j)| (self.flux_along(i, j), part)));
                form
            }
        }
    }

    /// Axial velocity in ring `i` on line `j`; beyond the last ring that of the wall, at its place.
    fn w(&self, i: usize, j: usize) -> Form {
        let (_, np, jm, nz) = self.layout.sizes();
        let [radius, slope] = self.lines[j];
        if i < np || j <= jm {
            return vec![(self.flux_along(i, j), 1.0 / (radius * radius))];
        }
        let mut form = Vec::new();
        let rows = [j - 1, j];
        let rows = rows.iter().filter(|&&row| (jm..nz).contains(&row));
        let count = rows.clone().count() as f64;
        for &row in rows {
            add(&mut form, -slope / count, &self.u(np, row));
        }
        form
    }

    /// ∂w/∂ξ in cell (`i`, `j`).
    fn w_across(&self, i: usize, j: usize) -> Form {
        let (_, np, ..) = self.layout.sizes();
        let width = self.grid.r[i + 1] - self.grid.r[i];
        let mut form = Vec::new();
        for line in [j, j + 1] {
            let factors = if i + 1 == np {
                // Half a cell to the wall on one side.
                [-1.0 / 3.0, -1.0, 4.0 / 3.0]
            } else {
                [-0.5, 0.0, 0.5]
            };
            // The axis mirrors the first ring.
            let below = i.saturating_sub(1);
            for (ring, factor) in [(below, factors[0]), (i, factors[1]), (i + 1, factors[2])] {
                add(&mut form, 0.5 * factor / width, &self.w(ring, line));
            }
        }
        form
    }

    /// ∂u/∂ξ at node (`i`, `j`): in the middle of the rows below and above, as far as there are some.
    fn u_across(&self, i: usize, j: usize) -> Form {
        let (_, np, jm, nz) = self.layout.sizes();
        let rows = [j.wrapping_sub(1), j];
        let rows = rows.iter().filter(|&&row| row < nz);
        let count = rows.clone().count() as f64;
        let mut form = Vec::new();
        for &row in rows {
            let r = &self.grid.r;
            let faces: Vec<(usize, f64)> = if i == np && row >= jm {
                let width = r[np] - r[np - 1];
                vec![
                    (i, 1.5 / width),
                    (i - 1, -2.0 / width),
                    (i - 2, 0.5 / width),
                ]
            } else {
                let width = r[i + 1] - r[i - 1];
                vec![(i + 1, 1.0 / width), (i - 1, -1.0 / width)]
            };
            for (face, factor) in faces {
                add(&mut form, factor / count, &self.u(face, row));
            }
        }
        form
    }

    /// Stretching rates e_rr, e_θθ and e_zz of cell (`i`, `j`) of the pore.
    pub(super) fn stretches(&self, i: usize, j: usize) -> [Form; 3] {
        let [radius, slope] = self.rows[j];
        let (width, height) = (
            self.grid.r[i + 1] - self.grid.r[i],
            self.tables.height[j],
        );
        let centre = 0.5 * (self.grid.r[i] + self.grid.r[i + 1]);
        let (inner, outer) = (self.u(i, j), self.u(i + 1, j));
        let mut forms = [Form::new(), Form::new(), Form::new()];
        add(&mut forms[0], 1.0 / (radius * width), &outer);
        add(&mut forms[0], -1.0 / (radius * width), &inner);
        add(&mut forms[1], 0.5 / (radius * centre), &outer);
        add(&mut forms[1], 0.5 / (radius * centre), &inner);
        add(&mut forms[2], 1.0 / height, &self.w(i, j + 1));
        add(&mut forms[2], -1.0 / height, &self.w(i, j));
        add(&mut forms[2], -centre * slope / radius, &self.w_across(i, j));
        forms
    }

    /// Shear rate ∂u/∂z + ∂w/∂r at node (`i`, `j`) of the pore.
    pub(super) fn shear(&self, i: usize, j: usize) -> Form {
        let nz = self.layout.sizes().3;
        let [radius, slope] = self.lines[j];
        let (dz, dr) = self.tables.node_factors(i, j);
        let mut form = Form::new();
        add(&mut form, dr / radius, &self.w(i, j));
        add(&mut form, -dr / radius, &self.w(i - 1, j));
        // The tables' factor has two powers of R_w, as their weight has four less.
        let dz = dz / (radius * radius);
        if j < nz {
            add(&mut form, dz, &self.u(i, j));
        }
        add(&mut form, -dz, &self.u(i, j - 1));
        let across = -self.grid.r[i] * slope / radius;
        add(&mut form, across, &self.u_across(i, j));
        form
    }

    /// Velocity (u, w) in the middle of cell (`i`, `j`) of the pore in the state `x`.
    pub fn velocity_of(&self, x: &[f64], i: usize, j: usize) -> [f64; 2] {
        let mean = |a: &[(usize, f64)], b: &[(usize, f64)]| 0.5 * (value(a, x) + value(b, x));
        [
            mean(&self.u(i, j), &self.u(i + 1, j)),
            mean(&self.w(i, j), &self.w(i, j + 1)),
        ]
    }

    /// Normal strain rates of cell (`i`, `j`) of the pore in the state `x`.
    pub fn normal_of(&self, x: &[f64], i: usize, j: usize) -> Normal {
        let [radial, hoop, axial] = self.stretches(i, j).map(|form| value(&form, x));
        Normal {
            radial,
            hoop,
            axial,
        }
    }

    /// Shear at node (`i`, `j`) of the pore, but on the axis and at the mouth corner, in the state `x`: twice the tensor's component.
    pub fn shear_of(&self, x: &[f64], i: usize, j: usize) -> f64 {
        value(&self.shear(i, j), x)
    }
}

/// Value of a form.
fn value(form: &[(usize, f64)], x: &[f64]) -> f64 {
    form.iter().map(|&(k, a)| a * x[k]).sum()
}
