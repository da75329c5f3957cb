//! The solver as such: cycles, precision, threads, failure and mass balance.

use crate::common::{long, mesh};
use nanomold::flow::discretise::{Medium, layout};
use nanomold::flow::grid::Grid;
use nanomold::flow::solver::{FlowSolver, Flows, Loads, SolveError};
use nanomold::kernels::Real;

const LOADS: Loads = Loads {
    inlet_pressure: 1.0,
    tip_pressure: 0.0,
};

fn solver<T: Real>(n: usize, cell_radius: f64, length: f64, lambda: f64) -> FlowSolver<T> {
    let grid = Grid::new(&mesh(cell_radius, 2.0 * cell_radius, n), length);
    let medium = Medium::uniform(&layout(&grid, [0, 0]), lambda, 0.0);
    FlowSolver::new(grid, &medium, LOADS).expect("the coarsest level is regular")
}

/// The limit that the solver is held to; 8 to 11 were measured on uniform grids.
const MOST_CYCLES: usize = 12;

#[test]
fn few_cycles_everywhere() {
    let sizes: &[usize] = if long() {
        &[8, 12, 16, 24, 32, 48, 64]
    } else {
        &[8, 12, 16, 24, 32]
    };
    let mut worst = vec![(0, String::new()); sizes.len()];
    for (place, &n) in sizes.iter().enumerate() {
        for cell_radius in [1.5, 2.5, 4.0, 8.0] {
            for length in [0.25, 1.0, 4.0, 32.0] {
                // The costly corner of the matrix, run on demand only.
                if !long() && (n > 16 && (length > 8.0 || cell_radius > 4.0)) {
                    continue;
                }
                for lambda in [0.0, 1e-3, 1.0 / 32.0, 1.0, 100.0] {
                    let mut s = solver::<f64>(n, cell_radius, length, lambda);
                    let case = format!("N = {n}, R_c = {cell_radius}, L = {length}, Λ = {lambda}");
                    let statistics = s.solve(1e-8, 30).unwrap_or_else(|e| panic!("{case}: {e}"));
                    // Mass: closed row by row, so round-off of sums over a few hundred faces.
                    assert!(
                        s.flows().mass_defect() < 1e-10,
                        "{case}: defect {:.1e}",
                        s.flows().mass_defect()
                    );
                    if statistics.cycles > worst[place].0 {
                        worst[place] = (statistics.cycles, case);
                    }
                }
            }
        }
    }
    worst
        .iter()
        .for_each(|(cycles, case)| println!("{cycles} cycles at {case}"));
    for (cycles, case) in &worst {
        assert!(*cycles <= MOST_CYCLES, "{cycles} cycles at {case}");
    }
    // Flat in N: every doubling would cost a cycle or more if the coarse grid did not do its share. N = 8 has three levels
    // only, and is better than the rest for that.
    let least = worst[1..].iter().map(|w| w.0).min().expect("sizes");
    assert!(worst[worst.len() - 1].0 <= least + 2, "{worst:?}");
}

/// The state is closed after the solve; before it the balance is as good as the residual only. The check that the
/// tests rely on must see the difference.
#[test]
fn mass_check_sees_a_leak() {
    let mut s = solver::<f64>(16, 2.5, 2.0, 1.0 / 32.0);
    s.solve(1e-8, 30).expect("converges");
    assert!(s.flows().mass_defect() < 1e-10);
    let face = s.layout().segments()[1].start + 3;
    s.state_mut()[face] *= 1.0 + 1e-4;
    assert!(s.flows().mass_defect() > 1e-10);
}

#[test]
fn closing_the_balance_changes_no_more_than_the_tolerance() {
    let flows = |tolerance: f64| -> Flows {
        let mut s = solver::<f64>(16, 2.5, 2.0, 1.0 / 32.0);
        s.solve(tolerance, 30).expect("converges");
        s.flows()
    };
    let (coarse, fine) = (flows(1e-8), flows(1e-12));
    for (a, b) in [
        (coarse.core, fine.core),
        (coarse.layer, fine.layer),
        (coarse.mouth, fine.mouth),
    ] {
        // Rates follow the residual with the amplification of the tube's length in cells, some tens.
        assert!((a / b - 1.0).abs() < 1e-6, "{a} against {b}");
    }
}

