//! The reduced model against the full solver, its table's staleness, schedules and limits.

use crate::common::{self, root};
use nanomold::case::{self, LoadedCase};
use nanomold::flow::solver::SolveError;
use nanomold::reduced::{
    CaseError, Entrance, MoldError, Molding, Nodes, Probe, ReducedRun, Table, TableError,
    long_pore, mesh, solve, tabulate,
};
use nanomold::simulation::Simulation;
use rayon::prelude::*;
use serde_json::Value;
use std::time::Instant;

fn table() -> &'static Table {
    Table::shipped().expect("the program's own table belongs to its solver")
}

fn entrance(cell_radius: f64) -> Entrance {
    Entrance::new(table(), cell_radius).unwrap()
}

fn flagship(sets: &[&str]) -> LoadedCase {
    let sets: Vec<String> = ["front.model=flat"]
        .iter()
        .chain(sets)
        .map(|s| (*s).to_string())
        .collect();
    case::load(&root().join("cases/ni_d60_297C.toml"), &sets).unwrap()
}

/// Largest relative difference between the speeds of table and solver at points (R_c, Λ, L).
fn worst_speed(entrance: impl Fn(f64) -> Entrance + Sync, points: &[[f64; 3]]) -> f64 {
    points
        .par_iter()
        .map(|&[cell_radius, lambda, length]| {
            let mesh = mesh(cell_radius, table().header.cells_per_radius);
            let [full, share] = solve(&mesh, length, lambda).unwrap();
            let entrance = entrance(cell_radius);
            let pore = entrance.pore(lambda);
            let off = pore.speed(length) / full - 1.0;
            let share_off = pore.layer_share(length) - share;
            println!("R_c {cell_radius} Λ {lambda:.1e} L {length}: speed {off:+.1e}, share {share_off:+.1e}");
            // The shares are held to the same, as shares of the whole.
            off.abs().max(share_off.abs())
        })
        .reduce(|| 0.0, f64::max)
}

/// Points between the table's nodes, the lengths whole numbers of square cells: on others the solver stretches its cells
/// by up to a tenth, and its own speed moves by that (docs/reduced.md).
const BETWEEN: [[f64; 3]; 12] = [
    [2.5, 0.0, 0.625],
    [2.5, 3e-8, 1.25],
    [2.5, 2.2e-6, 0.3125],
    [2.5, 4e-5, 0.625],
    [2.5, 4e-4, 2.5],
    [2.5, 4.2e-3, 0.3125],
    [2.5, 0.024, 0.875],
    [2.5, 0.075, 1.25],
    [2.5, 0.42, 12.0],
    [2.5, 2.4, 0.625],
    [2.5, 15.0, 5.0],
    [2.5, 70.0, 32.0],
];

#[test]
fn speeds_between_the_nodes_are_the_solvers() {
    // 1e-3 of a speed makes at most 1e-3 of a length.
    let worst = worst_speed(entrance, &BETWEEN);
    println!("worst {worst:.1e}");
    assert!(worst < 1e-3, "{worst:.1e}");
    // Negative control: the mold with the next wider cell is not mistaken for this one.
    let other = worst_speed(|_| entrance(3.0), &BETWEEN[10..11]);
    assert!(other > 5e-3, "{other:.1e}");
}

#[test]
fn other_molds_lie_between_the_nodes_too() {
    let molds: &[f64] = if common::long() {
        &[
            1.55, 1.65, 1.78, 1.92, 2.1, 2.35, 2.75, 3.25, 3.7, 4.5, 5.5, 6.5, 7.5,
        ]
    } else {
        &[1.65, 3.25]
    };
    let points: Vec<[f64; 3]> = molds
        .iter()
        .flat_map(|&r| {
            [
                [r, 0.0, 0.625],
                [r, 0.02, 1.25],
                [r, 0.75, 0.625],
                [r, 70.0, 2.5],
            ]
        })
        .collect();
    let worst = worst_speed(entrance, &points);
    println!("worst {worst:.1e}");
    assert!(worst < 1e-3, "{worst:.1e}");
    assert!(matches!(
        Entrance::new(table(), 1.4),
        Err(MoldError::CellRadius { .. })
    ));
    assert!(matches!(
        Entrance::new(table(), 8.1),
        Err(MoldError::CellRadius { .. })
    ));
}

