//! Sweeps whose points share a device: the same numbers as alone and as on the CPU, in batches of many.

use crate::common::gpu;
use crate::common::program::nanomold_with;
use nanomold::backend::gpu::packing::classes;
use nanomold::backend::gpu::source::OuterReal;
use nanomold::backend::gpu::{Batch, Outer};
use nanomold::compute::{DeviceWorker, GpuFlow, SharedDevice, Tally, bytes_on_device};
use nanomold::flow::grid::Grid;
use nanomold::kernels::Precision;
use nanomold::stop::Stop;
use nanomold::sweep::{Done, Existing, Plan, Shard, Store, execute, execute_on};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Eight cells across the pore, wires of one to three radii in large steps: what a software adapter can follow.
const COARSE: &str = r#"
front.model = "flat"
mesh.cells_per_radius = 8
mesh.cell_radius = 2.0
mesh.reservoir_depth = 3.0
numerics.step_tolerance = 1e-2
numerics.estimate_error = false
output.frames = 0
process.time_s = 400
"#;

const DIAMETERS: &str = "[[axis]]\nkey = \"pore.diameter_nm\"\nvalues = [48, 60, 72, 84]\n";

fn sweep_file(folder: &Path, set: &str, axes: &str) -> PathBuf {
    let case = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases/ni_d60_297C.toml");
    let path = folder.join("sweep.toml");
    let text = format!(
        "name = \"s\"\ncase_file = {:?}\nmodel = \"full\"\n[set]\n{COARSE}{set}\n{axes}",
        case.display().to_string()
    );
    fs::write(&path, text).unwrap();
    path
}

/// A plan over the flagship; `sets` override it.
fn plan(axes: &str, sets: &[&str]) -> Plan {
    let folder = TempDir::new().unwrap();
    let sets: Vec<String> = sets.iter().map(|set| set.to_string()).collect();
    Plan::read(&sweep_file(folder.path(), "", axes), &sets, None)
        .unwrap_or_else(|error| panic!("{error:?}"))
}

/// The tables of a sweep.
struct Tables {
    rows: String,
    timings: String,
    done: Done,
}

fn tables(compute: impl FnOnce(&mut Store, &mut Done), plan: &Plan) -> Tables {
    let folder = TempDir::new().unwrap();
    let (mut store, mut done) = Store::open(folder.path(), plan, Existing::Refuse).unwrap();
    compute(&mut store, &mut done);
    store.finish().unwrap();
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    Tables {
        rows: read("sweep.csv"),
        timings: read("timings.csv"),
        done,
    }
}

fn on_cpu(plan: &Plan) -> Tables {
    let (all, never) = (Shard::WHOLE.points(plan), Stop::never());
    tables(
        |store, done| execute(plan, &all, store, done, 2, &never, |_| {}).unwrap(),
        plan,
    )
}

fn on(devices: &[DeviceWorker], plan: &Plan) -> Tables {
    let (all, never) = (Shard::WHOLE.points(plan), Stop::never());
    tables(
        |store, done| execute_on(devices, plan, &all, store, done, &never, |_| {}).unwrap(),
        plan,
    )
}

/// The adapter that the tests share, for so many points at once.
fn worker(at_once: usize) -> DeviceWorker {
    worker_on(gpu::poisoned(gpu::shared(Outer::Double)), at_once, false)
}

fn worker_on(flow: GpuFlow, at_once: usize, falls_back: bool) -> DeviceWorker {
    let device = SharedDevice::with(flow, Precision::Mixed);
    DeviceWorker::new(device, at_once, falls_back)
}

/// The diameters in one batch of points, and how full its batches were.
fn together() -> &'static (String, Tally) {
    static FOUND: OnceLock<(String, Tally)> = OnceLock::new();
    FOUND.get_or_init(|| {
        let worker = worker(4);
        let found = on(std::slice::from_ref(&worker), &plan(DIAMETERS, &[]));
        assert_eq!((found.done.count, found.done.failed), (4, 0));
        assert_eq!(found.timings.matches(worker.name()).count(), 4);
        // With its driver: the same adapter may give other digits with another.
        let machine = worker.device().gpu().machine();
        let driver = machine.driver.as_deref().expect("adapters have one");
        assert!(!driver.is_empty());
        assert_eq!(found.timings.matches(&machine.text()).count(), 4);
        (found.rows, worker.device().tally())
    })
}

/// Largest relative difference of the numbers of two tables; everything else is the same in both.
fn difference(a: &str, b: &str) -> f64 {
    let mut worst = 0.0_f64;
    assert_eq!(a.lines().count(), b.lines().count());
    for (one, other) in a.lines().zip(b.lines()) {
        let cells = one.split(',').zip(other.split(','));
        assert_eq!(one.split(',').count(), other.split(',').count());
        for (x, y) in cells {
            match (x.parse::<f64>(), y.parse::<f64>()) {
                (Ok(x), Ok(y)) => worst = worst.max((x - y).abs() / y.abs().max(1e-12)),
                _ => assert_eq!(x, y),
            }
        }
    }
    worst
}

