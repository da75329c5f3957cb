//! Rung 1: the straight tube. Hagen–Poiseuille flow is exact on every grid, with and without slip, with and without
//! a layer beside it.

use crate::common::direct::direct_solve;
use crate::common::{self, Places, bare_tube, even, uneven};
use std::f64::consts::PI;

use nanomold::flow::discretise::{Medium, layout, tables};
use nanomold::flow::grid::Grid;
use nanomold::kernels::LevelTables;

const INLET: f64 = 2.3;
const TIP: f64 = 0.4;
const VISCOSITY: f64 = 1.7;

/// Both ends are tractions without shear, which no parabola satisfies: the flow is parallel only away from them.
/// 18 radii between the middle and an end leave exp(−2.23 · 18) = 4e-18 even of the slowest mode (Λ = 1); the
/// slowest mode with Λ = 0 decays twice as fast.
const LENGTH: f64 = 36.0;

fn tube(n: usize, graded: bool) -> Grid {
    let r = if graded {
        uneven(0.0, 1.0, n)
    } else {
        even(0.0, 1.0, n)
    };
    bare_tube(
        r,
        if graded {
            uneven(0.0, LENGTH, 120)
        } else {
            even(0.0, LENGTH, 120)
        },
    )
}

fn medium(grid: &Grid, mobility: f64, slip: f64) -> Medium {
    common::medium(grid, |_, _| VISCOSITY, |_| mobility, slip)
}

fn solve(tables: &LevelTables<f64>) -> Vec<f64> {
    let l = tables.layout;
    let at = Places(l);
    let (_, np, _, nz) = l.sizes();
    let mut rhs = vec![0.0; l.len()];
    for i in 0..np {
        rhs[at.w(i, 0)] = INLET * tables.ring_area[i];
        rhs[at.w(i, nz)] = -TIP * tables.ring_area[i];
    }
    rhs[at.layer(nz - 1)] = -TIP * tables.conductance[nz];
    direct_solve(tables, &rhs, &[])
}

/// What the middle of the tube says.
struct Middle {
    /// Flow of the bulk over −dp/dz, per radian: ∫ w r dr.
    core: f64,
    /// Flow of the layer over −dp/dz, per radian.
    layer: f64,
    /// Largest deviation of an axial velocity from the ring average of the exact profile, relative to the mean.
    profile: f64,
    /// Largest radial velocity and deviation of λ and of p from the row's mean p, relative to their scales.
    parallel: f64,
}

fn middle(grid: &Grid, tables: &LevelTables<f64>, x: &[f64], slip: f64) -> Middle {
    let at = Places(tables.layout);
    let np = grid.pore_across;
    let j = grid.rows() / 2;
    let centre = |j: usize| 0.5 * (grid.z[j] + grid.z[j + 1]);
    let gradient = (x[at.p(0, j - 1)] - x[at.p(0, j)]) / (centre(j) - centre(j - 1));
    let areas: Vec<f64> = grid
        .r
        .windows(2)
        .map(|f| 0.5 * (f[1] * f[1] - f[0] * f[0]))
        .collect();
    let flow: f64 = (0..np).map(|i| areas[i] * x[at.w(i, j)]).sum();
    let mut profile: f64 = 0.0;
    let mut parallel: f64 = 0.0;
    for i in 0..np {
        let (a, b) = (grid.r[i], grid.r[i + 1]);
        // Ring average of (G/4η)(1 − r² + 2b).
        let exact = gradient / (4.0 * VISCOSITY) * (1.0 + 2.0 * slip - 0.5 * (a * a + b * b));
        profile = profile.max((x[at.w(i, j)] - exact).abs() / (2.0 * flow));
        parallel = parallel.max((x[at.p(i, j)] - x[at.p(0, j)]).abs() / INLET);
        parallel = parallel.max(x[at.u(i + 1, j)].abs() / (2.0 * flow));
    }
    parallel = parallel.max((x[at.layer(j)] - x[at.p(0, j)]).abs() / INLET);
    let layer = tables.conductance[j] * (x[at.layer(j - 1)] - x[at.layer(j)]) / gradient;
    Middle {
        core: flow / gradient,
        layer,
        profile,
        parallel,
    }
}

/// Relative error of the bulk's conductance ∫ w r dr / (−dp/dz) = (1 + 4b)/(16 η), i.e. (R²/8η)(1 + 4b/R) × area/2π.
fn core_error(m: &Middle, slip: f64) -> f64 {
    (m.core * 16.0 * VISCOSITY / (1.0 + 4.0 * slip) - 1.0).abs()
}

/// Round-off of the direct solve: 1e-16 times the amplification of the velocity by the tube's aspect ratio and grid.
const SOLVER: f64 = 1e-9;

