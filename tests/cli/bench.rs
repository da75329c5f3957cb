//! The benchmark and the printed plan: what they say is complete and right. How fast anything is, is not tested.

use crate::common::program::{nanomold, text};
use crate::common::{self, Places, root};
use nanomold::backend::gpu::Outer;
use nanomold::backend::gpu::lower::Lowering;
use nanomold::backend::gpu::packing::Packing;
use nanomold::backend::gpu::source::OuterReal;
use nanomold::backend::traffic::{LevelSizes, numbers};
use nanomold::backend::{Dispatch, Kernel};
use nanomold::compute::bench::problem;
use nanomold::compute::{CYCLES_PER_LOOK, GpuFlow, Part};
use nanomold::flow::solver::FlowSolver;
use nanomold::kernels::flow::boxes::{BULK, WALL, row_classes};
use serde_json::{Value, json};
use std::collections::HashSet;
use std::path::Path;

/// What `bench --json` says for a wire of one radius.
fn bench(more: &[&str]) -> Value {
    let mut arguments = vec!["bench", "--json", "--length=1", "--depth=2.5"];
    arguments.extend(more);
    let output = nanomold(root(), &arguments);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// A problem on a grid like the benchmark's.
fn solver(cells_per_radius: usize, depth: f64, length: f64) -> FlowSolver<f64> {
    problem(&common::mesh(2.5, depth, cells_per_radius), length).expect("the problem is set up")
}

/// Kernels with their levels.
type Named = Vec<(&'static str, u64)>;

/// What is wrong with a report that should hold these kernels of a cycle.
fn faults(report: &Value, sizes: &[(u64, u64)], cycle: &Named) -> Vec<String> {
    let mut faults = Vec::new();
    let measured: Vec<(u64, u64)> = list(&report["sizes"])
        .iter()
        .map(|s| (count(&s["cells_per_radius"]), count(&s["cases"])))
        .collect();
    if measured != sizes {
        faults.push(format!("sizes {measured:?} instead of {sizes:?}"));
    }
    for size in list(&report["sizes"]) {
        for key in [
            "ms_per_cycle",
            "ms_per_cycle_per_case",
            "cpu_ms_per_cycle_one_case",
            "host_setup_ms_per_case",
            "copy_GB_per_s",
            "cycle_GB_per_s",
            "bytes_per_case",
            "bytes_per_cycle",
        ] {
            if !is_positive(&size[key]) {
                faults.push(format!("{key} is {}", size[key]));
            }
        }
        let rows = list(&size["kernels"]);
        for row in &rows {
            for key in [
                "time_us",
                "bytes",
                "bandwidth_GB_per_s",
                "share_of_copy",
                "runs",
            ] {
                if !is_positive(&row[key]) {
                    faults.push(format!("{key} of {} is {}", row["kernel"], row[key]));
                }
            }
            let rate = 1e-3 * number(&row["bytes"]) / number(&row["time_us"]);
            let said = number(&row["bandwidth_GB_per_s"]);
            let share = rate / number(&size["copy_GB_per_s"]);
            if !close(rate, said) || !close(share, number(&row["share_of_copy"])) {
                faults.push(format!("{} has {said} GB/s, not {rate}", row["kernel"]));
            }
        }
        let of = |part: &'static str| rows.iter().filter(move |row| row["part"] == part);
        for (kernel, level) in cycle {
            if !of("cycle").any(|row| row["kernel"] == *kernel && row["level"] == *level) {
                faults.push(format!("{kernel} is missing on level {level}"));
            }
        }
        let runs: u64 = of("cycle").map(|row| count(&row["runs"])).sum();
        if runs != count(&size["dispatches_per_cycle"]) {
            faults.push(format!("{runs} runs in a cycle"));
        }
    }
    faults
}

fn list(value: &Value) -> Vec<Value> {
    value.as_array().cloned().unwrap_or_default()
}
fn count(value: &Value) -> u64 {
    value.as_u64().unwrap_or_default()
}
fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or(f64::NAN)
}
fn is_positive(value: &Value) -> bool {
    value.as_f64().is_some_and(|v| v.is_finite() && v > 0.0)
}
fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * b.abs()
}

