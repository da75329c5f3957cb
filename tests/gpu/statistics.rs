//! What a compiler for real GPUs makes of the kernels, without a GPU: Mesa's driver for AMD compiles for a device that is not there
//! (`RADV_FORCE_FAMILY`) and says what came out. Nothing runs. No kernel may need more registers than there are, and none may grow
//! unseen: the numbers stand in `statistics.csv`, and `NANOMOLD_RECORD=1 cargo test --test gpu statistics` writes them anew.

use crate::translations::{modules, parsed, spirv};
use ash::{khr, vk};
use naga::proc::BoundsCheckPolicy;
use nanomold::backend::gpu::source::{Module, OuterReal};
use std::collections::BTreeMap;
use std::ffi::CString;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The device: AMD's RDNA 2 of 2020, which every Mesa since 20.3 compiles for.
const FAMILY: &str = "navi21";

/// Share by which a number may differ from the recorded one: a word more here or there is no news.
const UNSEEN: f64 = 0.1;

/// Where the child finds the modules; that it is set tells it that it is the child.
const MODULES: &str = "NANOMOLD_STATISTICS_OF";

/// What is recorded of a kernel.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Numbers {
    /// Vector registers of an invocation.
    registers: u64,
    /// Registers that did not fit, of either kind; scalar ones (masks of lanes, mostly) find a place in vector registers.
    spilled: u64,
    /// Bytes of memory per invocation in their stead: what no kernel may need.
    scratch: u64,
    /// Instructions.
    instructions: u64,
    /// Groups of accesses to memory that go out together.
    clauses: u64,
    /// Cycles that the compiler estimates for one wave, every branch taken; a loop counts as eight rounds.
    latency: u64,
}

impl Numbers {
    const NAMES: [&str; 6] = [
        "registers",
        "spilled",
        "scratch",
        "instructions",
        "clauses",
        "latency",
    ];

    fn all(self) -> [u64; 6] {
        [
            self.registers,
            self.spilled,
            self.scratch,
            self.instructions,
            self.clauses,
            self.latency,
        ]
    }

    fn of(all: [u64; 6]) -> Numbers {
        let [registers, spilled, scratch, instructions, clauses, latency] = all;
        Numbers {
            registers,
            spilled,
            scratch,
            instructions,
            clauses,
            latency,
        }
    }
}

/// Kernels by module and name.
type Table = BTreeMap<(String, String), Numbers>;

/// The module of the cycles as most cells run it: no wall, no corner. Branches that few cells take would hide what all pay.
fn bulk(cycles: &Module) -> Module {
    let mut text = cycles.text.clone();
    for (name, result, value) in [
        ("wall_of_cell", "i32", "-1"),
        ("wall_of_radial", "i32", "-1"),
        ("wall_of_axial", "i32", "-1"),
        ("touches_corner", "bool", "false"),
    ] {
        let head = format!("fn {name}(i: i32, j: i32) -> {result} {{\n");
        assert_eq!(text.matches(&head).count(), 1, "{name} is where it was");
        text = text.replace(&head, &format!("{head}    if true {{ return {value}; }}\n"));
    }
    Module {
        name: format!("{}, bulk", cycles.name),
        text,
    }
}

/// What the driver says of all kernels, and what it calls itself.
fn compiled(modules: &[(Module, OuterReal)]) -> (String, Table) {
    let folder = tempfile::tempdir().expect("a folder");
    for (number, (module, real)) in modules.iter().enumerate() {
        let (parsed, info) = parsed(module, *real);
        // As wgpu does where the driver keeps accesses to buffers in their bounds.
        let words = spirv(&parsed, &info, BoundsCheckPolicy::Unchecked);
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        let at = |end: &str| folder.path().join(format!("{number}.{end}"));
        std::fs::write(at("spv"), bytes).expect("written");
        let layout: Vec<String> = parsed
            .global_variables
            .iter()
            .filter_map(|(_, variable)| {
                let binding = variable.binding?.binding;
                Some(format!(
                    "binding {binding} {}",
                    u8::from(variable.space == naga::AddressSpace::Uniform)
                ))
            })
            .chain(
                parsed
                    .entry_points
                    .iter()
                    .map(|entry| format!("entry {}", entry.name)),
            )
            .collect();
        std::fs::write(at("txt"), layout.join("\n")).expect("written");
    }
    // In a process of its own: which driver is taken is said by the environment, and the other tests want another one.
    let driver = driver();
    let output = Command::new(std::env::current_exe().expect("this program"))
        .args(["--exact", "--ignored", "--nocapture"])
        .arg("statistics::on_a_device_that_is_not_there")
        .env(MODULES, folder.path())
        .env("VK_ICD_FILENAMES", &driver)
        .env("VK_DRIVER_FILES", &driver)
        .env("RADV_FORCE_FAMILY", FAMILY)
        .output()
        .expect("this program starts");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let mut name = String::new();
    let mut table = Table::new();
    for line in said.lines() {
        let cells: Vec<&str> = line.split('\t').collect();
        match cells[..] {
            ["driver", found] => name = found.into(),
            ["kernel", number, kernel, ..] => {
                let module: usize = number.parse().expect("a number");
                let numbers: Vec<u64> = cells[3..]
                    .iter()
                    .map(|cell| cell.parse().expect("a number"))
                    .collect();
                table.insert(
                    (modules[module].0.name.clone(), kernel.to_string()),
                    Numbers::of(numbers.try_into().expect("six numbers")),
                );
            }
            _ => {}
        }
    }
    (name, table)
}

