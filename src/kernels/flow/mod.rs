//! Kernels of the coupled flow + layer multigrid.
//!
//! The system is `K x = b` with `K = [[A, −Dᵀ, Cᵀ], [−D, 0, 0], [C, 0, −S]]`: A the energy form of the viscous
//! stress, D the volume-weighted divergence, C the wall coupling, S the layer's Laplacian with its leakage.

pub mod boxes;
pub mod coarse;
pub mod correct;
pub mod defect;
pub mod norm;
pub mod prolong;
pub mod residual;
pub mod restrict;
pub mod smooth;

use super::{Fields, LevelTables, Real};

/// Row of the layer balance of wall cell `k`: a v − (net outflow of the layer, leakage included), v the velocity out of
/// the bulk.
#[inline(always)]
pub(crate) fn layer_row<T: Real>(
    tables: &LevelTables<T>,
    x: &Fields<T>,
    k: usize,
    outward: T,
) -> T {
    let stress = x.layer;
    let (below, above) = (tables.conductance[k], tables.conductance[k + 1]);
    let previous = if k > 0 { stress[k - 1] } else { T::zero() };
    let next = stress.get(k + 1).copied().unwrap_or(T::zero());
    tables.wall_area[k] * outward + below * (previous - stress[k]) + above * (next - stress[k])
        - tables.leakage[k] * stress[k]
}
