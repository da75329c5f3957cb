//! Which experiments next: what a plan expects is what a calibration then finds, and a planned press hour says more than one of the paper's.

use crate::common;
use crate::common::program::{done, nanomold, text};
use nanomold::calibrate::calibration::{Options, calibrate};
use nanomold::calibrate::data::Measurements;
use nanomold::calibrate::model::{LengthModel, TransportState};
use nanomold::calibrate::reduced::Reduced;
use nanomold::case::load_material;
use nanomold::experiments::{self, Experiment};
use nanomold::materials::Material;
use nanomold::planning::{
    At, Candidate, Knowledge, Laboratory, Limit, Plan, Readings, Target, plan,
};
use nanomold::reduced::{Entrance, Table};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use rand_distr::{Distribution, StandardNormal};
use rayon::prelude::*;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// The paper's diameters in nm.
const PAPER: [f64; 10] = [
    10.0, 15.0, 20.0, 30.0, 40.0, 60.0, 80.0, 100.0, 150.0, 250.0,
];
/// Its press at 297 °C, and the hour that heating, cooling and another mold take besides.
const HOURS: f64 = 10.0;
const OVERHEAD: f64 = 1.0;
const KELVIN: f64 = 297.0 + 273.15;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_path_buf()
}

fn nickel() -> Material {
    load_material(&root().join("cases/materials/ni45pd35p16b4.toml"), &[]).unwrap()
}

fn reduced() -> Reduced {
    Reduced::new(Entrance::new(Table::shipped().unwrap(), 2.5).unwrap())
}

/// A laboratory at 297 °C and 1.25 GPa that may press for these hours; lengths are known to 5 % and 3 nm.
fn laboratory(hours: &[f64]) -> Laboratory {
    Laboratory {
        diameters: PAPER.map(|nm| nm * 1e-9).to_vec(),
        temperatures: vec![KELVIN],
        pressures: vec![1.25e9],
        times: hours.iter().map(|hours| 3600.0 * hours).collect(),
        overhead: 3600.0 * OVERHEAD,
        hourly_cost: None,
        mold_cost: 0.0,
        sigma: 0.05,
        resolution: 3e-9,
        spread: 0.0,
        initial_aspect: 0.0,
        longest: None,
    }
}

const D_C: Target = Target::At(At::CriticalDiameter, KELVIN, 36_000.0);

struct Planned {
    knowledge: Knowledge,
    candidates: Vec<Candidate>,
    plan: Plan,
}

fn planned(laboratory: &Laboratory, targets: &[Target], limit: Limit) -> Planned {
    let knowledge = Knowledge::new(&nickel(), laboratory.diameters.len(), 0.0, 0.0);
    let (candidates, _) = laboratory.candidates(&knowledge, &reduced());
    let readings = Readings {
        model: &reduced(),
        rows: &[],
    };
    let plan = plan(&knowledge, &candidates, targets, limit, &readings).unwrap();
    Planned {
        knowledge,
        candidates,
        plan,
    }
}

impl Planned {
    /// The experiments as [diameter in nm, hours].
    fn presses(&self) -> Vec<[f64; 2]> {
        let steps = self.plan.steps.iter();
        let rows = steps.map(|step| &self.candidates[step.candidate].row.molding);
        rows.map(|molding| [molding.diameter * 1e9, molding.time / 3600.0])
            .collect()
    }
}

