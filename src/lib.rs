//! Nanomolding of metallic glasses: viscous flow of the bulk coupled to diffusion in the wire-mold interface layer.
//!
//! Dependencies point one way: `cli` → `simulation` → `flow`, `front` → `kernels` → `backend`.
//! `materials` and `physics` know nothing of files, devices or terminals; `case` and `mesh` read files into them.

pub mod output;
