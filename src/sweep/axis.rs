//! An axis of a sweep: keys of the case and the values they take together.

use super::description::{AxisFile, Scale};
use super::values::{cell, range_values, settings};
use crate::input::{InputError, Problem, Source, Table};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// Keys that vary together and their values, row by row.
#[derive(Debug, Clone, PartialEq)]
pub struct Axis {
    keys: Vec<String>,
    /// As many as rows times keys.
    values: Vec<Value>,
    /// The CSV file that they come from.
    table: Option<PathBuf>,
}

/// Most values of one axis: more than a million rows are a mistake, not a sweep.
const MOST_ROWS: u32 = 1_000_000;

impl Axis {
    /// The keys, in the order of the values.
    pub fn keys(&self) -> &[String] {
        &self.keys
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.values.len() / self.keys.len()
    }

    /// Never: an axis without values is refused.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The values of a row, one for each key.
    pub fn row(&self, index: usize) -> &[Value] {
        let width = self.keys.len();
        &self.values[index * width..(index + 1) * width]
    }

    /// The axis that entry `number` (from 0) of a sweep file describes; `folder` is the file's.
    ///
    /// # Errors
    /// What is wrong, with its place in `source` or in the table.
    pub(super) fn resolve(
        file: &AxisFile,
        number: usize,
        source: &Source,
        folder: &Path,
    ) -> Result<Self, InputError> {
        let refuse = |key: &str, message: String, help: &str| -> InputError {
            let place = [format!("axis.{number}.{key}"), format!("axis.{number}")]
                .iter()
                .find_map(|key| source.span_in_arrays(key))
                .unwrap_or(0..0);
            source.problem(place, message, "here", help).into()
        };
        let range = file.from.is_some() || file.to.is_some() || file.points.is_some();
        let kinds = [
            ("values", file.values.is_some()),
            ("from", range),
            ("rows", file.rows.is_some()),
            ("table_file", file.table_file.is_some()),
        ];
        let given: Vec<&str> = kinds.iter().filter(|k| k.1).map(|k| k.0).collect();
        const KINDS: &str = "one of: `key` with `values`; `key` with `from`, `to`, `points` (and `scale`); `keys` with `rows`; `table_file`";
        let &[kind] = &given[..] else {
            let message = match given.first() {
                None => format!("axis {} has no values", number + 1),
                Some(_) => format!("axis {} is given as {}", number + 1, given.join(" and as ")),
            };
            return Err(refuse(given.get(1).unwrap_or(&""), message, KINDS));
        };
        let belongs: &[(&str, bool)] = match kind {
            "values" | "from" => &[("keys", file.keys.is_some())],
            "rows" => &[("key", file.key.is_some())],
            _ => &[("key", file.key.is_some()), ("keys", file.keys.is_some())],
        };
        if let Some((stray, _)) = belongs.iter().find(|b| b.1) {
            return Err(refuse(
                stray,
                format!("`{stray}` does not go with `{kind}`"),
                KINDS,
            ));
        }
        if file.scale.is_some() && kind != "from" {
            return Err(refuse(
                "scale",
                format!("`scale` does not go with `{kind}`"),
                KINDS,
            ));
        }
        let missing = |key: &str| {
            let message = format!("axis {} needs `{key}` with its `{kind}`", number + 1);
            refuse("", message, KINDS)
        };
        let axis = match kind {
            "values" => Axis {
                keys: vec![file.key.clone().ok_or_else(|| missing("key"))?],
                values: settings(file.values.iter().flatten()),
                table: None,
            },
            "from" => {
                let key = file.key.clone().ok_or_else(|| missing("key"))?;
                let from = file.from.ok_or_else(|| missing("from"))?;
                let to = file.to.ok_or_else(|| missing("to"))?;
                let points = file.points.ok_or_else(|| missing("points"))?;
                let scale = file.scale.unwrap_or_default();
                if !(2..=MOST_ROWS).contains(&points) {
                    let message = format!("a range of {points} values is none");
                    return Err(refuse(
                        "points",
                        message,
                        "2 to 1000000 values, both ends among them",
                    ));
                }
                if scale == Scale::Logarithmic && !(from > 0.0 && to > 0.0) {
                    let message = format!("a logarithmic range from {from} to {to} does not exist");
                    return Err(refuse(
                        "from",
                        message,
                        "both ends above 0, or scale = \"linear\"",
                    ));
                }
                Axis {
                    keys: vec![key],
                    values: range_values(from, to, points, scale),
                    table: None,
                }
            }
            "rows" => {
                let keys = file.keys.clone().filter(|keys| !keys.is_empty());
                let keys = keys.ok_or_else(|| missing("keys"))?;
                for (index, row) in file.rows.iter().flatten().enumerate() {
                    if row.len() != keys.len() {
                        let message =
                            format!("this row has {} values for {} keys", row.len(), keys.len());
                        let place = format!("rows.{index}");
                        return Err(refuse(
                            &place,
                            message,
                            "one value per key, in the order of `keys`",
                        ));
                    }
                }
                Axis {
                    values: settings(file.rows.iter().flatten().flatten()),
                    keys,
                    table: None,
                }
            }
            _ => {
                let name = file.table_file.as_deref().unwrap_or_default();
                let path = folder.join(name);
                if !path.is_file() {
                    let message = format!("there is no file `{}`", path.display());
                    let help = "a CSV file whose header holds dotted keys of the case, its path relative to the sweep file";
                    return Err(refuse("table_file", message, help));
                }
                Self::from_table(path)?
            }
        };
        if axis.is_empty() {
            return Err(refuse(
                kind,
                format!("axis {} has no values", number + 1),
                KINDS,
            ));
        }
        if let Some(index) = axis.values.iter().position(Value::is_object) {
            let place = match kind {
                "values" => format!("values.{index}"),
                _ => "rows".to_string(),
            };
            let help =
                "numbers, texts, true or false, or arrays; name one key per value of a section";
            return Err(refuse(
                &place,
                "a table cannot be a value of an axis".into(),
                help,
            ));
        }
        Ok(axis)
    }

