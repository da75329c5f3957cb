//! Measured composition along a wire: one table per wire.
//!
//! Columns are the distance from the root (`z_nm`, `z (µm)`), fractions (`x_Ni`, `Ni (at.%)`) and ratios (`Ni/(Ni+Pd)`), the standard deviation of each (`sigma_x_Ni`,
//! `sigma_Ni/(Ni+Pd)`) or one of all (`sigma`), and what was done, the same on every line, where it differs from the case: `d_nm`, `T_C`, `p_GPa`, `t_s`,
//! and the measured length `L_nm`.

mod columns;

use super::number::{self, Decimal, is_missing};
use super::read::{TO_UTF_8, delimiter};
use super::record::Column;
use super::units::Conversion;
use crate::input::{InputError, MOST_OF_TABLE, Problem, Record, read_text, records};
use columns::kind;
use miette::NamedSource;
use std::path::Path;
use std::sync::Arc;

/// What of the composition a number is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The element.
    pub element: String,
    /// The elements in whose sum it is a share; all where there are none.
    pub among: Vec<String>,
}

impl Part {
    /// As it stands in a header.
    pub fn name(&self) -> String {
        match self.among.is_empty() {
            true => format!("x_{}", self.element),
            false => format!("{}/({})", self.element, self.among.join("+")),
        }
    }

    /// Every element that it names.
    pub fn elements(&self) -> impl Iterator<Item = &str> {
        let all = std::iter::once(&self.element).chain(&self.among);
        all.map(String::as_str)
    }
}

/// A measured number.
#[derive(Debug, Clone, PartialEq)]
pub struct ProfilePoint {
    /// Line of the table, from 1.
    pub line: usize,
    /// Distance from the root in nm.
    pub z_nm: f64,
    /// What it is: an index of [`WireProfile::parts`].
    pub part: usize,
    /// The number, 0…1.
    pub value: f64,
    /// Its standard deviation, where it is stated.
    pub sigma: Option<f64>,
}

/// The composition along one wire.
#[derive(Debug, Clone, Default, PartialEq)]
#[allow(
    non_snake_case,
    reason = "keys carry symbols and units as the field writes them"
)]
pub struct WireProfile {
    /// Name of the file.
    pub name: String,
    /// What was measured.
    pub parts: Vec<Part>,
    /// The numbers, one at least.
    pub points: Vec<ProfilePoint>,
    /// Diameter of the pore in nm.
    pub d_nm: Option<f64>,
    /// Temperature in °C.
    pub T_C: Option<f64>,
    /// Pressure in GPa.
    pub p_GPa: Option<f64>,
    /// Time in s.
    pub t_s: Option<f64>,
    /// Measured length of the wire in nm.
    pub L_nm: Option<f64>,
    /// Columns that are not used.
    pub unused: Vec<String>,
}

/// What a column is.
#[derive(Debug, Clone, PartialEq)]
enum Kind {
    Place(Conversion),
    /// A part, and the factor that makes its numbers shares.
    Part(usize, f64),
    /// The standard deviation of a part (of all, if none is named).
    Sigma(Option<Part>, f64),
    Condition(Column, Conversion),
    Unused,
}

/// Reads the file `path`.
///
/// # Errors
/// If it cannot be read, or with everything that is wrong with it, each problem with its place and remedy.
pub fn read_profile(path: &Path) -> Result<WireProfile, InputError> {
    let help =
        || "a CSV file (UTF-8) with the columns z_nm, and x_Ni, x_Pd … or Ni/(Ni+Pd)".to_owned();
    let text = read_text(path, MOST_OF_TABLE, help, TO_UTF_8)?;
    parse_profile(&path.display().to_string(), text)
}

