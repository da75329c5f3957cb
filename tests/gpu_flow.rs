//! Solves through the wgpu backend against the CPU's.

mod common;
#[path = "common/gpu.rs"]
mod gpu;

use nanomold::backend::gpu::Outer;
use nanomold::flow::discretise::{Medium, layout};
use nanomold::flow::gpu::GpuFlow;
use nanomold::flow::grid::Grid;
use nanomold::flow::solver::{FlowSolver, Loads};

fn problem(n: usize, cell_radius: f64, length: f64, lambda: f64) -> FlowSolver<f64> {
    let grid = Grid::new(&common::mesh(cell_radius, 2.0 * cell_radius, n), length);
    let medium = Medium::uniform(&layout(&grid, [0, 0]), lambda, 0.0);
    let loads = Loads {
        inlet_pressure: 1.0,
        tip_pressure: 0.0,
    };
    FlowSolver::new(grid, &medium, loads).expect("the solver is set up")
}

#[test]
fn smoke() {
    for outer in [Outer::Double, Outer::HostDouble, Outer::Single] {
        let mut device = GpuFlow::new(gpu::open(outer));
        println!("{} outer {:?}", device.gpu().name(), device.gpu().outer());
        for (n, l, lambda) in [(8, 2.0, 1.0 / 32.0), (16, 4.0, 1.0), (32, 8.0, 1.0 / 32.0)] {
            let mut a = problem(n, 2.5, l, lambda);
            let mut b = a.clone();
            let tolerance = if outer == Outer::Single { 1e-5 } else { 1e-8 };
            let clock = std::time::Instant::now();
            let cpu = a.solve(tolerance, 30).unwrap();
            let t0 = clock.elapsed();
            let clock = std::time::Instant::now();
            let gpu = device.solve(&mut b, tolerance, 30);
            let t1 = clock.elapsed();
            println!("{t0:?} {t1:?}");
            println!("cpu {cpu:?}\ngpu {gpu:?}");
            let (f, g) = (a.flows(), b.flows());
            println!("{:e} {:e}", g.total() / f.total() - 1.0, g.mass_defect());
        }
    }
}
