//! The program as a user meets it: what a run leaves behind, what is refused and how, how it ends.

use crate::common::program::{nanomold, program, text};
use crate::common::root;
use nanomold::output::{HistoryRow, read_history};
use serde_json::Value;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

fn flagship() -> PathBuf {
    root().join("cases/ni_d60_297C.toml")
}

fn code(output: &Output) -> Option<i32> {
    output.status.code()
}

/// Options that make the flagship a case of a second: 8 cells per radius, to 60 nm.
const TINY: [&str; 6] = [
    "--set",
    "mesh.cells_per_radius=8",
    "--set",
    "process.stop_length_nm=60",
    "--set",
    "output.frames=3",
];

/// Options for a flat front.
const FLAT: [&str; 2] = ["--set", "front.model=flat"];

fn run(folder: &TempDir, case: &Path, more: &[&str]) -> Output {
    let mut arguments = vec!["run", case.to_str().unwrap()];
    arguments.extend(TINY);
    arguments.extend(more);
    nanomold(folder, &arguments)
}

/// Every file below a folder with its contents, sorted by path.
fn contents(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(contents(&path));
        } else {
            found.push((path.clone(), fs::read(&path).unwrap()));
        }
    }
    found.sort();
    found
}

fn json(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

// ---- a run ------------------------------------------------------------------------------------------------------

/// The columns that other programs rely on, in their order.
const COLUMNS: &str = "time_s,length_nm,tip_length_nm,contact_length_nm,shape_error_nm,rate_nm_per_s,core_flow_nm3_per_s,layer_flow_nm3_per_s,pressure_GPa,\
    temperature_C,fictive_temperature_C,driving_pressure_GPa,lambda,length_over_radius,newtonian_viscosity_Pa_s,wall_shear_stress_GPa,\
    wall_shear_rate_per_s,shear_per_relaxation,core_share,layer_share,mass_defect,cycles,residual,step_s,step_error,stress_ratio";

#[test]
fn a_run_leaves_every_promised_file() {
    let folder = tempfile::tempdir().unwrap();
    // Of a flat front, whose grid error is estimated and whose capillarity is a pressure.
    let output = run(&folder, &flagship(), &FLAT);
    assert_eq!(code(&output), Some(0), "{}", text(&output.stderr));
    assert!(output.stdout.is_empty(), "{}", text(&output.stdout));
    let result = folder.path().join("out/ni_d60_297C");
    for name in [
        "case.toml",
        "case.resolved.toml",
        "run.json",
        "log.txt",
        "history.csv",
        "flow.pvd",
        "layer.pvd",
        "length.png",
        "length.svg",
        "view.py",
        "ro-crate-metadata.json",
    ] {
        assert!(
            fs::metadata(result.join(name)).is_ok_and(|file| file.len() > 0),
            "{name} is missing or empty"
        );
    }
    for name in ["RUNNING", "FAILED.txt", "revolved.pvd"] {
        assert!(!result.join(name).exists(), "{name} is there");
    }
    assert_eq!(
        fs::read(result.join("case.toml")).unwrap(),
        fs::read(flagship()).unwrap()
    );

    let history = fs::read_to_string(result.join("history.csv")).unwrap();
    assert_eq!(history.lines().next().unwrap(), COLUMNS);
    let rows = read_history(result.join("history.csv")).unwrap();
    let last = rows.last().unwrap();
    assert!(
        rows.len() > 10
            && rows
                .windows(2)
                .all(|pair| pair[0].length_nm < pair[1].length_nm)
    );
    check_row(last);

    let record = json(&result.join("run.json"));
    // The crate's metadata names every file but itself, and each file that it names is there.
    let metadata = json(&result.join("ro-crate-metadata.json"));
    let root = metadata["@graph"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["@id"] == "./")
        .unwrap();
    let named: Vec<&str> = (root["hasPart"].as_array().unwrap().iter())
        .map(|part| part["@id"].as_str().unwrap())
        .collect();
    assert!(
        named.contains(&"run.json") && named.contains(&"fields/flow_0000.vtu"),
        "{named:?}"
    );
    assert!(
        named.iter().all(|name| result.join(name).is_file()),
        "{named:?}"
    );
    let length = metadata["@graph"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["@id"] == "#length")
        .unwrap();
    assert_eq!(length["value"], record["length_nm"]);
    for key in [
        "length_nm",
        "time_s",
        "lambda",
        "eta_newtonian_Pa_s",
        "eta_apparent_Pa_s",
        "core_share",
        "layer_share",
        "error_estimate",
        "mass_defect",
        "wall_s",
    ] {
        assert!(record[key].is_number(), "{key}: {}", record[key]);
    }
    assert_eq!(
        (
            &record["status"],
            &record["device"],
            &record["precision"],
            &record["version"],
            &record["case"]
        ),
        (
            &"finished".into(),
            &"cpu".into(),
            &"f64".into(),
            &env!("CARGO_PKG_VERSION").into(),
            &"ni_d60_297C".into()
        )
    );
    let number = |key: &str| record[key].as_f64().unwrap();
    assert_eq!(number("length_nm"), last.length_nm);
    assert!((number("core_share") + number("layer_share") - 1.0).abs() < 1e-12);
    assert!(number("mass_defect") <= 1e-10);
    // N = 8 at 2 R: some 2 % by numerics.md's table (3e-3 at N = 32, order 2/3 to 1).
    assert!(
        (1e-4..0.1).contains(&number("error_estimate")),
        "{}",
        record["error_estimate"]
    );

    // Frames: start, one in between, end; at times of the history, ending with its last.
    for name in ["flow.pvd", "layer.pvd"] {
        let text = fs::read_to_string(result.join(name)).unwrap();
        let frames: Vec<&str> = text
            .lines()
            .filter(|line| line.contains("<DataSet"))
            .collect();
        assert_eq!(frames.len(), 3, "{name}:\n{text}");
        let time: f64 = frames[2]
            .split("timestep=\"")
            .nth(1)
            .unwrap()
            .split('"')
            .next()
            .unwrap()
            .parse()
            .unwrap();
        assert_eq!(time, last.time_s);
    }
    let log = fs::read_to_string(result.join("log.txt")).unwrap();
    for part in [
        "computing on the CPU, f64",
        "nm ±",
        "core",
        "steps",
        "cycles",
        "INFO",
    ] {
        assert!(log.contains(part), "`{part}` is not in the log:\n{log}");
    }
    // The terminal shows what the log keeps, without the times.
    for line in text(&output.stderr).lines() {
        assert!(log.contains(line.trim()), "{line}");
    }
}

/// One row in its own units, from the definitions.
fn check_row(row: &HistoryRow) {
    let near = |value: f64, expected: f64, tolerance: f64| {
        assert!(
            (value / expected - 1.0).abs() < tolerance,
            "{value} is not {expected}: {row:?}"
        );
    };
    assert_eq!((row.pressure_GPa, row.temperature_C), (1.25, 297.0));
    // The stop length, to the accuracy of a step (1e-4).
    near(row.length_nm, 60.0, 2e-4);
    near(row.length_over_radius, row.length_nm / 30.0, 1e-12);
    // Core and layer fill the pore's cross-section.
    let area = std::f64::consts::PI * 900.0;
    near(
        row.core_flow_nm3_per_s + row.layer_flow_nm3_per_s,
        row.rate_nm_per_s * area,
        1e-9,
    );
    // 4 · 1 N/m · cos 120°/60 nm = −1/30 GPa.
    near(row.driving_pressure_GPa, 1.25 - 1.0 / 30.0, 1e-12);
}

#[test]
fn a_result_is_overwritten_only_by_force() {
    let folder = tempfile::tempdir().unwrap();
    let result = folder.path().join("d");
    let first = run(&folder, &flagship(), &["--out", "d"]);
    assert_eq!(code(&first), Some(0));
    let before = contents(&result);

    let refused = run(&folder, &flagship(), &["--out", "d"]);
    assert_eq!(code(&refused), Some(2));
    let message = text(&refused.stderr);
    for part in ["already holds", "run.json", "--out", "--force"] {
        assert!(message.contains(part), "`{part}` is not in: {message}");
    }
    assert_eq!(
        contents(&result),
        before,
        "a refused run changed the folder"
    );

    fs::write(result.join("notes.txt"), "mine").unwrap();
    let forced = run(
        &folder,
        &flagship(),
        &[
            "--out",
            "d",
            "--force",
            "--set",
            "process.stop_length_nm=50",
        ],
    );
    assert_eq!(code(&forced), Some(0), "{}", text(&forced.stderr));
    let length = json(&result.join("run.json"))["length_nm"]
        .as_f64()
        .unwrap();
    assert!((length / 50.0 - 1.0).abs() < 1e-3, "{length}");
    assert_eq!(
        fs::read_to_string(result.join("notes.txt")).unwrap(),
        "mine"
    );
    // The log is the new run's own.
    assert_eq!(
        fs::read_to_string(result.join("log.txt"))
            .unwrap()
            .matches("computing on")
            .count(),
        1
    );
}

#[test]
fn the_resolved_case_gives_the_same_history() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(code(&run(&folder, &flagship(), &["--out", "a"])), Some(0));
    let resolved = folder.path().join("a/case.resolved.toml");
    let again = nanomold(&folder, &["run", resolved.to_str().unwrap(), "--out", "b"]);
    assert_eq!(code(&again), Some(0), "{}", text(&again.stderr));
    let history = |name: &str| fs::read(folder.path().join(name).join("history.csv")).unwrap();
    assert_eq!(history("a"), history("b"));
    let resolved_again = fs::read(folder.path().join("b/case.resolved.toml")).unwrap();
    assert_eq!(resolved_again, fs::read(&resolved).unwrap());
    // Negative control: another pressure gives another table.
    assert_eq!(
        code(&run(
            &folder,
            &flagship(),
            &["--out", "c", "--set", "process.pressure_GPa=1.2501"]
        )),
        Some(0)
    );
    assert_ne!(history("a"), history("c"));
}

