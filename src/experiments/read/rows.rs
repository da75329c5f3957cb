//! The rows of a table: numbers in the program's units, and what is left out.

use super::super::number::{self, Number};
use super::super::record::{Column, Experiment, Measured};
use super::super::rules::{self, Broken};
use super::Text;
use super::layout::{Kind, Layout};
use crate::input::{InputError, Problem, Record};
use std::collections::BTreeMap;

/// Reads the rows. What is left out, or taken in a way that has to be known, goes into `remarks`.
///
/// # Errors
/// Everything that is wrong with them.
pub(super) fn rows(
    table: &Text,
    records: &[Record],
    layout: &Layout,
    remarks: &mut Vec<String>,
) -> Result<Vec<Experiment>, InputError> {
    let (mut rows, mut problems): (Vec<Experiment>, Vec<Problem>) = (Vec::new(), Vec::new());
    let mut left_out = LeftOut::default();
    let mut plus_minus = false;
    for record in &records[layout.first_row..] {
        if record.cells.iter().all(|cell| cell.text.is_empty()) {
            continue;
        }
        if let Some(problem) = ragged(table, record, layout) {
            problems.push(problem);
            continue;
        }
        let reader = Reader { record, layout };
        if let Some(reason) = reader.reason_to_leave_out() {
            left_out.add(reason, record.line);
            continue;
        }
        let mut broken = Vec::new();
        let row = reader.row(&mut broken, &mut plus_minus);
        if broken.is_empty() {
            broken = rules::of_row(&row);
        }
        for (column, reason, remedy) in broken {
            let place = reader.place(column);
            let name = place.map_or(column.name(), |place| records[0].cells[place].text.as_str());
            let message = format!("line {}, {name}: {reason}", record.line);
            let place = record.cell(place.unwrap_or(usize::MAX));
            problems.push(table.problem(place, message, remedy));
        }
        rows.push(row);
    }
    if problems.is_empty()
        && let Some((row, reason, remedy)) = rules::of_all(&rows, layout.in_celsius())
    {
        let record = records.iter().find(|record| record.line == row.line);
        let place = layout.place(Column::Temperature).unwrap_or(usize::MAX);
        let span = record.map_or(0..0, |record| record.cell(place));
        problems.push(table.problem(span, format!("line {}: {reason}", row.line), remedy));
    }
    if let Some(error) = InputError::from_problems(problems) {
        return Err(error);
    }
    remarks.extend(left_out.remark());
    if plus_minus {
        remarks.push("the numbers behind ± are taken as standard deviations of the lengths (of the mean, where a length is one)".to_owned());
    }
    let lone = |row: &&Experiment| row.scatter_nm.is_some() && row.wires.is_none();
    let lone = rows.iter().filter(lone).count();
    if lone > 0 {
        remarks.push(format!(
            "{lone} lines state a scatter of wires without their number n: it counts as the error of the length, as if one wire had been measured"
        ));
    }
    Ok(rows)
}

/// Lines that are left out, by the reason.
#[derive(Default)]
struct LeftOut(BTreeMap<String, Vec<usize>>);

impl LeftOut {
    fn add(&mut self, reason: String, line: usize) {
        self.0.entry(reason).or_default().push(line);
    }

    fn remark(&self) -> Option<String> {
        let part = |(reason, lines): (&String, &Vec<usize>)| {
            let numbers: Vec<String> = lines.iter().map(usize::to_string).collect();
            let (word, count) = (if lines.len() == 1 { "line" } else { "lines" }, lines.len());
            format!("{count} {word} {reason} ({word} {})", numbers.join(", "))
        };
        let parts: Vec<String> = self.0.iter().map(part).collect();
        (!parts.is_empty()).then(|| format!("left out: {}", parts.join("; ")))
    }
}

/// The problem with a record that has not one cell per column. Empty cells at the end do not count.
fn ragged(table: &Text, record: &Record, layout: &Layout) -> Option<Problem> {
    let columns = layout.columns.len();
    let beyond = record.cells.iter().skip(columns);
    if record.cells.len() >= columns && beyond.clone().all(|cell| cell.text.is_empty()) {
        return None;
    }
    let message = format!(
        "line {} has {} cells, the header has {columns}",
        record.line,
        record.cells.len(),
    );
    let help = "one cell per column; leave an optional cell empty, and put numbers with a comma into quotes";
    Some(table.problem(record.place.clone(), message, help))
}

impl Layout {
    /// Where a column stands.
    fn place(&self, column: Column) -> Option<usize> {
        self.columns
            .iter()
            .position(|kind| kind.known() == Some(column))
    }

    /// Whether the temperatures are given in °C.
    fn in_celsius(&self) -> bool {
        let kelvin = super::super::units::Conversion::Kelvin;
        !self
            .columns
            .contains(&Kind::Known(Column::Temperature, kelvin))
    }
}

/// A record, read by its layout.
struct Reader<'a> {
    record: &'a Record,
    layout: &'a Layout,
}

