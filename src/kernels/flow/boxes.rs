//! The box matrices of the coupled smoother: per cell the rows and columns of K of its four velocities, its pressure
//! and, at a wall cell, the layer's normal stress; inverted once per problem.

#![allow(
    clippy::needless_range_loop,
    reason = "matrix indices read like the formulas"
)]

use crate::kernels::{LevelTables, Real, corner_form};

/// Entries of a packed symmetric 5 × 5 matrix.
pub const BULK: usize = 15;
/// Entries of a packed symmetric 6 × 6 matrix.
pub const WALL: usize = 21;

/// Inverted box matrices of a level, packed row by row, upper triangle.
///
/// Rows of cells with the same metrics and weights share one row of boxes: `row_class[j]` says which.
#[derive(Clone, Debug, Default)]
pub struct Boxes<T> {
    /// Which row of `bulk` serves cell row j.
    pub row_class: Vec<u32>,
    /// Inverses of the boxes away from walls: `[class][i][BULK]`, `across` per class.
    pub bulk: Vec<[T; BULK]>,
    /// Inverses of the boxes at wall cells, one per wall cell.
    pub wall: Vec<[T; WALL]>,
}

/// Index of (a, b), a ≤ b, in the packed upper triangle of an n × n matrix.
#[inline(always)]
pub(crate) const fn packed(n: usize, a: usize, b: usize) -> usize {
    a * n - a * (a + 1) / 2 + b
}

/// Classes of rows whose boxes are the same: `row_class[j]` for every row of cells, counted from 0 upwards.
pub fn row_classes<T: Real>(tables: &LevelTables<T>) -> Vec<u32> {
    let mut class = 0;
    (0..tables.layout.rows as usize)
        .map(|j| {
            class += u32::from(j > 0 && !same_row(tables, j));
            class
        })
        .collect()
}

/// True if row `j` has the same tables around it as row `j − 1`, so that their boxes are the same.
fn same_row<T: Real>(tables: &LevelTables<T>, j: usize) -> bool {
    let layout = &tables.layout;
    let (_, _, jm, nz) = layout.sizes();
    let (first, last) = (j.wrapping_sub(2), j + 1);
    // Both rows need two full neighbours of the same width, away from mouth and ends.
    if j < 2 || last >= nz || (first < jm && last >= jm) {
        return false;
    }
    let rows = |k: usize| &tables.cell_weight[layout.cell_row(k)];
    let nodes = |k: usize| &tables.node_weight[layout.node_row(k)];
    (first + 1..=last).all(|k| rows(k) == rows(k - 1) && tables.height[k] == tables.height[k - 1])
        && (j..=j + 1)
            .all(|k| nodes(k) == nodes(k - 1) && tables.node_dz[k] == tables.node_dz[k - 1])
}

/// Builds and inverts the boxes of a level.
pub fn build<T: Real>(tables: &LevelTables<T>) -> Boxes<T> {
    let layout = &tables.layout;
    let (nr, _, _, nz) = layout.sizes();
    let mut boxes = Boxes {
        row_class: row_classes(tables),
        bulk: Vec::new(),
        wall: vec![[T::zero(); WALL]; layout.wall_cells()],
    };
    for j in 0..nz {
        let start = boxes.row_class[j] as usize * nr;
        if start == boxes.bulk.len() {
            boxes.bulk.resize(start + nr, [T::zero(); BULK]);
            for i in 0..layout.width(j) {
                boxes.bulk[start + i] = inverse::<5, BULK, T>(matrix(tables, i, j, None));
            }
        }
        for k in layout.wall_row(j) {
            let [i, _] = layout.beside(k);
            boxes.wall[k] = inverse::<6, WALL, T>(matrix(tables, i, j, Some(k)));
        }
    }
    boxes
}

/// Builds the boxes anew for which `worn` is true, and leaves the others as they were built. False, and nothing done, if rows that shared
/// their boxes do no longer, or the other way round.
pub fn rebuild<T: Real>(
    tables: &LevelTables<T>,
    boxes: &mut Boxes<T>,
    worn: impl Fn(usize, usize) -> bool,
) -> bool {
    if row_classes(tables) != boxes.row_class {
        return false;
    }
    let layout = &tables.layout;
    let (nr, _, _, nz) = layout.sizes();
    for j in 0..nz {
        let start = boxes.row_class[j] as usize * nr;
        for i in (0..layout.width(j)).filter(|&i| worn(i, j)) {
            boxes.bulk[start + i] = inverse::<5, BULK, T>(matrix(tables, i, j, None));
            if let Some(k) = layout.wall_of(i, j) {
                boxes.wall[k] = inverse::<6, WALL, T>(matrix(tables, i, j, Some(k)));
            }
        }
    }
    true
}

