//! Liquids and layers whose laws depend on the local stress, rate or pressure.
//!
//! The flow problem is linear for given viscosities and mobilities, and those follow from its solution: a fixed point, found by solving
//! and evaluating in turn. Every solve starts from the last state and only goes on until it is some way ahead of what the laws still
//! change; Anderson's mixing of the last few logarithms makes the sequence converge faster than by a constant factor.

use super::discretise::Medium;
use super::filling::Filling;
use super::mapped;
use super::mixing::Mixing;
use super::solver::{FlowSolver, SolveError, Statistics};
use super::strain;
use crate::kernels::{Fields, Layout};
use crate::physics::Eyring;

/// The laws; stresses in the reference stress, viscosities in the reference viscosity.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Laws {
    /// τ₀ of Eyring's law, γ̇ = (τ₀/η) sinh(τ/τ₀); infinite for a Newtonian liquid.
    pub stress_scale: f64,
    /// a of η ∝ exp(aP), P the local pressure.
    pub pressure_viscosity: f64,
    /// c of M ∝ exp(−cλ), λ the local normal stress of the layer.
    pub pressure_mobility: f64,
}

impl Default for Laws {
    fn default() -> Self {
        Laws {
            stress_scale: f64::INFINITY,
            pressure_viscosity: 0.0,
            pressure_mobility: 0.0,
        }
    }
}

/// Iterations after which the fixed point is given up. From rest at 20 times the stress scale some 15 are needed.
const MOST: usize = 60;

/// Share of what the laws still changed last time to which the next linear solve goes.
const AHEAD: f64 = 0.1;

/// Change of a logarithm up to which the smoother goes on with the boxes of the viscosity before: inverting them costs as much as a
/// cycle.
const STALE: f64 = 0.3;

/// Largest a·τ: at 1 the equations with η = exp(aP) lose their ellipticity, which happens in any neighbourhood of a sharp corner
/// (Renardy 1986). Where it would be more the viscosity is capped.
pub const LARGEST_PRESSURE_STRESS: f64 = 0.9;

/// How a nonlinear solve went.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Convergence {
    /// Linear solves.
    pub iterations: usize,
    /// Cells and nodes in which the viscosity is held below exp(aP).
    pub capped: usize,
}

/// Shear rates √(2 e:e) in every cell and at every node.
#[derive(Clone, Debug, PartialEq)]
pub struct Rates {
    /// In cells.
    pub cells: Vec<f64>,
    /// At nodes.
    pub nodes: Vec<f64>,
}

impl Laws {
    /// True if nothing depends on the local state.
    pub fn are_constant(&self) -> bool {
        *self == Laws::default()
    }

    /// Solves `problem`, posed with `medium`, for these laws, on which `medium`'s numbers are the limits of low stress and pressure.
    /// `solve` solves a linear problem to a tolerance. The solution's residual, with the viscosities and mobilities that follow from it,
    /// is below `tolerance`. Where the laws are constant, or change nothing, it is `solve`'s own.
    ///
    /// # Errors
    /// Those of `solve`; [`SolveError::NotConverged`].
    pub fn solve<E: From<SolveError>>(
        &self,
        problem: FlowSolver<f64>,
        medium: &Medium,
        tolerance: f64,
        mut solve: impl FnMut(FlowSolver<f64>, f64) -> (FlowSolver<f64>, Result<Statistics, E>),
    ) -> (FlowSolver<f64>, Result<(Statistics, Convergence), E>) {
        // The slope of a wall that is no cylinder is a correction of every linear problem.
        let mut solve = |solver, tolerance| mapped::solve(solver, tolerance, &mut solve);
        let mut convergence = Convergence::default();
        let mut total = Statistics::default();
        if self.are_constant() {
            let (solver, result) = solve(problem, tolerance);
            return (solver, result.map(|s| (s, convergence)));
        }
        let mut solver = problem;
        // A first guess carries the viscosity of its own strain rates.
        let mut at = if solver.is_at_rest() {
            vec![
                0.0;
                medium.cell_viscosity.len() + medium.node_viscosity.len() + medium.mobility.len()
            ]
        } else {
            self.evaluate(&solver, medium).0
        };
        let mut mixing = Mixing::default();
        let mut boxes_at = Vec::new();
        let mut aim = tolerance;
        let mut residual = f64::INFINITY;
        while convergence.iterations < MOST {
            let far = |(a, b): (&f64, &f64)| (a - b).abs() > STALE;
            let keep = convergence.iterations > 0 && !at.iter().zip(&boxes_at).any(far);
            if !keep {
                boxes_at.clone_from(&at);
            }
            if let Err(error) = solver.set_medium(&medium.scaled(&at), keep) {
                return (solver, Err(SolveError::from(error).into()));
            }
            let result;
            (solver, result) = solve(solver, aim);
            let statistics = match result {
                Ok(statistics) => statistics,
                Err(error) => return (solver, Err(error)),
            };
            convergence.iterations += 1;
            residual = statistics.residuals.first().copied().unwrap_or(0.0);
            total.cycles += statistics.cycles;
            total.w_cycles += statistics.w_cycles;
            total.residuals.extend(&statistics.residuals);
            let (next, capped) = self.evaluate(&solver, medium);
            convergence.capped = capped;
            if next == at || (convergence.iterations > 1 && residual <= tolerance) {
                return (solver, Ok((total, convergence)));
            }
            aim = (AHEAD * residual.min(1.0)).max(tolerance);
            at = mixing.next(at, next);
        }
        let failure = SolveError::NotConverged {
            residual,
            cycles: total.cycles,
            tolerance,
            tried: format!("{MOST} viscosities that follow from the stress"),
        };
        (solver, Err(failure.into()))
    }

