//! Single solves through the wgpu backend: rungs 1 and 7, precisions, grids of all shapes, long pores, repetition.
//!
//! Every buffer that shaders write is NaN before each solve, so that anything read before it was written would show.

use crate::common::gpu::{self, Problem, bits, difference, poisoned, shared};
use crate::common::shaped::{problem, shaped, solved};
use crate::common::{self, Places, bare_tube, even, reference};
use nanomold::backend::gpu::source::FUSED_WORKGROUP;
use nanomold::backend::gpu::{Gpu, GpuError, Outer, Sequence};
use nanomold::compute::{ComputeError, Computer, GpuFlow};
use nanomold::flow::discretise::{Medium, layout};
use nanomold::flow::grid::Grid;
use nanomold::flow::mapped;
use nanomold::flow::solver::{FlowSolver, Flows, Loads, SolveError, Statistics};
use nanomold::kernels::{Precision, SINGLE_FLOOR};
use nanomold::mesh::{MeshSpec, WallProfile};
use std::f64::consts::PI;
use std::sync::Arc;

/// What the flows of `flow` have to agree to with the CPU's, and the mass defect, both in mixed precision.
const AGREEMENT: f64 = 1e-6;

/// The tolerance of `flow` unless the case says otherwise, and of most tests here.
const TOLERANCE: f64 = 1e-8;

// ---------------------------------------------------------------------------------------------------------------
// Rung 1
// ---------------------------------------------------------------------------------------------------------------

const VISCOSITY: f64 = 1.7;
const PRESSURES: (f64, f64) = (2.3, 0.4);

/// A tube without a reservoir, square cells; both ends are tractions without shear, so that the flow is parallel only away
/// from them.
fn tube(n: usize, length: f64, mobility: f64, slip: f64) -> FlowSolver<f64> {
    let rows = (length * n as f64) as usize;
    let grid = bare_tube(even(0.0, 1.0, n), even(0.0, length, rows));
    let medium = common::medium(&grid, |_, _| VISCOSITY, |_| mobility, slip);
    let loads = Loads {
        inlet_pressure: PRESSURES.0,
        tip_pressure: PRESSURES.1,
    };
    FlowSolver::new(grid, &medium, loads).expect("the coarsest level is regular")
}

/// Largest relative error of the conductance of the bulk, of the profile and of the layer's flow in the middle of a tube:
/// core flow (1 + 4b)/(16 η) and layer flow M over the pressure gradient, per radian; w = (1 − r² + 2b)/(4 η) of it, as
/// ring averages.
fn poiseuille_error(solver: &FlowSolver<f64>, mobility: f64, slip: f64) -> f64 {
    let (l, x) = (solver.layout(), solver.state());
    let (at, grid) = (Places(l), &solver.grid);
    let tables = &solver.backend.levels[0].tables;
    let (j, n) = (grid.rows() / 2, grid.pore_across);
    let step = grid.z[1] - grid.z[0];
    let gradient = (x[at.p(0, j - 1)] - x[at.p(0, j)]) / step;
    let areas = (0..n).map(|i| 0.5 * (grid.r[i + 1].powi(2) - grid.r[i].powi(2)));
    let flow: f64 = areas.enumerate().map(|(i, a)| a * x[at.w(i, j)]).sum();
    let mut worst = (flow / gradient * 16.0 * VISCOSITY / (1.0 + 4.0 * slip) - 1.0).abs();
    for i in 0..n {
        let (a, b) = (grid.r[i], grid.r[i + 1]);
        let exact = gradient / (4.0 * VISCOSITY) * (1.0 + 2.0 * slip - 0.5 * (a * a + b * b));
        worst = worst.max((x[at.w(i, j)] - exact).abs() / (2.0 * flow));
    }
    let layer = tables.conductance[j] * (x[at.layer(j - 1)] - x[at.layer(j)]) / gradient;
    worst.max((layer - mobility).abs())
}

