//! A molding run: the front advances through a sequence of quasi-static flow problems.

mod accuracy;
mod attempt;
mod checkpoint;
mod composition;
mod conditions;
mod engine;
mod error;
mod fields;
mod free;
mod gate;
mod guess;
mod integrator;
mod layer;
mod limits;
mod load;
mod milestones;
mod settling;
mod step;
mod tube;

pub use accuracy::Accuracy;
pub use composition::Composition;
pub use conditions::Conditions;
pub use engine::{FlowAnswer, FlowEngine, FlowQuestion, FrontQuestion};
pub use error::SimulationError;
pub use fields::Fields;
pub use integrator::{Integrator, Trial, step_factor};
pub use layer::LayerComposition;
pub use limits::Ending;
pub(crate) use limits::{ending, stop};
pub use load::{LargestLoads, Load};
pub use step::{COUPLED, CompositionRecord, Crystallinity, FrontRecord, Spent, Step};
pub use tube::Prediction;

use crate::case::{CompositionModel, FrontModel, LoadedCase};
use crate::compute::{ComputeError, Computer};
use crate::front::FlatFront;
use crate::stop::Stop;
use attempt::{Attempt, Failed};
use checkpoint::Before;
pub(crate) use conditions::Process;
use error::flow_error;
use free::FreeFront;
use std::cell::OnceCell;
use std::f64::consts::PI;
use step::step_record;

/// A molding run in progress. [`Simulation::advance`] makes one accepted step at a time.
pub struct Simulation<'a> {
    loaded: &'a LoadedCase,
    process: Process<'a>,
    engine: FlowEngine,
    /// The free front, unless it is flat.
    front: Option<FreeFront>,
    /// The species, unless the composition is uniform.
    composition: Option<Composition<'a>>,
    /// c, see [`offset`].
    offset: f64,
    /// Integrates (L + c)² in units of R² over time in s.
    integrator: Integrator,
    step_size: f64,
    /// Error of (L + c)² that the steps have made.
    square_error: f64,
    accuracy: OnceCell<Accuracy>,
    milestones: Vec<f64>,
    last: Step,
    steps: u32,
    total_cycles: usize,
    worst_mass_defect: f64,
}

impl<'a> Simulation<'a> {
    /// A run on the CPU; see [`Simulation::on`].
    ///
    /// # Errors
    /// [`SimulationError::Flow`] if the first solve fails.
    pub fn new(loaded: &'a LoadedCase) -> Result<Self, SimulationError> {
        Self::on(loaded, Computer::cpu())
    }

    /// A run on `computer`: solves for the initial position of the front.
    ///
    /// # Errors
    /// [`SimulationError::Flow`] if that fails.
    pub fn on(loaded: &'a LoadedCase, computer: Computer) -> Result<Self, SimulationError> {
        Self::on_until(loaded, computer, Stop::never())
    }

    /// As [`Simulation::on`]; this and every later call fails with [`SimulationError::Stopped`] when `stop` asks for it.
    ///
    /// # Errors
    /// As there.
    pub fn on_until(
        loaded: &'a LoadedCase,
        computer: Computer,
        stop: Stop,
    ) -> Result<Self, SimulationError> {
        Self::start(loaded, engine(loaded, computer, stop)).map_err(|error| error.in_step(0, 0.0))
    }

