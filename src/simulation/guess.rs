//! First guesses: what a solution leaves for later ones, and its state on the grid of another problem.

use super::ENTRANCE;
use super::engine::FlowQuestion;
use crate::flow::discretise;
use crate::flow::grid::Grid;
use crate::flow::local::Laws;
use crate::flow::solver::FlowSolver;
use crate::kernels::Layout;
use crate::saved::{Saved, SavedError};

/// What a solution leaves for the guesses of later ones.
#[derive(Debug)]
pub(super) struct Solved {
    pub question: FlowQuestion,
    pub grid: Grid,
    pub state: Vec<f64>,
}

impl Solved {
    /// Index arithmetic of its grid.
    pub fn layout(&self) -> Layout {
        discretise::layout(&self.grid, [0, 0])
    }

    fn state(&self) -> &[f64] {
        &self.state
    }

    /// Keeps the solution under the name `at`.
    pub fn save(&self, to: &mut Saved, at: &str) {
        let FlowQuestion {
            length,
            lambda,
            slip_length,
            laws,
        } = self.question;
        let question = [
            length,
            lambda,
            slip_length,
            laws.stress_scale,
            laws.pressure_viscosity,
            laws.pressure_mobility,
            laws.reference_pressure,
        ];
        to.put(format!("{at}/question"), question);
        self.grid.save(to, &format!("{at}/grid"));
        to.put(format!("{at}/state"), self.state.clone());
    }

    /// Puts together what [`Solved::save`] kept.
    ///
    /// # Errors
    /// [`SavedError`].
    pub fn restore(from: &Saved, at: &str) -> Result<Self, SavedError> {
        let [
            length,
            lambda,
            slip_length,
            stress_scale,
            pressure_viscosity,
            pressure_mobility,
            reference_pressure,
        ] = from.numbers(&format!("{at}/question"))?;
        let grid = Grid::restore(from, &format!("{at}/grid"))?;
        let count = discretise::layout(&grid, [0, 0]).len();
        Ok(Solved {
            question: FlowQuestion {
                length,
                lambda,
                slip_length,
                laws: Laws {
                    stress_scale,
                    pressure_viscosity,
                    pressure_mobility,
                    reference_pressure,
                },
            },
            state: from.array_of(&format!("{at}/state"), count)?,
            grid,
        })
    }
}

/// The state of `from` on the grid of `onto`.
///
/// The pore's rows are stretched with the length, and velocities scale with the flow that a pore with the entrance
/// resistance of half a radius would carry. (Carrying the rows near mouth and front over one by one, because the
/// singular fields there scale with the cells, was tried: the kinks where the stretching begins left five times the
/// residual.)
pub(super) fn stretch(from: &Solved, new: &FlowQuestion, onto: &FlowSolver<f64>) -> Vec<f64> {
    let (a, b) = (from.layout(), onto.layout());
    let old = &from.question;
    let scale = (old.length + ENTRANCE) / (new.length + ENTRANCE);
    let (jm, np) = (b.mouth_row as usize, b.pore_across as usize);
    let rows = RowMap {
        old: a.rows as usize - jm,
        new: b.rows as usize - jm,
        old_wet: from.grid.contact_row - jm,
        new_wet: onto.grid.contact_row - jm,
    };
    let [radial, axial, pressure, layer] = a.segments().map(|segment| &from.state()[segment]);
    let mut out = Vec::with_capacity(b.len());
    let mix = |out: &mut Vec<f64>, lower: &[f64], upper: &[f64], t: f64, scale: f64| {
        out.extend(
            lower
                .iter()
                .zip(upper)
                .map(|(&l, &u)| scale * (l + t * (u - l))),
        );
    };

    out.extend(radial[..a.radial_row(jm).start].iter().map(|&v| scale * v));
    for j in 0..rows.new {
        let (k, t) = rows.centre(j);
        let (lower, upper) = (
            &radial[a.radial_row(jm + k)],
            &radial[a.radial_row(jm + rows.next(k))],
        );
        mix(&mut out, lower, upper, t, scale);
    }
    out.extend(
        axial[..a.axial_row(jm + 1).start]
            .iter()
            .map(|&v| scale * v),
    );
    for j in 1..=rows.new {
        let (k, t) = rows.face(j);
        // The mouth's row is longer: it goes on along the mold face.
        let (lower, upper) = (
            &axial[a.axial_row(jm + k)][..np],
            &axial[a.axial_row(jm + k + 1)][..np],
        );
        mix(&mut out, lower, upper, t, scale);
    }
    out.extend_from_slice(&pressure[..a.cell_row(jm).start]);
    for j in 0..rows.new {
        let (k, t) = rows.centre(j);
        let (lower, upper) = (
            &pressure[a.cell_row(jm + k)],
            &pressure[a.cell_row(jm + rows.next(k))],
        );
        mix(&mut out, lower, upper, t, 1.0);
    }
    let face = a.wall_row(jm - 1).len();
    out.extend_from_slice(&layer[..face]);
    for j in 0..rows.new {
        let (k, t) = rows.centre(j);
        let (lower, upper) = (&layer[face + k..][..1], &layer[face + rows.next(k)..][..1]);
        mix(&mut out, lower, upper, t, 1.0);
    }
    out
}

/// Where the pore's rows of a new grid lie in an old one, both counted from the mouth. Rows up to the contact line are
/// stretched with its height; those beyond go with it.
#[derive(Clone, Copy, Debug)]
struct RowMap {
    old: usize,
    new: usize,
    old_wet: usize,
    new_wet: usize,
}

impl RowMap {
    /// Old position (in rows) of a new position.
    fn position(&self, row: f64) -> f64 {
        let (old, new) = (self.old_wet as f64, self.new_wet as f64);
        if row > new || self.new_wet == 0 {
            (old + row - new).clamp(0.0, self.old as f64)
        } else {
            row * old / new
        }
    }

    /// Old row below the centre of new row `j` and the fraction on the way to the next one.
    fn centre(&self, j: usize) -> (usize, f64) {
        let position = self.position(j as f64 + 0.5) - 0.5;
        let k = (position.max(0.0) as usize).min(self.old.saturating_sub(2));
        (k, position - k as f64)
    }

    /// Old face row below new face row `j` and the fraction on the way to the next one.
    fn face(&self, j: usize) -> (usize, f64) {
        let position = self.position(j as f64).clamp(0.0, self.old as f64);
        let k = (position as usize).min(self.old - 1);
        (k, position - k as f64)
    }

    /// The row above row `k`, if there is one.
    fn next(&self, k: usize) -> usize {
        (k + 1).min(self.old - 1)
    }
}
