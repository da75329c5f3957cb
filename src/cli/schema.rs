//! `nanomold schema`.

use super::failure::Failure;
use clap::{Args, ValueEnum};
use std::process::ExitCode;

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    Case,
    Mesh,
    Material,
    Facts,
    Sweep,
}

#[derive(Debug, Args)]
pub(super) struct Schema {
    /// Which file format
    #[arg(value_enum, default_value_t = Format::Case)]
    format: Format,
}

impl Schema {
    pub fn execute(self) -> Result<ExitCode, Failure> {
        let schema = match self.format {
            Format::Case => crate::case::schema(),
            Format::Mesh => crate::mesh::schema(),
            Format::Material => crate::materials::schema(),
            Format::Facts => crate::calibrate::facts::schema(),
            Format::Sweep => crate::sweep::schema(),
        };
        super::print(format_args!("{schema:#}\n"))?;
        Ok(ExitCode::SUCCESS)
    }
}