/// The dispatches of a cycle on the grid of [`bench`] with eight cells across the pore.
fn on_the_device() -> Named {
    vec![
        ("flow/smooth", 0),
        ("flow/residual", 0),
        ("flow/norm", 0),
        ("flow/restrict", 0),
        ("flow/cycle", 1),
        ("flow/prolong", 0),
    ]
}

#[test]
fn every_kernel_is_measured_on_an_adapter() {
    // By name and not by `auto`: whatever the adapter is, it is the first.
    let report = bench(&["--cells-per-radius=8", "--cases=3,1,3", "--device=0"]);
    let sizes = [(8, 1), (8, 3)];
    let found = faults(&report, &sizes, &on_the_device());
    assert!(found.is_empty(), "{found:#?}");
    assert_eq!(list(&report["skipped"]), Vec::<Value>::new());
    for key in ["program_version", "date_utc", "kernel_times_by"] {
        assert!(report[key].as_str().is_some_and(|t| !t.is_empty()), "{key}");
    }
    for key in ["name", "backend", "kind"] {
        let value = &report["device"][key];
        assert!(value.as_str().is_some_and(|t| !t.is_empty()), "{key}");
    }
    assert!(report["device"]["software"].is_boolean());
    assert!(is_positive(&report["large_copy_GB_per_s"]));
    // Inside the fused dispatch: every kernel of the levels below the finest.
    let inside: HashSet<(String, u64)> = list(&report["sizes"][0]["kernels"])
        .iter()
        .filter(|row| row["part"] == "inside_fused")
        .map(|row| (row["kernel"].as_str().unwrap().into(), count(&row["level"])))
        .collect();
    let coarsest = count(&report["sizes"][0]["levels"]) - 1;
    for level in 1..coarsest {
        for kernel in [
            "flow/smooth",
            "flow/residual",
            "flow/restrict",
            "flow/prolong",
        ] {
            assert!(inside.contains(&(kernel.into(), level)), "{kernel} {level}");
        }
    }
    assert!(inside.contains(&("flow/coarse".into(), coarsest)));
    // Three cases have three times the bytes of one.
    let bytes = |k: usize| count(&report["sizes"][k]["bytes_per_cycle"]);
    assert_eq!(bytes(1), 3 * bytes(0));

    // Whoever looks for faults finds them.
    let seen = |damage: &dyn Fn(&mut Value)| {
        let mut damaged = report.clone();
        damage(&mut damaged);
        assert_ne!(damaged, report);
        !faults(&damaged, &sizes, &on_the_device()).is_empty()
    };
    assert!(seen(
        &|r| r["sizes"][0]["kernels"][0]["time_us"] = json!(0.0)
    ));
    assert!(seen(&|r| r["sizes"][1]["kernels"][2]["bytes"] = json!(0)));
    assert!(seen(
        &|r| r["sizes"][1]["kernels"][2]["share_of_copy"] = json!(0.5)
    ));
    assert!(seen(&|r| r["sizes"][1]["ms_per_cycle"] = json!(null)));
    assert!(seen(&|r| r["sizes"] = json!([])));
    assert!(seen(&|r| {
        let rows = r["sizes"][0]["kernels"].as_array_mut().unwrap();
        rows.retain(|row| row["kernel"] != "flow/norm");
    }));
}

#[test]
fn kernels_can_be_timed_by_repeating_them() {
    let report = bench(&[
        "--cells-per-radius=8",
        "--cases=1",
        "--device=0",
        "--method=repeats",
    ]);
    let found = faults(&report, &[(8, 1)], &on_the_device());
    assert!(found.is_empty(), "{found:#?}");
    let method = report["kernel_times_by"].as_str().unwrap();
    assert!(method.contains("repeating") && !method.contains("timestamps"));
}

