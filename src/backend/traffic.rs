//! The numbers that a kernel must move: everything that it reads or writes, once. The same count for every backend; what a
//! number weighs is the backend's affair.
//!
//! Lines of transfer weights and other one-dimensional tables that only the transfers read are not counted (a per cent).

use super::cpu::LevelState;
use super::plan::{Dispatch, Kernel};
use crate::kernels::flow::boxes::{BULK, WALL, row_classes};
use crate::kernels::flow::coarse::CoarseFactor;
use crate::kernels::{LevelTables, Real};

/// Counts of the numbers of one multigrid level.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LevelSizes {
    /// Cells of the bulk.
    pub cells: u64,
    /// Wall cells.
    pub wall_cells: u64,
    /// Length of a vector.
    pub unknowns: u64,
    /// Metric tables and weights.
    pub metrics: u64,
    /// Inverted boxes of the smoother; whatever is there, on a level without a smoother.
    pub boxes: u64,
}

impl LevelSizes {
    /// The sizes of a level on the host.
    pub fn of<T: Real>(level: &LevelState<T>) -> LevelSizes {
        let LevelTables {
            layout,
            face_radius,
            ring_area,
            radial_sq,
            hoop_sq,
            height,
            axial_sq,
            node_dz,
            node_dr,
            cell_weight,
            node_weight,
            corner_give,
            wall_area,
            conductance,
            leakage,
        } = &level.tables;
        let single = [
            face_radius,
            ring_area,
            radial_sq,
            hoop_sq,
            height,
            axial_sq,
            cell_weight,
            node_weight,
            wall_area,
            conductance,
            leakage,
        ];
        let metrics = single.iter().map(|table| table.len()).sum::<usize>()
            + corner_give.len()
            + 3 * (node_dz.len() + node_dr.len());
        let classes = row_classes(&level.tables).last().map_or(1, |last| last + 1);
        let boxes = classes as usize * layout.across as usize * BULK + layout.wall_cells() * WALL;
        LevelSizes {
            cells: layout.cells() as u64,
            wall_cells: layout.wall_cells() as u64,
            unknowns: layout.len() as u64,
            metrics: metrics as u64,
            boxes: boxes as u64,
        }
    }
}

/// Numbers of the coarsest level's factors, the order of elimination included.
pub fn factor_numbers<T>(factor: &CoarseFactor<T>) -> u64 {
    let matrices = factor.inverse.iter().chain(&factor.forward);
    matrices.map(Vec::len).sum::<usize>() as u64 + factor.order.len() as u64
}

/// Numbers that a dispatch must move. `levels` are all levels, finest first, `factors` the numbers of the coarsest level's
/// factors.
///
/// # Panics
/// If the dispatch is for a level that is not there.
pub fn numbers(dispatch: Dispatch, levels: &[LevelSizes], factors: u64) -> u64 {
    let own = levels[dispatch.level];
    let coarser = || levels[dispatch.level + 1].unknowns;
    let scales = || own.cells + levels[dispatch.level + 1].cells;
    match dispatch.kernel {
        // The state is read and the other one written. The boxes of a colour, a quarter of all, and the loads of their
        // five or six unknowns, which no two of them share.
        Kernel::Smooth { .. } => {
            let loads = (5 * own.cells + own.wall_cells) / 4;
            2 * own.unknowns + loads + own.metrics + own.boxes / 4
        }
        // State, load and result.
        Kernel::Residual => 3 * own.unknowns + own.metrics,
        // The residual; load and zero state of the coarser level; the scales of the pressures.
        Kernel::Restrict => own.unknowns + 2 * coarser() + scales(),
        // The state before and after; the correction; the scales of the pressures.
        Kernel::Prolong => 2 * own.unknowns + coarser() + scales(),
        // Load, intermediate vector and state.
        Kernel::Coarse => 3 * own.unknowns + factors,
    }
}
