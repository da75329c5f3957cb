//! Runs that do not reach their end: killed, interrupted, failed; checkpoints, and what is resumed from them.

#[path = "common/program.rs"]
#[allow(dead_code, reason = "other tests need the rest")]
mod program;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use nanomold::case::{self, LoadedCase};
use nanomold::compute::Computer;
use nanomold::output::checkpoint::{self, Checkpoint, Origin};
use nanomold::saved::{Saved, SavedError};
use nanomold::simulation::{Simulation, SimulationError};
use nanomold::species::{Extent, Moves, StepFailed, Transport};
use nanomold::stop::Stop;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use serde_json::Value;
use tempfile::TempDir;

fn flagship() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("cases/ni_d60_297C.toml")
}

/// What makes the flagship a case of a second or less: 8 cells per radius, to 60 nm, a checkpoint after every step.
const SMALL: [&str; 4] = [
    "mesh.cells_per_radius=8",
    "process.stop_length_nm=60",
    "output.frames=4",
    "output.checkpoint_minutes=0",
];

/// The models whose states differ.
const MODELS: [(&str, &[&str]); 3] = [
    ("flat", &["front.model=flat"]),
    ("free", &["front.model=free"]),
    (
        "elements",
        &[
            "composition.model=elements",
            "composition.rows=12",
            "composition.profiles=true",
            "process.stop_length_nm=40",
            "numerics.estimate_error=false",
        ],
    ),
];

fn set(sets: &[&str]) -> Vec<String> {
    let pairs = sets.iter().flat_map(|one| ["--set", one]);
    pairs.map(str::to_owned).collect()
}

fn command(folder: &TempDir, arguments: &[&str], sets: &[&str]) -> Command {
    let mut command = program::program(folder, arguments);
    command.args(set(sets)).stdin(Stdio::null());
    command
}

/// A run of the flagship with `sets` after those of [`SMALL`], into the folder `out`.
fn run(folder: &TempDir, out: &str, sets: &[&str]) -> Command {
    let case = flagship();
    let arguments = [
        "run",
        case.to_str().unwrap(),
        "--device",
        "cpu",
        "--out",
        out,
    ];
    command(folder, &arguments, &[&SMALL, sets].concat())
}

fn resume(folder: &TempDir, out: &str, more: &[&str]) -> Output {
    let arguments = [&["resume", out, "--device", "cpu"], more].concat();
    command(folder, &arguments, &[]).output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[track_caller]
fn expect(output: &Output, code: i32) {
    assert_eq!(output.status.code(), Some(code), "{}", said(output));
}

fn record(folder: &TempDir, out: &str) -> Value {
    let path = folder.path().join(out).join("run.json");
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

/// Contents of all files of a run, without what only a clock can know: times in the record and at the beginning of the log's lines,
/// and the log's lines about the resume itself and about the clock's progress.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.strip_prefix(folder).unwrap().display().to_string();
            let bytes = fs::read(&path).unwrap();
            found.insert(name.clone(), without_clock(&name, bytes));
        }
    }
    found
}

fn without_clock(name: &str, bytes: Vec<u8>) -> Vec<u8> {
    match name {
        "run.json" => {
            let mut record: Value = serde_json::from_slice(&bytes).unwrap();
            let keys = ["wall_s", "started_utc", "finished_utc", "resumed_utc"];
            for key in keys {
                record.as_object_mut().unwrap().remove(key);
            }
            serde_json::to_vec(&record).unwrap()
        }
        "ro-crate-metadata.json" => {
            let text = String::from_utf8(bytes).unwrap();
            let clock = ["startTime", "endTime", "datePublished"];
            let timeless = |line: &&str| !clock.iter().any(|key| line.contains(key));
            text.lines()
                .filter(timeless)
                .collect::<String>()
                .into_bytes()
        }
        "log.txt" => {
            let text = String::from_utf8(bytes).unwrap();
            let lines = text.lines().map(|line| line.split_once(' ').unwrap().1);
            let resumed = ["resumed after", "is damaged", "starts at the beginning"];
            let other = |line: &&str| !resumed.iter().any(|word| line.contains(word));
            // What a run says while it goes on it says by the clock.
            let lines = lines.filter(other).filter(|line| !line.contains("%: t = "));
            // The last line ends with the wall time and the folder's name.
            let same = |line: &str| line.split(" cycles, ").next().unwrap().to_owned();
            lines.map(same).collect::<Vec<_>>().join("\n").into_bytes()
        }
        _ => bytes,
    }
}

/// Compares two folders of a run to the last bit.
#[track_caller]
fn assert_same(one: &Path, other: &Path, what: &str) {
    let (one, other) = (files(one), files(other));
    let names: Vec<_> = one.keys().collect();
    assert_eq!(names, other.keys().collect::<Vec<_>>(), "{what}");
    for (name, bytes) in &one {
        assert!(
            *bytes == other[name],
            "{what}: {name} differs:\n{}\n---\n{}",
            String::from_utf8_lossy(bytes),
            String::from_utf8_lossy(&other[name])
        );
    }
}

