//! From measured lengths, or from stated facts, to the laws of a material.
//!
//! [`calibration::calibrate`] goes from lengths to viscosity and δ D_I of each temperature and on to the laws;
//! [`stated::fit_facts`] goes from facts (critical diameters, glass transitions, …) to the laws. What a length means is a
//! [`model::LengthModel`]: the closed forms of the paper ([`model::ClosedForms`]) or the solver's own physics ([`reduced::Reduced`],
//! [`full::Scaled`]);
//! [`readings::readings`] says what each of their differences does. Nothing here knows of terminals; tables are read by
//! [`crate::experiments`], material files written by the caller.

pub mod calibration;
pub mod covariance;
pub mod data;
pub mod ensemble;
mod fact;
pub mod facts;
pub mod full;
pub mod laws;
pub mod least_squares;
pub mod material_file;
pub mod model;
pub mod parameters;
pub mod posterior;
pub mod profile;
pub mod readings;
pub mod reduced;
pub mod report;
mod rivals;
pub mod species;
pub mod stated;
mod stated_length;
pub mod statistics;
pub mod temperature;
