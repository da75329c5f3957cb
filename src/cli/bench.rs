//! `nanomold bench`.

use super::device::{DeviceChoice, threads_text};
use super::failure::Failure;
use super::folder::require_free;
use super::probe;
use crate::backend::gpu::adapter::{
    self, Adapter, AdapterSummary, DeviceRequest, adapter_name_from_environment,
};
use crate::backend::gpu::bench::Method;
use crate::backend::gpu::source::OuterReal;
use crate::backend::gpu::{Gpu, Outer};
use crate::backend::stopwatch::Budget;
use crate::compute::bench::{self, Findings, Kernels, Measured, On, Row, Skipped};
use crate::compute::{ComputeError, dump, fuses};
use crate::flow::discretise::Medium;
use crate::flow::grid::Grid;
use crate::flow::solver::{FlowSolver, Loads};
use crate::kernels::Precision;
use crate::mesh::{MeshFile, MeshSpec};
use crate::output::record::git_hash;
use crate::output::{utc_timestamp, write_atomic};
use clap::{Args, ValueEnum};
use serde::Serialize;
use std::fmt;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

#[derive(Debug, Args)]
pub(super) struct Bench {
    /// Cells across the pore radius, N; a list
    #[arg(long, value_name = "N,…", value_delimiter = ',', default_values_t = [16, 32, 64])]
    cells_per_radius: Vec<u32>,
    /// Cases in a batch, B; a list
    #[arg(long, value_name = "B,…", value_delimiter = ',', default_values_t = [1, 16, 256])]
    cases: Vec<u32>,
    /// Radius R_c of the feedstock cell in pore radii
    #[arg(long, default_value_t = 2.5)]
    cell_radius: f64,
    /// Depth H of the reservoir in pore radii
    #[arg(long, default_value_t = 5.0)]
    depth: f64,
    /// Length of the wire in pore radii
    #[arg(long, default_value_t = 8.0)]
    length: f64,
    /// How a single kernel is timed
    #[arg(long, value_enum, default_value_t)]
    method: MethodChoice,
    /// Seconds for everything: sizes that would take longer are left out, and named with the reason
    #[arg(long, default_value_t = 60.0)]
    max_seconds: f64,
    #[command(flatten)]
    device: DeviceChoice,
    /// Print JSON instead of the tables; with FILE, write it there and print the tables
    #[arg(long, value_name = "FILE", num_args = 0..=1)]
    json: Option<Option<PathBuf>>,
    /// Overwrite the file of --json if it is there already
    #[arg(long)]
    force: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum MethodChoice {
    /// Timestamps where the adapter has them inside passes, else by repeating
    #[default]
    Auto,
    /// Timestamps between the dispatches of a cycle
    Timestamps,
    /// One kernel many times in one submission, by the wall clock
    Repeats,
}

/// What is printed.
#[derive(Debug, Serialize)]
struct Report {
    program_version: &'static str,
    git_hash: Option<&'static str>,
    date_utc: String,
    device: DeviceReport,
    /// How single kernels were timed.
    kernel_times_by: &'static str,
    cell_radius_over_pore_radius: f64,
    depth_over_pore_radius: f64,
    length_over_pore_radius: f64,
    max_seconds: f64,
    /// A plain copy beyond the caches: bytes read and written together, and its bandwidth.
    large_copy_bytes: Option<u64>,
    #[serde(rename = "large_copy_GB_per_s")]
    large_copy_gb_per_s: Option<f64>,
    sizes: Vec<Measured>,
    skipped: Vec<Skipped>,
}

#[derive(Debug, Serialize)]
struct DeviceReport {
    name: String,
    backend: &'static str,
    kind: String,
    driver: String,
    /// A program that plays a GPU: its times say nothing about GPUs.
    software: bool,
    cycles_in: &'static str,
    outer_residual: &'static str,
    cpu_threads: usize,
}

/// What computes, and the line that says why.
fn device(request: &DeviceRequest) -> Result<(Option<Adapter>, String), Failure> {
    if *request == DeviceRequest::Cpu {
        return Ok((None, "asked for by --device".into()));
    }
    let adapters = match probe::adapters()? {
        Ok(found) => found,
        Err(bad) => return Err(Failure::Usage(format!("{bad}; no adapter is taken"))),
    };
    let name = adapter_name_from_environment();
    if *request == DeviceRequest::Auto && name.is_none() {
        // Real adapters come first; unlike a run, a benchmark is of use on a software one as well.
        let first = adapters.into_iter().next();
        let reason = match &first {
            Some(adapter) if adapter.summary.is_software() => {
                "there is no real GPU, only a software adapter".to_string()
            }
            Some(_) => "the first real GPU".to_string(),
            None => adapter::why_none(),
        };
        return Ok((first, reason));
    }
    let summaries: Vec<AdapterSummary> = adapters.iter().map(|a| a.summary.clone()).collect();
    let choice = adapter::choose(request, name.as_deref(), usize::MAX, || Ok(summaries))?;
    let chosen = choice
        .adapter
        .and_then(|index| adapters.into_iter().find(|a| a.summary.index == index));
    Ok((chosen, choice.reason))
}

/// Prints the dispatches of a solve: the adapter's where `--device` names one, else the CPU's.
pub(super) fn dump_plan(
    choice: &DeviceChoice,
    precision: Precision,
    grid: Grid,
    medium: &Medium,
) -> Result<ExitCode, Failure> {
    let loads = Loads {
        inlet_pressure: 1.0,
        tip_pressure: 0.0,
    };
    let solver = FlowSolver::<f64>::new(grid, medium, loads).map_err(ComputeError::from)?;
    let adapter = match choice.request() {
        DeviceRequest::Auto => None,
        named => device(named)?.0,
    };
    let text = match adapter {
        None => dump::on_cpu(&solver),
        Some(Adapter { summary, .. }) => {
            let outer = Outer::from(precision).on_device(summary.f64);
            let fuses = fuses(summary.is_software());
            let dispatches = dump::on_device(&solver, 1, outer, fuses)
                .map_err(|why| Failure::Usage(why.to_string()))?;
            format!("{summary}\n\n{dispatches}")
        }
    };
    super::print(format_args!("{text}"))?;
    Ok(ExitCode::SUCCESS)
}

impl Bench {
    #[expect(clippy::expect_used, reason = "numbers and texts serialize")]
    pub fn execute(self) -> Result<ExitCode, Failure> {
        let sizes = self.sizes()?;
        if let Some(Some(path)) = &self.json {
            require_free(path, self.force)?;
        }
        let (adapter, reason) = device(self.device.request())?;
        let (on, report) = self.open(adapter.as_ref())?;
        tell!("measuring {}: {reason}", report.name);
        if report.software {
            tell!("warning: a software adapter: its times say nothing about GPUs");
        }
        let date_utc = utc_timestamp(SystemTime::now());
        let budget = Budget::new(Duration::from_secs_f64(self.max_seconds));
        let findings = bench::measure(&sizes, &on, budget, |what| tell!("  {what}"))?;
        let report = self.report(findings, &on, report, date_utc);
        let json =
            || serde_json::to_string_pretty(&report).expect("numbers and strings serialize") + "\n";
        match &self.json {
            Some(None) => super::print(format_args!("{}", json()))?,
            Some(Some(path)) => {
                super::print(format_args!("{report}"))?;
                write_atomic(path, json().as_bytes())?;
            }
            None => super::print(format_args!("{report}"))?,
        }
        Ok(ExitCode::SUCCESS)
    }

