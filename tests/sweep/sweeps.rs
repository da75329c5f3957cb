//! Sweeps: validated as a whole, the same table however it came about, and the paper's critical diameters.

use crate::common::program::{nanomold, program, text};
use crate::common::root;
use nanomold::case::{self, Template};
use nanomold::flow::discretise::{Medium, layout};
use nanomold::flow::grid::Grid;
use nanomold::flow::solver::{FlowSolver, Loads};
use nanomold::mesh::{MeshSpec, WallProfile};
use nanomold::reduced::{Entrance, Molding, Table};
use nanomold::stop::Stop;
use nanomold::sweep::{Existing, Plan, Shard, Store, criticals, execute};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

fn shipped(name: &str) -> PathBuf {
    root().join("cases/sweeps").join(name)
}

/// A sweep file over the flagship, in a folder of its own.
fn sweep_file(folder: &TempDir, rest: &str) -> PathBuf {
    let path = folder.path().join("sweep.toml");
    let case = root().join("cases/ni_d60_297C.toml");
    let text = format!(
        "name = \"s\"\ncase_file = {:?}\n{rest}",
        case.display().to_string()
    );
    fs::write(&path, text).unwrap();
    path
}

/// Computes a plan into a folder, in this process.
fn run(plan: &Plan, folder: &Path) {
    let (mut store, mut done) = Store::open(folder, plan, Existing::Resume).unwrap();
    let never = Stop::never();
    let all = Shard::WHOLE.points(plan);
    execute(plan, &all, &mut store, &mut done, 2, &never, |_| {}).unwrap();
    store.finish().unwrap();
    assert_eq!(done.count, plan.len());
}

/// What a template gives is what the same overrides give, in every section and for material values.
#[test]
fn a_filled_template_is_the_case_with_overrides() {
    let path = root().join("cases/fig2_ni_d20_297C.toml");
    let sets = |d: f64| {
        vec![
            format!("pore.diameter_nm={d}"),
            "process.temperature_C=287".into(),
            "composition.rows=32".into(),
            "mesh.cells_per_radius=8".into(),
            format!("material.interface.D_reference_m2_per_s={}e-17", d / 10.0),
            "front.initial_length_nm=7".into(),
        ]
    };
    let template = Template::read(&path, &sets(30.0)).unwrap();
    let expected = case::load(&path, &sets(50.0)).unwrap();
    let diameter = serde_json::json!(50.0);
    let diffusivity = serde_json::json!(5e-17);
    let found = template.with([
        ("pore.diameter_nm", &diameter),
        ("material.interface.D_reference_m2_per_s", &diffusivity),
    ]);
    assert_eq!(found.unwrap(), expected);
    // Negative control: the template itself is another case.
    assert_ne!(template.with([]).unwrap(), expected);
}

/// The order of the points: the last axis is the fastest; tables and rows vary together.
#[test]
fn points_are_the_combinations_of_the_axes() {
    let folder = TempDir::new().unwrap();
    fs::write(
        folder.path().join("presses.csv"),
        "process.temperature_C,process.time_s\n297,100\n287,200\n277,300\n",
    )
    .unwrap();
    let axes = "model = \"reduced\"\n[[axis]]\ntable_file = \"presses.csv\"\n[[axis]]\nkey = \"pore.diameter_nm\"\nfrom = 10\nto = 1000\npoints = 3\nscale = \"logarithmic\"\n";
    let plan = Plan::read(&sweep_file(&folder, axes), &[], None).unwrap();
    assert_eq!(plan.len(), 9);
    let fourth = plan.case(4).unwrap().case;
    assert_eq!(fourth.process.temperature_C, Some(287.0));
    assert_eq!(
        (fourth.process.time_s, fourth.pore.diameter_nm),
        (Some(200.0), 100.0)
    );
    plan.validate().unwrap();
    // Shares are disjoint and complete.
    let mut all: Vec<u64> = (1..=4)
        .flat_map(|i| format!("{i}/4").parse::<Shard>().unwrap().points(&plan))
        .collect();
    all.sort_unstable();
    assert_eq!(all, (0..9).collect::<Vec<_>>());
    assert!("0/4".parse::<Shard>().is_err() && "5/4".parse::<Shard>().is_err());
}

