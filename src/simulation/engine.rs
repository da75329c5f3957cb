//! Solves the flow for a sequence of front positions, each from the last two solutions.

use super::guess::{Solved, stretch};
use super::layer::LayerComposition;
use crate::compute::{ComputeError, Computer};
use crate::flow::discretise::{self, Medium};
use crate::flow::grid::Grid;
#[cfg(doc)]
use crate::flow::local::LARGEST_PRESSURE_STRESS;
use crate::flow::local::Laws;
use crate::flow::section;
use crate::flow::solver::{Failure, FlowSolver, Flows, Loads, SolveError, Statistics};
use crate::front::{self, Capillarity, Closing, Curve};
use crate::kernels::Layout;
use crate::mesh::MeshSpec;
use crate::physics::NotFinite;
use crate::saved::{Saved, SavedError};
use crate::species::{State, Task};
use crate::stop::Stop;
use std::sync::Arc;

/// What one flow problem depends on: all dimensionless (lengths in R, stresses in the driving pressure).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FlowQuestion {
    /// Length of the wire.
    pub length: f64,
    /// Λ = ηM/R³.
    pub lambda: f64,
    /// Navier slip length.
    pub slip_length: f64,
    /// How viscosity and mobility depend on the local state.
    pub laws: Laws,
}

impl FlowQuestion {
    /// Checks that it is one that can be asked: what it depends on comes from the material's laws and the schedules.
    fn check_finite(&self) -> Result<(), SolveError> {
        let numbers = [
            ("the length of the wire", self.length),
            ("Λ", self.lambda),
            ("the slip length", self.slip_length),
            (
                "the viscosity's law of pressure",
                self.laws.pressure_viscosity,
            ),
            (
                "the mobility's law of pressure",
                self.laws.pressure_mobility,
            ),
        ];
        match numbers.into_iter().find(|(_, number)| !number.is_finite()) {
            None => Ok(()),
            Some((field, _)) => Err(SolveError::NotFinite(NotFinite {
                field: field.to_owned(),
                place: "the whole flow problem".to_owned(),
            })),
        }
    }
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
    /// What the pore's cross-sections at the mouth and at the front bear ([`section::mean_stresses`]).
    pub section_stresses: Option<[f64; 2]>,
}

/// The driving pressure of a flat front at the inlet, nothing at the tip.
const LOADS: Loads = Loads {
    inlet_pressure: 1.0,
    tip_pressure: 0.0,
};

/// The last two solutions, latest first.
pub(super) type Past = [Option<Arc<Solved>>; 2];

/// Names under which they are saved.
const PAST: [&str; 2] = ["flow/latest", "flow/previous"];

/// Name under which [`FlowEngine::most_capped`] is saved.
const CAPPED: &str = "flow/most_capped";

/// Name under which the layer's composition is saved.
const LAYER: &str = "flow/layer";

/// Solver, tolerances and the last two solutions.
#[derive(Debug)]
pub struct FlowEngine {
    mesh: MeshSpec,
    tolerance: f64,
    max_cycles: usize,
    past: Past,
    /// The last solved problem.
    solver: Option<FlowSolver<f64>>,
    /// What solves and steps of the species look at to know whether they are to stop.
    stop: Stop,
    computer: Computer,
    /// Composition of the layer; `None` where it is uniform.
    layer: Option<LayerComposition>,
    /// Most cells and nodes of a solve in which the viscosity's law of pressure was capped.
    most_capped: usize,
}

impl FlowEngine {
    /// An engine without history.
    pub fn new(mesh: MeshSpec, tolerance: f64, max_cycles: usize, computer: Computer) -> Self {
        FlowEngine {
            mesh,
            tolerance,
            max_cycles,
            past: [None, None],
            solver: None,
            stop: Stop::never(),
            computer,
            layer: None,
            most_capped: 0,
        }
    }

    /// Most cells and nodes of a solve in which the viscosity's law of pressure was capped ([`LARGEST_PRESSURE_STRESS`]).
    pub fn most_capped(&self) -> usize {
        self.most_capped
    }

    /// Has solves and steps of the species fail when `stop` asks for it.
    pub fn stop_when(&mut self, stop: Stop) {
        self.stop = stop;
    }

    /// What they look at.
    pub fn stop(&self) -> &Stop {
        &self.stop
    }

