//! Which points of a sweep are computed here.

use super::super::failure::Failure;
use crate::input::Problem;
use crate::sweep::{Plan, Shard, points_of};
use clap::Args;
use std::path::{Path, PathBuf};

#[derive(Debug, Args)]
pub(super) struct Part {
    /// Compute only the i-th of n shares of the points, which cost alike; `nanomold merge` joins them
    #[arg(long, value_name = "i/n", default_value = "1/1", conflicts_with_all = ["points", "points_file"])]
    shard: Shard,
    /// Compute only these points, e.g. 0-9,12: numbers as in sweep.csv, from 0; `nanomold merge` joins them
    #[arg(long, value_name = "a-b,c", conflicts_with = "points_file")]
    points: Option<String>,
    /// As --points, from a file: numbers and ranges, separated by commas, blanks or lines; # begins a comment
    #[arg(long, value_name = "FILE")]
    points_file: Option<PathBuf>,
}

/// Longest name of a default folder that spells its points out.
const LONGEST: usize = 60;

impl Part {
    /// The points, ascending.
    pub fn points(&self, plan: &Plan) -> Result<Vec<u64>, Failure> {
        if let Some(text) = &self.points {
            return Ok(points_of("--points", text, plan.len())?);
        }
        let Some(path) = &self.points_file else {
            return Ok(self.shard.points(plan));
        };
        let text = std::fs::read_to_string(path).map_err(|error| {
            let message = format!("cannot read {}: {error}", path.display());
            Failure::Input(Problem::without_source(message, "a file of points").into())
        })?;
        Ok(points_of(&path.display().to_string(), &text, plan.len())?)
    }

    /// The folder of this part where none is given: that of the sweep, or one inside it.
    pub fn folder(&self, whole: &Path) -> PathBuf {
        let named = |text: &str| {
            let plain = |c: char| {
                if c.is_ascii_alphanumeric() || c == '-' {
                    c
                } else {
                    '_'
                }
            };
            let mut name: String = text.trim().chars().map(plain).collect();
            if name.len() > LONGEST {
                name.truncate(LONGEST);
                // Long lists that begin alike are told apart.
                name += &format!("_{:08x}", crc32fast::hash(text.as_bytes()));
            }
            whole.join(format!("points_{name}"))
        };
        if let Some(text) = &self.points {
            return named(text);
        }
        if let Some(path) = &self.points_file {
            return named(&path.file_stem().unwrap_or_default().to_string_lossy());
        }
        match self.shard.is_whole() {
            true => whole.to_path_buf(),
            false => whole.join(format!(
                "shard_{}",
                self.shard.to_string().replace('/', "_of_")
            )),
        }
    }
}
