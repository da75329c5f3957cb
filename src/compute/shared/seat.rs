//! A run's place at a device that it shares.

use super::server::{FlowRequest, Message, SpeciesRequest};
use crate::backend::Machine;
use crate::backend::gpu::{Gpu, GpuError};
use crate::compute::error::ComputeError;
use crate::compute::species::PackedStep;
use crate::flow::solver::{FlowSolver, Statistics};
use crate::kernels::Precision;
use crate::species::{State, Task};
use std::sync::Arc;
use std::sync::mpsc::{self, Sender};

/// A run's place at a device that it shares; batches wait for the run as long as it is there.
#[derive(Debug)]
pub struct Seat {
    sender: Sender<Message>,
    gpu: Arc<Gpu>,
    precision: Precision,
    steps_species: bool,
}

impl Drop for Seat {
    fn drop(&mut self) {
        // A device that is gone waits for nobody.
        let _ = self.sender.send(Message::Left);
    }
}

impl Seat {
    pub(super) fn new(
        sender: Sender<Message>,
        gpu: Arc<Gpu>,
        precision: Precision,
        steps_species: bool,
    ) -> Self {
        let _ = sender.send(Message::Came);
        Seat {
            sender,
            gpu,
            precision,
            steps_species,
        }
    }

    /// The device as records name it.
    pub fn machine(&self) -> &Machine {
        self.gpu.machine()
    }

    /// Precision in which the device solves.
    pub fn precision(&self) -> Precision {
        self.precision
    }

    /// True if the device makes steps of the species.
    pub fn steps_species(&self) -> bool {
        self.steps_species
    }

    /// Solves a problem together with those of other runs and gives it back; one that is not solved keeps its first guess.
    ///
    /// # Panics
    /// If the device's thread panics meanwhile.
    #[expect(
        clippy::expect_used,
        clippy::unreachable,
        reason = "the device's thread answers what it has taken"
    )]
    pub fn solve(
        &mut self,
        solver: FlowSolver<f64>,
        tolerance: f64,
        max_cycles: usize,
    ) -> (FlowSolver<f64>, Result<Statistics, ComputeError>) {
        let (reply, answer) = mpsc::channel();
        let request = Box::new(FlowRequest {
            solver,
            tolerance,
            max_cycles,
            reply,
        });
        match self.sender.send(Message::Flow(request)) {
            Ok(()) => answer
                .recv()
                .expect("the device's thread answers, or has failed"),
            Err(mpsc::SendError(Message::Flow(request))) => {
                (request.solver, Err(ComputeError::Device(self.ended())))
            }
            Err(_) => unreachable!("what was sent comes back"),
        }
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
        let sent = self.sender.send(Message::Species(request));
        sent.map_err(|_| self.ended())?;
        let step = answer.recv().map_err(|_| self.ended())??;
        Ok(step.state(task))
    }

    fn ended(&self) -> GpuError {
        thread_ended(self.gpu.name())
    }
}

/// What there is to say of an adapter whose thread has ended.
pub(super) fn thread_ended(adapter: &str) -> GpuError {
    GpuError::Lost {
        adapter: adapter.to_owned(),
        reason: "the thread that works on it has ended".into(),
    }
}
