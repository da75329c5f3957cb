//! The plans of a solve: which kernels run on which level, in which order.

use crate::backend::{Kernel, Plan};

/// Sweeps before and after the coarse correction, by level; deeper levels use the last entry. Measured: one and three
/// on the finest level save a cycle against two and two at the same cost (`docs/numerics.md`, "Multigrid").
const SWEEPS: [(usize, usize); 4] = [(1, 3), (2, 4), (3, 5), (6, 6)];

/// The dispatches of a solve on a fixed number of levels. One cycle is [`Plans::before`], whose residual tells whether
/// it is still needed, and [`Plans::after_v`] or [`Plans::after_w`].
#[derive(Clone, Debug)]
pub struct Plans {
    /// Nested iteration from rest: the load restricted to every level, the coarsest solved, one V-cycle on each level
    /// on the way up to the second finest.
    pub start: Plan,
    /// First sweeps on the finest level and its residual.
    pub before: Plan,
    /// Coarse correction by a V-cycle and last sweeps.
    pub after_v: Plan,
    /// The same by a W-cycle, which visits every coarser level twice: the fallback.
    pub after_w: Plan,
    /// The residual alone.
    pub residual: Plan,
}

impl Plans {
    /// Plans for `levels` levels.
    pub fn new(levels: usize) -> Self {
        let coarsest = levels - 1;
        let mut plans = Plans {
            start: Plan::default(),
            before: Plan::default(),
            after_v: Plan::default(),
            after_w: Plan::default(),
            residual: Plan::default(),
        };
        plans.residual.push(Kernel::Residual, 0);
        before(&mut plans.before, 0, coarsest);
        after(&mut plans.after_v, 0, coarsest, 1);
        after(&mut plans.after_w, 0, coarsest, 2);

        for level in 0..coarsest {
            plans.start.push(Kernel::Residual, level);
            plans.start.push(Kernel::Restrict, level);
        }
        for level in (1..=coarsest).rev() {
            before(&mut plans.start, level, coarsest);
            after(&mut plans.start, level, coarsest, 1);
            plans.start.push(Kernel::Prolong, level - 1);
        }
        plans
    }
}

fn sweeps(level: usize) -> (usize, usize) {
    SWEEPS[level.min(SWEEPS.len() - 1)]
}

/// The first half of a cycle on `level`.
fn before(plan: &mut Plan, level: usize, coarsest: usize) {
    if level < coarsest {
        plan.smooth(level, sweeps(level).0);
    }
    // A single level is solved exactly, but only if its residual says that it has to be.
    if level < coarsest || level == 0 {
        plan.push(Kernel::Residual, level);
    }
}

/// The second half of a cycle on `level`, which visits the coarser level `visits` times.
fn after(plan: &mut Plan, level: usize, coarsest: usize, visits: usize) {
    if level == coarsest {
        plan.push(Kernel::Coarse, level);
        return;
    }
    // The coarsest level is solved exactly: a second visit would change nothing.
    let visits_here = if level + 1 == coarsest { 1 } else { visits };
    for visit in 0..visits_here {
        if visit > 0 {
            plan.push(Kernel::Residual, level);
        }
        plan.push(Kernel::Restrict, level);
        before(plan, level + 1, coarsest);
        after(plan, level + 1, coarsest, visits);
        plan.push(Kernel::Prolong, level);
        plan.smooth(level, sweeps(level).1);
    }
}