    /// Keeps everything that the next solve depends on.
    pub(super) fn save(&self, to: &mut Saved) {
        for (solved, at) in self.past.iter().zip(PAST) {
            if let Some(solved) = solved {
                solved.save(to, at);
            }
        }
        if let Some(layer) = &self.layer {
            to.put_value(LAYER, layer);
        }
        to.put_value(CAPPED, &self.most_capped);
    }

    /// Takes up what [`FlowEngine::save`] kept.
    ///
    /// # Errors
    /// [`SavedError`].
    pub(super) fn restore(&mut self, from: &Saved) -> Result<(), SavedError> {
        let latest = Solved::restore(from, PAST[0])?;
        let has_previous = from.has(&format!("{}/question", PAST[1]));
        let previous = has_previous
            .then(|| Solved::restore(from, PAST[1]))
            .transpose()?;
        self.past = [Some(Arc::new(latest)), previous.map(Arc::new)];
        self.layer = match from.has(LAYER) {
            true => Some(from.value(LAYER)?),
            false => None,
        };
        self.most_capped = from.value(CAPPED)?;
        Ok(())
    }

    /// Grid of the last solution, if there is one.
    pub(super) fn last_grid(&self) -> Option<&Grid> {
        self.past[0].as_ref().map(|solved| &solved.grid)
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
        self.computer.step(task, &self.stop)
    }

    /// The last solved problem.
    pub fn solver(&self) -> Option<&FlowSolver<f64>> {
        self.solver.as_ref()
    }

    /// What the next solve starts from.
    pub(super) fn past(&self) -> Past {
        self.past.clone()
    }

    /// Forgets what was solved since [`FlowEngine::past`] gave this.
    pub(super) fn go_back(&mut self, past: Past) {
        self.past = past;
        self.solver = None;
    }

    /// Solves for a front position; starts from an extrapolation of the last two solutions.
    ///
    /// # Errors
    /// [`ComputeError`] if the flow solver fails from the extrapolated start and from rest.
    pub fn solve(&mut self, question: FlowQuestion) -> Result<FlowAnswer, ComputeError> {
        question.check_finite()?;
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
        let (mut solver, medium) = self.problem_with_front(&question, front)?;
        let warm = self.start(&question, &mut solver);
        if !warm {
            return self.solve_from(warm, &question, solver, &medium, tolerance);
        }
        let tolerance = self.computer.reachable(tolerance);
        let (laws, cycles) = (question.laws, self.max_cycles);
        let computer = &mut self.computer;
        let mut solve = |solver, tolerance| computer.solve(solver, tolerance, cycles);
        let (mut solver, result) = laws.respond(solver, &medium, tolerance, &mut solve);
        if result.as_ref().is_err_and(Failure::is_not_converged) {
            solver.state_mut().fill(0.0);
            return self.solve_from(false, &question, solver, &medium, tolerance);
        }
        finite(solver, result)
    }

