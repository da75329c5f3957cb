//! What a recorder keeps in a checkpoint, and how it goes on from there.

use super::{FullRecorder, HISTORY, LOG, PROFILES};
use crate::case::LoadedCase;
use crate::output::checkpoint::LATEST;
use crate::output::vtk::Frames;
use crate::output::{self, FieldSeries, HistoryWriter, OutputError, RunFolder};
use crate::results::opening::Told;
use crate::results::stages::Stages;
use crate::results::{Opening, fields};
use crate::simulation::{LargestLoads, Load};
use serde::{Deserialize, Serialize};

/// What a recorder remembers from step to step.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Notes {
    pub revolve: bool,
    /// Text of `profiles.csv`.
    pub profiles: String,
    /// Largest element balance and coupling difference so far.
    pub worst: [f64; 2],
    /// Steps that did not couple.
    pub uncoupled: usize,
    /// The largest loads so far.
    pub loads: LargestLoads,
    /// The device's failure has been told.
    pub told_failure: bool,
    /// The latest step has its frame.
    pub written: bool,
}

impl Notes {
    /// Before the first step, at whose beginning the alloy bears this load.
    pub fn new(load: Load) -> Self {
        Notes {
            revolve: false,
            profiles: String::new(),
            worst: [0.0; 2],
            uncoupled: 0,
            loads: LargestLoads::new(load),
            told_failure: false,
            written: false,
        }
    }
}

/// All of a recorder, for a checkpoint: files that grow are kept whole, so that what happens to them later does no harm.
#[derive(Serialize, Deserialize)]
struct Kept {
    told: Told,
    notes: Notes,
    frames: Frames,
    /// The stage of the process that is running.
    stage: usize,
    history: String,
    log_bytes: u64,
}

impl<'a> FullRecorder<'a> {
    /// Continues what [`FullRecorder::save`] gave: the files in the folder are those of that moment again.
    ///
    /// # Errors
    /// [`OutputError`].
    pub fn resume(
        loaded: &'a LoadedCase,
        folder: &'a RunFolder,
        kept: &serde_json::Value,
    ) -> Result<Self, OutputError> {
        let path = folder.join(LATEST);
        let kept = Kept::deserialize(kept).map_err(OutputError::format(&path))?;
        let history = folder.join(HISTORY);
        let rows = output::parse_history(kept.history.as_bytes(), &history)?;
        if !kept.notes.profiles.is_empty() {
            folder.write(PROFILES, kept.notes.profiles.as_bytes())?;
        }
        Ok(FullRecorder {
            loaded,
            folder,
            opening: Opening::resume(kept.told),
            series: (loaded.case.output.frames > 0)
                .then(|| {
                    let format = fields::format(&loaded.case, kept.notes.revolve);
                    FieldSeries::resume(folder, format, kept.frames)
                })
                .transpose()?,
            history: HistoryWriter::resume(history, &kept.history)?,
            points: rows.iter().map(|row| (row.time_s, row.length_nm)).collect(),
            notes: kept.notes,
            stages: Stages::resume(loaded, kept.stage),
        })
    }

    /// Takes the log of a folder back to what it was when [`FullRecorder::save`] gave `kept`, before it is opened again.
    ///
    /// # Errors
    /// [`OutputError`].
    pub fn take_log_back(folder: &RunFolder, kept: &serde_json::Value) -> Result<(), OutputError> {
        let bytes = kept.get("log_bytes").and_then(serde_json::Value::as_u64);
        output::log::take_back(&folder.join(LOG), bytes.unwrap_or(0))
    }

    /// Everything that it needs to go on, between two steps.
    ///
    /// # Errors
    /// [`OutputError::Io`] if a table cannot be read back.
    pub fn save(&self) -> Result<serde_json::Value, OutputError> {
        let kept = Kept {
            told: self.opening.told(),
            notes: self.notes.clone(),
            frames: self
                .series
                .as_ref()
                .map(FieldSeries::frames)
                .unwrap_or_default(),
            stage: self.stages.running(),
            history: self.history.text()?,
            log_bytes: output::log::length(&self.folder.join(LOG)),
        };
        serde_json::to_value(kept).map_err(OutputError::format(&self.folder.join(LATEST)))
    }
}
