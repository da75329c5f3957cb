//! The folder of a run that did not reach its end.

use super::manifest::{self, is_there};
use super::{FAILED, RECORD, REPLACEMENT, RUNNING, RunFolder, lock_marker, require_own};
use crate::output::OutputError;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

/// The folder of a run that is to be resumed, before anything in it is changed; nobody else writes there meanwhile.
#[derive(Debug)]
pub struct Stopped {
    path: PathBuf,
    replaces: Option<PathBuf>,
    lock: Option<File>,
    /// Whether the mark was there before.
    was_marked: bool,
}

impl Stopped {
    /// Opens the folder of a run that did not reach its end: `path`, or the replacement for it that was begun there.
    ///
    /// # Errors
    /// [`OutputError::NotAFolder`], [`OutputError::Foreign`] when it is not a run's, [`OutputError::InUse`], [`OutputError::Io`].
    pub fn open(path: &Path) -> Result<Self, OutputError> {
        if !path.is_dir() {
            return Err(OutputError::NotAFolder {
                path: path.to_path_buf(),
            });
        }
        RunFolder::complete_replacement(path)?;
        let replacement = path.join(REPLACEMENT);
        let has_begun = !manifest::present(&replacement).is_empty();
        let (path, replaces) = match has_begun {
            true => (replacement, Some(path.to_path_buf())),
            false => (path.to_path_buf(), None),
        };
        require_own(&path)?;
        let was_marked = is_there(&path.join(RUNNING));
        let lock = lock_marker(&path)?;
        Ok(Stopped {
            path,
            replaces,
            lock: Some(lock),
            was_marked,
        })
    }

    /// Where the run's files are.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Takes the folder for the same run from its beginning: what it left is removed.
    ///
    /// # Errors
    /// [`OutputError::Io`].
    pub fn start_over(self) -> Result<RunFolder, OutputError> {
        let mut folder = self.into_folder();
        folder.prepare()?;
        Ok(folder)
    }

    fn into_folder(mut self) -> RunFolder {
        RunFolder {
            path: self.path.clone(),
            replaces: self.replaces.take(),
            lock: self.lock.take(),
        }
    }

    /// Ends a run that had written the record of its end, and was killed before it could put its folder in order.
    ///
    /// # Errors
    /// [`OutputError::Io`].
    pub fn settle(self) -> Result<(), OutputError> {
        if !self.was_marked {
            return Ok(());
        }
        let mut folder = self.into_folder();
        manifest::sweep_up(&folder.path);
        folder.forget_checkpoints();
        manifest::settle(&folder.path)?;
        folder.remove_marker();
        match folder.replaces.take() {
            Some(earlier) => RunFolder::complete_replacement(&earlier),
            None => Ok(()),
        }
    }

    /// Takes the run up: what said that it had ended is removed, and every name that it may write is its own again.
    ///
    /// # Errors
    /// [`OutputError::Io`].
    pub fn take_up(self) -> Result<RunFolder, OutputError> {
        let mut folder = self.into_folder();
        manifest::sweep_up(&folder.path);
        manifest::claim(&folder.path)?;
        for name in [RECORD, FAILED] {
            let file = folder.join(name);
            if is_there(&file) {
                fs::remove_file(&file).map_err(OutputError::io("remove", &file))?;
            }
        }
        folder.mark_started()?;
        Ok(folder)
    }
}

impl Drop for Stopped {
    fn drop(&mut self) {
        if self.lock.take().is_some() && !self.was_marked {
            let _ = fs::remove_file(self.path.join(RUNNING));
        }
    }
}
