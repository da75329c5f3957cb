//! x_fine ← x_fine + P x_coarse.
//!
//! Pressures are scaled before and after they are interpolated: at a free front the stress goes with the weight of the
//! cells, see `flow::interpolate::scale_pressures`.
//!
//! Row by row: the two coarse rows are first mixed along z, then the mixture is spread across. Which table mixes a coarse
//! column, and which spreads a coarse row, depends on where the coarse unknown sits.

use crate::kernels::level::at;
use crate::kernels::transfer::Transfer;
use crate::kernels::{Fields, Layout, Real, RowBlock};

/// Position of `i` relative to `edge`: below, at, above.
#[inline(always)]
pub(super) fn side(i: usize, edge: usize) -> usize {
    (i >= edge) as usize + (i > edge) as usize
}

/// target += the mixture, spread with one direction's weights.
#[inline(always)]
fn spread<T: Real>(target: &mut [T], line: &[(u32, [T; 2])], mixture: &[T]) {
    let line = &line[..line.len().min(target.len())];
    for (k, target) in target[..line.len()].iter_mut().enumerate() {
        let (base, weights) = &line[k];
        let base = *base as usize;
        let pair = match mixture.get(base..base + 2) {
            Some(pair) => weights[0] * pair[0] + weights[1] * pair[1],
            None => weights[0] * at(mixture, base),
        };
        *target = *target + pair;
    }
}

/// Appends w₀ a + w₁ b for the columns in `range` to the mixture; a missing row counts as zero.
#[inline(always)]
fn mix<T: Real>(
    mixture: &mut Vec<T>,
    range: std::ops::Range<usize>,
    rows: [&[T]; 2],
    weights: [T; 2],
) {
    let start = range.start;
    mixture.extend(range.clone().map(|_| T::zero()));
    for (row, weight) in rows.into_iter().zip(weights) {
        let end = range.end.min(row.len());
        if weight != T::zero() && start < end {
            let row = &row[start..end];
            for (k, target) in mixture[start..end].iter_mut().enumerate() {
                *target = *target + weight * row[k];
            }
        }
    }
}

/// As [`mix`], for rows that a second field scales.
#[inline(always)]
fn mix_scaled<T: Real>(
    mixture: &mut Vec<T>,
    range: std::ops::Range<usize>,
    rows: [(&[T], &[T]); 2],
    weights: [T; 2],
) {
    let start = range.start;
    mixture.extend(range.clone().map(|_| T::zero()));
    for ((row, scale), weight) in rows.into_iter().zip(weights) {
        let end = range.end.min(row.len());
        if weight != T::zero() && start < end {
            let (row, scale) = (&row[start..end], &scale[start..end]);
            for (k, target) in mixture[start..end].iter_mut().enumerate() {
                *target = *target + weight * (row[k] * scale[k]);
            }
        }
    }
}

/// Adds the interpolated coarse state to a block of fine rows.
pub fn rows<T: Real>(
    fine: &Layout,
    coarse: &Layout,
    transfer: &Transfer<T>,
    x: &Fields<T>,
    out: &mut RowBlock<T>,
) {
    let offsets = out.offsets(fine);
    let (_, _, jm, nz) = fine.sizes();
    let (cr, cp, cm, cz) = coarse.sizes();
    let radial_row = |j: usize| {
        if j < cz {
            &x.radial[coarse.radial_row(j)]
        } else {
            &[]
        }
    };
    let axial_row = |j: usize| {
        if j <= cz {
            &x.axial[coarse.axial_row(j)]
        } else {
            &[]
        }
    };
    let cell_row = |j: usize| -> (&[T], &[T]) {
        if j < cz {
            let row = coarse.cell_row(j);
            (&x.pressure[row.clone()], &transfer.pressure_from[row])
        } else {
            (&[], &[])
        }
    };
    let mut mixture: Vec<T> = Vec::with_capacity(cr + 1);
    let mut pressures: Vec<T> = Vec::with_capacity(fine.sizes().0);
    for j in out.rows.clone() {
        let width = fine.width(j);
        let coarse_width = if j < jm { cr } else { cp };

        mixture.clear();
        for (class, columns) in [0..cp, cp..cp + 1, cp + 1..coarse_width + 1]
            .into_iter()
            .enumerate()
        {
            let (base, weights) = transfer.radial_along[class].from_coarse[j];
            mix(
                &mut mixture,
                columns,
                [radial_row(base as usize), radial_row(base as usize + 1)],
                weights,
            );
        }
        // The axis and the cell radius stay at rest.
        let last = if j < jm { width } else { width + 1 };
        let target = &mut out.radial[fine.radial_row(j).start - offsets[0]..][..width + 1];
        spread(
            &mut target[1..last],
            &transfer.radial_across.from_coarse[1..],
            &mixture,
        );

        let add_axial = |j: usize, axial: &mut [T], mixture: &mut Vec<T>| {
            let (base, weights) = transfer.axial_along.from_coarse[j];
            let row = base as usize;
            let target =
                &mut axial[fine.axial_row(j).start - offsets[1]..][..fine.axial_row(j).len()];
            let classes = [side(row, cm), side(row + 1, cm)];
            let separate = classes[0] != classes[1];
            for (class, weights) in [(
                classes[0],
                [weights[0], if separate { T::zero() } else { weights[1] }],
            )]
            .into_iter()
            .chain(separate.then_some((classes[1], [T::zero(), weights[1]])))
            {
                mixture.clear();
                mix(
                    mixture,
                    0..cr,
                    [axial_row(row), axial_row(row + 1)],
                    weights,
                );
                spread(target, &transfer.axial_across[class].from_coarse, mixture);
            }
        };
        add_axial(j, out.axial, &mut mixture);
        if j + 1 == nz {
            add_axial(nz, out.axial, &mut mixture);
        }

        // Coarse rows of reservoir and pore have their own line across; a fine row beside the mouth reads both.
        pressures.clear();
        pressures.resize(width, T::zero());
        let [inner, outer] = &transfer.pressure_along;
        let along = [inner.from_coarse[j], outer.from_coarse[j]];
        for region in 0..2 {
            let mut weights = [along[0].1, along[1].1];
            for (weights, (base, _)) in weights.iter_mut().zip(along) {
                for (b, weight) in weights.iter_mut().enumerate() {
                    if ((base as usize + b) >= cm) as usize != region {
                        *weight = T::zero();
                    }
                }
            }
            if weights.iter().flatten().all(|w| *w == T::zero()) {
                continue;
            }
            mixture.clear();
            for (class, columns) in [0..cp, cp..cr].into_iter().enumerate() {
                let row = along[class].0 as usize;
                mix_scaled(
                    &mut mixture,
                    columns,
                    [cell_row(row), cell_row(row + 1)],
                    weights[class],
                );
            }
            spread(
                &mut pressures,
                &transfer.pressure_across[region].from_coarse,
                &mixture,
            );
        }
        let cells = fine.cell_row(j);
        let target = &mut out.pressure[cells.start - offsets[2]..][..width];
        let (scale, pressures) = (&transfer.pressure_to[cells], &pressures[..width]);
        for (k, target) in target.iter_mut().enumerate() {
            *target = *target + scale[k] * pressures[k];
        }

        for k in fine.wall_row(j) {
            let (base, w) = transfer.layer.from_coarse[k];
            let target = &mut out.layer[k - offsets[3]];
            *target =
                *target + w[0] * at(x.layer, base as usize) + w[1] * at(x.layer, base as usize + 1);
        }
    }
}
