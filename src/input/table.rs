//! Reading CSV tables so that every mistake is answered with its line, a caret and what would be valid.

use super::diagnostics::{InputError, Problem};
use super::records::{Record, records};
use super::suggest;
use super::text::{MOST_OF_TABLE, read_text};
use miette::NamedSource;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

/// A CSV table with the places of its cells. Lines that are empty or begin with `#` are left out.
#[derive(Debug, Clone)]
pub struct Table {
    named: Arc<NamedSource<String>>,
    header: Record,
    rows: Vec<Record>,
}

impl Table {
    /// A table from a text; `name` appears in messages.
    ///
    /// # Errors
    /// If a line is no CSV, if there is no header, no row, or a row with another number of cells than the header.
    pub fn new(name: &str, text: String) -> Result<Self, InputError> {
        let named = Arc::new(NamedSource::new(name, text.clone()));
        let mut lines = records(&text, b',');
        let problems = lines
            .iter()
            .filter_map(|line| line.unclosed.clone())
            .map(|place| {
                Problem::at(
                    named.clone(),
                    place,
                    "this is not a line of CSV: a quote is opened and not closed",
                    "here",
                    "values separated by commas, one measurement per line",
                )
            })
            .collect();
        if let Some(error) = InputError::from_problems(problems) {
            return Err(error);
        }
        if lines.len() < 2 {
            return Err(Problem::at(
                named,
                0..0,
                "the table has no rows",
                "here",
                "a header line with the names of the columns, then one line per measurement",
            )
            .into());
        }
        let rows = lines.split_off(1);
        let header = lines.swap_remove(0);
        let ragged = rows
            .iter()
            .filter(|row| row.cells.len() != header.cells.len());
        let problems = ragged
            .map(|row| {
                Problem::at(
                    named.clone(),
                    row.place.clone(),
                    format!(
                        "this line has {} values, the header {}",
                        row.cells.len(),
                        header.cells.len()
                    ),
                    "here",
                    "one value per column; leave a cell empty (,,) where nothing is known",
                )
            })
            .collect();
        match InputError::from_problems(problems) {
            Some(error) => Err(error),
            None => Ok(Self {
                named,
                header,
                rows,
            }),
        }
    }

    /// Reads the file `path`.
    ///
    /// # Errors
    /// If it cannot be read, and as [`Table::new`].
    pub fn read(path: &Path) -> Result<Self, InputError> {
        let help = || "a CSV file with one measurement per line".to_owned();
        let text = read_text(path, MOST_OF_TABLE, help, "save it as UTF-8")?;
        Self::new(&path.display().to_string(), text)
    }

    /// Name of the text.
    pub fn name(&self) -> &str {
        self.named.name()
    }

    /// Checks that all `required` columns are there and no others than these and the `optional` ones; each with what it is.
    ///
    /// # Errors
    /// All unknown, repeated and missing columns at once.
    pub fn check_columns(
        &self,
        required: &[(&str, &str)],
        optional: &[(&str, &str)],
    ) -> Result<(), InputError> {
        let valid: Vec<&str> = required.iter().chain(optional).map(|one| one.0).collect();
        let mut problems = Vec::new();
        let mut suggestions = String::new();
        for (index, cell) in self.header.cells.iter().enumerate() {
            let (name, place) = (&cell.text, &cell.place);
            let first = self.column(name);
            if !valid.contains(&name.as_str()) {
                let help = suggest::help(name, &valid, None).replace("Valid keys here", "Columns");
                suggestions += help.split("Columns:").next().unwrap_or_default();
                problems.push(self.at(
                    place.clone(),
                    format!("unknown column `{name}`"),
                    "not known",
                    help,
                ));
            } else if first != Some(index) {
                let message = format!("the column `{name}` is there twice");
                problems.push(self.at(place.clone(), message, "again", "one column per quantity"));
            }
        }
        for (name, what) in required {
            if self.column(name).is_none() && !suggestions.contains(&format!("`{name}`")) {
                problems.push(self.at(
                    self.header.place.clone(),
                    format!("the column `{name}` is missing: {what}"),
                    format!("needs `{name}`"),
                    format!("columns: {}", valid.join(", ")),
                ));
            }
        }
        InputError::from_problems(problems).map_or(Ok(()), Err)
    }

    fn column(&self, name: &str) -> Option<usize> {
        self.header.cells.iter().position(|one| one.text == name)
    }

    /// Names of the columns, in order.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        self.header.cells.iter().map(|cell| cell.text.as_str())
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Never: a table without rows is refused.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Line in the text, from 1, of `row` (from 0).
    #[expect(clippy::indexing_slicing, reason = "rows are counted by `len`")]
    pub fn line(&self, row: usize) -> usize {
        self.rows[row].line
    }

    /// The text in `column` of `row`; none where the column is not there or the cell is empty.
    #[expect(clippy::indexing_slicing, reason = "rows are counted by `len`")]
    pub fn text(&self, row: usize, column: &str) -> Option<&str> {
        let text = self.rows[row].cells[self.column(column)?].text.as_str();
        (!text.is_empty()).then_some(text)
    }

    /// The number in `column` of `row`; none where there is nothing.
    ///
    /// # Errors
    /// If there is something that is no finite number.
    pub fn number(&self, row: usize, column: &str) -> Result<Option<f64>, Problem> {
        let Some(text) = self.text(row, column) else {
            return Ok(None);
        };
        match text.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(Some(number)),
            _ => Err(self.problem(
                row,
                column,
                format!("`{text}` is not a number"),
                "a number with a decimal point; the unit is in the column's name",
            )),
        }
    }

    /// A problem of the cell in `column` of `row`, or of the row where there is no such column.
    #[expect(clippy::indexing_slicing, reason = "rows are counted by `len`")]
    pub fn problem(
        &self,
        row: usize,
        column: &str,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Problem {
        let line = &self.rows[row];
        let column = self.column(column).unwrap_or(usize::MAX);
        self.at(line.cell(column), message, "here", help)
    }

    /// A problem of a whole column, shown at its name.
    pub fn column_problem(
        &self,
        column: &str,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Problem {
        let column = self.column(column).unwrap_or(usize::MAX);
        self.at(self.header.cell(column), message, "here", help)
    }

    fn at(
        &self,
        place: Range<usize>,
        message: impl Into<String>,
        label: impl Into<String>,
        help: impl Into<String>,
    ) -> Problem {
        Problem::at(self.named.clone(), place, message, label, help)
    }
}