#[test]
fn quiet_is_silent_and_verbose_tells_every_step() {
    let folder = tempfile::tempdir().unwrap();
    // Without the warning that 1 nm of slip is less than a cell of so coarse a grid.
    let resolved = ["--set", "front.slip_length_nm=4"];
    let quiet = run(
        &folder,
        &flagship(),
        &[&["--out", "q", "-q"], &resolved[..]].concat(),
    );
    assert_eq!(
        (code(&quiet), text(&quiet.stdout), text(&quiet.stderr)),
        (Some(0), String::new(), String::new())
    );
    let verbose = run(&folder, &flagship(), &["--out", "v", "-v"]);
    let steps = text(&verbose.stderr).matches("cycles,").count();
    let rows = read_history(folder.path().join("v/history.csv"))
        .unwrap()
        .len();
    assert!(steps + 1 >= rows, "{steps} lines for {rows} rows");
}

#[test]
fn a_revolved_run_writes_the_third_collection() {
    let folder = tempfile::tempdir().unwrap();
    let output = run(&folder, &flagship(), &["--out", "r", "--revolve"]);
    assert_eq!(code(&output), Some(0), "{}", text(&output.stderr));
    // A free front is there as a line and as the surface of the wire, too.
    for name in ["revolved.pvd", "front.pvd", "wire.pvd"] {
        let pvd = fs::read_to_string(folder.path().join("r").join(name)).unwrap();
        assert_eq!(pvd.matches("<DataSet").count(), 3, "{name}: {pvd}");
    }
}

