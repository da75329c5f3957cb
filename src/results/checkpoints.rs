//! Checkpoints of a run while it goes on, and whether a case is the one that a checkpoint was made of.

use super::FullRecorder;
use crate::case::LoadedCase;
use crate::output::checkpoint::Origin;
use crate::output::record::git_hash;
use crate::output::{Checkpoint, OutputError, RunFolder};
use crate::physics::constants::NANOMETRE;
use crate::simulation::Simulation;
use std::time::{Duration, Instant};

/// Work of this length is done again without regret.
const MOMENT: Duration = Duration::from_secs(30);

/// Writes checkpoints into the folder of a run, every so often.
#[derive(Debug)]
pub struct Checkpoints<'a> {
    loaded: &'a LoadedCase,
    folder: &'a RunFolder,
    every: Duration,
    last: Instant,
    /// Steps of the run at the latest one.
    steps: Option<u32>,
}

impl<'a> Checkpoints<'a> {
    /// For a run that begins or goes on now, as often as its case says.
    pub fn new(loaded: &'a LoadedCase, folder: &'a RunFolder) -> Self {
        Checkpoints {
            loaded,
            folder,
            every: Duration::from_secs_f64(60.0 * loaded.case.output.checkpoint_minutes),
            last: Instant::now(),
            steps: None,
        }
    }

    /// Writes one if it is time for it.
    ///
    /// # Errors
    /// As [`Checkpoints::write`].
    pub fn write_if_due(
        &mut self,
        simulation: &Simulation,
        recorder: &FullRecorder,
    ) -> Result<(), OutputError> {
        if self.last.elapsed() >= self.every {
            self.write(simulation, recorder)?;
        }
        Ok(())
    }

    /// Writes one if the latest is not of a moment ago.
    ///
    /// # Errors
    /// As [`Checkpoints::write`].
    pub fn write_if_late(
        &mut self,
        simulation: &Simulation,
        recorder: &FullRecorder,
    ) -> Result<(), OutputError> {
        if self.last.elapsed() >= self.every.min(MOMENT) {
            self.write(simulation, recorder)?;
        }
        Ok(())
    }

    /// Writes one if the latest is of an earlier step. Between two steps only, of which the recorder has recorded the former.
    ///
    /// # Errors
    /// [`OutputError`]; the latest checkpoints are then as they were.
    pub fn write(
        &mut self,
        simulation: &Simulation,
        recorder: &FullRecorder,
    ) -> Result<(), OutputError> {
        if self.steps == Some(simulation.steps()) {
            return Ok(());
        }
        let latest = simulation.latest();
        let checkpoint = Checkpoint {
            origin: Origin {
                version: env!("CARGO_PKG_VERSION").to_owned(),
                git_hash: git_hash().map(str::to_owned),
                device: simulation.computer().machine().device.clone(),
                steps: simulation.steps(),
                time_s: latest.conditions.time,
                length_nm: latest.length / NANOMETRE,
            },
            case: self.loaded.resolved_toml(),
            recorder: recorder.save()?,
            state: simulation.save(),
        };
        checkpoint.write(self.folder.path())?;
        self.last = Instant::now();
        self.steps = Some(simulation.steps());
        Ok(())
    }
}

/// Keys that may differ between a checkpoint and the run that goes on from it: they do not change what has been computed.
const FREE: [&str; 3] = [
    "numerics.max_steps",
    "output.checkpoint_minutes",
    "description",
];

/// What differs between two cases (as TOML with every default filled in), a line for each key; nothing of what may differ.
pub fn difference(checkpoint: &str, now: &str) -> Vec<String> {
    let table = |text: &str| text.parse::<toml::Table>().unwrap_or_default();
    let (mut before, mut after) = (Vec::new(), Vec::new());
    flatten("", &toml::Value::Table(table(checkpoint)), &mut before);
    flatten("", &toml::Value::Table(table(now)), &mut after);
    let value = |list: &[(String, String)], key: &str| {
        let found = list.iter().find(|(name, _)| name == key);
        found.map_or("nothing".to_owned(), |(_, value)| value.clone())
    };
    let mut keys: Vec<&String> = before.iter().chain(&after).map(|(key, _)| key).collect();
    keys.sort();
    keys.dedup();
    keys.into_iter()
        .filter(|key| !FREE.contains(&key.as_str()))
        .filter_map(|key| {
            let (then, now) = (value(&before, key), value(&after, key));
            (then != now).then(|| format!("{key}: {then} in the checkpoint, {now} in the case"))
        })
        .collect()
}

/// Dotted keys and values of a table.
fn flatten(at: &str, value: &toml::Value, to: &mut Vec<(String, String)>) {
    match value {
        toml::Value::Table(table) => {
            for (key, value) in table {
                let inside = if at.is_empty() {
                    key.clone()
                } else {
                    format!("{at}.{key}")
                };
                flatten(&inside, value, to);
            }
        }
        value => to.push((at.to_owned(), value.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_are_named_by_key() {
        let then = "a = 1\n[mesh]\ncells = 8\nkept = \"x\"\n[numerics]\nmax_steps = 5\n";
        assert!(difference(then, then).is_empty());
        assert!(difference(then, &then.replace("= 5", "= 50")).is_empty());
        let now = then
            .replace("cells = 8", "cells = 16")
            .replace("a = 1", "b = 1");
        assert_eq!(
            difference(then, &now),
            [
                "a: 1 in the checkpoint, nothing in the case",
                "b: nothing in the checkpoint, 1 in the case",
                "mesh.cells: 8 in the checkpoint, 16 in the case"
            ]
        );
    }
}
