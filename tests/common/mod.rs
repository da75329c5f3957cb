//! What the tests share: the program, the adapter, and for the flow grids without the other half of the geometry, a direct solve,
//! orders and closed forms.

#![allow(
    clippy::needless_range_loop,
    reason = "grid indices read like the formulas"
)]
#![allow(dead_code, reason = "no room uses all of it")]

pub mod direct;
pub mod gpu;
pub mod program;
pub mod reference;
pub mod shaped;

use std::f64::consts::PI;
use std::path::Path;

use nanomold::flow::assemble::Entry;
use nanomold::flow::discretise::{self, Medium};
use nanomold::flow::grid::Grid;
use nanomold::kernels::Layout;
use nanomold::mesh::{MeshSpec, WallProfile};
use num_complex::Complex64;

/// The folder of the repository.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Reservoir and pore as the solver's users get them.
pub fn mesh(cell_radius: f64, reservoir_depth: f64, cells_per_radius: usize) -> MeshSpec {
    MeshSpec {
        cell_radius,
        reservoir_depth,
        cells_per_radius,
        growth: 1.1,
        longest_cell: 2.0,
        wall: WallProfile::Straight,
    }
}

/// Equal intervals from `from` to `to`.
pub fn even(from: f64, to: f64, cells: usize) -> Vec<f64> {
    (0..=cells)
        .map(|k| from + (to - from) * k as f64 / cells as f64)
        .collect()
}

/// Intervals that grow smoothly by 1.6 from the first to the last (the same map at every resolution, so that orders
/// can be measured on it).
pub fn uneven(from: f64, to: f64, cells: usize) -> Vec<f64> {
    even(0.0, 1.0, cells)
        .iter()
        .map(|s| from + (to - from) * s * (1.0 + 0.3 * s) / 1.3)
        .collect()
}

/// A pore without a reservoir.
pub fn bare_tube(r: Vec<f64>, z: Vec<f64>) -> Grid {
    let (pore_across, contact_row) = (r.len() - 1, z.len() - 1);
    Grid {
        r,
        z,
        pore_across,
        mouth_row: 0,
        contact_row,
        wall: WallProfile::Straight,
    }
}

/// A reservoir whose mold face has no pore.
pub fn closed_mold(r: Vec<f64>, z: Vec<f64>) -> Grid {
    let mouth_row = z.len() - 1;
    Grid {
        r,
        z,
        pore_across: 0,
        mouth_row,
        contact_row: mouth_row,
        wall: WallProfile::Straight,
    }
}

/// Centres of the intervals between faces.
pub fn centres(faces: &[f64]) -> Vec<f64> {
    faces.windows(2).map(|f| 0.5 * (f[0] + f[1])).collect()
}

/// A medium from functions of place; the mobility is given by arc length along the wall: z on a tube's wall, r on a
/// mold face.
pub fn medium(
    grid: &Grid,
    viscosity: impl Fn(f64, f64) -> f64,
    mobility: impl Fn(f64) -> f64,
    slip_length: f64,
) -> Medium {
    let layout = discretise::layout(grid, [0, 0]);
    let (rc, zc) = (centres(&grid.r), centres(&grid.z));
    let (_, _, jm, nz) = layout.sizes();
    let mut m = Medium::uniform(&layout, 0.0, slip_length);
    for j in 0..nz {
        for (i, k) in layout.cell_row(j).enumerate() {
            m.cell_viscosity[k] = viscosity(rc[i], zc[j]);
            if let Some(wall) = layout.wall_of(i, j) {
                m.mobility[wall] = mobility(if j >= jm { zc[j] } else { rc[i] });
            }
        }
    }
    for j in 0..=nz {
        for (i, k) in layout.node_row(j).enumerate() {
            m.node_viscosity[k] = viscosity(grid.r[i], grid.z[j]);
        }
    }
    m
}

/// Index of every kind of unknown in a vector.
#[derive(Clone, Copy)]
pub struct Places(pub Layout);

impl Places {
    /// Radial velocity on face `i` of row `j`.
    pub fn u(&self, i: usize, j: usize) -> usize {
        self.0.radial_row(j).start + i
    }
    /// Axial velocity on the lower face of cell (i, j).
    pub fn w(&self, i: usize, j: usize) -> usize {
        self.0.segments()[1].start + self.0.axial_row(j).start + i
    }
    /// Pressure of cell (i, j).
    pub fn p(&self, i: usize, j: usize) -> usize {
        self.0.segments()[2].start + self.0.cell_row(j).start + i
    }
    /// Normal stress of wall cell `k`.
    pub fn layer(&self, k: usize) -> usize {
        self.0.segments()[3].start + k
    }
}

/// K x from the assembled entries.
pub fn multiply(entries: &[Entry], x: &[f64]) -> Vec<f64> {
    let mut y = vec![0.0; x.len()];
    for e in entries {
        y[e.row] += e.value * x[e.column];
    }
    y
}

/// Observed orders between errors on grids refined twofold.
pub fn orders(errors: &[f64]) -> Vec<f64> {
    errors.windows(2).map(|e| (e[0] / e[1]).log2()).collect()
}

/// Numbers for a message.
pub fn list(values: &[f64]) -> String {
    values
        .iter()
        .map(|v| format!("{v:.2e}"))
        .collect::<Vec<_>>()
        .join(" ")
}

/// Asserts the last error and the last order, printing all of them.
#[track_caller]
pub fn assert_converges(what: &str, errors: &[f64], last_error: f64, order: f64) {
    let observed = orders(errors);
    println!("{what}: errors {} orders {observed:.2?}", list(errors));
    assert!(
        errors[errors.len() - 1] < last_error,
        "{what}: errors {}, expected < {last_error:.1e}",
        list(errors)
    );
    let last = observed[observed.len() - 1];
    assert!(
        last > order,
        "{what}: orders {observed:.2?}, expected > {order}; errors {}",
        list(errors)
    );
}

/// True if the comparator of [`assert_converges`] would be satisfied: the negative controls demand that it is not.
pub fn converges(errors: &[f64], last_error: f64, order: f64) -> bool {
    errors[errors.len() - 1] < last_error && orders(errors)[errors.len() - 2] > order
}

/// Bessel function Jₙ of a complex argument by the trapezoidal rule on its integral, exact to round-off.
pub fn bessel_j(n: i32, x: Complex64) -> Complex64 {
    const POINTS: usize = 96;
    let sum: Complex64 = (0..POINTS)
        .map(|k| {
            let t = 2.0 * PI * k as f64 / POINTS as f64;
            (Complex64::new(0.0, 1.0) * (x * t.sin() - n as f64 * t)).exp()
        })
        .sum();
    sum / POINTS as f64
}

/// Jₙ of a real argument.
pub fn j(n: i32, x: f64) -> f64 {
    bessel_j(n, Complex64::new(x, 0.0)).re
}

/// Modified Bessel function Iₙ.
pub fn i(n: i32, x: f64) -> f64 {
    let (value, power) = (
        bessel_j(n, Complex64::new(0.0, x)),
        Complex64::new(0.0, -1.0).powi(n),
    );
    (value * power).re
}

/// A reproducible sequence of numbers in (−1, 1).
pub fn random(n: usize, seed: u64) -> Vec<f64> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    (0..n)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 11) as f64 / (1u64 << 52) as f64 - 1.0
        })
        .collect()
}

/// True if the long tests are asked for: `NANOMOLD_LONG=1`.
pub fn long() -> bool {
    std::env::var("NANOMOLD_LONG").is_ok_and(|v| v == "1")
}