#[test]
fn a_closed_pore_ends_the_run_when_it_is_full() {
    let folder = tempfile::tempdir().unwrap();
    let sets = ["--out", "f", "--set", "pore.depth_nm=45"];
    let output = run(&folder, &flagship(), &sets);
    assert_eq!(code(&output), Some(0), "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains("the pore is filled"));
    let record = fs::read_to_string(folder.path().join("f/run.json")).unwrap();
    let record: serde_json::Value = serde_json::from_str(&record).unwrap();
    assert_eq!(
        (&record["status"], &record["stop"]),
        (&"finished".into(), &"filled".into())
    );
    let length = |key: &str| record[key].as_f64().unwrap();
    // The tip is at the bottom to the 1e-4 that steps resolve; mean length and contact line stay behind it.
    assert!(
        (length("tip_length_nm") / 45.0 - 1.0).abs() < 2e-4,
        "{record}"
    );
    assert!(length("contact_length_nm") < length("length_nm") && length("length_nm") < 45.0);
    // Negative control: a deeper pore stops where the case says.
    let deep = run(
        &folder,
        &flagship(),
        &["--out", "g", "--set", "pore.depth_nm=450"],
    );
    assert!(
        text(&deep.stderr).contains("the stop length"),
        "{}",
        text(&deep.stderr)
    );
}

// ---- refusals ---------------------------------------------------------------------------------------------------

/// One message with a place, a mark under it and a remedy; exit code 2; nothing written.
fn assert_refused(folder: &TempDir, output: &Output, place: &str, what: &str) {
    let message = text(&output.stderr);
    assert_eq!(code(output), Some(2), "{message}");
    assert!(output.stdout.is_empty());
    assert!(message.contains(what), "`{what}` is not in:\n{message}");
    assert!(message.contains(place), "`{place}` is not in:\n{message}");
    assert_eq!(
        message.matches("help:").count(),
        1,
        "not one message with a remedy:\n{message}"
    );
    assert!(
        message.contains('┬') || message.contains("───") || message.contains('^'),
        "nothing is marked:\n{message}"
    );
    assert!(!message.contains("panicked"), "{message}");
    assert!(
        !folder.path().join("out").exists(),
        "an output folder was left behind"
    );
}

#[test]
fn bad_cases_are_refused_with_place_and_remedy() {
    let good = fs::read_to_string(flagship()).unwrap();
    let edits: &[(&str, &str, usize, &str)] = &[
        (
            "pressure_GPa",
            "presure_GPa",
            12,
            "did you mean `pressure_GPa`",
        ),
        (
            "pressure_GPa = 1.25",
            "pressure_MPa = 1250",
            12,
            "pressure_MPa",
        ),
        (
            "pressure_GPa = 1.25",
            "pressure_GPa = \"1.25\"",
            12,
            "number",
        ),
        ("pressure_GPa = 1.25", "pressure_GPa = 1.25 GPa", 12, ""),
        (
            "pressure_GPa = 1.25",
            "pressure_GPa = 0",
            12,
            "moves nothing",
        ),
        (
            "pressure_GPa = 1.25",
            "pressure_GPa = inf",
            12,
            "not a finite number",
        ),
        ("diameter_nm = 60", "diameter_nm = -60", 8, "does not exist"),
        (
            "diameter_nm = 60",
            "diameter_nm = nan",
            8,
            "not a finite number",
        ),
        ("diameter_nm = 60", "diameter_nm = true", 8, ""),
        (
            "temperature_C = 297",
            "temperature_C = 600",
            11,
            "outside the range",
        ),
        (
            "temperature_C = 297",
            "temperature_C = 0",
            11,
            "outside the range",
        ),
        ("time_s = 36000", "time_s = -inf", 13, "not a finite number"),
        ("ni45pd35p16b4.toml", "nickel.toml", 4, "cannot read"),
        ("standard.toml", "none.toml", 5, "cannot read"),
    ];
    for (from, to, line, what) in edits {
        let folder = tempfile::tempdir().unwrap();
        // The case refers to its neighbours, so it stands among them.
        let case = folder.path().join("cases/case.toml");
        for sub in ["cases/materials", "meshes"] {
            fs::create_dir_all(folder.path().join(sub)).unwrap();
            for entry in fs::read_dir(root().join(sub)).unwrap() {
                let path = entry.unwrap().path();
                fs::copy(
                    &path,
                    folder.path().join(sub).join(path.file_name().unwrap()),
                )
                .unwrap();
            }
        }
        fs::write(&case, good.replacen(from, to, 1)).unwrap();
        for command in ["run", "check"] {
            let output = nanomold(&folder, &[command, "cases/case.toml"]);
            assert_refused(&folder, &output, &format!("cases/case.toml:{line}:"), what);
        }
    }
}

#[test]
fn bad_overrides_are_refused_too() {
    let cases: &[(&str, &str)] = &[
        ("pore.diameter_nm=nan", "not a finite number"),
        ("pore.diameter_nm=-1", "does not exist"),
        ("process.time_s=inf", "not a finite number"),
        ("process.pressure_GPa=0", "moves nothing"),
        ("process.temperature_C=hot", ""),
        ("interface.slip_length_nm=-inf", "not a finite number"),
        ("front.initial_aspect_ratio=nan", "not a finite number"),
        ("numerics.step_tolerance=nan", "not a finite number"),
        (
            "material.interface.D_reference_m2_per_s=nan",
            "not a finite number",
        ),
        ("mesh.growth=nan", "not a finite number"),
        ("mesh.cells_per_radius=7", "7 cells per radius"),
        ("mesh.reservoir_depth=0.1", "reservoir"),
        ("mesh.cell_radius=0.5", "cell_radius"),
        ("mesh.growth=1.5", "growth"),
        ("pore.diametre_nm=3", "did you mean `diameter_nm`"),
        ("diameter", ""),
    ];
    for (set, what) in cases {
        let folder = tempfile::tempdir().unwrap();
        let output = nanomold(
            &folder,
            &["run", flagship().to_str().unwrap(), "--set", set],
        );
        // The name of the source says that the override took part.
        assert_refused(&folder, &output, "--set", what);
    }
}

#[test]
fn a_missing_case_is_one_message() {
    let folder = tempfile::tempdir().unwrap();
    let output = nanomold(&folder, &["run", "nothing.toml"]);
    let message = text(&output.stderr);
    assert_eq!(code(&output), Some(2), "{message}");
    assert!(
        message.contains("cannot read `nothing.toml`") && message.contains("help:"),
        "{message}"
    );
    assert!(contents(folder.path()).is_empty());
}

#[test]
fn an_unusable_output_folder_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "mine").unwrap();
    for out in ["file", "file/below"] {
        let output = run(&folder, &flagship(), &["--out", out]);
        let message = text(&output.stderr);
        assert_eq!(code(&output), Some(2), "{message}");
        assert!(
            message.contains(out) && message.lines().count() == 1,
            "{message}"
        );
    }
    assert_eq!(contents(folder.path()), [(file, b"mine".to_vec())]);
}

