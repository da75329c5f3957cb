//! `nanomold calibrate`.

mod composition;
mod corners;
mod facts;
mod fitted;
mod law;
mod plots;
mod tables;

use super::Overrides;
use super::failure::Failure;
use super::folder::ReportFolder;
use super::progress::Solves;
use crate::calibrate::calibration::{Options, calibrate};
use crate::calibrate::covariance::{Doubts, is_shared};
use crate::calibrate::data::{Measurement, Measurements};
use crate::calibrate::full::{self, FullError, Scaled};
use crate::calibrate::material_file;
use crate::calibrate::model::LengthModel;
use crate::calibrate::readings::readings;
use crate::calibrate::reduced::Reduced;
use crate::calibrate::{least_squares::FitError, report};
use crate::case::load_material;
use crate::cli::{require_interface, without_laws_of_pressure};
use crate::experiments::{self, SAME_TEMPERATURE_K};
use crate::materials::Material;
use crate::output::OutputError;
use crate::reduced::{CaseError, Entrance, Table};
use clap::{Args, ValueEnum};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(Debug, Args)]
pub(super) struct Calibrate {
    /// Table of measured lengths: d_nm, T_C, p_GPa, t_s, L_nm, with these or other units in the names; docs/calibration.md lists what else it may hold
    #[arg(
        value_name = "DATA.csv",
        required_unless_present_any = ["facts", "profile"],
        conflicts_with_all = ["facts", "profile"]
    )]
    data: Option<PathBuf>,
    /// Fit a material to the facts of this file instead
    #[arg(long, value_name = "FILE")]
    facts: Option<PathBuf>,
    /// Composition along a wire (z_nm, x_Ni … or Ni/(Ni+Pd), sigma_…; d_nm, T_C, p_GPa, t_s, L_nm where they differ from the case), one file per wire: fits ratios of diffusivities, exchange and deposit with the full solver of --case
    #[arg(long, value_name = "WIRE.csv", num_args = 1.., requires = "case", conflicts_with = "facts")]
    profile: Vec<PathBuf>,
    /// With --profile what is fitted: elements (D of each over that of the second main one), exchange, spread [default: all of them]
    #[arg(
        long,
        value_name = "NAMES",
        value_delimiter = ',',
        requires = "profile"
    )]
    fit: Vec<String>,
    /// Material to start from; what is not fitted (atomic volume, T_g, …) stays as it is there
    #[arg(long, value_name = "FILE", required_unless_present_any = ["facts", "profile"], conflicts_with = "profile")]
    material: Option<PathBuf>,
    /// What a length means
    #[arg(long, value_enum, default_value_t = Model::Reduced)]
    model: Model,
    /// With `--model eq`: the longer of Eqs. (1) and (2), as the paper reads its lengths, or conductances added [default: crossover]
    #[arg(long, value_enum)]
    combine: Option<Combine>,
    /// Whether 4γcosθ/d of the material adds to the pressure [default: on with `--model reduced`, as in a run; off with `--model eq`, as in the paper]
    #[arg(long, value_enum, num_args = 0..=1, default_missing_value = "on")]
    capillarity: Option<Switch>,
    /// Radius R_c of the feedstock cell in pore radii, for the entrance: 0.525 times the distance of the pores over their radius
    #[arg(
        long,
        value_name = "R_c",
        default_value_t = 2.5,
        conflicts_with = "case"
    )]
    cell_radius: f64,
    /// How it was molded (mesh, front, slip, capillarity of a case): lengths are scaled to those of the full solver there, in several rounds of one run per row
    #[arg(long, value_name = "CASE.toml", conflicts_with_all = ["capillarity", "combine", "facts"])]
    case: Option<PathBuf>,
    #[command(flatten)]
    overrides: Overrides,
    /// Leave out the rows that are named as outliers, and calibrate again
    #[arg(long)]
    drop_outliers: bool,
    /// Temperatures that differ by no more than this (K) from one to the next count as one
    #[arg(long, value_name = "KELVIN", default_value_t = SAME_TEMPERATURE_K)]
    same_temperature: f64,
    /// Relative error of the model that each diameter may have for itself
    #[arg(long, value_name = "SHARE", default_value_t = 0.0)]
    model_error: f64,
    /// Draws from the posterior; 0 leaves it out
    #[arg(long, value_name = "DRAWS", alias = "bootstrap", default_value_t = 400)]
    draws: usize,
    /// Seed of the draws
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Output folder [default: out/calibration_<name of the data or fact file>]
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// Overwrite an earlier calibration
    #[arg(long)]
    force: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Model {
    /// The solver's own physics: entrance, added conductances, Newtonian viscosity
    Reduced,
    /// Eqs. (1) and (2) of the paper, apparent viscosity
    Eq,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Switch {
    On,
    Off,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Combine {
    Crossover,
    Additive,
}

/// Most times that outliers are looked for; each finds at least one.
const MOST_ROUNDS: usize = 10;

/// Most lengths whose errors hang together: their covariance has as many squared.
const MOST_SHARED: usize = 4000;
/// Most draws from the posterior, which are held in memory.
const MOST_DRAWS: usize = 100_000;

const MATERIAL: &str = "material.toml";

/// What a user of the reduced model has to know.
const FLAT: &str = "note: the model's front is flat; tips of real ones run ahead in wide pores, and surface tension holds them back in narrow ones. \
                    --case CASE scales the lengths to the full solver's with the front of that case";

impl From<FitError> for Failure {
    fn from(error: FitError) -> Self {
        Failure::Fit(error)
    }
}

impl From<FullError> for Failure {
    fn from(error: FullError) -> Self {
        match error {
            FullError::Fit(error) => Failure::Fit(error),
            FullError::Solver(error) => Failure::Synthetic(error),
        }
    }
}

impl Calibrate {
    pub fn execute(self) -> Result<ExitCode, Failure> {
        match &self.facts {
            Some(facts) => self.fit_to_facts(facts),
            None if !self.profile.is_empty() => self.fit_to_profiles(),
            None => self.fit_to_lengths(),
        }
    }

    fn folder(&self, input: &Path) -> Result<ReportFolder, Failure> {
        let stem = input.file_stem().unwrap_or_default().to_string_lossy();
        let out = self
            .out
            .clone()
            .unwrap_or_else(|| Path::new("out").join(format!("calibration_{stem}")));
        ReportFolder::create(&out, MATERIAL, self.force)
    }

    fn fit_to_lengths(&self) -> Result<ExitCode, Failure> {
        let case = self.case()?;
        let table = Table::shipped().map_err(CaseError::from)?;
        let entrance = match &case {
            Some(case) => Entrance::of_mesh(table, &case.mesh),
            None => Entrance::new(table, self.cell_radius),
        }
        .map_err(CaseError::from)?;
        let missing = || Failure::Usage("a table of lengths needs --material".to_owned());
        let data_path = self.data.as_deref().ok_or_else(missing)?;
        let start_path = self.material.as_deref().ok_or_else(missing)?;
        let mut start = load_material(start_path, &[])?;
        let left_out = without_laws_of_pressure(&mut start, start_path);
        require_interface(&start, start_path)?;
        let experiments = experiments::read(data_path)?.within(self.same_temperature);
        let mut data = Measurements::new(&experiments, &start, self.capillarity(case.as_ref()))?;
        let reduced = Reduced::for_molds(entrance, table, &data).map_err(CaseError::from)?;
        let mut model = self.model(&reduced)?;
        // Before what takes long: a report that is there already is not found at the end only.
        let folder = self.folder(data_path)?;
        let solves = case.as_ref().map(|_| {
            let style = "{bar:40} {pos} of {len} wires by the full solver, {elapsed} so far";
            Solves::new(folder.path(), style, 0)
        });
        let front = match case.as_ref().zip(solves.as_ref()) {
            Some((case, solves)) => {
                let model = full::scaled(&data, &start, case, &reduced, solves)?;
                solves.clear();
                Some(model)
            }
            None => None,
        };
        if let Some(front) = &front {
            model = Box::new(front.clone());
        }
        let options = Options {
            draws: self.draws,
            seed: self.seed,
            doubts: Doubts {
                model: self.model_error,
                scale: front.as_ref().map_or(0.0, Scaled::error),
            },
            ..Options::default()
        };
        self.check_size(&data, options)?;
        let dropped = self.drop_outliers(&mut data, &start, model.as_ref(), options)?;
        let found = calibrate(&data, &start, model.as_ref(), options)?;
        let name = data_path.file_name().unwrap_or_default().to_string_lossy();
        let mut lines = report::lines(&found, &data, &start);
        lines.splice(1..1, report::reading(&experiments));
        if !dropped.is_empty() {
            lines.push(format!(
                "left out as outliers: lines {}",
                dropped.join(", ")
            ));
        }
        if report::leaves_open(&found) {
            lines.push(format!(
                "`nanomold plan {} --material {}` proposes the experiments that would fix what these lengths do not",
                data_path.display(),
                start_path.display()
            ));
        }
        lines.extend(front.iter().map(report::scales));
        if self.model == Model::Reduced && front.is_none() {
            lines.push(FLAT.to_owned());
        }
        let readings = readings(&data, &start, &reduced, front.as_ref())?;
        lines.extend(report::changes(&readings));
        let header = [
            format!("Fitted by `nanomold calibrate` to {name}: {} lengths, read with {}.", found.rows, found.model),
            "Numbers that are not marked \"fitted\" are those of the material that it started from, and so are the remarks below.".to_owned(),
            String::new(),
        ];
        let text = material_file::write(
            &material_file::without(&read(start_path)?, &left_out)?,
            &report::entries(&found, &name),
            &report::ranges(&found),
            found.covariance().as_ref(),
            &header,
        )?;
        folder.text(MATERIAL, &text)?;
        tables::tables(&folder, &found, &data, &start)?;
        tables::comparison(&folder, &readings)?;
        tables::chain(&folder, &found)?;
        for (name, chart) in plots::charts(&found, &data) {
            folder.chart(name, &chart)?;
        }
        for (name, plot) in fitted::plots(&found, &data, model.as_ref()) {
            folder.scatter(&name, &plot)?;
        }
        for (name, plot) in corners::plots(&found) {
            folder.corner(&name, &plot)?;
        }
        let ended = self.finish(&folder, &lines)?;
        solves.map_or(Ok(()), Solves::finish)?;
        Ok(ended)
    }

    /// Refuses what memory would not hold.
    fn check_size(&self, data: &Measurements, options: Options) -> Result<(), Failure> {
        if options.draws > MOST_DRAWS {
            let draws = options.draws;
            let message = format!("--draws {draws}: {MOST_DRAWS} are the most that are made");
            return Err(Failure::Usage(message));
        }
        let rows: Vec<&Measurement> = data.rows.iter().collect();
        if rows.len() > MOST_SHARED && is_shared(&rows, options.doubts) {
            return Err(Failure::Usage(format!(
                "{} has {} lengths whose errors hang together (by sd_d_nm, bias_d_nm, --model-error or --case): {MOST_SHARED} are the most \
                 that can be fitted so; leave these out, or divide the table",
                data.name,
                rows.len()
            )));
        }
        Ok(())
    }

    /// Takes out the rows that the others do not explain, where that is asked for, and gives their lines.
    fn drop_outliers(
        &self,
        data: &mut Measurements,
        start: &Material,
        model: &dyn LengthModel,
        options: Options,
    ) -> Result<Vec<String>, Failure> {
        let mut dropped = Vec::new();
        let without = Options {
            draws: 0,
            ..options
        };
        // A gross outlier hides smaller ones.
        let rounds = if self.drop_outliers { MOST_ROUNDS } else { 0 };
        for _ in 0..rounds {
            let found = calibrate(data, start, model, without)?;
            if found.outliers.is_empty() {
                break;
            }
            let named = |index: usize| found.outliers.iter().any(|one| one.row == index);
            let mut index = 0;
            data.rows.retain(|row| {
                let drop = named(index);
                index += 1;
                if drop {
                    dropped.push(row.line.to_string());
                }
                !drop
            });
        }
        Ok(dropped)
    }

    fn finish(&self, folder: &ReportFolder, lines: &[String]) -> Result<ExitCode, Failure> {
        let text = lines.join("\n") + "\n";
        folder.text("report.txt", &text)?;
        folder.commit()?;
        super::print(format_args!(
            "{text}{} is in {}\n",
            MATERIAL,
            folder.path().display()
        ))?;
        Ok(ExitCode::SUCCESS)
    }
}

fn read(path: &Path) -> Result<String, Failure> {
    Ok(std::fs::read_to_string(path).map_err(OutputError::io("read", path))?)
}
