//! Block-tridiagonal elimination with small dense blocks.

use super::MOST_ELEMENTS;

/// A block of at most [`MOST_ELEMENTS`]² numbers, row first.
pub type Block = [[f64; MOST_ELEMENTS]; MOST_ELEMENTS];

/// A vector that goes with a block.
pub type Column = [f64; MOST_ELEMENTS];

/// One row of a block-tridiagonal system: lower · x₋ + diagonal · x + upper · x₊ = right.
#[derive(Clone, Debug, Default)]
pub struct Row {
    /// On the unknowns before.
    pub lower: Block,
    /// On the row's own.
    pub diagonal: Block,
    /// On those after; overwritten by the elimination.
    pub upper: Block,
    /// Right-hand side; overwritten by the solution.
    pub right: Column,
}

/// Solves for blocks of `n` unknowns; the solution replaces every row's right-hand side. False if a pivot vanishes.
pub fn solve(rows: &mut [Row], n: usize) -> bool {
    for k in 0..rows.len() {
        let (before, here) = rows.split_at_mut(k);
        let row = &mut here[0];
        if let Some(last) = before.last() {
            for i in 0..n {
                for m in 0..n {
                    let factor = row.lower[i][m];
                    if factor == 0.0 {
                        continue;
                    }
                    for j in 0..n {
                        row.diagonal[i][j] -= factor * last.upper[m][j];
                    }
                    row.right[i] -= factor * last.right[m];
                }
            }
        }
        if !eliminate(row, n) {
            return false;
        }
    }
    for k in (1..rows.len()).rev() {
        let (before, here) = rows.split_at_mut(k);
        let row = &mut before[k - 1];
        for i in 0..n {
            for j in 0..n {
                row.right[i] -= row.upper[i][j] * here[0].right[j];
            }
        }
    }
    true
}

/// Multiplies a row by the inverse of its diagonal block (Gauss–Jordan with row pivots).
fn eliminate(row: &mut Row, n: usize) -> bool {
    let Row {
        diagonal,
        upper,
        right,
        ..
    } = row;
    for p in 0..n {
        let best = (p..n)
            .max_by(|&a, &b| diagonal[a][p].abs().total_cmp(&diagonal[b][p].abs()))
            .unwrap_or(p);
        diagonal.swap(p, best);
        upper.swap(p, best);
        right.swap(p, best);
        let pivot = diagonal[p][p];
        if pivot == 0.0 || !pivot.is_finite() {
            return false;
        }
        let inverse = 1.0 / pivot;
        for j in 0..n {
            diagonal[p][j] *= inverse;
            upper[p][j] *= inverse;
        }
        right[p] *= inverse;
        for i in (0..n).filter(|&i| i != p) {
            let factor = diagonal[i][p];
            if factor == 0.0 {
                continue;
            }
            for j in 0..n {
                diagonal[i][j] -= factor * diagonal[p][j];
                upper[i][j] -= factor * upper[p][j];
            }
            right[i] -= factor * right[p];
        }
    }
    true
}
