//! A shared device with the runs that are under way on it.

use super::SharedDevice;
use super::gate::Gate;
use crate::compute::Computer;

/// Most runs under way on one device: more fill its batches little better, and each holds its last solutions on the host.
pub const MOST_AT_ONCE: usize = 256;

/// A device and the runs that it computes at once.
#[derive(Debug)]
pub struct DeviceWorker {
    device: SharedDevice,
    at_once: usize,
    falls_back: bool,
    gate: Gate,
}

impl DeviceWorker {
    /// A device for `at_once` runs at once. When it fails, the CPU takes its place if `falls_back`; otherwise the runs that are under way
    /// there fail, and it gets no more.
    ///
    /// # Panics
    /// If there is to be room for none.
    pub fn new(device: SharedDevice, at_once: usize, falls_back: bool) -> Self {
        assert!(at_once > 0, "a device computes a run");
        DeviceWorker {
            device,
            at_once,
            falls_back,
            gate: Gate::new(at_once),
        }
    }

    /// The device.
    pub fn device(&self) -> &SharedDevice {
        &self.device
    }

    /// Name of the device with its graphics interface.
    pub fn name(&self) -> &str {
        &self.device.gpu().machine().device
    }

    /// Runs at once.
    pub fn at_once(&self) -> usize {
        self.at_once
    }

    /// What computes the next run: a seat at the device, or the CPU where it has taken the device's place.
    pub fn computer(&self) -> Computer {
        // One that the CPU does not stand in for keeps its runs when it is lost: they fail with its reason.
        if self.computes() || !self.falls_back {
            Computer::seat(self.device.seat(), self.falls_back)
        } else {
            Computer::cpu()
        }
    }

    /// Whether the CPU takes the device's place when it fails.
    pub fn falls_back(&self) -> bool {
        self.falls_back
    }

    /// Whether the device computes, as far as is known.
    fn computes(&self) -> bool {
        self.device.failure().is_none()
    }

    /// Waits until a run may be begun; false if no more are to be, or `stopped`.
    pub(crate) fn admits(&self, stopped: impl Fn() -> bool) -> bool {
        let entered = self.gate.enter(stopped);
        if entered && !self.computes() && !self.falls_back {
            self.release();
            return false;
        }
        entered
    }

    /// After a run.
    pub(crate) fn release(&self) {
        self.gate.leave();
        if !self.computes() {
            let cores = rayon::current_num_threads().min(self.at_once);
            self.gate.change(if self.falls_back { cores } else { 0 });
        }
    }
}
