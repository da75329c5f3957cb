//! The folder of a sweep: `sweep.csv` grows block by block and is put into the order of the points at the end.
//!
//! | file | what |
//! | --- | --- |
//! | `sweep.csv` | one row per point; in the order of completion while the sweep runs |
//! | `timings.csv` | wall time and device per point: apart, so that `sweep.csv` is the same byte for byte however it came about |
//! | `sweep.toml` | the sweep as given |
//! | `sweep.resolved.toml` | what the results depend on ([`super::Plan::identity`]) |
//! | `RUNNING` | locked while a process writes here |

use super::plan::Plan;
use super::row::Columns;
use crate::output::{OutputError, write_atomic};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{BufRead, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// The table of results.
pub const TABLE: &str = "sweep.csv";
const TIMINGS: &str = "timings.csv";
const TIMINGS_HEADER: &[u8] = b"point,wall_s,device\n";
const RESOLVED: &str = "sweep.resolved.toml";
const RUNNING: &str = "RUNNING";

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

/// The points that have a row.
#[derive(Debug, Clone, Default)]
pub struct Done {
    bits: Vec<u64>,
    /// How many.
    pub count: u64,
    /// How many of them have failed.
    pub failed: u64,
}

impl Done {
    /// Whether a point has a row.
    pub fn has(&self, point: u64) -> bool {
        let word = self.bits.get((point / 64) as usize).copied();
        word.unwrap_or(0) >> (point % 64) & 1 == 1
    }

    /// Marks a point; false if it was marked before.
    pub fn mark(&mut self, point: u64, ok: bool) -> bool {
        if self.has(point) {
            return false;
        }
        let word = (point / 64) as usize;
        if self.bits.len() <= word {
            self.bits.resize(word + 1, 0);
        }
        self.bits[word] |= 1 << (point % 64);
        self.count += 1;
        self.failed += u64::from(!ok);
        true
    }
}

/// A sweep's folder, open for writing.
#[derive(Debug)]
pub struct Store {
    folder: PathBuf,
    columns: Columns,
    table: File,
    timings: File,
    synced: Instant,
    _lock: File,
}

impl Store {
    /// Opens the folder, and says which points it has. A last line that was cut short is dropped.
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
        std::fs::create_dir_all(folder).map_err(OutputError::io("create the folder", folder))?;
        let lock = lock(folder)?;
        let keeps = matches!(existing, Existing::Resume | Existing::RetryFailed);
        let mut done = Done::default();
        if keeps && table.exists() {
            check_identity(folder, plan)?;
            done = clean(&table, plan, existing == Existing::RetryFailed)?;
        } else {
            write_atomic(&folder.join("sweep.toml"), plan.given_text().as_bytes())?;
            write_atomic(&folder.join(RESOLVED), plan.identity().as_bytes())?;
            write_atomic(&folder.join(TIMINGS), TIMINGS_HEADER)?;
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
            _lock: lock,
        };
        Ok((store, done))
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.folder
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

fn lock(folder: &Path) -> Result<File, OutputError> {
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

/// Every whole line of a file after its header, with the offset of its start; ends at the first that is cut short.
fn each_line(path: &Path, mut found: impl FnMut(u64, &[u8]) -> bool) -> Result<u64, OutputError> {
    let failed = || OutputError::io("read", path);
    let mut reader = BufReader::new(File::open(path).map_err(failed())?);
    let mut line = Vec::new();
    let mut offset = 0u64;
    let mut header = true;
    loop {
        line.clear();
        let length = reader.read_until(b'\n', &mut line).map_err(failed())? as u64;
        if line.last() != Some(&b'\n') {
            return Ok(offset);
        }
        if !header && !found(offset, &line[..line.len() - 1]) {
            return Ok(offset);
        }
        header = false;
        offset += length;
    }
}

/// The points of a table, which is cut where its first bad line begins; failed points are taken out if they are to be
/// computed again.
fn clean(table: &Path, plan: &Plan, retry: bool) -> Result<Done, OutputError> {
    let columns = plan.columns();
    let mut header = vec![0; columns.header().len()];
    let begins = File::open(table).and_then(|mut file| file.read_exact(&mut header));
    if begins.is_err() || header != columns.header() {
        return Err(OutputError::Format {
            path: table.to_path_buf(),
            reason: "the columns are not those of this sweep".into(),
        });
    }
    let mut done = Done::default();
    let mut kept = columns.header();
    let end = each_line(table, |_, line| match columns.read(line) {
        Some((point, ok)) if point < plan.len() => {
            if retry && !ok {
                return true;
            }
            done.mark(point, ok);
            if retry {
                kept.extend_from_slice(line);
                kept.push(b'\n');
            }
            true
        }
        _ => false,
    })?;
    if retry {
        write_atomic(table, &kept)?;
    } else {
        let file = OpenOptions::new().write(true).open(table);
        file.and_then(|file| file.set_len(end))
            .map_err(OutputError::io("write", table))?;
    }
    Ok(done)
}

/// Rewrites a table in the order of its points, the latest line of each; only places are held in memory.
fn sort(path: &Path, key: impl Fn(&[u8]) -> Option<u64>) -> Result<(), OutputError> {
    let failed = || OutputError::io("write", path);
    let mut places: Vec<(u64, u64, u32)> = Vec::new();
    let mut start = None;
    each_line(path, |offset, line| {
        start.get_or_insert(offset);
        if let Some(point) = key(line) {
            places.push((point, offset, line.len() as u32 + 1));
        }
        true
    })?;
    places.sort_unstable();
    let Some(start) = start else { return Ok(()) };
    let mut file = File::open(path).map_err(failed())?;
    let temporary = path.with_extension("csv.tmp");
    let mut out = BufWriter::new(File::create(&temporary).map_err(failed())?);
    let mut copy = |offset: u64, length: u64| -> std::io::Result<()> {
        file.seek(SeekFrom::Start(offset))?;
        let mut bytes = vec![0; length as usize];
        file.read_exact(&mut bytes)?;
        out.write_all(&bytes)
    };
    copy(0, start).map_err(failed())?;
    for (index, &(point, offset, length)) in places.iter().enumerate() {
        if places.get(index + 1).is_none_or(|next| next.0 != point) {
            copy(offset, u64::from(length)).map_err(failed())?;
        }
    }
    let file = out
        .into_inner()
        .map_err(|error| failed()(error.into_error()))?;
    file.sync_all().map_err(failed())?;
    std::fs::rename(&temporary, path).map_err(failed())
}
