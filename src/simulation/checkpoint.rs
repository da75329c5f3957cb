//! Everything that the next step of a run depends on: kept before every step, so that one that fails leaves the run as it was,
//! and taken apart into plain parts, from which the run goes on as if it had never stopped.

use super::composition::Composition;
use super::conditions::Process;
use super::engine::Past;
use super::free::FreeFront;
use super::integrator::Integrator;
use super::layer::LayerComposition;
use super::{Simulation, Step, engine, offset};
use crate::case::{CompositionModel, FrontModel, LoadedCase};
use crate::compute::Computer;
use crate::saved::{Saved, SavedError};
use crate::stop::Stop;
use std::cell::OnceCell;

/// What an attempt at a step changes before it is taken.
pub(super) struct Before<'a> {
    past: Past,
    layer: Option<LayerComposition>,
    front: Option<FreeFront>,
    composition: Option<Composition<'a>>,
    step_size: f64,
}

impl<'a> Before<'a> {
    /// That of a run between two steps.
    pub fn of(run: &Simulation<'a>) -> Self {
        Before {
            past: run.engine.past(),
            layer: run.engine.layer().cloned(),
            front: run.front.clone(),
            composition: run.composition.clone(),
            step_size: run.step_size,
        }
    }

    /// Takes back what a step that failed has changed.
    pub fn put_back(self, run: &mut Simulation<'a>) {
        run.engine.go_back(self.past);
        run.engine.set_layer(self.layer);
        run.front = self.front;
        run.composition = self.composition;
        run.step_size = self.step_size;
    }
}

impl<'a> Simulation<'a> {
    /// The run taken apart, between two steps.
    pub fn save(&self) -> Saved {
        let mut saved = Saved::default();
        self.engine.save(&mut saved);
        self.integrator.save(&mut saved);
        if let Some(front) = &self.front {
            front.save(&mut saved);
        }
        if let Some(composition) = &self.composition {
            composition.save(&mut saved);
        }
        let sizes = [self.step_size, self.square_error, self.worst_mass_defect];
        saved.put("run/step_size,square_error,worst_mass_defect", sizes);
        saved.put("run/frames_due", self.milestones.clone());
        saved.put_value("run/last", &self.last);
        saved.put_value("run/steps", &self.steps);
        saved.put_value("run/total_cycles", &self.total_cycles);
        saved
    }

    /// The run of a case put together from what [`Simulation::save`] gave. On the CPU its steps are the same bits as those of the
    /// run that was saved.
    ///
    /// # Errors
    /// [`SavedError`] if something is missing or does not fit the case.
    pub fn restore(
        loaded: &'a LoadedCase,
        computer: Computer,
        stop: Stop,
        from: &Saved,
    ) -> Result<Self, SavedError> {
        let case = &loaded.case;
        let mut engine = engine(loaded, computer, stop);
        engine.restore(from)?;
        let grid = engine.last_grid().expect("just restored");
        let [step_size, square_error, worst_mass_defect] =
            from.numbers("run/step_size,square_error,worst_mass_defect")?;
        let last: Step = from.value("run/last")?;
        Ok(Simulation {
            loaded,
            process: Process::new(loaded),
            front: match case.front_model() {
                FrontModel::Flat => None,
                FrontModel::Free => Some(FreeFront::restore(loaded, from)?),
            },
            composition: match case.composition.model {
                CompositionModel::Uniform => None,
                CompositionModel::Elements => Some(Composition::restore(loaded, grid, from)?),
            },
            engine,
            offset: offset(case.front_model()),
            integrator: Integrator::restore(from)?,
            step_size,
            square_error,
            accuracy: OnceCell::new(),
            milestones: from.array("run/frames_due")?.to_vec(),
            last,
            steps: from.value("run/steps")?,
            total_cycles: from.value("run/total_cycles")?,
            worst_mass_defect,
        })
    }

    /// What asks this run to stop.
    pub fn stop(&self) -> &Stop {
        self.engine.stop()
    }

    /// Has later calls fail when `stop` asks for it.
    pub fn stop_when(&mut self, stop: Stop) {
        self.engine.stop_when(stop);
    }
}
