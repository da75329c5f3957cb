//! Liquids and layers whose laws depend on the local stress, rate or pressure.
//!
//! A linear problem has the tangent viscosity, dτ/dγ̇, where a place stands for the strain that is sheared, and is driven by the residual of the
//! true one, K(u)u = f: K'(u)(u' − u) = f − K(u)u (`docs/numerics.md`, "Viscosity that depends on the flow"). Every solve goes a cycle
//! or two; Anderson's mixing makes up for what the tangent leaves out.

use super::discretise::Medium;
use super::filling::{Filling, whole_pressure};
use super::mapped;
use super::mixing::Mixing;
use super::rates::{Rate, Rates, at_nodes};
use super::solver::{Failure, FlowSolver, SolveError, Statistics};
use super::tangent::{Loads, pose_tangent, robust};
use crate::kernels::flow::norm;
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
    /// Pressure and normal stress at which viscosity and mobility are the medium's.
    pub reference_pressure: f64,
}

impl Default for Laws {
    fn default() -> Self {
        Laws {
            stress_scale: f64::INFINITY,
            pressure_viscosity: 0.0,
            pressure_mobility: 0.0,
            reference_pressure: 0.0,
        }
    }
}

/// Iterations after which the solution is given up. From rest at ten times the stress scale some 25 are needed.
const MOST: usize = 60;

/// The same where linear problems are solved by elimination: some 80 at twenty times the stress scale.
const MOST_EXACT: usize = 200;

/// Share of the residual to which the next linear solve goes: a cycle or two.
const AHEAD: f64 = 0.05;

/// Smallest share of the tangent in the secant viscosity. Beyond four times the stress scale the tangent changes by so much from cell to cell
/// that cycles diverge; a quarter costs some iterations instead.
const LEAST_TANGENT: f64 = 0.25;

/// Multiplications up to which a linear problem is solved by elimination where cycles diverge: a second or so.
const DEAREST: f64 = 2e9;

/// Residual up to which what elimination gives is mixed.
const ROUGH: f64 = 1e-2;

/// Halvings after which a step that still leads too far is taken as it is.
const MOST_HALVINGS: usize = 12;

/// Stress scale with which a solve begins that starts from rest, and the factor by which every iteration lowers it to the liquid's own.
const MILD: f64 = 0.1;
const LOWER: f64 = 0.7;

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

/// What laws make of a state: factors on the viscosity in cells and at nodes and on the mobility, in that order.
#[derive(Clone, Debug, Default)]
struct Local {
    /// Stress over rate.
    secant: Vec<f64>,
    /// What a change of the strain meets that the place itself stands for: normal strains in cells, shear at nodes.
    tangent: Vec<f64>,
    /// Viscosities held below exp(aP).
    capped: usize,
}

impl Local {
    /// True if the laws change nothing at all.
    fn is_one(&self) -> bool {
        self.secant.iter().all(|factor| *factor == 1.0)
    }
}

impl Laws {
    /// True if nothing depends on the local state.
    pub fn are_constant(&self) -> bool {
        self.stress_scale == f64::INFINITY && !self.depend_on_pressure()
    }

    /// True if viscosity or mobility depends on the local pressure.
    pub fn depend_on_pressure(&self) -> bool {
        self.pressure_viscosity != 0.0 || self.pressure_mobility != 0.0
    }

    /// Factor on the viscosity at rest, of `viscosity` at the reference pressure, under a local pressure, and whether it is capped there.
    pub fn thickening(&self, viscosity: f64, rate: f64, pressure: f64) -> (f64, bool) {
        let a = self.pressure_viscosity;
        if a == 0.0 {
            return (1.0, false);
        }
        let thick = (a * (pressure - self.reference_pressure)).exp();
        // |a| times the derivative of the stress by the logarithm of the viscosity, which is the stress of a Newtonian liquid, and of one that
        // thins τ₀ y/√(1 + y²) with y = ηγ̇/τ₀.
        let share = LARGEST_PRESSURE_STRESS / (a.abs() * self.stress_scale);
        let most = match self.stress_scale.is_finite() {
            true if share >= 1.0 => f64::INFINITY,
            true => self.stress_scale * share / (1.0 - share * share).sqrt(),
            false => LARGEST_PRESSURE_STRESS / a.abs(),
        };
        match viscosity * thick * rate > most {
            true => (most / (viscosity * rate), true),
            false => (thick, false),
        }
    }