    /// The sizes asked for, each once.
    fn sizes(&self) -> Result<bench::Sizes, Failure> {
        let usage = |message: String| Err(Failure::Usage(message));
        if !(self.length > 0.0 && self.length <= super::flow::LONGEST) {
            return usage(format!(
                "--length {} is not between 0 and {} pore radii",
                self.length,
                super::flow::LONGEST
            ));
        }
        if Duration::try_from_secs_f64(self.max_seconds).is_err() {
            return usage(format!("--max-seconds {} is not a time", self.max_seconds));
        }
        let mut cases: Vec<usize> = self.cases.iter().map(|&b| b as usize).collect();
        cases.sort_unstable();
        cases.dedup();
        if cases.first().is_none_or(|&fewest| fewest == 0) {
            return usage("--cases needs numbers from 1 on".into());
        }
        let mut cells = self.cells_per_radius.clone();
        cells.sort_unstable();
        cells.dedup();
        let meshes = cells.iter().map(|&n| self.mesh(n));
        let meshes = meshes.collect::<Result<Vec<_>, _>>()?;
        let shortest = 1.0 / f64::from(*cells.first().unwrap_or(&1));
        if meshes.is_empty() {
            return usage("--cells-per-radius needs a number".into());
        }
        if self.length < shortest {
            return usage(format!(
                "--length {} is less than a cell of the coarsest mesh, {shortest:.4} pore radii",
                self.length
            ));
        }
        Ok(bench::Sizes {
            meshes,
            length: self.length,
            cases,
        })
    }

