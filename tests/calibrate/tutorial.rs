//! `docs/tutorial.md`: every command in it is run, in its order, in a copy of what it needs.

use crate::common::program::{done, nanomold};
use std::fs;
use std::path::Path;
use tempfile::TempDir;

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[test]
fn every_command_of_the_tutorial_does_what_it_says() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = TempDir::new().unwrap();
    for name in ["cases", "meshes"] {
        copy(&root.join(name), &folder.path().join(name));
    }
    let text = fs::read_to_string(root.join("docs/tutorial.md")).unwrap();
    let blocks = text
        .split("```sh\n")
        .skip(1)
        .map(|rest| rest.split("```").next().unwrap());
    let mut told = Vec::new();
    for command in blocks
        .flat_map(str::lines)
        .filter(|line| line.starts_with("nanomold "))
    {
        let mut words: Vec<&str> = command.split_whitespace().skip(1).collect();
        // The map in fewer points: the pictures are tested elsewhere.
        let coarse = folder.path().join("cases/sweeps/fig6b_map_ni.toml");
        if words[0] == "sweep" {
            let sweep = fs::read_to_string(&coarse).unwrap();
            let sweep = sweep
                .replace("points = 291", "points = 6")
                .replace("points = 100", "points = 5");
            fs::write(&coarse, sweep).unwrap();
            words.push("-q");
        }
        println!("{command}");
        told.push(done(&nanomold(folder.path(), &words)));
    }
    let [scaling, calibration, plan, properties, run, _] = &told[..] else {
        panic!("six commands: {told:?}")
    };
    for part in [
        "left out: 1 line flagged `bundled` (line 8); 1 line without a length (line 21)",
        "are taken as one temperature",
        "d_c = ",
    ] {
        assert!(scaling.contains(part), "{part} in {scaling}");
    }
    assert!(
        calibration.contains("intervals of the profile likelihood"),
        "{calibration}"
    );
    // The folder has what the text promises.
    let out = folder.path().join("out/tutorial");
    for name in [
        "lengths.png",
        "corner_laws.svg",
        "chain.csv",
        "report.txt",
        "material.toml",
    ] {
        assert!(out.join("calibration").join(name).is_file(), "{name}");
    }
    assert!(
        plan.contains("  4. d = ") && out.join("plan/plan.csv").is_file(),
        "{plan}"
    );
    let material = fs::read_to_string(out.join("calibration/material.toml")).unwrap();
    assert!(
        material.contains("[covariance]") && material.contains("ln interface.D_reference_m2_per_s")
    );
    for (text, parts) in [
        (
            properties,
            ["d_c at T_g", "what was fitted to lengths (its covariance)"],
        ),
        (run, ["L = ", "pore.diameter_nm (5 %)"]),
    ] {
        assert!(parts.iter().all(|part| text.contains(part)), "{text}");
    }
    assert!(
        out.join("properties/uncertainty.csv").is_file()
            && out.join("run/uncertainty.csv").is_file()
    );
    assert!(out.join("map/map.png").is_file());
    // The truth of the synthetic lengths lies within the interval of d_c at 297 °C: 55.8 nm (tests/sweep/scaling.rs).
    let mut table = csv::Reader::from_path(out.join("calibration/temperatures.csv")).unwrap();
    let header = table.headers().unwrap().clone();
    let at = |row: &csv::StringRecord, name: &str| -> f64 {
        row[header.iter().position(|one| one == name).unwrap()]
            .parse()
            .unwrap()
    };
    let rows: Vec<csv::StringRecord> = table.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 4);
    let row = rows
        .iter()
        .find(|row| (at(row, "T_C") - 297.0).abs() < 0.5)
        .unwrap();
    let [low, high] = ["d_c_nm_low", "d_c_nm_high"].map(|name| at(row, name));
    assert!(
        low < 55.8 && 55.8 < high && high / low < 1.3,
        "{low} {high}"
    );
}
