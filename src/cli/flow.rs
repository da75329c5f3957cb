//! `nanomold flow`.

use super::failure::Failure;
use super::{DeviceChoice, InputFile, Overrides};
use crate::flow::discretise::{self, Medium};
use crate::flow::grid::Grid;
use crate::flow::solver::{FlowSolver, Loads, SolveError};
use crate::mesh;
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
        let grid = Grid::new(&mesh, self.length);
        let layout = discretise::layout(&grid, [0, 0]);
        if self.dump_plan {
            return super::bench::dump_plan(&self.device, grid, self.lambda, self.slip_length);
        }
        let device = self.device.resolve(layout.cells())?;
        if let Some(warning) = &device.warning {
            eprintln!("warning: {warning}");
        }
        let started = Instant::now();
        let medium = Medium::uniform(&layout, self.lambda, self.slip_length);
        let loads = Loads {
            inlet_pressure: 1.0,
            tip_pressure: 0.0,
        };
        let mut solver = FlowSolver::<f64>::new(grid, &medium, loads).map_err(SolveError::from)?;
        let setup_seconds = started.elapsed().as_secs_f64();
        let started = Instant::now();
        let statistics = solver.solve(self.tolerance, self.max_cycles)?;
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
            residual: statistics.residuals[statistics.cycles],
            setup_seconds,
            seconds,
            device: device.name(),
            precision: "f64",
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
