//! Every kernel of the wgpu backend, one application, against its f64 twin (rung 19 of the verification ladder).
//!
//! The bound is that of rounding: |g − c| ≤ k ε₃₂ Σ|a||x| with the terms that the kernel adds up and k about twice their
//! number. Vectors are random and of the size of a solution, everything that shaders write is NaN beforehand.

use crate::common::{self, gpu};
use nanomold::backend::gpu::lower::{Lowering, Stages};
use nanomold::backend::gpu::packing::classes;
use nanomold::backend::gpu::source::norm;
use nanomold::backend::gpu::structs::CaseStatus;
use nanomold::backend::gpu::{Batch, Gpu, Outer, Sequence, Vector};
use nanomold::backend::{CpuBackend, Kernel, Plan};
use nanomold::flow::assemble::entries;
use nanomold::flow::discretise::{Medium, layout};
use nanomold::flow::grid::Grid;
use nanomold::flow::solver::{FlowSolver, Loads};
use nanomold::front;
use nanomold::kernels::flow::boxes::{BULK, WALL};
use nanomold::kernels::flow::coarse;
use std::sync::Arc;

const EPS: f64 = f32::EPSILON as f64;

/// Cells across the pore, cell radius, length, Λ, Navier slip length, bulge of a free front of that mean
/// length.
type Shape = (usize, f64, f64, f64, f64, Option<f64>);

/// Grids whose numbers of cells are no multiples of anything, down to one cell across the pore.
const SHAPES: [Shape; 7] = [
    (1, 2.0, 3.0, 0.1, 0.0, None),
    (3, 2.5, 2.0, 1.0, 0.1, None),
    (5, 1.7, 1.1, 1.0 / 32.0, 0.0, None),
    (8, 2.5, 1.5, 1e-3, 0.0, None),
    (12, 1.5, 3.3, 100.0, 0.2, None),
    (7, 2.5, 1.5, 1.0 / 32.0, 0.1, Some(0.8)),
    (8, 2.0, 1.0, 1.0, 0.0, Some(-0.6)),
];

fn backend((n, cell_radius, length, lambda, slip, bulge): Shape) -> CpuBackend<f64> {
    let mesh = common::mesh(cell_radius, 2.0, n);
    let modes = front::Modes::new(n);
    let rolls = front::Closing::Rolls;
    let curve = bulge.map(|bulge| front::paraboloid(&modes, length, bulge, rolls));
    let grid = match &curve {
        Some(curve) => Grid::with_front(&mesh, curve.contact(), curve.top()),
        None => Grid::new(&mesh, length),
    };
    let mut medium = Medium::uniform(&layout(&grid, [0, 0]), lambda, slip);
    if let Some(curve) = &curve {
        medium.contact_friction = front::contact_friction(curve, None, slip, 1.0 / n as f64);
        medium.filling = Some(front::filling(&curve.chain(), &grid));
    }
    let loads = Loads {
        inlet_pressure: 1.0,
        tip_pressure: 0.0,
    };
    let mut backend = FlowSolver::<f64>::new(grid, &medium, loads)
        .expect("the solver is set up")
        .backend;
    backend.prepare();
    backend
}

/// The same random vectors on both sides; what a single-precision number holds.
fn fill(cpu: &mut CpuBackend<f64>, batch: &Batch, place: usize) {
    for (number, level) in cpu.levels.iter_mut().enumerate() {
        let l = level.tables.layout;
        let seed = 100 * place as u64 + 10 * number as u64;
        let draw = |k: u64, masked: bool| -> Vec<f64> {
            let mut v = common::random(l.len(), seed + k);
            let (nr, _, jm, nz) = l.sizes();
            for j in (0..nz).filter(|_| masked) {
                let row = l.radial_row(j);
                v[row.start] = 0.0;
                if j < jm {
                    v[row.start + nr] = 0.0;
                }
            }
            v.iter().map(|&x| f64::from(x as f32)).collect()
        };
        level.state = [draw(1, true), draw(2, true)];
        level.rhs = draw(3, true);
        level.residual = draw(4, true);
        for (vector, values) in [
            (Vector::State, &level.state[0]),
            (Vector::Double, &level.state[1]),
            (Vector::Rhs, &level.rhs),
            (Vector::Residual, &level.residual),
        ] {
            batch.set(place, number, vector, &single(values));
        }
    }
}

