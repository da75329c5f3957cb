//! Fitting a material to stated facts.

use super::facts::{Fact, FactFile, Facts, Quantity};
use super::least_squares::FitError;
use super::parameters::{ALL, Key, MaterialFit, fit};
use crate::materials::{Material, Provenance};

/// A fact beside what a material gives.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// What it is about.
    pub quantity: Quantity,
    /// The fact.
    pub fact: Fact,
    /// What the material gives, in the unit of the file.
    pub found: Option<f64>,
    /// Whether they agree.
    pub holds: bool,
}

/// Every fact beside what `material` gives.
pub fn compare(material: &Material, facts: &Facts) -> Vec<Comparison> {
    facts
        .all()
        .into_iter()
        .map(|(quantity, fact)| {
            let found = quantity.of(material, fact);
            Comparison {
                quantity,
                fact: fact.clone(),
                found,
                holds: fact.holds(found),
            }
        })
        .collect()
}

/// The numbers that `file` asks to fit and that `start` does not have, because its laws are others.
pub fn missing<'a>(start: &Material, file: &'a FactFile) -> Vec<&'a str> {
    let is_there = |path: &str| {
        let key = ALL.into_iter().find(|key| key.path == path);
        key.is_some_and(|key| key.of(start).is_some())
    };
    let paths = file.fit.iter().map(String::as_str);
    paths.filter(|path| !is_there(path)).collect()
}

/// Fits the numbers that `file` names in `start` to its facts: the sum of the squared deviations, each in its tolerances.
///
/// Numbers that `start` does not have are not fitted ([`missing`] names them). Exact facts (without a tolerance) are inputs of the material; they are checked, not fitted.
///
/// # Errors
/// [`FitError`] where the least squares do not converge.
pub fn fit_facts(start: &Material, file: &FactFile) -> Result<MaterialFit, FitError> {
    let keys: Vec<Key> = ALL
        .into_iter()
        .filter(|key| file.fit.iter().any(|path| path == key.path) && key.of(start).is_some())
        .collect();
    let all = file.facts.all();
    let inexact = |fact: &Fact| {
        fact.value.is_none()
            || fact.tolerance.is_some()
            || fact.tolerance_K.is_some()
            || fact.factor.is_some()
    };
    let used: Vec<(Quantity, &Fact)> = all
        .into_iter()
        .filter(|(_, fact)| !fact.check_only && inexact(fact))
        .collect();
    let residuals = |material: &Material| -> Vec<f64> {
        used.iter()
            .map(|(quantity, fact)| fact.deviation(quantity.of(material, fact)))
            .collect()
    };
    let mut found = fit(std::slice::from_ref(start), &keys, &residuals, 1.0)?;
    for key in &keys {
        if let Some(number) = key.of_mut(&mut found.material) {
            number.provenance = Provenance::Fitted;
        }
    }
    Ok(found)
}
