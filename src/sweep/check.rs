//! Checks of a sweep before its first run, each mistake shown where it stands.

use super::axis::{Axis, MOST_PROBLEMS};
use super::plan::Plan;
use crate::case::Model;
use crate::input::{InputError, Problem, Source};
use crate::physics::Violation;
use crate::reduced::{CaseError, ReducedRun};
use rayon::prelude::*;

/// Keys that say where other files are or what a case is called; they cannot be varied.
const NOT_VARIED: [&str; 6] = [
    "material_file",
    "mesh_file",
    "material",
    "mesh",
    "name",
    "model",
];

impl Plan {
    /// Checks every point.
    ///
    /// # Errors
    /// The first points that are no valid cases, each at the value of the axis that is to blame.
    pub fn validate(&self) -> Result<(), InputError> {
        const BLOCK: u64 = 4096;
        for start in (0..self.len()).step_by(BLOCK as usize) {
            let block = start..(start + BLOCK).min(self.len());
            let wrong: Vec<(u64, Vec<Violation>)> = block
                .into_par_iter()
                .filter_map(|point| self.check(point).err().map(|found| (point, found)))
                .collect();
            let problems: Vec<Problem> = (wrong.iter())
                .flat_map(|(point, found)| found.iter().map(|one| self.locate(*point, one)))
                .take(MOST_PROBLEMS)
                .collect();
            if let Some(error) = InputError::from_problems(problems) {
                return Err(error);
            }
        }
        Ok(())
    }

    fn check(&self, point: u64) -> Result<(), Vec<Violation>> {
        let loaded = self.case(point)?;
        // Molds are few: the table serves all points on one mesh, and a point's own mold is met when it is run.
        if self.model() == Model::Reduced && (point == 0 || self.varies_mold()) {
            ReducedRun::new(&loaded).map(|_| ()).map_err(refused)?;
        } else if self.model() == Model::Reduced && loaded.case.slip_length() > 0.0 {
            let remedy = "interface.slip_length_nm = 0";
            let reason = "the reduced model has no slip at the walls";
            return Err(vec![Violation::new(
                "interface.slip_length_nm",
                reason,
                remedy,
            )]);
        }
        Ok(())
    }

    fn varies_mold(&self) -> bool {
        let mut keys = self.axes().iter().flat_map(|axis| axis.keys());
        keys.any(|key| key.starts_with("mesh."))
    }

    /// A violation of a point as a problem of the sweep file.
    fn locate(&self, point: u64, violation: &Violation) -> Problem {
        let rows = self.rows(point);
        let message = format!(
            "point {point} ({}): {}",
            self.spoken(point),
            violation.reason
        );
        let owner = self.axes().iter().position(|axis| {
            let mut keys = axis.keys().iter();
            keys.any(|key| *key == violation.key || violation.key.starts_with(&format!("{key}.")))
        });
        // A rule about several values names one of them only: then the fastest axis is shown.
        let number = owner.unwrap_or(self.axes().len() - 1);
        self.axes()[number].problem(
            (number, rows[number]),
            Some(&violation.key),
            self.source(),
            message,
            &violation.remedy,
        )
    }
}

impl Axis {
    /// What a case says of the first row of this axis, entry `number` of `source`: at the key if that is not known, else at the row.
    pub(super) fn refused(&self, number: usize, problem: &Problem, source: &Source) -> Problem {
        let (message, help) = (problem.message().to_owned(), problem.remedy());
        let unknown = problem.unknown_key().and_then(|name| {
            let mut keys = self.keys().iter();
            keys.find(|key| key.split('.').any(|part| part == name))
        });
        match unknown {
            Some(key) => self.key_problem(number, key, source, message, help),
            None => self.problem((number, 0), None, source, message, help),
        }
    }
}

fn refused(error: CaseError) -> Vec<Violation> {
    vec![Violation::new(
        "model",
        error.to_string(),
        "model = \"full\"",
    )]
}

/// Most points of a sweep: a hundred million take an hour with the reduced model, and their table 20 GB.
const MOST_POINTS: u64 = 100_000_000;

/// No more points than a table can be made of.
pub(super) fn check_count(axes: &[Axis], source: &Source) -> Result<(), InputError> {
    let counts = axes.iter().map(|axis| axis.len() as u64);
    let points = counts
        .clone()
        .try_fold(1u64, |all, count| all.checked_mul(count));
    if points.is_some_and(|points| points <= MOST_POINTS) {
        return Ok(());
    }
    let counts: Vec<String> = counts.map(|count| count.to_string()).collect();
    let message = format!(
        "the axes make {} points, more than the {MOST_POINTS} that a sweep can have",
        counts.join(" × ")
    );
    let place = source.span_in_arrays("axis.0").unwrap_or(0..0);
    let help = "fewer values, fewer axes, or several sweeps";
    Err(source.problem(place, message, "here", help).into())
}

/// Every key once, and only such as can be varied.
pub(super) fn check_keys(axes: &[Axis], source: &Source) -> Result<(), InputError> {
    let mut seen: Vec<&str> = Vec::new();
    let mut problems = Vec::new();
    for (number, axis) in axes.iter().enumerate() {
        for key in axis.keys() {
            if NOT_VARIED.contains(&key.as_str()) {
                let message = format!("`{key}` cannot be varied in a sweep");
                let help = "one sweep per file or model; values inside are varied as material.… and mesh.…";
                problems.push(axis.key_problem(number, key, source, message, help));
            } else if seen.contains(&key.as_str()) {
                let message = format!("`{key}` is varied twice");
                let help = "one axis per key";
                problems.push(axis.key_problem(number, key, source, message, help));
            }
            seen.push(key);
        }
    }
    InputError::from_problems(problems).map_or(Ok(()), Err)
}
