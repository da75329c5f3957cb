//! Tables as laboratories write them (`tests/lab/`): each is read right, or refused with line, column and remedy.

use nanomold::calibrate::calibration::{Options, calibrate};
use nanomold::calibrate::data::Measurements;
use nanomold::calibrate::model::ClosedForms;
use nanomold::calibrate::report;
use nanomold::case::load_material;
use nanomold::experiments::{self, Experiments, read};
use nanomold::materials::Material;
use std::path::{Path, PathBuf};

fn lab(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/lab")
        .join(name)
}

fn nickel() -> Material {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases/materials/ni45pd35p16b4.toml");
    load_material(&path, &[]).unwrap()
}

fn table(name: &str) -> Experiments {
    read(&lab(name)).unwrap_or_else(|error| panic!("{name}: {:?}", miette::Report::new(error)))
}

/// Rows of a table: (d, T, p, t, L, σ) of the first, and how many there are.
fn first(name: &str) -> ([f64; 5], Option<f64>, usize) {
    let found = table(name);
    let row = &found.rows()[0];
    let numbers = [row.d_nm, row.T_C, row.p_GPa, row.t_s, row.L_nm];
    (numbers, row.sigma_nm, found.rows().len())
}

/// Ten files are one table in the hands of ten programs: the first row is 10 nm, 327 °C, 1 GPa, 300 s, 93.19 ± 4.7 nm.
#[test]
fn one_table_by_many_programs() {
    for (name, rows) in [
        ("bom_crlf.csv", 4),
        ("extra_empty_columns.csv", 4),
        ("extra_named_column.csv", 4),
        ("index_col.csv", 4),
        ("plusminus.csv", 4),
        ("semicolon_comma.csv", 4),
        ("thousands_quoted.csv", 7),
        ("trailing_blank.csv", 3),
        ("unit_headers.csv", 4),
        ("unit_row.csv", 3),
        ("na_length.csv", 4),
    ] {
        let (numbers, sigma, count) = first(name);
        assert_eq!(numbers, [10.0, 327.0, 1.0, 300.0, 93.19], "{name}");
        assert!((sigma.unwrap() - 4.7).abs() < 1e-9, "{name}: {sigma:?}");
        assert_eq!(count, rows, "{name}");
    }
    // 36,000 s in quotes is ten hours, not 36 s.
    let thousands = table("thousands_quoted.csv");
    assert_eq!(thousands.rows()[3].t_s, 36_000.0);
    let remarks = |name: &str| table(name).remarks().join("; ");
    assert!(remarks("extra_named_column.csv").contains("not used: `sample`"));
    assert!(remarks("index_col.csv").contains("column 1 without a name (a count of the rows)"));
    assert_eq!(
        remarks("na_length.csv"),
        "left out: 1 line without a length (line 5)"
    );
    assert!(remarks("plusminus.csv").contains("behind ± are taken as standard deviations"));
    assert_eq!(remarks("extra_empty_columns.csv"), "");
}

#[test]
fn a_table_of_a_spreadsheet_program() {
    let found = table("excel.csv");
    let [first, last] = found.rows() else {
        panic!("{:?}", found.rows())
    };
    assert!((first.T_C - 297.0).abs() < 1e-9 && first.p_GPa == 1.25 && first.t_s == 36_000.0);
    assert_eq!((first.L_nm, last.L_nm, last.d_nm), (231.5, 262.0, 60.0));
    // The scatter of 12 wires, and the error of their mean.
    assert_eq!((first.scatter_nm, first.wires), (Some(22.1), Some(12.0)));
    assert!((first.sigma_nm.unwrap() - 22.1 / 12f64.sqrt()).abs() < 1e-12);
    assert_eq!(
        found.remarks(),
        [
            "columns that are not used: `Sample`",
            "left out: 1 line without a length (line 3)"
        ]
    );
}

