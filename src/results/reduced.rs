//! The folder of a run by the reduced model: everything but fields and composition.

use super::history::{columns, point, row, values};
use super::length::length_plot;
use super::stages::Stages;
use super::{Opening, loads};
use crate::case::LoadedCase;
use crate::compute::Machine;
use crate::output::{self, HistoryWriter, OutputError, RunFolder, RunRecord};
use crate::reduced::ReducedRun;
use crate::simulation::{self, LargestLoads};

/// What a user of the result has to know.
const LEFT_OUT: &str = "the reduced model computes lengths and the shares of core and layer; it has no fields, no composition, \
                        no crystallinity and no curved front";

/// Runs a case and writes its folder; the record is the caller's to close it with.
///
/// # Errors
/// [`OutputError`].
#[expect(clippy::expect_used, reason = "the start of a run is a step")]
pub fn write_reduced(
    run: &ReducedRun,
    loaded: &LoadedCase,
    folder: &RunFolder,
) -> Result<RunRecord, OutputError> {
    let case = &loaded.case;
    let mut opening = Opening::new(folder, loaded)?;
    tracing::info!("{}: {LEFT_OUT}", case.name);
    opening.note(LEFT_OUT);
    let steps = run.steps();
    let largest = steps
        .iter()
        .map(|step| step.conditions.scales.lambda())
        .fold(0.0, f64::max);
    let tabulated = run.entrance().largest_lambda();
    if largest > tabulated {
        opening.warn(format!(
            "Λ reaches {largest:.3e}, beyond the table's {tabulated:e}: the entrance resistance is held at its value there"
        ));
    }
    let mut history = HistoryWriter::create_with(folder.join("history.csv"), columns(loaded))?;
    let mut stages = Stages::begin(loaded);
    let mut largest_loads = LargestLoads::new(steps[0].load());
    for step in &steps {
        history.append_with(&row(step), &values(loaded, step))?;
        largest_loads.add(step.load());
        stages.step(step);
    }
    let has_scale = steps[0].conditions.stress_scale.is_finite();
    tracing::info!("{}", loads::describe(&largest_loads, has_scale));
    let points: Vec<_> = steps.iter().map(point).collect();
    if case.output.plots && points.len() > 1 {
        let plot = length_plot(loaded, points);
        let [png, svg] = ["length.png", "length.svg"].map(|name| folder.join(name));
        output::length_plot(&png, &svg, &plot)?;
    }
    let last = steps.last().expect("the start is a step");
    let ending = simulation::ending(loaded, last.conditions.time, last.length, last.length);
    let machine = Machine::cpu();
    let record = RunRecord {
        device: machine.device,
        precision: "f64".to_string(),
        threads: 1,
        loads: loads::records(&largest_loads, has_scale),
        steps: steps.len() - 1,
        ..opening.record(loaded, last, ending)
    };
    tracing::info!(
        "L = {:.2} nm after {} s: core {:.1} %, layer {:.1} % of the volume; results in {}",
        record.length_nm,
        record.time_s,
        100.0 * record.core_share,
        100.0 * record.layer_share,
        folder.path().display()
    );
    Ok(record)
}
