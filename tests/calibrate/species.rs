//! Diffusivities of single elements from the composition along wires: what was put in comes back, and what profiles cannot tell is named.

use crate::common::program::{done, nanomold, text};
use nanomold::calibrate::species::{self, SpeciesKey, Wire};
use nanomold::case;
use nanomold::experiments::{parse_profile, profile_to_csv};
use nanomold::synthetic;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_path_buf()
}

/// A coarse wire with a flat front: some tenths of a second.
const COARSE: [&str; 4] = [
    "front.model=flat",
    "mesh.cells_per_radius=8",
    "composition.rows=16",
    "composition.model=elements",
];

fn sets(more: &[&str]) -> Vec<String> {
    COARSE
        .iter()
        .chain(more)
        .map(|set| (*set).to_owned())
        .collect()
}

/// Wires of the shipped alloy with this noise in these pores, and the case from which a fit starts.
fn wires(diameters: &[f64], noise: f64, seed: u64, start: &[&str]) -> Vec<Wire> {
    let path = root().join("cases/fig2_ni_d20_297C.toml");
    let wires: Vec<case::LoadedCase> = (diameters.iter())
        .map(|d| {
            case::load(
                &path,
                &sets(&[&format!("pore.diameter_nm={d}"), "output.frames=0"]),
            )
            .unwrap()
        })
        .collect();
    let composed = synthetic::compositions(&wires, &()).unwrap();
    (wires.iter().zip(&composed).enumerate())
        .map(|(k, (loaded, composed))| {
            let made = synthetic::profile_with_noise(loaded, composed, 12, noise, seed + k as u64);
            // As a file: what is written is read back.
            let read = parse_profile("wire.csv", profile_to_csv(&made, &[])).unwrap();
            assert_eq!(read.points, made.points);
            let diameter = format!("pore.diameter_nm={}", read.d_nm.unwrap());
            let mut all: Vec<&str> = start.to_vec();
            all.push(&diameter);
            Wire::new(read, case::load(&path, &sets(&all)).unwrap())
        })
        .collect()
}

fn ratio(element: &str) -> SpeciesKey {
    SpeciesKey::Ratio {
        element: element.to_owned(),
        over: "Pd".to_owned(),
    }
}

/// From D_Ni/D_Pd = 1.4 and D_P/D_Pd = 3 instead of 2 and 4.45.
const OFF: [&str; 2] = [
    "material.interface.relative_diffusivity.Ni.value=1.4",
    "material.interface.relative_diffusivity.P.value=3",
];

#[test]
fn four_wires_give_back_the_diffusivities_of_their_elements() {
    let wires = wires(&[20.0, 30.0, 45.0, 60.0], 0.02, 11, &OFF);
    let found = species::fit(&wires, &[ratio("Ni"), ratio("P")], &()).unwrap();
    assert!(found.settled && found.kept.is_empty(), "{:?}", found.kept);
    // Ni within 5 % and its interval, as is asked for; P, whose profile is a fifth as high, within its own.
    for (key, truth, share) in [(ratio("Ni"), 2.0, 0.05), (ratio("P"), 4.45, 0.15)] {
        let index = found.keys.iter().position(|one| *one == key).unwrap();
        let [value, low, high] = found.interval(index, 0.95);
        println!(
            "{}: {value} [{low}, {high}], {} rounds",
            key.name(),
            found.rounds
        );
        assert!(
            (value / truth - 1.0f64).abs() < share,
            "{}: {value}",
            key.name()
        );
        assert!(low < truth && truth < high, "{}: {low} {high}", key.name());
        // The interval says something: where it starts is not in it.
        assert!(key.value(&wires[0].loaded) < low, "{}: {low}", key.name());
    }
    // The errors that were stated: χ² per degree of freedom is 1 within four of its standard deviations, √(2/190).
    let chi = found.fit.chi_squared() / found.fit.degrees_of_freedom() as f64;
    assert!((chi - 1.0).abs() < 0.42, "{chi}");
    let correlation = found.correlations()[(0, 1)];
    assert!((found.correlations()[(0, 0)] - 1.0).abs() < 1e-9 && correlation.abs() < 1.0);
}

