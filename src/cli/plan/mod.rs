//! `nanomold plan`.

mod asked;
mod proposals;
mod written;

use super::failure::Failure;
use super::folder::ReportFolder;
use super::{require_interface, without_laws_of_pressure};
use crate::calibrate::calibration::{Calibration, Options, calibrate};
use crate::calibrate::data::Measurements;
use crate::calibrate::reduced::Reduced;
use crate::case::load_material;
use crate::experiments::{self, SAME_TEMPERATURE_K};
use crate::materials::Material;
use crate::physics::constants::{GIGAPASCAL, NANOMETRE, celsius, kelvin};
use crate::planning::{At, Candidate, Knowledge, Laboratory, Limit, Readings, Target, plan};
use crate::reduced::{CaseError, Entrance, Table};
use asked::{Asked, List};
use clap::Args;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(Debug, Args)]
pub(super) struct Plan {
    /// Lengths that are there already, in a table that `calibrate` reads; without them the material's file says what is known
    #[arg(value_name = "DATA.csv")]
    data: Option<PathBuf>,
    /// Material: with its covariance what is known now, or, with DATA.csv, where the calibration starts
    #[arg(long, value_name = "FILE")]
    material: PathBuf,
    /// What is asked for: d_c@297, eta@297, delta_D_I@297 (°C; d_c@297,10h for experiments of 10 h), a number of the laws such as viscosity.D_star, or laws; may be given several times [default: what DATA.csv leaves unidentifiable, else d_c at its temperatures]
    #[arg(long = "for", value_name = "WHAT", value_parser = asked::asked)]
    asked: Vec<Asked>,
    /// Diameters of the molds in nm: a list, or a range such as 10..250/9
    #[arg(long, value_name = "LIST", value_parser = asked::diameters, default_value = "10,15,20,30,40,60,80,100,150,250")]
    diameters: List,
    /// Temperatures of the press in °C [default: seven over the range of the material's viscosity, and those of DATA.csv]
    #[arg(long, value_name = "LIST", value_parser = asked::temperatures)]
    temperatures: Option<List>,
    /// Pressures in GPa [default: those of DATA.csv]
    #[arg(long, value_name = "LIST", value_parser = asked::pressures, required_unless_present = "data")]
    pressures: Option<List>,
    /// Times: 36000 (s), 90min, 2h..10h/3 [default: those of DATA.csv]
    #[arg(long, value_name = "LIST", value_parser = asked::times, required_unless_present = "data")]
    times: Option<List>,
    /// Most experiments; one is one mold in one press
    #[arg(long, default_value_t = 6)]
    count: usize,
    /// Most hours of the press
    #[arg(long, value_name = "HOURS")]
    hours: Option<f64>,
    /// Hours that a press takes besides its molding: heating, cooling, another mold
    #[arg(long, value_name = "HOURS", default_value_t = 1.0)]
    overhead_hours: f64,
    /// Cost of an hour of the press; without it hours are what counts
    #[arg(long, value_name = "COST")]
    hourly_cost: Option<f64>,
    /// Cost of a mold, where hours have one
    #[arg(
        long,
        value_name = "COST",
        default_value_t = 0.0,
        requires = "hourly_cost"
    )]
    mold_cost: f64,
    /// Relative standard deviation of a measured length [default: that of DATA.csv, else 0.05]
    #[arg(long, value_name = "SHARE")]
    sigma: Option<f64>,
    /// Standard deviation of a length in nm besides, however short the wire: what the microscope resolves
    #[arg(long, value_name = "NM", default_value_t = 3.0)]
    sigma_nm: f64,
    /// Relative standard deviation of the wires' mean diameter
    #[arg(long, value_name = "SHARE", default_value_t = 0.0)]
    diameter_spread: f64,
    /// Relative standard deviation of the shift that all pores of a mold share; there is one mold of each diameter
    #[arg(long, value_name = "SHARE", default_value_t = 0.0)]
    diameter_bias: f64,
    /// Relative error of the model that each diameter may have for itself
    #[arg(long, value_name = "SHARE", default_value_t = 0.0)]
    model_error: f64,
    /// Longest wire in nm that the molds take
    #[arg(long, value_name = "NM")]
    longest_nm: Option<f64>,
    /// Length at the start in diameters
    #[arg(long, value_name = "RATIO", default_value_t = 0.0)]
    initial_aspect_ratio: f64,
    /// Radius R_c of the feedstock cell in pore radii, for the entrance
    #[arg(long, value_name = "R_c", default_value_t = 2.5)]
    cell_radius: f64,
    /// Temperatures of DATA.csv that differ by no more than this (K) from one to the next count as one
    #[arg(long, value_name = "KELVIN", default_value_t = SAME_TEMPERATURE_K)]
    same_temperature: f64,
    /// Output folder [default: out/plan_<name of the table or material>]
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// Overwrite an earlier plan
    #[arg(long)]
    force: bool,
}