/// What these presses tell of d_c at 297 °C, over synthetic draws: the median width of its interval, ln(high/low), and how often that contains the truth.
fn simulated(presses: &[[f64; 2]], draws: u64) -> (f64, f64) {
    let (material, model) = (nickel(), reduced());
    let row = |[d_nm, hours]: [f64; 2], length: f64, sigma: f64| Experiment {
        d_nm,
        T_C: 297.0,
        p_GPa: 1.25,
        t_s: 3600.0 * hours,
        L_nm: length,
        sigma_nm: Some(sigma),
        ..Experiment::default()
    };
    let parsed = |rows: &[Experiment]| {
        let table = experiments::parse("plan.csv", experiments::to_csv(rows, &[])).unwrap();
        Measurements::new(&table, &material, true).unwrap()
    };
    let rows: Vec<Experiment> = presses
        .iter()
        .map(|press| row(*press, 100.0, 5.0))
        .collect();
    let exact: Vec<f64> = (parsed(&rows).rows.iter())
        .map(|one| {
            let state = TransportState {
                newtonian_viscosity: material.newtonian_viscosity(KELVIN, one.molding.time),
                layer_conductivity: material.layer_conductivity(KELVIN),
                atomic_volume: material.atomic_volume(),
            };
            1e9 * model.length(&one.molding, &state, one.measured)
        })
        .collect();
    let one = |seed: u64| -> (f64, bool) {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let rows: Vec<Experiment> = (presses.iter().zip(&exact))
            .map(|(press, length)| {
                let sigma = (0.05 * length).hypot(3.0);
                let normal: f64 = StandardNormal.sample(&mut random);
                row(*press, length + sigma * normal, sigma)
            })
            .collect();
        let options = Options {
            draws: 0,
            ..Options::default()
        };
        let found = calibrate(&parsed(&rows), &material, &model, options).unwrap();
        let [low, high] = found
            .critical_diameter(0)
            .map_or([0.0, f64::INFINITY], |d| d.interval);
        let truth = material.critical_diameter(KELVIN, 36_000.0);
        ((high / low).ln(), low < truth && truth < high)
    };
    let all: Vec<(f64, bool)> = (0..draws).into_par_iter().map(one).collect();
    let mut widths: Vec<f64> = all.iter().map(|one| one.0).collect();
    widths.sort_by(f64::total_cmp);
    let inside = all.iter().filter(|one| one.1).count() as f64;
    (widths[widths.len() / 2], inside / draws as f64)
}

/// The paper's presses within so many hours, the diameters in turn from both ends: wide and narrow ones are needed from the start.
fn paper(hours: f64) -> Vec<[f64; 2]> {
    let order = [0, 9, 5, 2, 7, 4, 8, 1, 6, 3];
    let count = (hours / (HOURS + OVERHEAD)).floor() as usize;
    let cycle = order.iter().cycle().take(count);
    cycle.map(|&k| [PAPER[k], HOURS]).collect()
}

#[test]
fn a_planned_press_hour_says_more_than_one_of_the_paper() {
    let long = common::long();
    let draws = if long { 400 } else { 24 };
    let hours = if long {
        vec![33.0, 55.0, 110.0, 220.0]
    } else {
        vec![33.0, 110.0]
    };
    for hours in hours {
        let limit = Limit { count: 200, hours };
        // Diameters alone; times as well.
        let same_time = planned(&laboratory(&[HOURS]), &[D_C], limit);
        let free = planned(&laboratory(&[2.0, 5.0, HOURS]), &[D_C], limit);
        let used = |presses: &[[f64; 2]]| presses.iter().map(|p| p[1] + OVERHEAD).sum::<f64>();
        let own = paper(hours);
        let [before, diameters, times] =
            [&own, &same_time.presses(), &free.presses()].map(|presses| {
                let (width, inside) = simulated(presses, draws);
                println!(
                    "{hours} h: {} presses in {} h, d_c ± {:.2} %, {:.3} inside: {presses:?}",
                    presses.len(),
                    used(presses),
                    100.0 * ((0.5 * width).exp() - 1.0),
                    inside
                );
                // 95 %, with three standard deviations of so many draws.
                let off = 3.0 * (0.95 * 0.05 / draws as f64).sqrt();
                assert!(inside >= 0.95 - off - 0.01, "{inside}");
                assert!(used(presses) <= hours * (1.0 + 1e-9));
                width
            });
        // The same hours of the press: half the interval or less. By the diameters alone it would be 1.3 times narrower at most (the design of a straight line
        // by its ends against one of evenly spread points), which is the negative control of what is counted.
        assert!(before / times > 2.0, "{hours} h: {before} {times}");
        assert!(
            before / diameters < 1.8 && before / diameters > 0.95,
            "{hours} h: {before} {diameters}"
        );
        // What the plan expected is what was found: a linear forecast, a median of draws.
        let expected = 2.0 * 1.96 * free.plan.steps.last().unwrap().deviations[0];
        assert!(
            (times / expected - 1.0).abs() < 0.2,
            "{hours} h: {times} {expected}"
        );
    }
}

