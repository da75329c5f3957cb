//! Metallic glasses: what is known of an alloy, with its provenance, and the laws that follow from it.
//!
//! A [`Material`] is plain data with serde derives; reading it from a file is the business of [`crate::case`].

mod covariance;
mod crystallisation;
mod description;
mod fictive;
mod laws;
mod quantity;
mod range;
mod rules;

pub use covariance::{Covariance, plain as plain_key};
pub use crystallisation::Crystallisation;
pub use description::{
    BulkDiffusion, Capillarity, Fictive, FictiveModel, InterfaceDiffusion, Material, Relaxation,
    Viscosity, ViscosityConvention,
};
pub use fictive::Structure;
pub use quantity::{Provenance, Quantity};
pub use range::Extrapolation;

/// JSON Schema of a material file (the same text that a case takes under `[material]`).
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(Material).to_value()
}
