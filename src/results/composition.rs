//! What a run leaves of the composition.

use crate::output::{self, CompositionSummary, OutputError, Profile, ProfileRow, RunFolder};
use crate::physics::constants::NANOMETRE;
use crate::simulation::{COUPLED, CompositionRecord, Simulation, Step};
use std::collections::BTreeMap;

/// Columns of `history.csv` after its own; none where the composition is uniform.
pub(super) fn history_columns(simulation: &Simulation) -> Vec<String> {
    let Some(composition) = simulation.composition() else {
        return Vec::new();
    };
    let elements = composition.elements();
    let mut columns: Vec<String> = elements.iter().map(|e| format!("balance_{e}")).collect();
    if composition.crystallises() {
        let crystallinity = ["amorphous_length_nm", "crystalline_share"];
        columns.extend(crystallinity.map(str::to_string));
    }
    let rest = ["flow_solves", "uncoupled", "species_parts"];
    columns.extend(rest.map(str::to_string));
    columns
}

/// Their values.
pub(super) fn history_values(step: &Step) -> Vec<f64> {
    let Some(record) = &step.composition else {
        return Vec::new();
    };
    let mut values = record.balance.clone();
    if let Some(found) = &record.crystallinity {
        values.extend([found.amorphous_length / NANOMETRE, found.share]);
    }
    values.extend([record.solves as f64, record.uncoupled, record.parts as f64]);
    values
}

/// Composition and crystallinity along the wire; `None` where the composition is uniform.
pub(super) fn profile(simulation: &Simulation, title: &str, radius: f64) -> Option<Profile> {
    let composition = simulation.composition()?;
    let rows = composition.profile().into_iter().map(|section| ProfileRow {
        z_nm: section.height * radius / NANOMETRE,
        mean: section.mean,
        core: section.core,
        layer: section.layer,
        crystallised: composition.crystallises().then_some(section.crystallised),
    });
    Some(Profile {
        title: title.to_string(),
        time_s: simulation.latest().conditions.time,
        elements: composition.elements(),
        feedstock: composition.feedstock(),
        rows: rows.collect(),
    })
}

/// Writes `profile.csv` and, if plots are wanted and the elements do not all diffuse `alike`, its pictures.
pub(super) fn write_profile(
    folder: &RunFolder,
    profile: &Profile,
    plots: bool,
    alike: bool,
) -> Result<(), OutputError> {
    folder.write("profile.csv", profile.lines(false)?.as_bytes())?;
    // A wire whose elements nothing tells apart has no profile to look at.
    if plots && !alike && profile.elements.len() > 1 && profile.rows.len() > 1 {
        output::profile_plot(
            &folder.join("profile.png"),
            &folder.join("profile.svg"),
            profile,
        )?;
    }
    Ok(())
}

/// What to say of the first step whose flow and composition did not agree.
pub(super) fn uncoupled(step: &Step, record: &CompositionRecord) -> String {
    format!(
        "at t = {:.6} s flow and composition still differed by {:.1e} in D̄ after {} solves ({COUPLED:.0e} is wanted): the run \
         goes on; `uncoupled` in history.csv shows every step's difference, a smaller numerics.step_tolerance makes it smaller",
        step.conditions.time, record.uncoupled, record.solves
    )
}

/// What `run.json` says; `worst` holds the largest element balance and coupling difference of the run, `uncoupled` the steps
/// that did not couple.
pub(super) fn summary(
    profile: &Profile,
    last: &Step,
    worst: [f64; 2],
    uncoupled: usize,
) -> CompositionSummary {
    let named = |row: &ProfileRow| -> BTreeMap<String, f64> {
        let pairs = profile.elements.iter().cloned().zip(row.mean.clone());
        pairs.collect()
    };
    let crystallinity = last
        .composition
        .as_ref()
        .and_then(|record| record.crystallinity);
    CompositionSummary {
        root: profile.rows.first().map(named).unwrap_or_default(),
        tip: profile.rows.last().map(named).unwrap_or_default(),
        amorphous_length_nm: crystallinity.map(|found| found.amorphous_length / NANOMETRE),
        crystalline_share: crystallinity.map(|found| found.share),
        element_balance: worst[0],
        uncoupled: worst[1],
        uncoupled_steps: uncoupled,
    }
}
