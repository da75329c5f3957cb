//! Failures as Python's exceptions, with the text of the command line.

use miette::{GraphicalReportHandler, GraphicalTheme};
use nanomold::input::InputError as Input;
use nanomold::output::OutputError as Output;
use pyo3::PyErr;
use pyo3::create_exception;
use pyo3::exceptions::{PyOSError, PyRuntimeError, PyValueError};

create_exception!(
    nanomold,
    InputError,
    PyValueError,
    "A file or a value is wrong: where, and what would be right."
);
create_exception!(
    nanomold,
    FolderError,
    PyOSError,
    "A result folder cannot be used or written."
);
create_exception!(
    nanomold,
    SimulationError,
    PyRuntimeError,
    "The computation failed."
);

/// What is wrong with an input, with line, caret and remedy.
pub fn input(error: Input) -> PyErr {
    let mut text = String::new();
    let handler = GraphicalReportHandler::new_themed(GraphicalTheme::unicode_nocolor());
    if handler.render_report(&mut text, &error).is_err() {
        text = error.to_string();
    }
    InputError::new_err(text)
}

/// A folder that cannot be used.
pub fn folder(error: Output) -> PyErr {
    FolderError::new_err(error.to_string())
}