const PLAN: &str = "plan.csv";
/// Temperatures of the press over a range that is not stated.
const TEMPERATURES: usize = 7;
/// Relative standard deviation of a length that nothing is known of.
const SIGMA: f64 = 0.05;

/// Lengths that are there already, and what was read off them.
struct Known {
    data: Measurements,
    found: Calibration,
}

impl Plan {
    pub fn execute(self) -> Result<ExitCode, Failure> {
        self.check()?;
        let mut start = load_material(&self.material, &[])?;
        without_laws_of_pressure(&mut start, &self.material);
        require_interface(&start, &self.material)?;
        let table = Table::shipped().map_err(CaseError::from)?;
        let entrance = Entrance::new(table, self.cell_radius).map_err(CaseError::from)?;
        let mut model = Reduced::new(entrance.clone());
        let mut known = None;
        if let Some(path) = &self.data {
            let experiments = experiments::read(path)?.within(self.same_temperature);
            let data = Measurements::new(&experiments, &start, true)?;
            model = Reduced::for_molds(entrance, table, &data).map_err(CaseError::from)?;
            let options = Options {
                draws: 0,
                ..Options::default()
            };
            let found = calibrate(&data, &start, &model, options)?;
            known = Some(Known { data, found });
        }
        let material = known.as_ref().map_or(&start, |known| &known.found.material);
        let laboratory = self.laboratory(&start, known.as_ref())?;
        let molds = laboratory.diameters.len();
        let mut knowledge = Knowledge::new(material, molds, self.model_error, self.diameter_bias);
        if let Some(known) = &known {
            knowledge = knowledge.with_lengths(&known.found, &known.data, &model);
        }
        let (candidates, impossible) = laboratory.candidates(&knowledge, &model);
        if candidates.is_empty() {
            return Err(Failure::Usage(format!(
                "none of these {impossible} experiments makes a wire that can be measured: other diameters, temperatures, pressures or times, or a longer --longest-nm"
            )));
        }
        let open = known
            .as_ref()
            .map_or_else(Vec::new, proposals::unidentified);
        let targets = self.targets(&knowledge, &laboratory, known.as_ref(), &open);
        let readings = Readings {
            model: &model,
            rows: known.as_ref().map_or(&[], |known| &known.data.rows),
        };
        let limit = Limit {
            count: self.count,
            hours: self.hours.unwrap_or(f64::INFINITY),
        };
        let made = plan(&knowledge, &candidates, &targets, limit, &readings).ok_or_else(|| {
            Failure::Usage(
                "--for: the material gives no number for something that is asked for".to_owned(),
            )
        })?;
        let folder = self.folder()?;
        let mut lines = written::lines(&knowledge, &candidates, &targets, &made, impossible);
        lines.extend(proposals::lines(&open, &knowledge, &candidates, &readings));
        written::files(&folder, &self, &candidates, &targets, &made)?;
        let text = lines.join("\n") + "\n";
        folder.text("report.txt", &text)?;
        folder.commit()?;
        super::print(format_args!(
            "{text}{PLAN} is in {}: fill in L_nm and give it to `nanomold calibrate`\n",
            folder.path().display()
        ))?;
        Ok(ExitCode::SUCCESS)
    }

    fn folder(&self) -> Result<ReportFolder, Failure> {
        let named = self.data.as_ref().unwrap_or(&self.material);
        let stem = named.file_stem().unwrap_or_default().to_string_lossy();
        let out = self.out.clone();
        let out = out.unwrap_or_else(|| Path::new("out").join(format!("plan_{stem}")));
        ReportFolder::create(&out, PLAN, self.force)
    }

    /// Refuses options that cannot be right.
    fn check(&self) -> Result<(), Failure> {
        let share = |value: f64| (0.0..1.0).contains(&value);
        let not_negative = |value: f64| value >= 0.0 && value.is_finite();
        let positive = |value: f64| value > 0.0 && value.is_finite();
        let wrong = if self.count == 0 {
            "--count: one experiment or more"
        } else if !self.hours.is_none_or(positive) {
            "--hours: a positive number of hours"
        } else if !not_negative(self.overhead_hours) {
            "--overhead-hours: 0 or a positive number of hours"
        } else if !(self.hourly_cost.is_none_or(positive) && not_negative(self.mold_cost)) {
            "--hourly-cost, --mold-cost: positive numbers"
        } else if !self.sigma.is_none_or(share) || self.sigma == Some(0.0) {
            "--sigma: a share of the length above 0 and below 1, e.g. 0.05"
        } else if !not_negative(self.sigma_nm) {
            "--sigma-nm: 0 or a positive number of nm"
        } else if ![self.diameter_spread, self.diameter_bias, self.model_error]
            .into_iter()
            .all(share)
        {
            "--diameter-spread, --diameter-bias, --model-error: shares from 0 to below 1"
        } else if !self.longest_nm.is_none_or(positive) {
            "--longest-nm: a positive number of nm"
        } else if !not_negative(self.initial_aspect_ratio) {
            "--initial-aspect-ratio: 0 or a positive number"
        } else if self.data.is_none() && self.asked.is_empty() {
            "without a table of lengths the plan has to know what is asked for, e.g. --for d_c@297"
        } else {
            return Ok(());
        };
        Err(Failure::Usage(wrong.to_owned()))
    }

