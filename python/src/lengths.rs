//! Lengths of many wires by the reduced model.

use super::errors::{InputError, input};
use nanomold::case::{LoadedCase, Template};
use nanomold::physics::constants::NANOMETRE;
use nanomold::reduced::{Entrance, ReducedRun, Table};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::PyBytes;
use rayon::prelude::*;
use serde_json::Value;
use std::path::PathBuf;

/// Points that a thread computes at once.
const BLOCK: usize = 1024;

/// The numbers of an array's bytes.
pub fn numbers(bytes: &[u8]) -> Vec<f64> {
    let (numbers, _) = bytes.as_chunks::<8>();
    numbers
        .iter()
        .map(|number| f64::from_ne_bytes(*number))
        .collect()
}

/// The bytes of an array of numbers.
pub fn bytes<'py>(py: Python<'py>, numbers: &[f64]) -> Bound<'py, PyBytes> {
    let bytes = numbers.iter().map(|number| number.to_ne_bytes());
    PyBytes::new(py, bytes.collect::<Vec<_>>().as_flattened())
}

/// Keys of what is varied, in the order of the arguments.
const KEYS: [&str; 4] = [
    "pore.diameter_nm",
    "process.temperature_C",
    "process.pressure_GPa",
    "process.time_s",
];

/// Lengths (nm) by the reduced model of a case file at diameters (nm), temperatures (°C), pressures (GPa) and times (s): bytes of four
/// arrays of equal length.
#[pyfunction]
pub fn lengths<'py>(
    py: Python<'py>,
    path: PathBuf,
    mut sets: Vec<String>,
    columns: [PyBackedBytes; 4],
) -> PyResult<Bound<'py, PyBytes>> {
    let columns = columns.map(|column| numbers(&column));
    let count = columns[0].len();
    if columns.iter().any(|column| column.len() != count) {
        return Err(InputError::new_err(
            "d, T, p and t have different numbers of values",
        ));
    }
    for (column, key) in columns.iter().zip(KEYS) {
        if let Some(k) = column.iter().position(|value| !value.is_finite()) {
            let message = format!("{key} is {} at value {k}; it must be a number", column[k]);
            return Err(InputError::new_err(message));
        }
        // What is varied has to be among the overrides, so that of alternatives the right one is there.
        sets.push(format!(
            "{key}={:?}",
            column.first().copied().unwrap_or(1.0)
        ));
    }
    if count == 0 {
        return Ok(PyBytes::new(py, &[]));
    }
    let found = py.detach(|| {
        let template = Template::read(&path, &sets).map_err(input)?;
        compute(&template, &columns).map_err(InputError::new_err)
    })?;
    Ok(bytes(py, &found))
}

/// The case of one wire.
fn case_at(template: &Template, at: [f64; 4]) -> Result<LoadedCase, String> {
    let values = at.map(Value::from);
    let pairs = KEYS.into_iter().zip(&values);
    template.with(pairs).map_err(|found| {
        let each = found
            .iter()
            .map(|one| format!("{}: {}; {}", one.key, one.reason, one.remedy));
        each.collect::<Vec<_>>().join("; ")
    })
}

fn compute(template: &Template, columns: &[Vec<f64>; 4]) -> Result<Vec<f64>, String> {
    let count = columns[0].len();
    let at = |k: usize| columns.each_ref().map(|column| column[k]);
    let placed = |k: usize, reason: String| format!("value {k}: {reason}");
    // The rules are ranges: where the corners of the box around all points are valid, all of them are. Else each is looked at.
    let ends = columns.each_ref().map(|column| {
        let low = column.iter().copied().fold(f64::INFINITY, f64::min);
        let high = column.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        [low, high]
    });
    let corners = (0..16).map(|bits: usize| {
        let corner = std::array::from_fn(|k| ends[k][bits >> k & 1]);
        case_at(template, corner)
    });
    let corners: Vec<Result<LoadedCase, String>> = corners.collect();
    if corners.iter().any(Result::is_err) {
        let wrong = (0..count).into_par_iter().find_map_first(|k| {
            let reason = case_at(template, at(k)).err()?;
            Some(placed(k, reason))
        });
        if let Some(wrong) = wrong {
            return Err(wrong);
        }
    }
    let base = case_at(template, at(0)).map_err(|reason| placed(0, reason))?;
    // A mold that is given in nm is another one, in radii, for each diameter.
    let one_mold = corners.iter().flatten().all(|case| case.mesh == base.mesh);
    let table = Table::shipped().map_err(|error| error.to_string())?;
    let entrance_of =
        |case: &LoadedCase| Entrance::of_mesh(table, &case.mesh).map_err(|error| error.to_string());
    let entrance = entrance_of(&base)?;
    let blocks: Vec<usize> = (0..count).step_by(BLOCK).collect();
    let found: Result<Vec<Vec<f64>>, String> = blocks
        .into_par_iter()
        .map(|start| {
            let mut case = base.clone();
            let mut known = Some(entrance.clone());
            let points = start..(start + BLOCK).min(count);
            let each = points.map(|k| {
                if one_mold {
                    set(&mut case, at(k));
                } else {
                    case = case_at(template, at(k)).map_err(|reason| placed(k, reason))?;
                    known = Some(entrance_of(&case).map_err(|reason| placed(k, reason))?);
                }
                one(&case, &mut known).map_err(|reason| placed(k, reason))
            });
            each.collect()
        })
        .collect();
    Ok(found?.concat())
}

/// Puts the values of one wire into a case that has such.
fn set(case: &mut LoadedCase, [d, celsius, p, t]: [f64; 4]) {
    case.case.pore.diameter_nm = d;
    case.case.process.temperature_C = Some(celsius);
    case.case.process.pressure_GPa = Some(p);
    case.case.process.time_s = Some(t);
}

/// The length of one wire (nm).
fn one(case: &LoadedCase, entrance: &mut Option<Entrance>) -> Result<f64, String> {
    let known = entrance.take().ok_or("the mold is not known")?;
    let run = ReducedRun::with_entrance(case, known).map_err(|error| error.to_string())?;
    let length = run.length() / NANOMETRE;
    *entrance = Some(run.into_entrance());
    Ok(length)
}
