//! Results that take long each, kept one by one until all are there: a command that is ended goes on with those it has.
//!
//! The file stands beside what the command writes in the end, `<name>.computed`, and is removed then. Every line is JSON: the key's
//! fingerprint, the numbers, and a CRC-32 of both; a line that is not whole is passed over.

use super::OutputError;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// What the first line says.
const HEADER: &str = "nanomold: results so far; the command that is told to write the file beside this one goes on with them";

#[derive(Serialize, Deserialize)]
struct Line {
    key: String,
    numbers: Vec<f64>,
    crc32: u32,
}

impl Line {
    fn new(key: String, numbers: &[f64]) -> Self {
        Line {
            crc32: checksum(&key, numbers),
            key,
            numbers: numbers.to_vec(),
        }
    }

    fn is_whole(&self) -> bool {
        self.crc32 == checksum(&self.key, &self.numbers)
    }
}

fn checksum(key: &str, numbers: &[f64]) -> u32 {
    let mut sum = crc32fast::Hasher::new();
    sum.update(key.as_bytes());
    for number in numbers {
        sum.update(&number.to_le_bytes());
    }
    sum.finalize()
}

/// FNV-1a, 64 bits.
pub(crate) fn fingerprint(bytes: &[u8]) -> u64 {
    (bytes.iter()).fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// Results so far.
#[derive(Debug)]
pub struct Kept {
    path: PathBuf,
    known: HashMap<String, Vec<f64>>,
    /// None until there is something to keep, and where it cannot be kept.
    file: Mutex<Option<File>>,
}

impl Kept {
    /// Those for the file or folder at `out`. A file in their place that is not of this kind is left alone, and nothing is kept.
    pub fn beside(out: &Path) -> Self {
        let name = out.file_name().unwrap_or_default().to_string_lossy();
        let path = out.with_file_name(format!("{name}.computed"));
        let is_file = path.symlink_metadata().map(|meta| meta.is_file()).ok();
        let text = match is_file {
            Some(true) => fs::read_to_string(&path).ok(),
            _ => None,
        };
        let is_ours = |text: &String| text.lines().next() == Some(HEADER);
        let text = text.filter(is_ours);
        let lines = text.iter().flat_map(|text| text.lines().skip(1));
        let known = lines
            .filter_map(|line| serde_json::from_str::<Line>(line).ok())
            .filter(Line::is_whole)
            .map(|line| (line.key, line.numbers))
            .collect();
        let mut options = OpenOptions::new();
        let file = match (is_file, text) {
            (None, _) => options.append(true).create_new(true).open(&path).ok(),
            (_, Some(_)) => options.append(true).open(&path).ok(),
            _ => None,
        };
        let is_new = is_file.is_none();
        let file = file.and_then(|mut file| {
            // After a line that was cut short a new one begins.
            let start = if is_new { HEADER } else { "" };
            file.write_all(format!("{start}\n").as_bytes()).ok()?;
            Some(file)
        });
        Kept {
            path,
            known,
            file: Mutex::new(file),
        }
    }

    /// How many are known from before.
    pub fn len(&self) -> usize {
        self.known.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What is known from before of a key.
    pub fn get(&self, key: &str) -> Option<&[f64]> {
        self.known.get(&short(key)).map(Vec::as_slice)
    }

    /// Keeps the numbers of a key. What cannot be written is not kept: it is computed again.
    pub fn put(&self, key: &str, numbers: &[f64]) {
        let Ok(line) = serde_json::to_string(&Line::new(short(key), numbers)) else {
            return;
        };
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(open) = file.as_mut()
            && open.write_all(format!("{line}\n").as_bytes()).is_err()
        {
            *file = None;
        }
    }

    /// All is where it belongs: the file goes.
    ///
    /// # Errors
    /// [`OutputError::Io`].
    pub fn finish(self) -> Result<(), OutputError> {
        let file = self
            .file
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        match file {
            // Only what was opened as ours.
            Some(_) => fs::remove_file(&self.path).map_err(OutputError::io("remove", &self.path)),
            None => Ok(()),
        }
    }
}

/// What stands for a key: its fingerprint and length, and the version of the program, which may compute otherwise.
fn short(key: &str) -> String {
    let hash = fingerprint(key.as_bytes());
    format!("{hash:016x}-{}-{}", key.len(), env!("CARGO_PKG_VERSION"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_put_is_known_again_unless_it_is_damaged() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("lengths.csv");
        let numbers = [1.0 / 3.0, f64::MIN_POSITIVE, -0.0, 1e300];
        let kept = Kept::beside(&out);
        assert!(kept.is_empty());
        kept.put("a", &numbers);
        kept.put("b", &[2.0]);
        drop(kept);
        let path = folder.path().join("lengths.csv.computed");
        let kept = Kept::beside(&out);
        let bits = |numbers: &[f64]| numbers.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(kept.get("a").unwrap()), bits(&numbers));
        assert_eq!(kept.get("c"), None);
        drop(kept);
        // A digit that changed and a line that is torn.
        let text = fs::read_to_string(&path).unwrap().replace("[2.0]", "[3.0]");
        fs::write(&path, format!("{text}{{\"key\":")).unwrap();
        let kept = Kept::beside(&out);
        assert_eq!((kept.len(), kept.get("b")), (1, None));
        kept.put("b", &[2.0]);
        drop(kept);
        let kept = Kept::beside(&out);
        assert_eq!(kept.get("b"), Some(&[2.0][..]));
        kept.finish().unwrap();
        assert!(!path.exists());
    }

    #[test]
    fn a_file_of_somebody_else_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("c.computed");
        fs::write(&path, "mine").unwrap();
        let kept = Kept::beside(&folder.path().join("c"));
        kept.put("a", &[1.0]);
        kept.finish().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "mine");
    }
}
