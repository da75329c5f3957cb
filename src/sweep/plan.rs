//! A sweep file expanded: its points, one by one, without holding them.

use super::axis::Axis;
use super::check::{check_count, check_keys};
use super::description::{SweepFile, schema};
use super::row::{self, Columns};
use crate::case::{LoadedCase, Model, Template, name_violation};
use crate::input::{InputError, Source, can_be_read};
use crate::physics::Violation;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A sweep that has been read: a base case, axes, and what computes the points.
#[derive(Debug, Clone)]
pub struct Plan {
    name: String,
    description: String,
    source: Source,
    template: Template,
    axes: Vec<Axis>,
    model: Model,
    columns: Columns,
    facts: Option<PathBuf>,
    identity: String,
}

impl Plan {
    /// Reads a sweep file with its base case. `sets` (`key=value`) override the base for all points, `model` what the
    /// file says of the model. The first point has been checked then, the others have not ([`Plan::validate`]).
    ///
    /// # Errors
    /// Everything that is wrong with the sweep file, its tables, or the case at the first point.
    #[expect(clippy::expect_used, reason = "a template is read by filling it")]
    pub fn read(path: &Path, sets: &[String], model: Option<Model>) -> Result<Self, InputError> {
        let source = Source::read(path, &[], &[])?;
        let file: SweepFile = source.parse(&schema())?;
        let folder = path.parent().unwrap_or(Path::new(""));
        let of_name = file.name.as_deref().and_then(name_violation);
        source.report(of_name.as_slice())?;
        if file.axis.is_empty() {
            let place = source.span("axis").unwrap_or(0..0);
            let help = "an [[axis]] with `key` and `values`, or `from`, `to` and `points`";
            return Err(source
                .problem(place, "a sweep needs an axis", "here", help)
                .into());
        }
        let axes: Vec<Axis> = (file.axis.iter().enumerate())
            .map(|(k, axis)| Axis::resolve(axis, k, &source, folder))
            .collect::<Result<_, _>>()?;
        check_keys(&axes, &source)?;
        check_count(&axes, &source)?;
        let mut base: Vec<String> = settings(&file);
        base.extend(sets.iter().cloned());
        if let Some(model) = model.or(file.model) {
            base.push(format!("model=\"{}\"", model.name()));
        }
        let case = folder.join(&file.case_file);
        if let Err(error) = can_be_read(&case) {
            let place = source.span("case_file").unwrap_or(0..0);
            let message = format!(
                "cannot read `{}`, which `case_file` names: {error}",
                case.display()
            );
            let help = "a path relative to the folder of the sweep file";
            return Err(source.problem(place, message, "this file", help).into());
        }
        let with_first = |axes: &mut dyn Iterator<Item = &Axis>| {
            let mut sets = base.clone();
            for axis in axes {
                let pairs = axis.keys().iter().zip(axis.row(0));
                sets.extend(pairs.map(|(key, value)| format!("{key}={value}")));
            }
            Template::read(&case, &sets)
        };
        let template = match with_first(&mut axes.iter()) {
            Ok(template) => template,
            Err(whole) => {
                // Whichever axis is refused on its own is shown where it stands; else it is the case.
                let mut problems = Vec::new();
                for (number, axis) in axes.iter().enumerate() {
                    let others = (axes.iter().enumerate()).filter(|(k, _)| *k != number);
                    if with_first(&mut others.map(|(_, axis)| axis)).is_ok() {
                        let own = whole.problems().iter();
                        problems.extend(own.map(|one| axis.refused(number, one, &source)));
                    }
                }
                return Err(InputError::from_problems(problems).unwrap_or(whole));
            }
        };
        let first = template
            .with(std::iter::empty::<(&str, &Value)>())
            .expect("the template has been checked");
        let stem = path
            .file_stem()
            .map(|stem| stem.to_string_lossy().into_owned());
        let mut plan = Plan {
            name: (file.name)
                .or(stem.filter(|stem| name_violation(stem).is_none()))
                .unwrap_or_else(|| "sweep".into()),
            description: file.description,
            model: first.case.model,
            facts: file.facts_file.map(|name| folder.join(name)),
            columns: Columns::new(std::iter::empty(), Vec::new()),
            identity: String::new(),
            source,
            template,
            axes,
        };
        let keys = plan.axes.iter().flat_map(|axis| axis.keys());
        plan.columns = Columns::new(keys.map(String::as_str), row::elements(&plan, &first));
        plan.identity = plan.describe(&first);
        Ok(plan)
    }

