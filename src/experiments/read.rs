//! Reading a table of measurements so that every mistake is answered with its line and cell.

use super::line::{Line, lines};
use super::record::{Column, Experiment, Measured};
use super::rules;
use crate::input::{self, InputError, Problem};
use miette::NamedSource;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

/// Measurements and the text that they came from.
#[derive(Clone, Debug)]
pub struct Experiments {
    rows: Vec<Experiment>,
    text: Arc<NamedSource<String>>,
    columns: Vec<Column>,
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
        self.columns.contains(&column)
    }

    /// A problem with `row`, at its cell of `column` (at the whole line if the file has no such column).
    pub fn problem(
        &self,
        row: &Experiment,
        column: Column,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Problem {
        let text = self.text.inner();
        let span = lines(text)
            .find(|line| line.number == row.line)
            .map_or(0..0, |line| {
                let place = self.columns.iter().position(|&c| c == column);
                line.cell(place.unwrap_or(usize::MAX))
            });
        Problem::at(self.text.clone(), span, message, "here", help)
    }

    /// A problem with `column` as a whole, at its name in the header (at the whole header if it is not there).
    pub fn column_problem(
        &self,
        column: Column,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Problem {
        let place = self.columns.iter().position(|&c| c == column);
        let span = lines(self.text.inner())
            .next()
            .map_or(0..0, |header| header.cell(place.unwrap_or(usize::MAX)));
        Problem::at(self.text.clone(), span, message, "here", help)
    }
}

/// Reads the CSV file `path`.
///
/// # Errors
/// If the file cannot be read; else everything that is wrong with the header, or everything that is wrong with the rows.
pub fn read(path: &Path) -> Result<Experiments, InputError> {
    let name = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|error| {
        let help = "a CSV file (UTF-8) with the columns d_nm, T_C, p_GPa, t_s, L_nm";
        Problem::without_source(format!("cannot read `{name}`: {error}"), help)
    })?;
    parse(&name, text)
}

/// Reads a table from a text; `name` appears in messages.
///
/// # Errors
/// As [`read`].
pub fn parse(name: &str, text: String) -> Result<Experiments, InputError> {
    // Spreadsheets write a byte order mark.
    let text = match text.strip_prefix('\u{feff}') {
        Some(rest) => rest.to_owned(),
        None => text,
    };
    let named = Arc::new(NamedSource::new(name, text.clone()));
    let at = |span: Range<usize>, message: String, help: String| {
        Problem::at(named.clone(), span, message, "here", help)
    };
    let mut content = lines(&text);
    let Some(header) = content.next() else {
        let message = format!("`{name}` holds no table");
        let help = format!(
            "a header line and one row per experiment; {}",
            all_columns()
        );
        return Err(Problem::without_source(message, help).into());
    };
    let columns = read_header(&header, &at)?;

    let (mut rows, mut problems): (Vec<Experiment>, Vec<Problem>) = (Vec::new(), Vec::new());
    for line in content {
        let cells = line.cells();
        if cells.len() != columns.len() {
            let message = format!(
                "line {} has {} cells, the header has {}",
                line.number,
                cells.len(),
                columns.len()
            );
            let help = "one cell per column; leave an optional cell empty, and write decimals with a point";
            problems.push(at(line.span(), message, help.into()));
            continue;
        }
        let mut broken = Vec::new();
        let row = read_row(&line, &columns, &cells, &mut broken);
        if broken.is_empty() {
            broken = rules::of_row(&row);
        }
        for (column, reason, remedy) in broken {
            let place = columns.iter().position(|&c| c == column);
            let message = format!("line {}, {}: {reason}", line.number, column.name());
            problems.push(at(line.cell(place.unwrap_or(usize::MAX)), message, remedy));
        }
        if let Some(first) = rows.iter().find(|other| rules::repeats(other, &row)) {
            let message = format!("line {} repeats line {}", line.number, first.line);
            let help = "each measurement once: a row counted twice would look twice as certain; write the digits that tell \
                        independent measurements apart";
            problems.push(at(line.span(), message, help.into()));
        }
        rows.push(row);
    }
    if let Some(error) = InputError::from_problems(problems) {
        return Err(error);
    }
    if rows.is_empty() {
        let message = format!("`{name}` has a header but no rows");
        return Err(at(header.span(), message, "one row per experiment".into()).into());
    }
    Ok(Experiments {
        rows,
        text: named,
        columns,
    })
}

