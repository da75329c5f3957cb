//! Sweeps: a base case at every combination of some of its values, computed in parallel, stored so that nothing is lost,
//! resumed and divided among machines (`docs/sweeps.md`).

#![warn(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::unreachable,
    clippy::todo
)]

mod axis;
mod check;
mod chosen;
mod critical;
mod description;
mod done;
mod execute;
mod folders;
mod lines;
mod merge;
mod plan;
mod point;
mod replacement;
mod report;
mod row;
mod shard;
mod store;
mod stored;
mod values;

pub use axis::Axis;
pub use chosen::points_of;
pub use critical::{Critical, critical_csv, criticals};
pub use description::{AxisFile, Scale, Setting, SweepFile, schema};
pub use done::Done;
pub use execute::{execute, execute_on};
pub use merge::{Conflict, Merged, Place, merge};
pub use plan::Plan;
pub use replacement::Replacement;
pub use report::{Background, CRITICAL_TABLE, REPORT, Stated, Timings, report, timings};
pub use row::{Columns, PointResult, TipComposition};
pub use shard::Shard;
pub use store::{Existing, Store, TABLE};
pub use stored::Refused;