/// Largest relative difference of the length between a full run and the reduced model at all of its steps.
fn worst_length(loaded: &LoadedCase, table: &Table) -> f64 {
    let run = ReducedRun::with_table(loaded, table).unwrap();
    let scales = run.steps()[0].conditions.scales;
    let pore = run.entrance().pore(scales.lambda());
    let start = loaded.case.initial_length() / scales.radius;
    let mut simulation = Simulation::new(loaded).unwrap();
    let mut worst = 0.0f64;
    while let Some(step) = simulation.advance().unwrap() {
        let reduced = pore.length_after(start, step.conditions.time / scales.time());
        worst = worst.max((reduced * scales.radius / step.length - 1.0).abs());
    }
    println!(
        "Λ {:.2e}, up to L = {:.1} R: {worst:.1e}",
        scales.lambda(),
        simulation.latest().length / scales.radius
    );
    worst
}

#[test]
fn a_run_has_the_full_runs_lengths() {
    // Λ of the flagship is 0.05; its factor on D_I sets any other. Steps are held well below the model's target.
    let runs: &[(&str, f64)] = if common::long() {
        &[
            ("0", 32.0),
            ("2e-3", 32.0),
            ("0.2", 32.0),
            ("20", 32.0),
            ("2000", 32.0),
        ]
    } else {
        &[("1", 6.0)]
    };
    for (factor, radii) in runs {
        let loaded = flagship(&[
            &format!("interface.diffusivity_factor={factor}"),
            "front.initial_length_nm=7.5",
            &format!("process.stop_length_nm={}", radii * 30.0),
            "process.time_s=1e9",
            "numerics.step_tolerance=2e-6",
            "numerics.estimate_error=false",
            "output.frames=0",
        ]);
        let worst = worst_length(&loaded, table());
        assert!(worst < 1e-3, "factor {factor}: {worst:.1e}");
        // Negative control: a table whose resistances are 1 % larger fails.
        let mut wrong = table().clone();
        wrong.resistance.iter_mut().for_each(|c| *c *= 1.01);
        if *factor == "1" {
            assert!(worst_length(&loaded, &wrong) > 1e-3);
        }
    }
}

#[test]
fn filling_follows_the_reference() {
    let text = std::fs::read_to_string(root().join("tests/reference/filling.json")).unwrap();
    let reference: Value = serde_json::from_str(&text).unwrap();
    let number = |value: &Value| value.as_f64().unwrap();
    for run in reference["runs"].as_array().unwrap() {
        let entrance = entrance(number(&run["Rc"]));
        let pore = entrance.pore(number(&run["Lambda"]));
        for (time, length) in run["L"].as_object().unwrap() {
            let found = pore.length_after(number(&run["L0"]), time.parse().unwrap());
            let off = found / number(length) - 1.0;
            println!("Λ {} t {time}: {off:+.1e}", run["Lambda"]);
            // What the full solver at N = 32 is held to.
            assert!(off.abs() < 2e-3, "Λ {} t {time}: {off:.1e}", run["Lambda"]);
        }
    }
}

#[test]
fn schedules_are_integrated() {
    // Pressure ramped up and taken off again, temperature falling: both mechanisms change with time.
    let sets = [
        "process.temperature_schedule=[[0,317],[600,303],[1500,297]]",
        "process.pressure_schedule=[[0,0],[60,1.5],[900,1.5],[1000,0],[1200,1],[1500,1]]",
        "process.time_s=1500",
        "numerics.step_tolerance=1e-5",
        "numerics.estimate_error=false",
        "output.frames=0",
    ];
    let loaded = flagship(&sets);
    let steps = ReducedRun::new(&loaded).unwrap().steps();
    let mut simulation = Simulation::new(&loaded).unwrap();
    while simulation.advance().unwrap().is_some() {}
    let (full, reduced) = (simulation.latest(), steps.last().unwrap());
    let off = reduced.length / full.length - 1.0;
    let [_, share] = reduced.shares();
    let share_off = share - full.shares()[1];
    println!(
        "{} steps; length {off:+.1e}, share {share_off:+.1e}",
        steps.len()
    );
    assert!(full.length > 3.0 * loaded.case.initial_length());
    assert!(off.abs() < 1e-3, "{off:.1e}");
    assert!(share_off.abs() < 2e-3, "{share_off:.1e}");
    // Every corner ends a step, times increase, and without pressure the front waits.
    for corner in [60.0, 600.0, 900.0, 1000.0, 1200.0] {
        assert!(
            steps.iter().any(|s| s.conditions.time == corner),
            "{corner} s"
        );
    }
    assert!(steps.windows(2).all(|pair| {
        pair[0].conditions.time < pair[1].conditions.time && pair[0].length <= pair[1].length
    }));
    let held = steps.iter().find(|s| s.conditions.time == 1000.0).unwrap();
    assert_eq!(held.rate, 0.0);
    // Negative control: the temperature of the end for the whole time gives another length.
    let mut cold = sets;
    cold[0] = "process.temperature_C=297";
    let other = ReducedRun::new(&flagship(&cold)).unwrap().steps();
    assert!(other.last().unwrap().length < 0.9 * reduced.length);
}