/// Conductance and profile are exact on every grid, one direct solve (N = 2, 3) or multigrid.
///
/// The slowest end effect decays like exp(−4.47 z/R) without a layer, like exp(−2.4 z/R) at Λ = 0.034 (`verification.md`,
/// rung 5): over half a length of 7 and 13 R both leave 3e-14. The residual of 1e-11 is amplified by the tube's length in
/// cells, a few hundreds at most, and a gradient is a difference of neighbours: 1e-7.
#[test]
fn straight_tube_is_exact() {
    for outer in [Outer::Double, Outer::HostDouble] {
        let mut device = poisoned(shared(outer));
        let mut worst: f64 = 0.0;
        for n in [2, 3, 8, 16] {
            for (slip, mobility, length) in [(0.0, 0.0, 14.0), (0.3, 0.0, 14.0), (0.05, 0.02, 26.0)]
            {
                // One case is enough where the residual is formed on the host, and on the finest grid.
                if slip < 0.3 && (n == 16 || outer == Outer::HostDouble) {
                    continue;
                }
                let mut s = tube(n, length, mobility, slip);
                device.solve(&mut s, 1e-11, 40).expect("converges");
                let error = poiseuille_error(&s, mobility, slip);
                assert!(
                    error < 1e-7,
                    "{outer:?}, N = {n}, b = {slip}, M = {mobility}: {error:.1e}"
                );
                worst = worst.max(error);
            }
        }
        println!("{outer:?}: worst error {worst:.1e}");
    }
    // In single precision the rounding of a pressure of 1 against its difference over a cell, 1/100 here, and of a
    // residual of 1e-5 amplified by the length.
    let mut device = poisoned(shared(Outer::Single));
    let mut s = tube(8, 14.0, 0.0, 0.3);
    device.solve(&mut s, SINGLE_FLOOR, 40).expect("converges");
    let error = poiseuille_error(&s, 0.0, 0.3);
    println!("f32: {error:.1e}");
    assert!(error < 1e-3, "f32: {error:.1e}");
}

/// Negative controls: the comparator sees a wall factor that is left out and a friction that is too large by a hundredth,
/// solved just as well.
#[test]
fn planted_errors_of_the_tube_are_seen() {
    let n = 8;
    let naive = 2.0 * n as f64;
    let exact = tube(n, 14.0, 0.0, 0.0).backend.levels[0].tables.node_dr[n][2].abs();
    for (what, factor) in [("wall factor", naive / exact), ("friction", 1.01)] {
        let mut s = tube(n, 14.0, 0.0, 0.0);
        let tables = &mut s.backend.levels[0].tables;
        for j in 1..=tables.layout.rows as usize {
            tables.node_weight[tables.layout.node_row(j).start + n] *= factor;
        }
        let mut device = poisoned(shared(Outer::Double));
        device.solve(&mut s, 1e-11, 60).expect("converges");
        let error = poiseuille_error(&s, 0.0, 0.0);
        println!("{what}: {error:.1e}");
        assert!(error > 1e-3, "{what}: {error:.1e} is not seen");
    }
}

// ---------------------------------------------------------------------------------------------------------------
// Rung 7
// ---------------------------------------------------------------------------------------------------------------

/// Solves a problem on both sides from rest and compares: flows, mass balance, cycles, history of residuals.
#[track_caller]
fn compare(device: &mut GpuFlow, problem: &Problem, tolerance: f64) -> (Flows, f64) {
    let mut reference = problem.solver();
    let on_cpu = reference.solve(tolerance, 30).expect("the CPU converges");
    let mut solver = problem.solver();
    let on_gpu = device
        .solve(&mut solver, tolerance, 30)
        .unwrap_or_else(|e| panic!("{problem:?}: {e}"));
    let (flows, expected) = (solver.flows(), reference.flows());
    let off = difference(&flows, &expected);
    assert!(off < AGREEMENT, "{problem:?}: flows differ by {off:.1e}");
    assert!(
        flows.mass_defect() < AGREEMENT,
        "{problem:?}: mass defect {:.1e}",
        flows.mass_defect()
    );
    assert!(
        on_gpu.cycles.abs_diff(on_cpu.cycles) <= 1,
        "{problem:?}: {} cycles, {} on the CPU",
        on_gpu.cycles,
        on_cpu.cycles
    );
    // The residual that the device reports is that of the state it hands over.
    let last = *on_gpu.residuals.last().expect("a residual");
    assert!(last <= 1.1 * tolerance, "{problem:?}: {last:.1e}");
    let excess = history_excess(&on_gpu, &on_cpu, tolerance);
    assert!(
        excess < HISTORY,
        "{problem:?}: {excess:.3}, {:?} and {:?}",
        on_gpu.residuals,
        on_cpu.residuals
    );
    (flows, off)
}

/// Residuals of the same cycle on both sides agree to this factor.
const HISTORY: f64 = 1.5;

