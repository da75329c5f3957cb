//! What a finished sweep is evaluated to.

use crate::calibrate::facts::FactFile;
use crate::cli::failure::Failure;
use crate::output::write_atomic;
use crate::physics::constants::{NANOMETRE, kelvin};
use crate::sweep::{self, Plan};
use std::path::Path;

/// Writes `critical_diameter.csv` of a finished sweep; says what it holds.
pub(in crate::cli) fn evaluate(plan: &Plan, folder: &Path) -> Result<String, Failure> {
    let facts = plan.facts().map(FactFile::read).transpose()?;
    let found = sweep::criticals(folder, plan.columns())?;
    if found.is_empty() {
        return Ok(String::new());
    }
    let varies_material = (plan.columns().further().iter()).any(|k| k.starts_with("material."));
    let material = plan.case(0).ok().map(|loaded| loaded.material);
    let material = material.filter(|_| !varies_material);
    let modelled = |celsius: f64, time: f64| {
        let material = material.as_ref()?;
        Some(material.critical_diameter(kelvin(celsius), time) / NANOMETRE)
    };
    let stated = |celsius: f64, time: f64| {
        let facts = facts.as_ref()?;
        let mut all = facts.facts.critical_diameter_nm.iter();
        let fact = all.find(|f| f.T_C == Some(celsius) && f.time_s == Some(time))?;
        Some([fact.value?, fact.tolerance.unwrap_or(0.0)])
    };
    let text = sweep::critical_csv(&found, plan.columns(), modelled, stated);
    let path = folder.join("critical_diameter.csv");
    write_atomic(&path, text.as_bytes())?;
    Ok(format!("critical diameters in {}\n", path.display()))
}
