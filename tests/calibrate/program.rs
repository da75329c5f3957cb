//! `properties` and `calibrate` as a user meets them, and fictive temperature in a run.

use crate::common::program::{done, nanomold};
use nanomold::case;
use nanomold::output::read_history;
use nanomold::physics::constants::kelvin;
use nanomold::physics::{length_eq2, length_hagen_poiseuille};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;
use tempfile::TempDir;

fn shipped(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    path.to_str().unwrap().to_owned()
}

const NICKEL: &str = "cases/materials/ni45pd35p16b4.toml";

fn refused(output: &Output, what: &str) {
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(told.contains(what), "{told}");
}

fn files(folder: PathBuf) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn properties_writes_a_table_and_plots_beside_what_is_stated() {
    let folder = TempDir::new().unwrap();
    let material = shipped(NICKEL);
    let arguments = [
        "properties",
        &material,
        "--from",
        "250",
        "--to",
        "330",
        "--step",
        "10",
        "--out",
        "p",
    ];
    let told = done(&nanomold(&folder, &arguments));
    // The derived temperatures, and the paper's beside them.
    for line in [
        "bulk glass transition, τ_B = t",
        "interface glass transition",
        "breakdown of Stokes–Einstein",
        "stated 254 ± 3 K",
        "stated 408 ± 10 K",
    ] {
        assert!(told.contains(line), "{line} in {told}");
    }
    // What the paper states of 327 °C and of the prints contradicts the rest.
    let unmet: Vec<&str> = told
        .lines()
        .filter(|line| line.contains("NOT MET"))
        .collect();
    assert_eq!(unmet.len(), 2, "{told}");
    assert!(
        unmet[0].contains("critical diameter d_c at 327 °C") && unmet[0].contains("at most 10")
    );
    assert!(
        unmet[1].contains("length of the wire at 337 °C, 33 s, d = 60 nm"),
        "{told}"
    );
    assert!(
        told.contains("the viscosity is extrapolated below 267 and above 327 °C"),
        "{told}"
    );
    let names = files(folder.path().join("p"));
    assert_eq!(names.len(), 11, "{names:?}");
    // One row per step; the numbers are the laws'.
    let mut table = csv::Reader::from_path(folder.path().join("p/properties.csv")).unwrap();
    let header = table.headers().unwrap().clone();
    let column = |name: &str| header.iter().position(|one| one == name).unwrap();
    let rows: Vec<csv::StringRecord> = table.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 9);
    let law = case::load_material(Path::new(&material), &[]).unwrap();
    for row in &rows {
        let at: f64 = row[column("T_C")].parse().unwrap();
        let value = |name: &str| -> f64 { row[column(name)].parse().unwrap() };
        let expected = [
            (
                "eta_newtonian_Pa_s",
                law.newtonian_viscosity(kelvin(at), 36_000.0),
            ),
            (
                "eta_apparent_Pa_s",
                0.5 * law.newtonian_viscosity(kelvin(at), 36_000.0),
            ),
            ("d_c_nm", 1e9 * law.critical_diameter(kelvin(at), 36_000.0)),
            ("tau_interface_s", law.interface_relaxation_time(kelvin(at))),
        ];
        for (name, exact) in expected {
            // Six digits are written.
            assert!((value(name) / exact - 1.0).abs() < 1e-5, "{name} at {at}");
        }
        let extrapolated = &row[column("extrapolated")];
        assert_eq!(
            extrapolated.contains("the viscosity"),
            !(267.0..=327.0).contains(&at),
            "{at}"
        );
    }
    refused(&nanomold(&folder, &arguments), "already holds a report");
    let mut again = arguments.to_vec();
    again.push("--force");
    done(&nanomold(&folder, &again));
    // Far outside is refused, and so is an impossible range.
    refused(
        &nanomold(
            &folder,
            &["properties", &material, "--to", "900", "--out", "q"],
        ),
        "25 to 450 °C",
    );
    refused(
        &nanomold(
            &folder,
            &[
                "properties",
                &material,
                "--from",
                "300",
                "--to",
                "200",
                "--out",
                "q",
            ],
        ),
        "needs a range",
    );
}

