//! `nanomold synthesize`.

use super::failure::Failure;
use super::folder::require_free;
use super::progress::Solves;
use super::{InputFile, Overrides};
use crate::case::{FrontModel, LoadedCase};
use crate::experiments;
use crate::output::{OutputError, write_atomic};
use crate::synthetic::{self, Composed, Press};
use clap::Args;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(Debug, Args)]
pub(super) struct Synthesize {
    #[command(flatten)]
    case: InputFile,
    /// A press: temperature in °C, pressure in GPa, time in s; may be given several times
    #[arg(long = "at", value_name = "T_C,p_GPa,t_s", required = true, value_parser = press)]
    presses: Vec<Press>,
    /// Pore diameters in nm; a list
    #[arg(long, value_name = "d_nm,…", value_delimiter = ',', required = true)]
    diameters: Vec<f64>,
    /// Relative standard deviation of the noise; 0 gives the solver's lengths
    #[arg(long, default_value_t = 0.05, value_parser = noise)]
    noise: f64,
    /// Seed of the noise
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Also the composition along each wire, with noise: tables wire_1.csv … in this folder, which `calibrate --profile` reads
    #[arg(long, value_name = "FOLDER")]
    profiles: Option<PathBuf>,
    /// Relative standard deviation of the noise of a fraction
    #[arg(long, default_value_t = 0.02, value_parser = noise, requires = "profiles")]
    profile_noise: f64,
    /// Places along a wire
    #[arg(long, default_value_t = 24, value_parser = clap::value_parser!(u16).range(2..=1000), requires = "profiles")]
    profile_points: u16,
    /// CSV file to write
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Overwrite the file if it is there already
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    overrides: Overrides,
}

impl Synthesize {
    pub fn execute(self) -> Result<ExitCode, Failure> {
        require_free(&self.out, self.force)?;
        let mut sets = self.overrides.set.clone();
        sets.extend(
            self.profiles
                .iter()
                .map(|_| "composition.model=elements".to_owned()),
        );
        let cases = synthetic::cases(&self.case.path, &sets, &self.presses, &self.diameters)?;
        let mut warnings: Vec<String> = cases.iter().flat_map(LoadedCase::warnings).collect();
        warnings.sort();
        warnings.dedup();
        for warning in warnings {
            tell!("warning: {warning}");
        }
        let style = "{bar:40} {pos} of {len} experiments, {elapsed} so far, {eta} to go";
        let solves = Solves::new(&self.out, style, cases.len());
        let mut wires = Vec::new();
        let exact = match &self.profiles {
            None => synthetic::measure(&cases, &solves)?,
            Some(folder) => {
                let composed = synthetic::compositions(&cases, &solves)?;
                wires = self.wires(folder, &cases, &composed);
                synthetic::as_measured(&cases, composed.iter().map(|one| one.length))
            }
        };
        solves.clear();
        for (path, _) in &wires {
            require_free(path, self.force)?;
        }
        if let Some(folder) = &self.profiles {
            std::fs::create_dir_all(folder)
                .map_err(OutputError::io("create the folder", folder))?;
        }
        for (path, text) in &wires {
            write_atomic(path, text.as_bytes())?;
        }
        let rows = synthetic::with_noise(&exact, self.noise, self.seed);
        write_atomic(
            &self.out,
            experiments::to_csv(&rows, &self.comments(&cases)).as_bytes(),
        )?;
        solves.finish()?;
        super::print(format_args!(
            "{} synthetic experiments written to {}\n",
            rows.len(),
            self.out.display()
        ))?;
        Ok(ExitCode::SUCCESS)
    }

    /// The table of each wire, and where it belongs.
    fn wires(
        &self,
        folder: &Path,
        cases: &[LoadedCase],
        composed: &[Composed],
    ) -> Vec<(PathBuf, String)> {
        let comments = [format!(
            "SYNTHETIC, nobody measured this: composition computed by the full solver, with noise of {} % of each fraction.",
            100.0 * self.profile_noise
        )];
        let one = |(index, (loaded, composed)): (usize, (&LoadedCase, &Composed))| {
            let (points, noise) = (usize::from(self.profile_points), self.profile_noise);
            // Each wire has noise of its own.
            let seed = self.seed.wrapping_add(7919 * (index as u64 + 1));
            let profile = synthetic::profile_with_noise(loaded, composed, points, noise, seed);
            let path = folder.join(format!("wire_{}.csv", index + 1));
            (path, experiments::profile_to_csv(&profile, &comments))
        };
        cases.iter().zip(composed).enumerate().map(one).collect()
    }

    /// What the file says about itself: that nobody measured it, and how to make it again.
    fn comments(&self, cases: &[LoadedCase]) -> Vec<String> {
        let front = match cases[0].case.front_model() {
            FrontModel::Flat => "flat front",
            FrontModel::Free => "free front, lengths to the tip",
        };
        let mut command = format!("nanomold synthesize {}", self.case.path.display());
        for press in &self.presses {
            command += &format!(" --at {},{},{}", press.T_C, press.p_GPa, press.t_s);
        }
        let diameters: Vec<String> = self.diameters.iter().map(f64::to_string).collect();
        command += &format!(
            " --diameters {} --noise {} --seed {}",
            diameters.join(","),
            self.noise,
            self.seed
        );
        for set in &self.overrides.set {
            command += &format!(" --set {set}");
        }
        command += &format!(" --out {}", self.out.display());
        let noise = if self.noise == 0.0 {
            "without noise".to_string()
        } else {
            format!(
                "with Gaussian noise of {} % of the length",
                100.0 * self.noise
            )
        };
        vec![
            format!(
                "SYNTHETIC, nobody measured this: lengths computed by the full solver ({front}), {noise}."
            ),
            format!("version {}, made by", env!("CARGO_PKG_VERSION")),
            command,
        ]
    }
}

pub(super) fn press(text: &str) -> Result<Press, String> {
    let numbers: Vec<f64> = text
        .split(',')
        .map(|part| {
            part.trim()
                .parse::<f64>()
                .map_err(|_| format!("`{part}` is not a number"))
        })
        .collect::<Result<_, _>>()?;
    let [t_c, p_gpa, t_s] = numbers[..] else {
        return Err("three numbers are needed: °C, GPa, s, e.g. 297,1.25,36000".into());
    };
    Ok(Press {
        T_C: t_c,
        p_GPa: p_gpa,
        t_s,
    })
}

fn noise(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if (0.0..=0.5).contains(&value) => Ok(value),
        _ => Err("a share of the length from 0 to 0.5, e.g. 0.05".into()),
    }
}
