//! What a run leaves behind, on synthetic data: folder states, tables, collections, frames, plots; read back by the
//! real VTK in `read_by_vtk`.

use std::f64::consts::PI;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, UNIX_EPOCH};

use nanomold::fields::{Field, Place, Values};
use nanomold::output::{
    Curve, FieldSeries, Format, Frame, HistoryRow, HistoryWriter, LengthPlot, OutputError, Packing,
    Pvd, RunFolder, RunRecord, RunStatus, length_plot, read_history, utc_timestamp, write_atomic,
};

/// A wire of Poiseuille flow and a constant layer flux; it has no physics beyond consistent numbers.
struct Synthetic {
    cells: usize,
    layer_share: f64,
}

const RADIUS_NM: f64 = 30.0;
const CELL_RADIUS_NM: f64 = 90.0;
const DEPTH_NM: f64 = 120.0;
const PRESSURE_PA: f64 = 1.25e9;

impl Synthetic {
    /// L² = 4 t: 380 nm after 36 000 s.
    fn row(&self, time_s: f64) -> HistoryRow {
        let length_nm = 2.0 * time_s.sqrt();
        let rate_nm_per_s = 1.0 / time_s.sqrt();
        let flow = rate_nm_per_s * PI * RADIUS_NM.powi(2);
        HistoryRow {
            time_s,
            length_nm,
            tip_length_nm: length_nm,
            contact_length_nm: length_nm,
            shape_error_nm: 0.0,
            rate_nm_per_s,
            core_flow_nm3_per_s: flow * (1.0 - self.layer_share),
            layer_flow_nm3_per_s: flow * self.layer_share,
            pressure_GPa: PRESSURE_PA * 1e-9,
            temperature_C: 297.0,
            fictive_temperature_C: 297.0,
            driving_pressure_GPa: PRESSURE_PA * 1e-9,
            lambda: 1.0 / 16.0,
            length_over_radius: length_nm / RADIUS_NM,
            newtonian_viscosity_Pa_s: 3e11,
            wall_shear_stress_GPa: 0.1,
            wall_shear_rate_per_s: 3e-4,
            shear_per_relaxation: 2.0,
            core_share: 1.0 - self.layer_share,
            layer_share: self.layer_share,
            mass_defect: 1e-13,
            cycles: 4,
            residual: 3.1e-9,
            step_s: 10.0,
            step_error: 1e-5,
        }
    }

    fn frame(&self, time_s: f64) -> Frame {
        let row = self.row(time_s);
        let cell = RADIUS_NM / self.cells as f64;
        let nr = 3 * self.cells;
        let below = 4 * self.cells;
        let above = (row.length_nm / cell).round().max(1.0) as usize;
        let r_nodes_nm: Vec<f64> = (0..=nr).map(|i| i as f64 * cell).collect();
        let mut z_nodes_nm: Vec<f64> = (0..=below)
            .map(|i| (i as f64 / below as f64 - 1.0) * DEPTH_NM)
            .collect();
        z_nodes_nm.extend((1..=above).map(|i| row.length_nm * i as f64 / above as f64));

        let mean_m_per_s = row.core_flow_nm3_per_s / (PI * RADIUS_NM.powi(2)) * 1e-9;
        let mut active = Vec::new();
        let mut velocity = Vec::new();
        let [mut pressure, mut shear, mut strain] = [Vec::new(), Vec::new(), Vec::new()];
        for z in z_nodes_nm.windows(2) {
            for r in r_nodes_nm.windows(2) {
                let radius = (0.5 * (r[0] + r[1])) / RADIUS_NM;
                let height = 0.5 * (z[0] + z[1]) / row.length_nm;
                let wet = height < 0.0 || radius < 1.0;
                let axial = if height < 0.0 {
                    1.0 / 9.0
                } else {
                    2.0 * (1.0 - radius.powi(2))
                };
                // The mold holds NaN, which must not reach the files.
                let value = |x: f64| if wet { x } else { f64::NAN };
                active.push(wet);
                velocity.push([
                    value(-0.01 * mean_m_per_s * radius),
                    0.0,
                    value(mean_m_per_s * axial),
                ]);
                pressure.push(value(PRESSURE_PA * (1.0 - height.max(0.0))));
                shear.push(value(-1e8 * radius));
                strain.push(value(1e-3 * radius));
            }
        }
        let in_nm = velocity.iter().map(|v| v.map(|v| v * 1e9)).collect();
        let mut frame = Frame {
            time_s,
            r_nodes_nm,
            widths: vec![1.0; z_nodes_nm.len()],
            z_nodes_nm,
            active,
            fields: vec![
                Field::vectors(Place::Cells, "velocity", "m/s", velocity),
                Field::vectors(Place::Cells, "velocity", "nm/s", in_nm),
                Field::scalars(Place::Cells, "pressure", "Pa", pressure),
                Field::scalars(Place::Cells, "shear_stress", "Pa", shear),
                Field::scalars(Place::Cells, "strain_rate", "1/s", strain),
            ],
            ..Frame::default()
        };
        self.add_layer(&mut frame);
        frame
    }

