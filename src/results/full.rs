//! The folder of a run by the full model.

use super::history::{columns, point, row, values};
use super::length::length_plot;
use super::stages::Stages;
use super::{Opening, RecordError, composition, fields, loads};
use crate::case::LoadedCase;
use crate::output::{self, FieldSeries, HistoryWriter, OutputError, RunFolder, RunRecord, RunStop};
use crate::physics::constants::NANOMETRE;
use crate::simulation::{LargestLoads, Simulation};

/// Writes the folder of a run by the full model: [`begin`](Self::begin) at its start, [`step`](Self::step) after every accepted
/// step, [`finish`](Self::finish) at its end, however it came. What is written leaves the run as it is: its steps are the same
/// without a recorder.
#[derive(Debug)]
pub struct FullRecorder<'a> {
    loaded: &'a LoadedCase,
    folder: &'a RunFolder,
    opening: Opening,
    series: Option<FieldSeries>,
    revolve: bool,
    history: HistoryWriter,
    /// Text of `profiles.csv`.
    profiles: String,
    /// Time (s) and length (nm) of every step.
    points: Vec<(f64, f64)>,
    /// Largest element balance and coupling difference so far.
    worst: [f64; 2],
    /// Steps that did not couple.
    uncoupled: usize,
    /// The device's failure has been told.
    told_failure: bool,
    /// The largest loads so far.
    loads: LargestLoads,
    stages: Stages<'a>,
    /// The latest step has its frame.
    written: bool,
}

impl<'a> FullRecorder<'a> {
    /// Writes what there is before the first step. With `revolve` every frame is also turned to three dimensions.
    ///
    /// # Errors
    /// [`RecordError`].
    pub fn begin(
        opening: Opening,
        loaded: &'a LoadedCase,
        folder: &'a RunFolder,
        simulation: &mut Simulation,
        revolve: bool,
    ) -> Result<Self, RecordError> {
        let series = (loaded.case.output.frames > 0)
            .then(|| FieldSeries::create(folder))
            .transpose()?;
        let mut columns = columns(loaded);
        columns.extend(composition::history_columns(simulation));
        let history = HistoryWriter::create_with(folder.join("history.csv"), columns)?;
        let mut recorder = FullRecorder {
            loaded,
            folder,
            opening,
            series,
            revolve,
            history,
            profiles: String::new(),
            points: Vec::new(),
            worst: [0.0; 2],
            uncoupled: 0,
            told_failure: false,
            loads: LargestLoads::new(simulation.latest().load()),
            stages: Stages::begin(loaded),
            written: false,
        };
        recorder.add_row(simulation)?;
        recorder.frame(simulation)?;
        if simulation.latest().conditions.driving_pressure <= 0.0 {
            recorder.opening.warn(
                "at the start the applied pressure does not exceed the gas and capillary pressure at the tip; the front waits \
                 until it does",
            );
        }
        Ok(recorder)
    }

    /// Records the step that was just accepted.
    ///
    /// # Errors
    /// [`RecordError`].
    pub fn step(&mut self, simulation: &mut Simulation) -> Result<(), RecordError> {
        self.written = false;
        self.add_row(simulation)?;
        let step = simulation.latest();
        self.loads.add(step.load());
        self.stages.step(step);
        if let Some(record) = &step.composition {
            self.worst[0] = record.balance.iter().copied().fold(self.worst[0], f64::max);
            self.worst[1] = self.worst[1].max(record.uncoupled);
            if !record.is_coupled() {
                if self.uncoupled == 0 {
                    self.opening.warn(composition::uncoupled(step, record));
                }
                self.uncoupled += 1;
            }
        }
        tracing::debug!(
            "t = {:.6} s, L = {:.4} nm, step {:.3e} s, {} cycles, {} cells",
            step.conditions.time,
            step.length / NANOMETRE,
            step.step,
            step.cycles,
            step.cells
        );
        tracing::trace!("relative residuals {:?}", step.statistics.residuals);
        if simulation.frame_is_due() {
            self.frame(simulation)?;
        }
        if let Some(failure) = simulation.computer().failure()
            && !self.told_failure
        {
            self.told_failure = true;
            let warning = format!("{failure}; the CPU goes on from the last accepted step");
            self.opening.warn(warning);
        }
        Ok(())
    }