/// Starts a run and waits until there is something to resume.
fn started(folder: &TempDir, out: &str, sets: &[&str]) -> Child {
    let mut child = run(folder, out, sets)
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let case = folder.path().join(out).join("case.resolved.toml");
    let asked = Instant::now();
    while !case.exists() && child.try_wait().unwrap().is_none() {
        assert!(
            asked.elapsed() < Duration::from_secs(60),
            "nothing is written"
        );
        std::thread::sleep(Duration::from_millis(1));
    }
    child
}

/// Half a hundred kills are for long tests.
fn long() -> bool {
    std::env::var("NANOMOLD_LONG").is_ok_and(|v| v == "1")
}

// ---- kills ------------------------------------------------------------------------------------------------------

#[test]
fn a_killed_run_resumes_to_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    // 100 moments in all with NANOMOLD_LONG=1, else 6.
    let rounds = if long() { 34 } else { 2 };
    let mut random = ChaCha8Rng::seed_from_u64(19);
    let mut in_the_middle = 0;
    for (model, sets) in MODELS {
        let whole = format!("{model}_whole");
        let clock = Instant::now();
        expect(&run(&folder, &whole, sets).output().unwrap(), 0);
        let took = clock.elapsed();
        let whole = folder.path().join(whole);
        // Nothing of the checkpoints is left.
        assert!(!whole.join(checkpoint::LATEST).exists());
        for round in 0..rounds {
            let out = format!("{model}_{round}");
            let mut child = started(&folder, &out, sets);
            let moment = took.mul_f64(random.next_u32() as f64 / u32::MAX as f64);
            std::thread::sleep(moment);
            child.kill().unwrap();
            child.wait().unwrap();
            let path = folder.path().join(&out);
            in_the_middle += usize::from(path.join(checkpoint::LATEST).exists());
            // Half of the time the latest checkpoint is damaged on top of it.
            if round % 2 == 1
                && let Ok(mut bytes) = fs::read(path.join(checkpoint::LATEST))
            {
                let at = random.next_u64() as usize % bytes.len();
                bytes[at] ^= 1 << (random.next_u32() % 8);
                fs::write(path.join(checkpoint::LATEST), bytes).unwrap();
            }
            expect(&resume(&folder, &out, &[]), 0);
            assert_same(&path, &whole, &format!("{model}, {moment:?}"));
        }
    }
    println!("{in_the_middle} of {} left a checkpoint", 3 * rounds);
    // Moments are even over the run: one in six at least hits it after its start.
    assert!(in_the_middle >= rounds / 2, "{in_the_middle}");
}

/// On an adapter the same to what mixed precision is good for. The adapter is a software one here.
#[test]
fn a_killed_run_on_an_adapter_resumes_to_its_precision() {
    let folder = tempfile::tempdir().unwrap();
    let rounds = if long() { 10 } else { 1 };
    let mut random = ChaCha8Rng::seed_from_u64(20);
    let case = flagship();
    let sets = ["front.model=flat", "numerics.estimate_error=false"];
    let run = |out: &str| {
        let arguments = ["run", case.to_str().unwrap(), "--device", "0", "--out", out];
        command(&folder, &arguments, &[&SMALL[..], &sets].concat())
    };
    let clock = Instant::now();
    expect(&run("whole").output().unwrap(), 0);
    let took = clock.elapsed();
    let whole = record(&folder, "whole");
    assert_ne!(whole["device"], "cpu", "{whole}");
    for round in 0..rounds {
        let out = format!("killed_{round}");
        let mut child = run(&out).stderr(Stdio::null()).spawn().unwrap();
        let path = folder.path().join(&out);
        let asked = Instant::now();
        while !path.join(checkpoint::LATEST).exists() && child.try_wait().unwrap().is_none() {
            assert!(asked.elapsed() < Duration::from_secs(60), "no checkpoint");
            std::thread::sleep(Duration::from_millis(1));
        }
        std::thread::sleep(took.mul_f64(0.5 * random.next_u32() as f64 / u32::MAX as f64));
        child.kill().unwrap();
        child.wait().unwrap();
        let resumed = command(&folder, &["resume", &out, "--device", "0"], &[]).output();
        expect(&resumed.unwrap(), 0);
        let found = record(&folder, &out);
        // Rates agree to what a solve is carried to, 3e-6 of them, in steps of 1e-4.
        for key in ["length_nm", "lambda", "time_s"] {
            let [one, other] = [&found, &whole].map(|record| record[key].as_f64().unwrap());
            assert!((one / other - 1.0).abs() < 1e-5, "{key}: {one} {other}");
        }
    }
}

