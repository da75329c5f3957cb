//! Cost of one flow solve at N = 32, L = 8 R: setting up, from rest, and after a front that moved a quarter of a cell.

use divan::Bencher;
use nanomold::flow::discretise::{Medium, layout};
use nanomold::flow::grid::Grid;
use nanomold::flow::solver::{FlowSolver, Loads};
use nanomold::mesh::{MeshSpec, WallProfile};

const CELLS: usize = 32;
const LENGTH: f64 = 8.0;

fn solver(length: f64) -> FlowSolver<f64> {
    let mesh = MeshSpec {
        cell_radius: 2.5,
        reservoir_depth: 5.0,
        cells_per_radius: CELLS,
        growth: 1.1,
        longest_cell: 2.0,
        wall: WallProfile::Straight,
    };
    let grid = Grid::new(&mesh, length);
    let medium = Medium::uniform(&layout(&grid, [0, 0]), 1.0 / 32.0, 0.0);
    FlowSolver::new(
        grid,
        &medium,
        Loads {
            inlet_pressure: 1.0,
            tip_pressure: 0.0,
        },
    )
    .expect("the solver is set up")
}

/// The solver with its smoother set up.
fn prepared(length: f64) -> FlowSolver<f64> {
    let mut solver = solver(length);
    solver.backend.prepare();
    solver
}

fn main() {
    divan::main();
}

#[divan::bench(sample_count = 20)]
fn setup(bencher: Bencher) {
    bencher.bench(|| prepared(LENGTH));
}

#[divan::bench(sample_count = 20)]
fn cold_solve(bencher: Bencher) {
    let rest = prepared(LENGTH);
    bencher
        .with_inputs(|| rest.clone())
        .bench_local_refs(|s| s.solve(1e-8, 30).expect("converges"));
}

/// The length after a move of a quarter of a cell: rows are stretched, not added.
const MOVED: f64 = LENGTH + 0.25 / CELLS as f64;

/// Solved at the length before.
fn before() -> FlowSolver<f64> {
    let mut before = prepared(LENGTH);
    before.solve(1e-8, 30).expect("converges");
    before
}

/// Time steps are solved to 1e-5 (their error is that of the step), results to 1e-8.
#[divan::bench(args = [1e-5, 1e-8], sample_count = 20)]
fn warm_solve(bencher: Bencher, tolerance: f64) {
    let mut moved = prepared(MOVED);
    let before = before();
    assert_eq!(moved.layout(), before.layout());
    moved.state_mut().copy_from_slice(before.state());
    bencher
        .with_inputs(|| moved.clone())
        .bench_local_refs(|s| s.solve(tolerance, 30).expect("converges"));
}

#[divan::bench(sample_count = 20)]
fn warm_step_with_its_setup(bencher: Bencher) {
    let before = before();
    bencher.bench_local(|| {
        let mut s = solver(MOVED);
        s.state_mut().copy_from_slice(before.state());
        s.solve(1e-5, 30).expect("converges");
        s
    });
}
