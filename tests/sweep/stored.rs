//! What a sweep has stored: checked when it is read back, whole when the disk is full, gone on with within a point.

use crate::common::program::{done, nanomold, program, text, with_small_files};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

fn sweep(rest: &str) -> TempDir {
    let folder = TempDir::new().unwrap();
    let case = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases/ni_d60_297C.toml");
    let case = case.display().to_string();
    let text = format!("name = \"s\"\ncase_file = {case:?}\n{rest}");
    fs::write(folder.path().join("sweep.toml"), text).unwrap();
    folder
}

const REDUCED: &str =
    "model = \"reduced\"\n[[axis]]\nkey = \"pore.diameter_nm\"\nvalues = [20, 40, 60, 80]\n";

/// A line of a table of times that fits a row, as the program writes it.
fn sealed(times: &str, row: &str) -> String {
    let (times, _) = times.rsplit_once(',').unwrap();
    let sum = crc32fast::hash(format!("{times},{row}").as_bytes());
    format!("{times},{sum}")
}

/// A cell that no run writes, or that is another point's, is named and its point computed again; so it is where only the checksum
/// tells, in either table.
#[test]
fn altered_rows_are_named_and_computed_again() {
    let folder = sweep(REDUCED);
    let call = |more: &[&str]| nanomold(&folder, &[&["sweep", "sweep.toml"], more].concat());
    done(&call(&["--out", "o"]));
    let at = |name: &str| folder.path().join("o").join(name);
    let [table, timings] =
        ["sweep.csv", "timings.csv"].map(|name| fs::read_to_string(at(name)).unwrap());
    let header: Vec<&str> = table.lines().next().unwrap().split(',').collect();
    let place = |name: &str| header.iter().position(|one| *one == name).unwrap();
    // Cell, what it becomes, whether the checksum is made right, what is said.
    let cases = [
        (
            "length_nm",
            "nan",
            true,
            "`length_nm` is `nan`, which is no number from 0 on",
        ),
        (
            "length_nm",
            "abc",
            true,
            "`length_nm` is `abc`, which is no number",
        ),
        (
            "length_nm",
            "-5",
            true,
            "`length_nm` is `-5`, which is no number from 0 on",
        ),
        (
            "length_nm",
            "",
            true,
            "point 1 is ok and has no `length_nm`",
        ),
        ("d_nm", "41", true, "`d_nm` is `41`, point 1 has `40`"),
        ("T_C", "", true, "`T_C` is ``, point 1 has `297`"),
        (
            "point",
            "7",
            true,
            "`point` is `7`, which is no point of this sweep",
        ),
        (
            "stop",
            "never",
            true,
            "`stop` is `never`, which is none of time",
        ),
        (
            "status",
            "fine",
            true,
            "`status` is `fine`, which is neither ok nor failed",
        ),
        (
            "core_share",
            "inf",
            true,
            "`core_share` is `inf`, which is no number",
        ),
        (
            "length_nm",
            "123.5",
            false,
            "point 1 is not as it was written",
        ),
    ];
    let line = 2;
    for (name, value, reseal, said) in cases {
        let mut lines: Vec<String> = table.lines().map(str::to_owned).collect();
        let mut times: Vec<String> = timings.lines().map(str::to_owned).collect();
        let mut cells: Vec<&str> = lines[line].split(',').collect();
        cells[place(name)] = value;
        lines[line] = cells.join(",");
        if reseal {
            times[line] = sealed(&times[line], &lines[line]);
        }
        fs::write(at("sweep.csv"), lines.join("\n") + "\n").unwrap();
        fs::write(at("timings.csv"), times.join("\n") + "\n").unwrap();
        let output = call(&["--resume", "--out", "o"]);
        let told = text(&output.stderr);
        assert!(
            done(&output).starts_with("1 points in"),
            "{name} = {value}: {told}"
        );
        assert!(
            told.contains(&format!("sweep.csv: line 3: {said}")),
            "{told}"
        );
        assert_eq!(
            fs::read_to_string(at("sweep.csv")).unwrap(),
            table,
            "{name} = {value}"
        );
    }
    // A time that was changed, and a table of times that is gone.
    let changed = timings.replacen("0.", "1.", 1);
    assert_ne!(changed, timings);
    for (text, computed) in [(Some(changed), "1 points in"), (None, "4 points in")] {
        match text {
            Some(text) => fs::write(at("timings.csv"), text).unwrap(),
            None => fs::remove_file(at("timings.csv")).unwrap(),
        }
        let said = done(&call(&["--resume", "--out", "o"]));
        assert!(said.starts_with(computed), "{said}");
    }
    // Negative control: nothing is computed where nothing was changed, a checksum made anew included.
    let rows: Vec<String> = fs::read_to_string(at("sweep.csv"))
        .unwrap()
        .lines()
        .map(str::to_owned)
        .collect();
    let times = fs::read_to_string(at("timings.csv")).unwrap();
    for (row, line) in rows.iter().zip(times.lines()).skip(1) {
        assert_eq!(sealed(line, row), line);
    }
    let said = done(&call(&["--resume", "--out", "o"]));
    assert!(said.starts_with("0 points in"), "{said}");
    // A merge names them as well, and leaves their points missing.
    let mut lines = rows.clone();
    lines[line] = lines[line].replacen("40,", "40.5,", 1);
    fs::write(at("sweep.csv"), lines.join("\n") + "\n").unwrap();
    let merged = nanomold(&folder, &["merge", "sweep.toml", "--out", "m", "o"]);
    let said = text(&merged.stdout);
    assert_eq!(merged.status.code(), Some(1), "{said}");
    assert!(
        said.contains("1 rows passed over:\n  o/sweep.csv:3: `d_nm` is `40.5`"),
        "{said}"
    );
    assert!(said.contains("1 missing: 1"), "{said}");
}

