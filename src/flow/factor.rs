//! Factors of the coarsest level's matrix for [`crate::kernels::flow::coarse`].

use super::assemble::entries;
use crate::kernels::flow::coarse::CoarseFactor;
use crate::kernels::{LevelTables, Real};

/// The coarsest level's matrix is singular: the problem has no unique solution (for example a closed pore without a
/// traction boundary), or its data are not finite.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the coarsest multigrid level's matrix is singular in block {block} of {blocks}")]
pub struct Singular {
    /// Block of rows in which no pivot was found.
    pub block: usize,
    /// Number of blocks.
    pub blocks: usize,
}

/// Assembles and eliminates the matrix of a level, in doubles.
pub fn factor<T: Real>(tables: &LevelTables<T>) -> Result<CoarseFactor<T>, Singular> {
    let layout = &tables.layout;
    let (_, _, jm, nz) = layout.sizes();
    let [_, axial, pressure, layer] = layout.segments().map(|s| s.start);

    // One block per row of cells: its velocities (upper faces belong to the next row), pressures and layer stresses.
    let mut order: Vec<u32> = Vec::with_capacity(layout.len());
    let mut starts = vec![0u32];
    for j in 0..nz {
        let width = layout.width(j);
        let first = layout.radial_row(j).start;
        let moving = if j < jm { 1..width } else { 1..width + 1 };
        order.extend(moving.map(|i| (first + i) as u32));
        order.extend(layout.axial_row(j).map(|k| (axial + k) as u32));
        order.extend(layout.cell_row(j).map(|k| (pressure + k) as u32));
        // The mold face's layer goes with the faces it rests on, which belong to the row above: without mobility its
        // stress is tied to nothing else.
        if j == jm && jm > 0 {
            order.extend(layout.wall_row(jm - 1).map(|k| (layer + k) as u32));
        }
        if j >= jm {
            order.extend(layout.wall_row(j).map(|k| (layer + k) as u32));
        }
        if j + 1 == nz {
            order.extend(layout.axial_row(nz).map(|k| (axial + k) as u32));
        }
        starts.push(order.len() as u32);
    }
    let mut place = vec![(usize::MAX, 0); layout.len()];
    for block in 0..nz {
        for k in starts[block]..starts[block + 1] {
            place[order[k as usize] as usize] = (block, (k - starts[block]) as usize);
        }
    }
    let size = |block: usize| (starts[block + 1] - starts[block]) as usize;

    let mut diagonal: Vec<Vec<f64>> = (0..nz).map(|k| vec![0.0; size(k) * size(k)]).collect();
    // Coupling of block k + 1 (rows) to block k (columns).
    let mut lower: Vec<Vec<(usize, usize, f64)>> = vec![Vec::new(); nz];
    for e in entries(tables) {
        let ((row_block, row), (column_block, column)) = (place[e.row], place[e.column]);
        if row_block == usize::MAX {
            continue;
        }
        if row_block == column_block {
            diagonal[row_block][row * size(row_block) + column] += e.value;
        } else if row_block == column_block + 1 {
            lower[column_block].push((row, column, e.value));
        } else {
            debug_assert!(
                row_block + 1 == column_block,
                "rows couple to their neighbours only"
            );
        }
    }

    let mut inverses: Vec<Vec<f64>> = Vec::with_capacity(nz);
    let mut forward: Vec<Vec<f64>> = Vec::with_capacity(nz);
    for block in 0..nz {
        let n = size(block);
        let mut schur = std::mem::take(&mut diagonal[block]);
        if block > 0 {
            // S = D − G U with U = Lᵀ, column (row of L) by column.
            let m = size(block - 1);
            let g: &Vec<f64> = &forward[block - 1];
            for &(row, column, value) in &lower[block - 1] {
                for a in 0..n {
                    schur[a * n + row] -= g[a * m + column] * value;
                }
            }
        }
        let inverse = invert(schur, n).ok_or(Singular { block, blocks: nz })?;
        if block + 1 < nz {
            let mut g = vec![0.0; size(block + 1) * n];
            for &(row, column, value) in &lower[block] {
                for b in 0..n {
                    g[row * n + b] += value * inverse[column * n + b];
                }
            }
            forward.push(g);
        }
        inverses.push(inverse);
    }
    let round = |blocks: Vec<Vec<f64>>| {
        blocks
            .into_iter()
            .map(|b| b.into_iter().map(T::of).collect())
            .collect()
    };
    Ok(CoarseFactor {
        order,
        starts,
        inverse: round(inverses),
        forward: round(forward),
    })
}

/// Inverse of a dense n × n matrix by Gauss–Jordan elimination with row pivoting; `None` if a pivot vanishes.
fn invert(mut m: Vec<f64>, n: usize) -> Option<Vec<f64>> {
    let mut swaps = Vec::with_capacity(n);
    for k in 0..n {
        let pivot_row =
            (k..n).max_by(|&a, &b| m[a * n + k].abs().total_cmp(&m[b * n + k].abs()))?;
        swaps.push(pivot_row);
        if pivot_row != k {
            for b in 0..n {
                m.swap(pivot_row * n + b, k * n + b);
            }
        }
        let pivot = m[k * n + k];
        if pivot == 0.0 || !pivot.is_finite() {
            return None;
        }
        m[k * n + k] = 1.0;
        for b in 0..n {
            m[k * n + b] /= pivot;
        }
        let row: Vec<f64> = m[k * n..][..n].to_vec();
        for a in (0..n).filter(|&a| a != k) {
            let target = &mut m[a * n..][..n];
            let factor = std::mem::replace(&mut target[k], 0.0);
            if factor != 0.0 {
                for (t, r) in target.iter_mut().zip(&row) {
                    *t -= factor * r;
                }
            }
        }
    }
    for (k, &pivot_row) in swaps.iter().enumerate().rev() {
        if pivot_row != k {
            for a in 0..n {
                m.swap(a * n + pivot_row, a * n + k);
            }
        }
    }
    Some(m)
}
