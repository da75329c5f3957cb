//! Measuring on a device: a plain copy, whole lists of dispatches by the wall clock, single kernels by timestamps or by
//! repeating them.

use super::Batch;
use super::batch::{Loaded, MOST_ORDERS};
use super::device::Gpu;
use super::error::GpuError;
use super::lower::{Stage, Stages};
use super::source::{Access, BINDINGS, WORKGROUP, slot};
use super::structs::Order;
use super::table::Entry;
use crate::backend::stopwatch::{Timing, median, time_one};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How the time of a single kernel is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Timestamps of the device between the dispatches of a whole list.
    Timestamps,
    /// Many dispatches of one kernel in one submission, by the wall clock.
    Repeats,
}

/// Time of one kernel on one level.
#[derive(Clone, Debug, PartialEq)]
pub struct KernelTime {
    /// The kernel.
    pub entry: Entry,
    /// The level.
    pub level: u32,
    /// Dispatches of it in the list.
    pub dispatches: u32,
    /// Bytes that one dispatch must move for all cases together, the mean of them.
    pub bytes: f64,
    /// Seconds of one dispatch, the mean of the list's, the median of the samples.
    pub seconds: f64,
    /// Samples.
    pub samples: u32,
}

/// Time of a whole list.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ListTime {
    /// On the device, from the submission to the end.
    pub device: Timing,
    /// Seconds that the host takes to record the commands of one repetition.
    pub record: f64,
}

/// Seconds of one dispatch and samples, by kernel and level.
type Seconds = BTreeMap<(Entry, u32), (f64, u32)>;

/// Samples by timestamps, of which the median is taken.
const TIMESTAMP_SAMPLES: u32 = 9;

/// Two buffers and a plain copy from one to the other: what the memory can do.
#[derive(Debug)]
pub struct Copy {
    gpu: Arc<Gpu>,
    bind_group: wgpu::BindGroup,
    groups: [u32; 2],
    bytes: u64,
}

impl Copy {
    /// Buffers of `bytes` each, less if the adapter does not take as many in one binding.
    ///
    /// # Errors
    /// What the device reports.
    pub fn new(gpu: &Arc<Gpu>, bytes: u64) -> Result<Copy, GpuError> {
        let bytes = bytes.min(gpu.largest_binding()).max(4096) / 4096 * 4096;
        // The kernels share one binding list; what the copy does not see is small.
        let buffers: Vec<wgpu::Buffer> = BINDINGS
            .iter()
            .enumerate()
            .map(|(number, binding)| {
                let copied = number == slot::VECTORS || number == slot::OUTER_VECTORS;
                let uniform = matches!(binding.access, Access::Order | Access::Uniform);
                gpu.buffer(binding.name, if copied { bytes } else { 8192 }, uniform)
            })
            .collect();
        let entries: Vec<wgpu::BindGroupEntry> = buffers
            .iter()
            .enumerate()
            .map(|(number, buffer)| wgpu::BindGroupEntry {
                binding: number as u32,
                resource: wgpu::BindingResource::Buffer(wgpu::BufferBinding {
                    buffer,
                    offset: 0,
                    size: (number == slot::ORDER)
                        .then_some(wgpu::BufferSize::new(size_of::<Order>() as u64))
                        .flatten(),
                }),
            })
            .collect();
        let bind_group = gpu.device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some("copy"),
            layout: &gpu.layout,
            entries: &entries,
        });
        gpu.check()?;
        let groups = (bytes / 4).div_ceil(u64::from(WORKGROUP)) as u32;
        let y = groups.div_ceil(65_535);
        Ok(Copy {
            gpu: Arc::clone(gpu),
            bind_group,
            groups: [groups.div_ceil(y), y],
            bytes,
        })
    }

    /// Bytes that one copy reads and writes together.
    pub fn moved(&self) -> u64 {
        2 * self.bytes
    }

    /// Times one copy.
    ///
    /// # Errors
    /// What the device reports.
    pub fn time(&self, limit: Duration) -> Result<Timing, GpuError> {
        time_one(1000, limit, |repeats| {
            let mut encoder = self.gpu.device.create_command_encoder(&Default::default());
            {
                let mut pass = encoder.begin_compute_pass(&Default::default());
                pass.set_pipeline(self.gpu.copy_pipeline());
                pass.set_bind_group(0, &self.bind_group, &[0]);
                for _ in 0..repeats {
                    pass.dispatch_workgroups(self.groups[0], self.groups[1], 1);
                }
            }
            let commands = encoder.finish();
            let clock = Instant::now();
            self.gpu.submit_commands(commands)?;
            self.gpu.wait()?;
            Ok(clock.elapsed().as_secs_f64())
        })
    }
}

