//! A TOML text against a JSON Schema: every unknown or missing key, wrong type and number that is not finite, with its place.
//!
//! The schema is the one that schemars derives from the target type, so docstrings become help texts. Only what schemars emits for plain structs,
//! options, maps, vectors and unit enums is understood.

use super::diagnostics::Problem;
use super::source::Source;
use super::suggest;
use serde_json::Value as Schema;
use std::ops::Range;
use toml_edit::{Item, Table, TableLike, Value};

/// A schema that says nothing.
static NOTHING: Schema = Schema::Null;

/// All problems of `table` as the object that `schema` describes.
pub(super) fn check(source: &Source, table: &Table, schema: &Schema) -> Vec<Problem> {
    let mut checker = Checker {
        source,
        root: schema,
        problems: Vec::new(),
        current: String::new(),
    };
    checker.table(table, source.first_key(), schema, "");
    checker.problems
}

struct Checker<'a> {
    source: &'a Source,
    root: &'a Schema,
    problems: Vec<Problem>,
    /// Description of the key that is being checked; entries of its array have none of their own.
    current: String,
}

impl<'a> Checker<'a> {
    fn table(
        &mut self,
        table: &dyn TableLike,
        place: Range<usize>,
        schema: &'a Schema,
        path: &str,
    ) {
        let schema = self.resolve(schema);
        let properties = schema["properties"].as_object();
        if properties.is_none() && self.types(schema).is_empty() {
            // Whatever is there will do.
            return;
        }
        let mut suggestions = String::new();
        for (name, item) in table.iter() {
            let inner = join(path, name);
            let known = properties.and_then(|all| all.get(name));
            // An object without properties, but with a schema for whatever is in it, is a map.
            match known.or(Some(&schema["additionalProperties"]).filter(|rest| rest.is_object())) {
                Some(expected) => {
                    self.current = self.own_description(expected);
                    self.item(item, expected, &inner);
                }
                None => {
                    let key = table.get_key_value(name).and_then(|(key, _)| key.span());
                    let valid: Vec<&str> = properties
                        .into_iter()
                        .flat_map(|all| all.keys().map(String::as_str))
                        .collect();
                    let help = suggest::help(name, &valid, self.owner(name));
                    suggestions += help.split("Valid keys").next().unwrap_or_default();
                    let place = key.unwrap_or(place.clone());
                    let message = format!("unknown key `{name}`{}", section(path));
                    let problem = self.source.problem(place, message, "not known", help);
                    self.problems.push(problem.of_unknown_key(name));
                }
            }
        }
        for name in schema["required"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Schema::as_str)
        {
            // A key that a misspelt one was meant to be is not missing as well.
            if !table.contains_key(name) && !suggestions.contains(&format!("`{name}`")) {
                let help = self.description(schema["properties"].get(name).unwrap_or(&NOTHING));
                self.report(
                    place.clone(),
                    format!("`{name}` is missing{}", section(path)),
                    format!("needs `{name}`"),
                    help,
                );
            }
        }
    }

    fn item(&mut self, item: &Item, schema: &'a Schema, path: &str) {
        let place = item.span().unwrap_or_else(|| self.source.first_key());
        match item {
            Item::Value(value) => self.value(value, place, schema, path),
            Item::Table(table) if self.wants(schema, "object") => {
                self.table(table, place, schema, path)
            }
            Item::Table(_) => self.wrong_type(place, schema, path, "a table"),
            Item::ArrayOfTables(tables) if self.wants(schema, "array") => {
                let items = &self.resolve(schema)["items"];
                for table in tables {
                    let place = table.span().unwrap_or(place.clone());
                    self.table(table, place, items, path);
                }
            }
            Item::ArrayOfTables(_) => self.wrong_type(place, schema, path, "an array of tables"),
            Item::None => {}
        }
    }

    fn value(&mut self, value: &Value, place: Range<usize>, schema: &'a Schema, path: &str) {
        if let Value::Float(number) = value
            && !number.value().is_finite()
        {
            let message = format!("`{path}` is {}, not a finite number", number.value());
            let help = self.description(schema);
            return self.report(place, message, "not finite", help);
        }
        let kind = match value {
            Value::InlineTable(_) => "object",
            Value::Array(_) => "array",
            Value::String(_) => "string",
            Value::Boolean(_) => "boolean",
            Value::Integer(_) => "integer",
            Value::Float(_) => "number",
            Value::Datetime(_) => "datetime",
        };
        if !self.wants(schema, kind) {
            return self.wrong_type(place, schema, path, spoken(kind));
        }
        let resolved = self.resolve(schema);
        match value {
            Value::InlineTable(table) => self.table(table, place, schema, path),
            Value::Array(array) => {
                let bounds = (resolved["minItems"].as_u64(), resolved["maxItems"].as_u64());
                let length = array.len() as u64;
                if bounds.0.is_some_and(|low| length < low)
                    || bounds.1.is_some_and(|high| length > high)
                {
                    let wanted = bounds.0.or(bounds.1).unwrap_or(0);
                    let help = if path.ends_with("schedule") {
                        "an entry of a schedule is [time_s, value]".to_owned()
                    } else {
                        self.description(schema)
                    };
                    self.report(
                        place,
                        format!("`{path}` needs {wanted} numbers here, not {length}"),
                        "wrong length",
                        help,
                    );
                }
                for entry in array {
                    let place = entry.span().unwrap_or_else(|| self.source.first_key());
                    self.value(entry, place, &resolved["items"], path);
                }
            }
            Value::String(text) => self.choice(text.value(), place, resolved, path),
            Value::Integer(number) => {
                if let Some(low) = resolved["minimum"]
                    .as_f64()
                    .filter(|&low| (*number.value() as f64) < low)
                {
                    let help = self.description(schema);
                    self.report(
                        place,
                        format!("`{path}` must be at least {low}, it is {}", number.value()),
                        "too small",
                        help,
                    );
                }
            }
            _ => {}
        }
    }

