//! Finding and choosing the device, as a user meets it. A machine without any adapter fails these tests: a software one
//! is enough (Debian: mesa-vulkan-drivers and libvulkan1).

use crate::common::program::{nanomold_with, program, text};
use crate::common::root;
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::Output;
use tempfile::TempDir;

/// What `devices --json` says.
fn devices(environment: &[(&str, &str)]) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let output = nanomold_with(&folder, &["devices", "--json"], environment);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The adapters of this machine.
fn adapters() -> Vec<Value> {
    let listed = devices(&[])["adapters"].as_array().unwrap().clone();
    assert!(
        !listed.is_empty(),
        "no adapter on this machine; install one (Debian: mesa-vulkan-drivers and libvulkan1)"
    );
    listed
}

fn name(adapter: &Value) -> &str {
    adapter["name"].as_str().unwrap()
}

/// A single solve of a moment, `more` appended.
fn flow(folder: &TempDir, more: &[&str], environment: &[(&str, &str)]) -> Output {
    let mesh = Path::new(env!("CARGO_MANIFEST_DIR")).join("meshes/reference.toml");
    let mut arguments = vec![
        "flow",
        mesh.to_str().unwrap(),
        "--length=1",
        "--lambda=0",
        "--set=cells_per_radius=8",
        "--json",
    ];
    arguments.extend(more);
    nanomold_with(folder, &arguments, environment)
}

/// Makes the `flow` large enough for `auto` to look for an adapter.
const LARGE: &str = "--set=cells_per_radius=48";

/// The same of a `run`.
const LARGE_CASE: &str = "--set=mesh.cells_per_radius=64";

/// A case of a moment, `more` appended.
fn run(folder: &TempDir, more: &[&str], environment: &[(&str, &str)]) -> Output {
    let case = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases/ni_d60_297C.toml");
    let mut arguments = vec![
        "run",
        case.to_str().unwrap(),
        "--out=out",
        "--set=mesh.cells_per_radius=8",
        "--set=process.stop_length_nm=20",
        "--set=output.frames=0",
    ];
    arguments.extend(more);
    nanomold_with(folder, &arguments, environment)
}