#[test]
fn another_number_is_seen_by_the_comparison() {
    // Negative control of the comparison above.
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| folder.path().join(name);
    for name in ["a", "b"] {
        fs::create_dir(place(name)).unwrap();
        fs::write(place(name).join("history.csv"), "1.0000000000000002\n").unwrap();
        let record = format!("{{\"length_nm\": 1.5, \"wall_s\": {}}}", name.len());
        fs::write(place(name).join("run.json"), record).unwrap();
    }
    assert_same(&place("a"), &place("b"), "equal");
    fs::write(place("b").join("history.csv"), "1.0000000000000004\n").unwrap();
    let differs = std::panic::catch_unwind(|| assert_same(&place("a"), &place("b"), ""));
    assert!(differs.is_err());
}

// ---- the file ---------------------------------------------------------------------------------------------------

fn loaded(sets: &[&str]) -> LoadedCase {
    let sets: Vec<String> = SMALL.iter().chain(sets).map(|s| s.to_string()).collect();
    case::load(&flagship(), &sets).unwrap()
}

/// A checkpoint of a run of some steps.
fn small_checkpoint(loaded: &LoadedCase, steps: u32) -> Checkpoint {
    let mut simulation = Simulation::new(loaded).unwrap();
    for _ in 0..steps {
        simulation.advance().unwrap();
    }
    Checkpoint {
        origin: Origin::default(),
        case: loaded.resolved_toml(),
        recorder: Value::Null,
        state: simulation.save(),
    }
}

#[test]
fn every_damaged_byte_and_every_torn_file_is_seen() {
    // The coarsest mold that a case may have, so that the file is small.
    let loaded = loaded(&["front.model=flat", "mesh.reservoir_depth=3"]);
    let checkpoint = small_checkpoint(&loaded, 2);
    let mut bytes = checkpoint.to_bytes();
    assert_eq!(Checkpoint::from_bytes(&bytes).as_ref(), Ok(&checkpoint));
    println!("{} bytes", bytes.len());
    for at in 0..bytes.len() {
        // One bit, another one, all bits.
        for change in [1u8, 1 << (at % 8), 0xff] {
            bytes[at] ^= change;
            assert!(
                Checkpoint::from_bytes(&bytes).is_err(),
                "byte {at}, {change}"
            );
            bytes[at] ^= change;
        }
    }
    for length in 0..bytes.len() {
        assert!(
            Checkpoint::from_bytes(&bytes[..length]).is_err(),
            "{length} bytes"
        );
    }
    bytes.push(0);
    assert!(Checkpoint::from_bytes(&bytes).is_err());
}

/// The state as it comes back from the bytes of a file.
fn through_a_file(state: Saved) -> Saved {
    let checkpoint = Checkpoint {
        origin: Origin::default(),
        case: String::new(),
        recorder: Value::Null,
        state,
    };
    Checkpoint::from_bytes(&checkpoint.to_bytes())
        .unwrap()
        .state
}

fn restored<'a>(loaded: &'a LoadedCase, state: &Saved) -> Result<Simulation<'a>, SavedError> {
    Simulation::restore(loaded, Computer::cpu(), Stop::never(), state)
}

#[test]
fn a_restored_run_makes_the_same_steps() {
    // A press that is taken away for a while: the front waits, with a composition and without.
    let press =
        "process.pressure_schedule=[[0, 1], [30, 1], [31, 0], [200, 0], [201, 1], [36000, 1]]";
    let waiting = [
        ("a front that waits", vec!["front.model=free", press]),
        ("a composition that waits", [MODELS[2].1, &[press]].concat()),
    ];
    let models = MODELS.map(|(model, sets)| (model, sets.to_vec()));
    for (model, sets) in models.into_iter().chain(waiting) {
        let loaded = loaded(&sets);
        let mut whole = Simulation::new(&loaded).unwrap();
        let (mut idle, mut steps) = (0, 0);
        loop {
            let mut again = restored(&loaded, &through_a_file(whole.save())).unwrap();
            assert_eq!(again.latest(), whole.latest());
            let due = whole.frame_is_due();
            if due {
                assert_eq!(again.frame().unwrap(), whole.frame().unwrap(), "{model}");
            }
            let (a, b) = (whole.advance().unwrap(), again.advance().unwrap());
            assert_eq!(a, b, "{model}, step {steps}");
            let Some(step) = a else { break };
            idle += usize::from(step.conditions.is_idle());
            assert!(whole.save() == again.save(), "{model}, step {steps}");
            steps += 1;
        }
        println!("{model}: {steps} steps, {idle} of them idle");
        assert!(
            steps > 10 && (idle > 0) == model.contains("waits"),
            "{model}"
        );
    }
}

