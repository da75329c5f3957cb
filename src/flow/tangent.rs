//! The linear problems of a liquid whose laws depend on the flow.

use super::discretise::Medium;
use super::mapped;
use super::solver::{Failure, FlowSolver, SolveError, Statistics};
use crate::kernels::Layout;

/// Ratio of two viscosities up to which the smoother goes on with the boxes of the one before and the coarser levels with theirs: building
/// them costs as much as two cycles. Up to 2.5 no cycle more was needed, whether they were kept or not.
const STALE: f64 = 2.0;

/// The right-hand side of a problem as it was posed. What the tip bears of the layer goes through a conductance, which the laws change.
pub(super) struct Loads {
    posed: Vec<f64>,
    tip: f64,
}

impl Loads {
    /// Those of a problem with the conductances that it was posed with.
    pub fn of(solver: &mut FlowSolver<f64>) -> Self {
        let (_, tip) = solver.tip_load();
        Loads {
            posed: solver.rhs_mut().to_vec(),
            tip,
        }
    }

    /// Puts them back, with the present conductance to the tip.
    pub fn put(&self, solver: &mut FlowSolver<f64>) {
        let (at, tip) = solver.tip_load();
        solver.rhs_mut().copy_from_slice(&self.posed);
        solver.rhs_mut()[at] += tip - self.tip;
    }
}

/// Solves a linear problem as `solve` does, and by elimination where that does not converge: cycles lead away where the viscosity falls by orders of
/// magnitude within a few cells. Once it `is_exact` the next problems are eliminated at once.
pub(super) fn robust<E: Failure>(
    mut solver: FlowSolver<f64>,
    tolerance: f64,
    is_exact: &mut bool,
    solve: &mut impl FnMut(FlowSolver<f64>, f64) -> (FlowSolver<f64>, Result<Statistics, E>),
) -> (FlowSolver<f64>, Result<Statistics, E>) {
    if !*is_exact {
        let result;
        (solver, result) = solve(solver, tolerance);
        if !result.as_ref().is_err_and(Failure::is_not_converged) {
            return (solver, result);
        }
        *is_exact = true;
    }
    let solved = solver.solve_exactly();
    (
        solver,
        solved.map(|()| Statistics::default()).map_err(E::from),
    )
}

/// Poses the linear problem K'u' = K'u + f − Ku in `solver`, whose right-hand side is f and whose state u has the residual `left` = f − Ku.
/// `factors` on viscosities and mobilities are the tangent; `boxes_at` are those with which the boxes and the coarser levels were built.
pub(super) fn pose_tangent(
    solver: &mut FlowSolver<f64>,
    medium: &Medium,
    factors: Vec<f64>,
    left: &[f64],
    boxes_at: &mut Vec<f64>,
) -> Result<(), SolveError> {
    let tangent = medium.scaled(&factors);
    let is_far = |(a, b): (&f64, &f64)| !(1.0 / STALE..=STALE).contains(&(a / b));
    let far: Vec<bool> = match boxes_at.is_empty() {
        true => vec![true; factors.len()],
        false => factors.iter().zip(&*boxes_at).map(is_far).collect(),
    };
    if far.contains(&true) {
        let layout = solver.layout();
        solver.set_medium(&tangent, |i, j| is_worn(&layout, &far, i, j))?;
        if boxes_at.is_empty() {
            *boxes_at = factors;
        } else {
            let renewed = boxes_at.iter_mut().zip(&far).zip(factors);
            for ((at, _), tangent) in renewed.filter(|((_, far), _)| **far) {
                *at = tangent;
            }
        }
    } else {
        solver.set_finest_medium(&tangent);
    }
    mapped::residual(solver);
    let other = solver.residual().to_vec();
    for (rhs, (left, other)) in solver.rhs_mut().iter_mut().zip(left.iter().zip(other)) {
        *rhs += left - other;
    }
    Ok(())
}

/// True if the box of cell (`i`, `j`) holds a viscosity or mobility that is `far` from the one it was built with.
fn is_worn(layout: &Layout, far: &[bool], i: usize, j: usize) -> bool {
    let (cells, rest) = far.split_at(layout.cells());
    let (nodes, layer) = rest.split_at(layout.nodes());
    let cell = |i: usize, j: usize| {
        j < layout.rows as usize && i < layout.width(j) && cells[layout.cell_row(j).start + i]
    };
    let node = |i: usize, j: usize| nodes[layout.node_row(j).start + i];
    let (before, below) = (i.wrapping_sub(1), j.wrapping_sub(1));
    let wall = |k: usize| {
        let beside = k.saturating_sub(1)..(k + 2).min(layer.len());
        layer[beside].contains(&true)
    };
    cell(i, j)
        || cell(before, j)
        || cell(i + 1, j)
        || cell(i, below)
        || cell(i, j + 1)
        || node(i, j)
        || node(i + 1, j)
        || node(i, j + 1)
        || node(i + 1, j + 1)
        || layout.wall_of(i, j).is_some_and(wall)
}
