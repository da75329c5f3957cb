//! One point of a sweep: by the full model, alone or with the folder of its run.

use super::folders::Recorded;
use super::row::{PointResult, TipComposition};
use crate::case::LoadedCase;
use crate::compute::{Computer, Machine};
use crate::output::{Checkpoint, OutputError, RunFolder, RunRecord};
use crate::results::{Checkpoints, FullRecorder, Opening, RecordError};
use crate::simulation::{Ending, Simulation, SimulationError, Step, ending};
use crate::stop::Stop;

/// What a point gave, or why it failed; none if the sweep was stopped meanwhile; an error if its files cannot be written.
pub(super) type Outcome<R> = Result<Option<Result<R, String>>, OutputError>;

/// A file that cannot be written is nothing that a point could be blamed for; anything else is.
pub(super) fn failed_or_unwritable<R>(
    recorded: Result<R, RecordError>,
) -> Result<Result<R, String>, OutputError> {
    match recorded {
        Ok(found) => Ok(Ok(found)),
        Err(RecordError::Output(error @ OutputError::Io { .. })) => Err(error),
        Err(error) => Ok(Err(error.to_string())),
    }
}

/// A point by the full model; none if the sweep was stopped meanwhile. `machine` is told what computed it in the end.
pub(super) fn full(
    loaded: &LoadedCase,
    computer: Computer,
    machine: &mut Machine,
    stop: &Stop,
) -> Option<Result<PointResult, String>> {
    let run = || -> Result<PointResult, SimulationError> {
        let mut simulation = Simulation::on_until(loaded, computer, stop.clone())?;
        while advances(&mut simulation)? {}
        *machine = simulation.computer().at_work();
        Ok(outcome(loaded, &simulation))
    };
    match run() {
        Ok(found) if is_cut_short(&found, loaded, stop) => None,
        Ok(found) => Some(Ok(found)),
        Err(error) if error.is_stop() => None,
        Err(error) => Some(Err(error.to_string())),
    }
}

/// Whether the error of a run was not estimated because the sweep was stopped meanwhile.
fn is_cut_short(found: &PointResult, loaded: &LoadedCase, stop: &Stop) -> bool {
    stop.is_asked() && loaded.case.numerics.estimate_error && found.error_estimate.is_none()
}

/// Makes a step; false at the end of the run.
fn advances(simulation: &mut Simulation) -> Result<bool, SimulationError> {
    if simulation.stop().is_asked() && !simulation.is_finished() {
        let time = simulation.latest().conditions.time;
        return Err(SimulationError::Stopped { time });
    }
    Ok(simulation.advance()?.is_some())
}

/// The same, with the folder of its run; it goes on from a checkpoint, if there is one.
pub(super) fn full_into(
    folder: &RunFolder,
    loaded: &LoadedCase,
    from: Option<&Checkpoint>,
    computer: Computer,
    machine: &mut Machine,
    stop: &Stop,
) -> Recorded {
    let run = || -> Result<(PointResult, RunRecord), RecordError> {
        let (mut simulation, mut recorder) = begin(folder, loaded, from, computer, stop)?;
        let mut checkpoints = Checkpoints::new(loaded, folder);
        loop {
            match advances(&mut simulation) {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => {
                    if error.is_stop() && simulation.steps() > 0 {
                        checkpoints.write(&simulation, &recorder)?;
                    }
                    return Err(error.into());
                }
            }
            recorder.step(&mut simulation)?;
            checkpoints.write_if_due(&simulation, &recorder)?;
        }
        *machine = simulation.computer().at_work();
        let found = outcome(loaded, &simulation);
        if is_cut_short(&found, loaded, stop) {
            checkpoints.write(&simulation, &recorder)?;
            let time = simulation.latest().conditions.time;
            return Err(SimulationError::Stopped { time }.into());
        }
        let record = recorder.finish(&mut simulation, None)?;
        Ok((found, record))
    };
    match run() {
        Err(RecordError::Simulation(error)) if error.is_stop() => Ok(None),
        recorded => failed_or_unwritable(recorded).map(Some),
    }
}

/// A run at its beginning, or as a checkpoint has it.
fn begin<'a>(
    folder: &'a RunFolder,
    loaded: &'a LoadedCase,
    from: Option<&Checkpoint>,
    computer: Computer,
    stop: &Stop,
) -> Result<(Simulation<'a>, FullRecorder<'a>), RecordError> {
    let Some(checkpoint) = from else {
        let opening = Opening::new(folder, loaded)?;
        let mut simulation = Simulation::on_until(loaded, computer, stop.clone())?;
        let recorder = FullRecorder::begin(opening, loaded, folder, &mut simulation, false)?;
        return Ok((simulation, recorder));
    };
    tracing::info!(
        "resumed after step {}, t = {:.6} s",
        checkpoint.origin.steps,
        checkpoint.origin.time_s
    );
    let unfit = |error| OutputError::format(folder.path())(error);
    let mut simulation =
        Simulation::restore(loaded, computer, stop.clone(), &checkpoint.state).map_err(unfit)?;
    let mut recorder = FullRecorder::resume(loaded, folder, &checkpoint.recorder)?;
    recorder.frame_if_due(&mut simulation)?;
    Ok((simulation, recorder))
}

/// What a finished run gives.
fn outcome(loaded: &LoadedCase, simulation: &Simulation) -> PointResult {
    let last = simulation.latest();
    let [tip, contact] = last.tip_and_contact();
    let mut found = result(loaded, last, tip.max(contact));
    // Not known where the run fails on the coarser grid.
    let accuracy = simulation.accuracy().ok().flatten();
    found.error_estimate = accuracy.map(|accuracy| accuracy.total());
    if let (Some(composition), Some(record)) = (simulation.composition(), &last.composition) {
        let sections = composition.profile();
        found.composition = Some(TipComposition {
            tip: sections.last().map_or(Vec::new(), |row| row.mean.clone()),
            amorphous_length: record.crystallinity.map(|found| found.amorphous_length),
            crystalline_share: record.crystallinity.map(|found| found.share),
        });
    }
    found
}

/// What the last step of a run, whose front reaches to `top` (m), gives.
pub(super) fn result(loaded: &LoadedCase, last: &Step, top: f64) -> PointResult {
    let ending = ending(loaded, last.conditions.time, last.length, top);
    PointResult {
        length: last.length,
        tip_length: last.tip_and_contact()[0],
        shares: last.shares(),
        lambda: last.conditions.scales.lambda(),
        composition: None,
        error_estimate: None,
        stop: match ending {
            Some(Ending::Length) => "length",
            Some(Ending::Filled) => "filled",
            Some(Ending::Time) | None => "time",
        },
    }
}