#[test]
fn facts_write_the_shipped_material() {
    let folder = TempDir::new().unwrap();
    let facts = shipped("cases/facts/ni45pd35p16b4.toml");
    let told = done(&nanomold(
        &folder,
        &["calibrate", "--facts", &facts, "--out", "c"],
    ));
    assert!(told.contains("every fact that was fitted is met"), "{told}");
    assert!(
        told.contains("2 facts that are checked only are not met"),
        "{told}"
    );
    assert!(told.contains("the facts hardly fix"), "{told}");
    let written = fs::read_to_string(folder.path().join("c/material.toml")).unwrap();
    assert_eq!(written, fs::read_to_string(shipped(NICKEL)).unwrap());
    // A mistake in a fact file is shown with its place.
    let text = fs::read_to_string(&facts).unwrap().replace(
        "T_C = 287, time_s = 36000, value = 1.0e12",
        "T_C = 287, value = 1.0e12",
    );
    fs::write(folder.path().join("wrong.toml"), text).unwrap();
    refused(
        &nanomold(&folder, &["calibrate", "--facts", "wrong.toml"]),
        "needs `time_s`",
    );
}

/// Lengths to which both mechanisms add, at three temperatures, with a scatter that repeats every five rows.
fn lengths() -> String {
    let material = case::load_material(Path::new(&shipped(NICKEL)), &[]).unwrap();
    let mut text = String::from("d_nm,T_C,p_GPa,t_s,L_nm\n");
    for (at, pressure, time) in [
        (307.0, 2.0, 900.0),
        (297.0, 1.25, 36_000.0),
        (287.0, 2.0, 36_000.0),
    ] {
        for (k, d) in [10.0, 15.0, 25.0, 40.0, 70.0, 120.0, 250.0]
            .into_iter()
            .enumerate()
        {
            let t = kelvin(at);
            let flow = length_hagen_poiseuille(
                pressure * 1e9,
                time,
                d * 1e-9,
                material.newtonian_viscosity(t, time),
            );
            let diffusion = length_eq2(
                pressure * 1e9,
                time,
                d * 1e-9,
                material.layer_conductivity(t),
                material.atomic_volume(),
                t,
            );
            let scatter = [0.03, -0.05, 0.01, 0.04, -0.02][k % 5];
            text += &format!(
                "{d},{at},{pressure},{time},{:.2}\n",
                1e9 * flow.hypot(diffusion) * (1.0 + scatter)
            );
        }
    }
    text
}

