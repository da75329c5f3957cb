//! Where the data of a case lie in the device's buffers, and how they get there from the host's structures.

use super::error::TooLarge;
use super::source::{MOST_BLOCK, MOST_LEVELS, NORM_TERMS, WORKGROUP};
use super::structs::{BatchInfo, LevelInfo};
use crate::backend::traffic::factor_numbers;
use crate::backend::{CpuBackend, LevelState};
use crate::kernels::flow::boxes::{BULK, WALL, row_classes};
use crate::kernels::flow::coarse::CoarseFactor;
use crate::kernels::transfer::{Line, SPREAD, Transfer};
use crate::kernels::{Layout, LevelTables};

/// Blocks of a case start at multiples of this many numbers: what one memory transaction fetches.
const ALIGNMENT: u32 = 32;

/// Most numbers of the coarsest level's factors: their places stand among them, exact as 32-bit floats.
const MOST_FACTORS: u64 = 1 << 24;

/// Descriptions of levels and strides of a batch whose cases share their layouts.
#[derive(Clone, Debug, PartialEq)]
pub struct Packing {
    /// Strides and sizes common to all levels.
    pub batch: BatchInfo,
    /// Descriptions, finest first.
    pub levels: Vec<LevelInfo>,
    /// Layouts, finest first.
    pub layouts: Vec<Layout>,
    /// Unknowns of every block of the coarsest level.
    pub blocks: Vec<u32>,
}

/// Hands out consecutive places.
#[derive(Default)]
struct Places {
    next: u32,
}

impl Places {
    #[expect(
        clippy::expect_used,
        reason = "what does not fit is refused before it is packed"
    )]
    fn take(&mut self, count: usize) -> u32 {
        let start = self.next;
        self.next += u32::try_from(count).expect("a case has fewer than 2³² numbers");
        start
    }

    fn align(&mut self) {
        self.next = self.next.next_multiple_of(ALIGNMENT);
    }
}