#[test]
fn the_cpu_is_measured_without_an_adapter() {
    let report = bench(&["--cells-per-radius=8", "--cases=1,3", "--device=cpu"]);
    let kernels = vec![
        ("flow/smooth", 0),
        ("flow/smooth", 1),
        ("flow/residual", 0),
        ("flow/restrict", 1),
        ("flow/prolong", 1),
        ("flow/coarse", 2),
    ];
    let found = faults(&report, &[(8, 1)], &kernels);
    assert!(found.is_empty(), "{found:#?}");
    assert_eq!(report["device"]["backend"], "CPU");
    let skipped = list(&report["skipped"]);
    assert_eq!(skipped.len(), 1);
    assert_eq!(
        (&skipped[0]["cases"], &skipped[0]["cells_per_radius"]),
        (&json!(3), &json!(8))
    );
    assert!(
        skipped[0]["reason"]
            .as_str()
            .unwrap()
            .contains("one case after the other")
    );
}

#[test]
fn what_is_skipped_says_why() {
    let report = bench(&["--cells-per-radius=8", "--cases=1,100000000", "--device=0"]);
    let skipped = list(&report["skipped"]);
    assert_eq!(skipped.len(), 1, "{skipped:?}");
    let reason = skipped[0]["reason"].as_str().unwrap();
    assert!(
        reason.contains("room") || reason.contains("--max-seconds"),
        "{reason}"
    );
    assert_eq!(list(&report["sizes"]).len(), 1);

    // Nothing is left of no time at all.
    let arguments = [
        "--cells-per-radius=8,16",
        "--cases=1",
        "--max-seconds=0",
        "--device=0",
    ];
    let report = bench(&arguments);
    assert_eq!(list(&report["sizes"]).len(), 0);
    let skipped = list(&report["skipped"]);
    assert_eq!(skipped.len(), 2);
    for size in &skipped {
        assert!(size["reason"].as_str().unwrap().contains("--max-seconds 0"));
    }
    // Terminal and file say the same.
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("bench.json");
    let mut arguments = [&["bench", "--length=1", "--depth=2.5"], &arguments[..]].concat();
    arguments.extend(["--json", file.to_str().unwrap()]);
    let output = nanomold(root(), &arguments);
    let printed = text(&output.stdout);
    assert_eq!(printed.matches("skipped: N = ").count(), 2, "{printed}");
    let written: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    assert_eq!(written["skipped"], report["skipped"]);
}

#[test]
fn wrong_options_are_refused() {
    for (option, word) in [
        ("--cells-per-radius=7", "--cells-per-radius"),
        ("--cases=0", "--cases"),
        ("--cell-radius=1", "--cell-radius"),
        ("--depth=0.5", "--depth"),
        ("--length=-1", "--length"),
        ("--length=nan", "--length"),
        ("--max-seconds=-1", "--max-seconds"),
        ("--device=no such adapter", "no such adapter"),
    ] {
        let output = nanomold(root(), &["bench", option]);
        assert_eq!(output.status.code(), Some(2), "{option}");
        let message = text(&output.stderr);
        assert!(message.contains(word), "{option}: {message}");
    }
}

/// The bound. Without fusing it would not hold: this is what the fused dispatches are for.
#[test]
fn a_cycle_has_less_than_60_dispatches() {
    for cells_per_radius in [16, 32, 64] {
        let solver = solver(cells_per_radius, 5.0, 8.0);
        let packing = Packing::of(&solver.backend).expect("fits");
        let lowering = Lowering::new(&packing, 1);
        let count = |lowering: &Lowering| {
            let stages = Part::Cycle.stages(lowering, Some(OuterReal::F64));
            stages.stages.len()
        };
        let dispatches = count(&lowering);
        println!("N = {cells_per_radius}: {dispatches} dispatches per cycle");
        assert!(dispatches < 60, "N = {cells_per_radius}: {dispatches}");
        let unfused = Lowering {
            fuse_from: packing.levels.len(),
            ..lowering
        };
        assert!(count(&unfused) > 60);
    }
}

