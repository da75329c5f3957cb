//! `nanomold sweep`.

mod evaluate;
mod part;

pub(super) use evaluate::evaluate;

use super::cost::{Cost, Permission};
use super::failure::Failure;
use super::folder::{cell, table};
use super::interrupt;
use super::progress;
use super::sweep_devices::{self, Crew, SweepDevices};
use super::uncertainty::UncertaintyChoice;
use super::{Overrides, Verbosity};
use crate::case::Model;
use crate::results::{Expected, expected};
use crate::stop::Stop;
use crate::sweep::{self, Done, Existing, Plan, Replacement, Store};
use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget};
use part::Part;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

#[derive(Debug, Args)]
pub(super) struct Sweep {
    /// The sweep file
    #[arg(value_name = "SWEEP.toml")]
    file: PathBuf,
    /// Result folder [default: out/<name of the sweep>, below it shard_<i>_of_<n> with --shard, points_… with --points]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// What computes the wires, instead of what the sweep and its case say
    #[arg(long, value_enum)]
    model: Option<ModelChoice>,
    #[command(flatten)]
    part: Part,
    /// Runs at once [default: on the CPU one per core; on devices what their memory takes, 256 each at most]
    #[arg(long, value_name = "N")]
    jobs: Option<usize>,
    /// Go on with the results that are there; a folder without any is begun
    #[arg(long, conflicts_with = "force")]
    resume: bool,
    /// With --resume: compute failed points again
    #[arg(long, requires = "resume")]
    retry_failed: bool,
    /// Overwrite existing results
    #[arg(long)]
    force: bool,
    /// Also leave each point's own folder, points/<number>, with what `nanomold run` leaves; with --resume, points without a
    /// complete one are computed again
    #[arg(long)]
    folders: bool,
    #[command(flatten)]
    permission: Permission,
    /// Validate every point, say what the sweep would do, and stop
    #[arg(long)]
    check: bool,
    #[command(flatten)]
    uncertainty: UncertaintyChoice,
    #[command(flatten)]
    devices: SweepDevices,
    #[command(flatten)]
    overrides: Overrides,
    #[command(flatten)]
    verbosity: Verbosity,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub(super) enum ModelChoice {
    /// The flow problem is solved at every step
    Full,
    /// From the tabulated entrance resistance: flat front, no slip, microseconds
    Reduced,
}

impl ModelChoice {
    pub fn model(self) -> Model {
        match self {
            ModelChoice::Full => Model::Full,
            ModelChoice::Reduced => Model::Reduced,
        }
    }
}

impl Sweep {
    pub fn execute(self) -> Result<ExitCode, Failure> {
        let plan = Plan::read(
            &self.file,
            &self.overrides.set,
            self.model.map(ModelChoice::model),
        )?;
        plan.validate()?;
        self.uncertainty
            .check(plan.model(), plan.case(0).ok().as_ref())?;
        let points = self.part.points(&plan)?;
        let own = points.len() as u64;
        let mut crew = self.devices.choose(&plan, own, self.jobs)?;
        let cost = cost(&plan, own, &crew, self.folders);
        let expected = expectation(&plan, own, &crew, &cost);
        let text = [vec![expected], crew.remarks()].concat().join("\n");
        if self.check {
            super::print(format_args!("{text}\n"))?;
            return Ok(ExitCode::SUCCESS);
        }
        if self.verbosity.quiet == 0 {
            tell!("{text}");
        }
        self.permission.check(&cost, false)?;
        let folder = (self.out.clone())
            .unwrap_or_else(|| self.part.folder(&PathBuf::from("out").join(plan.name())));
        // Before the folder: a device that cannot be opened leaves nothing behind.
        let chosen = matches!(crew, Crew::Devices(_));
        let devices = crew.open(self.jobs)?;
        if chosen && devices.is_empty() {
            tell!("{}", crew.remarks().join("\n"));
        }
        let existing = match (self.resume, self.retry_failed, self.force) {
            (_, true, _) => Existing::RetryFailed,
            (true, ..) => Existing::Resume,
            (_, _, true) => Existing::Overwrite,
            _ => Existing::Refuse,
        };
        let place = Replacement::new(&folder, existing).map_err(Failure::Folder)?;
        let (mut store, mut done) =
            Store::open(place.at(), &plan, existing).map_err(Failure::Folder)?;
        for line in refused(store.refused()) {
            let table = place.at().join(sweep::TABLE);
            tell!("warning: {}: {line}", table.display());
        }
        if self.folders {
            store.keep_folders(&plan, &mut done);
        }
        // After a second signal the rows that are written stay.
        let stop = Stop::when(interrupt::flag(|warning| tell!("warning: {warning}")));
        // The folder may hold points of other shares.
        let share = |done: &Done| points.iter().filter(|&&p| done.has(p)).count() as u64;
        let (clock, before) = (Instant::now(), share(&done));
        let others = done.count - before;
        let bar = self.bar(own);
        bar.set_position(before);
        bar.reset_eta();
        let progress = |done: &Done| bar.set_position(done.count - others);
        let (store_now, done_now) = (&mut store, &mut done);
        let executed = if devices.is_empty() {
            let jobs = crew.at_once();
            sweep::execute(&plan, &points, store_now, done_now, jobs, &stop, progress)
        } else {
            sweep::execute_on(
                &devices, &plan, &points, store_now, done_now, &stop, progress,
            )
        };
        bar.finish_and_clear();
        if executed.is_err() {
            tell!(
                "the sweep has stopped with {} of {own} points; they stay, and --resume goes on from there",
                share(&done)
            );
            if place.is_beside() {
                tell!("{}", earlier(&place));
            }
        }
        executed?;
        for line in sweep_devices::report(&devices) {
            if self.verbosity.quiet == 0 || line.starts_with("error") {
                tell!("{line}");
            }
        }
        store.finish()?;
        let missing = own - share(&done);
        let folder = match missing {
            0 => place.promote()?,
            _ => {
                if place.is_beside() {
                    tell!("{}", earlier(&place));
                }
                place.at().to_path_buf()
            }
        };
        let failed = points.iter().filter(|&&p| done.has_failed(p)).count() as u64;
        let seconds = clock.elapsed().as_secs_f64();
        let mut text = format!(
            "{} points in {seconds:.2} s, {before} were there, {failed} failed; {}\n",
            share(&done) - before,
            folder.join(sweep::TABLE).display()
        );
        if missing > 0 {
            text += &format!("{missing} points are missing: go on with --resume\n");
        } else if own == plan.len() {
            text += &evaluate(&plan, &folder)?;
        }
        if missing == 0 && self.uncertainty.uncertainty.is_some() {
            text += &self.uncertain_lengths(&plan, &points, &folder)?;
        }
        super::print(format_args!("{text}"))?;
        Ok(code(failed, missing, stop.is_asked()))
    }

