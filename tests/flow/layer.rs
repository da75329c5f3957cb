//! Rungs 3, 4 and 5: closed forms of bulk and layer together, by a direct solve of the assembled matrix.

use crate::common::direct::direct_solve;
use crate::common::{
    self, Places, assert_converges, bare_tube, bessel_j, closed_mold, converges, even, medium,
};
use num_complex::Complex64;
use std::f64::consts::PI;

use nanomold::flow::discretise::{layout, tables};
use nanomold::kernels::LevelTables;

const VISCOSITY: f64 = 1.7;

/// A way to spoil the tables, for the negative controls.
type Plant = fn(&mut LevelTables<f64>);

fn nothing(_: &mut LevelTables<f64>) {}

/// Wall coupling with the wrong sign in the layer's balance, i.e. λ pulls where it should push.
fn flipped(t: &mut LevelTables<f64>) {
    t.conductance.iter_mut().for_each(|c| *c = -*c);
}

fn doubled(t: &mut LevelTables<f64>) {
    t.conductance.iter_mut().for_each(|c| *c *= 2.0);
}

fn without_hoop_stress(t: &mut LevelTables<f64>) {
    t.hoop_sq.iter_mut().for_each(|c| *c = 0.0);
}

// ---------------------------------------------------------------------------------------------------------------
// Test A: the mold face.
//
// The half-space result V/S = 1/(1 + 2(kℓ)³) carries over to an axisymmetric cell. With k = j₁,₁/R_c,
//     u_z = V (1 − kz) e^{kz} J₀(kr),  u_r = V kz e^{kz} J₁(kr),  p = −2ηkV e^{kz} J₀(kr)   (z < 0)
// is divergence-free, satisfies Stokes' equations, has u_r = 0 on the face and u_r = σ_rz = 0 at R_c because
// J₁(kR_c) = 0; on the face ∂u_z/∂z = 0, so λ = p. J₀(kr) is an eigenfunction of the layer's Laplacian with −k²:
//     u·n = ∇ₛ·Q + S J₀  ⇒  V = −2ηMk³ V + S.
// ---------------------------------------------------------------------------------------------------------------

/// First zero of J₁.
const J11: f64 = 3.831_705_970_207_512;
const CELL: f64 = 1.5;
const SINK: f64 = 0.7;

/// Errors of V/S from the projection of the face's velocity on J₀, of that velocity and of λ at their worst place
/// (relative to the amplitudes).
fn mold_face(n: usize, strength: f64, plant: Plant) -> [f64; 3] {
    let k = J11 / CELL;
    // strength = 2(kℓ)³ = 2ηMk³.
    let mobility = strength / (2.0 * VISCOSITY * k.powi(3));
    // e^{−2kH} = 1e-10 at H = 3 R_c.
    let grid = closed_mold(even(0.0, CELL, n), even(-3.0 * CELL, 0.0, 3 * n));
    let m = medium(&grid, |_, _| VISCOSITY, |_| mobility, 0.0);
    let l = layout(&grid, [0, 0]);
    let mut t = tables::<f64>(&grid, &l, &m);
    plant(&mut t);
    let at = Places(l);
    let mut rhs = vec![0.0; l.len()];
    let mode = |r: f64| common::j(0, k * r);
    for i in 0..n {
        // ∫ S J₀(kr) r dr over the ring.
        let ring = |r: f64| r * common::j(1, k * r) / k;
        rhs[at.layer(n - 1 - i)] = SINK * (ring(grid.r[i + 1]) - ring(grid.r[i]));
    }
    let x = direct_solve(&t, &rhs, &[]);
    let exact = SINK / (1.0 + strength);
    let centre = common::centres(&grid.r);
    let (mut projected, mut norm, mut velocity, mut stress): (f64, f64, f64, f64) =
        (0.0, 0.0, 0.0, 0.0);
    for i in 0..n {
        let (w, j0, area) = (x[at.w(i, 3 * n)], mode(centre[i]), t.ring_area[i]);
        projected += area * w * j0;
        norm += area * j0 * j0;
        velocity = velocity.max((w - exact * j0).abs() / exact);
        let lambda = -2.0 * VISCOSITY * k * exact;
        // The metric of the face makes a source-free layer (λ ~ ln r) exact. On the axis, where no mold face with a
        // pore has cells, it costs h² ln h; λ is compared outside the inner third.
        if 3 * i >= n {
            stress = stress.max((x[at.layer(n - 1 - i)] - lambda * j0).abs() / lambda.abs());
        }
    }
    [(projected / norm / exact - 1.0).abs(), velocity, stress]
}