    fn add_layer(&self, frame: &mut Frame) {
        let row = self.row(frame.time_s);
        let flux = row.layer_flow_nm3_per_s * 1e-27 / (2.0 * PI * RADIUS_NM * 1e-9);
        let face = CELL_RADIUS_NM - RADIUS_NM;
        let [mut arcs, mut stress] = [Vec::new(), Vec::new()];
        let [mut fluxes, mut exchange] = [Vec::new(), Vec::new()];
        for i in 0..=40 {
            let along = f64::from(i) / 20.0;
            let (point, arc) = if i <= 20 {
                ([CELL_RADIUS_NM - face * along, 0.0], face * along)
            } else {
                let height = row.length_nm * (along - 1.0);
                ([RADIUS_NM, height], face + height)
            };
            frame.layer_nm.push(point);
            arcs.push(arc);
            stress.push(PRESSURE_PA * (1.0 - (along - 1.0).max(0.0)));
            fluxes.push(flux * along.min(1.0));
            exchange.push(1e-12 * (1.0 - along));
        }
        frame.fields.extend([
            Field::scalars(Place::Layer, "arc_length", "nm", arcs),
            Field::scalars(Place::Layer, "normal_stress", "Pa", stress),
            Field::scalars(Place::Layer, "layer_flux", "m²/s", fluxes),
            Field::scalars(Place::Layer, "exchange_velocity", "m/s", exchange),
        ]);
    }
}

/// The numbers of a field, by its label.
fn numbers<'a>(frame: &'a mut Frame, label: &str) -> &'a mut Vec<f64> {
    let mut fields = frame.fields.iter_mut();
    match &mut fields.find(|field| field.label() == label).unwrap().values {
        Values::Scalars(values) => values,
        Values::Vectors(_) => panic!("{label} is a vector"),
    }
}

const SYNTHETIC: Synthetic = Synthetic {
    cells: 8,
    layer_share: 0.3,
};
const TIMES_S: [f64; 4] = [100.0, 1024.0, 9000.0, 36_000.0];

fn record(synthetic: &Synthetic) -> RunRecord {
    record_at(synthetic, 36_000.0)
}

fn record_at(synthetic: &Synthetic, time_s: f64) -> RunRecord {
    let last = synthetic.row(time_s);
    RunRecord {
        length_nm: last.length_nm,
        time_s: last.time_s,
        error_estimate: Some(1e-3),
        error_estimate_space: Some(9e-4),
        error_estimate_time: Some(1e-4),
        ..RunRecord::new("synthetic")
    }
}

fn write_run(path: &Path, synthetic: &Synthetic) {
    write_run_at(path, synthetic, &TIMES_S, REVOLVED);
}

/// A collection with a file for each frame, and every frame revolved.
const REVOLVED: Format = Format {
    in_one_file: false,
    packing: Packing::Zlib,
    sections: Some(48),
};

fn write_run_at(path: &Path, synthetic: &Synthetic, times_s: &[f64], format: Format) {
    let folder = RunFolder::create(path, true).unwrap();
    let mut history = HistoryWriter::create(folder.join("history.csv")).unwrap();
    let mut fields = FieldSeries::create(&folder, format).unwrap();
    for &time_s in times_s {
        history.append(&synthetic.row(time_s)).unwrap();
        fields.write(&synthetic.frame(time_s)).unwrap();
    }
    length_plot(
        &folder.join("length.png"),
        &folder.join("length.svg"),
        &plot(),
    )
    .unwrap();
    folder
        .finish(&record_at(synthetic, times_s[times_s.len() - 1]))
        .unwrap();
}