#[test]
fn a_table_of_lengths_becomes_a_report_and_a_material() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("lengths.csv"), lengths()).unwrap();
    let material = shipped(NICKEL);
    let arguments = [
        "calibrate",
        "lengths.csv",
        "--material",
        &material,
        "--model",
        "eq",
        "--combine",
        "additive",
        "--draws",
        "60",
    ];
    let told = done(&nanomold(&folder, &arguments));
    for part in [
        "21 lengths at 3 temperatures",
        "297 °C: η = ",
        "d_c = ",
        "is unidentifiable",
        "Q_I = ",
        "16 for 32   additivity     entrance          all",
    ] {
        assert!(told.contains(part), "{part} in {told}");
    }
    let out = folder.path().join("out/calibration_lengths");
    let names = files(out.clone());
    for name in [
        "material.toml",
        "report.txt",
        "temperatures.csv",
        "laws.csv",
        "residuals.csv",
        "residuals.svg",
        "viscosity.png",
        "critical_diameter.svg",
    ] {
        assert!(names.iter().any(|one| one == name), "{name} in {names:?}");
    }
    // The material loads, says what was fitted, and d_c at 297 °C is within 10 % of the one that made the lengths (scatter 4 %).
    let written = case::load_material(&out.join("material.toml"), &[]).unwrap();
    let truth = case::load_material(Path::new(&material), &[]).unwrap();
    let ratio = written.critical_diameter(kelvin(297.0), 36_000.0)
        / truth.critical_diameter(kelvin(297.0), 36_000.0);
    assert!((ratio - 1.0).abs() < 0.1, "{ratio}");
    let text = fs::read_to_string(out.join("material.toml")).unwrap();
    assert!(
        text.starts_with("# Fitted by `nanomold calibrate` to lengths.csv: 21 lengths"),
        "{text}"
    );
    assert!(
        text.contains("provenance = \"fitted\", note = \"calibrate, lengths.csv; standard error"),
        "{text}"
    );
    // The laws now state the range of the data, which is narrower than the start's.
    assert_eq!(written.viscosity.range_C, Some([287.0, 307.0]));
    assert_eq!(
        written.interface.as_ref().unwrap().range_C,
        Some([287.0, 307.0])
    );
    assert_eq!(
        written.bulk_diffusion.as_ref().unwrap().range_C,
        truth.bulk_diffusion.as_ref().unwrap().range_C
    );
    // Every row of the residuals is there.
    assert_eq!(
        fs::read_to_string(out.join("residuals.csv"))
            .unwrap()
            .lines()
            .count(),
        22
    );
    refused(&nanomold(&folder, &arguments), "already holds a report");
    // A slip of the pen on line 9, named, and left out on demand.
    let slipped = lengths().replace("\n10,297,", "\n10,297,1.25,36000,3000\n11,297,");
    fs::write(folder.path().join("slipped.csv"), slipped).unwrap();
    let mut arguments = vec!["calibrate", "slipped.csv", "--material", &material];
    arguments.extend(["--model", "eq", "--combine", "additive", "--draws", "0"]);
    let told = done(&nanomold(&folder, &arguments));
    assert!(
        told.contains("outlier: line 9 (d = 10 nm, 297 °C): L = 3000 nm is"),
        "{told}"
    );
    arguments.extend(["--drop-outliers", "--force"]);
    let told = done(&nanomold(&folder, &arguments));
    assert!(told.contains("left out as outliers: lines 9\n"), "{told}");
    assert!(!told.contains("outlier: line"), "{told}");
}

#[test]
fn what_cannot_be_calibrated_is_refused_plainly() {
    let folder = TempDir::new().unwrap();
    let material = shipped(NICKEL);
    fs::write(folder.path().join("lengths.csv"), lengths()).unwrap();
    fs::write(
        folder.path().join("bad.csv"),
        "d_nm,T_C,p_GPa,t_s,L_nm\n60,297,1.25,36000,-3\n",
    )
    .unwrap();
    let with = |more: &[&str]| {
        let mut arguments = vec!["calibrate"];
        arguments.extend(more);
        nanomold(&folder, &arguments)
    };
    refused(
        &with(&[
            "lengths.csv",
            "--material",
            &material,
            "--combine",
            "additive",
        ]),
        "--combine says how Eqs. (1) and (2) make one length; it needs --model eq",
    );
    refused(
        &with(&[
            "lengths.csv",
            "--material",
            &material,
            "--cell-radius",
            "1.2",
        ]),
        "tabulated for R_c = 1.5 to 8 pore radii, the mold has 1.2",
    );
    let case_file = shipped("cases/ni_d60_297C.toml");
    refused(
        &with(&[
            "lengths.csv",
            "--material",
            &material,
            "--set",
            "front.model=flat",
        ]),
        "--set changes a case; it needs --case",
    );
    let with_case = ["lengths.csv", "--material", &material, "--case", &case_file];
    for (set, whence) in [
        ("material.T_g_C=300", "--material"),
        ("process.time_s=3", "the table of lengths"),
    ] {
        let arguments = [&with_case[..], &["--set", set]].concat();
        refused(&with(&arguments), &format!("comes from {whence}"));
    }
    refused(
        &with(&[
            "lengths.csv",
            "--material",
            &material,
            "--model",
            "eq",
            "--case",
            &case_file,
        ]),
        "it needs --model reduced",
    );
    refused(&with(&["lengths.csv"]), "--material <FILE>");
    let bad = with(&["bad.csv", "--material", &material]);
    refused(&bad, "a length of -3");
    refused(&bad, "bad.csv:2:19");
    refused(
        &with(&["none.csv", "--material", &material]),
        "cannot read `none.csv`",
    );
    refused(&with(&[]), "DATA.csv");
    assert!(!folder.path().join("out").exists());
}