fn single(values: &[f64]) -> Vec<f32> {
    values.iter().map(|&v| v as f32).collect()
}

/// A batch of these cases on the device, with everything that shaders write poisoned, boxes built and vectors filled.
fn prepare(gpu: &Arc<Gpu>, cases: &mut [CpuBackend<f64>]) -> Batch {
    let most = cases
        .iter()
        .map(|c| classes(&c.levels))
        .fold(vec![0; cases[0].levels.len()], |most, own| {
            most.iter().zip(own).map(|(a, b)| *a.max(&b)).collect()
        });
    let mut batch =
        Batch::new(Arc::clone(gpu), &cases[0], &most, cases.len()).expect("the batch is made");
    assert_eq!(batch.cases(), cases.len());
    batch.poison();
    for (place, case) in cases.iter().enumerate() {
        batch.upload(place, case);
    }
    batch.set_status(&vec![running(); cases.len()]);
    let mut stages = Stages::default();
    Lowering::new(batch.packing(), cases.len() as u32).boxes(&mut stages);
    submit(&mut batch, stages);
    for (place, case) in cases.iter_mut().enumerate() {
        fill(case, &batch, place);
    }
    batch
}

fn running() -> CaseStatus {
    CaseStatus {
        running: 1,
        pending: 1,
        per_load: 1.0,
        ..Default::default()
    }
}

fn submit(batch: &mut Batch, stages: Stages) {
    let loaded = batch.load(stages);
    batch.submit(&loaded).expect("the device computes");
}

/// Runs one kernel on the device: by itself or as a fused program.
fn run(batch: &mut Batch, kernel: Kernel, level: usize, fused: bool) {
    let mut plan = Plan::default();
    plan.push(kernel, level);
    let mut stages = Stages::default();
    let lowering = Lowering {
        packing: batch.packing(),
        cases: batch.cases() as u32,
        fuse_from: if fused { 0 } else { usize::MAX },
    };
    lowering.plan(&plan, &mut stages);
    assert_eq!(
        stages.program.is_empty(),
        !fused && kernel != Kernel::Coarse
    );
    submit(batch, stages);
}

/// Number of terms of every row of K and Σ|a||x|.
fn magnitude(cpu: &CpuBackend<f64>, level: usize, x: &[f64]) -> (Vec<f64>, Vec<f64>) {
    let tables = &cpu.levels[level].tables;
    let (mut terms, mut sums) = (vec![0.0; x.len()], vec![0.0; x.len()]);
    for e in entries(tables) {
        terms[e.row] += 1.0;
        sums[e.row] += (e.value * x[e.column]).abs();
    }
    (terms, sums)
}

/// Largest ratio of difference to bound; above 1 the kernel is wrong.
fn excess(gpu: &[f32], cpu: &[f64], bound: &[f64]) -> f64 {
    assert!(gpu.len() == cpu.len() && cpu.len() == bound.len());
    gpu.iter()
        .zip(cpu)
        .zip(bound)
        .map(|((&g, &c), &b)| {
            let difference = (f64::from(g) - c).abs();
            if difference == 0.0 {
                0.0
            } else if difference.is_nan() {
                f64::INFINITY
            } else {
                difference / b
            }
        })
        .fold(0.0, f64::max)
}

