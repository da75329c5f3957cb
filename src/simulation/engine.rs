//! Solves the flow for a sequence of front positions, each from the last two solutions.

use crate::flow::discretise::{self, Medium};
use crate::flow::grid::Grid;
use crate::flow::solver::{Flows, FlowSolver, Loads, SolveError, Statistics};
use crate::kernels::Real;
use crate::mesh::MeshSpec;

/// What one flow problem depends on: all dimensionless (lengths in R, stresses in the driving pressure).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FlowQuestion {
    /// Length of the wire.
    pub length: f64,
    /// Λ = ηM/R³.
    pub lambda: f64,
    /// Navier slip length.
    pub slip_length: f64,
}

/// A solved flow problem; the driving pressure is 1, the tip's is 0.
#[derive(Clone, Debug)]
pub struct FlowAnswer {
    /// What was asked.
    pub question: FlowQuestion,
    /// Rates.
    pub flows: Flows,
    /// How the solve went.
    pub statistics: Statistics,
    /// Cells of the grid.
    pub cells: usize,
}

/// Solver, tolerances and the last two solutions.
#[derive(Clone, Debug)]
pub struct FlowEngine<T> {
    mesh: MeshSpec,
    tolerance: f64,
    max_cycles: usize,
    /// Latest first.
    past: [Option<(FlowQuestion, FlowSolver<T>)>; 2],
}

impl<T: Real> FlowEngine<T> {
    /// An engine without history.
    pub fn new(mesh: MeshSpec, tolerance: f64, max_cycles: usize) -> Self {
        FlowEngine { mesh, tolerance, max_cycles, past: [None, None] }
    }

    /// The last solved problem.
    pub fn solver(&self) -> Option<&FlowSolver<T>> {
        self.past[0].as_ref().map(|(_, solver)| solver)
    }

    /// Solves for a front position; starts from an extrapolation of the last two solutions.
    ///
    /// # Errors
    /// [`SolveError`] if the flow solver fails from the extrapolated start and from rest.
    pub fn solve(&mut self, question: FlowQuestion) -> Result<FlowAnswer, SolveError> {
        let grid = Grid::new(&self.mesh, question.length);
        let layout = discretise::layout(&grid, [0, 0]);
        let medium = Medium::uniform(&layout, question.lambda, question.slip_length);
        let loads = Loads { inlet_pressure: 1.0, tip_pressure: 0.0 };
        let mut solver = FlowSolver::<T>::new(grid, &medium, loads)?;
        let warm = self.guess(&question, &mut solver);
        let statistics = match solver.solve(self.tolerance, self.max_cycles) {
            Err(_) if warm => {
                solver.state_mut().fill(T::zero());
                solver.solve(self.tolerance, self.max_cycles)?
            }
            result => result?,
        };
        let answer = FlowAnswer { question, flows: solver.flows(), statistics, cells: layout.cells() };
        // Two solutions at almost the same length carry no slope to extrapolate along.
        let moved = |(old, _): &(FlowQuestion, _)| (old.length - question.length).abs() > 1e-3 * question.length;
        if self.past[0].as_ref().is_some_and(moved) {
            self.past.swap(0, 1);
        }
        self.past[0] = Some((question, solver));
        Ok(answer)
    }

    /// Fills the state of `solver` from the past; false if there is none.
    fn guess(&self, question: &FlowQuestion, solver: &mut FlowSolver<T>) -> bool {
        let Some((latest, last)) = &self.past[0] else { return false };
        let mut guess = stretch(last, latest, question, solver);
        if let Some((older, previous)) = &self.past[1] {
            let t = (question.length - latest.length) / (latest.length - older.length);
            // Beyond one step length the extrapolation adds more noise than it removes.
            if t.is_finite() && t.abs() <= 2.0 {
                let old = stretch(previous, older, question, solver);
                for (g, o) in guess.iter_mut().zip(old) {
                    *g = *g + T::of(t) * (*g - o);
                }
            }
        }
        solver.state_mut().copy_from_slice(&guess);
        true
    }
}

/// The state of `from` on the grid of `onto`: the pore's rows stretched with the length, velocities scaled with the
/// flow that a pore with the entrance resistance of half a radius would carry.
fn stretch<T: Real>(
    from: &FlowSolver<T>,
    old: &FlowQuestion,
    new: &FlowQuestion,
    onto: &FlowSolver<T>,
) -> Vec<T> {
    const ENTRANCE: f64 = 0.5;
    let (a, b) = (from.layout(), onto.layout());
    let scale = T::of((old.length + ENTRANCE) / (new.length + ENTRANCE));
    let jm = b.mouth_row as usize;
    let (old_rows, new_rows) = (a.rows as usize - jm, b.rows as usize - jm);
    let [radial, axial, pressure, layer] = a.segments();
    let x = from.state();
    let mut out = Vec::with_capacity(b.len());

    // Row index (with fraction) of the old grid for a position measured in new rows, both counted from the mouth.
    let ratio = old_rows as f64 / new_rows as f64;
    let place = |row: f64, last: usize| {
        let position = (row * ratio).clamp(0.0, last as f64);
        let k = (position as usize).min(last.saturating_sub(1));
        (k, T::of(position - k as f64))
    };
    let centre = |j: usize| {
        let (k, t) = place_centre(j, ratio, old_rows);
        (jm + k, T::of(t))
    };
    let mix = |out: &mut Vec<T>, lower: &[T], upper: &[T], t: T, scale: T| {
        out.extend(lower.iter().zip(upper).map(|(&l, &u)| scale * (l + t * (u - l))));
    };

    let reservoir = a.radial_row(jm).start;
    out.extend(x[radial.clone()][..reservoir].iter().map(|&v| scale * v));
    for j in 0..new_rows {
        let (k, t) = centre(j);
        let upper = (k + 1).min(jm + old_rows - 1);
        mix(&mut out, &x[radial.clone()][a.radial_row(k)], &x[radial.clone()][a.radial_row(upper)], t, scale);
    }
    let reservoir = a.axial_row(jm + 1).start;
    out.extend(x[axial.clone()][..reservoir].iter().map(|&v| scale * v));
    for j in 1..=new_rows {
        let (k, t) = place(j as f64, old_rows);
        mix(&mut out, &x[axial.clone()][a.axial_row(jm + k)], &x[axial.clone()][a.axial_row(jm + k + 1)], t, scale);
    }
    let reservoir = a.cell_row(jm).start;
    out.extend_from_slice(&x[pressure.clone()][..reservoir]);
    for j in 0..new_rows {
        let (k, t) = centre(j);
        let upper = (k + 1).min(jm + old_rows - 1);
        mix(&mut out, &x[pressure.clone()][a.cell_row(k)], &x[pressure.clone()][a.cell_row(upper)], t, T::one());
    }
    let face = a.across as usize - a.pore_across as usize;
    let stresses = &x[layer];
    out.extend_from_slice(&stresses[..face]);
    for j in 0..new_rows {
        let (k, t) = place_centre(j, ratio, old_rows);
        let (l, u) = (stresses[face + k], stresses[face + (k + 1).min(old_rows - 1)]);
        out.push(l + T::of(t) * (u - l));
    }
    out
}

/// Old row below the centre of new row `j` and the fraction on the way to the next one (extrapolating at the ends).
fn place_centre(j: usize, ratio: f64, old_rows: usize) -> (usize, f64) {
    let position = (j as f64 + 0.5) * ratio - 0.5;
    let k = (position.max(0.0) as usize).min(old_rows.saturating_sub(2));
    (k, position - k as f64)
}