/// The rows and columns of K of cell (i, j): left, right, lower, upper velocity, pressure, layer stress.
fn matrix(
    tables: &LevelTables<impl Real>,
    i: usize,
    j: usize,
    wall: Option<usize>,
) -> [[f64; 6]; 6] {
    let layout = &tables.layout;
    let (nr, np, jm, nz) = layout.sizes();
    let mut m = [[0.0; 6]; 6];
    let weight = |i: usize, j: usize| {
        if j < nz && i < layout.width(j) {
            tables.cell_weight[layout.cell_row(j).start + i].f64()
        } else {
            0.0
        }
    };

    // Stretch of this cell couples opposite faces; that of its neighbours adds to the diagonal.
    let stretch = |i: usize, j: usize| {
        let (radial, hoop) = if i < nr {
            (tables.radial_sq[i].f64(), tables.hoop_sq[i].f64())
        } else {
            (0.0, 0.0)
        };
        let twice = 2.0 * weight(i, j);
        (twice * (hoop + radial), twice * (hoop - radial))
    };
    let lift = |j: usize| {
        if j < nz {
            2.0 * weight(i, j) * tables.axial_sq[j].f64()
        } else {
            0.0
        }
    };
    let (own, cross) = stretch(i, j);
    m[0][0] = own + if i > 0 { stretch(i - 1, j).0 } else { 0.0 };
    m[1][1] = own + stretch(i + 1, j).0;
    m[0][1] = cross;
    let own = lift(j);
    m[2][2] = own + lift(j.wrapping_sub(1));
    m[3][3] = own + lift(j + 1);
    m[2][3] = -own;

    // Shear at the four nodes: each couples one radial and one axial velocity of this cell.
    for (right, top) in [(0, 0), (1, 0), (0, 1), (1, 1)] {
        let (ni, nj) = (i + right, j + top);
        let w = tables.node_weight[layout.node_row(nj).start + ni].f64();
        let (dz, dr) = tables.node_factors(ni, nj);
        let (dz, dr) = (dz.f64(), dr.f64());
        let u_sign = if top == 0 { 1.0 } else { -1.0 };
        let w_sign = if right == 0 { 1.0 } else { -1.0 };
        let (a, b) = (right, 2 + top);
        let (uu, ww, uw) = if (ni, nj) == (np, jm) {
            // Of the velocities below, above, inside and outside of the corner; half distances.
            let form = corner_form(tables.corner_give.map(Real::f64));
            let (u, v) = (1 - top, 3 - right);
            let times = |entry: f64| 4.0 * w * entry;
            (
                times(form[u][u]),
                times(form[v][v]),
                times(form[u][v]) * u_sign * w_sign,
            )
        } else {
            (w, w, w)
        };
        m[a][a] += uu * dz * dz;
        m[b][b] += ww * dr * dr;
        m[a][b] += uw * u_sign * w_sign * dz * dr;
    }

    // Pressure column = − divergence row.
    let height = tables.height[j].f64();
    let area = tables.ring_area[i].f64();
    m[0][4] = tables.face_radius[i].f64() * height;
    m[1][4] = -tables.face_radius[i + 1].f64() * height;
    m[2][4] = area;
    m[3][4] = -area;
    if let Some(k) = wall {
        m[if j >= jm { 1 } else { 3 }][5] = tables.wall_area[k].f64();
        m[5][5] = -(tables.conductance[k] + tables.conductance[k + 1] + tables.leakage[k]).f64();
    }

    // The axis and the cell radius do not move: decouple them, and let their correction be zero.
    let mut mask = |a: usize| {
        for b in 0..6 {
            m[a][b] = 0.0;
            m[b][a] = 0.0;
        }
    };
    if i == 0 {
        mask(0);
    }
    if i + 1 == nr && j < jm {
        mask(1);
    }
    for a in 0..6 {
        for b in 0..a {
            m[a][b] = m[b][a];
        }
    }
    m
}

/// Inverse of the leading N × N block, packed; a masked unknown's row stays zero.
///
/// Gauss–Jordan without pivoting: velocities come first and their block is positive definite, the Schur complements of
/// pressure and layer stress that follow are negative definite.
fn inverse<const N: usize, const P: usize, T: Real>(m: [[f64; 6]; 6]) -> [T; P] {
    let mut inv = m;
    for k in 0..N {
        let pivot = inv[k][k];
        if pivot == 0.0 {
            continue;
        }
        let scale = 1.0 / pivot;
        for b in 0..N {
            inv[k][b] *= scale;
        }
        inv[k][k] = scale;
        for a in (0..N).filter(|&a| a != k) {
            let factor = inv[a][k];
            inv[a][k] = 0.0;
            for b in 0..N {
                inv[a][b] -= factor * inv[k][b];
            }
        }
    }
    let mut out = [T::zero(); P];
    for a in 0..N {
        for b in a..N {
            out[packed(N, a, b)] = T::of(inv[a][b]);
        }
    }
    out
}

/// Product of a packed inverse with the residual of a box.
#[inline(always)]
pub(super) fn apply<const N: usize, const P: usize, T: Real>(
    inverse: &[T; P],
    r: &[T; N],
) -> [T; N] {
    let mut out = [T::zero(); N];
    for a in 0..N {
        let mut sum = T::zero();
        for b in 0..N {
            let entry = inverse[if a <= b {
                packed(N, a, b)
            } else {
                packed(N, b, a)
            }];
            sum = sum + entry * r[b];
        }
        out[a] = sum;
    }
    out
}
