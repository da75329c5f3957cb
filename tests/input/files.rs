//! Shipped files load; every kind of bad input is answered at its place with what would be valid; resolved cases load again.

use crate::common::root;
use miette::{GraphicalReportHandler, GraphicalTheme};
use nanomold::{case, input::InputError, mesh};
use std::path::{Path, PathBuf};
use toml::{Table, Value};

fn toml_files(folder: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(root().join(folder))
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = entries
        .filter(|path| path.extension().is_some_and(|end| end == "toml"))
        .collect();
    files.sort();
    files
}

fn sets(given: &[&str]) -> Vec<String> {
    given.iter().map(|one| (*one).to_owned()).collect()
}

fn flagship() -> PathBuf {
    root().join("cases/ni_d60_297C.toml")
}

/// The error as a terminal without colours shows it.
fn rendered(error: &InputError) -> String {
    let mut text = String::new();
    GraphicalReportHandler::new_themed(GraphicalTheme::none())
        .with_width(4000)
        .render_report(&mut text, error)
        .unwrap();
    text
}

/// A folder with copies of the shipped cases, materials and meshes, in which `file` has `from` replaced by `to`.
fn changed(file: &str, from: &str, to: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for sub in ["cases", "cases/materials", "meshes"] {
        std::fs::create_dir_all(folder.path().join(sub)).unwrap();
        for path in toml_files(sub) {
            std::fs::copy(
                &path,
                folder.path().join(sub).join(path.file_name().unwrap()),
            )
            .unwrap();
        }
    }
    let path = folder.path().join(file);
    let text = std::fs::read_to_string(&path).unwrap();
    assert_eq!(text.matches(from).count(), 1, "`{from}` in {file}");
    std::fs::write(&path, text.replace(from, to)).unwrap();
    folder
}

/// The rendered message shows `name:line:column` and, under that line of the text, a mark that begins in that column.
fn assert_caret(error: &InputError, name_end: &str, needle: &str) {
    let (name, line, column) = error.problems()[0].location().expect("a place");
    assert!(name.contains(name_end), "{name} is not {name_end}");
    let text = rendered(error);
    assert!(
        text.contains(&format!("{name}:{line}:{column}]")),
        "no {name}:{line}:{column} in\n{text}"
    );
    let lines: Vec<&str> = text.lines().collect();
    let row = lines
        .iter()
        .position(|row| row.trim_start().starts_with(&format!("{line} |")))
        .unwrap_or_else(|| panic!("no line {line} in\n{text}"));
    let start = lines[row].find('|').unwrap() + 2;
    // The mark follows the gutter `:`.
    let gutter = lines[row + 1].find(':').unwrap() + 1;
    let mark = lines[row + 1][gutter..]
        .find(|one| one != ' ')
        .map(|at| gutter + at);
    assert_eq!(
        mark,
        Some(start + column - 1),
        "the mark is not under column {column} in\n{text}"
    );
    assert!(
        lines[row][start + column - 1..].starts_with(needle),
        "`{needle}` is not marked in\n{text}"
    );
}

#[test]
fn every_shipped_file_loads_and_resolves_to_itself() {
    let cases = toml_files("cases");
    // Seven temperatures of the Ni alloy, its d = 20 and 120 nm wires without and with composition, Zr and Pd; the whole process of the
    // three; Pt; a tapered, a measured, a rounded and a hierarchical pore.
    assert_eq!(cases.len(), 21);
    for path in cases {
        let loaded = case::load(&path, &[]).unwrap_or_else(|error| panic!("{}", rendered(&error)));
        assert_eq!(
            Some(loaded.case.name.as_str()),
            path.file_stem().and_then(|stem| stem.to_str())
        );
        assert_eq!(loaded.given_text, std::fs::read_to_string(&path).unwrap());
        let folder = tempfile::tempdir().unwrap();
        let resolved = folder.path().join("case.resolved.toml");
        std::fs::write(&resolved, loaded.resolved_toml()).unwrap();
        let again =
            case::load(&resolved, &[]).unwrap_or_else(|error| panic!("{}", rendered(&error)));
        assert_eq!(
            (&again.case, &again.material, &again.mesh),
            (&loaded.case, &loaded.material, &loaded.mesh)
        );
        // Resolving is idempotent, text and all.
        assert_eq!(again.resolved_toml(), loaded.resolved_toml());
        for section in ["[numerics]", "[output]", "[interface]", "[front]"] {
            assert!(
                loaded.resolved_toml().contains(section),
                "defaults of {section} are not written out"
            );
        }
    }
    for path in toml_files("meshes") {
        mesh::load(&path, &[]).unwrap_or_else(|error| panic!("{}", rendered(&error)));
    }
}

