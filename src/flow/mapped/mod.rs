//! Pores whose radius changes along their depth, on a grid that changes with it.
//!
//! With ξ = r/R_w(z) the pore is a cylinder. The unknowns are the volumes through the mapped grid's faces (Piola's transform),
//! U = (u − ξR_w′w)R_w and W = wR_w², so that divergence, pressure and the layer's rows are those of the cylinder. What
//! changes is the viscous stress: the tables of the levels hold its part that is orthogonal in (ξ, z), and what is left, of the order
//! of the slope, is put on the right-hand side here, until the solution does not change any more (`docs/numerics.md`, "Pores that are
//! no cylinders").

mod forms;

pub use forms::Pore;

use super::corner;
use super::grid::Grid;
use super::mixing::Mixing;
use super::solver::{FlowSolver, SolveError, Statistics};
use forms::Form;

/// Corrections after which the solve is given up.
const MOST: usize = 80;

/// Earlier iterates that are mixed. A rounded edge whose lines fell down to the inlet (0.3 R, N = 32, L = R, Λ = 0) took 71 cycles with 5, 44 with 10, 35 with 20;
/// at N = 16 26, 24 and 28.
const DEPTH: usize = 10;

/// Relative residual from which on the corrections have led away: rest has 1.
const DIVERGED: f64 = 1e3;

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
        let pore = Pore::of(solver);
        let layout = pore.layout;
        let (nr, np, jm, nz) = layout.sizes();
        let mut squares = Squares::default();
        let rounded = pore.is_rounded();
        // Beyond a rounded edge a cylinder is one to the tables too.
        let oblique = |j: usize| {
            let around = j.saturating_sub(1)..(j + 2).min(nz);
            !rounded || pore.rows[around].iter().any(|row| row[1] != 0.0)
        };
        for j in jm..nz {
            for i in (0..np).filter(|_| oblique(j)) {
                cell(&pore, i, j, &mut squares);
            }
        }
        for j in jm..=nz {
            // At a sharp corner the tables hold all there is.
            let end = if j == jm { np - 1 } else { np };
            for i in (1..=end).filter(|_| oblique(j)) {
                node(&pore, i, j, &mut squares);
            }
        }
        if rounded {
            let first = pore.first_falling();
            for i in np..nr {
                for j in first..jm {
                    cell(&pore, i, j, &mut squares);
                }
                for j in first.max(1)..=jm {
                    if (i, j) != (np, jm) {
                        node(&pore, i, j, &mut squares);
                    }
                }
            }
            edge(&pore, &solver.grid, &mut squares);
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
        let (mut mixing, mut total) = (Mixing::of_depth(DEPTH), Statistics::default());
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
            if !residual.is_finite() || residual > DIVERGED {
                // What it has come to is nothing to start from.
                solver.state_mut().fill(0.0);
                break;
            }
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

/// What the tables hold of cell (`i`, `j`) less the truth.
fn cell(pore: &Pore, i: usize, j: usize, squares: &mut Squares) {
    let tables = pore.tables;
    let radius = pore.rows[j][0];
    let weight = 2.0 * tables.cell_weight[pore.layout.cell_row(j).start + i];
    let (left, right) = (pore.flux_across(i, j), pore.flux_across(i + 1, j));
    let (lower, upper) = (pore.flux_along(i, j), pore.flux_along(i, j + 1));
    squares.push(weight * tables.radial_sq[i], &[(left, -1.0), (right, 1.0)]);
    squares.push(weight * tables.hoop_sq[i], &[(left, 1.0), (right, 1.0)]);
    squares.push(weight * tables.axial_sq[j], &[(lower, -1.0), (upper, 1.0)]);
    // The tables' weight has the volume, R_w², and the four powers of R_w of the squares of fluxes.
    let mut weight = -weight * radius.powi(4);
    if j < pore.layout.sizes().2 {
        weight *= pore.stretch(i, j);
    }
    for stretch in pore.stretches(i, j) {
        squares.push(weight, &stretch);
    }
}

/// The same of the middle of a rounded edge: quadrants of a sharp corner as far as the grid does not see that it is round.
fn edge(pore: &Pore, grid: &Grid, squares: &mut Squares) {
    let (_, np, jm, _) = pore.layout.sizes();
    let smoothness = corner::smoothness(grid.wall.fillet(), grid.r[np] - grid.r[np - 1]);
    let (smooth, quadrants) = pore.edge();
    let weight = pore.tables.node_weight[pore.layout.node_row(jm).start + np];
    for quadrant in quadrants {
        squares.push(smoothness * weight, &quadrant);
    }
    // Three quarters of a cell's volume and its viscosity, which is that of the cell between pore and reservoir.
    let tables = pore.tables;
    let (centre, radius) = (0.5 * (grid.r[np] + grid.r[np - 1]), pore.lines[jm][0]);
    let cell = tables.cell_weight[pore.layout.cell_row(jm - 1).start + np - 1] * radius.powi(4);
    let rows = 0.5 * (1.0 + tables.height[jm] / tables.height[jm - 1]);
    let columns = 0.5 * (1.0 + (grid.r[np + 1] - grid.r[np]) / (grid.r[np] - grid.r[np - 1]));
    let weight = 0.75 * cell * rows * columns * grid.r[np] / centre;
    squares.push(-smoothness * weight, &smooth);
}

/// The same of node (`i`, `j`).
fn node(pore: &Pore, i: usize, j: usize, squares: &mut Squares) {
    let (_, np, jm, nz) = pore.layout.sizes();
    let weight = pore.tables.node_weight[pore.layout.node_row(j).start + i];
    if weight == 0.0 {
        return;
    }
    let (dz, dr) = pore.tables.node_factors(i, j);
    let mut form = Form::new();
    if i < np || j <= jm {
        form.push((pore.flux_along(i, j), dr));
    }
    form.push((pore.flux_along(i - 1, j), -dr));
    if j < nz && (i <= np || j < jm) {
        form.push((pore.flux_across(i, j), dz));
    }
    form.push((pore.flux_across(i, j - 1), -dz));
    squares.push(weight, &form);
    let mut weight = -weight * pore.lines[j][0].powi(6);
    if j < jm || j == jm && i > np {
        weight *= pore.stretch_at(i, j);
    }
    squares.push(weight, &pore.shear(i, j));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::discretise::{self, Medium};
    use crate::flow::solver::Loads;
    use crate::mesh::{MeshSpec, WallProfile};

    /// Where the lines of a reservoir beside a rounded edge do not rise the tables hold all there is.
    #[test]
    fn level_lines_need_no_correction() {
        let mesh = MeshSpec {
            cell_radius: 3.0,
            reservoir_depth: 3.0,
            cells_per_radius: 8,
            growth: 1.1,
            longest_cell: 2.0,
            wall: WallProfile::Straight.with_fillet(0.4),
        };
        let grid = Grid::new(&mesh, 1.5);
        let layout = discretise::layout(&grid, [0, 0]);
        let medium = Medium::uniform(&layout, 0.0, 0.0);
        let loads = Loads {
            inlet_pressure: 1.0,
            tip_pressure: 0.0,
        };
        let solver = FlowSolver::<f64>::new(grid, &medium, loads).expect("levels");
        let mut pore = Pore::of(&solver);
        let (nr, np, jm, _) = layout.sizes();
        assert!(pore.rings[np][1] < -0.5, "the lines rise beside the edge");
        let mut largest = [0.0; 2];
        for level in [false, true] {
            if level {
                pore.level();
            }
            let mut squares = Squares::default();
            for j in 0..jm {
                for i in 0..nr {
                    cell(&pore, i, j, &mut squares);
                    if (1..=jm).contains(&j) && i > 0 {
                        node(&pore, i, j, &mut squares);
                    }
                }
            }
            for i in np + 1..nr {
                node(&pore, i, jm, &mut squares);
            }
            // Velocities that say nothing to the eye; the walls are at rest.
            let mut x: Vec<f64> = (0..layout.len()).map(|k| (k as f64).sin()).collect();
            for i in np..nr {
                x[pore.flux_along(i, jm)] = 0.0;
            }
            for j in 0..jm {
                x[pore.flux_across(0, j)] = 0.0;
                x[pore.flux_across(nr, j)] = 0.0;
            }
            let mut out = vec![0.0; layout.len()];
            squares.add_gradient(&x, &mut out);
            // What is held at rest feels no force: the mold's face and the cell radius.
            for i in np..nr {
                out[pore.flux_along(i, jm)] = 0.0;
            }
            for j in 0..jm {
                out[pore.flux_across(nr, j)] = 0.0;
            }
            largest[usize::from(level)] = out.iter().fold(0.0, |most, x| x.abs().max(most));
        }
        assert!(largest[0] > 1e-2 && largest[1] < 1e-12, "{largest:?}");
    }
}
