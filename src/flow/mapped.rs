//! Pores whose radius changes along their depth, on a grid that changes with it.
//!
//! With ξ = r/R_w(z) the pore is a cylinder. The unknowns are the volumes through the mapped grid's faces (Piola's transform),
//! U = (u − ξR_w′w)R_w and W = wR_w², so that divergence, pressure and the layer's rows are those of the cylinder. What
//! changes is the viscous stress: the tables of the levels hold its part that is orthogonal in (ξ, z), and what is left, of the order
//! of the slope, is put on the right-hand side here, until the solution does not change any more (`docs/numerics.md`, "Pores that are
//! no cylinders").

use super::grid::Grid;
use super::mixing::Mixing;
use super::solver::{FlowSolver, SolveError, Statistics};
use crate::kernels::{Layout, LevelTables};

/// Corrections after which the solve is given up.
const MOST: usize = 40;

/// Share of the residual to which the next linear solve goes: a cycle or so.
const AHEAD: f64 = 0.1;

/// A sum of weighted squares of linear forms, as an energy of a state.
#[derive(Clone, Debug, Default)]
struct Squares {
    /// Where the terms of every form begin, and where the last one's end.
    starts: Vec<usize>,
    /// Unknowns and their factors.
    terms: Vec<(u32, f64)>,
    weights: Vec<f64>,
}

impl Squares {
    fn push(&mut self, weight: f64, terms: &[(usize, f64)]) {
        if weight == 0.0 {
            return;
        }
        if self.starts.is_empty() {
            self.starts.push(0);
        }
        let terms = terms.iter().filter(|term| term.1 != 0.0);
        self.terms
            .extend(terms.map(|&(place, factor)| (place as u32, factor)));
        self.starts.push(self.terms.len());
        self.weights.push(weight);
    }

    /// Adds the gradient of half the energy at `x` to `out`.
    fn add_gradient(&self, x: &[f64], out: &mut [f64]) {
        for (range, weight) in self.starts.windows(2).zip(&self.weights) {
            let terms = &self.terms[range[0]..range[1]];
            let form: f64 = terms.iter().map(|&(k, a)| a * x[k as usize]).sum();
            for &(k, a) in terms {
                out[k as usize] += weight * form * a;
            }
        }
    }
}

/// Grid, tables and layout of a pore, with the physical velocities as linear forms of the unknowns.
struct Pore<'a> {
    grid: &'a Grid,
    tables: &'a LevelTables<f64>,
    layout: Layout,
    /// First of the axial unknowns.
    axial: usize,
    /// Radius and slope in the middle of every row and on every line of the grid.
    rows: Vec<[f64; 2]>,
    lines: Vec<[f64; 2]>,
}

/// A linear form.
type Form = Vec<(usize, f64)>;

/// Adds `factor` times `form` to `to`.
fn add(to: &mut Form, factor: f64, form: &[(usize, f64)]) {
    to.extend(form.iter().map(|&(k, a)| (k, factor * a)));
}

