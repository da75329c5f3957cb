//! From measured lengths, or from stated facts, to the laws of a material.
//!
//! Nothing here knows of terminals; files are read by [`crate::input`] and written by the caller.

pub mod data;
pub mod least_squares;
pub mod model;
