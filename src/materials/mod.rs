//! Metallic glasses: what is known of an alloy, with its provenance, and the laws that follow from it.
//!
//! A [`Material`] is plain data with serde derives; reading it from a file is the business of [`crate::case`].

mod alloy;
mod covariance;
mod crystallisation;
mod description;
mod diffusion;
mod fictive;
mod laws;
mod quantity;
mod range;
mod rules;
mod viscosity;

pub use alloy::{Alloy, Avrami, Element};
pub use covariance::{Covariance, plain as plain_key};
pub use crystallisation::Crystallisation;
pub use description::{Capillarity, Material, Relaxation};
pub use diffusion::{BulkDiffusion, InterfaceDiffusion};
pub use fictive::Structure;
pub use quantity::{Provenance, Quantity};
pub use range::{BULK, Extrapolation, INTERFACE, LawRange, VISCOSITY};
pub use viscosity::{
    Fictive, FictiveModel, Rheology, Viscosity, ViscosityConvention, ViscosityLaw, ViscosityTable,
};

/// JSON Schema of a material file (the same text that a case takes under `[material]`).
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(Material).to_value()
}
