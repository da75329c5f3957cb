//! The folder of a sweep: `sweep.csv` grows block by block and is put into the order of the points at the end.
//!
//! | file | what |
//! | --- | --- |
//! | `sweep.csv` | one row per point; in the order of completion while the sweep runs |
//! | `timings.csv` | wall time and device per point, apart, so that `sweep.csv` is the same byte for byte however it came about; and a checksum of the time and the row |
//! | `sweep.toml` | the sweep as given |
//! | `sweep.resolved.toml` | what the results depend on ([`super::Plan::identity`]) |
//! | `points/<number>/` | on request, the folder of each point's run |
//! | `RUNNING` | locked while a process writes here |
//! | `replacement/` | a sweep that overwrites this one, until all its points are there ([`super::Replacement`]) |

use super::done::Done;
use super::folders::{self, Folders};
use super::lines::{clean, sort};
use super::plan::Plan;
use super::row::Columns;
use super::stored::Refused;
use crate::output::{OutputError, write_atomic};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// The table of results.
pub const TABLE: &str = "sweep.csv";
pub(super) const TIMINGS: &str = "timings.csv";
pub(super) const TIMINGS_HEADER: &[u8] = b"point,wall_s,device,crc32\n";
const RESOLVED: &str = "sweep.resolved.toml";
pub(super) const RUNNING: &str = "RUNNING";

/// Longest time that written rows stay in the operating system's memory only. A killed process loses none of them, a
/// machine without power those of so long.
const SYNC_EVERY: Duration = Duration::from_millis(500);

/// What to do with results that are there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existing {
    /// Refuse.
    Refuse,
    /// Keep them and compute what is missing.
    Resume,
    /// Keep those that did not fail.
    RetryFailed,
    /// Overwrite them.
    Overwrite,
}

/// A sweep's folder, open for writing.
#[derive(Debug)]
pub struct Store {
    folder: PathBuf,
    columns: Columns,
    table: File,
    timings: File,
    synced: Instant,
    folders: Option<Folders>,
    refused: Vec<Refused>,
    _lock: File,
}

impl Store {
    /// Opens the folder, and says which points it has. A last line that was cut short is dropped, and so is every row that is not as
    /// it was written or not of this sweep ([`Store::refused`]).
    ///
    /// # Errors
    /// [`OutputError::ExistingResult`] if there are results and they are not wanted, [`OutputError::InUse`] if another
    /// process writes there, [`OutputError::Format`] if they are another sweep's, with the first difference;
    /// [`OutputError::Io`].
    pub fn open(
        folder: &Path,
        plan: &Plan,
        existing: Existing,
    ) -> Result<(Self, Done), OutputError> {
        if folder.exists() && !folder.is_dir() {
            return Err(OutputError::NotAFolder {
                path: folder.to_path_buf(),
            });
        }
        let table = folder.join(TABLE);
        if existing == Existing::Refuse && table.exists() {
            return Err(OutputError::ExistingResult {
                folder: folder.to_path_buf(),
                file: TABLE.into(),
                what: "a sweep; continue it with --resume",
            });
        }
        if existing != Existing::Overwrite && !table.exists() {
            folders::require_none(folder)?;
        }
        std::fs::create_dir_all(folder).map_err(OutputError::io("create the folder", folder))?;
        let lock = lock(folder)?;
        let keeps = matches!(existing, Existing::Resume | Existing::RetryFailed);
        let (mut done, mut refused) = (Done::default(), Vec::new());
        if keeps && table.exists() {
            check_identity(folder, plan)?;
            (done, refused) = clean(folder, plan, existing == Existing::RetryFailed)?;
        } else {
            // First: a table says that the rest is there, and one that was left beside another sweep's identity would be taken for
            // its results.
            if table.exists() {
                std::fs::remove_file(&table).map_err(OutputError::io("remove", &table))?;
                sync_folder(folder)?;
            }
            write_atomic(&folder.join("sweep.toml"), plan.given_text().as_bytes())?;
            write_atomic(&folder.join(RESOLVED), plan.identity().as_bytes())?;
            write_atomic(&folder.join(TIMINGS), TIMINGS_HEADER)?;
            folders::clear(folder)?;
            super::report::clear(folder);
            // Last: a table says that the rest is there.
            write_atomic(&table, &plan.columns().header())?;
        }
        let append = |name: &str| {
            let path = folder.join(name);
            let mut options = OpenOptions::new();
            let file = options.append(true).create(true).open(&path);
            file.map_err(OutputError::io("write", &path))
        };
        let store = Store {
            folder: folder.to_path_buf(),
            columns: plan.columns().clone(),
            table: append(TABLE)?,
            timings: append(TIMINGS)?,
            synced: Instant::now(),
            folders: None,
            refused,
            _lock: lock,
        };
        Ok((store, done))
    }

