//! Runs into a folder.

use super::PyCase;
use super::errors::{SimulationError, folder as of_folder};
use nanomold::case::{LoadedCase, Model};
use nanomold::compute::Computer;
use nanomold::output::{OutputError, RunFolder, RunRecord};
use nanomold::reduced::ReducedRun;
use nanomold::results::{Early, FullRecorder, Opening, RecordError, write_reduced};
use nanomold::simulation::Simulation;
use pyo3::prelude::*;
use std::path::PathBuf;

/// Why a run has no result.
enum Failure {
    Output(OutputError),
    Computation(String),
    /// Python asked to stop: Ctrl-C, or an exception in the caller's function.
    Python(PyErr),
}

impl From<OutputError> for Failure {
    fn from(error: OutputError) -> Self {
        Failure::Output(error)
    }
}

impl From<RecordError> for Failure {
    fn from(error: RecordError) -> Self {
        match error {
            RecordError::Output(error) => Failure::Output(error),
            RecordError::Simulation(error) => Failure::Computation(error.to_string()),
        }
    }
}

impl Failure {
    fn raise(self) -> PyErr {
        match self {
            Failure::Output(error) => of_folder(error),
            Failure::Computation(reason) => SimulationError::new_err(reason),
            Failure::Python(error) => error,
        }
    }
}

/// Runs a case on the CPU into a folder. `progress` is called with time (s) and length (nm) after every step.
#[pyfunction]
#[pyo3(signature = (case, folder, force, revolve, progress=None))]
pub fn run(
    py: Python<'_>,
    case: &PyCase,
    folder: PathBuf,
    force: bool,
    revolve: bool,
    progress: Option<Py<PyAny>>,
) -> PyResult<()> {
    let loaded = &*case.loaded;
    // Asked for between steps, with the interpreter free for other threads meanwhile.
    let step = |time: f64, length: f64| {
        Python::attach(|py| {
            py.check_signals()?;
            match &progress {
                Some(progress) => progress.call1(py, (time, length)).map(|_| ()),
                None => Ok(()),
            }
        })
    };
    py.detach(|| {
        let reduced = match loaded.case.model {
            Model::Reduced => Some(
                ReducedRun::new(loaded).map_err(|error| Failure::Computation(error.to_string()))?,
            ),
            Model::Full => None,
        };
        let folder = RunFolder::create(&folder, force)?;
        let recorded = match reduced {
            Some(run) => write_reduced(&run, loaded, &folder)
                .map(|record| (record, None))
                .map_err(Failure::from),
            None => full(loaded, &folder, revolve, step),
        };
        match recorded {
            Ok((record, None)) => folder.finish(&record).map_err(Failure::from),
            Ok((record, Some(failure))) => {
                folder.fail_with(&record, &failure.reason())?;
                Err(failure)
            }
            Err(failure) => {
                folder.fail(&failure.reason());
                Err(failure)
            }
        }
    })
    .map_err(Failure::raise)
}

impl Failure {
    fn reason(&self) -> String {
        match self {
            Failure::Output(error) => error.to_string(),
            Failure::Computation(reason) => reason.clone(),
            Failure::Python(_) => "it was interrupted".to_owned(),
        }
    }
}

/// Runs the full model; with what ended it early, if something did.
fn full(
    loaded: &LoadedCase,
    folder: &RunFolder,
    revolve: bool,
    step: impl Fn(f64, f64) -> PyResult<()>,
) -> Result<(RunRecord, Option<Failure>), Failure> {
    let opening = Opening::new(folder, loaded)?;
    let mut simulation = Simulation::on(loaded, Computer::cpu()).map_err(RecordError::from)?;
    let mut recorder = FullRecorder::begin(opening, loaded, folder, &mut simulation, revolve)?;
    let failure = loop {
        let latest = simulation.latest();
        if let Err(error) = step(latest.conditions.time, latest.length * 1e9) {
            break Some(Failure::Python(error));
        }
        match simulation.advance() {
            Ok(Some(_)) => recorder.step(&mut simulation)?,
            Ok(None) => break None,
            Err(error) => break Some(Failure::Computation(error.to_string())),
        }
    };
    let early = failure.as_ref().map(|failure| match failure {
        Failure::Python(_) => Early::Interrupted(failure.reason()),
        _ => Early::Failed(failure.reason()),
    });
    let record = recorder.finish(&mut simulation, early)?;
    Ok((record, failure))
}