    /// Writes `uncertainty.csv`: the length of every point with its interval and its first causes.
    fn uncertain_lengths(
        &self,
        plan: &Plan,
        points: &[u64],
        folder: &Path,
    ) -> Result<String, Failure> {
        const CAUSES: usize = 3;
        let mut header = ["point", "d_nm", "T_C", "length_nm", "low_nm", "high_nm"]
            .map(str::to_owned)
            .to_vec();
        for k in 1..=CAUSES {
            header.extend([format!("cause_{k}"), format!("relative_sd_{k}")]);
        }
        let mut rows = Vec::new();
        for &point in points {
            let Ok(loaded) = plan.case(point) else {
                continue;
            };
            let Some(found) = self.uncertainty.of_length(&loaded)? else {
                continue;
            };
            let mut row = vec![point.to_string(), cell(loaded.case.pore.diameter_nm)];
            row.push(
                loaded
                    .case
                    .process
                    .temperature_C
                    .map_or(String::new(), cell),
            );
            row.extend([found.value, found.interval[0], found.interval[1]].map(cell));
            for k in 0..CAUSES {
                let cause = found.causes.get(k);
                row.push(cause.map_or(String::new(), |cause| cause.name.clone()));
                row.push(cause.map_or(String::new(), |cause| cell(cause.alone)));
            }
            rows.push(row);
        }
        let path = folder.join("uncertainty.csv");
        let header: Vec<&str> = header.iter().map(String::as_str).collect();
        let count = rows.len();
        table(&path, &header, rows.into_iter())?;
        Ok(format!(
            "intervals of {count} lengths in {}\n",
            path.display()
        ))
    }

