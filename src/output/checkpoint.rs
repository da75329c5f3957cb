//! Checkpoints: a run's state in a file of plain parts that any language reads.
//!
//! ```text
//!   bytes   what
//!   0–7     `nanomold`
//!   8–15    length of the whole file, unsigned, little-endian like all that follows
//!   16–23   length h of the header
//!   24–     header: h bytes of JSON, padded with spaces so that what follows starts at a multiple of 8
//!   24+h–   the arrays, one after the other: 64-bit floating-point numbers
//!   last 8  CRC-32 (that of zlib) of everything before it, as a 64-bit number
//! ```
//!
//! The header says what the file is and lists the arrays by name, offset (in numbers from the first) and count;
//! `docs/reliability.md` shows how numpy reads it. A run folder keeps the latest two.

#![warn(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::unreachable,
    clippy::todo,
    clippy::indexing_slicing
)]

use super::folder::sync_folder;
use super::{OutputError, write_atomic};
use crate::saved::Saved;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::fs;
use std::path::Path;

/// The latest checkpoint of a run folder.
pub const LATEST: &str = "checkpoint.bin";
/// The one before it.
pub const PREVIOUS: &str = "checkpoint.previous.bin";

/// What every checkpoint begins with.
const MAGIC: &[u8; 8] = b"nanomold";
/// Bytes before the header.
const PREFIX: usize = 24;
/// Bytes after the arrays.
const SUFFIX: usize = 8;
/// The version of what the header and the arrays mean.
const FORMAT: u32 = 2;

/// A run at one moment: what its next step depends on, and what belongs to it.
#[derive(Clone, Debug, PartialEq)]
pub struct Checkpoint {
    /// Who wrote it, and when in the run.
    pub origin: Origin,
    /// The case with every default filled in, as TOML.
    pub case: String,
    /// What the run's recorder holds.
    pub recorder: Value,
    /// What the next step depends on.
    pub state: Saved,
}

/// Who wrote a checkpoint, and when in the run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Origin {
    /// Version of the program.
    pub version: String,
    /// Commit that the program was built from.
    pub git_hash: Option<String>,
    /// Device that computed.
    pub device: String,
    /// Steps made.
    pub steps: u32,
    /// Time reached in s.
    pub time_s: f64,
    /// Length reached in nm.
    pub length_nm: f64,
}

/// One array of the file.
#[derive(Serialize, Deserialize)]
struct Place {
    name: String,
    offset: usize,
    count: usize,
}

#[derive(Serialize, Deserialize)]
struct Header {
    format: u32,
    origin: Origin,
    case: String,
    recorder: Value,
    values: Map<String, Value>,
    arrays: Vec<Place>,
}