/// Points together give what they give one after the other on the same adapter, byte for byte, and what the CPU gives.
#[test]
fn points_together_are_as_alone_and_as_on_the_cpu() {
    let (rows, tally) = together();
    println!("{tally:?}");
    // All four climb the same grids: without anything in common the mean would be 1.
    let mean = tally.flow_mean().unwrap();
    assert!(mean > 1.5, "{mean:.2} problems in a batch");
    assert_eq!(tally.largest_flow_batch, 4);

    let single = worker(1);
    let alone = on(std::slice::from_ref(&single), &plan(DIAMETERS, &[]));
    assert_eq!(single.device().tally().flow_mean(), Some(1.0));
    assert_eq!(*rows, alone.rows);

    let cpu = on_cpu(&plan(DIAMETERS, &[]));
    let off = difference(rows, &cpu.rows);
    println!("from the CPU: {off:.1e}");
    // The limit of the project; a solve ends at 1e-7 of its load.
    assert!(off < 1e-5, "{off:.1e}");
    assert!(
        cpu.timings
            .lines()
            .skip(1)
            .all(|line| line.contains(",cpu,"))
    );
    // Negative control: ten thousandths more time.
    let other = on_cpu(&plan(DIAMETERS, &["process.time_s=400.4"]));
    let header = |rows: &str| rows.lines().next().map(str::to_owned);
    assert_eq!(header(rows), header(&other.rows));
    assert_ne!(*rows, other.rows);
    assert!(difference(&other.rows, &cpu.rows) > 1e-5);
}

/// Two workers on one adapter share the queue; a device with little memory computes its batches in parts. Both change nothing.
#[test]
fn neither_workers_nor_memory_change_a_row() {
    let (rows, _) = together();
    let two = [worker(2), worker(2)];
    let plan = plan(DIAMETERS, &[]);
    let found = on(&two, &plan);
    assert_eq!(*rows, found.rows);
    for worker in &two {
        let tally = worker.device().tally();
        assert!(
            tally.flow_problems > 0 && tally.largest_flow_batch <= 2,
            "{tally:?}"
        );
    }

    // The limit holds for the tests beside this one as well: it changes none of their rows either.
    let limited = gpu::shared(Outer::Double);
    let loaded = plan.case(0).unwrap();
    let grid = Grid::new(&loaded.mesh, 2.0);
    let each = bytes_on_device(&loaded.mesh, &grid, true, Some(OuterReal::F64)).unwrap();
    let like = gpu::Problem {
        reservoir: (2.0, 3.0),
        ..gpu::Problem::new(8, 2.0, 2.0, 1.0)
    };
    let like = like.solver().backend;
    let most = classes(&like.levels);
    // Room for two of these wires, and for one where even that is too much.
    for (memory, room) in [(2 * each + each / 2, 2), (1, 1)] {
        limited.limit_memory(memory);
        let batch = Batch::new(limited.clone(), &like, &most, 100).unwrap();
        assert_eq!(batch.packing().bytes(8), each);
        assert_eq!(batch.cases(), room);
    }
    limited.limit_memory(2 * each + each / 2);
    let small = worker(4);
    let found = on(std::slice::from_ref(&small), &plan);
    limited.limit_memory(u64::MAX);
    assert_eq!(*rows, found.rows);
    assert!(small.device().tally().largest_flow_batch > 2);
}

/// The composition of the points is stepped together as well.
#[test]
fn compositions_together_are_as_alone_and_as_on_the_cpu() {
    let axes = "[[axis]]\nkey = \"pore.diameter_nm\"\nvalues = [40, 41]\n";
    let with = |time: &str| {
        let sets = [
            "composition.model=\"elements\"",
            "composition.rows=16",
            "process.time_s=1000",
            "front.initial_length_nm=20",
            time,
        ];
        plan(axes, &sets)
    };
    let plan = with("process.stop_length_nm=22");
    let worker = worker(2);
    let found = on(std::slice::from_ref(&worker), &plan);
    let tally = worker.device().tally();
    println!("{tally:?}\n{}", found.rows);
    assert_eq!((found.done.count, found.done.failed), (2, 0));
    // Two at most; a run that is late on a busy machine is not waited for.
    assert!(tally.species_mean().unwrap() > 1.2 && tally.flow_mean().unwrap() > 1.2);
    let single = self::worker(1);
    assert_eq!(found.rows, on(std::slice::from_ref(&single), &plan).rows);
    let cpu = on_cpu(&plan);
    let off = difference(&found.rows, &cpu.rows);
    println!("from the CPU: {off:.1e}");
    assert!(off < 1e-5, "{off:.1e}");
    // Negative control: a thousandth more of length.
    let other = on_cpu(&with("process.stop_length_nm=22.022"));
    assert!(difference(&other.rows, &cpu.rows) > 1e-5);
}

