//! Reading TOML and tables of numbers so that every mistake is answered with its line, a caret and what would be valid.
//!
//! [`Source`] is a text with its name; [`Source::parse`] checks it against the JSON Schema of the target type (unknown keys, types, missing keys,
//! numbers that are not finite) before serde sees it. `--set` overrides ([`Override`]) are applied to the text, so spans still exist. [`Table`] does the same for the points of a sweep; tables of measurements are read by [`crate::experiments`].

mod check;
mod diagnostics;
mod overrides;
mod source;
mod suggest;
mod table;

pub use diagnostics::{InputError, Problem};
pub use overrides::Override;
pub use source::Source;
pub use table::Table;

/// What may have been meant by `given`, a name that is not among `valid`.
pub(crate) fn help_with_unknown(given: &str, valid: &[&str]) -> String {
    suggest::help(given, valid, None)
}
