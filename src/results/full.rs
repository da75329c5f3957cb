//! The folder of a run by the full model.

mod kept;

use super::history::{columns, point, row, values};
use super::length::length_plot;
use super::stages::Stages;
use super::{Early, Opening, RecordError, composition, fields, loads};
use crate::case::LoadedCase;
use crate::flow::local::LARGEST_PRESSURE_STRESS;
use crate::output::{
    self, FieldSeries, HistoryWriter, OutputError, RunFolder, RunRecord, RunStatus, RunStop,
};
use crate::physics::constants::NANOMETRE;
use crate::simulation::{Accuracy, Simulation};
use crate::stop::Stop;
use kept::Notes;
use std::time::{Duration, Instant};

/// The tables that grow, and the log.
const HISTORY: &str = "history.csv";
const PROFILES: &str = "profiles.csv";
const LOG: &str = "log.txt";

/// How long the last frame of a run may take that was asked to stop.
const LAST_FRAME: Duration = Duration::from_secs(1);

/// Writes the folder of a run by the full model: [`begin`](Self::begin) at its start, [`step`](Self::step) after every accepted
/// step, [`finish`](Self::finish) at its end, however it came. What is written leaves the run as it is: its steps are the same
/// without a recorder.
#[derive(Debug)]
pub struct FullRecorder<'a> {
    loaded: &'a LoadedCase,
    folder: &'a RunFolder,
    opening: Opening,
    series: Option<FieldSeries>,
    history: HistoryWriter,
    /// Time (s) and length (nm) of every step.
    points: Vec<(f64, f64)>,
    notes: Notes,
    stages: Stages<'a>,
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
            .then(|| FieldSeries::create(folder, fields::format(&loaded.case, revolve)))
            .transpose()?;
        let mut columns = columns(loaded);
        columns.extend(composition::history_columns(simulation));
        let history = HistoryWriter::create_with(folder.join(HISTORY), columns)?;
        let mut recorder = FullRecorder {
            loaded,
            folder,
            opening,
            series,
            history,
            points: Vec::new(),
            notes: Notes {
                revolve,
                ..Notes::new(simulation.latest().load())
            },
            stages: Stages::begin(loaded),
        };
        recorder.add_row(simulation)?;
        recorder.frame(simulation)?;
        let start = simulation.latest();
        if start.conditions.driving_pressure <= 0.0 && start.rate <= 0.0 {
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
        self.notes.written = false;
        self.add_row(simulation)?;
        let step = simulation.latest();
        self.notes.loads.add(step.load());
        self.stages.step(step);
        if let Some(record) = &step.composition {
            self.notes.worst[0] = record
                .balance
                .iter()
                .copied()
                .fold(self.notes.worst[0], f64::max);
            self.notes.worst[1] = self.notes.worst[1].max(record.uncoupled);
            if !record.is_coupled() {
                if self.notes.uncoupled == 0 {
                    self.opening.warn(composition::uncoupled(step, record));
                }
                self.notes.uncoupled += 1;
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
        self.frame_if_due(simulation)?;
        if let Some(failure) = simulation.computer().failure()
            && !self.notes.told_failure
        {
            self.notes.told_failure = true;
            let warning = format!("{failure}; the CPU goes on from the last accepted step");
            self.opening.warn(warning);
        }
        Ok(())
    }

    /// Writes the last frame, the pictures and the profile; the record is the caller's to close the folder with. A run that did not
    /// reach its end says why in `early`: its error is not estimated, and what cannot be written of a frame is left out.
    ///
    /// # Errors
    /// [`RecordError`].
    pub fn finish(
        mut self,
        simulation: &mut Simulation,
        mut early: Option<Early>,
    ) -> Result<RunRecord, RecordError> {
        self.last_frame(simulation, &mut early)?;
        let (loaded, folder) = (self.loaded, self.folder);
        let case = &loaded.case;
        if case.output.plots && self.points.len() > 1 {
            let plot = length_plot(loaded, std::mem::take(&mut self.points));
            let [png, svg] = ["length.png", "length.svg"].map(|name| folder.join(name));
            output::length_plot(&png, &svg, &plot)?;
        }
        if simulation.most_capped() > 0 {
            self.opening.warn(format!(
                "in up to {} cells and nodes of the grid, close to the mouth's corner and the contact line, the viscosity does not rise with pressure as \
                 the law has it, but to d ln η/dp × the shear stress = {LARGEST_PRESSURE_STRESS}: beyond 1 the equations of such a liquid have no unique solution",
                simulation.most_capped()
            ));
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
                self.notes.worst,
                self.notes.uncoupled,
            ));
        }
        let accuracy = self.accuracy(simulation, &mut early);
        let computer = simulation.computer();
        let numerics = &case.numerics;
        let flow_tolerance = computer.reachable(numerics.flow_tolerance());
        let has_scale = last.conditions.stress_scale.is_finite();
        tracing::info!("{}", loads::describe(&self.notes.loads, has_scale));
        if let Some(spent) = &last.spent {
            tracing::info!("{}", loads::describe_spent(spent));
        }
        let record = RunRecord {
            loads: loads::records(&self.notes.loads, has_scale),
            pressure_shares: last.spent.map(loads::shares),
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
        let record = match early {
            None => record,
            Some(early) => early.mark(record),
        };
        summarise(&record, folder);
        Ok(record)
    }

    /// Writes the frame of the latest step if it has none. Who has asked a run to stop waits for it a moment only.
    fn last_frame(
        &mut self,
        simulation: &mut Simulation,
        early: &mut Option<Early>,
    ) -> Result<(), RecordError> {
        if self.notes.written {
            return Ok(());
        }
        if let Some(Early::Interrupted(_)) = early {
            simulation.stop_when(Stop::never().not_after(Instant::now() + LAST_FRAME));
        }
        let written = self.frame(simulation);
        if let Err(RecordError::Simulation(error)) = &written
            && (early.is_some() || error.is_stop())
        {
            self.opening
                .warn(format!("the last frame is missing: {error}"));
            let reason = "it was stopped while its last frame was computed";
            early.get_or_insert_with(|| Early::Interrupted(reason.to_owned()));
            return Ok(());
        }
        written
    }

    /// How wrong the length may be; a run that is stopped while that is estimated has not reached its end.
    fn accuracy(&mut self, simulation: &Simulation, early: &mut Option<Early>) -> Option<Accuracy> {
        if early.is_some() {
            return None;
        }
        match simulation.accuracy() {
            Ok(accuracy) => accuracy,
            Err(error) if error.is_stop() => {
                let reason = "it was stopped while the error of its length was estimated";
                *early = Some(Early::Interrupted(reason.to_owned()));
                None
            }
            Err(error) => {
                self.opening.warn(format!(
                    "how wrong the length may be is not known, since the run failed on the coarser grid: {error}"
                ));
                None
            }
        }
    }

    fn add_row(&mut self, simulation: &Simulation) -> Result<(), OutputError> {
        let step = simulation.latest();
        self.points.push(point(step));
        let mut further = values(self.loaded, step);
        further.extend(composition::history_values(step));
        self.history.append_with(&row(step), &further)
    }

    /// Writes the frame of the latest step if one is due and not written: also after a resume, of a run that was stopped before it
    /// was. One that is stopped now stays due.
    ///
    /// # Errors
    /// [`RecordError`].
    pub fn frame_if_due(&mut self, simulation: &mut Simulation) -> Result<(), RecordError> {
        if self.notes.written || !simulation.frame_is_due() {
            return Ok(());
        }
        match self.frame(simulation) {
            Err(RecordError::Simulation(error)) if error.is_stop() => Ok(()),
            written => written,
        }
    }

    /// Writes the fields and, if they are wanted, adds the profile of this moment.
    fn frame(&mut self, simulation: &mut Simulation) -> Result<(), RecordError> {
        let case = &self.loaded.case;
        if let Some(series) = &mut self.series {
            series.write(&fields::frame(simulation.frame()?))?;
        }
        if case.composition.profiles
            && let Some(profile) = composition::profile(simulation, &case.name, case.radius())
        {
            if self.notes.profiles.is_empty() {
                self.notes.profiles = format!("time_s,{}\n", profile.columns().join(","));
            }
            self.notes.profiles += &profile.lines(true)?;
            self.folder
                .write(PROFILES, self.notes.profiles.as_bytes())?;
        }
        self.notes.written = true;
        Ok(())
    }
}

fn summarise(record: &RunRecord, folder: &RunFolder) {
    let error = match record.error_estimate {
        None => String::new(),
        Some(e) if e < 5e-5 => " ± < 0.01 %".to_string(),
        Some(e) => format!(" ± {:.2} %", 100.0 * e),
    };
    let state = match (record.stop, record.status) {
        (Some(RunStop::Time), _) => "",
        (Some(RunStop::Length), _) => " (the stop length)",
        (Some(RunStop::Filled), _) => " (the pore is filled)",
        (None, RunStatus::Failed) => " (failed)",
        (None, _) => " (interrupted)",
    };
    let place = match record.status {
        RunStatus::Finished => folder.destination(),
        RunStatus::Interrupted | RunStatus::Failed => folder.path(),
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
        place.display()
    );
}