#[test]
fn a_changed_or_incomplete_state_is_seen() {
    for (model, sets) in MODELS {
        let loaded = loaded(sets);
        let mut whole = Simulation::new(&loaded).unwrap();
        for _ in 0..4 {
            whole.advance().unwrap();
        }
        let state = whole.save();
        // Negative control of the test above: one number, changed in its last digits.
        let mut other = state.clone();
        other.arrays.get_mut("integrator").unwrap()[1] *= 1.0 + 1e-15;
        let mut other = restored(&loaded, &other).unwrap();
        assert_ne!(
            other.advance().unwrap(),
            whole.advance().unwrap(),
            "{model}"
        );
        // A state without one of its parts is none; a past and a response are what a run may have or not.
        let may_lack = |name: &str| ["previous", "response"].iter().any(|p| name.contains(p));
        for name in state.arrays.keys().filter(|name| !may_lack(name)) {
            let mut less = state.clone();
            less.arrays.remove(name);
            assert!(restored(&loaded, &less).is_err(), "{model}: {name}");
        }
    }
}

#[test]
#[ignore = "needs Python with numpy; tests/run.sh runs it"]
fn numpy_reads_a_checkpoint_as_the_documentation_says() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/reliability.md");
    let docs = fs::read_to_string(docs).unwrap();
    let script = docs.split("```python\n").nth(1).unwrap();
    let script = script.split("```").next().unwrap();
    assert!(script.lines().count() <= 10, "ten lines:\n{script}");
    let folder = tempfile::tempdir().unwrap();
    let loaded = loaded(&["front.model=flat"]);
    let checkpoint = small_checkpoint(&loaded, 1);
    fs::write(folder.path().join("checkpoint.bin"), checkpoint.to_bytes()).unwrap();
    let python = std::env::var("NANOMOLD_VTK_PYTHON")
        .expect("NANOMOLD_VTK_PYTHON names a Python with numpy");
    let script = format!("{script}\nprint(repr(float(arrays['integrator'][1])))");
    let output = Command::new(python)
        .current_dir(folder.path())
        .args(["-c", &script])
        .output()
        .unwrap();
    // The documentation's own lines print before.
    let value: f64 = String::from_utf8_lossy(&output.stdout)
        .lines()
        .last()
        .unwrap_or_default()
        .parse()
        .unwrap_or_else(|_| panic!("{}", said(&output)));
    assert_eq!(value, checkpoint.state.arrays["integrator"][1]);
}

// ---- what may differ, and what may not --------------------------------------------------------------------------

#[test]
fn another_case_is_refused_with_what_differs() {
    let folder = tempfile::tempdir().unwrap();
    let fails = ["front.model=flat", "numerics.max_steps=3"];
    expect(&run(&folder, "a", &fails).output().unwrap(), 1);
    let path = folder.path().join("a/case.resolved.toml");
    let text = fs::read_to_string(&path).unwrap();
    let changed = text
        .replace("diameter_nm = 60", "diameter_nm = 61")
        .replace("cells_per_radius = 8", "cells_per_radius = 12");
    fs::write(&path, &changed).unwrap();
    let before = files(&folder.path().join("a"));
    let refused = resume(&folder, "a", &[]);
    expect(&refused, 2);
    for part in ["pore.diameter_nm: 60", "61", "mesh.cells_per_radius: 8"] {
        assert!(said(&refused).contains(part), "{part}: {}", said(&refused));
    }
    // Nothing was touched.
    assert!(before == files(&folder.path().join("a")));
    // Negative control: the same case goes on.
    fs::write(&path, &text).unwrap();
    expect(
        &resume(&folder, "a", &["--set", "numerics.max_steps=500"]),
        0,
    );
    let nothing = resume(&folder, "a", &[]);
    expect(&nothing, 0);
    assert!(String::from_utf8_lossy(&nothing.stdout).contains("nothing to resume"));
    expect(&resume(&folder, "b", &[]), 2);
}

#[test]
fn a_checkpoint_of_another_version_or_device_goes_on_with_a_note() {
    let folder = tempfile::tempdir().unwrap();
    let fails = ["front.model=flat", "numerics.max_steps=3"];
    expect(&run(&folder, "a", &fails).output().unwrap(), 1);
    let path = folder.path().join("a").join(checkpoint::LATEST);
    let mut other = Checkpoint::from_bytes(&fs::read(&path).unwrap()).unwrap();
    other.origin.version = "0.0.1".into();
    other.origin.device = "Some Card (Vulkan)".into();
    fs::write(&path, other.to_bytes()).unwrap();
    let resumed = resume(&folder, "a", &["--set", "numerics.max_steps=500"]);
    expect(&resumed, 0);
    for part in ["nanomold 0.0.1", "Some Card"] {
        assert!(said(&resumed).contains(part), "{}", said(&resumed));
    }
    // Damaged ones both: the run starts at the beginning, and says so.
    expect(&run(&folder, "c", &fails).output().unwrap(), 1);
    for name in [checkpoint::LATEST, checkpoint::PREVIOUS] {
        fs::write(folder.path().join("c").join(name), "nanomold, but torn").unwrap();
    }
    let again = resume(&folder, "c", &["--set", "numerics.max_steps=500"]);
    expect(&again, 0);
    let text = said(&again);
    assert!(text.contains("starts at the beginning") && text.matches("damaged").count() == 2);
}

