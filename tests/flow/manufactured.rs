//! Rung 2: manufactured solutions of flow and layer together, with viscosity, mobility and both velocities varying,
//! wall exchange u·n = ∇ₛ·Q, on a pore wall and on a mold face, on graded grids.

use crate::common::direct::direct_solve;
use crate::common::{
    self, Places, assert_converges, bare_tube, closed_mold, converges, medium, uneven,
};
use nanomold::flow::discretise::{layout, tables};
use nanomold::flow::grid::Grid;
use nanomold::kernels::LevelTables;

/// Exact fields; forces follow from them by differentiation.
#[derive(Clone, Copy)]
struct Exact {
    radial: fn(f64, f64) -> f64,
    axial: fn(f64, f64) -> f64,
    pressure: fn(f64, f64) -> f64,
    viscosity: fn(f64, f64) -> f64,
    /// Along the wall: z on the pore wall, r on the mold face.
    mobility: fn(f64) -> f64,
}

/// Derivative by sixth-order central differences: 1e-12 for functions of unit scale.
fn derivative(f: impl Fn(f64) -> f64, x: f64) -> f64 {
    let h = 4e-3;
    let d = |k: f64| f(x + k * h) - f(x - k * h);
    (0.75 * d(1.0) - 0.15 * d(2.0) + d(3.0) / 60.0) / h
}

impl Exact {
    fn dr(f: fn(f64, f64) -> f64, r: f64, z: f64) -> f64 {
        derivative(|r| f(r, z), r)
    }
    fn dz(f: fn(f64, f64) -> f64, r: f64, z: f64) -> f64 {
        derivative(|z| f(r, z), z)
    }
    fn rr(&self, r: f64, z: f64) -> f64 {
        2.0 * (self.viscosity)(r, z) * Self::dr(self.radial, r, z) - (self.pressure)(r, z)
    }
    fn hoop(&self, r: f64, z: f64) -> f64 {
        2.0 * (self.viscosity)(r, z) * (self.radial)(r, z) / r - (self.pressure)(r, z)
    }
    fn zz(&self, r: f64, z: f64) -> f64 {
        2.0 * (self.viscosity)(r, z) * Self::dz(self.axial, r, z) - (self.pressure)(r, z)
    }
    fn rz(&self, r: f64, z: f64) -> f64 {
        (self.viscosity)(r, z) * (Self::dz(self.radial, r, z) + Self::dr(self.axial, r, z))
    }
    /// −(∇·σ)_r
    fn radial_force(&self, r: f64, z: f64) -> f64 {
        -derivative(|r| r * self.rr(r, z), r) / r + self.hoop(r, z) / r
            - derivative(|z| self.rz(r, z), z)
    }
    /// −(∇·σ)_z
    fn axial_force(&self, r: f64, z: f64) -> f64 {
        -derivative(|r| r * self.rz(r, z), r) / r - derivative(|z| self.zz(r, z), z)
    }
    /// λ on the pore wall r = 1 at z, or on the mold face z = 0 at r.
    fn stress(&self, s: f64, face: bool) -> f64 {
        if face {
            -self.zz(s, 0.0)
        } else {
            -self.rr(1.0, s)
        }
    }
    /// Outward flux Q = −M ∂λ/∂s in the direction of growing s (z up the wall, r outwards on the face).
    fn flux(&self, s: f64, face: bool) -> f64 {
        -(self.mobility)(s) * derivative(|s| self.stress(s, face), s)
    }
    /// What a source in the layer has to take up: u·n − ∇ₛ·Q.
    fn source(&self, s: f64, face: bool) -> f64 {
        if face {
            (self.axial)(s, 0.0) - derivative(|r| r * self.flux(r, true), s) / s
        } else {
            (self.radial)(1.0, s) - derivative(|z| self.flux(z, false), s)
        }
    }
}

