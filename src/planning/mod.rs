//! Which experiments next: what a measured length would say of numbers that are asked for, before it is measured.
//!
//! Everything is linear and normal about what is known now. The numbers θ of the laws (logarithms where they are fitted so) have a
//! covariance P: that of the material's file, of lengths that are there already, and plausible widths for the rest. A length of
//! error σ with the derivatives g = ∂ln L/∂θ narrows it,
//!
//! > P′ = P − P g gᵀP/(σ² + gᵀP g),
//!
//! and says ½ ln(|C P Cᵀ|/|C P′Cᵀ|) nats of the numbers C θ that are asked for. One number asked for is c-optimal design, all of them
//! D-optimal design. What pores share, an error of the model at their diameter and a shift of their mold, is part of θ, so that a
//! diameter that is repeated tells less each time. [`greedy::plan`] takes the experiment that says most per hour or cost, again and
//! again, and then exchanges single ones as long as that says more. Where the lengths of the plan would have a second reading, far from the first, the plan gets an
//! experiment that tells them apart ([`rivals`]).

pub mod greedy;
pub mod knowledge;
pub mod laboratory;
pub mod rivals;
pub mod target;

pub use greedy::{Limit, Plan, Step, plan};
pub use knowledge::{Knowledge, Sensitivity};
pub use laboratory::{Candidate, Laboratory};
pub use rivals::Readings;
pub use target::{At, Target};
