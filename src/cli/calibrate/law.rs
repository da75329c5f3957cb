//! What a length means to `nanomold calibrate`: the options, and the law of the length that they ask for.

use super::{Calibrate, Combine, Model, Switch};
use crate::calibrate::model::{ClosedForms, Combination, LengthModel};
use crate::calibrate::reduced::Reduced;
use crate::case::{self, LoadedCase};
use crate::cli::failure::Failure;

impl Calibrate {
    /// The law of the length.
    pub(super) fn model(&self, reduced: &Reduced) -> Result<Box<dyn LengthModel>, Failure> {
        match (self.model, self.combine) {
            (Model::Reduced, None) => Ok(Box::new(reduced.clone())),
            (Model::Reduced, Some(_)) => Err(Failure::Usage(
                "--combine says how Eqs. (1) and (2) make one length; it needs --model eq"
                    .to_owned(),
            )),
            (Model::Eq, combine) => Ok(Box::new(ClosedForms {
                combination: match combine {
                    Some(Combine::Additive) => Combination::Additive,
                    _ => Combination::Crossover,
                },
                ..ClosedForms::PAPER
            })),
        }
    }

    /// Whether surface tension acts at the tip.
    pub(super) fn capillarity(&self, case: Option<&LoadedCase>) -> bool {
        match (self.capillarity, case) {
            (Some(given), _) => given == Switch::On,
            (None, Some(case)) => case.case.interface.capillarity,
            (None, None) => self.model == Model::Reduced,
        }
    }

    /// How it was molded, if a case says so.
    pub(super) fn case(&self) -> Result<Option<LoadedCase>, Failure> {
        let Some(path) = &self.case else {
            return match self.overrides.set.is_empty() {
                true => Ok(None),
                false => Err(Failure::Usage(
                    "--set changes a case; it needs --case".to_owned(),
                )),
            };
        };
        if self.model != Model::Reduced {
            let message = "--case says how the full solver molds; it needs --model reduced";
            return Err(Failure::Usage(message.to_owned()));
        }
        for set in &self.overrides.set {
            let section = set.split(['.', '=']).next().unwrap_or_default().trim();
            let elsewhere = match section {
                "material" | "material_file" => "--material",
                "pore" | "process" => "the table of lengths",
                _ => continue,
            };
            return Err(Failure::Usage(format!(
                "--set {set} has no say here: `{section}` comes from {elsewhere}"
            )));
        }
        Ok(Some(case::load(path, &self.overrides.set)?))
    }
}
