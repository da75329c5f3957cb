//! Implicit diffusion along one line of cells: Vₖ(xₖ − xₖ°) = Gₖ(xₖ₋₁ − xₖ) + Gₖ₊₁(xₖ₊₁ − xₖ).
//!
//! An M-matrix with unit row sums: no new extremes, whatever the step. One elimination serves all elements.

use super::MOST_ELEMENTS;

/// Diffuses `x` (fractions of `elements` elements in cells) along the cells `line`; `volume` holds a volume for every cell of
/// the line and `conductance` (area × DΔt/distance) for every face between two of them. `work` is overwritten.
pub fn line(
    x: &mut [f64],
    line: &[u32],
    elements: usize,
    volume: impl Fn(usize) -> f64,
    conductance: &[f64],
    work: &mut Vec<[f64; MOST_ELEMENTS + 1]>,
) {
    let m = line.len();
    work.clear();
    let mut before = [0.0; MOST_ELEMENTS + 1];
    for k in 0..m {
        let lower = if k > 0 { conductance[k - 1] } else { 0.0 };
        let upper = if k + 1 < m { conductance[k] } else { 0.0 };
        let v = volume(k);
        // before[0] is the share of the next cell in the one before.
        let diagonal = v + upper + lower * (1.0 - before[0]);
        let cell = &x[line[k] as usize * elements..][..elements];
        let mut row = [0.0; MOST_ELEMENTS + 1];
        row[0] = upper / diagonal;
        for i in 0..elements {
            row[i + 1] = (v * cell[i] + lower * before[i + 1]) / diagonal;
        }
        work.push(row);
        before = row;
    }
    let mut after = [0.0; MOST_ELEMENTS];
    for k in (0..m).rev() {
        let row = &work[k];
        let cell = &mut x[line[k] as usize * elements..][..elements];
        for i in 0..elements {
            after[i] = row[i + 1] + row[0] * after[i];
            cell[i] = after[i];
        }
    }
}