#[test]
fn no_other_plan_of_as_many_hours_says_more() {
    let targets = [D_C, Target::At(At::Viscosity, KELVIN, 36_000.0)];
    let limit = Limit {
        count: 6,
        hours: f64::INFINITY,
    };
    let made = planned(&laboratory(&[2.0, HOURS]), &targets, limit);
    let bits: f64 = made.plan.steps.iter().map(|step| step.bits).sum();
    let hours: f64 = made.presses().iter().map(|press| press[1] + OVERHEAD).sum();
    // Each step narrows what is known of every target.
    let mut last = made.plan.before.clone();
    for step in &made.plan.steps {
        assert!(step.bits > 0.0);
        for (now, before) in step.deviations.iter().zip(&last) {
            assert!(now <= before);
        }
        last.clone_from(&step.deviations);
    }
    // Random plans that take no more hours.
    let mut random = ChaCha8Rng::seed_from_u64(1);
    let derivatives = made.knowledge.derivatives(&targets);
    let mut best: f64 = 0.0;
    for _ in 0..400 {
        let mut now = made.knowledge.clone();
        let (mut told, mut used) = (0.0, 0.0);
        loop {
            let one = &made.candidates[random.next_u64() as usize % made.candidates.len()];
            used += one.hours;
            if used > hours {
                break;
            }
            let question = now.question(&derivatives).unwrap();
            told += now.information(&one.says, &question);
            now.learn(&one.says);
        }
        best = best.max(told);
    }
    println!("{bits} bits in {hours} h, at random {best} at most");
    assert!(bits >= best - 1e-9, "{bits} {best}");
}

#[test]
fn an_error_that_a_diameter_has_for_itself_asks_for_other_diameters() {
    let laboratory = laboratory(&[2.0]);
    let limit = Limit {
        count: 8,
        hours: f64::INFINITY,
    };
    let different = |model_error: f64| {
        let molds = laboratory.diameters.len();
        let knowledge = Knowledge::new(&nickel(), molds, model_error, 0.0);
        let (candidates, _) = laboratory.candidates(&knowledge, &reduced());
        let readings = Readings {
            model: &reduced(),
            rows: &[],
        };
        let made = plan(&knowledge, &candidates, &[D_C], limit, &readings).unwrap();
        let mut diameters: Vec<f64> = (made.steps.iter())
            .map(|step| candidates[step.candidate].row.molding.diameter)
            .collect();
        diameters.sort_by(f64::total_cmp);
        diameters.dedup();
        diameters.len()
    };
    // Two numbers need two diameters, and no third while every length stands for itself; where the model may be off by 10 % at each diameter, twice the error of a
    // length, repeating one says little.
    let (without, with) = (different(0.0), different(0.1));
    assert!(without <= 3 && with >= 5, "{without} {with}");
}

