//! The program around a sweep: folders of points, interruption, conflicting shards, mistakes in sweep files.

use crate::common::program::{done, nanomold, program, text};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A folder with `sweep.toml` over the flagship.
fn sweep(rest: &str) -> TempDir {
    let folder = TempDir::new().unwrap();
    let case = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases/ni_d60_297C.toml");
    let case = case.display().to_string();
    let text = format!("name = \"s\"\ncase_file = {case:?}\n{rest}");
    fs::write(folder.path().join("sweep.toml"), text).unwrap();
    folder
}

/// Coarse and short: a point takes a twentieth of a second.
const COARSE: &str = "model = \"full\"\n[set]\nfront.model = \"flat\"\nmesh.cells_per_radius = 8\n";

const DIAMETERS: &str = "[[axis]]\nkey = \"pore.diameter_nm\"\n";

/// With folders every point leaves what `run` leaves, and the table is the same byte for byte. A folder that is lost is made
/// again, and only that; those of an earlier sweep do not stay.
#[test]
fn points_leave_what_runs_leave() {
    let folder = sweep(&format!(
        "{COARSE}output.frames = 4\ncomposition.model = \"elements\"\nprocess.time_s = 2000\n{DIAMETERS}values = [40, 60, 120]\n"
    ));
    let at = |name: &str| folder.path().join(name);
    done(&nanomold(
        &folder,
        &["sweep", "sweep.toml", "--out", "plain"],
    ));
    let both = ["sweep", "sweep.toml", "--folders", "--out", "o"];
    done(&nanomold(&folder, &both));
    let table = fs::read(at("plain/sweep.csv")).unwrap();
    assert_eq!(text(&table), text(&fs::read(at("o/sweep.csv")).unwrap()));
    assert!(!at("plain/points").exists());

    // The same case by itself.
    let case = at("o/points/1/case.resolved.toml");
    let alone = [
        "run",
        case.to_str().unwrap(),
        "--device",
        "cpu",
        "--out",
        "r",
    ];
    done(&nanomold(&folder, &alone));
    let listed = |name: &str| -> Vec<String> {
        let mut found: Vec<String> = [name.to_owned(), format!("{name}/fields")]
            .iter()
            .flat_map(|inner| fs::read_dir(at(inner)).unwrap())
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        found.sort();
        found
    };
    assert_eq!(listed("o/points/1"), listed("r"));
    for file in [
        "history.csv",
        "profile.csv",
        "flow.pvd",
        "fields/flow_0003.vtu",
    ] {
        let [point, run] = ["o/points/1", "r"].map(|name| fs::read(at(name).join(file)).unwrap());
        assert!(point == run, "{file}");
    }
    // Negative control: the neighbour's differs.
    let neighbour = fs::read(at("o/points/2/history.csv")).unwrap();
    assert_ne!(neighbour, fs::read(at("r/history.csv")).unwrap());
    let record = fs::read_to_string(at("o/points/1/run.json")).unwrap();
    assert!(record.contains("\"case\": \"s_1\""), "{record}");
    assert!(
        fs::read_to_string(at("o/points/1/log.txt"))
            .unwrap()
            .contains("L = ")
    );

    // A folder that is not complete is made again.
    fs::remove_file(at("o/points/2/run.json")).unwrap();
    let again = done(&nanomold(&folder, &[&both[..], &["--resume"]].concat()));
    assert!(again.starts_with("1 points"), "{again}");
    assert!(at("o/points/2/run.json").is_file());
    assert_eq!(text(&table), text(&fs::read(at("o/sweep.csv")).unwrap()));

    // Points without their table are nobody's to overwrite.
    fs::rename(at("o/sweep.csv"), at("o/moved.csv")).unwrap();
    for more in [&[][..], &["--resume"]] {
        let refused = nanomold(&folder, &[&both[..], more].concat());
        assert_eq!(refused.status.code(), Some(2));
        let said = text(&refused.stderr);
        assert!(said.contains("whose table is gone"), "{said}");
    }
    assert!(at("o/points/1/run.json").is_file());

    // Another sweep in its place: nothing of the old one looks like its result; a stranger's file stays.
    fs::write(at("o/points/0/notes.txt"), "mine").unwrap();
    let other = [
        "--force",
        "--model",
        "reduced",
        "--set",
        "composition.model=uniform",
    ];
    done(&nanomold(
        &folder,
        &[&["sweep", "sweep.toml", "--out", "o"], &other[..]].concat(),
    ));
    assert_eq!(listed_files(&at("o/points")), [at("o/points/0/notes.txt")]);
    // And the reduced model's points have what its runs have.
    done(&nanomold(&folder, &[&both[..], &other[..]].concat()));
    let own: Vec<PathBuf> = listed_files(&at("o/points/1"));
    let names: Vec<_> = own
        .iter()
        .filter_map(|path| path.file_name()?.to_str())
        .collect();
    let expected = [
        "case.resolved.toml",
        "case.toml",
        "history.csv",
        "length.png",
        "length.svg",
        "log.txt",
        "manifest.txt",
        "ro-crate-metadata.json",
        "run.json",
    ];
    assert_eq!(names, expected);
}

