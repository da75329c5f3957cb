//! How a command fails: one message on standard error and an exit code.

use crate::backend::gpu::adapter::DeviceError;
use crate::calibrate::least_squares::FitError;
use crate::compute::ComputeError;
use crate::input::InputError;
use crate::output::OutputError;
use crate::reduced::CaseError;
use crate::results::RecordError;
use crate::simulation::SimulationError;
use crate::synthetic::SyntheticError;
use std::io::ErrorKind::NotADirectory;
use std::process::ExitCode;

/// Why a command did not do what it was asked for.
#[derive(Debug)]
pub(super) enum Failure {
    /// A file or an option is wrong; shown with line, caret and remedy.
    Input(InputError),
    /// The output folder cannot be used; nothing was computed.
    Folder(OutputError),
    /// The result could not be written.
    Output(OutputError),
    /// The computation failed.
    Simulation(SimulationError),
    /// A calibration failed.
    Fit(FitError),
    /// A synthetic experiment failed.
    Synthetic(SyntheticError),
    /// A single solve failed, or a device that was named.
    Compute(ComputeError),
    /// Standard output does not take what was asked for.
    Print(std::io::Error),
    /// No device could be chosen; nothing was computed.
    Device(DeviceError),
    /// The reduced model cannot run the case; nothing was computed.
    Reduced(CaseError),
    /// An option is wrong.
    Usage(String),
}

impl Failure {
    /// Prints the message and gives the exit code.
    pub fn report(self) -> ExitCode {
        match self {
            Failure::Input(error) => {
                let hidden = error.hidden();
                tell!("{:?}", miette::Report::new(error));
                if hidden > 0 {
                    tell!("and {hidden} more problems of the same input");
                }
                ExitCode::from(2)
            }
            Failure::Folder(error) => {
                tell!("error: {error}");
                match error {
                    // The system refuses: nothing is wrong with what was asked for, but with a path that cannot be.
                    OutputError::Io { source, .. } if source.kind() != NotADirectory => {
                        ExitCode::FAILURE
                    }
                    _ => ExitCode::from(2),
                }
            }
            Failure::Device(error) => {
                tell!("error: {error}");
                ExitCode::from(2)
            }
            Failure::Reduced(error) => {
                tell!("error: {error}");
                ExitCode::from(2)
            }
            Failure::Usage(message) => {
                tell!("error: {message}");
                ExitCode::from(2)
            }
            other => {
                tell!("error: {}", other.reason());
                ExitCode::FAILURE
            }
        }
    }

    /// The message alone, for the log and for `FAILED.txt`.
    pub fn reason(&self) -> String {
        match self {
            Failure::Input(error) => error.to_string(),
            Failure::Folder(error) | Failure::Output(error) => error.to_string(),
            Failure::Simulation(error) => error.to_string(),
            Failure::Fit(error) => error.to_string(),
            Failure::Synthetic(error) => error.to_string(),
            Failure::Compute(error) => error.to_string(),
            Failure::Device(error) => error.to_string(),
            Failure::Reduced(error) => error.to_string(),
            Failure::Print(error) => format!("cannot write to standard output: {error}"),
            Failure::Usage(message) => message.clone(),
        }
    }
}

impl From<InputError> for Failure {
    fn from(error: InputError) -> Self {
        Failure::Input(error)
    }
}

impl From<OutputError> for Failure {
    fn from(error: OutputError) -> Self {
        Failure::Output(error)
    }
}

impl From<RecordError> for Failure {
    fn from(error: RecordError) -> Self {
        match error {
            RecordError::Simulation(error) => Failure::Simulation(error),
            RecordError::Output(error) => Failure::Output(error),
        }
    }
}

impl From<SimulationError> for Failure {
    fn from(error: SimulationError) -> Self {
        Failure::Simulation(error)
    }
}

impl From<ComputeError> for Failure {
    fn from(error: ComputeError) -> Self {
        Failure::Compute(error)
    }
}

impl From<SyntheticError> for Failure {
    fn from(error: SyntheticError) -> Self {
        match error {
            SyntheticError::Input(error) => Failure::Input(error),
            failed => Failure::Synthetic(failed),
        }
    }
}

impl From<CaseError> for Failure {
    fn from(error: CaseError) -> Self {
        Failure::Reduced(error)
    }
}

impl From<DeviceError> for Failure {
    fn from(error: DeviceError) -> Self {
        Failure::Device(error)
    }
}
