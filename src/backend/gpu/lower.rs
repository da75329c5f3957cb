//! From a plan of kernels to dispatches: sizes, bytes, and coarse levels fused into programs of one workgroup per case.

use super::packing::Packing;
use super::source::{FUSED_WORKGROUP, norm};
use super::structs::{LevelInfo, Order};
use super::table::Entry;
use crate::backend::plan::{Dispatch, Kernel, Plan};
use crate::backend::traffic::{self, LevelSizes};
use crate::kernels::flow::boxes::{BULK, WALL};
use crate::kernels::transfer::SPREAD;
use std::fmt;

/// Most cells of a level that one workgroup goes through by itself: beyond, the device's other processors are worth the
/// dispatches (a round of [`FUSED_WORKGROUP`] boxes against some 5 µs).
pub const FUSED_CELLS: usize = 4096;

/// Loop iterations of one invocation after which a fused program is split: the software adapter silently ends loops after
/// 65 535 iterations per invocation, all loops together.
const MOST_ITERATIONS: u32 = 32_768;

/// Workgroups in one dimension that every adapter allows.
const MOST_GROUPS: u32 = 65_535;

/// One dispatch.
#[derive(Clone, Debug, PartialEq)]
pub struct Stage {
    /// What runs.
    pub entry: Entry,
    /// Its order.
    pub order: Order,
    /// Workgroups.
    pub groups: [u32; 3],
    /// Bytes that must move for one case: every number that is read or written, once.
    pub bytes: u64,
    /// The entries of the plan that it does.
    pub does: Vec<Dispatch>,
}

/// Dispatches and the programs of the fused ones.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stages {
    /// In order.
    pub stages: Vec<Stage>,
    /// Entries of all fused programs.
    pub program: Vec<Order>,
}

impl fmt::Display for Stages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut total = 0;
        for stage in &self.stages {
            let [x, y, z] = stage.groups;
            let what = match stage.entry {
                Entry::Smooth => format!("colour {}", stage.order.argument),
                Entry::Cycle => format!("{} kernels on one workgroup per case", stage.does.len()),
                _ => String::new(),
            };
            writeln!(
                f,
                "level {}  {:13}  {:>6} × {:>4} workgroups  {:>11} bytes per case  {what}",
                stage.order.level,
                stage.entry,
                x * y,
                z,
                stage.bytes
            )?;
            total += stage.bytes * z as u64;
        }
        writeln!(f, "{} dispatches, {} bytes", self.stages.len(), total)
    }
}

/// Lowers plans for one packing and a number of cases.
#[derive(Clone, Copy, Debug)]
pub struct Lowering<'a> {
    /// Where the data lie.
    pub packing: &'a Packing,
    /// Cases of the batch.
    pub cases: u32,
    /// First level that is fused; the number of levels for none but the coarse solve.
    pub fuse_from: usize,
}

impl<'a> Lowering<'a> {
    /// The lowering that fuses all levels of at most [`FUSED_CELLS`] cells but the finest.
    pub fn new(packing: &'a Packing, cases: u32) -> Self {
        let levels = packing.layouts.len();
        let fuse_from = (1..levels)
            .find(|&l| packing.layouts[l].cells() <= FUSED_CELLS)
            .unwrap_or(levels);
        Lowering {
            packing,
            cases,
            fuse_from,
        }
    }

    /// The same with every kernel but the coarse solve in a dispatch of its own.
    pub fn separate(self) -> Self {
        Lowering {
            fuse_from: self.packing.layouts.len(),
            ..self
        }
    }

    /// Appends the dispatches of a plan.
    pub fn plan(&self, plan: &Plan, out: &mut Stages) {
        let mut fused: Vec<Dispatch> = Vec::new();
        for &dispatch in &plan.dispatches {
            if dispatch.kernel == Kernel::Coarse || dispatch.level >= self.fuse_from {
                fused.push(dispatch);
                continue;
            }
            self.fuse(&mut fused, out);
            out.stages.push(self.single(dispatch));
        }
        self.fuse(&mut fused, out);
    }

    /// Appends the building of all levels' boxes.
    pub fn boxes(&self, out: &mut Stages) {
        for (level, info) in self.packing.levels.iter().enumerate() {
            if level + 1 < self.packing.levels.len() {
                let bytes = 4 * (metric_count(info) + box_count(info));
                out.stages
                    .push(self.stage(Entry::Boxes, level, [0; 2], bytes));
            }
        }
    }

