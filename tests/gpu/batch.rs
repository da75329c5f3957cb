//! Batches through the wgpu backend: many cases on one grid, each as if it were alone; what fails and what does not fit.

use crate::common::gpu::{self, Problem, bits, difference, poisoned, shared};
use nanomold::backend::gpu::lower::{Lowering, Stages};
use nanomold::backend::gpu::packing::{Packing, classes};
use nanomold::backend::gpu::structs::CaseStatus;
use nanomold::backend::gpu::table::Entry;
use nanomold::backend::gpu::{Batch, GpuError, Outer, Sequence, Vector};
use nanomold::backend::{CpuBackend, Kernel, Plan};
use nanomold::compute::GpuFlow;
use nanomold::flow::solver::{FlowSolver, SolveError, Statistics};
use nanomold::kernels::SINGLE_FLOOR;
use nanomold::kernels::flow::coarse;
use std::sync::Arc;

const TOLERANCE: f64 = 1e-8;

type Solved = Result<Statistics, SolveError>;

/// Different problems on one grid: Λ from 0 to 100, lengths that need the same number of rows, with and without slip.
fn family(n: usize, count: usize) -> Vec<Problem> {
    (0..count)
        .map(|k| {
            let t = k as f64 / count as f64;
            Problem {
                slip: if k % 3 == 1 { 0.2 * t } else { 0.0 },
                ..Problem::new(
                    n,
                    2.0,
                    // Within half a granule of 2 R, so that the cells' heights differ and their number does not.
                    2.0 + 0.05 * t,
                    if k == 0 {
                        0.0
                    } else {
                        10f64.powf(2.0 - 5.0 * t)
                    },
                )
            }
        })
        .collect()
}

fn solvers(problems: &[Problem]) -> Vec<FlowSolver<f64>> {
    problems.iter().map(Problem::solver).collect()
}

fn solve_all(device: &mut GpuFlow, cases: &mut [FlowSolver<f64>], tolerance: f64) -> Vec<Solved> {
    let mut all: Vec<&mut FlowSolver<f64>> = cases.iter_mut().collect();
    let results = device.solve_batch(&mut all, tolerance, 30);
    results.expect("the device computes")
}

/// Every case of a batch gives the bits that it gives alone, and the CPU's flows.
#[test]
fn cases_of_a_batch_are_as_if_alone() {
    for (outer, n, counts) in [
        (Outer::Double, 8, &[1, 3, 64][..]),
        (Outer::Double, 16, &[3]),
        (Outer::HostDouble, 8, &[3]),
        (Outer::Single, 8, &[3]),
    ] {
        let tolerance = if outer == Outer::Single {
            SINGLE_FLOOR
        } else {
            TOLERANCE
        };
        for &count in counts {
            let problems = family(n, count);
            let mut together = solvers(&problems);
            let mut device = poisoned(shared(outer));
            let results = solve_all(&mut device, &mut together, tolerance);
            assert_eq!(results.len(), count);
            assert_eq!(device.batch().expect("a batch").cases(), count);
            let mut alone_on = poisoned(shared(outer));
            let (mut worst, mut spread) = (0.0_f64, [usize::MAX, 0]);
            for (k, problem) in problems.iter().enumerate() {
                let statistics = results[k].as_ref().unwrap_or_else(|e| panic!("{k}: {e}"));
                spread = [
                    spread[0].min(statistics.cycles),
                    spread[1].max(statistics.cycles),
                ];
                // Every case of a small batch, every seventh of a large one.
                if count > 3 && k % 7 != 0 {
                    continue;
                }
                let mut alone = problem.solver();
                let by_itself = alone_on
                    .solve(&mut alone, tolerance, 30)
                    .expect("converges");
                assert_eq!(*statistics, by_itself, "case {k} of {count}, {outer:?}");
                assert!(
                    bits(&together[k]) == bits(&alone),
                    "case {k} of {count}, {outer:?}"
                );
                let mut expected = problem.solver();
                expected.solve(tolerance, 30).expect("converges");
                let off = difference(&together[k].flows(), &expected.flows());
                // Mixed precision as the issue asks; single precision as in tests/gpu/flow.rs.
                let limit = if outer == Outer::Single { 3e-4 } else { 1e-6 };
                assert!(off < limit, "case {k} of {count}, {outer:?}: {off:.1e}");
                worst = worst.max(off);
                // Negative control: a neighbour's bits and flows are other ones.
                if k > 0 {
                    assert!(bits(&together[k]) != bits(&together[k - 1]));
                    let other = difference(&together[k].flows(), &together[k - 1].flows());
                    assert!(other > 1e-6, "cases {k} and {} are the same", k - 1);
                }
            }
            println!("{outer:?}, {count} cases: {worst:.1e}, {spread:?} cycles");
        }
    }
}

