//! The data of a batch of cases on the device, and the execution of dispatches on them.

use super::device::{ADDRESSABLE, Gpu, Part};
use super::error::GpuError;
use super::lower::{Entry, Stage, Stages};
use super::packing::{Packing, classes};
use super::source::{Access, BINDINGS, MOST_LEVELS, OuterReal, slot};
use super::structs::{CaseStatus, LevelInfo, Order};
use super::submissions;
use super::timing::{KernelTimes, Timer};
use crate::backend::CpuBackend;
use crate::kernels::Layout;
use rayon::prelude::*;
use std::ops::Range;
use std::sync::Arc;

/// Which vector of a level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vector {
    /// The state.
    State,
    /// The other state, which a colour of the smoother writes.
    Double,
    /// Right-hand side.
    Rhs,
    /// Residual.
    Residual,
}

/// Cases on one grid, on a device.
#[derive(Debug)]
pub struct Batch {
    gpu: Arc<Gpu>,
    packing: Packing,
    cases: usize,
    buffers: Vec<wgpu::Buffer>,
    bind_group: wgpu::BindGroup,
    /// Distance between two orders in their buffer.
    order_stride: u32,
    timer: Option<Timer>,
    times: KernelTimes,
    /// The list whose orders and programs are on the device, and how many there have been.
    resident: Option<u64>,
    lists: u64,
    /// Right-hand sides on their way to the cases at these places ([`Batch::start_corrections`]).
    corrections: Option<(wgpu::Buffer, Vec<usize>)>,
}

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

/// A case on its way to the device: what goes into which buffer, as many bytes as a case has there.
type Packed = Vec<(usize, Vec<u8>)>;

/// Most different dispatches of one loaded list.
pub(super) const MOST_ORDERS: u64 = 4096;

/// Most entries of all fused programs of one loaded list.
const MOST_STEPS: u64 = 1 << 16;

/// Bytes of uploads that may wait for a submission: they stand twice in memory until then.
const MOST_STAGED: u64 = 64 << 20;

impl Batch {
    /// Room for `cases` cases like `like`, as far as the device allows that many: fewer if it does not.
    ///
    /// `classes` may be larger than those of `like` where other cases of the batch need more.
    ///
    /// # Errors
    /// [`GpuError::TooLarge`] and [`GpuError::DoesNotFit`] if not even one case fits; whatever the device reports.
    pub fn new(
        gpu: Arc<Gpu>,
        like: &CpuBackend<f64>,
        classes: &[u32],
        cases: usize,
    ) -> Result<Batch, GpuError> {
        Batch::made(gpu, like, classes, cases, None)
    }

    /// As [`Batch::new`], in the memory of another batch as far as that is large enough: allocating takes longer than a solve may.
    ///
    /// # Errors
    /// As there.
    pub fn instead_of(
        other: Batch,
        like: &CpuBackend<f64>,
        classes: &[u32],
        cases: usize,
    ) -> Result<Batch, GpuError> {
        Batch::made(Arc::clone(&other.gpu), like, classes, cases, Some(other))
    }