fn all_columns() -> String {
    let list = |columns: &[Column]| {
        columns
            .iter()
            .map(|c| c.name())
            .collect::<Vec<_>>()
            .join(", ")
    };
    format!(
        "columns: {}; optional: {}",
        list(&Column::REQUIRED),
        list(&Column::ALL[Column::REQUIRED.len()..])
    )
}

/// The columns in the order of the file.
fn read_header(
    header: &Line,
    at: &impl Fn(Range<usize>, String, String) -> Problem,
) -> Result<Vec<Column>, InputError> {
    if let Some(separator) = [";", "\t"]
        .into_iter()
        .find(|s| !header.text.contains(',') && header.text.contains(s))
    {
        let name = if separator == ";" {
            "semicolons"
        } else {
            "tabs"
        };
        let help = "commas between cells, and a point in decimal numbers";
        return Err(at(
            header.span(),
            format!("the cells are separated by {name}"),
            help.into(),
        )
        .into());
    }
    let names: Vec<&str> = Column::ALL.iter().map(|column| column.name()).collect();
    let (mut columns, mut problems) = (Vec::new(), Vec::new());
    let mut suggested = String::new();
    for (place, cell) in header.cells().iter().enumerate() {
        let found = Column::ALL.into_iter().find(|column| column.name() == cell);
        match found {
            None => {
                let help =
                    input::help_with_unknown(cell, &names).replace("Valid keys here", "Columns");
                suggested += help.split("Columns:").next().unwrap_or_default();
                let message = format!("unknown column `{cell}`");
                problems.push(at(header.cell(place), message, help));
            }
            Some(column) if columns.contains(&column) => problems.push(at(
                header.cell(place),
                format!("the column `{cell}` is there twice"),
                "each column once".into(),
            )),
            Some(_) => {}
        }
        // The place is kept, so that cells stay in step with columns until the header is refused.
        columns.extend(found);
    }
    // A column that was meant is not missing.
    let meant = |c: &Column| suggested.contains(&format!("`{}`", c.name()));
    for column in Column::REQUIRED
        .into_iter()
        .filter(|c| !columns.contains(c) && !meant(c))
    {
        problems.push(at(
            header.span(),
            format!(
                "the column `{}` is missing: {}",
                column.name(),
                column.meaning()
            ),
            all_columns(),
        ));
    }
    InputError::from_problems(problems).map_or(Ok(columns), Err)
}

/// The row, with NaN where a cell is broken.
fn read_row(
    line: &Line,
    columns: &[Column],
    cells: &[String],
    broken: &mut Vec<rules::Broken>,
) -> Experiment {
    let cell = |column: Column| {
        columns
            .iter()
            .position(|&c| c == column)
            .map_or("", |place| cells[place].as_str())
    };
    let mut number = |column: Column| -> Option<f64> {
        let text = cell(column);
        if text.is_empty() {
            return None;
        }
        match text.parse::<f64>() {
            Ok(value) if value.is_finite() => Some(value),
            _ => {
                let reason = format!("`{text}` is not a finite number");
                broken.push((column, reason, column.meaning().to_string()));
                None
            }
        }
    };
    let [d_nm, t_c, p_gpa, t_s, l_nm] = Column::REQUIRED.map(&mut number);
    let (sigma_nm, initial) = (number(Column::Sigma), number(Column::InitialLength));
    for column in Column::REQUIRED {
        if cell(column).is_empty() {
            broken.push((column, "the cell is empty".into(), column.meaning().into()));
        }
    }
    let named = cell(Column::Measured);
    let measured = Measured::ALL.into_iter().find(|m| m.name() == named);
    if measured.is_none() && !named.is_empty() {
        let reason = format!("`{named}` is not a length of a wire");
        broken.push((Column::Measured, reason, "tip, contact or mean".into()));
    }
    Experiment {
        line: line.number,
        d_nm: d_nm.unwrap_or(f64::NAN),
        T_C: t_c.unwrap_or(f64::NAN),
        p_GPa: p_gpa.unwrap_or(f64::NAN),
        t_s: t_s.unwrap_or(f64::NAN),
        L_nm: l_nm.unwrap_or(f64::NAN),
        sigma_nm,
        L0_nm: initial,
        measured: measured.unwrap_or_default(),
        note: cell(Column::Note).to_string(),
    }
}