fn plot() -> LengthPlot {
    let curve = |label: &str, length: &dyn Fn(f64) -> f64| {
        let times = (0..=90).map(|i| 36_000.0 * 10f64.powf(f64::from(i - 90) / 20.0));
        Curve {
            label: label.to_string(),
            points: times.map(|t| (t, length(t))).collect(),
        }
    };
    LengthPlot {
        title: "Ni₄₅Pd₃₅P₁₆B₄, d = 60 nm, 297 °C".to_string(),
        subtitle: "1.25 GPa, 36 000 s: L = 291 nm, Λ = 0.069, newtonian viscosity 3.0·10¹¹ Pa·s"
            .to_string(),
        simulated: curve("simulated", &|t| (2.36 * t + 30.0f64.powi(2)).sqrt() - 30.0),
        references: vec![
            curve("Eq. (1), factor 32 (apparent viscosity)", &|t| {
                (0.58 * t).sqrt()
            }),
            curve("Hagen–Poiseuille, factor 16", &|t| (1.16 * t).sqrt()),
            curve("Eq. (2), interface diffusion", &|t| (1.2 * t).sqrt()),
            curve("both mechanisms, long pore", &|t| (2.36 * t).sqrt()),
        ],
        linear: false,
        panels: Vec::new(),
    }
}

// ---- the folder -------------------------------------------------------------------------------------------------

#[test]
fn a_folder_looks_finished_only_when_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("deep/run");
    let folder = RunFolder::create(&path, false).unwrap();
    assert!(path.join("RUNNING").exists() && !path.join("run.json").exists());
    folder.finish(&record(&SYNTHETIC)).unwrap();
    assert!(!path.join("RUNNING").exists() && path.join("run.json").exists());
    // Nothing temporary stays behind.
    assert_eq!(
        names(&path),
        ["manifest.txt", "ro-crate-metadata.json", "run.json"]
    );
}

#[test]
fn a_failed_or_abandoned_run_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let failed = dir.path().join("failed");
    RunFolder::create(&failed, false)
        .unwrap()
        .fail("step 7 did not converge");
    assert_eq!(names(&failed), ["FAILED.txt", "manifest.txt"]);
    let reason = fs::read_to_string(failed.join("FAILED.txt")).unwrap();
    assert!(reason.contains("step 7 did not converge"));

    let dropped = dir.path().join("dropped");
    drop(RunFolder::create(&dropped, false).unwrap());
    assert_eq!(names(&dropped), ["FAILED.txt", "manifest.txt"]);

    // A record that cannot be written counts as a failure too.
    let bad = dir.path().join("bad");
    let nan = RunRecord {
        lambda: f64::NAN,
        ..record(&SYNTHETIC)
    };
    let error = RunFolder::create(&bad, false)
        .unwrap()
        .finish(&nan)
        .unwrap_err();
    assert!(
        matches!(&error, OutputError::NotFinite { what } if what == "lambda"),
        "{error}"
    );
    assert_eq!(names(&bad), ["FAILED.txt", "manifest.txt"]);
}

#[test]
fn an_existing_result_needs_force_and_force_removes_only_our_files() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("run");
    write_run(&path, &SYNTHETIC);
    fs::write(path.join("notes.txt"), "mine").unwrap();
    fs::write(path.join("fields/flow_mine.vtu"), "mine").unwrap();
    let before = fs::read(path.join("history.csv")).unwrap();

    let error = RunFolder::create(&path, false).unwrap_err().to_string();
    assert!(
        error.contains("run.json") && error.contains("--force"),
        "{error}"
    );
    assert_eq!(fs::read(path.join("history.csv")).unwrap(), before);

    // Until the new run is complete the earlier result stays as it is.
    let there = names(&path);
    drop(RunFolder::create(&path, true).unwrap());
    let mut now = names(&path);
    assert_eq!(
        names(&path.join("replacement")),
        ["FAILED.txt", "manifest.txt"]
    );
    now.retain(|name| name != "replacement");
    assert_eq!(now, there);
    assert_eq!(fs::read(path.join("history.csv")).unwrap(), before);

    let folder = RunFolder::create(&path, true).unwrap();
    folder.write("view.py", b"new").unwrap();
    folder.finish(&record(&SYNTHETIC)).unwrap();
    let left = [
        "fields",
        "manifest.txt",
        "notes.txt",
        "ro-crate-metadata.json",
        "run.json",
        "view.py",
    ];
    assert_eq!(names(&path), left);
    assert_eq!(names(&path.join("fields")), ["flow_mine.vtu"]);

    // A failed run is not overwritten silently either.
    let failed = dir.path().join("failed");
    drop(RunFolder::create(&failed, false).unwrap());
    let error = RunFolder::create(&failed, false).unwrap_err().to_string();
    assert!(error.contains("FAILED.txt"), "{error}");
}

