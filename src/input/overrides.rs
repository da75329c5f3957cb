//! `--set key=value`: overrides that are written into the text before it is read.

use super::diagnostics::{InputError, Problem, limited};
use miette::NamedSource;
use std::str::FromStr;
use std::sync::Arc;
use toml_edit::{DocumentMut, InlineTable, Item, Key, Table, TableLike, Value, value};

/// Most parts of a dotted key: no input is nested half as deep.
const DEEPEST: usize = 32;
/// Longest list of overrides in the name of a source (characters).
const LONGEST_LIST: usize = 200;

/// One `key=value` with a dotted key.
#[derive(Debug, Clone)]
pub struct Override {
    given: String,
    key: Vec<String>,
    value: Value,
}

impl Override {
    /// Reads `key=value`: a dotted TOML key and a TOML value; a value that is not TOML is taken as text.
    ///
    /// # Errors
    /// If there is no `=` or the key is not a TOML key.
    pub fn parse(given: &str) -> Result<Self, InputError> {
        let refuse = |message: String| {
            let source = Arc::new(NamedSource::new("--set", given.to_owned()));
            let help = "write --set key=value, e.g. --set process.temperature_C=287 or --set mesh.cells_per_radius=16";
            InputError::from(Problem::at(source, 0..given.len(), message, "here", help))
        };
        let (key, text) = given
            .split_once('=')
            .ok_or_else(|| refuse(format!("`--set {given}` has no `=`")))?;
        let key = Key::parse(key.trim())
            .ok()
            .filter(|parts| parts.len() <= DEEPEST)
            .ok_or_else(|| refuse(format!("`{}` is not a dotted key", key.trim())))?;
        let text = text.trim();
        let value = Value::from_str(text).unwrap_or_else(|_| Value::from(text));
        Ok(Self {
            given: given.to_owned(),
            key: key.iter().map(|part| part.get().to_owned()).collect(),
            value,
        })
    }

    /// Reads all of `given`.
    ///
    /// # Errors
    /// At the first that cannot be read, see [`Override::parse`].
    pub fn parse_all(given: &[String]) -> Result<Vec<Self>, InputError> {
        given.iter().map(|one| Self::parse(one)).collect()
    }

    /// The same override seen from inside the table `section`, if its key begins there.
    pub fn inside(&self, section: &str) -> Option<Self> {
        let (first, rest) = self.key.split_first()?;
        (first == section && !rest.is_empty()).then(|| Self {
            key: rest.to_vec(),
            ..self.clone()
        })
    }

    /// Whether any of `overrides` sets the dotted `key` itself.
    pub fn names(overrides: &[Self], key: &str) -> bool {
        overrides.iter().any(|one| one.dotted() == key)
    }

    fn dotted(&self) -> String {
        self.key.join(".")
    }
}

/// The overrides as the user gave them, for the name of the source.
pub(super) fn list(overrides: &[Override]) -> String {
    let all: Vec<&str> = overrides.iter().map(|one| one.given.as_str()).collect();
    limited(all.join(" "), LONGEST_LIST)
}

/// `text` with all `overrides` written into it. Of each group of `alternatives` only the keys that are set survive, if any is.
#[expect(clippy::expect_used, reason = "the text has been read before")]
pub(super) fn apply(
    text: &str,
    overrides: &[Override],
    alternatives: &[&[&str]],
) -> Result<String, InputError> {
    let mut document = DocumentMut::from_str(text).expect("the text has been parsed before");
    for group in alternatives {
        let set: Vec<String> = overrides.iter().map(Override::dotted).collect();
        let chosen = |key: &str| {
            set.iter()
                .any(|one| one == key || one.starts_with(&format!("{key}.")))
        };
        if group.iter().any(|key| chosen(key)) {
            for key in group.iter().filter(|key| !chosen(key)) {
                remove(document.as_table_mut(), key);
            }
        }
    }
    for one in overrides {
        if !insert(document.as_table_mut(), false, &one.key, &one.value) {
            let source = Arc::new(NamedSource::new("--set", one.given.clone()));
            let message = format!(
                "`{}` cannot be set: a part of it is a value, not a table",
                one.dotted()
            );
            let help = "see `nanomold schema` for the keys";
            return Err(Problem::at(source, 0..one.given.len(), message, "here", help).into());
        }
    }
    Ok(document.to_string())
}

fn remove(table: &mut dyn TableLike, key: &str) {
    match key.split_once('.') {
        None => {
            table.remove(key);
        }
        Some((first, rest)) => {
            if let Some(inner) = table.get_mut(first).and_then(Item::as_table_like_mut) {
                remove(inner, rest);
            }
        }
    }
}

/// Writes `new` at `key`, making tables on the way (of the form `{ … }` where `inline`); false if a part of the key is there and is not a table.
fn insert(table: &mut dyn TableLike, inline: bool, key: &[String], new: &Value) -> bool {
    let Some((first, rest)) = key.split_first() else {
        return false;
    };
    if rest.is_empty() {
        write(table, first, new);
        return true;
    }
    if table.get(first).is_none() {
        let fresh = if inline {
            value(InlineTable::new())
        } else {
            Item::Table(Table::new())
        };
        table.insert(first, fresh);
    }
    let Some(item) = table.get_mut(first) else {
        return false;
    };
    let inline = item.is_inline_table();
    item.as_table_like_mut()
        .is_some_and(|inner| insert(inner, inline, rest, new))
}

/// Writes `new` over the entry `name`. A bare number over `{ value = …, provenance = … }` replaces the number and says so in its provenance.
fn write(table: &mut dyn TableLike, name: &str, new: &Value) {
    if let Some(quantity) = table.get_mut(name).and_then(Item::as_table_like_mut)
        && quantity.contains_key("provenance")
        && !new.is_inline_table()
    {
        quantity.insert("value", Item::Value(new.clone()));
        quantity.insert("provenance", value("assumed"));
        quantity.insert("note", value("given with --set"));
        quantity.remove("source");
        return;
    }
    let mut new = new.clone();
    if let Some(old) = table.get(name).and_then(Item::as_value) {
        *new.decor_mut() = old.decor().clone();
    }
    table.insert(name, Item::Value(new));
}
