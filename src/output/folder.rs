//! The run folder: never half-written and looking finished, never overwritten by accident.
//!
//! | file present | meaning |
//! | --- | --- |
//! | `RUNNING` | a run is writing here, or was killed while it did |
//! | `FAILED.txt` | the run ended with the error written there |
//! | `run.json` | a valid result; its `status` says whether the run reached its end |
//! | `checkpoint.bin` | the run can be resumed |
//! | `replacement/` | a run that is to take this one's place, and is not complete |

mod manifest;
mod stopped;
mod write;

pub use manifest::MANIFEST;
pub use stopped::Stopped;
pub(super) use write::sync_folder;
pub use write::write_atomic;

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};

use super::crate_metadata::{CRATE, metadata};
use super::record::{RunRecord, RunStatus, utc_timestamp};
use super::{OutputError, checkpoint, vtk};
use manifest::is_there;

/// Marks a run in progress; holds an advisory lock as long as its process lives.
pub const RUNNING: &str = "RUNNING";
/// Holds the reason when a run ended with an error.
pub const FAILED: &str = "FAILED.txt";
/// The record of a run that has ended, written after all else.
pub const RECORD: &str = "run.json";
/// Where a run writes that is to take the place of a result.
pub const REPLACEMENT: &str = "replacement";

/// A run folder that this process is writing.
///
/// Dropped without [`finish`](Self::finish) or [`fail`](Self::fail), it leaves `FAILED.txt` behind: an early return
/// or a panic cannot leave a folder that looks finished.
#[derive(Debug)]
pub struct RunFolder {
    path: PathBuf,
    /// The folder whose result this one is to replace.
    replaces: Option<PathBuf>,
    /// Keeps the lock on `RUNNING`; `None` once the run has ended.
    lock: Option<File>,
}

impl RunFolder {
    /// Creates the folder (and its parents) and marks it as running.
    ///
    /// With `force` an earlier run there is replaced: one that left a result or a checkpoint only when this one is complete
    /// (until then it is written into `replacement/`), one that left neither at once. Files that the earlier run's manifest does
    /// not list are never touched.
    ///
    /// # Errors
    /// [`OutputError::ExistingResult`] when the folder holds a file of an earlier run and `force` is false,
    /// [`OutputError::Foreign`] when it holds something else under a name that runs write,
    /// [`OutputError::InUse`] when another process is writing there (even with `force`),
    /// [`OutputError::NotAFolder`] and [`OutputError::Io`] when it cannot be created or written.
    pub fn create(path: impl AsRef<Path>, force: bool) -> Result<Self, OutputError> {
        let path = path.as_ref().to_path_buf();
        if path.exists() && !path.is_dir() {
            return Err(OutputError::NotAFolder { path });
        }
        if !force && let Some((file, what)) = existing_result(&path) {
            return Err(OutputError::ExistingResult {
                folder: path,
                file,
                what,
            });
        }
        require_own(&path)?;
        let mut place = (path.clone(), None);
        if force {
            Self::complete_replacement(&path)?;
            let is_worth_keeping = [RECORD, checkpoint::LATEST, checkpoint::PREVIOUS]
                .iter()
                .any(|name| is_there(&path.join(name)));
            if is_worth_keeping {
                place = (path.join(REPLACEMENT), Some(path));
                require_folder(&place.0)?;
                require_own(&place.0)?;
            }
        }
        let (path, replaces) = place;
        fs::create_dir_all(&path).map_err(OutputError::io("create the folder", &path))?;
        let lock = lock_marker(&path)?;
        // From here on an error drops `folder`, which leaves the reason in FAILED.txt.
        let mut folder = Self {
            path,
            replaces,
            lock: Some(lock),
        };
        match folder.prepare() {
            Ok(()) => Ok(folder),
            Err(error) => {
                folder.close_as_failed(&error.to_string());
                Err(error)
            }
        }
    }

    /// Removes the result of a run, and the folder if nothing else is in it.
    ///
    /// # Errors
    /// [`OutputError::InUse`] when a process is writing there, [`OutputError::Foreign`], [`OutputError::Io`].
    pub fn remove(path: &Path) -> Result<(), OutputError> {
        let replacement = path.join(REPLACEMENT);
        if is_there(&replacement) {
            require_folder(&replacement)?;
            Self::remove(&replacement)?;
        }
        require_own(path)?;
        let lock = lock_marker(path)?;
        remove_earlier(path)?;
        drop(lock);
        for name in [MANIFEST, RUNNING] {
            let file = path.join(name);
            if is_there(&file) {
                fs::remove_file(&file)
                    .map_err(OutputError::io("remove the earlier file", &file))?;
            }
        }
        // What other programs put there stays, and the folder with it.
        let _ = fs::remove_dir(path);
        Ok(())
    }