/// A batch gives the same bits with lanes, workgroups and cases in reverse.
#[test]
fn a_batch_does_not_depend_on_the_sequence_of_invocations() {
    let devices = [
        shared(Outer::Double),
        gpu::in_sequence(Outer::Double, Sequence::Reversed),
    ];
    for fuses in [true, false] {
        let [given, reversed] = devices.each_ref().map(|gpu| {
            let mut device = poisoned(Arc::clone(gpu));
            device.fuse(fuses);
            let mut cases = solvers(&family(8, 5));
            for result in solve_all(&mut device, &mut cases, TOLERANCE) {
                result.expect("converges");
            }
            cases.iter().map(bits).collect::<Vec<_>>()
        });
        for (k, (a, b)) in given.iter().zip(&reversed).enumerate() {
            assert!(a == b, "case {k}, fused {fuses}");
        }
    }
}

/// Cases that start from a guess beside cases that start from rest; one of them is solved already.
#[test]
fn warm_and_cold_starts_mix() {
    for outer in [Outer::Double, Outer::HostDouble] {
        let problems = family(8, 4);
        let mut near = Problem {
            lambda: problems[1].lambda * 1.001,
            ..problems[1]
        }
        .solver();
        near.solve(TOLERANCE, 30).expect("converges");
        let mut solved = problems[2].solver();
        solved.solve(1e-11, 30).expect("converges");
        let starts = || {
            let mut cases = solvers(&problems);
            cases[1].state_mut().copy_from_slice(near.state());
            cases[2].state_mut().copy_from_slice(solved.state());
            cases
        };
        let mut device = poisoned(shared(outer));
        let mut together = starts();
        let results = solve_all(&mut device, &mut together, TOLERANCE);
        let cycles: Vec<usize> = results
            .iter()
            .map(|r| r.as_ref().expect("converges").cycles)
            .collect();
        println!("{outer:?}: {cycles:?} cycles");
        let mut alone = starts();
        for (k, s) in alone.iter_mut().enumerate() {
            let own = poisoned(shared(outer))
                .solve(s, TOLERANCE, 30)
                .expect("converges");
            assert_eq!(own.cycles, cycles[k], "case {k}");
            assert!(bits(s) == bits(&together[k]), "case {k}, {outer:?}");
            let mut expected = starts().swap_remove(k);
            let on_cpu = expected.solve(TOLERANCE, 30).expect("converges");
            assert!(own.cycles.abs_diff(on_cpu.cycles) <= 1, "case {k}");
            assert!(difference(&s.flows(), &expected.flows()) < 1e-6, "case {k}");
        }
        // A start that is off by a thousandth in Λ saves cycles, a solved problem costs none.
        assert!(cycles[1] < cycles[0] && cycles[2] == 0, "{cycles:?}");
    }
}

/// A case that has converged is left alone: its residuals are no longer taken and its state no longer written.
#[test]
fn finished_cases_stop_costing() {
    let problems = family(8, 3);
    let mut cases = solvers(&problems);
    cases[1].solve(1e-11, 30).expect("converges");
    let start: Vec<f64> = cases[1].state().to_vec();
    let mut device = poisoned(shared(Outer::Double));
    let results = solve_all(&mut device, &mut cases, TOLERANCE);
    let batch = device.batch().expect("a batch");
    let status = batch.status().expect("read");
    for (k, (status, result)) in status.iter().zip(&results).enumerate() {
        let statistics = result.as_ref().expect("converges");
        let worked = k != 1;
        assert_eq!(
            statistics.cycles > 3,
            worked,
            "more than one look: case {k}"
        );
        // In the last look the finished case was neither run nor corrected.
        assert_eq!(status.checks > 0, worked, "case {k}: {status:?}");
        assert_eq!(status.pending == 1, worked, "case {k}: {status:?}");
        assert_eq!(status.running, 0);
    }
    assert_eq!(results[1].as_ref().expect("converges").residuals.len(), 1);
    // Its state on the device is still its start, but for the sweep that its only check took.
    let states = batch.outer_states(&[0, 1]).expect("read");
    let moved = states[1][0].iter().zip(&start).map(|(a, b)| (a - b).abs());
    assert!(gpu::worst(moved) < 1e-8);
    assert!(
        states[0][0]
            .iter()
            .zip(&start)
            .any(|(a, b)| (a - b).abs() > 1e-3)
    );
}

