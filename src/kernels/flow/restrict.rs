//! b_coarse ← Pᵀ r_fine.
//!
//! The transpose of [`super::prolong`]: fine rows are first mixed along z with the weights of the coarse row, then every
//! coarse column gathers its share of the mixture. As there, what belongs to the pressure is scaled.

use super::prolong::side;
use crate::kernels::level::at;
use crate::kernels::transfer::{SPREAD, Transfer};
use crate::kernels::{Fields, Layout, Real, RowBlock};
use std::ops::Range;

/// First fine entry and the weights of it and of the next ones.
type Share<T> = (u32, [T; SPREAD]);

/// target ← the shares of the coarse columns in the mixture.
#[inline(always)]
fn gather<T: Real>(target: &mut [T], line: &[Share<T>], mixture: &[T]) {
    let line = &line[..line.len().min(target.len())];
    for (k, target) in target[..line.len()].iter_mut().enumerate() {
        let (first, weights) = &line[k];
        let first = *first as usize;
        let mut sum = T::zero();
        if let Some(entries) = mixture.get(first..first + SPREAD) {
            for (a, &weight) in weights.iter().enumerate() {
                sum = sum + weight * entries[a];
            }
        } else {
            for (a, &weight) in weights.iter().enumerate() {
                sum = sum + weight * at(mixture, first + a);
            }
        }
        *target = sum;
    }
}

/// Replaces the mixture by the weighted sum of consecutive fine rows; rows may differ in length.
#[inline(always)]
fn mix<'a, T: Real>(
    mixture: &mut Vec<T>,
    share: &Share<T>,
    width: usize,
    row: impl Fn(usize) -> &'a [T],
) {
    mixture.clear();
    mixture.resize(width, T::zero());
    for (b, &weight) in share.1.iter().enumerate().filter(|(_, w)| **w != T::zero()) {
        let values = row(share.0 as usize + b);
        for (k, target) in mixture[..values.len()].iter_mut().enumerate() {
            *target = *target + weight * values[k];
        }
    }
}

/// As [`mix`], for rows that a second field scales.
#[inline(always)]
fn mix_scaled<'a, T: Real>(
    mixture: &mut Vec<T>,
    share: &Share<T>,
    width: usize,
    row: impl Fn(usize) -> (&'a [T], &'a [T]),
) {
    mixture.clear();
    mixture.resize(width, T::zero());
    for (b, &weight) in share.1.iter().enumerate().filter(|(_, w)| **w != T::zero()) {
        let (values, scales) = row(share.0 as usize + b);
        let scales = &scales[..values.len()];
        for (k, target) in mixture[..values.len()].iter_mut().enumerate() {
            *target = *target + weight * (values[k] * scales[k]);
        }
    }
}

/// Collects the fine residual into a block of coarse rows.
pub fn rows<T: Real>(
    fine: &Layout,
    coarse: &Layout,
    transfer: &Transfer<T>,
    r: &Fields<T>,
    out: &mut RowBlock<T>,
) {
    let offsets = out.offsets(coarse);
    let (nr, cp, cm, cz) = coarse.sizes();
    let (fine_nr, _, _, nz) = fine.sizes();
    let radial_row = |j: usize| {
        if j < nz {
            &r.radial[fine.radial_row(j)]
        } else {
            &[]
        }
    };
    let axial_row = |j: usize| {
        if j <= nz {
            &r.axial[fine.axial_row(j)]
        } else {
            &[]
        }
    };
    let cell_row = |j: usize| -> (&[T], &[T]) {
        if j < nz {
            let row = fine.cell_row(j);
            (&r.pressure[row.clone()], &transfer.pressure_to[row])
        } else {
            (&[], &[])
        }
    };
    let mut mixture: Vec<T> = Vec::with_capacity(fine_nr + 1);
    for j in out.rows.clone() {
        let width = coarse.width(j);

        // Columns inside the pore radius, at it and outside it mix their rows differently near the mouth only.
        let target = &mut out.radial[coarse.radial_row(j).start - offsets[0]..][..width + 1];
        let last = if j < cm { width } else { width + 1 };
        target.fill(T::zero());
        let mut mixed: Option<&Share<T>> = None;
        for (class, columns) in [1..cp, cp..cp + 1, cp + 1..nr].into_iter().enumerate() {
            let columns: Range<usize> = columns.start..columns.end.min(last);
            if columns.start >= columns.end {
                continue;
            }
            let share = &transfer.radial_along[class].from_fine[j];
            if mixed != Some(share) {
                mix(&mut mixture, share, fine_nr + 1, radial_row);
                mixed = Some(share);
            }
            gather(
                &mut target[columns.clone()],
                &transfer.radial_across.from_fine[columns],
                &mixture,
            );
        }

        let collect_axial = |j: usize, axial: &mut [T], mixture: &mut Vec<T>| {
            mix(
                mixture,
                &transfer.axial_along.from_fine[j],
                fine_nr,
                axial_row,
            );
            let line = &transfer.axial_across[side(j, cm)].from_fine;
            let target =
                &mut axial[coarse.axial_row(j).start - offsets[1]..][..coarse.axial_row(j).len()];
            gather(target, line, mixture);
        };
        collect_axial(j, out.axial, &mut mixture);
        if j + 1 == cz {
            collect_axial(cz, out.axial, &mut mixture);
        }

        let line = &transfer.pressure_across[(j >= cm) as usize].from_fine;
        let target = &mut out.pressure[coarse.cell_row(j).start - offsets[2]..][..width];
        let mut mixed: Option<&Share<T>> = None;
        for (class, columns) in [0..cp.min(width), cp.min(width)..width]
            .into_iter()
            .enumerate()
        {
            let share = &transfer.pressure_along[class].from_fine[j];
            if mixed != Some(share) && !columns.is_empty() {
                mix_scaled(&mut mixture, share, fine_nr, cell_row);
                mixed = Some(share);
            }
            gather(&mut target[columns.clone()], &line[columns], &mixture);
        }

        let scale = &transfer.pressure_from[coarse.cell_row(j)];
        for (k, target) in target.iter_mut().enumerate() {
            *target = *target * scale[k];
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
