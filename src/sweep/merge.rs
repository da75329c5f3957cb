//! Shards joined to one table.

use super::done::Done;
use super::plan::Plan;
use super::replacement::Replacement;
use super::store::{Existing, Store, TABLE, TIMINGS, difference, identity};
use super::stored::Seals;
use crate::output::OutputError;
use crate::output::kept::fingerprint;
use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

/// What a merge found.
#[derive(Debug, Clone, Default)]
pub struct Merged {
    /// Points with a row.
    pub done: Done,
    /// Points that stood in two places with equal rows; one of them was taken.
    pub double: Vec<u64>,
    /// Points that had failed in one place and not in another; the row that did not fail was taken.
    pub recovered: Vec<u64>,
    /// Points that stood in two places with different rows; the first was taken.
    pub conflicting: Vec<Conflict>,
    /// Rows that are not as they were written, or not of this sweep; passed over.
    pub refused: Vec<(Place, String)>,
}

/// A row of a shard's table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The shard's folder.
    pub folder: PathBuf,
    /// Line in its table, from 1.
    pub line: u64,
}

/// A point with two results.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// The point.
    pub point: u64,
    /// Where they stand; the first was taken.
    pub places: [Place; 2],
}

/// Joins the tables of `folders` into `out`, which is then a folder of the whole sweep: it can be resumed.
///
/// # Errors
/// [`OutputError::Format`] if a folder holds another sweep; those of [`Store::open`].
pub fn merge(
    plan: &Plan,
    folders: &[PathBuf],
    out: &Replacement,
    existing: Existing,
) -> Result<Merged, OutputError> {
    for folder in folders {
        if let Some([there, here]) = difference(&identity(folder)?, plan.identity()) {
            return Err(OutputError::Format {
                path: folder.clone(),
                reason: format!("it holds another sweep: there `{there}`, here `{here}`"),
            });
        }
    }
    let place = |path: &Path| std::fs::canonicalize(path).ok();
    if let Some(shard) = folders
        .iter()
        .find(|folder| place(folder).is_some_and(|there| place(out.folder()) == Some(there)))
    {
        return Err(OutputError::Format {
            path: shard.clone(),
            reason: "it is joined, and cannot be what the result is written to: take another --out"
                .into(),
        });
    }
    let (mut store, done) = Store::open(out.at(), plan, existing)?;
    let mut merged = Merged {
        done,
        ..Merged::default()
    };
    // Of what stands twice the rows are compared by their hash: memory for the whole table is not needed.
    let mut first: HashMap<u64, Seen> = HashMap::new();
    for (number, folder) in folders.iter().enumerate() {
        let mut seals = Seals::read(&folder.join(TIMINGS))?;
        each(&folder.join(TABLE), |line_number, line| {
            let here = Seen {
                hash: fingerprint(line),
                folder: number,
                line: line_number,
            };
            let (point, ok) = match plan.columns().verified(plan, line, &mut seals) {
                Ok(row) => row,
                Err(reason) => {
                    merged.refused.push((here.place(folders), reason));
                    return Ok(());
                }
            };
            if merged.done.has(point) {
                let failed = merged.done.has_failed(point);
                if failed == ok {
                    merged.recovered.push(point);
                } else {
                    match first.get(&point) {
                        Some(known) if known.hash != here.hash => {
                            let places = [known, &here].map(|seen| seen.place(folders));
                            merged.conflicting.push(Conflict { point, places });
                        }
                        _ => merged.double.push(point),
                    }
                }
                // What did not fail counts, whichever comes first; otherwise the first.
                if !(failed && ok) {
                    return Ok(());
                }
            }
            merged.done.put(point, ok);
            first.insert(point, here);
            let time = seals.of(point, line).unwrap_or_default();
            store.append(&[line, b"\n"].concat(), &[time.as_bytes(), b"\n"].concat())
        })?;
    }
    store.finish()?;
    Ok(merged)
}

/// A row that was taken.
struct Seen {
    hash: u64,
    folder: usize,
    line: u64,
}

impl Seen {
    fn place(&self, folders: &[PathBuf]) -> Place {
        Place {
            folder: folders[self.folder].clone(),
            line: self.line,
        }
    }
}

/// Gives number and text of every line after the header to `found`.
fn each(
    path: &Path,
    mut found: impl FnMut(u64, &[u8]) -> Result<(), OutputError>,
) -> Result<(), OutputError> {
    let file = File::open(path).map_err(OutputError::io("read", path))?;
    for (index, line) in BufReader::new(file).split(b'\n').enumerate() {
        let line = line.map_err(OutputError::io("read", path))?;
        if index > 0 && !line.is_empty() {
            found(index as u64 + 1, &line)?;
        }
    }
    Ok(())
}