/// Forces, tractions and sources of the layer, each integrated over its control volume by the midpoint rule.
///
/// At a traction boundary the discretisation knows no shear: the true shear there is a load, on the radial velocities
/// of the adjacent row and on the half control volumes of the boundary's axial velocities.
fn loads(grid: &Grid, t: &LevelTables<f64>, e: &Exact) -> Vec<f64> {
    let at = Places(t.layout);
    let (nr, np, jm, nz) = t.layout.sizes();
    let tube = jm == 0;
    let mut b = vec![0.0; t.layout.len()];
    let (rc, zc) = (common::centres(&grid.r), common::centres(&grid.z));
    let (r, z) = (&grid.r, &grid.z);
    let last = if tube { np } else { nr - 1 };
    for j in 0..nz {
        let dz = z[j + 1] - z[j];
        for i in 1..=last {
            let (outer, middle) = if i == nr {
                (r[i], 0.5 * (rc[i - 1] + r[i]))
            } else {
                (rc[i], r[i])
            };
            // The half volume at the wall is evaluated in its middle.
            let width = outer - rc[i - 1];
            b[at.u(i, j)] = e.radial_force(middle, zc[j]) * middle * width * dz;
            if j == 0 {
                b[at.u(i, j)] -= e.rz(r[i], z[0]) * r[i] * width;
            }
            if tube && j + 1 == nz {
                b[at.u(i, j)] += e.rz(r[i], z[nz]) * r[i] * width;
            }
        }
    }
    for j in 0..=nz {
        for i in 0..nr {
            let area = rc[i] * (r[i + 1] - r[i]);
            let (below, above) = (
                if j > 0 { zc[j - 1] } else { z[0] },
                if j < nz { zc[j] } else { z[nz] },
            );
            let end = j == 0 || j == nz;
            let middle = if end { 0.5 * (below + above) } else { z[j] };
            let mut load = e.axial_force(rc[i], middle) * area * (above - below);
            let side = |r: f64| {
                if r == 0.0 {
                    0.0
                } else {
                    r * e.rz(r, z[j]) * (above - below)
                }
            };
            if j == 0 {
                load += side(r[i + 1]) - side(r[i]) - e.zz(rc[i], z[0]) * area;
            } else if j == nz && tube {
                // Of the wall's friction on the last half volume the matrix has the part from the axial velocity.
                let outer = if i + 1 == np {
                    let slope = Exact::dz(e.radial, r[np], z[nz]);
                    r[np] * (e.viscosity)(r[np], z[nz]) * slope * (above - below)
                } else {
                    side(r[i + 1])
                };
                load += outer - side(r[i]) + e.zz(rc[i], z[nz]) * area;
            }
            b[at.w(i, j)] = load;
        }
    }
    if tube {
        for (j, &z) in zc.iter().enumerate() {
            b[at.layer(j)] = t.wall_area[j] * e.source(z, false);
        }
        b[at.layer(0)] -= e.flux(z[0], false);
        b[at.layer(nz - 1)] -= t.conductance[nz] * e.stress(z[nz], false);
    } else {
        for i in 0..nr {
            b[at.layer(nr - 1 - i)] = t.wall_area[nr - 1 - i] * e.source(rc[i], true);
        }
        // The chain starts at the cell radius and runs inwards.
        b[at.layer(0)] += r[nr] * e.flux(r[nr], true);
    }
    b
}

type Plant = fn(&mut LevelTables<f64>);