#[test]
fn the_program_plans_and_calibrate_reads_the_plan() {
    let folder = TempDir::new().unwrap();
    let material = root().join("cases/materials/ni45pd35p16b4.toml");
    let material = material.to_str().unwrap();
    let arguments = [
        "plan",
        "--material",
        material,
        "--for",
        "d_c@297",
        "--pressures",
        "1.25",
        "--times",
        "2h,10h",
        "--temperatures",
        "297",
        "--count",
        "4",
        "--out",
        "plan",
    ];
    let told = done(&nanomold(folder.path(), &arguments));
    for part in [
        "asked for, and known now:",
        "d_c at 297 °C = 55.77 nm",
        "  4. d = ",
        "bits; ",
    ] {
        assert!(told.contains(part), "{part} in {told}");
    }
    let out = folder.path().join("plan");
    for name in [
        "plan.csv",
        "expected.csv",
        "expected.png",
        "information.svg",
        "report.txt",
    ] {
        assert!(out.join(name).is_file(), "{name}");
    }
    // The lengths that were expected, as if they had been measured.
    let mut expected = csv::Reader::from_path(out.join("expected.csv")).unwrap();
    let header = expected.headers().unwrap().clone();
    let place = header
        .iter()
        .position(|name| name == "L_expected_nm")
        .unwrap();
    let lengths: Vec<String> = expected
        .records()
        .map(|row| row.unwrap()[place].to_owned())
        .collect();
    let plan = fs::read_to_string(out.join("plan.csv")).unwrap();
    let mut lines = plan.lines();
    let header = lines.next().unwrap();
    assert!(
        header.starts_with("d_nm,T_C,p_GPa,t_s,L_nm,sd_nm,n"),
        "{header}"
    );
    let filled: Vec<String> = (lines.zip(&lengths))
        .map(|(line, length)| {
            let mut cells: Vec<&str> = line.split(',').collect();
            (cells[4], cells[5], cells[6]) = (length, "20", "9");
            cells.join(",")
        })
        .collect();
    fs::write(
        folder.path().join("filled.csv"),
        format!("{header}\n{}\n", filled.join("\n")),
    )
    .unwrap();
    let read = done(&nanomold(
        folder.path(),
        &[
            "calibrate",
            "filled.csv",
            "--material",
            material,
            "--draws",
            "0",
        ],
    ));
    assert!(read.contains("filled.csv: 4 lengths at"), "{read}");
    // Each temperature has its own d_c only where it has both; the truth is within a per mille of what was put in.
    assert!(read.contains("nm"), "{read}");
    // An earlier plan stays.
    let output = nanomold(folder.path(), &arguments);
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn what_a_calibration_leaves_open_becomes_a_proposal() {
    let folder = TempDir::new().unwrap();
    let material = root().join("cases/materials/ni45pd35p16b4.toml");
    let material = material.to_str().unwrap();
    // Wide pores at two temperatures, one diameter at a third: two viscosities for a law of five numbers, and hardly any diffusion.
    let lengths = "d_nm,T_C,p_GPa,t_s,L_nm,sigma_nm\n\
                   150,297,1.25,36000,650,30\n250,297,1.25,36000,1000,50\n\
                   150,307,1.25,3600,420,20\n250,307,1.25,3600,640,30\n\
                   150,287,1.25,36000,380,20\n";
    fs::write(folder.path().join("wide.csv"), lengths).unwrap();
    let read = done(&nanomold(
        folder.path(),
        &[
            "calibrate",
            "wide.csv",
            "--material",
            material,
            "--draws",
            "0",
        ],
    ));
    let command = format!("`nanomold plan wide.csv --material {material}`");
    assert!(read.contains(&command), "{read}");
    let told = done(&nanomold(
        folder.path(),
        &["plan", "wide.csv", "--material", material],
    ));
    // Everything that `calibrate` names as unidentifiable is there with what would fix it, or with that nothing in the lists does.
    assert!(
        told.contains("what the lengths leave unidentifiable"),
        "{told}"
    );
    let open: Vec<&str> = read
        .lines()
        .filter_map(|line| {
            line.trim()
                .split_once(" is unidentifiable")
                .map(|(name, _)| name)
        })
        .collect();
    assert!(!open.is_empty(), "{read}");
    let lines: Vec<&str> = told.lines().collect();
    for name in open {
        let place = lines
            .iter()
            .position(|line| line.starts_with(&format!("  {name} (")));
        let answer = lines[place.unwrap_or_else(|| panic!("{name} in {told}")) + 1];
        assert!(
            ["would be known", "no experiment in these lists", "is known"]
                .iter()
                .any(|part| answer.contains(part)),
            "{name}: {answer}"
        );
    }
    // Q_I and the number that one diameter does not tell ask for narrow pores: below d_c, 56 nm at 297 °C.
    for start in [
        "  Q_I (",
        "  δD_I at 287 °C (η and δD_I: all pores are 150 nm wide",
    ] {
        let place = lines.iter().position(|line| line.starts_with(start));
        let answer = lines[place.unwrap_or_else(|| panic!("{start} in {told}")) + 1];
        let narrow = [10, 15, 20, 30, 40];
        let narrow = narrow
            .iter()
            .any(|d| answer.contains(&format!("d = {d} nm")));
        assert!(
            narrow && answer.contains("would be known"),
            "{start}: {answer}"
        );
    }
}

#[test]
fn what_cannot_be_planned_is_refused_with_its_remedy() {
    let folder = TempDir::new().unwrap();
    let material = root().join("cases/materials/ni45pd35p16b4.toml");
    let material = material.to_str().unwrap();
    let base = [
        "plan",
        "--material",
        material,
        "--pressures",
        "1.25",
        "--times",
        "2h",
    ];
    for (more, remedy) in [
        (vec![], "--for d_c@297"),
        (vec!["--for", "d_c"], "d_c@297, eta@297"),
        (vec!["--for", "d_c@297", "--times", "two"], "is no time"),
        (
            vec!["--for", "d_c@297", "--diameters", "60..20"],
            "the lower end first",
        ),
        (
            vec!["--for", "d_c@297", "--temperatures", "900"],
            "--temperatures",
        ),
        (
            vec!["--for", "d_c@297", "--longest-nm", "1"],
            "none of these",
        ),
        (vec!["--for", "d_c@297", "--sigma", "0"], "--sigma"),
    ] {
        let mut arguments = base.to_vec();
        if more.contains(&"--times") {
            arguments.truncate(arguments.len() - 2);
        }
        arguments.extend(&more);
        let output = nanomold(folder.path(), &arguments);
        assert_eq!(output.status.code(), Some(2), "{more:?}");
        let message = text(&output.stderr);
        assert!(message.contains(remedy), "{more:?}: {message}");
    }
}
