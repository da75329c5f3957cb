//! Material files against what the paper states: one row per fact of `tests/reference/paper_facts.toml`, with the tolerance given there.

use nanomold::case;
use nanomold::materials::{Material, ViscosityConvention};
use nanomold::physics::constants::{celsius, kelvin};
use std::path::Path;
use toml::{Table, Value};

/// A fact, what the material gives, and whether they agree.
struct Row {
    fact: String,
    stated: String,
    found: f64,
    holds: bool,
}

/// The longest molding of the paper in s; its map and glass transitions are for this time.
const LONG: f64 = 36_000.0;

fn facts() -> Table {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference/paper_facts.toml");
    std::fs::read_to_string(path).unwrap().parse().unwrap()
}

fn number(value: &Value) -> f64 {
    value
        .as_float()
        .or(value.as_integer().map(|whole| whole as f64))
        .expect("a number")
}

/// The material of a shipped case.
fn material_of(case_name: &str) -> Material {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("cases/{case_name}.toml"));
    case::load(&path, &[])
        .unwrap_or_else(|error| panic!("{:?}", miette::Report::new(error)))
        .material
}

/// Compares `found` with a fact: a table with `value` and `tolerance` (relative), `tolerance_K` (absolute) or `factor`, or with `at_least` / `at_most`.
fn compare(fact: &str, stated: &Value, found: f64) -> Row {
    let table = stated.as_table().expect("a fact with its tolerance");
    let get = |key: &str| table.get(key).map(number);
    let mut holds = found.is_finite();
    let mut limits = 0;
    if let Some(value) = get("value").or(get("d_c")) {
        let limit = |tolerance: Option<f64>, error: f64| {
            tolerance.is_none_or(|tolerance| error <= tolerance)
        };
        holds &= limit(get("tolerance"), (found / value - 1.0).abs());
        holds &= limit(get("tolerance_K"), (found - value).abs());
        holds &= limit(get("factor"), (found / value).max(value / found));
        limits += ["tolerance", "tolerance_K", "factor"]
            .iter()
            .filter(|key| table.contains_key(**key))
            .count();
    }
    holds &= get("at_least").is_none_or(|low| found >= low)
        && get("at_most").is_none_or(|high| found <= high);
    limits += ["at_least", "at_most"]
        .iter()
        .filter(|key| table.contains_key(**key))
        .count();
    assert!(
        limits > 0,
        "{fact} has no tolerance: the comparison could not fail"
    );
    Row {
        fact: fact.to_owned(),
        stated: stated.to_string(),
        found,
        holds,
    }
}

/// d_c in nm at `celsius_` for a molding of `time` s.
fn d_c_nm(material: &Material, celsius_: f64, time: f64) -> f64 {
    material.critical_diameter(kelvin(celsius_), time) * 1e9
}

/// Rows of `[<alloy>.critical_diameter]`; `time` gives the molding time at a temperature.
fn critical_diameters(alloy: &str, material: &Material, time: impl Fn(&str) -> f64) -> Vec<Row> {
    let facts = facts();
    let stated = facts[alloy]["critical_diameter"].as_table().unwrap();
    let row = |(t, fact): (&String, &Value)| {
        compare(
            &format!("{alloy} d_c at {t} °C"),
            fact,
            d_c_nm(material, t.parse().unwrap(), time(t)),
        )
    };
    stated.iter().map(row).collect()
}

/// Temperature in °C of the kink of ln η over 1/T for a long molding, found from the law's values alone.
fn viscosity_kink(material: &Material) -> f64 {
    let step = 0.25;
    let slope = |t: f64| {
        let eta = |t: f64| material.newtonian_viscosity(kelvin(t), LONG).ln();
        (eta(t + step) - eta(t)) / (1.0 / kelvin(t + step) - 1.0 / kelvin(t))
    };
    let bend = |t: f64| (slope(t) - slope(t - step)).abs();
    let grid = (0..400).map(|i| 230.0 + step * f64::from(i));
    grid.max_by(|a, b| bend(*a).total_cmp(&bend(*b))).unwrap()
}

