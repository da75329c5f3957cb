//! What the columns of a table of compositions are.

use super::{Kind, Part, WireProfile};
use crate::experiments::header::{Meaning, meaning};
use crate::experiments::record::Column;
use crate::experiments::units::conversion;

/// What the header cell `name` says; a new part of the composition is added to `found`.
pub(super) fn kind(name: &str, found: &mut WireProfile) -> Kind {
    if let Some((part, factor)) = part(name) {
        found.parts.push(part);
        return Kind::Part(found.parts.len() - 1, factor);
    }
    for prefix in ["sigma", "sd", "σ"] {
        let Some(rest) = name.strip_prefix(prefix) else {
            continue;
        };
        let rest = rest.trim_start_matches([' ', '_']);
        if rest.is_empty() {
            return Kind::Sigma(None, 1.0);
        }
        if let Some(factor) = percent(rest) {
            return Kind::Sigma(None, factor);
        }
        if let Some((part, factor)) = part(rest) {
            return Kind::Sigma(Some(part), factor);
        }
    }
    let (stem, unit) = match name.split_once(['(', '[', '_']) {
        Some((stem, unit)) => (stem.trim(), unit.trim_matches([')', ']', ' '])),
        None => (name, ""),
    };
    if ["z", "distance", "position"].contains(&stem.to_lowercase().as_str())
        && let Some(unit) = conversion(unit, "nm")
    {
        return Kind::Place(unit);
    }
    match meaning(name) {
        Meaning::Known(
            column @ (Column::Diameter
            | Column::Temperature
            | Column::Pressure
            | Column::Time
            | Column::Length),
            unit,
        ) => Kind::Condition(column, unit),
        _ => {
            found.unused.push(name.to_owned());
            Kind::Unused
        }
    }
}

/// The factor of a unit of per cent.
fn percent(unit: &str) -> Option<f64> {
    let plain: String = unit.chars().filter(|c| !" .()[]".contains(*c)).collect();
    ["%", "at%", "percent", "atpercent"]
        .contains(&plain.to_lowercase().as_str())
        .then_some(0.01)
}

/// The part of the composition that a column is called by, and the factor that makes its numbers shares.
fn part(name: &str) -> Option<(Part, f64)> {
    let name: String = name.chars().filter(|c| !c.is_whitespace()).collect();
    let (stem, factor) = match name.rfind(['(', '[', '_']) {
        Some(at) if percent(&name[at + 1..]).is_some() => (&name[..at], 0.01),
        _ => (name.as_str(), 1.0),
    };
    let stem = stem.strip_prefix("x_").unwrap_or(stem);
    let symbol = |text: &str| {
        let mut letters = text.chars();
        let first = letters.next().is_some_and(|c| c.is_ascii_uppercase());
        let rest: Vec<char> = letters.collect();
        first && rest.len() <= 1 && rest.iter().all(char::is_ascii_lowercase)
    };
    let Some((element, sum)) = stem.split_once('/') else {
        // Temperature, length and pressure have names of one letter, too, but units.
        let is_element = symbol(stem) && !["T", "L"].contains(&stem);
        return is_element.then(|| {
            let part = Part {
                element: stem.to_owned(),
                among: Vec::new(),
            };
            (part, factor)
        });
    };
    let sum = sum.strip_prefix('(')?.strip_suffix(')')?;
    let among: Vec<String> = sum.split('+').map(str::to_owned).collect();
    let valid = symbol(element)
        && among.iter().all(|one| symbol(one))
        && among.iter().any(|one| one == element);
    valid.then(|| {
        let part = Part {
            element: element.to_owned(),
            among,
        };
        (part, factor)
    })
}
