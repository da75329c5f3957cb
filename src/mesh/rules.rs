//! The rules a mesh must satisfy (measured reasons in the solver's notes), and its resolution into pore radii.

use super::WallProfile;
use super::description::{MeshFile, MeshSpec};
use crate::physics::{Violation, cell_radius_of_hexagonal_array};

/// Fewest and most cells across the pore radius: 8 is the coarsest grid that was measured; 128 has 16 times the cells of the standard mesh.
const CELLS: std::ops::RangeInclusive<u32> = 8..=128;
/// Smallest cell radius: below it the mold face is a rim thinner than a quarter of the radius, which no array of pores has.
const MIN_CELL_RADIUS: f64 = 1.25;
/// Largest cell radius: a pore so far from the next one is isolated, and more cells change nothing.
const MAX_CELL_RADIUS: f64 = 32.0;
/// Deepest reservoir in cell radii: its modes have decayed like exp(−3.8 H/R_c) long before.
const MAX_DEPTH: f64 = 8.0;
/// Widest rounding of the mouth's edge that was measured, in pore radii.
const LARGEST_FILLET: f64 = 0.5;
/// Fewest cells along a wave of the wall: the estimate of the error halves them.
const CELLS_PER_WAVE: f64 = 8.0;
/// Cells outside the pore that the coarsest level needs at least.
const MIN_OUTER_CELLS: f64 = 2.0;

impl MeshFile {
    /// The mesh in pore radii, for a pore of `pore_diameter_nm` (the case's; else the file's own).
    ///
    /// # Errors
    /// Every rule that is broken.
    pub fn resolve(&self, pore_diameter_nm: Option<f64>) -> Result<MeshSpec, Vec<Violation>> {
        let mut found = Vec::new();
        self.check_diameter(pore_diameter_nm, &mut found);
        let diameter = pore_diameter_nm.or(self.pore_diameter_nm);
        let radii = |key: &str, nm: f64, found: &mut Vec<Violation>| match diameter {
            Some(diameter) => 2.0 * nm / diameter,
            None => {
                let reason = format!("`{key}` is in nm, but the pore's diameter is not known here");
                found.push(Violation::new(key, reason, "give `pore_diameter_nm` too, or use the mesh in a case, or give lengths in pore radii"));
                f64::NAN
            }
        };
        let cell_radius = match (
            self.cell_radius,
            self.cell_radius_nm,
            self.pore_period,
            self.pore_period_nm,
        ) {
            (Some(radius), None, None, None) => Some((radius, "cell_radius")),
            (None, Some(nm), None, None) => {
                Some((radii("cell_radius_nm", nm, &mut found), "cell_radius_nm"))
            }
            (None, None, Some(period), None) => {
                Some((cell_radius_of_hexagonal_array(period), "pore_period"))
            }
            (None, None, None, Some(nm)) => Some((
                cell_radius_of_hexagonal_array(radii("pore_period_nm", nm, &mut found)),
                "pore_period_nm",
            )),
            given => {
                let count = [given.0, given.1, given.2, given.3]
                    .iter()
                    .flatten()
                    .count();
                let key = ["", "pore_period_nm", "pore_period", "cell_radius_nm"]
                    .into_iter()
                    .zip([None, given.3, given.2, given.1])
                    .find_map(|(key, value)| value.map(|_| key))
                    .unwrap_or_default();
                let reason = format!(
                    "the width of the cell must be given exactly once, here it is given {count} times"
                );
                found.push(Violation::new(
                    key,
                    reason,
                    "one of cell_radius, cell_radius_nm, pore_period, pore_period_nm",
                ));
                None
            }
        };
        let depth = match (self.reservoir_depth, self.reservoir_depth_nm) {
            (Some(depth), None) => Some((depth, "reservoir_depth")),
            (None, Some(nm)) => Some((
                radii("reservoir_depth_nm", nm, &mut found),
                "reservoir_depth_nm",
            )),
            (given, _) => {
                let count = if given.is_some() {
                    "twice"
                } else {
                    "not at all"
                };
                let key = if given.is_some() {
                    "reservoir_depth_nm"
                } else {
                    ""
                };
                let reason = format!(
                    "the depth of the reservoir must be given exactly once, here it is given {count}"
                );
                found.push(Violation::new(
                    key,
                    reason,
                    "one of reservoir_depth, reservoir_depth_nm",
                ));
                None
            }
        };
        self.check_cells(&mut found);
        if let Some((radius, key)) = cell_radius {
            self.check_cell_radius(radius, key, &mut found);
            if let Some((depth, depth_key)) = depth {
                check_depth(depth, depth_key, radius, &mut found);
            }
        }
        let wall = self.wall.resolve(diameter).unwrap_or_else(|violations| {
            found.extend(violations);
            WallProfile::Straight
        });
        self.check_waves(&wall, &mut found);
        let fillet = match (self.mouth_fillet, self.mouth_fillet_nm) {
            (Some(_), Some(_)) => {
                found.push(Violation::new(
                    "mouth_fillet_nm",
                    "the radius of the mouth's edge is given twice",
                    "one of mouth_fillet and mouth_fillet_nm",
                ));
                None
            }
            (Some(radius), None) => Some((radius, "mouth_fillet")),
            (None, Some(nm)) => Some((radii("mouth_fillet_nm", nm, &mut found), "mouth_fillet_nm")),
            (None, None) => None,
        };
        if let Some((fillet, key)) = fillet {
            let cell_radius = cell_radius.map_or(f64::INFINITY, |(radius, _)| radius);
            self.check_fillet(fillet, key, cell_radius, &mut found);
        }
        let wall = wall.with_fillet(fillet.map_or(0.0, |(radius, _)| radius));
        match (cell_radius, depth) {
            (Some((cell_radius, _)), Some((reservoir_depth, _))) if found.is_empty() => {
                Ok(MeshSpec {
                    cell_radius,
                    reservoir_depth,
                    cells_per_radius: self.cells_per_radius as usize,
                    growth: self.growth,
                    longest_cell: self.longest_cell,
                    wall,
                })
            }
            _ => Err(found),
        }
    }