/// The cases carry the paper's p and t at their temperature, from the facts file.
#[test]
fn nickel_cases_have_the_conditions_of_the_paper() {
    let facts: Table = std::fs::read_to_string(root().join("tests/reference/paper_facts.toml"))
        .unwrap()
        .parse()
        .unwrap();
    let number = |value: &Value| {
        value
            .as_float()
            .or(value.as_integer().map(|whole| whole as f64))
            .unwrap()
    };
    let mut temperatures = std::collections::BTreeSet::new();
    for path in toml_files("cases") {
        let loaded = case::load(&path, &[]).unwrap();
        if loaded.material.name != "Ni45Pd35P16B4" {
            continue;
        }
        // Where the process has stages, the molding is the last.
        let process = &loaded.case.process;
        let last = process.stages.as_ref().and_then(|stages| stages.last());
        let end = loaded.case.temperature().value(loaded.case.time());
        let celsius = (end - 273.15).round().to_string();
        let stated = &facts["ni"]["molding"][celsius.as_str()];
        let pressure = last
            .and_then(|stage| stage.pressure_GPa)
            .or(process.pressure_GPa);
        assert_eq!(pressure.unwrap(), number(&stated["p"]), "{celsius} °C");
        let time = last.map_or(loaded.case.time(), |stage| stage.duration_s);
        assert_eq!(time, number(&stated["t"]), "{celsius} °C");
        temperatures.insert(celsius);
    }
    assert_eq!(
        temperatures.len(),
        facts["ni"]["molding"].as_table().unwrap().len()
    );
    // The default start is a print as the prepress leaves it.
    assert!(
        case::DEFAULT_INITIAL_ASPECT_RATIO < number(&facts["ni"]["prepress"]["max_aspect_ratio"])
    );
}

#[test]
fn values_come_out_in_si() {
    let gas = "process.gas_pressure_GPa=0.25";
    let loaded = case::load(&flagship(), &sets(&[gas, "front.model=flat"])).unwrap();
    let close = |found: f64, expected: f64| {
        assert!((found / expected - 1.0).abs() < 1e-12, "{found} {expected}")
    };
    close(loaded.case.radius(), 30e-9);
    close(loaded.case.temperature().value(0.0), 570.15);
    close(loaded.case.pressure().value(0.0), 1.25e9);
    close(loaded.case.initial_length(), 15e-9);
    // 4 · 1 N/m · cos 120° / 60 nm = −1/30 GPa: the unwetted wall and the gas both hold against the pressure.
    close(
        loaded.case.tip_pressure(&loaded.material),
        0.25e9 + 1e9 / 30.0,
    );
    close(
        loaded.case.driving_pressure(&loaded.material, 0.0),
        1e9 - 1e9 / 30.0,
    );
    // A free front bears its surface tension itself.
    let free = case::load(&flagship(), &sets(&[gas])).unwrap();
    close(free.case.tip_pressure(&free.material), 0.25e9);
}

/// (file, text, what it becomes, file that is blamed, text under the mark, phrase of the message, phrase of the help)
type Mistake = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
);

const CASE: &str = "cases/ni_d60_297C.toml";
const MATERIAL: &str = "cases/materials/ni45pd35p16b4.toml";
const MESH: &str = "meshes/standard.toml";

