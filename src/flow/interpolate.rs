//! The transfer tables between two grids.
//!
//! Linear in each direction; where a coarse neighbour is missing the value is continued constantly, except for
//! velocities beside a wall, which fall linearly to zero at the wall or, with slip, behind it.

use super::discretise;
use super::grid::Grid;
use crate::kernels::flow::prolong;
use crate::kernels::transfer::{Line, Transfer};
use crate::kernels::{Fields, Layout, Real, split_rows};

/// What lies beyond the last centre of a segment.
#[derive(Clone, Copy)]
enum End {
    /// The value is continued.
    Constant,
    /// The slope is continued. At the traction boundaries this is worth a factor two in the convergence rate: the
    /// shear-free strip beyond the last row of nodes is twice as wide on the coarser grid.
    Linear,
    /// The value is zero at this coordinate.
    Zero(f64),
}

type Weights = Vec<(u32, [f64; 2])>;

/// Interpolation between the centres of two sets of faces over the same segment; `offset` is the index of the
/// segment's first coarse cell.
fn centres(fine: &[f64], coarse: &[f64], offset: usize, low: End, high: End) -> Weights {
    let middle =
        |faces: &[f64]| -> Vec<f64> { faces.windows(2).map(|f| 0.5 * (f[0] + f[1])).collect() };
    let (x, c) = (middle(fine), middle(coarse));
    // A bare tube has no rows below its mouth and no columns outside its wall.
    let last = c.len().saturating_sub(1);
    let slope = |x: f64, k: usize| {
        let t = (x - c[k]) / (c[k + 1] - c[k]);
        (k, [1.0 - t, t])
    };
    // Beyond the outermost centre `k`, whose neighbour towards the inside starts the pair `inner`.
    let beyond = |x: f64, k: usize, inner: usize, end: End| match end {
        End::Linear if last > 0 => slope(x, inner),
        End::Constant | End::Linear => (k, [1.0, 0.0]),
        End::Zero(wall) => (k, [(x - wall) / (c[k] - wall), 0.0]),
    };
    x.iter()
        .map(|&x| {
            let (base, weights) = if x < c[0] {
                beyond(x, 0, 0, low)
            } else if x >= c[last] {
                beyond(x, last, last.saturating_sub(1), high)
            } else {
                slope(x, c.partition_point(|&c| c <= x) - 1)
            };
            ((base + offset) as u32, weights)
        })
        .collect()
}

/// Interpolation between faces, every coarse one of which is a fine one.
fn faces(x: &[f64], coarse: &[usize]) -> Weights {
    (0..x.len())
        .map(|i| {
            let k = (coarse.partition_point(|&c| c <= i) - 1).min(coarse.len() - 2);
            let t = (x[i] - x[coarse[k]]) / (x[coarse[k + 1]] - x[coarse[k]]);
            if t == 1.0 {
                (k as u32 + 1, [1.0, 0.0])
            } else {
                (k as u32, [1.0 - t, t])
            }
        })
        .collect()
}

/// Wall faces along the chain as arc length from the cell radius.
fn chain(grid: &Grid) -> Vec<f64> {
    let outer = grid.r[grid.r.len() - 1];
    let wall = grid.r[grid.pore_across];
    let mut s: Vec<f64> = grid.r[grid.pore_across..]
        .iter()
        .rev()
        .map(|r| outer - r)
        .collect();
    s.extend(
        grid.z[grid.mouth_row + 1..]
            .iter()
            .map(|z| outer - wall + (z - grid.z[grid.mouth_row])),
    );
    s
}

/// How far the weights of the coarse cells decide which of them a fine cell's pressure comes from, from 0 (not at all) to 1.
///
/// At 0 a full cell beside the front is given the noise ahead of it, magnified by the inverse of the weight there: solves
/// for a front along a grid line take up to 6 cycles more, or fail. At 1 a sliver is given the stress of the full cells beside
/// it: 11 more at N = 32. From 0.15 to 0.3 it is 2 at the most, with half of [`super::filling`]'s viscosity 3.
const PREFERENCE: f64 = 0.25;

