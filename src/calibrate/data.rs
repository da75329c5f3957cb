//! Measured lengths: the table that `calibrate` reads.

use super::material_file::digits;
use super::model::{MeasuredLength, Molding};
use crate::input::{InputError, Problem, Table};
use crate::materials::Material;
use crate::physics::constants::{GIGAPASCAL, NANOMETRE, celsius, kelvin};
use crate::physics::driving_pressure;

/// One measured length; SI.
#[derive(Debug, Clone, PartialEq)]
pub struct Measurement {
    /// Line of the table, from 1.
    pub line: usize,
    /// What was done.
    pub molding: Molding,
    /// The length in m.
    pub length: f64,
    /// Its standard deviation in m, where it is stated.
    pub sigma: Option<f64>,
    /// Which length it is.
    pub measured: MeasuredLength,
}

/// A table of measured lengths. Either all rows state a standard deviation or none does.
#[derive(Debug, Clone, PartialEq)]
pub struct Measurements {
    /// Name of the table.
    pub name: String,
    /// The rows, in their order.
    pub rows: Vec<Measurement>,
}

const REQUIRED: [(&str, &str); 5] = [
    ("d_nm", "the pore diameter in nm"),
    ("T_C", "the temperature in °C"),
    ("p_GPa", "the applied pressure in GPa"),
    ("t_s", "the molding time in s"),
    ("L_nm", "the measured length in nm"),
];
const OPTIONAL: [(&str, &str); 4] = [
    ("sigma_nm", "standard deviation of L_nm"),
    ("L0_nm", "length at the start (the print)"),
    ("length", "which length: tip, contact or mean"),
    ("note", "anything"),
];

/// Wider pores and longer wires than this in nm are a unit mistaken.
const LARGEST_NM: f64 = 1e5;

impl Measurements {
    /// Reads the rows of `table`, molded from `material`; with `capillarity` its 4γcosθ/d adds to the pressure.
    ///
    /// # Errors
    /// Everything that is wrong with the table, each problem with its place and remedy.
    pub fn from_table(
        table: &Table,
        material: &Material,
        capillarity: bool,
    ) -> Result<Self, InputError> {
        table.check_columns(&REQUIRED, &OPTIONAL)?;
        let (mut rows, mut problems) = (Vec::new(), Vec::new());
        for row in 0..table.len() {
            let mut reader = Row {
                table,
                row,
                problems: &mut problems,
            };
            rows.extend(reader.measurement(material, capillarity));
        }
        if problems.is_empty() {
            check_repeats(table, &mut problems);
            check_sigmas(table, &mut problems);
            check_diameters(table, &rows, &mut problems);
        }
        match InputError::from_problems(problems) {
            Some(error) => Err(error),
            None => Ok(Self {
                name: table.name().to_owned(),
                rows,
            }),
        }
    }

    /// The temperatures in K, highest first, each with the indices of its rows.
    pub fn by_temperature(&self) -> Vec<(f64, Vec<usize>)> {
        let mut groups: Vec<(f64, Vec<usize>)> = Vec::new();
        for (index, row) in self.rows.iter().enumerate() {
            let at = row.molding.temperature;
            match groups.iter_mut().find(|group| group.0 == at) {
                Some(group) => group.1.push(index),
                None => groups.push((at, vec![index])),
            }
        }
        groups.sort_by(|a, b| b.0.total_cmp(&a.0));
        groups
    }

    /// Whether the rows state their standard deviations.
    pub fn has_sigmas(&self) -> bool {
        self.rows.iter().all(|row| row.sigma.is_some())
    }
}

/// Reads one row and notes what is wrong with it.
struct Row<'a> {
    table: &'a Table,
    row: usize,
    problems: &'a mut Vec<Problem>,
}

