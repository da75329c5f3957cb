//! What belongs to a run: the files that its manifest lists, and no others.
//!
//! A run takes a folder only if none of the names that it may write is taken there; from then on they are its own, and
//! `manifest.txt` says so. When it ends the manifest lists what is really there.

use super::{FAILED, RECORD, RUNNING, write_atomic};
use crate::output::crate_metadata::CRATE;
use crate::output::{OutputError, checkpoint, vtk};
use std::fs;
use std::path::{Path, PathBuf};

/// Lists the files of a run, one a line.
pub const MANIFEST: &str = "manifest.txt";

/// Stands in the manifest of a run in progress for all of its pieces.
const ALL_PIECES: &str = "fields/*";

/// Every file that a run writes directly into its folder besides its marks.
const FILES: &[&str] = &[
    RECORD,
    CRATE,
    "history.csv",
    "flow.pvd",
    "layer.pvd",
    "front.pvd",
    "revolved.pvd",
    "wire.pvd",
    "flow.vtkhdf",
    "layer.vtkhdf",
    "front.vtkhdf",
    "length.png",
    "length.svg",
    "profile.csv",
    "profiles.csv",
    "profile.png",
    "profile.svg",
    "uncertainty.csv",
    "log.txt",
    "view.py",
    "case.toml",
    "case.resolved.toml",
    checkpoint::LATEST,
    checkpoint::PREVIOUS,
    checkpoint::NEW,
];

/// Whether there is anything at `path`, a link that leads nowhere included.
pub(super) fn is_there(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

/// Whether a path is a file itself, not a link to one.
fn is_file(path: &Path) -> bool {
    path.symlink_metadata().is_ok_and(|meta| meta.is_file())
}

/// What there is in `folder` under the names that runs write, the record first, so that a removal that is cut short leaves nothing
/// that looks finished.
pub(super) fn present(folder: &Path) -> Vec<PathBuf> {
    let files = FILES.iter().map(|name| folder.join(name));
    let mut found: Vec<PathBuf> = files.filter(|path| is_there(path)).collect();
    found.extend(vtk::existing_pieces(folder));
    found
}

/// The files of an earlier run in `folder`: those present that its manifest lists, and are files.
pub(super) fn own(folder: &Path) -> Vec<PathBuf> {
    let text = fs::read_to_string(folder.join(MANIFEST)).unwrap_or_default();
    let listed: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
    let is_listed = |path: &Path| {
        let name = name_in(folder, path);
        let is_piece = path.parent().is_some_and(|parent| parent != folder);
        listed.contains(&name.as_str()) || is_piece && listed.contains(&ALL_PIECES)
    };
    let mut found = present(folder);
    found.retain(|path| is_file(path) && is_listed(path));
    found
}

/// The first thing in `folder` that has a name which runs write and is not an earlier run's.
pub(super) fn foreign(folder: &Path) -> Option<String> {
    let own = own(folder);
    let marks = [RUNNING, FAILED, MANIFEST].map(|name| folder.join(name));
    let taken = marks
        .into_iter()
        .find(|mark| is_there(mark) && !is_file(mark));
    let linked = Some(folder.join(vtk::FIELDS))
        .filter(|fields| is_there(fields) && !fields.symlink_metadata().is_ok_and(|m| m.is_dir()));
    let other = present(folder).into_iter().find(|path| !own.contains(path));
    let found = taken.or(linked).or(other)?;
    Some(name_in(folder, &found))
}

/// A path of `folder` as its manifest names it.
pub(super) fn name_in(folder: &Path, path: &Path) -> String {
    let name = path.strip_prefix(folder).unwrap_or(path);
    name.to_string_lossy().replace('\\', "/")
}

/// Claims every name that a run may write.
pub(super) fn claim(folder: &Path) -> Result<(), OutputError> {
    let names = FILES.iter().copied().chain([ALL_PIECES]);
    write(folder, names.map(str::to_owned).collect())
}

/// Lists what a run that ends has written.
pub(super) fn settle(folder: &Path) -> Result<(), OutputError> {
    let own = own(folder);
    write(
        folder,
        own.iter().map(|path| name_in(folder, path)).collect(),
    )
}

fn write(folder: &Path, names: Vec<String>) -> Result<(), OutputError> {
    let text = format!(
        "# The files of this run: `--force` removes these and no others.\n{}\n",
        names.join("\n")
    );
    write_atomic(&folder.join(MANIFEST), text.as_bytes())
}

/// Removes what writes that were cut short have left in `folder` and its pieces.
pub(super) fn sweep_up(folder: &Path) {
    let is_known = |name: &str| {
        let marks = [MANIFEST, FAILED];
        FILES.contains(&name) || marks.contains(&name) || vtk::is_piece(name)
    };
    for folder in [folder.to_path_buf(), folder.join(vtk::FIELDS)] {
        if !folder.symlink_metadata().is_ok_and(|meta| meta.is_dir()) {
            continue;
        }
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let of = name
                .strip_prefix('.')
                .and_then(|name| name.strip_suffix(".tmp"))
                .and_then(|name| name.rsplit_once('.'))
                .filter(|(_, process)| process.bytes().all(|b| b.is_ascii_digit()));
            if of.is_some_and(|(name, _)| is_known(name)) && is_file(&entry.path()) {
                let _ = fs::remove_file(entry.path());
            }
        }
    }
}