/// What is wrong is refused before anything is computed, with line and caret in the sweep file.
#[test]
fn mistakes_are_shown_where_they_stand() {
    let axis = |key: &str, values: &str| format!("[[axis]]\nkey = \"{key}\"\nvalues = {values}\n");
    for (rest, parts) in [
        (
            axis("pore.diametre_nm", "[10]"),
            ["sweep.toml:4", "diameter_nm"],
        ),
        (
            axis("pore.diameter_nm", "[60, 1.5]"),
            ["sweep.toml:5", "point 1"],
        ),
        (
            axis("process.temperature_C", "[297, 900]"),
            ["sweep.toml:5", "900"],
        ),
        (
            axis("material_file", "[\"a\"]"),
            ["sweep.toml:4", "cannot be varied"],
        ),
        (
            "[[axis]]\nkey = \"pore.diameter_nm\"\nform = 1\n".into(),
            ["sweep.toml:5", "from"],
        ),
        (
            "[[axis]]\nkey = \"pore.diameter_nm\"\nfrom = 1\n".into(),
            ["sweep.toml:", "`to`"],
        ),
        (axis("front.initial_bulge", "[1]"), ["sweep.toml", "bulge"]),
    ] {
        let folder = TempDir::new().unwrap();
        let file = sweep_file(&folder, &rest);
        let model = ["sweep", file.to_str().unwrap(), "--model", "reduced"];
        let output = nanomold(folder.path(), &model);
        let message = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{rest}: {message}");
        for part in parts {
            assert!(message.contains(part), "`{part}` is not in: {message}");
        }
        assert!(!folder.path().join("out").exists());
    }
}

const MAP: &str = "model = \"reduced\"\n[[axis]]\nkey = \"process.temperature_C\"\nfrom = 200\nto = 330\npoints = 131\n\
                   [[axis]]\nkey = \"pore.diameter_nm\"\nfrom = 8\nto = 300\npoints = 60\nscale = \"logarithmic\"\n";

/// Any split into shards gives, merged, the bytes of one run; what is missing or double is said; a merged folder resumes.
#[test]
fn shards_merge_to_the_same_bytes() {
    let folder = TempDir::new().unwrap();
    let file = sweep_file(&folder, MAP);
    let file = file.to_str().unwrap();
    let call = |arguments: &[&str]| nanomold(folder.path(), arguments);
    assert!(call(&["sweep", file, "--out", "whole"]).status.success());
    let whole = fs::read(folder.path().join("whole/sweep.csv")).unwrap();
    assert_eq!(text(&whole).lines().count(), 131 * 60 + 1);
    for n in [2, 7] {
        let mut merge = vec!["merge".to_string(), file.to_string()];
        for i in 1..=n {
            let (shard, out) = (format!("{i}/{n}"), format!("s{n}_{i}"));
            assert!(
                call(&["sweep", file, "--shard", &shard, "--out", &out])
                    .status
                    .success()
            );
            merge.push(out);
        }
        let arguments = |more: &[&str], all: &[String]| -> Output {
            let own = all.iter().map(String::as_str);
            call(&own.chain(more.iter().copied()).collect::<Vec<_>>())
        };
        let out = format!("merged{n}");
        assert!(arguments(&["--out", &out], &merge).status.success());
        let merged = fs::read(folder.path().join(&out).join("sweep.csv")).unwrap();
        assert!(merged == whole, "{n} shards");
        // One shard left out, another given twice.
        let mut fewer = merge.clone();
        fewer[3] = fewer[2].clone();
        let part = arguments(&["--out", "part", "--force"], &fewer);
        let said = text(&part.stdout);
        assert_eq!(part.status.code(), Some(1), "{said}");
        assert!(
            said.contains("missing") && said.contains("double, with equal rows"),
            "{said}"
        );
        assert!(
            call(&["sweep", file, "--out", "part", "--resume"])
                .status
                .success()
        );
        assert!(fs::read(folder.path().join("part/sweep.csv")).unwrap() == whole);
    }
    // Negative control: another sweep is refused, with what differs.
    let other = call(&[
        "sweep",
        file,
        "--out",
        "whole",
        "--resume",
        "--set",
        "process.time_s=100",
    ]);
    let message = text(&other.stderr);
    assert_eq!(other.status.code(), Some(2), "{message}");
    assert!(message.contains("time_s = 100"), "{message}");
}