    /// The flow problem of a free front, at rest.
    fn problem_with_front(
        &self,
        question: &FlowQuestion,
        front: &FrontQuestion,
    ) -> Result<(FlowSolver<f64>, Medium), ComputeError> {
        question.check_finite()?;
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
        // The edge of the mouth holds a line under every angle up to that at which the line moves on along the wall.
        let capillarity = front.capillarity.map(|capillarity| Capillarity {
            contact_angle: capillarity.contact_angle.min(curve.angle_at_edge()),
            ..capillarity
        });
        // What the layer brings is spread over the front: it ends at what it costs to add volume there. Where the line slides a front
        // that is shifted along the pore covers wall. Where it rolls, the mean of γκ.
        let tip_pressure = capillarity.map_or(0.0, |capillarity| {
            capillarity.tension
                * match curve.closing() {
                    Closing::Slides => curve.cost_of_shift(capillarity.contact_angle),
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
        if let Some(capillarity) = &capillarity {
            let slides = curve.closing() == Closing::Slides;
            front::capillary_load(&mut solver, &filling, curve, capillarity, slides);
        }
        Ok((solver, medium))
    }

    /// The answer where nothing drives the flow: everything stands still, and nothing is solved for. `None` before the first solve.
    pub(super) fn rest(&mut self, question: FlowQuestion) -> Option<FlowAnswer> {
        let latest = self.past[0].as_ref()?;
        let (grid, layout) = (latest.grid.clone(), latest.layout());
        let mut solver = match self.solver.take() {
            Some(solver) => solver,
            // The run has just been resumed, or something else was solved for in between.
            None => {
                let medium = Medium::uniform(&layout, question.lambda, question.slip_length);
                FlowSolver::new(grid.clone(), &medium, LOADS).ok()?
            }
        };
        solver.state_mut().fill(0.0);
        let rest = Solved {
            question: latest.question,
            state: vec![0.0; layout.len()],
            grid,
        };
        self.past = [Some(Arc::new(rest)), None];
        self.solver = Some(solver);
        Some(FlowAnswer {
            question,
            flows: Flows::default(),
            statistics: Statistics::default(),
            cells: layout.cells(),
            section_stresses: None,
        })
    }

    /// Solves `solver`'s problem from the past, and remembers it.
    fn run(
        &mut self,
        question: FlowQuestion,
        solver: FlowSolver<f64>,
        medium: &Medium,
    ) -> Result<FlowAnswer, ComputeError> {
        let mut solver = solver;
        let warm = self.start(&question, &mut solver);
        let (solver, statistics) =
            self.solve_from(warm, &question, solver, medium, self.tolerance)?;
        let answer = FlowAnswer {
            question,
            flows: solver.flows(),
            statistics,
            cells: solver.layout().cells(),
            section_stresses: section::mean_stresses(&solver, medium),
        };
        // Two solutions at almost the same length carry no slope to extrapolate along.
        let moved = |old: &Arc<Solved>| {
            (old.question.length - question.length).abs() > 1e-3 * question.length
        };
        if self.past[0].as_ref().is_some_and(moved) {
            self.past.swap(0, 1);
        }
        self.past[0] = Some(Arc::new(Solved {
            question,
            grid: solver.grid.clone(),
            state: solver.state().to_vec(),
        }));
        self.solver = Some(solver);
        Ok(answer)
    }

    /// Prepares a problem for its solve; false if there is no past to start from.
    fn start(&self, question: &FlowQuestion, solver: &mut FlowSolver<f64>) -> bool {
        solver.stop_when(self.stop.clone());
        self.guess(question, solver)
    }

    /// Solves a problem that [`FlowEngine::start`] prepared, `warm` if from the past; from rest where that fails.
    fn solve_from(
        &mut self,
        warm: bool,
        question: &FlowQuestion,
        solver: FlowSolver<f64>,
        medium: &Medium,
        tolerance: f64,
    ) -> Result<(FlowSolver<f64>, Statistics), ComputeError> {
        let cycles = self.max_cycles;
        // What the arithmetic of the device cannot reach the laws cannot be asked for.
        let tolerance = self.computer.reachable(tolerance);
        let laws = question.laws;
        let computer = &mut self.computer;
        let mut solve = |solver, tolerance| computer.solve(solver, tolerance, cycles);
        let (mut solver, mut result) = laws.solve(solver, medium, tolerance, &mut solve);
        if warm && result.as_ref().is_err_and(Failure::is_not_converged) {
            solver.state_mut().fill(0.0);
            (solver, result) = laws.solve(solver, medium, tolerance, &mut solve);
        }
        let result = result.map(|(statistics, convergence)| {
            self.most_capped = self.most_capped.max(convergence.capped);
            statistics
        });
        finite(solver, result)
    }

    /// Fills the state of `solver` from the past; false if there is none.
    fn guess(&self, question: &FlowQuestion, solver: &mut FlowSolver<f64>) -> bool {
        let Some(latest) = &self.past[0] else {
            return false;
        };
        let mut guess = stretch(latest, question, solver);
        if let Some(older) = &self.past[1] {
            let now = latest.question.length;
            let t = (question.length - now) / (now - older.question.length);
            // Beyond one step length the extrapolation adds more noise than it removes.
            if t.is_finite() && t.abs() <= 2.0 {
                let old = stretch(older, question, solver);
                for (g, o) in guess.iter_mut().zip(old) {
                    *g += t * (*g - o);
                }
            }
        }
        solver.state_mut().copy_from_slice(&guess);
        true
    }
}

/// What a solve has led to; a state that holds no numbers is an error of its own.
fn finite(
    solver: FlowSolver<f64>,
    result: Result<Statistics, ComputeError>,
) -> Result<(FlowSolver<f64>, Statistics), ComputeError> {
    match solver.not_finite() {
        Some(place) => Err(SolveError::NotFinite(place).into()),
        None => Ok((solver, result?)),
    }
}
