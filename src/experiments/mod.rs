//! Measured lengths of nanowires: one row per experiment, from a table as laboratories write them.
//!
//! Each column has a quantity and a unit in its header, as in `d_nm`, `T (°C)` or `p [MPa]`; [`Column`] lists them. Files may
//! part their cells by commas, semicolons or tabs, write decimals with a point or a comma, begin with a byte order mark, state the
//! units in a line below the header, and hold columns that say nothing to the program. Everything that is left out is counted
//! ([`Experiments::remarks`]); everything that is not understood is refused with its line and cell ([`read`]).

#![warn(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::unreachable,
    clippy::todo
)]

mod header;
mod number;
mod profile;
mod read;
mod record;
mod rules;
mod temperatures;
mod units;
mod write;

pub(crate) use number::{Decimal, is_missing};
pub use profile::{Part, ProfilePoint, WireProfile, parse_profile, read_profile};
pub use read::{Experiments, parse, read};
pub use record::{Column, Experiment, Measured};
pub use temperatures::{SAME_TEMPERATURE_K, same_temperature};
pub use write::{profile_to_csv, to_csv};

/// What a column's name says, and the factor from its unit to that of the column ([`Column::unit`]); none for a name that is not
/// understood, or a temperature in kelvin.
pub(crate) fn column_meaning(name: &str) -> Option<(Column, f64)> {
    match header::meaning(name) {
        header::Meaning::Known(column, units::Conversion::Factor(factor)) => Some((column, factor)),
        _ => None,
    }
}

/// A unit of length as it is written by hand, in m.
pub(crate) fn length_in_metres(unit: &str) -> Option<f64> {
    match units::conversion(unit, "m")? {
        units::Conversion::Factor(factor) => Some(factor),
        units::Conversion::Kelvin => None,
    }
}

/// The number that a cell is; none for a number with its error.
pub(crate) fn parse_number(text: &str, decimal: Decimal) -> Option<f64> {
    // Most cells are plain, and there may be millions of them.
    if let Ok(value) = text.parse::<f64>() {
        return value.is_finite().then_some(value);
    }
    let number = number::parse(text, decimal)?;
    number.plus_minus.is_none().then_some(number.value)
}