const MISTAKES: &[Mistake] = &[
    // Not TOML, unknown, misplaced and missing keys.
    (
        CASE,
        "diameter_nm = 60",
        "diameter_nm 60",
        CASE,
        "60",
        "not valid TOML",
        "key = value",
    ),
    (
        CASE,
        "diameter_nm",
        "diametre_nm",
        CASE,
        "diametre_nm",
        "unknown key `diametre_nm` in [pore]",
        "did you mean `diameter_nm`?",
    ),
    (
        CASE,
        "[pore]",
        "time_s = 3\n\n[pore]",
        CASE,
        "time_s",
        "unknown key `time_s`",
        "belongs into [process]",
    ),
    (
        CASE,
        "[pore]",
        "[poer]",
        CASE,
        "poer",
        "unknown key `poer`",
        "did you mean `pore`?",
    ),
    (
        CASE,
        "time_s = 36000",
        "",
        CASE,
        "[process]",
        "`time_s` is missing in [process]",
        "in s",
    ),
    // Wrong units.
    (
        CASE,
        "diameter_nm = 60",
        "diameter_um = 0.06",
        CASE,
        "diameter_um",
        "unknown key `diameter_um`",
        "1 um = 1000 nm",
    ),
    (
        CASE,
        "temperature_C = 297",
        "temperature_K = 570.15",
        CASE,
        "temperature_K",
        "unknown key",
        "write `temperature_C`",
    ),
    (
        CASE,
        "pressure_GPa = 1.25",
        "pressure_MPa = 1250",
        CASE,
        "pressure_MPa",
        "unknown key",
        "1 MPa = 0.001 GPa",
    ),
    (
        CASE,
        "time_s = 36000",
        "time = 36000",
        CASE,
        "time ",
        "unknown key `time`",
        "write `time_s`",
    ),
    // Wrong types, numbers that are none.
    (
        CASE,
        "_nm = 60",
        "_nm = \"60\"",
        CASE,
        "\"60\"",
        "`pore.diameter_nm` must be a number, not a text",
        "Diameter d of the pore in nm",
    ),
    (
        CASE,
        "_nm = 60",
        "_nm = [60]",
        CASE,
        "[60]",
        "must be a number, not an array",
        "in nm",
    ),
    (
        CASE,
        "_nm = 60",
        "_nm = nan",
        CASE,
        "nan",
        "`pore.diameter_nm` is NaN, not a finite number",
        "in nm",
    ),
    (
        CASE,
        "= 36000",
        "= inf",
        CASE,
        "inf",
        "`process.time_s` is inf, not a finite number",
        "in s",
    ),
    (
        MATERIAL,
        "value = 2.048e9",
        "value = -inf",
        MATERIAL,
        "-inf",
        "not a finite number",
        "unit",
    ),
    (
        MESH,
        "reservoir_depth = 5",
        "reservoir_depth = nan",
        MESH,
        "nan",
        "not a finite number",
        "at least R_c",
    ),
    (
        CASE,
        "temperature_C = 297",
        "temperature_schedule = [[0, 297], [36000, nan]]",
        CASE,
        "nan",
        "not a finite number",
        "Temperature, linear",
    ),
    (
        CASE,
        "temperature_C = 297",
        "temperature_schedule = [[0, 297], [36000]]",
        CASE,
        "[36000]",
        "needs 2 numbers",
        "[time_s, value]",
    ),
    // Values outside their range.
    (
        CASE,
        "_nm = 60",
        "_nm = -60",
        CASE,
        "-60",
        "a pore of -60 nm does not exist",
        "positive diameter",
    ),
    (
        CASE,
        "_nm = 60",
        "_nm = 0",
        CASE,
        "0",
        "a pore of 0 nm does not exist",
        "positive diameter",
    ),
    (
        CASE,
        "_nm = 60",
        "_nm = 1.5",
        CASE,
        "1.5",
        "two interface layers",
        "above 2",
    ),
    (
        CASE,
        "pressure_GPa = 1.25",
        "pressure_GPa = 0",
        CASE,
        "0",
        "a pressure of 0 GPa moves nothing",
        "a pressure above 0.033 GPa",
    ),
    (
        CASE,
        "pressure_GPa = 1.25",
        "pressure_GPa = 1.25e9",
        CASE,
        "1.25e9",
        "beyond any press",
        "in GPa",
    ),
    (
        CASE,
        "pressure_GPa = 1.25",
        "pressure_GPa = 0.01",
        CASE,
        "0.01",
        "the pore does not fill",
        "a pressure above",
    ),
    (
        CASE,
        "time_s = 36000",
        "time_s = 36000\ngas_pressure_GPa = 2",
        CASE,
        "2",
        "the gas ahead of the front",
        "below 1.217 GPa",
    ),
    (
        CASE,
        "time_s = 36000",
        "time_s = -1",
        CASE,
        "-1",
        "does not happen",
        "positive time",
    ),
    (
        CASE,
        "time_s = 36000",
        "time_s = 36000\nstop_length_nm = 10",
        CASE,
        "10",
        "it starts at 15 nm",
        "above the initial one",
    ),
    (
        CASE,
        "temperature_C = 297",
        "temperature_C = 570.15",
        CASE,
        "570.15",
        "outside the range of Ni45Pd35P16B4, 25 to 450",
        "from 25 to 450 °C",
    ),
    (
        CASE,
        "temperature_C = 297",
        "temperature_C = 297\ntemperature_schedule = [[0, 297], [36000, 297]]",
        CASE,
        "[[0",
        "given twice",
        "either",
    ),
    (
        CASE,
        "temperature_C = 297",
        "",
        CASE,
        "[process]",
        "the temperature is missing",
        "temperature_schedule",
    ),
    (
        CASE,
        "temperature_C = 297",
        "temperature_schedule = [[0, 297], [90, 300], [60, 290]]",
        CASE,
        "[60, 290]",
        "do not increase: 90 s is followed by 60 s",
        "increasing times",
    ),
    (
        CASE,
        "pressure_GPa = 1.25",
        "pressure_schedule = [[0, 0], [30, 0.35]]",
        CASE,
        "[[0",
        "covers 0 to 30 s, the run lasts from 0 to 36000 s",
        "at least 36000 s",
    ),
    (
        CASE,
        "temperature_C = 297",
        "temperature_schedule = [[0, 297], [36000, 900]]",
        CASE,
        "[36000, 900]",
        "900 °C is outside the range",
        "450",
    ),
    (
        CASE,
        "diameter_nm = 60",
        "diameter_nm = 60\ndepth_nm = 12",
        CASE,
        "12",
        "a pore 12 nm deep is full at the start: the print's tip is at 15 nm",
        "a depth in nm beyond the print's tip",
    ),
    // Choices.
    (
        CASE,
        "[pore]",
        "[front]\nmodel = \"flat\"\ninitial_bulge = 0.5\n\n[pore]",
        CASE,
        "0.5",
        "`front.initial_bulge` cannot be 0.5",
        "0 with a flat front",
    ),
    (
        CASE,
        "[pore]",
        "[front]\nmodel = \"flatt\"\n\n[pore]",
        CASE,
        "\"flatt\"",
        "not a valid `front.model`",
        "did you mean \"flat\"?",
    ),
    (
        CASE,
        "[pore]",
        "[front]\nmodel = \"flat\"\ninitial_aspect_ratio = 0\n\n[pore]",
        CASE,
        "0",
        "cannot start with L/d = 0",
        "above 0",
    ),
    (
        CASE,
        "[pore]",
        "[output]\nframes = -1\n\n[pore]",
        CASE,
        "-1",
        "must be at least 0",
        "frames",
    ),
    (
        CASE,
        "[pore]",
        "[output]\nplots = \"yes\"\n\n[pore]",
        CASE,
        "\"yes\"",
        "must be true or false",
        "plots",
    ),
    (
        CASE,
        "[pore]",
        "[numerics]\nflow_tolerance = 1\n\n[pore]",
        CASE,
        "1",
        "cannot be 1",
        "1e-13",
    ),
    // Files that the case names.
    (
        CASE,
        "materials/ni45pd35p16b4.toml",
        "materials/ni.toml",
        CASE,
        "\"materials/ni.toml\"",
        "`material_file` names",
        "relative to the folder",
    ),
    (
        CASE,
        "mesh_file = \"../meshes/standard.toml\"",
        "",
        CASE,
        "name",
        "the mesh is missing",
        "either `mesh_file",
    ),
    // Material files: the mistake is shown there.
    (
        MATERIAL,
        "D_star = {",
        "D_sta = {",
        MATERIAL,
        "D_sta ",
        "unknown key `D_sta` in [viscosity]",
        "did you mean `D_star`?",
    ),
    (
        MATERIAL,
        "\"apparent\"",
        "\"aparent\"",
        MATERIAL,
        "\"aparent\"",
        "not a valid `viscosity.convention`",
        "did you mean \"apparent\"?",
    ),
    (
        MATERIAL,
        "convention = \"apparent\"",
        "",
        MATERIAL,
        "[viscosity]",
        "`convention` is missing",
        "newtonian",
    ),
    (
        MATERIAL,
        "tau_g_s = { value = 76, provenance = \"paper\", note = \"calorimetry at T_g\" }",
        "tau_g_s = 76",
        MATERIAL,
        "76",
        "must be a table",
        "provenance = \"paper\"",
    ),
    (
        MATERIAL,
        "note = \"calibrate, facts of ni45pd35p16b4.toml; they hardly fix E_glass\" }",
        "origin = \"fit\" }",
        MATERIAL,
        "origin",
        "unknown key `origin`",
        "note",
    ),
    (
        MATERIAL,
        "value = 394.6",
        "value = 611",
        MATERIAL,
        "611",
        "diverges at T_0 = 611 K",
        "T_0 is in K",
    ),
    (
        MATERIAL,
        "Ni = { value = 0.45,",
        "Ni = { value = 45,",
        MATERIAL,
        "45",
        "45 is not an atomic fraction",
        "fraction above 0",
    ),
    (
        MATERIAL,
        "Ni = { value = 0.45,",
        "Ni = { value = 0.44,",
        MATERIAL,
        "[composition]",
        "add up to 0.99",
        "45 at.%",
    ),
    // Mesh files: likewise.
    (
        MESH,
        "cells_per_radius = 32",
        "cells_per_radius = 20",
        MESH,
        "20",
        "cannot be halved down to",
        "16, 24, 32",
    ),
    (
        MESH,
        "cells_per_radius = 32",
        "cells_per_radius = 256",
        MESH,
        "256",
        "outside 8 to 128",
        "96 or 128",
    ),
    (
        MESH,
        "cells_per_radius = 32",
        "cells_per_radius = 32.5",
        MESH,
        "32.5",
        "must be a whole number",
        "Cells N",
    ),
    (
        MESH,
        "cells_per_radius = 32",
        "cells_per_radius = -32",
        MESH,
        "-32",
        "must be at least 0",
        "Cells N",
    ),
    (
        MESH,
        "cell_radius = 2.5",
        "cell_radius = 1.1",
        MESH,
        "1.1",
        "closer than 1.25",
        "at least 1.25",
    ),
    (
        MESH,
        "cell_radius = 2.5",
        "cell_radius = 2.5\npore_period = 5",
        MESH,
        "5",
        "given 2 times",
        "one of cell_radius",
    ),
    (
        MESH,
        "cell_radius = 2.5",
        "",
        MESH,
        "reservoir_depth",
        "given 0 times",
        "one of cell_radius",
    ),
    (
        MESH,
        "cell_radius = 2.5",
        "cell_radius = 1e9",
        MESH,
        "1e9",
        "wider than 32",
        "at most 32",
    ),
    (
        MESH,
        "reservoir_depth = 5",
        "reservoir_depth = 2",
        MESH,
        "2",
        "less than its radius 2.5",
        "5 is enough",
    ),
    (
        MESH,
        "cells_per_radius = 32",
        "cells_per_radius = 32\ngrowth = 1.3",
        MESH,
        "1.3",
        "outside 1 to 1.1",
        "uniform",
    ),
    (
        MESH,
        "cells_per_radius = 32",
        "cells_per_radius = 32\nlongest_cell = 3",
        MESH,
        "3",
        "outside 1 to 2",
        "1 to 2",
    ),
    (
        MESH,
        "\"straight\"",
        "\"stepped\"",
        MESH,
        "\"stepped\"",
        "`wall.profile = \"stepped\"` is not available yet",
        "\"straight\"",
    ),
];

