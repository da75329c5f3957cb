//! Pores whose radius changes along their depth, on a grid that changes with it.
//!
//! With ξ = r/R_w(z) the pore is a cylinder. The unknowns are the volumes through the mapped grid's faces (Piola's transform),
//! U = (u − ξR_w′w)R_w and W = wR_w², so that divergence, pressure and the layer's rows are those of the cylinder. What
//! changes is the viscous stress: the tables of the levels hold its part that is orthogonal in (ξ, z), and what is left, of the order
//! of the slope, is put on the right-hand side here, until the solution does not change any more (`docs/numerics.md`, "Pores that are
//! no cylinders").

mod forms;

pub use forms::Pore;

use super::mixing::Mixing;
use super::solver::{FlowSolver, SolveError, Statistics};
use forms::Form;

/// Corrections after which the solve is given up.
const MOST: usize = 40;

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
        let (_, np, jm, nz) = layout.sizes();
        let mut squares = Squares::default();
        for j in jm..nz {
            for i in 0..np {
                cell(&pore, i, j, &mut squares);
            }
        }
        for j in jm..=nz {
            for i in 1..=np {
                // At the mouth's corner the tables hold all there is.
                if (i, j) != (np, jm) {
                    node(&pore, i, j, &mut squares);
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
    let weight = -weight * radius.powi(4);
    for stretch in pore.stretches(i, j) {
        squares.push(weight, &stretch);
    }
}

/// The same of node (`i`, `j`).
fn node(pore: &Pore, i: usize, j: usize, squares: &mut Squares) {
    let (_, np, _, nz) = pore.layout.sizes();
    let weight = pore.tables.node_weight[pore.layout.node_row(j).start + i];
    if weight == 0.0 {
        return;
    }
    let (dz, dr) = pore.tables.node_factors(i, j);
    let mut form = Form::new();
    if i < np {
        form.push((pore.flux_along(i, j), dr));
    }
    form.push((pore.flux_along(i - 1, j), -dr));
    if j < nz {
        form.push((pore.flux_across(i, j), dz));
    }
    form.push((pore.flux_across(i, j - 1), -dz));
    squares.push(weight, &form);
    squares.push(-weight * pore.lines[j][0].powi(6), &pore.shear(i, j));
}
