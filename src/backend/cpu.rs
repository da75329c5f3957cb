//! The reference backend: rayon over blocks of rows.
//!
//! Every kernel writes what it computes from data that no other task of the same dispatch writes, so results do not
//! depend on the number of threads or on the size of the blocks.

use super::{Dispatch, Kernel, Plan};
use crate::kernels::flow::boxes::{self, Boxes};
use crate::kernels::flow::coarse::{self, CoarseFactor};
use crate::kernels::flow::{prolong, residual, restrict, smooth};
use crate::kernels::transfer::Transfer;
use crate::kernels::{Fields, Layout, LevelTables, Real, RowBlock, split_rows};
use rayon::prelude::*;

/// Damping of the box corrections (measured best for the four-colour smoother).
pub const DAMPING: f64 = 0.8;

/// Cells that a task should at least have: below this the cost of handing it out exceeds its work.
const TASK_CELLS: usize = 1500;

/// One level of one case.
#[derive(Clone, Debug)]
pub struct LevelState<T> {
    /// Metric tables and weights.
    pub tables: LevelTables<T>,
    /// Inverted boxes of the smoother (empty until [`CpuBackend::prepare`], and on the coarsest level).
    pub boxes: Boxes<T>,
    /// Transfer to the next coarser level (`None` on the coarsest).
    pub transfer: Option<Transfer<T>>,
    /// The current state and the one that a colour of the smoother writes.
    pub state: [Vec<T>; 2],
    /// Right-hand side.
    pub rhs: Vec<T>,
    /// Residual of `state[0]`.
    pub residual: Vec<T>,
}

impl<T: Real> LevelState<T> {
    /// A level at rest.
    pub fn new(tables: LevelTables<T>, transfer: Option<Transfer<T>>) -> Self {
        let zeros = vec![T::zero(); tables.layout.len()];
        LevelState {
            tables,
            boxes: Boxes::default(),
            transfer,
            state: [zeros.clone(), zeros.clone()],
            rhs: zeros.clone(),
            residual: zeros,
        }
    }
}

/// The levels of one case on the host.
#[derive(Clone, Debug)]
pub struct CpuBackend<T> {
    /// Finest level first.
    pub levels: Vec<LevelState<T>>,
    /// Factors of the coarsest level.
    pub coarse: CoarseFactor<T>,
}

/// Runs `kernel` on blocks of rows of `target`, in parallel where it pays. Blocks start at rows of parity `parity`.
fn over_rows<T: Real>(
    layout: &Layout,
    target: &mut [T],
    parity: usize,
    kernel: impl Fn(&mut RowBlock<T>) + Sync + Send,
) {
    let rows = layout.rows as usize;
    let tasks = layout.cells() / TASK_CELLS;
    if tasks < 2 {
        split_rows(layout, target, &[0]).iter_mut().for_each(kernel);
        return;
    }
    // Blocks of about equal numbers of cells.
    let share = layout.cells().div_ceil(tasks);
    let mut starts = vec![0];
    let mut filled = 0;
    for j in 0..rows {
        if filled >= share && j % 2 == parity {
            starts.push(j);
            filled = 0;
        }
        filled += layout.width(j);
    }
    split_rows(layout, target, &starts)
        .into_par_iter()
        .for_each(|mut block| kernel(&mut block));
}

impl<T: Real> CpuBackend<T> {
    /// Builds the boxes of the smoother where that has not been done: another backend builds its own.
    pub fn prepare(&mut self) {
        for level in &mut self.levels {
            if level.transfer.is_some() && level.boxes.bulk.is_empty() {
                level.boxes = boxes::build(&level.tables);
            }
        }
    }

    /// Executes a plan.
    pub fn execute(&mut self, plan: &Plan) {
        // A residual needs no boxes, and those of a medium that is about to change would be built for nothing.
        let smooths = |dispatch: &Dispatch| matches!(dispatch.kernel, Kernel::Smooth { .. });
        if plan.dispatches.iter().any(smooths) {
            self.prepare();
        }
        // Inside the pool from the start: handing every dispatch over from outside would cost more than the small
        // ones take.
        rayon::scope(|_| {
            plan.dispatches
                .iter()
                .for_each(|dispatch| self.dispatch(*dispatch))
        });
    }

    fn dispatch(&mut self, Dispatch { kernel, level }: Dispatch) {
        let (fine, coarser) = self.levels[level..]
            .split_first_mut()
            .expect("the level exists");
        let LevelState {
            tables,
            boxes,
            transfer,
            state,
            rhs,
            residual: r,
        } = fine;
        let layout = tables.layout;
        match kernel {
            Kernel::Smooth { colour, from } => {
                let [a, b] = state;
                let (source, target) = if from == 0 { (&*a, b) } else { (&*b, a) };
                let (x, rhs) = (Fields::of(&layout, source), Fields::of(&layout, rhs));
                over_rows(&layout, target, colour as usize / 2, |out| {
                    smooth::rows(
                        tables,
                        boxes,
                        &x,
                        &rhs,
                        colour as usize,
                        T::of(DAMPING),
                        out,
                    )
                });
            }
            Kernel::Residual => {
                let (x, rhs) = (Fields::of(&layout, &state[0]), Fields::of(&layout, rhs));
                over_rows(&layout, r, 0, |out| residual::rows(tables, &x, &rhs, out));
            }
            Kernel::Restrict => {
                let coarse = &mut coarser[0];
                let target = coarse.tables.layout;
                let transfer = transfer.as_ref().expect("a coarser level exists");
                let r = Fields::of(&layout, r);
                over_rows(&target, &mut coarse.rhs, 0, |out| {
                    restrict::rows(&layout, &target, transfer, &r, out)
                });
                coarse.state[0].fill(T::zero());
            }
            Kernel::Prolong => {
                let source = coarser[0].tables.layout;
                let x = Fields::of(&source, &coarser[0].state[0]);
                let transfer = transfer.as_ref().expect("a coarser level exists");
                over_rows(&layout, &mut state[0], 0, |out| {
                    prolong::rows(&layout, &source, transfer, &x, out)
                });
            }
            Kernel::Coarse => coarse::solve(&self.coarse, rhs, &mut state[0]),
        }
    }
}