/// Exit code 2, one message with these parts, nothing computed or written.
fn assert_refused(folder: &TempDir, output: &Output, parts: &[&str]) {
    let message = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{message}");
    assert!(output.stdout.is_empty(), "{}", text(&output.stdout));
    assert!(message.starts_with("error: "), "{message}");
    for part in parts {
        assert!(message.contains(part), "`{part}` is not in: {message}");
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

// ---- the list ---------------------------------------------------------------------------------------------------

#[test]
fn devices_lists_every_adapter_with_what_it_can_do() {
    let adapters = adapters();
    for (position, adapter) in adapters.iter().enumerate() {
        assert_eq!(adapter["index"], position, "{adapter}");
        assert!(!name(adapter).is_empty());
        let backend = adapter["backend"].as_str().unwrap();
        assert!(["Vulkan", "Metal", "DX12"].contains(&backend), "{adapter}");
        for key in [
            "max_buffer_bytes",
            "max_binding_bytes",
            "storage_buffers_per_stage",
        ] {
            assert!(adapter[key].as_u64().unwrap() > 0, "{key}: {adapter}");
        }
        for key in ["f64", "timestamps", "timestamps_inside_passes"] {
            assert!(adapter[key].is_boolean(), "{key}: {adapter}");
        }
        for key in ["kind", "driver", "driver_info"] {
            assert!(adapter[key].is_string(), "{key}: {adapter}");
        }
    }
    // Software adapters stand last, and the list is the same the next time.
    let software: Vec<bool> = adapters.iter().map(|a| a["kind"] == "software").collect();
    assert!(software.is_sorted(), "{adapters:?}");
    assert_eq!(adapters, self::adapters());
}

#[test]
fn the_table_shows_the_cpu_the_adapters_and_what_auto_takes() {
    let folder = tempfile::tempdir().unwrap();
    let output = nanomold_with(&folder, &["devices"], &[]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let table = text(&output.stdout);
    let line = |start: &str| {
        table
            .lines()
            .find(|line| line.starts_with(start))
            .unwrap_or_else(|| panic!("no line starts with `{start}`:\n{table}"))
    };
    for part in ["name", "backend", "type", "driver", "f64", "timestamps"] {
        assert!(line("index").contains(part), "`{part}`:\n{table}");
    }
    assert!(line("cpu ").contains(" thread"), "{table}");
    for adapter in adapters() {
        let line = line(&format!("{} ", adapter["index"]));
        for key in ["name", "backend", "kind", "driver_info"] {
            assert!(
                line.contains(adapter[key].as_str().unwrap()),
                "{key}: {line}"
            );
        }
        assert!(line.contains("MiB") || line.contains("GiB"), "{line}");
    }
    // A software adapter is never taken by itself.
    let auto = line("--device auto takes ");
    let real = adapters().iter().any(|a| a["kind"] != "software");
    assert_eq!(auto.contains("the CPU: "), !real, "{auto}");
    assert_eq!(auto.contains("adapter 0"), real, "{auto}");
}

#[test]
fn a_reader_that_leaves_is_no_error() {
    let mut child = program(root(), &["devices"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
}

// ---- what is asked for ------------------------------------------------------------------------------------------

#[test]
fn a_device_that_is_not_there_is_refused_with_what_is() {
    let adapters = adapters();
    let names: Vec<&str> = adapters.iter().map(name).collect();
    for asked in ["nonsense", "99", "metal:nonsense"] {
        let mut parts = vec![asked, "nanomold devices", "`--device cpu`"];
        parts.extend(&names);
        let folder = tempfile::tempdir().unwrap();
        assert_refused(&folder, &flow(&folder, &["--device", asked], &[]), &parts);
        assert_refused(&folder, &run(&folder, &["--device", asked], &[]), &parts);
    }
    for asked in ["", "vulkan:"] {
        let folder = tempfile::tempdir().unwrap();
        let parts = ["--device", "`auto`", "`cpu`", "nanomold devices"];
        assert_refused(&folder, &flow(&folder, &["--device", asked], &[]), &parts);
    }
    // Negative control: what is there is not refused as missing.
    let folder = tempfile::tempdir().unwrap();
    let output = flow(&folder, &["--device", "0"], &[]);
    assert!(!text(&output.stderr).contains("there is no adapter"));
}

#[test]
fn the_cpu_is_taken_without_meeting_a_driver() {
    // Variables that would be errors, were they read.
    let environment = [("WGPU_BACKEND", "bogus"), ("WGPU_ADAPTER_NAME", "nonsense")];
    let folder = tempfile::tempdir().unwrap();
    let output = flow(&folder, &["--device", "CPU"], &environment);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["device"], "cpu");
    assert!(output.stderr.is_empty(), "{}", text(&output.stderr));

    let output = run(&folder, &["--device", "cpu"], &environment);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let log = fs::read_to_string(folder.path().join("out/log.txt")).unwrap();
    assert!(
        log.contains("computing on the CPU, f64") && log.contains("asked for by --device"),
        "{log}"
    );
}

#[test]
fn auto_says_in_one_line_why_it_takes_the_cpu_for_little_work() {
    let folder = tempfile::tempdir().unwrap();
    let output = run(&folder, &[], &[]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let log = fs::read_to_string(folder.path().join("out/log.txt")).unwrap();
    let line = log.lines().find(|line| line.contains("computing on"));
    for part in ["the CPU, f64", "too few to gain", "--device"] {
        assert!(
            line.is_some_and(|line| line.contains(part)),
            "`{part}`: {log}"
        );
    }
}

/// Loading drivers takes time and memory; for little work `auto` does not meet them, whatever the environment says. The Vulkan
/// loader tells that it was there.
#[cfg(target_os = "linux")]
#[test]
fn auto_touches_no_driver_for_little_work() {
    let adapters = adapters();
    let says = |more: &[&str], named: &str| {
        let folder = tempfile::tempdir().unwrap();
        let environment = [("VK_LOADER_DEBUG", "all"), ("WGPU_ADAPTER_NAME", named)];
        let output = flow(&folder, more, &environment);
        let messages = text(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{messages}");
        messages.contains("Vulkan Loader")
    };
    assert!(!says(&[], ""));
    assert!(!says(&["--device=auto"], name(&adapters[0])));
    assert!(!says(&[LARGE, "--device=cpu"], ""));
    // Negative controls: for enough work, and for an adapter that is named, they are.
    assert!(says(&[LARGE], ""));
    assert!(says(&["--device=0"], ""));
}

/// Nobody is logged in at a screen, as on a cluster: libwayland's complaint about that is not the user's business.
#[test]
fn looking_for_adapters_says_nothing_on_standard_error() {
    let folder = tempfile::tempdir().unwrap();
    // Not an absolute path counts as not set.
    let environment = [("XDG_RUNTIME_DIR", "")];
    let output = nanomold_with(&folder, &["devices"], &environment);
    assert_eq!(text(&output.stderr), "");
    // A flat front, on whose slip length there is nothing to remark.
    let output = run(&folder, &["-q", "--set=front.model=flat"], &environment);
    assert_eq!(text(&output.stderr), "");
    let output = flow(&folder, &["--device=99"], &environment);
    assert!(text(&output.stderr).starts_with("error: there is no adapter 99"));
}

// ---- the environment --------------------------------------------------------------------------------------------

#[test]
fn an_unknown_backend_in_the_environment_is_an_error() {
    let bogus = [("WGPU_BACKEND", "bogus")];
    let parts = ["WGPU_BACKEND", "`bogus`", "vulkan", "metal", "dx12"];
    let folder = tempfile::tempdir().unwrap();
    assert_refused(
        &folder,
        &nanomold_with(&folder, &["devices"], &bogus),
        &parts,
    );
    assert_refused(&folder, &flow(&folder, &[LARGE], &bogus), &parts);
    assert_refused(&folder, &run(&folder, &["--device=0"], &bogus), &parts);
    // Where no adapter is searched it does not matter.
    let output = flow(&folder, &[], &bogus);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
}

#[test]
fn a_backend_that_this_build_lacks_finds_nothing_and_says_so() {
    let gl = [("WGPU_BACKEND", "gl")];
    let listed = devices(&gl);
    assert_eq!(listed["adapters"], Value::Array(Vec::new()));
    let why = listed["why_none"].as_str().unwrap();
    assert!(
        why.contains("WGPU_BACKEND=gl") && why.contains("does not have"),
        "{why}"
    );
    // Work goes on without.
    let folder = tempfile::tempdir().unwrap();
    let output = flow(&folder, &[LARGE], &gl);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let parts = [
        "no adapter 0",
        "no adapter was found",
        "nanomold devices",
        "--device cpu",
    ];
    let output = flow(&folder, &["--device=0"], &gl);
    assert_refused(&folder, &output, &parts);
    // Negative control: an empty variable restricts nothing.
    assert_eq!(
        devices(&[("WGPU_BACKEND", "")])["adapters"],
        Value::Array(adapters())
    );
    assert!(devices(&[])["why_none"].is_null());
}

#[test]
fn the_environment_restricts_the_backends() {
    let backend = adapters()[0]["backend"].as_str().unwrap().to_lowercase();
    let listed = devices(&[("WGPU_BACKEND", &backend)]);
    let listed = listed["adapters"].as_array().unwrap();
    assert!(!listed.is_empty());
    for adapter in listed {
        assert_eq!(adapter["backend"].as_str().unwrap().to_lowercase(), backend);
    }
}

#[test]
fn the_environment_names_the_adapter_for_auto() {
    let last = adapters().pop().unwrap();
    let auto = &devices(&[("WGPU_ADAPTER_NAME", &name(&last).to_uppercase())])["auto"];
    assert_eq!(auto["adapter"], last["index"], "{auto}");
    assert!(
        auto["from_cells"] == 20_000 && auto["error"].is_null(),
        "{auto}"
    );
    assert!(
        auto["reason"]
            .as_str()
            .unwrap()
            .contains("WGPU_ADAPTER_NAME")
    );

    // A name that nothing has does not hide the list, and is refused where a device is needed.
    let nonsense = [("WGPU_ADAPTER_NAME", "nonsense")];
    let listed = devices(&nonsense);
    assert_eq!(listed["adapters"], Value::Array(adapters()));
    let error = listed["auto"]["error"].as_str().unwrap();
    assert!(
        error.contains("`nonsense`") && error.contains(name(&last)),
        "{error}"
    );
    let folder = tempfile::tempdir().unwrap();
    let parts = ["WGPU_ADAPTER_NAME", "`nonsense`", name(&last)];
    assert_refused(&folder, &flow(&folder, &[LARGE], &nonsense), &parts);
    assert_refused(&folder, &run(&folder, &[LARGE_CASE], &nonsense), &parts);
    // The option goes before the environment.
    let output = flow(&folder, &[LARGE, "--device=cpu"], &nonsense);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
}

/// What else is said while adapters are looked for is not kept back.
#[cfg(target_os = "linux")]
#[test]
fn what_drivers_say_is_shown() {
    let folder = tempfile::tempdir().unwrap();
    for directory in ["", "/tmp"] {
        let environment = [("VK_LOADER_DEBUG", "all"), ("XDG_RUNTIME_DIR", directory)];
        let message = text(&nanomold_with(&folder, &["devices"], &environment).stderr);
        assert!(
            message.contains("Vulkan Loader"),
            "`{directory}`: {message}"
        );
        assert!(!message.contains("XDG_RUNTIME_DIR"), "{message}");
    }
}

/// The Vulkan loader without any driver.
#[cfg(target_os = "linux")]
#[test]
fn a_machine_without_drivers_is_told_what_to_install() {
    let none = [
        ("VK_ICD_FILENAMES", "/dev/null"),
        ("VK_DRIVER_FILES", "/dev/null"),
    ];
    let listed = devices(&none);
    assert_eq!(listed["adapters"], Value::Array(Vec::new()));
    assert!(listed["auto"]["adapter"].is_null());
    let folder = tempfile::tempdir().unwrap();
    let table = text(&nanomold_with(&folder, &["devices"], &none).stdout);
    for part in ["cpu", "No adapters", "mesa-vulkan-drivers", "takes the CPU"] {
        assert!(table.contains(part), "`{part}` is not in:\n{table}");
    }
    let output = run(&folder, &[], &none);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
}

// ---- computing on an adapter --------------------------------------------------------------------------------------

/// The JSON of a `flow` that succeeds.
fn solved(more: &[&str], environment: &[(&str, &str)]) -> (Value, String) {
    let folder = tempfile::tempdir().unwrap();
    let output = flow(&folder, more, environment);
    let messages = text(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{messages}");
    (serde_json::from_slice(&output.stdout).unwrap(), messages)
}

#[test]
fn flow_computes_on_an_adapter_as_on_the_cpu() {
    let adapters = adapters();
    let (cpu, quiet) = solved(&["--device=cpu"], &[]);
    assert!(quiet.is_empty(), "{quiet}");
    assert_eq!(
        (&cpu["device"], &cpu["precision"]),
        (&"cpu".into(), &"f64".into())
    );
    let off = |other: &Value| {
        let total = |report: &Value| report["total_flow"].as_f64().unwrap();
        (total(other) / total(&cpu) - 1.0).abs()
    };
    for (options, environment, precision, limit) in [
        // What the project asks of mixed precision.
        (vec!["--device=0"], vec![], "mixed", 1e-6),
        // A residual of 1e-5 leaves some 1e-5 in the rate; docs/numerics.md, "Single precision".
        (vec!["--device=0", "--precision=f32"], vec![], "f32", 2e-4),
    ] {
        let (found, messages) = solved(&options, &environment);
        assert_eq!(found["precision"], precision);
        let device = found["device"].as_str().unwrap();
        assert!(device.starts_with(name(&adapters[0])), "{device}");
        assert!(off(&found) < limit, "{precision}: {:.1e}", off(&found));
        assert!(found["mass_defect"].as_f64().unwrap() < 1e-6);
        // A software adapter is warned of; a real one is not.
        let is_software = adapters[0]["kind"] == "software";
        assert_eq!(
            messages.contains("software adapter"),
            is_software,
            "{messages}"
        );
    }
    // By the environment, for enough work.
    let environment = [("WGPU_ADAPTER_NAME", name(&adapters[0]))];
    let (named, _) = solved(&[LARGE], &environment);
    let device = named["device"].as_str().unwrap();
    assert!(device.starts_with(name(&adapters[0])), "{device}");
    let (little, _) = solved(&[], &environment);
    assert_eq!(little["device"], "cpu");
    // Negative control: a Λ of 1e-5 instead of 0 is seen.
    let (other, _) = solved(&["--device=0", "--slip-length=1e-5"], &[]);
    assert!(off(&other) > 1e-6, "{:.1e}", off(&other));
}

#[test]
fn run_computes_on_an_adapter_and_says_so() {
    let adapters = adapters();
    let folder = tempfile::tempdir().unwrap();
    let output = run(&folder, &["--device=0", "--set=output.frames=2", "-v"], &[]);
    let messages = text(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{messages}");
    let record = record(&folder);
    assert!(
        record["device"]
            .as_str()
            .unwrap()
            .starts_with(name(&adapters[0]))
    );
    assert_eq!(record["precision"], "mixed");
    assert!(record["driver"].is_string() && record["device_failure"].is_null());
    assert!(record["mass_defect"].as_f64().unwrap() < 1e-6);
    if adapters[0]["timestamps_inside_passes"] == true {
        for kernel in ["flow/smooth", "flow/cycle", "flow/defect"] {
            assert!(
                record["kernel_s"][kernel].as_f64().unwrap() > 0.0,
                "{record}"
            );
            assert!(messages.contains(kernel), "{messages}");
        }
        assert!(record["submissions"][1].as_u64().unwrap() > 0);
    }
    // The same outputs as from the CPU, with the same numbers to the accuracy of mixed precision.
    let other = tempfile::tempdir().unwrap();
    let cpu = run(&other, &["--device=cpu", "--set=output.frames=2"], &[]);
    assert_eq!(cpu.status.code(), Some(0), "{}", text(&cpu.stderr));
    assert_eq!(files(&folder), files(&other));
    let length = |folder: &TempDir| self::record(folder)["length_nm"].as_f64().unwrap();
    assert!((length(&folder) / length(&other) - 1.0).abs() < 1e-5);
}

#[test]
fn a_device_that_is_lost_in_mid_run_loses_nothing() {
    let adapters = adapters();
    let lost = ("NANOMOLD_LOSE_DEVICE_AFTER", "9");
    // Chosen by the environment for `auto`: the CPU goes on and the run says so.
    let folder = tempfile::tempdir().unwrap();
    let output = run(
        &folder,
        &[LARGE_CASE],
        &[lost, ("WGPU_ADAPTER_NAME", name(&adapters[0]))],
    );
    let messages = text(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{messages}");
    assert!(
        messages.contains("lost") && messages.contains("the CPU goes on"),
        "{messages}"
    );
    let record = record(&folder);
    assert!(record["device_failure"].as_str().unwrap().contains("lost"));
    assert!(record["warnings"].to_string().contains("the CPU goes on"));
    let log = fs::read_to_string(folder.path().join("out/log.txt")).unwrap();
    assert!(log.contains("the CPU goes on"), "{log}");
    let whole = tempfile::tempdir().unwrap();
    let output = run(&whole, &["--device=cpu", LARGE_CASE], &[]);
    assert_eq!(output.status.code(), Some(0));
    let length = |folder: &TempDir| self::record(folder)["length_nm"].as_f64().unwrap();
    assert!((length(&folder) / length(&whole) - 1.0).abs() < 1e-5);

    // Named on the command line: the run ends with the error, and keeps what it had. Later, since the first step of a free front asks for
    // its flow's response as well.
    let later = ("NANOMOLD_LOSE_DEVICE_AFTER", "40");
    let folder = tempfile::tempdir().unwrap();
    let output = run(&folder, &["--device=0"], &[later]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    let reason = fs::read_to_string(folder.path().join("out/FAILED.txt")).unwrap();
    assert!(reason.contains("lost"), "{reason}");
    let history = fs::read_to_string(folder.path().join("out/history.csv")).unwrap();
    assert!(history.lines().count() > 2, "{history}");
}

#[test]
fn a_wrong_kernel_can_be_looked_for() {
    let folder = tempfile::tempdir().unwrap();
    let on_device = |until: &str| flow(&folder, &["--device=0", "--gpu-until", until], &[]);
    let output = on_device("end");
    let table = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    for kernel in [
        "flow/smooth",
        "flow/residual",
        "flow/restrict",
        "flow/coarse",
        "flow/prolong",
    ] {
        assert!(table.contains(kernel), "{kernel} is not in:\n{table}");
    }
    // States agree to single precision; residuals, which cancel, to some 1e-3 of what is left of them.
    for line in table.lines().skip(1).take_while(|line| !line.is_empty()) {
        let difference: f64 = line.split_whitespace().last().unwrap().parse().unwrap();
        assert!(difference < 1e-2, "{line}");
    }
    let first = text(&on_device("flow/restrict@0").stdout);
    assert!(first.lines().count() < table.lines().count());
    let message = text(&on_device("flow/nonsense").stderr);
    assert!(
        message.contains("flow/restrict") && message.contains("end"),
        "{message}"
    );
    let message = text(&flow(&folder, &["--device=cpu", "--gpu-until", "end"], &[]).stderr);
    assert!(message.contains("--device"), "{message}");
}

fn record(folder: &TempDir) -> Value {
    let text = fs::read_to_string(folder.path().join("out/run.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// Names of all files of a result.
fn files(folder: &TempDir) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut folders = vec![folder.path().join("out")];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder.path()).unwrap();
                found.push(name.display().to_string());
            }
        }
    }
    found.sort();
    found
}
