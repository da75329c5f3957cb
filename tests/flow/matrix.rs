//! Rung 8: kernels, boxes, transfer and multigrid against the assembled matrix and its sparse LU, on every level, with
//! a medium that varies everywhere, slip and loads at both ends.

use crate::common::direct::direct_solve;
use crate::common::{self, Places, mesh, multiply, random};
use nanomold::backend::{Kernel, Plan};
use nanomold::flow::assemble::entries;
use nanomold::flow::discretise::Medium;
use nanomold::flow::grid::Grid;
use nanomold::flow::solver::{FlowSolver, Loads};
use nanomold::kernels::{Layout, LevelTables};

const LOADS: Loads = Loads {
    inlet_pressure: 1.3,
    tip_pressure: 0.2,
};

/// Viscosity varying by a factor 5, mobility along mold face and wall by 3.
fn varied(grid: &Grid, slip: f64) -> Medium {
    common::medium(
        grid,
        |r, z| (0.4 * (1.7 * r + 0.3).sin() + 0.4 * (1.1 * z).cos()).exp(),
        |s| 0.05 * (1.0 + 0.5 * (2.0 * s).sin()),
        slip,
    )
}

fn solver(n: usize, cell_radius: f64, length: f64, slip: f64) -> FlowSolver<f64> {
    let grid = Grid::new(&mesh(cell_radius, 1.5 * cell_radius, n), length);
    let medium = varied(&grid, slip);
    FlowSolver::new(grid, &medium, LOADS).expect("the coarsest level is regular")
}

fn run(s: &mut FlowSolver<f64>, kernel: Kernel, level: usize) {
    let mut plan = Plan::default();
    plan.push(kernel, level);
    s.backend.execute(&plan);
}

/// Unknowns that do not exist: radial velocity on the axis and at the cell radius.
fn absent(l: &Layout) -> Vec<usize> {
    let (nr, _, jm, nz) = l.sizes();
    let at = Places(*l);
    let cell_radius = (0..jm).map(|j| at.u(nr, j));
    (0..nz).map(|j| at.u(0, j)).chain(cell_radius).collect()
}

fn random_state(l: &Layout, seed: u64) -> Vec<f64> {
    let mut x = random(l.len(), seed);
    absent(l).iter().for_each(|&k| x[k] = 0.0);
    x
}

/// Largest |K x − assembled K x| over the sum of the terms' magnitudes in its row, over all rows.
fn kernel_error(s: &mut FlowSolver<f64>, level: usize, tables: &LevelTables<f64>) -> f64 {
    let l = s.backend.levels[level].tables.layout;
    let x = random_state(&l, 7 + level as u64);
    let state = &mut s.backend.levels[level];
    state.state[0].copy_from_slice(&x);
    state.rhs.fill(0.0);
    run(s, Kernel::Residual, level);
    let matrix = entries(tables);
    let product = multiply(&matrix, &x);
    let mut size = vec![f64::MIN_POSITIVE; l.len()];
    matrix
        .iter()
        .for_each(|e| size[e.row] += (e.value * x[e.column]).abs());
    let r = &s.backend.levels[level].residual;
    (0..l.len())
        .map(|k| (-r[k] - product[k]).abs() / size[k])
        .fold(0.0, f64::max)
}

#[test]
fn residual_kernel_is_the_assembled_matrix() {
    for (n, cell_radius, length, slip) in [
        (8, 2.5, 1.5, 0.0),
        (12, 1.5, 3.0, 0.2),
        (24, 4.0, 0.5, 0.05),
    ] {
        let mut s = solver(n, cell_radius, length, slip);
        for level in 0..s.levels() {
            let tables = s.backend.levels[level].tables.clone();
            let error = kernel_error(&mut s, level, &tables);
            // Some forty terms of magnitude one in units of 1.1e-16.
            assert!(error < 2e-14, "N = {n}, level {level}: {error:.1e}");
        }
        // Negative controls: the comparator knows the corner, the hoop stress and the layer.
        let plants: [fn(&mut LevelTables<f64>); 3] = [
            |t| {
                let corner = t.layout.node_row(t.layout.mouth_row as usize).start
                    + t.layout.pore_across as usize;
                t.node_weight[corner] *= 2.0;
            },
            |t| t.hoop_sq[1] = 0.0,
            |t| t.conductance[3] = -t.conductance[3],
        ];
        for plant in plants {
            let mut tables = s.backend.levels[0].tables.clone();
            plant(&mut tables);
            assert!(kernel_error(&mut s, 0, &tables) > 1e-3);
        }
    }
}