#[test]
fn a_replacement_that_was_cut_short_is_completed() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("run");
    for cut in 0..3 {
        write_run_at(&path, &SYNTHETIC, &TIMES_S[..2], REVOLVED);
        write_run_at(&dir.path().join("new"), &SYNTHETIC, &TIMES_S, REVOLVED);
        let wanted = names(&dir.path().join("new"));
        let new = path.join("replacement");
        fs::rename(dir.path().join("new"), &new).unwrap();
        // Some of the files have been put into place already.
        if cut > 0 {
            fs::copy(new.join("manifest.txt"), path.join("manifest.txt")).unwrap();
        }
        if cut > 1 {
            for name in ["fields/flow_0002.vtu", "history.csv"] {
                fs::rename(new.join(name), path.join(name)).unwrap();
            }
        }
        RunFolder::complete_replacement(&path).unwrap();
        assert_eq!(names(&path), wanted, "{cut}");
        assert_eq!(
            read_history(path.join("history.csv")).unwrap().len(),
            TIMES_S.len()
        );
        RunFolder::remove(&path).unwrap();
        assert!(!path.exists(), "{cut}");
    }
}

#[test]
fn a_folder_in_use_is_not_taken_over() {
    let dir = tempfile::tempdir().unwrap();
    let first = RunFolder::create(dir.path(), false).unwrap();
    let second = RunFolder::create(dir.path(), true).unwrap_err();
    assert!(matches!(second, OutputError::InUse { .. }), "{second}");
    assert!(first.join("RUNNING").exists());
    drop(first);
    // A killed run leaves the mark without a lock: with force it is taken over.
    fs::remove_file(dir.path().join("FAILED.txt")).unwrap();
    fs::write(dir.path().join("RUNNING"), "").unwrap();
    let refused = RunFolder::create(dir.path(), false)
        .unwrap_err()
        .to_string();
    assert!(refused.contains("RUNNING"), "{refused}");
    RunFolder::create(dir.path(), true).unwrap();
}

#[test]
fn a_path_that_cannot_be_a_folder_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    fs::write(&file, "").unwrap();
    assert!(matches!(
        RunFolder::create(&file, true),
        Err(OutputError::NotAFolder { .. })
    ));
    // Fails for every user, root included, unlike missing rights.
    let error = RunFolder::create(file.join("below"), false).unwrap_err();
    assert!(error.to_string().contains("file/below"), "{error}");
}

#[test]
fn atomic_writes_replace_whole_files_or_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.txt");
    write_atomic(&path, b"old").unwrap();
    // Someone who has the old file open keeps reading the old file: it was replaced, not rewritten.
    let mut open = fs::File::open(&path).unwrap();
    write_atomic(&path, b"new").unwrap();
    let mut seen = String::new();
    std::io::Read::read_to_string(&mut open, &mut seen).unwrap();
    assert_eq!(
        (seen.as_str(), fs::read(&path).unwrap().as_slice()),
        ("old", b"new".as_slice())
    );
    // A target that cannot be replaced leaves nothing behind.
    fs::create_dir(dir.path().join("taken")).unwrap();
    fs::write(dir.path().join("taken/x"), "").unwrap();
    write_atomic(&dir.path().join("taken"), b"x").unwrap_err();
    assert_eq!(names(dir.path()), ["a.txt", "taken"]);
}

// ---- tables and records -----------------------------------------------------------------------------------------

