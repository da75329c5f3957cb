//! What every run leaves, whatever computes it: the case's files, its warnings, the record's common part.

use crate::case::LoadedCase;
use crate::output::{self, OutputError, RunFolder, RunRecord, RunStatus, RunStop};
use crate::physics::apparent_viscosity_eq1;
use crate::physics::constants::NANOMETRE;
use crate::simulation::{Ending, Prediction, Step};
use std::time::{Instant, SystemTime};

/// A run whose folder has been opened: the clock runs.
#[derive(Debug)]
pub struct Opening {
    clock: Instant,
    started: SystemTime,
    warnings: Vec<String>,
}

impl Opening {
    /// Writes the case as given and with every default filled in, and passes on what is to be said about it.
    ///
    /// # Errors
    /// [`OutputError::Io`].
    pub fn new(folder: &RunFolder, loaded: &LoadedCase) -> Result<Self, OutputError> {
        let mut opening = Opening {
            clock: Instant::now(),
            started: SystemTime::now(),
            warnings: Vec::new(),
        };
        folder.write("case.toml", loaded.given_text.as_bytes())?;
        folder.write("case.resolved.toml", loaded.resolved_toml().as_bytes())?;
        for warning in loaded.warnings() {
            opening.warn(warning);
        }
        if let Some(warning) = Prediction::new(loaded).warning() {
            opening.warn(warning);
        }
        Ok(opening)
    }

    /// Warns now and in the record.
    pub fn warn(&mut self, warning: impl Into<String>) {
        let warning = warning.into();
        tracing::warn!("{warning}");
        self.warnings.push(warning);
    }

    /// Notes for the record what has been said already.
    pub(super) fn note(&mut self, warning: &str) {
        self.warnings.push(warning.to_owned());
    }

    /// The record of a run that ends now with this step; without an ending it was interrupted. What the solver has to say of
    /// itself is missing.
    pub(super) fn record(
        self,
        loaded: &LoadedCase,
        last: &Step,
        ending: Option<Ending>,
    ) -> RunRecord {
        let case = &loaded.case;
        let scales = last.conditions.scales;
        let [core_share, layer_share] = last.shares();
        let [tip, contact] = last.tip_and_contact();
        let time = last.conditions.time;
        RunRecord {
            status: match ending {
                Some(_) => RunStatus::Finished,
                None => RunStatus::Interrupted,
            },
            stop: ending.map(stop),
            model: case.model.name().to_string(),
            length_nm: last.length / NANOMETRE,
            tip_length_nm: tip / NANOMETRE,
            contact_length_nm: contact / NANOMETRE,
            time_s: time,
            lambda: scales.lambda(),
            eta_newtonian_Pa_s: scales.newtonian_viscosity,
            // What the paper would infer from the length: all of it read as viscous flow, Eq. (1). Undefined (0) before
            // anything has happened.
            eta_apparent_Pa_s: apparent_viscosity_eq1(
                last.length,
                last.conditions.driving_pressure.max(0.0),
                time,
                case.diameter(),
            ),
            core_share,
            layer_share,
            wall_s: self.clock.elapsed().as_secs_f64(),
            warnings: self.warnings,
            started_utc: output::utc_timestamp(self.started),
            finished_utc: output::utc_timestamp(SystemTime::now()),
            ..RunRecord::new(&case.name)
        }
    }
}

fn stop(ending: Ending) -> RunStop {
    match ending {
        Ending::Time => RunStop::Time,
        Ending::Length => RunStop::Length,
        Ending::Filled => RunStop::Filled,
    }
}