/// Reads a profile from a text; `name` appears in messages.
///
/// # Errors
/// As [`read_profile`].
pub fn parse_profile(name: &str, text: String) -> Result<WireProfile, InputError> {
    let named = Arc::new(NamedSource::new(name, text.clone()));
    let delimiter = delimiter(&text);
    let records = records(&text, delimiter);
    let at = |record: &Record, index: usize, message: String, help: &str| {
        Problem::at(named.clone(), record.cell(index), message, "here", help)
    };
    let Some((header, rows)) = records.split_first().filter(|(_, rows)| !rows.is_empty()) else {
        let help = "a header line, then one line per place along the wire";
        return Err(Problem::without_source(format!("`{name}` holds no table"), help).into());
    };
    let mut found = WireProfile {
        name: name.to_owned(),
        ..WireProfile::default()
    };
    let kinds: Vec<Kind> = header
        .cells
        .iter()
        .map(|cell| kind(&cell.text, &mut found))
        .collect();
    let mut problems = Vec::new();
    if !kinds.iter().any(|kind| matches!(kind, Kind::Place(_))) {
        let message = "the distance from the root is missing".to_owned();
        problems.push(at(
            header,
            usize::MAX,
            message,
            "a column z_nm (or `z (µm)`)",
        ));
    }
    if found.parts.is_empty() {
        let message = "there is no column of the composition".to_owned();
        let help = "fractions as x_Ni or `Ni (at.%)`, or ratios as Ni/(Ni+Pd)";
        problems.push(at(header, usize::MAX, message, help));
    }
    if let Some(error) = InputError::from_problems(problems) {
        return Err(error);
    }
    let all: Vec<&str> = rows
        .iter()
        .flat_map(|row| row.cells.iter().map(|cell| cell.text.as_str()))
        .collect();
    let decimal = number::decimal(&all, delimiter).unwrap_or(Decimal::Point);
    let mut problems = Vec::new();
    for row in rows {
        if let Err((index, message, help)) = line(row, &kinds, decimal, &mut found) {
            problems.push(at(row, index, message, help));
        }
    }
    if problems.is_empty() && found.points.is_empty() {
        let message = "no line has a number of the composition".to_owned();
        problems.push(at(
            header,
            usize::MAX,
            message,
            "one line per place along the wire",
        ));
    }
    match InputError::from_problems(problems) {
        Some(error) => Err(error),
        None => Ok(found),
    }
}

