//! `nanomold flow`.

use super::failure::Failure;
use super::{DeviceChoice, InputFile, Overrides};
use crate::backend::Dispatch;
use crate::compute::bisect::{self, Step};
use crate::compute::{ComputeError, Computer};
use crate::flow::discretise::{self, Medium};
use crate::flow::grid::Grid;
use crate::flow::local::{LARGEST_PRESSURE_STRESS, Laws};
use crate::flow::solver::{FlowSolver, Loads};
use crate::kernels::Precision;
use crate::mesh::{self, WallProfile};
use clap::Args;
use serde::Serialize;
use std::f64::consts::PI;
use std::fmt;
use std::process::ExitCode;
use std::time::Instant;

#[derive(Debug, Args)]
pub(super) struct Flow {
    #[command(flatten)]
    mesh: InputFile,
    /// Length of the wire in pore radii
    #[arg(long, value_parser = positive)]
    length: f64,
    /// Λ = ηM/R³: mobility of the interface layer; 0 is pure viscous flow
    #[arg(long, value_parser = not_negative)]
    lambda: f64,
    /// Navier slip length on the walls in pore radii
    #[arg(long, default_value_t = 0.0, value_parser = not_negative)]
    slip_length: f64,
    /// τ₀ of a liquid that thins under stress, γ̇ = (τ₀/η) sinh(τ/τ₀) (Eyring), in units of the pressure
    #[arg(long, value_name = "TAU0", value_parser = positive)]
    stress_scale: Option<f64>,
    /// a of a viscosity that rises with the local pressure, η = exp(aP), P in units of the applied pressure
    #[arg(long, value_name = "A", default_value_t = 0.0, value_parser = not_negative)]
    pressure_viscosity: f64,
    /// c of a mobility that falls with the layer's local normal stress, M = M₀ exp(−cλ), λ in units of the applied pressure
    #[arg(long, value_name = "C", default_value_t = 0.0, value_parser = not_negative)]
    pressure_mobility: f64,
    #[command(flatten)]
    overrides: Overrides,
    /// Relative residual at which the solve ends
    #[arg(long, default_value_t = 1e-8, value_parser = positive)]
    tolerance: f64,
    /// Multigrid cycles after which it is given up
    #[arg(long, default_value_t = 50)]
    max_cycles: usize,
    #[command(flatten)]
    device: DeviceChoice,
    /// Print the dispatches of the solve with their sizes and the bytes that they must move, and solve nothing
    #[arg(long)]
    dump_plan: bool,
    /// What an adapter computes with: mixed (cycles in f32, state and residual in f64) or f32
    #[arg(long, value_parser = precision_names(), default_value = Precision::default().name())]
    precision: String,
    /// For finding a wrong kernel: run one cycle's kernels up to this one on the adapter and beside it on the CPU, the rest on
    /// the CPU, and print where they part; KERNEL is a name of --dump-plan such as flow/restrict, or `end`
    #[arg(long, value_name = "KERNEL[@LEVEL]")]
    gpu_until: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What is printed; flows in units R³p/η with the factor 2π included.
#[derive(Debug, Serialize)]
struct Report {
    length: f64,
    lambda: f64,
    total_flow: f64,
    core_flow_at_front: f64,
    layer_flow_at_tip: f64,
    mouth_core_flow: f64,
    mass_defect: f64,
    cells: usize,
    cycles: usize,
    /// Linear solves; more than one where viscosity or mobility depends on the solution.
    iterations: usize,
    residual: f64,
    setup_seconds: f64,
    seconds: f64,
    device: String,
    precision: &'static str,
}

impl fmt::Display for Report {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        writeln!(out, "total_flow          {:.8}", self.total_flow)?;
        writeln!(out, "core_flow_at_front  {:.8}", self.core_flow_at_front)?;
        writeln!(out, "layer_flow_at_tip   {:.8}", self.layer_flow_at_tip)?;
        writeln!(out, "mouth_core_flow     {:.8}", self.mouth_core_flow)?;
        writeln!(out, "mass_defect         {:.1e}", self.mass_defect)?;
        writeln!(out, "cells               {}", self.cells)?;
        writeln!(out, "cycles              {}", self.cycles)?;
        if self.iterations > 1 {
            writeln!(out, "iterations          {}", self.iterations)?;
        }
        writeln!(out, "residual            {:.2e}", self.residual)?;
        writeln!(
            out,
            "seconds             {:.4} (setup {:.4})",
            self.seconds, self.setup_seconds
        )?;
        writeln!(
            out,
            "device              {} ({})",
            self.device, self.precision
        )
    }
}

