//! One attempt at a time step: flow, front and species at its end, which depend on one another.

use super::composition::{Coupling, FrontAt};
use super::conditions::Conditions;
use super::engine::{FlowAnswer, FlowQuestion};
use super::error::{composition_error, flow_error};
use super::free::{Evaluated, FrontFlow};
use super::integrator::Trial;
use super::layer::LayerComposition;
use super::{Simulation, SimulationError};
use crate::compute::ComputeError;
use crate::flow::solver::Failure;
use crate::front::Curve;
use crate::species::State;

/// Change of the front's height (in R) that a solve may still ask for when its step is taken: the rest is of second order in it.
const ACCEPTED_CHANGE: f64 = 0.02;

/// Error of the front's height in R that counts as much as a relative error of 1 of the length: an error of the height dies away over
/// a radius of growth and until then changes the rate by a third of itself, relative to the length.
const SHAPE_ERROR: f64 = 3.0;

/// Solves for one step, at most, until the front agrees with its flow.
const MOST_SOLVES: usize = 8;

/// A change that is larger than this share of the one before it speaks against the response that it was found with.
const SLOW: f64 = 0.4;

/// The end of a step, to be judged.
pub(super) struct Attempt {
    pub trial: Trial,
    pub conditions: Conditions,
    pub answer: FlowAnswer,
    /// Flow at the end of the step relative to that of `answer`, which was asked at another length and front.
    pub flow_ratio: f64,
    pub front: Option<NewFront>,
    pub species: Option<(State, Option<LayerComposition>)>,
    pub coupling: Coupling,
}

impl Attempt {
    /// Error of the step relative to `numerics.step_tolerance`: that of the length or, in its measure, that of the front's shape.
    pub fn error(&self) -> f64 {
        let shape = self.front.as_ref().map_or(0.0, |front| front.error);
        self.trial.relative_error().max(shape / SHAPE_ERROR)
    }
}

/// A free front at the end of a step.
pub(super) struct NewFront {
    pub curve: Curve,
    /// The flow there.
    pub flow: FrontFlow,
    /// Estimated error of its height in R.
    pub error: f64,
}

/// Why there is no attempt to judge.
pub(super) enum Failed {
    /// A shorter step may succeed.
    TooLong(SimulationError),
    /// Nothing helps.
    Fatal(SimulationError),
}

/// The flow at the end of a step with a front of either kind.
struct Found {
    answer: FlowAnswer,
    /// core + layer of the front that follows from it, in units of the flow problem.
    total: f64,
    front: Option<(Curve, FrontFlow)>,
    /// Largest change that the flow asks of the front.
    change: f64,
}

