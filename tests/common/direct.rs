//! A direct solution of what the multigrid solves, which shares nothing with it but the assembled matrix.

use super::Places;
use nanomold::flow::assemble::entries;
use nanomold::kernels::{Layout, LevelTables, Wall};
use rsparse::data::{Nmrc, Symb, Trpl};
use std::collections::BTreeMap;

/// Solves the assembled system by sparse LU; the unknowns in `held` are zero and their rows are dropped.
pub fn direct_solve(tables: &LevelTables<f64>, rhs: &[f64], held: &[usize]) -> Vec<f64> {
    let n = rhs.len();
    let mut is_held = vec![false; n];
    held.iter().for_each(|&k| is_held[k] = true);
    // Stored zeros (a layer without mobility) would be offered to the factorization as pivots.
    let mut matrix: BTreeMap<(usize, usize), f64> = BTreeMap::new();
    for entry in entries(tables) {
        if !is_held[entry.row] && !is_held[entry.column] && entry.value != 0.0 {
            *matrix.entry((entry.row, entry.column)).or_default() += entry.value;
        }
    }
    matrix.extend(held.iter().map(|&k| ((k, k), 1.0)));
    let factors = Factors::new(&tables.layout, &matrix);
    let b: Vec<f64> = (0..n)
        .map(|k| if is_held[k] { 0.0 } else { rhs[k] })
        .collect();
    let x = factors.solve(&b);
    // One refinement: the pivots of a saddle point cost digits.
    let mut r = b;
    for (&(row, column), value) in &matrix {
        r[row] -= value * x[column];
    }
    let correction = factors.solve(&r);
    x.iter().zip(&correction).map(|(x, r)| x + r).collect()
}

/// L and U of a matrix whose columns are taken in the sequence `columns`.
struct Factors {
    factors: Nmrc<f64>,
    columns: Vec<isize>,
}

impl Factors {
    fn new(layout: &Layout, matrix: &BTreeMap<(usize, usize), f64>) -> Self {
        let n = layout.len();
        let mut triplets = Trpl::new();
        for (&(row, column), &value) in matrix {
            triplets.append(row, column, value);
        }
        let columns = in_bands(layout);
        let mut symbolic = Symb::new();
        symbolic.q = Some(columns.clone());
        // First guesses; they grow.
        symbolic.lnz = 4 * matrix.len() + n;
        symbolic.unz = symbolic.lnz;
        // A pivot on the diagonal keeps that sequence: it may be a hundred times smaller than the largest of its column.
        let factors = rsparse::lu(&triplets.to_sprs(), &mut symbolic, 1e-2);
        Factors {
            factors: factors.expect("the matrix is regular"),
            columns,
        }
    }

    fn solve(&self, b: &[f64]) -> Vec<f64> {
        let rows = self.factors.pinv.as_ref().expect("LU permutes rows");
        let mut y = vec![0.0; b.len()];
        for (row, b) in rows.iter().zip(b) {
            y[*row as usize] = *b;
        }
        rsparse::lsolve(&self.factors.l, &mut y);
        rsparse::usolve(&self.factors.u, &mut y);
        let mut x = vec![0.0; b.len()];
        for (column, y) in self.columns.iter().zip(y) {
            x[*column as usize] = y;
        }
        x
    }
}

/// The unknowns row by row of cells: what is far apart along the axis is not coupled, so that the factors are banded. (Nested dissection
/// is five times slower: the pivots that a saddle point needs undo it.)
fn in_bands(layout: &Layout) -> Vec<isize> {
    let (nr, np, jm, nz) = layout.sizes();
    let at = Places(*layout);
    let mut places: Vec<([usize; 2], usize)> = Vec::new();
    for j in 0..=nz {
        // The axial faces of the mouth's plane span the mold face.
        for i in 0..if j <= jm { nr } else { np } {
            places.push(([j, i], at.w(i, j)));
        }
        if j < nz {
            let width = if j < jm { nr } else { np };
            places.extend((0..=width).map(|i| ([j, i], at.u(i, j))));
            places.extend((0..width).map(|i| ([j, i], at.p(i, j))));
        }
    }
    for k in 0..layout.wall_cells() {
        let (j, i) = match layout.wall(k) {
            Wall::Face(i) => (jm, i),
            Wall::Pore(j) => (j, np),
        };
        places.push(([j, i], at.layer(k)));
    }
    places.sort_unstable_by_key(|&(place, _)| place);
    assert_eq!(places.len(), layout.len(), "every unknown has a place");
    places.into_iter().map(|(_, k)| k as isize).collect()
}
