//! A run's place at a device that it shares.

use super::server::{FlowRequest, Message, SpeciesRequest};
use crate::backend::gpu::GpuError;
use crate::flow::computer::SharedSolver;
use crate::flow::solver::{FlowSolver, SolveError, Statistics};
use crate::kernels::Precision;
use crate::species::{PackedStep, State, Task};
use std::sync::Arc;
use std::sync::mpsc::{self, Sender};

/// A run's place at a device that it shares; its clones are the same place.
#[derive(Clone, Debug)]
pub struct Seat {
    presence: Arc<Presence>,
    precision: Precision,
    steps_species: bool,
}

/// Batches wait for a run as long as this is there.
#[derive(Debug)]
struct Presence {
    sender: Sender<Message>,
    adapter: String,
}

impl Drop for Presence {
    fn drop(&mut self) {
        // A device that is gone waits for nobody.
        let _ = self.sender.send(Message::Left);
    }
}

impl Seat {
    pub(super) fn new(
        sender: Sender<Message>,
        adapter: &str,
        precision: Precision,
        steps_species: bool,
    ) -> Self {
        let _ = sender.send(Message::Came);
        let adapter = adapter.to_owned();
        Seat {
            presence: Arc::new(Presence { sender, adapter }),
            precision,
            steps_species,
        }
    }

    /// Precision in which the device solves.
    pub fn precision(&self) -> Precision {
        self.precision
    }

    /// True if the device makes steps of the species.
    pub fn steps_species(&self) -> bool {
        self.steps_species
    }

    /// Makes a step of the species that the device takes. `None` if its layer did not settle, which the host makes in shorter
    /// parts.
    ///
    /// # Errors
    /// What the device reports.
    pub fn step(&self, task: &Task) -> Result<Option<State>, GpuError> {
        let (reply, answer) = mpsc::channel();
        let step = PackedStep::new(task);
        let request = Box::new(SpeciesRequest { step, reply });
        let sent = self.presence.sender.send(Message::Species(request));
        sent.map_err(|_| self.ended())?;
        let step = answer.recv().map_err(|_| self.ended())??;
        Ok(step.state(task))
    }

    fn ended(&self) -> GpuError {
        thread_ended(&self.presence.adapter)
    }
}

/// What there is to say of an adapter whose thread has ended.
pub(super) fn thread_ended(adapter: &str) -> GpuError {
    GpuError::Lost {
        adapter: adapter.to_owned(),
        reason: "the thread that works on it has ended".into(),
    }
}

impl SharedSolver for Seat {
    /// # Panics
    /// If the device's thread panics meanwhile.
    fn solve(
        &mut self,
        solver: FlowSolver<f64>,
        tolerance: f64,
        max_cycles: usize,
    ) -> (FlowSolver<f64>, Result<Statistics, SolveError>) {
        let (reply, answer) = mpsc::channel();
        let request = Box::new(FlowRequest {
            solver,
            tolerance,
            max_cycles,
            reply,
        });
        match self.presence.sender.send(Message::Flow(request)) {
            Ok(()) => answer
                .recv()
                .expect("the device's thread answers, or has failed"),
            Err(mpsc::SendError(Message::Flow(request))) => {
                (request.solver, Err(SolveError::Device(self.ended())))
            }
            Err(_) => unreachable!("what was sent comes back"),
        }
    }
}
