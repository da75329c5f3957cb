//! The coupled multigrid solver.

use super::discretise::{self, Medium};
use super::factor::{self, Singular};
use super::grid::Grid;
use super::{balance, interpolate};
use crate::backend::{CpuBackend, Kernel, LevelState, Plan};
use crate::kernels::flow::boxes;
use crate::kernels::{Layout, Real};

/// Sweeps before and after the coarse correction, by level; deeper levels use the last entry. Measured: one and three
/// on the finest level save a cycle against two and two at the same cost (`docs/numerics.md`, "Multigrid").
const SWEEPS: [(usize, usize); 4] = [(1, 3), (2, 4), (3, 5), (6, 6)];

/// Cells across the pore at which the coarsest level is reached.
const COARSEST_ACROSS: usize = 3;

/// What drives the flow; stresses in the reference stress.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Loads {
    /// Compressive traction at the inlet z = −H.
    pub inlet_pressure: f64,
    /// Compressive traction on the front and normal stress of the layer at the tip (gas and capillarity).
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
}

/// How a solve went.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Statistics {
    /// Multigrid cycles.
    pub cycles: usize,
    /// How many of them were W-cycles, the fallback.
    pub w_cycles: usize,
    /// Relative residual before the first and after every cycle.
    pub residuals: Vec<f64>,
}

/// Rates of one solution, per radian and in units R³p/η.
#[derive(Clone, Copy, Debug, PartialEq)]
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
    cycle: Plan,
    robust_cycle: Plan,
    residual_plan: Plan,
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
                levels.push(LevelState::new(tables, Default::default(), None));
                break;
            }
            let (coarse, faces) = grid.coarsen();
            let coarse_layout = discretise::layout(&coarse, [0, 0]);
            let coarse_medium = medium.coarsen((grid, &layout), (&coarse, &coarse_layout), &faces);
            let same = |j: usize| same_boxes(&tables, j);
            let boxes = boxes::build(&tables, same);
            let transfer = interpolate::transfer(grid, &coarse, &faces);
            levels.push(LevelState::new(tables, boxes, Some(transfer)));
            current = (coarse, coarse_medium);
        }
        let coarse = factor::factor(&levels[levels.len() - 1].tables)?;
        let (v_cycle, w_cycle) = (cycle(levels.len(), 1), cycle(levels.len(), 2));
        let mut residual_plan = Plan::default();
        residual_plan.push(Kernel::Residual, 0);
        let mut solver = FlowSolver {
            grid: finest,
            backend: CpuBackend { levels, coarse },
            loads,
            cycle: v_cycle,
            robust_cycle: w_cycle,
            residual_plan,
        };
        solver.load();
        Ok(solver)
    }

    /// Layout of the finest level.
    pub fn layout(&self) -> Layout {
        self.backend.levels[0].tables.layout
    }

    /// The finest level's state.
    pub fn state(&self) -> &[T] {
        &self.backend.levels[0].state[0]
    }

    /// The finest level's state, to set a first guess.
    pub fn state_mut(&mut self) -> &mut [T] {
        &mut self.backend.levels[0].state[0]
    }

    /// The finest level's right-hand side, to add body forces or sources of the layer.
    pub fn rhs_mut(&mut self) -> &mut [T] {
        &mut self.backend.levels[0].rhs
    }

    /// The dispatches of one multigrid cycle.
    pub fn cycle(&self) -> &Plan {
        &self.cycle
    }

    /// Number of levels.
    pub fn levels(&self) -> usize {
        self.backend.levels.len()
    }

    fn load(&mut self) {
        let level = &mut self.backend.levels[0];
        let layout = level.tables.layout;
        let [_, axial, _, layer] = layout.segments();
        let Loads { inlet_pressure, tip_pressure } = self.loads;
        let rhs = &mut level.rhs;
        for (i, k) in layout.axial_row(0).enumerate() {
            rhs[axial.start + k] = T::of(inlet_pressure) * level.tables.ring_area[i];
        }
        for (i, k) in layout.axial_row(layout.rows as usize).enumerate() {
            rhs[axial.start + k] = T::of(-tip_pressure) * level.tables.ring_area[i];
        }
        let tip = level.tables.conductance[layout.wall_cells()];
        rhs[layer.end - 1] = T::of(-tip_pressure) * tip;
    }

    /// Euclidean norm of the residual relative to that of the right-hand side.
    pub fn relative_residual(&mut self) -> f64 {
        self.backend.execute(&self.residual_plan);
        let level = &self.backend.levels[0];
        norm(&level.residual) / norm(&level.rhs)
    }

    /// Runs cycles until the relative residual is below `tolerance`, then closes the mass balance (see
    /// [`balance`]).
    ///
    /// V-cycles reduce the residual tenfold. Where one reduces it by less than a fifth or makes it grow, the solver
    /// goes back to the best state and on with W-cycles.
    ///
    /// # Errors
    /// [`SolveError::NotConverged`] if `max_cycles` are not enough or W-cycles stall as well; the state is then the
    /// best one found.
    pub fn solve(&mut self, tolerance: f64, max_cycles: usize) -> Result<Statistics, SolveError> {
        let mut statistics = Statistics { cycles: 0, w_cycles: 0, residuals: vec![self.relative_residual()] };
        let mut best = statistics.residuals[0];
        let mut best_state: Option<Vec<T>> = None;
        let mut robust = false;
        let mut stalls = 0;
        while best > tolerance || !best.is_finite() {
            if statistics.cycles >= max_cycles || stalls > 3 || !best.is_finite() {
                let v_cycles = statistics.cycles - statistics.w_cycles;
                return Err(SolveError::NotConverged {
                    residual: best,
                    cycles: statistics.cycles,
                    tolerance,
                    tried: format!("{v_cycles} V-cycles, {} W-cycles", statistics.w_cycles),
                });
            }
            // Kept only once there is reason to fear that the next cycle makes things worse.
            let before = (stalls > 0).then(|| self.state().to_vec());
            self.backend.execute(if robust { &self.robust_cycle } else { &self.cycle });
            statistics.cycles += 1;
            statistics.w_cycles += robust as usize;
            let residual = self.relative_residual();
            statistics.residuals.push(residual);
            if residual > 0.8 * best || residual.is_nan() {
                stalls += 1;
                robust |= stalls > 1;
                if let Some(state) = best_state.as_ref().or(before.as_ref()) {
                    self.state_mut().copy_from_slice(state);
                    best_state = Some(state.clone());
                }
            } else {
                best = residual;
                best_state = None;
            }
        }
        balance::close(&mut self.backend.levels[0]);
        Ok(statistics)
    }

    /// Rates of the current state.
    pub fn flows(&self) -> Flows {
        let level = &self.backend.levels[0];
        let (layout, tables) = (&level.tables.layout, &level.tables);
        let x = crate::kernels::Fields::of(layout, &level.state[0]);
        let (_, np, jm, nz) = layout.sizes();
        let rate = |j: usize, cells: usize| -> f64 {
            x.axial[layout.axial_row(j)][..cells].iter().zip(&tables.ring_area).map(|(w, a)| w.f64() * a.f64()).sum()
        };
        let tip = tables.conductance[layout.wall_cells()].f64();
        let last = x.layer[layout.wall_cells() - 1].f64();
        Flows {
            inlet: rate(0, layout.across as usize),
            mouth: rate(jm, np),
            core: rate(nz, np),
            layer: tip * (last - self.loads.tip_pressure),
        }
    }
}

