//! x_fine ← x_fine + P x_coarse.

use crate::kernels::level::at;
use crate::kernels::transfer::Transfer;
use crate::kernels::{Fields, Layout, Real, RowBlock};

/// Position of `i` relative to `edge`: below, at, above.
#[inline(always)]
pub(super) fn side(i: usize, edge: usize) -> usize {
    (i >= edge) as usize + (i > edge) as usize
}

/// Adds the interpolated coarse state to a block of fine rows.
pub fn rows<T: Real>(fine: &Layout, coarse: &Layout, transfer: &Transfer<T>, x: &Fields<T>, out: &mut RowBlock<T>) {
    let offsets = out.offsets(fine);
    let (_, _, fm, nz) = fine.sizes();
    let (_, cp, cm, cz) = coarse.sizes();
    let radial_row = |j: usize| if j < cz { &x.radial[coarse.radial_row(j)] } else { &[] };
    let axial_row = |j: usize| if j <= cz { &x.axial[coarse.axial_row(j)] } else { &[] };
    let cell_row = |j: usize| if j < cz { &x.pressure[coarse.cell_row(j)] } else { &[] };
    for j in out.rows.clone() {
        let width = fine.width(j);

        let along = [0, 1, 2].map(|class| transfer.radial_along[class].from_coarse[j]);
        let source = along.map(|(base, _)| [radial_row(base as usize), radial_row(base as usize + 1)]);
        let target = &mut out.radial[fine.radial_row(j).start - offsets[0]..][..width + 1];
        let last = if j < fm { width } else { width + 1 };
        for (i, target) in target.iter_mut().enumerate().take(last).skip(1) {
            let (base, across) = transfer.radial_across.from_coarse[i];
            for (a, &weight) in across.iter().enumerate() {
                let column = base as usize + a;
                let class = side(column, cp);
                let (rows, z) = (&source[class], &along[class].1);
                *target = *target + weight * (z[0] * at(rows[0], column) + z[1] * at(rows[1], column));
            }
        }

        let add_axial = |j: usize, axial: &mut [T]| {
            let (base, z) = transfer.axial_along.from_coarse[j];
            let target = &mut axial[fine.axial_row(j).start - offsets[1]..][..fine.axial_row(j).len()];
            for (b, &weight) in z.iter().enumerate().filter(|(_, w)| **w != T::zero()) {
                let row = base as usize + b;
                let (line, source) = (&transfer.axial_across[side(row, cm)], axial_row(row));
                for (target, (base, across)) in target.iter_mut().zip(&line.from_coarse) {
                    let column = *base as usize;
                    *target = *target
                        + weight * (across[0] * at(source, column) + across[1] * at(source, column + 1));
                }
            }
        };
        add_axial(j, out.axial);
        if j + 1 == nz {
            add_axial(nz, out.axial);
        }

        let along = [0, 1].map(|class| transfer.pressure_along[class].from_coarse[j]);
        let target = &mut out.pressure[fine.cell_row(j).start - offsets[2]..][..width];
        for (i, target) in target.iter_mut().enumerate() {
            for region in 0..2 {
                // The coarse rows below and above the mouth have their own radial line; columns inside the pore
                // radius read both.
                let (base, across) = match transfer.pressure_across[region].from_coarse.get(i) {
                    Some(line) => *line,
                    None => continue,
                };
                for (a, &weight) in across.iter().enumerate() {
                    let column = base as usize + a;
                    let (first, z) = along[(column >= cp) as usize];
                    for (b, &z) in z.iter().enumerate() {
                        let row = first as usize + b;
                        if (row >= cm) as usize == region {
                            *target = *target + weight * z * at(cell_row(row), column);
                        }
                    }
                }
            }
        }

        for k in fine.wall_row(j) {
            let (base, w) = transfer.layer.from_coarse[k];
            let target = &mut out.layer[k - offsets[3]];
            *target = *target + w[0] * at(x.layer, base as usize) + w[1] * at(x.layer, base as usize + 1);
        }
    }
}
