//! The data of a batch of cases on the device, and the execution of dispatches on them: here how many cases fit and where they lie.

mod read;
mod submit;
mod upload;

pub use submit::Loaded;

use super::device::{ADDRESSABLE, Gpu};
use super::error::GpuError;
use super::packing::{Packing, classes};
use super::source::{Access, BINDINGS, MOST_LEVELS, OuterReal, slot};
use super::structs::{CaseStatus, LevelInfo, Order};
use super::timing::{KernelTimes, Timer};
use crate::backend::CpuBackend;
use crate::kernels::Layout;
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

/// Most different dispatches of one loaded list.
pub(super) const MOST_ORDERS: u64 = 4096;

/// Most entries of all fused programs of one loaded list.
const MOST_STEPS: u64 = 1 << 16;

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

    #[expect(clippy::unreachable, reason = "the bindings are those of the table")]
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

    fn write<T: bytemuck::Pod>(&self, number: usize, offset: u64, data: &[T]) {
        self.gpu
            .queue
            .write_buffer(&self.buffers[number], offset, bytemuck::cast_slice(data));
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
}