    /// Appends x ← x + e and e ← 0, r ← b − K x with its norm.
    pub fn outer(&self, outer_bytes: u64, out: &mut Stages) {
        let bytes = u64::from(self.packing.levels[0].length) * (4 + 2 * outer_bytes);
        out.stages
            .push(self.stage(Entry::Correct, 0, [0; 2], bytes));
        self.defect(outer_bytes, out);
        self.norm(norm::OUTER, out);
    }

    /// Appends e ← 0, r ← b − K x.
    pub fn defect(&self, outer_bytes: u64, out: &mut Stages) {
        let info = &self.packing.levels[0];
        let length = u64::from(info.length);
        let bytes = length * (8 + 2 * outer_bytes) + outer_bytes * metric_count(info);
        out.stages.push(self.stage(Entry::Defect, 0, [0; 2], bytes));
    }

    /// Appends the norm of the finest level's residual (`norm::INNER`) or right-hand side (`norm::OUTER`).
    pub fn norm(&self, which: u32, out: &mut Stages) {
        let info = &self.packing.levels[0];
        let parts = Entry::NormParts.workgroups(info, which);
        for (entry, numbers) in [
            (Entry::NormParts, info.length + parts),
            (Entry::NormWhole, parts),
        ] {
            let bytes = 4 * u64::from(numbers);
            out.stages.push(self.stage(entry, 0, [which, 0], bytes));
        }
    }

    /// A dispatch on a level with its order's argument and source.
    fn stage(&self, entry: Entry, level: usize, [argument, source]: [u32; 2], bytes: u64) -> Stage {
        // The restriction computes what is on the coarser level.
        let counted = level + usize::from(entry == Entry::Restrict);
        let groups = entry.workgroups(&self.packing.levels[counted], argument);
        let y = groups.div_ceil(MOST_GROUPS);
        Stage {
            entry,
            order: Order {
                kernel: 0,
                level: level as u32,
                argument,
                source,
            },
            groups: [groups.div_ceil(y), y, self.cases],
            bytes,
            does: Vec::new(),
        }
    }

    #[expect(clippy::unreachable, reason = "plans are made here, and fuse it")]
    fn single(&self, dispatch: Dispatch) -> Stage {
        let (entry, order) = match dispatch.kernel {
            Kernel::Smooth { colour, from } => (Entry::Smooth, [colour, from].map(u32::from)),
            Kernel::Residual => (Entry::Residual, [0; 2]),
            Kernel::Restrict => (Entry::Restrict, [0; 2]),
            Kernel::Prolong => (Entry::Prolong, [0; 2]),
            Kernel::Coarse => unreachable!("the coarse solve is always fused"),
        };
        Stage {
            does: vec![dispatch],
            ..self.stage(entry, dispatch.level, order, self.bytes(dispatch))
        }
    }

    /// Appends the collected dispatches as programs.
    fn fuse(&self, fused: &mut Vec<Dispatch>, out: &mut Stages) {
        let mut start = out.program.len();
        let (mut iterations, mut bytes, mut does) = (0, 0, Vec::new());
        let mut close =
            |program: &Vec<Order>, start: &mut usize, bytes: &mut u64, does: &mut Vec<Dispatch>| {
                let count = program.len() - *start;
                if count > 0 {
                    let (level, order) = (program[*start].level, [*start as u32, count as u32]);
                    out.stages.push(Stage {
                        does: std::mem::take(does),
                        ..self.stage(Entry::Cycle, level as usize, order, std::mem::take(bytes))
                    });
                }
                *start = program.len();
            };
        for dispatch in fused.drain(..) {
            let mut first = true;
            for (order, cost) in self.entries(dispatch) {
                if iterations + cost > MOST_ITERATIONS {
                    close(&out.program, &mut start, &mut bytes, &mut does);
                    iterations = 0;
                }
                iterations += cost;
                if std::mem::take(&mut first) {
                    bytes += self.bytes(dispatch);
                    does.push(dispatch);
                }
                out.program.push(order);
            }
        }
        close(&out.program, &mut start, &mut bytes, &mut does);
    }