#[test]
fn options_of_flow_are_checked() {
    let folder = tempfile::tempdir().unwrap();
    let mesh = root().join("meshes/reference.toml");
    let good = [
        "flow",
        mesh.to_str().unwrap(),
        "--length",
        "1",
        "--lambda",
        "0",
    ];
    for (place, value) in [
        (3, "nan"),
        (3, "inf"),
        (3, "0"),
        (3, "-1"),
        (3, "2000"),
        (5, "nan"),
        (5, "-1"),
        (5, "inf"),
        (5, "x"),
    ] {
        let mut arguments = good.to_vec();
        let option = format!("{}={value}", arguments[place - 1]);
        arguments.splice(place - 1..=place, [option.as_str()]);
        let output = nanomold(&folder, &arguments);
        let message = text(&output.stderr);
        assert_eq!(code(&output), Some(2), "{option}: {message}");
        assert!(
            message.contains(value) && message.starts_with("error:"),
            "{option}: {message}"
        );
    }
    for option in ["--tolerance=nan", "--tolerance=0", "--slip-length=-1"] {
        let output = nanomold(&folder, &[&good[..], &[option]].concat());
        assert_eq!(code(&output), Some(2), "{option}: {}", text(&output.stderr));
    }
    let output = nanomold(
        &folder,
        &[&good[..], &["--set", "reservoir_depth=nan"]].concat(),
    );
    assert_refused(&folder, &output, "--set", "not a finite number");
}

