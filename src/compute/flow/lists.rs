//! The lists of dispatches that a solve on a device submits.

use crate::backend::gpu::Batch;
use crate::backend::gpu::lower::{Lowering, Stages};
use crate::backend::gpu::source::{OuterReal, norm};
use crate::flow::plans::Plans;

/// The lists of dispatches that solves are made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct List {
    /// Boxes and the first residual.
    pub setup: bool,
    /// Nested iteration.
    pub start: bool,
    /// Cycles.
    pub cycles: usize,
    /// W-cycles.
    pub robust: bool,
}

/// Whether the coarse levels of a cycle are to run in one dispatch: on a GPU, where a dispatch costs more than the barriers that
/// replace it. A software adapter pays for barriers and not for dispatches, and runs a workgroup on one core.
pub fn fuses(is_software: bool) -> bool {
    !is_software
}

/// The dispatches of a list on a batch.
pub(super) fn stages(batch: &Batch, list: List, fuses: bool) -> Stages {
    let whole = Lowering::new(batch.packing(), batch.cases() as u32);
    let lowering = if fuses { whole } else { whole.separate() };
    list_stages(&lowering, batch.gpu().outer(), list)
}

/// The dispatches of a list; `outer` is the precision of the state where the device keeps it.
fn list_stages(lowering: &Lowering, outer: Option<OuterReal>, list: List) -> Stages {
    let plans = Plans::new(lowering.packing.levels.len());
    let mut out = Stages::default();
    if list.setup {
        lowering.boxes(&mut out);
        if let Some(real) = outer {
            lowering.defect(real.bytes(), &mut out);
        }
    }
    if list.start {
        lowering.plan(&plans.start, &mut out);
    }
    for _ in 0..list.cycles {
        lowering.plan(&plans.before, &mut out);
        lowering.norm(norm::INNER, &mut out);
        let after = if list.robust {
            &plans.after_w
        } else {
            &plans.after_v
        };
        lowering.plan(after, &mut out);
    }
    if list.cycles > 0
        && let Some(real) = outer
    {
        lowering.outer(real.bytes(), &mut out);
    }
    out
}

/// What a submission is made of, for reports and measurements; `outer` is the precision of the state where the device
/// keeps it, `None` where the host does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Boxes of all levels and the first outer residual.
    Setup,
    /// Nested iteration from rest.
    Start,
    /// One V-cycle with its norm.
    Cycle,
    /// The correction is added and the outer residual formed, once every few cycles; nothing where the host does that.
    Outer,
}

impl Part {
    /// Its dispatches.
    pub fn stages(self, lowering: &Lowering, outer: Option<OuterReal>) -> Stages {
        let none = List {
            setup: false,
            start: false,
            cycles: 0,
            robust: false,
        };
        let list = match self {
            Part::Setup => List {
                setup: true,
                ..none
            },
            Part::Start => List {
                start: true,
                ..none
            },
            Part::Cycle => List { cycles: 1, ..none },
            Part::Outer => {
                let mut out = Stages::default();
                if let Some(real) = outer {
                    lowering.outer(real.bytes(), &mut out);
                }
                return out;
            }
        };
        list_stages(lowering, outer.filter(|_| self == Part::Setup), list)
    }
}