/// A hold at one temperature has the same history with the fictive temperature as without it, and `check` warns of extrapolation.
#[test]
fn a_fictive_temperature_changes_nothing_in_a_hold() {
    let folder = TempDir::new().unwrap();
    let case_file = shipped("cases/ni_d85_267C.toml");
    let tnm = "material.viscosity.fictive={ model = \"TNM\", beta = { value = 0.7, provenance = \"assumed\" } }";
    let quench = "material.viscosity.fictive={ model = \"TNM\", beta = { value = 0.7, provenance = \"assumed\" }, T_start_C = { value = 300, provenance = \"assumed\" } }";
    let history = |name: &str, more: &[&str]| {
        let mut arguments = vec![
            "run",
            &case_file,
            "--out",
            name,
            "--device",
            "cpu",
            "-q",
            "--set",
            "mesh.cells_per_radius=8",
            "--set",
            "output.frames=0",
            "--set",
            "process.stop_length_nm=60",
        ];
        arguments.extend(more);
        done(&nanomold(&folder, &arguments));
        read_history(folder.path().join(name).join("history.csv")).unwrap()
    };
    let plain = history("plain", &[]);
    let fictive = history("fictive", &["--set", tnm]);
    let lengths = |rows: &[nanomold::output::HistoryRow]| -> Vec<f64> {
        rows.iter().map(|row| row.length_nm).collect()
    };
    assert_eq!(lengths(&plain), lengths(&fictive));
    // Negative control: a quenched feedstock is softer, and gets to 60 nm sooner.
    let quenched = history("quenched", &["--set", quench]);
    assert!(quenched.last().unwrap().time_s < 0.9 * plain.last().unwrap().time_s);
    let told = done(&nanomold(
        &folder,
        &["check", &case_file, "--set", "process.temperature_C=340"],
    ));
    assert!(told.contains("warning: the viscosity of Ni45Pd35P16B4 is extrapolated to 340 °C; it is known from 267 to 327 °C"), "{told}");
}

/// `calibrate` and `scaling` read one format: what is wrong with a table is answered alike, at its place, with what would be right.
#[test]
fn bad_tables_get_one_answer_from_both_commands() {
    let folder = TempDir::new().unwrap();
    let material = shipped(NICKEL);
    let row = "60,297,1.25,36000,280";
    let head = "d_nm,T_C,p_GPa,t_s,L_nm";
    for (text, place, message) in [
        (
            "d_nm,T_C,t_s,L_nm\n60,297,36000,280\n".to_owned(),
            "1:1",
            "`p_GPa` is missing",
        ),
        (
            format!("d_nm,T_C,p_nm,t_s,L_nm\n{row}\n"),
            "1:10",
            "`nm` is no unit that `p_nm` can have",
        ),
        (
            format!("{head}\n60,297,1250,36000,280\n"),
            "2:8",
            "beyond any press",
        ),
        (
            format!("{head}\n{row}\n-30,297,1.25,36000,180\n"),
            "3:1",
            "a diameter of -30",
        ),
        (
            format!("{head}\n{row},4\n"),
            "2:1",
            "6 cells, the header has 5",
        ),
        (
            format!("{head}\n60;297;1,25;36000;280\n"),
            "2:1",
            "2 cells, the header has 5",
        ),
    ] {
        fs::write(folder.path().join("bad.csv"), text).unwrap();
        let commands = [
            vec!["calibrate", "bad.csv", "--material", &material],
            vec!["scaling", "bad.csv", "--material", &material],
        ];
        for command in commands {
            let answer = nanomold(&folder, &command);
            refused(&answer, message);
            refused(&answer, &format!("bad.csv:{place}"));
        }
    }
    assert!(!folder.path().join("out").exists());
}