#[test]
fn a_stop_length_is_reached_exactly() {
    let loaded = flagship(&["process.stop_length_nm=123"]);
    let steps = ReducedRun::new(&loaded).unwrap().steps();
    let last = steps.last().unwrap();
    assert!(
        (last.length / 123e-9 - 1.0).abs() < 1e-12,
        "{}",
        last.length
    );
    assert!(last.conditions.time < 36_000.0);
}

#[test]
fn a_length_alone_is_that_of_the_run_in_every_bit() {
    let at = |celsius: f64, d: f64| format!("process.temperature_C={celsius}|pore.diameter_nm={d}");
    let mut cases: Vec<String> = [260.0, 297.0, 331.5]
        .into_iter()
        .flat_map(|t| [8.0, 20.5, 60.0, 250.0].map(|d| at(t, d)))
        .collect();
    let changing =
        "process.temperature_schedule=[[0,317],[600,303],[1500,297]]|process.time_s=1500";
    cases.extend([
        "interface.capillarity=true".to_owned(),
        "process.stop_length_nm=123".to_owned(),
        changing.to_owned(),
        format!("{changing}|process.pressure_schedule=[[0,0],[60,1.5],[900,1.5],[1000,0],[1200,1],[1500,1]]"),
        format!("{changing}|process.stop_length_nm=30"),
    ]);
    for sets in &cases {
        let loaded = flagship(&sets.split('|').collect::<Vec<_>>());
        let run = ReducedRun::new(&loaded).unwrap();
        let last = run.last();
        assert_eq!(run.length().to_bits(), last.length.to_bits(), "{sets}");
        // The pore that is kept between steps is the one of a run that begins anew with this Λ.
        let scales = last.conditions.scales;
        let pore = run.entrance().pore(scales.lambda());
        let length = last.length / scales.radius;
        let rate = pore.speed(length) * scales.velocity();
        assert_eq!(last.rate.to_bits(), rate.to_bits(), "{sets}");
    }
}

#[test]
fn limits_of_the_layer() {
    let entrance = entrance(2.5);
    let still = entrance.pore(0.0);
    // Without a layer: the flow alone, whose long pore is Hagen–Poiseuille's 1/8.
    assert_eq!(still.layer_share(3.0), 0.0);
    assert!((still.speed(1e6) * 8.0 * 1e6 - 1.0).abs() < 1e-5);
    // The entrance resistance of porosity 0.16 (1.444 per mouth, in 8/π per πR² of flow) and the flat front's −0.08 R.
    let expected = std::f64::consts::PI * 1.444 - 8.0 * 0.08;
    assert!(
        (still.resistance(20.0) / expected - 1.0).abs() < 5e-3,
        "{}",
        still.resistance(20.0)
    );
    // Continuous at Λ = 0 and at the largest Λ, where it is held.
    assert!((entrance.pore(1e-13).resistance(2.0) / still.resistance(2.0) - 1.0).abs() < 1e-3);
    let largest = entrance.largest_lambda();
    let [inside, outside] = [0.999, 1.001].map(|f| entrance.pore(f * largest).resistance(2.0));
    assert!((inside / outside - 1.0).abs() < 1e-5);
    // A long pore at Λ = 1/16: equal conductances, and the layer takes over 4 % more at the tip (docs/physics.md).
    let share = entrance.pore(1.0 / 16.0).layer_share(20.0);
    assert!((share - 0.54).abs() < 0.005, "{share}");
}

#[test]
fn time_and_length_invert_each_other() {
    let entrance = entrance(3.1);
    for lambda in [0.0, 1e-5, 0.03, 1.0, 50.0, 2000.0] {
        let pore = entrance.pore(lambda);
        for (from, to) in [
            (0.0, 0.05),
            (0.0, 3.0),
            (0.1, 0.13),
            (0.5, 7.9),
            (0.5, 300.0),
            (9.0, 9.0 + 1e-9),
        ] {
            let theta = pore.reduced_time(from, to);
            let back = pore.length_after(from, theta);
            assert!(
                (back - to).abs() < 1e-11 * to,
                "Λ {lambda}: {from} → {to}: {back}"
            );
        }
        // The speed is the derivative of that time; 1e-4 apart, the second difference makes 1e-8.
        for at in [0.11, 0.2, 1.0, 5.0, 7.99, 30.0] {
            let h = 1e-4;
            let slope = pore.reduced_time(at - h, at + h) / (2.0 * h);
            assert!(
                (slope * pore.speed(at) - 1.0).abs() < 1e-6,
                "Λ {lambda}, L {at}"
            );
        }
    }
}