    /// Solves for the initial position of the front.
    fn start(loaded: &'a LoadedCase, mut engine: FlowEngine) -> Result<Self, SimulationError> {
        let case = &loaded.case;
        let process = Process::new(loaded);
        let radius = case.radius();
        let length = case.initial_length() / radius;
        let conditions = process.at_front(0.0, length);
        let section = loaded.mesh.wall.radius(length).powi(2);
        let question = process.question(&conditions, length);
        let mut front = match case.front_model() {
            FrontModel::Flat => None,
            FrontModel::Free => Some(FreeFront::new(loaded, length)),
        };
        let failed = |source| flow_error(&conditions, length, source);
        let (answer, ratio) = match &mut front {
            None => (engine.solve(question).map_err(failed)?, 1.0),
            Some(front) => {
                let curve = front.curve().clone();
                let found = front
                    .evaluate(&mut engine, question, &curve, &conditions)
                    .map_err(failed)?;
                let ratio = if found.held_at.is_some() { 0.0 } else { 1.0 };
                front.accept(&engine, &conditions, 0.0, curve, &found.front());
                (found.answer, ratio)
            }
        };
        let composition = match case.composition.model {
            CompositionModel::Uniform => None,
            CompositionModel::Elements => {
                let grid = &engine.solver().expect("just solved").grid;
                Some(Composition::new(
                    loaded,
                    grid,
                    length,
                    front.as_ref().map(FreeFront::at),
                ))
            }
        };
        let offset = offset(case.front_model());
        let flow = ratio * answer.flows.total() / section;
        let rate = square_rate(flow, length, &conditions, offset);
        let mut last = step_record(&answer, conditions, length, [ratio, section]);
        last.front = (front.as_ref()).map(|f| FrontRecord::new(f.curve(), radius));
        last.composition = composition.as_ref().map(|c| c.record(radius, 1, 0.0));
        let stop = limits::stop(loaded);
        let milestones = milestones::lengths(loaded, &process, length, stop);
        Ok(Simulation {
            loaded,
            engine,
            front,
            composition,
            offset,
            integrator: Integrator::new(0.0, (length + offset).powi(2), rate),
            step_size: first_step(length + offset, rate, case.time()),
            square_error: 0.0,
            accuracy: OnceCell::new(),
            milestones,
            steps: 0,
            total_cycles: answer.statistics.cycles,
            worst_mass_defect: last.mass_defect,
            process,
            last,
        })
    }

    /// The latest accepted step (the start before the first).
    pub fn latest(&self) -> &Step {
        &self.last
    }