/// The comparator must notice one entry that is off by one per cent of its bound's root.
fn assert_close(what: &str, gpu: &[f32], cpu: &[f64], bound: &[f64]) {
    let found = excess(gpu, cpu, bound);
    if found > 1.0 {
        let off: Vec<_> = (0..cpu.len())
            .filter(|&k| {
                let difference = (f64::from(gpu[k]) - cpu[k]).abs();
                difference > bound[k] || difference.is_nan()
            })
            .map(|k| (k, gpu[k], cpu[k]))
            .collect();
        println!(
            "{what}: {} of {} entries are off: {:?}",
            off.len(),
            cpu.len(),
            &off[..off.len().min(8)]
        );
    }
    assert!(
        found <= 1.0,
        "{what}: {found:.2e} times the bound of rounding"
    );
    // Negative controls: an entry that is off by a thousandth, an entry that was never written.
    if let Some(k) = (0..cpu.len()).find(|&k| cpu[k].abs() > 0.1 && bound[k] < 1e-4) {
        for wrong in [gpu[k] * 1.001, f32::NAN] {
            let mut damaged = gpu.to_vec();
            damaged[k] = wrong;
            assert!(
                excess(&damaged, cpu, bound) > 1.0,
                "{what}: damage is not seen"
            );
        }
    }
}

/// Runs a check of one kernel on every shape and on batches of 1, 3 and 64 cases of different length and Λ.
fn on_all(check: impl Fn(&mut Batch, &mut [CpuBackend<f64>])) {
    let gpu = gpu::open(Outer::Double);
    for shape in SHAPES {
        let mut cases = vec![backend(shape)];
        let mut batch = prepare(&gpu, &mut cases);
        check(&mut batch, &mut cases);
    }
    for count in [3, 64] {
        let mut cases: Vec<_> = (0..count)
            .map(|k| {
                let t = k as f64 / count as f64;
                backend((5, 2.0, 1.2 + 0.05 * t, 10f64.powf(2.0 - 4.0 * t), 0.0, None))
            })
            .collect();
        let mut batch = prepare(&gpu, &mut cases);
        check(&mut batch, &mut cases);
    }
}

#[test]
fn residual() {
    on_all(|batch, cases| {
        for fused in [false, true] {
            for level in 0..cases[0].levels.len() {
                run(batch, Kernel::Residual, level, fused);
                for (place, case) in cases.iter_mut().enumerate() {
                    let mut plan = Plan::default();
                    plan.push(Kernel::Residual, level);
                    case.execute(&plan);
                    let state = &case.levels[level];
                    let (terms, sums) = magnitude(case, level, &state.state[0]);
                    let bound: Vec<f64> = (0..terms.len())
                        .map(|k| 2.0 * (terms[k] + 1.0) * EPS * (sums[k] + state.rhs[k].abs()))
                        .collect();
                    let found = batch.get(place, level, Vector::Residual).expect("read");
                    assert_close(
                        &format!("residual, fused {fused}, level {level}, case {place}"),
                        &found,
                        &state.residual,
                        &bound,
                    );
                }
            }
        }
    });
}

/// The inverse of a box may be off by |B⁻¹||δB||B⁻¹| with |δB| ≤ k ε |B|.
#[test]
fn boxes() {
    on_all(|batch, cases| {
        for level in 0..cases[0].levels.len() - 1 {
            for (place, case) in cases.iter().enumerate() {
                let state = &case.levels[level];
                let [bulk, wall] = batch.get_boxes(place, level).expect("read");
                let (worst, control) = box_excess(case, level, &bulk, &wall);
                assert!(
                    worst <= 1.0,
                    "level {level}, case {place}: {worst:.2e} times the bound"
                );
                assert!(control > 1.0, "a box that is off by a per cent is not seen");
                assert_eq!(state.boxes.wall.len() * WALL, wall.len());
            }
        }
    });
}

