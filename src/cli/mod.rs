//! The command line.

#![warn(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::unreachable,
    clippy::todo
)]

/// Writes a line to standard error. One that cannot be written, as on a full disk, ends nothing.
macro_rules! tell {
    ($($text:tt)*) => { $crate::cli::say(format_args!($($text)*)) };
}

mod bench;
mod calibrate;
mod check;
mod cost;
mod device;
mod devices;
mod drive;
mod failure;
mod flow;
mod folder;
mod interrupt;
mod map;
mod merge;
mod plan;
mod probe;
mod progress;
mod properties;
mod properties_plots;
mod resume;
mod run;
mod scaling;
mod schema;
mod sweep;
mod sweep_devices;
mod synthesize;
mod table;
mod uncertainty;

use clap::{Args, Parser, Subcommand};
use device::DeviceChoice;
use failure::Failure;
use std::io::{ErrorKind, Write};
use std::path::PathBuf;
use std::process::ExitCode;

/// Simulates nanomolding of metallic glasses: viscous flow of the bulk coupled to diffusion in the wire–mold interface
/// layer.
#[derive(Debug, Parser)]
#[command(name = "nanomold", version, after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "Examples:
  nanomold run cases/ni_d60_297C.toml
  nanomold run cases/ni_d60_297C.toml --set pore.diameter_nm=30 --out out/d30
  nanomold resume out/d30
  nanomold check my_case.toml
  nanomold flow meshes/reference.toml --length 8 --lambda 0.03125 --json
  nanomold properties cases/materials/ni45pd35p16b4.toml --time 36000
  nanomold calibrate cases/data/ni_synthetic.csv --material cases/materials/ni45pd35p16b4.toml
  nanomold sweep cases/sweeps/fig5_ni.toml
  nanomold devices
  nanomold run cases/ni_d60_297C.toml --device cpu

Exit codes: 0 done, 1 the computation failed, 2 the input, the device or the output folder is not usable, 130 ended early by a signal or --max-wall.";

#[derive(Debug, Subcommand)]
enum Command {
    /// Run a case and write its result folder
    Run(run::Run),
    /// Go on with a run that was interrupted, killed or failed, from its latest checkpoint
    Resume(resume::Resume),
    /// Validate a case without running it
    Check(check::Check),
    /// Table and plot what a material's laws give
    Properties(properties::Properties),
    /// Fit a material to measured lengths or to stated facts
    Calibrate(calibrate::Calibrate),
    /// Run a case at many values: critical diameters, maps, on all cores or on a cluster
    Sweep(sweep::Sweep),
    /// Join the shards of a sweep
    Merge(merge::Merge),
    /// Solve one steady flow with a flat front, in units R = η = p = 1
    Flow(flow::Flow),
    /// List what can compute: the CPU and the adapters (GPUs) that were found
    Devices(devices::Devices),
    /// Measure the flow solver's kernels on a device, against a plain copy
    Bench(bench::Bench),
    /// Scaling of measured lengths with the diameter: laws, transition diameter, plots
    Scaling(scaling::Scaling),
    /// Propose the experiments that would say most of what is asked for
    Plan(plan::Plan),
    /// Map a diffusivity or viscosity over a mold, from the length in every pore
    Map(map::Map),
    /// Make synthetic experiments: lengths by the full solver, with noise
    Synthesize(synthesize::Synthesize),
    /// Tabulate the entrance resistance by the full solver, for the reduced model
    Table(table::Table),
    /// Print the JSON Schema of a file format, for editors
    Schema(schema::Schema),
    /// Load the graphics drivers and end: what happens to them happens to this process
    #[command(hide = true)]
    ProbeDrivers(probe::ProbeDrivers),
}

/// Options that several commands share.
#[derive(Debug, Args)]
struct Overrides {
    /// Override a value of the file; dotted keys reach into sections and into the files it names (mesh.…, material.…)
    #[arg(long = "set", value_name = "KEY=VALUE")]
    set: Vec<String>,
}

