//! Molding runs through the wgpu backend: rungs 9, 14 and 19 of the verification ladder, in mixed precision.

use crate::common::{gpu, mesh, root};
use nanomold::backend::gpu::Outer;
use nanomold::case::{self, LoadedCase};
use nanomold::compute::Computer;
use nanomold::flow::local::Laws;
use nanomold::kernels::Precision;
use nanomold::simulation::{FlowEngine, FlowQuestion, Simulation, Step};
use std::path::{Path, PathBuf};

const BOLTZMANN: f64 = 1.380649e-23;
const KELVIN: f64 = 317.0 + 273.15;
/// Newtonian viscosity at 317 °C, twice the apparent one of the material file, in Pa·s.
const ETA: f64 = 2.0 * 2.048e9;
/// Mobility δD̄Ω/k_BT at 317 °C in m³/(Pa s).
const MOBILITY: f64 = 1e-9 * 1.14e-17 * 1.25e-29 / (BOLTZMANN * KELVIN);
const PRESSURE: f64 = 1e9;

fn load(path: &Path, sets: &[String]) -> LoadedCase {
    case::load(path, sets).unwrap_or_else(|error| panic!("{error:?}"))
}

fn set(key: &str, value: impl std::fmt::Display) -> String {
    format!("{key}={value}")
}

fn device(falls_back: bool) -> Computer {
    let flow = gpu::poisoned(gpu::shared(Outer::Double));
    Computer::device(flow, Precision::Mixed, falls_back)
}

/// The start and every step of a run.
fn steps(loaded: &LoadedCase, computer: Computer) -> Vec<Step> {
    let mut simulation = Simulation::on(loaded, computer).unwrap();
    let mut found = vec![simulation.latest().clone()];
    while let Some(step) = simulation.advance().unwrap() {
        found.push(step.clone());
    }
    assert!(simulation.computer().failure().is_none());
    found
}

/// Largest relative difference in length and time, largest difference in cycles of a step, largest mass defect of the
/// second.
fn differences(a: &[Step], b: &[Step]) -> (f64, usize, f64) {
    assert_eq!(a.len(), b.len(), "the steps follow the same error control");
    let mut worst = (0.0_f64, 0, 0.0_f64);
    for (a, b) in a.iter().zip(b) {
        let time = a.conditions.time.max(1e-300);
        worst.0 = worst
            .0
            .max((b.length / a.length - 1.0).abs())
            .max((b.conditions.time - a.conditions.time).abs() / time);
        worst.1 = worst.1.max(a.cycles.abs_diff(b.cycles));
        worst.2 = worst.2.max(b.mass_defect);
    }
    worst
}

/// A liquid that thins, with and without a layer, up to ten times the stress scale: the same flows as on the CPU, from rest and as the wire
/// grows.
#[test]
fn thinning_liquids_flow_as_on_the_cpu() {
    let mesh = mesh(4.0, 8.0, 8);
    for lambda in [0.0, 0.03] {
        let flows = |computer: Computer, stress_scale: f64| {
            let mut engine = FlowEngine::new(mesh.clone(), 1e-8, 50, computer);
            let found = [0.5, 0.525, 0.55].map(|length| {
                let question = FlowQuestion {
                    length,
                    lambda,
                    slip_length: 0.0,
                    laws: Laws {
                        stress_scale,
                        ..Laws::default()
                    },
                };
                engine.solve(question).expect("it converges").flows
            });
            assert!(engine.computer().failure().is_none());
            found
        };
        let [on_device, on_cpu] = [device(false), Computer::cpu()].map(|c| flows(c, 0.05));
        // Negative control: a thousandth of the stress scale is seen.
        let other = flows(Computer::cpu(), 0.05005);
        for ((a, b), c) in on_device.iter().zip(&on_cpu).zip(&other) {
            let off = |x: f64, y: f64| ((x - y) / b.total()).abs();
            let worst = off(a.core, b.core).max(off(a.layer, b.layer));
            println!("Λ = {lambda}: {worst:.1e}");
            // The project's limit, in mixed precision.
            assert!(worst < 1e-6, "Λ = {lambda}: {worst:.1e}");
            assert!(off(c.total(), b.total()) > 1e-5);
        }
    }
}