/// Largest ratio of a box's error to its bound, and the same with one entry off by a per cent.
fn box_excess(case: &CpuBackend<f64>, level: usize, bulk: &[f32], wall: &[f32]) -> (f64, f64) {
    let state = &case.levels[level];
    let l = state.tables.layout;
    let at = common::Places(l);
    let (nr, _, _, nz) = l.sizes();
    let mut rows = vec![Vec::new(); l.len()];
    entries(&state.tables)
        .iter()
        .for_each(|e| rows[e.row].push((e.column, e.value)));
    let (mut worst, mut control) = (0.0_f64, 0.0_f64);
    for j in 0..nz {
        for i in 0..l.width(j) {
            let mut unknowns = vec![
                at.u(i, j),
                at.u(i + 1, j),
                at.w(i, j),
                at.w(i, j + 1),
                at.p(i, j),
            ];
            let stored = state.boxes.row_class[j] as usize;
            let wall_cell = l.wall_of(i, j);
            if let Some(k) = wall_cell {
                unknowns.push(at.layer(k));
            }
            let n = unknowns.len();
            let packed = |a: usize, b: usize| {
                let (a, b) = (a.min(b), a.max(b));
                (0..a).map(|row| n - row).sum::<usize>() + b - a
            };
            let entry = |a: usize, b: usize| -> (f64, f64) {
                let k = packed(a, b);
                match wall_cell {
                    Some(w) => (
                        f64::from(wall[k * l.wall_cells() + w]),
                        state.boxes.wall[w][k],
                    ),
                    None => (
                        f64::from(bulk[(stored * BULK + k) * nr + i]),
                        state.boxes.bulk[stored * nr + i][k],
                    ),
                }
            };
            let size = |a: usize, b: usize| -> f64 {
                rows[unknowns[a]]
                    .iter()
                    .filter(|(c, _)| *c == unknowns[b])
                    .map(|(_, v)| v.abs())
                    .sum()
            };
            for a in 0..n {
                for b in a..n {
                    let (found, expected) = entry(a, b);
                    let mut bound = 0.0;
                    for c in 0..n {
                        for d in 0..n {
                            bound += entry(a, c).1.abs() * size(c, d) * entry(d, b).1.abs();
                        }
                    }
                    // Gauss–Jordan: some n products per entry, each of sums of up to n terms, growth included.
                    let bound = 2.0 * (n * n) as f64 * EPS * bound;
                    let ratio = |v: f64| {
                        let d = (v - expected).abs();
                        if d == 0.0 {
                            0.0
                        } else if d.is_nan() {
                            f64::INFINITY
                        } else {
                            d / bound
                        }
                    };
                    worst = worst.max(ratio(found));
                    control = control.max(ratio(found * 1.01));
                }
            }
        }
    }
    (worst, control)
}

#[test]
fn smooth() {
    on_all(|batch, cases| {
        for (fused, from) in [(false, 0), (true, 1)] {
            for level in 0..cases[0].levels.len() - 1 {
                for colour in 0..4 {
                    for (place, case) in cases.iter_mut().enumerate() {
                        fill(case, batch, place);
                    }
                    let kernel = Kernel::Smooth { colour, from };
                    run(batch, kernel, level, fused);
                    for (place, case) in cases.iter_mut().enumerate() {
                        smooth_case(batch, place, case, level, kernel, from);
                    }
                }
            }
        }
    });
}

