//! A TOML text with its name and the places of its keys.

use super::check;
use super::diagnostics::{InputError, Problem};
use super::overrides::{self, Override};
use super::text::{MOST_OF_TOML, read_text};
use crate::physics::Violation;
use miette::NamedSource;
use serde::de::DeserializeOwned;
use serde_json::Value as Schema;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use toml_edit::{Document, Item, TableLike, Value};

/// A TOML text that parses, with its name.
#[derive(Debug, Clone)]
pub struct Source {
    named: Arc<NamedSource<String>>,
    document: Document<String>,
}

impl Source {
    /// A source from a text; `name` appears in messages.
    ///
    /// # Errors
    /// If the text is not TOML.
    pub fn new(name: &str, text: String) -> Result<Self, InputError> {
        let named = Arc::new(NamedSource::new(name, text.clone()).with_language("toml"));
        match Document::parse(text) {
            Ok(document) => Ok(Self { named, document }),
            Err(error) => {
                let span = error.span().unwrap_or(0..0);
                let message = format!(
                    "this is not valid TOML: {}",
                    error.message().trim().replace('\n', ", ")
                );
                let help = "TOML needs `key = value` lines, text in double quotes, and `[section]` headers";
                Err(Problem::at(named, span, message, "here", help).into())
            }
        }
    }

    /// Reads `path` and applies `overrides` to it; setting one key of a group in `alternatives` removes the others of that group.
    ///
    /// # Errors
    /// If the file cannot be read, is not TOML, or an override cannot be applied.
    pub fn read(
        path: &Path,
        overrides: &[Override],
        alternatives: &[&[&str]],
    ) -> Result<Self, InputError> {
        let folder = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty())
            .unwrap_or(Path::new("."));
        let text = read_text(path, MOST_OF_TOML, || siblings(folder), TO_UTF_8)?;
        let given = Self::new(&path.display().to_string(), text)?;
        if overrides.is_empty() {
            return Ok(given);
        }
        let changed = overrides::apply(given.text(), overrides, alternatives)?;
        Self::new(
            &format!(
                "{} (with --set {})",
                path.display(),
                overrides::list(overrides)
            ),
            changed,
        )
    }

    /// The text.
    pub fn text(&self) -> &str {
        self.named.inner()
    }

    /// Whether the dotted `key` is there.
    pub fn has(&self, key: &str) -> bool {
        self.item(key).is_some()
    }

    /// Reads the text as `T`, whose JSON Schema is `schema`.
    ///
    /// # Errors
    /// All unknown keys, missing keys, wrong types and numbers that are not finite at once.
    pub fn parse<T: DeserializeOwned>(&self, schema: &Schema) -> Result<T, InputError> {
        let mut problems = check::check(self, self.document.as_table(), schema);
        problems.sort_by_key(Problem::offset);
        if let Some(error) = InputError::from_problems(problems) {
            return Err(error);
        }
        toml::from_str(self.text()).map_err(|error| {
            let span = error.span().unwrap_or(0..0);
            self.problem(
                span,
                error.message().to_owned(),
                "here",
                "`nanomold schema` lists every key with its type and unit",
            )
            .into()
        })
    }

    /// A problem at `span` of this text.
    pub fn problem(
        &self,
        span: Range<usize>,
        message: impl Into<String>,
        label: impl Into<String>,
        help: impl Into<String>,
    ) -> Problem {
        Problem::at(self.named.clone(), span, message, label, help)
    }

    /// `violation` as a problem of this text: at its key's value (numbers in the key count the entries of arrays from 0), or at the nearest enclosing table that is there.
    pub fn locate(&self, violation: &Violation) -> Problem {
        let mut key = violation.key.as_str();
        let span = loop {
            if let Some(span) = self.span(key).or_else(|| self.span_in_arrays(key)) {
                break span;
            }
            match key.rsplit_once('.') {
                Some((section, _)) => key = section,
                None => break self.first_key(),
            }
        };
        self.problem(
            span,
            violation.reason.clone(),
            "here",
            violation.remedy.clone(),
        )
    }

    /// All `violations` as one error, in the order of the text; `Ok` if there are none.
    ///
    /// # Errors
    /// If there is any violation.
    pub fn report(&self, violations: &[Violation]) -> Result<(), InputError> {
        let mut problems: Vec<Problem> = violations
            .iter()
            .map(|violation| self.locate(violation))
            .collect();
        problems.sort_by_key(Problem::offset);
        InputError::from_problems(problems).map_or(Ok(()), Err)
    }

    /// Bytes of the value at dotted `key` (of its header, where it is a `[table]`).
    pub fn span(&self, key: &str) -> Option<Range<usize>> {
        self.item(key).and_then(Item::span)
    }

    /// Bytes of the first key, as the place of a problem of the whole text.
    pub(super) fn first_key(&self) -> Range<usize> {
        self.document
            .iter()
            .next()
            .and_then(|(name, _)| self.document.key(name)?.span())
            .unwrap_or(0..0)
    }

    fn item(&self, key: &str) -> Option<&Item> {
        let mut item = self.document.as_item();
        for part in key.split('.') {
            item = item.as_table_like()?.get(part)?;
        }
        Some(item)
    }

    /// Bytes of what stands at a dotted key in which numbers count the entries of arrays from 0: `axis.0.values.3`.
    pub fn span_in_arrays(&self, key: &str) -> Option<Range<usize>> {
        let mut parts = key.split('.').peekable();
        let mut table: &dyn TableLike = self.document.as_table();
        loop {
            let item = table.get(parts.next()?)?;
            let mut value = match (item, parts.peek()) {
                (_, None) => return item.span(),
                (Item::ArrayOfTables(tables), Some(index)) => {
                    let inner = tables.get(index.parse().ok()?)?;
                    parts.next();
                    if parts.peek().is_none() {
                        return inner.span();
                    }
                    table = inner;
                    continue;
                }
                (Item::Value(value), _) => value,
                (Item::Table(inner), _) => {
                    table = inner;
                    continue;
                }
                (Item::None, _) => return None,
            };
            while let Value::Array(array) = value {
                value = array.get(parts.next()?.parse().ok()?)?;
                if parts.peek().is_none() {
                    return value.span();
                }
            }
            table = value.as_inline_table()?;
        }
    }
}

/// What to do with a file in another encoding.
const TO_UTF_8: &str = "save it as UTF-8 in the editor, or convert it: iconv -f WINDOWS-1252 -t UTF-8 old.toml > new.toml";

/// Files that are listed.
const LISTED: usize = 40;

/// Which TOML files a folder holds, as help.
fn siblings(folder: &Path) -> String {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return format!("the folder `{}` cannot be read either", folder.display());
    };
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| name.ends_with(".toml"))
        .collect();
    names.sort();
    match names.len() {
        0 => format!("`{}` holds no .toml file", folder.display()),
        _ => {
            let rest = if names.len() > LISTED { ", …" } else { "" };
            names.truncate(LISTED);
            format!("`{}` holds {}{rest}", folder.display(), names.join(", "))
        }
    }
}
