//! Physical velocities and their gradients in a pore whose radius changes, as linear forms of the fluxes that are the unknowns.

use crate::flow::discretise::wall_distance;
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
    /// How far the mold's face lies above the mouth in every ring, and its slope: not zero beside a rounded edge.
    pub(super) rings: Vec<[f64; 2]>,
    /// The same height on every line across.
    faces: Vec<f64>,
    /// The share of that by which every line along has fallen.
    falling: Vec<f64>,
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
        Pore {
            wet: (0..layout.cells()).map(|k| solver.filled(k)).collect(),
            grid,
            tables,
            layout,
            axial: layout.segments()[1].start,
            rows: (0..grid.rows()).map(|j| grid.row(j)).collect(),
            lines: (0..=grid.rows()).map(|j| grid.line(j)).collect(),
            rings: (0..grid.across()).map(|i| grid.ring(i)).collect(),
            faces: (grid.r.iter())
                .map(|r| grid.wall.face(r * grid.wall.mouth_radius()))
                .collect(),
            falling: grid.z.iter().map(|&z| grid.wall.falling(z)).collect(),
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

    /// Takes the reservoir's lines for level.
    #[cfg(test)]
    pub(super) fn level(&mut self) {
        self.rings.fill([0.0; 2]);
        self.faces.fill(0.0);
    }

    /// Change of the share along row `j`.
    fn fall(&self, j: usize) -> f64 {
        (self.falling[j + 1] - self.falling[j]) / self.tables.height[j]
    }

    /// How much higher a cell of the reservoir is than its row on the axis.
    pub(super) fn stretch(&self, i: usize, j: usize) -> f64 {
        1.0 + self.rings[i][0] * self.fall(j)
    }

    /// The same at node (`i`, `j`) of the reservoir and the mold's face.
    pub(super) fn stretch_at(&self, i: usize, j: usize) -> f64 {
        let jm = self.layout.sizes().2;
        let fall = match j {
            j if j == jm => self.fall(j - 1),
            j => 0.5 * (self.fall(j - 1) + self.fall(j)),
        };
        1.0 + self.faces[i] * fall
    }

    /// Slope of line `j` of the reservoir in ring `i`.
    fn tilt(&self, i: usize, j: usize) -> f64 {
        self.rings[i][1] * self.falling[j]
    }

    /// Radial velocity on face `i` of row `j`.
    fn u(&self, i: usize, j: usize) -> Form {
        let (nr, np, jm, _) = self.layout.sizes();
        let [radius, slope] = self.rows[j];
        match i {
            0 => Vec::new(),
            // Nothing leaves through the cell radius.
            i if j < jm && i == nr => Vec::new(),
            i if j < jm => {
                let stretch = 1.0 + self.faces[i] * self.fall(j);
                vec![(self.flux_across(i, j), 1.0 / (radius * stretch))]
            }
            // The alloy does not slide along the wall: what the layer takes leaves at a right angle.
            i if i == np => vec![(
                self.flux_across(i, j),
                1.0 / (radius * (1.0 + slope * slope)),
            )],
            i => {
                let mean = self.grid.r[i] * slope / (radius * radius);
                let around = [(i - 1, j), (i, j), (i - 1, j + 1), (i, j + 1)];
                let holds = around.map(|(i, j)| self.holds_along(i, j));
                let all: f64 = holds.iter().sum();
                let mut form = vec![(self.flux_across(i, j), 1.0 / radius)];
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
        let (nr, np, jm, nz) = self.layout.sizes();
        let [radius, slope] = self.lines[j];
        if i < np || j <= jm {
            let i = i.min(nr - 1);
            let tilt = self.tilt(i, j.min(jm));
            let mut own = 1.0 / (radius * radius);
            if i >= np && j == jm {
                own /= 1.0 + tilt * tilt;
            }
            let mut form = vec![(self.flux_along(i, j), own)];
            if tilt != 0.0 && j < jm {
                // Its share of what crosses a line that rises.
                let around = [(i, j.max(1) - 1), (i + 1, j.max(1) - 1), (i, j), (i + 1, j)];
                for (i, j) in around {
                    add(&mut form, 0.25 * tilt, &self.u(i, j));
                }
            }
            return form;
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

    /// Velocity (u, w) of the mold's face in ring `i`: at a right angle to it.
    fn on_face(&self, i: usize) -> [Form; 2] {
        let jm = self.layout.sizes().2;
        let along = self.w(i, jm);
        let mut across = Form::new();
        add(&mut across, -self.rings[i][1], &along);
        [across, along]
    }

    /// Velocity (u, w) of the middle of the mouth's edge: the mean of the walls on both sides.
    fn on_edge(&self) -> [Form; 2] {
        let (_, np, jm, _) = self.layout.sizes();
        let across = self.u(np, jm);
        let mut pore = Form::new();
        add(&mut pore, -self.rows[jm][1], &across);
        let face = self.on_face(np);
        let mut edge = [Form::new(), Form::new()];
        for (edge, sides) in edge
            .iter_mut()
            .zip([[&across, &face[0]], [&pore, &face[1]]])
        {
            for side in sides {
                add(edge, 0.5, side);
            }
        }
        edge
    }

    /// Radial velocity on face `i` in the plane of the mold's face.
    fn u_on_face(&self, i: usize) -> Form {
        let (nr, np, ..) = self.layout.sizes();
        if i == np {
            let [across, _] = self.on_edge();
            return across;
        }
        let mut form = Form::new();
        for ring in [i - 1, i.min(nr - 1)] {
            let [across, _] = self.on_face(ring);
            add(&mut form, 0.5, &across);
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

    /// ∂u/∂ζ in cell (`i`, `j`) of the reservoir.
    fn u_along(&self, i: usize, j: usize) -> Form {
        let jm = self.layout.sizes().2;
        let height = |j: usize| self.tables.height[j];
        let below = j.max(1) - 1;
        let mut form = Form::new();
        for face in [i, i + 1] {
            // As in `w_across`: the mold's face is half a cell away.
            let (upper, shares, reach) = if j + 1 == jm {
                let shares = [1.0 / 3.0, 2.0 / 3.0];
                (self.u_on_face(face), shares, 0.5 * height(j))
            } else {
                let reach = 0.5 * (height(j) + height(j + 1));
                (self.u(face, j + 1), [0.5; 2], reach)
            };
            let (lower, middle) = (self.u(face, below), self.u(face, j));
            let back = 0.5 * (height(j) + height(below));
            for (factor, from, to) in [
                (0.5 * shares[0] / back, &lower, &middle),
                (0.5 * shares[1] / reach, &middle, &upper),
            ] {
                add(&mut form, factor, to);
                add(&mut form, -factor, from);
            }
        }
        form
    }

    /// ∂w/∂ζ at node (`i`, `j`) of the reservoir and the mold's face, the mean of the rings on both sides.
    fn w_along(&self, i: usize, j: usize) -> Form {
        let jm = self.layout.sizes().2;
        let height = |j: usize| self.tables.height[j];
        let mut form = Form::new();
        for ring in [i - 1, i] {
            if j == jm {
                for (line, factor) in [(j, 1.5), (j - 1, -2.0), (j - 2, 0.5)] {
                    add(&mut form, 0.5 * factor / height(j - 1), &self.w(ring, line));
                }
            } else {
                let both = height(j - 1) + height(j);
                add(&mut form, 0.5 / both, &self.w(ring, j + 1));
                add(&mut form, -0.5 / both, &self.w(ring, j - 1));
            }
        }
        form
    }

    /// True where the mouth's edge is rounded, so that the reservoir is no cylinder of radius 1 either.
    pub fn is_rounded(&self) -> bool {
        self.grid.wall.fillet() > 0.0
    }

    /// The first row of the reservoir whose lines fall with a rounded edge, so that the tables do not hold all of the stress, or the one before it.
    pub(super) fn first_falling(&self) -> usize {
        let level = self.falling.iter().take_while(|share| **share == 0.0);
        level.count().saturating_sub(2)
    }

    /// Stretching rates e_rr, e_θθ and e_zz of cell (`i`, `j`).
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
        if j >= self.layout.sizes().2 {
            add(
                &mut forms[2],
                -centre * slope / radius,
                &self.w_across(i, j),
            );
        } else {
            let stretch = self.stretch(i, j);
            for term in &mut forms[2] {
                term.1 /= stretch;
            }
            let tilt = 0.5 * (self.tilt(i, j) + self.tilt(i, j + 1));
            if tilt != 0.0 {
                add(&mut forms[0], -tilt / stretch, &self.u_along(i, j));
            }
        }
        forms
    }

    /// Shear rate ∂u/∂z + ∂w/∂r at node (`i`, `j`), but at the mouth's corner.
    pub(super) fn shear(&self, i: usize, j: usize) -> Form {
        let (_, np, jm, nz) = self.layout.sizes();
        let [radius, slope] = self.lines[j];
        let (dz, dr) = self.tables.node_factors(i, j);
        let mut form = Form::new();
        if j < jm || (j == jm && i > np) {
            add(&mut form, dr / radius, &self.w(i, j));
            add(&mut form, -dr / radius, &self.w(i - 1, j));
            let stretch = self.stretch_at(i, j);
            let dz = dz / (radius * radius * stretch);
            let above = match j == jm {
                true => self.u_on_face(i),
                false => self.u(i, j),
            };
            add(&mut form, dz, &above);
            add(&mut form, -dz, &self.u(i, j - 1));
            let beyond = i.min(self.rings.len() - 1);
            let tilt = 0.5 * (self.tilt(i - 1, j) + self.tilt(beyond, j));
            if tilt != 0.0 {
                add(&mut form, -tilt / stretch, &self.w_along(i, j));
            }
            return form;
        }
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

    /// Shear rate at the middle of a rounded edge, from the cell between pore and reservoir, and that of the three quadrants around it as the tables
    /// see them (`kernels::level::corner_strains`), in the scale of the tables.
    pub(super) fn edge(&self) -> (Form, [Form; 3]) {
        let (_, np, jm, _) = self.layout.sizes();
        let radius = self.lines[jm][0];
        let (dz, dr) = self.tables.node_factors(np, jm);
        let [u, w] = self.on_edge();
        let mut smooth = Form::new();
        let height = 0.5 * self.tables.height[jm - 1];
        let width = radius * wall_distance(self.grid);
        add(&mut smooth, 1.0 / height, &u);
        add(&mut smooth, -1.0 / height, &self.u(np, jm - 1));
        add(&mut smooth, 1.0 / width, &w);
        add(&mut smooth, -1.0 / width, &self.w(np - 1, jm));
        let [dz, dr] = [2.0 * dz, 2.0 * dr];
        let (below, above) = (self.flux_across(np, jm - 1), self.flux_across(np, jm));
        let (inside, outside) = (self.flux_along(np - 1, jm), self.flux_along(np, jm));
        let quadrants = [
            vec![(below, -dz), (inside, -dr)],
            vec![(below, -dz), (outside, dr)],
            vec![(above, dz), (inside, -dr)],
        ];
        (smooth, quadrants)
    }

    /// Velocity (u, w) in the middle of cell (`i`, `j`) in the state `x`.
    pub fn velocity_of(&self, x: &[f64], i: usize, j: usize) -> [f64; 2] {
        let mean = |a: &[(usize, f64)], b: &[(usize, f64)]| 0.5 * (value(a, x) + value(b, x));
        [
            mean(&self.u(i, j), &self.u(i + 1, j)),
            mean(&self.w(i, j), &self.w(i, j + 1)),
        ]
    }

    /// Normal strain rates of cell (`i`, `j`) in the state `x`.
    pub fn normal_of(&self, x: &[f64], i: usize, j: usize) -> Normal {
        let [radial, hoop, axial] = self.stretches(i, j).map(|form| value(&form, x));
        Normal {
            radial,
            hoop,
            axial,
        }
    }

    /// Shear at node (`i`, `j`), but on the axis, at the cell radius, at the inlet and at the mouth corner, in the state `x`: twice the tensor's component.
    pub fn shear_of(&self, x: &[f64], i: usize, j: usize) -> f64 {
        value(&self.shear(i, j), x)
    }
}

/// Value of a form.
fn value(form: &[(usize, f64)], x: &[f64]) -> f64 {
    form.iter().map(|&(k, a)| a * x[k]).sum()
}
