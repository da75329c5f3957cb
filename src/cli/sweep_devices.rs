//! The choice of what computes a sweep: cores, or one or several devices with many points on each.

use super::DeviceChoice;
use super::device::{Resolved, resolve};
use super::failure::Failure;
use crate::backend::gpu::Outer;
use crate::backend::gpu::adapter::{AdapterSummary, DeviceRequest};
use crate::case::{CompositionModel, LoadedCase, Model};
use crate::compute::{DeviceWorker, MOST_AT_ONCE, SharedDevice, bytes_on_device};
use crate::flow::discretise;
use crate::flow::grid::Grid;
use crate::kernels::Precision;
use crate::results::expected_grid;
use crate::sweep::Plan;
use clap::Args;

/// Points that are looked at for the largest grid of a sweep.
const SAMPLES: u64 = 64;

/// Most bytes that a batch takes on a device, even where the adapter's limits allow more: the host holds the same runs.
const MOST_BYTES: u64 = 4 << 30;

#[derive(Debug, Args)]
pub(super) struct SweepDevices {
    #[command(flatten)]
    device: DeviceChoice,
    /// Several adapters that compute together, by index or name; each takes the next point as it can
    ///
    /// The same adapter may be named twice: while it computes for one half of its points, the CPU prepares the other.
    #[arg(
        long,
        value_name = "INDEX|NAME,…",
        value_delimiter = ',',
        conflicts_with = "device"
    )]
    devices: Vec<DeviceRequest>,
}

/// What computes a sweep.
#[derive(Debug)]
pub(super) enum Crew {
    /// So many cores, a point on each, with the reason if there is something to say.
    Cores(usize, Option<String>),
    /// Devices.
    Devices(Vec<Member>),
}

/// A device that has been chosen.
#[derive(Debug)]
pub(super) struct Member {
    resolved: Resolved,
    precision: Precision,
    /// Points at once.
    at_once: usize,
    /// Bytes that a batch may take.
    memory: u64,
    /// Bytes that the largest points would take if all of them met in one batch.
    expected: u64,
}

impl SweepDevices {
    /// Chooses for `points` points, of which `jobs` may be computed at once.
    #[expect(
        clippy::expect_used,
        reason = "devices that are named are adapters or refused"
    )]
    pub fn choose(&self, plan: &Plan, points: u64, jobs: Option<usize>) -> Result<Crew, Failure> {
        let jobs = jobs.map(|jobs| jobs.max(1));
        let on_cores = |reason| Crew::Cores(jobs.unwrap_or_else(cores).clamp(1, 1024), reason);
        let named = match self.devices.as_slice() {
            [] => std::slice::from_ref(self.device.request()),
            several => several,
        };
        let asks = |request: &DeviceRequest| {
            matches!(request, DeviceRequest::Index(_) | DeviceRequest::Name(_))
        };
        if self.devices.iter().any(|one| !asks(one)) {
            let text = "--devices names adapters, by index or name; --device takes cpu and auto";
            return Err(Failure::Usage(text.into()));
        }
        if plan.model() == Model::Reduced {
            return match named.iter().any(asks) {
                true => Err(Failure::Usage(
                    "the reduced model takes microseconds on the CPU and does not run on a device; leave the device out, or take \
                     --model full"
                        .into(),
                )),
                false => Ok(on_cores(None)),
            };
        }
        let Some((largest, grid)) = largest(plan) else {
            return Ok(on_cores(None));
        };
        let cells = discretise::layout(&grid, [0, 0]).cells();
        let together = points.clamp(1, MOST_AT_ONCE as u64) as usize;
        let found: Vec<Resolved> = named
            .iter()
            .map(|request| resolve(request, cells * together))
            .collect::<Result<_, _>>()?;
        if let [
            Resolved {
                adapter: None,
                reason,
                warning,
                ..
            },
        ] = found.as_slice()
        {
            let warning = warning
                .as_ref()
                .map(|warning| format!("warning: {warning}"));
            return Ok(on_cores(Some(warning.unwrap_or_else(|| reason.clone()))));
        }
        if plan
            .axes()
            .iter()
            .any(|axis| axis.keys().iter().any(|k| k == PRECISION))
        {
            let text =
                format!("a device is opened for one precision, and the sweep varies `{PRECISION}`");
            if !named.iter().any(asks) {
                return Ok(on_cores(Some(text)));
            }
            return Err(Failure::Usage(text));
        }
        let share = |all: usize| all.div_ceil(found.len()).max(1);
        let jobs = share(jobs.unwrap_or(usize::MAX))
            .min(share(usize::try_from(points).unwrap_or(usize::MAX)));
        let adapters: Vec<usize> = found
            .iter()
            .filter_map(|one| Some(summary(one)?.index))
            .collect();
        let precision = largest.case.numerics.precision;
        let is_uniform = largest.case.composition.model == CompositionModel::Uniform;
        let mut members = Vec::new();
        for resolved in found {
            let summary = summary(&resolved)
                .expect("named devices are adapters")
                .clone();
            let sharing = adapters
                .iter()
                .filter(|index| **index == summary.index)
                .count() as u64;
            let memory = summary
                .max_binding_bytes
                .min(summary.max_buffer_bytes)
                .min(MOST_BYTES)
                / sharing;
            let outer = Outer::from(precision).on_device(summary.f64);
            let each = match bytes_on_device(&largest.mesh, &grid, is_uniform, outer) {
                Ok(each) => each,
                // `auto` leaves to the cores what no device takes.
                Err(reason) if !named.iter().any(asks) => return Ok(on_cores(Some(reason))),
                Err(reason) => return Err(Failure::Usage(reason)),
            };
            let at_once = (memory / each.max(1)).clamp(1, MOST_AT_ONCE as u64) as usize;
            let at_once = at_once.min(jobs);
            members.push(Member {
                resolved,
                precision,
                at_once,
                memory,
                expected: each * at_once as u64,
            });
        }
        Ok(Crew::Devices(members))
    }
}

