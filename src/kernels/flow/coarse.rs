//! The exact solve on the coarsest level: block elimination along the rows of cells.
//!
//! The unknowns of a row couple to those of the neighbouring rows only. With Gⱼ = Uⱼᵀ Sⱼ⁻¹ and the Schur complements
//! Sⱼ₊₁ = Dⱼ₊₁ − Gⱼ Uⱼ, forward: yⱼ₊₁ = bⱼ₊₁ − Gⱼ yⱼ; backward: xⱼ = Sⱼ⁻¹ yⱼ − Gⱼᵀ xⱼ₊₁. Every step is a product with
//! a small dense matrix, whose rows a workgroup can share.

use crate::kernels::Real;

/// Factors of the coarsest level's matrix.
#[derive(Clone, Debug, Default)]
pub struct CoarseFactor<T> {
    /// Entry of the level's vector for every unknown, in elimination order.
    pub order: Vec<u32>,
    /// First unknown of every block, and the end.
    pub starts: Vec<u32>,
    /// Sⱼ⁻¹ of every block, row by row.
    pub inverse: Vec<Vec<T>>,
    /// Gⱼ, rows of block j + 1 by columns of block j.
    pub forward: Vec<Vec<T>>,
}

/// Solves K x = b; `b` and `x` are vectors of the coarsest level. Unknowns outside `order` are left alone.
pub fn solve<T: Real>(factor: &CoarseFactor<T>, b: &[T], x: &mut [T]) {
    let range = |k: usize| factor.starts[k] as usize..factor.starts[k + 1] as usize;
    let blocks = factor.inverse.len();
    let mut y: Vec<T> = factor.order.iter().map(|&k| b[k as usize]).collect();
    for k in 1..blocks {
        let (head, tail) = y.split_at_mut(range(k).start);
        let previous = &head[range(k - 1)];
        for (target, row) in tail
            .iter_mut()
            .zip(factor.forward[k - 1].chunks_exact(previous.len()))
        {
            *target = *target - dot(row, previous);
        }
    }
    for k in (0..blocks).rev() {
        let own = range(k);
        let mut solution: Vec<T> = factor.inverse[k]
            .chunks_exact(own.len())
            .map(|row| dot(row, &y[own.clone()]))
            .collect();
        if k + 1 < blocks {
            let next = range(k + 1);
            for (row, &value) in factor.forward[k].chunks_exact(own.len()).zip(&y[next]) {
                for (target, &g) in solution.iter_mut().zip(row) {
                    *target = *target - g * value;
                }
            }
        }
        y[own].copy_from_slice(&solution);
    }
    for (&k, value) in factor.order.iter().zip(y) {
        x[k as usize] = value;
    }
}

#[inline(always)]
fn dot<T: Real>(a: &[T], b: &[T]) -> T {
    a.iter().zip(b).fold(T::zero(), |sum, (&a, &b)| sum + a * b)
}
