//! `nanomold run` with the reduced model.

use super::failure::Failure;
use super::plot::length_plot;
use super::run::{point, row, stop};
use crate::case::LoadedCase;
use crate::output::{self, HistoryWriter, RunFolder, RunRecord, RunStatus};
use crate::physics::apparent_viscosity_eq1;
use crate::physics::constants::NANOMETRE;
use crate::reduced::ReducedRun;
use crate::simulation::{self, Step};
use std::time::{Instant, SystemTime};

/// What a user of the result has to know.
const LEFT_OUT: &str = "the reduced model computes lengths and the shares of core and layer; it has no fields, no composition, \
                        no crystallinity and no curved front";

/// Runs a case and writes everything but fields into `folder`.
pub(super) fn simulate(
    run: &ReducedRun,
    loaded: &LoadedCase,
    folder: &RunFolder,
) -> Result<RunRecord, Failure> {
    let (clock, started) = (Instant::now(), SystemTime::now());
    let case = &loaded.case;
    folder.write("case.toml", loaded.given_text.as_bytes())?;
    folder.write("case.resolved.toml", loaded.resolved_toml().as_bytes())?;
    tracing::info!("{}: {LEFT_OUT}", case.name);
    let mut warnings = vec![LEFT_OUT.to_string()];
    for warning in loaded.warnings() {
        tracing::warn!("{warning}");
        warnings.push(warning);
    }
    let steps = run.steps();
    let largest = steps
        .iter()
        .map(|step| step.conditions.scales.lambda())
        .fold(0.0, f64::max);
    let tabulated = run.entrance().largest_lambda();
    if largest > tabulated {
        let warning = format!(
            "Λ reaches {largest:.3e}, beyond the table's {tabulated:e}: the entrance resistance is held at its value there"
        );
        tracing::warn!("{warning}");
        warnings.push(warning);
    }
    let mut history = HistoryWriter::create(folder.join("history.csv"))?;
    for step in &steps {
        history.append(&row(step))?;
    }
    let points: Vec<_> = steps.iter().map(point).collect();
    if case.output.plots && points.len() > 1 {
        let plot = length_plot(loaded, points);
        output::length_plot(
            &folder.join("length.png"),
            &folder.join("length.svg"),
            &plot,
        )?;
    }
    let last = steps.last().expect("the start is a step");
    let record = record(loaded, last, steps.len() - 1, warnings, clock, started);
    let [core, layer] = last.shares();
    tracing::info!(
        "L = {:.2} nm after {} s: core {:.1} %, layer {:.1} % of the volume; results in {}",
        record.length_nm,
        record.time_s,
        100.0 * core,
        100.0 * layer,
        folder.path().display()
    );
    Ok(record)
}

fn record(
    loaded: &LoadedCase,
    last: &Step,
    steps: usize,
    warnings: Vec<String>,
    clock: Instant,
    started: SystemTime,
) -> RunRecord {
    let scales = last.conditions.scales;
    let time = last.conditions.time;
    let [core_share, layer_share] = last.shares();
    let ending = simulation::ending(loaded, time, last.length, last.length);
    RunRecord {
        status: RunStatus::Finished,
        stop: ending.map(stop),
        model: loaded.case.model.name().to_string(),
        length_nm: last.length / NANOMETRE,
        // The reduced model's front is flat.
        tip_length_nm: last.length / NANOMETRE,
        contact_length_nm: last.length / NANOMETRE,
        time_s: time,
        lambda: scales.lambda(),
        eta_newtonian_Pa_s: scales.newtonian_viscosity,
        eta_apparent_Pa_s: apparent_viscosity_eq1(
            last.length,
            scales.pressure,
            time,
            loaded.case.diameter(),
        ),
        core_share,
        layer_share,
        device: "cpu".to_string(),
        precision: "f64".to_string(),
        threads: 1,
        steps,
        wall_s: clock.elapsed().as_secs_f64(),
        warnings,
        started_utc: output::utc_timestamp(started),
        finished_utc: output::utc_timestamp(SystemTime::now()),
        ..RunRecord::new(&loaded.case.name)
    }
}
