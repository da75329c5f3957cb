//! Lists of dispatches: on the device, recorded, submitted.

use super::{Batch, MOST_ORDERS, MOST_STEPS, Vector};
use crate::backend::gpu::error::GpuError;
use crate::backend::gpu::lower::{Stage, Stages};
use crate::backend::gpu::source::slot;
use crate::backend::gpu::structs::{CaseStatus, Order};
use crate::backend::gpu::submissions;
use crate::backend::gpu::table::Entry;
use crate::backend::gpu::timing::Timer;
use std::ops::Range;
use std::sync::Arc;

/// Dispatches ready to be submitted to the batch that loaded them.
#[derive(Clone, Debug)]
pub struct Loaded {
    stages: Arc<Stages>,
    orders: Arc<Vec<u8>>,
    number: u64,
}

impl Loaded {
    /// The dispatches.
    pub fn stages(&self) -> &Stages {
        &self.stages
    }
}

impl Batch {
    /// An encoder that begins with what waits for a submission.
    pub(in crate::backend::gpu) fn begin(&mut self) -> wgpu::CommandEncoder {
        let mut encoder = self.gpu.device.create_command_encoder(&Default::default());
        if let Some((staging, places)) = self.corrections.take() {
            let vectors = &self.buffers[slot::VECTORS];
            let mut from = 0;
            for place in places {
                let (rhs, bytes) = self.vector_place(place, 0, Vector::Rhs);
                let (state, _) = self.vector_place(place, 0, Vector::State);
                encoder.copy_buffer_to_buffer(&staging, from, vectors, rhs, bytes);
                encoder.clear_buffer(vectors, state, Some(bytes));
                from += bytes;
            }
        }
        encoder
    }

    /// Prepares a list of dispatches.
    ///
    /// # Panics
    /// If the list is longer than there is room for, which no plan of this program is.
    pub fn load(&mut self, stages: Stages) -> Loaded {
        assert!(
            stages.stages.len() as u64 <= MOST_ORDERS,
            "too many dispatches"
        );
        assert!(
            stages.program.len() as u64 <= MOST_STEPS,
            "too long a program"
        );
        let stride = self.order_stride as usize;
        let mut orders = vec![0_u8; stages.stages.len() * stride];
        for (slot, stage) in orders.chunks_exact_mut(stride).zip(&stages.stages) {
            slot[..size_of::<Order>()].copy_from_slice(bytemuck::bytes_of(&stage.order));
        }
        self.lists += 1;
        Loaded {
            stages: Arc::new(stages),
            orders: Arc::new(orders),
            number: self.lists,
        }
    }

    /// Submits the dispatches.
    ///
    /// # Errors
    /// What the device reports.
    pub fn submit(&mut self, loaded: &Loaded) -> Result<(), GpuError> {
        self.bring(loaded);
        for part in self.submissions(loaded) {
            let mut encoder = self.begin();
            self.record(&mut encoder, loaded, part, None);
            self.gpu.submit(encoder)?;
        }
        Ok(())
    }

    /// Submits the dispatches and reads the status of all cases with the last of them. With `timed`, adds to [`Batch::times`]
    /// where the device can time inside passes. Waits.
    ///
    /// # Errors
    /// What the device reports.
    #[expect(clippy::expect_used, reason = "a list has a dispatch")]
    pub fn submit_and_look(
        &mut self,
        loaded: &Loaded,
        timed: bool,
    ) -> Result<Vec<CaseStatus>, GpuError> {
        self.bring(loaded);
        let mut submissions = self.submissions(loaded);
        let last = submissions.pop().expect("there is a submission");
        let mut encoder = self.begin();
        let timer = self.timer.as_ref().filter(|_| timed);
        let mut kernels = Vec::new();
        for part in submissions {
            kernels.extend(self.record(&mut encoder, loaded, part, timer));
            let next = self.gpu.device.create_command_encoder(&Default::default());
            self.gpu.submit(std::mem::replace(&mut encoder, next))?;
        }
        kernels.extend(self.record(&mut encoder, loaded, last, timer));
        if let Some(timer) = timer {
            timer.resolve(&mut encoder, kernels.len() as u32 + 1);
        }
        let mut parts = vec![self.status_part()];
        parts.extend(timer.map(|timer| timer.part(kernels.len())));
        let data = self.gpu.submit_and_read(encoder, &parts)?;
        if let Some(timer) = timer {
            timer.collect(&data[1], &kernels, &mut self.times);
        }
        Ok(bytemuck::pod_collect_to_vec(&data[0]))
    }

    /// Puts a list's orders and programs onto the device, unless they are there.
    pub(in crate::backend::gpu) fn bring(&mut self, loaded: &Loaded) {
        if self.resident != Some(loaded.number) {
            self.write(slot::ORDER, 0, &loaded.orders);
            if !loaded.stages.program.is_empty() {
                self.write(slot::PROGRAM, 0, &loaded.stages.program);
            }
            self.resident = Some(loaded.number);
        }
    }

    /// The dispatches of every submission.
    fn submissions(&self, loaded: &Loaded) -> Vec<Range<usize>> {
        let moved = |stage: &Stage| stage.bytes * u64::from(stage.groups[2]);
        submissions::split(loaded.stages.stages.iter().map(moved))
    }

    /// Records some of the dispatches in one pass; which kernel on which level lies before each timestamp but the first.
    pub(in crate::backend::gpu) fn record(
        &self,
        encoder: &mut wgpu::CommandEncoder,
        loaded: &Loaded,
        part: Range<usize>,
        timer: Option<&Timer>,
    ) -> Vec<(Entry, u32)> {
        let mut kernels: Vec<(Entry, u32)> = Vec::new();
        {
            let mut pass = encoder.begin_compute_pass(&Default::default());
            // The end of the submission before is the start of this one.
            let mut counting = timer.is_some_and(|t| part.start > 0 || t.mark(&mut pass, 0));
            let mut current = None;
            for (number, stage) in (part.start..).zip(&loaded.stages.stages[part]) {
                if current != Some(stage.entry) {
                    pass.set_pipeline(self.gpu.pipeline(stage.entry));
                    current = Some(stage.entry);
                }
                pass.set_bind_group(0, &self.bind_group, &[number as u32 * self.order_stride]);
                let [x, y, z] = stage.groups;
                pass.dispatch_workgroups(x, y, z);
                if let Some(timer) = timer.filter(|_| counting) {
                    counting = timer.mark(&mut pass, number as u32 + 1);
                    if counting {
                        kernels.push((stage.entry, stage.order.level));
                    }
                }
            }
        }
        kernels
    }
}
