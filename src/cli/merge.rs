//! `nanomold merge`.

use super::Overrides;
use super::failure::Failure;
use super::sweep::{ModelChoice, code, evaluate};
use crate::sweep::{self, Existing, Plan, Replacement};
use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Debug, Args)]
pub(super) struct Merge {
    /// The sweep file of the shards
    #[arg(value_name = "SWEEP.toml")]
    file: PathBuf,
    /// Folders of the shards
    #[arg(value_name = "DIR", required = true)]
    folders: Vec<PathBuf>,
    /// Folder of the whole sweep
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// The model of the shards, if they were given one
    #[arg(long, value_enum)]
    model: Option<ModelChoice>,
    /// Overwrite an existing result
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    overrides: Overrides,
}

/// Points after which a list is cut.
const LISTED: usize = 10;

impl Merge {
    pub fn execute(self) -> Result<ExitCode, Failure> {
        let model = self.model.map(ModelChoice::model);
        let plan = Plan::read(&self.file, &self.overrides.set, model)?;
        let existing = match self.force {
            true => Existing::Overwrite,
            false => Existing::Refuse,
        };
        let place = Replacement::new(&self.out, existing).map_err(Failure::Folder)?;
        let merged =
            sweep::merge(&plan, &self.folders, &place, existing).map_err(Failure::Folder)?;
        place.promote()?;
        let missing: Vec<u64> = (0..plan.len()).filter(|&p| !merged.done.has(p)).collect();
        let mut text = format!("{} of {} points", merged.done.count, plan.len());
        for (what, points) in [
            ("missing", &missing),
            ("double, with equal rows", &merged.double),
            (
                "double, failed in one place (the other was taken)",
                &merged.recovered,
            ),
        ] {
            if !points.is_empty() {
                text += &format!("\n{} {what}: {}", points.len(), listed(points));
            }
        }
        if !merged.conflicting.is_empty() {
            let count = merged.conflicting.len();
            text += &format!("\n{count} double, with different rows (the first was taken):");
            for one in merged.conflicting.iter().take(LISTED) {
                let [first, second] = one.places.each_ref().map(|place| {
                    let table = place.folder.join(sweep::TABLE);
                    format!("{}:{}", table.display(), place.line)
                });
                text += &format!("\n  point {} at {first} and {second}", one.point);
            }
            if count > LISTED {
                text += "\n  …";
            }
        }
        if !merged.refused.is_empty() {
            let count = merged.refused.len();
            text += &format!("\n{count} rows passed over:");
            for (place, reason) in merged.refused.iter().take(LISTED) {
                let table = place.folder.join(sweep::TABLE);
                text += &format!("\n  {}:{}: {reason}", table.display(), place.line);
            }
            if count > LISTED {
                text += "\n  …";
            }
        }
        text += &format!("\n{}\n", self.out.join(sweep::TABLE).display());
        if missing.is_empty() {
            text += &evaluate(&plan, &self.out)?;
        } else {
            text += "the rest: nanomold sweep --resume with the same --out\n";
        }
        super::print(format_args!("{text}"))?;
        let bad = missing.len() + merged.conflicting.len();
        Ok(code(merged.done.failed, bad as u64, false))
    }
}

fn listed(points: &[u64]) -> String {
    let first: Vec<String> = points.iter().take(LISTED).map(u64::to_string).collect();
    let more = if points.len() > LISTED { ", …" } else { "" };
    first.join(", ") + more
}