    /// ln of the factors on viscosity in cells and at nodes and on mobility that the state of `solver` gives, and how many viscosities
    /// are capped.
    fn evaluate(&self, solver: &FlowSolver<f64>, medium: &Medium) -> (Vec<f64>, usize) {
        let layout = solver.layout();
        let rates = Rates::of(solver, medium.filling.as_ref());
        let x = Fields::of(&layout, solver.state());
        let pressures = self.pressures(&layout, &x);
        let mut capped = 0;
        let mut factor = |viscosity: f64, rate: f64, pressure: f64| {
            let a = self.pressure_viscosity;
            let mut thick = (a * pressure).exp();
            if a * viscosity * thick * rate > LARGEST_PRESSURE_STRESS {
                thick = LARGEST_PRESSURE_STRESS / (a * viscosity * rate);
                capped += 1;
            }
            if self.stress_scale.is_finite() {
                let liquid = Eyring {
                    newtonian_viscosity: viscosity * thick,
                    stress_scale: self.stress_scale,
                };
                thick *= liquid.viscosity_at_rate(rate) / liquid.newtonian_viscosity;
            }
            thick.ln()
        };
        let cells = (medium.cell_viscosity.iter().zip(&rates.cells)).zip(&pressures.0);
        let mut out: Vec<f64> = cells.map(|((&v, &r), &p)| factor(v, r, p)).collect();
        let nodes = (medium.node_viscosity.iter().zip(&rates.nodes)).zip(&pressures.1);
        out.extend(nodes.map(|((&v, &r), &p)| factor(v, r, p)));
        out.extend(
            x.layer
                .iter()
                .map(|stress| -self.pressure_mobility * stress),
        );
        (out, capped)
    }

    /// Pressure in cells and, as the mean of the cells around, at nodes; zero where the viscosity does not depend on it.
    fn pressures(&self, layout: &Layout, x: &Fields<f64>) -> (Vec<f64>, Vec<f64>) {
        if self.pressure_viscosity == 0.0 {
            return (vec![0.0; layout.cells()], vec![0.0; layout.nodes()]);
        }
        let nodes = at_nodes(layout, |cell| x.pressure[cell]);
        (x.pressure.to_vec(), nodes)
    }
}

impl Rates {
    /// Of a flow; none in cells and at nodes that a free front leaves dry.
    pub fn of(solver: &FlowSolver<f64>, filling: Option<&Filling>) -> Rates {
        let level = &solver.backend.levels[0];
        let (t, layout) = (&level.tables, &level.tables.layout);
        let x = Fields::of(layout, &level.state[0]);
        let (_, np, jm, nz) = layout.sizes();
        let wet = |i: usize, j: usize| match filling {
            Some(filling) if j >= jm => filling.cell(i, j - jm) > 0.0,
            _ => true,
        };
        // 2(e_rr² + e_θθ² + e_zz²) of every cell.
        let mut normal = Vec::with_capacity(layout.cells());
        for j in 0..nz {
            for i in 0..layout.width(j) {
                normal.push(if wet(i, j) {
                    strain::Normal::of(t, &x, i, j).square()
                } else {
                    0.0
                });
            }
        }
        // γ² of every node; shear does no work where its weight is zero.
        let mut shear = Vec::with_capacity(layout.nodes());
        for j in 0..=nz {
            let row = layout.node_row(j);
            for i in 0..row.len() {
                shear.push(if t.node_weight[row.start + i] == 0.0 {
                    0.0
                } else if (i, j) == (np, jm) {
                    strain::corner_square(t, &x)
                } else {
                    strain::shear(t, &x, i, j).powi(2)
                });
            }
        }
        let mut cells = Vec::with_capacity(layout.cells());
        for j in 0..nz {
            for i in 0..layout.width(j) {
                let [lower, upper] = [
                    layout.node_row(j).start + i,
                    layout.node_row(j + 1).start + i,
                ];
                let around = shear[lower] + shear[lower + 1] + shear[upper] + shear[upper + 1];
                let k = layout.cell_row(j).start + i;
                let square = if wet(i, j) {
                    normal[k] + 0.25 * around
                } else {
                    0.0
                };
                cells.push(square.sqrt());
            }
        }
        let nodes = at_nodes(layout, |cell| normal[cell]);
        let nodes = nodes
            .iter()
            .zip(&shear)
            .map(|(n, s)| (n + s).sqrt())
            .collect();
        Rates { cells, nodes }
    }
}

/// Means of the cells around every node.
fn at_nodes(layout: &Layout, cell: impl Fn(usize) -> f64) -> Vec<f64> {
    let (_, _, _, nz) = layout.sizes();
    let mut out = Vec::with_capacity(layout.nodes());
    for j in 0..=nz {
        for i in 0..layout.node_row(j).len() {
            let (mut sum, mut count) = (0.0, 0.0);
            for row in j.saturating_sub(1)..(j + 1).min(nz) {
                for column in i.saturating_sub(1)..(i + 1).min(layout.width(row)) {
                    sum += cell(layout.cell_row(row).start + column);
                    count += 1.0;
                }
            }
            out.push(if count > 0.0 { sum / count } else { 0.0 });
        }
    }
    out
}

impl Medium {
    /// With viscosities in cells and at nodes and mobilities times the exponentials of `factors`, in that order.
    fn scaled(&self, factors: &[f64]) -> Medium {
        let mut medium = self.clone();
        let numbers = (medium.cell_viscosity.iter_mut())
            .chain(&mut medium.node_viscosity)
            .chain(&mut medium.mobility);
        for (number, factor) in numbers.zip(factors) {
            *number *= factor.exp();
        }
        medium
    }
}