impl Packing {
    /// The packing for cases with these levels. `classes[level]` is the largest number of box classes of any case.
    ///
    /// # Errors
    /// [`TooLarge`] if the shaders have no room for so many levels or for so large a coarsest one.
    pub fn new(
        layouts: Vec<Layout>,
        classes: &[u32],
        factor: &CoarseFactor<f64>,
    ) -> Result<Self, TooLarge> {
        let blocks: Vec<u32> = factor.starts.windows(2).map(|s| s[1] - s[0]).collect();
        let widest = blocks.iter().copied().max().unwrap_or(0);
        for (what, needed, allowed) in [
            ("multigrid levels", layouts.len() as u64, MOST_LEVELS as u64),
            (
                "unknowns in a row of cells of the coarsest level",
                widest.into(),
                MOST_BLOCK.into(),
            ),
            (
                "numbers in the factors of the coarsest level",
                coarse_count(factor),
                MOST_FACTORS,
            ),
        ] {
            if needed > allowed {
                return Err(TooLarge {
                    what,
                    needed,
                    allowed,
                });
            }
        }
        let mut levels: Vec<LevelInfo> = Vec::new();
        let (mut tables, mut boxes, mut vectors) =
            (Places::default(), Places::default(), Places::default());
        for (number, layout) in layouts.iter().enumerate() {
            let (nr, _, _, nz) = layout.sizes();
            let wall = layout.wall_cells();
            let [_, axial, pressure, layer] = layout.segments().map(|s| s.start as u32);
            let mut info = LevelInfo {
                across: layout.across,
                pore_across: layout.pore_across,
                mouth_row: layout.mouth_row,
                rows: layout.rows,
                axial,
                pressure,
                layer,
                length: layout.len() as u32,
                wall_cells: wall as u32,
                face_radius: tables.take(nr + 1),
                ring_area: tables.take(nr),
                radial_sq: tables.take(nr),
                hoop_sq: tables.take(nr),
                height: tables.take(nz),
                axial_sq: tables.take(nz),
                node_dz: tables.take(3 * (nz + 1)),
                node_dr: tables.take(3 * (nr + 1)),
                cell_weight: tables.take(layout.cells()),
                node_weight: tables.take(layout.nodes()),
                corner_give: tables.take(2),
                wall_area: tables.take(wall),
                conductance: tables.take(wall + 1),
                leakage: tables.take(wall),
                row_class: tables.take(nz),
                classes: classes[number],
                ..Default::default()
            };
            if let Some(coarse) = layouts.get(number + 1) {
                let (cr, _, _, cz) = coarse.sizes();
                let mut line = |entries: usize, entry: usize| tables.take(entries * entry);
                let two = 3;
                info.prolong_radial_across = line(nr + 1, two);
                info.prolong_radial_along = line(3 * nz, two);
                info.prolong_axial_across = line(3 * nr, two);
                info.prolong_axial_along = line(nz + 1, two);
                info.prolong_pressure_across = line(2 * nr, two);
                info.prolong_pressure_along = line(2 * nz, two);
                info.prolong_layer = line(wall, two);
                let many = 1 + SPREAD;
                info.restrict_radial_across = line(cr + 1, many);
                info.restrict_radial_along = line(3 * cz, many);
                info.restrict_axial_across = line(3 * cr, many);
                info.restrict_axial_along = line(cz + 1, many);
                info.restrict_pressure_across = line(2 * cr, many);
                info.restrict_pressure_along = line(2 * cz, many);
                info.restrict_layer = line(coarse.wall_cells(), many);
                info.pressure_from = line(coarse.cells(), 1);
                info.pressure_to = line(layout.cells(), 1);
                info.bulk_boxes = boxes.take(classes[number] as usize * BULK * nr);
                info.wall_boxes = boxes.take(WALL * wall);
            }
            for target in [
                &mut info.state,
                &mut info.double,
                &mut info.rhs,
                &mut info.residual,
            ] {
                vectors.align();
                *target = vectors.take(layout.len());
            }
            tables.align();
            boxes.align();
            levels.push(info);
        }
        vectors.align();
        let finest = layouts[0].len();
        let partials = vectors.take(finest.div_ceil((NORM_TERMS * WORKGROUP) as usize));
        vectors.align();
        let mut outer = Places::default();
        outer.take(levels[0].row_class as usize);
        outer.align();
        let mut outer_vectors = Places::default();
        outer_vectors.take(2 * finest);
        outer_vectors.align();
        let mut coarse = Places::default();
        coarse.take(coarse_count(factor) as usize);
        coarse.align();
        Ok(Packing {
            batch: BatchInfo {
                tables: tables.next,
                // A binding of no bytes is not allowed: a single level has no boxes.
                boxes: boxes.next.max(ALIGNMENT),
                vectors: vectors.next,
                coarse: coarse.next,
                outer_tables: outer.next,
                outer_vectors: outer_vectors.next,
                coarse_blocks: factor.inverse.len() as u32,
                coarse_unknowns: factor.order.len() as u32,
                partials,
                ..Default::default()
            },
            levels,
            layouts,
            blocks,
        })
    }

    /// The packing for cases like this one.
    ///
    /// # Errors
    /// As [`Packing::new`].
    pub fn of(case: &CpuBackend<f64>) -> Result<Self, TooLarge> {
        let layouts = case.levels.iter().map(|l| l.tables.layout).collect();
        Packing::new(layouts, &classes(&case.levels), &case.coarse)
    }

    /// Bytes that a case takes on the device; `outer` is that of a number of the state where the device keeps it, else 0.
    pub fn bytes(&self, outer: u64) -> u64 {
        let info = &self.batch;
        let single = [info.tables, info.boxes, info.vectors, info.coarse];
        let double = [info.outer_tables, info.outer_vectors];
        let sum = |parts: &[u32]| parts.iter().map(|&n| u64::from(n)).sum::<u64>();
        4 * sum(&single) + outer * sum(&double)
    }

    /// As [`Packing::bytes`], of what the host sends for a solve.
    pub fn uploaded(&self, outer: u64) -> u64 {
        let info = &self.batch;
        let [single, double] = [
            [info.tables, info.coarse],
            [info.outer_tables, info.outer_vectors],
        ]
        .map(|parts| parts.iter().map(|&n| u64::from(n)).sum::<u64>());
        4 * single + outer * double
    }