/// Shares of a plan of diameters and presses cost alike, where the cost is the wire's length in radii by the full solver
/// (`ni_exact.csv`): the slowest of n takes at most 1.35 × the mean. Every n-th point instead, as shares once were, gives 3.3 at n = 10.
#[test]
fn shares_cost_alike() {
    let table = fs::read_to_string(root().join("cases/data/ni_exact.csv")).unwrap();
    let rows: Vec<[f64; 6]> = (table.lines())
        .filter(|line| line.starts_with(|c: char| c.is_ascii_digit()))
        .map(|line| {
            let cells: Vec<f64> = line.split(',').map(|cell| cell.parse().unwrap()).collect();
            cells.try_into().unwrap()
        })
        .collect();
    let costs: Vec<f64> = rows
        .iter()
        .map(|[d, .., length, _]| 2.0 * length / d)
        .collect();
    let presses: Vec<String> = (rows.chunks(10))
        .map(|rows| format!("{:?}", &rows[0][1..4]))
        .collect();
    let diameters: Vec<f64> = rows[..10].iter().map(|row| row[0]).collect();
    let folder = TempDir::new().unwrap();
    let axes = format!(
        "[set]\nfront.model = \"flat\"\n[[axis]]\nkeys = [\"process.temperature_C\", \"process.pressure_GPa\", \
         \"process.time_s\"]\nrows = [{}]\n[[axis]]\nkey = \"pore.diameter_nm\"\nvalues = {diameters:?}\n",
        presses.join(", ")
    );
    let plan = Plan::read(&sweep_file(&folder, &axes), &[], None).unwrap();
    assert_eq!(plan.len(), 70);
    let slowest = |shares: &[Vec<u64>]| {
        let sums: Vec<f64> = (shares.iter())
            .map(|points| points.iter().map(|&p| costs[p as usize]).sum())
            .collect();
        let mean = sums.iter().sum::<f64>() / sums.len() as f64;
        sums.iter().fold(0.0, |a: f64, &b| a.max(b)) / mean
    };
    for n in 2..=10 {
        let shares: Vec<Vec<u64>> = (1..=n)
            .map(|i| format!("{i}/{n}").parse::<Shard>().unwrap().points(&plan))
            .collect();
        let found = slowest(&shares);
        println!("{n} shares: the slowest takes {found:.3} × the mean");
        assert!(found <= 1.35, "{n} shares: {found}");
    }
    let every_tenth: Vec<Vec<u64>> = (0..10).map(|i| (i..70).step_by(10).collect()).collect();
    assert!(slowest(&every_tenth) > 3.0);
}

/// Points that are named give, merged, the bytes of one run, whether on the command line or in a file; mistakes are shown where they
/// stand, and nothing is written then.
#[test]
fn named_points_merge_to_the_same_bytes() {
    let folder = TempDir::new().unwrap();
    let axis = "model = \"reduced\"\n[[axis]]\nkey = \"pore.diameter_nm\"\nfrom = 10\nto = 200\npoints = 20\n";
    let file = sweep_file(&folder, axis);
    let file = file.to_str().unwrap();
    let call = |more: &[&str]| nanomold(folder.path(), &[&["sweep", file], more].concat());
    assert!(call(&["--out", "whole"]).status.success());
    assert!(call(&["--points", "3-5,17"]).status.success());
    fs::write(
        folder.path().join("rest.txt"),
        "# the others\n0-2 6-16\n18,19\n",
    )
    .unwrap();
    assert!(call(&["--points-file", "rest.txt"]).status.success());
    let lines = |name: &str| {
        let table = fs::read_to_string(folder.path().join(name).join("sweep.csv")).unwrap();
        table.lines().count() - 1
    };
    assert_eq!(
        (lines("out/s/points_3-5_17"), lines("out/s/points_rest")),
        (4, 16)
    );
    let merge = [
        "merge",
        file,
        "out/s/points_3-5_17",
        "out/s/points_rest",
        "--out",
        "merged",
    ];
    let merged = nanomold(folder.path(), &merge);
    assert!(merged.status.success(), "{}", text(&merged.stdout));
    let table = |name: &str| fs::read(folder.path().join(name).join("sweep.csv")).unwrap();
    assert!(table("merged") == table("whole"));
    for (arguments, part) in [
        (["--points", "3,20"], "there is no point 20"),
        (["--points", "x"], "neither a point nor a range"),
        (["--points-file", "none.txt"], "cannot read none.txt"),
    ] {
        let output = call(&[&arguments[..], &["--out", "wrong"]].concat());
        let message = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{message}");
        assert!(
            message.contains(part) && !folder.path().join("wrong").exists(),
            "{message}"
        );
    }
    let both = call(&["--points", "1", "--shard", "1/2"]);
    assert!(
        text(&both.stderr).contains("cannot be used with"),
        "{}",
        text(&both.stderr)
    );
}

