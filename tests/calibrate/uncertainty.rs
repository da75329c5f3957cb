//! Intervals that hold: how often the stated 95 % intervals of η, δD_I and d_c contain the truth, over synthetic lengths.

use crate::common;
use nanomold::calibrate::calibration::{Calibration, Options, calibrate};
use nanomold::calibrate::covariance::Doubts;
use nanomold::calibrate::data::Measurements;
use nanomold::calibrate::full;
use nanomold::calibrate::model::LengthModel;
use nanomold::calibrate::reduced::Reduced;
use nanomold::case::{self, load_material};
use nanomold::experiments::{self, Experiment};
use nanomold::materials::Material;
use nanomold::reduced::{Entrance, Table};
use nanomold::synthetic;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rand_distr::{Distribution, StandardNormal};
use rayon::prelude::*;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

fn shipped(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Read once: it is asked for with every draw.
fn nickel() -> &'static Material {
    static NICKEL: LazyLock<Material> = LazyLock::new(|| {
        load_material(&shipped("cases/materials/ni45pd35p16b4.toml"), &[]).unwrap()
    });
    &NICKEL
}

fn reduced() -> Reduced {
    Reduced::new(Entrance::new(Table::shipped().unwrap(), 2.5).unwrap())
}

/// What a synthetic laboratory does wrong.
#[derive(Clone, Copy, Debug, Default)]
struct Errors {
    /// Relative error of each length.
    noise: f64,
    /// Whether the table states it.
    stated: bool,
    /// Relative spread of the diameters, stated.
    spread: f64,
    /// Relative shift that the diameters of each of two molds share, its size stated.
    shift: f64,
}

const DIAMETERS: [&[f64]; 3] = [
    &[20.0, 60.0, 150.0],
    &[15.0, 30.0, 60.0, 120.0, 250.0],
    &[
        10.0, 15.0, 20.0, 30.0, 40.0, 60.0, 80.0, 100.0, 150.0, 250.0,
    ],
];

fn parsed(rows: &[Experiment]) -> Measurements {
    let table = experiments::parse("synthetic.csv", experiments::to_csv(rows, &[])).unwrap();
    Measurements::new(&table, nickel(), true).unwrap()
}

/// One synthetic table at 297 °C, by the reduced model.
fn draw(diameters: &[f64], errors: Errors, seed: u64, model: &dyn LengthModel) -> Measurements {
    let material = nickel();
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut normal = || -> f64 { StandardNormal.sample(&mut random) };
    let shifts = [normal(), normal()];
    let row = |d_nm: f64, length: f64, k: usize| Experiment {
        d_nm,
        T_C: 297.0,
        p_GPa: 1.25,
        t_s: 36_000.0,
        L_nm: length,
        sigma_nm: errors.stated.then_some(errors.noise * length),
        spread_d_nm: (errors.spread > 0.0).then_some(errors.spread * d_nm),
        bias_d_nm: (errors.shift > 0.0).then_some(errors.shift * d_nm),
        mold: ["A", "B"][k % 2].to_owned(),
        ..Experiment::default()
    };
    let rows: Vec<Experiment> = (diameters.iter().enumerate())
        .map(|(k, &d)| {
            let true_d = d * (1.0 + errors.spread * normal() + errors.shift * shifts[k % 2]);
            let exact = parsed(&[row(true_d, 100.0, k), row(2.0 * true_d, 100.0, k)]);
            let one = &exact.rows[0];
            let state = nanomold::calibrate::model::TransportState {
                newtonian_viscosity: material
                    .newtonian_viscosity(one.molding.temperature, 36_000.0),
                layer_conductivity: material.layer_conductivity(one.molding.temperature),
                atomic_volume: material.atomic_volume(),
            };
            let length = 1e9 * model.length(&one.molding, &state, one.measured);
            row(d, length * (1.0 + errors.noise * normal()), k)
        })
        .collect();
    parsed(&rows)
}

/// Whether each interval contains the truth; none where there is no number.
fn inside(found: &Calibration) -> [Option<bool>; 3] {
    let (material, one) = (nickel(), &found.temperatures[0]);
    let truth = [
        material.newtonian_viscosity(one.temperature, one.time),
        material.layer_conductivity(one.temperature),
        material.critical_diameter(one.temperature, one.time),
    ];
    let numbers = [
        found.newtonian_viscosity(0),
        found.layer_conductivity(0),
        found.critical_diameter(0),
    ];
    [0, 1, 2].map(|k| {
        let [low, high] = numbers[k]?.interval;
        Some((low..=high).contains(&truth[k]))
    })
}

/// Shares of the intervals of η, δD_I and d_c that contain the truth, and how many of the draws have no number of some.
fn coverage(
    count: u64,
    found: impl Fn(u64) -> [Option<bool>; 3] + Sync + Send,
) -> ([f64; 3], usize) {
    let all: Vec<[Option<bool>; 3]> = (0..count).into_par_iter().map(found).collect();
    let shares = [0, 1, 2].map(|k| {
        let known: Vec<bool> = all.iter().filter_map(|one| one[k]).collect();
        known.iter().filter(|yes| **yes).count() as f64 / known.len() as f64
    });
    (shares, all.iter().filter(|one| one.contains(&None)).count())
}

fn read(data: &Measurements, model: &dyn LengthModel, doubts: Doubts) -> Calibration {
    let options = Options {
        draws: 0,
        doubts,
        ..Options::default()
    };
    calibrate(data, nickel(), model, options).unwrap()
}