    /// Name of the sweep.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the sweep is.
    pub fn description(&self) -> &str {
        &self.description
    }

    /// The sweep file's text.
    pub fn given_text(&self) -> &str {
        self.source.text()
    }

    /// The axes.
    pub fn axes(&self) -> &[Axis] {
        &self.axes
    }

    /// What computes the points.
    pub fn model(&self) -> Model {
        self.model
    }

    /// Columns of the table of results.
    pub fn columns(&self) -> &Columns {
        &self.columns
    }

    /// The sweep file.
    pub(super) fn source(&self) -> &Source {
        &self.source
    }

    /// The fact file, if one is named.
    pub fn facts(&self) -> Option<&Path> {
        self.facts.as_deref()
    }

    /// Number of points; 10⁸ at most.
    pub fn len(&self) -> u64 {
        self.axes.iter().map(|axis| axis.len() as u64).product()
    }

    /// Never: an axis without values is refused.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What the results depend on, as text: the case of the first point with material and mesh written out, and all values
    /// of the axes. Two sweeps are the same if these are.
    pub fn identity(&self) -> &str {
        &self.identity
    }

    /// Row of every axis at a point; the last axis varies fastest.
    pub(super) fn rows(&self, point: u64) -> Vec<usize> {
        let mut rest = point;
        let mut rows: Vec<usize> = (self.axes.iter().rev())
            .map(|axis| {
                let count = axis.len() as u64;
                let row = rest % count;
                rest /= count;
                row as usize
            })
            .collect();
        rows.reverse();
        rows
    }

    /// Keys and values of a point.
    pub fn values(&self, point: u64) -> Vec<(&str, &Value)> {
        let rows = self.rows(point);
        (self.axes.iter().zip(rows))
            .flat_map(|(axis, row)| {
                let pairs = axis.keys().iter().zip(axis.row(row));
                pairs.map(|(key, value)| (key.as_str(), value))
            })
            .collect()
    }

    /// The case of a point.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn case(&self, point: u64) -> Result<LoadedCase, Vec<Violation>> {
        self.template.with(self.values(point))
    }

    /// Keys and values of a point in a line.
    pub fn spoken(&self, point: u64) -> String {
        let values = self.values(point);
        let parts = values.iter().map(|(key, value)| format!("{key} = {value}"));
        parts.collect::<Vec<_>>().join(", ")
    }

    fn describe(&self, first: &LoadedCase) -> String {
        let mut text = first.resolved_toml();
        for axis in &self.axes {
            text += &format!("\n# axis: {}\n", axis.keys().join(", "));
            for row in 0..axis.len() {
                let cells: Vec<String> = axis.row(row).iter().map(Value::to_string).collect();
                text += &format!("# {}\n", cells.join(", "));
            }
        }
        text
    }
}

/// Fixed values of a sweep file as overrides; tables become dotted keys.
fn settings(file: &SweepFile) -> Vec<String> {
    fn flatten(prefix: &str, value: &Value, into: &mut BTreeMap<String, String>) {
        match value {
            Value::Object(table) => {
                for (key, value) in table {
                    flatten(&format!("{prefix}.{key}"), value, into);
                }
            }
            value => {
                into.insert(prefix.to_owned(), value.to_string());
            }
        }
    }
    let mut flat = BTreeMap::new();
    for (key, value) in &file.set {
        flatten(key, &value.0, &mut flat);
    }
    flat.iter()
        .map(|(key, value)| format!("{key}={value}"))
        .collect()
}