fn molding() -> Molding {
    Molding {
        diameter: 60e-9,
        newtonian_viscosity: 2.6e11,
        layer_conductivity: 3.8e-27,
        atomic_volume: 1.25e-29,
        temperature: 570.15,
        pressure: 1.25e9,
        gas_pressure: 0.0,
        wetting_tension: 0.0,
        time: 36_000.0,
        initial_length: 15e-9,
    }
}

#[test]
fn the_pure_function_in_si() {
    let entrance = entrance(2.5);
    let molding = molding();
    let found = molding.growth(&entrance);
    // The same through the case's own way: dimensionless, then scaled.
    let pore = entrance.pore(molding.lambda());
    let theta = 1.25e9 * 36_000.0 / 2.6e11;
    assert!((found.length / (30e-9 * pore.length_after(0.5, theta)) - 1.0).abs() < 1e-12);
    assert!((molding.time_to(&entrance, found.length) / 36_000.0 - 1.0).abs() < 1e-10);
    // Shorter than the long pore's law, by the entrance; longer than either mechanism alone would be.
    let long = nanomold::physics::length_long_pore(
        1.25e9,
        36_000.0,
        60e-9,
        2.6e11,
        nanomold::physics::layer_mobility(3.8e-27, 1.25e-29, 570.15),
    );
    assert!(
        found.length < long && found.length > 0.85 * long,
        "{} {long}",
        found.length
    );
    // A wall that is not wetted holds back; one that holds the whole pressure stops it.
    let resisted = Molding {
        wetting_tension: -0.5,
        ..molding
    };
    assert!(resisted.growth(&entrance).length < found.length);
    let stopped = Molding {
        wetting_tension: -100.0,
        ..molding
    };
    assert_eq!(stopped.growth(&entrance).length, 15e-9);

    let d_c = molding.critical_diameter(&entrance).unwrap();
    let share = Molding {
        diameter: d_c,
        initial_length: 0.25 * d_c,
        ..molding
    }
    .growth(&entrance)
    .layer_share;
    assert!((share - 0.5).abs() < 1e-9);
    // Equal volumes at the tip need a somewhat wider pore than equal conductances: 4 % more layer at the tip, and the share
    // falls by 3/4 per unit of ln d there.
    let ratio = d_c / molding.critical_diameter_of_conductances();
    println!("equal volumes at {ratio:.3} of Eq. (3)'s diameter");
    assert!(ratio > 1.0 && ratio < 1.15, "{ratio}");
}

#[test]
fn a_hundred_thousand_runs_take_about_a_second() {
    let entrance = entrance(2.5);
    const RUNS: usize = 20_000;
    let started = Instant::now();
    let sum: f64 = (0..RUNS)
        .map(|k| {
            let diameter = 10e-9 * (1.0 + k as f64 / 2000.0);
            Molding {
                diameter,
                initial_length: 0.25 * diameter,
                ..molding()
            }
            .growth(&entrance)
            .length
        })
        .sum();
    let rate = RUNS as f64 / started.elapsed().as_secs_f64();
    println!("{rate:.0} runs per second ({sum:.3e})");
    // A tenth of the target: the test shares its cores with others; benches/reduced.rs measures.
    assert!(rate > 1e4, "{rate:.0} runs per second");
}