#[test]
fn history_has_the_documented_columns_and_survives_interruption() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("history.csv");
    let rows: Vec<HistoryRow> = TIMES_S.iter().map(|t| SYNTHETIC.row(*t)).collect();
    let mut writer = HistoryWriter::create(&path).unwrap();
    for (count, row) in rows.iter().enumerate() {
        writer.append(row).unwrap();
        // Each row is in the file at once, bit for bit.
        assert_eq!(read_history(&path).unwrap(), rows[..=count]);
    }
    let text = fs::read_to_string(&path).unwrap();
    let columns = "time_s,length_nm,tip_length_nm,contact_length_nm,shape_error_nm,rate_nm_per_s,core_flow_nm3_per_s,layer_flow_nm3_per_s,pressure_GPa,temperature_C,\
        fictive_temperature_C,driving_pressure_GPa,lambda,length_over_radius,newtonian_viscosity_Pa_s,wall_shear_stress_GPa,wall_shear_rate_per_s,\
        shear_per_relaxation,core_share,layer_share,mass_defect,\
        cycles,residual,step_s,step_error";
    assert_eq!(text.lines().next(), Some(columns));

    let nan = HistoryRow {
        core_share: f64::INFINITY,
        ..rows[0].clone()
    };
    let error = writer.append(&nan).unwrap_err().to_string();
    assert!(error.contains("core_share"), "{error}");
    assert_eq!(fs::read_to_string(&path).unwrap(), text);

    // Killed in the middle of a row, resumed from a checkpoint at the second row.
    let at_checkpoint: String = text.split_inclusive('\n').take(3).collect();
    fs::write(&path, &text[..text.len() - 20]).unwrap();
    let mut resumed = HistoryWriter::resume(&path, &at_checkpoint).unwrap();
    resumed.append(&rows[2]).unwrap();
    assert_eq!(read_history(&path).unwrap(), rows[..3]);

    assert!(matches!(
        HistoryWriter::resume(&path, &text.replace("length_nm", "length_m")),
        Err(OutputError::Format { .. })
    ));
}

#[test]
fn a_record_round_trips() {
    let full = RunRecord {
        status: RunStatus::Interrupted,
        error_estimate: None,
        tolerances: [("cycle".to_string(), 1e-8)].into(),
        warnings: vec!["Ω is assumed".to_string()],
        ..record(&SYNTHETIC)
    };
    let json = full.to_json().unwrap();
    assert_eq!(serde_json::from_str::<RunRecord>(&json).unwrap(), full);
    assert!(json.contains("\"eta_apparent_Pa_s\"") && json.contains("\"status\": \"interrupted\""));
    for nan in [
        RunRecord {
            error_estimate: Some(f64::NAN),
            ..full.clone()
        },
        RunRecord {
            tolerances: [("x".to_string(), f64::NAN)].into(),
            ..full.clone()
        },
    ] {
        assert!(matches!(nan.to_json(), Err(OutputError::NotFinite { .. })));
    }
}

#[test]
fn timestamps_are_utc() {
    // Unix times of calendar corners, from `date -u -d … +%s`.
    for (seconds, text) in [
        (0, "1970-01-01T00:00:00Z"),
        (951_782_399, "2000-02-28T23:59:59Z"),
        (951_782_400, "2000-02-29T00:00:00Z"),
        (1_709_251_199, "2024-02-29T23:59:59Z"),
        (1_798_761_599, "2026-12-31T23:59:59Z"),
        (4_107_542_400, "2100-03-01T00:00:00Z"),
    ] {
        assert_eq!(
            utc_timestamp(UNIX_EPOCH + Duration::from_secs(seconds)),
            text
        );
    }
}

#[test]
fn the_log_has_time_level_and_message() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("log.txt");
    let quiet = nanomold::output::log::terminal_level(2, 0);
    let subscriber = nanomold::output::log::subscriber(Some(&path), quiet, std::io::sink).unwrap();
    tracing::subscriber::with_default(subscriber, || {
        tracing::warn!("long pore");
        tracing::debug!("not for the log");
    });
    let text = fs::read_to_string(&path).unwrap();
    let line = text.trim_end();
    assert!(
        line.contains("Z  WARN long pore") && line.starts_with("20"),
        "{line}"
    );
    assert_eq!(text.lines().count(), 1, "{text}");
}

// ---- fields -----------------------------------------------------------------------------------------------------

