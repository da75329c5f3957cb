//! An opened device: its pipelines, its errors, its transfers.

use super::error::GpuError;
use super::sequence::Sequence;
use super::source::{self, Access, BINDINGS, Module, OuterReal};
use super::table::{Entry, Set};
use crate::backend::Machine;
use crate::kernels::Precision;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Features that are used where the adapter has them.
const WANTED: wgpu::Features = wgpu::Features::SHADER_F64
    .union(wgpu::Features::TIMESTAMP_QUERY)
    .union(wgpu::Features::TIMESTAMP_QUERY_INSIDE_ENCODERS)
    .union(wgpu::Features::TIMESTAMP_QUERY_INSIDE_PASSES);

/// A device with the pipelines of all kernels.
#[derive(Debug)]
pub struct Gpu {
    /// Name of the adapter.
    name: String,
    machine: Machine,
    pub(super) device: wgpu::Device,
    pub(super) queue: wgpu::Queue,
    pub(super) layout: wgpu::BindGroupLayout,
    pipelines: BTreeMap<Entry, wgpu::ComputePipeline>,
    copy: wgpu::ComputePipeline,
    outer: Option<OuterReal>,
    sequence: Sequence,
    is_software: bool,
    fault: Arc<Mutex<Option<GpuError>>>,
    /// Submissions so far, and those after which the device is given up on purpose.
    submissions: AtomicU64,
    lost_after: AtomicU64,
    /// Bytes that a batch may take.
    memory: AtomicU64,
}

/// Most bytes of a binding that shaders address on every backend, whatever the adapter's limits: byte addresses in HLSL and sizes
/// of buffers in MSL have 32 bits.
pub(super) const ADDRESSABLE: u64 = (1 << 32) - 4;

/// A part of a buffer: first byte and number of bytes.
pub(super) type Part<'a> = (&'a wgpu::Buffer, u64, u64);

/// Precision of the outer problem: where states are kept and residuals are formed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outer {
    /// On the device in double precision where it has that, on the host elsewhere.
    Double,
    /// On the host in double precision.
    HostDouble,
    /// On the device in single precision.
    Single,
}

impl From<Precision> for Outer {
    fn from(precision: Precision) -> Self {
        match precision {
            Precision::Mixed => Outer::Double,
            Precision::F32 => Outer::Single,
        }
    }
}

impl Outer {
    /// The number in which a device keeps states, with double precision or without; `None` where the host keeps them.
    pub fn on_device(self, has_f64: bool) -> Option<OuterReal> {
        match self {
            Outer::Double => has_f64.then_some(OuterReal::F64),
            Outer::HostDouble => None,
            Outer::Single => Some(OuterReal::F32),
        }
    }
}

impl Gpu {
    /// Opens a device on an adapter, with all that the adapter allows.
    ///
    /// # Errors
    /// [`GpuError::NotOpened`] if the adapter gives no device, [`GpuError::Refused`] if it does not take the shaders.
    pub fn open(adapter: &wgpu::Adapter, outer: Outer) -> Result<Gpu, GpuError> {
        Gpu::open_in_sequence(adapter, outer, Sequence::Given)
    }

