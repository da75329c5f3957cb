//! Implicit diffusion along one line of cells: Vₖ(xₖ − xₖ°) = Gₖ(xₖ₋₁ − xₖ) + Gₖ₊₁(xₖ₊₁ − xₖ).
//!
//! An M-matrix with unit row sums: no new extremes, whatever the step. One elimination serves all elements, without a
//! subtraction (see `layer`), so that amounts balance to round-off however large Gₖ.

use super::MOST_ELEMENTS;

/// A line of cells and what they exchange.
#[derive(Clone, Copy, Debug)]
pub struct Diffusion<'a> {
    /// Cells in their order.
    pub line: &'a [u32],
    /// area × DΔt/distance for every face between two of them.
    pub conductance: &'a [f64],
    /// Whether the first cell keeps its fractions.
    pub held: bool,
}

/// Diffuses `x` (fractions of `elements` elements in cells) along a line; `volume` holds a volume for every cell of the mesh.
/// `work` is overwritten.
pub fn line(
    diffusion: &Diffusion,
    x: &mut [f64],
    elements: usize,
    volume: &[f64],
    work: &mut Vec<f64>,
) {
    let Diffusion {
        line,
        conductance,
        held,
    } = *diffusion;
    work.clear();
    // What the diagonal has beyond the way on, and the fractions that come from the cells before.
    let mut left = 0.0;
    let mut came = [0.0; MOST_ELEMENTS];
    for (k, &cell) in line.iter().enumerate() {
        let own = &mut x[cell as usize * elements..][..elements];
        let on = conductance.get(k).copied().unwrap_or(0.0);
        if k == 0 && held {
            came[..elements].copy_from_slice(own);
            work.push(0.0);
            continue;
        }
        let v = volume[cell as usize];
        let back = if k > 0 { conductance[k - 1] } else { 0.0 };
        left = match k {
            0 => v,
            1 if held => v + back,
            _ => v + back * (left / (left + back)),
        };
        let diagonal = left + on;
        work.push(on / diagonal);
        for (x, came) in own.iter_mut().zip(&mut came) {
            *came = (v * *x + back * *came) / diagonal;
            *x = *came;
        }
    }
    let mut after = [0.0; MOST_ELEMENTS];
    for (&cell, share) in line.iter().zip(&*work).rev() {
        let own = &mut x[cell as usize * elements..][..elements];
        for (x, after) in own.iter_mut().zip(&mut after) {
            *after = *x + share * *after;
            *x = *after;
        }
    }
}
