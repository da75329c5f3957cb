//! How much of every cell and of every shear node's surroundings a free front leaves liquid, on one level.
//!
//! The volumes are kept per half cell (cut at cell faces *and* cell centres), so that a cell and the dual cell of a node
//! are both sums of four of them, and so are those of the next coarser level.

use super::grid::Grid;

/// Viscosity ahead of the front relative to the liquid's, for a grid of cell h: [`VOID_AT_ONE`] √h.
///
/// What is ahead of the front should resist as little as the multigrid bears: with half of it some solves take 3 cycles
/// more than with a flat front, with a quarter some do not converge. Halving it moves the bulge of a steady front by 0.1 %
/// at N = 32. All levels take the finest one's: a void that stiffens from level to level is corrected by too little there,
/// which cost up to 5 cycles.
fn void(grid: &Grid) -> f64 {
    VOID_AT_ONE * (grid.r[1] - grid.r[0]).sqrt()
}

/// See [`void`].
const VOID_AT_ONE: f64 = 0.04;

/// Factor on the viscous weight of a cell or node of which this share is liquid, `void` ahead of the front.
///
/// Slivers need no floor above that: what the multigrid does not bear is stress carried over from full cells to them
/// (see `kernels::flow::prolong`), not their small weight.
pub fn weight(share: f64, void: f64) -> f64 {
    share + (1.0 - share) * void
}

/// Pressure in a cell of which this share is liquid: its unknown is that times its filling. Slivers are not magnified beyond a tenth.
pub fn whole_pressure(unknown: f64, share: f64) -> f64 {
    unknown / share.max(CUT)
}

/// Share below which a cut cell's pressure is not scaled up any further.
const CUT: f64 = 0.1;

/// Liquid volumes per radian in the half cells of the pore.
#[derive(Clone, Debug, PartialEq)]
pub struct Filling {
    /// Half cells across the pore.
    columns: usize,
    /// Half cells along the pore, from the mouth.
    rows: usize,
    /// Volume per radian, radius fastest.
    capacity: Vec<f64>,
    /// Its liquid part.
    liquid: Vec<f64>,
    /// Viscosity ahead of the front, see [`void`]; the same on all levels.
    void: f64,
}

/// Faces and centres of cells: the lines between half cells.
pub fn half_lines(faces: &[f64]) -> Vec<f64> {
    let mut lines = vec![faces[0]];
    for pair in faces.windows(2) {
        lines.extend([0.5 * (pair[0] + pair[1]), pair[1]]);
    }
    lines
}

impl Filling {
    /// The filling of `grid`'s pore with these liquid volumes per radian in its half cells, radius fastest.
    ///
    /// # Panics
    /// If there are not four values per cell of the pore.
    pub fn new(grid: &Grid, liquid: Vec<f64>) -> Self {
        let r = half_lines(&grid.r[..=grid.pore_across]);
        let z = half_lines(&grid.z[grid.mouth_row..]);
        let (columns, rows) = (r.len() - 1, z.len() - 1);
        assert_eq!(liquid.len(), columns * rows, "four values per cell");
        let mut capacity = Vec::with_capacity(columns * rows);
        for z in z.windows(2) {
            capacity.extend(
                r.windows(2)
                    .map(|r| 0.5 * (r[1] * r[1] - r[0] * r[0]) * (z[1] - z[0])),
            );
        }
        Filling {
            columns,
            rows,
            capacity,
            liquid,
            void: void(grid),
        }
    }

    /// Liquid share of the half cells `[i, i + 2) × [j, j + 2)`, cut off at the pore's sides.
    fn share(&self, i: isize, j: isize) -> f64 {
        let clip = |from: isize, n: usize| {
            from.clamp(0, n as isize) as usize..(from + 2).clamp(0, n as isize) as usize
        };
        let (mut liquid, mut capacity) = (0.0, 0.0);
        for row in clip(j, self.rows) {
            for column in clip(i, self.columns) {
                liquid += self.liquid[row * self.columns + column];
                capacity += self.capacity[row * self.columns + column];
            }
        }
        liquid / capacity
    }

    /// Viscosity ahead of the front relative to the liquid's.
    pub fn void(&self) -> f64 {
        self.void
    }

    /// Liquid share of cell (`i`, `j`), rows counted from the mouth.
    pub fn cell(&self, i: usize, j: usize) -> f64 {
        self.share(2 * i as isize, 2 * j as isize)
    }

    /// Liquid share of the dual cell of node (`i`, `j`), rows counted from the mouth, as far as it lies in the pore.
    pub fn node(&self, i: usize, j: usize) -> f64 {
        self.share(2 * i as isize - 1, 2 * j as isize - 1)
    }

    /// The filling of the next coarser level, whose faces across and along the pore are these fine ones (counted from
    /// the axis and from the mouth).
    pub fn coarsen(&self, across: &[usize], along: &[usize]) -> Filling {
        // A coarse half cell is as many fine half cells as its cell is fine cells.
        let halves = |faces: &[usize]| -> Vec<usize> {
            let mut lines = vec![2 * faces[0]];
            for pair in faces.windows(2) {
                lines.extend([pair[0] + pair[1], 2 * pair[1]]);
            }
            lines
        };
        let (across, along) = (halves(across), halves(along));
        let (columns, rows) = (across.len() - 1, along.len() - 1);
        let sum = |fine: &[f64]| {
            let mut coarse = Vec::with_capacity(columns * rows);
            for z in along.windows(2) {
                for r in across.windows(2) {
                    let row = |j: usize| fine[j * self.columns..][r[0]..r[1]].iter().sum::<f64>();
                    coarse.push((z[0]..z[1]).map(row).sum());
                }
            }
            coarse
        };
        Filling {
            columns,
            rows,
            capacity: sum(&self.capacity),
            liquid: sum(&self.liquid),
            void: self.void,
        }
    }
}
