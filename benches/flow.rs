//! Cost of one flow solve at N = 32, L = 8 R: setting up, from rest, and after a front that moved a quarter of a cell.

use std::hint::black_box;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
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

fn flow(c: &mut Criterion) {
    let mut group = c.benchmark_group("flow N=32 L=8");
    group.sample_size(20);
    group.bench_function("setup", |b| b.iter(|| black_box(prepared(LENGTH))));

    let rest = prepared(LENGTH);
    group.bench_function("cold solve to 1e-8", |b| {
        b.iter_batched_ref(
            || rest.clone(),
            |s| s.solve(1e-8, 30).expect("converges"),
            BatchSize::LargeInput,
        )
    });

    let mut before = prepared(LENGTH);
    before.solve(1e-8, 30).expect("converges");
    let mut moved = prepared(LENGTH + 0.25 / CELLS as f64);
    assert_eq!(
        moved.layout(),
        before.layout(),
        "the rows are stretched, not added"
    );
    moved.state_mut().copy_from_slice(before.state());
    // Time steps are solved to 1e-5 (their error is that of the step), results to 1e-8.
    for tolerance in [1e-5, 1e-8] {
        group.bench_function(format!("warm solve to {tolerance:.0e}"), |b| {
            b.iter_batched_ref(
                || moved.clone(),
                |s| s.solve(tolerance, 30).expect("converges"),
                BatchSize::LargeInput,
            )
        });
    }
    group.bench_function("warm step to 1e-5, setup included", |b| {
        b.iter(|| {
            let mut s = solver(LENGTH + 0.25 / CELLS as f64);
            s.state_mut().copy_from_slice(before.state());
            black_box(s.solve(1e-5, 30).expect("converges"))
        })
    });
}

criterion_group!(benches, flow);
criterion_main!(benches);
