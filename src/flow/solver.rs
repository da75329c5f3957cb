//! The coupled multigrid solver.

use super::discretise::{self, Medium};
use super::factor::{self, Singular};
use super::grid::Grid;
use super::plans::Plans;
use super::progress::{Next, Progress};
use super::{balance, interpolate};
use crate::backend::{CpuBackend, LevelState};
use crate::kernels::flow::boxes::{self, Boxes};
use crate::kernels::flow::coarse;
use crate::kernels::flow::norm;
use crate::kernels::{Layout, LevelTables, Real};
use crate::physics::NotFinite;
use crate::stop::Stop;

/// Cells across the pore at which the coarsest level is reached.
const COARSEST_ACROSS: usize = 3;

/// What drives the flow; stresses in the reference stress.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Loads {
    /// Compressive traction at the inlet z = −H.
    pub inlet_pressure: f64,
    /// Compressive traction on a flat front and normal stress of the layer at the tip (gas and capillarity).
    pub tip_pressure: f64,
}

/// Why a solve failed.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum SolveError {
    /// The residual did not reach the tolerance.
    #[error(
        "the flow solver did not converge: relative residual {residual:.2e} after {cycles} multigrid cycles \
         (tolerance {tolerance:.1e}; tried: {tried})"
    )]
    NotConverged {
        /// Relative residual reached.
        residual: f64,
        /// Cycles spent.
        cycles: usize,
        /// Tolerance asked for.
        tolerance: f64,
        /// What was tried, in words.
        tried: String,
    },
    /// The coarsest level could not be factored.
    #[error(transparent)]
    Singular(#[from] Singular),
    /// A field holds NaN or infinity.
    #[error(transparent)]
    NotFinite(#[from] NotFinite),
    /// It was asked to stop, see [`FlowSolver::stop_when`].
    #[error("the solve was stopped")]
    Stopped,
}

/// An error of whatever solves.
pub trait Failure: From<SolveError> {
    /// True if another start, or an easier problem, may succeed.
    fn is_not_converged(&self) -> bool;
}

impl Failure for SolveError {
    fn is_not_converged(&self) -> bool {
        matches!(self, SolveError::NotConverged { .. })
    }
}

/// How a solve went.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Statistics {
    /// Multigrid cycles.
    pub cycles: usize,
    /// How many of them were W-cycles, the fallback.
    pub w_cycles: usize,
    /// Relative residual before the first and after every cycle, each after the first sweep of the next one.
    pub residuals: Vec<f64>,
}

/// Rates of one solution, per radian and in units R³p/η.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Flows {
    /// Volume entering at the inlet.
    pub inlet: f64,
    /// Volume crossing the mouth in the bulk.
    pub mouth: f64,
    /// Volume carried to the front by the bulk.
    pub core: f64,
    /// Volume carried to the tip by the layer.
    pub layer: f64,
}

impl Flows {
    /// Bulk and layer together.
    pub fn total(&self) -> f64 {
        self.core + self.layer
    }

    /// |inflow − core − layer| relative to the inflow.
    pub fn mass_defect(&self) -> f64 {
        ((self.inlet - self.total()) / self.inlet).abs()
    }
}

/// A flow problem on a hierarchy of grids and its current state.
#[derive(Clone, Debug)]
pub struct FlowSolver<T> {
    /// Grid of the finest level.
    pub grid: Grid,
    /// The levels, on the backend that runs the plan.
    pub backend: CpuBackend<T>,
    loads: Loads,
    /// What a free front leaves of every cell's weight on the finest level ([`discretise::cell_factors`]); none where it is flat.
    filled: Option<Vec<f64>>,
    /// Flux that the layer carries at the tip besides the one that its stress drives, per radian.
    tip_flux: f64,
    plans: Plans,
    stop: Stop,
}