/// The default: the solver's own physics, what each step from the paper's reading changes, and the front of a case.
#[test]
fn lengths_are_read_with_the_solvers_physics_unless_told_otherwise() {
    let folder = TempDir::new().unwrap();
    let (material, case_file) = (shipped(NICKEL), shipped("cases/ni_d60_297C.toml"));
    // Lengths of the full solver with a flat front, one temperature.
    let exact = fs::read_to_string(shipped("cases/data/ni_exact.csv")).unwrap();
    let keep = |line: &&str| line.starts_with("d_nm") || line.contains(",297,");
    let rows: Vec<&str> = exact.lines().filter(keep).collect();
    fs::write(folder.path().join("one.csv"), rows.join("\n")).unwrap();
    let mut arguments = vec!["calibrate", "one.csv", "--material", &material];
    arguments.extend(["--draws", "0"]);
    let told = done(&nanomold(&folder, &arguments));
    for part in [
        "read with the reduced model (R_c = 2.5 R, flat front)",
        "Newtonian viscosity; the apparent one of Eq. 1 is half of that",
        "capillarity    16 for 32   additivity     entrance          all",
        "note: the model's front is flat",
    ] {
        assert!(told.contains(part), "{part} in {told}");
    }
    let out = folder.path().join("out/calibration_one");
    let number = |name: &str, row: usize, column: &str| -> f64 {
        let mut table = csv::Reader::from_path(out.join(name)).unwrap();
        let place = table
            .headers()
            .unwrap()
            .iter()
            .position(|one| one == column);
        let row = table.records().nth(row).unwrap().unwrap();
        row[place.unwrap()].parse().unwrap()
    };
    // The material of the data, Newtonian; a twentieth of a per cent by tests/calibrate/reduced.rs.
    let law = case::load_material(Path::new(&material), &[]).unwrap();
    let eta = number("temperatures.csv", 0, "eta_newtonian_Pa_s");
    let exact = law.newtonian_viscosity(kelvin(297.0), 36_000.0);
    assert!((eta / exact - 1.0).abs() < 2e-3, "{eta:e}");
    // Six rows: the paper, four steps, all of them.
    assert_eq!(number("comparison.csv", 2, "eta_factor"), 2.0);
    assert!((number("comparison.csv", 5, "eta_Pa_s") / exact - 1.0).abs() < 2e-3);
    let text = fs::read_to_string(out.join("comparison.json")).unwrap();
    let comparison: serde_json::Value = serde_json::from_str(&text).unwrap();
    let readings = &comparison["temperatures"][0]["readings"];
    assert_eq!(readings[4]["change"], "entrance");
    assert!((readings[4]["eta_Pa_s"].as_f64().unwrap() / exact - 1.0).abs() < 2e-3);
    // With the case's front the lengths are the full solver's; a flat one changes nothing.
    arguments.extend(["--case", &case_file, "--set", "front.model=flat"]);
    arguments.extend(["--set", "mesh.cells_per_radius=8", "--force"]);
    let told = done(&nanomold(&folder, &arguments));
    assert!(
        told.contains("read with the full solver (flat front, R_c = 2.5 R, N = 8)"),
        "{told}"
    );
    assert!(
        told.contains("entrance        front          all"),
        "{told}"
    );
    assert!((number("comparison.csv", 5, "eta_factor") - 1.0).abs() < 0.01);
}

