//! `nanomold map`.

mod picture;

use super::failure::Failure;
use super::folder::{ReportFolder, cell};
use super::synthesize::press;
use crate::case::load_material;
use crate::cli::{require_interface, without_laws_of_pressure};
use crate::output::points_vtp;
use crate::physics::constants::{NANOMETRE, kelvin};
use crate::reduced::{CaseError, Entrance, Molding, Table};
use crate::synthetic::Press;
use crate::wafer::inverse::{Found, Inverse, Sought};
use crate::wafer::local::{Cells, medians, outliers};
use crate::wafer::smooth::{self, Field};
use crate::wafer::{Defaults, Pores, read};
use clap::{Args, ValueEnum};
use rayon::prelude::*;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(Debug, Args)]
pub(super) struct Map {
    /// Table of pores: x and y with their unit, L; d and sigma where they differ from pore to pore
    #[arg(value_name = "PORES.csv")]
    pores: PathBuf,
    /// Material: what is not sought is as it is there
    #[arg(long, value_name = "FILE")]
    material: PathBuf,
    /// The press: temperature in °C, pressure in GPa, time in s
    #[arg(long = "at", value_name = "T_C,p_GPa,t_s", value_parser = press)]
    press: Press,
    /// What is sought
    #[arg(long, value_enum, default_value_t = Quantity::DeltaDI)]
    quantity: Quantity,
    /// Diameter of all pores in nm, where the table has no column of it
    #[arg(long, value_name = "NM")]
    diameter: Option<f64>,
    /// Length at the start in diameters
    #[arg(long, value_name = "RATIO", default_value_t = 0.0)]
    initial_aspect_ratio: f64,
    /// Radius R_c of the feedstock cell in pore radii: 0.525 times the distance of the pores over their radius
    #[arg(long, value_name = "R_c", default_value_t = 2.5)]
    cell_radius: f64,
    /// Relative standard deviation of a length, where the table has no column of it
    #[arg(long, value_name = "SHARE", default_value_t = 0.05)]
    sigma: f64,
    /// Relative standard deviation of a pore's diameter
    #[arg(long, value_name = "SHARE", default_value_t = 0.0)]
    diameter_spread: f64,
    /// Also a smooth field with this length in µm, by a Gaussian process
    #[arg(long, value_name = "UM")]
    smooth: Option<f64>,
    /// Output folder [default: out/map_<name of the table>]
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// Overwrite an earlier map
    #[arg(long)]
    force: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Quantity {
    /// δ D_I, with the viscosity of the material
    DeltaDI,
    /// The Newtonian viscosity, with δ D_I of the material
    Eta,
}

impl Quantity {
    fn sought(self) -> Sought {
        match self {
            Quantity::DeltaDI => Sought::LayerConductivity,
            Quantity::Eta => Sought::Viscosity,
        }
    }

    /// Column of a table, and label of an axis.
    fn names(self) -> [&'static str; 2] {
        match self {
            Quantity::DeltaDI => ["delta_D_interface_m3_per_s", "δD_I (m³/s)"],
            Quantity::Eta => ["eta_newtonian_Pa_s", "newtonian viscosity η (Pa·s)"],
        }
    }
}

const TABLE: &str = "map.csv";
const MICROMETRE: f64 = 1e-6;
/// Pores in a cell whose median tells what is usual there.
const NEIGHBOURS: f64 = 100.0;
/// Standard deviations of a 95 % interval.
const REACH_95: f64 = 1.959_964;

/// A map: of each pore what was found, ln of the number (NaN where there is none) and its standard deviation, and whether it is far from its neighbours.
struct Made {
    found: Vec<Found>,
    values: Vec<f64>,
    errors: Vec<f64>,
    far: Vec<bool>,
    field: Option<Field>,
}

impl Map {
    pub fn execute(self) -> Result<ExitCode, Failure> {
        self.check()?;
        let mut material = load_material(&self.material, &[])?;
        without_laws_of_pressure(&mut material, &self.material);
        require_interface(&material, &self.material)?;
        let temperature = kelvin(self.press.T_C);
        let issues = material.extrapolations(temperature);
        if let Some(issue) = issues.iter().find(|issue| issue.refused) {
            return Err(Failure::Usage(format!("--at: {issue}")));
        }
        let table = Table::shipped().map_err(CaseError::from)?;
        let entrance = Entrance::new(table, self.cell_radius).map_err(CaseError::from)?;
        let defaults = Defaults {
            diameter: self.diameter.map(|nm| nm * NANOMETRE),
            sigma: self.sigma,
        };
        let pores = read(&self.pores, defaults)?;
        let ends = pores
            .diameters
            .iter()
            .fold([f64::INFINITY, 0.0f64], |[low, high], &d| {
                [low.min(d), high.max(d)]
            });
        let molding = Molding {
            diameter: ends[0],
            newtonian_viscosity: material.newtonian_viscosity(temperature, self.press.t_s),
            layer_conductivity: material.layer_conductivity(temperature),
            atomic_volume: material.atomic_volume(),
            temperature,
            pressure: self.press.p_GPa * crate::physics::constants::GIGAPASCAL,
            gas_pressure: 0.0,
            wetting_tension: material.surface_tension() * material.contact_angle().cos(),
            time: self.press.t_s,
            initial_length: self.initial_aspect_ratio * ends[0],
        };
        let inverse = Inverse::new(&molding, &entrance, self.quantity.sought(), ends);
        let made = self.make(&pores, &inverse)?;
        let stem = self.pores.file_stem().unwrap_or_default().to_string_lossy();
        let out =
            (self.out.clone()).unwrap_or_else(|| Path::new("out").join(format!("map_{stem}")));
        let folder = ReportFolder::create(&out, TABLE, self.force)?;
        self.write(&folder, &pores, &made)?;
        let mut text = self.report(&pores, &made, self.quantity.sought().of(&molding));
        text.extend(issues.iter().map(|issue| format!("warning: {issue}\n")));
        folder.text("report.txt", &text)?;
        folder.commit()?;
        super::print(format_args!("{text}{}\n", folder.path().display()))?;
        Ok(ExitCode::SUCCESS)
    }