/// The manifest of Mesa's driver for AMD.
fn driver() -> PathBuf {
    let folder = Path::new("/usr/share/vulkan/icd.d");
    let found = std::fs::read_dir(folder).ok().and_then(|entries| {
        entries
            .filter_map(|entry| Some(entry.ok()?.path()))
            .find(|path| {
                path.file_name()
                    .is_some_and(|name| name.to_string_lossy().starts_with("radeon_icd"))
            })
    });
    found.expect("Mesa's driver for AMD is installed (Debian: mesa-vulkan-drivers; tests/run.sh installs it)")
}

/// The other process of [`compiled`].
#[test]
#[ignore = "started by the tests of this file, with another driver"]
#[expect(unsafe_code, reason = "the null device is out of wgpu's reach")]
fn on_a_device_that_is_not_there() {
    let folder = PathBuf::from(std::env::var_os(MODULES).expect("started by a test"));
    // SAFETY: calls of Vulkan as its specification has them; every handle lives until the process ends.
    unsafe {
        let entry = ash::Entry::load().expect("a Vulkan loader (Debian: libvulkan1)");
        let application = vk::ApplicationInfo::default().api_version(vk::API_VERSION_1_3);
        let instance = entry
            .create_instance(
                &vk::InstanceCreateInfo::default().application_info(&application),
                None,
            )
            .expect("an instance");
        let physical = instance.enumerate_physical_devices().expect("devices")[0];
        let mut driver = vk::PhysicalDeviceDriverProperties::default();
        let mut properties = vk::PhysicalDeviceProperties2::default().push_next(&mut driver);
        instance.get_physical_device_properties2(physical, &mut properties);
        let info = driver.driver_info_as_c_str().expect("text");
        println!("\ndriver\t{}", info.to_string_lossy());
        let priorities = [1.0];
        let queues = [vk::DeviceQueueCreateInfo::default()
            .queue_family_index(0)
            .queue_priorities(&priorities)];
        let extensions = [
            khr::pipeline_executable_properties::NAME.as_ptr(),
            ash::ext::robustness2::NAME.as_ptr(),
        ];
        let mut executables = vk::PhysicalDevicePipelineExecutablePropertiesFeaturesKHR::default()
            .pipeline_executable_info(true);
        // As wgpu asks for it.
        let mut robust =
            vk::PhysicalDeviceRobustness2FeaturesEXT::default().robust_buffer_access2(true);
        let features = vk::PhysicalDeviceFeatures::default()
            .robust_buffer_access(true)
            .shader_float64(true);
        let device = instance
            .create_device(
                physical,
                &vk::DeviceCreateInfo::default()
                    .queue_create_infos(&queues)
                    .enabled_features(&features)
                    .enabled_extension_names(&extensions)
                    .push_next(&mut executables)
                    .push_next(&mut robust),
                None,
            )
            .expect("a device");
        let statistics = khr::pipeline_executable_properties::Device::new(&instance, &device);
        for number in 0.. {
            let path = folder.join(format!("{number}.spv"));
            if !path.exists() {
                break;
            }
            let layout = std::fs::read_to_string(path.with_extension("txt")).expect("a layout");
            let bytes = std::fs::read(path).expect("a module");
            let words: Vec<u32> = bytes
                .chunks_exact(4)
                .map(|word| u32::from_le_bytes([word[0], word[1], word[2], word[3]]))
                .collect();
            let module = device
                .create_shader_module(&vk::ShaderModuleCreateInfo::default().code(&words), None)
                .expect("a module");
            let bindings: Vec<vk::DescriptorSetLayoutBinding> = layout
                .lines()
                .filter_map(|line| line.strip_prefix("binding ")?.split_once(' '))
                .map(|(binding, uniform)| {
                    vk::DescriptorSetLayoutBinding::default()
                        .binding(binding.parse().expect("a number"))
                        .descriptor_count(1)
                        .stage_flags(vk::ShaderStageFlags::COMPUTE)
                        .descriptor_type(match (binding, uniform) {
                            ("0", "1") => vk::DescriptorType::UNIFORM_BUFFER_DYNAMIC,
                            (_, "1") => vk::DescriptorType::UNIFORM_BUFFER,
                            _ => vk::DescriptorType::STORAGE_BUFFER,
                        })
                })
                .collect();
            let set = [device
                .create_descriptor_set_layout(
                    &vk::DescriptorSetLayoutCreateInfo::default().bindings(&bindings),
                    None,
                )
                .expect("a layout")];
            let layout_of_all = device
                .create_pipeline_layout(
                    &vk::PipelineLayoutCreateInfo::default().set_layouts(&set),
                    None,
                )
                .expect("a layout");
            for name in layout
                .lines()
                .filter_map(|line| line.strip_prefix("entry "))
            {
                let function = CString::new(name).expect("a name");
                let stage = vk::PipelineShaderStageCreateInfo::default()
                    .stage(vk::ShaderStageFlags::COMPUTE)
                    .module(module)
                    .name(&function);
                let create = [vk::ComputePipelineCreateInfo::default()
                    .flags(vk::PipelineCreateFlags::CAPTURE_STATISTICS_KHR)
                    .stage(stage)
                    .layout(layout_of_all)];
                let pipeline = device
                    .create_compute_pipelines(vk::PipelineCache::null(), &create, None)
                    .expect("a pipeline")[0];
                let executable = vk::PipelineExecutableInfoKHR::default().pipeline(pipeline);
                let found = statistics
                    .get_pipeline_executable_statistics(&executable)
                    .expect("statistics");
                let value = |names: &[&str]| -> u64 {
                    found
                        .iter()
                        .filter(|one| {
                            let name = one.name_as_c_str().expect("text").to_string_lossy();
                            names.contains(&name.as_ref())
                        })
                        .map(|one| one.value.u64)
                        .sum()
                };
                let numbers = Numbers {
                    registers: value(&["VGPRs"]),
                    spilled: value(&["Spilled SGPRs", "Spilled VGPRs"]),
                    scratch: value(&["Scratch size"]),
                    instructions: value(&["Instructions"]),
                    clauses: value(&["VMEM Clause"]),
                    latency: value(&["Latency"]),
                };
                let cells = numbers.all().map(|number| number.to_string());
                println!("kernel\t{number}\t{name}\t{}", cells.join("\t"));
            }
        }
    }
}

