//! What a sweep file says.

use crate::case::Model;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// A sweep file: a base case and the axes along which its values are varied. Every combination of the axes is a point; the last axis varies fastest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SweepFile {
    /// Name of the sweep; also of its output folder. Default: the file's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What the sweep is, in a sentence.
    #[serde(default)]
    pub description: String,
    /// Path of the base case, relative to this file.
    pub case_file: String,
    /// What computes the wires: "full" or "reduced". Default: what the case says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<Model>,
    /// Fact file with what is stated about the alloy, relative to this file: its critical diameters stand beside the computed ones. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub facts_file: Option<String>,
    /// Values of the base case that are replaced for all points, e.g. `front.model = "flat"`, as `--set` does.
    #[serde(default)]
    pub set: BTreeMap<String, Setting>,
    /// The axes.
    pub axis: Vec<AxisFile>,
}

/// A value of any kind, or a table of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Setting(pub Value);

/// One axis: one key with `values` or with `from`, `to`, `points`; or several keys that vary together, as `keys` with `rows` or as a `table_file`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AxisFile {
    /// Dotted key of the case, e.g. pore.diameter_nm, process.temperature_C, material.interface.D_reference_m2_per_s.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The values of `key`, in the order in which they are run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub values: Option<Vec<Setting>>,
    /// First value of a range.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<f64>,
    /// Last value of a range.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<f64>,
    /// Number of values of a range, both ends among them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub points: Option<u32>,
    /// How the values of a range are spaced. Default: linear.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scale: Option<Scale>,
    /// Dotted keys of the case that vary together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keys: Option<Vec<String>>,
    /// Their values: one row per value of the axis, one entry per key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows: Option<Vec<Vec<Setting>>>,
    /// CSV file, relative to this file, whose header holds the dotted keys and whose rows the values.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub table_file: Option<String>,
}

/// Spacing of a range.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Scale {
    /// Equal differences.
    #[default]
    Linear,
    /// Equal ratios.
    Logarithmic,
}

impl JsonSchema for Setting {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Setting".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "description": "A value of the case: a number, a text, true or false, or an array." })
    }
}

/// JSON Schema of a sweep file.
pub fn schema() -> Value {
    schemars::schema_for!(SweepFile).to_value()
}
