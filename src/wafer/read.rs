//! Reading pores: a table of places and lengths of up to a million lines, one line at a time.

use crate::experiments::{
    Column, Decimal, column_meaning, is_missing, length_in_metres, parse_number,
};
use crate::input::{InputError, Problem};
use crate::physics::constants::NANOMETRE;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

/// Most bytes of a table: some five million pores.
const MOST_BYTES: u64 = 256 << 20;
/// Most bytes of the header's line, or of a comment before it.
const LONGEST_LINE: u64 = 1 << 16;

/// What a table need not say of every pore.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Defaults {
    /// Diameter in m where there is no column of it.
    pub diameter: Option<f64>,
    /// Relative standard deviation of a length where there is no column of it.
    pub sigma: f64,
}

/// Pores with their wires; SI.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Pores {
    /// Places in m.
    pub places: Vec<[f64; 2]>,
    /// Lengths in m.
    pub lengths: Vec<f64>,
    /// Relative standard deviations of the lengths.
    pub sigmas: Vec<f64>,
    /// Diameters in m.
    pub diameters: Vec<f64>,
    /// Lines without a length.
    pub left_out: usize,
}

/// What a column is.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    /// A coordinate, and its unit in m.
    Place(usize, f64),
    /// A length, diameter or standard deviation, and its unit in nm.
    Number(Column, f64),
    Unused,
}

/// Reads the pores of the file `path`.
///
/// # Errors
/// The first thing that is wrong, with its line, column and remedy.
pub fn read(path: &Path, defaults: Defaults) -> Result<Pores, InputError> {
    let name = path.display().to_string();
    let help = "a CSV file with the columns x_um, y_um, L_nm, and d_nm and sigma_nm where they differ from pore to pore";
    let cannot = |error: &dyn std::fmt::Display| {
        Problem::without_source(format!("cannot read `{name}`: {error}"), help)
    };
    let file = File::open(path).map_err(|error| cannot(&error))?;
    let mut source = BufReader::with_capacity(1 << 20, file.take(MOST_BYTES));
    let (header, before) = header(&mut source).map_err(|error| cannot(&error))?;
    let delimiter = [b';', b'\t']
        .into_iter()
        .find(|&c| header.bytes().any(|b| b == c))
        .unwrap_or(b',');
    let decimal = match delimiter {
        b',' => Decimal::Point,
        _ => Decimal::Comma,
    };
    let names: Vec<&str> = header
        .split(char::from(delimiter))
        .map(|cell| cell.trim().trim_matches('"'))
        .collect();
    let kinds = kinds(&name, before, &names, defaults)?;
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .delimiter(delimiter)
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(source);
    let mut pores = Pores::default();
    let mut record = csv::StringRecord::new();
    let mut row = Row::default();
    loop {
        let line = before + reader.position().line();
        match reader.read_record(&mut record) {
            Ok(true) => {}
            Ok(false) => break,
            Err(error) => {
                let message = format!("`{name}`, line {line}: {error}");
                return Err(Problem::without_source(message, help).into());
            }
        }
        if record.iter().all(str::is_empty)
            || record.get(0).is_some_and(|cell| cell.starts_with('#'))
        {
            continue;
        }
        row.clear(defaults);
        let filled = row.fill(&record, &kinds, decimal);
        filled.map_err(|index| {
            let text = record.get(index).unwrap_or_default();
            let message = format!(
                "`{name}`, line {line}, column `{}`: `{text}` is no number that it can have",
                names[index]
            );
            Problem::without_source(message, "a finite number, positive for lengths")
        })?;
        match row.complete() {
            Some(true) => row.push_to(&mut pores),
            Some(false) => pores.left_out += 1,
            None => {
                let message = format!("`{name}`, line {line}: the pore has no diameter");
                return Err(Problem::without_source(
                    message,
                    "a number in d_nm on every line, or --diameter for all",
                )
                .into());
            }
        }
    }
    if reader.get_ref().get_ref().limit() == 0 {
        let mebibytes = MOST_BYTES >> 20;
        let reason = format!("it has more than {mebibytes} MiB, the most that is read");
        return Err(cannot(&reason).into());
    }
    match pores.lengths.is_empty() {
        true => Err(cannot(&"no line has a length").into()),
        false => Ok(pores),
    }
}

/// The first line that is no comment, and its number.
fn header(source: &mut impl BufRead) -> std::io::Result<(String, u64)> {
    let mut line = String::new();
    for number in 1.. {
        line.clear();
        let read = source.by_ref().take(LONGEST_LINE).read_line(&mut line);
        let read = read.map_err(|error| {
            std::io::Error::new(error.kind(), format!("the header, line {number}: {error}"))
        });
        if read? == 0 {
            break;
        }
        if line.len() as u64 == LONGEST_LINE {
            let reason = format!("line {number} has more than {LONGEST_LINE} bytes");
            return Err(std::io::Error::other(reason));
        }
        let content = line.trim_start_matches('\u{feff}').trim();
        if !content.is_empty() && !content.starts_with('#') {
            return Ok((content.to_owned(), number));
        }
    }
    Err(std::io::Error::other("there is no table"))
}