    /// The composition, unless it is uniform.
    pub fn composition(&self) -> Option<&Composition<'a>> {
        self.composition.as_ref()
    }

    /// What computes.
    pub fn computer(&self) -> &Computer {
        self.engine.computer()
    }

    /// Most cells and nodes of a solve in which the viscosity's law of pressure was capped.
    pub fn most_capped(&self) -> usize {
        self.engine.most_capped()
    }

    /// Accepted steps.
    pub fn steps(&self) -> u32 {
        self.steps
    }

    /// Multigrid cycles of the whole run.
    pub fn total_cycles(&self) -> usize {
        self.total_cycles
    }

    /// Largest mass defect of any step.
    pub fn worst_mass_defect(&self) -> f64 {
        self.worst_mass_defect
    }

    /// True if the last step reached a length at which a field frame is due.
    pub fn frame_is_due(&self) -> bool {
        self.milestones
            .first()
            .is_some_and(|&next| self.last.length / self.loaded.case.radius() >= next)
    }

    /// Makes one accepted step; `None` if the run is finished.
    ///
    /// # Errors
    /// [`SimulationError`] if a flow problem fails, the step size collapses or the result is not physical. The run is then as it
    /// was after the step before.
    pub fn advance(&mut self) -> Result<Option<&Step>, SimulationError> {
        if self.is_finished() {
            return Ok(None);
        }
        let before = Before::of(self);
        match self.step() {
            Ok(()) => Ok(Some(&self.last)),
            Err(error) => {
                before.put_back(self);
                Err(error.in_step(self.steps + 1, self.integrator.time))
            }
        }
    }

    /// Makes one accepted step.
    fn step(&mut self) -> Result<(), SimulationError> {
        // A frame that was due is due no longer, whether it was asked for or not.
        let reached = self.last.length / self.loaded.case.radius();
        self.milestones.retain(|&length| length > reached);
        let case = &self.loaded.case;
        let numerics = &case.numerics;
        if self.steps >= numerics.max_steps {
            return Err(SimulationError::TooManySteps {
                max_steps: numerics.max_steps,
                time: self.integrator.time,
            });
        }
        let mut cycles = 0;
        let mut longest = f64::INFINITY;
        loop {
            let limit = self.limit();
            let step = if self.waits_until(self.integrator.time + limit.step) {
                limit.step
            } else {
                self.step_size.min(limit.step).min(longest)
            };
            let attempt = match self.attempt(step, &mut cycles) {
                Ok(attempt) => attempt,
                Err(Failed::Fatal(error)) => return Err(error),
                Err(Failed::TooLong(error)) if step < self.shortest_attempt() => return Err(error),
                Err(Failed::TooLong(_)) => {
                    self.step_size = RETREAT * step;
                    self.forget_response();
                    continue;
                }
            };
            let error = attempt.error();
            let factor = step_factor(error, numerics.step_tolerance, numerics.max_step_growth);
            if error > numerics.step_tolerance {
                self.step_size = step * factor.min(0.9);
                if self.step_size < self.shortest_step() {
                    return Err(SimulationError::StepTooSmall {
                        time: self.integrator.time,
                        step,
                        tolerance: numerics.step_tolerance,
                    });
                }
                continue;
            }
            if let Some(share) = self.share_to_stop(&attempt.trial) {
                longest = step * share;
                continue;
            }
            // A step cut short by a corner or the end says nothing against the size that was planned.
            self.step_size = if step < self.step_size {
                self.step_size.max(step * factor)
            } else {
                step * factor
            };
            self.accept(attempt, cycles)?;
            if limit.is_corner && step == limit.step {
                self.restart();
            }
            return Ok(());
        }
    }

    /// Takes an attempt as the next step.
    fn accept(&mut self, attempt: Attempt, cycles: usize) -> Result<(), SimulationError> {
        let Attempt {
            trial,
            conditions,
            answer,
            flow_ratio,
            front,
            species,
            coupling,
        } = attempt;
        let radius = self.loaded.case.radius();
        let length = self.length_of(trial.value);
        // The rate was evaluated at the predicted length; that of (L + c)² stays, so that of L goes like 1/(L + c).
        let correction = (answer.question.length + self.offset) / (length + self.offset);
        let section = self.section(length);
        let mut record = step_record(
            &answer,
            conditions,
            length,
            [flow_ratio * correction, section],
        );
        record.step = trial.step;
        record.step_error = trial.relative_error();
        record.transported = self.transported(&record, length);
        if let Some((composition, (state, layer))) = self.composition.as_mut().zip(species) {
            composition.accept(state);
            record.composition = Some(composition.record(radius, coupling.solves, coupling.left));
            self.engine.set_layer(layer);
        }
        if let Some((front, new)) = self.front.as_mut().zip(front) {
            record.shape_error = new.error * radius;
            front.accept(&self.engine, &conditions, trial.step, new.curve, &new.flow);
            record.front = Some(FrontRecord::new(front.curve(), radius));
        }
        record.cycles = cycles;
        let bulge = self.loaded.case.front.initial_bulge;
        gate::check(&record, radius, &self.loaded.mesh.wall, bulge)?;
        self.square_error += trial.error;
        self.accuracy = OnceCell::new();
        self.integrator.accept(&trial);
        self.steps += 1;
        self.total_cycles += cycles;
        self.worst_mass_defect = self.worst_mass_defect.max(record.mass_defect);
        self.last = record;
        Ok(())
    }

    /// Starts anew where what drives the run has a corner.
    fn restart(&mut self) {
        self.integrator.restart();
        if self.stands(&self.last.conditions) {
            // The steps of a front that waits tell nothing of those of one that sets off.
            let now = self.integrator.time;
            let end = self.process.next_corner(now).unwrap_or(f64::INFINITY);
            self.step_size = SET_OFF * (end.min(self.loaded.case.time()) - now);
        }
        if let Some(front) = &mut self.front {
            front.motion.restart();
        }
    }

    /// True if nothing drives the front up to `time`, before which no schedule has a corner, and nothing else changes with time either.
    fn waits_until(&self, time: f64) -> bool {
        let length = self.last.length / self.loaded.case.radius();
        let ends = [&self.last.conditions, &self.process.at_front(time, length)];
        ends.iter().all(|end| self.stands(end)) && self.composition.is_none()
    }

    /// True if the front stands still under these conditions: nothing drives it, or what does is held by its surface tension.
    fn stands(&self, conditions: &Conditions) -> bool {
        let front = self.front.as_ref();
        conditions.is_idle() || front.is_some_and(|front| front.stands(conditions))
    }

    /// Cross-section of the pore at a length (in R), in that of its mouth.
    fn section(&self, length: f64) -> f64 {
        self.loaded.mesh.wall.radius(length).powi(2)
    }

    /// [`square_rate`] in this run's pore.
    fn square_rate(&self, flow: f64, length: f64, conditions: &Conditions) -> f64 {
        square_rate(flow / self.section(length), length, conditions, self.offset)
    }

    fn forget_response(&mut self) {
        if let Some(front) = &mut self.front {
            front.forget_response();
        }
    }

    /// Solves for the exact position of the front and returns all fields. The run goes on as if nothing had been asked: its
    /// steps are the same bits with frames and without.
    ///
    /// # Errors
    /// [`SimulationError::Flow`] if the solve fails.
    pub fn frame(&mut self) -> Result<Fields, SimulationError> {
        let radius = self.loaded.case.radius();
        let conditions = self.last.conditions;
        let length = self.last.length / radius;
        let question = self.process.question(&conditions, length);
        let past = self.engine.past();
        let front = self.front.as_ref();
        let shape = front.map(|front| front.question_now(&conditions));
        let answer = solve(&mut self.engine, question, shape.as_ref()).map_err(|source| {
            let error = flow_error(&conditions, length, source);
            error.in_step(self.steps, self.integrator.time)
        })?;
        self.total_cycles += answer.statistics.cycles;
        let solver = self.engine.solver().expect("just solved");
        let mut fields = Fields::new(solver, front, &conditions);
        if let Some(composition) = &self.composition {
            composition.fill(&mut fields, radius);
        }
        self.engine.go_back(past);
        Ok(fields)
    }

    /// Volumes carried by core and layer up to the end of a step. Together they are the exact growth of the wire;
    /// the split within the step is the trapezoid of the shares.
    fn transported(&self, end: &Step, length: f64) -> [f64; 2] {
        let radius = self.loaded.case.radius();
        let wall = &self.loaded.mesh.wall;
        let grown = if wall.is_straight() {
            PI * radius.powi(2) * (length * radius - self.last.length)
        } else {
            PI * radius.powi(3) * wall.volume(self.last.length / radius, length)
        };
        let share = |core: f64, layer: f64| {
            if core + layer > 0.0 {
                core / (core + layer)
            } else {
                0.0
            }
        };
        let after = share(end.core_flow, end.layer_flow);
        // A front that waited until now has no share to average with.
        let waited = self.last.core_flow + self.last.layer_flow <= 0.0;
        let before = if waited {
            after
        } else {
            share(self.last.core_flow, self.last.layer_flow)
        };
        let core = 0.5 * (before + after);
        [
            self.last.transported[0] + core * grown,
            self.last.transported[1] + (1.0 - core) * grown,
        ]
    }
}

