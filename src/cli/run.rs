//! `nanomold run`.

use super::composition;
use super::device::Resolved;
use super::failure::Failure;
use super::interrupt;
use super::plot::length_plot;
use super::progress::Progress;
use super::{DeviceChoice, InputFile, Overrides, Verbosity};
use crate::backend::gpu::GpuError;
use crate::case::{self, FrontModel, LoadedCase, Model};
use crate::flow::computer::Computer;
use crate::flow::discretise;
use crate::flow::gpu::GpuFlow;
use crate::flow::grid::Grid;
use crate::output::{
    self, FieldSeries, FlowFrame, FrontFrame, HistoryRow, HistoryWriter, LayerFrame, RunFolder,
    RunRecord, RunStatus, RunStop,
};
use crate::physics::constants::{GIGAPASCAL, NANOMETRE, celsius};
use crate::physics::{apparent_viscosity_eq1, length_long_pore};
use crate::reduced::ReducedRun;
use crate::simulation::{Ending, Fields, Simulation, Step};
use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Instant, SystemTime};

#[derive(Debug, Args)]
pub(super) struct Run {
    #[command(flatten)]
    case: InputFile,
    /// Result folder [default: out/<case name>]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// What computes the wire, instead of what the case says: full, or reduced (lengths and shares only, in microseconds)
    #[arg(long, value_enum)]
    model: Option<ModelChoice>,
    #[command(flatten)]
    device: DeviceChoice,
    #[command(flatten)]
    overrides: Overrides,
    /// Overwrite an existing result
    #[arg(long)]
    force: bool,
    /// Also write every field frame revolved to three dimensions (revolved.pvd)
    #[arg(long)]
    revolve: bool,
    #[command(flatten)]
    verbosity: Verbosity,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum ModelChoice {
    /// The flow problem is solved at every step
    Full,
    /// From the tabulated entrance resistance: flat front, no slip, no fields
    Reduced,
}

impl ModelChoice {
    /// The choice as an override of the case.
    fn set(self) -> String {
        let model = match self {
            ModelChoice::Full => Model::Full,
            ModelChoice::Reduced => Model::Reduced,
        };
        format!("model={:?}", model.name())
    }
}

/// Sections around the axis of a revolved frame.
const SECTIONS: usize = 48;

/// Length in pore radii beyond which the expected size of the grid is not followed: it is large enough by then.
const LONGEST: f64 = 1000.0;

impl Run {
    pub fn execute(self) -> Result<ExitCode, Failure> {
        let mut sets = self.overrides.set.clone();
        sets.extend(self.model.map(ModelChoice::set));
        let loaded = case::load(&self.case.path, &sets)?;
        if loaded.case.model == Model::Reduced {
            // Before the folder: a case that the model cannot run leaves nothing behind.
            let run = ReducedRun::new(&loaded)?;
            let folder = self.folder(&loaded)?;
            let result = super::reduced::simulate(&run, &loaded, &folder);
            return finish(folder, result);
        }
        // Before the folder: a device that does not exist leaves nothing behind.
        let mut device = self.device.resolve(expected_cells(&loaded))?;
        let computer = device.computer(loaded.case.numerics.precision)?;
        let folder = self.folder(&loaded)?;

        // After a second signal the folder keeps its RUNNING mark.
        let interrupted = interrupt::flag(|warning| tracing::warn!("{warning}"));

        let result = self.simulate(&loaded, &device, computer, &folder, &interrupted);
        finish(folder, result)
    }

    /// The result folder, with the log going there and to the terminal.
    fn folder(&self, loaded: &LoadedCase) -> Result<RunFolder, Failure> {
        let path = self
            .out
            .clone()
            .unwrap_or_else(|| PathBuf::from("out").join(&loaded.case.name));
        let folder = RunFolder::create(&path, self.force).map_err(Failure::Folder)?;
        let level = output::log::terminal_level(self.verbosity.quiet, self.verbosity.verbose);
        output::log::init(Some(&folder.join("log.txt")), level).map_err(Failure::Folder)?;
        Ok(folder)
    }