    fn made(
        gpu: Arc<Gpu>,
        like: &CpuBackend<f64>,
        classes: &[u32],
        cases: usize,
        other: Option<Batch>,
    ) -> Result<Batch, GpuError> {
        let layouts: Vec<Layout> = like.levels.iter().map(|l| l.tables.layout).collect();
        let packing = Packing::new(layouts, classes, &like.coarse).map_err(|why| {
            let adapter = gpu.name().to_string();
            GpuError::TooLarge { adapter, why }
        })?;
        let cases = cases.min(Self::most_cases(&gpu, &packing)?);
        let outer = gpu.outer().unwrap_or(OuterReal::F32).bytes();
        // Where the host keeps the outer problem its buffers are there but small.
        let outer_scale = if gpu.outer().is_some() { outer } else { 0 };
        let limits = gpu.device.limits();
        let order_stride = (size_of::<Order>() as u32)
            .next_multiple_of(limits.min_uniform_buffer_offset_alignment);
        let count = cases as u64;
        let bytes: Vec<u64> = (0..BINDINGS.len())
            .map(|number| match number {
                slot::ORDER => MOST_ORDERS * u64::from(order_stride),
                slot::BATCH => size_of_val(&packing.batch) as u64,
                slot::LEVELS => (MOST_LEVELS * size_of::<LevelInfo>()) as u64,
                slot::TABLES => 4 * count * u64::from(packing.batch.tables),
                slot::BOXES => 4 * count * u64::from(packing.batch.boxes),
                slot::VECTORS => 4 * count * u64::from(packing.batch.vectors),
                slot::COARSE => 4 * count * u64::from(packing.batch.coarse),
                slot::STATUS => count * size_of::<CaseStatus>() as u64,
                slot::PROGRAM => MOST_STEPS * size_of::<Order>() as u64,
                slot::OUTER_TABLES => outer_scale * count * u64::from(packing.batch.outer_tables),
                slot::OUTER_VECTORS => outer_scale * count * u64::from(packing.batch.outer_vectors),
                _ => unreachable!("every binding has a size"),
            })
            .collect();
        let (there, timer) = match other {
            Some(other) => (other.buffers, other.timer),
            None => (Vec::new(), Timer::new(&gpu)),
        };
        // What is kept, because it is large enough, and what is made beside it must not exceed the memory for a batch.
        let there: Vec<wgpu::Buffer> = there;
        let sizes = there.iter().map(wgpu::Buffer::size).zip(&bytes);
        let together: u64 = sizes.map(|(size, &bytes)| size.max(bytes)).sum();
        let keep = together <= gpu.memory();
        let mut there = there.into_iter().filter(|_| keep);
        let buffers: Vec<wgpu::Buffer> = BINDINGS
            .iter()
            .zip(&bytes)
            .map(|(binding, &bytes)| {
                let uniform = matches!(binding.access, Access::Order | Access::Uniform);
                there
                    .next()
                    .filter(|buffer| buffer.size() >= bytes)
                    .unwrap_or_else(|| gpu.buffer(binding.name, bytes, uniform))
            })
            .collect();
        gpu.check()?;
        let entries: Vec<wgpu::BindGroupEntry> = buffers
            .iter()
            .enumerate()
            .map(|(number, buffer)| wgpu::BindGroupEntry {
                binding: number as u32,
                resource: if number == slot::ORDER {
                    wgpu::BindingResource::Buffer(wgpu::BufferBinding {
                        buffer,
                        offset: 0,
                        size: wgpu::BufferSize::new(size_of::<Order>() as u64),
                    })
                } else {
                    buffer.as_entire_binding()
                },
            })
            .collect();
        let bind_group = gpu.device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some("batch"),
            layout: &gpu.layout,
            entries: &entries,
        });
        let batch = Batch {
            timer,
            times: KernelTimes::default(),
            resident: None,
            lists: 0,
            corrections: None,
            gpu,
            cases,
            buffers,
            bind_group,
            order_stride,
            packing,
        };
        batch.write(slot::BATCH, 0, &[batch.packing.batch]);
        batch.write(slot::LEVELS, 0, &batch.packing.levels);
        batch.gpu.check()?;
        Ok(batch)
    }

    /// How many cases the adapter's limits and the memory for a batch ([`Gpu::limit_memory`]) allow.
    ///
    /// # Errors
    /// [`GpuError::DoesNotFit`] if the adapter's limits do not allow one.
    pub fn most_cases(gpu: &Gpu, packing: &Packing) -> Result<usize, GpuError> {
        let limits = gpu.device.limits();
        let outer = gpu.outer().map_or(0, OuterReal::bytes);
        let info = &packing.batch;
        let parts = [
            ("tables", 4 * u64::from(info.tables)),
            ("smoother's boxes", 4 * u64::from(info.boxes)),
            ("vectors", 4 * u64::from(info.vectors)),
            ("coarsest level's factors", 4 * u64::from(info.coarse)),
            (
                "double-precision tables",
                outer * u64::from(info.outer_tables),
            ),
            (
                "double-precision vectors",
                outer * u64::from(info.outer_vectors),
            ),
        ];
        let room = (gpu.memory() / packing.bytes(outer)).max(1);
        let mut most = room.min(u64::from(limits.max_compute_workgroups_per_dimension));
        for (what, bytes) in parts {
            for (limit, allowed) in [
                (
                    "maxStorageBufferBindingSize",
                    limits.max_storage_buffer_binding_size,
                ),
                ("maxBufferSize", limits.max_buffer_size),
                ("32-bit addresses", ADDRESSABLE),
            ] {
                if bytes > allowed {
                    return Err(GpuError::DoesNotFit {
                        adapter: gpu.name().to_string(),
                        what,
                        limit,
                        needed: bytes,
                        allowed,
                    });
                }
                most = most.min(allowed.checked_div(bytes).unwrap_or(u64::MAX));
            }
        }
        Ok(most as usize)
    }

    /// Cases there is room for.
    pub fn cases(&self) -> usize {
        self.cases
    }

    /// Where the data lie.
    pub fn packing(&self) -> &Packing {
        &self.packing
    }

    /// The device.
    pub fn gpu(&self) -> &Arc<Gpu> {
        &self.gpu
    }

    /// Time per kernel so far.
    pub fn times(&self) -> &KernelTimes {
        &self.times
    }

    /// True if a case like this one fits into the places of this batch.
    pub fn takes(&self, case: &CpuBackend<f64>) -> bool {
        case.levels.len() == self.packing.layouts.len()
            && case
                .levels
                .iter()
                .zip(&self.packing.layouts)
                .all(|(level, layout)| level.tables.layout == *layout)
            && classes(&case.levels)
                .iter()
                .zip(&self.packing.levels)
                .all(|(needed, level)| *needed <= level.classes)
    }

    /// Fills every buffer that shaders write with NaN: whatever is read before it is written shows.
    pub fn poison(&self) {
        for number in [slot::BOXES, slot::VECTORS, slot::OUTER_VECTORS] {
            let buffer = &self.buffers[number];
            // All bits set are a NaN in both precisions.
            let block = vec![0xff_u8; buffer.size() as usize];
            self.gpu.queue.write_buffer(buffer, 0, &block);
        }
    }

    fn write<T: bytemuck::Pod>(&self, number: usize, offset: u64, data: &[T]) {
        self.gpu
            .queue
            .write_buffer(&self.buffers[number], offset, bytemuck::cast_slice(data));
    }

    /// Uploads tables, factors and, where the device keeps it, the outer problem of a case.
    ///
    /// # Panics
    /// If the case does not fit ([`Batch::takes`]) or there is no such place.
    pub fn upload(&self, place: usize, case: &CpuBackend<f64>) {
        self.send(place, &[self.pack(case)]);
    }

    /// Uploads cases into consecutive places from the first on ([`Batch::upload`]).
    ///
    /// # Errors
    /// What the device reports.
    pub fn upload_all<'a>(
        &self,
        cases: impl IntoIterator<Item = &'a CpuBackend<f64>>,
    ) -> Result<(), GpuError> {
        let cases: Vec<&CpuBackend<f64>> = cases.into_iter().collect();
        let each = self.packing.uploaded(self.outer_bytes());
        let at_once = (MOST_STAGED / each).max(1) as usize;
        for (number, some) in cases.chunks(at_once).enumerate() {
            if number > 0 {
                self.gpu.wait()?;
            }
            // Packing rounds every number of a case: work for all cores.
            let packed: Vec<Packed> = some.par_iter().map(|case| self.pack(case)).collect();
            self.send(number * at_once, &packed);
        }
        Ok(())
    }

    /// Bytes of a number of the outer problem, 0 where the host keeps it.
    fn outer_bytes(&self) -> u64 {
        self.gpu.outer().map_or(0, OuterReal::bytes)
    }

    /// The numbers of a case as they lie on the device.
    fn pack(&self, case: &CpuBackend<f64>) -> Packed {
        assert!(self.takes(case), "the case fits");
        let (packing, finest) = (&self.packing, &case.levels[0]);
        let bytes = |numbers: &[f32]| bytemuck::cast_slice(numbers).to_vec();
        let mut packed = vec![
            (slot::TABLES, bytes(&packing.tables(&case.levels))),
            (slot::COARSE, bytes(&packing.coarse(&case.coarse))),
        ];
        if let Some(real) = self.gpu.outer() {
            let mut vectors = [finest.state[0].as_slice(), finest.rhs.as_slice()].concat();
            vectors.resize(packing.batch.outer_vectors as usize, 0.0);
            for (slot, numbers) in [
                (slot::OUTER_TABLES, packing.outer_tables(&finest.tables)),
                (slot::OUTER_VECTORS, vectors),
            ] {
                packed.push(match real {
                    OuterReal::F64 => (slot, bytemuck::cast_slice(&numbers).to_vec()),
                    OuterReal::F32 => (slot, bytes(&round(&numbers))),
                });
            }
        }
        packed
    }

    /// Sends cases to consecutive places: one transfer per buffer, each costs an allocation.
    fn send(&self, first: usize, cases: &[Packed]) {
        assert!(first + cases.len() <= self.cases, "there are such places");
        let Some(like) = cases.first() else { return };
        for (part, (slot, bytes)) in like.iter().enumerate() {
            let stride = bytes.len();
            let (start, all) = ((first * stride) as u64, (cases.len() * stride) as u64);
            let Some(all) = wgpu::BufferSize::new(all) else {
                continue;
            };
            let buffer = &self.buffers[*slot];
            // Without a view the device has reported why.
            let Some(mut view) = self.gpu.queue.write_buffer_with(buffer, start, all) else {
                continue;
            };
            for (place, case) in cases.iter().enumerate() {
                let place = place * stride..(place + 1) * stride;
                view.slice(place).copy_from_slice(&case[part].1);
            }
        }
    }

    fn vector_place(&self, place: usize, level: usize, vector: Vector) -> (u64, u64) {
        let info = &self.packing.levels[level];
        let start = match vector {
            Vector::State => info.state,
            Vector::Double => info.double,
            Vector::Rhs => info.rhs,
            Vector::Residual => info.residual,
        };
        let first = place as u64 * u64::from(self.packing.batch.vectors) + u64::from(start);
        (4 * first, 4 * u64::from(info.length))
    }

    /// Writes a vector of a level.
    ///
    /// # Panics
    /// If its length is not the level's.
    pub fn set(&self, place: usize, level: usize, vector: Vector, values: &[f32]) {
        let (start, bytes) = self.vector_place(place, level, vector);
        assert_eq!(
            4 * values.len() as u64,
            bytes,
            "the vector is one of this level"
        );
        self.write(slot::VECTORS, start, values);
    }

    /// Makes these the right-hand sides of the finest level of their cases, whose states start from rest, at the beginning of the
    /// next submission: one upload for all of them.
    ///
    /// # Panics
    /// If a length is not the level's.
    pub fn start_corrections(&mut self, defects: &[(usize, &[f64])]) {
        let bytes = 4 * u64::from(self.packing.levels[0].length);
        let Some(size) = wgpu::BufferSize::new(bytes * defects.len() as u64) else {
            return;
        };
        let staging = self.gpu.device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("defects"),
            size: size.get(),
            usage: wgpu::BufferUsages::COPY_SRC | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        // Without a view the device has reported why, and the submission says so.
        if let Some(mut view) = self.gpu.queue.write_buffer_with(&staging, 0, size) {
            for (k, (_, defect)) in defects.iter().enumerate() {
                let rounded = round(defect);
                let place = k * bytes as usize..(k + 1) * bytes as usize;
                view.slice(place)
                    .copy_from_slice(bytemuck::cast_slice(&rounded));
            }
        }
        let places = defects.iter().map(|&(place, _)| place).collect();
        self.corrections = Some((staging, places));
    }

    /// An encoder that begins with what waits for a submission.
    pub(super) fn begin(&mut self) -> wgpu::CommandEncoder {
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

    /// Reads a vector of a level. Waits.
    ///
    /// # Errors
    /// What the device reports.
    pub fn get(&self, place: usize, level: usize, vector: Vector) -> Result<Vec<f32>, GpuError> {
        let (start, bytes) = self.vector_place(place, level, vector);
        let data = self
            .gpu
            .read(&[(&self.buffers[slot::VECTORS], start, bytes)])?;
        Ok(bytemuck::pod_collect_to_vec(&data[0]))
    }

    /// Reads one vector of the finest level of several cases. Waits.
    ///
    /// # Errors
    /// What the device reports.
    pub fn get_finest(&self, places: &[usize], vector: Vector) -> Result<Vec<Vec<f32>>, GpuError> {
        let parts: Vec<Part> = places
            .iter()
            .map(|&place| {
                let (start, bytes) = self.vector_place(place, 0, vector);
                (&self.buffers[slot::VECTORS], start, bytes)
            })
            .collect();
        let data = self.gpu.read(&parts)?;
        Ok(data
            .iter()
            .map(|bytes| bytemuck::pod_collect_to_vec(bytes))
            .collect())
    }

    /// Reads the inverted boxes of a level: bulk `[class][entry][column]`, then wall `[entry][wall cell]`. Waits.
    ///
    /// # Errors
    /// What the device reports.
    pub fn get_boxes(&self, place: usize, level: usize) -> Result<[Vec<f32>; 2], GpuError> {
        use crate::kernels::flow::boxes::{BULK, WALL};
        let info = &self.packing.levels[level];
        let base = place as u64 * u64::from(self.packing.batch.boxes);
        let part = |start: u32, count: u64| {
            (
                &self.buffers[slot::BOXES],
                4 * (base + u64::from(start)),
                4 * count,
            )
        };
        let bulk = u64::from(info.classes) * u64::from(info.across) * BULK as u64;
        let wall = u64::from(info.wall_cells) * WALL as u64;
        let data = self
            .gpu
            .read(&[part(info.bulk_boxes, bulk), part(info.wall_boxes, wall)])?;
        Ok([0, 1].map(|k| bytemuck::pod_collect_to_vec(&data[k])))
    }

    /// Reads the states in outer precision and the right-hand sides of their correction equations (the residuals of these
    /// states), as doubles. Waits.
    ///
    /// # Errors
    /// What the device reports.
    ///
    /// # Panics
    /// If the host keeps the outer problem.
    pub fn outer_states(&self, places: &[usize]) -> Result<Vec<[Vec<f64>; 2]>, GpuError> {
        let real = self
            .gpu
            .outer()
            .expect("the device keeps the outer problem");
        let length = u64::from(self.packing.levels[0].length);
        let stride = u64::from(self.packing.batch.outer_vectors);
        let mut parts = Vec::new();
        for &place in places {
            let (start, bytes) = self.vector_place(place, 0, Vector::Rhs);
            parts.push((
                &self.buffers[slot::OUTER_VECTORS],
                real.bytes() * stride * place as u64,
                real.bytes() * length,
            ));
            parts.push((&self.buffers[slot::VECTORS], start, bytes));
        }
        let widen = |bytes: &[u8]| -> Vec<f64> {
            bytemuck::pod_collect_to_vec::<u8, f32>(bytes)
                .into_iter()
                .map(f64::from)
                .collect()
        };
        let data = self.gpu.read(&parts)?;
        Ok(data
            .chunks_exact(2)
            .map(|pair| {
                let state = match real {
                    OuterReal::F64 => bytemuck::pod_collect_to_vec(&pair[0]),
                    OuterReal::F32 => widen(&pair[0]),
                };
                [state, widen(&pair[1])]
            })
            .collect())
    }

    /// Writes the status of all cases.
    ///
    /// # Panics
    /// If there is not one per case.
    pub fn set_status(&self, status: &[CaseStatus]) {
        assert_eq!(status.len(), self.cases);
        self.write(slot::STATUS, 0, status);
    }

    /// Reads the status of all cases. Waits.
    ///
    /// # Errors
    /// What the device reports.
    pub fn status(&self) -> Result<Vec<CaseStatus>, GpuError> {
        let data = self.gpu.read(&[self.status_part()])?;
        Ok(bytemuck::pod_collect_to_vec(&data[0]))
    }

    fn status_part(&self) -> Part<'_> {
        let bytes = (self.cases * size_of::<CaseStatus>()) as u64;
        (&self.buffers[slot::STATUS], 0, bytes)
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
    pub(super) fn bring(&mut self, loaded: &Loaded) {
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
    pub(super) fn record(
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

fn round(values: &[f64]) -> Vec<f32> {
    values.iter().map(|&v| v as f32).collect()
}