#[test]
fn mold_face_feeds_a_sink() {
    // From a layer that hardly conducts to one that feeds the sink almost alone.
    for strength in [0.05, 1.0, 8.0] {
        let errors: Vec<_> = [8, 16, 32, 64]
            .map(|n| mold_face(n, strength, nothing))
            .to_vec();
        let series = |q: usize| errors.iter().map(|e| e[q]).collect::<Vec<_>>();
        // Second order from k h = 0.06 at N = 64: (kh)² = 4e-3 times a constant below one.
        assert_converges(&format!("mold face {strength}: V/S"), &series(0), 1e-3, 1.9);
        assert_converges(&format!("mold face {strength}: u·n"), &series(1), 4e-3, 1.9);
        assert_converges(&format!("mold face {strength}: λ"), &series(2), 4e-3, 1.9);
    }
}

#[test]
fn mold_face_sees_planted_errors() {
    let one_over_r: Plant = |t| {
        // Layer flux as on a plane instead of on rings.
        let n = t.conductance.len() - 1;
        for k in 1..n {
            t.conductance[k] /= t.face_radius[n - k] / CELL;
        }
    };
    for (what, plant) in [
        ("sign of Q", flipped as Plant),
        ("factor 2 in M", doubled),
        ("1/r in ∇ₛ·Q", one_over_r),
    ] {
        let errors = [16, 32, 64].map(|n| mold_face(n, 1.0, plant)[1]);
        assert!(
            !converges(&errors, 4e-3, 1.9),
            "{what} is not seen: {}",
            common::list(&errors)
        );
    }
}

// ---------------------------------------------------------------------------------------------------------------
// Test B: the pore wall. A periodic cylinder from crest to trough: length π/k between planes of symmetry (w = 0).
// ---------------------------------------------------------------------------------------------------------------

/// −λR/(ηV) for u_r(R) = V cos kz, κ = kR: the table of the ladder.
const TABLE: [(f64, f64); 6] = [
    (0.25, 259.358478),
    (0.5, 67.43356549),
    (1.0, 19.72875414),
    (2.0, 8.830473608),
    (5.0, 10.86283779),
    (10.0, 20.33100025),
];

fn compliance(kappa: f64) -> f64 {
    let [i0, i1, i2] = [0, 1, 2].map(|n| common::i(n, kappa));
    2.0 * (i0 * i0 / (i1 * i1 - i0 * i2) - 1.0)
}

#[test]
fn closed_form_of_the_wall_is_the_table() {
    for (kappa, tabulated) in TABLE {
        let value = compliance(kappa);
        // The table has ten digits.
        assert!(
            (value / tabulated - 1.0).abs() < 1e-9,
            "κ = {kappa}: {value} against {tabulated}"
        );
    }
}

/// Amplitudes of u_r and λ on cos kz at the wall under a sink S cos kz, and the largest relative departure of λ from
/// a pure cosine.
fn wall_response(n: usize, kappa: f64, lambda: f64, plant: Plant) -> [f64; 3] {
    let grid = bare_tube(even(0.0, 1.0, n), even(0.0, PI / kappa, n));
    let m = medium(&grid, |_, _| VISCOSITY, |_| lambda / VISCOSITY, 0.0);
    let l = layout(&grid, [0, 0]);
    let mut t = tables::<f64>(&grid, &l, &m);
    // Symmetry: no flux through the tip either.
    t.conductance[n] = 0.0;
    plant(&mut t);
    let at = Places(l);
    let mut rhs = vec![0.0; l.len()];
    let mode: Vec<f64> = common::centres(&grid.z)
        .iter()
        .map(|z| (kappa * z).cos())
        .collect();
    for (j, c) in mode.iter().enumerate() {
        rhs[at.layer(j)] = t.wall_area[j] * SINK * c;
    }
    // A closed cylinder: the level of the pressure is free, so one pressure is held, whose balance then follows from
    // all others (the sink sums to zero).
    let mut held: Vec<usize> = (0..n).flat_map(|i| [at.w(i, 0), at.w(i, n)]).collect();
    held.push(at.p(0, 0));
    let x = direct_solve(&t, &rhs, &held);
    let norm: f64 = mode.iter().map(|c| c * c).sum();
    let amplitude = |value: &dyn Fn(usize) -> f64| {
        mode.iter()
            .enumerate()
            .map(|(j, c)| c * value(j))
            .sum::<f64>()
            / norm
    };
    let velocity = amplitude(&|j| x[at.u(n, j)]);
    let stress = amplitude(&|j| x[at.layer(j)]);
    let level: f64 = (0..n).map(|j| x[at.layer(j)]).sum::<f64>() / n as f64;
    let departure = (0..n)
        .map(|j| (x[at.layer(j)] - level - stress * mode[j]).abs())
        .fold(0.0, f64::max)
        / stress.abs();
    [velocity, stress, departure]
}