/// Scales the pressures of `transfer` where a free front leaves the cells of both levels these factors of their weights.
///
/// With the factors φ and the weights w of linear interpolation a fine cell gets φ Σ w φ_c^α (p_c/φ_c) / Σ w φ_c^α, α =
/// [`PREFERENCE`]: stress goes with the weight, and more is asked of full cells than of empty ones.
pub fn scale_pressures<T: Real>(
    transfer: &mut Transfer<T>,
    fine: (&Layout, &[f64]),
    coarse: (&Layout, &[f64]),
) {
    let power = |exponent: f64| coarse.1.iter().map(move |f| T::of(f.powf(exponent)));
    let mut source = vec![T::zero(); coarse.0.len()];
    let [.., pressure, _] = coarse.0.segments();
    for (value, preference) in source[pressure].iter_mut().zip(power(PREFERENCE)) {
        *value = preference;
    }
    let mut interpolated = vec![T::zero(); fine.0.len()];
    let x = Fields::of(coarse.0, &source);
    for mut block in split_rows(fine.0, &mut interpolated, &[0]) {
        prolong::rows(fine.0, coarse.0, transfer, &x, &mut block);
    }
    let [.., pressure, _] = fine.0.segments();
    let pairs = fine.1.iter().zip(&interpolated[pressure]);
    transfer.pressure_to = pairs.map(|(&f, &p)| T::of(f) / p).collect();
    transfer.pressure_from = power(PREFERENCE - 1.0).collect();
}

/// Builds the transfer between `fine` and the `coarse` grid made from it with these faces, where the walls have this Navier slip
/// length: velocities fall to zero that far behind them. (With zero at the wall itself slip of 0.1 to 1 R costs 13 to 20 cycles at
/// N = 32 instead of 6 or 7.)
pub fn transfer<T: Real>(
    fine: &Grid,
    coarse: &Grid,
    kept: &[Vec<usize>; 2],
    slip: f64,
) -> Transfer<T> {
    let (np, jm) = (fine.pore_across, fine.mouth_row);
    let (cp, cm) = (coarse.pore_across, coarse.mouth_row);
    let (nr, cr) = (fine.across(), coarse.across());
    let cz = coarse.rows();
    let (wall, mouth) = (fine.r[np], fine.z[jm]);
    let line = |weights: Weights, len: usize| Line::<T>::new(weights, len);
    let join = |mut a: Weights, b: Weights| {
        a.extend(b);
        a
    };
    let nothing = |n: usize, base: usize| -> Weights { vec![(base as u32, [0.0, 0.0]); n] };
    use End::{Constant, Linear, Zero};

    let through = centres(&fine.z, &coarse.z, 0, Linear, Linear);
    let below = |end: End| centres(&fine.z[..=jm], &coarse.z[..=cm], 0, Linear, end);
    let above = centres(
        &fine.z[jm..],
        &coarse.z[cm..],
        cm,
        Zero(mouth - slip),
        Linear,
    );
    let pore_rows = fine.rows() - jm;

    let whole = || centres(&fine.r, &coarse.r, 0, Constant, Constant);
    let inside = |end: End| centres(&fine.r[..=np], &coarse.r[..=cp], 0, Constant, end);
    let outside = || {
        centres(
            &fine.r[np..],
            &coarse.r[cp..],
            cp,
            Zero(wall - slip),
            Constant,
        )
    };

    Transfer {
        radial_across: line(faces(&fine.r, &kept[0]), cr + 1),
        radial_along: [
            line(through.clone(), cz),
            line(join(below(Zero(mouth + slip)), above), cz),
            line(join(below(Zero(mouth + slip)), nothing(pore_rows, cm)), cz),
        ],
        axial_across: [
            line(whole(), cr),
            line(join(inside(Zero(wall + slip)), outside()), cr),
            line(join(inside(Zero(wall + slip)), nothing(nr - np, cp)), cr),
        ],
        axial_along: line(faces(&fine.z, &kept[1]), cz + 1),
        pressure_across: [line(whole(), cr), line(inside(Constant), cr)],
        pressure_along: [
            line(through, cz),
            line(join(below(Constant), nothing(pore_rows, cm)), cz),
        ],
        pressure_from: vec![T::one(); discretise::layout(coarse, [0, 0]).cells()],
        pressure_to: vec![T::one(); discretise::layout(fine, [0, 0]).cells()],
        layer: {
            // The layer ends at the contact line; the dry wall beyond a free front goes by itself.
            let wet =
                |grid: &Grid| grid.across() - grid.pore_across + grid.contact_row - grid.mouth_row;
            let (end, coarse_end) = (wet(fine), wet(coarse));
            let (fine, coarse) = (chain(fine), chain(coarse));
            let mut weights = centres(&fine[..=end], &coarse[..=coarse_end], 0, Constant, Linear);
            if end + 1 < fine.len() {
                let dry = (&fine[end..], &coarse[coarse_end..]);
                weights.extend(centres(dry.0, dry.1, coarse_end, Constant, Constant));
            }
            line(weights, coarse.len() - 1)
        },
    }
}
