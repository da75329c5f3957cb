//! The run folder: never half-written and looking finished, never overwritten by accident.
//!
//! | file present | meaning |
//! | --- | --- |
//! | `RUNNING` | a run is writing here, or was killed while it did |
//! | `FAILED.txt` | the run ended with the error written there |
//! | `run.json` | the result is complete; this file is written last |

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};

use super::record::{RunRecord, utc_timestamp};
use super::{OutputError, vtk};

/// Marks a run in progress; holds an advisory lock as long as its process lives.
pub const RUNNING: &str = "RUNNING";
/// Holds the reason when a run ended with an error.
pub const FAILED: &str = "FAILED.txt";
/// The record of a complete run, written last.
pub const RECORD: &str = "run.json";

/// Every other file that a run writes directly into its folder. `--force` removes these and nothing else.
const RESULT_FILES: &[&str] = &[
    "history.csv",
    "flow.pvd",
    "layer.pvd",
    "front.pvd",
    "revolved.pvd",
    "wire.pvd",
    "length.png",
    "length.svg",
    "profile.csv",
    "profiles.csv",
    "profile.png",
    "profile.svg",
    "log.txt",
    "view.py",
    "case.toml",
    "case.resolved.toml",
];

/// A run folder that this process is writing.
///
/// Dropped without [`finish`](Self::finish) or [`fail`](Self::fail), it leaves `FAILED.txt` behind: an early return
/// or a panic cannot leave a folder that looks finished.
#[derive(Debug)]
pub struct RunFolder {
    path: PathBuf,
    /// Keeps the lock on `RUNNING`; `None` once the run has ended.
    lock: Option<File>,
}

impl RunFolder {
    /// Creates the folder (and its parents) and marks it as running.
    ///
    /// With `force`, the files of an earlier run are removed first; files that no run writes are left alone.
    ///
    /// # Errors
    /// [`OutputError::ExistingResult`] when the folder holds a file of an earlier run and `force` is false,
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
        fs::create_dir_all(&path).map_err(OutputError::io("create the folder", &path))?;
        let lock = lock_marker(&path)?;
        // From here on an error drops `folder`, which leaves the reason in FAILED.txt.
        let mut folder = Self {
            path,
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
    /// [`OutputError::InUse`] when a process is writing there, [`OutputError::Io`].
    pub fn remove(path: &Path) -> Result<(), OutputError> {
        let folder = Self::create(path, true)?;
        let marker = folder.join(RUNNING);
        let path = folder.path.clone();
        drop(folder.into_lock());
        fs::remove_file(&marker).map_err(OutputError::io("remove the earlier file", &marker))?;
        // What other programs put there stays, and the folder with it.
        let _ = fs::remove_dir(path.join(vtk::FIELDS));
        let _ = fs::remove_dir(&path);
        Ok(())
    }

    /// Ends without a result or a reason.
    fn into_lock(mut self) -> Option<File> {
        self.lock.take()
    }

    fn prepare(&mut self) -> Result<(), OutputError> {
        for file in earlier_files(&self.path) {
            fs::remove_file(&file).map_err(OutputError::io("remove the earlier file", &file))?;
        }
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

    /// Ends the run: writes `run.json` (the last file) and takes the `RUNNING` mark away. Also the way to end a run
    /// that was interrupted but whose files are valid, with the status in the record.
    ///
    /// # Errors
    /// [`OutputError::Io`]; [`OutputError::NotFinite`] for NaN or infinity in the record. The folder then counts as failed.
    pub fn finish(mut self, record: &RunRecord) -> Result<(), OutputError> {
        let written = record
            .to_json()
            .and_then(|json| self.write(RECORD, json.as_bytes()));
        match written {
            Ok(()) => {
                self.remove_marker();
                Ok(())
            }
            Err(error) => {
                self.close_as_failed(&error.to_string());
                Err(error)
            }
        }
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

/// Writes a file so that a reader sees the old contents or the new ones, never a part: temporary file in the same
/// folder, flushed to disk, renamed.
///
/// # Errors
/// [`OutputError::Io`]; the temporary file is then removed.
pub fn write_atomic(path: &Path, bytes: &[u8]) -> Result<(), OutputError> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let temporary = path.with_file_name(format!(".{name}.{}.tmp", std::process::id()));
    let result = File::create(&temporary)
        .and_then(|mut file| {
            file.write_all(bytes)?;
            file.sync_all()
        })
        .and_then(|()| fs::rename(&temporary, path));
    result.map_err(|error| {
        let _ = fs::remove_file(&temporary);
        OutputError::io("write", path)(error)
    })
}

/// The first file of an earlier run, and what it says about the folder.
fn existing_result(folder: &Path) -> Option<(String, &'static str)> {
    let states = [
        (RECORD, "a finished result"),
        (RUNNING, "a run that is in progress or was killed"),
        (FAILED, "a failed run"),
    ];
    for (file, what) in states {
        if folder.join(file).symlink_metadata().is_ok() {
            return Some((file.to_string(), what));
        }
    }
    let first = earlier_files(folder).into_iter().next()?;
    let name = first.strip_prefix(folder).unwrap_or(&first);
    Some((name.display().to_string(), "files of an earlier run"))
}

/// All files of an earlier run but its `RUNNING` mark, which the new run takes over. The record comes first, so that
/// a removal that is cut short leaves nothing that looks finished.
fn earlier_files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = [RECORD, FAILED]
        .iter()
        .chain(RESULT_FILES)
        .map(|name| folder.join(name))
        .filter(|file| file.symlink_metadata().is_ok_and(|meta| !meta.is_dir()))
        .collect();
    files.extend(vtk::existing_pieces(folder));
    files
}

/// Opens or creates `RUNNING` and locks it; a lock held by another process means that it is alive.
fn lock_marker(folder: &Path) -> Result<File, OutputError> {
    let marker = folder.join(RUNNING);
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
