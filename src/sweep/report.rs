//! Pictures and the report of a finished sweep.

mod gather;
mod pictures;
mod plane;
mod tables;
mod timings;

use super::critical::Critical;
use super::plan::Plan;
use super::store::TABLE;
use crate::case::CompositionModel;
use crate::materials::Material;
use crate::output::{Figure, OutputError, Report, Table, write_atomic};
use gather::{Gathered, MOST_LISTED, Quantity, Wanted, gather};
pub use pictures::Stated;
use pictures::{Drawn, Scene};
use plane::Plane;
use std::path::Path;
use tables::{head, tables};
pub use timings::{Timings, timings};

/// The report of a sweep.
pub const REPORT: &str = "report.html";
/// The table of critical diameters.
pub const CRITICAL_TABLE: &str = "critical_diameter.csv";

/// What a report says beside the sweep's own results.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Background {
    /// Critical diameters that are published.
    pub stated: Vec<Stated>,
    /// Where they are.
    pub source: String,
    /// How the result was made: names and values.
    pub made: Vec<[String; 2]>,
    /// Table of the critical diameters, as it was written.
    pub critical_csv: String,
}

/// Writes the pictures, where the case wants some, and `report.html` of a finished sweep. `found` are its critical diameters.
///
/// # Errors
/// [`OutputError`] if the table cannot be read, a picture not be drawn, or a file not be written.
pub fn report(
    plan: &Plan,
    folder: &Path,
    found: &[Critical],
    background: &Background,
) -> Result<(), OutputError> {
    let first = plan.case(0).ok();
    let wanted = first.as_ref().is_none_or(|loaded| loaded.case.output.plots);
    let plane = match wanted {
        true => Plane::of(plan),
        false => Err("output.plots is false".to_owned()),
    };
    let mut quantities = vec![Quantity::LayerShare];
    let pair = first.as_ref().and_then(|one| main_elements(&one.material));
    if !plan.columns().elements().is_empty() {
        quantities.extend(pair.map(Quantity::TipRatio));
        quantities.push(Quantity::AmorphousLength);
    }
    let chosen = match wanted {
        true => pictures::choose(found),
        false => Vec::new(),
    };
    // All points, or a row per temperature, or, where that says nothing, every so many-th.
    let every = match (plan.len() <= MOST_LISTED, found.is_empty()) {
        (true, _) => 1,
        (false, true) => plan.len().div_ceil(MOST_LISTED),
        (false, false) => 0,
    };
    let wanted_rows = Wanted {
        plane: plane.as_ref().ok(),
        quantities: &quantities,
        groups: &chosen,
        every,
    };
    let gathered = gather(folder, plan, &wanted_rows)?;
    let scene = Scene {
        folder,
        plan,
        plane: &plane,
        quantities: &quantities,
        criticals: found,
        chosen: &chosen,
        found: &gathered,
        stated: &background.stated,
        source: &background.source,
    };
    let (drawn, missing) = match wanted {
        true => pictures::draw(&scene)?,
        false => {
            pictures::remove(folder);
            let reason = "output.plots is false".to_owned();
            (Vec::new(), vec![["All of them".to_owned(), reason]])
        }
    };
    let report = Report {
        title: plan.name().to_owned(),
        description: plan.description().to_owned(),
        summary: summary(plan, &gathered),
        failures: failures(plan, &gathered),
        figures: figures(folder, &drawn)?,
        missing,
        tables: tables(plan, found, &gathered, background, every),
        made: background.made.clone(),
        texts: texts(plan),
    };
    write_atomic(&folder.join(REPORT), report.html().as_bytes())
}

/// Removes what an earlier sweep was evaluated to.
pub(super) fn clear(folder: &Path) {
    pictures::remove(folder);
    for name in [REPORT, CRITICAL_TABLE] {
        let _ = std::fs::remove_file(folder.join(name));
    }
}

