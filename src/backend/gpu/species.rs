//! Steps of the species on a device: parts of a step one after the other, many cases at once.

use super::device::{Gpu, Part};
use super::error::GpuError;
use super::source::{OuterReal, WORKGROUP};
use super::structs::{Order, SpeciesCase, SpeciesInfo};
use super::submissions;
use super::table::{self, SpeciesKernel, shader};
use crate::kernels::species::{advect, bernoulli, layer};
use std::fmt::Write;
use std::sync::Arc;

/// Numbers of a case that the kernels name; places in its tables after `parameters`.
pub mod parameter {
    /// Thickness δ of the layer.
    pub const THICKNESS: usize = 0;
    /// D_BΔt.
    pub const BULK: usize = 1;
    /// Factor on the exchange between core and layer.
    pub const EXCHANGE: usize = 2;
    /// (ln 2)^(1/n) Δt/τ₀.
    pub const AGEING: usize = 3;
    /// 1/w².
    pub const PER_SQUARED_WIDTH: usize = 4;
    /// Height of the contact line at the start of the step.
    pub const CONTACT_START: usize = 5;
    /// At its end.
    pub const CONTACT_END: usize = 6;
    /// Age of fresh feedstock at the start of the step.
    pub const FEEDSTOCK_AGE: usize = 7;
    /// How many there are.
    pub const COUNT: usize = 8;
}

/// Most parts of a step.
pub const MOST_PARTS: u32 = 512;

/// Bindings: order, places, tables, vectors, cases.
const BINDINGS: usize = 5;

/// The shaders' text for alloys of `elements` elements.
pub fn source(real: OuterReal, elements: usize) -> String {
    let name = real.wgsl();
    let mut text = format!("alias real = {name};\n");
    let single = real == OuterReal::F32;
    let counts = [
        ("WORKGROUP", WORKGROUP),
        ("ELEMENTS", elements as u32),
        ("ROUNDS", layer::ROUNDS as u32),
        ("ROOT_STEPS", layer::ROOT_STEPS as u32),
        ("DRIFT_STEPS", bernoulli::DRIFT_STEPS as u32),
        ("THICKNESS", parameter::THICKNESS as u32),
        ("BULK", parameter::BULK as u32),
        ("EXCHANGE", parameter::EXCHANGE as u32),
        ("AGEING", parameter::AGEING as u32),
        ("PER_SQUARED_WIDTH", parameter::PER_SQUARED_WIDTH as u32),
        ("CONTACT_START", parameter::CONTACT_START as u32),
        ("CONTACT_END", parameter::CONTACT_END as u32),
        ("FEEDSTOCK_AGE", parameter::FEEDSTOCK_AGE as u32),
    ];
    for (name, value) in counts {
        let _ = writeln!(text, "const {name}: u32 = {value}u;");
    }
    // Tolerances are a few round-offs of the precision.
    let numbers: [(&str, f64); 9] = if single {
        [
            ("PER_LN2", std::f64::consts::LOG2_E),
            ("LN2_HIGH", 0.693359375),
            ("LN2_LOW", -2.12194440e-4),
            ("MOST_EXPONENT", 80.0),
            ("BERNOULLI_SERIES", 0.5),
            ("ROUND_OFF", 5e-7),
            ("TOLERANCE", 5e-7),
            ("STALLED", 2e-5),
            ("UNIFORM", 2e-6),
        ]
    } else {
        [
            ("PER_LN2", std::f64::consts::LOG2_E),
            ("LN2_HIGH", 6.931_471_803_691_238e-1),
            ("LN2_LOW", 1.908_214_929_270_587_7e-10),
            ("MOST_EXPONENT", 700.0),
            ("BERNOULLI_SERIES", bernoulli::SERIES),
            ("ROUND_OFF", bernoulli::ROUND_OFF),
            ("TOLERANCE", layer::TOLERANCE),
            ("STALLED", layer::STALLED),
            ("UNIFORM", advect::UNIFORM),
        ]
    };
    let suffix = if single { "f" } else { "lf" };
    for (name, value) in numbers {
        let _ = writeln!(text, "const {name}: real = {value:e}{suffix};");
    }
    // Products: a division in f64 is some ten instructions on AMD's devices.
    for whole in [6, 12, 28, 30, 42, 60] {
        let per = 1.0 / f64::from(whole);
        let _ = writeln!(text, "const PER_{whole}: real = {per:e}{suffix};");
    }
    text += &exponential_series(if single { 7 } else { 14 }, suffix);
    for declaration in [Order::wgsl(), SpeciesInfo::wgsl(), SpeciesCase::wgsl()] {
        text += &declaration;
    }
    text += "@group(0) @binding(0) var<uniform> order: Order;\n\
             @group(0) @binding(1) var<uniform> info: SpeciesInfo;\n\
             @group(0) @binding(2) var<storage, read> tables: array<real>;\n\
             @group(0) @binding(3) var<storage, read_write> vectors: array<real>;\n\
             @group(0) @binding(4) var<storage, read_write> cases: array<SpeciesCase>;\n";
    let shared = [
        shader!("common"),
        shader!("species/real"),
        shader!("species/bernoulli"),
        shader!("species/place"),
    ];
    let kernels = SpeciesKernel::ALL.iter().map(|kernel| kernel.row());
    for file in shared.into_iter().chain(table::texts(kernels)) {
        text += file;
        text += "\n";
    }
    text
}

