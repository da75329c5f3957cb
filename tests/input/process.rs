//! A process from start to end: stages, their names, what they leave, and the loads on the way.

use crate::common::root;
use nanomold::case::{self, InputError, LoadedCase};
use nanomold::physics::constants::{GIGAPASCAL, celsius};
use nanomold::reduced::ReducedRun;
use nanomold::simulation::{Prediction, Simulation};

/// The Ni alloy in a pore of 60 nm with another `[process]`; the front is flat and the mesh coarse.
fn text(process: &str) -> String {
    let of = |path: &str| root().join(path).display().to_string();
    format!(
        "material_file = \"{}\"\nmodel = \"reduced\"\n[mesh]\ncells_per_radius = 8\ncell_radius = 2.5\nreservoir_depth = 4\n\
         [pore]\ndiameter_nm = 60\n[front]\nmodel = \"flat\"\n{process}",
        of("cases/materials/ni45pd35p16b4.toml")
    )
}

fn read(process: &str) -> Result<LoadedCase, InputError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("case.toml");
    std::fs::write(&path, text(process)).unwrap();
    case::load(&path, &[])
}

fn load(process: &str) -> LoadedCase {
    read(process).unwrap_or_else(|error| panic!("{:?}", miette::Report::new(error)))
}

fn length(loaded: &LoadedCase) -> f64 {
    ReducedRun::new(loaded).unwrap().last().length * 1e9
}

fn stage(keys: &str) -> String {
    format!("[[process.stages]]\n{keys}\n")
}

#[test]
fn stages_are_the_schedules_that_they_say() {
    let loaded = load(&[
        stage("name = \"prepress\"\nduration_s = 30\ntemperature_C = 337\nfrom_pressure_GPa = 0\npressure_GPa = 0.35"),
        stage("duration_s = 3"),
        stage("name = \"cooling\"\nduration_s = 300\ntemperature_C = 297\npressure_GPa = 0"),
        stage("name = \"molding\"\nduration_s = 36000\npressure_GPa = 1.25"),
    ].concat());
    let (t, p) = (loaded.case.temperature(), loaded.case.pressure());
    assert_eq!(loaded.case.time(), 36_333.0);
    assert_eq!(
        loaded.case.process.stage_ends(),
        [30.0, 33.0, 333.0, 36_333.0]
    );
    // The press follows within a thousandth of a stage: 0.3 s of cooling, 36 s of molding.
    for (time, degrees, gpa) in [
        (0.0, 337.0, 0.0),
        (15.0, 337.0, 0.175),
        (30.0, 337.0, 0.35),
        (33.0, 337.0, 0.35),
        (33.3, 336.96, 0.0),
        (183.0, 317.0, 0.0),
        (333.0, 297.0, 0.0),
        (369.0, 297.0, 1.25),
        (36_333.0, 297.0, 1.25),
    ] {
        assert!((celsius(t.value(time)) - degrees).abs() < 1e-9, "{time} s");
        assert!((p.value(time) / GIGAPASCAL - gpa).abs() < 1e-12, "{time} s");
    }
    // The same as schedules gives the same wire.
    let schedules = load(
        "[process]\ntime_s = 36333\n\
         temperature_schedule = [[0, 337], [33, 337], [333, 297], [36333, 297]]\n\
         pressure_schedule = [[0, 0], [30, 0.35], [33, 0.35], [33.3, 0], [333, 0], [369, 1.25], [36333, 1.25]]\n",
    );
    assert!((length(&loaded) / length(&schedules) - 1.0).abs() < 1e-9);
    // And what a case writes of itself is read back.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("case.resolved.toml");
    std::fs::write(&path, loaded.resolved_toml()).unwrap();
    assert_eq!(
        case::load(&path, &[]).unwrap().case.process,
        loaded.case.process
    );
}