    fn mesh(&self, cells_per_radius: u32) -> Result<MeshSpec, Failure> {
        let file = MeshFile {
            cell_radius: Some(self.cell_radius),
            reservoir_depth: Some(self.depth),
            cells_per_radius,
            growth: 1.1,
            longest_cell: 2.0,
            ..MeshFile::default()
        };
        file.resolve(None).map_err(|violations| {
            let of = |key: &str| match key {
                "cell_radius" => "--cell-radius",
                "reservoir_depth" => "--depth",
                _ => "--cells-per-radius",
            };
            let lines: Vec<String> = violations
                .iter()
                .map(|v| format!("{}: {}; {}", of(&v.key), v.reason, v.remedy))
                .collect();
            Failure::Usage(lines.join("\n"))
        })
    }

    /// Opens what computes.
    fn open(&self, adapter: Option<&Adapter>) -> Result<(On, DeviceReport), Failure> {
        let cpu_threads = rayon::current_num_threads();
        let Some(Adapter { wgpu, summary }) = adapter else {
            return Ok((
                On::Cpu,
                DeviceReport {
                    name: format!("the CPU, f64, {}", threads_text(cpu_threads)),
                    backend: "CPU",
                    kind: "CPU".into(),
                    driver: String::new(),
                    software: false,
                    cycles_in: "f64",
                    outer_residual: "none: cycles are in f64",
                    cpu_threads,
                },
            ));
        };
        let outer = Precision::Mixed.into();
        let gpu = Arc::new(Gpu::open(wgpu, outer).map_err(ComputeError::from)?);
        let method = match self.method {
            MethodChoice::Repeats => Method::Repeats,
            MethodChoice::Auto if !gpu.times_inside_passes() => Method::Repeats,
            MethodChoice::Timestamps if !gpu.times_inside_passes() => {
                return Err(Failure::Usage(format!(
                    "{summary} takes no timestamps inside passes; use --method repeats"
                )));
            }
            _ => Method::Timestamps,
        };
        let report = DeviceReport {
            name: summary.name.clone(),
            backend: summary.backend,
            kind: summary.kind.to_string(),
            driver: summary.driver_text(),
            software: summary.is_software(),
            cycles_in: "f32",
            outer_residual: match gpu.outer() {
                Some(OuterReal::F64) => "f64 on the device",
                Some(OuterReal::F32) => "f32 on the device",
                None => "f64 on the host",
            },
            cpu_threads,
        };
        Ok((On::Gpu(gpu, method), report))
    }

    fn report(
        &self,
        findings: Findings,
        on: &On,
        device: DeviceReport,
        date_utc: String,
    ) -> Report {
        Report {
            program_version: env!("CARGO_PKG_VERSION"),
            git_hash: git_hash(),
            date_utc,
            device,
            kernel_times_by: match on {
                On::Gpu(_, Method::Timestamps) => {
                    "timestamps between the dispatches of a cycle; inside flow/cycle by repeating"
                }
                On::Gpu(_, Method::Repeats) | On::Cpu => {
                    "repeating one kernel, wall clock without the latency of an empty submission"
                }
            },
            cell_radius_over_pore_radius: self.cell_radius,
            depth_over_pore_radius: self.depth,
            length_over_pore_radius: self.length,
            max_seconds: self.max_seconds,
            large_copy_bytes: findings.large_copy.map(|(bytes, _)| bytes),
            large_copy_gb_per_s: findings.large_copy.map(|(_, rate)| 1e-9 * rate),
            sizes: findings.measured,
            skipped: findings.skipped,
        }
    }
}

/// Heading of the rows of a part.
fn heading(part: Kernels) -> &'static str {
    match part {
        Kernels::Cycle => "one cycle",
        Kernels::InsideFused => "inside flow/cycle, each kernel by itself",
        Kernels::Outer => "outer residual, once every 3 cycles",
        Kernels::Setup => "set-up, once per solve",
    }
}