impl Checkpoint {
    /// The bytes of the file.
    #[expect(clippy::expect_used, reason = "keys are texts")]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut offset = 0;
        let arrays = self.state.arrays.iter().map(|(name, numbers)| {
            let place = Place {
                name: name.clone(),
                offset,
                count: numbers.len(),
            };
            offset += numbers.len();
            place
        });
        let header = Header {
            format: FORMAT,
            origin: self.origin.clone(),
            case: self.case.clone(),
            recorder: self.recorder.clone(),
            values: self.state.values.clone(),
            arrays: arrays.collect(),
        };
        let mut text = serde_json::to_vec(&header).expect("texts, tables and numbers");
        text.resize(text.len().next_multiple_of(8), b' ');
        let length = PREFIX + text.len() + 8 * offset + SUFFIX;
        let mut bytes = Vec::with_capacity(length);
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&(length as u64).to_le_bytes());
        bytes.extend_from_slice(&(text.len() as u64).to_le_bytes());
        bytes.extend_from_slice(&text);
        for number in self.state.arrays.values().flatten() {
            bytes.extend_from_slice(&number.to_le_bytes());
        }
        let checksum = u64::from(crc32fast::hash(&bytes));
        bytes.extend_from_slice(&checksum.to_le_bytes());
        bytes
    }

    /// Puts a checkpoint together from the bytes of its file.
    ///
    /// # Errors
    /// What is wrong with them, in words: nothing of a damaged file is believed.
    #[expect(clippy::indexing_slicing, reason = "the lengths are compared before")]
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, String> {
        let number = |at: usize| {
            let bytes = bytes.get(at..at + 8)?.try_into().ok()?;
            Some(u64::from_le_bytes(bytes))
        };
        if bytes.get(..MAGIC.len()) != Some(MAGIC) {
            return Err("it does not begin as a checkpoint does".into());
        }
        let (Some(length), Some(header)) = (number(8), number(16)) else {
            return Err("it ends before its header".into());
        };
        if length != bytes.len() as u64 || bytes.len() < PREFIX + SUFFIX {
            return Err(format!("it has {} bytes of {length}", bytes.len()));
        }
        let end = bytes.len() - SUFFIX;
        if number(end) != Some(u64::from(crc32fast::hash(&bytes[..end]))) {
            return Err("its checksum is not that of its contents".into());
        }
        let inside = "its header does not fit its contents";
        let header_end = usize::try_from(header)
            .ok()
            .and_then(|header| header.checked_add(PREFIX))
            .filter(|&at| at <= end)
            .ok_or(inside)?;
        let text = &bytes[PREFIX..header_end];
        check_format(text)?;
        let header: Header = serde_json::from_slice(text).map_err(|e| format!("{inside}: {e}"))?;
        let (numbers, rest) = bytes[header_end..end].as_chunks::<8>();
        let mut state = Saved {
            values: header.values,
            ..Saved::default()
        };
        for Place {
            name,
            offset,
            count,
        } in header.arrays
        {
            let until = offset.checked_add(count);
            let array = until.and_then(|until| numbers.get(offset..until));
            let array = array.filter(|_| rest.is_empty()).ok_or(inside)?;
            state.put(
                name,
                array
                    .iter()
                    .map(|b| f64::from_le_bytes(*b))
                    .collect::<Vec<_>>(),
            );
        }
        Ok(Checkpoint {
            origin: header.origin,
            case: header.case,
            recorder: header.recorder,
            state,
        })
    }

    /// Makes this the latest checkpoint of a run folder; the one that was it becomes the previous one.
    ///
    /// # Errors
    /// [`OutputError::Io`]; the folder then has the checkpoints that it had.
    pub fn write(&self, folder: &Path) -> Result<(), OutputError> {
        let (latest, previous) = (folder.join(LATEST), folder.join(PREVIOUS));
        let new = folder.join(NEW);
        // Beside the others until it is whole: there are two at every moment.
        write_atomic(&new, &self.to_bytes())?;
        if latest.symlink_metadata().is_ok() {
            fs::rename(&latest, &previous).map_err(OutputError::io("rename", &latest))?;
        }
        fs::rename(&new, &latest).map_err(OutputError::io("rename", &new))?;
        sync_folder(folder);
        Ok(())
    }
}

/// A checkpoint that is written and not yet the latest.
pub(super) const NEW: &str = "checkpoint.new.bin";

/// A checkpoint of another version is told apart before its parts are looked at.
fn check_format(header: &[u8]) -> Result<(), String> {
    #[derive(Deserialize)]
    struct Format {
        format: u32,
        origin: Origin,
    }
    let found: Format = serde_json::from_slice(header)
        .map_err(|error| format!("its header cannot be understood: {error}"))?;
    if found.format == FORMAT {
        return Ok(());
    }
    Err(format!(
        "its format is number {}, of nanomold {}; this is nanomold {}, whose format is number {FORMAT}",
        found.format,
        found.origin.version,
        env!("CARGO_PKG_VERSION")
    ))
}

/// What a run folder has of checkpoints.
#[derive(Debug, Default)]
pub struct Found {
    /// The newest one that is whole.
    pub checkpoint: Option<Checkpoint>,
    /// What is wrong with newer ones.
    pub refused: Vec<String>,
}

/// The newest checkpoint of a run folder that is whole.
///
/// # Errors
/// [`OutputError::Io`] if one is there and cannot be read.
pub fn newest(folder: &Path) -> Result<Found, OutputError> {
    let mut found = Found::default();
    // One that was whole but not yet the latest when the program ended counts.
    for name in [NEW, LATEST, PREVIOUS] {
        let path = folder.join(name);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            Err(error) => return Err(OutputError::io("read", &path)(error)),
        };
        match Checkpoint::from_bytes(&bytes) {
            Ok(checkpoint) => {
                found.checkpoint = Some(checkpoint);
                break;
            }
            Err(reason) => found.refused.push(format!("{}: {reason}", path.display())),
        }
    }
    Ok(found)
}