/// A list several times over; the programs of its fused dispatches serve all repetitions.
fn repeated(stages: &[Stage], program: &[Order], repeats: u32) -> Stages {
    Stages {
        stages: std::iter::repeat_n(stages, repeats as usize)
            .flatten()
            .cloned()
            .collect(),
        program: program.to_vec(),
    }
}

/// Seconds of recording, then of the device's work on a list.
fn run(batch: &mut Batch, loaded: &Loaded) -> Result<(f64, f64), GpuError> {
    batch.bring(loaded);
    let clock = Instant::now();
    // One submission, so that the clock counts no other: as long as the list was made for.
    let mut encoder = batch.begin();
    batch.record(&mut encoder, loaded, 0..loaded.stages().stages.len(), None);
    let commands = encoder.finish();
    let record = clock.elapsed().as_secs_f64();
    // Orders and programs are on the device before the clock starts.
    batch.gpu().wait()?;
    let clock = Instant::now();
    batch.gpu().submit_commands(commands)?;
    batch.gpu().wait()?;
    Ok((record, clock.elapsed().as_secs_f64()))
}

/// Times a list of dispatches by the wall clock, many repetitions in one submission.
///
/// # Errors
/// What the device reports.
pub fn time_list(
    batch: &mut Batch,
    stages: &Stages,
    limit: Duration,
) -> Result<ListTime, GpuError> {
    time_stages(batch, &stages.stages, &stages.program, limit)
}

fn time_stages(
    batch: &mut Batch,
    stages: &[Stage],
    program: &[Order],
    limit: Duration,
) -> Result<ListTime, GpuError> {
    let mut lists: BTreeMap<u32, Loaded> = BTreeMap::new();
    let mut records = Vec::new();
    let most = (MOST_ORDERS as usize / stages.len().max(1)) as u32;
    let device = time_one(most, limit, |repeats| {
        let loaded = lists
            .entry(repeats)
            .or_insert_with(|| batch.load(repeated(stages, program, repeats)))
            .clone();
        let (record, device) = run(batch, &loaded)?;
        if repeats > 0 {
            records.push(record / f64::from(repeats));
        }
        Ok(device)
    })?;
    Ok(ListTime {
        device,
        record: median(&mut records),
    })
}

/// Times every kernel of a list on every level.
///
/// # Errors
/// What the device reports.
pub fn time_kernels(
    batch: &mut Batch,
    stages: &Stages,
    method: Method,
    limit: Duration,
) -> Result<Vec<KernelTime>, GpuError> {
    let groups = grouped(stages);
    let seconds = match method {
        Method::Timestamps => by_timestamps(batch, stages, limit)?,
        Method::Repeats => {
            let mut seconds = Seconds::new();
            for (&key, group) in &groups {
                let share = limit / groups.len() as u32;
                let time = time_stages(batch, group, &stages.program, share)?.device;
                let each = time.seconds / group.len() as f64;
                seconds.insert(key, (each, time.samples));
            }
            seconds
        }
    };
    Ok(groups
        .into_iter()
        .filter_map(|(key, group)| {
            let &(seconds, samples) = seconds.get(&key)?;
            let bytes: u64 = group.iter().map(|s| s.bytes * u64::from(s.groups[2])).sum();
            Some(KernelTime {
                entry: key.0,
                level: key.1,
                dispatches: group.len() as u32,
                bytes: bytes as f64 / group.len() as f64,
                seconds,
                samples,
            })
        })
        .collect())
}

/// The dispatches of a list by kernel and level.
fn grouped(stages: &Stages) -> BTreeMap<(Entry, u32), Vec<Stage>> {
    let mut groups: BTreeMap<(Entry, u32), Vec<Stage>> = BTreeMap::new();
    for stage in &stages.stages {
        let group = groups.entry((stage.entry, stage.order.level)).or_default();
        group.push(stage.clone());
    }
    groups
}

/// Seconds of one dispatch and samples, by kernel and level.
fn by_timestamps(batch: &mut Batch, stages: &Stages, limit: Duration) -> Result<Seconds, GpuError> {
    let started = Instant::now();
    let loaded = batch.load(stages.clone());
    batch.submit_and_look(&loaded, true)?;
    let mut samples: BTreeMap<(Entry, u32), Vec<f64>> = BTreeMap::new();
    for sample in 0..TIMESTAMP_SAMPLES {
        if sample > 0 && started.elapsed() > limit {
            break;
        }
        let before = batch.times().clone();
        batch.submit_and_look(&loaded, true)?;
        for (key, &(seconds, count)) in &batch.times().by_kernel {
            let (old, old_count) = before.by_kernel.get(key).copied().unwrap_or_default();
            if count > old_count {
                let each = (seconds - old) / (count - old_count) as f64;
                samples.entry(*key).or_default().push(each);
            }
        }
    }
    Ok(samples
        .into_iter()
        .map(|(key, mut values)| (key, (median(&mut values), values.len() as u32)))
        .collect())
}
