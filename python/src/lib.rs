//! What Python calls: cases, runs, lengths and laws, and the command line. Numbers travel as the bytes of f64 arrays.

mod errors;
mod lengths;
mod run;

use errors::{SimulationError, input};
use nanomold::case::{self, LoadedCase};
use nanomold::physics::constants::{NANOMETRE, kelvin};
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use std::path::PathBuf;
use std::sync::Arc;

/// Shipped files, named as in the project.
const SHIPPED: &[(&str, &str)] = &include!(concat!(env!("OUT_DIR"), "/shipped.rs"));

/// A case that has been read and checked.
#[pyclass(frozen, name = "Case", module = "nanomold._nanomold")]
struct PyCase {
    loaded: Arc<LoadedCase>,
}

#[pymethods]
impl PyCase {
    #[getter]
    fn name(&self) -> &str {
        &self.loaded.case.name
    }

    #[getter]
    fn description(&self) -> &str {
        &self.loaded.case.description
    }

    #[getter]
    fn model(&self) -> &str {
        self.loaded.case.model.name()
    }

    #[getter]
    fn material(&self) -> &str {
        &self.loaded.material.name
    }

    #[getter]
    fn warnings(&self) -> Vec<String> {
        self.loaded.warnings()
    }

    fn to_toml(&self) -> String {
        self.loaded.resolved_toml()
    }
}

/// Reads a case with overrides `key=value`.
#[pyfunction]
fn load_case(py: Python<'_>, path: PathBuf, sets: Vec<String>) -> PyResult<PyCase> {
    let loaded = py.detach(|| case::load(&path, &sets)).map_err(input)?;
    Ok(PyCase {
        loaded: Arc::new(loaded),
    })
}

/// Columns of a material's laws at temperatures (°C): name and bytes of an array.
#[pyfunction]
fn properties<'py>(
    py: Python<'py>,
    material: PathBuf,
    sets: Vec<String>,
    temperatures: &[u8],
    time: f64,
) -> PyResult<Vec<(&'static str, Bound<'py, PyBytes>)>> {
    let material = case::load_material(&material, &sets).map_err(input)?;
    if !(time > 0.0 && time.is_finite()) {
        return Err(errors::InputError::new_err(format!(
            "time is {time} s; it must be positive"
        )));
    }
    let at = lengths::numbers(temperatures);
    if let Some(bad) = at.iter().find(|at| !(**at > -273.15 && **at < 1e4)) {
        return Err(errors::InputError::new_err(format!(
            "a temperature is {bad} °C; it must be above -273.15 and below 10000"
        )));
    }
    let laws: [(&'static str, &dyn Fn(f64) -> f64); 8] = [
        ("eta_newtonian_Pa_s", &|t| {
            material.newtonian_viscosity(t, time)
        }),
        ("eta_apparent_Pa_s", &|t| {
            material.apparent_viscosity(t, time)
        }),
        ("D_interface_m2_per_s", &|t| {
            material.interface_diffusivity(t)
        }),
        ("delta_D_interface_m3_per_s", &|t| {
            material.layer_conductivity(t)
        }),
        ("d_c_nm", &|t| {
            material.critical_diameter(t, time) / NANOMETRE
        }),
        ("tau_bulk_s", &|t| material.bulk_relaxation_time(t)),
        ("tau_interface_s", &|t| {
            material.interface_relaxation_time(t)
        }),
        ("D_bulk_m2_per_s", &|t| material.bulk_diffusivity(t)),
    ];
    let column =
        |law: &dyn Fn(f64) -> f64| -> Vec<f64> { at.iter().map(|&at| law(kelvin(at))).collect() };
    Ok(laws
        .into_iter()
        .map(|(name, law)| (name, lengths::bytes(py, &column(law))))
        .collect())
}

/// The command line with these arguments, the program's name first; gives the exit code.
#[pyfunction]
fn cli(py: Python<'_>, arguments: Vec<String>) -> u8 {
    py.detach(|| nanomold::cli::main_with(arguments))
}

#[pymodule]
fn _nanomold(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add("SHIPPED", SHIPPED.to_vec())?;
    module.add("InputError", module.py().get_type::<errors::InputError>())?;
    module.add("FolderError", module.py().get_type::<errors::FolderError>())?;
    module.add("SimulationError", module.py().get_type::<SimulationError>())?;
    module.add_class::<PyCase>()?;
    module.add_function(wrap_pyfunction!(load_case, module)?)?;
    module.add_function(wrap_pyfunction!(properties, module)?)?;
    module.add_function(wrap_pyfunction!(cli, module)?)?;
    module.add_function(wrap_pyfunction!(run::run, module)?)?;
    module.add_function(wrap_pyfunction!(lengths::lengths, module)?)?;
    Ok(())
}