    /// Solves `problem`, posed with `medium`, for these laws, of which `medium`'s numbers are the limits of low stress at the reference pressure.
    /// `solve` solves a linear problem to a tolerance. The solution's residual, with the viscosities and mobilities that follow from it,
    /// is below `tolerance`. Where the laws are constant, or change nothing, the solution is `solve`'s own.
    ///
    /// # Errors
    /// Those of `solve`; [`SolveError::NotConverged`].
    pub fn solve<E: Failure>(
        &self,
        problem: FlowSolver<f64>,
        medium: &Medium,
        tolerance: f64,
        mut solve: impl FnMut(FlowSolver<f64>, f64) -> (FlowSolver<f64>, Result<Statistics, E>),
    ) -> (FlowSolver<f64>, Result<(Statistics, Convergence), E>) {
        let mut convergence = Convergence::default();
        if self.are_constant() {
            let (solver, result) = mapped::solve(problem, tolerance, solve);
            return (solver, result.map(|s| (s, convergence)));
        }
        // The slope of a wall that is no cylinder is a correction of every linear problem.
        let mut is_exact = false;
        let mut solver = problem;
        // Of a run another start, or a shorter step, is cheaper than an elimination.
        let may_be_exact = solver.is_at_rest() && solver.exact_cost() < DEAREST;
        let mut solve = |solver: FlowSolver<f64>, tolerance, is_exact: &mut bool| {
            mapped::solve(solver, tolerance, |solver, tolerance| match may_be_exact {
                true => robust(solver, tolerance, is_exact, &mut solve),
                false => solve(solver, tolerance),
            })
        };
        let loads = Loads::of(&mut solver);
        let load = solver.load_norm();
        let (mut total, mut mixing) = (Statistics::default(), Mixing::default());
        let (mut boxes_at, start) = (Vec::new(), solver.state().to_vec());
        // From rest the liquid becomes thin step by step.
        let mut laws = *self;
        if solver.is_at_rest() && self.stress_scale < MILD {
            laws.stress_scale = MILD;
        }
        loop {
            let least = if is_exact { 0.0 } else { LEAST_TANGENT };
            let local = laws.evaluate(&solver, medium, least);
            convergence.capped = local.capped;
            solver.set_finest_medium(&medium.scaled(&local.secant));
            loads.put(&mut solver);
            mapped::residual(&mut solver);
            let left = solver.residual().to_vec();
            let residual = norm::euclidean(&left) / load;
            total.residuals.push(residual);
            if laws == *self && residual <= tolerance {
                // A first guess may be good enough as it is, and comes from another length.
                solver.close_balance();
                return (solver, Ok((total, convergence)));
            }
            let most = if is_exact { MOST_EXACT } else { MOST };
            if convergence.iterations >= most {
                let failure = SolveError::NotConverged {
                    residual,
                    cycles: total.cycles,
                    tolerance,
                    tried: format!("{most} viscosities that follow from the stress"),
                };
                return (solver, Err(failure.into()));
            }
            if local.is_one() && !solver.is_at_rest() {
                // The laws are not felt: the solution is that of the linear problem, to the bit.
                solver.state_mut().copy_from_slice(&start);
                let result;
                (solver, result) = solve(solver, tolerance, &mut is_exact);
                convergence.iterations += 1;
                match result {
                    Ok(statistics) if self.evaluate(&solver, medium, 0.0).is_one() => {
                        return (solver, Ok((statistics, convergence)));
                    }
                    Ok(_) => continue,
                    Err(error) => return (solver, Err(error)),
                }
            }
            let at = solver.state().to_vec();
            if let Err(error) =
                pose_tangent(&mut solver, medium, local.tangent, &left, &mut boxes_at)
            {
                return (solver, Err(error.into()));
            }
            let aim = (AHEAD * residual).max(0.3 * tolerance) * load / solver.load_norm();
            let result;
            (solver, result) = solve(solver, aim.min(0.5), &mut is_exact);
            loads.put(&mut solver);
            match result {
                Ok(statistics) => {
                    total.cycles += statistics.cycles;
                    total.w_cycles += statistics.w_cycles;
                }
                Err(error) => return (solver, Err(error)),
            }
            convergence.iterations += 1;
            if laws != *self {
                if is_exact {
                    laws.shorten(&mut solver, medium, &loads, (&at, &left));
                }
                laws.stress_scale = self.stress_scale.max(LOWER * laws.stress_scale);
                mixing = Mixing::default();
                continue;
            }
            if is_exact && residual > ROUGH {
                // Newton's steps, far from the solution, have nothing in common that could be mixed.
                laws.shorten(&mut solver, medium, &loads, (&at, &left));
                continue;
            }
            let next = mixing.next(at, solver.state().to_vec());
            solver.state_mut().copy_from_slice(&next);
        }
    }

