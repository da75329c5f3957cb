//! `nanomold run`.

use super::cost::{Cost, Permission};
use super::drive::{Limits, Work, begin, finish, open_log};
use super::failure::Failure;
use super::folder::table;
use super::progress::Progress;
use super::uncertainty::{self, UncertaintyChoice};
use super::{DeviceChoice, InputFile, Overrides, Verbosity};
use crate::case::{self, LoadedCase, Model};
use crate::output::RunFolder;
use crate::reduced::ReducedRun;
use crate::results::{expected, expected_cells, write_reduced};
use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Debug, Args)]
pub(super) struct Run {
    #[command(flatten)]
    case: InputFile,
    /// Result folder [default: out/<case name>]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// What computes the wire, instead of what the case says: full, or reduced (lengths and shares only, in microseconds)
    #[arg(long, value_enum)]
    model: Option<ModelChoice>,
    #[command(flatten)]
    device: DeviceChoice,
    #[command(flatten)]
    overrides: Overrides,
    #[command(flatten)]
    permission: Permission,
    /// Replace an earlier run in the result folder: its result is kept until the new one is complete
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    limits: Limits,
    #[command(flatten)]
    uncertainty: UncertaintyChoice,
    /// Also write every field frame revolved to three dimensions (revolved.pvd)
    #[arg(long)]
    revolve: bool,
    #[command(flatten)]
    verbosity: Verbosity,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum ModelChoice {
    /// The flow problem is solved at every step
    Full,
    /// From the tabulated entrance resistance: flat front, no slip, no fields
    Reduced,
}

impl ModelChoice {
    /// The choice as an override of the case.
    fn set(self) -> String {
        let model = match self {
            ModelChoice::Full => Model::Full,
            ModelChoice::Reduced => Model::Reduced,
        };
        format!("model={:?}", model.name())
    }
}

impl Run {
    pub fn execute(self) -> Result<ExitCode, Failure> {
        let mut sets = self.overrides.set.clone();
        sets.extend(self.model.map(ModelChoice::set));
        let loaded = case::load(&self.case.path, &sets)?;
        let progress = Progress::new(self.verbosity.quiet > 0);
        let cost = Cost::of_run(&expected(&loaded));
        self.permission.check(&cost, self.limits.is_limited())?;
        if loaded.case.model == Model::Reduced {
            // Before the folder: a case that the model cannot run leaves nothing behind.
            let run = ReducedRun::new(&loaded)?;
            self.uncertainty.check(loaded.case.model, Some(&loaded))?;
            let uncertain = self.uncertainty.of_length(&loaded)?;
            let folder = self.folder(&loaded, &progress)?;
            let result = write_reduced(&run, &loaded, &folder).map_err(Failure::Output);
            let result = result.and_then(|record| {
                if let Some(found) = &uncertain {
                    let (name, path) = ("length_nm", folder.join("uncertainty.csv"));
                    let rows = uncertainty::rows(name, found);
                    table(&path, &uncertainty::HEADER, rows.into_iter())?;
                    super::print(format_args!("{}", uncertainty::lines("L", "nm", found)))?;
                }
                Ok(record)
            });
            return finish(folder, result);
        }
        self.uncertainty.check(loaded.case.model, Some(&loaded))?;
        // Before the folder: a device that does not exist leaves nothing behind.
        let mut device = self.device.resolve(expected_cells(&loaded))?;
        let computer = device.computer(loaded.case.numerics.precision)?;
        let folder = self.folder(&loaded, &progress)?;
        // After a second signal the folder keeps its RUNNING mark.
        let work = Work {
            stop: self.limits.stop(),
            loaded,
            device,
            computer,
            progress,
        };
        let result = begin(work, &folder, self.revolve);
        finish(folder, result)
    }

    /// The result folder, with the log going there and to the terminal.
    fn folder(&self, loaded: &LoadedCase, progress: &Progress) -> Result<RunFolder, Failure> {
        let path = self
            .out
            .clone()
            .unwrap_or_else(|| PathBuf::from("out").join(&loaded.case.name));
        let folder = RunFolder::create(&path, self.force).map_err(Failure::Folder)?;
        open_log(&folder, &self.verbosity, progress)?;
        Ok(folder)
    }
}
