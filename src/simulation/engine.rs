//! Solves the flow for a sequence of front positions, each from the last two solutions.

use super::ENTRANCE;
use super::layer::LayerComposition;
use crate::compute::{ComputeError, Computer};
use crate::flow::discretise::{self, Medium};
use crate::flow::grid::Grid;
use crate::flow::local::Laws;
use crate::flow::solver::{FlowSolver, Flows, Loads, Statistics};
use crate::front::{self, Capillarity, Closing, Curve};
use crate::kernels::Layout;
use crate::mesh::MeshSpec;
use crate::species::{State, Task};

/// What one flow problem depends on: all dimensionless (lengths in R, stresses in the driving pressure).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FlowQuestion {
    /// Length of the wire.
    pub length: f64,
    /// Λ = ηM/R³.
    pub lambda: f64,
    /// Navier slip length.
    pub slip_length: f64,
    /// τ₀ of Eyring's law; infinite for a Newtonian liquid.
    pub stress_scale: f64,
}

/// The free front of a flow problem; dimensionless.
#[derive(Clone, Copy, Debug)]
pub struct FrontQuestion<'a> {
    /// Its shape; the question's length is its mean length.
    pub curve: &'a Curve,
    /// Applied less gas pressure in the reference stress.
    pub inlet: f64,
    /// Surface tension, if it acts.
    pub capillarity: Option<Capillarity>,
    /// Slip length at the contact line besides that of the wall.
    pub contact_slip: f64,
}

impl FrontQuestion<'_> {
    /// Slip length of the wall at the contact line.
    fn slip_length(&self, question: &FlowQuestion) -> f64 {
        question.slip_length + self.contact_slip
    }
}

/// A solved flow problem; the gas pressure is 0, the driving pressure of a flat front 1.
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

/// The driving pressure of a flat front at the inlet, nothing at the tip.
const LOADS: Loads = Loads {
    inlet_pressure: 1.0,
    tip_pressure: 0.0,
};

/// The last two solutions, latest first.
pub(super) type Past = [Option<(FlowQuestion, FlowSolver<f64>)>; 2];

/// Solver, tolerances and the last two solutions.
#[derive(Debug)]
pub struct FlowEngine {
    mesh: MeshSpec,
    tolerance: f64,
    max_cycles: usize,
    past: Past,
    computer: Computer,
    /// Composition of the layer; `None` where it is uniform.
    layer: Option<LayerComposition>,
}

impl FlowEngine {
    /// An engine without history.
    pub fn new(mesh: MeshSpec, tolerance: f64, max_cycles: usize, computer: Computer) -> Self {
        FlowEngine {
            mesh,
            tolerance,
            max_cycles,
            past: [None, None],
            computer,
            layer: None,
        }
    }

    /// Composition of the layer that problems are solved for; `None` for a uniform one.
    pub fn layer(&self) -> Option<&LayerComposition> {
        self.layer.as_ref()
    }

    /// Sets the composition of the layer for the problems to come.
    pub fn set_layer(&mut self, layer: Option<LayerComposition>) {
        self.layer = layer;
    }

    /// What computes.
    pub fn computer(&self) -> &Computer {
        &self.computer
    }

    /// Makes a step of the species.
    ///
    /// # Errors
    /// As [`Computer::step`].
    pub fn step_species(&mut self, task: &Task) -> Result<State, ComputeError> {
        self.computer.step(task)
    }

    /// The last solved problem.
    pub fn solver(&self) -> Option<&FlowSolver<f64>> {
        self.past[0].as_ref().map(|(_, solver)| solver)
    }

    /// What the next solve starts from.
    pub(super) fn past(&self) -> Past {
        self.past.clone()
    }

    /// Forgets what was solved since [`FlowEngine::past`] gave this.
    pub(super) fn go_back(&mut self, past: Past) {
        self.past = past;
    }

    /// Solves for a front position; starts from an extrapolation of the last two solutions.
    ///
    /// # Errors
    /// [`ComputeError`] if the flow solver fails from the extrapolated start and from rest.
    pub fn solve(&mut self, question: FlowQuestion) -> Result<FlowAnswer, ComputeError> {
        let grid = Grid::new(&self.mesh, question.length);
        let layout = discretise::layout(&grid, [0, 0]);
        let medium = self.medium(&grid, &layout, &question);
        let mut solver = FlowSolver::<f64>::new(grid, &medium, LOADS)?;
        if let Some(layer) = &self.layer {
            layer.add_flux(&mut solver, question.lambda);
        }
        self.run(question, solver, &medium)
    }

    /// The medium without a front.
    fn medium(&self, grid: &Grid, layout: &Layout, question: &FlowQuestion) -> Medium {
        let mut medium = Medium::uniform(layout, question.lambda, question.slip_length);
        if let Some(layer) = &self.layer {
            layer.put_mobility(&mut medium, grid, layout);
        }
        medium
    }

    /// Solves for a free front; starts as [`FlowEngine::solve`] does.
    ///
    /// # Errors
    /// As there.
    pub fn solve_with_front(
        &mut self,
        question: FlowQuestion,
        front: &FrontQuestion,
    ) -> Result<FlowAnswer, ComputeError> {
        let (solver, medium) = self.problem_with_front(&question, front)?;
        self.run(question, solver, &medium)
    }

    /// Solves for a front beside the last one, to a relative residual of `tolerance`. The next solve starts as if nothing had been
    /// asked.
    ///
    /// # Errors
    /// As [`FlowEngine::solve`].
    pub fn solve_beside(
        &mut self,
        question: FlowQuestion,
        front: &FrontQuestion,
        tolerance: f64,
    ) -> Result<(FlowSolver<f64>, Statistics), ComputeError> {
        let (solver, medium) = self.problem_with_front(&question, front)?;
        self.solve_from_past(&question, solver, &medium, tolerance)
    }

