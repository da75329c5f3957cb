//! Which of the waiting requests make the next batch.
//!
//! The number of rows of a grid grows with the wire, and only problems on equal grids are solved together. The grids are few: their rows
//! come in eight steps per doubling of the length ([`crate::flow::grid::Grid::new`]), and every run climbs them from the shortest. The
//! batch of the **shortest grid** is therefore solved first: runs that are ahead wait where they are until the others have come up to
//! them, or have ended, and go on together. On recorded runs this made the largest batches of all orders that were tried
//! (`docs/sweeps.md`, "Devices").
//!
//! Steps of the species, whose mesh does not grow, go before flow problems: after them a run is back at its grid.

use crate::compute::species::PackedStep;
use crate::kernels::Layout;

/// What a flow problem shares with those that are solved with it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct FlowKey {
    /// Layouts, finest first.
    pub layouts: Vec<Layout>,
    pub tolerance: f64,
    pub max_cycles: usize,
}

impl FlowKey {
    /// Cells of the finest grid.
    pub fn cells(&self) -> usize {
        self.layouts[0].cells()
    }
}

/// Takes the steps that are made next: those on the smallest mesh.
pub(super) fn next_steps<T>(waiting: &mut Vec<T>, step: impl Fn(&T) -> &PackedStep) -> Vec<T> {
    let like = |one: &T, other: &T| step(one).is_like(step(other));
    next(waiting, |one| step(one).cells(), like)
}

/// Takes the flow problems that are solved next: those on the smallest grid.
pub(super) fn next_problems<T>(waiting: &mut Vec<T>, key: impl Fn(&T) -> &FlowKey) -> Vec<T> {
    let like = |one: &T, other: &T| key(one) == key(other);
    next(waiting, |one| key(one).cells(), like)
}

/// Takes what waits with the fewest `cells`, and all that is `like` it.
fn next<T>(
    waiting: &mut Vec<T>,
    cells: impl Fn(&T) -> usize,
    like: impl Fn(&T, &T) -> bool,
) -> Vec<T> {
    let Some(first) = waiting.iter().min_by_key(|one| cells(one)) else {
        return Vec::new();
    };
    let like: Vec<bool> = waiting.iter().map(|other| like(other, first)).collect();
    split(waiting, &like)
}

/// Takes the marked ones away, in their order.
fn split<T>(waiting: &mut Vec<T>, marked: &[bool]) -> Vec<T> {
    let all = std::mem::take(waiting).into_iter().zip(marked);
    let (now, later): (Vec<_>, Vec<_>) = all.partition(|(_, marked)| **marked);
    *waiting = later.into_iter().map(|(one, _)| one).collect();
    now.into_iter().map(|(one, _)| one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(rows: u32, tolerance: f64) -> FlowKey {
        let layout = Layout {
            across: 4,
            pore_across: 2,
            mouth_row: 3,
            rows,
            ..bytemuck::Zeroable::zeroed()
        };
        FlowKey {
            layouts: vec![layout],
            tolerance,
            max_cycles: 30,
        }
    }

    #[test]
    fn the_shortest_grid_goes_first_and_alone() {
        let mut waiting = vec![
            (0, key(20, 1e-7)),
            (1, key(12, 1e-7)),
            (2, key(20, 1e-7)),
            (3, key(12, 1e-6)),
            (4, key(12, 1e-7)),
        ];
        let mut order = Vec::new();
        while !waiting.is_empty() {
            let now = next_problems(&mut waiting, |one| &one.1);
            order.push(now.iter().map(|one| one.0).collect::<Vec<_>>());
        }
        // Another tolerance on the same grid is another batch; the two of twenty rows come last.
        assert_eq!(order, [vec![1, 4], vec![3], vec![0, 2]]);
        assert!(next_problems(&mut waiting, |one| &one.1).is_empty());
    }
}
