//! The columns of a table: what each one is, and which hold nothing for the program.

use super::super::header::{self, Meaning};
use super::super::number::{self, Decimal};
use super::super::record::Column;
use super::super::units::{self, Conversion};
use super::Text;
use crate::input::{self, InputError, Problem, Record};

/// What a column of a file is to the program.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    Known(Column, Conversion),
    /// Rows with a mark in it are not to be used; the name of the column.
    Marks(String),
    Ignored,
}

impl Kind {
    pub fn known(&self) -> Option<Column> {
        match self {
            Kind::Known(column, _) => Some(*column),
            _ => None,
        }
    }
}

/// The columns, in the order of the file.
pub(super) struct Layout {
    pub columns: Vec<Kind>,
    /// Index of the first record that is a row: after the header and a line of units.
    pub first_row: usize,
    pub decimal: Decimal,
    pub remarks: Vec<String>,
}

impl Layout {
    /// The layout of `records`, the first of which is the header.
    ///
    /// # Errors
    /// Everything that is wrong with the header.
    pub fn new(table: &Text, records: &[Record]) -> Result<Self, InputError> {
        let header = &records[0];
        let mut meanings: Vec<Meaning> = (header.cells.iter())
            .map(|cell| header::meaning(&cell.text))
            .collect();
        let mut first_row = 1;
        if let Some(units) = records.get(1).filter(|record| is_units(record)) {
            first_row = 2;
            for (meaning, cell) in meanings.iter_mut().zip(&units.cells) {
                if units::dimension(&cell.text).is_some() {
                    *meaning = header::with_unit(meaning, &cell.text);
                }
            }
        }
        let rows = &records[first_row..];
        let (mut columns, mut problems, mut unused) = (Vec::new(), Vec::new(), Vec::new());
        for (index, meaning) in meanings.iter().enumerate() {
            let texts: Vec<&str> = (rows.iter())
                .filter_map(|row| row.cells.get(index).map(|cell| cell.text.as_str()))
                .collect();
            let cell = &header.cells[index];
            let kind = match kind(meaning, &cell.text, index, &texts, &mut unused) {
                Ok(kind) => kind,
                Err((message, help)) => {
                    // A name that is not there has no place of its own.
                    let place = match cell.place.is_empty() {
                        true => header.place.clone(),
                        false => cell.place.clone(),
                    };
                    problems.push(table.problem(place, message, help));
                    // A column that was meant is not missing.
                    match meaning {
                        Meaning::Bare(column) | Meaning::WrongUnit(column, _) => {
                            Kind::Known(*column, Conversion::NONE)
                        }
                        _ => Kind::Ignored,
                    }
                }
            };
            let known = kind.known();
            if known.is_some() && columns.iter().any(|other: &Kind| other.known() == known) {
                let message = format!("the column `{}` is there twice", cell.text);
                problems.push(table.problem(cell.place.clone(), message, "each quantity once"));
            }
            columns.push(kind);
        }
        problems.extend(missing(table, header, &columns));
        if let Some(error) = InputError::from_problems(problems) {
            return Err(error);
        }
        let mut remarks = Vec::new();
        if !unused.is_empty() {
            remarks.push(format!("columns that are not used: {}", unused.join(", ")));
        }
        Ok(Self {
            decimal: decimal(table, rows, &columns)?,
            columns,
            first_row,
            remarks,
        })
    }
}

/// What a column is; else what is wrong with its name, and what would be right. `texts` are its cells, `unused` collects columns that say
/// nothing to the program.
fn kind(
    meaning: &Meaning,
    name: &str,
    index: usize,
    texts: &[&str],
    unused: &mut Vec<String>,
) -> Result<Kind, (String, String)> {
    match meaning {
        Meaning::Known(column, conversion) => Ok(Kind::Known(*column, *conversion)),
        Meaning::Bare(column) => Err((
            format!("the column `{name}` has no unit"),
            format!("the unit in the name, e.g. `{}`", column.name()),
        )),
        Meaning::WrongUnit(column, unit) => Err((
            format!("`{unit}` is no unit that `{name}` can have"),
            format!("{}: e.g. `{}`", column.meaning(), column.name()),
        )),
        Meaning::Marks => Ok(Kind::Marks(name.to_owned())),
        Meaning::Unnamed => unnamed(index, texts, unused).map_err(|message| {
            let help = "a name with its unit for every column of numbers";
            (message, help.to_owned())
        }),
        Meaning::Unknown => match misspelled(name, texts) {
            Some(meant) => Err((
                format!("unknown column `{name}`"),
                format!("did you mean `{meant}`? {}", all_columns()),
            )),
            None => {
                unused.push(format!("`{name}`"));
                Ok(Kind::Ignored)
            }
        },
    }
}