    /// Rows that were found and not believed: their points are not done.
    pub fn refused(&self) -> &[Refused] {
        &self.refused
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.folder
    }

    /// Lets every point leave a folder of its own. Points of `plan` that have a row but no complete folder are no longer `done`.
    pub fn keep_folders(&mut self, plan: &Plan, done: &mut Done) {
        let folders = Folders::of(&self.folder);
        done.take_back(plan.len(), |point| !folders.is_complete(point));
        self.folders = Some(folders);
    }

    /// The folders of the points, if they leave any.
    pub(super) fn folders(&self) -> Option<Folders> {
        self.folders.clone()
    }

    /// Appends whole lines to both tables. The times go first, so that a row has its time.
    ///
    /// # Errors
    /// [`OutputError::Io`].
    pub fn append(&mut self, lines: &[u8], timings: &[u8]) -> Result<(), OutputError> {
        let paths = [TIMINGS, TABLE].map(|name| self.folder.join(name));
        self.timings
            .write_all(timings)
            .map_err(OutputError::io("write", &paths[0]))?;
        self.table
            .write_all(lines)
            .map_err(OutputError::io("write", &paths[1]))?;
        if self.synced.elapsed() >= SYNC_EVERY {
            self.table
                .sync_data()
                .map_err(OutputError::io("write", &paths[1]))?;
            self.synced = Instant::now();
        }
        Ok(())
    }

    /// Puts both tables into the order of the points.
    ///
    /// # Errors
    /// [`OutputError::Io`].
    pub fn finish(self) -> Result<(), OutputError> {
        let columns = &self.columns;
        sort(&self.folder.join(TABLE), |line| {
            columns.read(line).map(|(point, _)| point)
        })?;
        sort(&self.folder.join(TIMINGS), |line| {
            let text = std::str::from_utf8(line).ok()?;
            text.split(',').next()?.parse().ok()
        })?;
        let _ = std::fs::remove_file(self.folder.join(RUNNING));
        Ok(())
    }
}

/// Makes sure that what was removed from a folder stays so.
fn sync_folder(folder: &Path) -> Result<(), OutputError> {
    // Only Unix opens folders; elsewhere the order of writes has to do.
    match File::open(folder) {
        Ok(open) if cfg!(unix) => open.sync_all().map_err(OutputError::io("sync", folder)),
        _ => Ok(()),
    }
}

pub(super) fn lock(folder: &Path) -> Result<File, OutputError> {
    let path = folder.join(RUNNING);
    let mut options = OpenOptions::new();
    let options = options.create(true).write(true).truncate(false);
    let file = options
        .open(&path)
        .map_err(OutputError::io("write", &path))?;
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => Err(OutputError::InUse {
            folder: folder.to_path_buf(),
        }),
        // A file system without locks: nothing can be said.
        Ok(()) | Err(TryLockError::Error(_)) => Ok(file),
    }
}

/// The text by which the sweep of a folder is known.
pub(super) fn identity(folder: &Path) -> Result<String, OutputError> {
    let path = folder.join(RESOLVED);
    std::fs::read_to_string(&path).map_err(OutputError::io("read", &path))
}

fn check_identity(folder: &Path, plan: &Plan) -> Result<(), OutputError> {
    let found = identity(folder)?;
    match difference(&found, plan.identity()) {
        None => Ok(()),
        Some([there, here]) => Err(OutputError::Format {
            path: folder.to_path_buf(),
            reason: format!(
                "it holds another sweep: there `{there}`, here `{here}`; choose another folder with --out, or overwrite it with --force"
            ),
        }),
    }
}

/// The first lines that differ.
pub(super) fn difference(a: &str, b: &str) -> Option<[String; 2]> {
    if a == b {
        return None;
    }
    let (mut left, mut right) = (a.lines(), b.lines());
    loop {
        let pair = [left.next(), right.next()];
        if pair[0] != pair[1] || pair[0].is_none() {
            return Some(pair.map(|line| line.unwrap_or("(nothing)").to_owned()));
        }
    }
}
