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
    /// What a free front leaves of every cell's weight, see [`crate::flow::filling::weight`]. Ahead of a front nothing holds velocities: what is averaged or
    /// differenced leaves them out as far as they are free, or the slope's stress would be carried by what cannot bear it.
    wet: Vec<f64>,
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
            wet: (0..layout.cells()).map(|k| solver.filled(k)).collect(),
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

    /// How far cell (`i`, `j`) holds its velocities.
    fn holds(&self, i: usize, j: usize) -> f64 {
        self.wet[self.layout.cell_row(j).start + i]
    }

    /// The same of radial face `i` of row `j` of the pore.
    fn holds_across(&self, i: usize, j: usize) -> f64 {
        let (_, np, ..) = self.layout.sizes();
        let cells = [i.saturating_sub(1), i.min(np - 1)];
        0.5 * (self.holds(cells[0], j) + self.holds(cells[1], j))
    }

    /// The same of axial face `i` of line `j`.
    fn holds_along(&self, i: usize, j: usize) -> f64 {
        let (_, np, _, nz) = self.layout.sizes();
        let i = i.min(np - 1);
        0.5 * (self.holds(i, j.saturating_sub(1)) + self.holds(i, j.min(nz - 1)))
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
                let mean = self.grid.r[i] * slope / (radius * radius);
                let around = [(i - 1, j), (i, j), (i - 1, j + 1), (i, j + 1)];
                let holds = around.map(|(i, j)| self.holds_along(i, j));
                let all: f64 = holds.iter().sum();
                let mut form = vec![(own, 1.0 / radius)];
                form.extend(
                    around
                        .iter()
                        .zip(holds)
                        .map(|(&(i, j), holds)| (self.flux_along(i, j), mean * holds / all)),
                );
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
        let all: f64 = rows.clone().map(|&row| self.holds(np - 1, row)).sum();
        for &row in rows {
            let share = self.holds(np - 1, row) / all;
            add(&mut form, -slope * share, &self.u(np, row));
        }
        form
    }

    /// ∂w/∂ξ in cell (`i`, `j`).
    fn w_across(&self, i: usize, j: usize) -> Form {
        let (_, np, ..) = self.layout.sizes();
        let width = self.grid.r[i + 1] - self.grid.r[i];
        let mut form = Vec::new();
        for line in [j, j + 1] {
            // Slopes to the neighbours on both sides, and how much they say of the one in the middle: with half a cell to the wall on
            // one side a third and two thirds. The axis mirrors the first ring.
            let (below, above) = (i.saturating_sub(1), i + 1);
            let at_wall = above == np;
            let (shares, reach) = if at_wall {
                ([1.0 / 3.0, 2.0 / 3.0], 0.5 * width)
            } else {
                ([0.5; 2], width)
            };
            let held = [below, i, above].map(|ring| self.holds_along(ring, line));
            let mut weights = [
                shares[0] * held[0].min(held[1]),
                shares[1] * held[1].min(held[2]),
            ];
            let all = weights[0] + weights[1];
            weights = weights.map(|weight| 0.5 * weight / all);
            let [inner, middle, outer] = [below, i, above].map(|ring| self.w(ring, line));
            add(&mut form, weights[0] / width, &middle);
            add(&mut form, -weights[0] / width, &inner);
            add(&mut form, weights[1] / reach, &outer);
            add(&mut form, -weights[1] / reach, &middle);
        }
        form
    }

    /// ∂u/∂ξ at node (`i`, `j`): in the middle of the rows below and above, as far as there are some.
    fn u_across(&self, i: usize, j: usize) -> Form {
        let (_, np, jm, nz) = self.layout.sizes();
        let rows = [j.wrapping_sub(1), j];
        let rows: Vec<usize> = rows.into_iter().filter(|&row| row < nz).collect();
        let inside = |row: usize| row >= jm;
        let held = |face: usize, row: usize| match inside(row) {
            true => self.holds_across(face, row),
            false => 1.0,
        };
        let all: f64 = rows.iter().map(|&row| held(i, row)).sum();
        let mut form = Form::new();
        for row in rows {
            let share = held(i, row) / all;
            let r = &self.grid.r;
            if i == np && inside(row) {
                let width = r[np] - r[np - 1];
                for (face, factor) in [(i, 1.5), (i - 1, -2.0), (i - 2, 0.5)] {
                    add(&mut form, share * factor / width, &self.u(face, row));
                }
                continue;
            }
            let held = [i - 1, i, i + 1].map(|face| held(face, row));
            let widths = [r[i] - r[i - 1], r[i + 1] - r[i]];
            // Between rings of one width the mean of both slopes.
            let weights = [0, 1].map(|k| widths[k] * held[k].min(held[k + 1]));
            let all = weights[0] + weights[1];
            let [inner, middle, outer] = [i - 1, i, i + 1].map(|face| self.u(face, row));
            for (k, [from, to]) in [[&inner, &middle], [&middle, &outer]].iter().enumerate() {
                let factor = share * weights[k] / (all * widths[k]);
                add(&mut form, factor, to);
                add(&mut form, -factor, from);
            }
        }
        form
    }

    /// Stretching rates e_rr, e_θθ and e_zz of cell (`i`, `j`) of the pore.
    pub(super) fn stretches(&self, i: usize, j: usize) -> [Form; 3] {
        let [radius, slope] = self.rows[j];
        let (width, height) = (self.grid.r[i + 1] - self.grid.r[i], self.tables.height[j]);
        let centre = 0.5 * (self.grid.r[i] + self.grid.r[i + 1]);
        let (inner, outer) = (self.u(i, j), self.u(i + 1, j));
        let mut forms = [Form::new(), Form::new(), Form::new()];
        add(&mut forms[0], 1.0 / (radius * width), &outer);
        add(&mut forms[0], -1.0 / (radius * width), &inner);
        add(&mut forms[1], 0.5 / (radius * centre), &outer);
        add(&mut forms[1], 0.5 / (radius * centre), &inner);
        add(&mut forms[2], 1.0 / height, &self.w(i, j + 1));
        add(&mut forms[2], -1.0 / height, &self.w(i, j));
        add(
            &mut forms[2],
            -centre * slope / radius,
            &self.w_across(i, j),
        );
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