/// Every case of the paper that the project ships, on a coarse grid so that the software adapter can follow.
#[test]
fn the_papers_cases_agree_with_the_cpu() {
    let mut cases: Vec<PathBuf> = std::fs::read_dir(root().join("cases"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "toml"))
        // Whole processes begin with an empty pore, in which a flat front cannot start.
        .filter(|path| {
            let name = path.file_name().expect("a file").to_string_lossy();
            !name.starts_with("process_")
        })
        .collect();
    cases.sort();
    assert!(cases.len() >= 11);
    let mut worst_control = f64::INFINITY;
    for path in cases {
        let sets = [
            set("mesh.cells_per_radius", 8),
            set("numerics.step_tolerance", 3e-3),
            set("numerics.estimate_error", false),
            set("output.frames", 0),
            // The composition has tests of its own (tests/gpu/species.rs): a software adapter takes minutes for a whole wire.
            set("composition.model", "uniform"),
            // Free fronts take many more steps; two of them follow below.
            set("front.model", "flat"),
        ];
        let loaded = load(&path, &sets);
        let cpu = steps(&loaded, Computer::cpu());
        let device = steps(&loaded, device(false));
        let (length, cycles, defect) = differences(&cpu, &device);
        println!(
            "{}: {} steps, L(t) {length:.1e}, cycles ± {cycles}, mass {defect:.1e}",
            loaded.case.name,
            cpu.len()
        );
        // The limits of the project. The tolerance of a solve, 1e-7 of the load, moves a rate by some 1e-7; both sides
        // meet it with different last cycles.
        assert!(length < 1e-5, "{}: {length:.1e}", loaded.case.name);
        assert!(defect < 1e-6);
        // Two solves may share a step (a rejected trial), each ± 1.
        assert!(cycles <= 2, "{}: ± {cycles} cycles", loaded.case.name);
        // Negative control: a pressure 1e-4 higher is seen.
        let mut changed = loaded.clone();
        let pressure = loaded.case.pressure().value(0.0) * 1.0001 / 1e9;
        changed = if loaded.given_text.contains("pressure_GPa") {
            let more = [&sets[..], &[set("process.pressure_GPa", pressure)]].concat();
            load(&path, &more)
        } else {
            changed
        };
        if changed.case.pressure().value(0.0) != loaded.case.pressure().value(0.0) {
            let other = steps(&changed, Computer::cpu());
            let end = |run: &[Step]| run[run.len() - 1].length;
            worst_control = worst_control.min((end(&other) / end(&cpu) - 1.0).abs());
        }
    }
    assert!(
        worst_control > 1e-5 && worst_control.is_finite(),
        "{worst_control:.1e}"
    );
}

/// Free fronts, in a narrow pore whose tip surface tension rounds and in a wide one without it, up to a length.
#[test]
fn free_fronts_agree_with_the_cpu() {
    for (case, capillarity, stop) in [("ni_d20_317C", true, 20.0), ("ni_d120_297C", false, 90.0)] {
        let path = root().join(format!("cases/{case}.toml"));
        let sets = |stop: f64| {
            [
                set("mesh.cells_per_radius", 8),
                set("interface.capillarity", capillarity),
                set("process.stop_length_nm", stop),
                set("output.frames", 0),
                // The sizes of the steps follow their errors, and those the residuals: to the accuracy that is asked for here.
                set("numerics.flow_tolerance", 1e-8),
            ]
        };
        let loaded = load(&path, &sets(stop));
        let cpu = steps(&loaded, Computer::cpu());
        let found = steps(&loaded, device(false));
        let (length, cycles, defect) = differences(&cpu, &found);
        let ends = |run: &[Step]| run[run.len() - 1].tip_and_contact();
        let shape = |a: &[Step], b: &[Step]| {
            let pairs = ends(a).into_iter().zip(ends(b));
            pairs.fold(0.0_f64, |worst, (a, b)| worst.max((b / a - 1.0).abs()))
        };
        let worst = shape(&cpu, &found);
        println!(
            "{case}: {} steps, L(t) {length:.1e}, tip and contact line {worst:.1e}, cycles ± {cycles}, mass {defect:.1e}",
            cpu.len()
        );
        // The limits of the project; markers follow velocities that differ by the tolerance of a solve.
        assert!(
            length < 1e-5 && worst < 1e-5,
            "{case}: {length:.1e} {worst:.1e}"
        );
        assert!(defect < 1e-6);
        assert!(cycles <= 2, "{case}: ± {cycles} cycles");
        // Negative control: a run that goes on by 1e-4 of its length has another tip.
        let other = steps(&load(&path, &sets(stop * 1.001)), Computer::cpu());
        assert!(shape(&cpu, &other) > 1e-4);
    }
}