    /// Refuses options that cannot be right.
    fn check(&self) -> Result<(), Failure> {
        let positive = |value: f64| value > 0.0 && value.is_finite();
        let share = |value: f64| (0.0..1.0).contains(&value);
        let wrong = if !self.diameter.is_none_or(positive) {
            "--diameter: a positive number of nm"
        } else if !share(self.sigma) || self.sigma == 0.0 {
            "--sigma: a share of the length above 0 and below 1, e.g. 0.05"
        } else if !share(self.diameter_spread) {
            "--diameter-spread: a share of the diameter from 0 to below 1"
        } else if !self.smooth.is_none_or(positive) {
            "--smooth: a positive length in µm"
        } else if !(positive(self.press.p_GPa) && positive(self.press.t_s)) {
            "--at: a positive pressure and time"
        } else if self.initial_aspect_ratio < 0.0 || !self.initial_aspect_ratio.is_finite() {
            "--initial-aspect-ratio: 0 or a positive number"
        } else {
            return Ok(());
        };
        Err(Failure::Usage(wrong.to_owned()))
    }

    fn make(&self, pores: &Pores, inverse: &Inverse) -> Result<Made, Failure> {
        let found: Vec<Found> = (0..pores.lengths.len())
            .into_par_iter()
            .map(|k| {
                inverse.of(
                    pores.diameters[k],
                    pores.lengths[k],
                    pores.sigmas[k],
                    self.diameter_spread,
                )
            })
            .collect();
        let number = |one: &Found| match one {
            Found::Number(number, _) => *number,
            _ => [f64::NAN; 3],
        };
        let values: Vec<f64> = found.iter().map(|one| number(one)[0]).collect();
        // From the end that is there: the other may be open.
        let error = |[value, low, high]: [f64; 3]| {
            let reach = (value - low).min(high - value);
            reach / REACH_95
        };
        let errors: Vec<f64> = found.iter().map(|one| error(number(one))).collect();
        let cells = Cells::holding(&pores.places, NEIGHBOURS);
        let usual = medians(&cells, &pores.places, &values);
        let far = outliers(&cells, &pores.places, &values, &errors, &usual);
        let field = match self.smooth {
            None => None,
            Some(micrometres) => {
                let length = micrometres * MICROMETRE;
                let cells = smooth::cells(&pores.places, length).map_err(|least| {
                    Failure::Usage(format!(
                        "--smooth {micrometres}: so short a length needs too many cells here; {} µm or more",
                        cell((100.0 * least / MICROMETRE).ceil() / 100.0)
                    ))
                })?;
                let kept: Vec<f64> = (values.iter().zip(&far))
                    .map(|(value, far)| if *far { f64::NAN } else { *value })
                    .collect();
                let usual = medians(&cells, &pores.places, &kept);
                Field::new(cells, &usual, length)
            }
        };
        Ok(Made {
            found,
            values,
            errors,
            far,
            field,
        })
    }

