//! Graphics drivers that hang or crash: named, and the CPU goes on. Compiled here: libraries that do so when the Vulkan loader loads them.

use crate::common::program::{done, nanomold, program, text};
use crate::common::root;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A driver whose library runs `code` when it is loaded; the path of its manifest.
fn driver(folder: &TempDir, name: &str, code: &str) -> PathBuf {
    let at = |end: &str| folder.path().join(format!("{name}.{end}"));
    let source = format!(
        "#include <stdlib.h>\n#include <unistd.h>\n__attribute__((constructor)) static void load(void) {{ {code} }}\n\
         int vk_icdNegotiateLoaderICDInterfaceVersion(void) {{ return 0; }}\n"
    );
    fs::write(at("c"), source).unwrap();
    let built = Command::new("cc")
        .args(["-shared", "-fPIC", "-o"])
        .args([at("so"), at("c")])
        .status();
    assert!(built.unwrap().success());
    let library = at("so").display().to_string();
    let manifest = serde_json::json!({
        "file_format_version": "1.0.0",
        "ICD": { "library_path": library, "api_version": "1.0.0" },
    });
    fs::write(at("json"), manifest.to_string()).unwrap();
    at("json")
}

/// The program with these drivers, which may take a second.
fn with(drivers: &[&PathBuf], arguments: &[&str], folder: &TempDir) -> (Output, Duration) {
    let list = std::env::join_paths(drivers).unwrap();
    let clock = Instant::now();
    let output = program(folder, arguments)
        .env("VK_DRIVER_FILES", list)
        .env_remove("VK_ICD_FILENAMES")
        .env("NANOMOLD_DRIVER_SECONDS", "1")
        .output()
        .unwrap();
    (output, clock.elapsed())
}

#[cfg(target_os = "linux")]
#[test]
fn drivers_that_hang_or_crash_are_named_and_the_cpu_goes_on() {
    let folder = TempDir::new().unwrap();
    let case = root().join("cases/ni_d60_297C.toml").display().to_string();
    // 200 runs at once are worth a device.
    let sweep = format!(
        "case_file = {case:?}\nmodel = \"full\"\n[[axis]]\nkey = \"pore.diameter_nm\"\nfrom = 20\nto = 200\npoints = 200\n"
    );
    fs::write(folder.path().join("s.toml"), sweep).unwrap();
    let hangs = driver(&folder, "hangs", "for (;;) sleep(1000);");
    let crashes = driver(&folder, "crashes", "abort();");
    let segfaults = driver(&folder, "segfaults", "*(volatile int *)0 = 1;");
    let harmless = driver(&folder, "harmless", "");
    // SIGABRT is 6, SIGSEGV 11.
    for (bad, what) in [
        (&hangs, "hangs: it lists no adapters within 1 s"),
        (
            &crashes,
            "crashes: it ends the program with signal or code 6",
        ),
        (
            &segfaults,
            "crashes: it ends the program with signal or code 11",
        ),
    ] {
        let named = format!("the graphics driver {} {what}", bad.display());
        let out = format!("VK_DRIVER_FILES={} leaves it out", harmless.display());
        // Once for all, once for each; and what else a busy machine takes.
        let longest = Duration::from_secs(12);
        let (output, time) = with(&[bad, &harmless], &["devices"], &folder);
        let said = done(&output);
        assert!(said.contains(&named) && said.contains(&out), "{said}");
        assert!(said.contains("cpu") && time < longest, "{time:?}");
        let (output, time) = with(&[bad, &harmless], &["sweep", "s.toml", "--check"], &folder);
        let said = done(&output);
        assert!(
            said.contains("warning: ") && said.contains(&named),
            "{said}"
        );
        assert!(
            said.contains("the CPU computes") && time < longest,
            "{said} {time:?}"
        );
        // Asked for, it is refused.
        let run = ["run", &case, "--device", "0", "--out", "o"];
        let (output, time) = with(&[bad], &run, &folder);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(
            said.contains(&named) && said.contains("--device cpu"),
            "{said}"
        );
        assert!(
            !folder.path().join("o").exists() && time < longest,
            "{time:?}"
        );
        // Small work meets no driver.
        let small = [
            "--set",
            "mesh.cells_per_radius=8",
            "--set",
            "process.stop_length_nm=20",
        ];
        let run = [
            &[
                "run",
                &case,
                "--set",
                "output.frames=0",
                "-q",
                "--out",
                bad.file_stem().unwrap().to_str().unwrap(),
            ],
            &small[..],
        ]
        .concat();
        let (output, _) = with(&[bad], &run, &folder);
        assert!(output.status.success(), "{}", text(&output.stderr));
        assert!(
            !text(&output.stderr).contains("driver"),
            "{}",
            text(&output.stderr)
        );
    }
    // Negative control: drivers that do no harm are not named.
    let (output, _) = with(&[&harmless], &["devices"], &folder);
    let said = done(&output);
    assert!(
        !said.contains("harmless") && said.contains("No adapters"),
        "{said}"
    );
}