    fn check_diameter(&self, of_case: Option<f64>, found: &mut Vec<Violation>) {
        let Some(own) = self.pore_diameter_nm else {
            return;
        };
        if own <= 0.0 {
            found.push(Violation::new(
                "pore_diameter_nm",
                format!("a pore of {own} nm does not exist"),
                "a positive diameter in nm",
            ));
        }
        if let Some(case) = of_case.filter(|case| *case != own) {
            let reason =
                format!("the mesh is for a pore of {own} nm, the case has one of {case} nm");
            found.push(Violation::new(
                "pore_diameter_nm",
                reason,
                "leave it out: a case gives the diameter itself",
            ));
        }
    }

    fn check_cells(&self, found: &mut Vec<Violation>) {
        let n = self.cells_per_radius;
        let coarsest = if n == 0 { 0 } else { n >> n.trailing_zeros() };
        if !CELLS.contains(&n) || !(coarsest == 1 || coarsest == 3) {
            let reason = format!(
                "{n} cells cannot be halved down to the 2 or 3 cells across the pore that the multigrid's coarsest level needs"
            );
            let reason = if CELLS.contains(&n) {
                reason
            } else {
                format!(
                    "{n} cells per radius are outside {} to {}",
                    CELLS.start(),
                    CELLS.end()
                )
            };
            found.push(Violation::new(
                "cells_per_radius",
                reason,
                "8, 12, 16, 24, 32, 48, 64, 96 or 128",
            ));
        }
        if !(1.0..=1.1).contains(&self.growth) {
            let reason = format!(
                "a growth of {} from cell to cell is outside 1 to 1.1: beyond it the reservoir loses accuracy",
                self.growth
            );
            found.push(Violation::new("growth", reason, "1 (uniform) to 1.1"));
        }
        if !(1.0..=2.0).contains(&self.longest_cell) {
            let reason = format!(
                "cells {} times as long as the pore's are outside 1 to 2: the smoother fails on stretched cells",
                self.longest_cell
            );
            found.push(Violation::new("longest_cell", reason, "1 to 2"));
        }
    }