    fn simulate(
        &self,
        loaded: &LoadedCase,
        device: &Resolved,
        computer: Computer,
        folder: &RunFolder,
        interrupted: &AtomicBool,
    ) -> Result<RunRecord, Failure> {
        let (clock, started) = (Instant::now(), SystemTime::now());
        let case = &loaded.case;
        folder.write("case.toml", loaded.given_text.as_bytes())?;
        folder.write("case.resolved.toml", loaded.resolved_toml().as_bytes())?;
        tracing::info!("{}: {}", case.name, device.reason);

        let mut warnings = Vec::new();
        if let Some(warning) = &device.warning {
            warnings.push(warning.clone());
            tracing::warn!("{warning}");
        }
        for warning in loaded.warnings() {
            tracing::warn!("{warning}");
            warnings.push(warning);
        }
        let mut series = if case.output.frames > 0 {
            Some(FieldSeries::create(folder)?)
        } else {
            None
        };
        let mut simulation = Simulation::on(loaded, computer)?;
        let columns = composition::history_columns(&simulation);
        let mut history = HistoryWriter::create_with(folder.join("history.csv"), columns)?;
        let mut worst = [0.0f64; 2];
        let mut profiles = String::new();
        let mut keep_profile = |simulation: &Simulation| -> Result<(), Failure> {
            if case.composition.profiles
                && let Some(profile) = composition::profile(simulation, &case.name, case.radius())
            {
                if profiles.is_empty() {
                    profiles = format!("time_s,{}\n", profile.columns().join(","));
                }
                profiles += &profile.lines(true)?;
                folder.write("profiles.csv", profiles.as_bytes())?;
            }
            Ok(())
        };
        let mut failed = false;
        let mut uncoupled = 0;
        let mut progress = Progress::new(self.verbosity.quiet > 0);
        let mut points = vec![point(simulation.latest())];
        let first = simulation.latest();
        history.append_with(&row(first), &composition::history_values(first))?;
        keep_profile(&simulation)?;
        if let Some(series) = &mut series {
            self.write_frame(series, simulation.frame()?)?;
        }
        if simulation.latest().conditions.scales.pressure <= 0.0 {
            let warning = "at the start the applied pressure does not exceed the gas and capillary pressure at the tip; \
                           the front waits until it does";
            warnings.push(warning.to_string());
            tracing::warn!("{warning}");
        }

        if let Some(warning) = unresolved_slip(loaded) {
            tracing::warn!("{warning}");
            warnings.push(warning);
        }

        let mut written = true;
        while !interrupted.load(Ordering::SeqCst) {
            let Some(step) = simulation.advance()? else {
                break;
            };
            history.append_with(&row(step), &composition::history_values(step))?;
            if let Some(record) = &step.composition {
                worst[0] = record.balance.iter().copied().fold(worst[0], f64::max);
                worst[1] = worst[1].max(record.uncoupled);
                if !record.is_coupled() {
                    if uncoupled == 0 {
                        let warning = composition::uncoupled(step, record);
                        progress.suspend(|| tracing::warn!("{warning}"));
                        warnings.push(warning);
                    }
                    uncoupled += 1;
                }
            }
            points.push(point(step));
            written = false;
            progress.suspend(|| {
                tracing::debug!(
                    "t = {:.6} s, L = {:.4} nm, step {:.3e} s, {} cycles, {} cells",
                    step.conditions.time,
                    step.length / NANOMETRE,
                    step.step,
                    step.cycles,
                    step.cells
                );
                tracing::trace!("relative residuals {:?}", step.statistics.residuals);
            });
            if simulation.frame_is_due()
                && let Some(series) = &mut series
            {
                self.write_frame(series, simulation.frame()?)?;
                keep_profile(&simulation)?;
                written = true;
            }
            if let Some(failure) = simulation.computer().failure().filter(|_| !failed) {
                failed = true;
                let warning = format!("{failure}; the CPU goes on from the last accepted step");
                progress.suspend(|| tracing::warn!("{warning}"));
                warnings.push(warning);
            }
            progress.update(&simulation);
        }
        if !written && let Some(series) = &mut series {
            self.write_frame(series, simulation.frame()?)?;
            keep_profile(&simulation)?;
        }
        progress.finish();

        if case.output.plots && points.len() > 1 {
            let plot = length_plot(loaded, points);
            output::length_plot(
                &folder.join("length.png"),
                &folder.join("length.svg"),
                &plot,
            )?;
        }
        let mut record = record(loaded, &simulation, device, warnings, clock, started);
        let title = format!("{}, t = {} s", case.name, record.time_s);
        if let Some(profile) = composition::profile(&simulation, &title, case.radius()) {
            composition::write_profile(folder, &profile, case.output.plots)?;
            let summary = composition::summary(&profile, simulation.latest(), worst, uncoupled);
            record.composition = Some(summary);
        }
        summarise(&record, folder);
        Ok(record)
    }

