//! Metallic glasses: what is known of an alloy, with its provenance, and the laws that follow from it.
//!
//! A [`Material`] is plain data with serde derives; reading it from a file is the business of [`crate::case`].

mod crystallisation;
mod description;
mod laws;
mod quantity;
mod rules;

pub use crystallisation::Crystallisation;
pub use description::{
    BulkDiffusion, Capillarity, InterfaceDiffusion, Material, Relaxation, Viscosity,
    ViscosityConvention,
};
pub use quantity::{Provenance, Quantity};

/// JSON Schema of a material file (the same text that a case takes under `[material]`).
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(Material).to_value()
}