#[test]
fn a_sweep_gives_each_of_its_lengths_an_interval_and_its_causes() {
    let folder = TempDir::new().unwrap();
    let sweep = format!(
        "name = \"two\"\ncase_file = \"{}\"\nmodel = \"reduced\"\n\n[[axis]]\nkey = \"pore.diameter_nm\"\nvalues = [20, 60]\n",
        shipped("cases/ni_d60_297C.toml")
    );
    fs::write(folder.path().join("two.toml"), sweep).unwrap();
    let arguments = [
        "sweep",
        "two.toml",
        "--uncertainty",
        "200",
        "--out",
        "two",
        "-q",
    ];
    done(&nanomold(folder.path(), &arguments));
    let mut table = csv::Reader::from_path(folder.path().join("two/uncertainty.csv")).unwrap();
    let header = table.headers().unwrap().clone();
    let place = |name: &str| header.iter().position(|one| one == name).unwrap();
    let rows: Vec<csv::StringRecord> = table.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 2);
    let number = |row: &csv::StringRecord, name: &str| -> f64 { row[place(name)].parse().unwrap() };
    for row in &rows {
        let [length, low, high] = ["length_nm", "low_nm", "high_nm"].map(|name| number(row, name));
        // η, D_I and τ_g to 30 %, d to 5 %: some 15 % either way.
        assert!(
            low < length && length < high && (1.2..2.5).contains(&(high / low)),
            "{row:?}"
        );
    }
    // A narrow pore is told by the layer, and γ of its tip; a wider one by the viscosity as well.
    assert!(
        rows[0][place("cause_1")].contains("interface"),
        "{:?}",
        rows[0]
    );
}

/// What reads viscosities and diffusivities off lengths does not know the material's laws of pressure, and says so.
#[test]
fn laws_of_pressure_that_do_not_take_part_are_named() {
    let folder = TempDir::new().unwrap();
    let plain = fs::read_to_string(shipped(NICKEL)).unwrap();
    assert_eq!(plain.matches("\n[viscosity]\n").count(), 1);
    let law = "[viscosity]\nT_g_rise_K_per_GPa = { value = 3.6, provenance = \"assumed\" }\n";
    let pressed = plain.replace("[viscosity]\n", law);
    fs::write(folder.path().join("plain.toml"), &plain).unwrap();
    fs::write(folder.path().join("pressed.toml"), pressed).unwrap();
    let lengths = shipped("cases/data/ni_exact.csv");
    let told = |command: &str, material: &str| {
        let out = format!("{command}_{material}");
        let arguments = [command, &lengths, "--material", material, "--out", &out];
        let output = nanomold(&folder, &arguments);
        done(&output);
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let warning = "warning: viscosity.T_g_rise_K_per_GPa of pressed.toml do not take part";
    for command in ["calibrate", "scaling"] {
        let said = told(command, "pressed.toml");
        assert!(said.contains(warning), "{command}: {said}");
    }
    // Negative control: a material without them is not spoken of.
    assert!(!told("scaling", "plain.toml").contains("do not take part"));
    // A material that is written goes without, so that a run of it does not count pressure twice.
    let written = fs::read_to_string(folder.path().join("calibrate_pressed.toml/material.toml"));
    assert!(!written.unwrap().contains("T_g_rise_K_per_GPa"));
    // What `check` says of a case with them: 1.25 GPa are 4.5 K, which the Arrhenius law of the glass makes a factor of two or so at the mouth.
    let case = shipped("cases/ni_d60_297C.toml");
    let law = "material.viscosity.T_g_rise_K_per_GPa={ value = 3.6, provenance = \"assumed\" }";
    let checked = |sets: &[&str]| {
        let arguments = [&["check", case.as_str()], sets].concat();
        done(&nanomold(&folder, &arguments))
    };
    let said = checked(&["--set", law]);
    assert!(said.contains("on the mean newtonian viscosity"), "{said}");
    assert!(!checked(&[]).contains("on the mean newtonian viscosity"));
}