// ---- early ends -------------------------------------------------------------------------------------------------

#[test]
fn a_run_that_fails_keeps_what_it_has() {
    let folder = tempfile::tempdir().unwrap();
    let fails = ["numerics.max_steps=6", "front.model=flat"];
    let failed = run(&folder, "a", &fails).output().unwrap();
    expect(&failed, 1);
    let path = folder.path().join("a");
    let result = record(&folder, "a");
    assert_eq!(result["status"], "failed");
    let reason = result["ended_early"].as_str().unwrap();
    assert!(reason.contains("numerics.max_steps = 6"), "{reason}");
    assert!(said(&failed).contains(reason));
    let rows = nanomold::output::read_history(path.join("history.csv")).unwrap();
    assert_eq!(rows.len(), 7);
    assert_eq!(result["length_nm"].as_f64(), Some(rows[6].length_nm));
    assert!(path.join("FAILED.txt").exists() && path.join(checkpoint::LATEST).exists());
    // It goes on from there, to the bytes of one that was allowed the steps at once.
    let more = ["--set", "numerics.max_steps=400"];
    expect(&resume(&folder, "a", &more), 0);
    let whole = ["front.model=flat", "numerics.max_steps=400"];
    expect(&run(&folder, "whole", &whole).output().unwrap(), 0);
    // The log said on the way why the run stopped: no more, it went back.
    assert_same(&path, &folder.path().join("whole"), "after a failure");
}

#[test]
fn a_run_ends_with_its_time() {
    let folder = tempfile::tempdir().unwrap();
    // Thousands of steps: longer than the two seconds that it gets.
    let slow = ["numerics.step_tolerance=1e-10", "front.model=flat"];
    let clock = Instant::now();
    let ended = run(&folder, "a", &slow)
        .args(["--max-wall", "1s"])
        .output()
        .unwrap();
    // A second for the run, less than two for its end.
    let took = clock.elapsed();
    expect(&ended, 130);
    assert!(took < Duration::from_secs(3), "{took:?}");
    let result = record(&folder, "a");
    assert_eq!(result["status"], "interrupted");
    assert!(
        result["ended_early"]
            .as_str()
            .unwrap()
            .contains("--max-wall")
    );
    assert!(
        said(&ended).contains("nanomold resume a"),
        "{}",
        said(&ended)
    );
    // Steps go on from the last: more rows after another second, none lost.
    let rows = || nanomold::output::read_history(folder.path().join("a/history.csv")).unwrap();
    let before = rows();
    expect(&resume(&folder, "a", &["--max-wall", "1s"]), 130);
    let after = rows();
    assert!(after.len() > before.len() && after[..before.len()] == before[..]);
}

/// A flag that is set after `wait`, and how long after that `work` took to end.
fn stopped_after<R>(wait: Duration, work: impl FnOnce(Stop) -> R) -> (R, Duration) {
    let flag = Arc::new(AtomicBool::new(false));
    let stop = Stop::when(Arc::clone(&flag));
    let start = Instant::now();
    let setter = std::thread::spawn(move || {
        std::thread::sleep(wait);
        flag.store(true, Ordering::SeqCst);
    });
    let result = work(stop);
    setter.join().unwrap();
    (result, start.elapsed().saturating_sub(wait))
}

/// How soon everything reacts that may take long.
const SOON: Duration = Duration::from_secs(2);

#[test]
fn a_step_is_stopped_within_it() {
    // The first solve on this grid alone takes several times as long as it is given, on a fast machine too.
    let loaded = loaded(&["mesh.cells_per_radius=128", "front.model=flat"]);
    let (result, late) = stopped_after(Duration::from_millis(30), |stop| {
        Simulation::on_until(&loaded, Computer::cpu(), stop).map(|_| ())
    });
    assert!(
        matches!(result, Err(SimulationError::Stopped { .. })),
        "{result:?}"
    );
    assert!(late < SOON, "{late:?}");
}

/// Nothing moves, in `parts` parts; `upwards` through the first axial face above the mouth.
fn moves(mesh: &nanomold::species::Mesh, parts: usize, upwards: f64) -> Moves {
    let layout = &mesh.layout;
    let (nr, np, jm, nz) = layout.sizes();
    let walls = nr - np + nz - jm;
    let mut axial = vec![0.0; layout.axial_row(nz + 1).start];
    axial[layout.axial_row(jm + 1).start] = upwards;
    Moves {
        axial,
        radial: vec![0.0; layout.radial_row(nz).start],
        exchange: vec![0.0; walls],
        flux: vec![0.0; walls + 1],
        swept: vec![0.0; walls + 1],
        deposit: vec![0.0; np],
        least_parts: parts,
    }
}

