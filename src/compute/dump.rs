//! The dispatches of a solve, to be read: which kernels run, on how much, and how many bytes they must move.

use super::flow::{CYCLES_PER_LOOK, Part};
use crate::backend::gpu::TooLarge;
use crate::backend::gpu::lower::{Lowering, Stages};
use crate::backend::gpu::packing::Packing;
use crate::backend::gpu::source::OuterReal;
use crate::backend::plan::Plan;
use crate::backend::traffic::{LevelSizes, factor_numbers, numbers};
use crate::flow::solver::FlowSolver;
use std::fmt::Write;

/// Bytes of a number on the CPU backend.
const BYTES: u64 = 8;

/// The plan that the CPU backend executes: nested iteration from rest, then as many V-cycles as it takes.
pub fn on_cpu(solver: &FlowSolver<f64>) -> String {
    let sizes: Vec<LevelSizes> = solver.backend.levels.iter().map(LevelSizes::of).collect();
    let factors = factor_numbers(&solver.backend.coarse);
    let plans = solver.plans();
    let mut cycle = plans.before.clone();
    cycle.dispatches.extend(&plans.after_v.dispatches);
    let mut out = String::new();
    let mut part = |title: &str, plan: &Plan| {
        section(&mut out, title);
        let mut total = 0;
        for &dispatch in &plan.dispatches {
            let level = &sizes[dispatch.level];
            let bytes = BYTES * numbers(dispatch, &sizes, factors);
            total += bytes;
            line(
                &mut out,
                format_args!(
                    "level {}  {:<21}  {:>8} cells  {:>8} unknowns  {bytes:>11} bytes",
                    dispatch.level,
                    dispatch.kernel.to_string(),
                    level.cells,
                    level.unknowns
                ),
            );
        }
        let count = plan.dispatches.len();
        line(&mut out, format_args!("{count} dispatches, {total} bytes"));
        count
    };
    part("nested iteration from rest", &plans.start);
    let count = part("one V-cycle", &cycle);
    line(
        &mut out,
        format_args!("\n{count} dispatches per cycle, f64 on the CPU"),
    );
    out
}

/// The dispatches that a device gets; `outer` is the precision of the state where the device keeps it, `None` where the
/// host does; `fuses` tells whether it fuses the coarse levels ([`super::fuses`]).
///
/// # Errors
/// [`TooLarge`] if no device takes the problem.
pub fn on_device(
    solver: &FlowSolver<f64>,
    cases: u32,
    outer: Option<OuterReal>,
    fuses: bool,
) -> Result<String, TooLarge> {
    let packing = Packing::of(&solver.backend)?;
    let whole = Lowering::new(&packing, cases);
    let lowering = if fuses { whole } else { whole.separate() };
    let mut out = String::new();
    let mut part = |title: &str, stages: Stages| {
        section(&mut out, title);
        line(&mut out, format_args!("{}", stages.to_string().trim_end()));
        stages.stages.len()
    };
    let stages = |part: Part| part.stages(&lowering, outer);
    let setup = part("set-up", stages(Part::Setup));
    let start = part("nested iteration from rest", stages(Part::Start));
    let cycle = part("one V-cycle", stages(Part::Cycle));
    let look = match outer {
        Some(_) => part("outer residual, before every look", stages(Part::Outer)),
        None => 0,
    };
    let first = setup + start + CYCLES_PER_LOOK * cycle + look;
    let place = match outer {
        Some(real) => format!("{} on the device", real.wgsl()),
        None => "f64 on the host".to_string(),
    };
    line(
        &mut out,
        format_args!(
            "\n{cycle} dispatches per cycle; the first submission has {first}: set-up, nested iteration, \
             {CYCLES_PER_LOOK} cycles, outer residual\ncycles in f32, outer residual: {place}; {cases} case{}, {} bytes each",
            if cases == 1 { "" } else { "s" },
            packing.bytes(outer.map_or(0, OuterReal::bytes))
        ),
    );
    Ok(out)
}

fn section(out: &mut String, title: &str) {
    let gap = if out.is_empty() { "" } else { "\n" };
    line(out, format_args!("{gap}== {title}"));
}

fn line(out: &mut String, text: std::fmt::Arguments) {
    // A string takes everything.
    let _ = writeln!(out, "{text}");
}
