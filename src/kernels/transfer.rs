//! Tables of the grid transfer between a level and the next coarser one.
//!
//! Prolongation is linear in each direction, from tables for one direction at a time; which table applies is decided
//! by where the *coarse* unknown sits, so that the restriction, its transpose, reads the same tables backwards.

use super::Real;

/// Linear interpolation along one direction, both ways round.
#[derive(Clone, Debug, Default)]
pub struct Line<T> {
    /// First coarse index that fine index i reads, and the weights of it and of the next one.
    pub from_coarse: Vec<(u32, [T; 2])>,
    /// First fine index that coarse index I collects, and the weights of it and of the next ones.
    pub from_fine: Vec<(u32, [T; SPREAD])>,
}

/// Most fine entries that one coarse entry reaches in one direction (a coarse cell, half of each neighbour, and the
/// cell beyond where a boundary's slope is continued).
pub const SPREAD: usize = 5;

impl<T: Real> Line<T> {
    /// Builds both directions from (first coarse index, two weights) per fine index.
    ///
    /// # Panics
    /// If a coarse entry reaches more than [`SPREAD`] fine ones, which no coarsening by two does.
    pub fn new(from_coarse: Vec<(u32, [f64; 2])>, coarse_len: usize) -> Self {
        let mut from_fine = vec![(u32::MAX, [T::zero(); SPREAD]); coarse_len];
        for (i, (base, weights)) in from_coarse.iter().enumerate() {
            for (a, &weight) in weights.iter().enumerate().filter(|(_, w)| **w != 0.0) {
                let (first, row) = &mut from_fine[*base as usize + a];
                if *first == u32::MAX {
                    *first = i as u32;
                }
                row[i - *first as usize] = T::of(weight);
            }
        }
        for entry in &mut from_fine {
            if entry.0 == u32::MAX {
                entry.0 = 0;
            }
        }
        let from_coarse = from_coarse
            .into_iter()
            .map(|(base, w)| (base, w.map(T::of)))
            .collect();
        Line {
            from_coarse,
            from_fine,
        }
    }
}

/// All lines between two levels. Arrays over the position of the coarse unknown are ordered pore, wall, outside.
#[derive(Clone, Debug, Default)]
pub struct Transfer<T> {
    /// Radial velocity across: r-faces.
    pub radial_across: Line<T>,
    /// Radial velocity along: cell rows, by coarse column: inside the pore radius, at it, outside it.
    pub radial_along: [Line<T>; 3],
    /// Axial velocity across: cells, by coarse face row: below the mold face, in its plane, above it.
    pub axial_across: [Line<T>; 3],
    /// Axial velocity along: z-faces.
    pub axial_along: Line<T>,
    /// Pressure across: cells, by coarse row: reservoir, pore.
    pub pressure_across: [Line<T>; 2],
    /// Pressure along: cell rows, by coarse column: inside the pore radius, outside it.
    pub pressure_along: [Line<T>; 2],
    /// Factor on the pressure of every coarse cell before it is interpolated; 1 but at a free front.
    pub pressure_from: Vec<T>,
    /// Factor on the interpolated pressure that every fine cell gets; 1 but at a free front.
    pub pressure_to: Vec<T>,
    /// Layer stress along the wall.
    pub layer: Line<T>,
}