/// The series of the exponential function up to this power, without a division. For |r| ≤ ln(2)/2 the term after the seventh is
/// 5e-9 of the whole, that after the fourteenth 1e-19.
fn exponential_series(power: u32, suffix: &str) -> String {
    let factors = (1..=power).scan(1.0, |factorial: &mut f64, k| {
        *factorial *= f64::from(k);
        Some(1.0 / *factorial)
    });
    let sum = factors
        .collect::<Vec<_>>()
        .iter()
        .rev()
        .fold(String::new(), |sum, factor| {
            let rest = if sum.is_empty() {
                sum
            } else {
                format!(" + r * ({sum})")
            };
            format!("{factor:e}{suffix}{rest}")
        });
    format!(
        "fn exponential_series(r: real) -> real {{\n    return 1.0{suffix} + r * ({sum});\n}}\n"
    )
}

/// The kernels for alloys of one number of elements.
#[derive(Debug)]
pub struct SpeciesProgram {
    gpu: Arc<Gpu>,
    real: OuterReal,
    elements: usize,
    layout: wgpu::BindGroupLayout,
    pipelines: Vec<wgpu::ComputePipeline>,
}

/// One case of a step.
#[derive(Clone, Debug, Default)]
pub struct SpeciesJob {
    /// Its tables.
    pub tables: Vec<f64>,
    /// Its vectors up to `results`.
    pub vectors: Vec<f64>,
    /// How its step is made.
    pub case: SpeciesCase,
}