    /// What the press and the molds can do.
    fn laboratory(&self, start: &Material, known: Option<&Known>) -> Result<Laboratory, Failure> {
        let of_data = |pick: fn(&crate::calibrate::data::Measurement) -> f64| -> Vec<f64> {
            let rows = known.iter().flat_map(|known| &known.data.rows);
            sorted(rows.map(pick).collect())
        };
        let asked = |list: &Option<List>, unit: f64| -> Option<Vec<f64>> {
            Some(list.as_ref()?.0.iter().map(|value| value * unit).collect())
        };
        let temperatures = match &self.temperatures {
            Some(list) => list.0.iter().map(|at| kelvin(*at)).collect(),
            None => {
                let mut all = of_data(|row| row.molding.temperature);
                all.extend(self.asked.iter().filter_map(|one| match one {
                    Asked::At(_, at, _) => Some(kelvin(*at)),
                    _ => None,
                }));
                if let Some([low, high]) = start.viscosity.range_C {
                    all.extend((0..TEMPERATURES).map(|k| {
                        let share = k as f64 / (TEMPERATURES - 1) as f64;
                        kelvin(low + share * (high - low))
                    }));
                }
                sorted(all)
            }
        };
        if let Some(issue) = temperatures
            .iter()
            .flat_map(|at| start.extrapolations(*at))
            .find(|issue| issue.refused)
        {
            return Err(Failure::Usage(format!("--temperatures: {issue}")));
        }
        let typical = known.map(|known| {
            let of_one = |one: &crate::calibrate::temperature::TemperatureFit| {
                one.weights.standard_deviations()
            };
            let all = sorted(known.found.temperatures.iter().flat_map(of_one).collect());
            all[all.len() / 2]
        });
        Ok(Laboratory {
            diameters: self.diameters.0.iter().map(|nm| nm * NANOMETRE).collect(),
            pressures: asked(&self.pressures, GIGAPASCAL)
                .unwrap_or_else(|| of_data(|row| row.applied_pressure)),
            times: asked(&self.times, 1.0).unwrap_or_else(|| of_data(|row| row.molding.time)),
            temperatures,
            overhead: 3600.0 * self.overhead_hours,
            hourly_cost: self.hourly_cost,
            mold_cost: self.mold_cost,
            sigma: self.sigma.or(typical).unwrap_or(SIGMA),
            resolution: self.sigma_nm * NANOMETRE,
            spread: self.diameter_spread,
            initial_aspect: self.initial_aspect_ratio,
            longest: self.longest_nm.map(|nm| nm * NANOMETRE),
        })
    }

    fn targets(
        &self,
        knowledge: &Knowledge,
        laboratory: &Laboratory,
        known: Option<&Known>,
        open: &[proposals::Unidentified],
    ) -> Vec<Target> {
        let longest = laboratory.times.iter().copied().fold(0.0, f64::max);
        let asked = self.asked.iter();
        let mut targets: Vec<Target> = asked
            .flat_map(|one| one.targets(longest, &knowledge.keys))
            .collect();
        if targets.is_empty() {
            targets.extend(open.iter().map(|one| one.target));
        }
        if targets.is_empty() {
            let at = known.iter().flat_map(|known| &known.found.temperatures);
            targets
                .extend(at.map(|one| Target::At(At::CriticalDiameter, one.temperature, one.time)));
        }
        targets.dedup();
        targets
    }
}

/// In rising order, equal ones once.
fn sorted(mut values: Vec<f64>) -> Vec<f64> {
    values.sort_by(f64::total_cmp);
    values.dedup_by(|a, b| (*a - *b).abs() < 1e-9 * b.abs());
    values
}

/// An experiment in words.
fn spoken(one: &Candidate) -> String {
    let molding = &one.row.molding;
    format!(
        "d = {} nm, {} °C, {} GPa, {}",
        short(molding.diameter / NANOMETRE),
        short(celsius(molding.temperature)),
        short(one.row.applied_pressure / GIGAPASCAL),
        spoken_time(molding.time)
    )
}

fn short(value: f64) -> String {
    crate::calibrate::material_file::digits(value, 4)
}

fn spoken_time(seconds: f64) -> String {
    match seconds {
        s if s >= 3600.0 => format!("{} h", short(s / 3600.0)),
        s if s >= 60.0 => format!("{} min", short(s / 60.0)),
        s => format!("{} s", short(s)),
    }
}