impl<T: Real> FlowSolver<T> {
    /// Builds all levels for a grid, a medium and loads; the state is zero.
    pub fn new(grid: Grid, medium: &Medium, loads: Loads) -> Result<Self, Singular> {
        let finest = grid.clone();
        let mut levels = Vec::new();
        let mut current = (grid, medium.clone());
        loop {
            let (grid, medium) = &current;
            let layout = discretise::layout(grid, [0, 0]);
            let tables = discretise::tables::<T>(grid, &layout, medium);
            if grid.pore_across <= COARSEST_ACROSS {
                levels.push(LevelState::new(tables, None));
                break;
            }
            let ((coarse, coarse_medium), faces) = coarsen(grid, medium);
            let mut transfer = interpolate::transfer(grid, &coarse, &faces, medium.slip_length);
            if let (Some(fine_filling), Some(coarse_filling)) =
                (&medium.filling, &coarse_medium.filling)
            {
                let coarse_layout = discretise::layout(&coarse, [0, 0]);
                let fine_factors = discretise::cell_factors(grid, &layout, fine_filling);
                let coarse_factors =
                    discretise::cell_factors(&coarse, &coarse_layout, coarse_filling);
                interpolate::scale_pressures(
                    &mut transfer,
                    (&layout, &fine_factors),
                    (&coarse_layout, &coarse_factors),
                );
            }
            levels.push(LevelState::new(tables, Some(transfer)));
            current = (coarse, coarse_medium);
        }
        let coarse = factor::factor(&levels[levels.len() - 1].tables)?;
        let plans = Plans::new(levels.len());
        let filled = medium.filling.as_ref().map(|filling| {
            let layout = discretise::layout(&finest, [0, 0]);
            discretise::cell_factors(&finest, &layout, filling)
        });
        let mut solver = FlowSolver {
            grid: finest,
            filled,
            backend: CpuBackend { levels, coarse },
            loads,
            tip_flux: 0.0,
            plans,
            stop: Stop::never(),
        };
        solver.load();
        Ok(solver)
    }

    /// Layout of the finest level.
    pub fn layout(&self) -> Layout {
        self.backend.levels[0].tables.layout
    }

    /// What a free front leaves of the weight of a cell of the finest level, 1 in liquid.
    pub(super) fn filled(&self, cell: usize) -> f64 {
        self.filled.as_ref().map_or(1.0, |filled| filled[cell])
    }

    /// Has solves give up with [`SolveError::Stopped`] when `stop` asks for it.
    pub fn stop_when(&mut self, stop: Stop) {
        self.stop = stop;
    }

    /// What a solve looks at to know whether it is to give up.
    pub fn stop(&self) -> Stop {
        self.stop.clone()
    }

    /// The first place of the state that holds NaN or infinity.
    pub fn not_finite(&self) -> Option<NotFinite> {
        let layout = self.layout();
        let [radial, axial, pressure, layer] = layout.segments();
        let index = self.state().iter().position(|x| !x.f64().is_finite())?;
        let rows = layout.rows as usize;
        // Rows follow each other from the inlet to the front.
        let place = |within: usize, start: &dyn Fn(usize) -> usize| {
            let j = (0..=rows).rev().find(|&j| start(j) <= within).unwrap_or(0);
            format!("cell ({}, {j})", within - start(j))
        };
        let (field, place) = if radial.contains(&index) {
            (
                "the radial velocity",
                place(index - radial.start, &|j| layout.radial_row(j).start),
            )
        } else if axial.contains(&index) {
            (
                "the axial velocity",
                place(index - axial.start, &|j| layout.axial_row(j).start),
            )
        } else if pressure.contains(&index) {
            (
                "the pressure",
                place(index - pressure.start, &|j| layout.cell_row(j).start),
            )
        } else {
            (
                "the layer's normal stress",
                format!("wall cell {}", index - layer.start),
            )
        };
        Some(NotFinite {
            field: field.to_owned(),
            place,
        })
    }

    /// The finest level's state.
    pub fn state(&self) -> &[T] {
        &self.backend.levels[0].state[0]
    }

    /// The finest level's state, to set a first guess.
    pub fn state_mut(&mut self) -> &mut [T] {
        &mut self.backend.levels[0].state[0]
    }

    /// Adds to the layer a flux that its stress does not drive: the composition's part of Q, −δ Σ Dᵢ ∂xᵢ/∂s.
    ///
    /// `flux` holds r Q (per radian, towards the tip) on the faces between wall cells, from the cell radius (where it has
    /// to vanish) to the tip: wall cells + 1 values.
    ///
    /// # Panics
    /// If `flux` has another length.
    pub fn add_layer_flux(&mut self, flux: &[f64]) {
        let layout = self.layout();
        assert_eq!(
            flux.len(),
            layout.wall_cells() + 1,
            "one value per face of the wall's chain"
        );
        let layer = layout.segments()[3].clone();
        for (rhs, faces) in self.backend.levels[0].rhs[layer]
            .iter_mut()
            .zip(flux.windows(2))
        {
            *rhs = *rhs + T::of(faces[1] - faces[0]);
        }
        self.tip_flux += flux[flux.len() - 1];
    }

    /// The finest level's right-hand side, to add body forces.
    pub fn rhs_mut(&mut self) -> &mut [T] {
        &mut self.backend.levels[0].rhs
    }

