//! Composition and crystallinity.

#[path = "../common/mod.rs"]
mod common;

mod composition;
mod layer;