/// Largest factor between the residuals of the same cycle.
fn history_excess(a: &Statistics, b: &Statistics, tolerance: f64) -> f64 {
    let ratio = |(a, b): (&f64, &f64)| (a / b).max(b / a);
    let both = a.residuals.iter().zip(&b.residuals);
    both.filter(|(a, b)| **a > tolerance && **b > tolerance)
        .map(ratio)
        .fold(1.0, f64::max)
}

#[test]
fn every_row_of_the_reference_as_on_the_cpu() {
    let mut device = poisoned(shared(Outer::Double));
    let (mut worst, mut seen) = (0.0_f64, 0);
    for row in reference::reference() {
        // A few rows on the finer grid, where there are limits against the reference itself.
        let fine = [(0.5, 0.0), (2.0, 1.0 / 32.0), (2.0, 1.0), (8.0, 1e-3)];
        let sizes: &[usize] = if fine.contains(&(row.length, row.lambda)) {
            &[16, 32]
        } else {
            &[16]
        };
        for &n in sizes {
            let problem = Problem {
                n,
                reservoir: (row.cell_radius, row.depth),
                length: row.length,
                lambda: row.lambda,
                slip: 0.0,
            };
            let (flows, off) = compare(&mut device, &problem, TOLERANCE);
            worst = worst.max(off);
            if n == 32 {
                let (limit, split) = reference::limit_reached(row.length, row.lambda);
                let error = |own: f64, expected: f64| (2.0 * PI * own - expected).abs() / row.total;
                let total = error(flows.total(), row.total);
                println!("L = {}, Λ = {}: {total:.1e}", row.length, row.lambda);
                assert!(total < limit, "{problem:?}: {total:.1e}");
                assert!(error(flows.core, row.core) < split, "{problem:?}");
                assert!(error(flows.layer, row.layer) < split, "{problem:?}");
                seen += 1;
            }
        }
    }
    assert_eq!(seen, 4, "the rows on the finer grid are there");
    println!("largest difference of a flow {worst:.1e}");
}

/// Negative controls of [`compare`]: flows of a problem that differs by 1e-5 in Λ or by 1e-6 R in slip, a leak, a history
/// that is a cycle late.
#[test]
fn comparators_see_small_differences() {
    let problem = Problem::new(16, 2.5, 2.0, 1.0 / 32.0);
    let mut device = poisoned(shared(Outer::Double));
    let mut solve = |problem: &Problem| {
        let mut s = problem.solver();
        let statistics = device.solve(&mut s, TOLERANCE, 30).expect("converges");
        (s, statistics)
    };
    let (s, statistics) = solve(&problem);
    for other in [
        Problem {
            lambda: problem.lambda * 1.0001,
            ..problem
        },
        Problem {
            slip: 1e-5,
            ..problem
        },
    ] {
        let off = difference(&solve(&other).0.flows(), &s.flows());
        println!("{other:?}: {off:.1e}");
        assert!(off > AGREEMENT, "{other:?} is not seen: {off:.1e}");
    }
    let mut leaking = s.clone();
    let face = s.layout().segments()[1].start + 3;
    leaking.state_mut()[face] *= 1.001;
    assert!(leaking.flows().mass_defect() > AGREEMENT);
    assert!(difference(&leaking.flows(), &s.flows()) > AGREEMENT);
    let mut late = statistics.clone();
    late.residuals.insert(0, 1.0);
    assert!(history_excess(&late, &statistics, TOLERANCE) > HISTORY);
}

// ---------------------------------------------------------------------------------------------------------------
// Precisions
// ---------------------------------------------------------------------------------------------------------------