type Wrong = (usize, String, &'static str);

/// Takes the numbers of a line.
fn line(
    row: &Record,
    kinds: &[Kind],
    decimal: Decimal,
    found: &mut WireProfile,
) -> Result<(), Wrong> {
    let mut place = None;
    let mut values: Vec<(usize, f64, usize)> = Vec::new();
    let mut sigmas: Vec<(Option<Part>, f64)> = Vec::new();
    for (index, kind) in kinds.iter().enumerate() {
        let Some(cell) = row.cells.get(index).map(|cell| cell.text.as_str()) else {
            continue;
        };
        if *kind == Kind::Unused || is_missing(cell) {
            continue;
        }
        let Some(parsed) = number::parse(cell, decimal) else {
            return Err((
                index,
                format!("`{cell}` is not a number"),
                "a number, or an empty cell",
            ));
        };
        let value = parsed.value;
        match kind {
            Kind::Unused => {}
            Kind::Place(unit) if value >= 0.0 => place = Some(unit.apply(value)),
            Kind::Place(_) => {
                let help = "the distance from the root (the mold's face), 0 or more";
                return Err((index, format!("a place {value} along the wire"), help));
            }
            Kind::Part(part, factor) => {
                let share = value * factor;
                if !(0.0..=1.0).contains(&share) {
                    let help =
                        "a share from 0 to 1, or per cent under a header such as `Ni (at.%)`";
                    return Err((index, format!("a share of {value}"), help));
                }
                values.push((*part, share, index));
                let own = parsed.plus_minus.map(|sigma| sigma * factor);
                sigmas.extend(own.map(|sigma| (Some(found.parts[*part].clone()), sigma)));
            }
            Kind::Sigma(part, factor) if value > 0.0 => sigmas.push((part.clone(), value * factor)),
            Kind::Sigma(..) => {
                let help = "a standard deviation above 0, in the unit of its fractions";
                return Err((index, format!("a standard deviation of {value}"), help));
            }
            Kind::Condition(column, unit) => {
                let value = unit.apply(value);
                let slot = match column {
                    Column::Diameter => &mut found.d_nm,
                    Column::Temperature => &mut found.T_C,
                    Column::Pressure => &mut found.p_GPa,
                    Column::Time => &mut found.t_s,
                    _ => &mut found.L_nm,
                };
                if slot.is_some_and(|before| before != value) {
                    let help = "one file per wire: the same on every line";
                    return Err((
                        index,
                        format!("`{cell}` differs from the line before"),
                        help,
                    ));
                }
                *slot = Some(value);
            }
        }
    }
    let Some(z_nm) = place else {
        return match values.first() {
            None => Ok(()),
            Some((.., index)) => Err((
                *index,
                "a composition without its place".to_owned(),
                "the distance from the root in the column z",
            )),
        };
    };
    for (part, value, _) in values {
        let of = |wanted: Option<&Part>| {
            let found = sigmas.iter().find(|(one, _)| one.as_ref() == wanted);
            found.map(|(_, sigma)| *sigma)
        };
        let sigma = of(Some(&found.parts[part])).or(of(None));
        found.points.push(ProfilePoint {
            line: row.line,
            z_nm,
            part,
            value,
            sigma,
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fractions_ratios_and_conditions_are_read_as_they_are_written() {
        let text = "z (µm);Ni (at.%);sigma_Ni (at.%);Ni/(Ni+Pd);d_nm;T_C;p (MPa);t (h);L_nm;who\n\
                    0,1;46,2;0,9;0,57;20;297;1250;10;304;A\n\
                    0,2;;;0,61 ± 0,02;20;297;1250;10;304;A\n";
        let found = parse_profile("wire.csv", text.to_owned()).unwrap();
        assert_eq!(found.parts.len(), 2);
        assert_eq!(found.parts[1].name(), "Ni/(Ni+Pd)");
        assert_eq!(
            (found.d_nm, found.T_C, found.t_s),
            (Some(20.0), Some(297.0), Some(36_000.0))
        );
        assert_eq!((found.p_GPa, found.L_nm), (Some(1.25), Some(304.0)));
        assert_eq!(found.unused, ["who"]);
        let told: Vec<(f64, usize, f64, Option<f64>)> = found
            .points
            .iter()
            .map(|p| (p.z_nm, p.part, p.value, p.sigma))
            .collect();
        let close = |a: f64, b: f64| (a - b).abs() < 1e-12;
        assert_eq!(told.len(), 3);
        assert!(
            close(told[0].0, 100.0) && close(told[0].2, 0.462) && close(told[0].3.unwrap(), 0.009)
        );
        assert!(told[1].1 == 1 && told[1].3.is_none());
        assert!(close(told[2].0, 200.0) && close(told[2].3.unwrap(), 0.02));
    }

    #[test]
    fn what_is_wrong_is_named_with_its_place() {
        for (text, message) in [
            ("z_nm,x_Ni\n0,46\n", "a share of 46"),
            ("z_nm,x_Ni\n-3,0.46\n", "a place -3 along the wire"),
            (
                "x_Ni,x_Pd\n0.4,0.3\n",
                "the distance from the root is missing",
            ),
            ("z_nm,who\n0,A\n", "no column of the composition"),
            (
                "z_nm,x_Ni,d_nm\n0,0.46,20\n1,0.46,30\n",
                "differs from the line before",
            ),
            ("z_nm,x_Ni\n0,abc\n", "`abc` is not a number"),
        ] {
            let error = parse_profile("wire.csv", text.to_owned()).unwrap_err();
            let told = error.problems()[0].message().to_owned();
            assert!(told.contains(message), "{told}: {message}");
        }
    }
}