    fn write_frame(&self, series: &mut FieldSeries, fields: Fields) -> Result<(), Failure> {
        let front = front_frame(&fields);
        let (flow, layer) = frames(fields);
        series.write(&flow, &layer)?;
        if let Some(front) = &front {
            series.write_front(front)?;
        }
        if self.revolve {
            series.write_revolved(&flow, SECTIONS)?;
            if let Some(front) = &front {
                series.write_wire(front, SECTIONS)?;
            }
        }
        Ok(())
    }
}

/// Closes the folder with the record or the reason.
fn finish(folder: RunFolder, result: Result<RunRecord, Failure>) -> Result<ExitCode, Failure> {
    match result {
        Ok(record) => {
            folder.finish(&record)?;
            Ok(if record.status == RunStatus::Finished {
                ExitCode::SUCCESS
            } else {
                ExitCode::from(130)
            })
        }
        Err(failure) => {
            // Terminal and log, in one message.
            tracing::error!("{}", failure.reason());
            folder.fail(&failure.reason());
            Ok(ExitCode::FAILURE)
        }
    }
}

/// Cells of the finest grid towards the end of the run: what the choice of the device goes by, nothing else.
fn expected_cells(loaded: &LoadedCase) -> usize {
    discretise::layout(&expected_grid(loaded), [0, 0]).cells()
}

/// The finest grid towards the end of the run, where it is largest, by the long-pore law at the conditions of half time.
pub(super) fn expected_grid(loaded: &LoadedCase) -> Grid {
    let LoadedCase { case, material, .. } = loaded;
    let time = case.time();
    let temperature = case.temperature().value(0.5 * time);
    let grown = length_long_pore(
        case.driving_pressure(material, 0.5 * time).max(0.0),
        time,
        case.diameter(),
        case.newtonian_viscosity(material, temperature),
        case.layer_mobility(material, temperature),
    );
    let length = grown
        .min(case.stop_length().unwrap_or(f64::INFINITY))
        .min(case.depth().unwrap_or(f64::INFINITY))
        .max(case.initial_length());
    Grid::new(&loaded.mesh, (length / case.radius()).min(LONGEST))
}

/// What to say where a free front's contact angle acts over a slip length that the grid does not resolve.
fn unresolved_slip(loaded: &LoadedCase) -> Option<String> {
    let case = &loaded.case;
    let acts = case.front_model() == FrontModel::Free && case.interface.capillarity;
    let slip = case.front.slip_length_nm + case.interface.slip_length_nm;
    let cell = 0.5 * case.pore.diameter_nm / loaded.mesh.cells_per_radius as f64;
    (acts && slip > 0.0 && slip < cell).then(|| {
        format!(
            "the slip length at the contact line, {slip} nm, is shorter than a cell, {cell:.2} nm: how far the front bulges \
             depends on the grid (it shifts by the logarithm of their ratio)"
        )
    })
}

pub(super) fn point(step: &Step) -> (f64, f64) {
    (step.conditions.time, step.length / NANOMETRE)
}

pub(super) fn row(step: &Step) -> HistoryRow {
    let scales = &step.conditions.scales;
    let [core_share, layer_share] = step.shares();
    let [tip, contact] = step.tip_and_contact();
    let correction = step.front.map_or(0.0, |front| front.correction);
    let cubic_nm = NANOMETRE.powi(3);
    HistoryRow {
        time_s: step.conditions.time,
        length_nm: step.length / NANOMETRE,
        tip_length_nm: tip / NANOMETRE,
        contact_length_nm: contact / NANOMETRE,
        front_correction_nm: correction / NANOMETRE,
        rate_nm_per_s: step.rate / NANOMETRE,
        core_flow_nm3_per_s: step.core_flow / cubic_nm,
        layer_flow_nm3_per_s: step.layer_flow / cubic_nm,
        pressure_GPa: step.conditions.pressure / GIGAPASCAL,
        temperature_C: celsius(step.conditions.temperature),
        driving_pressure_GPa: scales.pressure / GIGAPASCAL,
        lambda: scales.lambda(),
        length_over_radius: step.length / scales.radius,
        newtonian_viscosity_Pa_s: scales.newtonian_viscosity,
        core_share,
        layer_share,
        mass_defect: step.mass_defect,
        cycles: step.cycles as u32,
        residual: step.statistics.residuals.last().copied().unwrap_or(0.0),
        step_s: step.step,
        step_error: step.step_error,
    }
}

/// The free front; `None` where it is flat.
fn front_frame(fields: &Fields) -> Option<FrontFrame> {
    let front = &fields.front;
    (!front.is_empty()).then(|| FrontFrame {
        time_s: fields.time,
        points_nm: front
            .iter()
            .map(|p| p.position.map(|x| x / NANOMETRE))
            .collect(),
        curvature_per_m: front.iter().map(|p| p.curvature).collect(),
        normal_velocity_m_per_s: front.iter().map(|p| p.normal_velocity).collect(),
        deposit_velocity_m_per_s: front.iter().map(|p| p.deposit_velocity).collect(),
    })
}

fn frames(fields: Fields) -> (FlowFrame, LayerFrame) {
    let nm = |lengths: &[f64]| lengths.iter().map(|l| l / NANOMETRE).collect::<Vec<f64>>();
    let layer = &fields.layer;
    let layer_frame = LayerFrame {
        time_s: fields.time,
        points_nm: layer
            .iter()
            .map(|p| p.position.map(|x| x / NANOMETRE))
            .collect(),
        arc_length_nm: layer.iter().map(|p| p.arc_length / NANOMETRE).collect(),
        normal_stress_Pa: layer.iter().map(|p| p.normal_stress).collect(),
        layer_flux_m2_per_s: layer.iter().map(|p| p.flux).collect(),
        exchange_velocity_m_per_s: layer.iter().map(|p| p.exchange_velocity).collect(),
        species: fields.layer_species,
    };
    let flow_frame = FlowFrame {
        time_s: fields.time,
        r_nodes_nm: nm(&fields.r),
        z_nodes_nm: nm(&fields.z),
        active: fields.active,
        liquid_fraction: fields.liquid_fraction,
        velocity_m_per_s: fields.velocity.iter().map(|[r, z]| [*r, 0.0, *z]).collect(),
        pressure_Pa: fields.pressure,
        shear_stress_Pa: fields.shear_stress,
        strain_rate_per_s: fields.strain_rate,
        species: fields.species,
    };
    (flow_frame, layer_frame)
}

pub(super) fn stop(ending: Ending) -> RunStop {
    match ending {
        Ending::Time => RunStop::Time,
        Ending::Length => RunStop::Length,
        Ending::Filled => RunStop::Filled,
    }
}

fn record(
    loaded: &LoadedCase,
    simulation: &Simulation,
    device: &Resolved,
    warnings: Vec<String>,
    clock: Instant,
    started: SystemTime,
) -> RunRecord {
    let case = &loaded.case;
    let last = simulation.latest();
    let scales = last.conditions.scales;
    let [core_share, layer_share] = last.shares();
    let time = last.conditions.time;
    let numerics = &case.numerics;
    let computer = simulation.computer();
    let stop = simulation.ending().map(stop);
    let [tip, contact] = last.tip_and_contact();
    RunRecord {
        status: match stop {
            Some(_) => RunStatus::Finished,
            None => RunStatus::Interrupted,
        },
        stop,
        model: case.model.name().to_string(),
        length_nm: last.length / NANOMETRE,
        tip_length_nm: tip / NANOMETRE,
        contact_length_nm: contact / NANOMETRE,
        time_s: time,
        lambda: scales.lambda(),
        eta_newtonian_Pa_s: scales.newtonian_viscosity,
        // What the paper would infer from the length: all of it read as viscous flow, Eq. (1). Undefined (0) before
        // anything has happened.
        eta_apparent_Pa_s: apparent_viscosity_eq1(
            last.length,
            scales.pressure,
            time,
            case.diameter(),
        ),
        core_share,
        layer_share,
        error_estimate: simulation.error_estimate(),
        mass_defect: simulation.worst_mass_defect(),
        device: device.name(),
        driver: device.driver(),
        device_failure: computer.failure().map(GpuError::to_string),
        precision: computer.precision().to_string(),
        kernel_s: computer
            .gpu()
            .map(|gpu| gpu.kernel_times().seconds())
            .unwrap_or_default(),
        submissions: computer.gpu().map_or([0, 0], GpuFlow::submissions),
        threads: rayon::current_num_threads(),
        cells: last.cells,
        steps: simulation.steps() as usize,
        total_cycles: simulation.total_cycles(),
        tolerances: [
            (
                "flow_tolerance".to_string(),
                computer.reachable(numerics.flow_tolerance),
            ),
            ("step_tolerance".to_string(), numerics.step_tolerance),
        ]
        .into(),
        wall_s: clock.elapsed().as_secs_f64(),
        warnings,
        started_utc: output::utc_timestamp(started),
        finished_utc: output::utc_timestamp(SystemTime::now()),
        ..RunRecord::new(&case.name)
    }
}

fn summarise(record: &RunRecord, folder: &RunFolder) {
    let error = match record.error_estimate {
        None => String::new(),
        Some(e) if e < 5e-5 => " ± < 0.01 % (grid)".to_string(),
        Some(e) => format!(" ± {:.2} % (grid)", 100.0 * e),
    };
    let state = match record.stop {
        Some(RunStop::Time) => "",
        Some(RunStop::Length) => " (the stop length)",
        Some(RunStop::Filled) => " (the pore is filled)",
        None => " (interrupted)",
    };
    tracing::info!(
        "L = {:.2} nm{error} after {} s{state}: core {:.1} %, layer {:.1} % of the volume",
        record.length_nm,
        record.time_s,
        100.0 * record.core_share,
        100.0 * record.layer_share
    );
    if !record.kernel_s.is_empty() {
        let [all, timed] = record.submissions;
        tracing::debug!("time on the device, {timed} of {all} submissions:");
        for (kernel, seconds) in &record.kernel_s {
            tracing::debug!("  {kernel:13}  {:.3} ms", 1e3 * seconds);
        }
    }
    tracing::info!(
        "{} steps, {} cycles, {:.1} s; results in {}",
        record.steps,
        record.total_cycles,
        record.wall_s,
        folder.path().display()
    );
}