#[derive(Debug, Args)]
struct Verbosity {
    /// Say less: -q warnings only, -qq errors only
    #[arg(short, long, action = clap::ArgAction::Count, conflicts_with = "verbose")]
    quiet: u8,
    /// Say more: -v every step, -vv also how the flow solver converged
    #[arg(short, long, action = clap::ArgAction::Count)]
    verbose: u8,
}

/// A case or mesh file on the command line.
#[derive(Debug, Args)]
struct InputFile {
    /// The file
    #[arg(value_name = "FILE")]
    path: PathBuf,
}

/// Writes text to standard output. A reader that has left (`| head`) ends the output, not the program.
fn print(text: std::fmt::Arguments) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    match out.write_fmt(text).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Failure::Print(error)),
        _ => Ok(()),
    }
}

/// Writes a line to standard error, if that takes it.
fn say(text: std::fmt::Arguments) {
    let mut err = std::io::stderr().lock();
    let _ = writeln!(err, "{text}");
}

/// Runs the program with the process's arguments.
pub fn main() -> ExitCode {
    command(Cli::parse())
}

/// Runs the program with these arguments, its own name first, and gives its exit code: for who calls it from a program.
pub fn main_with(arguments: impl IntoIterator<Item = String>) -> u8 {
    let code = match Cli::try_parse_from(arguments) {
        Ok(cli) => command(cli),
        Err(error) => {
            // Help and version are no errors, and whoever does not read them has left.
            let _ = error.print();
            ExitCode::from(error.exit_code() as u8)
        }
    };
    // The standard library compares exit codes, and tells them to nobody but the system.
    (0..=u8::MAX)
        .find(|&number| ExitCode::from(number) == code)
        .unwrap_or(1)
}

fn command(cli: Cli) -> ExitCode {
    let result = match cli.command {
        Command::Run(command) => command.execute(),
        Command::Resume(command) => command.execute(),
        Command::Check(command) => command.execute(),
        Command::Properties(command) => command.execute(),
        Command::Calibrate(command) => command.execute(),
        Command::Sweep(command) => command.execute(),
        Command::Merge(command) => command.execute(),
        Command::Flow(command) => command.execute(),
        Command::Devices(command) => command.execute(),
        Command::Bench(command) => command.execute(),
        Command::Scaling(command) => command.execute(),
        Command::Plan(command) => command.execute(),
        Command::Map(command) => command.execute(),
        Command::Synthesize(command) => command.execute(),
        Command::Table(command) => command.execute(),
        Command::Schema(command) => command.execute(),
        Command::ProbeDrivers(command) => command.execute(),
    };
    result.unwrap_or_else(|failure| failure.report())
}

/// Takes the laws of pressure out of a material (of the file `path`), for what reads viscosities and diffusivities off lengths or compares
/// lengths with them, and says so. Their keys.
fn without_laws_of_pressure(
    material: &mut crate::materials::Material,
    path: &std::path::Path,
) -> Vec<&'static str> {
    let laws = material.laws_of_pressure();
    if !laws.is_empty() {
        tell!(
            "warning: {} of {} do not take part: viscosities and diffusivities are those under the pressures of these wires, on the mean along \
             them; a material that is written goes without",
            laws.join(", "),
            path.display()
        );
    }
    material.forget_laws_of_pressure();
    laws
}

/// Refuses a material (of the file `path`) without interface diffusion for what compares lengths with it or starts from it.
fn require_interface(
    material: &crate::materials::Material,
    path: &std::path::Path,
) -> Result<(), failure::Failure> {
    match material.interface {
        Some(_) => Ok(()),
        None => Err(failure::Failure::Usage(format!(
            "{} has no [interface]: it needs a first guess of thickness_nm, D_reference_m2_per_s and Q_interface_eV, marked \"assumed\"",
            path.display()
        ))),
    }
}