// ---- the other commands -----------------------------------------------------------------------------------------

#[test]
fn check_describes_the_case_and_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let output = nanomold(&folder, &["check", flagship().to_str().unwrap()]);
    let shown = text(&output.stdout);
    assert_eq!(code(&output), Some(0));
    for part in [
        "is a valid case: ni_d60_297C",
        "297.0 °C",
        "1.250 GPa",
        "60 nm",
        "Pa·s",
        "Λ = ",
        "N = 32",
    ] {
        assert!(shown.contains(part), "`{part}` is not in:\n{shown}");
    }
    assert!(contents(folder.path()).is_empty());
    let resolved = nanomold(
        &folder,
        &["check", "--resolved", flagship().to_str().unwrap()],
    );
    let table: toml::Table = text(&resolved.stdout).parse().unwrap();
    assert!(table["numerics"]["step_tolerance"].is_float());
}

#[test]
fn schemas_are_json() {
    let folder = tempfile::tempdir().unwrap();
    for (format, key) in [
        ("case", "process"),
        ("mesh", "cells_per_radius"),
        ("material", "viscosity"),
    ] {
        let output = nanomold(&folder, &["schema", format]);
        let schema: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert!(
            schema["$schema"].is_string() && schema["properties"][key].is_object(),
            "{format}"
        );
    }
}

