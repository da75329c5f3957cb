//! The matrix K of a level, entry by entry, from the energy form.
//!
//! Independent of the matrix-free kernels: strains are written down once per cell and node and squared. Used for the
//! exact solve on the coarsest level and, in the tests, against a sparse LU on every level.

use crate::kernels::{LevelTables, Real};

/// One entry of K.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Entry {
    /// Row, an index into a vector of the level.
    pub row: usize,
    /// Column.
    pub column: usize,
    /// Value; entries at the same place add up.
    pub value: f64,
}

/// All entries of K. Masked unknowns (radial velocity on the axis and at the cell radius) have a one on the diagonal.
pub fn entries<T: Real>(tables: &LevelTables<T>) -> Vec<Entry> {
    let layout = &tables.layout;
    let (nr, np, jm, nz) = layout.sizes();
    let [_, axial, pressure, layer] = layout.segments().map(|s| s.start);
    let u = |i: usize, j: usize| layout.radial_row(j).start + i;
    let w = |i: usize, j: usize| axial + layout.axial_row(j).start + i;
    let masked = |i: usize, j: usize| i == 0 || (i == nr && j < jm);

    let mut out: Vec<Entry> = Vec::new();
    // Adds weight · (Σ aᵢ xᵢ)² to the energy ½ xᵀ K x (without the ½).
    let mut square = |terms: &[(usize, f64)], weight: f64| {
        for &(row, a) in terms {
            for &(column, b) in terms {
                let value = weight * a * b;
                if value != 0.0 {
                    out.push(Entry { row, column, value });
                }
            }
        }
    };
    for j in 0..nz {
        for i in 0..layout.width(j) {
            let weight = 2.0 * tables.cell_weight[layout.cell_row(j).start + i].f64();
            let (radial, hoop, axial) = (
                tables.radial_sq[i].f64(),
                tables.hoop_sq[i].f64(),
                tables.axial_sq[j].f64(),
            );
            square(&[(u(i, j), -1.0), (u(i + 1, j), 1.0)], weight * radial);
            square(&[(u(i, j), 1.0), (u(i + 1, j), 1.0)], weight * hoop);
            square(&[(w(i, j), -1.0), (w(i, j + 1), 1.0)], weight * axial);
        }
    }
    for j in 0..=nz {
        for i in 0..layout.node_row(j).len() {
            let weight = tables.node_weight[layout.node_row(j).start + i].f64();
            if weight == 0.0 {
                continue;
            }
            let (dz, dr) = tables.node_factors(i, j);
            let (dz, dr) = (dz.f64(), dr.f64());
            let has_u = |j: usize| j < nz && i <= layout.width(j);
            let has_w = |i: usize| i < layout.axial_row(j).len();
            let above = has_u(j).then(|| (u(i, j), dz));
            let below = (j > 0 && has_u(j - 1)).then(|| (u(i, j - 1), -dz));
            let right = has_w(i).then(|| (w(i, j), dr));
            let left = (i > 0 && has_w(i - 1)).then(|| (w(i - 1, j), -dr));
            if i == np && j == jm {
                // The corner: three quadrants, each with half distances to a point that moves as friction lets it.
                let [own, other] = tables.corner_give.map(Real::f64);
                let half =
                    |term: Option<(usize, f64)>, by: f64| term.map(|(k, v)| (k, 2.0 * v * by));
                let moving = |own: f64, other: f64| {
                    // `below` and `left` carry the minus sign of a difference.
                    [
                        half(below, -2.0 * own),
                        half(left, -2.0 * other),
                        half(above, own - other),
                        half(right, other - own),
                    ]
                };
                let (along, across) = (moving(own, other), moving(other, own));
                let minus = |terms: [Option<(usize, f64)>; 4]| terms.map(|t| half(t, -0.5));
                let quadrants = [
                    ([half(below, 1.0), half(left, 1.0)], along, across),
                    ([half(below, 1.0), half(right, 1.0)], along, minus(across)),
                    ([half(above, 1.0), half(left, 1.0)], minus(along), across),
                ];
                for (sides, u, w) in quadrants {
                    let terms: Vec<_> = sides.into_iter().chain(u).chain(w).flatten().collect();
                    square(&terms, weight);
                }
                if other > 0.0 {
                    for moved in [along, across] {
                        let terms: Vec<_> = moved.into_iter().flatten().collect();
                        square(&terms, weight * (own / other - 3.0));
                    }
                }
            } else {
                let terms: Vec<_> = [above, below, right, left].into_iter().flatten().collect();
                square(&terms, weight);
            }
        }
    }
    let mut couple = |row: usize, column: usize, value: f64| {
        out.push(Entry { row, column, value });
        out.push(Entry {
            row: column,
            column: row,
            value,
        });
    };
    for j in 0..nz {
        let height = tables.height[j].f64();
        for i in 0..layout.width(j) {
            let row = pressure + layout.cell_row(j).start + i;
            couple(row, u(i, j), height * tables.face_radius[i].f64());
            couple(row, u(i + 1, j), -height * tables.face_radius[i + 1].f64());
            couple(row, w(i, j), tables.ring_area[i].f64());
            couple(row, w(i, j + 1), -tables.ring_area[i].f64());
            if let Some(k) = layout.wall_of(i, j) {
                let velocity = if j >= jm { u(np, j) } else { w(i, jm) };
                couple(layer + k, velocity, tables.wall_area[k].f64());
            }
        }
    }
    for k in 0..layout.wall_cells() {
        let (before, after) = (tables.conductance[k].f64(), tables.conductance[k + 1].f64());
        out.push(Entry {
            row: layer + k,
            column: layer + k,
            value: -before - after - tables.leakage[k].f64(),
        });
        if k + 1 < layout.wall_cells() {
            out.push(Entry {
                row: layer + k,
                column: layer + k + 1,
                value: after,
            });
            out.push(Entry {
                row: layer + k + 1,
                column: layer + k,
                value: after,
            });
        }
    }
    let is_masked: Vec<bool> = {
        let mut mask = vec![false; layout.len()];
        for j in 0..nz {
            for i in 0..=layout.width(j) {
                mask[u(i, j)] = masked(i, j);
            }
        }
        mask
    };
    out.retain(|e| !is_masked[e.row] && !is_masked[e.column]);
    out.extend(
        is_masked
            .iter()
            .enumerate()
            .filter(|(_, m)| **m)
            .map(|(k, _)| Entry {
                row: k,
                column: k,
                value: 1.0,
            }),
    );
    out
}