/// Errors of −λR/(ηV) and of V/S.
fn wall_errors(n: usize, kappa: f64, lambda: f64, plant: Plant) -> [f64; 2] {
    let table = TABLE
        .iter()
        .find(|t| t.0 == kappa)
        .expect("κ is in the table")
        .1;
    let [velocity, stress, departure] = wall_response(n, kappa, lambda, plant);
    // A uniform grid between symmetry planes keeps the cosine: any departure is round-off.
    assert!(
        departure < 1e-9,
        "κ = {kappa}: λ is no cosine, {departure:.1e}"
    );
    let exact = 1.0 / (1.0 + lambda * kappa * kappa * table);
    [
        (-stress / (VISCOSITY * velocity) / table - 1.0).abs(),
        (velocity / SINK / exact - 1.0).abs(),
    ]
}

#[test]
fn pore_wall_feeds_a_sink() {
    for (kappa, _) in TABLE {
        // Without a layer the sink prescribes the wall's velocity; the others share the work with the bulk.
        for lambda in [0.0, 1.0 / 16.0, 1.0] {
            let errors: Vec<_> = [8, 16, 32, 64]
                .map(|n| wall_errors(n, kappa, lambda, nothing))
                .to_vec();
            let series = |q: usize| errors.iter().map(|e| e[q]).collect::<Vec<_>>();
            // Leading error (kΔz)²/12 of a second difference, here (π/64)²/12 = 2e-4, plus (κ/N)²/12 of the decay
            // into the bulk, 2e-3 at κ = 10, N = 64; times small integers.
            let tolerance = 6e-4 + 8e-5 * kappa * kappa;
            assert_converges(
                &format!("κ = {kappa}, Λ = {lambda}: λ"),
                &series(0),
                tolerance,
                1.9,
            );
            if lambda == 0.0 {
                assert!(
                    errors.iter().all(|e| e[1] < 1e-9),
                    "a wall without a layer moves as it is told"
                );
            } else {
                assert_converges(
                    &format!("κ = {kappa}, Λ = {lambda}: V/S"),
                    &series(1),
                    tolerance,
                    1.9,
                );
            }
        }
    }
}

#[test]
fn pore_wall_sees_planted_errors() {
    let cases: [(&str, usize, Plant); 3] = [
        ("sign of Q", 1, flipped),
        ("factor 2 in M", 1, doubled),
        ("hoop stress", 0, without_hoop_stress),
    ];
    for (what, quantity, plant) in cases {
        let errors = [16, 32, 64].map(|n| wall_errors(n, 2.0, 1.0 / 16.0, plant)[quantity]);
        assert!(
            !converges(&errors, 1e-3, 1.9),
            "{what} is not seen: {}",
            common::list(&errors)
        );
    }
}

// ---------------------------------------------------------------------------------------------------------------
// Test C: the decay of end effects, exp(−qz/R).
// ---------------------------------------------------------------------------------------------------------------

/// Slowest decay: Λ, Re q, Im q, Re q of the next root (found by Newton's method on the same equation).
const DECAY: [(f64, f64, f64, f64); 4] = [
    (0.0, 4.4663, 1.4675, 7.694),
    (0.01, 3.2500, 2.1467, 5.425),
    (1.0 / 16.0, 2.4849, 1.4323, 5.435),
    (1.0, 2.2298, 1.0392, 5.430),
];

fn characteristic(q: Complex64, lambda: f64) -> Complex64 {
    let [j0, j1, j2] = [0, 1, 2].map(|n| bessel_j(n, q));
    j1 * j1 - j0 * j2 + q * q * (j0 * j0 - j0 * j2 + j1 * j1) * (2.0 * lambda)
}

/// The root next to a tabulated value.
fn root(lambda: f64, guess: Complex64) -> Complex64 {
    let step = 1e-5;
    (0..20).fold(guess, |q, _| {
        let slope =
            (characteristic(q + step, lambda) - characteristic(q - step, lambda)) / (2.0 * step);
        q - characteristic(q, lambda) / slope
    })
}