/// A disk that is full stops a sweep; no point is blamed for it, what was there stays, and the rest is computed later.
#[cfg(unix)]
#[test]
fn a_full_disk_stops_the_sweep() {
    let folder = sweep(REDUCED);
    let whole = ["sweep", "sweep.toml", "--folders", "--out", "whole"];
    done(&nanomold(&folder, &whole));
    let table = |out: &str| fs::read_to_string(folder.path().join(out).join("sweep.csv")).unwrap();
    // Histories and pictures have more than 20 kB.
    let arguments = [
        "sweep",
        "sweep.toml",
        "--folders",
        "--jobs",
        "1",
        "--out",
        "o",
    ];
    let output = with_small_files(folder.path(), 40, &arguments);
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(
        said.contains("cannot write") && said.contains("points/0/"),
        "{said}"
    );
    assert!(said.contains("--resume goes on from there"), "{said}");
    assert_eq!(table("o").lines().count(), 1, "{}", table("o"));
    let resumed = [&arguments[..], &["--resume"]].concat();
    let said = done(&nanomold(&folder, &resumed));
    assert!(said.starts_with("4 points in"), "{said}");
    assert_eq!(table("o"), table("whole"));
    // Without folders it is the table itself: the rows that fitted stay.
    let many = REDUCED.replace(
        "values = [20, 40, 60, 80]",
        "from = 20\nto = 200\npoints = 2000",
    );
    let folder = sweep(&many);
    let arguments = ["sweep", "sweep.toml", "--jobs", "1", "--out", "o"];
    let output = with_small_files(folder.path(), 100, &arguments);
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(
        said.contains("sweep.csv") || said.contains("timings.csv"),
        "{said}"
    );
    let rows = fs::read_to_string(folder.path().join("o/sweep.csv")).unwrap();
    let before = rows.matches('\n').count() - 1;
    assert!((10..2000).contains(&before), "{before}");
    let said = done(&nanomold(
        &folder,
        &[&arguments[..], &["--resume"]].concat(),
    ));
    let computed: usize = said.split(' ').next().unwrap().parse().unwrap();
    assert_eq!(computed + before, 2000, "{said}");
}

/// All files below a folder but logs and records, which tell of clocks.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(folder).unwrap().display().to_string();
            match path.is_dir() {
                true => folders.push(path),
                // These hold the clock's times.
                false if ["log.txt", "run.json", "ro-crate-metadata.json"].contains(&&*name) => {}
                false => drop(found.insert(name, fs::read(path).unwrap())),
            }
        }
    }
    found
}

