//! Time per kernel, from timestamp queries between dispatches.

use super::device::{Gpu, Part};
use super::table::Entry;
use std::collections::BTreeMap;

/// Timestamps that one submission may take; what every adapter allows in a query set.
const MOST_QUERIES: u32 = 4096;

/// Accumulated time per kernel and level.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct KernelTimes {
    /// Seconds and dispatches.
    pub by_kernel: BTreeMap<(Entry, u32), (f64, u64)>,
}

impl KernelTimes {
    /// Adds other times to these.
    pub fn add(&mut self, other: &KernelTimes) {
        for (kernel, (seconds, count)) in &other.by_kernel {
            let own = self.by_kernel.entry(*kernel).or_default();
            own.0 += seconds;
            own.1 += count;
        }
    }

    /// Seconds per kernel, all levels together.
    pub fn seconds(&self) -> BTreeMap<String, f64> {
        let mut out = BTreeMap::new();
        for ((entry, _), (seconds, _)) in &self.by_kernel {
            *out.entry(entry.to_string()).or_insert(0.0) += seconds;
        }
        out
    }
}

/// Takes timestamps between the dispatches of a pass.
#[derive(Debug)]
pub(super) struct Timer {
    set: wgpu::QuerySet,
    resolved: wgpu::Buffer,
    /// Nanoseconds per tick.
    period: f64,
}

impl Timer {
    /// A timer, where the device can time inside passes.
    pub fn new(gpu: &Gpu) -> Option<Timer> {
        if !gpu.has(wgpu::Features::TIMESTAMP_QUERY_INSIDE_PASSES) {
            return None;
        }
        Some(Timer {
            set: gpu.device.create_query_set(&wgpu::QuerySetDescriptor {
                label: Some("kernels"),
                ty: wgpu::QueryType::Timestamp,
                count: MOST_QUERIES,
            }),
            resolved: gpu.device.create_buffer(&wgpu::BufferDescriptor {
                label: Some("timestamps"),
                size: 8 * u64::from(MOST_QUERIES),
                usage: wgpu::BufferUsages::QUERY_RESOLVE | wgpu::BufferUsages::COPY_SRC,
                mapped_at_creation: false,
            }),
            period: f64::from(gpu.queue.get_timestamp_period()),
        })
    }

    /// Marks the end of dispatch `count` − 1 and the start of dispatch `count`; false where there is no room for more.
    pub fn mark(&self, pass: &mut wgpu::ComputePass, count: u32) -> bool {
        let room = count < MOST_QUERIES;
        if room {
            pass.write_timestamp(&self.set, count);
        }
        room
    }

    pub fn resolve(&self, encoder: &mut wgpu::CommandEncoder, marks: u32) {
        encoder.resolve_query_set(&self.set, 0..marks.min(MOST_QUERIES), &self.resolved, 0);
    }

    /// What has to be read after the submission for [`Timer::collect`].
    pub fn part(&self, kernels: usize) -> Part<'_> {
        let marks = (kernels as u64 + 1).min(u64::from(MOST_QUERIES));
        (&self.resolved, 0, 8 * marks)
    }

    /// Adds the times of a submission.
    #[expect(clippy::expect_used, reason = "chunks of eight have eight")]
    pub fn collect(&self, bytes: &[u8], kernels: &[(Entry, u32)], times: &mut KernelTimes) {
        let ticks: Vec<u64> = bytes
            .chunks_exact(8)
            .map(|b| u64::from_ne_bytes(b.try_into().expect("eight bytes")))
            .collect();
        for (kernel, pair) in kernels.iter().zip(ticks.windows(2)) {
            let (seconds, count) = times.by_kernel.entry(*kernel).or_default();
            *seconds += pair[1].saturating_sub(pair[0]) as f64 * self.period * 1e-9;
            *count += 1;
        }
    }
}
