//! The rows of `sweep.csv`.

use super::plan::Plan;
use crate::case::{LoadedCase, Model, Process};
use crate::output::OutputError;
use crate::physics::constants::{GIGAPASCAL, NANOMETRE, NORMALISED};
use serde_json::Value;
use std::fs::File;
use std::path::Path;

/// Significant digits of computed numbers: beyond what any result is good to, short of what differs from one processor to
/// the next.
const DIGITS: usize = 9;

/// Columns that every sweep has before those of its further keys.
const CONDITIONS: [&str; 5] = ["point", "d_nm", "T_C", "p_GPa", "t_s"];

/// Keys whose values stand in the columns of the conditions.
const CONDITION_KEYS: [&str; 4] = [
    "pore.diameter_nm",
    "process.temperature_C",
    "process.pressure_GPa",
    "process.time_s",
];

/// Columns of the results before those of the composition.
const RESULTS: [&str; 6] = [
    "length_nm",
    "tip_length_nm",
    "core_share",
    "layer_share",
    "normalised_length_nm_per_sqrt_GPa_s",
    "lambda",
];

/// Columns after those of the composition.
const ENDS: [&str; 4] = ["error_estimate", "stop", "status", "reason"];

/// What a computed point gives; SI.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PointResult {
    /// Length of the wire in m: that of a flat wire of equal volume.
    pub length: f64,
    /// Length to the tip in m.
    pub tip_length: f64,
    /// Shares of core and layer in the transported volume.
    pub shares: [f64; 2],
    /// Λ = ηM/R³ at the end.
    pub lambda: f64,
    /// Composition and crystallinity, if they are computed.
    pub composition: Option<TipComposition>,
    /// Estimated relative discretisation error of the length, if it was estimated.
    pub error_estimate: Option<f64>,
    /// What ended the run: time, length or filled.
    pub stop: &'static str,
}

/// What a row says of the composition.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TipComposition {
    /// Atomic fractions at the tip, in the order of the material's composition.
    pub tip: Vec<f64>,
    /// Length in m up to which the wire is amorphous.
    pub amorphous_length: Option<f64>,
    /// Share of the wire's volume that is crystalline.
    pub crystalline_share: Option<f64>,
}

/// The columns of a sweep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Columns {
    names: Vec<String>,
    further: Vec<String>,
    elements: Vec<String>,
}

impl Columns {
    /// The columns of a sweep over these keys; `elements` whose fractions at the tip are computed, or none.
    pub fn new<'a>(keys: impl Iterator<Item = &'a str>, elements: Vec<String>) -> Self {
        let further: Vec<String> = keys
            .filter(|key| !CONDITION_KEYS.contains(key))
            .map(str::to_owned)
            .collect();
        let mut names: Vec<String> = CONDITIONS.map(str::to_owned).to_vec();
        names.extend(further.iter().cloned());
        names.extend(RESULTS.map(str::to_owned));
        if !elements.is_empty() {
            names.extend(elements.iter().map(|e| format!("tip_x_{e}")));
            names.extend(["amorphous_length_nm", "crystalline_share"].map(str::to_owned));
        }
        names.extend(ENDS.map(str::to_owned));
        Columns {
            names,
            further,
            elements,
        }
    }

    /// Names, in order.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Varied keys that have a column of their own.
    pub fn further(&self) -> &[String] {
        &self.further
    }

    /// Elements whose fractions at the tip have columns.
    pub fn elements(&self) -> &[String] {
        &self.elements
    }

    /// Index of a column.
    pub fn index(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|one| one == name)
    }

    /// A reader of the table at `path`, whose rows all have these columns.
    ///
    /// # Errors
    /// [`OutputError::Format`] if it cannot be read or has others.
    pub(super) fn open(&self, path: &Path) -> Result<csv::Reader<File>, OutputError> {
        let mut reader = csv::Reader::from_path(path).map_err(OutputError::format(path))?;
        let header = reader.headers().map_err(OutputError::format(path))?;
        if header.iter().ne(self.names.iter().map(String::as_str)) {
            return Err(OutputError::Format {
                path: path.to_path_buf(),
                reason: "the columns are not those of this sweep".into(),
            });
        }
        Ok(reader)
    }

    /// The header line, with its end.
    pub fn header(&self) -> Vec<u8> {
        record(&self.names)
    }

    /// The line of a point, with its end: its result, or why it has none.
    pub fn line(
        &self,
        plan: &Plan,
        point: u64,
        loaded: Option<&LoadedCase>,
        result: Result<&PointResult, &str>,
    ) -> Vec<u8> {
        let mut cells = self.conditions(plan, point, loaded);
        let process = loaded.map(|loaded| &loaded.case.process);
        match result {
            Ok(result) => {
                let pressure = process.and_then(|p| p.pressure_GPa);
                let normalised = pressure
                    .zip(process.map(Process::duration))
                    .map(|(gpa, time)| {
                        result.length / (gpa * GIGAPASCAL * time).sqrt() / NORMALISED
                    });
                cells.extend([
                    rounded(result.length / NANOMETRE),
                    rounded(result.tip_length / NANOMETRE),
                    rounded(result.shares[0]),
                    rounded(result.shares[1]),
                    normalised.map_or(String::new(), rounded),
                    rounded(result.lambda),
                ]);
                if !self.elements.is_empty() {
                    match &result.composition {
                        Some(composition) => {
                            cells.extend(composition.tip.iter().map(|&x| rounded(x)));
                            let length = composition
                                .amorphous_length
                                .map(|length| length / NANOMETRE);
                            cells.push(length.map_or(String::new(), rounded));
                            cells
                                .push(composition.crystalline_share.map_or(String::new(), rounded));
                        }
                        None => cells.extend(vec![String::new(); self.elements.len() + 2]),
                    }
                }
                cells.push(result.error_estimate.map_or(String::new(), rounded));
                cells.push(result.stop.to_owned());
                cells.extend([OK.to_owned(), String::new()]);
            }
            Err(reason) => {
                let missing = self.names.len() - cells.len() - 2;
                cells.extend(vec![String::new(); missing]);
                let reason = reason.split_whitespace().collect::<Vec<_>>().join(" ");
                cells.extend([FAILED.to_owned(), reason]);
            }
        }
        record(&cells)
    }

    /// The first cells of a point's line: what it is, before its results.
    pub(super) fn conditions(
        &self,
        plan: &Plan,
        point: u64,
        loaded: Option<&LoadedCase>,
    ) -> Vec<String> {
        let mut cells: Vec<String> = Vec::with_capacity(self.names.len());
        cells.push(point.to_string());
        let conditions = loaded.map(|loaded| &loaded.case);
        cells.push(conditions.map_or(String::new(), |c| number(c.pore.diameter_nm)));
        let process = conditions.map(|c| &c.process);
        for value in [
            process.and_then(|p| p.temperature_C),
            process.and_then(|p| p.pressure_GPa),
            process.map(Process::duration),
        ] {
            cells.push(value.map_or(String::new(), number));
        }
        let values = plan.values(point);
        for key in &self.further {
            let value = values.iter().find(|(name, _)| name == key);
            cells.push(value.map_or(String::new(), |(_, value)| text(value)));
        }
        cells
    }

    /// The point of a whole line (without its end), and whether it has a result; none if it is no line of these columns.
    pub fn read(&self, line: &[u8]) -> Option<(u64, bool)> {
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .from_reader(line);
        let mut cells = csv::StringRecord::new();
        let found = reader.read_record(&mut cells).ok()?;
        if !found || cells.len() != self.names.len() {
            return None;
        }
        let status = cells.get(self.names.len() - 2)?;
        let point = cells.get(0)?.parse().ok()?;
        (status == OK || status == FAILED).then_some((point, status == OK))
    }
}

