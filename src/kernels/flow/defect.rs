//! The outer problem's residual b − K x, which becomes the right-hand side of the correction equation.

use super::residual;
use crate::kernels::{Fields, LevelTables, split_rows};

/// Computes b − K x into `defect`; all vectors of the level's length.
pub fn compute(tables: &LevelTables<f64>, x: &[f64], b: &[f64], defect: &mut [f64]) {
    let layout = tables.layout;
    let (x, b) = (Fields::of(&layout, x), Fields::of(&layout, b));
    for block in &mut split_rows(&layout, defect, &[0]) {
        residual::rows(tables, &x, &b, block);
    }
}