fn smooth_case(
    batch: &Batch,
    place: usize,
    case: &mut CpuBackend<f64>,
    level: usize,
    kernel: Kernel,
    from: u8,
) {
    // The twin takes the device's boxes: their own error is another test's.
    let [bulk, wall] = batch.get_boxes(place, level).expect("read");
    let state = &mut case.levels[level];
    let l = state.tables.layout;
    let nr = l.across as usize;
    let walls = l.wall_cells();
    for (k, inverse) in state.boxes.bulk.iter_mut().enumerate() {
        for (e, value) in inverse.iter_mut().enumerate() {
            *value = f64::from(bulk[(k / nr * BULK + e) * nr + k % nr]);
        }
    }
    for (k, inverse) in state.boxes.wall.iter_mut().enumerate() {
        for (e, value) in inverse.iter_mut().enumerate() {
            *value = f64::from(wall[e * walls + k]);
        }
    }
    let x = state.state[from as usize].clone();
    let target = if from == 0 {
        Vector::Double
    } else {
        Vector::State
    };
    let mut plan = Plan::default();
    plan.push(kernel, level);
    case.execute(&plan);
    let (terms, sums) = magnitude(case, level, &x);
    let state = &case.levels[level];
    let size: Vec<f64> = (0..terms.len())
        .map(|k| 2.0 * (terms[k] + 8.0) * EPS * (sums[k] + state.rhs[k].abs()))
        .collect();
    // |B⁻¹| on the rows of the box that an unknown belongs to; its largest over the boxes of any colour.
    let at = common::Places(l);
    let mut bound: Vec<f64> = x.iter().map(|v| 2.0 * EPS * v.abs()).collect();
    for j in 0..l.rows as usize {
        for i in 0..l.width(j) {
            let mut unknowns = vec![
                at.u(i, j),
                at.u(i + 1, j),
                at.w(i, j),
                at.w(i, j + 1),
                at.p(i, j),
            ];
            let inverse: &[f64] = match l.wall_of(i, j) {
                Some(k) => {
                    unknowns.push(at.layer(k));
                    &state.boxes.wall[k]
                }
                None => &state.boxes.bulk[state.boxes.row_class[j] as usize * nr + i],
            };
            let n = unknowns.len();
            for a in 0..n {
                let change: f64 = (0..n)
                    .map(|b| {
                        let (p, q) = (a.min(b), a.max(b));
                        let k = (0..p).map(|row| n - row).sum::<usize>() + q - p;
                        inverse[k].abs() * size[unknowns[b]]
                    })
                    .sum();
                let own = 2.0 * EPS * x[unknowns[a]].abs() + change;
                bound[unknowns[a]] = bound[unknowns[a]].max(own);
            }
        }
    }
    let found = batch.get(place, level, target).expect("read");
    let expected = &state.state[1 - from as usize];
    assert_close(
        &format!("{kernel} from {from}, level {level}, case {place}"),
        &found,
        expected,
        &bound,
    );
    // What no box of the colour owns is carried over unchanged.
    let untouched = expected.iter().zip(&x).filter(|(e, x)| e == x).count();
    assert!(
        untouched * 8 > x.len(),
        "a colour changes part of the unknowns only"
    );
}

/// The columns of a kernel that is linear in one vector, by unit vectors: |A||x| and the terms per row.
fn absolute(
    n: usize,
    mut apply: impl FnMut(&[f64]) -> Vec<f64>,
    x: &[f64],
) -> (Vec<f64>, Vec<f64>) {
    let mut unit = vec![0.0; n];
    let (mut terms, mut sums) = (Vec::new(), Vec::new());
    for k in 0..n {
        unit[k] = 1.0;
        let column = apply(&unit);
        unit[k] = 0.0;
        terms.resize(column.len(), 0.0);
        sums.resize(column.len(), 0.0);
        for (row, a) in column.iter().enumerate().filter(|(_, a)| **a != 0.0) {
            terms[row] += 1.0;
            sums[row] += (a * x[k]).abs();
        }
    }
    (terms, sums)
}

#[test]
fn restrict() {
    on_all(|batch, cases| {
        for fused in [false, true] {
            for level in 0..cases[0].levels.len() - 1 {
                run(batch, Kernel::Restrict, level, fused);
                let mut plan = Plan::default();
                plan.push(Kernel::Restrict, level);
                for (place, case) in cases.iter_mut().enumerate().step_by(17) {
                    let r = case.levels[level].residual.clone();
                    let (terms, sums) = absolute(
                        r.len(),
                        |unit| {
                            case.levels[level].residual.copy_from_slice(unit);
                            case.execute(&plan);
                            case.levels[level + 1].rhs.clone()
                        },
                        &r,
                    );
                    case.levels[level].residual.copy_from_slice(&r);
                    case.execute(&plan);
                    let bound: Vec<f64> = (0..terms.len())
                        .map(|k| 2.0 * (terms[k] + 2.0) * EPS * sums[k])
                        .collect();
                    let what = format!("restrict, fused {fused}, level {level}, case {place}");
                    let found = batch.get(place, level + 1, Vector::Rhs).expect("read");
                    assert_close(&what, &found, &case.levels[level + 1].rhs, &bound);
                    let state = batch.get(place, level + 1, Vector::State).expect("read");
                    assert!(
                        state.iter().all(|v| *v == 0.0),
                        "{what}: the coarse state is at rest"
                    );
                }
                // The next level's restriction starts from the same vectors again.
                for (place, case) in cases.iter_mut().enumerate() {
                    fill(case, batch, place);
                }
            }
        }
    });
}

