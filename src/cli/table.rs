//! `nanomold table`.

use super::failure::Failure;
use super::folder::require_free;
use super::progress::Solves;
use crate::compute::ComputeError;
use crate::output::write_atomic;
use crate::reduced::{Nodes, tabulate};
use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Debug, Args)]
pub(super) struct Table {
    /// File to write; src/reduced/table.json is the one that the program carries after the next build
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Overwrite the file if it is there already
    #[arg(long)]
    force: bool,
}

impl Table {
    pub fn execute(self) -> Result<ExitCode, Failure> {
        require_free(&self.out, self.force)?;
        let nodes = Nodes::standard();
        let style = "{bar:40} {pos} of {len} solves, {elapsed} so far, {eta} to go";
        let solves = Solves::new(&self.out, style, nodes.count());
        let table = tabulate(&nodes, &solves).map_err(ComputeError::from)?;
        solves.clear();
        write_atomic(&self.out, table.to_json().as_bytes())?;
        solves.finish()?;
        super::print(format_args!(
            "{} solves at N = {}, written to {}\n",
            nodes.count(),
            nodes.cells_per_radius,
            self.out.display()
        ))?;
        Ok(ExitCode::SUCCESS)
    }
}