/// Numbers that a dispatch touches, counted one by one from what its kernel does to each cell.
fn counted(solver: &FlowSolver<f64>, level: usize, kernel: Kernel) -> f64 {
    let state = &solver.backend.levels[level];
    let l = state.tables.layout;
    let (nr, np, jm, nz) = l.sizes();
    let mut touched: HashSet<(&str, usize)> = HashSet::new();
    let places = Places(l);
    let masked = |i: usize, j: usize| i == 0 || (i == nr && j < jm);
    let tables = &state.tables;
    let lines = (tables.face_radius.len() + tables.ring_area.len())
        + (tables.radial_sq.len() + tables.hoop_sq.len())
        + (tables.height.len() + tables.axial_sq.len())
        + 3 * (tables.node_dz.len() + tables.node_dr.len())
        + (tables.wall_area.len() + tables.conductance.len() + tables.leakage.len());
    let coarse = || {
        let coarse = &solver.backend.levels[level + 1].tables.layout;
        coarse.segments()[3].end
    };
    // What scales the pressures, on both levels.
    let scales = || {
        let transfer = state.transfer.as_ref().unwrap();
        transfer.pressure_from.len() + transfer.pressure_to.len()
    };
    let radial = (0..nz).map(|j| (0..=l.width(j)).filter(|&i| !masked(i, j)).count());
    let moving = l.len() - (l.segments()[0].len() - radial.sum::<usize>());
    let count = match kernel {
        Kernel::Residual => {
            // All weights; the state; loads of what moves; all results.
            lines + l.cells() + l.nodes() + l.len() + moving + l.len()
        }
        Kernel::Prolong => 2 * moving + coarse() + scales(),
        Kernel::Restrict => moving + 2 * coarse() + scales(),
        Kernel::Coarse => unreachable!("not counted here"),
        Kernel::Smooth { colour, .. } => {
            let classes = row_classes(tables);
            let mut boxes = 0;
            for j in (0..nz).filter(|j| j % 2 == colour as usize / 2) {
                for i in (0..l.width(j)).filter(|i| i % 2 == colour as usize % 2) {
                    touched.extend([
                        ("load", places.u(i, j)),
                        ("load", places.u(i + 1, j)),
                        ("load", places.w(i, j)),
                        ("load", places.w(i, j + 1)),
                        ("load", places.p(i, j)),
                    ]);
                    for node in [(i, j), (i + 1, j), (i, j + 1), (i + 1, j + 1)] {
                        touched.insert(("node", node.1 * (nr + 1) + node.0));
                    }
                    let mut weight = |i: usize, j: usize| {
                        if j < nz && i < l.width(j) {
                            touched.insert(("cell", j * nr + i));
                        }
                    };
                    weight(i, j);
                    weight(i + 1, j);
                    weight(i, j + 1);
                    weight(i.wrapping_sub(1), j);
                    weight(i, j.wrapping_sub(1));
                    match l.wall_of(i, j) {
                        Some(wall) => {
                            touched.insert(("load", places.layer(wall)));
                            boxes += WALL;
                        }
                        None => {
                            let class = classes[j] as usize;
                            if touched.insert(("box", class * nr + i)) {
                                boxes += BULK - 1;
                            }
                        }
                    }
                }
            }
            assert!(np > 0 && jm > 0);
            lines + 2 * l.len() + touched.len() + boxes
        }
    };
    count as f64
}

/// The count that the bandwidths rest on, against one made number by number.
#[test]
fn bytes_are_what_the_kernels_touch() {
    let solver = solver(8, 2.5, 1.0);
    let sizes: Vec<LevelSizes> = solver.backend.levels.iter().map(LevelSizes::of).collect();
    let packing = Packing::of(&solver.backend).expect("fits");
    let lowering = Lowering::new(&packing, 1);
    let said = |kernel: Kernel| {
        let dispatch = Dispatch { kernel, level: 0 };
        let numbers = numbers(dispatch, &sizes, 0);
        // Both backends count the same.
        assert_eq!(lowering.bytes(dispatch), 4 * numbers, "{kernel}");
        numbers as f64
    };
    let near = |said: f64, counted: f64, tolerance: f64| (said / counted - 1.0).abs() < tolerance;
    for kernel in [Kernel::Residual, Kernel::Restrict, Kernel::Prolong] {
        let (said, counted) = (said(kernel), counted(&solver, 0, kernel));
        println!("{kernel}: {said} said, {counted} counted");
        assert!(near(said, counted, 0.05), "{kernel}: {said} {counted}");
        assert!(!near(said * 1.2, counted, 0.05), "a fifth too many is seen");
    }
    // The four colours of a sweep together.
    let colours = (0..4).map(|colour| Kernel::Smooth { colour, from: 0 });
    let (mut all_said, mut all_counted) = (0.0, 0.0);
    for kernel in colours {
        all_said += said(kernel);
        all_counted += counted(&solver, 0, kernel);
    }
    println!("flow/smooth: {all_said} said, {all_counted} counted");
    assert!(near(all_said, all_counted, 0.1), "{all_said} {all_counted}");
    assert!(!near(all_said * 1.2, all_counted, 0.1));
}