#[test]
fn a_step_of_the_composition_is_stopped_within_it_or_not_begun() {
    let loaded = loaded(&["composition.model=elements", "composition.rows=64"]);
    let simulation = Simulation::new(&loaded).unwrap();
    let (mesh, alloy, state) = simulation.composition().unwrap().parts();
    let extent: &Extent = &state.extent;
    let transport = Transport {
        layer: 1e-9,
        bulk: 1e-9,
        exchange: 1.0,
        feedstock_held: true,
        ageing: 0.0,
    };
    // As many parts as there may be: seconds.
    let (result, late) = stopped_after(Duration::from_millis(200), |stop| {
        let most = moves(mesh, 1 << 14, 0.0);
        state.step_unless(mesh, alloy, &transport, &most, extent, &stop)
    });
    assert_eq!(result.err(), Some(StepFailed::Stopped));
    assert!(late < SOON, "{late:?}");
    // More than that: the step is refused before it is begun, with what cannot be made.
    let cell = mesh.layout.cell_row(mesh.layout.mouth_row as usize).start;
    let volume = mesh.volumes(extent)[cell];
    let clock = Instant::now();
    let result = state.step(
        mesh,
        alloy,
        &transport,
        &moves(mesh, 1, 1e6 * volume),
        extent,
    );
    let Err(StepFailed::TooManyParts {
        parts, outflow, r, ..
    }) = result
    else {
        panic!("{result:?}");
    };
    assert!(clock.elapsed() < Duration::from_millis(500));
    // 1e6 contents at 0.45 of a content in a part.
    assert!(
        (outflow / 1e6 - 1.0).abs() < 1e-9 && parts > 2_000_000,
        "{parts}, {outflow}"
    );
    assert!(r > 0.0 && r < mesh.r[1], "{r}");
}

#[cfg(target_os = "linux")]
#[test]
fn what_is_ignored_stays_ignored() {
    let signal = |child: &Child, name: &str| {
        let id = child.id().to_string();
        let sent = Command::new("kill").args([name, &id]).status().unwrap();
        assert!(sent.success());
    };
    let folder = tempfile::tempdir().unwrap();
    let slow = ["numerics.step_tolerance=1e-8", "front.model=flat"];
    for (out, sent, code) in [("ignored", "-HUP", 0), ("caught", "-TERM", 130)] {
        // As `nohup` starts it.
        let program = run(&folder, out, &slow);
        let mut child = Command::new("sh")
            .args(["-c", "trap '' HUP; exec \"$@\"", "sh"])
            .arg(program.get_program())
            .args(program.get_args())
            .current_dir(folder.path())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let table = folder.path().join(out).join("history.csv");
        while fs::read(&table).map_or(0, |bytes| bytes.len()) < 2000 {
            assert!(child.try_wait().unwrap().is_none(), "{out} has ended");
            std::thread::sleep(Duration::from_millis(5));
        }
        signal(&child, sent);
        assert_eq!(child.wait().unwrap().code(), Some(code), "{out}");
    }
    assert_eq!(record(&folder, "ignored")["status"], "finished");
    assert_eq!(record(&folder, "caught")["status"], "interrupted");
}

// ---- nobody else's files ----------------------------------------------------------------------------------------

#[test]
fn a_result_is_replaced_when_the_new_one_is_complete() {
    let folder = tempfile::tempdir().unwrap();
    let flat = ["front.model=flat"];
    expect(&run(&folder, "a", &flat).output().unwrap(), 0);
    let path = folder.path().join("a");
    fs::write(path.join("notes.txt"), "mine").unwrap();
    let before = files(&path);
    let other = [
        "front.model=flat",
        "pore.diameter_nm=50",
        "numerics.max_steps=4",
    ];
    expect(
        &run(&folder, "a", &other).arg("--force").output().unwrap(),
        1,
    );
    let mut now = files(&path);
    now.retain(|name, _| !name.starts_with("replacement/"));
    assert!(
        now == before,
        "the earlier result is there until the new one is"
    );
    assert!(path.join("replacement").join(checkpoint::LATEST).exists());
    // The new one goes on where it stopped and takes the place.
    expect(
        &resume(&folder, "a", &["--set", "numerics.max_steps=400"]),
        0,
    );
    let whole = [
        "front.model=flat",
        "pore.diameter_nm=50",
        "numerics.max_steps=400",
    ];
    expect(&run(&folder, "whole", &whole).output().unwrap(), 0);
    let mut now = files(&path);
    assert_eq!(now.remove("notes.txt").as_deref(), Some(&b"mine"[..]));
    assert!(now == files(&folder.path().join("whole")));
}