#[test]
fn assembled_matrix_is_symmetric() {
    let s = solver(8, 2.5, 1.5, 0.1);
    let tables = &s.backend.levels[0].tables;
    let (x, y) = (
        random_state(&tables.layout, 1),
        random_state(&tables.layout, 2),
    );
    let matrix = entries(tables);
    let product = |a: &[f64], b: &[f64]| {
        multiply(&matrix, a)
            .iter()
            .zip(b)
            .map(|(p, q)| p * q)
            .sum::<f64>()
    };
    let (a, b) = (product(&x, &y), product(&y, &x));
    // Sums of 1e4 terms.
    assert!(
        (a - b).abs() < 1e-11 * (a.abs() + product(&x, &x).abs()),
        "{a} against {b}"
    );
}

#[test]
fn multigrid_solution_is_the_direct_one() {
    for (n, cell_radius, length, slip) in
        [(8, 1.5, 4.0, 0.0), (16, 2.5, 1.5, 0.1), (24, 2.0, 0.5, 0.0)]
    {
        let mut s = solver(n, cell_radius, length, slip);
        let rhs = s.rhs_mut().to_vec();
        let tables = s.backend.levels[0].tables.clone();
        let direct = direct_solve(&tables, &rhs, &[]);
        s.solve(1e-11, 20).expect("the solver converges");
        let l = s.layout();
        let difference = |direct: &[f64]| {
            l.segments().map(|range| {
                let scale = direct[range.clone()]
                    .iter()
                    .fold(0.0f64, |m, v| m.max(v.abs()));
                range
                    .map(|k| (s.state()[k] - direct[k]).abs())
                    .fold(0.0, f64::max)
                    / scale
            })
        };
        let errors = difference(&direct);
        println!(
            "N = {n}, R_c = {cell_radius}, L = {length}, b = {slip}: {}",
            common::list(&errors)
        );
        // The residual of 1e-11 relative to the tractions, amplified by the grid (local stresses ~ residual × N²).
        assert!(
            errors.iter().all(|e| *e < 1e-7),
            "N = {n}: {}",
            common::list(&errors)
        );
        // Negative control: a factor 2 in the mobility.
        let mut tampered = tables;
        tampered.conductance.iter_mut().for_each(|c| *c *= 2.0);
        assert!(
            difference(&direct_solve(&tampered, &rhs, &[]))
                .iter()
                .any(|e| *e > 1e-3)
        );
    }
}

/// Entry (a, b) of an n × n packed upper triangle.
fn packed(n: usize, a: usize, b: usize) -> usize {
    let (a, b) = (a.min(b), a.max(b));
    (0..a).map(|row| n - row).sum::<usize>() + b - a
}