/// What a solve costs in submissions: one per look, which brings the status back, and one for the result at the end.
#[test]
fn a_solve_has_few_submissions() {
    for outer in [Outer::Double, Outer::HostDouble] {
        let gpu = common::gpu::open(outer);
        // Where the host keeps the state, it fetches the correction at every look and has the result already.
        let (per_look, at_end) = if gpu.outer().is_some() {
            (1, 1)
        } else {
            (2, 0)
        };
        let mut device = GpuFlow::new(gpu);
        let before = device.gpu().submissions();
        let mut solver = solver(8, 2.5, 1.0);
        let statistics = device.solve(&mut solver, 1e-8, 30).unwrap();
        let submissions = device.gpu().submissions() - before;
        // Convergence is seen by the outer residual after a cycle or by the check of the next one.
        let expected = [0, 1].map(|more| {
            let looks = (statistics.cycles + more).div_ceil(CYCLES_PER_LOOK) as u64;
            per_look * looks + at_end
        });
        println!(
            "{outer:?}: {} cycles, {submissions} submissions",
            statistics.cycles
        );
        assert!(
            expected.contains(&submissions),
            "{outer:?}: {submissions} submissions, {expected:?} expected"
        );
    }
}

/// The text of `flow --dump-plan`.
fn plan(more: &[&str]) -> String {
    let mesh = Path::new(env!("CARGO_MANIFEST_DIR")).join("meshes/reference.toml");
    let mut arguments = vec!["flow", mesh.to_str().unwrap(), "--dump-plan"];
    arguments.extend(["--length=1", "--lambda=0.03125", "--set=cells_per_radius=8"]);
    arguments.extend(more);
    let output = nanomold(root(), &arguments);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    text(&output.stdout)
}

/// Totals that are not those of the lines above them.
fn wrong_totals(plan: &str) -> usize {
    let number = |text: &str| text.trim().parse::<u64>().unwrap_or_default();
    let (mut lines, mut sum, mut wrong, mut totals) = (0, 0, 0, 0);
    for line in plan.lines() {
        if line.starts_with("level ") {
            lines += 1;
            let before = line.split(" bytes").next().unwrap();
            sum += number(before.rsplit(' ').next().unwrap());
        } else if let Some((count, bytes)) = line.split_once(" dispatches, ") {
            totals += 1;
            let bytes = bytes.trim_end_matches(" bytes");
            wrong += usize::from(number(count) != lines || number(bytes) != sum);
            (lines, sum) = (0, 0);
        }
    }
    assert!(totals >= 2, "{plan}");
    wrong
}

#[test]
fn a_plan_is_printed_and_nothing_solved() {
    let cpu = plan(&["--device=cpu"]);
    let device = plan(&["--device=0"]);
    for (text, words) in [
        (
            &cpu,
            [
                "flow/smooth colour 3",
                "flow/coarse",
                "dispatches per cycle",
            ],
        ),
        (
            &device,
            ["flow/cycle", "workgroups", "dispatches per cycle"],
        ),
    ] {
        for word in words {
            assert!(text.contains(word), "`{word}` is not in:\n{text}");
        }
        assert!(!text.contains("total_flow"), "{text}");
        assert_eq!(wrong_totals(text), 0, "{text}");
        let damaged = text.replacen("level 0  flow/residual", "no level", 1);
        assert_ne!(wrong_totals(&damaged), 0, "a line that is missing is seen");
    }
    // Which of the two is printed unless an adapter is named.
    assert_eq!(plan(&[]), cpu);
}