    /// The tables of a case in the cycles' precision.
    pub fn tables(&self, levels: &[LevelState<f64>]) -> Vec<f32> {
        let mut out = vec![0.0; self.batch.tables as usize];
        for (info, level) in self.levels.iter().zip(levels) {
            metrics(info, &level.tables, |place, value| {
                out[place] = value as f32
            });
            for (j, class) in row_classes(&level.tables).into_iter().enumerate() {
                out[info.row_class as usize + j] = class as f32;
            }
            if let Some(transfer) = &level.transfer {
                lines(info, transfer, &mut out);
            }
        }
        out
    }

    /// The tables of the finest level in double precision.
    pub fn outer_tables(&self, finest: &LevelTables<f64>) -> Vec<f64> {
        let mut out = vec![0.0; self.batch.outer_tables as usize];
        metrics(&self.levels[0], finest, |place, value| out[place] = value);
        out
    }

    /// Factors of the coarsest level.
    ///
    /// # Panics
    /// If the factor has another shape than the one the packing was made for.
    pub fn coarse(&self, factor: &CoarseFactor<f64>) -> Vec<f32> {
        let mut out = coarse_numbers(factor);
        let stride = self.batch.coarse as usize;
        assert!(out.len() <= stride, "the coarsest levels differ");
        out.resize(stride, 0.0);
        out
    }
}

/// Classes of boxes of every level of a case.
pub fn classes(levels: &[LevelState<f64>]) -> Vec<u32> {
    levels
        .iter()
        .map(|level| row_classes(&level.tables).last().map_or(1, |last| last + 1))
        .collect()
}

/// Metric tables and weights, each number with its place.
fn metrics(info: &LevelInfo, tables: &LevelTables<f64>, mut put: impl FnMut(usize, f64)) {
    let mut all = |start: u32, values: &mut dyn Iterator<Item = f64>| {
        for (k, value) in values.enumerate() {
            put(start as usize + k, value);
        }
    };
    all(info.face_radius, &mut tables.face_radius.iter().copied());
    all(info.ring_area, &mut tables.ring_area.iter().copied());
    all(info.radial_sq, &mut tables.radial_sq.iter().copied());
    all(info.hoop_sq, &mut tables.hoop_sq.iter().copied());
    all(info.height, &mut tables.height.iter().copied());
    all(info.axial_sq, &mut tables.axial_sq.iter().copied());
    all(info.node_dz, &mut tables.node_dz.iter().flatten().copied());
    all(info.node_dr, &mut tables.node_dr.iter().flatten().copied());
    all(info.cell_weight, &mut tables.cell_weight.iter().copied());
    all(info.node_weight, &mut tables.node_weight.iter().copied());
    all(info.corner_give, &mut tables.corner_give.iter().copied());
    all(info.wall_area, &mut tables.wall_area.iter().copied());
    all(info.conductance, &mut tables.conductance.iter().copied());
    all(info.leakage, &mut tables.leakage.iter().copied());
}

