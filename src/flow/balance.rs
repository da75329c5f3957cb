//! Closes the mass balance of a converged state row by row.
//!
//! A residual of 1e-8 leaves inflow and outflow apart by about as much. Moving the wall velocities by what the layer
//! lacks and the axial velocities by what a row lacks makes inflow = core + layer to round-off; both corrections are
//! of the size of the residual that the tolerance allows.

use crate::backend::LevelState;
use crate::kernels::{Fields, Real, Wall, split_rows};

/// Corrects `state[0]`, whose residual must be in `residual`, and leaves the residual of the uncorrected state.
pub(super) fn close<T: Real>(level: &mut LevelState<T>) {
    let layout = level.tables.layout;
    let (_, np, jm, nz) = layout.sizes();
    let tables = &level.tables;
    let r = Fields::of(&layout, &level.residual);
    let mut blocks = split_rows(&layout, &mut level.state[0], &[0]);
    let x = &mut blocks[0];

    // Flow that has to be added upwards through the lower faces of the row.
    let mut missing = 0.0;
    for j in 0..nz {
        let width = layout.width(j);
        // Faces of the lower plane that are open; the mold face beside them has its own correction below.
        let open = layout.axial_row(j);
        let open = open.start..open.start + width;
        spread(&tables.ring_area[..width], &mut x.axial[open], missing);
        let row: f64 = r.pressure[layout.cell_row(j)].iter().map(|v| v.f64()).sum();
        let mut outward = 0.0;
        for k in layout.wall_row(j) {
            let lacking = r.layer[k].f64();
            let velocity = match layout.wall(k) {
                Wall::Face(i) => &mut x.axial[layout.axial_row(jm).start + i],
                Wall::Pore(j) => &mut x.radial[layout.radial_row(j).start + np],
            };
            *velocity = *velocity + T::of(lacking / tables.wall_area[k].f64());
            outward += lacking;
        }
        // The residual of a continuity row is the outflow that should not be.
        missing -= row + outward;
    }
    let front = layout.axial_row(nz);
    let width = layout.width(nz - 1);
    spread(
        &tables.ring_area[..width],
        &mut x.axial[front.start..front.start + width],
        missing,
    );
}

/// Adds the rate `flow` to a row of faces as a parabola that vanishes at its outer end.
fn spread<T: Real>(area: &[T], faces: &mut [T], flow: f64) {
    let total: f64 = area.iter().map(|a| a.f64()).sum();
    let mut inside = 0.0;
    let shape: Vec<f64> = area
        .iter()
        .map(|a| {
            let middle = inside + 0.5 * a.f64();
            inside += a.f64();
            1.0 - middle / total
        })
        .collect();
    let sum: f64 = shape.iter().zip(area).map(|(s, a)| s * a.f64()).sum();
    for (face, s) in faces.iter_mut().zip(shape) {
        *face = *face + T::of(flow * s / sum);
    }
}