    fn write(&self, folder: &ReportFolder, pores: &Pores, made: &Made) -> Result<(), Failure> {
        let [column, label] = self.quantity.names();
        let mut header = vec![
            "x_um".to_owned(),
            "y_um".into(),
            "d_nm".into(),
            "L_nm".into(),
        ];
        header.extend(["", "_low", "_high"].map(|end| format!("{column}{end}")));
        header.push("remark".into());
        if made.field.is_some() {
            header.extend(["", "_low", "_high"].map(|end| format!("smooth_{column}{end}")));
        }
        let number = |value: f64| match value.is_finite() && value > 0.0 {
            true => format!("{value:.5e}"),
            false => String::new(),
        };
        let row = |k: usize| {
            let [x, y] = pores.places[k];
            let mut row = vec![
                format!("{}", (x / MICROMETRE * 1e6).round() / 1e6),
                format!("{}", (y / MICROMETRE * 1e6).round() / 1e6),
                cell(pores.diameters[k] / NANOMETRE),
                cell(pores.lengths[k] / NANOMETRE),
            ];
            let (numbers, remark) = match made.found[k] {
                Found::Number(number, _) => (number, if made.far[k] { "outlier" } else { "" }),
                Found::Insensitive => ([f64::NAN; 3], "says nothing"),
                Found::TooShort => ([f64::NAN; 3], "too short"),
                Found::TooLong => ([f64::NAN; 3], "too long"),
            };
            row.extend(numbers.map(|ln| number(ln.exp())));
            row.push(remark.to_owned());
            if let Some(field) = &made.field {
                let [mean, deviation] = field.at([x, y]);
                let ends = [
                    mean,
                    mean - REACH_95 * deviation,
                    mean + REACH_95 * deviation,
                ];
                row.extend(ends.map(|ln| number(ln.exp())));
            }
            row
        };
        let header: Vec<&str> = header.iter().map(String::as_str).collect();
        folder.stream(TABLE, &header, (0..pores.lengths.len()).map(row))?;
        let places: Vec<[f64; 2]> = pores
            .places
            .iter()
            .map(|place| place.map(|m| m / MICROMETRE))
            .collect();
        let mut fields = vec![(
            "length_nm",
            pores.lengths.iter().map(|m| m / NANOMETRE).collect(),
        )];
        fields.push((column, made.values.iter().map(|ln| ln.exp()).collect()));
        fields.push((
            "outlier",
            made.far
                .iter()
                .map(|&far| f64::from(u8::from(far)))
                .collect(),
        ));
        folder.bytes("map.vtp", &points_vtp(&places, fields)?)?;
        for (name, map) in picture::maps(&self.pores, pores, made, label) {
            folder.heat_map(name, &map)?;
        }
        Ok(())
    }

    fn report(&self, pores: &Pores, made: &Made, material: f64) -> String {
        let [_, label] = self.quantity.names();
        let count = |kind: fn(&Found) -> bool| made.found.iter().filter(|one| kind(one)).count();
        let known = finite(&made.values);
        let at = |share: f64| cell(known[(share * (known.len() - 1) as f64) as usize].exp());
        let mut text = format!(
            "{} pores, {} with a number\n",
            pores.lengths.len(),
            known.len()
        );
        if pores.left_out > 0 {
            text += &format!(
                "lines left out because they have no length: {}\n",
                pores.left_out
            );
        }
        if !known.is_empty() {
            text += &format!(
                "{label}: median {}, 95 % of the pores from {} to {}; the material has {}\n",
                at(0.5),
                at(0.025),
                at(0.975),
                cell(material)
            );
            let errors = finite(&made.errors);
            if let Some(middle) = errors.get(errors.len() / 2) {
                text += &format!(
                    "one pore knows it to {} % (median of the standard deviations)\n",
                    cell(100.0 * middle)
                );
            }
        }
        let silent = [
            (
                count(|one| *one == Found::Insensitive),
                "says nothing, the length hardly depends on it (narrower pores depend on δD_I, wider ones on η)",
            ),
            (
                count(|one| *one == Found::TooShort),
                "shorter than without it (wires that broke, or another viscosity or δD_I than the material's)",
            ),
            (
                count(|one| *one == Found::TooLong),
                "longer than any value makes it",
            ),
        ];
        for (count, what) in silent.into_iter().filter(|(count, _)| *count > 0) {
            text += &format!("{what}: {count} pores\n");
        }
        let far = made.far.iter().filter(|far| **far).count();
        text += &format!(
            "pores far from their neighbours: {far} (column remark; the smooth field leaves them out)\n"
        );
        text
    }
}

/// Those of `values` that are numbers, in rising order.
fn finite(values: &[f64]) -> Vec<f64> {
    let mut known: Vec<f64> = values.iter().copied().filter(|v| v.is_finite()).collect();
    known.sort_by(f64::total_cmp);
    known
}
