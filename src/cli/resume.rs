//! `nanomold resume`.

use super::device::Resolved;
use super::drive::{Limits, Work, begin, drive, finish, open_log};
use super::failure::Failure;
use super::progress::Progress;
use super::{DeviceChoice, Overrides, Verbosity};
use crate::case::{self, LoadedCase, Model};
use crate::output::checkpoint::{Found, LATEST, newest};
use crate::output::folder::Stopped;
use crate::output::{Checkpoint, OutputError, RunFolder, RunRecord, RunStatus};
use crate::results::{FullRecorder, difference, expected_cells};
use crate::simulation::Simulation;
use clap::Args;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The case of a run, every default filled in.
const CASE: &str = "case.resolved.toml";

#[derive(Debug, Args)]
pub(super) struct Resume {
    /// Folder of the run
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    #[command(flatten)]
    device: DeviceChoice,
    /// Change what does not change what was computed: numerics.max_steps, output.checkpoint_minutes
    #[command(flatten)]
    overrides: Overrides,
    #[command(flatten)]
    limits: Limits,
    #[command(flatten)]
    verbosity: Verbosity,
}

impl Resume {
    pub fn execute(self) -> Result<ExitCode, Failure> {
        let stopped = Stopped::open(&self.folder).map_err(Failure::Folder)?;
        let path = stopped.path().to_path_buf();
        if let Ok(record) = RunRecord::read(&path)
            && record.status == RunStatus::Finished
        {
            stopped.settle()?;
            super::print(format_args!(
                "{}: the run reached its end at t = {} s; there is nothing to resume\n",
                self.folder.display(),
                record.time_s
            ))?;
            return Ok(ExitCode::SUCCESS);
        }
        let loaded = self.load(&path)?;
        let Found {
            checkpoint,
            refused,
        } = newest(&path).map_err(Failure::Folder)?;
        if let Some(checkpoint) = &checkpoint {
            require_same(checkpoint, &loaded, &path)?;
        }
        // Before the folder: a device that does not exist leaves it as it is.
        let mut device = self.device.resolve(expected_cells(&loaded))?;
        let computer = device.computer(loaded.case.numerics.precision)?;
        let work = Work {
            progress: Progress::new(self.verbosity.quiet > 0),
            stop: self.limits.stop(),
            loaded,
            device,
            computer,
        };
        let Some(checkpoint) = checkpoint else {
            let folder = stopped.start_over().map_err(Failure::Folder)?;
            open_log(&folder, &self.verbosity, &work.progress)?;
            tell_damaged(&refused);
            tracing::info!("there is no checkpoint to go on from: the run starts at the beginning");
            let result = begin(work, &folder, false);
            return finish(folder, result);
        };
        let folder = stopped.take_up().map_err(Failure::Folder)?;
        FullRecorder::take_log_back(&folder, &checkpoint.recorder)?;
        open_log(&folder, &self.verbosity, &work.progress)?;
        tell_damaged(&refused);
        let result = go_on(work, &folder, &checkpoint);
        finish(folder, result)
    }

    /// The case of the run in `folder`.
    fn load(&self, folder: &Path) -> Result<LoadedCase, Failure> {
        let path = folder.join(CASE);
        if !path.exists() {
            return Err(Failure::Usage(format!(
                "{} is missing: the run ended before anything was computed; run its case again, with --force",
                path.display()
            )));
        }
        let mut loaded = case::load(&path, &self.overrides.set)?;
        if let Ok(given) = std::fs::read_to_string(folder.join("case.toml")) {
            loaded.given_text = given;
        }
        if loaded.case.model == Model::Reduced {
            return Err(Failure::Usage(format!(
                "{}: the reduced model takes microseconds and has no checkpoints; run the case again, with --force",
                path.display()
            )));
        }
        Ok(loaded)
    }
}

/// Goes on from a checkpoint.
fn go_on(work: Work, folder: &RunFolder, checkpoint: &Checkpoint) -> Result<RunRecord, Failure> {
    let Work {
        loaded,
        device,
        computer,
        progress,
        stop,
    } = work;
    tell(checkpoint, &device);
    folder.write(CASE, loaded.resolved_toml().as_bytes())?;
    let unfit = |error| OutputError::format(&folder.join(LATEST))(error);
    let mut simulation =
        Simulation::restore(&loaded, computer, stop, &checkpoint.state).map_err(unfit)?;
    let mut recorder = FullRecorder::resume(&loaded, folder, &checkpoint.recorder)?;
    recorder.frame_if_due(&mut simulation)?;
    drive(&loaded, folder, simulation, recorder, progress)
}

fn tell_damaged(refused: &[String]) {
    for reason in refused {
        tracing::warn!("a checkpoint is damaged and not used: {reason}");
    }
}

/// Says what the run goes on from, and on what.
fn tell(checkpoint: &Checkpoint, device: &Resolved) {
    let origin = &checkpoint.origin;
    tracing::info!(
        "resumed after step {}, t = {:.6} s, L = {:.4} nm; {}",
        origin.steps,
        origin.time_s,
        origin.length_nm,
        device.reason
    );
    let version = env!("CARGO_PKG_VERSION");
    if origin.version != version {
        tracing::info!(
            "the checkpoint is of nanomold {}, this is {version}: the steps to come may differ from that one's",
            origin.version
        );
    }
    if origin.device != device.name() {
        tracing::info!(
            "the steps before were computed on {}: those to come agree with them as far as the devices' arithmetic does",
            origin.device
        );
    }
}

/// Refuses a case that is not the one of the checkpoint, with what differs.
fn require_same(
    checkpoint: &Checkpoint,
    loaded: &LoadedCase,
    folder: &Path,
) -> Result<(), Failure> {
    let differs = difference(&checkpoint.case, &loaded.resolved_toml());
    if differs.is_empty() {
        return Ok(());
    }
    Err(Failure::Usage(format!(
        "the checkpoint in {} is of another case; it goes on only with its own\n  {}",
        folder.display(),
        differs.join("\n  ")
    )))
}