/// Largest departure of box inverse × submatrix of K from the identity, over all boxes of a level.
fn box_error(s: &FlowSolver<f64>, level: usize) -> f64 {
    let state = &s.backend.levels[level];
    let l = state.tables.layout;
    let at = Places(l);
    let (nr, _, jm, nz) = l.sizes();
    let mut rows = vec![Vec::new(); l.len()];
    entries(&state.tables)
        .iter()
        .for_each(|e| rows[e.row].push((e.column, e.value)));
    let entry = |a: usize, b: usize| {
        rows[a]
            .iter()
            .filter(|(c, _)| *c == b)
            .map(|(_, v)| v)
            .sum::<f64>()
    };
    let mut worst: f64 = 0.0;
    for j in 0..nz {
        for i in 0..l.width(j) {
            let mut unknowns = vec![
                at.u(i, j),
                at.u(i + 1, j),
                at.w(i, j),
                at.w(i, j + 1),
                at.p(i, j),
            ];
            let inverse: Vec<f64> = match l.wall_of(i, j) {
                Some(k) => {
                    unknowns.push(at.layer(k));
                    state.boxes.wall[k].to_vec()
                }
                None => state.boxes.bulk[state.boxes.row_class[j] as usize * nr + i].to_vec(),
            };
            let n = unknowns.len();
            let exists = |a: usize| !(a == 0 && i == 0 || a == 1 && i + 1 == nr && j < jm);
            for a in 0..n {
                for b in 0..n {
                    let product: f64 = (0..n)
                        .filter(|&c| exists(c))
                        .map(|c| inverse[packed(n, a, c)] * entry(unknowns[c], unknowns[b]))
                        .sum();
                    let expected = (a == b && exists(a)) as usize as f64;
                    if exists(b) {
                        worst = worst.max((product - expected).abs());
                    }
                }
            }
        }
    }
    worst
}

#[test]
fn boxes_are_submatrices_of_the_matrix() {
    for (n, cell_radius, length, slip) in [(8, 2.5, 1.5, 0.0), (12, 1.5, 3.0, 0.2)] {
        let mut s = solver(n, cell_radius, length, slip);
        s.backend.prepare();
        for level in 0..s.levels() - 1 {
            let error = box_error(&s, level);
            // Round-off times the condition of a box in these units: velocities 1 against pressures N.
            assert!(error < 1e-10, "N = {n}, level {level}: {error:.1e}");
        }
        s.backend.levels[0].boxes.wall[2][0] *= 1.01;
        assert!(box_error(&s, 0) > 1e-4, "a wrong box is not seen");
    }
}

/// |⟨P c, r⟩ − ⟨c, Pᵀ r⟩| over the size of the terms.
fn transpose_error(s: &mut FlowSolver<f64>, level: usize) -> f64 {
    let (fine, coarse) = (
        s.backend.levels[level].tables.layout,
        s.backend.levels[level + 1].tables.layout,
    );
    let (c, r) = (random_state(&coarse, 11), random_state(&fine, 12));
    s.backend.levels[level].residual.copy_from_slice(&r);
    run(s, Kernel::Restrict, level);
    let restricted = s.backend.levels[level + 1].rhs.clone();
    s.backend.levels[level].state[0].fill(0.0);
    s.backend.levels[level + 1].state[0].copy_from_slice(&c);
    run(s, Kernel::Prolong, level);
    let prolonged = s.backend.levels[level].state[0].clone();
    // Segment by segment: the kinds of unknowns do not mix.
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>();
    (0..4)
        .map(|k| {
            let (f, g) = (fine.segments()[k].clone(), coarse.segments()[k].clone());
            let (a, b) = (
                dot(&prolonged[f.clone()], &r[f.clone()]),
                dot(&c[g.clone()], &restricted[g]),
            );
            (a - b).abs() / dot(&prolonged[f.clone()], &prolonged[f]).sqrt()
        })
        .fold(0.0, f64::max)
}

#[test]
fn restriction_is_the_transpose_of_prolongation() {
    for (n, cell_radius, length) in [
        (8, 2.5, 1.5),
        (12, 1.5, 3.0),
        (24, 4.0, 0.25),
        (9, 2.2, 0.7),
    ] {
        let mut s = solver(n, cell_radius, length, 0.0);
        for level in 0..s.levels() - 1 {
            let error = transpose_error(&mut s, level);
            assert!(error < 1e-12, "N = {n}, level {level}: {error:.1e}");
        }
        // Negative control: one weight that only the prolongation reads.
        let transfer = s.backend.levels[0]
            .transfer
            .as_mut()
            .expect("there is a coarser level");
        transfer.axial_along.from_coarse[3].1[0] += 0.1;
        assert!(transpose_error(&mut s, 0) > 1e-6);
    }
}
