//! Reading TOML and tables of numbers so that every mistake is answered with its line, a caret and what would be valid.
//!
//! [`Source`] is a text with its name; [`Source::parse`] checks it against the JSON Schema of the target type (unknown keys, types, missing keys,
//! numbers that are not finite) before serde sees it. `--set` overrides ([`Override`]) are applied to the text, so spans still exist. [`Table`] does the same for the points of a sweep; tables of measurements are read by [`crate::experiments`].

#![warn(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::unreachable,
    clippy::todo,
    clippy::indexing_slicing
)]

mod check;
mod diagnostics;
mod excerpt;
mod overrides;
mod records;
mod source;
mod suggest;
mod table;
mod text;

pub use diagnostics::{InputError, Problem};
pub use overrides::Override;
pub(crate) use records::{Record, records};
pub use source::Source;
pub use table::Table;
pub(crate) use text::{MOST_OF_TABLE, can_be_read, read_text};

/// The dimension of a unit by its name ("nm", "GPa", "h"), and its size in the dimension's SI unit (none for temperatures, which
/// differ by an offset).
pub(crate) fn unit(name: &str) -> Option<(&'static str, Option<f64>)> {
    suggest::unit(name)
}

/// The name among `valid` that `given` most resembles, if any does.
pub(crate) fn nearest<'a>(given: &str, valid: &[&'a str]) -> Option<&'a str> {
    suggest::nearest(given, valid)
}