impl SpeciesProgram {
    /// Compiles the kernels; in the precision in which the device keeps states.
    ///
    /// # Errors
    /// What the device reports.
    pub fn new(gpu: Arc<Gpu>, real: OuterReal, elements: usize) -> Result<Self, GpuError> {
        let device = &gpu.device;
        let kinds = [
            wgpu::BufferBindingType::Uniform,
            wgpu::BufferBindingType::Uniform,
            wgpu::BufferBindingType::Storage { read_only: true },
            wgpu::BufferBindingType::Storage { read_only: false },
            wgpu::BufferBindingType::Storage { read_only: false },
        ];
        let entries: [wgpu::BindGroupLayoutEntry; BINDINGS] =
            std::array::from_fn(|number| wgpu::BindGroupLayoutEntry {
                binding: number as u32,
                visibility: wgpu::ShaderStages::COMPUTE,
                ty: wgpu::BindingType::Buffer {
                    ty: kinds[number],
                    has_dynamic_offset: number == 0,
                    min_binding_size: None,
                },
                count: None,
            });
        let layout = device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
            label: Some("species"),
            entries: &entries,
        });
        let pipeline_layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
            label: Some("species"),
            bind_group_layouts: &[Some(&layout)],
            immediate_size: 0,
        });
        let text = gpu.sequence().arrange(source(real, elements));
        let module = device.create_shader_module(wgpu::ShaderModuleDescriptor {
            label: Some("species"),
            source: wgpu::ShaderSource::Wgsl(text.into()),
        });
        let pipelines = SpeciesKernel::ALL
            .iter()
            .map(|&kernel| {
                device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
                    label: Some(kernel.row().function),
                    layout: Some(&pipeline_layout),
                    module: &module,
                    entry_point: Some(kernel.row().function),
                    compilation_options: Default::default(),
                    cache: None,
                })
            })
            .collect();
        gpu.check()?;
        Ok(SpeciesProgram {
            gpu,
            real,
            elements,
            layout,
            pipelines,
        })
    }

    /// Number of elements.
    pub fn elements(&self) -> usize {
        self.elements
    }

    /// Makes the first `kernels` of every part of the steps of all cases; returns the vectors up to `results` and how the cases
    /// stand.
    ///
    /// # Errors
    /// What the device reports.
    ///
    /// # Panics
    /// If a case has more than [`MOST_PARTS`] parts.
    #[expect(
        clippy::expect_used,
        reason = "a step has a part, and what is read is what was asked for"
    )]
    pub fn run(
        &self,
        info: &SpeciesInfo,
        jobs: &[SpeciesJob],
        kernels: &[SpeciesKernel],
    ) -> Result<Vec<SpeciesJob>, GpuError> {
        let gpu = &self.gpu;
        let count = jobs.len() as u64;
        let parts = jobs.iter().map(|job| job.case.parts).max().unwrap_or(0);
        assert!(parts <= MOST_PARTS, "too many parts");
        let limits = gpu.device.limits();
        let stride = (size_of::<Order>() as u32)
            .next_multiple_of(limits.min_uniform_buffer_offset_alignment);
        let number = self.real.bytes();
        let bytes = [
            u64::from(stride) * u64::from(parts.max(1)),
            size_of::<SpeciesInfo>() as u64,
            number * count * u64::from(info.tables),
            number * count * u64::from(info.vectors),
            count * size_of::<SpeciesCase>() as u64,
        ];
        for (what, needed) in [
            ("species' tables", bytes[2]),
            ("species' vectors", bytes[3]),
        ] {
            if needed > gpu.largest_binding() {
                return Err(GpuError::DoesNotFit {
                    adapter: gpu.name().to_string(),
                    what,
                    limit: "maxStorageBufferBindingSize",
                    needed,
                    allowed: gpu.largest_binding(),
                });
            }
        }
        let buffers: [wgpu::Buffer; BINDINGS] =
            std::array::from_fn(|k| gpu.buffer("species", bytes[k], k < 2));
        let mut orders = vec![0_u8; bytes[0] as usize];
        for (part, slot) in orders.chunks_exact_mut(stride as usize).enumerate() {
            let order = Order {
                level: part as u32,
                ..Default::default()
            };
            slot[..size_of::<Order>()].copy_from_slice(bytemuck::bytes_of(&order));
        }
        let write = |k: usize, offset: u64, data: &[u8]| {
            gpu.queue.write_buffer(&buffers[k], offset, data);
        };
        write(0, 0, &orders);
        write(1, 0, bytemuck::bytes_of(info));
        for (place, job) in jobs.iter().enumerate() {
            let at = number * place as u64;
            write(2, at * u64::from(info.tables), &self.bytes(&job.tables));
            write(3, at * u64::from(info.vectors), &self.bytes(&job.vectors));
        }
        let cases: Vec<SpeciesCase> = jobs.iter().map(|job| job.case).collect();
        write(4, 0, bytemuck::cast_slice(&cases));
        let entries: [wgpu::BindGroupEntry; BINDINGS] =
            std::array::from_fn(|number| wgpu::BindGroupEntry {
                binding: number as u32,
                resource: if number == 0 {
                    wgpu::BindingResource::Buffer(wgpu::BufferBinding {
                        buffer: &buffers[0],
                        offset: 0,
                        size: wgpu::BufferSize::new(size_of::<Order>() as u64),
                    })
                } else {
                    buffers[number].as_entire_binding()
                },
            });
        let group = gpu.device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some("species"),
            layout: &self.layout,
            entries: &entries,
        });
        let record = |dispatches: &[(u32, SpeciesKernel)]| {
            let mut encoder = gpu.device.create_command_encoder(&Default::default());
            let mut pass = encoder.begin_compute_pass(&Default::default());
            for &(part, kernel) in dispatches {
                pass.set_pipeline(&self.pipelines[kernel as usize]);
                pass.set_bind_group(0, &group, &[part * stride]);
                pass.dispatch_workgroups(kernel.workgroups(info), 1, jobs.len() as u32);
            }
            drop(pass);
            encoder
        };
        let dispatches: Vec<(u32, SpeciesKernel)> = (0..parts)
            .flat_map(|part| kernels.iter().map(move |&kernel| (part, kernel)))
            .collect();
        // No kernel touches more than there is.
        let moved = dispatches.iter().map(|_| bytes[2] + bytes[3]);
        let mut submissions = submissions::split(moved);
        let last = submissions.pop().expect("there is a submission");
        for some in submissions {
            gpu.submit(record(&dispatches[some]))?;
        }
        let each = number * u64::from(info.results);
        let stride = number * u64::from(info.vectors);
        let mut read: Vec<Part> = (0..count)
            .map(|k| (&buffers[3], k * stride, each))
            .collect();
        read.push((&buffers[4], 0, bytes[4]));
        let mut data = gpu.submit_and_read(record(&dispatches[last]), &read)?;
        let cases: Vec<SpeciesCase> =
            bytemuck::pod_collect_to_vec(&data.pop().expect("the cases were read"));
        Ok(data
            .iter()
            .zip(cases)
            .map(|(bytes, case)| SpeciesJob {
                tables: Vec::new(),
                vectors: self.numbers(bytes),
                case,
            })
            .collect())
    }

    fn bytes(&self, values: &[f64]) -> Vec<u8> {
        match self.real {
            OuterReal::F64 => bytemuck::cast_slice(values).to_vec(),
            OuterReal::F32 => {
                let single: Vec<f32> = values.iter().map(|&v| v as f32).collect();
                bytemuck::cast_slice(&single).to_vec()
            }
        }
    }

    fn numbers(&self, bytes: &[u8]) -> Vec<f64> {
        match self.real {
            OuterReal::F64 => bytemuck::pod_collect_to_vec(bytes),
            OuterReal::F32 => {
                let single: Vec<f32> = bytemuck::pod_collect_to_vec(bytes);
                single.into_iter().map(f64::from).collect()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::gpu::sequence::Sequence;

    /// The shaders are valid WGSL in both precisions for any number of elements, without a GPU; a damaged one is not.
    #[test]
    fn shaders_are_valid() {
        let validate = |text: &str| -> Result<(), String> {
            let module = naga::front::wgsl::parse_str(text).map_err(|e| e.emit_to_string(text))?;
            let flags = naga::valid::ValidationFlags::all();
            naga::valid::Validator::new(flags, naga::valid::Capabilities::FLOAT64)
                .validate(&module)
                .map(|_| ())
                .map_err(|e| e.emit_to_string(text))
        };
        for real in [OuterReal::F32, OuterReal::F64] {
            for elements in [1, 4, crate::kernels::species::MOST_ELEMENTS] {
                for sequence in [Sequence::Given, Sequence::Reversed] {
                    if let Err(message) = validate(&sequence.arrange(source(real, elements))) {
                        panic!("{real:?}, {elements} elements, {sequence:?}: {message}");
                    }
                }
            }
        }
        let damaged = source(OuterReal::F64, 4).replacen("fn deposit()", "fn gift()", 1);
        assert!(validate(&damaged).is_err());
    }
}