impl Reader<'_> {
    fn place(&self, column: Column) -> Option<usize> {
        self.layout.place(column)
    }

    fn text(&self, column: Column) -> &str {
        self.place(column)
            .map_or("", |place| self.record.cells[place].text.as_str())
    }

    /// Why the row is not to be used: flagged, or without a length.
    fn reason_to_leave_out(&self) -> Option<String> {
        let unmarked = |text: &str| {
            let text = text.to_lowercase();
            number::is_missing(&text)
                || ["0", "no", "false", "ok", "good", "n"].contains(&text.as_str())
        };
        let flag = self.text(Column::Flag);
        if !unmarked(flag) {
            return Some(format!("flagged `{flag}`"));
        }
        let marks = self.layout.columns.iter().zip(&self.record.cells);
        for (kind, cell) in marks {
            if let Kind::Marks(name) = kind
                && !unmarked(&cell.text)
            {
                return Some(format!("marked `{name}`"));
            }
        }
        let lengths = [Column::Length, Column::NormalisedLength];
        let missing = lengths
            .iter()
            .all(|&column| number::is_missing(self.text(column)));
        missing.then(|| "without a length".to_owned())
    }

    /// The number in a cell in the program's unit; none where it is missing or broken.
    fn number(&self, column: Column, broken: &mut Vec<Broken>) -> Option<Number> {
        let place = self.place(column)?;
        let Kind::Known(_, conversion) = &self.layout.columns[place] else {
            return None;
        };
        let text = &self.record.cells[place].text;
        if number::is_missing(text) {
            return None;
        }
        let Some(number) = number::parse(text, self.layout.decimal) else {
            let reason = format!("`{text}` is not a finite number");
            broken.push((column, reason, column.meaning().to_string()));
            return None;
        };
        Some(Number {
            value: conversion.apply(number.value),
            // A difference has no offset.
            plus_minus: number
                .plus_minus
                .map(|by| conversion.apply(number.value + by) - conversion.apply(number.value)),
        })
    }

    /// The row, with NaN where a cell is broken.
    fn row(&self, broken: &mut Vec<Broken>, plus_minus: &mut bool) -> Experiment {
        let mut value = |column: Column| self.number(column, broken).map(|number| number.value);
        let [d_nm, t_c, p_gpa, t_s] = [
            Column::Diameter,
            Column::Temperature,
            Column::Pressure,
            Column::Time,
        ]
        .map(&mut value);
        let [scatter_nm, wires, initial, spread, bias, pitch] = [
            Column::Scatter,
            Column::Count,
            Column::InitialLength,
            Column::DiameterSpread,
            Column::DiameterBias,
            Column::Pitch,
        ]
        .map(&mut value);
        let mut sigma_nm = value(Column::Sigma);
        for column in Column::REQUIRED {
            if column != Column::Length && number::is_missing(self.text(column)) {
                broken.push((column, "the cell is empty".into(), column.meaning().into()));
            }
        }
        let length = match self.number(Column::Length, broken) {
            Some(length) => Some(length),
            None => self.number(Column::NormalisedLength, broken).map(|number| {
                let unit = (p_gpa.unwrap_or(f64::NAN) * t_s.unwrap_or(f64::NAN)).sqrt();
                Number {
                    value: number.value * unit,
                    plus_minus: number.plus_minus.map(|by| by * unit),
                }
            }),
        };
        match (length.and_then(|length| length.plus_minus), sigma_nm) {
            (Some(by), None) => {
                *plus_minus = true;
                sigma_nm = Some(by);
            }
            (Some(_), Some(_)) => broken.push((
                Column::Sigma,
                "the error is stated twice, behind ± and in its own column".into(),
                "one of the two".into(),
            )),
            _ => {}
        }
        let named = self.text(Column::Measured);
        let measured = Measured::ALL.into_iter().find(|m| m.name() == named);
        if measured.is_none() && !named.is_empty() {
            let reason = format!("`{named}` is not a length of a wire");
            broken.push((Column::Measured, reason, "tip, contact or mean".into()));
        }
        Experiment {
            line: self.record.line,
            d_nm: d_nm.unwrap_or(f64::NAN),
            T_C: t_c.unwrap_or(f64::NAN),
            p_GPa: p_gpa.unwrap_or(f64::NAN),
            t_s: t_s.unwrap_or(f64::NAN),
            L_nm: length.map_or(f64::NAN, |length| length.value),
            sigma_nm: sigma_nm
                .or(scatter_nm.map(|scatter| scatter / wires.unwrap_or(1.0).max(1.0).sqrt())),
            scatter_nm,
            wires,
            L0_nm: initial,
            spread_d_nm: spread,
            bias_d_nm: bias,
            mold: self.text(Column::Mold).to_string(),
            pitch_nm: pitch,
            measured: measured.unwrap_or_default(),
            note: self.text(Column::Note).to_string(),
        }
    }
}