/// Lines of the transfer; indices as numbers, which are exact up to 2²⁴.
fn lines(info: &LevelInfo, transfer: &Transfer<f64>, out: &mut [f32]) {
    let (nr, nz) = (info.across as usize, info.rows as usize);
    for (start, values) in [
        (info.pressure_from, &transfer.pressure_from),
        (info.pressure_to, &transfer.pressure_to),
    ] {
        let targets = &mut out[start as usize..][..values.len()];
        for (target, value) in targets.iter_mut().zip(values) {
            *target = *value as f32;
        }
    }
    let mut prolong = |start: u32, class: usize, stride: usize, line: &Line<f64>| {
        let start = start as usize + 3 * class * stride;
        for (k, (base, weights)) in line.from_coarse.iter().enumerate() {
            let entry = &mut out[start + 3 * k..][..3];
            entry[0] = *base as f32;
            entry[1] = weights[0] as f32;
            entry[2] = weights[1] as f32;
        }
    };
    prolong(info.prolong_radial_across, 0, 0, &transfer.radial_across);
    prolong(info.prolong_axial_along, 0, 0, &transfer.axial_along);
    prolong(info.prolong_layer, 0, 0, &transfer.layer);
    for class in 0..3 {
        prolong(
            info.prolong_radial_along,
            class,
            nz,
            &transfer.radial_along[class],
        );
        prolong(
            info.prolong_axial_across,
            class,
            nr,
            &transfer.axial_across[class],
        );
    }
    for class in 0..2 {
        prolong(
            info.prolong_pressure_across,
            class,
            nr,
            &transfer.pressure_across[class],
        );
        prolong(
            info.prolong_pressure_along,
            class,
            nz,
            &transfer.pressure_along[class],
        );
    }

    const ENTRY: usize = 1 + SPREAD;
    let mut restrict = |start: u32, class: usize, line: &Line<f64>| {
        // Lines of different classes have the same number of coarse entries.
        let start = start as usize + ENTRY * class * line.from_fine.len();
        for (k, (first, weights)) in line.from_fine.iter().enumerate() {
            let entry = &mut out[start + ENTRY * k..][..ENTRY];
            entry[0] = *first as f32;
            for (target, weight) in entry[1..].iter_mut().zip(weights) {
                *target = *weight as f32;
            }
        }
    };
    restrict(info.restrict_radial_across, 0, &transfer.radial_across);
    restrict(info.restrict_axial_along, 0, &transfer.axial_along);
    restrict(info.restrict_layer, 0, &transfer.layer);
    for class in 0..3 {
        restrict(
            info.restrict_radial_along,
            class,
            &transfer.radial_along[class],
        );
        restrict(
            info.restrict_axial_across,
            class,
            &transfer.axial_across[class],
        );
    }
    for class in 0..2 {
        restrict(
            info.restrict_pressure_across,
            class,
            &transfer.pressure_across[class],
        );
        restrict(
            info.restrict_pressure_along,
            class,
            &transfer.pressure_along[class],
        );
    }
}

/// Numbers of [`coarse_numbers`].
fn coarse_count(factor: &CoarseFactor<f64>) -> u64 {
    factor_numbers(factor) + 3 * (factor.inverse.len() as u64 + 1)
}

/// Order of elimination; per block and once more for the end its first place, its inverse and its G; then the matrices.
fn coarse_numbers(factor: &CoarseFactor<f64>) -> Vec<f32> {
    let blocks = factor.inverse.len();
    let mut out: Vec<f32> = factor.order.iter().map(|&k| k as f32).collect();
    let heads = out.len();
    out.resize(heads + 3 * (blocks + 1), 0.0);
    for block in 0..=blocks {
        out[heads + 3 * block] = factor.starts[block] as f32;
    }
    for block in 0..blocks {
        out[heads + 3 * block + 1] = out.len() as f32;
        out.extend(factor.inverse[block].iter().map(|&v| v as f32));
        if let Some(forward) = factor.forward.get(block) {
            out[heads + 3 * block + 2] = out.len() as f32;
            out.extend(forward.iter().map(|&v| v as f32));
        }
    }
    debug_assert_eq!(out.len() as u64, coarse_count(factor));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A factor of one block; its matrix is not filled.
    fn packed(unknowns: u32, levels: usize, numbers: usize) -> Result<Packing, TooLarge> {
        let factor = CoarseFactor {
            order: (0..unknowns).collect(),
            starts: vec![0, unknowns],
            inverse: vec![vec![0.0; numbers - unknowns as usize - 6]],
            forward: Vec::new(),
        };
        let layout = Layout {
            across: 3,
            pore_across: 2,
            mouth_row: 2,
            rows: 4,
            origin: [0, 0],
        };
        Packing::new(vec![layout; levels], &vec![1; levels], &factor)
    }

    /// The largest problem is taken, one that is larger by one level, unknown or number is refused with both numbers.
    #[test]
    fn what_is_too_large_is_refused() {
        let most = MOST_FACTORS as usize;
        let found = packed(MOST_BLOCK, MOST_LEVELS, most).expect("fits");
        assert_eq!(u64::from(found.batch.coarse), MOST_FACTORS);
        for (refused, allowed) in [
            (packed(MOST_BLOCK + 1, 1, most), u64::from(MOST_BLOCK)),
            (packed(4, MOST_LEVELS + 1, most), MOST_LEVELS as u64),
            (packed(4, 1, most + 1), MOST_FACTORS),
        ] {
            let why = refused.expect_err("is too large");
            assert_eq!((why.needed, why.allowed), (allowed + 1, allowed), "{why}");
        }
    }
}