/// 400 draws of each kind (`NANOMOLD_LONG=1`), or 40 of a few. Asked for are 92 to 98 %.
#[test]
fn stated_intervals_contain_the_truth_as_often_as_they_say() {
    let model = reduced();
    let noise = 0.05;
    let kinds = [
        (
            "σ stated",
            Errors {
                noise,
                stated: true,
                ..Errors::default()
            },
        ),
        (
            "σ not stated",
            Errors {
                noise,
                ..Errors::default()
            },
        ),
        (
            "spread of 10 %",
            Errors {
                noise,
                stated: true,
                spread: 0.1,
                ..Errors::default()
            },
        ),
        (
            "two molds, 5 %",
            Errors {
                noise,
                stated: true,
                shift: 0.05,
                ..Errors::default()
            },
        ),
        (
            "spread, σ not stated",
            Errors {
                noise,
                spread: 0.1,
                ..Errors::default()
            },
        ),
    ];
    let long = common::long();
    // The short test takes those that the bootstrap of earlier versions missed most, and the one that was too wide.
    let short = [(0, 0), (0, 1), (0, 4), (1, 2), (2, 3)];
    let count = if long { 400 } else { 40 };
    for (n, diameters) in DIAMETERS.into_iter().enumerate() {
        for (k, (name, errors)) in kinds.into_iter().enumerate() {
            if !long && !short.contains(&(n, k)) {
                continue;
            }
            let (shares, missing) = coverage(count, |seed| {
                let data = draw(diameters, errors, 1000 * (n as u64 + 1) + seed, &model);
                inside(&read(&data, &model, Doubts::default()))
            });
            println!(
                "{} diameters, {name}: {shares:.3?}, {missing} without a number",
                diameters.len()
            );
            // 400 draws have a standard deviation of 1.1 % about 95 %, 40 of 3.4 %: three of them from 95 %. The bootstrap
            // covered 60 to 77 %.
            let [low, high] = if long { [0.92, 0.985] } else { [0.847, 1.0] };
            for share in shares {
                assert!(
                    (low..=high).contains(&share),
                    "{} {name}: {shares:?}",
                    diameters.len()
                );
            }
        }
    }
    // Negative control: a spread of 10 % that nobody stated is not covered.
    let errors = Errors {
        noise,
        stated: true,
        spread: 0.1,
        ..Errors::default()
    };
    let (shares, _) = coverage(60, |seed| {
        let mut data = draw(DIAMETERS[2], errors, seed, &model);
        data.rows.iter_mut().for_each(|row| row.spread = 0.0);
        inside(&read(&data, &model, Doubts::default()))
    });
    println!("spread of 10 % not stated: {shares:.3?}");
    assert!(shares.iter().any(|share| *share < 0.85), "{shares:?}");
}

/// Two diameters: the lengths of the shipped alloy have a second reading, whose d_c is 16 times as large. A third diameter has one.
#[test]
fn two_diameters_have_two_readings_and_the_intervals_hold_both() {
    let model = reduced();
    let stated = Errors {
        noise: 0.05,
        stated: true,
        ..Errors::default()
    };
    let truth = 1e9 * nickel().critical_diameter(570.15, 36_000.0);
    let both = read(
        &draw(&[15.0, 250.0], stated, 3, &model),
        &model,
        Doubts::default(),
    );
    let d_c = both.critical_diameter(0).unwrap();
    let [low, high] = d_c.interval.map(|end| 1e9 * end);
    println!("{} [{low}, {high}]", 1e9 * d_c.value);
    assert_eq!(both.temperatures[0].rivals.len(), 1);
    // That of the material is taken, within five standard errors (5 %) of the truth, and the interval reaches to the other.
    assert!((1e9 * d_c.value / truth).ln().abs() < 0.25, "{}", d_c.value);
    assert!(low < truth && high > 600.0, "{low} {high}");
    // Negative control: with 60 nm between them there is one reading, known to better than a factor of two.
    let one = read(
        &draw(&[15.0, 60.0, 250.0], stated, 3, &model),
        &model,
        Doubts::default(),
    );
    let [low, high] = one.critical_diameter(0).unwrap().interval;
    assert!(
        one.temperatures[0].rivals.is_empty() && high / low < 2.0,
        "{low} {high}"
    );
}

/// Lengths of the full solver with a free front, read with `--case`.
#[test]
fn intervals_of_free_fronts_hold() {
    if !common::long() {
        return;
    }
    let table = experiments::read(&shipped("cases/data/ni_free_exact.csv")).unwrap();
    let exact: Vec<Experiment> = table
        .rows()
        .iter()
        .filter(|row| row.T_C == 297.0)
        .cloned()
        .collect();
    let sets = ["mesh.cells_per_radius=8".to_owned()];
    let case = case::load(&shipped("cases/ni_d60_297C.toml"), &sets).unwrap();
    let scaled = full::scaled(&parsed(&exact), nickel(), &case, &reduced(), &()).unwrap();
    let doubts = Doubts {
        // N = 8 for lengths of N = 16: 0.6 % of the tips.
        scale: scaled.error().max(0.006),
        model: 0.0,
    };
    let all: Vec<f64> = exact.iter().map(|row| row.d_nm).collect();
    for diameters in [
        &[20.0, 60.0, 150.0][..],
        &[15.0, 30.0, 60.0, 100.0, 250.0],
        &all,
    ] {
        let mut some = exact.clone();
        some.retain(|row| diameters.contains(&row.d_nm));
        assert_eq!(some.len(), diameters.len());
        let (shares, missing) = coverage(400, |seed| {
            let data = parsed(&synthetic::with_noise(&some, 0.05, seed));
            inside(&read(&data, &scaled, doubts))
        });
        println!(
            "free fronts, {} diameters: {shares:.3?}, {missing} without a number",
            diameters.len()
        );
        assert!(
            shares.iter().all(|share| (0.92..=0.985).contains(share)),
            "{shares:?}"
        );
    }
}