#[test]
fn many_equal_stages_are_one() {
    let one = load(&stage(
        "duration_s = 3600\ntemperature_C = 307\npressure_GPa = 1",
    ));
    let first = stage("duration_s = 90\ntemperature_C = 307\npressure_GPa = 1");
    let many = load(&(first + &stage("duration_s = 90").repeat(39)));
    // Held to 1e-6; nothing bends between them, so that not a bit differs.
    assert_eq!(length(&one), length(&many));
    // A ramp in pieces: the steps end at other places, the reduced model's own tolerance is 1e-6.
    let ramp = load(&stage(
        "duration_s = 3600\ntemperature_C = 307\nfrom_pressure_GPa = 0\npressure_GPa = 1",
    ));
    let pieces: String = (0..8)
        .map(|k| {
            let degrees = if k == 0 { "temperature_C = 307\n" } else { "" };
            let (from, to) = (f64::from(k) / 8.0, f64::from(k + 1) / 8.0);
            stage(&format!(
                "duration_s = 450\n{degrees}from_pressure_GPa = {from}\npressure_GPa = {to}"
            ))
        })
        .collect();
    assert!((length(&ramp) / length(&load(&pieces)) - 1.0).abs() < 1e-6);
    // Negative control: half the pressure in one of the forty.
    let weak = stage("duration_s = 90\ntemperature_C = 307\npressure_GPa = 1")
        + &stage("duration_s = 90\npressure_GPa = 0.5")
        + &stage("duration_s = 90\npressure_GPa = 1").repeat(38);
    assert!((length(&one) / length(&load(&weak)) - 1.0).abs() > 1e-3);
}

#[test]
fn bad_stages_are_answered_with_their_place() {
    let good = stage("duration_s = 30\ntemperature_C = 337\npressure_GPa = 1");
    let cases = [
        (good.clone() + &stage("duration_s = 0"), "a stage of 0 s does not happen", "leave the stage out", "duration_s = 0"),
        (good.clone() + &stage("duration_s = -5"), "a stage of -5 s", "a positive duration", "duration_s = -5"),
        (stage("duration_s = 30\npressure_GPa = 1"), "temperature of the first stage is missing", "temperature_C", "[[process.stages]]"),
        (good.clone() + &stage("duration_s = 30\nfrom_temperature_C = 300"), "starts at the temperature at which", "in the first stage alone", "from_temperature_C = 300"),
        (good.clone() + &stage("duration_s = 30\ntemperature_C = 900"), "outside the range of Ni45Pd35P16B4", "from 25 to 450 °C", "temperature_C = 900"),
        (good.clone() + &stage("duration_s = 30\npressure_GPa = -1"), "-1 GPa is negative", "0 or more", "pressure_GPa = -1"),
        (format!("[process]\ntime_s = 30\n{good}"), "`time_s` stands beside stages", "either stages", "time_s = 30"),
        (good.clone() + &stage("duration_s = 30\ntemprature_C = 300"), "unknown key `temprature_C`", "did you mean `temperature_C`", "temprature_C"),
        (
            "[process]\ntime_s = 30\npressure_GPa = 1\ntemperature_schedule = [[0, 300], [20, 310], [10, 320]]\n".to_owned(),
            "do not increase: 20 s is followed by 10 s",
            "increasing times",
            "[10, 320]",
        ),
        ("[process]\ntemperature_C = 300\npressure_GPa = 1\n".to_owned(), "`time_s` is missing", "36000", "[process]"),
    ];
    for (process, message, remedy, place) in cases {
        let error = read(&process).expect_err(message);
        let said = format!("{:?}", miette::Report::new(error.clone()));
        let flat = said
            .replace("\n  │ ", " ")
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ");
        for phrase in [message, remedy, "case.toml:"] {
            assert!(flat.contains(phrase), "`{phrase}` is not in\n{said}");
        }
        let whole = text(&process);
        let (_, line, _) = error.problems()[0].location().unwrap();
        let there = whole.lines().nth(line - 1).unwrap();
        assert!(there.contains(place), "{message}: line {line}, {there}");
    }
}

