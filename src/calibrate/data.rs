//! Measured lengths as a calibration needs them: driving pressures, and nothing that leaves both mechanisms undetermined.

use super::material_file::digits;
use super::model::Molding;
use crate::experiments::{Column, Experiment, Experiments, Measured, same_temperature};
use crate::input::{InputError, Problem};
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
    /// The pressure of the press in Pa, without capillarity.
    pub applied_pressure: f64,
    /// The length in m.
    pub length: f64,
    /// Its standard deviation in m, where it is stated.
    pub sigma: Option<f64>,
    /// Which length it is.
    pub measured: Measured,
    /// Number of wires in the mean; 1 where it is not stated.
    pub wires: f64,
    /// Relative standard deviation of the mean diameter of the wires' pores, as far as the error of the length does not hold it.
    pub spread: f64,
    /// Relative standard deviation of the shift that the diameters of the mold share.
    pub shift: f64,
    /// The mold.
    pub mold: String,
}

impl Measurement {
    /// The molding in a pore that is wider by the factor `by`; capillarity follows.
    pub fn widened(&self, by: f64) -> Molding {
        let capillary = self.molding.pressure - self.applied_pressure;
        Molding {
            diameter: by * self.molding.diameter,
            pressure: self.applied_pressure + capillary / by,
            ..self.molding
        }
    }
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
        let celsius: Vec<f64> = table.rows().iter().map(|row| row.T_C).collect();
        let mut temperatures = celsius.clone();
        for (mean, group) in same_temperature(&celsius, table.same_temperature()) {
            for index in group {
                temperatures[index] = mean;
            }
        }
        for (row, temperature) in table.rows().iter().zip(temperatures) {
            match measurement(table, row, kelvin(temperature), material, capillarity) {
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
            // The mean of those that belong together, which is a key; what a thermometer says is not.
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
    temperature: f64,
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
    let wires = row.wires.unwrap_or(1.0);
    Ok(Measurement {
        line: row.line,
        molding: Molding {
            diameter: row.diameter(),
            temperature,
            pressure: driving,
            time: row.time(),
            initial_length: row.initial_length().unwrap_or(0.0),
            cell_radius: row.cell_radius(),
        },
        applied_pressure: row.pressure(),
        length: row.length(),
        sigma: row.sigma(),
        measured: row.measured,
        wires,
        // Wires whose scatter was measured scatter by their diameters already.
        spread: match row.scatter_nm {
            Some(_) if wires > 1.0 => 0.0,
            _ => row.spread_d_nm.unwrap_or(0.0) / row.d_nm / wires.sqrt(),
        },
        shift: row.bias_d_nm.unwrap_or(0.0) / row.d_nm,
        mold: row.mold.clone(),
    })
}

/// The problem with a `row` at a temperature so far outside the laws of `material` that they are not to be used.
pub fn far_outside(table: &Experiments, row: &Experiment, material: &Material) -> Option<Problem> {
    let issues = material.extrapolations(row.temperature());
    let issue = issues.into_iter().find(|one| one.refused)?;
    let message = format!("line {}: {issue}", row.line);
    let help = match material
        .extrapolations(row.T_C)
        .iter()
        .any(|one| one.refused)
    {
        true => "a temperature in °C (0 °C = 273.15 K)".to_owned(),
        // As a number of kelvin it would do.
        false => format!(
            "{} K is {:.2} °C: call the column `T_K`",
            row.T_C,
            celsius(row.T_C)
        ),
    };
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
