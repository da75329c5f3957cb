//! Advection on a mesh that moves: amounts through faces and the balance of a cell.
//!
//! ```text
//!            G(i, j+1) ↑
//!          +-----------+
//!  F(i,j) →|   i, j    |→ F(i+1, j)      volumes through the faces in one step, relative to their motion
//!          +-----------+
//!            G(i, j) ↑
//! ```
//!
//! A face takes along c + s (1 − ν)/2 of the cell upstream, s that cell's limited difference and ν the share of its volume that
//! leaves there (van Leer's scheme with Hancock's half step). The limiter is that of the monotonised central difference with one
//! factor for all elements, the smallest: differences of fractions that add up to one still add up to nothing. No face takes
//! more than twice the fraction of its cell, so fractions stay positive while no more than half a cell's volume leaves it
//! ([`LARGEST_OUTFLOW`]), and below one because they add up to it.

use crate::kernels::{Layout, Wall};

/// Share of a cell's volume that may leave it in one step.
pub const LARGEST_OUTFLOW: f64 = 0.45;

/// The tables of one step.
#[derive(Clone, Debug)]
pub struct Tables<'a> {
    /// Index arithmetic of the mesh.
    pub layout: Layout,
    /// Volumes per radian at the start and at the end of the step.
    pub volume: [&'a [f64]; 2],
    /// Volume through every axial face upwards; on the mold face into the layer.
    pub axial: &'a [f64],
    /// Volume through every radial face outwards; on the pore wall into the layer.
    pub radial: &'a [f64],
    /// First row that is computed. With one above the lowest, the balances of its own cells lack what comes from below: a
    /// caller that keeps them as they are puts them back.
    pub first_row: usize,
    /// Radii of the r-faces.
    pub r: &'a [f64],
    /// Centre and half height of every cell.
    pub middle: &'a [f64],
    /// See `middle`.
    pub half_height: &'a [f64],
}

/// What comes in from outside the bulk; `values` fractions or other quantities per cell.
#[derive(Clone, Debug)]
pub struct Outside<'a> {
    /// At the inlet.
    pub inlet: &'a [f64],
    /// From every cell of the layer.
    pub layer: &'a [f64],
    /// At the front.
    pub front: &'a [f64],
}

/// Relative difference below which a quantity counts as uniform: round-off must not limit the others.
pub const UNIFORM: f64 = 1e-9;

/// Smallest limiter of all quantities for differences `before` and `after` over the distances `to_before` and `to_after`, and
/// the central slopes × `half` width. Writes the limited changes over half a cell.
#[inline]
fn limited(
    own: &[f64],
    before: &[f64],
    after: &[f64],
    distances: [f64; 2],
    half: f64,
    change: &mut [f64],
) {
    let [to_before, to_after] = distances;
    let total = half / (to_before + to_after);
    let (on_before, on_after) = (total * to_after / to_before, total * to_before / to_after);
    let mut factor: f64 = 1.0;
    for k in 0..own.len() {
        let (low, high) = (own[k] - before[k], after[k] - own[k]);
        let central = on_before * low + on_after * high;
        change[k] = central;
        let largest = low.abs().max(high.abs());
        if largest > UNIFORM * own[k] {
            let allowed = if low * high > 0.0 {
                low.abs().min(high.abs())
            } else {
                0.0
            };
            if central.abs() > allowed {
                factor = factor.min(allowed / central.abs());
            }
        }
    }
    for c in change {
        *c *= factor;
    }
}

/// Limited changes of cell (`i`, `j`) over half its width and half its height, into `radial` and `axial`; none beside
/// boundaries.
pub fn changes(
    tables: &Tables,
    values: &[f64],
    count: usize,
    (i, j): (usize, usize),
    radial: &mut [f64],
    axial: &mut [f64],
) {
    let layout = &tables.layout;
    let (_, _, _, rows) = layout.sizes();
    let (width, row) = (layout.width(j), layout.cell_row(j).start);
    let at = |cell: usize| &values[cell * count..][..count];
    let own = at(row + i);
    radial.fill(0.0);
    if i > 0 && i + 1 < width {
        let r = &tables.r[i - 1..i + 3];
        let distances = [0.5 * (r[2] - r[0]), 0.5 * (r[3] - r[1])];
        let half = 0.5 * (r[2] - r[1]);
        limited(
            own,
            at(row + i - 1),
            at(row + i + 1),
            distances,
            half,
            radial,
        );
    }
    axial.fill(0.0);
    if j > 0 && j + 1 < rows && i < layout.width(j + 1) {
        let (below, above) = (
            layout.cell_row(j - 1).start + i,
            layout.cell_row(j + 1).start + i,
        );
        let z = |cell: usize| tables.middle[cell];
        let distances = [z(row + i) - z(below), z(above) - z(row + i)];
        let half = tables.half_height[row + i];
        limited(own, at(below), at(above), distances, half, axial);
    }
}