/// One row per fact of `[ni.properties]`; a fact that is not known here fails.
fn ni_properties(material: &Material) -> Vec<Row> {
    let facts = facts();
    let stated = facts["ni"]["properties"].as_table().unwrap();
    let map = (100..=340).map(|t| (d_c_nm(material, f64::from(t), LONG), f64::from(t)));
    let (largest, at) = map.max_by(|a, b| a.0.total_cmp(&b.0)).unwrap();
    // Facts that stand as bare numbers are inputs of the material: exact but for round-off.
    let exact = |fact: &Value| {
        Value::Table(Table::from_iter([
            ("value".into(), fact.clone()),
            ("tolerance".into(), Value::Float(1e-12)),
        ]))
    };
    let row = |(name, fact): (&String, &Value)| {
        let (fact, found) = match name.as_str() {
            "Tg" => (exact(fact), celsius(material.glass_transition())),
            "eta_apparent_287" => (
                fact.clone(),
                material.apparent_viscosity(kelvin(287.0), LONG),
            ),
            "Q_interface_eV" => (
                fact.clone(),
                material.interface.as_ref().unwrap().Q_interface_eV.value,
            ),
            "Q_bulk_over_Q_interface" => (
                exact(fact),
                material.bulk_diffusion.as_ref().unwrap().Q_bulk_eV.value
                    / material.interface.as_ref().unwrap().Q_interface_eV.value,
            ),
            "tau_bulk_317_s" => (exact(fact), material.bulk_relaxation_time(kelvin(317.0))),
            "bulk_glass_transition_36000s" => {
                (fact.clone(), celsius(material.bulk_glass_transition(LONG)))
            }
            // Measured on a grid of 10 K and named next to the calculated 288 °C, whose tolerance of 2 K it takes.
            "viscosity_kink_measured" => {
                let fact = Table::from_iter([
                    ("value".into(), fact.clone()),
                    ("tolerance_K".into(), Value::Float(2.0)),
                ]);
                (Value::Table(fact), viscosity_kink(material))
            }
            "interface_glass_transition_36000s" => (
                fact.clone(),
                material
                    .interface_glass_transition(LONG)
                    .map_or(f64::NAN, celsius),
            ),
            "stokes_einstein_breakdown" => (
                fact.clone(),
                material
                    .stokes_einstein_breakdown()
                    .map_or(f64::NAN, celsius),
            ),
            "map_max_d_c_nm" => (fact.clone(), largest),
            "map_max_temperature" => (fact.clone(), at),
            "d_c_at_100C_nm" => (fact.clone(), d_c_nm(material, 100.0, LONG)),
            "d_c_at_327C_nm" => (fact.clone(), d_c_nm(material, 327.0, 300.0)),
            other => panic!("no row for the fact `{other}`"),
        };
        compare(name, &fact, found)
    };
    stated.iter().map(row).collect()
}

fn ni_rows(material: &Material) -> Vec<Row> {
    let facts = facts();
    let molding_time = |t: &str| number(&facts["ni"]["molding"][t]["t"]);
    let mut rows = critical_diameters("ni", material, molding_time);
    rows.extend(ni_properties(material));
    rows
}

fn broken(rows: &[Row]) -> Vec<&str> {
    rows.iter()
        .filter(|row| !row.holds)
        .map(|row| row.fact.as_str())
        .collect()
}

fn show(rows: &[Row]) {
    for row in rows {
        println!(
            "{:36} found {:<12.5e} stated {} {}",
            row.fact,
            row.found,
            row.stated,
            if row.holds { "" } else { "BROKEN" }
        );
    }
}

#[test]
fn the_nickel_alloy_meets_every_stated_fact() {
    let rows = ni_rows(&material_of("ni_d60_297C"));
    show(&rows);
    // 5 critical diameters and 13 properties.
    assert_eq!(rows.len(), 18);
    assert_eq!(broken(&rows), Vec::<&str>::new());
}