/// What solves the flow of a case.
fn engine(loaded: &LoadedCase, computer: Computer, stop: Stop) -> FlowEngine {
    let numerics = &loaded.case.numerics;
    let (tolerance, cycles) = (numerics.flow_tolerance(), numerics.max_cycles as usize);
    let mut engine = FlowEngine::new(loaded.mesh.clone(), tolerance, cycles, computer);
    engine.stop_when(stop);
    engine
}

/// Length of pore, in R, whose resistance equals that of the entrance at Λ = 0 and with a flat front (0.497 at R_c = 4 R).
/// Good enough for predictions and weights; the flow solver computes the real one.
const ENTRANCE: f64 = 0.5;

/// Solves for a flat or a free front.
fn solve(
    engine: &mut FlowEngine,
    question: FlowQuestion,
    front: Option<&FrontQuestion>,
) -> Result<FlowAnswer, ComputeError> {
    match front {
        Some(front) => engine.solve_with_front(question, front),
        None => engine.solve(question),
    }
}

/// First step of a front that sets off after it has waited, as a share of the time to the next corner of the schedules.
const SET_OFF: f64 = 1e-3;

/// Factor on a step after an attempt that led nowhere.
const RETREAT: f64 = 0.3;

/// The length c (in R) with which (L + c)² is integrated: it grows at a nearly constant rate. With a flat front c = 0,
/// with a free one, which may start from an empty pore, the entrance's.
fn offset(model: FrontModel) -> f64 {
    match model {
        FrontModel::Flat => 0.0,
        FrontModel::Free => ENTRANCE,
    }
}

/// Rate of (L/R + c)² in 1/s at a length in R, for a flow per radian in units of the flow problem; zero where nothing drives the
/// front: it does not recede.
fn square_rate(flow: f64, length: f64, conditions: &Conditions, offset: f64) -> f64 {
    let speed = FlatFront::speed(flow);
    (2.0 * (length + offset) * speed / conditions.scales.time()).max(0.0)
}

/// First step: a small share of the time in which L² doubles, so that the one-step start costs no accuracy.
fn first_step(length: f64, rate: f64, time: f64) -> f64 {
    let doubling = length * length / rate;
    if doubling.is_finite() {
        (0.02 * doubling).min(time)
    } else {
        1e-3 * time
    }
}