/// Changes over half a cell of all cells: radial and axial.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    radial: Vec<f64>,
    axial: Vec<f64>,
}

/// Advects `values` (`count` quantities per cell, element fastest) over one step. `amounts` is work space of the same size.
pub fn step(
    tables: &Tables,
    outside: &Outside,
    count: usize,
    values: &mut [f64],
    changes_: &mut Changes,
    amounts: &mut Vec<f64>,
) {
    let layout = &tables.layout;
    let (nr, np, jm, nz) = layout.sizes();
    changes_.radial.resize(values.len(), 0.0);
    changes_.axial.resize(values.len(), 0.0);
    let first = tables.first_row;
    for j in first..nz {
        for (i, cell) in layout.cell_row(j).enumerate() {
            let own = cell * count..(cell + 1) * count;
            changes(
                tables,
                values,
                count,
                (i, j),
                &mut changes_.radial[own.clone()],
                &mut changes_.axial[own],
            );
        }
    }
    amounts.resize(values.len(), 0.0);
    let computed = layout.cell_row(first).start..tables.volume[0].len();
    for cell in computed.clone() {
        let own = cell * count..(cell + 1) * count;
        for (amount, c) in amounts[own.clone()].iter_mut().zip(&values[own]) {
            *amount = c * tables.volume[0][cell];
        }
    }
    // Through a face between two cells; the change of the cell upstream is taken towards the face.
    let mut inner = |from: usize, to: usize, flux: f64, changes: &[f64]| {
        let (up, sign) = if flux > 0.0 { (from, 1.0) } else { (to, -1.0) };
        let rest = sign * (1.0 - flux.abs() / tables.volume[0][up]).max(0.0);
        for k in 0..count {
            let value = values[up * count + k] + rest * changes[up * count + k];
            amounts[from * count + k] -= flux * value;
            amounts[to * count + k] += flux * value;
        }
    };
    for j in first..nz {
        let row = layout.cell_row(j).start;
        let faces = layout.radial_row(j).start;
        for i in 1..layout.width(j) {
            inner(
                row + i - 1,
                row + i,
                tables.radial[faces + i],
                &changes_.radial,
            );
        }
        if j > first {
            let (below, faces) = (layout.cell_row(j - 1).start, layout.axial_row(j).start);
            for i in 0..layout.width(j) {
                inner(below + i, row + i, tables.axial[faces + i], &changes_.axial);
            }
        }
    }
    // Through the boundaries, outwards.
    let mut outer = |cell: usize, flux: f64, beyond: &[f64]| {
        for k in 0..count {
            let own = values[cell * count + k];
            let value = if flux > 0.0 { own } else { beyond[k] };
            amounts[cell * count + k] -= flux * value;
        }
    };
    for i in 0..if first == 0 { layout.width(0) } else { 0 } {
        outer(
            i,
            -tables.axial[layout.axial_row(0).start + i],
            outside.inlet,
        );
    }
    let top = layout.cell_row(nz - 1).start;
    for i in 0..np {
        outer(
            top + i,
            tables.axial[layout.axial_row(nz).start + i],
            outside.front,
        );
    }
    let layer = |k: usize| &outside.layer[k * count..][..count];
    for i in np..nr {
        let cell = layout.cell_row(jm - 1).start + i;
        let flux = tables.axial[layout.axial_row(jm).start + i];
        outer(cell, flux, layer(layout.wall_cell(Wall::Face(i))));
    }
    for j in jm..nz {
        let cell = layout.cell_row(j).start + np - 1;
        let flux = tables.radial[layout.radial_row(j).start + np];
        outer(cell, flux, layer(layout.wall_cell(Wall::Pore(j))));
    }
    for cell in computed {
        let own = cell * count..(cell + 1) * count;
        for (value, amount) in values[own.clone()].iter_mut().zip(&amounts[own]) {
            *value = amount / tables.volume[1][cell];
        }
    }
}