#[test]
fn zirconium_and_palladium_alloys_meet_their_critical_diameter() {
    for (alloy, case_name) in [("zr", "zr_d120_420C"), ("pd", "pd_d50_290C")] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("cases/{case_name}.toml"));
        let loaded = case::load(&path, &[]).unwrap();
        let rows = critical_diameters(alloy, &loaded.material, |_| loaded.case.time());
        show(&rows);
        assert_eq!(rows.len(), 1);
        assert_eq!(broken(&rows), Vec::<&str>::new());
        // D_I was computed from d_c, and is written with three digits or more: 2 % is ample.
        let stated = facts()[alloy]["critical_diameter"]
            .as_table()
            .unwrap()
            .values()
            .next()
            .map(|fact| number(&fact["d_c"]))
            .unwrap();
        assert!(
            (rows[0].found / stated - 1.0).abs() < 0.02,
            "{}",
            rows[0].found
        );
        // Metallic glass formers have fragilities between some 30 (strong) and 70 (fragile).
        assert!((30.0..70.0).contains(&loaded.material.fragility()));
    }
}

/// Negative control: with the viscosity's convention confused (factor 2 either way) d_c moves by 2^(1/3), 26 %, and the comparison must see it.
#[test]
fn a_confused_viscosity_convention_is_found() {
    let good = material_of("ni_d60_297C");
    let mut halved = good.clone();
    halved.viscosity.convention = ViscosityConvention::Newtonian;
    let mut doubled = good.clone();
    doubled.viscosity.eta_reference_Pa_s.as_mut().unwrap().value *= 2.0;
    for wrong in [halved, doubled] {
        let rows = ni_rows(&wrong);
        let diameters = broken(&rows)
            .iter()
            .filter(|fact| fact.contains("d_c at"))
            .count();
        // One of the five may survive: the stated values scatter by 10 % about the law.
        assert!(diameters >= 4, "only {diameters} critical diameters broke");
    }
}

#[test]
fn viscosity_is_continuous_at_the_kinetic_glass_transition_and_bends_there() {
    let material = material_of("ni_d60_297C");
    let fictive = material.bulk_glass_transition(LONG);
    // The definition of T_f; the closed form is exact, so only round-off (amplified by the VFT exponent) remains.
    assert!((material.bulk_relaxation_time(fictive) / LONG - 1.0).abs() < 1e-10);
    let (below, above) = (
        material.newtonian_viscosity(fictive - 1e-9, LONG),
        material.newtonian_viscosity(fictive + 1e-9, LONG),
    );
    assert!((below / above - 1.0).abs() < 1e-9);
    // In the glass ln η rises with Q/k_B T² with Q = 1.045 eV; the liquid's slope at T_f is several times that.
    let eta = |t: f64| material.newtonian_viscosity(t, LONG).ln();
    let (glass, liquid) = (
        eta(fictive - 1.0) - eta(fictive),
        eta(fictive) - eta(fictive + 1.0),
    );
    assert!(liquid > 4.0 * glass, "{liquid} {glass}");
    // A longer experiment stays in equilibrium down to a lower temperature.
    assert!(material.bulk_glass_transition(10.0 * LONG) < fictive);
}

#[test]
fn conventions_differ_by_two_and_element_diffusivities_average_to_the_mean() {
    let apparent = material_of("ni_d60_297C");
    let mut newtonian = apparent.clone();
    newtonian.viscosity.convention = ViscosityConvention::Newtonian;
    newtonian
        .viscosity
        .eta_reference_Pa_s
        .as_mut()
        .unwrap()
        .value *= 2.0;
    let t = kelvin(297.0);
    assert_eq!(
        apparent.newtonian_viscosity(t, LONG),
        newtonian.newtonian_viscosity(t, LONG)
    );
    assert_eq!(
        apparent.newtonian_viscosity(t, LONG),
        2.0 * apparent.apparent_viscosity(t, LONG)
    );
    let ratios = apparent.diffusivity_ratios();
    let mean: f64 = ratios
        .iter()
        .map(|(element, ratio)| ratio * apparent.composition[element].value)
        .sum();
    assert!((mean - 1.0).abs() < 1e-14);
    // Fitted to Fig. 2b.
    assert!((ratios["Ni"] / ratios["Pd"] - 2.0).abs() < 1e-14);
    // P and B lie on the line that ln D of Ni and Pd draws over the atomic radius (nm); the file rounds to three digits.
    for (element, radius) in [("P", 0.109), ("B", 0.090)] {
        let expected = 2f64.powf((0.137 - radius) / (0.137 - 0.124));
        let found = ratios[element] / ratios["Pd"];
        assert!(
            (found / expected - 1.0).abs() < 5e-3,
            "{element}: {found} for {expected}"
        );
    }
}