/// What cannot converge fails alone, with its own error, and leaves nothing behind for the next solve.
#[test]
fn a_broken_case_fails_alone() {
    type Break = fn(&mut FlowSolver<f64>);
    let breaks: [(&str, Break); 4] = [
        ("NaN in the right-hand side", |s| s.rhs_mut()[40] = f64::NAN),
        ("infinite right-hand side", |s| {
            s.rhs_mut()[40] = f64::INFINITY
        }),
        ("NaN in the first guess", |s| s.state_mut()[40] = f64::NAN),
        ("coarse solve with the wrong sign", |s| {
            s.backend
                .coarse
                .inverse
                .iter_mut()
                .flatten()
                .for_each(|v| *v = -*v);
        }),
    ];
    let problems = family(8, 3);
    for outer in [Outer::Double, Outer::HostDouble, Outer::Single] {
        let tolerance = if outer == Outer::Single {
            SINGLE_FLOOR
        } else {
            TOLERANCE
        };
        let mut device = poisoned(shared(outer));
        let mut whole = solvers(&problems);
        solve_all(&mut device, &mut whole, tolerance)
            .into_iter()
            .for_each(|r| assert!(r.is_ok()));
        for (what, break_it) in breaks {
            let mut cases = solvers(&problems);
            break_it(&mut cases[1]);
            let before = bits(&cases[1]);
            let results = solve_all(&mut device, &mut cases, tolerance);
            let Err(error) = &results[1] else {
                panic!("{outer:?}, {what}: {:?}", results[1]);
            };
            let text = error.to_string();
            println!("{outer:?}, {what}: {text}");
            assert!(
                text.contains("cycles") && text.contains("tried"),
                "{what}: {text}"
            );
            let says_why = text.contains("not a finite number");
            assert!(says_why || what.contains("sign"), "{what}: {text}");
            assert!(bits(&cases[1]) == before, "{what}: the guess is kept");
            for k in [0, 2] {
                assert!(results[k].is_ok(), "{outer:?}, {what}: case {k}");
                assert!(
                    bits(&cases[k]) == bits(&whole[k]),
                    "{outer:?}, {what}: case {k}"
                );
            }
            // The place of the broken case is as good as new.
            let mut next = solvers(&problems);
            assert!(
                solve_all(&mut device, &mut next, tolerance)[1].is_ok(),
                "after {what}"
            );
            assert!(bits(&next[1]) == bits(&whole[1]), "after {what}");
        }
    }
}

/// More cases than there is room for are solved one part after the other, with the same bits and on one batch.
#[test]
fn batches_are_split_where_they_do_not_fit() {
    let problems = family(5, 7);
    let mut whole = solvers(&problems);
    solve_all(&mut poisoned(shared(Outer::Double)), &mut whole, TOLERANCE);
    for room in [1, 3] {
        let mut device = poisoned(shared(Outer::Double));
        device.limit_cases(room);
        let mut parts = solvers(&problems);
        let results = solve_all(&mut device, &mut parts, TOLERANCE);
        assert_eq!(results.len(), problems.len());
        assert_eq!(device.batch().expect("a batch").cases(), room);
        for (k, result) in results.iter().enumerate() {
            assert!(result.is_ok(), "case {k}");
            assert!(
                bits(&parts[k]) == bits(&whole[k]),
                "case {k}, room for {room}"
            );
        }
    }
}

// ---------------------------------------------------------------------------------------------------------------
// Limits
// ---------------------------------------------------------------------------------------------------------------

/// A problem that is too large is refused with the limit and the excess before anything is allocated.
#[test]
fn a_problem_that_does_not_fit_says_by_how_much() {
    let device = shared(Outer::Double);
    let mut like = Problem::new(3, 1.5, 2.0, 1.0).solver().backend;
    // A layout of 6 GiB; the tables that would go with it are not looked at.
    like.levels[0].tables.layout.rows = 1 << 25;
    let error = Batch::new(Arc::clone(&device), &like, &[1], 1).expect_err("no adapter takes that");
    let GpuError::DoesNotFit {
        what,
        limit,
        needed,
        allowed,
        ..
    } = &error
    else {
        panic!("{error}");
    };
    let packing = Packing::new(vec![like.levels[0].tables.layout], &[1], &like.coarse)
        .expect("the shape is one that shaders take");
    let numbers = match *what {
        "tables" => packing.batch.tables,
        "vectors" => packing.batch.vectors,
        other => panic!("{other} are not what is large"),
    };
    assert_eq!(*needed, 4 * u64::from(numbers));
    let text = error.to_string();
    println!("{text}");
    assert!(needed > allowed, "{text}");
    assert!(
        text.contains(limit) && text.contains(&(needed - allowed).to_string()),
        "{text}"
    );
    assert!(text.contains(device.name()), "{text}");
    // Nothing has been spoilt by the attempt.
    device.check().expect("the device goes on");
}