/// The flagship at 317 °C and 1 GPa without capillarity in the reference cell.
fn reference_case(cells: u32, more: &[String]) -> LoadedCase {
    let mut sets = vec![
        set("process.temperature_C", 317),
        set("interface.capillarity", false),
        set("mesh.cell_radius", 4),
        set("mesh.reservoir_depth", 8),
        set("mesh.cells_per_radius", cells),
        set("numerics.estimate_error", false),
        set("output.frames", 0),
        set("front.model", "flat"),
    ];
    if !more
        .iter()
        .any(|set| set.starts_with("process.pressure_schedule"))
    {
        sets.push(set("process.pressure_GPa", 1));
    }
    sets.extend_from_slice(more);
    load(&root().join("cases/ni_d60_297C.toml"), &sets)
}

/// Rung 9: filling from 0.25 R against `tests/reference/filling.json`: Λ = 0 to t = 10 η/p (1.2 R), 1/32 to 100 (5.9 R).
#[test]
fn filling_agrees_with_the_reference() {
    let text = std::fs::read_to_string(root().join("tests/reference/filling.json")).unwrap();
    let file: serde_json::Value = serde_json::from_str(&text).unwrap();
    for run in file["runs"].as_array().unwrap() {
        let lambda = run["Lambda"].as_f64().unwrap();
        // The viscosity goes by the time of the whole run; the shorter one stops at a length soon after t = 10.
        let (times, stop): (&[i32], f64) = if lambda == 0.0 {
            (&[1, 10], 26.0)
        } else {
            (&[1, 10, 100], 1000.0)
        };
        let end = times[times.len() - 1];
        let unit = ETA / PRESSURE;
        let diameter = 40.0_f64;
        let natural = ETA * MOBILITY / (0.5e-9 * diameter).powi(3);
        let case = |factor: f64| {
            // Steps have to end where a schedule has a knot.
            let knots = [0, 1, 10, 100].map(|t| format!("[{:?}, {factor}]", f64::from(t) * unit));
            reference_case(
                16,
                &[
                    set("pore.diameter_nm", diameter),
                    set("interface.diffusivity_factor", lambda / natural),
                    set("front.initial_aspect_ratio", 0.125),
                    set("process.time_s", 100.0 * unit),
                    set("process.stop_length_nm", stop),
                    set("numerics.step_tolerance", 3e-4),
                    set(
                        "process.pressure_schedule",
                        format!("[{}]", knots.join(", ")),
                    ),
                ],
            )
        };
        let loaded = case(1.0);
        let error = |steps: &[Step], t: i32| {
            let at = f64::from(t) * unit;
            let step = steps
                .iter()
                .find(|step| (step.conditions.time / at - 1.0).abs() < 1e-9)
                .expect("a step ends there");
            let expected = run["L"][t.to_string()].as_f64().unwrap();
            step.length / loaded.case.radius() / expected - 1.0
        };
        let found = steps(&loaded, device(false));
        let errors: Vec<f64> = times.iter().map(|&t| error(&found, t)).collect();
        println!("Λ = {lambda}: {errors:?}");
        // 2e-3 is the ladder's number at N = 32; the corner's weight makes it hold at N = 16.
        assert!(
            errors.iter().all(|e| e.abs() < 2e-3),
            "Λ = {lambda}: {errors:?}"
        );
        // Negative control: 2 % more pressure, 1 % more length.
        let spoiled = steps(&case(1.02), Computer::cpu());
        assert!(error(&spoiled, end).abs() > 2e-3);
    }
}