#[test]
fn prolong() {
    on_all(|batch, cases| {
        for fused in [false, true] {
            for level in 0..cases[0].levels.len() - 1 {
                run(batch, Kernel::Prolong, level, fused);
                let mut plan = Plan::default();
                plan.push(Kernel::Prolong, level);
                for (place, case) in cases.iter_mut().enumerate().step_by(17) {
                    let x = case.levels[level].state[0].clone();
                    let c = case.levels[level + 1].state[0].clone();
                    let (terms, sums) = absolute(
                        c.len(),
                        |unit| {
                            case.levels[level].state[0].fill(0.0);
                            case.levels[level + 1].state[0].copy_from_slice(unit);
                            case.execute(&plan);
                            case.levels[level].state[0].clone()
                        },
                        &c,
                    );
                    case.levels[level].state[0].copy_from_slice(&x);
                    case.levels[level + 1].state[0].copy_from_slice(&c);
                    case.execute(&plan);
                    let bound: Vec<f64> = (0..terms.len())
                        .map(|k| 2.0 * (terms[k] + 2.0) * EPS * (sums[k] + x[k].abs()))
                        .collect();
                    let found = batch.get(place, level, Vector::State).expect("read");
                    assert_close(
                        &format!("prolong, fused {fused}, level {level}, case {place}"),
                        &found,
                        &case.levels[level].state[0],
                        &bound,
                    );
                }
                for (place, case) in cases.iter_mut().enumerate() {
                    fill(case, batch, place);
                }
            }
        }
    });
}

/// Block elimination is not backward stable row by row; the bound is that of |K⁻¹|(|K||x| + |b|) with as many terms as a row of
/// a block has, for every block on the way.
#[test]
fn coarse_solve() {
    on_all(|batch, cases| {
        let level = cases[0].levels.len() - 1;
        run(batch, Kernel::Coarse, level, true);
        for (place, case) in cases.iter_mut().enumerate().step_by(17) {
            let b = case.levels[level].rhs.clone();
            let mut expected = case.levels[level].state[0].clone();
            coarse::solve(&case.coarse, &b, &mut expected);
            let (_, mut size) = magnitude(case, level, &expected);
            size.iter_mut().zip(&b).for_each(|(s, b)| *s += b.abs());
            let (_, sums) = absolute(
                b.len(),
                |unit| {
                    let mut x = vec![0.0; b.len()];
                    coarse::solve(&case.coarse, unit, &mut x);
                    x
                },
                &size,
            );
            let widest = case.coarse.starts.windows(2).map(|s| s[1] - s[0]).max();
            let terms = 2.0 * f64::from(widest.expect("a block"));
            let bound: Vec<f64> = sums.iter().map(|s| 2.0 * terms * EPS * s).collect();
            let found = batch.get(place, level, Vector::State).expect("read");
            assert_close(&format!("coarse, case {place}"), &found, &expected, &bound);
        }
    });
}

#[test]
fn norms() {
    on_all(|batch, cases| {
        for which in [norm::INNER, norm::OUTER] {
            let mut stages = Stages::default();
            let cases_there = batch.cases() as u32;
            Lowering::new(batch.packing(), cases_there).norm(which, &mut stages);
            batch.set_status(&vec![running(); cases.len()]);
            submit(batch, stages);
            let status = batch.status().expect("read");
            for (case, status) in cases.iter().zip(&status) {
                let level = &case.levels[0];
                let vector = if which == norm::INNER {
                    &level.residual
                } else {
                    &level.rhs
                };
                let expected = vector.iter().map(|v| v * v).sum::<f64>().sqrt();
                let found = if which == norm::INNER {
                    status.residuals[0]
                } else {
                    status.outer
                };
                // Sums of 16 terms in a row, then trees: some 30 roundings, half of that in the root.
                let off = |found: f64| (found / expected - 1.0).abs();
                assert!(off(found.into()) < 30.0 * EPS, "{found} against {expected}");
                assert!(off(f64::from(found) * 1.001) > 30.0 * EPS);
                assert_eq!(status.checks, u32::from(which == norm::INNER));
                assert_eq!(status.running, 1, "the tolerance of 0 is not reached");
            }
        }
    });
}