#[test]
fn every_mistake_is_answered_at_its_place() {
    for (file, from, to, blamed, marked, message, help) in MISTAKES {
        let folder = changed(file, from, to);
        let error = case::load(&folder.path().join(CASE), &[])
            .expect_err(&format!("`{to}` in {file} was accepted"));
        let blamed_name = Path::new(blamed).file_name().unwrap().to_str().unwrap();
        let first = &error.problems()[0];
        assert!(
            first.message().contains(message),
            "`{message}` is not in\n{}",
            rendered(&error)
        );
        assert!(
            first.remedy().contains(help),
            "`{help}` is not in\n{}",
            rendered(&error)
        );
        assert_caret(&error, blamed_name, marked);
    }
}

/// Line and column by hand, against an error in how the other tests find them.
#[test]
fn fixtures_are_answered_at_the_lines_their_comments_say() {
    for path in toml_files("tests/input") {
        let text = std::fs::read_to_string(&path).unwrap();
        // First line: `# expected: LINE:COLUMN, LINE:COLUMN` of all problems.
        let expected = text
            .lines()
            .next()
            .and_then(|line| line.strip_prefix("# expected: "))
            .expect("a comment with the places");
        let error = case::load(&path, &[]).expect_err("a bad file");
        let places: Vec<String> = error
            .problems()
            .iter()
            .map(|one| {
                one.location()
                    .map_or(String::new(), |at| format!("{}:{}", at.1, at.2))
            })
            .collect();
        assert_eq!(
            places.join(", "),
            expected,
            "{}\n{}",
            path.display(),
            rendered(&error)
        );
        for problem in error.problems() {
            assert!(
                rendered(&error).contains(problem.message()),
                "not all problems are shown"
            );
        }
    }
}