/// Killed anywhere between the first and the last row and resumed, twenty times out of twenty: the same bytes, no row is lost,
/// and no point that had one is computed again.
#[test]
fn a_killed_sweep_resumes_to_the_same_bytes() {
    let folder = TempDir::new().unwrap();
    let file = sweep_file(&folder, MAP);
    let file = file.to_str().unwrap();
    let whole = nanomold(folder.path(), &["sweep", file, "--out", "whole"]);
    assert!(whole.status.success());
    let whole = fs::read(folder.path().join("whole/sweep.csv")).unwrap();
    let mut in_the_middle = 0;
    for round in 0..20u32 {
        let out = format!("killed{round}");
        let table = folder.path().join(&out).join("sweep.csv");
        let mut child = program(folder.path(), &["sweep", file, "--out", &out, "-q"])
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        // Places spread by the golden ratio, so that none is special; what is being done there is up to chance.
        let place = (f64::from(round) * 0.618_034).fract() * whole.len() as f64;
        let length = || fs::metadata(&table).map_or(0, |meta| meta.len());
        while (length() as f64) < place && child.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_micros(200));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let left = fs::read(&table).unwrap_or_default();
        let lines = left.iter().filter(|&&b| b == b'\n').count();
        in_the_middle += u32::from(lines > 1 && left.len() < whole.len());
        // A line that was being written when the power went.
        if round % 2 == 0 && lines > 0 && left.len() < whole.len() {
            fs::write(&table, [&left[..], b"17,60,29"].concat()).unwrap();
        }
        let output = nanomold(folder.path(), &["sweep", file, "--out", &out, "--resume"]);
        assert!(output.status.success(), "{}", text(&output.stderr));
        let said = text(&output.stdout);
        let computed: usize = said.split(' ').next().unwrap().parse().unwrap();
        assert_eq!(
            computed + lines.saturating_sub(1),
            131 * 60,
            "round {round}"
        );
        assert!(fs::read(&table).unwrap() == whole, "round {round}");
        fs::remove_dir_all(folder.path().join(&out)).unwrap();
    }
    println!("{in_the_middle} of 20 were killed between the first and the last row");
    assert!(in_the_middle >= 15, "{in_the_middle}");
}

/// A point that fails is reported with its reason; the others go on, and the exit code tells.
#[test]
fn a_failed_point_does_not_stop_the_others() {
    let folder = TempDir::new().unwrap();
    let rest = "model = \"full\"\n[set]\nfront.model = \"flat\"\nmesh.cells_per_radius = 8\noutput.frames = 0\n\
                process.stop_length_nm = 40\nnumerics.estimate_error = false\n\
                [[axis]]\nkey = \"numerics.max_steps\"\nvalues = [1000, 1, 999]\n";
    let file = sweep_file(&folder, rest);
    let output = nanomold(
        folder.path(),
        &["sweep", file.to_str().unwrap(), "--out", "o"],
    );
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    let table = fs::read_to_string(folder.path().join("o/sweep.csv")).unwrap();
    let rows: Vec<&str> = table.lines().skip(1).collect();
    assert!(
        rows[0].ends_with(",ok,") && rows[2].ends_with(",ok,"),
        "{table}"
    );
    assert!(
        rows[1].contains("failed") && rows[1].contains("max_steps = 1"),
        "{table}"
    );
    // A second look computes nothing; a retry computes the failed one only.
    for (more, computed) in [
        (&["--resume"][..], "0 points"),
        (&["--resume", "--retry-failed"], "1 points"),
    ] {
        let call = [&["sweep", file.to_str().unwrap(), "--out", "o"], more].concat();
        let again = nanomold(folder.path(), &call);
        assert!(
            text(&again.stdout).starts_with(computed),
            "{}",
            text(&again.stdout)
        );
    }
    assert_eq!(
        fs::read_to_string(folder.path().join("o/sweep.csv")).unwrap(),
        table
    );
}