/// A case stops at its tolerance, and at a residual that is no number; a case that has stopped is left alone.
#[test]
fn cases_stop() {
    let gpu = gpu::open(Outer::Double);
    let mut cases: Vec<_> = (0..4).map(|_| backend(SHAPES[2])).collect();
    let mut batch = prepare(&gpu, &mut cases);
    batch.set(
        2,
        0,
        Vector::Residual,
        &vec![f32::NAN; cases[2].levels[0].rhs.len()],
    );
    let norm_of = |case: &CpuBackend<f64>| {
        case.levels[0]
            .residual
            .iter()
            .map(|v| v * v)
            .sum::<f64>()
            .sqrt()
    };
    let mut status = vec![running(); 4];
    status[0].tolerance = 1.1 * norm_of(&cases[0]) as f32;
    status[1].tolerance = 0.9 * norm_of(&cases[1]) as f32;
    status[3].running = 0;
    batch.set_status(&status);
    let mut stages = Stages::default();
    let lowering = Lowering::new(batch.packing(), 4);
    lowering.norm(norm::INNER, &mut stages);
    let mut plan = Plan::default();
    plan.push(Kernel::Smooth { colour: 0, from: 0 }, 0);
    lowering.plan(&plan, &mut stages);
    submit(&mut batch, stages);
    let now = batch.status().expect("read");
    assert_eq!(
        now.iter().map(|s| s.running).collect::<Vec<_>>(),
        [0, 1, 0, 0]
    );
    assert_eq!(
        now.iter().map(|s| s.checks).collect::<Vec<_>>(),
        [1, 1, 1, 0]
    );
    for (place, case) in cases.iter().enumerate() {
        let double = batch.get(place, 0, Vector::Double).expect("read");
        let unchanged = double == single(&case.levels[0].state[1]);
        assert_eq!(unchanged, place != 1, "only the case that runs is smoothed");
    }
}

/// The outer problem: r = b − K x in doubles, rounded once; x ← x + e.
#[test]
fn defect_and_correct() {
    for outer in [Outer::Double, Outer::Single] {
        let gpu = gpu::open(outer);
        let eps = if outer == Outer::Double {
            f64::EPSILON
        } else {
            EPS
        };
        for shape in SHAPES {
            let mut case = backend(shape);
            let l = case.levels[0].tables.layout;
            // Doubles that are no singles, so that rounding on the way would show.
            case.levels[0].state[0] = common::random(l.len(), 5);
            case.levels[0].rhs = common::random(l.len(), 6);
            let x = case.levels[0].state[0].clone();
            let mut cases = [case];
            let most = classes(&cases[0].levels);
            let mut batch = Batch::new(Arc::clone(&gpu), &cases[0], &most, 1).expect("made");
            batch.poison();
            batch.upload(0, &cases[0]);
            batch.set_status(&[running()]);
            let mut stages = Stages::default();
            Lowering::new(batch.packing(), 1).defect(8, &mut stages);
            submit(&mut batch, stages);
            let mut plan = Plan::default();
            plan.push(Kernel::Residual, 0);
            cases[0].execute(&plan);
            let (terms, sums) = magnitude(&cases[0], 0, &x);
            let level = &cases[0].levels[0];
            let bound: Vec<f64> = (0..terms.len())
                .map(|k| {
                    EPS * level.residual[k].abs()
                        + 2.0 * (terms[k] + 2.0) * eps * (sums[k] + level.rhs[k].abs())
                })
                .collect();
            let found = batch.get(0, 0, Vector::Rhs).expect("read");
            assert_close("defect", &found, &level.residual, &bound);
            assert!(
                batch
                    .get(0, 0, Vector::State)
                    .expect("read")
                    .iter()
                    .all(|v| *v == 0.0)
            );

            let e: Vec<f64> = common::random(l.len(), 7)
                .iter()
                .map(|v| 1e-5 * f64::from(*v as f32))
                .collect();
            batch.set(0, 0, Vector::State, &single(&e));
            let mut stages = Stages::default();
            Lowering::new(batch.packing(), 1).outer(8, &mut stages);
            submit(&mut batch, stages);
            let found = &batch.outer_states(&[0]).expect("read")[0][0];
            for k in 0..l.len() {
                let expected = x[k] + f64::from(e[k] as f32);
                assert!(
                    (found[k] - expected).abs() <= 2.0 * eps,
                    "correct, entry {k}"
                );
            }
            // Negative control: the correction left out is seen.
            assert!(found.iter().zip(&x).any(|(f, x)| (f - x).abs() > 2.0 * eps));
        }
    }
}