    /// As [`Gpu::open`], with the invocations of all kernels in this sequence: for showing that no result depends on it.
    ///
    /// # Errors
    /// As there.
    pub fn open_in_sequence(
        adapter: &wgpu::Adapter,
        outer: Outer,
        sequence: Sequence,
    ) -> Result<Gpu, GpuError> {
        let info = adapter.get_info();
        let name = info.name.clone();
        let features = adapter.features() & WANTED;
        let request = adapter.request_device(&wgpu::DeviceDescriptor {
            label: Some("nanomold"),
            required_features: features,
            required_limits: adapter.limits(),
            ..Default::default()
        });
        let (device, queue) = pollster::block_on(request).map_err(|error| GpuError::NotOpened {
            adapter: name.clone(),
            reason: error.to_string(),
        })?;
        let fault = Arc::new(Mutex::new(None));
        listen(&device, &fault, &name);
        let outer = outer.on_device(features.contains(wgpu::Features::SHADER_F64));

        let entries: Vec<wgpu::BindGroupLayoutEntry> = BINDINGS
            .iter()
            .enumerate()
            .map(|(number, binding)| wgpu::BindGroupLayoutEntry {
                binding: number as u32,
                visibility: wgpu::ShaderStages::COMPUTE,
                ty: wgpu::BindingType::Buffer {
                    ty: match binding.access {
                        Access::Order | Access::Uniform => wgpu::BufferBindingType::Uniform,
                        Access::Read => wgpu::BufferBindingType::Storage { read_only: true },
                        Access::ReadWrite => wgpu::BufferBindingType::Storage { read_only: false },
                    },
                    has_dynamic_offset: binding.access == Access::Order,
                    min_binding_size: None,
                },
                count: None,
            })
            .collect();
        let layout = device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
            label: Some("kernels"),
            entries: &entries,
        });
        let pipeline_layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
            label: Some("kernels"),
            bind_group_layouts: &[Some(&layout)],
            immediate_size: 0,
        });
        let compile = |module: Module| {
            device.create_shader_module(wgpu::ShaderModuleDescriptor {
                label: Some(&module.name),
                source: wgpu::ShaderSource::Wgsl(sequence.arrange(module.text).into()),
            })
        };
        let pipeline = |module: &wgpu::ShaderModule, function: &str| {
            device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
                label: Some(function),
                layout: Some(&pipeline_layout),
                module,
                entry_point: Some(function),
                // Every kernel writes what it reads of workgroup memory.
                compilation_options: wgpu::PipelineCompilationOptions {
                    zero_initialize_workgroup_memory: false,
                    ..Default::default()
                },
                cache: None,
            })
        };
        let cycles = compile(source::cycles());
        // Without an outer precision on the device its kernels are compiled all the same and not used.
        let outer_module = compile(source::outer(outer.unwrap_or(OuterReal::F32)));
        let dispatched = Entry::ALL.iter().filter(|entry| entry.set() != Set::Fused);
        let pipelines = dispatched
            .map(|entry| {
                let module = if entry.set() == Set::Outer {
                    &outer_module
                } else {
                    &cycles
                };
                (*entry, pipeline(module, entry.row().function))
            })
            .collect();
        let copy = pipeline(&compile(source::copy()), "copy");
        let gpu = Gpu {
            name,
            machine: super::adapter::machine(&info),
            layout,
            pipelines,
            copy,
            device,
            queue,
            outer,
            sequence,
            is_software: info.device_type == wgpu::DeviceType::Cpu,
            fault,
            submissions: AtomicU64::new(0),
            lost_after: AtomicU64::new(u64::MAX),
            memory: AtomicU64::new(u64::MAX),
        };
        gpu.check()?;
        Ok(gpu)
    }

    /// Name of the adapter.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The adapter as records name it.
    pub fn machine(&self) -> &Machine {
        &self.machine
    }

    /// Precision of states and outer residuals on the device; `None` if the host keeps them.
    pub fn outer(&self) -> Option<OuterReal> {
        self.outer
    }

    /// Sequence of the invocations of all kernels.
    pub fn sequence(&self) -> Sequence {
        self.sequence
    }

    /// True if the adapter is a program on the CPU.
    pub fn is_software(&self) -> bool {
        self.is_software
    }

    /// Submissions so far.
    pub fn submissions(&self) -> u64 {
        self.submissions.load(Ordering::Relaxed)
    }

    /// Destroys the device, as if it had been lost: every later call fails.
    pub fn destroy(&self) {
        self.device.destroy();
        self.fault
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get_or_insert(GpuError::Lost {
                adapter: self.name.clone(),
                reason: "it was destroyed".into(),
            });
    }

    /// Destroys the device after so many submissions: for trying what happens then.
    pub fn lose_after(&self, submissions: u64) {
        self.lost_after.store(submissions, Ordering::Relaxed);
    }

    /// From now on a batch takes at most so many bytes on the device, but has room for one case.
    pub fn limit_memory(&self, bytes: u64) {
        self.memory.store(bytes, Ordering::Relaxed);
    }

    /// Bytes that a batch may take.
    pub fn memory(&self) -> u64 {
        self.memory.load(Ordering::Relaxed)
    }

    /// The first error that the device has reported, if any.
    ///
    /// # Errors
    /// That error.
    pub fn check(&self) -> Result<(), GpuError> {
        match &*self.fault.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(fault) => Err(fault.clone()),
            None => Ok(()),
        }
    }

    pub(super) fn pipeline(&self, entry: Entry) -> &wgpu::ComputePipeline {
        &self.pipelines[&entry]
    }

    pub(super) fn copy_pipeline(&self) -> &wgpu::ComputePipeline {
        &self.copy
    }

    pub(super) fn has(&self, features: wgpu::Features) -> bool {
        self.device.features().contains(features)
    }

    /// Makes a buffer of `bytes` that shaders and transfers can use.
    pub(super) fn buffer(&self, label: &str, bytes: u64, uniform: bool) -> wgpu::Buffer {
        let kind = if uniform {
            wgpu::BufferUsages::UNIFORM
        } else {
            wgpu::BufferUsages::STORAGE
        };
        self.device.create_buffer(&wgpu::BufferDescriptor {
            label: Some(label),
            size: bytes.max(16),
            usage: kind | wgpu::BufferUsages::COPY_DST | wgpu::BufferUsages::COPY_SRC,
            mapped_at_creation: false,
        })
    }

    /// Submits commands.
    ///
    /// # Errors
    /// What the device has reported up to now.
    pub(super) fn submit(&self, encoder: wgpu::CommandEncoder) -> Result<(), GpuError> {
        if self.submissions() >= self.lost_after.load(Ordering::Relaxed) {
            self.destroy();
        }
        self.check()?;
        self.submit_commands(encoder.finish())
    }

    /// Submits finished commands.
    ///
    /// # Errors
    /// What the device has reported up to now.
    pub(super) fn submit_commands(&self, commands: wgpu::CommandBuffer) -> Result<(), GpuError> {
        self.check()?;
        self.queue.submit([commands]);
        self.submissions.fetch_add(1, Ordering::Relaxed);
        self.check()
    }

    /// Sends what has been written so far and waits for everything.
    ///
    /// # Errors
    /// What the device has reported up to now.
    pub fn wait(&self) -> Result<(), GpuError> {
        self.check()?;
        self.queue.submit([]);
        let waited = self.device.poll(wgpu::PollType::wait_indefinitely());
        self.check()?;
        waited.map(|_| ()).map_err(|error| GpuError::Refused {
            adapter: self.name.clone(),
            reason: error.to_string(),
        })
    }

    /// True if time can be taken from dispatch to dispatch.
    pub fn times_inside_passes(&self) -> bool {
        self.has(wgpu::Features::TIMESTAMP_QUERY_INSIDE_PASSES)
    }

    /// Largest part of a buffer that a shader sees at once, in bytes.
    pub fn largest_binding(&self) -> u64 {
        let limits = self.device.limits();
        limits
            .max_storage_buffer_binding_size
            .min(limits.max_buffer_size)
            .min(ADDRESSABLE)
    }

    /// Bytes of parts of buffers, after everything submitted so far. Waits.
    ///
    /// # Errors
    /// What the device has reported up to now, or that it gave no data.
    pub(super) fn read(&self, parts: &[Part]) -> Result<Vec<Vec<u8>>, GpuError> {
        self.submit_and_read(
            self.device.create_command_encoder(&Default::default()),
            parts,
        )
    }

    /// Submits commands and reads parts of buffers after them, in one submission. Waits.
    ///
    /// # Errors
    /// As for [`Gpu::read`].
    pub(super) fn submit_and_read(
        &self,
        mut encoder: wgpu::CommandEncoder,
        parts: &[Part],
    ) -> Result<Vec<Vec<u8>>, GpuError> {
        self.check()?;
        let total: u64 = parts.iter().map(|part| part.2).sum();
        let staging = self.device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("read back"),
            size: total,
            usage: wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        let mut offset = 0;
        for &(buffer, start, bytes) in parts {
            encoder.copy_buffer_to_buffer(buffer, start, &staging, offset, bytes);
            offset += bytes;
        }
        self.submit(encoder)?;
        let (sender, receiver) = std::sync::mpsc::channel();
        staging.map_async(wgpu::MapMode::Read, .., move |result| {
            let _ = sender.send(result);
        });
        let waited = self.device.poll(wgpu::PollType::wait_indefinitely());
        self.check()?;
        let refused = |reason: String| GpuError::Refused {
            adapter: self.name.clone(),
            reason,
        };
        waited.map_err(|error| refused(error.to_string()))?;
        receiver
            .recv()
            .map_err(|_| refused("a read was dropped".into()))?
            .map_err(|error| refused(error.to_string()))?;
        let view = staging
            .get_mapped_range(..)
            .map_err(|error| refused(error.to_string()))?;
        let mut out = Vec::with_capacity(parts.len());
        let mut offset = 0;
        for &(_, _, bytes) in parts {
            out.push(view[offset as usize..(offset + bytes) as usize].to_vec());
            offset += bytes;
        }
        Ok(out)
    }
}

/// Keeps the first error that the device reports outside a call's own result.
fn listen(device: &wgpu::Device, fault: &Arc<Mutex<Option<GpuError>>>, name: &str) {
    let keep = |fault: &Mutex<Option<GpuError>>, error: GpuError| {
        fault
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get_or_insert(error);
    };
    let (store, adapter) = (Arc::clone(fault), name.to_string());
    device.on_uncaptured_error(Arc::new(move |error| {
        let adapter = adapter.clone();
        let error = match error {
            wgpu::Error::OutOfMemory { .. } => GpuError::OutOfMemory { adapter },
            wgpu::Error::Validation { description, .. }
            | wgpu::Error::Internal { description, .. } => GpuError::Refused {
                adapter,
                reason: description,
            },
        };
        keep(&store, error);
    }));
    let (store, adapter) = (Arc::clone(fault), name.to_string());
    device.set_device_lost_callback(move |reason, message| {
        // A device that is dropped at the end of its life reports that as well.
        let reason = format!("{reason:?} {message}");
        keep(
            &store,
            GpuError::Lost {
                adapter: adapter.clone(),
                reason: reason.trim().to_string(),
            },
        );
    });
}