/// The full model's rows are those of a run by itself, whatever the number of jobs.
#[test]
fn rows_are_those_of_single_runs() {
    let folder = TempDir::new().unwrap();
    let rest = "[set]\nfront.model = \"flat\"\nmesh.cells_per_radius = 8\noutput.frames = 0\nprocess.time_s = 2000\n\
                composition.model = \"elements\"\n[[axis]]\nkey = \"pore.diameter_nm\"\nvalues = [20, 60]\n";
    let plan = Plan::read(&sweep_file(&folder, rest), &[], None).unwrap();
    run(&plan, &folder.path().join("o"));
    let table = fs::read_to_string(folder.path().join("o/sweep.csv")).unwrap();
    let header: Vec<&str> = table.lines().next().unwrap().split(',').collect();
    for (point, row) in table.lines().skip(1).enumerate() {
        let loaded = plan.case(point as u64).unwrap();
        let mut alone = nanomold::simulation::Simulation::new(&loaded).unwrap();
        while alone.advance().unwrap().is_some() {}
        let cell = |name: &str| -> f64 {
            let column = header.iter().position(|one| *one == name).unwrap();
            row.split(',').nth(column).unwrap().parse().unwrap()
        };
        // Nine digits are written.
        let length = alone.latest().length / 1e-9;
        assert!((cell("length_nm") / length - 1.0).abs() < 1e-8);
        let tip = alone
            .composition()
            .unwrap()
            .profile()
            .last()
            .unwrap()
            .mean
            .clone();
        let sum: f64 = ["B", "Ni", "P", "Pd"]
            .map(|e| cell(&format!("tip_x_{e}")))
            .iter()
            .sum();
        assert!((sum - 1.0).abs() < 1e-7, "{sum}");
        assert!((tip.iter().sum::<f64>() - 1.0).abs() < 1e-9);
        assert!(cell("error_estimate") > 0.0 && cell("amorphous_length_nm") > 0.0);
    }
}

/// A plan computed in a scratch folder: the groups' conditions and critical diameters by equal volumes.
fn diameters(name: &str, sets: &[&str]) -> Vec<(f64, Option<f64>, Option<f64>)> {
    let folder = TempDir::new().unwrap();
    let sets: Vec<String> = sets.iter().map(|s| (*s).to_string()).collect();
    let plan = Plan::read(&shipped(name), &sets, None).unwrap();
    plan.validate().unwrap();
    run(&plan, folder.path());
    criticals(folder.path(), plan.columns())
        .unwrap()
        .iter()
        .map(|c| {
            (
                c.conditions[0].unwrap(),
                c.equal_volumes.map(|p| p[0]),
                c.crossing.map(|p| p[0]),
            )
        })
        .collect()
}

