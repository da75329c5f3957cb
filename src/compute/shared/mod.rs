//! One device for many runs.
//!
//! Every run advances in a thread of its own and has a [`Seat`]; it hands in its flow problems and the steps of its species, and
//! waits. The device's thread solves what is alike together, as one batch ([`order`]). What a run gets is what it would get alone, bit by
//! bit: the cases of a batch do not know of each other, so results do not depend on who else is there, or when.

mod gate;
mod order;
mod seat;
mod server;
mod worker;

pub use seat::Seat;
pub use worker::{DeviceWorker, MOST_AT_ONCE};

use super::flow::GpuFlow;
use super::solvers::Solvers;
use crate::backend::gpu::{Gpu, GpuError};
use crate::kernels::Precision;
use server::{Message, Server};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread::JoinHandle;

/// How many batches there were, and what was in them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Batches of flow problems.
    pub flow_batches: u64,
    /// Flow problems.
    pub flow_problems: u64,
    /// Flow problems of the largest batch.
    pub largest_flow_batch: u64,
    /// Batches of steps of the species.
    pub species_batches: u64,
    /// Steps of the species.
    pub species_steps: u64,
}

impl Tally {
    /// Flow problems in a batch, on average; none before the first.
    pub fn flow_mean(&self) -> Option<f64> {
        (self.flow_batches > 0).then(|| self.flow_problems as f64 / self.flow_batches as f64)
    }

    /// Steps of the species in a batch, on average; none before the first.
    pub fn species_mean(&self) -> Option<f64> {
        (self.species_batches > 0).then(|| self.species_steps as f64 / self.species_batches as f64)
    }
}

/// A device with the thread that works on it. To be dropped after all seats: it waits for them.
#[derive(Debug)]
pub struct SharedDevice {
    gpu: Arc<Gpu>,
    precision: Precision,
    steps_species: bool,
    tally: Arc<Mutex<Tally>>,
    /// Taken away at the end.
    sender: Option<Sender<Message>>,
    thread: Option<JoinHandle<()>>,
}

impl SharedDevice {
    /// Starts the thread of a device that was opened for `precision`.
    pub fn new(gpu: Gpu, precision: Precision) -> Self {
        SharedDevice::with(GpuFlow::new(Arc::new(gpu)), precision)
    }

    /// As [`SharedDevice::new`], with a solver that has been made already.
    pub fn with(flow: GpuFlow, precision: Precision) -> Self {
        let solvers = Solvers::new(flow);
        let gpu = Arc::clone(solvers.gpu());
        let tally = Arc::new(Mutex::new(Tally::default()));
        let (sender, receiver) = mpsc::channel();
        let steps_species = solvers.species.is_some();
        let server = Server::new(receiver, solvers, Arc::clone(&tally));
        SharedDevice {
            gpu,
            precision,
            steps_species,
            tally,
            sender: Some(sender),
            thread: Some(std::thread::spawn(|| server.serve())),
        }
    }

    /// A place for one run; batches wait for it until it is dropped.
    #[expect(
        clippy::expect_used,
        reason = "the sender is there until the device is dropped"
    )]
    pub fn seat(&self) -> Seat {
        let sender = self.sender.clone().expect("taken away at the end only");
        let gpu = Arc::clone(&self.gpu);
        Seat::new(sender, gpu, self.precision, self.steps_species)
    }

    /// The device.
    pub fn gpu(&self) -> &Gpu {
        &self.gpu
    }

    /// Why nothing more is to be had from the device, if so.
    pub fn failure(&self) -> Option<GpuError> {
        // A thread that has ended while seats are given out has failed: it computes no more either.
        let ended = self.thread.as_ref().is_some_and(JoinHandle::is_finished);
        let gone = ended.then(|| seat::thread_ended(self.gpu.name()));
        self.gpu.check().err().or(gone)
    }

    /// What has been computed so far.
    pub fn tally(&self) -> Tally {
        *self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for SharedDevice {
    fn drop(&mut self) {
        self.sender = None;
        if let Some(thread) = self.thread.take() {
            // Its panic has been told, and has failed the runs that waited.
            let _ = thread.join();
        }
    }
}