const PRECISION: &str = "numerics.precision";

fn summary(resolved: &Resolved) -> Option<&AdapterSummary> {
    resolved.adapter.as_ref().map(|adapter| &adapter.summary)
}

/// The point with the largest grid that is expected, of some that are spread over the sweep.
fn largest(plan: &Plan) -> Option<(LoadedCase, Grid)> {
    let step = plan.len().div_ceil(SAMPLES).max(1) as usize;
    (0..plan.len())
        .step_by(step)
        .chain(plan.len().checked_sub(1))
        .filter_map(|point| {
            let loaded = plan.case(point).ok()?;
            let grid = expected_grid(&loaded);
            Some((loaded, grid))
        })
        .max_by_key(|(_, grid)| grid.rows() * grid.across())
}

impl Crew {
    /// Points at once.
    pub fn at_once(&self) -> usize {
        match self {
            Crew::Cores(cores, _) => *cores,
            Crew::Devices(members) => members.iter().map(|member| member.at_once).sum(),
        }
    }

    /// What it is, for the line before the sweep.
    pub fn text(&self) -> String {
        match self {
            Crew::Cores(1, _) => "1 core".into(),
            Crew::Cores(cores, _) => format!("{cores} cores"),
            Crew::Devices(members) => {
                let texts = members.iter().map(|member| {
                    format!(
                        "{}, {} at once in {:.0} MB of its memory (at most {:.0} MB)",
                        member.resolved.name(),
                        member.at_once,
                        member.expected.min(member.memory) as f64 / 1e6,
                        member.memory as f64 / 1e6
                    )
                });
                texts.collect::<Vec<_>>().join(" and on ")
            }
        }
    }

    /// Further lines: why, and what speaks against it.
    pub fn remarks(&self) -> Vec<String> {
        match self {
            Crew::Cores(_, reason) => reason.iter().cloned().collect(),
            Crew::Devices(members) => {
                let warnings = members.iter().filter_map(|m| m.resolved.warning.as_ref());
                let mut all: Vec<String> = warnings.map(|w| format!("warning: {w}")).collect();
                all.dedup();
                all
            }
        }
    }

    /// Opens the devices; none for cores, and where the only device cannot be opened and the CPU takes its place, with
    /// `jobs` points at once.
    pub fn open(&mut self, jobs: Option<usize>) -> Result<Vec<DeviceWorker>, Failure> {
        let Crew::Devices(members) = self else {
            return Ok(Vec::new());
        };
        let mut workers = Vec::new();
        let mut warning = None;
        for member in members.iter_mut() {
            let Some(gpu) = member.resolved.open(member.precision)? else {
                warning = member.resolved.warning.clone();
                continue;
            };
            gpu.limit_memory(member.memory);
            let device = SharedDevice::new(gpu, member.precision);
            let falls_back = !member.resolved.explicit;
            workers.push(DeviceWorker::new(device, member.at_once, falls_back));
        }
        if workers.is_empty() {
            let warning = warning.map(|w| format!("warning: {w}"));
            *self = Crew::Cores(jobs.unwrap_or_else(cores).clamp(1, 1024), warning);
        }
        Ok(workers)
    }
}

/// What the devices have to say after a sweep: how full their batches were, and what has failed.
pub(super) fn report(workers: &[DeviceWorker]) -> Vec<String> {
    let mut lines = Vec::new();
    for worker in workers {
        let (name, tally) = (worker.name(), worker.device().tally());
        if let Some(mean) = tally.flow_mean() {
            let species = tally.species_mean().map_or(String::new(), |mean| {
                format!(", of steps of the composition {mean:.1}")
            });
            lines.push(format!(
                "{name}: batches of {mean:.1} flow problems on average, {} at most{species}",
                tally.largest_flow_batch
            ));
        }
        if let Some(failure) = worker.device().failure() {
            lines.push(match worker.falls_back() {
                true => format!("warning: {failure}; the CPU went on from the last accepted steps"),
                false => {
                    format!("error: {failure}; the points that were under way there have failed")
                }
            });
        }
    }
    lines
}

/// Cores of the machine.
pub(super) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, |n| n.get())
}