    /// Gives the same problem another viscosity and mobility; the state stays, and so do the finest level's boxes of cells that are not `worn`.
    ///
    /// # Errors
    /// As [`FlowSolver::new`].
    pub(super) fn set_medium(
        &mut self,
        medium: &Medium,
        worn: impl Fn(usize, usize) -> bool,
    ) -> Result<(), Singular> {
        let mut current = (self.grid.clone(), medium.clone());
        for (k, level) in self.backend.levels.iter_mut().enumerate() {
            let (grid, medium) = &current;
            let layout = level.tables.layout;
            level.tables = discretise::tables(grid, &layout, medium);
            // Where nothing has been built there are no classes of rows either.
            if k > 0 || !boxes::rebuild(&level.tables, &mut level.boxes, &worn) {
                level.boxes = Boxes::default();
            }
            if level.transfer.is_some() {
                (current, _) = coarsen(grid, medium);
            }
        }
        let coarsest = self.backend.levels.last().expect("there is a level");
        self.backend.coarse = factor::factor(&coarsest.tables)?;
        Ok(())
    }

    /// As [`FlowSolver::set_medium`], but the smoother's boxes and the coarser levels stay: for residuals, for what is read off the
    /// solution, and for solves with a medium that is almost the one before.
    pub(super) fn set_finest_medium(&mut self, medium: &Medium) {
        let level = &mut self.backend.levels[0];
        level.tables = discretise::tables(&self.grid, &level.tables.layout, medium);
    }

    /// Where the right-hand side has the load of the tip on the layer, and how large that is with the present conductances.
    pub(super) fn tip_load(&self) -> (usize, T) {
        let tables = &self.backend.levels[0].tables;
        let (last, tip) = tip_conductance(&self.grid, tables);
        let [_, _, _, layer] = tables.layout.segments();
        (layer.start + last, T::of(-self.loads.tip_pressure) * tip)
    }

    /// Normal stress of the layer at the tip.
    pub fn tip_pressure(&self) -> f64 {
        self.loads.tip_pressure
    }

    /// The dispatches of a solve.
    pub fn plans(&self) -> &Plans {
        &self.plans
    }

    /// Number of levels.
    pub fn levels(&self) -> usize {
        self.backend.levels.len()
    }

    fn load(&mut self) {
        let level = &mut self.backend.levels[0];
        let layout = level.tables.layout;
        let [_, axial, _, layer] = layout.segments();
        let Loads {
            inlet_pressure,
            tip_pressure,
        } = self.loads;
        let rhs = &mut level.rhs;
        for (i, k) in layout.axial_row(0).enumerate() {
            rhs[axial.start + k] = T::of(inlet_pressure) * level.tables.ring_area[i];
        }
        // A free front bears its load itself (`front::capillary_load`); beyond it there is no stress.
        if self.grid.contact_row == self.grid.rows() {
            for (i, k) in layout.axial_row(layout.rows as usize).enumerate() {
                rhs[axial.start + k] = T::of(-tip_pressure) * level.tables.ring_area[i];
            }
        }
        let (last, tip) = tip_conductance(&self.grid, &level.tables);
        rhs[layer.start + last] = T::of(-tip_pressure) * tip;
    }

    /// True if the state is zero, so that a solve starts with nested iteration.
    pub(crate) fn is_at_rest(&self) -> bool {
        self.state().iter().all(|x| *x == T::zero())
    }

    /// Euclidean norm of the right-hand side, to which residuals are relative.
    pub(crate) fn load_norm(&self) -> f64 {
        norm::euclidean(&self.backend.levels[0].rhs)
    }

    /// Takes over a state and its residual from another backend and closes the mass balance.
    pub(crate) fn accept(&mut self, state: Vec<T>, residual: Vec<T>) {
        let level = &mut self.backend.levels[0];
        level.state[0] = state;
        level.residual = residual;
        self.close_balance();
    }

    /// Closes the mass balance of the state, row by row. The residual has to be the state's.
    pub(super) fn close_balance(&mut self) {
        balance::close(&mut self.backend.levels[0]);
    }

    /// Evaluates the residual of the state.
    pub(super) fn evaluate_residual(&mut self) {
        self.backend.execute(&self.plans.residual);
    }

    /// The residual that was evaluated last.
    pub(super) fn residual(&self) -> &[T] {
        &self.backend.levels[0].residual
    }

    /// Euclidean norm of the residual relative to that of the right-hand side.
    pub fn relative_residual(&mut self) -> f64 {
        self.evaluate_residual();
        let level = &self.backend.levels[0];
        norm::euclidean(&level.residual) / norm::euclidean(&level.rhs)
    }