/// All files below a folder, sorted.
fn listed_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => found.extend(listed_files(&path)),
            false => found.push(path),
        }
    }
    found.sort();
    found
}

/// Starts a sweep and waits until some rows are there.
fn begun(folder: &TempDir, out: &str) -> std::process::Child {
    let arguments = [
        "sweep",
        "sweep.toml",
        "--folders",
        "--jobs",
        "2",
        "-q",
        "--out",
        out,
    ];
    let mut child = program(folder.path(), &arguments)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let table = folder.path().join(out).join("sweep.csv");
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        let lines = fs::read(&table).map_or(0, |t| t.iter().filter(|&&b| b == b'\n').count());
        assert!(child.try_wait().unwrap().is_none(), "it ended by itself");
        assert!(Instant::now() < deadline, "no rows");
        if lines > 4 {
            return child;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Ctrl-C ends a sweep with 130, SIGKILL with nothing; both leave a folder that resumes to the same bytes, in which no point looks
/// done that is not.
#[cfg(unix)]
#[test]
fn an_interrupted_sweep_resumes() {
    let folder = sweep(&format!(
        "{COARSE}output.frames = 3\noutput.plots = false\n{DIAMETERS}from = 15\nto = 200\npoints = 24\n"
    ));
    let at = |name: &str| folder.path().join(name);
    done(&nanomold(
        &folder,
        &["sweep", "sweep.toml", "--out", "whole"],
    ));
    let whole = fs::read(at("whole/sweep.csv")).unwrap();
    for (signal, out) in [("TERM", "interrupted"), ("KILL", "killed")] {
        let mut child = begun(&folder, out);
        let sent = Command::new("kill")
            .args([&format!("-{signal}"), &child.id().to_string()])
            .status();
        assert!(sent.unwrap().success());
        let code = child.wait().unwrap().code();
        assert_eq!(
            code,
            if signal == "TERM" { Some(130) } else { None },
            "{signal}"
        );
        let table = fs::read_to_string(at(out).join("sweep.csv")).unwrap();
        let rows: Vec<&str> = table
            .lines()
            .skip(1)
            .filter_map(|l| l.split(',').next())
            .collect();
        assert!(
            rows.len() >= 4 && rows.len() < 24,
            "{signal}: {}",
            rows.len()
        );
        // A row has its folder; a folder without a record says that it is not complete.
        let point = |number: usize| at(out).join("points").join(number.to_string());
        for number in 0..24 {
            let [record, running, failed] = ["run.json", "RUNNING", "FAILED.txt"]
                .map(|name| point(number).join(name).is_file());
            let has_row = rows.contains(&number.to_string().as_str());
            assert!(record || !has_row, "{signal} {number}");
            if point(number).exists() && !record {
                assert!(running || failed, "{signal} {number}");
            }
        }
        let resumed = ["sweep", "sweep.toml", "--folders", "--resume", "--out", out];
        let said = done(&nanomold(&folder, &resumed));
        let computed: usize = said.split(' ').next().unwrap().parse().unwrap();
        assert_eq!(computed, 24 - rows.len(), "{signal}: {said}");
        assert!(
            fs::read(at(out).join("sweep.csv")).unwrap() == whole,
            "{signal}"
        );
        for number in 0..24 {
            let files = ["run.json", "RUNNING", "FAILED.txt"];
            let found = files.map(|name| point(number).join(name).is_file());
            assert_eq!(found, [true, false, false], "{signal} {number}");
        }
    }
}

const PRESSES: &str =
    "model = \"reduced\"\n[[axis]]\nkey = \"pore.diameter_nm\"\nfrom = 10\nto = 200\npoints = 20\n";

/// Two results for a point are said with both places, and the merge fails; equal ones are only said.
#[test]
fn conflicting_shards_are_told_apart_from_double_ones() {
    let folder = sweep(PRESSES);
    let call = |arguments: &[&str]| nanomold(&folder, arguments);
    let every_other = ["0,2,4,6,8,10,12,14,16,18", "1,3,5,7,9,11,13,15,17,19"];
    for (points, out) in every_other.into_iter().zip(["a", "b"]) {
        done(&call(&[
            "sweep",
            "sweep.toml",
            "--points",
            points,
            "--out",
            out,
        ]));
    }
    let merge = [
        "merge",
        "sweep.toml",
        "--out",
        "m",
        "--force",
        "a",
        "b",
        "c",
    ];
    let shard = folder.path().join("c");
    fs::create_dir(&shard).unwrap();
    for name in ["sweep.csv", "timings.csv", "sweep.resolved.toml"] {
        fs::copy(folder.path().join("a").join(name), shard.join(name)).unwrap();
    }
    let said = done(&call(&merge));
    assert!(
        said.contains("10 double, with equal rows: 0, 2, 4"),
        "{said}"
    );
    // One digit of point 4, the third row, differs, as it would with another device; the checksum is that of the row.
    let table = fs::read_to_string(shard.join("sweep.csv")).unwrap();
    let mut lines: Vec<String> = table.lines().map(str::to_owned).collect();
    assert!(lines[3].starts_with("4,"));
    let last = lines[3].rfind(|c: char| c.is_ascii_digit()).unwrap();
    let digit = if &lines[3][last..=last] == "1" {
        "2"
    } else {
        "1"
    };
    lines[3].replace_range(last..=last, digit);
    fs::write(shard.join("sweep.csv"), lines.join("\n") + "\n").unwrap();
    let times = fs::read_to_string(shard.join("timings.csv")).unwrap();
    let mut times: Vec<String> = times.lines().map(str::to_owned).collect();
    let (own, _) = times[3].rsplit_once(',').unwrap();
    let sum = crc32fast::hash(format!("{own},{}", lines[3]).as_bytes());
    times[3] = format!("{own},{sum}");
    fs::write(shard.join("timings.csv"), times.join("\n") + "\n").unwrap();
    let failed = call(&merge);
    let said = text(&failed.stdout);
    assert_eq!(failed.status.code(), Some(1), "{said}");
    assert!(said.contains("9 double, with equal rows"), "{said}");
    assert!(said.contains("1 double, with different rows"), "{said}");
    assert!(
        said.contains("point 4 at a/sweep.csv:4 and c/sweep.csv:4"),
        "{said}"
    );
}

/// The caret is under what is wrong: a key that is misspelt, a value that cannot be, a cell of a table.
#[test]
fn mistakes_are_shown_under_the_key_or_the_value() {
    // Sweep file, table, where it is said (file:line:column), a part of what is said.
    let keys = |keys: &str, row: &str| {
        format!("model = \"reduced\"\n[[axis]]\nkeys = {keys}\nrows = [{row}]\n")
    };
    let file = "model = \"reduced\"\n[[axis]]\ntable_file = \"points.csv\"\n";
    let cases = [
        (
            "[[axis]]\nkey = \"pore.diametre_nm\"\nvalues = [10]\n".to_owned(),
            None,
            "sweep.toml:4:7",
            "did you mean `diameter_nm`",
        ),
        (
            keys(
                "[\"pore.diameter_nm\", \"process.tempreature_C\"]",
                "[60, 297]",
            ),
            None,
            "sweep.toml:5:29",
            "did you mean `temperature_C`",
        ),
        (
            keys(
                "[\"pore.diameter_nm\", \"process.temperature_C\"]",
                "[60, 297], [60, 900]",
            ),
            None,
            "sweep.toml:6:25",
            "900",
        ),
        (
            file.to_owned(),
            Some("pore.diameter_nm,process.tempreature_C\n60,297\n"),
            "points.csv:1:18",
            "did you mean `temperature_C`",
        ),
        (
            file.to_owned(),
            Some("pore.diameter_nm,process.temperature_C\n60,297\n60,900\n"),
            "points.csv:3:4",
            "900",
        ),
        (
            file.to_owned(),
            Some("pore.diameter_nm,process.temperature_C\n60,297\n60\n"),
            "points.csv:3:1",
            "1 values, the header 2",
        ),
        (
            file.to_owned(),
            Some("pore.diameter_nm,\n60,297\n"),
            "points.csv:1:",
            "a column has no name",
        ),
        (
            file.to_owned(),
            Some("pore.diameter_nm,process.temperature_C\n60,\n"),
            "points.csv:2:",
            "no value of `process.temperature_C`",
        ),
        (file.to_owned(), None, "sweep.toml:5:14", "there is no file"),
    ];
    for (rest, table, place, part) in cases {
        let folder = sweep(&rest);
        if let Some(table) = table {
            fs::write(folder.path().join("points.csv"), table).unwrap();
        }
        let output = nanomold(&folder, &["sweep", "sweep.toml", "--check"]);
        let message = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{rest}: {message}");
        // Lines are wrapped.
        let flat = message
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
            .replace("│ ", "");
        assert!(flat.contains(place), "`{place}` is not in: {message}");
        assert!(flat.contains(part), "`{part}` is not in: {message}");
    }
}

/// The disk that folders need is said beforehand, within a factor of two.
#[test]
fn the_disk_is_said_beforehand() {
    let folder = sweep(&format!("{COARSE}{DIAMETERS}values = [30, 60, 120]\n"));
    let megabytes = |more: &[&str]| -> f64 {
        let said = done(&nanomold(
            &folder,
            &[&["sweep", "sweep.toml"], more].concat(),
        ));
        let words: Vec<&str> = said.split_whitespace().collect();
        // `… MB of memory, … MB on disk`.
        let unit = words.iter().rposition(|word| *word == "MB").unwrap();
        words[unit - 1].parse().unwrap()
    };
    let plain = megabytes(&["--check"]);
    let expected = megabytes(&["--check", "--folders"]);
    assert!(plain < 0.01, "{plain}");
    done(&nanomold(
        &folder,
        &["sweep", "sweep.toml", "--folders", "--out", "o"],
    ));
    let files = listed_files(&folder.path().join("o"));
    let found = files
        .iter()
        .map(|path| fs::metadata(path).unwrap().len())
        .sum::<u64>() as f64
        / 1e6;
    println!("{expected} MB were expected, {found:.2} MB are there");
    assert!(
        (expected / found).ln().abs() < 2f64.ln(),
        "{expected} {found}"
    );
}

/// The paper's critical diameters stand beside the computed ones for all three alloys, from fact files that `calibrate` and
/// `properties` take as well.
#[test]
fn stated_diameters_stand_beside_the_computed() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let facts: toml::Table = fs::read_to_string(root.join("tests/reference/paper_facts.toml"))
        .unwrap()
        .parse()
        .unwrap();
    let number = |value: &toml::Value| value.as_float().or(value.as_integer().map(|n| n as f64));
    let folder = TempDir::new().unwrap();
    for (alloy, sweep, material) in [
        ("ni", "fig5_ni", "ni45pd35p16b4"),
        ("zr", "fig1_zr", "zr46cu46al8"),
        ("pd", "fig1_pd", "pd43ni10cu27p20"),
    ] {
        let file = root.join(format!("cases/sweeps/{sweep}.toml"));
        let out = format!("sweep_{alloy}");
        let call = ["sweep", file.to_str().unwrap(), "--out", &out];
        done(&nanomold(&folder, &call));
        let table = fs::read_to_string(folder.path().join(&out).join("critical_diameter.csv"));
        let table = table.unwrap();
        let header: Vec<&str> = table.lines().next().unwrap().split(',').collect();
        let mut found = Vec::new();
        for line in table.lines().skip(1) {
            let cells: Vec<&str> = line.split(',').collect();
            let cell = |name: &str| {
                let column = header.iter().position(|one| *one == name).unwrap();
                cells[column].parse::<f64>().ok()
            };
            if let Some(stated) = cell("d_c_stated_nm") {
                let tolerance = cell("d_c_stated_tolerance_nm").unwrap() / stated;
                found.push((cell("T_C").unwrap(), stated, tolerance));
                let crossing = cell("d_c_crossing_nm").unwrap();
                assert!((crossing / stated - 1.0).abs() <= tolerance, "{line}");
            }
        }
        // Every one that the paper states, and no other.
        let list = facts[alloy]["critical_diameter"].as_table().unwrap();
        assert_eq!(found.len(), list.len(), "{alloy}");
        for (celsius, entry) in list {
            let [d_c, tolerance] = ["d_c", "tolerance"].map(|key| number(&entry[key]).unwrap());
            let celsius: f64 = celsius.parse().unwrap();
            let same = |one: &(f64, f64, f64)| {
                one.0 == celsius && one.1 == d_c && (one.2 - tolerance).abs() < 1e-9
            };
            assert!(found.iter().any(same), "{alloy} {celsius}: {found:?}");
        }
        if alloy == "ni" {
            continue; // tests/calibrate/program.rs
        }
        // The one critical diameter fixes the layer's diffusivity: what the material file says was derived by hand.
        let file = root.join(format!("cases/facts/{material}.toml"));
        let out = format!("calibrated_{alloy}");
        let call = [
            "calibrate",
            "--facts",
            file.to_str().unwrap(),
            "--out",
            &out,
        ];
        let said = done(&nanomold(&folder, &call));
        // The prints that the paper states are checked only, and contradict the rest (docs/calibration.md).
        assert!(said.contains("every fact that was fitted is met"), "{said}");
        let shipped = root.join(format!("cases/materials/{material}.toml"));
        let fitted = folder.path().join(&out).join("material.toml");
        let diffusivity = |path: &Path| -> f64 {
            let text: toml::Table = fs::read_to_string(path).unwrap().parse().unwrap();
            number(&text["interface"]["D_reference_m2_per_s"]["value"]).unwrap()
        };
        // To the four digits of a material file.
        let ratio = diffusivity(&fitted) / diffusivity(&shipped);
        assert!((ratio - 1.0).abs() < 2e-4, "{alloy}: {ratio}");
        let call = [
            "properties",
            shipped.to_str().unwrap(),
            "--step",
            "50",
            "--out",
            "p",
            "--force",
        ];
        let said = done(&nanomold(&folder, &call));
        // The prints, which the paper states too, are not met and contradict it (docs/calibration.md).
        let misses = |said: &str| {
            let line = said
                .lines()
                .find(|l| l.contains("critical diameter d_c at"));
            line.expect("the fact is listed").contains("NOT MET")
        };
        assert!(!misses(&said), "{said}");
        // Negative control: twice the diffusivity misses the fact.
        let twice = format!(
            "interface.D_reference_m2_per_s={}",
            2.0 * diffusivity(&shipped)
        );
        let said = done(&nanomold(
            &folder,
            &[&call[..], &["--set", &twice]].concat(),
        ));
        assert!(misses(&said), "{said}");
    }
}

/// What cannot be finished leaves nothing that is taken for results, a merge does not write over what it joins, and shards in one
/// folder count their own points.
#[test]
fn results_are_neither_mistaken_nor_lost() {
    let folder = sweep(&format!(
        "model = \"reduced\"\n{DIAMETERS}values = [40, 60, 120]\n"
    ));
    let call = |more: &[&str]| nanomold(&folder, &[&["sweep", "sweep.toml"], more].concat());
    let table = |name: &str| fs::read(folder.path().join(name).join("sweep.csv"));
    // Two shards in one folder: the second finds none of its two points done.
    done(&call(&["--shard", "1/2", "--out", "x"]));
    let said = done(&call(&["--shard", "2/2", "--resume", "--out", "x"]));
    assert!(
        said.starts_with("2 points in") && said.contains("0 were there"),
        "{said}"
    );
    done(&call(&["--shard", "1/2", "--out", "a"]));
    done(&call(&["--shard", "2/2", "--out", "b"]));
    let before = table("b").unwrap();
    let merge = ["merge", "sweep.toml", "--force", "--out", "b", "a", "b"];
    let output = nanomold(&folder, &merge);
    assert!(!output.status.success());
    assert!(
        text(&output.stderr).contains("take another --out"),
        "{}",
        text(&output.stderr)
    );
    assert_eq!(table("b").unwrap(), before);
    // A new sweep over an old one that stops on the way: a directory stands where a point's folder is to be locked.
    done(&call(&["--folders", "--out", "o"]));
    fs::create_dir(folder.path().join("o/points/0/RUNNING")).unwrap();
    let output = call(&["--force", "--set", "process.time_s=100", "--out", "o"]);
    assert!(!output.status.success());
    assert!(
        table("o").is_err(),
        "the old table stands beside the new sweep"
    );
    let output = call(&["--resume", "--set", "process.time_s=100", "--out", "o"]);
    assert!(!output.status.success(), "{}", text(&output.stdout));
}