#[test]
fn single_precision_stalls_where_it_should_and_its_flows_are_good() {
    for (length, lambda) in [(2.0, 1.0 / 32.0), (8.0, 1.0)] {
        let mut double = solver::<f64>(16, 2.5, length, lambda);
        double.solve(1e-10, 30).expect("converges");
        let mut single = solver::<f32>(16, 2.5, length, lambda);
        // Reachable in f32 …
        single.solve(1e-5, 30).expect("1e-5 is within reach of f32");
        // A residual of 1e-5 leaves the rates off by the tube's length in cells, some tens of times that.
        let (a, b) = (single.flows(), double.flows());
        for (a, b) in [(a.total(), b.total()), (a.core, b.core), (a.layer, b.layer)] {
            assert!(
                (a / b - 1.0).abs() < 3e-4,
                "L = {length}, Λ = {lambda}: {a} in f32, {b} in f64"
            );
        }
        // … and not: round-off of a stress of 1 against differences of neighbours stops it near 1e-6.
        let Err(SolveError::NotConverged { residual, .. }) = single.solve(1e-9, 40) else {
            panic!("f32 cannot reach 1e-9");
        };
        println!("f32 stalls at {residual:.1e}");
        assert!(residual < 1e-5, "stalled at {residual:.1e}");
    }
}

#[test]
fn threads_do_not_change_a_bit() {
    let bits = |threads: usize| -> Vec<u64> {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .expect("a pool");
        pool.install(|| {
            let mut s = solver::<f64>(32, 2.5, 4.0, 1.0 / 32.0);
            s.solve(1e-8, 30).expect("converges");
            s.state().iter().map(|v| v.to_bits()).collect()
        })
    };
    let one = bits(1);
    for threads in [2, 3] {
        let other = bits(threads);
        let different = one.iter().zip(&other).filter(|(a, b)| a != b).count();
        assert_eq!(
            different,
            0,
            "{different} of {} values differ with {threads} threads",
            one.len()
        );
    }
    // The comparison compares something.
    assert!(one.iter().filter(|b| **b != 0).count() > one.len() / 2);
}

/// What broke must be said; nothing broken may pass.
#[test]
fn broken_solvers_fail_loudly() {
    type Break = fn(&mut FlowSolver<f64>);
    let breaks: [(&str, Break); 5] = [
        ("NaN in the right-hand side", |s| s.rhs_mut()[40] = f64::NAN),
        ("NaN in the first guess", |s| s.state_mut()[40] = f64::NAN),
        ("boxes zeroed", |s| {
            s.backend.levels[0]
                .boxes
                .bulk
                .iter_mut()
                .for_each(|b| b.fill(0.0));
            s.backend.levels[0]
                .boxes
                .wall
                .iter_mut()
                .for_each(|b| b.fill(0.0));
        }),
        ("boxes with the wrong sign", |s| {
            s.backend.levels[0]
                .boxes
                .bulk
                .iter_mut()
                .flatten()
                .for_each(|v| *v = -*v);
        }),
        ("coarse solve with the wrong sign", |s| {
            s.backend
                .coarse
                .inverse
                .iter_mut()
                .flatten()
                .for_each(|v| *v = -*v);
        }),
    ];
    for (what, break_it) in breaks {
        let mut s = solver::<f64>(16, 2.5, 2.0, 1.0 / 32.0);
        s.backend.prepare();
        break_it(&mut s);
        let error = s.solve(1e-8, 30).expect_err(what);
        let text = error.to_string();
        println!("{what}: {text}");
        assert!(
            text.contains("cycles") && text.contains("tried"),
            "{what}: {text}"
        );
        let SolveError::NotConverged { cycles, .. } = error else {
            panic!("{what}: {text}")
        };
        assert!(cycles <= 30);
    }
    // The same solver unbroken does converge.
    solver::<f64>(16, 2.5, 2.0, 1.0 / 32.0)
        .solve(1e-8, 30)
        .expect("converges");
}
