//! Flow problems in pores of any shape, pressed with 1 and free of stress at the tip.

use nanomold::flow::discretise::{self, Medium};
use nanomold::flow::grid::Grid;
use nanomold::flow::mapped;
use nanomold::flow::solver::{FlowSolver, Loads, SolveError, Statistics};
use nanomold::mesh::{MeshSpec, WallProfile};

/// A mesh with this wall.
pub fn shaped(wall: &WallProfile, mesh: MeshSpec) -> MeshSpec {
    MeshSpec {
        wall: wall.clone(),
        ..mesh
    }
}

/// The problem at a length, of viscosity 1 and with a layer of mobility `lambda`.
pub fn problem(spec: &MeshSpec, length: f64, lambda: f64) -> FlowSolver<f64> {
    let grid = Grid::new(spec, length);
    let layout = discretise::layout(&grid, [0, 0]);
    let loads = Loads {
        inlet_pressure: 1.0,
        tip_pressure: 0.0,
    };
    let medium = Medium::uniform(&layout, lambda, 0.0);
    FlowSolver::new(grid, &medium, loads).expect("a valid problem")
}

/// Solves a problem on the CPU, with at most so many cycles in a linear solve.
pub fn solve(
    problem: FlowSolver<f64>,
    tolerance: f64,
    mut cycles: impl FnMut() -> usize,
) -> (FlowSolver<f64>, Result<Statistics, SolveError>) {
    mapped::solve(problem, tolerance, |mut solver, tolerance| {
        let solved = solver.solve(tolerance, cycles());
        (solver, solved)
    })
}

/// The solved problem.
pub fn solved(
    spec: &MeshSpec,
    length: f64,
    lambda: f64,
    tolerance: f64,
) -> (FlowSolver<f64>, Statistics) {
    let (solver, solved) = solve(problem(spec, length, lambda), tolerance, || 50);
    (solver, solved.expect("the solve converges"))
}