    /// Writes the last frame, the pictures and the profile; the record is the caller's to close the folder with.
    ///
    /// # Errors
    /// [`RecordError`].
    pub fn finish(mut self, simulation: &mut Simulation) -> Result<RunRecord, RecordError> {
        if !self.written {
            self.frame(simulation)?;
        }
        let (loaded, folder) = (self.loaded, self.folder);
        let case = &loaded.case;
        if case.output.plots && self.points.len() > 1 {
            let plot = length_plot(loaded, self.points);
            let [png, svg] = ["length.png", "length.svg"].map(|name| folder.join(name));
            output::length_plot(&png, &svg, &plot)?;
        }
        let last = simulation.latest();
        let title = format!("{}, t = {} s", case.name, last.conditions.time);
        let mut summary = None;
        if let Some(profile) = composition::profile(simulation, &title, case.radius()) {
            let alike = loaded.material.elements_diffuse_alike();
            composition::write_profile(folder, &profile, case.output.plots, alike)?;
            summary = Some(composition::summary(
                &profile,
                last,
                self.worst,
                self.uncoupled,
            ));
        }
        let accuracy = simulation.accuracy().unwrap_or_else(|error| {
            let warning = format!("how wrong the length may be is not known, since the run failed on the coarser grid: {error}");
            self.opening.warn(warning);
            None
        });
        let computer = simulation.computer();
        let numerics = &case.numerics;
        let flow_tolerance = computer.reachable(numerics.flow_tolerance());
        let has_scale = last.conditions.stress_scale.is_finite();
        tracing::info!("{}", loads::describe(&self.loads, has_scale));
        let record = RunRecord {
            loads: loads::records(&self.loads, has_scale),
            error_estimate: accuracy.map(|a| a.total()),
            error_estimate_space: accuracy.map(|a| a.space),
            error_estimate_time: accuracy.map(|a| a.time),
            mass_defect: simulation.worst_mass_defect(),
            composition: summary,
            device: computer.machine().device.clone(),
            driver: computer.machine().driver.clone(),
            device_failure: computer.failure().map(|failure| failure.to_string()),
            precision: computer.precision().to_string(),
            kernel_s: computer.kernel_seconds(),
            submissions: computer.submissions(),
            threads: rayon::current_num_threads(),
            cells: last.cells,
            steps: simulation.steps() as usize,
            total_cycles: simulation.total_cycles(),
            tolerances: [
                ("flow_tolerance".to_string(), flow_tolerance),
                ("step_tolerance".to_string(), numerics.step_tolerance),
            ]
            .into(),
            ..self.opening.record(loaded, last, simulation.ending())
        };
        summarise(&record, folder);
        Ok(record)
    }

    fn add_row(&mut self, simulation: &Simulation) -> Result<(), OutputError> {
        let step = simulation.latest();
        self.points.push(point(step));
        let mut further = values(self.loaded, step);
        further.extend(composition::history_values(step));
        self.history.append_with(&row(step), &further)
    }

    /// Writes the fields and, if they are wanted, adds the profile of this moment.
    fn frame(&mut self, simulation: &mut Simulation) -> Result<(), RecordError> {
        self.written = true;
        let case = &self.loaded.case;
        if let Some(series) = &mut self.series {
            fields::write(series, simulation.frame()?, self.revolve)?;
        }
        if case.composition.profiles
            && let Some(profile) = composition::profile(simulation, &case.name, case.radius())
        {
            if self.profiles.is_empty() {
                self.profiles = format!("time_s,{}\n", profile.columns().join(","));
            }
            self.profiles += &profile.lines(true)?;
            self.folder
                .write("profiles.csv", self.profiles.as_bytes())?;
        }
        Ok(())
    }
}

fn summarise(record: &RunRecord, folder: &RunFolder) {
    let error = match record.error_estimate {
        None => String::new(),
        Some(e) if e < 5e-5 => " ± < 0.01 %".to_string(),
        Some(e) => format!(" ± {:.2} %", 100.0 * e),
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