#[test]
fn tabulated_decay_solves_the_characteristic_equation() {
    for (lambda, re, im, next) in DECAY {
        let tabulated = Complex64::new(re, im);
        let q = root(lambda, tabulated);
        // Four decimals in each part: half a digit, times √2.
        assert!(
            (q - tabulated).norm() < 7.1e-5,
            "Λ = {lambda}: {q} against {tabulated}"
        );
        let other = root(
            lambda,
            Complex64::new(next, if lambda == 0.0 { 1.7 } else { 1.0 }),
        );
        assert!(
            (other.re - next).abs() < 0.4 && other.re > re + 2.0,
            "Λ = {lambda}: next root {other}"
        );
    }
}

/// The complex decay of the radial velocity behind an inlet whose traction varies with r; the far end is closed, so
/// that what is sent in only decays.
fn decay(n: usize, lambda: f64, plant: Plant) -> Complex64 {
    const LENGTH: usize = 10;
    let rows = LENGTH * n;
    let grid = bare_tube(even(0.0, 1.0, n), even(0.0, LENGTH as f64, rows));
    let m = medium(&grid, |_, _| VISCOSITY, |_| lambda / VISCOSITY, 0.0);
    let l = layout(&grid, [0, 0]);
    let mut t = tables::<f64>(&grid, &l, &m);
    t.conductance[rows] = 0.0;
    plant(&mut t);
    let at = Places(l);
    let mut rhs = vec![0.0; l.len()];
    for i in 0..n {
        let r = 0.5 * (grid.r[i] + grid.r[i + 1]);
        rhs[at.w(i, 0)] = (2.0 - 1.5 * r * r + 0.4 * r.powi(3)) * t.ring_area[i];
    }
    let held: Vec<usize> = (0..n).map(|i| at.w(i, rows)).collect();
    let x = direct_solve(&t, &rhs, &held);

    // A pair of conjugate exponentials obeys f(z + s) = a f(z) − b f(z − s), a = 2 e^{−qᵣs} cos qᵢs, b = e^{−2qᵣs}:
    // fit a and b to the radial velocities of all rings (which vanish in the developed flow) by least squares.
    // Window 3.5…5 R: the next mode has fallen by exp(−2.17 · 3.5) = 5e-4 or more against the first, the echo from the
    // closed end by exp(−2 · 2.23 · 5); the first itself by 1e-10 at most, far above round-off.
    let stride = n / 4;
    let (first, last) = (7 * n / 2, 5 * n);
    let (mut ff, mut fg, mut gg, mut fh, mut gh) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for j in first..last {
        // Every row counts alike although the values fall by orders of magnitude.
        let scale: f64 = (1..n).map(|i| x[at.u(i, j)].powi(2)).sum();
        for i in 1..n {
            let (f, g, h) = (
                x[at.u(i, j)],
                -x[at.u(i, j - stride)],
                x[at.u(i, j + stride)],
            );
            ff += f * f / scale;
            fg += f * g / scale;
            gg += g * g / scale;
            fh += f * h / scale;
            gh += g * h / scale;
        }
    }
    let determinant = ff * gg - fg * fg;
    let (a, b) = (
        (fh * gg - gh * fg) / determinant,
        (ff * gh - fg * fh) / determinant,
    );
    let factor = 0.5 * (a + (Complex64::new(a * a - 4.0 * b, 0.0)).sqrt());
    let q = -factor.ln() / (stride as f64 / n as f64);
    Complex64::new(q.re, q.im.abs())
}

#[test]
fn end_effects_decay_as_they_should() {
    for (lambda, re, im, _) in DECAY {
        let q = root(lambda, Complex64::new(re, im));
        let errors = [8, 16, 32].map(|n| (decay(n, lambda, nothing) - q).norm() / q.norm());
        // (|q|h)²/12 = 2e-3 at N = 32 for the fastest decay; the fit's window leaves 1e-4
        // at worst.
        assert_converges(&format!("decay at Λ = {lambda}"), &errors, 3e-3, 1.9);
    }
}

#[test]
fn decay_sees_planted_errors() {
    for (what, plant) in [
        ("factor 2 in M", doubled as Plant),
        ("hoop stress", without_hoop_stress),
    ] {
        let q = root(0.0625, Complex64::new(2.4849, 1.4323));
        let errors = [8, 16, 32].map(|n| (decay(n, 0.0625, plant) - q).norm() / q.norm());
        assert!(
            !converges(&errors, 3e-3, 1.9),
            "{what} is not seen: {}",
            common::list(&errors)
        );
    }
}