/// Root-mean-square errors of u_r, u_z and λ relative to their largest values, and the largest error of p in the middle
/// half of the grid in both directions relative to the largest normal stress on the wall.
///
/// Not the largest error everywhere: where a wall meets a loaded end, the shear that this test has to put on the end
/// meets half a control volume in both directions, and the largest error of u_r, just there, has order 1.7 to 1.8.
fn errors(grid: &Grid, e: &Exact, plant: Plant) -> [f64; 4] {
    let l = layout(grid, [0, 0]);
    let m = medium(grid, e.viscosity, e.mobility, 0.0);
    let mut t = tables::<f64>(grid, &l, &m);
    let b = loads(grid, &t, e);
    plant(&mut t);
    let x = direct_solve(&t, &b, &[]);
    let at = Places(l);
    let (nr, np, jm, nz) = l.sizes();
    let (rc, zc) = (common::centres(&grid.r), common::centres(&grid.z));
    let (mut worst, mut squares, mut count, mut scale) =
        (0.0f64, [0.0f64; 4], [0.0f64; 4], [0.0f64; 4]);
    let mut compare = |q: usize, value: f64, exact: f64| {
        if q == 2 {
            worst = worst.max((value - exact).abs());
        }
        squares[q] += (value - exact).powi(2);
        count[q] += 1.0;
        scale[q] = scale[q].max(exact.abs());
    };
    for j in 0..nz {
        for i in 1..=nr {
            compare(0, x[at.u(i, j)], (e.radial)(grid.r[i], zc[j]));
        }
        for i in 0..nr {
            let inside = |k: usize, n: usize| 4 * k >= n && 4 * k < 3 * n;
            if inside(i, nr) && inside(j, nz) {
                compare(2, x[at.p(i, j)], (e.pressure)(rc[i], zc[j]));
            }
            if let Some(k) = l.wall_of(i, j) {
                // On a face the layer's metric is made for source-free flux and loses a logarithm at the axis.
                if jm == 0 || 3 * i >= nr {
                    let s = if jm == 0 { zc[j] } else { rc[i] };
                    compare(3, x[at.layer(k)], e.stress(s, np == 0));
                }
            }
        }
    }
    for j in 0..=nz {
        for i in 0..nr {
            // An axial velocity is a ring average.
            let (a, b) = (grid.r[i], grid.r[i + 1]);
            let ring = [
                (0.5 - 0.15f64.sqrt(), 5.0 / 18.0),
                (0.5, 8.0 / 18.0),
                (0.5 + 0.15f64.sqrt(), 5.0 / 18.0),
            ]
            .map(|(s, weight)| {
                let r = a + s * (b - a);
                weight * r * (e.axial)(r, grid.z[j])
            })
            .iter()
            .sum::<f64>()
                / rc[i];
            compare(1, x[at.w(i, j)], ring);
        }
    }
    [0, 1, 2, 3].map(|q| {
        if q == 2 {
            worst / scale[3]
        } else {
            (squares[q] / count[q]).sqrt() / scale[q]
        }
    })
}

/// Stream function (r² − r⁴/2 + a(r⁴ − 2r⁶/3)) h(z): divergence-free, no slip at r = 1, a moving wall.
const TUBE: Exact = Exact {
    radial: |r, z| {
        -(r - 0.5 * r.powi(3) + 0.3 * (r.powi(3) - 2.0 / 3.0 * r.powi(5)))
            * 0.6
            * (1.5 * z + 0.4).cos()
    },
    axial: |r, z| (1.0 - r * r) * (2.0 + 1.2 * r * r) * (1.3 + 0.4 * (1.5 * z + 0.4).sin()),
    pressure: |r, z| 2.0 * (1.1 * z + 0.2).cos() * (1.0 + 0.5 * r * r) + z,
    viscosity: |r, z| 1.3 + 0.5 * r * r + 0.4 * (1.2 * z + 0.3).sin(),
    mobility: |z| 0.2 + 0.1 * (1.4 * z).sin(),
};

/// Stream function r²(1 − r²/c²)³ h(z) with h' = 0 on the face: no tangential velocity there, none and no shear at
/// the cell radius c = 1.5, a moving face.
const FACE: Exact = Exact {
    radial: |r, z| {
        let s = 1.0 - r * r / 2.25;
        -r * s * s * s * 2.0 * z * (-0.5 * z).exp() * (1.0 - 0.25 * z) * 0.8
    },
    axial: |r, z| {
        let q = r * r / 2.25;
        // (1/r) ∂/∂r of r²(1 − q)³.
        2.0 * (1.0 - q).powi(2) * (1.0 - 4.0 * q) * (0.9 + 0.8 * z * z * (-0.5 * z).exp())
    },
    pressure: |r, z| 1.5 * (1.3 * z + 0.7).cos() * (1.0 + 0.3 * r * r) + 0.4 * r.powi(4),
    viscosity: |r, z| 1.2 + 0.3 * r * r + 0.3 * (1.2 * z + 0.3).sin(),
    mobility: |r| 0.2 + 0.05 * r * r,
};

