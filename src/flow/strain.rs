//! Strain rates of a flow, from the same differences that the energy form squares.

use crate::kernels::{Fields, LevelTables, corner_strains};

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
    let (dz, dr) = tables.node_factors(i, j);
    let [below, above, inside, outside] = sides(tables, x, i, j);
    dz * (above - below) + dr * (outside - inside)
}

/// Mean square of the shear in the three quadrants at the mouth corner.
pub fn corner_square(tables: &LevelTables<f64>, x: &Fields<f64>) -> f64 {
    let (_, np, jm, _) = tables.layout.sizes();
    let (dz, dr) = tables.node_factors(np, jm);
    let [below, above, inside, outside] = sides(tables, x, np, jm);
    // Half distances.
    let sides = [dz * below, dz * above, dr * inside, dr * outside].map(|side| 2.0 * side);
    let strains = corner_strains(tables.corner_give, sides);
    strains.iter().map(|strain| strain * strain).sum::<f64>() / 3.0
}

/// Radial velocities below and above node (`i`, `j`) and axial ones inside and outside of it; zero beyond the domain.
fn sides(tables: &LevelTables<f64>, x: &Fields<f64>, i: usize, j: usize) -> [f64; 4] {
    let layout = &tables.layout;
    let (_, _, _, nz) = layout.sizes();
    let entry = |row: &[f64], i: usize| row.get(i).copied().unwrap_or(0.0);
    let radial = |j: usize| {
        if j < nz {
            entry(&x.radial[layout.radial_row(j)], i)
        } else {
            0.0
        }
    };
    let row = &x.axial[layout.axial_row(j)];
    let below = if j > 0 { radial(j - 1) } else { 0.0 };
    let inside = if i > 0 { entry(row, i - 1) } else { 0.0 };
    [below, radial(j), inside, entry(row, i)]
}