#[test]
fn a_collection_is_continued_after_a_resume() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("flow.pvd");
    let mut pvd = Pvd::new(&path);
    assert!(!path.exists() && pvd.is_empty());
    for (time_s, file) in [
        (0.1, "fields/a&b.vtu"),
        (1e-7 + 1.0 / 3.0, "fields/b.vtu"),
        (9.0, "c.vtu"),
    ] {
        pvd.add(time_s, file).unwrap();
    }
    pvd.add(9.0, "d.vtu").unwrap_err();
    pvd.add(f64::NAN, "d.vtu").unwrap_err();
    let whole = fs::read_to_string(&path).unwrap();
    assert!(whole.contains("fields/a&amp;b.vtu"), "{whole}");

    // Back to two frames, then on as before.
    let mut again = Pvd::resume(&path, pvd.frames()[..2].to_vec()).unwrap();
    assert_eq!(
        fs::read_to_string(&path)
            .unwrap()
            .matches("DataSet")
            .count(),
        2
    );
    again.add(9.0, "c.vtu").unwrap();
    assert_eq!(again, pvd);
    assert_eq!(fs::read_to_string(&path).unwrap(), whole);
    // Back to the beginning: a collection of nothing is no file.
    assert!(Pvd::resume(&path, Vec::new()).unwrap().is_empty() && !path.exists());
}

#[test]
fn frames_refuse_nan_and_shapes_that_do_not_fit() {
    let frame = SYNTHETIC.frame(100.0);
    // The frame holds NaN in the mold, and that is fine.
    assert!(
        numbers(&mut frame.clone(), "pressure_Pa")
            .iter()
            .any(|p| p.is_nan())
    );
    frame.validate().unwrap();

    let refused = |change: &dyn Fn(&mut Frame), word: &str| {
        let mut bad = frame.clone();
        change(&mut bad);
        let error = bad.validate().unwrap_err().to_string();
        assert!(error.contains(word), "{error}");
    };
    refused(
        &|f| numbers(f, "pressure_Pa")[3] = f64::NAN,
        "pressure_Pa[3]",
    );
    let spoil = |f: &mut Frame| match &mut f.fields[0].values {
        Values::Vectors(velocity) => velocity[2][2] = f64::INFINITY,
        Values::Scalars(_) => panic!("the first field is the velocity"),
    };
    refused(&spoil, "velocity_m_per_s[8]");
    refused(&|f| f.time_s = f64::NAN, "time_s");
    refused(&|f| f.z_nodes_nm[2] = f64::NAN, "z_nodes_nm[2]");
    refused(&|f| f.z_nodes_nm.swap(1, 2), "z_nodes_nm");
    refused(
        &|f| numbers(f, "strain_rate_per_s").truncate(3),
        "strain_rate_per_s",
    );
    refused(&|f| f.r_nodes_nm.truncate(4), "active");
    refused(&|f| f.active.fill(false), "active");
    let flux = |f: &mut Frame| numbers(f, "layer_flux_m2_per_s")[40] = f64::NAN;
    refused(&flux, "layer_flux_m2_per_s[40]");
    refused(&|f| numbers(f, "arc_length_nm").swap(1, 2), "must increase");
    refused(
        &|f| {
            f.layer_nm.pop();
        },
        "points of the wall",
    );
    refused(&|f| f.front_nm.push([0.0, 1.0]), "at least two points");
}

#[test]
fn a_refused_frame_leaves_the_series_as_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let folder = RunFolder::create(dir.path(), false).unwrap();
    let mut fields = FieldSeries::create(&folder, Format::default()).unwrap();
    fields.write(&SYNTHETIC.frame(100.0)).unwrap();
    let mut bad = SYNTHETIC.frame(200.0);
    numbers(&mut bad, "normal_stress_Pa")[0] = f64::NAN;
    fields.write(&bad).unwrap_err();
    assert_eq!(
        names(&folder.join("fields")),
        ["flow_0000.vtu", "layer_0000.vtp"]
    );

    let at_checkpoint = fields.frames();
    fields.write(&SYNTHETIC.frame(150.0)).unwrap();
    let mut resumed = FieldSeries::resume(&folder, Format::default(), at_checkpoint).unwrap();
    // What came after the checkpoint is gone.
    assert_eq!(
        names(&folder.join("fields")),
        ["flow_0000.vtu", "layer_0000.vtp"]
    );
    resumed.write(&SYNTHETIC.frame(200.0)).unwrap();
    for (name, frames) in ["flow.pvd", "layer.pvd"].iter().zip(resumed.frames()) {
        let times: Vec<f64> = frames.iter().map(|(time_s, _)| *time_s).collect();
        assert_eq!(times, [100.0, 200.0]);
        let text = fs::read_to_string(folder.join(name)).unwrap();
        assert_eq!(text.matches("<DataSet ").count(), 2, "{text}");
    }
}