/// With the outer problem in doubles, on the device or on the host, a solve is as accurate as the CPU's; in single precision
/// the residual and with it the flows stop at what `docs/numerics.md` says.
#[test]
fn accuracy_of_the_precisions() {
    for problem in [
        Problem::new(16, 2.5, 2.0, 1.0 / 32.0),
        Problem::new(16, 2.5, 8.0, 1.0),
        Problem::new(16, 4.0, 4.0, 0.0),
    ] {
        let mut exact = problem.solver();
        exact.solve(1e-12, 40).expect("converges");
        let flows_at = |outer: Outer, tolerance: f64| {
            let mut s = problem.solver();
            let mut device = poisoned(shared(outer));
            let statistics = device.solve(&mut s, tolerance, 40);
            let off = difference(&s.flows(), &exact.flows());
            (s, statistics, off)
        };
        for outer in [Outer::Double, Outer::HostDouble] {
            let (mut s, statistics, off) = flows_at(outer, 1e-11);
            statistics.expect("mixed precision reaches 1e-11");
            println!("{outer:?} to 1e-11: flows off by {off:.1e}");
            // A residual of 1e-11 and its amplification by the length in cells, some hundreds.
            assert!(off < 1e-8, "{outer:?}, {problem:?}: {off:.1e}");
            assert!(s.flows().mass_defect() < 1e-10);
            // The CPU finds the same residual for that state, up to what closing the balance changes.
            let residual = s.relative_residual();
            assert!(residual < 1e-10, "{outer:?}, {problem:?}: {residual:.1e}");
        }
        let reachable = Precision::F32.reachable(TOLERANCE);
        assert_eq!(reachable, SINGLE_FLOOR);
        let (s, statistics, off) = flows_at(Outer::Single, reachable);
        statistics.expect("1e-5 is within reach of single precision");
        let defect = s.flows().mass_defect();
        println!("single to {reachable:.0e}: flows off by {off:.1e}, defect {defect:.1e}");
        // As for the CPU's kernels in f32 (tests/flow/multigrid.rs): 1e-5 times the length in cells, some tens.
        assert!(off < 3e-4, "{problem:?}: {off:.1e}");
        assert!(defect < 1e-5, "{problem:?}: {defect:.1e}");
        // The comparison would see that this is not what the outer precision gives.
        assert!(off > 1e-8, "{problem:?}: {off:.1e} in single precision");
        let (_, statistics, _) = flows_at(Outer::Single, 1e-9);
        let Err(ComputeError::Flow(SolveError::NotConverged { residual, .. })) = statistics else {
            panic!("{problem:?}: single precision cannot reach 1e-9");
        };
        println!("single stalls at {residual:.1e}");
        assert!(residual < SINGLE_FLOOR, "stalled at {residual:.1e}");
    }
}

// ---------------------------------------------------------------------------------------------------------------
// Grids
// ---------------------------------------------------------------------------------------------------------------

/// Grids that fill no workgroup, down to one cell across the pore, whose only level is solved directly.
#[test]
fn grids_of_all_shapes() {
    for outer in [Outer::Double, Outer::HostDouble] {
        let mut device = poisoned(shared(outer));
        for n in [1, 2, 3, 5, 7, 12, 19] {
            for (cell_radius, length, lambda) in [(1.7, 1.1, 0.1), (2.5, 3.3, 100.0)] {
                if outer == Outer::HostDouble && n > 7 {
                    continue;
                }
                let problem = Problem {
                    slip: 0.1,
                    ..Problem::new(n, cell_radius, length, lambda)
                };
                compare(&mut device, &problem, TOLERANCE);
            }
        }
    }
}

/// Pores of so many rows that the coarse levels' programs have to be split: the software adapter silently ends loops after
/// 65 535 iterations per invocation.
#[test]
fn long_pores() {
    let mut device = poisoned(shared(Outer::Double));
    for (n, length) in [(8, 64.0), (3, 512.0), (1, 700.0)] {
        let problem = Problem::new(n, 1.5, length, 1.0 / 32.0);
        let (_, off) = compare(&mut device, &problem, TOLERANCE);
        println!("N = {n}, L = {length}: {off:.1e}");
    }
}

// ---------------------------------------------------------------------------------------------------------------
// Coarsest levels that are wide
// ---------------------------------------------------------------------------------------------------------------

/// A reservoir of cells as small as those of the pore: the coarsest level, three cells across the pore, has some 3 R_c of them
/// across the reservoir.
fn wide(cell_radius: f64) -> FlowSolver<f64> {
    let mesh = MeshSpec {
        growth: 1.01,
        longest_cell: 1.0,
        ..common::mesh(cell_radius, cell_radius, 12)
    };
    let grid = Grid::new(&mesh, 2.0);
    let medium = Medium::uniform(&layout(&grid, [0, 0]), 1.0 / 32.0, 0.0);
    let loads = Loads {
        inlet_pressure: 1.0,
        tip_pressure: 0.0,
    };
    FlowSolver::new(grid, &medium, loads).expect("the coarsest level is regular")
}

