//! `nanomold check`.

use super::cost::Cost;
use super::failure::Failure;
use super::{InputFile, Overrides};
use crate::case::{self, Model};
use crate::physics::constants::{GIGAPASCAL, NANOMETRE, celsius};
use crate::reduced::ReducedRun;
use crate::results::{describe_loads, expected};
use crate::simulation::{Prediction, Process};
use clap::Args;
use std::fmt::Write;
use std::process::ExitCode;

#[derive(Debug, Args)]
pub(super) struct Check {
    #[command(flatten)]
    case: InputFile,
    #[command(flatten)]
    overrides: Overrides,
    /// Print the case with every default filled in
    #[arg(long)]
    resolved: bool,
}

impl Check {
    pub fn execute(self) -> Result<ExitCode, Failure> {
        let loaded = case::load(&self.case.path, &self.overrides.set)?;
        if loaded.case.model == Model::Reduced {
            ReducedRun::new(&loaded)?;
        }
        if self.resolved {
            super::print(format_args!("{}", loaded.resolved_toml()))?;
            return Ok(ExitCode::SUCCESS);
        }
        let (case, material) = (&loaded.case, &loaded.material);
        let temperature = case.temperature().value(0.0);
        let pressure = case.pressure().value(0.0);
        let eta = case.newtonian_viscosity(material, temperature, pressure);
        let lambda =
            eta * case.layer_mobility(material, temperature, pressure) / case.radius().powi(3);
        let mut text = String::new();
        let _ = writeln!(
            text,
            "{} is a valid case: {}",
            self.case.path.display(),
            case.name
        );
        let _ = writeln!(
            text,
            "  {} at {:.1} °C and {:.3} GPa for {} s in pores of {} nm",
            material.name,
            celsius(temperature),
            pressure / GIGAPASCAL,
            case.time(),
            case.pore.diameter_nm,
        );
        let _ = writeln!(
            text,
            "  at the start: newtonian viscosity {eta:.3e} Pa·s, Λ = {lambda:.3e} (flow and diffusion equal at 1/16), \
             d_c {}",
            match material.critical_diameter(temperature, case.time()) / NANOMETRE {
                d_c if d_c.is_finite() => format!("= {d_c:.1} nm"),
                _ => "is not known".to_owned(),
            }
        );
        if !material.laws_of_pressure().is_empty() {
            let mean = Process::new(&loaded).at(0.0).averaged().scales;
            let _ = writeln!(
                text,
                "  that is under the press; the pressure falls along the wire, on the mean newtonian viscosity {:.3e} Pa·s, Λ = {:.3e}",
                mean.newtonian_viscosity,
                mean.lambda()
            );
        }
        let _ = writeln!(
            text,
            "  driving pressure {:.3} GPa (tip: {:+.3} GPa)",
            case.driving_pressure(material, 0.0) / GIGAPASCAL,
            // Nothing is not less than nothing.
            case.tip_pressure(material) / GIGAPASCAL + 0.0
        );
        let _ = writeln!(
            text,
            "  mesh: N = {}, R_c = {:.3} R, H = {:.3} R",
            loaded.mesh.cells_per_radius, loaded.mesh.cell_radius, loaded.mesh.reservoir_depth
        );
        let expected = expected(&loaded);
        let _ = writeln!(
            text,
            "  expected: {:.0} steps, {}",
            expected.steps,
            Cost::of_run(&expected).text()
        );
        if expected.steps > f64::from(case.numerics.max_steps) {
            let most = case.numerics.max_steps;
            let _ = writeln!(
                text,
                "  warning: numerics.max_steps = {most} is likely to end the run before its time"
            );
        }
        let prediction = Prediction::new(&loaded);
        let _ = writeln!(
            text,
            "  predicted by the closed form of a tube{}: {}",
            if prediction.shaped {
                ", slice by slice"
            } else {
                ""
            },
            describe_loads(&prediction.largest, prediction.has_volume)
        );
        for warning in loaded.warnings().into_iter().chain(prediction.warning()) {
            let _ = writeln!(text, "  warning: {warning}");
        }
        super::print(format_args!("{text}"))?;
        Ok(ExitCode::SUCCESS)
    }
}
