//! The folders of a sweep's points, `points/<number>/`: each holds what `nanomold run` leaves for the point's case.

use super::point::Outcome;
use super::row::PointResult;
use crate::case::LoadedCase;
use crate::output::checkpoint::{LATEST, PREVIOUS, newest};
use crate::output::folder::Stopped;
use crate::output::{Checkpoint, OutputError, RunFolder, RunRecord, RunStatus, log};
use crate::results::{FullRecorder, difference};
use std::path::{Path, PathBuf};

/// Where the folders of the points are.
const POINTS: &str = "points";

/// The folders of a sweep's points.
#[derive(Debug, Clone)]
pub(super) struct Folders {
    all: PathBuf,
}

/// What a point gave and the record to close its folder with.
pub(super) type Recorded = Outcome<(PointResult, RunRecord)>;

impl Folders {
    /// Those of the sweep in `sweep`.
    pub fn of(sweep: &Path) -> Self {
        Folders {
            all: sweep.join(POINTS),
        }
    }

    /// The folder of a point.
    pub fn path(&self, point: u64) -> PathBuf {
        self.all.join(point.to_string())
    }

    /// Whether the folder of a point is there with a complete result.
    pub fn is_complete(&self, point: u64) -> bool {
        RunRecord::read(&self.path(point)).is_ok_and(|record| record.status == RunStatus::Finished)
    }

    /// Opens the folder of the point with the case `loaded`, lets `compute` fill it and closes it. What a killed or stopped run left
    /// there is gone on with if it left a checkpoint, else removed. Until it is closed it looks unfinished; a point that failed or
    /// was stopped leaves `FAILED.txt`.
    pub(super) fn fill(
        &self,
        point: u64,
        loaded: &LoadedCase,
        compute: impl FnOnce(&RunFolder, Option<&Checkpoint>) -> Recorded,
    ) -> Outcome<PointResult> {
        let filled = || -> Outcome<PointResult> {
            let (folder, checkpoint) = self.open(point, loaded)?;
            let log = folder.join("log.txt");
            let recorded = log::into_file(&log, || compute(&folder, checkpoint.as_ref()))?;
            match recorded {
                Ok(None) => {
                    folder.fail("the sweep was stopped");
                    Ok(None)
                }
                Ok(Some(Err(reason))) => {
                    folder.fail(&reason);
                    Ok(Some(Err(reason)))
                }
                Ok(Some(Ok((result, record)))) => {
                    folder.finish(&record)?;
                    Ok(Some(Ok(result)))
                }
                Err(error) => {
                    folder.fail(&error.to_string());
                    Err(error)
                }
            }
        };
        match filled() {
            // A folder that is not to be had is its point's failure; a disk that is full is nobody's.
            Err(error) if !matches!(error, OutputError::Io { .. }) => {
                Ok(Some(Err(error.to_string())))
            }
            other => other,
        }
    }

    /// The folder of a point, with the checkpoint to go on from.
    fn open(
        &self,
        point: u64,
        loaded: &LoadedCase,
    ) -> Result<(RunFolder, Option<Checkpoint>), OutputError> {
        let path = self.path(point);
        let has_checkpoint = |name| path.join(name).symlink_metadata().is_ok();
        if self.is_complete(point) || ![LATEST, PREVIOUS].into_iter().any(has_checkpoint) {
            return Ok((RunFolder::create(path, true)?, None));
        }
        let stopped = Stopped::open(&path)?;
        let found = newest(stopped.path())?.checkpoint;
        let found =
            found.filter(|found| difference(&found.case, &loaded.resolved_toml()).is_empty());
        let folder = match &found {
            Some(checkpoint) => {
                let folder = stopped.take_up()?;
                FullRecorder::take_log_back(&folder, &checkpoint.recorder)?;
                folder
            }
            None => stopped.start_over()?,
        };
        Ok((folder, found))
    }
}

/// The folders of points that are there in `sweep`.
fn existing(sweep: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(sweep.join(POINTS)) else {
        return Vec::new();
    };
    let is_point = |name: &str| name.bytes().all(|byte| byte.is_ascii_digit());
    let folders = entries.flatten().filter(|entry| {
        let name = entry.file_name();
        // A link could lead into somebody else's folder.
        name.to_str().is_some_and(is_point) && entry.file_type().is_ok_and(|kind| kind.is_dir())
    });
    folders.map(|entry| entry.path()).collect()
}

/// Refuses a folder that holds points of a sweep but no table that they could belong to.
pub(super) fn require_none(sweep: &Path) -> Result<(), OutputError> {
    match existing(sweep).is_empty() {
        true => Ok(()),
        false => Err(OutputError::ExistingResult {
            folder: sweep.to_path_buf(),
            file: POINTS.into(),
            what: "the points of a sweep whose table is gone",
        }),
    }
}

/// Removes what the points of an earlier sweep left in `sweep`; what no run writes stays.
pub(super) fn clear(sweep: &Path) -> Result<(), OutputError> {
    for point in existing(sweep) {
        RunFolder::remove(&point)?;
    }
    // Only if nothing else is in it.
    let _ = std::fs::remove_dir(sweep.join(POINTS));
    Ok(())
}