/// A row of cells of the coarsest level with more unknowns than a workgroup has lanes.
#[test]
fn a_coarsest_level_may_have_more_unknowns_than_lanes() {
    let mut s = wide(28.0);
    let starts = &s.backend.coarse.starts;
    let widest = starts.windows(2).map(|s| s[1] - s[0]).max();
    assert!(widest > Some(FUSED_WORKGROUP), "{widest:?} unknowns");
    let mut expected = s.clone();
    let on_cpu = expected.solve(TOLERANCE, 30).expect("the CPU converges");
    let mut device = poisoned(shared(Outer::Double));
    let on_gpu = device.solve(&mut s, TOLERANCE, 30).expect("converges");
    let off = difference(&s.flows(), &expected.flows());
    println!(
        "{widest:?} unknowns: off by {off:.1e}, {} and {} cycles",
        on_gpu.cycles, on_cpu.cycles
    );
    assert!(off < AGREEMENT, "off by {off:.1e}");
    assert_eq!(on_gpu.cycles, on_cpu.cycles);
}

/// One that is too large is refused with its size and the limit; the CPU solves it where it may stand in.
#[test]
fn a_coarsest_level_that_is_too_large_is_refused() {
    let fresh = wide(32.0);
    for falls_back in [false, true] {
        let flow = GpuFlow::new(shared(Outer::Double));
        let mut computer = Computer::device(flow, Precision::Mixed, falls_back);
        let (s, solved) = computer.solve(fresh.clone(), TOLERANCE, 30);
        let refusal = if falls_back {
            solved.expect("the CPU converges");
            assert!(s.flows().total() > 0.0 && computer.gpu().is_none());
            computer.failure().expect("is kept").clone()
        } else {
            let Err(ComputeError::Device(error)) = solved else {
                panic!("{solved:?}");
            };
            error
        };
        let GpuError::TooLarge { why, .. } = &refusal else {
            panic!("{refusal}");
        };
        assert!(why.needed > why.allowed, "{refusal}");
        for part in [why.what, &why.needed.to_string(), &why.allowed.to_string()] {
            assert!(refusal.to_string().contains(part), "{refusal}");
        }
        println!("{refusal}");
    }
}

// ---------------------------------------------------------------------------------------------------------------
// Rung 20
// ---------------------------------------------------------------------------------------------------------------

/// The same case gives the same bits: again, after another problem on another grid, and on a new device.
#[test]
fn same_case_same_bits() {
    let problem = Problem::new(16, 2.5, 4.0, 1.0 / 32.0);
    for outer in [Outer::Double, Outer::HostDouble] {
        let solve = |device: &mut GpuFlow, problem: &Problem| {
            let mut s = problem.solver();
            let statistics = device.solve(&mut s, TOLERANCE, 30).expect("converges");
            (bits(&s), statistics)
        };
        let mut device = GpuFlow::new(shared(outer));
        let first = solve(&mut device, &problem);
        assert!(first == solve(&mut device, &problem), "again");
        // The same grid with other numbers, then another grid.
        let other = solve(
            &mut device,
            &Problem {
                lambda: problem.lambda * (1.0 + 1e-12),
                ..problem
            },
        );
        assert!(first == solve(&mut device, &problem), "after a neighbour");
        solve(&mut device, &Problem::new(5, 1.7, 1.1, 1.0));
        assert!(first == solve(&mut device, &problem), "after another grid");
        let mut again = poisoned(gpu::open(outer));
        assert!(first == solve(&mut again, &problem), "on a new device");
        // The comparison compares something, and would see a change in the twelfth digit.
        assert!(first.0.iter().filter(|b| **b != 0).count() > first.0.len() / 2);
        assert!(first.0 != other.0, "a change of 1e-12 in Λ is not seen");
    }
}

/// Solves give the same bits with lanes and workgroups in reverse, the coarse levels in one dispatch or kernel by kernel: a
/// GPU runs them as it likes, and the software adapter in its own order.
#[test]
fn solves_do_not_depend_on_the_sequence_of_invocations() {
    for outer in [Outer::Double, Outer::HostDouble, Outer::Single] {
        let devices = [shared(outer), gpu::in_sequence(outer, Sequence::Reversed)];
        let tolerance = if outer == Outer::Single {
            SINGLE_FLOOR
        } else {
            TOLERANCE
        };
        for fuses in [true, false] {
            for problem in [
                Problem::new(8, 2.5, 3.0, 1.0 / 32.0),
                Problem {
                    slip: 0.1,
                    ..Problem::new(7, 1.7, 1.1, 1.0)
                },
            ] {
                let [given, reversed] = devices.each_ref().map(|gpu| {
                    let mut device = poisoned(Arc::clone(gpu));
                    device.fuse(fuses);
                    let mut s = problem.solver();
                    let statistics = device.solve(&mut s, tolerance, 30).expect("converges");
                    (bits(&s), statistics)
                });
                assert!(given == reversed, "{outer:?}, fused {fuses}, {problem:?}");
            }
        }
    }
}

