//! The table of entrance resistances: its file, and whether it belongs to this program.

use super::tabulate;
use crate::flow::solver::SolveError;
use crate::output::record::git_hash;
use serde::{Deserialize, Serialize};
use std::sync::OnceLock;

/// Layout of the file; another one is refused.
const FORMAT: u32 = 1;

/// Where the table came from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// What the file is, for whoever opens it.
    pub about: String,
    /// Layout of the file.
    pub format: u32,
    /// Version of the program that made it.
    pub version: String,
    /// Commit of the program that made it, if the build knew it.
    pub git_hash: Option<String>,
    /// Cells N across the pore radius of the grids.
    pub cells_per_radius: usize,
    /// Depth of the reservoir in R_c.
    pub depth: f64,
}

impl Header {
    pub(super) fn now(cells_per_radius: usize) -> Self {
        Header {
            about: "Entrance resistance C = 1/u - L/(1/8 + 2 lambda) of a flat front's dimensionless speed u, and the \
                    layer's share of the flow at the tip; both [cell_radius][lambda][length]. Made by `nanomold table`; \
                    not to be edited."
                .into(),
            format: FORMAT,
            version: env!("CARGO_PKG_VERSION").into(),
            git_hash: git_hash().map(str::to_string),
            cells_per_radius,
            depth: tabulate::DEPTH,
        }
    }
}

/// One flow problem on a coarse grid, by which a table recognises the solver that made it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Probe {
    /// R_c in R.
    pub cell_radius: f64,
    /// Λ.
    pub lambda: f64,
    /// L in R.
    pub length: f64,
    /// Speed of the front in pR/η.
    pub speed: f64,
    /// Share of the flow that the layer carries at the tip.
    pub layer_share: f64,
}

/// Cells across the pore radius of the probes: a millisecond each.
const PROBE_CELLS: usize = 8;

/// R_c, Λ and L of the probes. The compliance ΛN³ of their cells goes through every piece of the mouth corner's weight
/// ([`crate::flow::corner`]), and their reservoirs through several gradings.
const PROBES: [[f64; 3]; 12] = [
    [2.5, 0.0, 0.5],
    [2.5, 5e-9, 1.0],
    [2.5, 2e-7, 0.5],
    [1.5, 3e-6, 0.5],
    [2.5, 2e-5, 0.5],
    [4.0, 2e-4, 0.75],
    [2.5, 1e-3, 0.5],
    [2.5, 4e-3, 0.5],
    [2.5, 0.02, 0.5],
    [2.0, 0.2, 1.5],
    [2.5, 1.0, 0.5],
    [2.5, 100.0, 0.5],
];

/// Relative difference at which a probe counts as changed. It is solved to about 1e-9; compilers and processors may round
/// differently.
const PROBE_TOLERANCE: f64 = 1e-7;

impl Probe {
    /// All probes, by this program's solver, solved once.
    ///
    /// # Errors
    /// [`SolveError`].
    pub fn all() -> Result<&'static [Probe], SolveError> {
        static SOLVED: OnceLock<Result<Vec<Probe>, SolveError>> = OnceLock::new();
        let solve = |&[cell_radius, lambda, length]: &[f64; 3]| {
            let mesh = tabulate::mesh(cell_radius, PROBE_CELLS);
            let [speed, layer_share] = tabulate::solve(&mesh, length, lambda)?;
            Ok(Probe {
                cell_radius,
                lambda,
                length,
                speed,
                layer_share,
            })
        };
        let solved = SOLVED.get_or_init(|| PROBES.iter().map(solve).collect());
        solved.as_deref().map_err(Clone::clone)
    }

    fn differs(&self, other: &Probe) -> bool {
        let place = |p: &Probe| [p.cell_radius, p.lambda, p.length];
        let off = |a: f64, b: f64| (a - b).abs() > PROBE_TOLERANCE * a.abs().max(b.abs());
        // A share of nothing is round-off.
        let share = (self.layer_share - other.layer_share).abs() > PROBE_TOLERANCE;
        place(self) != place(other) || off(self.speed, other.speed) || share
    }
}

/// Why a table cannot be used.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum TableError {
    /// The file is no table.
    #[error("the table of entrance resistances cannot be read: {0}")]
    Format(String),
    /// The table was made by another solver.
    #[error(
        "the table of entrance resistances is stale: it was made by version {version} ({commit}) and this program's solver \
         gives {found} where the table's gave {stated} (R_c = {cell_radius} R, Λ = {lambda}, L = {length} R, N = 8); make it \
         again with `nanomold table`"
    )]
    Stale {
        /// Version that made it.
        version: String,
        /// Commit that made it.
        commit: String,
        /// Speed or share that this program finds.
        found: f64,
        /// The same in the table.
        stated: f64,
        /// R_c of the probe.
        cell_radius: f64,
        /// Λ of the probe.
        lambda: f64,
        /// L of the probe.
        length: f64,
    },
    /// This program's solver failed on a probe.
    #[error("the table of entrance resistances cannot be checked: {0}")]
    Solve(#[from] SolveError),
}

