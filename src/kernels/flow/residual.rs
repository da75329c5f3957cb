//! r = b − K x on one level.

use super::layer_row;
use crate::kernels::level::Stencil;
use crate::kernels::{Fields, LevelTables, Real, RowBlock, Wall};

/// Computes the residual of a block of cell rows into `out`. Masked unknowns (axis, cell radius) get zero.
pub fn rows<T: Real>(tables: &LevelTables<T>, x: &Fields<T>, b: &Fields<T>, out: &mut RowBlock<T>) {
    let layout = &tables.layout;
    let (_, np, jm, nz) = layout.sizes();
    let offsets = out.offsets(layout);
    for j in out.rows.clone() {
        let s = Stencil::new(tables, x, j);
        let width = layout.width(j);

        let radial = layout.radial_row(j);
        let target = &mut out.radial[radial.start - offsets[0]..][..width + 1];
        let source = &b.radial[radial];
        let inner = s.inner_columns();
        target[0] = T::zero();
        for i in 1..width {
            target[i] = source[i]
                - if inner.contains(&i) {
                    s.inner_rows(i).left
                } else {
                    s.radial(i)
                };
        }
        target[width] = if j < jm {
            T::zero()
        } else {
            let k = layout.wall_cell(Wall::Pore(j));
            source[width] - s.radial(width) - tables.wall_area[k] * x.layer[k]
        };

        let axial = layout.axial_row(j);
        let faces = axial.len();
        let target = &mut out.axial[axial.start - offsets[1]..][..faces];
        let source = &b.axial[axial];
        for i in 0..width {
            target[i] = source[i]
                - if inner.contains(&i) {
                    s.inner_rows(i).lower
                } else {
                    s.axial(i)
                };
        }
        for i in width..faces {
            let k = layout.wall_cell(Wall::Face(i));
            target[i] = source[i] - s.axial(i) - tables.wall_area[k] * x.layer[k];
        }

        let cells = layout.cell_row(j);
        let target = &mut out.pressure[cells.start - offsets[2]..][..width];
        let source = &b.pressure[cells];
        for i in 0..width {
            target[i] = source[i] - s.continuity(i);
        }

        for k in layout.wall_row(j) {
            let outward = match layout.wall(k) {
                Wall::Face(i) => s.w[2][i],
                Wall::Pore(_) => s.u[1][np],
            };
            out.layer[k - offsets[3]] = b.layer[k] - layer_row(tables, x, k, outward);
        }

        if j + 1 == nz {
            let front = layout.axial_row(nz);
            let target = &mut out.axial[front.start - offsets[1]..][..width];
            let source = &b.axial[front];
            for i in 0..width {
                // Without a pore the last faces are the mold face and rest on the layer.
                let layer = if jm == nz {
                    let k = layout.wall_cell(Wall::Face(i));
                    tables.wall_area[k] * x.layer[k]
                } else {
                    T::zero()
                };
                target[i] = source[i] - s.cell_rows(i).upper - layer;
            }
        }
    }
}