    /// Runs cycles until the relative residual is below `tolerance`, then closes the mass balance row by row.
    ///
    /// From rest it starts with one nested iteration from the coarsest level up. V-cycles reduce the residual tenfold;
    /// where one reduces it by less than a fifth or makes it grow, the solver goes on with W-cycles.
    ///
    /// # Errors
    /// [`SolveError::NotConverged`] if `max_cycles` are not enough or W-cycles stall as well.
    pub fn solve(&mut self, tolerance: f64, max_cycles: usize) -> Result<Statistics, SolveError> {
        if self.is_at_rest() {
            self.backend.execute(&self.plans.start);
        }
        let load = self.load_norm();
        let mut progress = Progress::new(tolerance, max_cycles, self.stop());
        loop {
            self.backend.execute(&self.plans.before);
            let residual = norm::euclidean(&self.backend.levels[0].residual) / load;
            match progress.add(residual) {
                Next::Done => break,
                Next::V => {
                    progress.count(false);
                    self.backend.execute(&self.plans.after_v);
                }
                Next::W => {
                    progress.count(true);
                    self.backend.execute(&self.plans.after_w);
                }
                Next::GiveUp => return Err(progress.failure()),
            }
        }
        self.close_balance();
        Ok(progress.statistics)
    }

    /// Multiplications that [`FlowSolver::solve_exactly`] takes.
    pub(super) fn exact_cost(&self) -> f64 {
        let layout = self.layout();
        // A row of cells has two velocities and a pressure per cell, and one more; its block is inverted and multiplied twice.
        let block = |j: usize| 3.0 * (3.0 * layout.width(j) as f64 + 1.0).powi(3);
        (0..layout.rows as usize).map(block).sum()
    }

    /// Solves by elimination on the finest level, whatever the viscosities.
    ///
    /// # Errors
    /// [`SolveError::Singular`], [`SolveError::Stopped`].
    pub fn solve_exactly(&mut self) -> Result<(), SolveError> {
        if self.stop.is_asked() {
            return Err(SolveError::Stopped);
        }
        let level = &mut self.backend.levels[0];
        let factor = factor::factor(&level.tables)?;
        coarse::solve(&factor, &level.rhs, &mut level.state[0]);
        Ok(())
    }

    /// Rates of the current state.
    pub fn flows(&self) -> Flows {
        let level = &self.backend.levels[0];
        let (layout, tables) = (&level.tables.layout, &level.tables);
        let x = crate::kernels::Fields::of(layout, &level.state[0]);
        let (_, np, jm, nz) = layout.sizes();
        let rate = |j: usize, cells: usize| -> f64 {
            x.axial[layout.axial_row(j)][..cells]
                .iter()
                .zip(&tables.ring_area)
                .map(|(w, a)| w.f64() * a.f64())
                .sum()
        };
        let (last, tip) = tip_conductance(&self.grid, tables);
        let inlet = rate(0, layout.across as usize);
        let core = if self.grid.contact_row == nz {
            rate(nz, np)
        } else {
            // What has not gone into the layer below the contact line arrives at a free front.
            let exchange = |k: usize| tables.wall_area[k].f64() * x.outward(layout, k).f64();
            inlet - (0..=last).map(exchange).sum::<f64>()
        };
        let last_stress = x.layer[last].f64();
        Flows {
            inlet,
            mouth: rate(jm, np),
            core,
            layer: tip.f64() * (last_stress - self.loads.tip_pressure) + self.tip_flux,
        }
    }
}

/// Grid and medium of the next coarser level, and the faces that it keeps across and along.
fn coarsen(grid: &Grid, medium: &Medium) -> ((Grid, Medium), [Vec<usize>; 2]) {
    let (coarse, faces) = grid.coarsen();
    let [fine, next] = [grid, &coarse].map(|grid| discretise::layout(grid, [0, 0]));
    let coarse_medium = medium.coarsen((grid, &fine), (&coarse, &next), &faces);
    ((coarse, coarse_medium), faces)
}

/// The last wall cell of the layer and the conductance from it to the tip.
fn tip_conductance<T: Real>(grid: &Grid, tables: &LevelTables<T>) -> (usize, T) {
    let layout = &tables.layout;
    let last = layout
        .wall_row(grid.contact_row)
        .start
        .min(layout.wall_cells())
        - 1;
    if grid.contact_row == grid.rows() {
        (last, tables.conductance[last + 1])
    } else {
        (last, tables.leakage[last])
    }
}