#[test]
fn small_tables_mean_what_they_say() {
    assert_eq!(first("blank_rows_min.csv").2, 2);
    assert_eq!(first("three_ns.csv").2, 3);
    // Two wires of one length are two measurements.
    let twice = table("replicates_min.csv");
    assert_eq!(twice.rows().len(), 4);
    assert_eq!(twice.rows()[0].L_nm, twice.rows()[1].L_nm);
    let data = Measurements::new(&twice, &nickel(), true).unwrap();
    assert_eq!(data.by_temperature().len(), 1);
}

#[test]
fn what_cannot_be_right_is_refused_at_its_place() {
    for (name, place, message, remedy) in [
        (
            "L_um.csv",
            (2, 14),
            "0.09319 nm is shorter than an atom",
            "`L_um`",
        ),
        (
            "T_kelvin.csv",
            (2, 4),
            "in kelvin",
            "600.15 K is 327 °C: call the column `T_K`",
        ),
        (
            "latin1_comment.csv",
            (1, 20),
            "not UTF-8: the byte 0xB0 (`°`",
            "CSV UTF-8",
        ),
        (
            "unicode_minus.csv",
            (2, 4),
            "a temperature of -327 °C is not possible",
            "°C",
        ),
    ] {
        let error = read(&lab(name)).expect_err(name);
        let problem = &error.problems()[0];
        let (_, line, column) = problem.location().expect("it has a place");
        assert_eq!((line, column), place, "{name}: {}", problem.message());
        assert!(
            problem.message().contains(message),
            "{name}: {}",
            problem.message()
        );
        assert!(
            problem.remedy().contains(remedy),
            "{name}: {}",
            problem.remedy()
        );
    }
}

/// Six exact lengths whose thermometer wandered by half a kelvin are what they are at one temperature.
#[test]
fn a_thermometer_that_wanders_hides_nothing() {
    let read = |name: &str, tolerance: f64| {
        let table = table(name).within(tolerance);
        let data = Measurements::new(&table, &nickel(), false).unwrap();
        let options = Options {
            draws: 0,
            ..Options::default()
        };
        let found = calibrate(&data, &nickel(), &ClosedForms::LONG_PORE, options).unwrap();
        (found, report::reading(&table).join("\n"))
    };
    let (wandering, told) = read("T_small.csv", experiments::SAME_TEMPERATURE_K);
    let (nominal, nothing) = read("T_small_nominal.csv", experiments::SAME_TEMPERATURE_K);
    assert!(
        told.contains("6 lengths at 296.8 to 297.3 °C are taken as one temperature, 297.05 °C"),
        "{told}"
    );
    assert_eq!(nothing, "");
    assert_eq!(wandering.temperatures.len(), 1);
    let eta = |found: &nanomold::calibrate::calibration::Calibration| {
        found
            .newtonian_viscosity(0)
            .expect("six diameters fix it")
            .value
    };
    // η does not know the temperature; only k_B T of the layer's mobility does.
    assert!((eta(&wandering) / eta(&nominal) - 1.0).abs() < 1e-3);
    // Negative control: taken one by one nothing is fixed, and that is said of each.
    let (apart, _) = read("T_small.csv", 0.05);
    assert_eq!(apart.temperatures.len(), 6);
    assert!(apart.temperatures.iter().all(|one| !one.missing.is_empty()));
}

/// A glass whose viscosity does not fall: the activation energy ends at its bound, which is not a fit.
#[test]
fn a_parameter_that_ends_at_its_bound_is_called_that() {
    let data = Measurements::new(&table("glass_flat.csv"), &nickel(), true).unwrap();
    let options = Options {
        draws: 0,
        ..Options::default()
    };
    let found = calibrate(&data, &nickel(), &ClosedForms::LONG_PORE, options).unwrap();
    let law = found.viscosity.as_ref().expect("seven temperatures");
    println!("{:?} {:?}", law.keys, law.kept);
    let told = report::lines(&found, &data, &nickel()).join("\n");
    let kept = law.kept.iter().find(|kept| kept.key.symbol == "E_glass");
    let kept = kept.unwrap_or_else(|| panic!("{told}"));
    assert!(kept.reason.contains("ends at its bound"), "{}", kept.reason);
    assert!(
        told.contains("E_glass is unidentifiable (the fit ends at its bound"),
        "{told}"
    );
}