impl Simulation<'_> {
    /// Tries a step of `step` seconds; adds the multigrid cycles to `cycles`.
    pub(super) fn attempt(&mut self, step: f64, cycles: &mut usize) -> Result<Attempt, Failed> {
        let time = self.integrator.time + step;
        let length = self.length_of(self.integrator.predicted(step));
        let conditions = self.process.at_front(time, length);
        let question = self.process.question(&conditions, length);
        if self.stands(&self.last.conditions) && self.stands(&conditions) {
            return self.wait(step, conditions, question);
        }
        let predicted = self
            .front
            .as_ref()
            .map(|front| front.predicted(step, length));
        let mut curve = predicted.clone();
        if let Some(composition) = &self.composition {
            let guess = composition.guess(&conditions, length);
            self.engine.set_layer(guess);
        }
        let mut coupling = Coupling::default();
        let mut before = f64::INFINITY;
        loop {
            let found = self.find(step, &conditions, question, curve.as_ref(), cycles)?;
            let rate = self.square_rate(found.total, length, &conditions);
            let trial = self.integrator.judged(step, rate);
            let end = self.length_of(trial.value);
            let species = self.species(step, &conditions, end, &found, &mut coupling)?;
            let layer = species.as_ref().and_then(|(_, layer)| layer.as_ref());
            let is_coupled =
                self.composition.is_none() || coupling.is_reached(self.engine.layer(), layer);
            let settled = found.change < ACCEPTED_CHANGE;
            if settled && is_coupled {
                let error_of = |curve: &Curve| {
                    let (front, predicted) = self
                        .front
                        .as_ref()
                        .zip(predicted.as_ref())
                        .expect("there is one");
                    front.motion.error_share(step) * curve.distance(predicted)
                };
                let flow = found.answer.flows.total();
                return Ok(Attempt {
                    flow_ratio: if flow > 0.0 { found.total / flow } else { 0.0 },
                    front: found.front.map(|(curve, flow)| NewFront {
                        error: error_of(&curve),
                        curve: curve.with_length(end),
                        flow,
                    }),
                    answer: found.answer,
                    trial,
                    conditions,
                    species,
                    coupling,
                });
            }
            coupling.tries += 1;
            if !settled && coupling.tries >= MOST_SOLVES {
                return Err(Failed::TooLong(SimulationError::FrontUnsettled {
                    time,
                    change: found.change,
                }));
            }
            if !settled
                && found.change > SLOW * before
                && let Some(front) = &mut self.front
            {
                front.forget_response();
            }
            before = found.change;
            curve = found.front.map(|(curve, _)| curve);
            if let Some((_, layer)) = species {
                let next = coupling.next(self.engine.layer(), layer);
                self.engine.set_layer(next);
            }
        }
    }

    /// A step in which nothing drives the front: it stays as it is, and no flow is solved for. The species go on diffusing.
    fn wait(
        &mut self,
        step: f64,
        conditions: Conditions,
        question: FlowQuestion,
    ) -> Result<Attempt, Failed> {
        let value = self.integrator.value;
        let end = self.length_of(value);
        let answer = self
            .engine
            .rest(question)
            .expect("the start was solved for");
        let front = self.front.as_ref();
        let found = Found {
            answer,
            total: 0.0,
            front: front.map(|front| (front.curve().clone(), front.at_rest())),
            change: 0.0,
        };
        let mut coupling = Coupling::default();
        let species = self.species(step, &conditions, end, &found, &mut coupling)?;
        Ok(Attempt {
            trial: Trial {
                step,
                predicted: value,
                value,
                rate: 0.0,
                error: 0.0,
            },
            conditions,
            answer: found.answer,
            flow_ratio: 0.0,
            front: found.front.map(|(curve, flow)| NewFront {
                curve,
                flow,
                error: 0.0,
            }),
            species,
            coupling,
        })
    }

    /// L in R of the integrated quantity.
    pub(super) fn length_of(&self, square: f64) -> f64 {
        (square.max(0.0).sqrt() - self.offset).max(0.0)
    }

    /// Solves for the flow at `curve`, or at a flat front, and for the front that it leads to.
    fn find(
        &mut self,
        step: f64,
        conditions: &Conditions,
        question: FlowQuestion,
        curve: Option<&Curve>,
        cycles: &mut usize,
    ) -> Result<Found, Failed> {
        let failed = |source: ComputeError| {
            let is_hard = source.is_not_converged();
            let error = flow_error(conditions, question.length, source);
            // A front that has gone astray may be one that no flow is found for.
            if is_hard && curve.is_some() {
                Failed::TooLong(error)
            } else {
                Failed::Fatal(error)
            }
        };
        let Some((curve, front)) = curve.zip(self.front.as_mut()) else {
            let answer = self.engine.solve(question).map_err(failed)?;
            *cycles += answer.statistics.cycles;
            return Ok(Found {
                total: answer.flows.total(),
                answer,
                front: None,
                change: 0.0,
            });
        };
        let found = front
            .evaluate(&mut self.engine, question, curve, conditions)
            .map_err(failed)?;
        *cycles += found.cycles;
        let (corrected, spent) = front
            .corrected(&mut self.engine, conditions, step, curve, &found)
            .map_err(failed)?;
        *cycles += spent;
        let Some(corrected) = corrected else {
            return Err(Failed::TooLong(SimulationError::FrontUnsettled {
                time: conditions.time,
                change: f64::INFINITY,
            }));
        };
        let flow = found.front();
        let Evaluated { answer, rates, .. } = found;
        Ok(Found {
            answer,
            total: if flow.held_at.is_some() {
                0.0
            } else {
                (rates.total() + corrected.flow).max(0.0)
            },
            front: Some((corrected.curve, flow)),
            change: corrected.change,
        })
    }

    /// Takes the species to where the flow takes the wire.
    fn species(
        &mut self,
        step: f64,
        conditions: &Conditions,
        end: f64,
        found: &Found,
        coupling: &mut Coupling,
    ) -> Result<Option<(State, Option<LayerComposition>)>, Failed> {
        let Some(composition) = &self.composition else {
            return Ok(None);
        };
        let ends = [&self.last.conditions, conditions];
        let front = found.front.as_ref().zip(self.front.as_ref());
        let moved = front.map(|((curve, flow), front)| {
            let curve = curve.with_length(end);
            let growth = front.deposit().growth(&curve, flow.layer);
            (curve, growth)
        });
        let at = moved
            .as_ref()
            .map(|(curve, growth)| FrontAt { curve, growth });
        let (state, layer) = composition
            .attempt(&mut self.engine, ends, step, end, at, coupling.parts)
            .map_err(|source| {
                let failed = if source.is_final() {
                    Failed::Fatal
                } else {
                    Failed::TooLong
                };
                failed(composition_error(conditions, end, source))
            })?;
        coupling.parts = coupling.parts.max(state.parts);
        Ok(Some((state, layer)))
    }
}