/// The bits of everything that kernels write: vectors and boxes of all levels, states, status.
fn written(batch: &Batch) -> Vec<u64> {
    let mut all = Vec::new();
    let places: Vec<usize> = (0..batch.cases()).collect();
    let levels = batch.packing().levels.len();
    for &place in &places {
        for level in 0..levels {
            for vector in [Vector::State, Vector::Double, Vector::Rhs, Vector::Residual] {
                let values = batch.get(place, level, vector).expect("read");
                all.extend(values.iter().map(|v| u64::from(v.to_bits())));
            }
            if level + 1 < levels {
                let boxes = batch.get_boxes(place, level).expect("read").concat();
                all.extend(boxes.iter().map(|v| u64::from(v.to_bits())));
            }
        }
    }
    for [state, _] in batch.outer_states(&places).expect("read") {
        all.extend(state.iter().map(|v| v.to_bits()));
    }
    for status in batch.status().expect("read") {
        let residual = u64::from(status.residuals[0].to_bits());
        all.extend([residual, status.outer.to_bits().into()]);
    }
    all
}

/// No kernel lets one invocation read what another writes: with lanes, workgroups and cases in reverse the bits are the same.
#[test]
fn kernels_do_not_depend_on_the_sequence_of_invocations() {
    let devices = [Sequence::Given, Sequence::Reversed].map(|s| gpu::in_sequence(Outer::Double, s));
    for shape in SHAPES {
        let found = devices.each_ref().map(|gpu| {
            let mut cases = [backend(shape), backend(shape)];
            let levels = cases[0].levels.len();
            let mut batch = prepare(gpu, &mut cases);
            let mut work: Vec<(Kernel, usize, bool)> = Vec::new();
            for fused in [false, true] {
                for level in 0..levels - 1 {
                    for colour in 0..4 {
                        work.push((Kernel::Smooth { colour, from: 0 }, level, fused));
                    }
                    for kernel in [Kernel::Residual, Kernel::Restrict, Kernel::Prolong] {
                        work.push((kernel, level, fused));
                    }
                }
            }
            work.push((Kernel::Coarse, levels - 1, true));
            let mut bits = vec![("boxes".to_string(), written(&batch))];
            for (kernel, level, fused) in work {
                for (place, case) in cases.iter_mut().enumerate() {
                    fill(case, &batch, place);
                }
                let before = written(&batch);
                run(&mut batch, kernel, level, fused);
                let after = written(&batch);
                assert!(before != after, "{kernel} writes something");
                bits.push((format!("{kernel}, level {level}, fused {fused}"), after));
            }
            // The outer problem and its norms.
            let mut stages = Stages::default();
            let lowering = Lowering::new(batch.packing(), cases.len() as u32);
            lowering.norm(norm::INNER, &mut stages);
            lowering.outer(8, &mut stages);
            submit(&mut batch, stages);
            bits.push(("outer".to_string(), written(&batch)));
            bits
        });
        let [given, reversed] = found;
        for ((what, a), (_, b)) in given.iter().zip(&reversed) {
            let off = a.iter().zip(b).filter(|(a, b)| a != b).count();
            assert!(off == 0, "{shape:?}, {what}: {off} of {} numbers", a.len());
        }
    }
}