/// Longest wire a single solve is made for, in pore radii: memory grows with it.
pub(super) const LONGEST: f64 = 1000.0;

/// Largest Λ a single solve is made for: beyond, the bulk's resistance is lost in round-off.
const LARGEST_LAMBDA: f64 = 1e6;

impl Flow {
    #[expect(
        clippy::expect_used,
        reason = "the parser knows the names, and numbers and texts serialize"
    )]
    pub fn execute(self) -> Result<ExitCode, Failure> {
        if self.length > LONGEST {
            return Err(Failure::Usage(format!(
                "--length {} is more than {LONGEST} pore radii; beyond a few radii the flow follows the long-pore law",
                self.length
            )));
        }
        if self.lambda > LARGEST_LAMBDA {
            return Err(Failure::Usage(format!(
                "--lambda {} is more than {LARGEST_LAMBDA:e}; there diffusion alone decides, and Eq. (2) holds",
                self.lambda
            )));
        }
        let mesh = mesh::load(&self.mesh.path, &self.overrides.set)?;
        let shortest = 1.0 / mesh.cells_per_radius as f64;
        if self.length < shortest {
            return Err(Failure::Usage(format!(
                "--length {} is less than a cell of this mesh, {shortest:.4} pore radii",
                self.length
            )));
        }
        self.check_wall(&mesh.wall)?;
        let grid = Grid::new(&mesh, self.length);
        let layout = discretise::layout(&grid, [0, 0]);
        let precision = Precision::ALL
            .into_iter()
            .find(|p| p.name() == self.precision)
            .expect("the parser knows the names");
        if self.dump_plan {
            let medium = Medium::uniform(&layout, self.lambda, self.slip_length);
            return super::bench::dump_plan(&self.device, precision, grid, &medium);
        }
        let mut device = self.device.resolve(layout.cells())?;
        let mut computer = device.computer(precision)?;
        if let Some(warning) = &device.warning {
            tell!("warning: {warning}");
        }
        let started = Instant::now();
        let medium = Medium::uniform(&layout, self.lambda, self.slip_length);
        let loads = Loads {
            inlet_pressure: 1.0,
            tip_pressure: 0.0,
        };
        let solver = FlowSolver::<f64>::new(grid, &medium, loads).map_err(ComputeError::from)?;
        let setup_seconds = started.elapsed().as_secs_f64();
        if let Some(until) = &self.gpu_until {
            return bisect(&solver, &computer, until);
        }
        let started = Instant::now();
        let laws = Laws {
            stress_scale: self.stress_scale.unwrap_or(f64::INFINITY),
            pressure_viscosity: self.pressure_viscosity,
            pressure_mobility: self.pressure_mobility,
            reference_pressure: 0.0,
        };
        let tolerance = computer.reachable(self.tolerance);
        let (solver, solved) = laws.solve(solver, &medium, tolerance, |solver, tolerance| {
            computer.solve(solver, tolerance, self.max_cycles)
        });
        let (statistics, convergence) = solved?;
        if convergence.capped > 0 {
            tell!(
                "warning: in {} cells and nodes η = exp(aP) is capped where a·τ would exceed {LARGEST_PRESSURE_STRESS}: beyond 1 the equations have no \
                 unique solution; this happens close to the mouth corner and the contact line",
                convergence.capped
            );
        }
        if let Some(failure) = computer.failure() {
            tell!("warning: {failure}; the CPU took over");
        }
        let seconds = started.elapsed().as_secs_f64();
        let flows = solver.flows();
        let rate = |per_radian: f64| 2.0 * PI * per_radian;
        let report = Report {
            length: self.length,
            lambda: self.lambda,
            total_flow: rate(flows.total()),
            core_flow_at_front: rate(flows.core),
            layer_flow_at_tip: rate(flows.layer),
            mouth_core_flow: rate(flows.mouth),
            mass_defect: flows.mass_defect(),
            cells: layout.cells(),
            cycles: statistics.cycles,
            iterations: convergence.iterations,
            residual: statistics.residuals.last().copied().unwrap_or(0.0),
            setup_seconds,
            seconds,
            device: device.name(),
            precision: computer.precision(),
        };
        if self.json {
            let json =
                serde_json::to_string_pretty(&report).expect("numbers and strings serialize");
            super::print(format_args!("{json}\n"))?;
        } else {
            super::print(format_args!("{report}"))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl Flow {
    /// What a pore that is no cylinder has to satisfy, and what is not computed in it.
    fn check_wall(&self, wall: &WallProfile) -> Result<(), Failure> {
        if wall.is_straight() {
            return Ok(());
        }
        if let Some(depth) = wall.too_narrow(self.length) {
            return Err(Failure::Usage(format!(
                "--length {} goes beyond a depth of {depth:.3} pore radii, where the tapered pore is too narrow or too wide to be resolved",
                self.length
            )));
        }
        if self.length < wall.fillet() {
            return Err(Failure::Usage(format!(
                "--length {} ends within the rounded edge of the mouth: give at least its radius, {}",
                self.length,
                wall.fillet()
            )));
        }
        if self.slip_length > 0.0 {
            return Err(Failure::Usage(
                "in a pore that is no cylinder only a liquid that sticks to the wall is computed: leave out --slip-length".into(),
            ));
        }
        Ok(())
    }
}

fn precision_names() -> clap::builder::PossibleValuesParser {
    Precision::ALL.map(Precision::name).into()
}

/// Runs the first part of a cycle on both sides and prints where they part.
fn bisect(solver: &FlowSolver<f64>, computer: &Computer, until: &str) -> Result<ExitCode, Failure> {
    let Some(device) = computer.gpu() else {
        return Err(Failure::Usage(
            "--gpu-until compares an adapter with the CPU: name one with --device".into(),
        ));
    };
    let plan = bisect::plan(solver);
    let (name, level) = match until.split_once('@') {
        Some((name, level)) => (name, Some(level)),
        None => (until, None),
    };
    let is_meant = |d: &Dispatch| {
        d.kernel.to_string().starts_with(name)
            && level.is_none_or(|level| d.level.to_string() == level)
    };
    let count = if name == "end" {
        plan.dispatches.len()
    } else {
        let place = plan.dispatches.iter().position(is_meant);
        1 + place.ok_or_else(|| {
            let mut names: Vec<String> = Vec::new();
            for d in &plan.dispatches {
                let name = d.kernel.to_string();
                let name = name.split(' ').next().unwrap_or_default().to_string();
                if !names.contains(&name) {
                    names.push(name);
                }
            }
            Failure::Usage(format!(
                "--gpu-until {until}: no such kernel; there are {} on levels 0 to {}, and `end`",
                names.join(", "),
                solver.levels() - 1
            ))
        })?
    };
    let found = bisect::run(device.gpu(), solver, count).map_err(ComputeError::from)?;
    let mut text = String::from("level  kernel                 largest difference, relative\n");
    for Step {
        dispatch: Dispatch { kernel, level },
        difference,
    } in &found.steps
    {
        text += &format!("{level:>5}  {:21}  {difference:.2e}\n", kernel.to_string());
    }
    super::print(format_args!(
        "{text}\nresidual after the cycle: {:.6e}, all on the CPU {:.6e}\n",
        found.residual, found.cpu_residual
    ))?;
    Ok(ExitCode::SUCCESS)
}

fn number(text: &str) -> Result<f64, String> {
    let value: f64 = text
        .parse()
        .map_err(|_| format!("`{text}` is not a number"))?;
    if value.is_finite() {
        Ok(value)
    } else {
        Err(format!("`{text}` is not a finite number"))
    }
}

fn positive(text: &str) -> Result<f64, String> {
    number(text).and_then(|v| {
        if v > 0.0 {
            Ok(v)
        } else {
            Err("it must be greater than 0".into())
        }
    })
}

fn not_negative(text: &str) -> Result<f64, String> {
    number(text).and_then(|v| {
        if v >= 0.0 {
            Ok(v)
        } else {
            Err("it must not be negative".into())
        }
    })
}