/// Fig. 5 and 1: d_c of the sweeps beside the paper's.
#[test]
fn the_papers_critical_diameters() {
    let stated = [
        ("fig5_ni.toml", 317.0, 19.0),
        ("fig5_ni.toml", 307.0, 31.0),
        ("fig5_ni.toml", 297.0, 62.0),
        ("fig5_ni.toml", 287.0, 97.0),
        ("fig5_ni.toml", 267.0, 85.0),
        ("fig1_zr.toml", 420.0, 120.0),
        ("fig1_pd.toml", 290.0, 50.0),
    ];
    let ni = diameters("fig5_ni.toml", &[]);
    let zr = diameters("fig1_zr.toml", &[]);
    let pd = diameters("fig1_pd.toml", &[]);
    println!("{ni:?}\n{zr:?}\n{pd:?}");
    for (file, celsius, paper) in stated {
        let all = match file {
            "fig1_zr.toml" => &zr,
            "fig1_pd.toml" => &pd,
            _ => &ni,
        };
        let (_, volumes, crossing) = all.iter().find(|c| c.0 == celsius).unwrap();
        let off = |d: &Option<f64>| d.map(|d| 100.0 * (d / paper - 1.0));
        println!(
            "{file} {celsius}: {volumes:?} ({:?} %), crossing {crossing:?} ({:?} %)",
            off(volumes),
            off(crossing)
        );
        // The paper reads d_c off where the two laws cross; its values scatter by 10 % about any smooth law.
        let crossed = crossing.unwrap() / paper - 1.0;
        assert!(crossed.abs() <= 0.15, "{celsius}: {crossed:+.3}");
        // Equal volumes are found at diameters 6.6 % larger than where the conductances of a long pore are equal, Eq. (3), to
        // which the material was fitted: `equal_volumes_are_counted_at_the_tip`. The fit passes 10.2 % above the stated
        // 19 nm at 317 °C; 1.066 · 1.102 is 17.5 % above: missed.
        let equal = volumes.unwrap() / paper - 1.0;
        assert!(
            equal.abs() <= 0.15 || celsius == 317.0,
            "{celsius}: {equal:+.3}"
        );
    }
}

/// Why equal volumes are found at wider pores than Eq. (3) says: not by the entrance, but because volumes are counted at the
/// tip. Halfway along a pore with Λ = 1/16 both mechanisms carry the same; towards the front the layer takes over what the bulk
/// can no longer push along the wall.
#[test]
fn equal_volumes_are_counted_at_the_tip() {
    // The alloy at 317 °C, 1 GPa, without capillarity, for longer and longer times.
    let material =
        case::load_material(&root().join("cases/materials/ni45pd35p16b4.toml"), &[]).unwrap();
    let entrance = Entrance::new(Table::shipped().unwrap(), 2.5).unwrap();
    let kelvin = 317.0 + 273.15;
    let ratio = |time: f64| {
        // The liquid's viscosity: with that of a short experiment d_c would move for another reason.
        let molding = Molding {
            diameter: 20e-9,
            newtonian_viscosity: material.newtonian_viscosity(kelvin, 300.0),
            layer_conductivity: material.layer_conductivity(kelvin),
            atomic_volume: material.atomic_volume(),
            temperature: kelvin,
            pressure: 1e9,
            gas_pressure: 0.0,
            wetting_tension: 0.0,
            time,
            initial_length: 5e-9,
        };
        let d_c = molding.critical_diameter(&entrance).unwrap();
        let grown = Molding {
            diameter: d_c,
            initial_length: 0.25 * d_c,
            ..molding
        };
        let length = grown.growth(&entrance).length / d_c;
        (d_c / molding.critical_diameter_of_conductances(), length)
    };
    let found: Vec<(f64, f64)> = [3.0, 30.0, 300.0, 3e4, 3e6].map(ratio).to_vec();
    println!("d_c of equal volumes over Eq. (3)'s, and L/d: {found:?}");
    // With the entrance it is 0.07 % more at the paper's 2.8 d and 2.4 % more at 0.3 d; the rest, 6.5 %, stays however long
    // the wire gets.
    let limit = found[4].0;
    assert!(found[0].1 < 0.5 && found[4].1 > 200.0);
    assert!(found.windows(2).all(|pair| pair[1].0 < pair[0].0));
    assert!((found[2].0 / limit - 1.0).abs() < 1e-3);
    assert!((limit - 1.065).abs() < 1e-3, "{limit}");

    // One flow, Λ = 1/16, L = 16 R: shares of the layer halfway and at the tip.
    let mesh = MeshSpec {
        cell_radius: 2.5,
        reservoir_depth: 5.0,
        cells_per_radius: 16,
        growth: 1.1,
        longest_cell: 2.0,
        wall: WallProfile::Straight,
    };
    let shares = |lambda: f64| {
        let grid = Grid::new(&mesh, 16.0);
        let medium = Medium::uniform(&layout(&grid, [0, 0]), lambda, 0.0);
        let loads = Loads {
            inlet_pressure: 1.0,
            tip_pressure: 0.0,
        };
        let mut solver = FlowSolver::<f64>::new(grid, &medium, loads).unwrap();
        solver.solve(1e-8, 30).unwrap();
        let (grid, layout) = (&solver.grid, solver.layout());
        let halfway = grid.z.iter().position(|&z| z >= 8.0).unwrap();
        let axial = &solver.state()[layout.segments()[1].clone()];
        let areas = &solver.backend.levels[0].tables.ring_area;
        let row = &axial[layout.axial_row(halfway)];
        let core: f64 = row.iter().zip(areas).map(|(w, a)| w * a).sum();
        let flows = solver.flows();
        [1.0 - core / flows.total(), flows.layer / flows.total()]
    };
    let [halfway, tip] = shares(1.0 / 16.0);
    println!("share of the layer halfway {halfway:.4}, at the tip {tip:.4}");
    // Conductances 1/8 and 2Λ are equal; what is left is the grid's error of 1/8 at N = 16 and the decay exp(−2.3 · 8).
    assert!((halfway - 0.5).abs() < 2e-3, "{halfway}");
    assert!((tip - 0.541).abs() < 5e-3, "{tip}");
    // At the tip the share is a half where the pore is as much wider as d_c is. Negative control: halfway it is not.
    let [halfway, tip] = shares(1.0 / 16.0 / limit.powi(3));
    assert!(
        (tip - 0.5).abs() < 3e-3 && halfway < 0.48,
        "{tip} {halfway}"
    );
}

