//! A run of the full model from where it is to its end, however that comes: what `run` and `resume` share.

use super::Verbosity;
use super::device::Resolved;
use super::failure::Failure;
use super::interrupt::{self, INTERRUPTED};
use super::progress::Progress;
use crate::case::LoadedCase;
use crate::compute::Computer;
use crate::output::{self, OutputError, RunFolder, RunRecord, RunStatus};
use crate::results::{Checkpoints, Early, FullRecorder, Opening, RecordError};
use crate::simulation::{Simulation, SimulationError};
use crate::stop::Stop;
use clap::Args;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// How long a run may take.
#[derive(Debug, Args)]
pub(super) struct Limits {
    /// End after this wall time with a valid result and a checkpoint, for `nanomold resume` to go on from: 30s, 45min, 1h 30min
    #[arg(long, value_name = "DURATION", value_parser = humantime::parse_duration)]
    max_wall: Option<Duration>,
}

impl Limits {
    /// Whether the time has a limit.
    pub fn is_limited(&self) -> bool {
        self.max_wall.is_some()
    }

    /// What asks the run to stop: a signal, or the end of its time.
    pub fn stop(&self) -> Stop {
        let stop = Stop::when(interrupt::flag(|warning| tracing::warn!("{warning}")));
        match self.max_wall {
            Some(limit) => stop.not_after(Instant::now() + limit),
            None => stop,
        }
    }
}

/// Has the log go into a run's folder and to the terminal.
pub(super) fn open_log(
    folder: &RunFolder,
    verbosity: &Verbosity,
    progress: &Progress,
) -> Result<(), Failure> {
    let level = output::log::terminal_level(verbosity.quiet, verbosity.verbose);
    let log = folder.join("log.txt");
    output::log::init(Some(&log), level, progress.lines()).map_err(Failure::Folder)?;
    Ok(())
}

/// A run of the full model before its first step, and what computes it.
pub(super) struct Work {
    pub loaded: LoadedCase,
    pub device: Resolved,
    pub computer: Computer,
    pub progress: Progress,
    pub stop: Stop,
}

/// Computes a run from its beginning. With `revolve` every frame is also turned to three dimensions.
pub(super) fn begin(work: Work, folder: &RunFolder, revolve: bool) -> Result<RunRecord, Failure> {
    let Work {
        loaded,
        device,
        computer,
        progress,
        stop,
    } = work;
    tracing::info!("{}: {}", loaded.case.name, device.reason);
    let mut opening = Opening::new(folder, &loaded)?;
    if let Some(warning) = &device.warning {
        opening.warn(warning);
    }
    let mut simulation = Simulation::on_until(&loaded, computer, stop)?;
    let recorder = FullRecorder::begin(opening, &loaded, folder, &mut simulation, revolve)?;
    Checkpoints::new(&loaded, folder).write(&simulation, &recorder)?;
    drive(&loaded, folder, simulation, recorder, progress)
}

/// Computes what is left of a run and writes its folder up to the record.
pub(super) fn drive(
    loaded: &LoadedCase,
    folder: &RunFolder,
    mut simulation: Simulation,
    mut recorder: FullRecorder,
    mut progress: Progress,
) -> Result<RunRecord, Failure> {
    let mut checkpoints = Checkpoints::new(loaded, folder);
    let early = loop {
        if simulation.stop().is_asked() && !simulation.is_finished() {
            break Some(interrupted(&simulation));
        }
        match simulation.advance() {
            Ok(Some(_)) => {}
            Ok(None) => break None,
            Err(error) if error.is_stop() => break Some(interrupted(&simulation)),
            Err(error) => break Some(Early::Failed(error.to_string())),
        }
        let recorded = recorder.step(&mut simulation).and_then(|()| {
            checkpoints.write_if_due(&simulation, &recorder)?;
            Ok(())
        });
        match recorded {
            Ok(()) => {}
            // All but a frame has been recorded.
            Err(RecordError::Simulation(error)) => break Some(Early::Failed(error.to_string())),
            Err(RecordError::Output(error)) => {
                progress.finish();
                return give_up(error, &mut simulation, recorder);
            }
        }
        progress.update(&simulation);
    };
    progress.finish();
    let early = early.or_else(|| {
        let stop = simulation.stop().is_asked();
        stop.then(|| interrupted(&simulation))
    });
    // A run that has come far is not lost while its error is being estimated, which may take a quarter of its time.
    match &early {
        Some(_) => checkpoints.write(&simulation, &recorder)?,
        None => checkpoints.write_if_late(&simulation, &recorder)?,
    }
    Ok(recorder.finish(&mut simulation, early)?)
}

/// Ends a run whose files cannot be written: what there is is kept as far as it can be, and the latest checkpoints as they are.
fn give_up(
    error: OutputError,
    simulation: &mut Simulation,
    recorder: FullRecorder,
) -> Result<RunRecord, Failure> {
    let early = Early::Failed(error.to_string());
    let record = recorder.finish(simulation, Some(early));
    record.map_err(|_| Failure::Output(error))
}

/// What has asked a run to stop.
fn interrupted(simulation: &Simulation) -> Early {
    let stop = simulation.stop();
    let by = if stop.is_late() && !stop.is_flagged() {
        "the time of --max-wall was over"
    } else {
        "a signal asked it to stop"
    };
    Early::Interrupted(by.to_owned())
}

/// Closes the folder with the record or the reason, and says how to go on.
pub(super) fn finish(
    folder: RunFolder,
    result: Result<RunRecord, Failure>,
) -> Result<ExitCode, Failure> {
    let path = folder.destination().to_path_buf();
    let go_on = format!("`nanomold resume {}` goes on from there", path.display());
    match result {
        Ok(record) => {
            let reason = record.ended_early.clone().unwrap_or_default();
            match record.status {
                RunStatus::Finished => {
                    folder.finish(&record)?;
                    Ok(ExitCode::SUCCESS)
                }
                RunStatus::Interrupted => {
                    tracing::info!("{reason}; {go_on}");
                    folder.finish(&record)?;
                    Ok(ExitCode::from(INTERRUPTED))
                }
                RunStatus::Failed => {
                    // Terminal and log, in one message.
                    tracing::error!("{reason}");
                    folder.fail_with(&record, &reason)?;
                    Ok(ExitCode::FAILURE)
                }
            }
        }
        Err(failure) => {
            tracing::error!("{}", failure.reason());
            folder.fail(&failure.reason());
            Ok(match failure {
                Failure::Simulation(SimulationError::Stopped { .. }) => ExitCode::from(INTERRUPTED),
                _ => ExitCode::FAILURE,
            })
        }
    }
}