    /// A text where the schema lists what it may be.
    fn choice(&mut self, given: &str, place: Range<usize>, schema: &'a Schema, path: &str) {
        let listed = schema["enum"].as_array().into_iter().flatten();
        let described = schema["oneOf"]
            .as_array()
            .into_iter()
            .flatten()
            .flat_map(|one| {
                one["enum"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .chain(std::iter::once(&one["const"]))
            });
        let valid: Vec<&str> = listed.chain(described).filter_map(Schema::as_str).collect();
        if valid.is_empty() || valid.contains(&given) {
            return;
        }
        let later = schema["x-later"]
            .as_array()
            .into_iter()
            .flatten()
            .any(|one| one == given);
        let message = match later {
            true => format!("`{path} = \"{given}\"` is not available yet"),
            false => format!("\"{given}\" is not a valid `{path}`"),
        };
        let meant = suggest::nearest(given, &valid)
            .map_or(String::new(), |one| format!("did you mean \"{one}\"? "));
        let help = format!(
            "{meant}Valid: {}",
            valid
                .iter()
                .map(|one| format!("\"{one}\""))
                .collect::<Vec<_>>()
                .join(", ")
        );
        self.report(
            place,
            message,
            if later { "comes later" } else { "not valid" },
            help,
        );
    }

    fn wrong_type(&mut self, place: Range<usize>, schema: &'a Schema, path: &str, found: &str) {
        let wanted: Vec<&str> = self
            .types(schema)
            .into_iter()
            .filter(|one| *one != "null")
            .map(spoken)
            .collect();
        let help = self.description(schema);
        self.report(
            place,
            format!("`{path}` must be {}, not {found}", wanted.join(" or ")),
            found.to_owned(),
            help,
        );
    }

    /// Whether a value of JSON type `kind` fits.
    fn wants(&self, schema: &'a Schema, kind: &str) -> bool {
        let types = self.types(schema);
        types.is_empty()
            || types.contains(&kind)
            || (kind == "integer" && types.contains(&"number"))
    }

    /// JSON types that a schema allows; empty if it does not say.
    fn types(&self, schema: &'a Schema) -> Vec<&'a str> {
        let schema = self.resolve(schema);
        match &schema["type"] {
            Schema::String(one) => vec![one],
            Schema::Array(several) => several.iter().filter_map(Schema::as_str).collect(),
            _ if schema["oneOf"].is_array() || schema["enum"].is_array() => vec!["string"],
            _ => Vec::new(),
        }
    }

    /// Follows references, and takes what is not null of an option.
    fn resolve(&self, schema: &'a Schema) -> &'a Schema {
        if let Some(name) = schema["$ref"]
            .as_str()
            .and_then(|path| path.strip_prefix("#/$defs/"))
        {
            return self.resolve(self.root["$defs"].get(name).unwrap_or(&NOTHING));
        }
        let present = schema["anyOf"]
            .as_array()
            .and_then(|any| any.iter().find(|one| one["type"] != "null"));
        present.map_or(schema, |one| self.resolve(one))
    }

    /// The docstring of a key and of its type; of an array's entry, those of the array.
    fn description(&self, schema: &'a Schema) -> String {
        Some(self.own_description(schema))
            .filter(|own| !own.is_empty())
            .unwrap_or_else(|| self.current.clone())
    }

    fn own_description(&self, schema: &'a Schema) -> String {
        let resolved = self.resolve(schema);
        let own = schema["description"].as_str().unwrap_or_default();
        let of_type = resolved["description"]
            .as_str()
            .filter(|text| *text != own)
            .unwrap_or_default();
        format!("{own} {of_type}")
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
    }

    /// The table, of those directly below the root, that has a key `name`.
    fn owner(&self, name: &str) -> Option<String> {
        let tables = self.root["properties"].as_object()?;
        if tables.contains_key(name) {
            return Some("the top level, before the first [section]".to_owned());
        }
        let owner = tables
            .iter()
            .find(|(_, schema)| self.resolve(schema)["properties"].get(name).is_some())?;
        Some(format!("[{}]", owner.0))
    }

    fn report(
        &mut self,
        place: Range<usize>,
        message: impl Into<String>,
        label: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.problems
            .push(self.source.problem(place, message, label, help));
    }
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    }
}

fn section(path: &str) -> String {
    if path.is_empty() {
        String::new()
    } else {
        format!(" in [{path}]")
    }
}

/// A JSON type in words.
fn spoken(kind: &str) -> &str {
    match kind {
        "object" => "a table",
        "array" => "an array",
        "string" => "a text",
        "boolean" => "true or false",
        "integer" => "a whole number",
        "number" => "a number",
        "datetime" => "a date",
        other => other,
    }
}
