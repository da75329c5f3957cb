//! What a finished sweep is evaluated to.

use crate::calibrate::facts::FactFile;
use crate::cli::failure::Failure;
use crate::output::record::git_hash;
use crate::output::{utc_timestamp, write_atomic};
use crate::physics::constants::{NANOMETRE, kelvin};
use crate::sweep::{self, Background, Plan, Stated};
use std::path::Path;
use std::time::SystemTime;

/// Writes `critical_diameter.csv`, pictures and `report.html` of a finished sweep; says what there is.
pub(in crate::cli) fn evaluate(plan: &Plan, folder: &Path) -> Result<String, Failure> {
    let facts = plan.facts().map(FactFile::read).transpose()?;
    let stated: Vec<Stated> = facts.iter().flat_map(published).collect();
    let found = sweep::criticals(folder, plan.columns())?;
    let mut text = String::new();
    let mut csv = String::new();
    if !found.is_empty() {
        let varies_material = (plan.columns().further().iter()).any(|k| k.starts_with("material."));
        let material = plan.case(0).ok().map(|loaded| loaded.material);
        let material = material.filter(|_| !varies_material);
        let modelled = |celsius: f64, time: f64| {
            let material = material.as_ref()?;
            Some(material.critical_diameter(kelvin(celsius), time) / NANOMETRE)
        };
        let stated = |celsius: f64, time: f64| {
            let mut all = stated.iter();
            let one = all.find(|one| one.celsius == celsius && one.time == time)?;
            Some([one.diameter, one.tolerance])
        };
        csv = sweep::critical_csv(&found, plan.columns(), modelled, stated);
        let path = folder.join(sweep::CRITICAL_TABLE);
        write_atomic(&path, csv.as_bytes())?;
        text += &format!("critical diameters in {}\n", path.display());
    }
    let background = Background {
        stated,
        source: facts.map_or(String::new(), |file| file.source),
        made: made(plan, folder),
        critical_csv: csv,
    };
    sweep::report(plan, folder, &found, &background)?;
    text += &format!("report in {}\n", folder.join(sweep::REPORT).display());
    Ok(text)
}

/// The critical diameters of a fact file that have a value, a temperature and a time.
fn published(file: &FactFile) -> impl Iterator<Item = Stated> {
    let facts = file.facts.critical_diameter_nm.iter();
    facts.filter_map(|fact| {
        Some(Stated {
            celsius: fact.T_C?,
            time: fact.time_s?,
            diameter: fact.value?,
            tolerance: fact.tolerance.unwrap_or(0.0),
        })
    })
}

/// What is needed to make it again.
fn made(plan: &Plan, folder: &Path) -> Vec<[String; 2]> {
    let version = format!(
        "{} {}, commit {}",
        env!("CARGO_PKG_NAME"),
        env!("CARGO_PKG_VERSION"),
        git_hash().unwrap_or("unknown")
    );
    let command: Vec<String> = std::env::args_os()
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    let timings = sweep::timings(folder);
    let devices: Vec<String> = (timings.devices.iter())
        .map(|(name, points)| format!("{name} ({points} points)"))
        .collect();
    let device = match devices.is_empty() {
        true => "CPU, f64".to_owned(),
        false => devices.join(", "),
    };
    let times = format!("{:.3} s, the sum over all points", timings.seconds);
    [
        ("program", version),
        ("command", command.join(" ")),
        ("model", plan.model().name().to_owned()),
        ("device", device),
        ("wall time", times),
        ("written", utc_timestamp(SystemTime::now())),
    ]
    .map(|(name, value)| [name.to_owned(), value])
    .to_vec()
}