#[test]
fn flow_prints_the_promised_keys_and_agrees_with_the_reference() {
    let folder = tempfile::tempdir().unwrap();
    let mesh = root().join("meshes/reference.toml");
    let flow = |depth: &str, radius: &str| {
        let (depth, radius) = (
            format!("reservoir_depth={depth}"),
            format!("cell_radius={radius}"),
        );
        let arguments = [
            "flow",
            mesh.to_str().unwrap(),
            "--set",
            &radius,
            "--set",
            &depth,
            "--set",
            "cells_per_radius=32",
            "--length",
            "8",
            "--lambda",
            "0.03125",
            "--json",
        ];
        let output = nanomold(&folder, &arguments);
        assert_eq!(code(&output), Some(0), "{}", text(&output.stderr));
        serde_json::from_slice::<Value>(&output.stdout).unwrap()
    };
    let narrow = flow("4", "2");
    let number = |report: &Value, key: &str| {
        report[key]
            .as_f64()
            .unwrap_or_else(|| panic!("{key}: {report}"))
    };
    let promised = [
        "total_flow",
        "core_flow_at_front",
        "layer_flow_at_tip",
        "cells",
        "cycles",
        "residual",
        "seconds",
    ];
    assert!(
        promised.iter().all(|key| number(&narrow, key) > 0.0),
        "{narrow}"
    );
    assert!(number(&narrow, "cycles") <= 12.0 && number(&narrow, "residual") <= 1e-8);
    assert!(number(&narrow, "mass_defect") <= 1e-10);

    let found = flow("8", "4");
    let reference = json(&root().join("tests/reference/flow.json"));
    let rows = reference["straight"].as_array().unwrap();
    let row = |lambda: f64| {
        let matches = |row: &&Value| {
            row["L"] == 8 && row["Lambda"] == lambda && row["Rc"] == 4 && row["H"] == 8
        };
        rows.iter()
            .find(matches)
            .expect("the reference has the row")
    };
    let error = |row: &Value| number(&found, "total_flow") / number(row, "total_flow") - 1.0;
    // numerics.md §2: −9e-4 at L = 8, Λ = 1/32 with N = 32.
    assert!(
        error(row(0.03125)).abs() < 1.2e-3,
        "{:.2e}",
        error(row(0.03125))
    );
    for key in ["core_flow_at_front", "layer_flow_at_tip"] {
        // The contact line, where core and layer exchange, is as singular as the mouth and not averaged out here.
        let off = number(&found, key) / number(row(0.03125), key) - 1.0;
        assert!(off.abs() < 0.02, "{key}: {off:.2e}");
    }
    // Negative control: another row of the table is another flow.
    assert!(error(row(0.0)).abs() > 0.1);
}

// ---- ends -------------------------------------------------------------------------------------------------------

#[test]
fn a_reader_that_leaves_is_no_error() {
    let folder = tempfile::tempdir().unwrap();
    let mesh = root().join("meshes/reference.toml");
    let flow = [
        "flow",
        mesh.to_str().unwrap(),
        "--length",
        "2",
        "--lambda",
        "0",
        "--set",
        "cells_per_radius=8",
    ];
    let case = flagship();
    let check = ["check", case.to_str().unwrap()];
    let resolved = ["check", "--resolved", case.to_str().unwrap()];
    for arguments in [&["schema"][..], &flow, &check, &resolved, &["--help"]] {
        let mut child = program(&folder, arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let mut message = String::new();
        child
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut message)
            .unwrap();
        let status = child.wait().unwrap();
        assert!(
            message.is_empty() && status.code() == Some(0),
            "{arguments:?}: {status}: {message}"
        );
    }
}

