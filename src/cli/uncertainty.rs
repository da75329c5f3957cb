//! `--uncertainty` of `run`, `sweep` and `properties`.

use super::failure::Failure;
use super::folder::cell;
use crate::case::{LoadedCase, Model};
use crate::reduced::ReducedRun;
use crate::uncertainty::{CONFIDENCE, FEWEST_DRAWS, Uncertain, WidthError, propagate, sources};
use clap::Args;

/// Most draws: they are held in memory.
pub(super) const MOST_DRAWS: usize = 1_000_000;

#[derive(Debug, Args)]
pub(super) struct UncertaintyChoice {
    /// Draw everything that may be off so many times (the material by its covariance, what is assumed by stated widths, mold and press): an
    /// interval, and what causes it; lengths by the reduced model
    #[arg(long, value_name = "DRAWS")]
    pub uncertainty: Option<usize>,
    /// Standard deviation of something that may be off, such as pore.diameter_nm=0.03 (a share) or process.temperature_C=2 (K); 0 leaves it out
    #[arg(long = "width", value_name = "KEY=VALUE", requires = "uncertainty")]
    pub widths: Vec<String>,
    /// Seed of the draws
    #[arg(long = "uncertainty-seed", value_name = "SEED", default_value_t = 1)]
    pub seed: u64,
}

impl From<WidthError> for Failure {
    fn from(error: WidthError) -> Self {
        Failure::Usage(error.to_string())
    }
}

impl UncertaintyChoice {
    /// The number of draws, if an uncertainty is asked for.
    ///
    /// # Errors
    /// For too few draws.
    pub fn draws(&self) -> Result<Option<usize>, Failure> {
        match self.uncertainty {
            Some(count) if count < FEWEST_DRAWS => Err(Failure::Usage(format!(
                "--uncertainty {count}: {FEWEST_DRAWS} draws or more make an interval, 1000 a good one"
            ))),
            Some(count) if count > MOST_DRAWS => Err(Failure::Usage(format!(
                "--uncertainty {count}: {MOST_DRAWS} draws are the most that are made"
            ))),
            other => Ok(other),
        }
    }

    /// Refuses a model that is not the reduced one, and widths that are not understood: before anything is written.
    pub fn check(&self, model: Model, case: Option<&LoadedCase>) -> Result<(), Failure> {
        if self.draws()?.is_some() {
            if model != Model::Reduced {
                let message = "--uncertainty draws thousands of lengths: it needs --model reduced";
                return Err(Failure::Usage(message.to_owned()));
            }
            if let Some(loaded) = case {
                sources(loaded, &self.widths)?;
            }
        }
        Ok(())
    }

    /// The length at the end of a case with what it may be, in nm; none if no uncertainty is asked for.
    ///
    /// # Errors
    /// [`Failure::Usage`] if too few of the draws can be computed.
    pub fn of_length(&self, loaded: &LoadedCase) -> Result<Option<Uncertain>, Failure> {
        let Some(count) = self.draws()? else {
            return Ok(None);
        };
        let sources = sources(loaded, &self.widths)?;
        let length = |loaded: &LoadedCase| {
            let run = ReducedRun::new(loaded).ok()?;
            Some(run.last().length / crate::physics::constants::NANOMETRE)
        };
        match propagate(loaded, &sources, length, count, self.seed) {
            Some(found) => Ok(Some(found)),
            None => Err(Failure::Usage(format!(
                "--uncertainty: fewer than {FEWEST_DRAWS} of {count} draws can be computed; smaller widths (--width KEY=VALUE) leave more"
            ))),
        }
    }
}

/// An uncertain number in lines: its interval and its causes.
pub(super) fn lines(name: &str, unit: &str, found: &Uncertain) -> String {
    let [low, high] = found.interval;
    let mut text = format!(
        "{name} = {} {unit}, {:.0} % within {} and {} {unit} ({} draws); alone it would be off by\n",
        cell(found.value),
        100.0 * CONFIDENCE,
        cell(low),
        cell(high),
        found.draws
    );
    for cause in &found.causes {
        text += &format!(
            "  {:5.1} %  {} ({})\n",
            100.0 * cause.alone,
            cause.name,
            cause.width
        );
    }
    text
}

/// The same as a table.
pub(super) const HEADER: [&str; 6] = ["what", "value", "low", "high", "width", "relative_sd_alone"];

/// The rows of [`HEADER`].
pub(super) fn rows(name: &str, found: &Uncertain) -> Vec<Vec<String>> {
    let [low, high] = found.interval;
    let mut rows = vec![vec![
        name.to_owned(),
        cell(found.value),
        cell(low),
        cell(high),
        String::new(),
        String::new(),
    ]];
    rows.extend(found.causes.iter().map(|cause| {
        let mut row = vec![cause.name.clone()];
        row.extend(vec![String::new(); 3]);
        row.extend([cause.width.clone(), cell(cause.alone)]);
        row
    }));
    rows
}