fn all_modules() -> Vec<(Module, OuterReal)> {
    let mut all = modules();
    all.retain(|(module, _)| {
        // The four elements of the paper's alloys stand for all numbers of them.
        !module.name.starts_with("species") || module.name.starts_with("species, 4 ")
    });
    let cycles = bulk(&all[0].0);
    all.push((cycles, OuterReal::F32));
    all
}

fn record() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/gpu/statistics.csv")
}

/// The recorded table and the driver that it is of.
fn recorded() -> (String, Table) {
    let text = std::fs::read_to_string(record()).expect("the table is there");
    let (first, rows) = text.split_once('\n').expect("lines");
    let driver = first.strip_prefix("# ").expect("the driver's name");
    let mut table = Table::new();
    let mut reader = csv::Reader::from_reader(rows.as_bytes());
    for row in reader.records() {
        let row = row.expect("a row");
        let numbers: Vec<u64> = row
            .iter()
            .skip(2)
            .map(|cell| cell.parse().expect("a number"))
            .collect();
        table.insert(
            (row[0].into(), row[1].into()),
            Numbers::of(numbers.try_into().expect("six numbers")),
        );
    }
    (driver.into(), table)
}

fn write(driver: &str, table: &Table) {
    let mut out = format!("# {driver}\n").into_bytes();
    let mut writer = csv::Writer::from_writer(&mut out);
    let head = ["module", "kernel"].into_iter().chain(Numbers::NAMES);
    writer.write_record(head).expect("memory");
    for ((module, kernel), numbers) in table {
        let cells = numbers.all().map(|number| number.to_string());
        let row = [module, kernel].into_iter().chain(&cells);
        writer.write_record(row).expect("memory");
    }
    drop(writer);
    std::fs::write(record(), out).expect("written");
}