/// A device that is lost in mid-sweep and was not named: the CPU goes on with all points.
#[test]
fn the_cpu_takes_the_place_of_a_lost_device() {
    let plan = plan(DIAMETERS, &[]);
    let flow = gpu::poisoned(gpu::open(Outer::Double));
    // In the first three points: a batch takes two or three submissions.
    flow.gpu().lose_after(20);
    let worker = worker_on(flow, 3, true);
    let found = on(std::slice::from_ref(&worker), &plan);
    let failure = worker.device().failure().expect("it is remembered");
    assert!(failure.to_string().contains("lost"), "{failure}");
    assert!(worker.device().tally().flow_batches > 3);
    assert_eq!((found.done.count, found.done.failed), (4, 0));
    assert_eq!(
        found.timings.matches(",cpu").count(),
        4,
        "{}",
        found.timings
    );
    let off = difference(&found.rows, &together().0);
    assert!(off < 1e-5, "{off:.1e}");
}

/// An interrupted sweep ends soon, with whole rows, and its threads end.
#[test]
fn an_interruption_ends_all_threads() {
    let plan = plan(
        DIAMETERS,
        &["process.time_s=36000", "numerics.step_tolerance=1e-4"],
    );
    let worker = worker(4);
    let interrupted = Arc::new(AtomicBool::new(false));
    let stop = Stop::when(Arc::clone(&interrupted));
    let clock = Instant::now();
    let found = std::thread::scope(|scope| {
        scope.spawn(|| {
            while worker.device().tally().flow_batches < 3 {
                std::thread::sleep(Duration::from_millis(5));
            }
            interrupted.store(true, Ordering::SeqCst);
        });
        let devices = std::slice::from_ref(&worker);
        tables(
            |store, done| {
                execute_on(
                    devices,
                    &plan,
                    &Shard::WHOLE.points(&plan),
                    store,
                    done,
                    &stop,
                    |_| {},
                )
                .unwrap();
            },
            &plan,
        )
    });
    let seconds = clock.elapsed();
    println!("{seconds:.2?}, {:?}", worker.device().tally());
    // A hundred steps a point were to come.
    assert_eq!(found.done.count, 0);
    assert!(worker.device().tally().flow_batches < 20);
    // Waits for the device's thread, which waits for every seat.
    drop(worker);
}

/// The program says what it would compute on, refuses what makes no sense, and computes on the same adapter twice.
#[test]
fn the_program_takes_devices() {
    let folder = TempDir::new().unwrap();
    let path = sweep_file(folder.path(), "", DIAMETERS);
    let sweep = |more: &[&str], environment: &[(&str, &str)]| {
        let all = [&["sweep", path.to_str().unwrap()], more].concat();
        let output = nanomold_with(folder.path(), &all, environment);
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (
            output.status.code(),
            text(&output.stdout) + &text(&output.stderr),
        )
    };
    let (code, text) = sweep(&["--check", "--device", "0"], &[]);
    assert_eq!(code, Some(0), "{text}");
    assert!(
        text.contains("4 at once in ") && text.contains("MB of its memory"),
        "{text}"
    );
    let (_, text) = sweep(&["--check", "--device", "0", "--jobs", "3"], &[]);
    assert!(text.contains("3 at once in "), "{text}");
    let (_, text) = sweep(&["--check", "--device", "cpu", "--jobs", "1"], &[]);
    assert!(text.contains("on 1 core, "), "{text}");
    // No software adapter is taken unasked.
    let (_, text) = sweep(&["--check"], &[("WGPU_ADAPTER_NAME", "")]);
    assert!(
        text.contains(" cores, ") || !text.contains("llvmpipe ("),
        "{text}"
    );
    for (arguments, part) in [
        (&["--devices", "0,cpu"][..], "--devices names adapters"),
        (&["--devices", "0", "--device", "0"], "cannot be used with"),
        (&["--device", "0", "--model", "reduced"], "--model full"),
        (&["--devices", "0,77"], "77"),
    ] {
        let (code, text) = sweep(arguments, &[]);
        assert_eq!(code, Some(2), "{text}");
        assert!(text.contains(part), "`{part}` is not in: {text}");
    }
    // Lost at once: named, so that its points fail, and the exit code says so.
    let lost = [("NANOMOLD_LOSE_DEVICE_AFTER", "5")];
    let (code, text) = sweep(&["--device", "0", "--jobs", "2", "--out", "out"], &lost);
    assert_eq!(code, Some(1), "{text}");
    for part in ["error: ", "lost"] {
        assert!(text.contains(part), "`{part}` is not in: {text}");
    }
    let table = || fs::read_to_string(folder.path().join("out/sweep.csv")).unwrap();
    // Two were to be under way; the second may have come too late.
    let failed = table().matches("the device was lost").count();
    assert!((1..=2).contains(&failed), "{}", table());
    let told = format!("{failed} failed; ");
    let missing = format!("{} points are missing", 4 - failed);
    assert!(text.contains(&told) && text.contains(&missing), "{text}");
    // What computes is no part of what a sweep is: the rest is computed by others.
    let resume = [
        "--devices",
        "0,0",
        "--resume",
        "--retry-failed",
        "--out",
        "out",
    ];
    let (code, text) = sweep(&resume, &[]);
    assert_eq!(code, Some(0), "{text}");
    assert_eq!(
        text.matches("flow problems on average").count(),
        2,
        "{text}"
    );
    assert_eq!(table(), together().0);
}
