//! Nanomolding of metallic glasses: viscous flow of the bulk coupled to diffusion in the wire-mold interface layer.
//!
//! The rooms of the program from the top down. A room imports from rooms below it only, and only from those that the last column names; a
//! test holds the map to the code. `materials` and `physics` know nothing of files, devices or terminals, and nothing but `backend`,
//! `compute` and `cli` knows of graphics processors: what a run asks to be computed it asks a [`compute::Computer`].
//!
//! | room | what | imports |
//! | --- | --- | --- |
//! | `cli` | the commands: arguments, terminal, exit codes | backend, calibrate, case, compute, experiments, flow, input, kernels, materials, mesh, output, physics, planning, reduced, results, scaling, simulation, stop, sweep, synthetic, uncertainty, wafer, watch |
//! | `sweep` | a case at many values: points, tables, shards, reports | case, compute, input, materials, mesh, output, physics, reduced, results, scaling, simulation, stop |
//! | `uncertainty` | what a length or a material is not known to, and what causes it | calibrate, case, materials |
//! | `planning` | which experiments next: what a length would say before it is measured | calibrate, experiments, materials, physics |
//! | `scaling` | Eqs. (1) to (3) on measured lengths | calibrate, experiments |
//! | `calibrate` | the other way: from measured lengths or stated facts to a material | case, experiments, input, materials, physics, reduced, synthetic, watch |
//! | `wafer` | from the length in every pore of a mold to a map | experiments, input, physics, reduced |
//! | `synthetic` | experiments that a run has made up, with noise | case, experiments, input, physics, simulation, watch |
//! | `results` | fills tables, fields and records from runs | case, compute, flow, output, physics, reduced, simulation, stop |
//! | `reduced` | lengths without solving the flow | case, flow, front, mesh, output, physics, simulation, watch |
//! | `simulation` | a run: time steps of flow, front and species | case, compute, fields, flow, front, kernels, materials, mesh, physics, saved, species, stop |
//! | `compute` | who computes: the CPU, a device, a seat at a shared one | backend, flow, kernels, mesh, species, stop |
//! | `species` | composition and crystallinity, moved by a flow that is given | flow, front, kernels, materials, mesh, physics, saved, stop |
//! | `front` | a free front: its shape, its motion, what acts on it | flow, kernels, mesh, saved |
//! | `flow` | the flow problem at one position of the front | backend, kernels, mesh, physics, saved, stop |
//! | `backend` | executes plans of kernels on the CPU and on GPUs | kernels |
//! | `case` | one molding, read from a file | input, kernels, materials, mesh, physics |
//! | `materials` | what is known of a metallic glass, and its laws | kernels, physics |
//! | `experiments` | tables of measurements | input, physics |
//! | `mesh` | the shape of the mold and the resolution of the grid | input, physics |
//! | `input` | TOML with places of errors | physics |
//! | `output` | plain tables, fields, pictures and records | fields, saved |
//! | `fields` | named values with unit and place |  |
//! | `saved` | a state taken apart into plain parts |  |
//! | `stop` | what asks long work to stop |  |
//! | `watch` | who looks on while results are computed, and may keep them |  |
//! | `kernels` | what one dispatch computes, on flat arrays |  |
//! | `physics` | constants, closed forms, violated rules |  |

pub mod backend;
pub mod calibrate;
pub mod case;
pub mod cli;
pub mod compute;
pub mod experiments;
pub mod fields;
pub mod flow;
pub mod front;
pub mod input;
pub mod kernels;
pub mod materials;
pub mod mesh;
pub mod output;
pub mod physics;
pub mod planning;
pub mod reduced;
pub mod results;
pub mod saved;
pub mod scaling;
pub mod simulation;
pub mod species;
pub mod stop;
pub mod sweep;
pub mod synthetic;
pub mod uncertainty;
pub mod wafer;
pub mod watch;

#[cfg(test)]
mod rooms;