/// What standard error does not take ends nothing: neither a message nor a run's log on the terminal.
#[cfg(target_os = "linux")]
#[test]
fn a_full_standard_error_ends_nothing() {
    let folder = TempDir::new().unwrap();
    let case = root().join("cases/ni_d60_297C.toml").display().to_string();
    let full = || fs::File::options().write(true).open("/dev/full").unwrap();
    let code = |arguments: &[&str]| {
        let status = program(&folder, arguments).stderr(full()).status();
        status.unwrap().code()
    };
    assert_eq!(code(&["run", "missing.toml"]), Some(2));
    assert_eq!(code(&["run", &case, "--device", "no such one"]), Some(2));
    let sets = [
        "--set",
        "mesh.cells_per_radius=8",
        "--set",
        "process.stop_length_nm=20",
        "--set",
        "output.frames=0",
    ];
    let run = [&["run", &case, "-v", "--out", "o"], &sets[..]].concat();
    assert_eq!(code(&run), Some(0));
    assert!(folder.path().join("o/run.json").is_file());
}

/// Inputs without an end, too long, or not in UTF-8 are refused with a short message; so is work beyond the bounds.
#[cfg(target_os = "linux")]
#[test]
fn inputs_and_work_are_bounded() {
    let folder = TempDir::new().unwrap();
    let case = root().join("cases/ni_d60_297C.toml").display().to_string();
    let material = root()
        .join("cases/materials/ni45pd35p16b4.toml")
        .display()
        .to_string();
    let refused = |arguments: &[&str], part: &str| {
        let clock = Instant::now();
        let output = nanomold(&folder, arguments);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
        // A line may be broken anywhere.
        let flat: String = said
            .split_whitespace()
            .filter(|word| *word != "│")
            .collect();
        let part: String = part.split_whitespace().collect();
        assert!(flat.contains(&part), "{arguments:?}: {said}");
        assert!(
            said.len() < 6000 && clock.elapsed() < Duration::from_secs(10),
            "{arguments:?}: {} bytes",
            said.len()
        );
    };
    refused(&["run", "/dev/zero"], "more than 4 MiB");
    for command in ["scaling", "calibrate"] {
        refused(
            &[command, "/dev/zero", "--material", &material],
            "more than 24 MiB",
        );
    }
    refused(
        &[
            "map",
            "/dev/zero",
            "--material",
            &material,
            "--at",
            "297,1.25,36000",
            "--diameter",
            "20",
        ],
        "/dev/zero",
    );
    // One line of 3 MB; the mistake far beyond the columns that a formatter counts.
    let path = folder.path().join("long.toml");
    fs::write(
        &path,
        format!("description = \"{}\" x", "a".repeat(3_000_000)),
    )
    .unwrap();
    refused(&["run", "long.toml"], "long.toml:1:3000018");
    fs::write(&path, b"name = \"a\"\ndescription = \"\xFC\"\n").unwrap();
    refused(&["run", "long.toml"], "long.toml:2:16");
    let name = format!("name={}", "n".repeat(100_000));
    refused(&["check", &case, "--set", &name], "too long for a folder");
    // Ten years of steps, and a film of a terabyte.
    let fine = [
        "run",
        &case,
        "--out",
        "o",
        "--set",
        "mesh.cells_per_radius=128",
        "--set",
    ];
    let costs = |set: &'static str| [&fine[..], &[set]].concat();
    let slow = [
        &costs("numerics.step_tolerance=1e-10")[..],
        &[
            "--set",
            "composition.model=elements",
            "--set",
            "pore.diameter_nm=20",
        ],
    ]
    .concat();
    refused(&slow, "more than 48 h");
    refused(
        &costs("output.frames=100000"),
        "GB on disk, more than 50 GB",
    );
    assert!(!folder.path().join("o").exists());
    // What is said beforehand: steps, time, memory, disk.
    let said = done(&nanomold(&folder, &["check", &case]));
    let line = said
        .lines()
        .find(|line| line.contains("expected:"))
        .unwrap();
    assert!(
        line.contains("40 steps") && line.contains("of memory") && line.contains("on disk"),
        "{line}"
    );
}