/// Rung 14: each mechanism's law and their sum at the critical diameter, in a pore long against its entrance. The entrance
/// lengths are those of tests/simulation/molding.rs.
#[test]
fn both_mechanisms_follow_their_laws_and_add() {
    let time = 600.0 * ETA / PRESSURE;
    let critical = (256.0 * 0.5 * ETA * MOBILITY).cbrt();
    let grown = |more: &[String], entrance: f64| {
        let mut sets = vec![
            set("pore.diameter_nm", critical / 1e-9),
            set("front.initial_aspect_ratio", 1.0),
            set("process.time_s", time),
            set("numerics.step_tolerance", 1e-3),
        ];
        sets.extend_from_slice(more);
        let loaded = reference_case(8, &sets);
        let found = steps(&loaded, device(false));
        let c = entrance * loaded.case.radius();
        let end = found[found.len() - 1].length;
        (end + c).powi(2) - (loaded.case.initial_length() + c).powi(2)
    };
    let viscous = grown(&[set("interface.diffusivity_factor", 0)], 0.4973);
    let stiff = set("material.viscosity.eta_reference_Pa_s", 1600.0 * 2.048e9);
    let layer = grown(&[stiff], 3.1);
    let both = grown(&[], 0.28);
    let flow_law = PRESSURE * time * critical * critical / (16.0 * ETA);
    let layer_law = 8.0 * MOBILITY * PRESSURE * time / critical;
    let ratios = [
        viscous / flow_law,
        layer / layer_law,
        both / (flow_law + layer_law),
    ];
    println!("flow, layer, both: {ratios:.4?} of their laws");
    // 1 % is the ladder's number.
    assert!(
        ratios.iter().all(|r| (r - 1.0).abs() < 0.01),
        "{ratios:.4?}"
    );
    // Negative control: the other mechanism alone, and the entrance left out.
    assert!((both / flow_law - 1.0).abs() > 0.5);
    let length = (viscous + (0.5 * critical * 2.4973).powi(2)).sqrt() - 0.5 * critical * 0.4973;
    assert!(((length.powi(2) - critical.powi(2)) / flow_law - 1.0).abs() > 0.01);
}

/// Rung 20: the same run on the same adapter gives the same bits.
#[test]
fn runs_repeat_bit_by_bit() {
    let loaded = reference_case(
        8,
        &[
            set("process.time_s", 200),
            set("numerics.step_tolerance", 3e-3),
        ],
    );
    let bits = |loaded: &LoadedCase| -> Vec<[u64; 3]> {
        steps(loaded, device(false))
            .iter()
            .map(|s| [s.length, s.core_flow, s.layer_flow].map(f64::to_bits))
            .collect()
    };
    let (first, second) = (bits(&loaded), bits(&loaded));
    assert!(first.len() > 5);
    assert_eq!(first, second);
    let other = reference_case(
        8,
        &[
            set("process.time_s", 200.001),
            set("numerics.step_tolerance", 3e-3),
        ],
    );
    assert_ne!(first, bits(&other));
}

/// A device that is lost in mid-run: the CPU repeats the step and goes on, unless the device was named.
#[test]
fn a_lost_device_loses_nothing() {
    let loaded = reference_case(
        8,
        &[
            set("process.time_s", 200),
            set("numerics.step_tolerance", 3e-3),
        ],
    );
    let whole = steps(&loaded, Computer::cpu());
    for falls_back in [true, false] {
        let flow = gpu::poisoned(gpu::open(Outer::Double));
        let computer = Computer::device(flow, Precision::Mixed, falls_back);
        let mut simulation = Simulation::on(&loaded, computer).unwrap();
        let mut found = vec![simulation.latest().clone()];
        let error = loop {
            if found.len() == 4 {
                let gpu = simulation.computer().gpu();
                if let Some(gpu) = gpu {
                    gpu.gpu().destroy();
                }
            }
            match simulation.advance() {
                Ok(Some(step)) => found.push(step.clone()),
                Ok(None) => break None,
                Err(error) => break Some(error.to_string()),
            }
        };
        if falls_back {
            assert_eq!(error, None);
            let failure = simulation.computer().failure().expect("it is remembered");
            assert!(failure.to_string().contains("lost"), "{failure}");
            let (length, _, _) = differences(&whole, &found);
            assert!(length < 1e-5, "{length:.1e}");
            assert!(simulation.computer().gpu().is_none());
        } else {
            let text = error.expect("a named device is not replaced");
            assert!(text.contains("lost") && text.contains("t = "), "{text}");
            assert_eq!(found.len(), 4, "the accepted steps are there");
        }
    }
}
