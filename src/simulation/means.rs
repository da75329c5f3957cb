//! What computes a run: who solves its flow and who makes the steps of its species.

use super::shared::Seat;
use crate::backend::gpu::GpuError;
use crate::backend::gpu::source::OuterReal;
use crate::flow::computer::Computer;
use crate::species::{GpuSpecies, State, StepFailed, Task};
use crate::stop::Stop;
use std::sync::Arc;

/// What computes a run.
#[derive(Debug)]
pub struct Means {
    /// Solves the flow.
    pub(super) computer: Computer,
    /// Makes the steps of the species.
    pub(super) species: SpeciesStepper,
}

impl From<Computer> for Means {
    /// The device that solves the flow makes the steps of the species as well, if it does so in double precision, as the states
    /// of the flow are.
    fn from(computer: Computer) -> Self {
        let device = computer
            .gpu()
            .filter(|flow| flow.gpu().outer() == Some(OuterReal::F64))
            .and_then(|flow| GpuSpecies::new(Arc::clone(flow.gpu())));
        Means {
            computer,
            species: SpeciesStepper::new(device.map(|device| Device::Own(Box::new(device)))),
        }
    }
}

impl Means {
    /// A place at a device that is shared with other runs. When the device fails the CPU takes its place if `falls_back`; otherwise
    /// the failure ends the run.
    pub fn seat(seat: Seat, falls_back: bool) -> Self {
        let precision = seat.precision();
        let device = seat.steps_species().then(|| Device::Shared(seat.clone()));
        Means {
            computer: Computer::shared(Box::new(seat), precision, falls_back),
            species: SpeciesStepper::new(device),
        }
    }
}

/// Makes steps of the species: on a device where it takes them, else on the CPU.
#[derive(Debug)]
pub(super) struct SpeciesStepper {
    device: Option<Device>,
    /// Why steps were made on the CPU beside a device; each is told once.
    told: Vec<&'static str>,
}

#[derive(Debug)]
enum Device {
    Own(Box<GpuSpecies>),
    Shared(Seat),
}

impl Device {
    fn step(&mut self, task: &Task) -> Result<Option<State>, GpuError> {
        match self {
            Device::Own(device) => Ok(device.step_batch(&[*task])?.pop().flatten()),
            Device::Shared(seat) => seat.step(task),
        }
    }
}

impl SpeciesStepper {
    fn new(device: Option<Device>) -> Self {
        SpeciesStepper {
            device,
            told: Vec::new(),
        }
    }

    /// From now on the CPU makes the steps.
    pub fn leave_device(&mut self) {
        self.device = None;
    }

    /// Makes a step.
    ///
    /// # Errors
    /// [`StepFailed`].
    pub fn step(&mut self, task: &Task, stop: &Stop) -> Result<State, StepFailed> {
        if let Some(device) = &mut self.device {
            let refusal = GpuSpecies::refusal(task);
            let made = match refusal {
                None => device.step(task),
                Some(_) => Ok(None),
            };
            match made {
                Ok(Some(state)) => return Ok(state),
                Ok(None) => self.tell(refusal.unwrap_or("the layer did not settle in a part")),
                // The flow's next solve meets the same failure and decides whether the CPU may go on.
                Err(failure) => {
                    tracing::debug!("steps of the composition are made on the CPU: {failure}");
                    self.device = None;
                }
            }
        }
        (task.state).step_unless(
            task.mesh,
            task.alloy,
            task.transport,
            task.moves,
            task.extent,
            stop,
        )
    }

    fn tell(&mut self, reason: &'static str) {
        if !self.told.contains(&reason) {
            self.told.push(reason);
            tracing::debug!("a step of the composition is made on the CPU: {reason}");
        }
    }
}