/// Where nothing drives the front it stays, and no flow is solved for.
#[test]
fn a_stage_without_pressure_costs_no_flow_solves() {
    for front in ["flat", "free"] {
        let process = [
            stage("duration_s = 20\ntemperature_C = 337\npressure_GPa = 0.35"),
            stage("duration_s = 3000\ntemperature_C = 297\npressure_GPa = 0"),
            stage("duration_s = 1000\npressure_GPa = 1.25"),
        ]
        .concat();
        let mut loaded = load(&process);
        loaded.case.model = case::Model::Full;
        loaded.case.front.model = Some(match front {
            "flat" => case::FrontModel::Flat,
            _ => case::FrontModel::Free,
        });
        loaded.case.output.frames = 0;
        let mut run = Simulation::new(&loaded).unwrap();
        let (mut idle, mut lengths) = (0, Vec::new());
        let mut after = f64::NAN;
        while let Some(step) = run.advance().unwrap() {
            let time = step.conditions.time;
            // Beyond the release of the press, 3 s, up to the next stage.
            if time > 23.0 + 1e-6 && time <= 3020.0 + 1e-6 {
                assert_eq!(step.cycles, 0, "{front}: t = {time} s");
                assert_eq!(step.rate, 0.0);
                idle += 1;
                lengths.push(step.length);
            } else if time > 3020.0 {
                after = step.length;
            }
        }
        assert!((1..=3).contains(&idle), "{front}: {idle} steps");
        assert!(lengths.iter().all(|length| *length == lengths[0]));
        // Negative control: with the press on it goes on.
        assert!(after > 1.01 * lengths[0], "{front}: {after} {}", lengths[0]);
    }
}

#[test]
fn the_load_is_that_of_poiseuilles_flow() {
    // Without diffusion, in the reduced model.
    let mut loaded = load(&stage(
        "duration_s = 3600\ntemperature_C = 307\npressure_GPa = 1",
    ));
    loaded.case.interface.diffusivity_factor = 0.0;
    loaded.case.interface.capillarity = false;
    let run = ReducedRun::new(&loaded).unwrap();
    let steps = run.steps();
    let last = steps.last().unwrap();
    let load = last.load();
    let radius = 30e-9;
    // The entrance resists like C/8 of pore, half a radius or so.
    let entrance = run.entrance().pore(0.0).resistance(last.length / radius) / 8.0;
    assert!((0.4..0.55).contains(&entrance), "{entrance}");
    let poiseuille = 1e9 * radius / (2.0 * (last.length + entrance * radius));
    assert!(
        (load.wall_stress / poiseuille - 1.0).abs() < 1e-9,
        "{} {poiseuille}",
        load.wall_stress
    );
    let eta = last.conditions.scales.newtonian_viscosity;
    assert!((load.wall_rate * eta / load.wall_stress - 1.0).abs() < 1e-12);
    // τ₀ = 2k_BT/V* with V* = 150 Å³ at 580.15 K: 106.80 MPa.
    assert!((load.wall_stress / load.stress_ratio / 106.80e6 - 1.0).abs() < 1e-4);
    // The tube's prediction beforehand: the largest load is that of the start, p R/(2(L₀ + R/2)) = 1e9/2 with L₀ = d/4.
    let prediction = Prediction::new(&loaded);
    assert!((prediction.largest.stress.wall_stress / 0.5e9 - 1.0).abs() < 1e-12);
    assert_eq!(prediction.largest.stress.time, 0.0);
    // Its entrance is R/2 where the table has 0.49 R, at a length of some 5 R.
    assert!((prediction.newtonian_length / last.length - 1.0).abs() < 5e-3);
    // It thins: longer, and warned of. Negative control: a tenth of the pressure is Newtonian.
    assert!(prediction.thinning_length > 1.01 * prediction.newtonian_length);
    assert!(
        prediction
            .warning()
            .unwrap()
            .contains("beyond the Newtonian range")
    );
    let mut gentle = loaded.clone();
    gentle.case.process.stages.as_mut().unwrap()[0].pressure_GPa = Some(0.02);
    assert_eq!(Prediction::new(&gentle).warning(), None);
    // Without V* nothing is predicted of thinning; the shear per relaxation time alone is told.
    loaded.material.viscosity.shear_activation_volume_A3 = None;
    let blind = Prediction::new(&loaded);
    assert_eq!(blind.thinning_length, blind.newtonian_length);
    assert!(
        blind
            .warning()
            .unwrap()
            .contains("shear_activation_volume_A3")
    );
}

