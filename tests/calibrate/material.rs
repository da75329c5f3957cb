//! Calibration: from facts to the shipped material, from lengths back to the numbers that made them.

use crate::common;
use nanomold::calibrate::calibration::{Calibration, Options, calibrate};
use nanomold::calibrate::data::Measurements;
use nanomold::calibrate::facts::FactFile;
use nanomold::calibrate::material_file;
use nanomold::calibrate::model::{ClosedForms, Combination, LengthModel, Molding, TransportState};
use nanomold::calibrate::parameters::{E_GLASS, Q_INTERFACE, TAU_G};
use nanomold::calibrate::{report, stated};
use nanomold::case;
use nanomold::experiments::{self, Measured};
use nanomold::input::InputError;
use nanomold::materials::Material;
use nanomold::physics::constants::{celsius, kelvin};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rand_distr::{Distribution, StandardNormal};
use std::path::{Path, PathBuf};

const FACTS: &str = "cases/facts/ni45pd35p16b4.toml";
const NICKEL: &str = "cases/materials/ni45pd35p16b4.toml";

fn shipped(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn explain<T>(result: Result<T, InputError>) -> T {
    result.unwrap_or_else(|error| panic!("{:?}", miette::Report::new(error)))
}

fn nickel() -> Material {
    explain(case::load_material(&shipped(NICKEL), &[]))
}

/// The text that `calibrate --facts` writes when it starts from `start` and the layout of `text`.
fn written_from_facts(start: &Material, facts: &FactFile, text: &str) -> String {
    let found = stated::fit_facts(start, facts).unwrap();
    let entries = report::entries_of_facts(&found, "ni45pd35p16b4.toml");
    material_file::write(text, &entries, &[], None, &[]).unwrap()
}

#[test]
fn facts_reproduce_the_shipped_material_from_another_start() {
    let facts = explain(FactFile::read(&shipped(FACTS)));
    let text = std::fs::read_to_string(shipped(NICKEL)).unwrap();
    // A start that is off by a factor of two in what is fitted as a logarithm and by some per cent elsewhere.
    let mut start = nickel();
    start.viscosity.eta_reference_Pa_s.as_mut().unwrap().value *= 2.0;
    start.viscosity.D_star.as_mut().unwrap().value *= 1.1;
    start.viscosity.T_0_K.as_mut().unwrap().value *= 0.97;
    start.viscosity.E_glass_eV.as_mut().unwrap().value *= 0.8;
    start.interface.as_mut().unwrap().D_reference_m2_per_s.value *= 0.5;
    start
        .bulk_diffusion
        .as_mut()
        .unwrap()
        .D_reference_m2_per_s
        .value *= 2.0;
    // Byte for byte: numbers to their four digits, notes, comments and layout.
    assert_eq!(written_from_facts(&start, &facts, &text), text);
    // Negative control: one d_c stated 20 % larger moves the numbers.
    let mut changed = facts.clone();
    changed.facts.critical_diameter_nm[1].value = Some(37.0);
    assert_ne!(written_from_facts(&start, &changed, &text), text);
}

#[test]
fn every_stated_fact_is_met_by_the_shipped_material() {
    let facts = explain(FactFile::read(&shipped(FACTS)));
    let broken = |material: &Material| -> Vec<&str> {
        let all = stated::compare(material, &facts.facts);
        all.iter()
            .filter(|one| !one.holds)
            .map(|one| one.quantity.key)
            .collect()
    };
    // Two statements contradict the others, and are named: d_c ≤ 10 nm at 327 °C, where a law through the other diameters gives 14 nm, and
    // the print of the prepress.
    let contradicted = ["critical_diameter_nm", "length_nm"];
    assert_eq!(broken(&nickel()), contradicted);
    // Negative control: twice the viscosity moves d_c by 26 %, and the factor 2 of the viscosity is used up.
    let mut wrong = nickel();
    wrong.viscosity.eta_reference_Pa_s.as_mut().unwrap().value *= 2.2;
    assert!(broken(&wrong).contains(&"critical_diameter_nm"));
    assert!(broken(&wrong).contains(&"apparent_viscosity_Pa_s"));
}

/// Prints are lengths among the facts; the shipped alloys are told how far they are from them.
#[test]
fn the_prints_are_contradicted_with_their_length() {
    // ∫p dt of the prepress in GPa·s, diameter in nm, temperature in °C and duration in s.
    for (alloy, press, d, at, time) in [
        ("ni45pd35p16b4", 0.35 * 15.0 + 0.35 * 3.0, 60.0, 337.0, 33.0),
        ("zr46cu46al8", 0.28 * 15.0 + 0.28 * 30.0, 120.0, 470.0, 60.0),
        (
            "pd43ni10cu27p20",
            0.56 * 15.0 + 0.56 * 3.0,
            50.0,
            330.0,
            33.0,
        ),
    ] {
        let facts = explain(FactFile::read(&shipped(&format!(
            "cases/facts/{alloy}.toml"
        ))));
        let material = explain(case::load_material(
            &shipped(&facts.material_file.replace("..", "cases")),
            &[],
        ));
        let all = stated::compare(&material, &facts.facts);
        let print = all
            .iter()
            .find(|one| one.quantity.key == "length_nm")
            .unwrap();
        assert!(!print.holds && print.fact.check_only);
        assert_eq!(print.fact.at_most, Some(0.5 * d));
        // A tube with an entrance of R/2, 4γcos 120°/d taken off the press: (L/d)² + L/2d = ∫p dt/16η. The entrance is 0.49 R, the layer adds: 5 %.
        let eta = material.newtonian_viscosity(kelvin(at), time);
        let drive = press - 2.0 * material.surface_tension() / d * time;
        let tube = (0.0625 + drive * 1e9 / (16.0 * eta)).sqrt() - 0.25;
        let ratio = print.found.unwrap() / d;
        assert!(
            (ratio / tube - 1.0).abs() < 0.05,
            "{alloy}: L/d = {ratio} {tube}"
        );
        // Negative control: a liquid a hundred times as viscous with a layer a hundred times as slow, which leaves d_c, meets it.
        let mut stiff = material.clone();
        stiff.scale_viscosity(100.0);
        stiff.scale_interface_diffusivity(0.01);
        let again = stated::compare(&stiff, &facts.facts);
        assert!(
            again
                .iter()
                .any(|one| one.quantity.key == "length_nm" && one.holds)
        );
    }
}

/// Why the free numbers of the Zr and Pd alloys were not fitted to their prints: a print below 0.5 d, a wire of a diameter or more at d_c, and the
/// fragility of any such alloy exclude one another (`docs/calibration.md`, "The prints").
#[test]
fn print_length_and_fragility_exclude_one_another() {
    // Fragilities asked for by wires of 1 d and of 2 d; the least that is usual for such alloys. Diameter in nm, press in GPa, °C, s.
    for (alloy, print, molding, d, asked, usual) in [
        (
            "zr46cu46al8",
            ([0.28 * 15.0, 0.28 * 30.0], 470.0, 60.0),
            (1.25, 420.0, 900.0),
            120.0,
            [29.0, 19.0],
            35.0,
        ),
        (
            "pd43ni10cu27p20",
            ([0.56 * 15.0, 0.56 * 3.0], 330.0, 33.0),
            (2.0, 290.0, 3600.0),
            50.0,
            [42.0, 33.0],
            55.0,
        ),
    ] {
        let path = shipped(&format!("cases/materials/{alloy}.toml"));
        let material = explain(case::load_material(&path, &[]));
        let t_g = kelvin(material.T_g_C.value);
        // γ in N/m over d in nm is GPa: 4γcos 120°/d is taken off the press.
        let held = 2.0 * material.surface_tension() / d;
        // A tube with an entrance of R/2: (L/d)² + L/2d grows by ∫p dt/16η.
        let grown = |ratio: f64| ratio * ratio + 0.5 * ratio;
        let (press, hot, seconds) = print;
        let thin = (press[0] + press[1] - held * seconds) * 1e9 / (16.0 * grown(0.5));
        let fragility = |ratio: f64| {
            let (press, cold, seconds) = molding;
            // From the print on, and at d_c the layer brings as much again.
            let thick = 2.0 * (press - held) * seconds * 1e9 / (16.0 * (grown(ratio) - grown(0.5)));
            (thick / thin).log10() / (t_g / kelvin(cold) - t_g / kelvin(hot))
        };
        let found = [1.0, 2.0].map(fragility);
        println!("{alloy}: {found:.1?}");
        for (found, asked) in found.iter().zip(asked) {
            assert!((found - asked).abs() < 0.6, "{alloy}: {found} for {asked}");
        }
        let own = material.viscosity.steepness(t_g);
        assert!(found.iter().all(|found| *found < usual) && own >= usual);
        // Negative control: a wire that grows by a twentieth of a diameter would leave room for any liquid.
        assert!(fragility(0.55) > usual);
    }
}

#[test]
fn a_length_among_the_facts_needs_pore_and_press() {
    let text = std::fs::read_to_string(shipped(FACTS)).unwrap();
    let good = "pressure_schedule = [[0, 0], [30, 0.35], [33, 0.35]]";
    for (bad, message) in [
        ("pressure_GPa = 0.35", "a length needs the press"),
        ("time_s = 33", "a length needs the press"),
        (
            "pressure_schedule = [[0, 0], [30, 0.35], [20, 0.35]]",
            "do not increase from 0",
        ),
        (
            "pressure_schedule = [[5, 0], [30, 0.35]]",
            "do not increase from 0",
        ),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("facts.toml");
        std::fs::write(&path, text.replace(good, bad)).unwrap();
        let error = FactFile::read(&path).expect_err(message);
        assert!(error.problems()[0].message().contains(message), "{error:?}");
        assert!(error.problems()[0].location().is_some());
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("facts.toml");
    std::fs::write(&path, text.replace("d_nm = 60, T_C = 337", "T_C = 337")).unwrap();
    let error = FactFile::read(&path).unwrap_err();
    assert!(
        error.problems()[0]
            .message()
            .contains("a length needs a pore")
    );
}

/// The fact file is the paper's list of facts in another form: every number of the list is in it.
#[test]
fn the_fact_file_states_what_the_paper_states() {
    let list: toml::Table = std::fs::read_to_string(shipped("tests/reference/paper_facts.toml"))
        .unwrap()
        .parse()
        .unwrap();
    let facts = explain(FactFile::read(&shipped(FACTS)));
    let all = facts.facts.all();
    let number = |value: &toml::Value| {
        value
            .as_float()
            .or(value.as_integer().map(|whole| whole as f64))
    };
    let states = |key: &str, at: Option<f64>, entry: &toml::Value| {
        let get = |name: &str| entry.as_table().and_then(|table| number(table.get(name)?));
        let value = number(entry).or(get("value")).or(get("d_c"));
        let low = get("at_least");
        let high = get("at_most");
        all.iter().any(|(quantity, fact)| {
            quantity.key == key
                && (at.is_none() || fact.T_C == at)
                && value.is_none_or(|value| fact.value == Some(value))
                && low.is_none_or(|low| fact.at_least == Some(low))
                && high.is_none_or(|high| fact.at_most == Some(high))
        })
    };
    let diameters = list["ni"]["critical_diameter"].as_table().unwrap();
    for (at, entry) in diameters {
        let temperature = at.parse().unwrap();
        assert!(
            states("critical_diameter_nm", Some(temperature), entry),
            "d_c at {at}"
        );
        // And for the time of that molding.
        let time = number(&list["ni"]["molding"][at.as_str()]["t"]);
        let fact = facts
            .facts
            .critical_diameter_nm
            .iter()
            .find(|fact| fact.T_C == Some(temperature));
        assert_eq!(fact.unwrap().time_s, time, "{at}");
    }
    let names = [
        ("Tg", "T_g_C", None),
        ("eta_apparent_287", "apparent_viscosity_Pa_s", Some(287.0)),
        ("Q_interface_eV", "Q_interface_eV", None),
        ("Q_bulk_over_Q_interface", "Q_bulk_over_Q_interface", None),
        ("tau_bulk_317_s", "bulk_relaxation_time_s", Some(317.0)),
        (
            "bulk_glass_transition_36000s",
            "bulk_glass_transition_C",
            None,
        ),
        ("viscosity_kink_measured", "viscosity_kink_C", None),
        (
            "interface_glass_transition_36000s",
            "interface_glass_transition_C",
            None,
        ),
        (
            "stokes_einstein_breakdown",
            "stokes_einstein_breakdown_C",
            None,
        ),
        ("map_max_d_c_nm", "largest_critical_diameter_nm", None),
        (
            "map_max_temperature",
            "largest_critical_diameter_at_C",
            None,
        ),
        ("d_c_at_100C_nm", "critical_diameter_nm", Some(100.0)),
        ("d_c_at_327C_nm", "critical_diameter_nm", Some(327.0)),
    ];
    let properties = list["ni"]["properties"].as_table().unwrap();
    assert_eq!(properties.len(), names.len());
    for (name, key, at) in names {
        assert!(states(key, at, &properties[name]), "{name}");
    }
    // Negative control: another number is not found.
    assert!(!states("T_g_C", None, &toml::Value::Integer(318)));
}

/// Pressure (GPa) and time (s) of the paper's moldings.
const MOLDINGS: [(f64, f64, f64); 7] = [
    (327.0, 1.0, 300.0),
    (317.0, 1.0, 300.0),
    (307.0, 2.0, 900.0),
    (297.0, 1.25, 36_000.0),
    (287.0, 2.0, 36_000.0),
    (277.0, 2.0, 36_000.0),
    (267.0, 2.0, 36_000.0),
];
const DIAMETERS: [f64; 9] = [7.0, 10.0, 15.0, 25.0, 40.0, 70.0, 120.0, 180.0, 250.0];

/// Synthetic lengths of `material` by `model`, each with a relative error drawn with `noise`; `columns` after L_nm.
fn synthetic(
    material: &Material,
    model: &dyn LengthModel,
    moldings: &[(f64, f64, f64)],
    diameters: &[f64],
    noise: Option<(f64, u64)>,
    state_sigma: bool,
) -> String {
    let mut random = ChaCha8Rng::seed_from_u64(noise.map_or(0, |(_, seed)| seed));
    let mut text = String::from("# synthetic\nd_nm,T_C,p_GPa,t_s,L_nm");
    text += if state_sigma { ",sigma_nm\n" } else { "\n" };
    for &(at, pressure, time) in moldings {
        for &diameter in diameters {
            let temperature = kelvin(at);
            let state = TransportState {
                newtonian_viscosity: material.newtonian_viscosity(temperature, time),
                layer_conductivity: material.layer_conductivity(temperature),
                atomic_volume: material.atomic_volume(),
            };
            let molding = Molding {
                diameter: diameter * 1e-9,
                temperature,
                pressure: pressure * 1e9,
                time,
                initial_length: 0.0,
                cell_radius: None,
            };
            let exact = model.length(&molding, &state, Measured::Mean) * 1e9;
            let error: f64 = StandardNormal.sample(&mut random);
            let (scatter, _) = noise.unwrap_or((0.0, 0));
            let length = exact * (1.0 + scatter * error);
            text += &format!("{diameter},{at},{pressure},{time},{length:.12e}");
            text += &if state_sigma {
                format!(",{:.6e}\n", scatter * exact)
            } else {
                "\n".to_owned()
            };
        }
    }
    text
}

fn measurements(text: &str, material: &Material) -> Result<Measurements, InputError> {
    Measurements::new(
        &experiments::parse("data.csv", text.to_owned())?,
        material,
        false,
    )
}

fn calibrated(text: &str, start: &Material, model: &dyn LengthModel, draws: usize) -> Calibration {
    let data = explain(measurements(text, start));
    let options = Options {
        draws,
        ..Options::default()
    };
    calibrate(&data, start, model, options).unwrap()
}

/// The shipped material with other laws: a start that knows nothing of the data.
fn other_start() -> Material {
    let mut start = nickel();
    start.viscosity.eta_reference_Pa_s.as_mut().unwrap().value *= 3.0;
    start.viscosity.D_star.as_mut().unwrap().value = 15.0;
    start.viscosity.E_glass_eV.as_mut().unwrap().value = 1.5;
    start.relaxation.tau_g_s.as_mut().unwrap().value = 30.0;
    start.interface.as_mut().unwrap().D_reference_m2_per_s.value *= 0.2;
    start.interface.as_mut().unwrap().Q_interface_eV.value = 1.2;
    start
}

const MODELS: [ClosedForms; 2] = [
    ClosedForms::PAPER,
    ClosedForms {
        combination: Combination::Additive,
        ..ClosedForms::PAPER
    },
];

#[test]
fn exact_lengths_give_back_the_numbers_that_made_them() {
    let truth = nickel();
    for model in MODELS {
        let text = synthetic(&truth, &model, &MOLDINGS, &DIAMETERS, None, false);
        let found = calibrated(&text, &other_start(), &model, 0);
        for (index, (at, _, time)) in MOLDINGS.into_iter().enumerate() {
            let t = kelvin(at);
            assert!((found.temperatures[index].temperature - t).abs() < 1e-9);
            let eta = found.newtonian_viscosity(index).unwrap().value;
            let conductivity = found.layer_conductivity(index).unwrap().value;
            let d_c = found.critical_diameter(index).unwrap().value;
            // Twelve digits in the table, and least squares to round-off; asked for are 1 %.
            assert!(
                (eta / truth.newtonian_viscosity(t, time) - 1.0).abs() < 1e-6,
                "{at}: {eta}"
            );
            assert!(
                (conductivity / truth.layer_conductivity(t) - 1.0).abs() < 1e-6,
                "{at}"
            );
            assert!(
                (d_c / truth.critical_diameter(t, time) - 1.0).abs() < 1e-6,
                "{at}"
            );
        }
        // The laws: seven viscosities fix VFT, glass and kink.
        let law = found.viscosity.as_ref().unwrap();
        assert!(law.kept.is_empty(), "{:?}", law.kept);
        let [kink, error] = report::kink(&found).unwrap();
        assert!(
            (kink - celsius(truth.bulk_glass_transition(36_000.0))).abs() < 0.01,
            "{kink}"
        );
        assert!(error < 0.01);
        let q = found
            .material
            .interface
            .as_ref()
            .unwrap()
            .Q_interface_eV
            .value;
        assert!(
            (q - truth.interface.as_ref().unwrap().Q_interface_eV.value).abs() < 1e-5,
            "{q}"
        );
        let e = found.material.viscosity.E_glass_eV.as_ref().unwrap().value;
        assert!(
            (e - truth.viscosity.E_glass_eV.as_ref().unwrap().value).abs() < 1e-4,
            "{e}"
        );
        assert!(found.outliers.is_empty());
    }
    // Negative control: lengths to which both mechanisms add, read as the longer of the two, miss by far more than 1 %.
    let text = synthetic(&truth, &MODELS[1], &MOLDINGS, &DIAMETERS, None, false);
    let found = calibrated(&text, &other_start(), &MODELS[0], 0);
    let eta = found.newtonian_viscosity(3).unwrap().value;
    assert!((eta / truth.newtonian_viscosity(kelvin(297.0), 36_000.0) - 1.0).abs() > 0.05);
}

/// Share of the 95 % intervals of η, δD_I and d_c that contain the truth, over `draws` synthetic tables with 8 % scatter.
fn coverage(model: &ClosedForms, state_sigma: bool, draws: u64) -> [f64; 3] {
    let truth = nickel();
    let mut inside = [0usize; 3];
    let mut total = 0usize;
    for seed in 0..draws {
        let noise = Some((0.08, seed + 1));
        let text = synthetic(
            &truth,
            model,
            &MOLDINGS[2..5],
            &DIAMETERS,
            noise,
            state_sigma,
        );
        let found = calibrated(&text, &truth, model, 0);
        for (index, one) in found.temperatures.iter().enumerate() {
            let t = one.temperature;
            let numbers = [
                (
                    found.newtonian_viscosity(index),
                    truth.newtonian_viscosity(t, one.time),
                ),
                (found.layer_conductivity(index), truth.layer_conductivity(t)),
                (
                    found.critical_diameter(index),
                    truth.critical_diameter(t, one.time),
                ),
            ];
            for (count, (estimate, exact)) in inside.iter_mut().zip(numbers) {
                let [low, high] = estimate.expect("nine diameters fix both").interval;
                *count += usize::from(low <= exact && exact <= high);
            }
            total += 1;
        }
    }
    inside.map(|count| count as f64 / total as f64)
}

#[test]
fn intervals_cover_the_truth_as_often_as_they_say() {
    let draws = if common::long() { 200 } else { 60 };
    // Asked for are 92 to 98 %. Three temperatures a draw: so many intervals have this standard deviation about 95 %, 1.6 % for 180.
    let deviation = (0.95 * 0.05 / (3.0 * draws as f64)).sqrt();
    for (model, state_sigma) in [(&MODELS[1], true), (&MODELS[1], false), (&MODELS[0], true)] {
        let shares = coverage(model, state_sigma, draws);
        println!("{model:?}, σ stated: {state_sigma}: η, δD_I, d_c {shares:?}");
        for share in shares {
            assert!(
                (0.92 - 2.0 * deviation..=0.98 + deviation).contains(&share),
                "{model:?} {state_sigma}: {share}"
            );
        }
    }
}

#[test]
fn posterior_and_profile_agree() {
    let truth = nickel();
    let text = synthetic(
        &truth,
        &MODELS[1],
        &MOLDINGS,
        &DIAMETERS,
        Some((0.08, 5)),
        false,
    );
    let found = calibrated(&text, &truth, &MODELS[1], 300);
    assert!(found.draws.len() > 290, "{} draws", found.draws.len());
    for index in 1..6 {
        for one in [
            found.newtonian_viscosity(index),
            found.layer_conductivity(index),
        ] {
            let one = one.unwrap();
            let width = |[low, high]: [f64; 2]| (high / low).ln();
            let ratio = width(one.posterior.unwrap()) / width(one.interval);
            // 300 draws from a chain know a 95 % interval to some 10 %.
            assert!((0.75..1.3).contains(&ratio), "{index}: {ratio}");
        }
    }
    // Same seed, same draws, whatever the threads do.
    let again = calibrated(&text, &truth, &MODELS[1], 300);
    assert_eq!(
        found.newtonian_viscosity(2).unwrap().posterior,
        again.newtonian_viscosity(2).unwrap().posterior
    );
    // The kink is where it was, within three standard errors, and has one of a few kelvin.
    let [kink, error] = report::kink(&found).unwrap();
    let exact = celsius(truth.bulk_glass_transition(36_000.0));
    assert!(
        (kink - exact).abs() < 3.0 * error && error < 5.0,
        "{kink} ± {error}"
    );
}

#[test]
fn a_wrong_length_is_named_and_right_ones_are_not() {
    let truth = nickel();
    let text = synthetic(
        &truth,
        &MODELS[1],
        &MOLDINGS,
        &DIAMETERS,
        Some((0.05, 3)),
        false,
    );
    assert!(calibrated(&text, &truth, &MODELS[1], 0).outliers.is_empty());
    // The wire on line 30 (two lines of header, then 9 per temperature) measured 60 % too long.
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let cells: Vec<&str> = lines[29].split(',').collect();
    let longer: f64 = 1.6 * cells[4].parse::<f64>().unwrap();
    lines[29] = format!("{},{longer}", cells[..4].join(","));
    let data = explain(measurements(&lines.join("\n"), &truth));
    let found = calibrate(
        &data,
        &truth,
        &MODELS[1],
        Options {
            draws: 0,
            ..Options::default()
        },
    )
    .unwrap();
    assert_eq!(found.outliers.len(), 1);
    assert_eq!(data.rows[found.outliers[0].row].line, 30);
    let told = report::lines(&found, &data, &truth).join("\n");
    assert!(
        told.contains("outlier: line 30") && told.contains("longer than the others say"),
        "{told}"
    );
}

#[test]
fn what_the_data_cannot_fix_gets_no_number() {
    let truth = nickel();
    let told = |text: &str, model: &ClosedForms| {
        let data = explain(measurements(text, &truth));
        let found = calibrate(
            &data,
            &truth,
            model,
            Options {
                draws: 0,
                ..Options::default()
            },
        )
        .unwrap();
        let told = report::lines(&found, &data, &truth).join("\n");
        (found, told)
    };
    // Wide pores only, at 327 °C, where d_c is 14 nm: flow alone.
    let wide = synthetic(
        &truth,
        &MODELS[1],
        &MOLDINGS[..1],
        &[80.0, 120.0, 180.0, 250.0],
        Some((0.05, 1)),
        false,
    );
    let (found, text) = told(&wide, &MODELS[1]);
    assert!(found.newtonian_viscosity(0).is_some() && found.layer_conductivity(0).is_none());
    assert!(
        text.contains("δD_I: diffusion does not show; pores narrower than 80 nm"),
        "{text}"
    );
    // And narrow ones only at 287 °C, where it is 96 nm: diffusion alone.
    let narrow = synthetic(
        &truth,
        &MODELS[1],
        &MOLDINGS[4..5],
        &[5.0, 8.0, 12.0, 16.0],
        Some((0.05, 1)),
        false,
    );
    let (found, text) = told(&narrow, &MODELS[1]);
    assert!(found.newtonian_viscosity(0).is_none() && found.layer_conductivity(0).is_some());
    assert!(
        text.contains("η: flow does not show; pores wider than 16 nm"),
        "{text}"
    );
    // One temperature fixes neither the activation energy nor the shape of the viscosity law.
    assert!(text.contains("Q_I is unidentifiable"), "{text}");
    let kept = &found.interface.as_ref().unwrap().kept;
    assert!(kept.iter().any(|kept| kept.key == Q_INTERFACE));
    assert_eq!(
        found.material.interface.as_ref().unwrap().Q_interface_eV,
        truth.interface.as_ref().unwrap().Q_interface_eV
    );
    // Only above the kink: nothing about the glass.
    let hot = synthetic(
        &truth,
        &MODELS[1],
        &MOLDINGS[..4],
        &DIAMETERS,
        Some((0.05, 1)),
        false,
    );
    let (found, text) = told(&hot, &MODELS[1]);
    let kept: Vec<_> = found
        .viscosity
        .as_ref()
        .unwrap()
        .kept
        .iter()
        .map(|kept| kept.key)
        .collect();
    assert!(kept.contains(&E_GLASS) && kept.contains(&TAU_G), "{text}");
    assert!(report::kink(&found).is_none());
    // One diameter at one of two temperatures.
    let mixed = synthetic(
        &truth,
        &MODELS[1],
        &MOLDINGS[2..3],
        &DIAMETERS,
        Some((0.05, 1)),
        false,
    ) + "60,297,1.25,36000,280\n60,297,1.25,36000,282\n";
    let (_, text) = told(&mixed, &MODELS[1]);
    assert!(
        text.contains("all pores are 60 nm wide; a second diameter is needed"),
        "{text}"
    );
}

#[test]
fn bad_tables_are_answered_with_their_place_and_what_is_missing() {
    let material = nickel();
    let head = "d_nm,T_C,p_GPa,t_s,L_nm\n";
    // (text, line and column of the first problem, part of the message, part of the remedy)
    let cases: Vec<(String, (usize, usize), &str, &str)> = vec![
        ("d_nm,T_C,p_GPa,t_s\n60,297,1.25,36000\n".into(), (1, 1), "the column `L_nm` is missing: measured length of the wire in nm", "columns: d_nm"),
        ("d_GPa,T_C,p_GPa,t_s,L_nm\n0.06,297,1.25,36000,280\n".into(), (1, 1), "`GPa` is no unit that `d_GPa` can have", "`d_nm`"),
        (format!("{head}60,297,1.25,36000,280\n60,297,1.25,36000,-3\n"), (3, 19), "line 3, L_nm: a length of -3 is not possible", "a positive length in nm"),
        (format!("{head}60,297,1.25,36000,long\n30,297,1.25,36000,3\n"), (2, 19), "`long` is not a finite number", "length of the wire in nm"),
        (format!("{head}60,297,1.25,,280\n30,297,1.25,36000,3\n"), (2, 13), "line 2, t_s: the cell is empty", "time"),
        (format!("{head}60,297,1.25,36000\n"), (2, 1), "line 2 has 4 cells, the header has 5", "one cell per column"),
        (format!("{head}60,570,1.25,36000,280\n30,297,1.25,36000,100\n"), (2, 4), "line 2: 570 °C is outside the range of Ni45Pd35P16B4", "570 K is 296.85 °C: call the column `T_K`"),
        (format!("{head}60,297,1.25,36000,280\n60,287,2,36000,200\n"), (1, 1), "all pores are 60 nm wide: one diameter cannot tell viscosity from interface diffusion", "wide pores fix the viscosity, narrow ones (below d_c) fix δD_I"),
        ("d_nm,T_C,p_GPa,t_s,L_nm,sigma_nm\n60,297,1.25,36000,280,5\n30,297,1.25,36000,90,\n".into(), (3, 22), "1 of 2 lines state sigma_nm, line 3 does not", "on every line or on none"),
        ("d_nm,T_C,p_GPa,t_s,L_nm,L0_nm\n60,297,1.25,36000,280,300\n30,297,1.25,36000,90,\n".into(), (2, 23), "the wire starts with 300 nm and ends with 280 nm: it has not grown", "below the measured one"),
        ("d_nm,T_C,p_GPa,t_s,L_nm,length\n60,297,1.25,36000,280,middle\n30,297,1.25,36000,90,tip\n".into(), (2, 23), "`middle` is not a length of a wire", "tip, contact or mean"),
        (head.into(), (1, 1), "has a header but no rows", "one row per experiment"),
    ];
    for (text, place, message, remedy) in cases {
        let error = measurements(&text, &material).expect_err(message);
        let problem = &error.problems()[0];
        assert!(
            problem.message().contains(message),
            "{} instead of {message}",
            problem.message()
        );
        assert!(
            problem.remedy().contains(remedy),
            "{}: {} instead of {remedy}",
            message,
            problem.remedy()
        );
        let (_, line, column) = problem.location().unwrap();
        assert_eq!((line, column), place, "{message}");
    }
    // A good table is read: columns in any order, blanks, a byte order mark, Windows line ends.
    let good = "\u{feff}T_C, d_nm ,p_GPa,t_s,L_nm,length\r\n297, 60 ,1.25,36000,280,tip\r\n297,30,1.25,36000,90,\r\n";
    let read = explain(measurements(good, &material));
    assert_eq!(read.rows[0].measured, Measured::Tip);
    assert!((read.rows[0].molding.diameter - 60e-9).abs() < 1e-20 && read.rows[1].line == 3);
}

#[test]
fn a_print_and_capillarity_count() {
    // Rates that fall like 1/L are exact in L²: 50 nm of print and 120 nm of growth make 130 nm.
    let model = ClosedForms::PAPER;
    let molding = |initial_length: f64| Molding {
        diameter: 60e-9,
        temperature: kelvin(297.0),
        pressure: 1.25e9,
        time: 36_000.0,
        initial_length,
        cell_radius: None,
    };
    let grown = TransportState {
        // 16 η = p t d²/L².
        newtonian_viscosity: 1.25e9 * 36_000.0 * (60.0f64 / 120.0).powi(2) / 16.0,
        layer_conductivity: 0.0,
        atomic_volume: 1.25e-29,
    };
    let length = model.length(&molding(50e-9), &grown, Measured::Mean);
    assert!((length * 1e9 - 130.0).abs() < 1e-9, "{length}");
    // 4 γ cos 120°/d = −0.1 GPa at 20 nm and 1 N/m (see the material).
    let material = nickel();
    let table = experiments::parse(
        "x",
        "d_nm,T_C,p_GPa,t_s,L_nm\n20,297,1.25,36000,90\n30,297,1.25,36000,90\n".into(),
    )
    .unwrap();
    let with = explain(Measurements::new(&table, &material, true));
    assert!((with.rows[0].molding.pressure - 1.15e9).abs() < 1.0);
}
