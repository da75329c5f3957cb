//! The tables of a calibration.

use crate::calibrate::calibration::{Calibration, Estimate};
use crate::calibrate::data::Measurements;
use crate::calibrate::parameters::Key;
use crate::calibrate::readings::{Numbers, Reading, Readings};
use crate::cli::failure::Failure;
use crate::cli::folder::{ReportFolder, cell};
use crate::materials::Material;
use crate::output::OutputError;
use crate::physics::constants::{GIGAPASCAL, NANOMETRE, celsius};
use crate::physics::newtonian_from_apparent;

/// Value, interval of the profile and of the posterior in `unit`, or empty cells; an open end is empty as well.
fn cells(estimate: Option<Estimate>, unit: f64) -> Vec<String> {
    let Some(one) = estimate else {
        return vec![String::new(); 5];
    };
    let [low, high] = one.interval;
    let posterior = one.posterior.unwrap_or([f64::NAN; 2]);
    [
        one.value,
        if low > 0.0 { low } else { f64::NAN },
        high,
        posterior[0],
        posterior[1],
    ]
    .map(|number| cell(number / unit))
    .to_vec()
}

/// Writes `temperatures.csv`, `laws.csv` and `residuals.csv`.
pub(super) fn tables(
    folder: &ReportFolder,
    found: &Calibration,
    data: &Measurements,
    start: &Material,
) -> Result<(), Failure> {
    let quantities = [
        "eta_newtonian_Pa_s",
        "eta_apparent_Pa_s",
        "delta_D_interface_m3_per_s",
        "d_c_nm",
    ];
    let ends = ["", "_low", "_high", "_posterior_low", "_posterior_high"];
    let mut header: Vec<String> = ["T_C", "t_s", "rows"].map(str::to_owned).to_vec();
    header.extend(
        quantities
            .iter()
            .flat_map(|name| ends.iter().map(move |end| format!("{name}{end}"))),
    );
    header.push("not_fixed".to_owned());
    let header: Vec<&str> = header.iter().map(String::as_str).collect();
    let rows: Vec<Vec<String>> = found
        .temperatures
        .iter()
        .enumerate()
        .map(|(index, one)| {
            let eta = found.newtonian_viscosity(index);
            let mut row = vec![
                cell(celsius(one.temperature)),
                cell(one.time),
                one.rows.len().to_string(),
            ];
            row.extend(cells(eta, 1.0));
            row.extend(cells(eta, newtonian_from_apparent(1.0)));
            row.extend(cells(found.layer_conductivity(index), 1.0));
            row.extend(cells(found.critical_diameter(index), NANOMETRE));
            row.push(one.missing.join("; "));
            row
        })
        .collect();
    folder.table("temperatures.csv", &header, &rows)?;
    folder.table(
        "laws.csv",
        &[
            "key",
            "value",
            "standard_error",
            "posterior_low",
            "posterior_high",
            "status",
        ],
        &law_rows(found, start),
    )?;
    let rows: Vec<Vec<String>> = found
        .fitted
        .iter()
        .map(|one| {
            let row = &data.rows[one.row];
            let outlier = found.outliers.iter().any(|outlier| outlier.row == one.row);
            let numbers = [
                row.molding.diameter / NANOMETRE,
                celsius(row.molding.temperature),
                row.molding.pressure / GIGAPASCAL,
                row.molding.time,
                row.length / NANOMETRE,
                one.length / NANOMETRE,
                one.residual,
            ];
            let mut cells = vec![row.line.to_string()];
            cells.extend(numbers.map(cell));
            cells.push(if outlier { "outlier" } else { "" }.to_owned());
            cells
        })
        .collect();
    folder.table(
        "residuals.csv",
        &[
            "line",
            "d_nm",
            "T_C",
            "driving_pressure_GPa",
            "t_s",
            "L_nm",
            "L_model_nm",
            "residual_in_standard_deviations",
            "remark",
        ],
        &rows,
    )
}