impl<'a> Pore<'a> {
    fn new(grid: &'a Grid, tables: &'a LevelTables<f64>) -> Self {
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

    fn flux_across(&self, i: usize, j: usize) -> usize {
        self.layout.radial_row(j).start + i
    }

    fn flux_along(&self, i: usize, j: usize) -> usize {
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
}

/// Solves a flow problem in a pore of any shape to a tolerance: `solve` does, in a cylinder, and does so again and again where the pore
/// is none.
///
/// # Errors
/// Those of `solve`; [`SolveError::NotConverged`].
pub fn solve<E: From<SolveError>>(
    problem: FlowSolver<f64>,
    tolerance: f64,
    mut solve: impl FnMut(FlowSolver<f64>, f64) -> (FlowSolver<f64>, Result<Statistics, E>),
) -> (FlowSolver<f64>, Result<Statistics, E>) {
    if problem.grid.wall.is_straight() {
        solve(problem, tolerance)
    } else {
        Mapped::new(&problem).solve(problem, tolerance, solve)
    }
}

/// Leaves the residual of the state in the problem of `solver`, in a pore of any shape, with it.
pub fn residual(solver: &mut FlowSolver<f64>) {
    if solver.grid.wall.is_straight() {
        solver.evaluate_residual();
        return;
    }
    let correction = Mapped::new(solver).correction(solver.state());
    let loads = solver.rhs_mut().to_vec();
    for (rhs, correction) in solver.rhs_mut().iter_mut().zip(correction) {
        *rhs += correction;
    }
    solver.evaluate_residual();
    solver.rhs_mut().copy_from_slice(&loads);
}

/// The viscous stress of the tables less the true one.
#[derive(Clone, Debug)]
pub struct Mapped {
    /// With positive weights what the tables hold, with negative ones what is true.
    squares: Squares,
    /// Radial velocities that are held at zero.
    held: Vec<usize>,
}

impl Mapped {
    /// That of a problem's finest level.
    pub fn new(solver: &FlowSolver<f64>) -> Self {
        let pore = Pore::new(&solver.grid, &solver.backend.levels[0].tables);
        let layout = pore.layout;
        let (_, np, jm, nz) = layout.sizes();
        let mut squares = Squares::default();
        for j in jm..nz {
            for i in 0..np {
                pore.cell(i, j, &mut squares);
            }
        }
        for j in jm..=nz {
            for i in 1..=np {
                // At the mouth's corner the tables hold all there is.
                if (i, j) != (np, jm) {
                    pore.node(i, j, &mut squares);
                }
            }
        }
        let held = (0..nz).map(|j| layout.radial_row(j).start).collect();
        Mapped { squares, held }
    }

    /// What to add to the right-hand side so that the tables' problem has the true one's solution, if that is `x`.
    pub fn correction(&self, x: &[f64]) -> Vec<f64> {
        let mut out = vec![0.0; x.len()];
        self.squares.add_gradient(x, &mut out);
        for &k in &self.held {
            out[k] = 0.0;
        }
        out
    }

    /// Solves `problem`, whose right-hand side is the true one's. `solve` solves a problem of the tables to a tolerance.
    /// The residual of the solution is below `tolerance`.
    ///
    /// # Errors
    /// Those of `solve`; [`SolveError::NotConverged`].
    pub fn solve<E: From<SolveError>>(
        &self,
        problem: FlowSolver<f64>,
        tolerance: f64,
        mut solve: impl FnMut(FlowSolver<f64>, f64) -> (FlowSolver<f64>, Result<Statistics, E>),
    ) -> (FlowSolver<f64>, Result<Statistics, E>) {
        let mut solver = problem;
        let loads = solver.rhs_mut().to_vec();
        let solved;
        (solver, solved) = self.correct(solver, &loads, tolerance, &mut solve);
        // Also where it failed: whoever tries again poses the true problem.
        solver.rhs_mut().copy_from_slice(&loads);
        (solver, solved)
    }

    /// [`Mapped::solve`], which leaves the corrected right-hand side behind.
    fn correct<E: From<SolveError>>(
        &self,
        mut solver: FlowSolver<f64>,
        loads: &[f64],
        tolerance: f64,
        solve: &mut impl FnMut(FlowSolver<f64>, f64) -> (FlowSolver<f64>, Result<Statistics, E>),
    ) -> (FlowSolver<f64>, Result<Statistics, E>) {
        let (mut mixing, mut total) = (Mixing::default(), Statistics::default());
        let mut residual = f64::INFINITY;
        for _ in 0..MOST {
            let at = solver.state().to_vec();
            let correction = self.correction(&at);
            let rhs = solver.rhs_mut();
            for (rhs, (load, correction)) in rhs.iter_mut().zip(loads.iter().zip(&correction)) {
                *rhs = load + correction;
            }
            residual = if solver.is_at_rest() {
                1.0
            } else {
                solver.relative_residual()
            };
            total.residuals.push(residual);
            if residual <= tolerance {
                // A first guess may be good enough as it is, and comes from another length.
                solver.close_balance();
                return (solver, Ok(total));
            }
            let result;
            (solver, result) = solve(solver, (AHEAD * residual.min(1.0)).max(0.3 * tolerance));
            match result {
                Ok(statistics) => {
                    total.cycles += statistics.cycles;
                    total.w_cycles += statistics.w_cycles;
                }
                Err(error) => return (solver, Err(error)),
            }
            let next = mixing.next(at, solver.state().to_vec());
            solver.state_mut().copy_from_slice(&next);
        }
        let failure = SolveError::NotConverged {
            residual,
            cycles: total.cycles,
            tolerance,
            tried: format!("{MOST} corrections for the slope of the pore's wall"),
        };
        (solver, Err(failure.into()))
    }
}

impl Pore<'_> {
    /// Stretch of cell (`i`, `j`).
    fn cell(&self, i: usize, j: usize, squares: &mut Squares) {
        let tables = self.tables;
        let [radius, slope] = self.rows[j];
        let weight = 2.0 * tables.cell_weight[self.layout.cell_row(j).start + i];
        let (left, right) = (self.flux_across(i, j), self.flux_across(i + 1, j));
        let (lower, upper) = (self.flux_along(i, j), self.flux_along(i, j + 1));
        squares.push(weight * tables.radial_sq[i], &[(left, -1.0), (right, 1.0)]);
        squares.push(weight * tables.hoop_sq[i], &[(left, 1.0), (right, 1.0)]);
        squares.push(weight * tables.axial_sq[j], &[(lower, -1.0), (upper, 1.0)]);
        // The tables' weight has the volume, R_w², and the four powers of R_w of the squares of fluxes.
        let weight = -weight * radius.powi(4);
        let (width, height) = (self.grid.r[i + 1] - self.grid.r[i], tables.height[j]);
        let centre = 0.5 * (self.grid.r[i] + self.grid.r[i + 1]);
        let (inner, outer) = (self.u(i, j), self.u(i + 1, j));
        let mut form = Form::new();
        add(&mut form, 1.0 / (radius * width), &outer);
        add(&mut form, -1.0 / (radius * width), &inner);
        squares.push(weight, &form);
        form.clear();
        add(&mut form, 0.5 / (radius * centre), &outer);
        add(&mut form, 0.5 / (radius * centre), &inner);
        squares.push(weight, &form);
        form.clear();
        add(&mut form, 1.0 / height, &self.w(i, j + 1));
        add(&mut form, -1.0 / height, &self.w(i, j));
        add(&mut form, -centre * slope / radius, &self.w_across(i, j));
        squares.push(weight, &form);
    }

    /// Shear at node (`i`, `j`).
    fn node(&self, i: usize, j: usize, squares: &mut Squares) {
        let (_, np, _, nz) = self.layout.sizes();
        let weight = self.tables.node_weight[self.layout.node_row(j).start + i];
        if weight == 0.0 {
            return;
        }
        let [radius, slope] = self.lines[j];
        let (dz, dr) = self.tables.node_factors(i, j);
        let mut form = Form::new();
        if i < np {
            form.push((self.flux_along(i, j), dr));
        }
        form.push((self.flux_along(i - 1, j), -dr));
        if j < nz {
            form.push((self.flux_across(i, j), dz));
        }
        form.push((self.flux_across(i, j - 1), -dz));
        squares.push(weight, &form);
        form.clear();
        add(&mut form, dr / radius, &self.w(i, j));
        add(&mut form, -dr / radius, &self.w(i - 1, j));
        // The tables' factor has two powers of R_w, as their weight has four less.
        let dz = dz / (radius * radius);
        if j < nz {
            add(&mut form, dz, &self.u(i, j));
        }
        add(&mut form, -dz, &self.u(i, j - 1));
        add(
            &mut form,
            -self.grid.r[i] * slope / radius,
            &self.u_across(i, j),
        );
        squares.push(-weight * radius.powi(6), &form);
    }
}