/// Temperature (°C), diameter (nm) and layer share of every point of a sweep over these axes.
fn shares(sets: &[&str], axes: &str) -> Vec<(f64, f64, f64)> {
    let folder = TempDir::new().unwrap();
    let file = sweep_file(
        &folder,
        &format!("model = \"reduced\"\n[set]\nfront.model = \"flat\"\n{axes}"),
    );
    let sets: Vec<String> = sets.iter().map(|s| (*s).to_string()).collect();
    let plan = Plan::read(&file, &sets, None).unwrap();
    plan.validate().unwrap();
    let out = folder.path().join("o");
    run(&plan, &out);
    let columns = ["T_C", "d_nm", "layer_share"].map(|name| plan.columns().index(name).unwrap());
    let table = fs::read_to_string(out.join("sweep.csv")).unwrap();
    let rows = table.lines().skip(1).map(|line| {
        let cells: Vec<&str> = line.split(',').collect();
        let [celsius, diameter, share] = columns.map(|k| cells[k].parse().unwrap());
        (celsius, diameter, share)
    });
    rows.collect()
}

/// "At 327 °C viscous flow wins for d ≥ 15 nm": every nanometre from 15 to 300, in the press of Fig. 5 and in that of the map.
#[test]
fn flow_wins_at_327_degrees() {
    let axes = "[[axis]]\nkey = \"pore.diameter_nm\"\nfrom = 15\nto = 300\npoints = 286\n";
    for [pressure, time] in [[1.0, 300.0], [2.0, 36_000.0]] {
        let sets = [
            "process.temperature_C=327".to_string(),
            format!("process.pressure_GPa={pressure}"),
            format!("process.time_s={time}"),
        ];
        let found = shares(&sets.each_ref().map(String::as_str), axes);
        assert_eq!(found.len(), 286);
        let core = |one: &(f64, f64, f64)| 1.0 - one.2;
        let least = found.iter().map(core).fold(1.0, f64::min);
        println!("{pressure} GPa, {time} s: core at least {least:.4}");
        for one in &found {
            assert!(core(one) > 0.5, "{one:?}");
        }
        // d_c is 14.94 nm there, so the margin at 15 nm is thin: shares move by 3/4 per unit of ln d.
        assert!(least < 0.51, "{least}");
    }
    // Negative control: 20 K lower flow does not win everywhere.
    let colder = shares(&["process.temperature_C=307"], axes);
    assert!(colder.iter().any(|one| one.2 > 0.5));
}