/// A point that was under way goes on from its checkpoint, after a signal and after a kill, to the same bytes.
#[cfg(unix)]
#[test]
fn points_go_on_from_their_checkpoints() {
    let rest = "model = \"full\"\n[set]\nmesh.cells_per_radius = 8\noutput.frames = 3\noutput.plots = false\n\
                output.checkpoint_minutes = 0\nnumerics.step_tolerance = 1e-5\n\
                [[axis]]\nkey = \"pore.diameter_nm\"\nvalues = [60, 80]\n";
    let folder = sweep(rest);
    let at = |name: &str| folder.path().join(name);
    let sweep = |out: &str, more: &[&str]| {
        let own = [
            "sweep",
            "sweep.toml",
            "--folders",
            "--jobs",
            "1",
            "--device",
            "cpu",
            "-q",
            "--out",
            out,
        ];
        program(folder.path(), &[&own, more].concat())
    };
    done(&sweep("whole", &[]).output().unwrap());
    for signal in ["TERM", "KILL"] {
        let mut child = sweep(signal, &[])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // The second checkpoint: some steps were made.
        let asked = Instant::now();
        while !at(signal).join("points/0/checkpoint.previous.bin").exists() {
            assert!(child.try_wait().unwrap().is_none(), "it ended by itself");
            assert!(asked.elapsed() < Duration::from_secs(60), "no checkpoint");
            std::thread::sleep(Duration::from_millis(2));
        }
        let sent = Command::new("kill")
            .args([&format!("-{signal}"), &child.id().to_string()])
            .status();
        assert!(sent.unwrap().success());
        child.wait().unwrap();
        assert!(!at(signal).join("points/0/run.json").exists(), "{signal}");
        done(&sweep(signal, &["--resume"]).output().unwrap());
        let log = fs::read_to_string(at(signal).join("points/0/log.txt")).unwrap();
        assert!(log.contains("resumed after step"), "{signal}: {log}");
        for file in ["sweep.csv", "sweep.resolved.toml"] {
            let [one, other] = [signal, "whole"].map(|out| fs::read(at(out).join(file)).unwrap());
            assert!(one == other, "{signal}: {file}");
        }
        for point in ["points/0", "points/1"] {
            let [one, other] = [signal, "whole"].map(|out| files(&at(out).join(point)));
            let names: Vec<_> = one.keys().collect();
            assert_eq!(names, other.keys().collect::<Vec<_>>(), "{signal}");
            for (name, bytes) in &one {
                assert!(*bytes == other[name], "{signal}: {point}/{name}");
            }
        }
    }
}

/// The number of points is bounded before anything is computed: 256⁸ would wrap to 0.
#[test]
fn points_are_counted_without_wrapping() {
    let values: Vec<String> = (0..256)
        .map(|k| format!("{}", 20.0 + 0.5 * f64::from(k)))
        .collect();
    let keys = [
        "pore.diameter_nm",
        "process.temperature_C",
        "process.pressure_GPa",
        "process.time_s",
        "front.slip_length_nm",
        "numerics.max_step_growth",
        "numerics.max_steps",
        "numerics.max_cycles",
    ];
    let axes: String = keys
        .iter()
        .map(|key| {
            format!(
                "[[axis]]\nkey = \"{key}\"\nvalues = [{}]\n",
                values.join(", ")
            )
        })
        .collect();
    let folder = sweep(&format!("model = \"reduced\"\n{axes}"));
    let output = nanomold(&folder, &["sweep", "sweep.toml", "--check"]);
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(
        said.contains("256 × 256") && said.contains("sweep.toml:"),
        "{said}"
    );
}

