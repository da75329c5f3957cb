//! A number and where it comes from.

use crate::physics::Violation;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A number with where it comes from: `{ value = 1.58, provenance = "paper", note = "Fig. 6a" }`; provenance is "paper", "literature" (with `source`), "measured", "derived", "fitted" or "assumed".
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Quantity {
    /// The number, in the unit that its key names.
    pub value: f64,
    /// Where the number comes from.
    pub provenance: Provenance,
    /// Publication, where the provenance is "literature".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// How the number was found, or where in its source it stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// Where a number comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Provenance {
    /// Stated in Liu et al. 2023, the paper that the shipped alloys are from.
    Paper,
    /// Stated in another publication, which `source` names.
    Literature,
    /// Measured by whoever wrote the file.
    Measured,
    /// Follows from stated facts by a calculation that the note names.
    Derived,
    /// Found by least squares from the data or facts that the note names.
    Fitted,
    /// Neither stated nor derived: a sensible value, to be replaced where a measurement exists.
    Assumed,
}

impl Provenance {
    /// True for a number that nobody measured, stated or derived.
    pub fn is_assumed(self) -> bool {
        self == Provenance::Assumed
    }
}

impl Quantity {
    /// True for a number that nobody measured, stated or derived.
    pub fn is_assumed(&self) -> bool {
        self.provenance.is_assumed()
    }
}

/// Refuses a number that is not above 0.
pub(super) fn require_positive(found: &mut Vec<Violation>, key: &str, quantity: &Quantity) {
    if quantity.value <= 0.0 {
        found.push(Violation::new(
            format!("{key}.value"),
            format!("`{key}` must be positive, it is {}", quantity.value),
            "a positive number in the unit that the key names",
        ));
    }
}

/// Refuses a number below 0.
pub(super) fn require_not_negative(found: &mut Vec<Violation>, key: &str, quantity: &Quantity) {
    if quantity.value < 0.0 {
        found.push(Violation::new(
            format!("{key}.value"),
            format!("`{key}` cannot be negative, it is {}", quantity.value),
            "0 or a positive number in the unit that the key names",
        ));
    }
}

/// Refuses numbers from the literature, anywhere in `tree`, that do not name their publication; `key` is the place of `tree`.
pub(super) fn check_sources(found: &mut Vec<Violation>, key: &str, tree: &serde_json::Value) {
    let Some(table) = tree.as_object() else {
        return;
    };
    if table
        .get("provenance")
        .is_some_and(|one| one == "literature")
        && !table.contains_key("source")
    {
        found.push(Violation::new(
            format!("{key}.provenance"),
            format!("`{key}` is from the literature, but of which publication?"),
            "source = \"authors, journal, volume, page, year\" beside it",
        ));
    }
    for (name, inner) in table {
        let place = if key.is_empty() {
            name.clone()
        } else {
            format!("{key}.{name}")
        };
        check_sources(found, &place, inner);
    }
}