/// Entrance resistances C (units η/(pR)·p, i.e. inverse dimensionless speeds) and layer shares at the nodes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// Where it came from.
    pub header: Header,
    /// By what it recognises its solver.
    pub probes: Vec<Probe>,
    /// Nodes in R_c/R.
    pub cell_radius: Vec<f64>,
    /// Nodes in Λ.
    pub lambda: Vec<f64>,
    /// Nodes in L/R.
    pub length: Vec<f64>,
    /// C = 1/u − L/(1/8 + 2Λ), `[cell_radius][lambda][length]`.
    pub resistance: Vec<f64>,
    /// Share of the flow that the layer carries at the tip, `[cell_radius][lambda][length]`.
    pub layer_share: Vec<f64>,
}

impl Table {
    /// Reads a table and checks its shape and that this program's solver made it.
    ///
    /// # Errors
    /// [`TableError`].
    pub fn parse(text: &str) -> Result<Table, TableError> {
        let table: Table =
            serde_json::from_str(text).map_err(|error| TableError::Format(error.to_string()))?;
        table.check_shape()?;
        table.check_solver(Probe::all()?)?;
        Ok(table)
    }

    /// The table that the program carries, read and checked once.
    ///
    /// # Errors
    /// [`TableError`]; a released program's own table is not stale, a test makes sure.
    pub fn shipped() -> Result<&'static Table, TableError> {
        static SHIPPED: OnceLock<Result<Table, TableError>> = OnceLock::new();
        SHIPPED
            .get_or_init(|| Table::parse(include_str!("table.json")))
            .as_ref()
            .map_err(Clone::clone)
    }

    fn check_shape(&self) -> Result<(), TableError> {
        let fail = |what: &str| Err(TableError::Format(what.into()));
        if self.header.format != FORMAT {
            return Err(TableError::Format(format!(
                "its format is {}, this program reads {FORMAT}",
                self.header.format
            )));
        }
        let axes = [&self.cell_radius, &self.lambda, &self.length];
        let increases = |axis: &[f64]| axis.windows(2).all(|pair| pair[0] < pair[1]);
        if axes.iter().any(|axis| axis.len() < 4 || !increases(axis)) {
            return fail("each axis needs four increasing nodes at least");
        }
        if self.lambda[0] != 0.0 {
            return fail("the first Λ has to be 0");
        }
        let count = axes.iter().map(|axis| axis.len()).product::<usize>();
        if self.resistance.len() != count || self.layer_share.len() != count {
            return fail("the numbers do not fill the axes");
        }
        if self.resistance.iter().any(|c| !(c.is_finite() && *c > 0.0)) {
            return fail("a resistance is not positive");
        }
        if self.layer_share.iter().any(|s| !s.is_finite()) {
            return fail("a share is not finite");
        }
        Ok(())
    }

    /// Compares the probes with those of this program's solver.
    ///
    /// # Errors
    /// [`TableError::Stale`] at the first that differs.
    pub fn check_solver(&self, now: &[Probe]) -> Result<(), TableError> {
        if self.probes.len() != now.len() {
            return Err(TableError::Format(format!(
                "it has {} probes of its solver, this program expects {}",
                self.probes.len(),
                now.len()
            )));
        }
        match self.probes.iter().zip(now).find(|(a, b)| a.differs(b)) {
            None => Ok(()),
            Some((stated, found)) => Err(TableError::Stale {
                version: self.header.version.clone(),
                commit: self
                    .header
                    .git_hash
                    .clone()
                    .unwrap_or("unknown commit".into()),
                found: found.speed,
                stated: stated.speed,
                cell_radius: found.cell_radius,
                lambda: found.lambda,
                length: found.length,
            }),
        }
    }

    /// The text of the table's file.
    ///
    /// # Panics
    /// Never: numbers and texts serialize.
    pub fn to_json(&self) -> String {
        let mut text = String::from("{\n");
        text += &format!(" \"header\": {},\n", line(&self.header));
        text += " \"probes\": [\n";
        for (k, probe) in self.probes.iter().enumerate() {
            let comma = if k + 1 < self.probes.len() { "," } else { "" };
            text += &format!("  {}{comma}\n", line(probe));
        }
        text += " ],\n";
        for (name, axis) in [
            ("cell_radius", &self.cell_radius),
            ("lambda", &self.lambda),
            ("length", &self.length),
        ] {
            text += &format!(" \"{name}\": {},\n", line(axis));
        }
        for (name, values, end) in [
            ("resistance", &self.resistance, ","),
            ("layer_share", &self.layer_share, ""),
        ] {
            text += &format!(" \"{name}\": [\n");
            let rows: Vec<String> = values
                .chunks(self.length.len())
                .map(|row| line(&row.to_vec()).trim_matches(['[', ']']).to_string())
                .collect();
            text += &format!("  {}\n ]{end}\n", rows.join(",\n  "));
        }
        text + "}\n"
    }
}

/// One-line JSON.
fn line(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("numbers and texts serialize")
}