impl Row<'_> {
    fn refuse(&mut self, column: &str, message: String, help: &str) {
        self.problems
            .push(self.table.problem(self.row, column, message, help));
    }

    /// The number in `column`, if there is one.
    fn optional(&mut self, column: &str) -> Option<f64> {
        self.table
            .number(self.row, column)
            .map_err(|problem| self.problems.push(problem))
            .ok()
            .flatten()
    }

    /// A number that must be there and positive.
    fn positive(&mut self, column: &str, what: &str) -> Option<f64> {
        let known = self.problems.len();
        match self.optional(column) {
            Some(number) if number > 0.0 => Some(number),
            Some(number) => {
                let message = format!("`{column}` is {number}: {what} is positive");
                self.refuse(column, message, &format!("{what}, above 0"));
                None
            }
            None => {
                if self.problems.len() == known {
                    self.refuse(column, format!("`{column}` is empty"), what);
                }
                None
            }
        }
    }

    fn measurement(&mut self, material: &Material, capillarity: bool) -> Option<Measurement> {
        let [diameter, _, pressure, time, length] = REQUIRED.map(|(column, what)| {
            (column != "T_C")
                .then(|| self.positive(column, what))
                .flatten()
        });
        let temperature = self.temperature(material);
        let sigma = match self.table.text(self.row, "sigma_nm") {
            Some(_) => Some(self.positive("sigma_nm", OPTIONAL[0].1)?),
            None => None,
        };
        let initial = self.optional("L0_nm").unwrap_or(0.0);
        let measured = self.measured()?;
        let (diameter, length) = (diameter?, length?);
        for (column, number) in [("d_nm", diameter), ("L_nm", length)] {
            if number > LARGEST_NM {
                self.refuse(
                    column,
                    format!("{number} nm is no nanomolding"),
                    "a length in nm",
                );
            }
        }
        if !(0.0..length).contains(&initial) {
            let message = format!("the wire grew from {initial} nm to {length} nm");
            self.refuse(
                "L0_nm",
                message,
                "a length from 0 to below L_nm; empty where there was no print",
            );
            return None;
        }
        let diameter = diameter * NANOMETRE;
        let tension = if capillarity {
            material.surface_tension()
        } else {
            0.0
        };
        let driving = driving_pressure(
            pressure? * GIGAPASCAL,
            0.0,
            tension,
            material.contact_angle(),
            diameter,
        );
        if driving <= 0.0 {
            self.refuse(
                "p_GPa",
                format!(
                    "capillarity resists with {:.3} GPa, more than the pressure",
                    pressure? - driving / GIGAPASCAL
                ),
                "a higher pressure, or leave out --capillarity",
            );
            return None;
        }
        Some(Measurement {
            line: self.table.line(self.row),
            molding: Molding {
                diameter,
                temperature: temperature?,
                pressure: driving,
                time: time?,
                initial_length: initial * NANOMETRE,
            },
            length: length * NANOMETRE,
            sigma: sigma.map(|sigma| sigma * NANOMETRE),
            measured,
        })
    }

    fn temperature(&mut self, material: &Material) -> Option<f64> {
        let known = self.problems.len();
        let Some(at) = self.optional("T_C") else {
            if self.problems.len() == known {
                self.refuse("T_C", "`T_C` is empty".to_owned(), REQUIRED[1].1);
            }
            return None;
        };
        let refused = material
            .extrapolations(kelvin(at))
            .into_iter()
            .find(|one| one.refused);
        if let Some(issue) = refused {
            self.refuse(
                "T_C",
                issue.to_string(),
                "a temperature in °C (0 °C = 273.15 K)",
            );
            return None;
        }
        Some(kelvin(at))
    }

    fn measured(&mut self) -> Option<MeasuredLength> {
        match self.table.text(self.row, "length") {
            None => Some(MeasuredLength::default()),
            Some("tip") => Some(MeasuredLength::Tip),
            Some("contact") => Some(MeasuredLength::Contact),
            Some("mean") => Some(MeasuredLength::Mean),
            Some(other) => {
                let message = format!("`{other}` is no length of a wire");
                self.refuse("length", message, "tip, contact or mean");
                None
            }
        }
    }
}

/// A row that says the same as an earlier one is a slip of copying, and would count as independent evidence.
fn check_repeats(table: &Table, problems: &mut Vec<Problem>) {
    let key = |row: usize| -> Vec<Option<f64>> {
        let columns = REQUIRED.iter().chain(&OPTIONAL[..2]);
        columns
            .map(|(column, _)| table.number(row, column).ok().flatten())
            .collect()
    };
    for row in 1..table.len() {
        if let Some(first) = (0..row).find(|&first| key(first) == key(row)) {
            problems.push(table.problem(
                row,
                "",
                format!("this line repeats line {}", table.line(first)),
                "one line per measurement; wires that happen to be equally long differ in their digits",
            ));
        }
    }
}

fn check_sigmas(table: &Table, problems: &mut Vec<Problem>) {
    let stated = (0..table.len()).filter(|&row| table.text(row, "sigma_nm").is_some());
    let stated = stated.count();
    if stated == 0 || stated == table.len() {
        return;
    }
    let missing = (0..table.len()).find(|&row| table.text(row, "sigma_nm").is_none());
    if let Some(row) = missing {
        problems.push(table.problem(
            row,
            "sigma_nm",
            format!("{stated} of {} lines state sigma_nm, this one does not", table.len()),
            "a standard deviation on every line or on none; without it the scatter of the data is used",
        ));
    }
}

fn check_diameters(table: &Table, rows: &[Measurement], problems: &mut Vec<Problem>) {
    let Some(first) = rows.first() else { return };
    if rows
        .iter()
        .all(|row| row.molding.diameter == first.molding.diameter)
    {
        problems.push(table.column_problem(
            "d_nm",
            format!(
                "all pores are {} nm wide: one diameter cannot tell viscosity from interface diffusion at {:.0} °C or anywhere",
                digits(first.molding.diameter / NANOMETRE, 4),
                celsius(first.molding.temperature)
            ),
            "at each temperature two diameters or more: wide pores fix the viscosity, narrow ones (below d_c) fix δD_I",
        ));
    }
}
