//! Files that are there as a whole or not at all.

use crate::output::OutputError;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::Path;

/// Writes a file so that a reader sees the old contents or the new ones, never a part: temporary file in the same
/// folder, flushed to disk, renamed. Where there is a link, it is replaced, not followed.
///
/// # Errors
/// [`OutputError::Io`]; the temporary file is then removed.
pub fn write_atomic(path: &Path, bytes: &[u8]) -> Result<(), OutputError> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let temporary = path.with_file_name(format!(".{name}.{}.tmp", std::process::id()));
    let result = create_new(&temporary)
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

/// Creates a file where there is none: no link is followed. What an earlier process with the same number left is in the way and
/// goes.
fn create_new(path: &Path) -> std::io::Result<File> {
    let create = || OpenOptions::new().write(true).create_new(true).open(path);
    create().or_else(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => fs::remove_file(path).and_then(|()| create()),
        _ => Err(error),
    })
}

/// Has the names of a folder's files reach the disk, as far as the system can.
pub(in crate::output) fn sync_folder(folder: &Path) {
    // Windows does not open folders, and needs no such thing.
    if let Ok(folder) = File::open(folder) {
        let _ = folder.sync_all();
    }
}