    /// Puts a complete replacement into the place of the result in `path`, if there is one: the last part of a run with
    /// `force`, which may have been cut short.
    ///
    /// # Errors
    /// [`OutputError::InUse`], [`OutputError::Io`].
    pub fn complete_replacement(path: &Path) -> Result<(), OutputError> {
        let new = path.join(REPLACEMENT);
        let is_complete = !is_there(&new.join(RUNNING))
            && RunRecord::read(&new).is_ok_and(|record| record.status == RunStatus::Finished);
        if !is_complete {
            return Ok(());
        }
        require_folder(&new)?;
        require_own(path)?;
        let lock = lock_marker(path)?;
        let listed = |folder: &Path| fs::read(folder.join(MANIFEST)).ok();
        // With one and the same list every file takes another's place; so it is if this was cut short before.
        if listed(path) != listed(&new) {
            remove_earlier(path)?;
            write_atomic(&path.join(MANIFEST), &listed(&new).unwrap_or_default())?;
        }
        let mut files = manifest::own(&new);
        // The record comes last: until then nothing looks finished.
        files.reverse();
        if files.iter().any(|file| file.parent() != Some(&new)) {
            let fields = path.join(vtk::FIELDS);
            fs::create_dir_all(&fields).map_err(OutputError::io("create the folder", &fields))?;
        }
        for from in files {
            let to = path.join(manifest::name_in(&new, &from));
            fs::rename(&from, &to).map_err(OutputError::io("put the new result at", &to))?;
        }
        drop(lock);
        for mark in [path.join(RUNNING), new.join(MANIFEST)] {
            fs::remove_file(&mark).map_err(OutputError::io("remove", &mark))?;
        }
        let _ = fs::remove_dir(new.join(vtk::FIELDS));
        let _ = fs::remove_dir(&new);
        Ok(())
    }

    fn prepare(&mut self) -> Result<(), OutputError> {
        remove_earlier(&self.path)?;
        manifest::claim(&self.path)?;
        self.mark_started()
    }

    fn mark_started(&mut self) -> Result<(), OutputError> {
        if let Some(lock) = &mut self.lock {
            writeln!(
                lock,
                "started {}",
                utc_timestamp(std::time::SystemTime::now())
            )
            .map_err(OutputError::io("write", &self.path.join(RUNNING)))?;
        }
        Ok(())
    }

    /// The folder itself.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where the result will be if the run reaches its end: the folder itself, or the one that it is to replace.
    pub fn destination(&self) -> &Path {
        self.replaces.as_deref().unwrap_or(&self.path)
    }

    /// The path of a file in the folder.
    pub fn join(&self, name: impl AsRef<Path>) -> PathBuf {
        self.path.join(name)
    }

    /// Writes a file of the folder atomically.
    ///
    /// # Errors
    /// [`OutputError::Io`].
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<(), OutputError> {
        write_atomic(&self.join(name), bytes)
    }

    /// Ends the run: writes `run.json` after all else and takes the `RUNNING` mark away. One that reached its end also loses its
    /// checkpoints and takes the place of the result that it is to replace; one that was ended early keeps both, with the status in
    /// the record.
    ///
    /// # Errors
    /// [`OutputError::Io`]; [`OutputError::NotFinite`] for NaN or infinity in the record. The folder then counts as failed.
    pub fn finish(mut self, record: &RunRecord) -> Result<(), OutputError> {
        let is_complete = record.status == RunStatus::Finished;
        match self.close(record, is_complete) {
            Ok(()) => self.remove_marker(),
            Err(error) => {
                self.close_as_failed(&error.to_string());
                return Err(error);
            }
        }
        match &self.replaces {
            Some(earlier) if is_complete => Self::complete_replacement(earlier),
            _ => Ok(()),
        }
    }

    fn close(&self, record: &RunRecord, is_complete: bool) -> Result<(), OutputError> {
        // Before anything is written: a record that cannot be written leaves nothing.
        let text = record.to_json()?;
        let files = manifest::present(&self.path).into_iter();
        let names = files.map(|path| manifest::name_in(&self.path, &path));
        let passing = [
            checkpoint::NEW,
            checkpoint::LATEST,
            checkpoint::PREVIOUS,
            CRATE,
        ];
        let mut names: Vec<String> = names
            .filter(|name| !passing.contains(&name.as_str()))
            .collect();
        if !names.iter().any(|name| name == RECORD) {
            names.insert(0, RECORD.to_owned());
        }
        self.write(CRATE, metadata(record, &names).as_bytes())?;
        self.write(RECORD, text.as_bytes())?;
        if is_complete {
            self.forget_checkpoints();
        }
        manifest::settle(&self.path)
    }