    /// Shortens the step from the state `at`, whose residual is `left`, to that of `solver` until it does not lead far beyond the least energy on
    /// its way: the laws have a convex one, and a step far too long would be answered by one that is longer still.
    fn shorten(
        &self,
        solver: &mut FlowSolver<f64>,
        medium: &Medium,
        loads: &Loads,
        (at, left): (&[f64], &[f64]),
    ) {
        let velocities = solver.layout().segments()[1].end;
        let step: Vec<f64> = solver.state().iter().zip(at).map(|(b, a)| b - a).collect();
        // How the energy rises along the step; pressures do no work on what keeps its volume.
        let rise = |residual: &[f64]| -> f64 {
            let work = residual.iter().zip(&step).take(velocities);
            -work.map(|(r, s)| r * s).sum::<f64>()
        };
        let first = rise(left).abs();
        let mut share = 1.0;
        for _ in 0..MOST_HALVINGS {
            let local = self.evaluate(solver, medium, 0.0);
            solver.set_finest_medium(&medium.scaled(&local.secant));
            loads.put(solver);
            mapped::residual(solver);
            if rise(solver.residual()) <= 0.5 * first {
                break;
            }
            share *= 0.5;
            let states = solver.state_mut().iter_mut().zip(at.iter().zip(&step));
            for (state, (at, step)) in states {
                *state = at + share * step;
            }
        }
    }

    /// Solves `problem` once, for the tangent at its first guess: exact to first order in what separates the guess from the solution, but for
    /// what the tangent leaves out. For how a flow responds to a small change.
    ///
    /// # Errors
    /// Those of `solve`.
    pub fn respond<E: Failure>(
        &self,
        problem: FlowSolver<f64>,
        medium: &Medium,
        tolerance: f64,
        mut solve: impl FnMut(FlowSolver<f64>, f64) -> (FlowSolver<f64>, Result<Statistics, E>),
    ) -> (FlowSolver<f64>, Result<Statistics, E>) {
        let mut solver = problem;
        if !self.are_constant() {
            let local = self.evaluate(&solver, medium, LEAST_TANGENT);
            if !local.is_one() {
                let loads = Loads::of(&mut solver);
                solver.set_finest_medium(&medium.scaled(&local.secant));
                loads.put(&mut solver);
                mapped::residual(&mut solver);
                let (left, load) = (solver.residual().to_vec(), solver.load_norm());
                let posed =
                    pose_tangent(&mut solver, medium, local.tangent, &left, &mut Vec::new());
                if let Err(error) = posed {
                    return (solver, Err(error.into()));
                }
                let tolerance = tolerance * load / solver.load_norm();
                let (mut solver, result) = mapped::solve(solver, tolerance, &mut solve);
                loads.put(&mut solver);
                return (solver, result);
            }
        }
        mapped::solve(solver, tolerance, &mut solve)
    }

