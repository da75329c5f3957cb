//! Constants, closed forms and scales of nanomolding. SI units throughout; nothing here knows of files or terminals.

mod closed_forms;
pub mod constants;
mod dimensionless;
mod eyring;
mod monotone;
mod not_finite;
mod schedule;
mod violation;

pub use closed_forms::*;
pub use dimensionless::Dimensionless;
pub use eyring::Eyring;
pub use monotone::monotone;
pub use not_finite::NotFinite;
pub use schedule::Schedule;
pub use violation::Violation;
