//! The viscosity of the supercooled liquid and of the glass: what a file says of it, and the laws.

mod description;
mod laws;
mod rules;

pub use description::{
    Fictive, FictiveModel, Rheology, Viscosity, ViscosityConvention, ViscosityLaw, ViscosityTable,
};
