//! Nanomolding of metallic glasses: viscous flow of the bulk coupled to diffusion in the wire-mold interface layer.
//!
//! Dependencies point one way: `cli` → `sweep` → `results`, `calibrate`, `scaling`, `synthetic`, `reduced` → `simulation` → `flow`, `front` → `backend` → `kernels`. A backend executes
//! plans of kernels; a kernel knows flat arrays only. `output` writes plain tables, fields and pictures; `results` fills it from runs.
//! `materials` and `physics` know nothing of files, devices or terminals; `case` and `mesh` read files into them.
//! `uncertainty` draws what a case is not known to and computes its length again.
//! `calibrate` goes the other way, from measured lengths or stated facts to a material, and `wafer` from the length in every pore to a map.

pub mod backend;
pub mod calibrate;
pub mod case;
pub mod cli;
pub mod experiments;
pub mod flow;
pub mod front;
pub mod input;
pub mod kernels;
pub mod materials;
pub mod mesh;
pub mod output;
pub mod physics;
pub mod reduced;
pub mod results;
pub mod scaling;
pub mod simulation;
pub mod species;
pub mod sweep;
pub mod synthetic;
pub mod uncertainty;
pub mod wafer;