#[test]
fn straight_tube_is_exact_on_every_grid() {
    let (mut worst, mut worst_parallel, mut worst_layer): (f64, f64, f64) = (0.0, 0.0, 0.0);
    for n in [2, 3, 8, 32] {
        for graded in [false, true] {
            for (slip, mobility) in [(0.0, 0.0), (0.3, 0.0), (0.0, 0.6), (0.05, 0.02)] {
                let grid = tube(n, graded);
                let tables = tables::<f64>(
                    &grid,
                    &layout(&grid, [0, 0]),
                    &medium(&grid, mobility, slip),
                );
                let m = middle(&grid, &tables, &solve(&tables), slip);
                worst = worst.max(core_error(&m, slip)).max(m.profile);
                worst_parallel = worst_parallel.max(m.parallel);
                // The layer carries M per unit perimeter, whatever flows beside it.
                worst_layer = worst_layer.max((m.layer - mobility).abs());
                assert!(
                    core_error(&m, slip) < SOLVER && m.profile < SOLVER && m.parallel < SOLVER,
                    "N = {n}, graded {graded}, b = {slip}, M = {mobility}: conductance off by {:.2e}, profile {:.2e}, \
                     cross flow {:.2e}",
                    core_error(&m, slip),
                    m.profile,
                    m.parallel
                );
                assert!(
                    (m.layer - mobility).abs() < SOLVER,
                    "layer flow {} for M = {mobility}",
                    m.layer
                );
            }
        }
    }
    println!(
        "worst conductance/profile {worst:.1e}, cross flow {worst_parallel:.1e}, layer {worst_layer:.1e}"
    );
}

/// Two tubes of different length differ by the Poiseuille resistance of the difference, although each has its ends.
#[test]
fn resistance_grows_by_eight_over_pi_per_radius() {
    let total = |length: f64, n: usize| {
        let grid = bare_tube(
            even(0.0, 1.0, n),
            even(0.0, length, (length * n as f64) as usize),
        );
        let tables = tables::<f64>(&grid, &layout(&grid, [0, 0]), &medium(&grid, 0.0, 0.0));
        let x = solve(&tables);
        let flow: f64 = (0..n)
            .map(|i| tables.ring_area[i] * x[Places(tables.layout).w(i, 0)])
            .sum();
        (INLET - TIP) / (2.0 * PI * flow)
    };
    for n in [2, 3, 8] {
        // Two ends 8 R apart disturb each other by exp(−4.47 · 8) = 3e-16.
        let slope = (total(14.0, n) - total(8.0, n)) / 6.0;
        let exact = 8.0 * VISCOSITY / PI;
        assert!(
            (slope / exact - 1.0).abs() < SOLVER,
            "N = {n}: {slope} instead of {exact}"
        );
    }
}

/// Negative controls: the comparator sees a wall factor that is left out (1e-3 at N = 32), a missing 1/r and a wrong
/// viscosity at the wall.
#[test]
fn planted_errors_are_seen() {
    type Plant = fn(&mut LevelTables<f64>);
    let plants: [(&str, Plant); 3] = [
        ("wall factor 1/(1 − Δr/2R) left out", |t| {
            let np = t.layout.pore_across as usize;
            let naive = 2.0 * np as f64;
            // Same weight per squared slope and length as the naive formula would give.
            let exact = t.node_dr[np][2].abs();
            for j in 1..=t.layout.rows as usize {
                t.node_weight[t.layout.node_row(j).start + np] *= naive / exact;
            }
        }),
        ("1/r dropped", |t| {
            t.ring_area.iter_mut().for_each(|a| *a = 1.0 / 32.0)
        }),
        ("factor 2 in the wall's friction", |t| {
            let np = t.layout.pore_across as usize;
            for j in 1..=t.layout.rows as usize {
                t.node_weight[t.layout.node_row(j).start + np] *= 2.0;
            }
        }),
    ];
    for (what, plant) in plants {
        let grid = tube(32, false);
        let mut tables = tables::<f64>(&grid, &layout(&grid, [0, 0]), &medium(&grid, 0.0, 0.0));
        plant(&mut tables);
        let m = middle(&grid, &tables, &solve(&tables), 0.0);
        println!(
            "{what}: conductance off by {:.1e}, profile {:.1e}",
            core_error(&m, 0.0),
            m.profile
        );
        // A hundred thousand times what the correct tables leave, and at least the 1e-3 that the wall factor is worth.
        assert!(
            core_error(&m, 0.0) > 5e-4 && m.profile > 5e-4,
            "{what} is not seen"
        );
    }
}