/// The coarse solve of a case on its own, as one dispatch or several. Largest error relative to the solution's size.
fn coarse_error(case: &CpuBackend<f64>, merge: bool) -> (f64, usize) {
    let level = case.levels.len() - 1;
    let most = classes(&case.levels);
    let mut batch = Batch::new(shared(Outer::Double), case, &most, 1).expect("made");
    batch.poison();
    batch.upload(0, case);
    batch.set_status(&[CaseStatus {
        running: 1,
        ..Default::default()
    }]);
    // A right-hand side of the kind that a solve has: a load at the inlet.
    let rhs = &case.levels[level].rhs;
    let single: Vec<f32> = rhs.iter().map(|&v| v as f32).collect();
    batch.set(0, level, Vector::Rhs, &single);
    batch.set(0, level, Vector::State, &vec![0.0; rhs.len()]);
    let mut plan = Plan::default();
    plan.push(Kernel::Coarse, level);
    let mut stages = Stages::default();
    Lowering::new(batch.packing(), 1).plan(&plan, &mut stages);
    if merge {
        let mut whole = stages.stages[0].clone();
        whole.order.source = stages.program.len() as u32;
        stages.stages = vec![whole];
    }
    assert!(stages.stages.iter().all(|s| s.entry == Entry::Cycle));
    let count = stages.stages.len();
    let loaded = batch.load(stages);
    batch.submit(&loaded).expect("the device computes");
    let found = batch.get(0, level, Vector::State).expect("read");
    let mut expected = vec![0.0; rhs.len()];
    coarse::solve(&case.coarse, rhs, &mut expected);
    let size = expected.iter().fold(0.0_f64, |m, v| m.max(v.abs()));
    let pairs = found.iter().zip(&expected);
    let worst = gpu::worst(pairs.map(|(&f, e)| (f64::from(f) - e).abs() / size));
    (worst, count)
}

/// A long pore's coarse solve is split into dispatches that no adapter cuts short. The software adapter does so silently
/// with a longer one: the negative control, which also tells when that limit is gone.
#[test]
fn long_programs_are_split() {
    let case = Problem::new(3, 1.5, 700.0, 1.0 / 32.0).solver().backend;
    let (split, parts) = coarse_error(&case, false);
    println!("{parts} dispatches: {split:.1e}");
    assert!(parts > 1, "the program is long enough to be split");
    // Rounding, amplified by 2100 rows of cells.
    assert!(split < 1e-2, "{split:.1e}");
    let (merged, one) = coarse_error(&case, true);
    println!("one dispatch: {merged:.1e}");
    assert_eq!(one, 1);
    if shared(Outer::Double).name().contains("llvmpipe") {
        assert!(merged > 10.0 * split, "the limit is not seen: {merged:.1e}");
    } else {
        assert!(merged < 1e-2, "{merged:.1e}");
    }
}

/// A list that is too long for one submission gives what its halves give one after the other.
#[test]
fn long_lists_are_split_into_submissions() {
    let case = Problem::new(5, 2.0, 1.2, 0.5).solver().backend;
    let found = [1, 2].map(|parts| {
        // Its own: the submissions of other tests are not counted.
        let device = gpu::open(Outer::Double);
        let mut batch =
            Batch::new(Arc::clone(&device), &case, &classes(&case.levels), 1).expect("made");
        batch.poison();
        batch.upload(0, &case);
        batch.set_status(&[CaseStatus {
            running: 1,
            pending: 1,
            ..Default::default()
        }]);
        let mut setup = Stages::default();
        let lowering = Lowering::new(batch.packing(), 1);
        lowering.boxes(&mut setup);
        // A load for the smoother, from rest.
        lowering.defect(8, &mut setup);
        let mut plan = Plan::default();
        for k in 0..800 / parts {
            let (colour, from) = (k as u8 % 4, k as u8 % 2);
            plan.push(Kernel::Smooth { colour, from }, 0);
        }
        let mut stages = Stages::default();
        lowering.separate().plan(&plan, &mut stages);
        let setup = batch.load(setup);
        batch.submit(&setup).expect("the device computes");
        let before = batch.get(0, 0, Vector::State).expect("read");
        let loaded = batch.load(stages);
        let mut submissions = 0;
        for _ in 0..parts {
            let so_far = device.submissions();
            batch.submit(&loaded).expect("the device computes");
            submissions += device.submissions() - so_far;
        }
        let after = batch.get(0, 0, Vector::State).expect("read");
        assert!(before != after && after.iter().all(|v| v.is_finite()));
        (submissions, after)
    });
    assert_eq!(found[0].0, 2, "800 dispatches");
    assert!(found[0] == found[1], "the same work, the same bits");
}