fn tube(n: usize) -> Grid {
    bare_tube(uneven(0.0, 1.0, n), uneven(0.0, 1.6, 3 * n / 2))
}

fn nothing(_: &mut LevelTables<f64>) {}

fn series(errors: &[[f64; 4]], q: usize) -> Vec<f64> {
    errors.iter().map(|e| e[q]).collect()
}

/// Errors allowed on the finest tube: (h/R)² = 2.4e-4 times the fields' second derivatives relative to their size (of
/// order 10: wave numbers of 1.5, powers up to six), a quarter of it for velocities.
const TOLERANCE: [f64; 4] = [1e-3, 1e-3, 2e-3, 2e-3];

/// The same on the finest face, (h/R_c)² = 1.1e-4: the stream function has degree eight there, so that η ∂²u in the
/// fluid, whose error p and λ carry, is a hundred times the stress on the wall, to which both are related.
const FACE_TOLERANCE: [f64; 4] = [1e-3, 1e-3, 2e-2, 2e-2];

#[test]
fn pore_wall() {
    let errors = [8, 16, 32, 64].map(|n| errors(&tube(n), &TUBE, nothing));
    for (q, what) in ["u_r", "u_z", "p", "λ"].iter().enumerate() {
        assert_converges(
            &format!("tube, {what}"),
            &series(&errors, q),
            TOLERANCE[q],
            1.9,
        );
    }
}

fn face(n: usize) -> Grid {
    closed_mold(uneven(0.0, 1.5, n), uneven(-2.0, 0.0, 4 * n / 3))
}

#[test]
fn mold_face() {
    let errors = [12, 24, 48, 96].map(|n| errors(&face(n), &FACE, nothing));
    for (q, what) in ["u_r", "u_z", "p", "λ"].iter().enumerate() {
        assert_converges(
            &format!("face, {what}"),
            &series(&errors, q),
            FACE_TOLERANCE[q],
            1.9,
        );
    }
}

/// The fields are what they are said to be: free of divergence, at rest where the wall holds them.
#[test]
fn exact_fields_satisfy_their_constraints() {
    for (e, s, z0) in [(TUBE, 1.0, 1.6), (FACE, 1.5, -2.0)] {
        for k in 1..10 {
            let (r, z) = (s * k as f64 / 10.0, z0 * (1.0 - k as f64 / 11.0));
            let divergence =
                derivative(|r| r * (e.radial)(r, z), r) / r + derivative(|z| (e.axial)(r, z), z);
            // Differences of 1e-11 over the radius.
            assert!(
                divergence.abs() < 1e-9,
                "divergence {divergence:.1e} at {r}, {z}"
            );
        }
    }
    assert!((TUBE.axial)(1.0, 0.3).abs() < 1e-15 && (FACE.radial)(0.7, 0.0).abs() < 1e-15);
    assert!(FACE.rz(1.5, -0.6).abs() < 1e-9 && (FACE.radial)(1.5, -0.6).abs() < 1e-15);
}

#[test]
fn planted_errors_are_seen() {
    let cases: [(&str, usize, Plant); 4] = [
        ("hoop stress dropped", 0, |t| {
            t.hoop_sq.iter_mut().for_each(|v| *v = 0.0)
        }),
        ("sign of Q", 3, |t| {
            t.conductance.iter_mut().for_each(|v| *v = -*v)
        }),
        ("factor 2 in M", 3, |t| {
            t.conductance.iter_mut().for_each(|v| *v *= 2.0)
        }),
        ("1/r dropped from the axial area", 1, |t| {
            let n = t.ring_area.len();
            t.ring_area.iter_mut().for_each(|v| *v = 0.5 / n as f64);
        }),
    ];
    for (what, q, plant) in cases {
        let errors = [16, 32].map(|n| errors(&tube(n), &TUBE, plant)[q]);
        assert!(
            !converges(&errors, 4.0 * TOLERANCE[q], 1.9),
            "{what} is not seen: {}",
            common::list(&errors)
        );
    }
}
