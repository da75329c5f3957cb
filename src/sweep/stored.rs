//! Rows that are read back: as they were written, made of numbers that can be, and of the point that they name.
//!
//! `timings.csv` ends every line with a CRC-32 over the line up to it and the point's row in `sweep.csv`. A row without a line that
//! fits it, or with a cell that no run writes, is not believed: its point is computed again.

#![warn(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::unreachable,
    clippy::todo,
    clippy::indexing_slicing
)]

use super::plan::Plan;
use super::row::{Columns, Kind, OK, record};
use crate::output::OutputError;
use std::collections::HashMap;
use std::fs;
use std::path::Path;

/// The line of `timings.csv` for a row (without its end): `cells` and the checksum of both.
pub(super) fn sealed(cells: &[String], row: &[u8]) -> Vec<u8> {
    let mut line = record(cells);
    line.pop();
    line.push(b',');
    let sum = checksum(&line, row);
    line.extend_from_slice(sum.to_string().as_bytes());
    line.push(b'\n');
    line
}

/// CRC-32 of a line of times, up to and with the comma before its checksum, and the row that it belongs to.
fn checksum(times: &[u8], row: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(times);
    hasher.update(row);
    hasher.finalize()
}

/// The lines of `timings.csv` by point.
#[derive(Debug, Default)]
pub(super) struct Seals(HashMap<u64, Vec<Seal>>);

#[derive(Debug)]
struct Seal {
    line: Box<str>,
    is_used: bool,
}

impl Seals {
    /// Those of a table; none if there is no table.
    ///
    /// # Errors
    /// [`OutputError::Io`] if it is there and cannot be read.
    pub fn read(path: &Path) -> Result<Self, OutputError> {
        let bytes = match fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(OutputError::io("read", path)(error)),
        };
        let mut seals = Seals::default();
        for line in bytes.split(|&byte| byte == b'\n').skip(1) {
            let Ok(line) = std::str::from_utf8(line) else {
                continue;
            };
            let point = line.split(',').next().and_then(|cell| cell.parse().ok());
            if let Some(point) = point {
                let line = line.into();
                let seal = Seal {
                    line,
                    is_used: false,
                };
                seals.0.entry(point).or_default().push(seal);
            }
        }
        Ok(seals)
    }

    /// The line that fits a row of a point, if the row is as it was written.
    pub fn of(&mut self, point: u64, row: &[u8]) -> Option<&str> {
        let seals = self.0.get_mut(&point)?;
        let seal = seals.iter_mut().rev().find(|seal| {
            let stated = seal.line.rsplit_once(',');
            stated.is_some_and(|(_, sum)| {
                let times = seal.line.strip_suffix(sum).unwrap_or_default();
                sum.parse() == Ok(checksum(times.as_bytes(), row))
            })
        })?;
        seal.is_used = true;
        Some(&seal.line)
    }

    /// The lines that fitted a row, by point, each with its end.
    pub fn used(&self) -> Vec<u8> {
        let mut points: Vec<_> = self.0.iter().collect();
        points.sort_unstable_by_key(|(point, _)| **point);
        let seals = points.into_iter().flat_map(|(_, seals)| seals);
        let lines = seals.filter(|seal| seal.is_used);
        lines
            .flat_map(|seal| [seal.line.as_bytes(), b"\n"].concat())
            .collect()
    }
}

/// A line of a table that is not believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Its number, from 1.
    pub line: u64,
    /// What is wrong with it.
    pub reason: String,
}

impl Columns {
    /// The point of a line (without its end) and whether it has a result, if it is a row of `plan` and as it was written.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn verified(
        &self,
        plan: &Plan,
        line: &[u8],
        seals: &mut Seals,
    ) -> Result<(u64, bool), String> {
        let (point, ok) = self.checked(plan, line)?;
        match seals.of(point, line) {
            Some(_) => Ok((point, ok)),
            None => Err(format!(
                "point {point} is not as it was written (its checksum in timings.csv does not fit)"
            )),
        }
    }

    /// The point of a line and whether it has a result, if its cells can be those of a row of `plan`.
    fn checked(&self, plan: &Plan, line: &[u8]) -> Result<(u64, bool), String> {
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .from_reader(line);
        let mut cells = csv::StringRecord::new();
        let found = reader.read_record(&mut cells);
        let names = self.names();
        if !found.is_ok_and(|found| found) || cells.len() != names.len() {
            let count = cells.len();
            return Err(format!("it has {count} cells, a row has {}", names.len()));
        }
        let cell = |name: &str| {
            let index = self.index(name);
            index.and_then(|index| cells.get(index)).unwrap_or_default()
        };
        let refused =
            |name: &str, what: &str| format!("`{name}` is {}, {what}", shortened(cell(name)));
        let point: u64 = cell("point")
            .parse()
            .ok()
            .filter(|&point| point < plan.len())
            .ok_or_else(|| refused("point", "which is no point of this sweep"))?;
        let ok = match cell("status") {
            status if status == OK => true,
            status if status == super::row::FAILED => false,
            _ => return Err(refused("status", "which is neither ok nor failed")),
        };
        // The conditions as they would be written now.
        let loaded = plan.case(point).ok();
        let expected = self.conditions(plan, point, loaded.as_ref());
        for ((name, found), expected) in names.iter().zip(&cells).zip(&expected) {
            if found != expected {
                let expected = shortened(expected);
                return Err(refused(name, &format!("point {point} has {expected}")));
            }
        }
        if ok && cell("length_nm").is_empty() {
            return Err(format!("point {point} is ok and has no `length_nm`"));
        }
        for (name, found) in names.iter().zip(&cells).skip(expected.len()) {
            let kind = Kind::of(name);
            if !kind.takes(found, ok) {
                return Err(refused(name, &format!("which is {}", kind.refusal(ok))));
            }
        }
        Ok((point, ok))
    }
}

/// A cell for a message: no more than fits into a line.
fn shortened(cell: &str) -> String {
    const MOST: usize = 40;
    let shown: String = cell.chars().take(MOST).collect();
    match shown.len() < cell.len() {
        true => format!("`{shown}…`"),
        false => format!("`{cell}`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_fits_its_own_line_only() {
        let folder = tempfile::TempDir::new().unwrap();
        let path = folder.path().join("timings.csv");
        let cells = |point: &str| [point, "0.25", "card, the first"].map(str::to_owned);
        let lines = [
            b"point,wall_s,device,crc32\n".to_vec(),
            sealed(&cells("7"), b"7,a,b"),
            sealed(&cells("7"), b"7,a,c"),
            sealed(&cells("8"), b"8,a,b"),
        ];
        fs::write(&path, lines.concat()).unwrap();
        let mut seals = Seals::read(&path).unwrap();
        assert!(seals.of(7, b"7,a,c").is_some() && seals.of(8, b"8,a,b").is_some());
        assert!(seals.of(7, b"7,a,d").is_none() && seals.of(9, b"8,a,b").is_none());
        assert_eq!(seals.used(), lines[2..].concat());
        // A time that was changed does not fit either.
        let text = String::from_utf8(lines.concat()).unwrap();
        fs::write(&path, text.replace("0.25", "0.26")).unwrap();
        assert!(Seals::read(&path).unwrap().of(8, b"8,a,b").is_none());
    }
}