// ---------------------------------------------------------------------------------------------------------------
// Failures
// ---------------------------------------------------------------------------------------------------------------

/// A device that is lost between two solves or in the middle of one is an error, not a panic; the problem is as it was, so
/// that the CPU can take over.
#[test]
fn lost_devices_are_errors() {
    let problem = Problem::new(8, 2.5, 2.0, 1.0 / 32.0);
    let mut expected = problem.solver();
    expected.solve(TOLERANCE, 30).expect("converges");
    type Lose = fn(&Gpu);
    let ways: [(Outer, &str, Lose); 3] = [
        (Outer::Double, "between solves", |gpu| gpu.destroy()),
        (Outer::Double, "at the second submission", |gpu| {
            gpu.lose_after(gpu.submissions() + 1)
        }),
        (Outer::HostDouble, "at the fifth submission", |gpu| {
            gpu.lose_after(gpu.submissions() + 4)
        }),
    ];
    for (outer, what, lose) in ways {
        let opened = gpu::open(outer);
        let mut device = GpuFlow::new(Arc::clone(&opened));
        let mut s = problem.solver();
        device.solve(&mut s, TOLERANCE, 30).expect("converges");
        lose(&opened);
        let mut s = problem.solver();
        // The same grid, and then one that needs another batch.
        for _ in 0..2 {
            let error = device.solve(&mut s, TOLERANCE, 30).expect_err(what);
            let ComputeError::Device(GpuError::Lost { adapter, .. }) = &error else {
                panic!("{what}: {error}");
            };
            assert_eq!(adapter, opened.name());
            assert!(error.to_string().contains("the device was lost"), "{error}");
        }
        let mut other = Problem::new(5, 2.5, 2.0, 1.0).solver();
        device.solve(&mut other, TOLERANCE, 30).expect_err(what);
        assert!(s.state().iter().all(|x| *x == 0.0), "{what}: untouched");
        s.solve(TOLERANCE, 30).expect("the CPU converges");
        assert_eq!(bits(&s), bits(&expected), "{what}: as if nothing had been");
    }
}

/// The coarse levels in one dispatch or kernel by kernel: the same numbers, whatever is the default on this adapter.
#[test]
fn fused_and_separate_levels_agree() {
    let problem = Problem::new(16, 2.5, 3.0, 1.0 / 32.0);
    let mut solved = [true, false].map(|fuses| {
        let mut device = gpu::poisoned(gpu::shared(Outer::Double));
        device.fuse(fuses);
        let mut solver = problem.solver();
        let statistics = device.solve(&mut solver, 1e-8, 30).expect("converges");
        (solver, statistics)
    });
    // Not bit for bit: a compiler may contract products and sums in one program and not in the other.
    let [(fused, a), (separate, b)] = &mut solved;
    let off = gpu::difference(&fused.flows(), &separate.flows());
    println!(
        "fused against separate: {off:.1e}, {} and {} cycles",
        a.cycles, b.cycles
    );
    // Both end at residuals of some 1e-9.
    assert!(off < 1e-8, "{off:.1e}");
    assert_eq!(a.cycles, b.cycles);
}

/// In a pore that is no cylinder the host puts the slope of the wall on the right-hand side; the device solves the rest.
#[test]
fn pores_of_other_shapes_as_on_the_cpu() {
    let wall = WallProfile::Wavy {
        amplitude: -0.3,
        period: 8.0,
    };
    let spec = shaped(&wall, common::mesh(2.5, 5.0, 8));
    let (on_cpu, _) = solved(&spec, 4.0, 1.0 / 32.0, 1e-8);
    let mut device = GpuFlow::new(gpu::shared(Outer::Double));
    let (on_device, solved) = mapped::solve(
        problem(&spec, 4.0, 1.0 / 32.0),
        1e-8,
        |mut solver, tolerance| {
            let solved: Result<_, ComputeError> = device.solve(&mut solver, tolerance, 50);
            (solver, solved)
        },
    );
    solved.expect("the device solves it");
    // Both are solved to 1e-8.
    let off = gpu::difference(&on_cpu.flows(), &on_device.flows());
    assert!(off < 1e-6, "{off:e}");
    // To round-off of the residuals, which are read back in single precision.
    assert!(on_device.flows().mass_defect() < 1e-10);
}
