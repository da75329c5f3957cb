//! The folders of a sweep's points, `points/<number>/`: each holds what `nanomold run` leaves for the point's case.

use super::row::PointResult;
use crate::output::folder::RECORD;
use crate::output::{OutputError, RunFolder, RunRecord, log};
use std::path::{Path, PathBuf};

/// Where the folders of the points are.
const POINTS: &str = "points";

/// The folders of a sweep's points.
#[derive(Debug, Clone)]
pub(super) struct Folders {
    all: PathBuf,
}

/// What a point gave and the record to close its folder with; none if the sweep was stopped meanwhile.
pub(super) type Recorded = Option<Result<(PointResult, RunRecord), String>>;

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
        self.path(point).join(RECORD).is_file()
    }

    /// Opens the folder of a point, what a killed or another run left there removed, lets `compute` fill it and closes it. Until
    /// then it looks unfinished; a point that failed or was stopped leaves `FAILED.txt`.
    pub(super) fn fill(
        &self,
        point: u64,
        compute: impl FnOnce(&RunFolder) -> Recorded,
    ) -> Option<Result<PointResult, String>> {
        let filled = || -> Result<Option<Result<PointResult, String>>, OutputError> {
            let folder = RunFolder::create(self.path(point), true)?;
            let found = log::into_file(&folder.join("log.txt"), || compute(&folder))?;
            Ok(match found {
                None => {
                    folder.fail("the sweep was stopped");
                    None
                }
                Some(Err(reason)) => {
                    folder.fail(&reason);
                    Some(Err(reason))
                }
                Some(Ok((result, record))) => {
                    folder.finish(&record)?;
                    Some(Ok(result))
                }
            })
        };
        // A result that cannot be written is none.
        filled().unwrap_or_else(|error| Some(Err(error.to_string())))
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