/// The two elements of which the feedstock has most.
fn main_elements(material: &Material) -> Option<[String; 2]> {
    let mut all: Vec<_> = material.composition.iter().collect();
    all.sort_by(|a, b| b.1.value.total_cmp(&a.1.value));
    match all[..] {
        [(a, _), (b, _), ..] => Some([a.clone(), b.clone()]),
        _ => None,
    }
}

fn summary(plan: &Plan, gathered: &Gathered) -> Vec<[String; 2]> {
    let axes: Vec<String> = (plan.axes().iter())
        .map(|axis| format!("{} ({} values)", axis.keys().join(", "), axis.len()))
        .collect();
    let mut lines = vec![
        ["points".into(), plan.len().to_string()],
        ["axes".into(), axes.join(" × ")],
        ["model".into(), plan.model().name().to_owned()],
    ];
    if let Ok(loaded) = plan.case(0) {
        lines.push(["material".into(), loaded.material.name.clone()]);
        let composition = match loaded.case.composition.model {
            CompositionModel::Elements if !plan.columns().elements().is_empty() => "by elements",
            _ => "uniform",
        };
        lines.push(["composition".into(), composition.into()]);
    }
    if gathered.failed > 0 {
        lines.push(["failed".into(), gathered.failed.to_string()]);
    }
    lines
}

fn failures(plan: &Plan, gathered: &Gathered) -> Option<Table> {
    let shown = gathered.failures.len();
    let note = match gathered.failed > shown as u64 {
        true => format!("The first {shown} of {}.", gathered.failed),
        false => String::new(),
    };
    let columns = plan.columns();
    let mut kept: Vec<usize> = ["point", "d_nm", "T_C", "p_GPa", "t_s"]
        .iter()
        .filter_map(|name| columns.index(name))
        .collect();
    kept.extend(
        columns
            .further()
            .iter()
            .filter_map(|key| columns.index(key)),
    );
    kept.extend(columns.index("reason"));
    let rows = gathered.failures.iter();
    let points = if gathered.failed == 1 {
        "point"
    } else {
        "points"
    };
    (shown > 0).then(|| Table {
        title: format!("{} of {} {points} failed", gathered.failed, gathered.rows),
        note,
        columns: kept.iter().map(|&k| head(&columns.names()[k])).collect(),
        rows: rows
            .map(|row| kept.iter().map(|&k| row[k].clone()).collect())
            .collect(),
        file: Some(TABLE.into()),
    })
}

fn figures(folder: &Path, drawn: &[Drawn]) -> Result<Vec<Figure>, OutputError> {
    let figures = drawn.iter().map(|one| {
        let files = ["svg", "png"].map(|end| format!("{}.{end}", one.name));
        let path = folder.join(&files[0]);
        let svg = std::fs::read_to_string(&path).map_err(OutputError::io("read", &path))?;
        Ok(Figure {
            title: one.title.clone(),
            svg,
            files: files.to_vec(),
            computed: one.computed.clone(),
            stated: one.stated.clone(),
        })
    });
    figures.collect()
}

/// Longest text that is taken over (bytes).
const LONGEST: usize = 200_000;

fn texts(plan: &Plan) -> Vec<[String; 2]> {
    // The values of the axes follow the case; they are in the sweep file and in the table.
    let resolved = plan
        .identity()
        .split("\n# axis: ")
        .next()
        .unwrap_or_default();
    [
        ("The sweep file, sweep.toml", plan.given_text()),
        (
            "The case of the first point with all defaults, material and mesh",
            resolved,
        ),
    ]
    .map(|(title, text)| {
        let end = (0..=LONGEST.min(text.len()))
            .rev()
            .find(|&k| text.is_char_boundary(k));
        let cut = &text[..end.unwrap_or(0)];
        let rest = if cut.len() < text.len() { "\n…" } else { "" };
        [title.to_owned(), format!("{cut}{rest}")]
    })
    .to_vec()
}
