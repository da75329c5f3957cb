//! Every module is translated for every driver that it may meet, without a GPU: SPIR-V for Vulkan, checked by `spirv-val`, MSL for
//! Metal and HLSL for DX12, with the options that wgpu takes.

use naga::back::{hlsl, msl, spv};
use naga::proc::{BoundsCheckPolicies, BoundsCheckPolicy};
use naga::valid::{Capabilities, ModuleInfo, ValidationFlags, Validator};
use nanomold::backend::gpu::source::{self, Module, OuterReal};
use nanomold::backend::gpu::species;
use nanomold::kernels::species::MOST_ELEMENTS;
use std::io::Write;
use std::process::{Command, Stdio};

/// A module with the precision of its numbers.
pub fn modules() -> Vec<(Module, OuterReal)> {
    let mut all = vec![
        (source::cycles(), OuterReal::F32),
        (source::copy(), OuterReal::F32),
    ];
    for real in [OuterReal::F32, OuterReal::F64] {
        all.push((source::outer(real), real));
        for elements in [1, 4, MOST_ELEMENTS] {
            let module = Module {
                name: format!("species, {elements} elements, {}", real.wgsl()),
                text: species::source(real, elements),
            };
            all.push((module, real));
        }
    }
    all
}

pub fn parsed(module: &Module, real: OuterReal) -> (naga::Module, ModuleInfo) {
    let text = &module.text;
    let name = &module.name;
    let parsed = naga::front::wgsl::parse_str(text)
        .unwrap_or_else(|error| panic!("{name}: {}", error.emit_to_string(text)));
    let needed = match real {
        OuterReal::F32 => Capabilities::empty(),
        OuterReal::F64 => Capabilities::FLOAT64,
    };
    let info = Validator::new(ValidationFlags::all(), needed)
        .validate(&parsed)
        .unwrap_or_else(|error| panic!("{name}: {}", error.emit_to_string(text)));
    (parsed, info)
}

/// Indices are kept within their arrays, as wgpu asks where the driver does not do it for buffers.
fn policies(buffer: BoundsCheckPolicy) -> BoundsCheckPolicies {
    BoundsCheckPolicies {
        index: BoundsCheckPolicy::Restrict,
        buffer,
        image_load: BoundsCheckPolicy::Unchecked,
        binding_array: BoundsCheckPolicy::Unchecked,
    }
}

/// SPIR-V as words.
pub fn spirv(module: &naga::Module, info: &ModuleInfo, buffer: BoundsCheckPolicy) -> Vec<u32> {
    let options = spv::Options {
        lang_version: (1, 6),
        bounds_check_policies: policies(buffer),
        zero_initialize_workgroup_memory: spv::ZeroInitializeWorkgroupMemoryMode::None,
        ..Default::default()
    };
    spv::write_vec(module, info, &options, None).expect("the module has a translation to SPIR-V")
}

/// What `spirv-val` has against a module.
fn complaints(words: &[u32]) -> Option<String> {
    let mut validator = Command::new("spirv-val")
        .args(["--target-env", "vulkan1.3", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("spirv-val can be started (Debian: spirv-tools; tests/run.sh installs it)");
    let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    let mut input = validator.stdin.take().expect("its input is a pipe");
    input.write_all(&bytes).expect("spirv-val reads the module");
    drop(input);
    let output = validator.wait_with_output().expect("spirv-val ends");
    let said = [output.stdout, output.stderr].concat();
    (!output.status.success()).then(|| String::from_utf8_lossy(&said).into_owned())
}

#[test]
fn every_module_is_valid_spirv() {
    let mut last = Vec::new();
    for (module, real) in modules() {
        let (parsed, info) = parsed(&module, real);
        // With and without robust access to buffers, which drivers may have or not.
        for buffer in [BoundsCheckPolicy::Unchecked, BoundsCheckPolicy::Restrict] {
            let words = spirv(&parsed, &info, buffer);
            if let Some(said) = complaints(&words) {
                panic!("{}: {said}", module.name);
            }
            last = words;
        }
    }
    // The validator does say so when a word is not what it should be: the result type of the last function.
    let function = instruction(&last, 54).expect("the module has functions");
    last[function + 1] = last[function + 2];
    assert!(complaints(&last).is_some(), "a damaged module is seen");
}

/// Place of the last instruction with this code.
fn instruction(words: &[u32], code: u32) -> Option<usize> {
    let (mut at, mut found) = (5, None);
    while at < words.len() {
        if words[at] & 0xffff == code {
            found = Some(at);
        }
        at += (words[at] >> 16) as usize;
    }
    found
}

/// Metal has no double precision: the modules in f32, for the oldest language that wgpu meets and a new one.
#[test]
fn every_module_in_single_precision_becomes_msl() {
    for (module, real) in modules() {
        if real == OuterReal::F64 {
            continue;
        }
        let (parsed, info) = parsed(&module, real);
        for lang_version in [(2, 0), (3, 1)] {
            let options = msl::Options {
                lang_version,
                bounds_check_policies: policies(BoundsCheckPolicy::Restrict),
                zero_initialize_workgroup_memory: false,
                fake_missing_bindings: true,
                ..Default::default()
            };
            let (text, reflection) =
                msl::write_string(&parsed, &info, &options, &Default::default())
                    .unwrap_or_else(|error| panic!("{}, {lang_version:?}: {error}", module.name));
            assert_eq!(
                reflection.entry_point_names.len(),
                parsed.entry_points.len()
            );
            for name in reflection.entry_point_names {
                let name = name.expect("every entry point has a translation");
                assert!(text.contains(&format!("kernel void {name}(")), "{name}");
            }
        }
    }
}

/// The compilers of DX12: FXC takes shader model 5.1, DXC 6.0 and later.
#[test]
fn every_module_becomes_hlsl() {
    for (module, real) in modules() {
        let (parsed, info) = parsed(&module, real);
        for shader_model in [hlsl::ShaderModel::V5_1, hlsl::ShaderModel::V6_0] {
            let options = hlsl::Options {
                shader_model,
                fake_missing_bindings: true,
                zero_initialize_workgroup_memory: false,
                ..Default::default()
            };
            let mut text = String::new();
            let pipeline = hlsl::PipelineOptions::default();
            let reflection = hlsl::Writer::new(&mut text, &options, &pipeline)
                .write(&parsed, &info, None)
                .unwrap_or_else(|error| panic!("{}, {shader_model:?}: {error}", module.name));
            assert_eq!(
                reflection.entry_point_names.len(),
                parsed.entry_points.len()
            );
            for name in reflection.entry_point_names {
                let name = name.expect("every entry point has a translation");
                assert!(text.contains(&format!("void {name}(")), "{name}");
            }
        }
    }
}