    /// A run that has reached its end needs none.
    fn forget_checkpoints(&self) {
        for name in [checkpoint::NEW, checkpoint::LATEST, checkpoint::PREVIOUS] {
            let _ = fs::remove_file(self.join(name));
        }
    }

    /// Ends the run with an error after it left a valid result up to some time: its record, and the reason in `FAILED.txt`.
    ///
    /// # Errors
    /// As [`finish`](Self::finish).
    pub fn fail_with(mut self, record: &RunRecord, reason: &str) -> Result<(), OutputError> {
        let closed = self.close(record, false);
        self.close_as_failed(reason);
        closed
    }

    /// Ends the run with an error: writes the reason to `FAILED.txt` and takes the `RUNNING` mark away.
    pub fn fail(mut self, reason: &str) {
        self.close_as_failed(reason);
    }

    /// Best effort: the caller already has an error to report, and `RUNNING` stays if the reason cannot be written.
    fn close_as_failed(&mut self, reason: &str) {
        let text = format!(
            "This run did not finish: {reason}\nended {}\n",
            utc_timestamp(std::time::SystemTime::now())
        );
        if self.write(FAILED, text.as_bytes()).is_ok() {
            let _ = manifest::settle(&self.path);
            self.remove_marker();
        } else {
            self.lock = None;
        }
    }

    fn remove_marker(&mut self) {
        // Closed before it is removed: Windows does not delete open files.
        if self.lock.take().is_some() {
            let _ = fs::remove_file(self.join(RUNNING));
        }
    }
}

impl Drop for RunFolder {
    fn drop(&mut self) {
        if self.lock.is_some() {
            self.close_as_failed("the program stopped before the result was complete");
        }
    }
}

/// The first file of an earlier run, and what it says about the folder.
fn existing_result(folder: &Path) -> Option<(String, &'static str)> {
    let states = [
        (RECORD, "a result"),
        (RUNNING, "a run that is in progress or was killed"),
        (FAILED, "a failed run"),
    ];
    for (file, what) in states {
        if is_there(&folder.join(file)) {
            return Some((file.to_string(), what));
        }
    }
    let first = manifest::own(folder).into_iter().next()?;
    Some((manifest::name_in(folder, &first), "files of an earlier run"))
}

/// Refuses a folder that holds something under a name that runs write, and no run's manifest lists it.
fn require_own(folder: &Path) -> Result<(), OutputError> {
    match manifest::foreign(folder) {
        None => Ok(()),
        Some(file) => Err(OutputError::Foreign {
            folder: folder.to_path_buf(),
            file,
        }),
    }
}

/// Refuses a link or a file where a folder of ours is or will be.
fn require_folder(path: &Path) -> Result<(), OutputError> {
    match path.symlink_metadata() {
        Ok(meta) if !meta.is_dir() => Err(OutputError::NotAFolder {
            path: path.to_path_buf(),
        }),
        _ => Ok(()),
    }
}

/// Removes the files of an earlier run but its `RUNNING` mark, which the new run takes over.
fn remove_earlier(folder: &Path) -> Result<(), OutputError> {
    manifest::sweep_up(folder);
    let failed = Some(folder.join(FAILED)).filter(|failed| is_there(failed));
    for file in manifest::own(folder).into_iter().chain(failed) {
        fs::remove_file(&file).map_err(OutputError::io("remove the earlier file", &file))?;
    }
    // Only if nothing else is in it.
    let _ = fs::remove_dir(folder.join(vtk::FIELDS));
    Ok(())
}

/// Opens or creates `RUNNING` and locks it; a lock held by another process means that it is alive.
fn lock_marker(folder: &Path) -> Result<File, OutputError> {
    let marker = folder.join(RUNNING);
    if is_there(&marker) && !marker.symlink_metadata().is_ok_and(|meta| meta.is_file()) {
        return Err(OutputError::Foreign {
            folder: folder.to_path_buf(),
            file: RUNNING.to_owned(),
        });
    }
    let file = OpenOptions::new()
        .create(true)
        .write(true)
        .truncate(false)
        .open(&marker)
        .map_err(OutputError::io("write into the output folder", &marker))?;
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => {
            return Err(OutputError::InUse {
                folder: folder.to_path_buf(),
            });
        }
        // A file system without locks: the mark alone has to do.
        Ok(()) | Err(TryLockError::Error(_)) => {}
    }
    file.set_len(0)
        .map_err(OutputError::io("write into the output folder", &marker))?;
    Ok(file)
}