/// Status of a point with a result.
pub(super) const OK: &str = "ok";
/// Status of a point without one.
pub(super) const FAILED: &str = "failed";

/// What the cells of a column after the conditions hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A finite number.
    Number,
    /// A finite number that is not below zero.
    Positive,
    /// A share between 0 and 1, but for round-off.
    Share,
    /// What ended the run.
    Stop,
    /// Anything.
    Text,
}

impl Kind {
    /// The kind of a column.
    pub fn of(name: &str) -> Self {
        match name {
            "core_share" | "layer_share" | "tip_length_nm" => Kind::Number,
            "crystalline_share" => Kind::Share,
            "stop" => Kind::Stop,
            "status" | "reason" => Kind::Text,
            name if name.starts_with("tip_x_") => Kind::Share,
            _ => Kind::Positive,
        }
    }

    /// Whether a cell can be one of a row, with a result (`ok`) or without.
    pub fn takes(self, cell: &str, ok: bool) -> bool {
        const ROUND_OFF: f64 = 1e-6;
        if self == Kind::Text || cell.is_empty() {
            return true;
        }
        let number = cell.parse::<f64>().ok().filter(|number| number.is_finite());
        ok && match self {
            Kind::Stop => STOPS.contains(&cell),
            Kind::Number => number.is_some(),
            Kind::Positive => number.is_some_and(|number| number >= 0.0),
            _ => number.is_some_and(|x| (-ROUND_OFF..=1.0 + ROUND_OFF).contains(&x)),
        }
    }

    /// What a cell is that it does not take.
    pub fn refusal(self, ok: bool) -> &'static str {
        match self {
            _ if !ok => "a result of a point that has failed",
            Kind::Stop => "none of time, length and filled",
            Kind::Share => "not between 0 and 1",
            Kind::Positive => "no number from 0 on",
            Kind::Number | Kind::Text => "no number",
        }
    }
}

/// What ends a run, as `stop` has it.
const STOPS: [&str; 3] = ["time", "length", "filled"];

/// Symbols of the elements whose fractions at the tip a sweep computes; none if no point has the composition computed.
pub(super) fn elements(plan: &Plan, first: &LoadedCase) -> Vec<String> {
    use crate::case::CompositionModel::Elements;
    let varied = plan.axes().iter().any(|axis| {
        (0..axis.len()).any(|row| {
            let pairs = axis.keys().iter().zip(axis.row(row));
            pairs
                .filter(|(key, _)| *key == "composition.model")
                .any(|(_, value)| value == "elements")
        })
    });
    let computed = varied || first.case.composition.model == Elements;
    if plan.model() == Model::Reduced || !computed {
        return Vec::new();
    }
    first.material.composition.keys().cloned().collect()
}

/// A line of a table, with its end.
#[expect(clippy::expect_used, reason = "memory takes a record of text")]
pub(super) fn record(cells: &[String]) -> Vec<u8> {
    let mut writer = csv::WriterBuilder::new().from_writer(Vec::with_capacity(256));
    writer
        .write_record(cells)
        .expect("memory takes a record of text");
    writer.into_inner().expect("memory does not fail to flush")
}

/// A given number, as short as it can be written.
fn number(value: f64) -> String {
    value.to_string()
}

/// A computed number; nothing where there is none.
fn rounded(value: f64) -> String {
    match value.is_finite() {
        true => digits(value, DIGITS).to_string(),
        false => String::new(),
    }
}

/// A value of an axis.
pub(super) fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// `value` to so many significant digits.
#[expect(
    clippy::expect_used,
    reason = "what was just written as a number is one"
)]
pub(super) fn digits(value: f64, count: usize) -> f64 {
    format!("{value:.*e}", count - 1)
        .parse()
        .expect("a number that was just written")
}
