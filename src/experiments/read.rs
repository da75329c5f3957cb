//! Reading a table of measurements so that every mistake is answered with its line and cell.

mod layout;
mod rows;

use super::record::{Column, Experiment};
use super::temperatures::SAME_TEMPERATURE_K;
use crate::input::{InputError, MOST_OF_TABLE, Problem, Record, read_text, records};
use layout::Layout;
use miette::NamedSource;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

/// Measurements and the text that they came from.
#[derive(Clone, Debug)]
pub struct Experiments {
    rows: Vec<Experiment>,
    text: Arc<NamedSource<String>>,
    records: Vec<Record>,
    columns: Vec<Option<Column>>,
    remarks: Vec<String>,
    same_temperature: f64,
}

impl Experiments {
    /// The measurements, in the order of the file; one at least.
    pub fn rows(&self) -> &[Experiment] {
        &self.rows
    }

    /// Name of the file.
    pub fn name(&self) -> &str {
        self.text.name()
    }

    /// Whether the file has this column.
    pub fn has(&self, column: Column) -> bool {
        self.columns.contains(&Some(column))
    }

    /// What was left out and what was taken in a way that has to be known.
    pub fn remarks(&self) -> &[String] {
        &self.remarks
    }

    /// Temperatures that differ by no more than this (K) from one to the next count as one.
    pub fn same_temperature(&self) -> f64 {
        self.same_temperature
    }

    /// The same measurements with another tolerance (K) of what is one temperature.
    pub fn within(mut self, kelvin: f64) -> Self {
        self.same_temperature = kelvin;
        self
    }

    /// A problem with `row`, at its cell of `column` (at the whole line if the file has no such column).
    pub fn problem(
        &self,
        row: &Experiment,
        column: Column,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Problem {
        // In the order of their lines.
        let index = self
            .records
            .binary_search_by_key(&row.line, |record| record.line);
        let record = index.ok().and_then(|index| self.records.get(index));
        let span = record.map_or(0..0, |record| record.cell(self.place(column)));
        Problem::at(self.text.clone(), span, message, "here", help)
    }

    /// A problem with `column` as a whole, at its name in the header (at the whole header if it is not there).
    pub fn column_problem(
        &self,
        column: Column,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Problem {
        let span = self.records[0].cell(self.place(column));
        Problem::at(self.text.clone(), span, message, "here", help)
    }

    fn place(&self, column: Column) -> usize {
        let place = self.columns.iter().position(|&c| c == Some(column));
        place.unwrap_or(usize::MAX)
    }
}

/// Reads the file `path`.
///
/// # Errors
/// If the file cannot be read or is not UTF-8; else everything that is wrong with the header, or everything that is wrong with the
/// rows.
pub fn read(path: &Path) -> Result<Experiments, InputError> {
    let help = || "a CSV file (UTF-8) with the columns d_nm, T_C, p_GPa, t_s, L_nm".to_owned();
    let text = read_text(path, MOST_OF_TABLE, help, TO_UTF_8)?;
    parse(&path.display().to_string(), text)
}

/// What to do with a table in another encoding.
pub(super) const TO_UTF_8: &str = "save it as \"CSV UTF-8\" in the spreadsheet program, or convert it: iconv -f WINDOWS-1252 -t UTF-8 old.csv > new.csv";

/// Reads a table from a text; `name` appears in messages.
///
/// # Errors
/// As [`read`].
pub fn parse(name: &str, text: String) -> Result<Experiments, InputError> {
    // Spreadsheets write a byte order mark.
    let text = text
        .strip_prefix('\u{feff}')
        .map_or(text.clone(), str::to_owned);
    let table = Text {
        named: Arc::new(NamedSource::new(name, text.clone())),
        delimiter: delimiter(&text),
    };
    let records = records(&text, table.delimiter);
    let unclosed = records.iter().filter_map(|record| record.unclosed.clone());
    let problems = unclosed.map(|place| {
        let help = "a closing quote, or none: only cells that hold the separator or a line end need quotes";
        table.problem(place, "a quote is opened and not closed", help)
    });
    if let Some(error) = InputError::from_problems(problems.collect()) {
        return Err(error);
    }
    if records.is_empty() {
        let message = format!("`{name}` holds no table");
        let help = format!(
            "a header line and one row per experiment; {}",
            layout::all_columns()
        );
        return Err(table.problem(0..0, message, help).into());
    }
    let layout = Layout::new(&table, &records)?;
    let mut remarks = layout.remarks.clone();
    let rows = rows::rows(&table, &records, &layout, &mut remarks)?;
    if rows.is_empty() {
        let (message, help) = match layout.first_row < records.len() {
            true => (
                format!("`{name}` has no row that can be used"),
                remarks.join("; "),
            ),
            false => (
                format!("`{name}` has a header but no rows"),
                "one row per experiment".to_owned(),
            ),
        };
        return Err(table
            .problem(records[0].place.clone(), message, help)
            .into());
    }
    Ok(Experiments {
        rows,
        text: table.named,
        records,
        columns: layout.columns.iter().map(|column| column.known()).collect(),
        remarks,
        same_temperature: SAME_TEMPERATURE_K,
    })
}

/// A text and what parts its cells.
struct Text {
    named: Arc<NamedSource<String>>,
    delimiter: u8,
}

impl Text {
    fn problem(
        &self,
        place: Range<usize>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Problem {
        Problem::at(self.named.clone(), place, message, "here", help)
    }
}

/// What parts the cells: what the first line that is no comment has most of, outside quotes.
pub(super) fn delimiter(text: &str) -> u8 {
    let content = |line: &&str| !line.trim().is_empty() && !line.trim().starts_with('#');
    let header = text.lines().find(content).unwrap_or_default();
    let outside: String = header.split('"').step_by(2).collect();
    let count = |c: u8| outside.bytes().filter(|&b| b == c).count();
    // Commas are in names such as "d, nm"; semicolons and tabs are not.
    [b';', b'\t', b',']
        .into_iter()
        .max_by_key(|&c| (count(c), c == b','))
        .unwrap_or(b',')
}
