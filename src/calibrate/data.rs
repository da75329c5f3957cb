//! Measured lengths as a calibration needs them: driving pressures, and nothing that leaves both mechanisms undetermined.

use super::material_file::digits;
use super::model::Molding;
use crate::experiments::{Column, Experiment, Experiments, Measured};
use crate::input::{InputError, Problem};
use crate::materials::Material;
use crate::physics::constants::{GIGAPASCAL, NANOMETRE, celsius};
use crate::physics::driving_pressure;

/// One measured length; SI.
#[derive(Debug, Clone, PartialEq)]
pub struct Measurement {
    /// Line of the table, from 1.
    pub line: usize,
    /// What was done.
    pub molding: Molding,
    /// The pressure of the press in Pa, without capillarity.
    pub applied_pressure: f64,
    /// The length in m.
    pub length: f64,
    /// Its standard deviation in m, where it is stated.
    pub sigma: Option<f64>,
    /// Which length it is.
    pub measured: Measured,
}

/// Measured lengths. Either all rows state a standard deviation or none does.
#[derive(Debug, Clone, PartialEq)]
pub struct Measurements {
    /// Name of the table.
    pub name: String,
    /// The rows, in their order.
    pub rows: Vec<Measurement>,
}

impl Measurements {
    /// The lengths in `table`, molded from `material`; with `capillarity` its 4γcosθ/d adds to the pressure. A wire whose
    /// length at the start is not given began at the mold face.
    ///
    /// # Errors
    /// Everything that is wrong with the table, each problem with its place and remedy.
    pub fn new(
        table: &Experiments,
        material: &Material,
        capillarity: bool,
    ) -> Result<Self, InputError> {
        let (mut rows, mut problems) = (Vec::new(), Vec::new());
        for row in table.rows() {
            match measurement(table, row, material, capillarity) {
                Ok(one) => rows.push(one),
                Err(problem) => problems.push(problem),
            }
        }
        problems.extend(mixed_sigmas(table));
        problems.extend(one_diameter(table));
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

    /// The same lengths, driven by the press alone.
    pub fn without_capillarity(&self) -> Self {
        let mut plain = self.clone();
        for row in &mut plain.rows {
            row.molding.pressure = row.applied_pressure;
        }
        plain
    }

    /// Whether the rows state their standard deviations.
    pub fn has_sigmas(&self) -> bool {
        self.rows.iter().all(|row| row.sigma.is_some())
    }
}

fn measurement(
    table: &Experiments,
    row: &Experiment,
    material: &Material,
    capillarity: bool,
) -> Result<Measurement, Problem> {
    if let Some(problem) = far_outside(table, row, material) {
        return Err(problem);
    }
    let tension = if capillarity {
        material.surface_tension()
    } else {
        0.0
    };
    let angle = material.contact_angle();
    let driving = driving_pressure(row.pressure(), 0.0, tension, angle, row.diameter());
    if driving <= 0.0 {
        let message = format!(
            "line {}: capillarity resists with {:.3} GPa, more than the pressure",
            row.line,
            row.p_GPa - driving / GIGAPASCAL
        );
        let help = "a higher pressure, or --capillarity off";
        return Err(table.problem(row, Column::Pressure, message, help));
    }
    Ok(Measurement {
        line: row.line,
        molding: Molding {
            diameter: row.diameter(),
            temperature: row.temperature(),
            pressure: driving,
            time: row.time(),
            initial_length: row.initial_length().unwrap_or(0.0),
        },
        applied_pressure: row.pressure(),
        length: row.length(),
        sigma: row.sigma(),
        measured: row.measured,
    })
}

/// The problem with a `row` at a temperature so far outside the laws of `material` that they are not to be used.
pub fn far_outside(table: &Experiments, row: &Experiment, material: &Material) -> Option<Problem> {
    let issues = material.extrapolations(row.temperature());
    let issue = issues.into_iter().find(|one| one.refused)?;
    let message = format!("line {}: {issue}", row.line);
    let help = "a temperature in °C (0 °C = 273.15 K)";
    Some(table.problem(row, Column::Temperature, message, help))
}

fn mixed_sigmas(table: &Experiments) -> Option<Problem> {
    let rows = table.rows();
    let stated = rows.iter().filter(|row| row.sigma_nm.is_some()).count();
    let missing = rows.iter().find(|row| row.sigma_nm.is_none())?;
    (stated > 0).then(|| {
        table.problem(
            missing,
            Column::Sigma,
            format!("{stated} of {} lines state sigma_nm, line {} does not", rows.len(), missing.line),
            "a standard deviation on every line or on none; without it the scatter of the data is used",
        )
    })
}

fn one_diameter(table: &Experiments) -> Option<Problem> {
    let first = table.rows().first()?;
    let same = table.rows().iter().all(|row| row.d_nm == first.d_nm);
    same.then(|| {
        table.column_problem(
            Column::Diameter,
            format!(
                "all pores are {} nm wide: one diameter cannot tell viscosity from interface diffusion at {:.0} °C or anywhere",
                digits(first.diameter() / NANOMETRE, 4),
                celsius(first.temperature())
            ),
            "at each temperature two diameters or more: wide pores fix the viscosity, narrow ones (below d_c) fix δD_I",
        )
    })
}
