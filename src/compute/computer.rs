//! What computes a run: the CPU, a device of its own, or a seat at a device that it shares.

use super::error::ComputeError;
use super::flow::GpuFlow;
use super::shared::Seat;
use super::solvers::Solvers;
use super::species::GpuSpecies;
use crate::backend::Machine;
use crate::backend::gpu::GpuError;
use crate::flow::solver::{FlowSolver, Statistics};
use crate::kernels::Precision;
use crate::species::{State, Task};
use std::collections::BTreeMap;

/// Solves the flow problems of a run and makes the steps of its species.
///
/// When a device fails, the CPU takes its place if it may, for this problem or step and all that follow; otherwise the failure ends the
/// computation. Some steps the CPU makes beside a device that works: those that the device does not take.
#[derive(Debug)]
pub struct Computer {
    machine: Machine,
    /// What the device computes with, kept when it fails.
    precision: Option<Precision>,
    device: Option<Device>,
    falls_back: bool,
    failure: Option<GpuError>,
    /// Why steps were made on the CPU beside the device; each is told once.
    told: Vec<&'static str>,
}

#[derive(Debug)]
enum Device {
    /// For one run.
    Own(Box<Solvers>),
    /// For many.
    Shared(Seat),
}

impl Computer {
    /// The CPU.
    pub fn cpu() -> Self {
        Computer {
            machine: Machine::cpu(),
            precision: None,
            device: None,
            falls_back: false,
            failure: None,
            told: Vec::new(),
        }
    }

    /// A device opened for `precision`. When it fails the CPU takes its place if `falls_back`; otherwise the failure ends the
    /// computation.
    pub fn device(flow: GpuFlow, precision: Precision, falls_back: bool) -> Self {
        let machine = flow.gpu().machine().clone();
        let solvers = Box::new(Solvers::new(flow));
        Computer::on(Device::Own(solvers), machine, precision, falls_back)
    }

    /// A place at a device that is shared with other runs; otherwise as [`Computer::device`].
    pub fn seat(seat: Seat, falls_back: bool) -> Self {
        let (machine, precision) = (seat.machine().clone(), seat.precision());
        Computer::on(Device::Shared(seat), machine, precision, falls_back)
    }

    fn on(device: Device, machine: Machine, precision: Precision, falls_back: bool) -> Self {
        Computer {
            machine,
            precision: Some(precision),
            device: Some(device),
            falls_back,
            ..Computer::cpu()
        }
    }

    /// Solves a problem to `tolerance`, or as far as the precision goes, and gives it back.
    ///
    /// # Errors
    /// [`ComputeError::Flow`]; [`ComputeError::Device`] only where the CPU may not take the device's place.
    pub fn solve(
        &mut self,
        mut solver: FlowSolver<f64>,
        tolerance: f64,
        max_cycles: usize,
    ) -> (FlowSolver<f64>, Result<Statistics, ComputeError>) {
        let reachable = self.reachable(tolerance);
        if let Some(device) = &mut self.device {
            // What a device that fails gives back still holds its first guess.
            let result;
            (solver, result) = device.solve(solver, reachable, max_cycles);
            match result {
                Err(ComputeError::Device(failure)) => {
                    if let Err(error) = self.give_way(failure) {
                        return (solver, Err(error));
                    }
                }
                result => return (solver, result),
            }
        }
        let result = solver.solve(tolerance, max_cycles);
        (solver, result.map_err(ComputeError::from))
    }

    /// Makes a step of the species.
    ///
    /// # Errors
    /// [`ComputeError::Species`]; [`ComputeError::Device`] only where the CPU may not take the device's place.
    pub fn step(&mut self, task: &Task) -> Result<State, ComputeError> {
        if let Some(device) = &mut self.device {
            match device.step(task) {
                Ok(Ok(state)) => return Ok(state),
                Ok(Err(reason)) => self.tell(reason),
                Err(failure) => self.give_way(failure)?,
            }
        }
        Ok(task.step()?)
    }

    /// The device has failed: from now on the CPU computes, if it may.
    fn give_way(&mut self, failure: GpuError) -> Result<(), ComputeError> {
        if !self.falls_back {
            return Err(failure.into());
        }
        self.device = None;
        self.failure = Some(failure);
        Ok(())
    }

    fn tell(&mut self, reason: &'static str) {
        if !self.told.contains(&reason) {
            self.told.push(reason);
            tracing::debug!("a step of the composition is made on the CPU: {reason}");
        }
    }

    /// The device, unless the CPU computes or others share it.
    pub fn gpu(&self) -> Option<&GpuFlow> {
        match self.device.as_ref()? {
            Device::Own(solvers) => Some(&solvers.flow),
            Device::Shared(_) => None,
        }
    }

    /// What was chosen to compute, as records name it.
    pub fn machine(&self) -> &Machine {
        &self.machine
    }

    /// What computes now: the CPU where it has taken the device's place.
    pub fn at_work(&self) -> Machine {
        match self.device {
            Some(_) => self.machine.clone(),
            None => Machine::cpu(),
        }
    }

    /// Why the CPU has taken the device's place.
    pub fn failure(&self) -> Option<&GpuError> {
        self.failure.as_ref()
    }

    /// Name of the arithmetic that was chosen, for reports: `f64` (the CPU), `mixed` or `f32`.
    pub fn precision(&self) -> &'static str {
        self.precision.map_or("f64", Precision::name)
    }

    /// The tolerance that is reached where `tolerance` is asked for.
    pub fn reachable(&self, tolerance: f64) -> f64 {
        self.precision
            .map_or(tolerance, |precision| precision.reachable(tolerance))
    }

    /// Seconds by kernel in the submissions that were timed, where the device is this run's own and can time them.
    pub fn kernel_seconds(&self) -> BTreeMap<String, f64> {
        let times = self.gpu().map(|flow| flow.kernel_times().seconds());
        times.unwrap_or_default()
    }

    /// Submissions of dispatches to a device of this run's own, and how many of them were timed.
    pub fn submissions(&self) -> [u64; 2] {
        self.gpu().map_or([0, 0], GpuFlow::submissions)
    }
}

impl Device {
    fn solve(
        &mut self,
        mut solver: FlowSolver<f64>,
        tolerance: f64,
        max_cycles: usize,
    ) -> (FlowSolver<f64>, Result<Statistics, ComputeError>) {
        match self {
            Device::Own(solvers) => {
                let result = solvers.solve(&mut solver, tolerance, max_cycles);
                (solver, result)
            }
            Device::Shared(seat) => seat.solve(solver, tolerance, max_cycles),
        }
    }

    fn steps_species(&self) -> bool {
        match self {
            Device::Own(solvers) => solvers.species.is_some(),
            Device::Shared(seat) => seat.steps_species(),
        }
    }

    /// Makes a step, or says why it is the CPU's.
    fn step(&mut self, task: &Task) -> Result<Result<State, &'static str>, GpuError> {
        if !self.steps_species() {
            return Ok(Err("the device keeps no states in double precision"));
        }
        if let Some(reason) = GpuSpecies::refusal(task) {
            return Ok(Err(reason));
        }
        let made = match self {
            Device::Own(solvers) => solvers.step(task),
            Device::Shared(seat) => seat.step(task),
        };
        match made {
            Ok(made) => Ok(made.ok_or("the layer did not settle in a part")),
            // The flow, which has taken other buffers, goes on there.
            Err(GpuError::DoesNotFit { .. }) => Ok(Err("the device has no room for it")),
            Err(failure) => Err(failure),
        }
    }
}