#[test]
fn a_missing_case_names_its_neighbours() {
    let error = case::load(&root().join("cases/ni_d61_297C.toml"), &[]).unwrap_err();
    let text = rendered(&error);
    assert!(
        text.contains("cannot read") && text.contains("ni_d60_297C.toml"),
        "{text}"
    );
}

#[test]
fn overrides_reach_the_case_its_material_and_its_mesh() {
    let given = [
        "process.temperature_C=287",
        "mesh.cells_per_radius=16",
        "material.interface.Q_interface_eV=1.6",
        "output.compression=zlib",
        "front.initial_length_nm=20",
        "interface.diffusivity_factor=0",
    ];
    let loaded = case::load(&flagship(), &sets(&given))
        .unwrap_or_else(|error| panic!("{}", rendered(&error)));
    assert_eq!(loaded.case.process.temperature_C, Some(287.0));
    assert_eq!(loaded.mesh.cells_per_radius, 16);
    assert_eq!(
        loaded
            .material
            .interface
            .as_ref()
            .unwrap()
            .Q_interface_eV
            .value,
        1.6
    );
    assert_eq!(
        loaded
            .material
            .interface
            .as_ref()
            .unwrap()
            .Q_interface_eV
            .note
            .as_deref(),
        Some("given with --set")
    );
    assert_eq!(loaded.case.output.compression, case::Compression::Zlib);
    assert_eq!(loaded.case.initial_length(), 20e-9);
    assert_eq!(
        loaded.case.layer_mobility(&loaded.material, 570.15, 1e9),
        0.0
    );
    assert_eq!(
        loaded.given_text,
        std::fs::read_to_string(flagship()).unwrap()
    );
    // A resolved case holds material and mesh itself; overrides reach them there too, and replace the alternative key.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("resolved.toml");
    std::fs::write(&path, loaded.resolved_toml()).unwrap();
    let again = case::load(
        &path,
        &sets(&[
            "mesh.pore_period_nm=150",
            "process.temperature_schedule=[[0, 287], [36000, 297]]",
        ]),
    )
    .unwrap_or_else(|error| panic!("{}", rendered(&error)));
    // a (√3/2π)^½ = 150 nm · 0.52504; over 30 nm.
    assert!(
        (again.mesh.cell_radius - 2.6252).abs() < 1e-4,
        "{}",
        again.mesh.cell_radius
    );
    assert_eq!(again.case.temperature().value(18_000.0), 565.15);
    assert_eq!(again.case.process.temperature_C, None);
}