fn norm<T: Real>(v: &[T]) -> f64 {
    v.iter().map(|x| x.f64() * x.f64()).sum::<f64>().sqrt()
}

/// True if row `j` has the same tables around it as row `j − 1`, so that their boxes are the same.
fn same_boxes<T: Real>(tables: &crate::kernels::LevelTables<T>, j: usize) -> bool {
    let layout = &tables.layout;
    let (_, _, jm, nz) = layout.sizes();
    let (first, last) = (j.wrapping_sub(2), j + 1);
    // Both rows need two full neighbours of the same width, away from mouth and ends.
    if j < 2 || last >= nz || (first < jm && last >= jm) {
        return false;
    }
    let rows = |k: usize| &tables.cell_weight[layout.cell_row(k)];
    let nodes = |k: usize| &tables.node_weight[layout.node_row(k)];
    (first + 1..=last).all(|k| rows(k) == rows(k - 1) && tables.height[k] == tables.height[k - 1])
        && (j..=j + 1).all(|k| nodes(k) == nodes(k - 1) && tables.node_dz[k] == tables.node_dz[k - 1])
}

/// The dispatches of one cycle on `levels` levels that visits each coarser level `visits` times per visit of the
/// finer one: 1 is the V-cycle, 2 the W-cycle.
fn cycle(levels: usize, visits: usize) -> Plan {
    fn descend(plan: &mut Plan, level: usize, levels: usize, visits: usize) {
        if level + 1 == levels {
            plan.push(Kernel::Coarse, level);
            return;
        }
        let (before, after) = SWEEPS[level.min(SWEEPS.len() - 1)];
        // The coarsest level is solved exactly: a second visit would change nothing.
        let visits_here = if level + 2 == levels { 1 } else { visits };
        for visit in 0..visits_here {
            plan.smooth(level, if visit == 0 { before } else { 0 });
            plan.push(Kernel::Residual, level);
            plan.push(Kernel::Restrict, level);
            descend(plan, level + 1, levels, visits);
            plan.push(Kernel::Prolong, level);
            plan.smooth(level, after);
        }
    }
    let mut plan = Plan::default();
    descend(&mut plan, 0, levels, visits);
    plan
}
