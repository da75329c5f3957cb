//! One colour of the four-colour coupled (Vanka) smoother.
//!
//! Cells with `i % 2 == colour % 2` and `j % 2 == colour / 2` own disjoint boxes of unknowns:
//!
//! ```text
//!        upper
//!      +---^---+
//! left >   p   > right   ( | layer stress at a wall cell)
//!      +---^---+
//!        lower
//! ```
//!
//! Every box reads the state before the dispatch and writes the state after it, so that no box of the colour sees
//! another's update (Jacobi inside a colour) and the result does not depend on the order of execution.

use super::boxes::{Boxes, apply};
use super::layer_row;
use crate::kernels::level::{CellRows, Stencil};
use crate::kernels::{Fields, LevelTables, Real, RowBlock, Wall};

/// What the boxes of one row of cells read or write.
struct Row<T> {
    radial: T,
    lower: T,
    upper: T,
    pressure: T,
}

impl<T: Real> Row<&[T]> {
    /// The right-hand side of the box in column `i` less what the state makes of it.
    #[inline(always)]
    fn minus(&self, i: usize, k: CellRows<T>) -> [T; 5] {
        [
            self.radial[i] - k.left,
            self.radial[i + 1] - k.right,
            self.lower[i] - k.lower,
            self.upper[i] - k.upper,
            self.pressure[i] - k.continuity,
        ]
    }
}

impl<T: Real> Row<&mut [T]> {
    /// Adds a damped correction of the box in column `i`.
    #[inline(always)]
    fn add(&mut self, i: usize, damping: T, d: [T; 5]) {
        self.radial[i] = self.radial[i] + damping * d[0];
        self.radial[i + 1] = self.radial[i + 1] + damping * d[1];
        self.lower[i] = self.lower[i] + damping * d[2];
        self.upper[i] = self.upper[i] + damping * d[3];
        self.pressure[i] = self.pressure[i] + damping * d[4];
    }
}

/// Writes the state after one colour into `out`, a block of rows that starts at a row of the colour's parity (or 0)
/// and ends before one (or at the front): `out` = `x` + damping × box corrections.
pub fn rows<T: Real>(
    tables: &LevelTables<T>,
    boxes: &Boxes<T>,
    x: &Fields<T>,
    b: &Fields<T>,
    colour: usize,
    damping: T,
    out: &mut RowBlock<T>,
) {
    let layout = &tables.layout;
    let (nr, np, jm, _) = layout.sizes();
    let offsets = out.offsets(layout);
    out.radial
        .copy_from_slice(&x.radial[offsets[0]..][..out.radial.len()]);
    out.axial
        .copy_from_slice(&x.axial[offsets[1]..][..out.axial.len()]);
    out.pressure
        .copy_from_slice(&x.pressure[offsets[2]..][..out.pressure.len()]);
    out.layer
        .copy_from_slice(&x.layer[offsets[3]..][..out.layer.len()]);

    for j in out.rows.clone().filter(|j| j % 2 == colour / 2) {
        let s = Stencil::new(tables, x, j);
        let width = layout.width(j);
        let radial = layout.radial_row(j).start;
        let (lower, upper) = (layout.axial_row(j).start, layout.axial_row(j + 1).start);
        let cells = layout.cell_row(j).start;
        let class = &boxes.bulk[boxes.row_class[j] as usize * nr..][..width];
        let (bu, bl, bw, bp) = (
            &b.radial[radial..][..width + 1],
            &b.axial[lower..][..width],
            &b.axial[upper..][..width],
            &b.pressure[cells..][..width],
        );
        let out_u = &mut out.radial[radial - offsets[0]..][..width + 1];
        let (out_lower, out_upper) = out.axial[lower - offsets[1]..].split_at_mut(upper - lower);
        let out_p = &mut out.pressure[cells - offsets[2]..][..width];

        // Cells from `walled` on touch the layer: the last one in the pore, those under the mold face below it.
        let walled = if j >= jm || j + 1 == jm {
            np - (j >= jm) as usize
        } else {
            width
        };
        let source = Row {
            radial: bu,
            lower: bl,
            upper: bw,
            pressure: bp,
        };
        let mut target = Row {
            radial: out_u,
            lower: out_lower,
            upper: out_upper,
            pressure: out_p,
        };
        let parity = colour % 2;
        let inner = s.inner_columns();
        let first = (inner.start + (inner.start + parity) % 2).min(width);
        for i in (first..inner.end).step_by(2) {
            let d = apply(&class[i], &source.minus(i, s.inner_rows(i)));
            target.add(i, damping, d);
        }
        let after = if inner.is_empty() {
            parity
        } else {
            inner.end + (inner.end + parity) % 2
        };
        let before = if inner.is_empty() { 0 } else { first };
        for i in (parity..before).step_by(2).chain((after..width).step_by(2)) {
            let mut r = source.minus(i, s.cell_rows(i));
            if i < walled {
                target.add(i, damping, apply(&class[i], &r));
                continue;
            }
            let (wall, side, outward) = if j >= jm {
                (Wall::Pore(j), 1, s.u[1][np])
            } else {
                (Wall::Face(i), 3, s.w[2][i])
            };
            let k = layout.wall_cell(wall);
            r[side] = r[side] - tables.wall_area[k] * x.layer[k];
            let layer = b.layer[k] - layer_row(tables, x, k, outward);
            let [d0, d1, d2, d3, d4, d5] =
                apply(&boxes.wall[k], &[r[0], r[1], r[2], r[3], r[4], layer]);
            out.layer[k - offsets[3]] = x.layer[k] + damping * d5;
            target.add(i, damping, [d0, d1, d2, d3, d4]);
        }
    }
}
