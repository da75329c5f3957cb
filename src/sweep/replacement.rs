//! A sweep that replaces another one: until all its points are there it is kept beside it, in `replacement/`.

use super::store::{Existing, TABLE, lock};
use super::{folders, report};
use crate::output::OutputError;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

/// Folder of a sweep that replaces the one beside it.
const REPLACEMENT: &str = "replacement";

/// Where a sweep writes, and where its results belong.
#[derive(Debug)]
pub struct Replacement {
    folder: PathBuf,
    at: PathBuf,
    /// Of the folder, where the sweep writes beside it.
    lock: Option<File>,
}

impl Replacement {
    /// For results in `folder`. They are written beside those that are there and are to be overwritten, and beside them is gone on
    /// with where a replacement has been begun.
    ///
    /// # Errors
    /// [`OutputError::InUse`] if another process writes there; [`OutputError::NotAFolder`]; [`OutputError::Io`].
    pub fn new(folder: &Path, existing: Existing) -> Result<Self, OutputError> {
        let beside = folder.join(REPLACEMENT);
        let begun = match beside.symlink_metadata() {
            Ok(meta) if !meta.is_dir() => {
                return Err(OutputError::NotAFolder { path: beside });
            }
            Ok(_) => beside.join(TABLE).exists(),
            Err(_) => false,
        };
        let replaces = existing == Existing::Overwrite && folder.join(TABLE).exists();
        let is_beside = begun || replaces;
        Ok(Replacement {
            folder: folder.to_path_buf(),
            lock: is_beside.then(|| lock(folder)).transpose()?,
            at: if is_beside {
                beside
            } else {
                folder.to_path_buf()
            },
        })
    }

    /// Where the results belong.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where the sweep writes.
    pub fn at(&self) -> &Path {
        &self.at
    }

    /// Whether there are earlier results, which stay until [`Self::promote`].
    pub fn is_beside(&self) -> bool {
        self.lock.is_some()
    }

    /// All is there: it takes the place of the earlier results, of which nothing stays.
    ///
    /// # Errors
    /// [`OutputError::Io`]. Going on with the sweep finishes what was left.
    pub fn promote(self) -> Result<PathBuf, OutputError> {
        if !self.is_beside() {
            return Ok(self.folder);
        }
        // First: a table says that the rest is there.
        let table = self.folder.join(TABLE);
        if table.exists() {
            fs::remove_file(&table).map_err(OutputError::io("remove", &table))?;
        }
        folders::clear(&self.folder)?;
        report::clear(&self.folder);
        move_into(&self.at, &self.folder, &|name| name != TABLE)?;
        move_into(&self.at, &self.folder, &|_| true)?;
        fs::remove_dir(&self.at).map_err(OutputError::io("remove", &self.at))?;
        let _ = fs::remove_file(self.folder.join(super::store::RUNNING));
        Ok(self.folder)
    }
}

/// Moves what is in a folder, as far as its name is `wanted`, into another one; folders that are there too are joined.
fn move_into(from: &Path, to: &Path, wanted: &dyn Fn(&str) -> bool) -> Result<(), OutputError> {
    for entry in fs::read_dir(from).map_err(OutputError::io("read", from))? {
        let entry = entry.map_err(OutputError::io("read", from))?;
        let name = entry.file_name();
        if !wanted(&name.to_string_lossy()) {
            continue;
        }
        let (old, new) = (entry.path(), to.join(&name));
        let is_folder = |path: &Path| path.symlink_metadata().is_ok_and(|meta| meta.is_dir());
        if is_folder(&old) && is_folder(&new) {
            move_into(&old, &new, &|_| true)?;
            fs::remove_dir(&old).map_err(OutputError::io("remove", &old))?;
        } else {
            fs::rename(&old, &new).map_err(OutputError::io("write", &new))?;
        }
    }
    Ok(())
}