/// A point that failed in one shard and not in another is joined with its result, in whichever sequence the shards are named.
#[test]
fn a_merge_prefers_what_did_not_fail() {
    let folder = sweep(REDUCED);
    let call = |arguments: &[&str]| nanomold(&folder, arguments);
    done(&call(&["sweep", "sweep.toml", "--out", "good"]));
    done(&call(&[
        "sweep",
        "sweep.toml",
        "--points",
        "0,2",
        "--out",
        "bad",
    ]));
    let [table, times] = ["bad/sweep.csv", "bad/timings.csv"].map(|name| folder.path().join(name));
    let change_last = |path: &Path, change: &dyn Fn(&str) -> String| {
        let text = fs::read_to_string(path).unwrap();
        let (rest, last) = text.trim_end().rsplit_once('\n').unwrap();
        fs::write(path, format!("{rest}\n{}\n", change(last))).unwrap();
        (last.to_owned(), change(last))
    };
    // The last row, of point 2, is that of a failure: its conditions are kept, its results are not there.
    let header = fs::read_to_string(&table).unwrap();
    let header: Vec<&str> = header.lines().next().unwrap().split(',').collect();
    let results = header.iter().position(|name| *name == "length_nm").unwrap();
    let (good, failed) = change_last(&table, &|row| {
        let cells = row.split(',').zip(&header).enumerate();
        let cells = cells.map(|(index, (cell, name))| match *name {
            "status" => "failed",
            "reason" => "the device was lost",
            _ if index >= results => "",
            _ => cell,
        });
        cells.collect::<Vec<_>>().join(",")
    });
    change_last(&times, &|line| sealed(line, &failed));
    for (shards, out) in [(["good", "bad"], "m"), (["bad", "good"], "n")] {
        let said = done(&call(
            &[&["merge", "sweep.toml", "--out", out], &shards[..]].concat(),
        ));
        assert!(said.contains("4 of 4 points"), "{said}");
        assert!(
            said.contains("1 double, failed in one place (the other was taken): 2"),
            "{said}"
        );
        assert!(said.contains("1 double, with equal rows: 0"), "{said}");
        let joined = fs::read(folder.path().join(out).join("sweep.csv")).unwrap();
        let whole = fs::read(folder.path().join("good/sweep.csv")).unwrap();
        assert!(joined == whole, "{shards:?}: not with {good}");
    }
    // Negative control: by itself the failure is a failure.
    let failed = call(&["merge", "sweep.toml", "--out", "alone", "bad"]);
    assert_eq!(failed.status.code(), Some(1));
    let joined = fs::read_to_string(folder.path().join("alone/sweep.csv")).unwrap();
    assert!(joined.contains("the device was lost"));
}

/// A sweep that overwrites another one replaces it when all its points are there, and not before.
#[cfg(unix)]
#[test]
fn an_earlier_sweep_stays_until_the_new_one_is_there() {
    let folder = sweep(REDUCED);
    let call = |more: &[&str]| nanomold(&folder, &[&["sweep", "sweep.toml"], more].concat());
    done(&call(&["--folders", "--out", "o"]));
    let at = folder.path().join("o");
    fs::write(at.join("points/notes.txt"), "mine").unwrap();
    let before = files(&at);
    // Other diameters; the table of so many points does not fit.
    let file = fs::read_to_string(folder.path().join("sweep.toml")).unwrap();
    let file = file.replace(
        "values = [20, 40, 60, 80]",
        "from = 20\nto = 200\npoints = 2000",
    );
    fs::write(folder.path().join("sweep.toml"), file).unwrap();
    done(&call(&["--out", "other"]));
    let arguments = ["sweep", "sweep.toml", "--jobs", "1", "--out", "o"];
    let forced = [&arguments[..], &["--force"]].concat();
    let output = with_small_files(folder.path(), 100, &forced);
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(
        said.contains("the earlier results are as they were; the new ones are in o/replacement"),
        "{said}"
    );
    let mut now = files(&at);
    now.retain(|name, _| !name.starts_with("replacement/") && name != "RUNNING");
    assert!(now == before);
    assert!(at.join("replacement/sweep.csv").exists());
    let said = done(&call(&["--resume", "--out", "o"]));
    assert!(!said.starts_with("2000 points"), "{said}");
    // What is not ours stays, and nothing else of the earlier one.
    let mut now = files(&at);
    assert_eq!(
        now.remove("points/notes.txt").as_deref(),
        Some(&b"mine"[..])
    );
    assert_eq!(
        now.keys().collect::<Vec<_>>(),
        files(&folder.path().join("other"))
            .keys()
            .collect::<Vec<_>>()
    );
    let table = |out: &str| fs::read(folder.path().join(out).join("sweep.csv")).unwrap();
    assert!(table("o") == table("other"));
    assert!(!at.join("replacement").exists());
}