#[test]
fn files_of_others_are_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let (input, elsewhere) = (folder.path().join("input"), folder.path().join("elsewhere"));
    fs::create_dir(&input).unwrap();
    fs::create_dir(&elsewhere).unwrap();
    // The folder of the case itself: its case.toml is the user's.
    fs::write(input.join("case.toml"), "precious").unwrap();
    let into = |out: &str| {
        let output = run(&folder, out, &["front.model=flat"])
            .arg("--force")
            .output()
            .unwrap();
        expect(&output, 2);
        said(&output)
    };
    assert!(into("input").contains("case.toml"));
    assert_eq!(fs::read(input.join("case.toml")).unwrap(), b"precious");
    assert_eq!(fs::read_dir(&input).unwrap().count(), 1);
    #[cfg(unix)]
    {
        // Links in the place of what a run writes.
        fs::write(elsewhere.join("flow_0000.vtu"), "precious").unwrap();
        fs::write(elsewhere.join("file"), "precious").unwrap();
        for (k, name) in ["fields", "RUNNING", "log.txt", "replacement"]
            .into_iter()
            .enumerate()
        {
            let out = folder.path().join(format!("link{k}"));
            if name == "replacement" {
                let done = run(&folder, out.to_str().unwrap(), &["front.model=flat"]);
                expect(&{ done }.output().unwrap(), 0);
            } else {
                fs::create_dir(&out).unwrap();
            }
            let to = if name == "fields" || name == "replacement" {
                elsewhere.clone()
            } else {
                elsewhere.join("file")
            };
            std::os::unix::fs::symlink(to, out.join(name)).unwrap();
            into(out.to_str().unwrap());
        }
        for name in ["flow_0000.vtu", "file"] {
            assert_eq!(fs::read(elsewhere.join(name)).unwrap(), b"precious");
        }
        assert_eq!(fs::read_dir(&elsewhere).unwrap().count(), 2);
    }
}

#[test]
fn a_name_does_not_lead_out_of_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    let case = flagship();
    for name in ["../../escape", "/tmp/escape", "..", "a\\\\b", "", " "] {
        let arguments = ["run", case.to_str().unwrap(), "--model", "reduced"];
        let output = command(&folder, &arguments, &[&format!("name=\"{name}\"")])
            .output()
            .unwrap();
        expect(&output, 2);
        assert!(
            said(&output).contains("folder"),
            "{name}: {}",
            said(&output)
        );
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "{name}");
    }
    // Negative control: dots inside a name are fine.
    let arguments = ["run", case.to_str().unwrap(), "--model", "reduced"];
    let output = command(&folder, &arguments, &["name=\"d60..v1.2\""])
        .output()
        .unwrap();
    expect(&output, 0);
    assert!(folder.path().join("out/d60..v1.2/run.json").exists());
}

#[test]
fn files_are_overwritten_only_by_force() {
    let folder = tempfile::tempdir().unwrap();
    let case = flagship();
    let case = case.to_str().unwrap();
    let synthesize = [
        "synthesize",
        case,
        "--at",
        "297,1.25,100",
        "--diameters",
        "60",
        "--out",
        "c",
    ];
    fs::write(folder.path().join("c"), "precious").unwrap();
    for arguments in [
        &synthesize[..],
        &["table", "--out", "c"],
        &["bench", "--json", "c"],
    ] {
        let output = command(&folder, arguments, &[]).output().unwrap();
        expect(&output, 2);
        assert!(said(&output).contains("--force"), "{}", said(&output));
        assert_eq!(fs::read(folder.path().join("c")).unwrap(), b"precious");
    }
    let sets = ["front.model=flat"];
    let forced = [&synthesize[..], &["--force"]].concat();
    expect(&command(&folder, &forced, &sets).output().unwrap(), 0);
    assert!(
        fs::read_to_string(folder.path().join("c"))
            .unwrap()
            .contains("SYNTHETIC")
    );
}

// ---- commands that make many runs -------------------------------------------------------------------------------

