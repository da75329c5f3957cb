//! The exact liquid volumes below the chain.

use super::Chain;
use crate::flow::filling::{Filling, half_lines};
use crate::flow::grid::Grid;
use glam::DVec2;

/// Shares closer than this to 0 and 1 are round-off of the sums.
const ROUND_OFF: f64 = 1e-12;

/// What `polygon` leaves liquid of the pore of `grid`, by exact integration of r dr dz under its segments.
///
/// Each piece of a segment inside one half cell adds the liquid below it in that half cell and counts all half cells
/// below as full over its width; pieces that run back towards the axis subtract, so that overhangs come out right.
pub fn filling(polygon: &Chain, grid: &Grid) -> Filling {
    let r = half_lines(&grid.r[..=grid.pore_across]);
    let z = half_lines(&grid.z[grid.mouth_row..]);
    let (columns, rows) = (r.len() - 1, z.len() - 1);
    let mut liquid = vec![0.0; columns * rows];
    // ∫ r dr over the pieces in each half cell: how wide the column below it is liquid.
    let mut above = vec![0.0; columns * rows];
    let mut cuts: Vec<f64> = Vec::new();
    for pair in polygon.points().windows(2) {
        let (a, b) = (pair[0], pair[1]);
        cuts.clear();
        cuts.push(0.0);
        crossings(&mut cuts, &r, a.x, b.x);
        crossings(&mut cuts, &z, a.y, b.y);
        cuts.push(1.0);
        cuts.sort_by(f64::total_cmp);
        for t in cuts.windows(2).filter(|t| t[1] > t[0]) {
            let (p, q) = (a.lerp(b, t[0]), a.lerp(b, t[1]));
            let middle = a.lerp(b, 0.5 * (t[0] + t[1]));
            if middle.y < 0.0 {
                continue;
            }
            let (column, row) = (place(&r, middle.x), place(&z, middle.y));
            let k = row * columns + column;
            let floor = DVec2::new(0.0, z[row]);
            liquid[k] += under(p - floor, q - floor);
            above[k] += 0.5 * (q.x * q.x - p.x * p.x);
        }
    }
    for row in (0..rows).rev() {
        let height = z[row + 1] - z[row];
        for column in 0..columns {
            let k = row * columns + column;
            let full = if row + 1 < rows {
                above[k + columns]
            } else {
                0.0
            };
            liquid[k] += full * height;
            above[k] += full;
            let capacity = 0.5 * (r[column + 1].powi(2) - r[column].powi(2)) * height;
            let share = liquid[k] / capacity;
            liquid[k] = if share < ROUND_OFF {
                0.0
            } else if share > 1.0 - ROUND_OFF {
                capacity
            } else {
                liquid[k]
            };
        }
    }
    Filling::new(grid, liquid)
}

/// ∫ z r dr along a straight piece.
fn under(a: DVec2, b: DVec2) -> f64 {
    (b.x - a.x) * (a.x * (2.0 * a.y + b.y) + b.x * (a.y + 2.0 * b.y)) / 6.0
}

/// Index of the interval that holds `x`.
fn place(lines: &[f64], x: f64) -> usize {
    lines.partition_point(|l| *l <= x).clamp(1, lines.len() - 1) - 1
}

/// Adds the parameters at which the way from `from` to `to` crosses lines.
fn crossings(cuts: &mut Vec<f64>, lines: &[f64], from: f64, to: f64) {
    let (low, high) = (from.min(to), from.max(to));
    let first = lines.partition_point(|l| *l <= low);
    cuts.extend(
        lines[first..]
            .iter()
            .take_while(|l| **l < high)
            .map(|l| (l - from) / (to - from)),
    );
}