/// All columns of the program, for a message.
pub(super) fn all_columns() -> String {
    let list = |columns: &mut dyn Iterator<Item = Column>| {
        columns.map(Column::name).collect::<Vec<_>>().join(", ")
    };
    let optional = &mut Column::ALL
        .into_iter()
        .filter(|column| !Column::REQUIRED.contains(column));
    format!(
        "columns: {}; optional: {}",
        list(&mut Column::REQUIRED.into_iter()),
        list(optional)
    )
}

/// Whether a record is the line of units that some programs write below the header.
fn is_units(record: &Record) -> bool {
    let mut named = 0;
    for cell in &record.cells {
        if units::dimension(&cell.text).is_some() || units::normalised(&cell.text).is_some() {
            named += 1;
        } else if !number::is_missing(&cell.text) {
            return false;
        }
    }
    named > 0
}

/// A column without a name: nothing in it, an index of the rows, or words.
fn unnamed(index: usize, texts: &[&str], unused: &mut Vec<String>) -> Result<Kind, String> {
    let filled: Vec<&str> = texts
        .iter()
        .copied()
        .filter(|text| !text.is_empty())
        .collect();
    if filled.is_empty() {
        return Ok(Kind::Ignored);
    }
    let numbers: Vec<f64> = filled.iter().filter_map(|text| text.parse().ok()).collect();
    let counts = numbers.windows(2).all(|pair| pair[1] == pair[0] + 1.0);
    let is_index = counts && numbers.len() == filled.len() && [0.0, 1.0].contains(&numbers[0]);
    if is_index || numbers.is_empty() {
        let what = if is_index {
            "a count of the rows"
        } else {
            "words"
        };
        unused.push(format!("column {} without a name ({what})", index + 1));
        return Ok(Kind::Ignored);
    }
    Err(format!(
        "column {} holds numbers and has no name",
        index + 1
    ))
}

/// The column that an unknown name of numbers may have meant. Words are free comments.
fn misspelled(name: &str, texts: &[&str]) -> Option<&'static str> {
    let numeric = |text: &&&str| text.replace(',', ".").parse::<f64>().is_ok();
    texts.iter().find(numeric)?;
    let names = Column::ALL.map(Column::name);
    input::nearest(name, &names)
}

/// The required columns that are not there.
fn missing(table: &Text, header: &Record, columns: &[Kind]) -> Vec<Problem> {
    let has = |column: Column| columns.iter().any(|kind| kind.known() == Some(column));
    Column::REQUIRED
        .into_iter()
        .filter(|&column| {
            let instead = column == Column::Length && has(Column::NormalisedLength);
            !has(column) && !instead
        })
        .map(|column| {
            let message = format!(
                "the column `{}` is missing: {}",
                column.name(),
                column.meaning()
            );
            table.problem(header.place.clone(), message, all_columns())
        })
        .collect()
}

/// The decimal sign, by the cells of all numbers.
fn decimal(table: &Text, rows: &[Record], columns: &[Kind]) -> Result<Decimal, InputError> {
    let numeric = |kind: &Kind| match kind {
        Kind::Known(column, _) => !matches!(
            column,
            Column::Mold | Column::Measured | Column::Flag | Column::Note
        ),
        _ => false,
    };
    let cells: Vec<_> = (rows.iter())
        .flat_map(|row| row.cells.iter().zip(columns))
        .filter(|(_, kind)| numeric(kind))
        .map(|(cell, _)| cell)
        .collect();
    let texts: Vec<&str> = cells.iter().map(|cell| cell.text.as_str()).collect();
    number::decimal(&texts, table.delimiter).map_err(|index| {
        let cell = cells[index];
        let message = format!("`{}` can be read in two ways", cell.text);
        let help = "decimals with a point everywhere, or with a comma everywhere (and semicolons between cells)";
        table.problem(cell.place.clone(), message, help).into()
    })
}