    fn bar(&self, points: u64) -> ProgressBar {
        let shown = std::io::stderr().is_terminal() && self.verbosity.quiet == 0;
        let target = match shown {
            true => ProgressDrawTarget::stderr(),
            false => ProgressDrawTarget::hidden(),
        };
        let bar = ProgressBar::with_draw_target(Some(points), target);
        let style = "{bar:40} {pos} of {len} points, {per_sec}, {elapsed} so far, {eta} to go";
        bar.set_style(progress::style(style));
        bar
    }
}

/// Where the new results of a sweep that has not ended are.
fn earlier(place: &Replacement) -> String {
    let at = place.at().display();
    format!("the earlier results are as they were; the new ones are in {at} until all are there")
}

/// What is said of rows that are not believed.
fn refused(rows: &[sweep::Refused]) -> Vec<String> {
    const LISTED: usize = 10;
    let lines = rows.iter().take(LISTED);
    let mut lines: Vec<String> = lines
        .map(|row| format!("line {}: {}", row.line, row.reason))
        .collect();
    if !rows.is_empty() {
        let count = rows.len();
        lines.push(format!(
            "{count} rows are not believed: points without a row are computed again"
        ));
    }
    lines
}

/// 0 if all is there, 130 if it was interrupted, 1 if points have failed or are missing.
pub(super) fn code(failed: u64, missing: u64, interrupted: bool) -> ExitCode {
    match (missing, failed, interrupted) {
        (0, 0, _) => ExitCode::SUCCESS,
        (1.., _, true) => ExitCode::from(130),
        _ => ExitCode::FAILURE,
    }
}

/// Bytes of a row in both tables.
const ROW_BYTES: f64 = 200.0;
/// Bytes of memory of a point of the reduced model, for the order of the rows.
const POINT_BYTES: f64 = 50.0;

/// What the points are expected to cost, from some of them.
fn cost(plan: &Plan, points: u64, crew: &Crew, folders: bool) -> Cost {
    const SAMPLES: u64 = 64;
    let every = plan.len().div_ceil(SAMPLES).max(1) as usize;
    let cases = (0..plan.len()).step_by(every);
    let found: Vec<Expected> = cases
        .filter_map(|point| Some(expected(&plan.case(point).ok()?)))
        .collect();
    let mean =
        |of: fn(&Expected) -> f64| found.iter().map(of).sum::<f64>() / found.len().max(1) as f64;
    let most = found.iter().map(|one| one.memory).fold(0.0, f64::max);
    let count = points as f64;
    let rows = count * ROW_BYTES;
    Cost {
        seconds: match crew {
            Crew::Cores(cores, _) => Some(mean(|one| one.core_seconds) * count / *cores as f64),
            Crew::Devices(_) => None,
        },
        memory: match plan.model() {
            Model::Full => most * crew.at_once() as f64,
            Model::Reduced => most + POINT_BYTES * count,
        },
        disk: match folders {
            true => rows + count * mean(|one| one.disk),
            false => rows,
        },
    }
}

/// How many runs, how long, how much memory and disk.
fn expectation(plan: &Plan, points: u64, crew: &Crew, cost: &Cost) -> String {
    format!(
        "{}: {points} runs of the {} model on {}, {}",
        plan.name(),
        plan.model().name(),
        crew.text(),
        cost.text()
    )
}