/// The length of the liquid that thins against a march of the same closed form in many small steps.
#[test]
fn the_prediction_is_converged() {
    let mut loaded = load(&stage(
        "duration_s = 3600\ntemperature_C = 307\npressure_GPa = 1",
    ));
    loaded.case.interface.diffusivity_factor = 0.0;
    loaded.case.interface.capillarity = false;
    let prediction = Prediction::new(&loaded);
    let eta = loaded.material.newtonian_viscosity(580.15, 3600.0);
    let tau_0 = 2.0 * 1.380649e-23 * 580.15 / 150e-30;
    let radius: f64 = 30e-9;
    // y = (L + R/2)², R² at the start with L₀ = d/4; in ln y the march is even.
    let n = 200_000;
    let mut y = radius * radius;
    let (mut time, step) = (0.0, 1e-4);
    for _ in 0..n {
        let x = 1e9 * radius / (2.0 * y.sqrt() * tau_0);
        let flow = 4.0
            * (x.cosh() / (x * x) - 2.0 * x.sinh() / x.powi(3)
                + 2.0 * (x.cosh() - 1.0) / x.powi(4));
        let rate = 2e9 * flow * radius * radius / (8.0 * eta);
        let dt = (step * y / rate).min(3600.0 - time);
        y += dt * rate;
        time += dt;
        if time >= 3600.0 {
            break;
        }
    }
    assert!(time >= 3600.0);
    let marched = y.sqrt() - 0.5 * radius;
    // Euler's steps of 1e-4 are good to about as much.
    assert!(
        (prediction.thinning_length / marched - 1.0).abs() < 1e-3,
        "{} {marched}",
        prediction.thinning_length
    );
}

/// Pressure raises T_g and hinders diffusion where the material says so, and else changes nothing but the drive.
#[test]
fn pressure_laws_act_where_they_are_given() {
    let process = stage("duration_s = 3600\ntemperature_C = 320\npressure_GPa = 1");
    let plain = load(&process);
    let at_end = |loaded: &LoadedCase| ReducedRun::new(loaded).unwrap().last().conditions.scales;
    let number = |value: f64| nanomold::materials::Quantity {
        value,
        provenance: nanomold::materials::Provenance::Assumed,
        source: None,
        note: None,
    };
    let mut pressed = plain.clone();
    pressed.material.viscosity.T_g_rise_K_per_GPa = Some(number(3.6));
    let layer = pressed.material.interface.as_mut().unwrap();
    layer.activation_volume_A3 = Some(number(11.0));
    assert!(pressed.material.violations().is_empty());
    let (before, after) = (at_end(&plain), at_end(&pressed));
    // 1 GPa makes 320 °C what 316.4 °C is at no pressure; the run lasts long enough that both are above T_kin.
    let colder = plain
        .material
        .newtonian_viscosity(320.0 - 3.6 + 273.15, 3600.0);
    assert!((after.newtonian_viscosity / colder - 1.0).abs() < 1e-12);
    // exp(−1e9 · 11e-30/(1.380649e-23 · 593.15)) = exp(−1.343213) = 0.261006.
    assert!((after.layer_mobility / before.layer_mobility / 0.261_006 - 1.0).abs() < 1e-5);
    // Negative control: without them the press does not enter the laws at all.
    assert_eq!(
        before.newtonian_viscosity,
        plain.material.newtonian_viscosity(593.15, 3600.0)
    );
    let mut wrong = pressed.material.clone();
    wrong.viscosity.T_g_rise_K_per_GPa = Some(number(-3.6));
    wrong.interface.as_mut().unwrap().activation_volume_A3 = Some(number(-1.0));
    let keys: Vec<String> = wrong.violations().into_iter().map(|one| one.key).collect();
    assert_eq!(
        keys,
        [
            "viscosity.T_g_rise_K_per_GPa.value",
            "interface.activation_volume_A3.value"
        ]
    );
}
