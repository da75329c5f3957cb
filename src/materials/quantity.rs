//! A number and where it comes from.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A number with where it comes from: `{ value = 1.58, provenance = "paper", note = "Fig. 6a" }`; provenance is "paper", "derived", "fitted" or "assumed".
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Quantity {
    /// The number, in the unit that its key names.
    pub value: f64,
    /// Where the number comes from.
    pub provenance: Provenance,
    /// Source, or how the number was found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// Where a number comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Provenance {
    /// Stated in Liu et al. 2023 or another cited publication.
    Paper,
    /// Follows from stated facts by a calculation that the note names.
    Derived,
    /// Found by least squares from the data or facts that the note names.
    Fitted,
    /// Neither stated nor derived: a sensible value, to be replaced where a measurement exists.
    Assumed,
}
