//! Strain rates of a flow, from the same differences that the energy form squares.

use crate::kernels::{Fields, Layout, LevelTables, corner_strains};

/// Normal strain rates of a cell.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Normal {
    /// e_rr.
    pub radial: f64,
    /// e_θθ.
    pub hoop: f64,
    /// e_zz.
    pub axial: f64,
}

impl Normal {
    /// Those of cell (`i`, `j`).
    pub fn of(tables: &LevelTables<f64>, x: &Fields<f64>, i: usize, j: usize) -> Self {
        let layout = &tables.layout;
        let u = &x.radial[layout.radial_row(j)];
        let [lower, upper] = [j, j + 1].map(|j| x.axial[layout.axial_row(j)][i]);
        Normal {
            radial: (u[i + 1] - u[i]) * tables.radial_sq[i].sqrt(),
            hoop: (u[i + 1] + u[i]) * tables.hoop_sq[i].sqrt(),
            axial: (upper - lower) * tables.axial_sq[j].sqrt(),
        }
    }

    /// Their part 2(e_rr² + e_θθ² + e_zz²) of γ̇² = 2 e:e.
    pub fn square(&self) -> f64 {
        2.0 * (self.radial.powi(2) + self.hoop.powi(2) + self.axial.powi(2))
    }
}

/// Shear at node (`i`, `j`), but at the mouth corner: twice the tensor's component.
pub fn shear(tables: &LevelTables<f64>, x: &Fields<f64>, i: usize, j: usize) -> f64 {
    Around::new(&tables.layout, x, j).shear(tables, i, j)
}

/// Mean square of the shear in the three quadrants at the mouth corner.
pub fn corner_square(tables: &LevelTables<f64>, x: &Fields<f64>) -> f64 {
    let (_, np, jm, _) = tables.layout.sizes();
    let (dz, dr) = tables.node_factors(np, jm);
    let [below, above, inside, outside] = Around::new(&tables.layout, x, jm).sides(np);
    // Half distances.
    let sides = [dz * below, dz * above, dr * inside, dr * outside].map(|side| 2.0 * side);
    let strains = corner_strains(tables.corner_give, sides);
    strains.iter().map(|strain| strain * strain).sum::<f64>() / 3.0
}

/// Velocities around a row of nodes.
#[derive(Clone, Copy, Debug)]
pub struct Around<'a> {
    /// Radial ones below and above it; none beyond the domain.
    below: &'a [f64],
    above: &'a [f64],
    /// Axial ones in it.
    axial: &'a [f64],
}

impl<'a> Around<'a> {
    /// Those around node row `j`.
    pub fn new(layout: &Layout, x: &Fields<'a, f64>, j: usize) -> Self {
        let rows = layout.rows as usize;
        let radial = |within: bool, j: usize| match within {
            true => &x.radial[layout.radial_row(j)],
            false => &[],
        };
        Around {
            below: radial(j > 0, j.wrapping_sub(1)),
            above: radial(j < rows, j),
            axial: &x.axial[layout.axial_row(j)],
        }
    }

    /// [`shear`] at node (`i`, `j`), `j` that of the row.
    pub fn shear(&self, tables: &LevelTables<f64>, i: usize, j: usize) -> f64 {
        let (dz, dr) = tables.node_factors(i, j);
        let [below, above, inside, outside] = self.sides(i);
        dz * (above - below) + dr * (outside - inside)
    }

    /// Radial velocities below and above node `i` and axial ones inside and outside of it; zero beyond the domain.
    fn sides(&self, i: usize) -> [f64; 4] {
        let entry = |row: &[f64], i: usize| row.get(i).copied().unwrap_or(0.0);
        let inside = if i > 0 { entry(self.axial, i - 1) } else { 0.0 };
        [
            entry(self.below, i),
            entry(self.above, i),
            inside,
            entry(self.axial, i),
        ]
    }
}