    fn from_table(path: PathBuf) -> Result<Self, InputError> {
        let table = Table::read(&path)?;
        let keys: Vec<String> = table.columns().map(str::to_owned).collect();
        let mut values = Vec::with_capacity(keys.len() * table.len());
        let mut problems = Vec::new();
        if keys.iter().any(String::is_empty) {
            let help = "a dotted key of the case over every column, e.g. pore.diameter_nm,process.temperature_C";
            problems.push(table.column_problem("", "a column has no name", help));
        }
        for row in 0..table.len() {
            for key in &keys {
                match table.text(row, key) {
                    Some(text) => values.push(cell(text)),
                    None => problems.push(table.problem(
                        row,
                        key,
                        format!("there is no value of `{key}`"),
                        "every point needs a value for every key of the table",
                    )),
                }
            }
        }
        problems.truncate(MOST_PROBLEMS);
        match InputError::from_problems(problems) {
            Some(error) => Err(error),
            None => Ok(Axis {
                keys,
                values,
                table: Some(path),
            }),
        }
    }

    /// The problem of a value of this axis, entry `number` of `source`: that of `key`, if it is one of the axis's, in a row, else
    /// the whole row's; where the values are not listed one by one, at what stands for them.
    pub(super) fn problem(
        &self,
        (number, row): (usize, usize),
        key: Option<&str>,
        source: &Source,
        message: String,
        help: &str,
    ) -> Problem {
        // Read again: the places are wanted once in a lifetime.
        if let Some(table) = self.table.as_ref().and_then(|path| Table::read(path).ok())
            && row < table.len()
        {
            return table.problem(row, key.unwrap_or_default(), message, help);
        }
        let index = key.and_then(|key| self.keys.iter().position(|own| own == key));
        let mut places = Vec::with_capacity(6);
        places.extend(index.map(|index| format!("axis.{number}.rows.{row}.{index}")));
        places.extend([
            format!("axis.{number}.values.{row}"),
            format!("axis.{number}.rows.{row}"),
            format!("axis.{number}.from"),
            format!("axis.{number}.key"),
            format!("axis.{number}"),
        ]);
        at_first(source, &places, message, help)
    }

    /// The problem of a key of this axis, shown at its name.
    pub(super) fn key_problem(
        &self,
        number: usize,
        key: &str,
        source: &Source,
        message: String,
        help: &str,
    ) -> Problem {
        if let Some(table) = self.table.as_ref().and_then(|path| Table::read(path).ok()) {
            return table.column_problem(key, message, help);
        }
        let index = self.keys.iter().position(|own| own == key).unwrap_or(0);
        let places = [
            format!("axis.{number}.keys.{index}"),
            format!("axis.{number}.key"),
            format!("axis.{number}"),
        ];
        at_first(source, &places, message, help)
    }
}

/// A problem at the first of `places` that is there.
fn at_first(source: &Source, places: &[String], message: String, help: &str) -> Problem {
    let place = places.iter().find_map(|key| source.span_in_arrays(key));
    source.problem(place.unwrap_or(0..0), message, "here", help)
}

/// Problems after which no more are listed.
pub(super) const MOST_PROBLEMS: usize = 8;