#[test]
fn stale_and_damaged_tables_are_refused() {
    let text = include_str!("../../src/reduced/table.json");
    let good = Table::parse(text).unwrap();
    assert_eq!(good.to_json(), text, "the file is what the program writes");
    let probes = Probe::all().unwrap();
    good.check_solver(probes).unwrap();

    // A solver whose speed differs in the sixth digit at one place is another solver.
    let mut other = good.clone();
    other.probes[3].speed *= 1.0 + 1e-6;
    let Err(TableError::Stale { lambda, .. }) = Table::parse(&other.to_json()) else {
        panic!("a table of another solver is refused")
    };
    assert_eq!(lambda, other.probes[3].lambda);
    let message = other.check_solver(probes).unwrap_err().to_string();
    assert!(
        message.contains("stale") && message.contains("nanomold table"),
        "{message}"
    );
    // The shares belong to the solver as well.
    let mut other = good.clone();
    other.probes[8].layer_share += 1e-5;
    assert!(matches!(
        other.check_solver(probes),
        Err(TableError::Stale { .. })
    ));

    let damaged = |change: &dyn Fn(&mut Table)| {
        let mut table = good.clone();
        change(&mut table);
        match Table::parse(&table.to_json()) {
            Err(TableError::Format(reason)) => reason,
            other => panic!("accepted or misnamed: {:?}", other.err()),
        }
    };
    assert!(damaged(&|t| t.header.format += 1).contains("format"));
    assert!(damaged(&|t| t.resistance.truncate(9)).contains("axes"));
    assert!(damaged(&|t| t.resistance[7] = -1.0).contains("positive"));
    assert!(damaged(&|t| t.lambda.swap(3, 4)).contains("increasing"));
    assert!(damaged(&|t| t.probes.truncate(3)).contains("probes"));
    assert!(matches!(Table::parse("{}"), Err(TableError::Format(_))));
}

#[test]
fn the_table_is_what_the_solver_gives() -> Result<(), SolveError> {
    // A corner of the table, or a larger part of it, made again.
    let shipped = table();
    let nodes = Nodes::standard();
    assert_eq!(
        (&shipped.cell_radius, &shipped.lambda, &shipped.length),
        (&nodes.cell_radius, &nodes.lambda, &nodes.length)
    );
    let step = if common::long() { 5 } else { 20 };
    let mut places = Vec::new();
    for (r, &cell_radius) in nodes.cell_radius.iter().enumerate().skip(2).step_by(4) {
        for (l, &lambda) in nodes.lambda.iter().enumerate().step_by(step) {
            for (k, &length) in nodes.length.iter().enumerate().step_by(step.min(6)) {
                let index = (r * nodes.lambda.len() + l) * nodes.length.len() + k;
                places.push((cell_radius, lambda, length, index));
            }
        }
    }
    for (cell_radius, lambda, length, index) in places {
        let [speed, share] = solve(&mesh(cell_radius, 32), length, lambda)?;
        let resistance = 1.0 / speed - length / long_pore(lambda);
        // Seven digits of C, and what the residual of 1e-9 leaves in 1/u where C is a small part of it.
        let allowed = 5e-7 * resistance + 1e-7 / speed;
        assert!(
            (resistance - shipped.resistance[index]).abs() < allowed,
            "R_c {cell_radius}, Λ {lambda}, L {length}: {resistance} against {}",
            shipped.resistance[index]
        );
        assert!((share - shipped.layer_share[index]).abs() < 5e-7 * share.abs() + 1e-8);
    }
    Ok(())
}

#[test]
fn a_small_table_can_be_made_and_used() {
    let nodes = Nodes {
        cell_radius: vec![2.0, 2.5, 3.0, 4.0],
        lambda: vec![0.0, 1e-3, 0.1, 10.0],
        length: vec![0.25, 0.5, 1.0, 2.0],
        cells_per_radius: 8,
    };
    let table = tabulate(&nodes, &()).unwrap();
    let again = Table::parse(&table.to_json()).unwrap();
    assert_eq!(table, again);
    let entrance = Entrance::new(&table, 2.5).unwrap();
    // At its nodes it gives back what the solver gave.
    let [speed, _] = solve(&mesh(2.5, 8), 0.5, 0.1).unwrap();
    assert!((entrance.pore(0.1).speed(0.5) / speed - 1.0).abs() < 1e-6);
}

#[test]
fn cases_beyond_the_model_are_refused() {
    let refused = |sets: &[&str]| ReducedRun::new(&flagship(sets)).unwrap_err();
    let free = refused(&["front.model=\"free\""]);
    assert!(
        free.to_string().contains("front.model = \"flat\""),
        "{free}"
    );
    let slip = refused(&["interface.slip_length_nm=1"]);
    assert!(matches!(slip, CaseError::Beyond { .. }) && slip.to_string().contains("slip"));
    let wide = refused(&["mesh.cell_radius=9", "mesh.reservoir_depth=18"]);
    assert!(
        matches!(wide, CaseError::Mold(MoldError::CellRadius { .. })),
        "{wide}"
    );
    let shallow = refused(&["mesh.reservoir_depth=3"]);
    assert!(
        matches!(shallow, CaseError::Mold(MoldError::Depth { .. })),
        "{shallow}"
    );
}