// ---- the picture ------------------------------------------------------------------------------------------------

#[test]
fn the_length_plot_shows_every_curve_and_refuses_nan() {
    let dir = tempfile::tempdir().unwrap();
    let (png, svg) = (dir.path().join("length.png"), dir.path().join("length.svg"));
    length_plot(&png, &svg, &plot()).unwrap();
    let drawn = fs::read_to_string(&svg).unwrap();
    for label in [
        "simulated",
        "Eq. (2), interface diffusion",
        "time t (s)",
        "length L (nm)",
        "297 °C",
    ] {
        assert!(drawn.contains(label), "{label} is not in the picture");
    }
    // A PNG of 1200 × 800 says so at the start of its first chunk.
    let bytes = fs::read(&png).unwrap();
    assert_eq!(
        bytes[16..24],
        [1200u32.to_be_bytes(), 800u32.to_be_bytes()].concat()
    );
    assert_eq!(names(dir.path()), ["length.png", "length.svg"]);

    let linear = LengthPlot {
        linear: true,
        panels: Vec::new(),
        ..plot()
    };
    length_plot(&png, &svg, &linear).unwrap();
    assert_ne!(fs::read_to_string(&svg).unwrap(), drawn);

    let mut nan = plot();
    nan.references[1].points[3].1 = f64::NAN;
    let error = length_plot(&png, &svg, &nan).unwrap_err().to_string();
    assert!(error.contains("Hagen–Poiseuille"), "{error}");
    let empty = LengthPlot {
        simulated: Curve::default(),
        ..plot()
    };
    assert!(matches!(
        length_plot(&png, &svg, &empty),
        Err(OutputError::Shape { .. })
    ));
}

// ---- the real reader --------------------------------------------------------------------------------------------

/// A folder read by VTK, and damaged copies of it that VTK's checker must refuse. `NANOMOLD_VTK_PYTHON` names the
/// Python that has vtk.
#[test]
#[ignore = "needs Python with vtk: tests/run.sh runs it"]
fn read_by_vtk() {
    let scratch = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let small = scratch.join("synthetic");
    write_run(&small, &SYNTHETIC);
    python(&["--self-test"], &small);
    let picture = small.join("picture.png");
    python(&["--picture", picture.to_str().unwrap()], &small);

    // Arrays that end exactly at a block of 32 KiB = 4096 f64: at 32 400 s the wire is 360 nm = 192 cells long, so the grid that is
    // revolved has 48 × (64 + 192) = 3 · 4096 cells, 48 times over.
    let fine = Synthetic {
        cells: 16,
        layer_share: 0.9,
    };
    assert_eq!(fine.frame(32_400.0).active.len(), 3 * 4096);
    for (name, packing) in [
        ("zlib", Packing::Zlib),
        ("lz4", Packing::Lz4),
        ("plain", Packing::None),
    ] {
        let large = scratch.join(format!("synthetic_{name}"));
        let format = Format {
            packing,
            ..REVOLVED
        };
        write_run_at(&large, &fine, &[1024.0, 32_400.0], format);
        python(&[], &large);
    }
    // All times in one file.
    let one_file = Format {
        in_one_file: true,
        ..Format::default()
    };
    let hdf = scratch.join("synthetic_hdf");
    write_run_at(&hdf, &SYNTHETIC, &TIMES_S, one_file);
    assert!(!hdf.join("flow.pvd").exists() && !hdf.join("fields").exists());
    python(&["--self-test"], &hdf);
}

fn python(options: &[&str], folder: &Path) {
    let python =
        std::env::var("NANOMOLD_VTK_PYTHON").expect("NANOMOLD_VTK_PYTHON names a Python with vtk");
    let checker = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vtk_reader.py");
    let output = Command::new(python)
        .arg(checker)
        .args(options)
        .arg(folder)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{text}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    println!("{text}");
}

/// Sorted names of the files in a folder.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries
        .map(|e| e.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}