    /// A rounded edge that is none, or leaves nothing of the mold's face.
    fn check_fillet(&self, fillet: f64, key: &str, cell_radius: f64, found: &mut Vec<Violation>) {
        if fillet.is_nan() {
            return;
        }
        if !(0.0..=LARGEST_FILLET).contains(&fillet) {
            found.push(Violation::new(
                key,
                format!("an edge rounded with {fillet:.3} pore radii is outside 0 to {LARGEST_FILLET}"),
                format!("0 (sharp) to {LARGEST_FILLET} pore radii; a wider mouth is a funnel, `wall.profile = \"measured\"`"),
            ));
            return;
        }
        let face = (cell_radius - 1.0 - fillet) * f64::from(self.cells_per_radius);
        if face < MIN_OUTER_CELLS {
            found.push(Violation::new(
                key,
                format!("beyond an edge rounded with {fillet:.3} pore radii the mold's face is only {:.1} cells wide", face.max(0.0)),
                "at least 2 cells: a smaller radius, a larger cell radius or more cells per radius",
            ));
        }
    }

    /// Waves that the cells do not see.
    fn check_waves(&self, wall: &WallProfile, found: &mut Vec<Violation>) {
        let WallProfile::Wavy { period, .. } = wall else {
            return;
        };
        let cells = period * f64::from(self.cells_per_radius);
        // Of a period in whole cells written in decimals, to round-off.
        if cells < CELLS_PER_WAVE * (1.0 - 1e-9) {
            let least = CELLS_PER_WAVE / f64::from(self.cells_per_radius);
            found.push(Violation::new(
                "wall.period",
                format!("a wave of {period} pore radii is only {cells:.3} cells long"),
                format!("at least {CELLS_PER_WAVE} cells: {least:.3} pore radii, or a finer mesh"),
            ));
        }
    }

    fn check_cell_radius(&self, radius: f64, key: &str, found: &mut Vec<Violation>) {
        if radius < MIN_CELL_RADIUS {
            let reason = format!(
                "the feedstock cell has a radius of {radius} pore radii; pores would be closer than {MIN_CELL_RADIUS}"
            );
            found.push(Violation::new(key, reason, format!("a cell radius of at least {MIN_CELL_RADIUS} pore radii (a period of at least 2.38)")));
        } else if (radius - 1.0) * f64::from(self.cells_per_radius) < MIN_OUTER_CELLS {
            let reason = format!(
                "the mold face is only {} cells wide",
                (radius - 1.0) * f64::from(self.cells_per_radius)
            );
            found.push(Violation::new(
                key,
                reason,
                "at least 2 cells: a larger cell radius or more cells per radius",
            ));
        }
        if radius > MAX_CELL_RADIUS {
            let reason = format!(
                "a feedstock cell of {radius} pore radii is wider than {MAX_CELL_RADIUS}, where a pore is isolated long since"
            );
            found.push(Violation::new(
                key,
                reason,
                format!("at most {MAX_CELL_RADIUS} pore radii"),
            ));
        }
    }
}

fn check_depth(depth: f64, key: &str, radius: f64, found: &mut Vec<Violation>) {
    if depth < radius {
        let reason = format!(
            "the reservoir is {depth} pore radii deep, less than its radius {radius}: the flow towards the mouth (decaying like exp(−3.8 z/R_c)) would feel its end"
        );
        found.push(Violation::new(
            key,
            reason,
            format!("at least {radius}; {} is enough", 2.0 * radius),
        ));
    } else if depth > MAX_DEPTH * radius && radius >= MIN_CELL_RADIUS {
        let reason = format!(
            "a reservoir {depth} pore radii deep is more than {MAX_DEPTH} of its radii: nothing happens down there"
        );
        found.push(Violation::new(
            key,
            reason,
            format!("{} is enough", 2.0 * radius),
        ));
    }
}