impl fmt::Display for Report {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        let device = &self.device;
        writeln!(
            out,
            "{} ({}, {}) {}",
            device.name, device.backend, device.kind, device.driver
        )?;
        if device.software {
            writeln!(out, "A software adapter: its times say nothing about GPUs.")?;
        }
        writeln!(
            out,
            "cycles in {}, outer residual: {}; kernels timed by {}",
            device.cycles_in, device.outer_residual, self.kernel_times_by
        )?;
        writeln!(
            out,
            "R_c = {} R, H = {} R, L = {} R; CPU: f64, {}; {} {}",
            self.cell_radius_over_pore_radius,
            self.depth_over_pore_radius,
            self.length_over_pore_radius,
            threads_text(device.cpu_threads),
            self.program_version,
            self.git_hash.unwrap_or("(commit not known)")
        )?;
        if let (Some(bytes), Some(rate)) = (self.large_copy_bytes, self.large_copy_gb_per_s) {
            writeln!(
                out,
                "plain copy, {} MiB read and written: {rate:.1} GB/s",
                bytes >> 20
            )?;
        }
        writeln!(out)?;
        summary(out, &self.sizes)?;
        for skipped in &self.skipped {
            writeln!(
                out,
                "skipped: N = {}, B = {}: {}",
                skipped.cells_per_radius, skipped.cases, skipped.reason
            )?;
        }
        for size in &self.sizes {
            table(out, size)?;
        }
        Ok(())
    }
}

/// A number, or a dash where there is none.
fn optional(value: Option<f64>) -> String {
    value.map_or("-".to_string(), |value| format!("{value:.4}"))
}

/// One line per size.
fn summary(out: &mut fmt::Formatter, sizes: &[Measured]) -> fmt::Result {
    writeln!(
        out,
        "{:>4} {:>5} {:>9} {:>6} {:>10} {:>12} {:>9} {:>9} {:>10} {:>12} {:>12} {:>10}",
        "N",
        "B",
        "cells",
        "disp.",
        "ms/cycle",
        "ms/cyc/case",
        "GB/s",
        "copy GB/s",
        "record ms",
        "CPU ms/cyc",
        "set-up ms/c",
        "upload ms/c"
    )?;
    for size in sizes {
        writeln!(
            out,
            "{:>4} {:>5} {:>9} {:>6} {:>10.4} {:>12.5} {:>9.2} {:>9.2} {:>10} {:>12.3} {:>12.2} {:>10}",
            size.cells_per_radius,
            size.cases,
            size.cells,
            size.dispatches_per_cycle,
            size.ms_per_cycle,
            size.ms_per_cycle_per_case,
            size.cycle_gb_per_s,
            size.copy_gb_per_s,
            optional(size.host_record_ms_per_cycle),
            size.cpu_ms_per_cycle_one_case,
            size.host_setup_ms_per_case,
            optional(size.host_upload_ms_per_case)
        )?;
    }
    writeln!(
        out,
        "(disp.: dispatches per cycle; CPU ms/cyc: one case on the CPU backend; set-up, upload: host, per case)"
    )
}

/// The kernels of a size.
fn table(out: &mut fmt::Formatter, size: &Measured) -> fmt::Result {
    writeln!(
        out,
        "\nN = {}, B = {}: {} cells, {} levels, {:.2} MB per case, {:.4} ms per cycle",
        size.cells_per_radius,
        size.cases,
        size.cells,
        size.levels,
        size.bytes_per_case as f64 * 1e-6,
        size.ms_per_cycle
    )?;
    let mut last = None;
    for row in &size.kernels {
        if last != Some(row.part) {
            last = Some(row.part);
            writeln!(
                out,
                "  {:38} {:>5} {:>5} {:>11} {:>11} {:>7} {:>13} {:>9} {:>8}",
                heading(row.part),
                "level",
                "runs",
                "µs each",
                "µs all",
                "of all",
                "bytes each",
                "GB/s",
                "of copy"
            )?;
        }
        let part = size.kernels.iter().filter(|other| other.part == row.part);
        let all: f64 = part.map(Row::total_us).sum();
        let name = if row.part == Kernels::InsideFused || row.kernel.ends_with(&row.entry_point) {
            row.kernel.clone()
        } else {
            format!("{} ({})", row.kernel, row.entry_point)
        };
        writeln!(
            out,
            "  {:38} {:>5} {:>5} {:>11.3} {:>11.2} {:>6.1}% {:>13.0} {:>9.3} {:>7.1}%",
            name,
            row.level,
            row.runs,
            row.time_us,
            row.total_us(),
            100.0 * row.total_us() / all,
            row.bytes,
            row.bandwidth_gb_per_s,
            100.0 * row.share_of_copy
        )?;
    }
    Ok(())
}