    /// The flow problem of a free front, at rest.
    fn problem_with_front(
        &self,
        question: &FlowQuestion,
        front: &FrontQuestion,
    ) -> Result<(FlowSolver<f64>, Medium), ComputeError> {
        let curve = front.curve;
        let grid = Grid::with_front(&self.mesh, curve.contact(), curve.top());
        let layout = discretise::layout(&grid, [0, 0]);
        let filling = front::filling(&curve.chain(), &grid);
        let (slip, h) = (front.slip_length(question), grid.r[1] - grid.r[0]);
        let medium = Medium {
            contact_slip: front.contact_slip,
            contact_friction: front::contact_friction(curve, front.capillarity.as_ref(), slip, h),
            filling: Some(filling.clone()),
            ..self.medium(&grid, &layout, question)
        };
        // What the layer brings is spread over the front: it ends at what it costs to add volume there. Where the line slides a front
        // that is shifted along the pore covers wall: −2γ cos θ/R, whatever its shape. Where it rolls, the mean of γκ.
        let tip_pressure = (front.capillarity).map_or(0.0, |capillarity| {
            capillarity.tension
                * match curve.closing() {
                    Closing::Slides => -2.0 * capillarity.contact_angle.cos(),
                    Closing::Rolls => curve.mean_curvature(),
                }
        });
        let loads = Loads {
            inlet_pressure: front.inlet,
            tip_pressure,
        };
        let mut solver = FlowSolver::<f64>::new(grid, &medium, loads)?;
        if let Some(layer) = &self.layer {
            layer.add_flux(&mut solver, question.lambda);
        }
        if let Some(capillarity) = &front.capillarity {
            let slides = curve.closing() == Closing::Slides;
            front::capillary_load(&mut solver, &filling, curve, capillarity, slides);
        }
        Ok((solver, medium))
    }

    /// The answer where nothing drives the flow: everything stands still, and nothing is solved for. `None` before the first solve.
    pub(super) fn rest(&mut self, question: FlowQuestion) -> Option<FlowAnswer> {
        let (_, solver) = self.past[0].as_mut()?;
        let cells = solver.layout().cells();
        solver.state_mut().fill(0.0);
        self.past[1] = None;
        Some(FlowAnswer {
            question,
            flows: Flows::default(),
            statistics: Statistics::default(),
            cells,
        })
    }

    /// Solves `solver`'s problem from the past, and remembers it.
    fn run(
        &mut self,
        question: FlowQuestion,
        solver: FlowSolver<f64>,
        medium: &Medium,
    ) -> Result<FlowAnswer, ComputeError> {
        let (solver, statistics) =
            self.solve_from_past(&question, solver, medium, self.tolerance)?;
        let answer = FlowAnswer {
            question,
            flows: solver.flows(),
            statistics,
            cells: solver.layout().cells(),
        };
        // Two solutions at almost the same length carry no slope to extrapolate along.
        let moved = |(old, _): &(FlowQuestion, _)| {
            (old.length - question.length).abs() > 1e-3 * question.length
        };
        if self.past[0].as_ref().is_some_and(moved) {
            self.past.swap(0, 1);
        }
        self.past[0] = Some((question, solver));
        Ok(answer)
    }

    fn solve_from_past(
        &mut self,
        question: &FlowQuestion,
        mut solver: FlowSolver<f64>,
        medium: &Medium,
        tolerance: f64,
    ) -> Result<(FlowSolver<f64>, Statistics), ComputeError> {
        let warm = self.guess(question, &mut solver);
        let cycles = self.max_cycles;
        // What the arithmetic of the device cannot reach the laws cannot be asked for.
        let tolerance = self.computer.reachable(tolerance);
        let laws = Laws {
            stress_scale: question.stress_scale,
            ..Laws::default()
        };
        let computer = &mut self.computer;
        let mut solve = |solver, tolerance| computer.solve(solver, tolerance, cycles);
        let (mut solver, mut result) = laws.solve(solver, medium, tolerance, &mut solve);
        if warm && result.as_ref().is_err_and(ComputeError::is_not_converged) {
            solver.state_mut().fill(0.0);
            (solver, result) = laws.solve(solver, medium, tolerance, &mut solve);
        }
        Ok((solver, result?.0))
    }

    /// Fills the state of `solver` from the past; false if there is none.
    fn guess(&self, question: &FlowQuestion, solver: &mut FlowSolver<f64>) -> bool {
        let Some((latest, last)) = &self.past[0] else {
            return false;
        };
        let mut guess = stretch(last, latest, question, solver);
        if let Some((older, previous)) = &self.past[1] {
            let t = (question.length - latest.length) / (latest.length - older.length);
            // Beyond one step length the extrapolation adds more noise than it removes.
            if t.is_finite() && t.abs() <= 2.0 {
                let old = stretch(previous, older, question, solver);
                for (g, o) in guess.iter_mut().zip(old) {
                    *g += t * (*g - o);
                }
            }
        }
        solver.state_mut().copy_from_slice(&guess);
        true
    }
}

/// The state of `from` on the grid of `onto`.
///
/// The pore's rows are stretched with the length, and velocities scale with the flow that a pore with the entrance
/// resistance of half a radius would carry. (Carrying the rows near mouth and front over one by one, because the
/// singular fields there scale with the cells, was tried: the kinks where the stretching begins left five times the
/// residual.)
fn stretch(
    from: &FlowSolver<f64>,
    old: &FlowQuestion,
    new: &FlowQuestion,
    onto: &FlowSolver<f64>,
) -> Vec<f64> {
    let (a, b) = (from.layout(), onto.layout());
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
