//! The thread that works on a shared device.

use super::Tally;
use super::order::{FlowKey, next_problems, next_steps};
use crate::backend::gpu::GpuError;
use crate::compute::error::ComputeError;
use crate::compute::solvers::Solvers;
use crate::compute::species::PackedStep;
use crate::flow::solver::{FlowSolver, Statistics};
use std::sync::mpsc::{Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Shortest time for which a batch waits for the next request.
const PATIENCE: Duration = Duration::from_millis(5);

/// What runs say.
#[derive(Debug)]
pub(super) enum Message {
    /// A run has sat down: batches wait for it.
    Came,
    /// It has got up.
    Left,
    /// A flow problem to be solved.
    Flow(Box<FlowRequest>),
    /// A step of the species to be made.
    Species(Box<SpeciesRequest>),
}

#[derive(Debug)]
pub(super) struct FlowRequest {
    pub solver: FlowSolver<f64>,
    pub tolerance: f64,
    pub max_cycles: usize,
    pub reply: Sender<(FlowSolver<f64>, Result<Statistics, ComputeError>)>,
}

#[derive(Debug)]
pub(super) struct SpeciesRequest {
    pub step: PackedStep,
    pub reply: Sender<Result<PackedStep, GpuError>>,
}

#[derive(Debug)]
pub(super) struct Server {
    receiver: Receiver<Message>,
    solvers: Solvers,
    tally: Arc<Mutex<Tally>>,
    /// Runs that have a seat.
    present: usize,
    problems: Vec<(FlowKey, FlowRequest)>,
    steps: Vec<SpeciesRequest>,
    /// How long the latest batch took.
    latest: Duration,
}

impl Server {
    pub fn new(receiver: Receiver<Message>, solvers: Solvers, tally: Arc<Mutex<Tally>>) -> Self {
        Server {
            receiver,
            solvers,
            tally,
            present: 0,
            problems: Vec::new(),
            steps: Vec::new(),
            latest: Duration::ZERO,
        }
    }

    /// Works until nobody can ask for anything any more.
    ///
    /// A batch starts when all runs wait. A run that takes longer than the rest, because it computes something by itself, is not waited
    /// for for ever: the batch also starts when nothing has come for as long as the latest batch took.
    pub fn serve(mut self) {
        loop {
            let waiting = self.problems.len() + self.steps.len();
            let next = if waiting == 0 {
                match self.receiver.recv() {
                    Ok(message) => Some(message),
                    Err(_) => return,
                }
            } else if waiting < self.present {
                let patience = self.latest.max(PATIENCE);
                self.receiver.recv_timeout(patience).ok()
            } else {
                self.receiver.try_recv().ok()
            };
            match next {
                Some(message) => self.take(message),
                None => self.work(),
            }
        }
    }

    fn take(&mut self, message: Message) {
        match message {
            Message::Came => self.present += 1,
            Message::Left => self.present -= 1,
            Message::Flow(request) => {
                let levels = request.solver.backend.levels.iter();
                let key = FlowKey {
                    layouts: levels.map(|level| level.tables.layout).collect(),
                    tolerance: request.tolerance,
                    max_cycles: request.max_cycles,
                };
                self.problems.push((key, *request));
            }
            Message::Species(request) => self.steps.push(*request),
        }
    }

    /// Computes the next batch.
    fn work(&mut self) {
        let clock = Instant::now();
        if self.steps.is_empty() {
            let batch = next_problems(&mut self.problems, |(key, _)| key);
            self.count(|tally| {
                tally.flow_batches += 1;
                tally.flow_problems += batch.len() as u64;
                tally.largest_flow_batch = tally.largest_flow_batch.max(batch.len() as u64);
            });
            self.solve(batch.into_iter().map(|(_, request)| request).collect());
        } else {
            let batch = next_steps(&mut self.steps, |request| &request.step);
            self.count(|tally| {
                tally.species_batches += 1;
                tally.species_steps += batch.len() as u64;
            });
            self.step(batch);
        }
        self.latest = clock.elapsed();
    }

    fn count(&self, add: impl FnOnce(&mut Tally)) {
        add(&mut self.tally.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn solve(&mut self, mut batch: Vec<FlowRequest>) {
        let Some(&FlowRequest {
            tolerance,
            max_cycles,
            ..
        }) = batch.first()
        else {
            return;
        };
        let mut solvers: Vec<&mut FlowSolver<f64>> = batch
            .iter_mut()
            .map(|request| &mut request.solver)
            .collect();
        let flow = &mut self.solvers.flow;
        let results = match flow.solve_batch(&mut solvers, tolerance, max_cycles) {
            Ok(results) => (results.into_iter())
                .map(|result| result.map_err(ComputeError::from))
                .collect(),
            Err(failure) => vec![Err(ComputeError::Device(failure)); batch.len()],
        };
        for (request, result) in batch.into_iter().zip(results) {
            // A run that has failed meanwhile does not want its answer.
            let _ = request.reply.send((request.solver, result));
        }
    }

    #[expect(clippy::expect_used, reason = "a seat knows who makes steps")]
    fn step(&mut self, batch: Vec<SpeciesRequest>) {
        let (mut steps, replies): (Vec<PackedStep>, Vec<_>) = batch
            .into_iter()
            .map(|request| (request.step, request.reply))
            .unzip();
        let device = self.solvers.species.as_mut();
        let device = device.expect("seats ask for steps where the device makes them");
        let made = device.step_packed(&mut steps);
        for (step, reply) in steps.into_iter().zip(replies) {
            let _ = reply.send(made.clone().map(|()| step));
        }
    }
}