    /// What the laws make of the state of `solver`; tangents are no less than the share `least` of the secant.
    fn evaluate(&self, solver: &FlowSolver<f64>, medium: &Medium, least: f64) -> Local {
        let layout = solver.layout();
        let rates = Rates::of(solver, medium.filling.as_ref());
        let x = Fields::of(&layout, solver.state());
        let pressures = self.pressures(&layout, &x, medium.filling.as_ref());
        let count = medium.cell_viscosity.len() + medium.node_viscosity.len() + x.layer.len();
        let mut local = Local {
            secant: Vec::with_capacity(count),
            tangent: Vec::with_capacity(count),
            capped: 0,
        };
        let mut add = |viscosity: f64, rate: Rate, pressure: f64| {
            let (thick, is_capped) = self.thickening(viscosity, rate.all, pressure);
            local.capped += usize::from(is_capped);
            let (mut secant, mut tangent) = (thick, thick);
            if self.stress_scale.is_finite() {
                let liquid = Eyring {
                    newtonian_viscosity: viscosity * thick,
                    stress_scale: self.stress_scale,
                };
                [secant, tangent] = liquid.viscosities_at_rate(rate.all).map(|v| v / viscosity);
                tangent = tangent.max(least * secant);
            }
            local.secant.push(secant);
            local.tangent.push(secant + rate.own * (tangent - secant));
        };
        let [cells, nodes] = [&medium.cell_viscosity, &medium.node_viscosity];
        for ((&viscosity, &rate), &pressure) in cells.iter().zip(&rates.cells).zip(&pressures.0) {
            add(viscosity, rate, pressure);
        }
        for ((&viscosity, &rate), &pressure) in nodes.iter().zip(&rates.nodes).zip(&pressures.1) {
            add(viscosity, rate, pressure);
        }
        for stress in x.layer {
            let factor = (-self.pressure_mobility * (stress - self.reference_pressure)).exp();
            local.secant.push(factor);
            local.tangent.push(factor);
        }
        local
    }

    /// Pressure in cells and, as the mean of those around that hold liquid, at nodes; zero where the viscosity does not depend on it.
    fn pressures(
        &self,
        layout: &Layout,
        x: &Fields<f64>,
        filling: Option<&Filling>,
    ) -> (Vec<f64>, Vec<f64>) {
        if self.pressure_viscosity == 0.0 {
            return (vec![0.0; layout.cells()], vec![0.0; layout.nodes()]);
        }
        let mut cells = x.pressure.to_vec();
        let Some(filling) = filling else {
            let nodes = at_nodes(layout, &cells);
            return (cells, nodes);
        };
        let mut wet = vec![1.0; cells.len()];
        let (_, _, jm, nz) = layout.sizes();
        for j in jm..nz {
            for (i, k) in layout.cell_row(j).enumerate() {
                let share = filling.cell(i, j - jm);
                wet[k] = if share > 0.0 { 1.0 } else { 0.0 };
                cells[k] = wet[k] * whole_pressure(cells[k], share);
            }
        }
        let [sums, counts] = [&cells, &wet].map(|values| at_nodes(layout, values));
        let mean = |(sum, count): (f64, f64)| if count > 0.0 { sum / count } else { 0.0 };
        let nodes = sums.into_iter().zip(counts).map(mean).collect();
        (cells, nodes)
    }
}

impl Medium {
    /// With viscosities in cells and at nodes and mobilities times `factors`, in that order.
    pub(super) fn scaled(&self, factors: &[f64]) -> Medium {
        let mut medium = self.clone();
        let numbers = (medium.cell_viscosity.iter_mut())
            .chain(&mut medium.node_viscosity)
            .chain(&mut medium.mobility);
        for (number, factor) in numbers.zip(factors) {
            *number *= factor;
        }
        medium
    }
}