#[test]
fn bad_overrides_are_answered_like_bad_files() {
    let cases = [
        (
            "pore.diametre_nm=60",
            "unknown key `diametre_nm`",
            "did you mean `diameter_nm`?",
            "--set pore.diametre_nm=60",
        ),
        (
            "mesh.cells_per_radius=17",
            "cannot be halved",
            "16, 24",
            "standard.toml (with --set",
        ),
        (
            "mesh.cell_radii=2",
            "unknown key `cell_radii`",
            "did you mean `cell_radius`?",
            "standard.toml (with --set",
        ),
        (
            "material.viscosity.D_stra=20",
            "unknown key `D_stra`",
            "did you mean `D_star`?",
            "ni45pd35p16b4.toml (with --set",
        ),
        (
            "pore.diameter_nm=nan",
            "not a finite number",
            "in nm",
            "(with --set",
        ),
        (
            "pore.diameter_nm=60nm",
            "must be a number, not a text",
            "in nm",
            "(with --set",
        ),
        ("name.first=x", "cannot be set", "schema", "--set"),
        ("pore.diameter_nm", "has no `=`", "key=value", "--set"),
        ("pore..x=1", "not a dotted key", "key=value", "--set"),
    ];
    for (given, message, help, name) in cases {
        let error = case::load(&flagship(), &sets(&[given])).expect_err(given);
        let text = rendered(&error);
        for phrase in [message, help, name] {
            assert!(text.contains(phrase), "`{phrase}` is not in\n{text}");
        }
    }
}

