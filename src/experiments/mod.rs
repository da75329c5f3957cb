//! Measured lengths of nanowires: one row per experiment, from a table as laboratories write them.
//!
//! Each column has a quantity and a unit in its header, as in `d_nm`, `T (°C)` or `p [MPa]`; [`Column`] lists them. Files may
//! part their cells by commas, semicolons or tabs, write decimals with a point or a comma, begin with a byte order mark, state the
//! units in a line below the header, and hold columns that say nothing to the program. Everything that is left out is counted
//! ([`Experiments::remarks`]); everything that is not understood is refused with its line and cell ([`read`]).

mod decode;
mod header;
mod number;
mod read;
mod record;
mod rules;
mod temperatures;
mod units;
mod write;

pub use read::{Experiments, parse, read};
pub use record::{Column, Experiment, Measured};
pub use temperatures::{SAME_TEMPERATURE_K, same_temperature};
pub use write::to_csv;