/// Runs that a killed `synthesize` has made are not made again, and the tables are those of one that was not killed.
#[test]
fn runs_that_were_made_are_not_made_again() {
    let folder = tempfile::tempdir().unwrap();
    let case = flagship();
    let case = case.to_str().unwrap();
    // The first takes a blink, the last some seconds: in between the program is killed.
    let sets = ["front.model=flat", "mesh.cells_per_radius=8"];
    let elements = ["composition.model=elements", "composition.rows=12"];
    let synthesize = |out: &'static str, profiles: bool| {
        let mut arguments = vec!["synthesize", case, "--at", "297,1.25,36000", "--out", out];
        if profiles {
            arguments.extend(["--diameters", "150,60", "--profiles", "wires", "--force"]);
        } else {
            arguments.extend(["--at", "317,1.25,36000", "--diameters", "150,20,10"]);
        }
        let sets = if profiles {
            [&sets[..], &elements].concat()
        } else {
            sets.to_vec()
        };
        let mut command = command(&folder, &arguments, &sets);
        command.env("RAYON_NUM_THREADS", "1");
        command
    };
    for (whole, out, profiles) in [("a.csv", "b.csv", false), ("c.csv", "d.csv", true)] {
        expect(&synthesize(whole, profiles).output().unwrap(), 0);
        let wires = || {
            let path = folder.path().join("wires");
            profiles.then(|| files(&path))
        };
        let wires_before = wires();
        let kept = folder.path().join(format!("{out}.computed"));
        let mut child = synthesize(out, profiles)
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let asked = Instant::now();
        let lines = || fs::read_to_string(&kept).map_or(0, |text| text.lines().count());
        while lines() < 2 && child.try_wait().unwrap().is_none() {
            assert!(asked.elapsed() < Duration::from_secs(60), "nothing is kept");
            std::thread::sleep(Duration::from_millis(1));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        // A header and a result or more, and no table yet.
        let before = lines();
        assert!(before >= 2 && !folder.path().join(out).exists(), "{before}");
        let output = synthesize(out, profiles).output().unwrap();
        expect(&output, 0);
        let count = before - 1;
        assert!(
            said(&output).contains(&format!(
                "{count} results that were computed before are in {out}.computed"
            )),
            "{}",
            said(&output)
        );
        assert!(!kept.exists());
        let table = |name: &str| {
            let text = fs::read_to_string(folder.path().join(name)).unwrap();
            text.replace(name, "TABLE")
        };
        assert_eq!(table(out), table(whole));
        assert!(wires() == wires_before);
    }
}

// ---- numbers that are none --------------------------------------------------------------------------------------

#[test]
fn a_number_that_is_none_stops_the_run_at_its_step() {
    let elements = loaded(MODELS[2].1);
    let mut sound = Simulation::new(&elements).unwrap();
    for _ in 0..2 {
        sound.advance().unwrap();
    }
    let state = sound.save();
    let (mesh, alloy, _) = sound.composition().unwrap().parts();
    let (n, cells) = (alloy.len(), mesh.layout.cells());
    let cell = mesh.layout.cell_row(3).start + 2;
    let planted = [
        ("species/fractions", n * cell + 1, f64::NAN, "cell (2, 3)"),
        (
            "species/fractions",
            n * (cells + 4),
            f64::INFINITY,
            "cell 4 of the layer",
        ),
        ("species/age", cell, f64::NAN, "the crystallised fraction"),
    ];
    for (name, at, number, place) in planted {
        let mut bad = state.clone();
        bad.arrays.get_mut(name).unwrap()[at] = number;
        let mut run = restored(&elements, &bad).unwrap();
        let error = run.advance().map(|_| ()).unwrap_err();
        let text = error.to_string();
        assert!(
            matches!(error, SimulationError::NotFinite { step: 3, .. }),
            "{text}"
        );
        assert!(text.contains("step 3") && text.contains(place), "{text}");
    }
    let element = format!("the fraction of {}", alloy.elements()[1].name);
    let mut bad = state.clone();
    bad.arrays.get_mut("species/fractions").unwrap()[n * cell + 1] = f64::NAN;
    let mut run = restored(&elements, &bad).unwrap();
    assert!(run.advance().unwrap_err().to_string().contains(&element));
    // Negative control: nothing planted.
    let mut run = restored(&elements, &state).unwrap();
    run.advance().unwrap();
}

#[test]
fn a_step_that_fails_leaves_the_run_as_it_was() {
    for (model, sets) in &MODELS[1..] {
        // A pressure that is no number from the first corner on.
        let schedule = "process.pressure_schedule=[[0, 1.25], [20, 1.25], [36000, 1.3]]";
        let mut loaded = loaded(&[sets, &[schedule][..]].concat());
        let schedule = loaded.case.process.pressure_schedule.as_mut().unwrap();
        schedule[2][1] = f64::NAN;
        let mut run = Simulation::new(&loaded).unwrap();
        let mut before = run.save();
        let error = loop {
            match run.advance() {
                Ok(Some(_)) => before = run.save(),
                Ok(None) => panic!("{model}: it went on to the end"),
                Err(error) => break error,
            }
        };
        println!("{model}: {error}");
        assert!(
            matches!(error, SimulationError::NotFinite { .. }),
            "{model}: {error}"
        );
        assert!(run.latest().conditions.time <= 20.0 * (1.0 + 1e-9) && run.steps() > 0);
        assert!(run.save() == before, "{model}");
    }
}