#[test]
fn what_profiles_cannot_tell_is_named() {
    // A wire that flow made, known to 10 %: 14 % of it came through the layer.
    let wires = wires(&[120.0], 0.1, 5, &[]);
    let keys = [ratio("Ni"), SpeciesKey::Exchange, SpeciesKey::Spread];
    let found = species::fit(&wires, &keys, &()).unwrap();
    let why = |key: &SpeciesKey| {
        let kept = found.kept.iter().find(|(one, _)| one == key);
        kept.map(|(_, why)| why.clone())
    };
    println!("{:?}", found.kept);
    assert!(
        why(&SpeciesKey::Spread)
            .unwrap()
            .contains("the front is flat")
    );
    assert!(
        why(&SpeciesKey::Exchange)
            .unwrap()
            .contains("the profiles do not fix")
    );
}

#[test]
fn the_program_makes_profiles_and_reads_them() {
    let folder = TempDir::new().unwrap();
    let case = root().join("cases/fig2_ni_d20_297C.toml");
    let case = case.to_str().unwrap();
    let coarse: Vec<&str> = COARSE[..3].iter().flat_map(|set| ["--set", *set]).collect();
    let mut arguments = vec![
        "synthesize",
        case,
        "--at",
        "297,1.25,36000",
        "--diameters",
        "20,40",
        "--out",
        "lengths.csv",
        "--profiles",
        "wires",
        "--profile-points",
        "10",
    ];
    arguments.extend(&coarse);
    done(&nanomold(folder.path(), &arguments));
    let wire = fs::read_to_string(folder.path().join("wires/wire_2.csv")).unwrap();
    assert!(
        wire.starts_with("# SYNTHETIC") && wire.contains("z_nm,x_B,sigma_x_B,x_Ni,"),
        "{wire}"
    );
    let mut arguments = vec![
        "calibrate",
        "--profile",
        "wires/wire_1.csv",
        "wires/wire_2.csv",
        "--case",
        case,
        "--fit",
        "Ni,spread",
        "--out",
        "fit",
    ];
    arguments.extend(&coarse);
    let told = done(&nanomold(folder.path(), &arguments));
    for part in [
        "2 wires of Ni45Pd35P16B4",
        "d = 40 nm",
        "D_Ni/D_Pd = ",
        "spread_nm is unidentifiable (the front is flat",
    ] {
        assert!(told.contains(part), "{part} in {told}");
    }
    for name in [
        "species.csv",
        "correlations.csv",
        "profiles.csv",
        "species.toml",
        "profile_2.png",
        "report.txt",
    ] {
        assert!(folder.path().join("fit").join(name).is_file(), "{name}");
    }
    let species = fs::read_to_string(folder.path().join("fit/species.toml")).unwrap();
    assert!(
        species.contains("[interface.relative_diffusivity]\nPd = { value = 1")
            && species.contains("Ni = { value = "),
        "{species}"
    );
    // What cannot be: no case, an element that is not in the alloy, a number that nobody has.
    fs::write(folder.path().join("zr.csv"), "z_nm,x_Zr\n10,0.4\n").unwrap();
    for (more, remedy) in [
        (vec!["--profile", "zr.csv"], "--case"),
        (
            vec!["--profile", "zr.csv", "--case", case],
            "Zr is not in the alloy of the case",
        ),
        (
            vec![
                "--profile",
                "wires/wire_1.csv",
                "--case",
                case,
                "--fit",
                "Cu",
            ],
            "one or several of Ni, P, B, exchange, spread",
        ),
    ] {
        let mut arguments = vec!["calibrate"];
        arguments.extend(more);
        let output = nanomold(folder.path(), &arguments);
        assert_eq!(output.status.code(), Some(2));
        let message = text(&output.stderr);
        assert!(message.contains(remedy), "{remedy}: {message}");
    }
}