/// What the columns are.
fn kinds(
    name: &str,
    line: u64,
    names: &[&str],
    defaults: Defaults,
) -> Result<Vec<Kind>, InputError> {
    let mut problems = Vec::new();
    let kinds: Vec<Kind> = names
        .iter()
        .map(|cell| {
            let place = ["x", "y"].iter().position(|axis| {
                cell.to_lowercase()
                    .strip_prefix(axis)
                    .is_some_and(|rest| !rest.starts_with(char::is_alphabetic))
            });
            if let Some(axis) = place {
                let unit = cell[1..].trim_matches(|c: char| " _()[]/".contains(c));
                return match length_in_metres(unit) {
                    Some(metres) => Kind::Place(axis, metres),
                    None => {
                        let message = format!(
                            "`{name}`, line {line}: the column `{cell}` has no unit of length"
                        );
                        problems.push(Problem::without_source(message, "e.g. `x_um`, `y (mm)`"));
                        Kind::Unused
                    }
                };
            }
            match column_meaning(cell) {
                Some((column @ (Column::Length | Column::Diameter | Column::Sigma), unit)) => {
                    Kind::Number(column, unit)
                }
                _ => Kind::Unused,
            }
        })
        .collect();
    let has = |column: Column| {
        kinds
            .iter()
            .any(|kind| matches!(kind, Kind::Number(one, _) if *one == column))
    };
    let place = |axis: usize| {
        kinds
            .iter()
            .any(|kind| matches!(kind, Kind::Place(one, _) if *one == axis))
    };
    for (there, what) in [
        (place(0), "x_um"),
        (place(1), "y_um"),
        (has(Column::Length), "L_nm"),
        (has(Column::Diameter) || defaults.diameter.is_some(), "d_nm"),
    ] {
        if !there {
            let message = format!("`{name}`, line {line}: the column `{what}` is missing");
            let help = match what {
                "d_nm" => "a column of diameters, or --diameter for all pores",
                _ => "columns x, y and L with their units, e.g. x_um, y_um, L_nm",
            };
            problems.push(Problem::without_source(message, help));
        }
    }
    InputError::from_problems(problems).map_or(Ok(kinds), Err)
}

/// One line.
#[derive(Default)]
struct Row {
    place: [f64; 2],
    length: f64,
    sigma: f64,
    default_sigma: f64,
    diameter: f64,
}

impl Row {
    fn clear(&mut self, defaults: Defaults) {
        *self = Row {
            place: [f64::NAN; 2],
            length: f64::NAN,
            sigma: f64::NAN,
            default_sigma: defaults.sigma,
            diameter: defaults.diameter.unwrap_or(f64::NAN),
        };
    }

    /// Takes the numbers of a record.
    ///
    /// # Errors
    /// The index of a cell that is no number.
    fn fill(
        &mut self,
        record: &csv::StringRecord,
        kinds: &[Kind],
        decimal: Decimal,
    ) -> Result<(), usize> {
        for (index, kind) in kinds.iter().enumerate() {
            let text = record.get(index).unwrap_or_default();
            match (kind, parse_number(text, decimal)) {
                (Kind::Unused, _) => {}
                (Kind::Place(axis, unit), Some(value)) => self.place[*axis] = value * unit,
                (Kind::Number(column, unit), Some(value)) if value > 0.0 => {
                    self.set(*column, value * unit * NANOMETRE);
                }
                (Kind::Number(..), _) if is_missing(text) => {}
                _ => return Err(index),
            }
        }
        Ok(())
    }

    fn set(&mut self, column: Column, value: f64) {
        match column {
            Column::Length => self.length = value,
            Column::Sigma => self.sigma = value,
            _ => self.diameter = value,
        }
    }

    /// Whether there is a length; none if there is one without a diameter.
    fn complete(&self) -> Option<bool> {
        match (self.length.is_nan(), self.diameter.is_nan()) {
            (true, _) => Some(false),
            (false, false) => Some(true),
            (false, true) => None,
        }
    }

    fn push_to(&self, pores: &mut Pores) {
        pores.places.push(self.place);
        pores.lengths.push(self.length);
        pores.diameters.push(self.diameter);
        let sigma = self.sigma / self.length;
        pores.sigmas.push(if sigma.is_nan() {
            self.default_sigma
        } else {
            sigma
        });
    }
}