/// What is wrong with a table, if it is held against the recorded one.
fn complaints(found: &Table, recorded: &Table) -> Vec<String> {
    let mut all = Vec::new();
    for ((module, kernel), numbers) in found {
        let place = format!("{module}, {kernel}");
        let Some(before) = recorded.get(&(module.clone(), kernel.clone())) else {
            all.push(format!("{place} is not recorded"));
            continue;
        };
        // Registers are handed out in steps of eight: one step is no news either.
        let rows = Numbers::NAMES.into_iter().zip(numbers.all());
        for ((name, now), then) in rows.zip(before.all()) {
            let slack = if name == "registers" { 8.0 } else { 0.0 };
            let change = now as f64 - then as f64;
            if change.abs() > slack + UNSEEN * then as f64 {
                all.push(format!("{place}: {name} {now}, recorded {then}"));
            }
        }
    }
    for (module, kernel) in recorded.keys() {
        if !found.contains_key(&(module.clone(), kernel.clone())) {
            all.push(format!("{module}, {kernel} is recorded and is no more"));
        }
    }
    all
}

#[test]
fn kernels_fit_into_registers_and_do_not_grow_unseen() {
    let modules = all_modules();
    let (driver, found) = compiled(&modules);
    assert!(found.len() > 20, "all kernels are compiled: {found:?}");
    for (place, numbers) in &found {
        assert_eq!(
            numbers.scratch, 0,
            "{place:?} needs more registers than there are"
        );
    }
    if std::env::var_os("NANOMOLD_RECORD").is_some() {
        write(&driver, &found);
        return;
    }
    let (recorded_driver, table) = recorded();
    if driver != recorded_driver {
        eprintln!(
            "the recorded statistics are those of {recorded_driver}, not of {driver}: growth was not looked at"
        );
        return;
    }
    // One box of the smoother, beside neither wall nor corner: each number is loaded once (73 loads), all before the first of the
    // 12 stores, which have a branch and with it a clause of their own.
    let cycles = &modules[0].0;
    let name = |kernel: &str| (bulk(cycles).name, kernel.to_string());
    let smoother = found[&name("smooth_colour")];
    assert!(smoother.instructions <= 800, "{smoother:?}");
    assert!(smoother.latency <= 2000, "{smoother:?}");
    assert!(smoother.clauses <= 20 + 12, "{smoother:?}");

    let complaints = complaints(&found, &table);
    assert!(
        complaints.is_empty(),
        "if this is meant, NANOMOLD_RECORD=1 cargo test --test gpu statistics\n{}",
        complaints.join("\n")
    );
}

/// A kernel that reads every number again behind a branch is seen, as is one that keeps an array of its own in memory.
#[test]
fn a_careless_kernel_is_seen() {
    let (cycles, real) = all_modules().swap_remove(0);
    let careful = "return select(zero(), x(radial_at(i, j)), has_radial(i, j));";
    assert_eq!(cycles.text.matches(careful).count(), 1, "u() reads so");
    let branched = Module {
        name: cycles.name.clone(),
        text: cycles.text.replace(
            careful,
            "if !has_radial(i, j) { return zero(); }\n    return x(radial_at(i, j));",
        ),
    };
    let hoarding = Module {
        name: "hoarding".into(),
        text: "@group(0) @binding(0) var<storage, read_write> v: array<f32>;\n\
            @compute @workgroup_size(64) fn hoard(@builtin(local_invocation_index) lane: u32) {\n\
            var own: array<f32, 512>;\n\
            for (var k = 0u; k < 512u; k += 1u) { own[(k * 7u + lane) % 512u] = v[k]; }\n\
            v[lane] = own[u32(v[lane])];\n}\n"
            .into(),
    };
    let (driver, found) = compiled(&[(branched, real), (hoarding, OuterReal::F32)]);
    let hoard = found[&("hoarding".into(), "hoard".into())];
    assert!(hoard.scratch > 0, "{hoard:?}");
    let (recorded_driver, table) = recorded();
    if driver == recorded_driver {
        let grown = complaints(&found, &table);
        let smoother = format!("{}, smooth_colour: latency", cycles.name);
        assert!(
            grown.iter().any(|line| line.starts_with(&smoother)),
            "{grown:?}"
        );
    }
}
