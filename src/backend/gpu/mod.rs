//! Computing on a GPU through wgpu.

pub mod adapter;
