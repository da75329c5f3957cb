//! b_coarse ← Pᵀ r_fine.

use super::prolong::side;
use crate::kernels::level::at;
use crate::kernels::transfer::{SPREAD, Transfer};
use crate::kernels::{Fields, Layout, Real, RowBlock};

/// Collects the fine residual into a block of coarse rows.
pub fn rows<T: Real>(fine: &Layout, coarse: &Layout, transfer: &Transfer<T>, r: &Fields<T>, out: &mut RowBlock<T>) {
    let offsets = out.offsets(coarse);
    let (_, cp, cm, cz) = coarse.sizes();
    let nz = fine.rows as usize;
    let radial_row = |j: usize| if j < nz { &r.radial[fine.radial_row(j)] } else { &[] };
    let axial_row = |j: usize| if j <= nz { &r.axial[fine.axial_row(j)] } else { &[] };
    let cell_row = |j: usize| if j < nz { &r.pressure[fine.cell_row(j)] } else { &[] };
    // Sum over the fine columns of one coarse column, in one fine row.
    let across = |row: &[T], (first, weights): &(u32, [T; SPREAD])| {
        let mut sum = T::zero();
        for (a, &weight) in weights.iter().enumerate() {
            sum = sum + weight * at(row, *first as usize + a);
        }
        sum
    };
    for j in out.rows.clone() {
        let width = coarse.width(j);

        let target = &mut out.radial[coarse.radial_row(j).start - offsets[0]..][..width + 1];
        let last = if j < cm { width } else { width + 1 };
        target.fill(T::zero());
        for (i, target) in target.iter_mut().enumerate().take(last).skip(1) {
            let (first, along) = &transfer.radial_along[side(i, cp)].from_fine[j];
            for (b, &z) in along.iter().enumerate().filter(|(_, w)| **w != T::zero()) {
                let sum = across(radial_row(*first as usize + b), &transfer.radial_across.from_fine[i]);
                *target = *target + z * sum;
            }
        }

        let collect_axial = |j: usize, axial: &mut [T]| {
            let (first, along) = &transfer.axial_along.from_fine[j];
            let line = &transfer.axial_across[side(j, cm)];
            let target = &mut axial[coarse.axial_row(j).start - offsets[1]..][..coarse.axial_row(j).len()];
            target.fill(T::zero());
            for (b, &z) in along.iter().enumerate().filter(|(_, w)| **w != T::zero()) {
                let source = axial_row(*first as usize + b);
                for (target, line) in target.iter_mut().zip(&line.from_fine) {
                    *target = *target + z * across(source, line);
                }
            }
        };
        collect_axial(j, out.axial);
        if j + 1 == cz {
            collect_axial(cz, out.axial);
        }

        let line = &transfer.pressure_across[(j >= cm) as usize];
        let target = &mut out.pressure[coarse.cell_row(j).start - offsets[2]..][..width];
        for (i, target) in target.iter_mut().enumerate() {
            *target = T::zero();
            let (first, along) = &transfer.pressure_along[(i >= cp) as usize].from_fine[j];
            for (b, &z) in along.iter().enumerate().filter(|(_, w)| **w != T::zero()) {
                *target = *target + z * across(cell_row(*first as usize + b), &line.from_fine[i]);
            }
        }

        for k in coarse.wall_row(j) {
            let (first, weights) = &transfer.layer.from_fine[k];
            let mut sum = T::zero();
            for (a, &weight) in weights.iter().enumerate() {
                sum = sum + weight * at(r.layer, *first as usize + a);
            }
            out.layer[k - offsets[3]] = sum;
        }
    }
}