/// "Diffusion wins below some 10 nm at ≤ 100 °C": every kelvin, every diameter in steps of 0.1 nm.
#[test]
fn diffusion_wins_in_narrow_pores_when_cold() {
    let axes = "[[axis]]\nkey = \"process.temperature_C\"\nfrom = 50\nto = 100\npoints = 51\n\
                [[axis]]\nkey = \"pore.diameter_nm\"\nfrom = 5\nto = 9.9\npoints = 50\n";
    let found = shares(&["process.pressure_GPa=2.0", "process.time_s=36000"], axes);
    assert_eq!(found.len(), 51 * 50);
    for &(celsius, diameter, share) in &found {
        // Below 60 °C, where all laws are extrapolated by 200 K, the limit lies at 8.5 to 10 nm.
        if celsius >= 60.0 || diameter <= 8.4 {
            assert!(share > 0.5, "{celsius} °C, {diameter} nm: {share}");
        }
    }
    let lost: Vec<_> = found.iter().filter(|one| one.2 <= 0.5).collect();
    let least = lost.iter().map(|one| one.1).fold(f64::INFINITY, f64::min);
    let warmest = lost.iter().map(|one| one.0).fold(0.0, f64::max);
    println!(
        "flow wins at {} of {} points, from {least} nm on, up to {warmest} °C",
        lost.len(),
        found.len()
    );
    assert!(!lost.is_empty() && warmest < 60.0);
}

/// Fig. 6b: d_c(T) is not monotonic, with one maximum, at the kinetic glass transition, which moves with the time as the
/// material's T_f does.
#[test]
fn the_map_has_its_maximum_at_the_glass_transition() {
    let material =
        case::load_material(&root().join("cases/materials/ni45pd35p16b4.toml"), &[]).unwrap();
    let mut maxima = Vec::new();
    for time in [36_000.0, 900.0] {
        let found = diameters("fig6b_map_ni.toml", &[&format!("process.time_s={time}")]);
        let known: Vec<(f64, f64)> = found.iter().filter_map(|c| Some((c.0, c.1?))).collect();
        // In ten hours every row of the map has its d_c; in 900 s the coldest thirty have it below the map's 5 nm.
        let coldest = if time == 36_000.0 { 50.0 } else { 80.0 };
        assert_eq!(known[0].0, coldest);
        assert_eq!(known.len(), 341 - coldest as usize);
        let top = (known.iter().copied()).fold((0.0, 0.0), |m, c| if c.1 > m.1 { c } else { m });
        let transition = material.bulk_glass_transition(time) - 273.15;
        println!(
            "{time} s: largest d_c {:.1} nm at {} °C, T_f = {transition:.2} °C",
            top.1, top.0
        );
        // The map has a row every kelvin.
        assert!((top.0 - transition).abs() <= 1.0);
        // Rising up to it, falling beyond.
        for pair in known.windows(2) {
            let rises = pair[1].1 > pair[0].1;
            assert!(rises == (pair[1].0 <= top.0), "{pair:?}");
        }
        let at = |celsius: f64| known.iter().find(|c| c.0 == celsius).unwrap().1;
        if time == 36_000.0 {
            assert!(at(327.0) <= 15.0, "{}", at(327.0));
            assert!((8.0..=20.0).contains(&at(100.0)), "{}", at(100.0));
        }
        maxima.push([top.0, transition]);
    }
    // A shorter experiment freezes at a higher temperature: by the material's law 16.3 K higher, and so does the maximum, to the
    // rows' kelvin.
    let shift = |k: usize| maxima[1][k] - maxima[0][k];
    println!(
        "the maximum moves by {} K, T_f by {:.2} K",
        shift(0),
        shift(1)
    );
    assert!(shift(1) > 10.0 && (shift(0) - shift(1)).abs() <= 1.0);
}

/// A map of 100 × 100 points by the reduced model, from the file to the sorted table.
#[test]
fn a_reduced_map_takes_less_than_a_second() {
    let folder = TempDir::new().unwrap();
    let file = sweep_file(
        &folder,
        &MAP.replace("points = 131", "points = 100")
            .replace("points = 60", "points = 100"),
    );
    let plan = Plan::read(&file, &[], None).unwrap();
    let clock = Instant::now();
    plan.validate().unwrap();
    let checked = clock.elapsed();
    run(&plan, &folder.path().join("o"));
    println!("checked in {checked:?}, all in {:?}", clock.elapsed());
    // A second on two calm cores; others may be at work here.
    assert!(clock.elapsed() < Duration::from_secs(5));
}