/// Writes `chain.csv`: the samples of the posterior, of each temperature the numbers that act there.
pub(super) fn chain(folder: &ReportFolder, found: &Calibration) -> Result<(), Failure> {
    let mut rows = Vec::new();
    for block in &found.blocks {
        for (place, sample) in block.chain.samples.iter().enumerate() {
            let (step, walker) = (place / block.chain.walkers, place % block.chain.walkers);
            for &index in &block.temperatures {
                let one = &found.temperatures[index];
                let [eta, conductivity] = block.numbers(&found.temperatures, index, sample);
                let d_c = eta.zip(conductivity).map(|(eta, conductivity)| {
                    found.critical_diameter_of(index, eta, conductivity).exp() / NANOMETRE
                });
                let numbers = [
                    eta.map(f64::exp),
                    conductivity.map(f64::exp),
                    d_c,
                    block.scatter(sample),
                ];
                let mut row = vec![
                    cell(celsius(one.temperature)),
                    walker.to_string(),
                    step.to_string(),
                ];
                row.extend(numbers.map(|number| number.map_or(String::new(), cell)));
                rows.push(row);
            }
        }
    }
    if rows.is_empty() {
        return Ok(());
    }
    let header = [
        "T_C",
        "walker",
        "step",
        "eta_newtonian_Pa_s",
        "delta_D_interface_m3_per_s",
        "d_c_nm",
        "relative_scatter",
    ];
    folder.table("chain.csv", &header, &rows)
}

/// Writes `comparison.csv` and `comparison.json`: what each step from the paper's reading to the solver's physics changes.
pub(super) fn comparison(folder: &ReportFolder, readings: &Readings) -> Result<(), Failure> {
    // The first is compared with itself.
    let step = |(to, reading): (usize, &Reading)| (to.saturating_sub(1), to, reading.change);
    let (mut rows, mut temperatures) = (Vec::new(), Vec::new());
    for (index, &temperature) in readings.temperatures.iter().enumerate() {
        let at = celsius(temperature);
        let steps = readings.steps.iter().enumerate().map(step);
        for (from, to, change) in steps.chain([(0, readings.last(), "all")]) {
            let mut row = vec![cell(at), change.to_owned()];
            row.extend(
                readings
                    .factors(from, to, index)
                    .map(|factor| factor.map_or(String::new(), cell)),
            );
            let numbers = readings.steps[to].numbers[index];
            row.extend(values(&numbers).map(|(_, value)| value.map_or(String::new(), cell)));
            row.push(readings.steps[to].model.clone());
            rows.push(row);
        }
        let read: Vec<serde_json::Value> = readings
            .steps
            .iter()
            .enumerate()
            .map(|(step, reading)| {
                let mut one = serde_json::Map::new();
                one.insert("change".into(), reading.change.into());
                one.insert("model".into(), reading.model.clone().into());
                for (name, value) in values(&reading.numbers[index]) {
                    one.insert(name.into(), value.into());
                }
                if step > 0 {
                    let factors = readings.factors(step - 1, step, index);
                    for (name, factor) in FACTORS.into_iter().zip(factors) {
                        one.insert(name.into(), factor.into());
                    }
                }
                one.into()
            })
            .collect();
        temperatures.push(serde_json::json!({ "T_C": at, "readings": read }));
    }
    let mut header = vec!["T_C", "change"];
    header.extend(FACTORS);
    header.extend(["eta_Pa_s", "delta_D_interface_m3_per_s", "d_c_nm", "model"]);
    folder.table("comparison.csv", &header, &rows)?;
    let text = serde_json::to_string_pretty(&serde_json::json!({ "temperatures": temperatures }))
        .map_err(OutputError::format(&folder.path().join("comparison.json")))?;
    folder.text("comparison.json", &(text + "\n"))
}

const FACTORS: [&str; 3] = ["eta_factor", "delta_D_interface_factor", "d_c_factor"];

fn values(numbers: &Numbers) -> [(&'static str, Option<f64>); 3] {
    [
        ("eta_Pa_s", numbers.viscosity),
        ("delta_D_interface_m3_per_s", numbers.layer_conductivity),
        ("d_c_nm", numbers.critical_diameter.map(|d| d / NANOMETRE)),
    ]
}

fn law_rows(found: &Calibration, start: &Material) -> Vec<Vec<String>> {
    let row = |key: Key, value: f64, error: f64, drawn: Option<[f64; 2]>, status: String| {
        let [low, high] = drawn.unwrap_or([f64::NAN; 2]);
        let mut row = vec![key.path.to_owned()];
        row.extend([value, error, low, high].map(cell));
        row.push(status);
        row
    };
    let mut rows = Vec::new();
    for law in [&found.viscosity, &found.interface].into_iter().flatten() {
        for &key in &law.keys {
            if let Some([value, error]) = law.number(key) {
                let (_, drawn) = found.from_law(|material| key.value(material));
                rows.push(row(key, value, error, drawn, "fitted".to_owned()));
            }
        }
        for kept in &law.kept {
            let status = format!("kept: {}", kept.reason);
            rows.push(row(kept.key, kept.key.value(start), f64::NAN, None, status));
        }
    }
    rows
}