#[test]
fn a_run_that_fails_says_why_and_looks_failed() {
    let folder = tempfile::tempdir().unwrap();
    let output = run(
        &folder,
        &flagship(),
        &["--out", "f", "--set", "numerics.max_cycles=1"],
    );
    let message = text(&output.stderr);
    assert_eq!(code(&output), Some(1), "{message}");
    let result = folder.path().join("f");
    assert!(!result.join("run.json").exists() && !result.join("RUNNING").exists());
    let reason = fs::read_to_string(result.join("FAILED.txt")).unwrap();
    let log = fs::read_to_string(result.join("log.txt")).unwrap();
    for part in ["t = 0", "L = 15", "Λ = ", "did not converge", "1 V-cycles"] {
        for (name, text) in [
            ("the terminal", &message),
            ("FAILED.txt", &reason),
            ("log.txt", &log),
        ] {
            assert_eq!(text.matches(part).count(), 1, "`{part}` in {name}: {text}");
        }
    }
    // A failed run counts as a result: what is there may be worth a look.
    assert_eq!(code(&run(&folder, &flagship(), &["--out", "f"])), Some(2));
    assert_eq!(
        code(&run(&folder, &flagship(), &["--out", "f", "--force"])),
        Some(0)
    );
    assert!(!result.join("FAILED.txt").exists() && result.join("run.json").exists());
}

#[cfg(unix)]
#[test]
fn an_interrupted_run_leaves_a_valid_result() {
    let folder = tempfile::tempdir().unwrap();
    let case = flagship();
    // Thousands of steps: longer than anyone waits here.
    let arguments = [
        "run",
        case.to_str().unwrap(),
        "--out",
        "i",
        "-v",
        "--set",
        "numerics.step_tolerance=1e-10",
        "--set",
        "mesh.cells_per_radius=8",
    ];
    let mut child = program(&folder, &arguments)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let steps = lines
        .by_ref()
        .filter(|line| line.as_ref().is_ok_and(|line| line.contains("cycles,")))
        .take(5)
        .count();
    assert_eq!(steps, 5);
    let signal = std::process::Command::new("kill")
        .args(["-TERM", &child.id().to_string()])
        .status()
        .unwrap();
    assert!(signal.success());
    let asked = Instant::now();
    let rest: Vec<String> = lines.map_while(Result::ok).collect();
    let status = child.wait().unwrap();
    assert_eq!(status.code(), Some(130), "{rest:?}");
    // A step of this grid takes milliseconds, plots and the last frame less than a second.
    assert!(asked.elapsed() < Duration::from_secs(10));

    let result = folder.path().join("i");
    assert!(!result.join("RUNNING").exists() && !result.join("FAILED.txt").exists());
    let record = json(&result.join("run.json"));
    let rows = read_history(result.join("history.csv")).unwrap();
    let last = rows.last().unwrap();
    assert_eq!(record["status"], "interrupted");
    assert_eq!(
        (record["length_nm"].as_f64(), record["time_s"].as_f64()),
        (Some(last.length_nm), Some(last.time_s))
    );
    assert!(last.time_s < 36_000.0 && rows.len() > 5);
    let pvd = fs::read_to_string(result.join("flow.pvd")).unwrap();
    assert!(pvd.trim_end().ends_with("</VTKFile>"), "{pvd}");
    let final_frame = format!("timestep=\"{:?}\"", last.time_s);
    assert!(
        pvd.contains(&final_frame) || pvd.contains(&format!("timestep=\"{}\"", last.time_s)),
        "{final_frame} not in\n{pvd}"
    );
    assert!(
        fs::read_to_string(result.join("log.txt"))
            .unwrap()
            .contains("(interrupted)")
    );
}