    /// Entries of a fused program for one dispatch, each with its loop iterations per invocation.
    fn entries(&self, Dispatch { kernel, level }: Dispatch) -> Vec<(Order, u32)> {
        let info = &self.packing.levels[level];
        let order = |entry: Entry, argument, source| Order {
            kernel: entry.code(),
            level: level as u32,
            argument,
            source,
        };
        let one = |entry: Entry, terms: u32, on: &LevelInfo, [argument, source]: [u32; 2]| {
            let cost = terms * entry.rounds(on, argument);
            vec![(order(entry, argument, source), cost)]
        };
        match kernel {
            Kernel::Smooth { colour, from } => {
                one(Entry::Smooth, 1, info, [colour, from].map(u32::from))
            }
            Kernel::Residual => one(Entry::Residual, 1, info, [0; 2]),
            Kernel::Restrict => {
                // Two lines of weights for each of three kinds of unknowns and what they gather, and twice a wall cell's.
                let terms = (3 * (2 * SPREAD + SPREAD * (SPREAD + 1)) + 4 * SPREAD + 1) as u32;
                let coarser = &self.packing.levels[level + 1];
                one(Entry::Restrict, terms, coarser, [0; 2])
            }
            // Two, two, and two times two times two terms with their loops.
            Kernel::Prolong => one(Entry::Prolong, 20, info, [0; 2]),
            Kernel::Coarse => {
                let rounds = |count: u32| count.div_ceil(FUSED_WORKGROUP);
                let blocks = &self.packing.blocks;
                let above = |k: usize| blocks.get(k + 1).copied().unwrap_or(0);
                // A loop over the rows of a block, in each round loops over the columns that a row has.
                let forward = |k: usize| match k {
                    0 => 1 + rounds(self.packing.batch.coarse_unknowns),
                    _ => 1 + rounds(blocks[k]) * (1 + blocks[k - 1]),
                };
                let backward = |k: usize| 1 + rounds(blocks[k]) * (1 + blocks[k] + above(k));
                let forward = chunks(blocks.len(), forward).into_iter();
                let backward = chunks(blocks.len(), backward).into_iter().rev();
                let entry = |entry: Entry| {
                    move |(first, count, cost): (u32, u32, u32)| (order(entry, first, count), cost)
                };
                forward
                    .map(entry(Entry::CoarseForward))
                    .chain(backward.map(entry(Entry::CoarseBackward)))
                    .collect()
            }
        }
    }

    /// Bytes that must move for a kernel on one case ([`traffic::numbers`]).
    pub fn bytes(&self, dispatch: Dispatch) -> u64 {
        let sizes: Vec<LevelSizes> = self.packing.levels.iter().map(sizes).collect();
        4 * traffic::numbers(dispatch, &sizes, u64::from(self.packing.batch.coarse))
    }
}

/// Consecutive blocks in chunks of at most [`MOST_ITERATIONS`] as far as blocks are that short: first block, number of blocks,
/// iterations.
fn chunks(blocks: usize, cost: impl Fn(usize) -> u32) -> Vec<(u32, u32, u32)> {
    let mut all: Vec<(u32, u32, u32)> = Vec::new();
    for k in 0..blocks {
        let own = cost(k);
        match all.last_mut() {
            Some((_, count, sum)) if *sum + own <= MOST_ITERATIONS => {
                *count += 1;
                *sum += own;
            }
            _ => all.push((k as u32, 1, own)),
        }
    }
    all
}

/// What there is to move on a level.
fn sizes(info: &LevelInfo) -> LevelSizes {
    LevelSizes {
        cells: u64::from(info.layer - info.pressure),
        wall_cells: info.wall_cells.into(),
        unknowns: info.length.into(),
        metrics: metric_count(info),
        boxes: box_count(info),
    }
}

/// Numbers of the metric tables and weights.
fn metric_count(info: &LevelInfo) -> u64 {
    u64::from(info.row_class - info.face_radius)
}

/// Numbers of the boxes.
fn box_count(info: &LevelInfo) -> u64 {
    u64::from(info.classes) * u64::from(info.across) * BULK as u64
        + u64::from(info.wall_cells) * WALL as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::gpu::source::MOST_BLOCK;

    /// Chunks hold every block once and stay below the limit, which the largest block there may be does as well.
    #[test]
    fn chunks_of_the_coarse_solve_are_short() {
        let rounds = MOST_BLOCK.div_ceil(FUSED_WORKGROUP);
        let largest = 1 + rounds * (1 + 2 * MOST_BLOCK);
        for cost in [1, 300, 20_000, largest] {
            let chunks = chunks(1000, |_| cost);
            let mut next = 0;
            for (first, count, sum) in chunks {
                assert_eq!((first, sum), (next, count * cost));
                assert!(sum <= MOST_ITERATIONS, "{count} blocks: {sum}");
                next += count;
            }
            assert_eq!(next, 1000);
        }
    }
}