#[test]
fn a_mesh_can_be_read_on_its_own() {
    let path = root().join("meshes/reference.toml");
    let mesh = mesh::load(
        &path,
        &sets(&["cell_radius=2", "reservoir_depth=4", "cells_per_radius=48"]),
    )
    .unwrap();
    assert_eq!(
        (
            mesh.cell_radius,
            mesh.reservoir_depth,
            mesh.cells_per_radius
        ),
        (2.0, 4.0, 48)
    );
    let error = mesh::load(&path, &sets(&["cell_radius_nm=100"])).unwrap_err();
    assert!(rendered(&error).contains("the pore's diameter is not known here"));
    let mesh = mesh::load(&path, &sets(&["cell_radius_nm=100", "pore_diameter_nm=50"])).unwrap();
    assert_eq!(mesh.cell_radius, 4.0);
}

/// The schema lists every key of a resolved case, with a description.
#[test]
fn the_schema_describes_every_key() {
    let schema = case::schema();
    let loaded = case::load(&flagship(), &[]).unwrap();
    let resolved: Table = loaded.resolved_toml().parse().unwrap();
    for (name, _) in &resolved {
        assert!(
            schema["properties"][name]["description"].is_string(),
            "{name} has no description"
        );
    }
    for (name, definition) in schema["$defs"].as_object().unwrap() {
        for (key, property) in definition["properties"].as_object().into_iter().flatten() {
            assert!(
                property["description"].is_string(),
                "{name}.{key} has no description"
            );
        }
    }
}

/// A pore's measured shape in a table: what is wrong in it is shown there.
#[test]
fn a_measured_pore_is_read_from_its_table() {
    let read = |rows: &str| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mesh.toml");
        let mesh = "cell_radius = 2.5\nreservoir_depth = 5\ncells_per_radius = 16\npore_diameter_nm = 60\n\n[wall]\nprofile = \"measured\"\nfile = \"pore.csv\"\n";
        std::fs::write(&path, mesh).unwrap();
        if !rows.is_empty() {
            std::fs::write(folder.path().join("pore.csv"), rows).unwrap();
        }
        mesh::load(&path, &[]).map_err(|error| rendered(&error))
    };
    let found = read("# a section\nz_nm,r_nm\n0,30\n60,27\n240,22.5\n").unwrap();
    for (z, radius) in [(0.0, 1.0), (2.0, 0.9), (8.0, 0.75), (9.0, 0.75)] {
        assert!((found.wall.radius(z) - radius).abs() < 1e-12, "at {z}");
    }
    // The order of the columns does not matter.
    let turned = read("r_nm,z_nm\n30,0\n27,60\n22.5,240\n").unwrap();
    assert_eq!(turned.wall, found.wall);
    for (rows, said) in [
        ("", "cannot read"),
        ("z_nm,r_nm\n0,30\n60,abc\n", "`abc` is not a number"),
        ("z_nm,r_nm\n0,30\n60,\n", "is missing"),
        ("z_nm,r_nm\n0,30\n60,27\n50,26\n", "two radii at one depth"),
        ("z_nm,r_nm\n0,30\n60,-1\n", "touches the axis"),
        ("z_nm,radius\n0,30\n60,27\n", "unknown column"),
        ("z_nm,r_nm\n0,25\n60,24\n", "not with that of the mouth"),
        ("z_nm,r_nm\n0,30\n15,15\n", "as steep as"),
        ("z_nm,r_nm\n0,30\n600,3\n", "radius of 0.2"),
    ] {
        let error = read(rows).expect_err(rows);
        assert!(error.contains(said), "{rows}: {error}");
    }
}
