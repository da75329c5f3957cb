//! The stream function of a solution at any point of the pore.

use crate::flow::solver::FlowSolver;
use crate::kernels::Real;
use glam::DVec2;

/// Volume per radian and time that passes along the pore between the axis and a point.
///
/// On the grid's lines it is the sum of the solution's axial flows, exact to its divergence; across a ring the velocity is taken
/// as linear, between two rows ψ is linear in z, as the constant radial velocity of a face has it.
#[derive(Clone, Debug)]
pub struct Stream {
    /// r-faces of the pore and ring centres.
    faces: Vec<f64>,
    centres: Vec<f64>,
    /// z-faces of the whole grid.
    z: Vec<f64>,
    /// Axial velocity in the pore's columns, by rows of `z`.
    axial: Vec<Vec<f64>>,
}

impl Stream {
    /// Of the state of `solver`.
    pub fn new<T: Real>(solver: &FlowSolver<T>) -> Self {
        let (grid, layout) = (&solver.grid, solver.layout());
        let faces = grid.r[..=grid.pore_across].to_vec();
        let state = &solver.state()[layout.segments()[1].clone()];
        let row = |j: usize| {
            let start = layout.axial_row(j).start;
            state[start..start + grid.pore_across]
                .iter()
                .map(|v| v.f64())
                .collect()
        };
        Stream {
            centres: faces.windows(2).map(|p| 0.5 * (p[0] + p[1])).collect(),
            axial: (0..=grid.rows()).map(row).collect(),
            z: grid.z.clone(),
            faces,
        }
    }

    /// ψ at `point`.
    pub fn inside(&self, point: DVec2) -> f64 {
        let (j, s) = between(&self.z, point.y);
        let (i, _) = between(&self.faces, point.x);
        let n = self.centres.len();
        let row = |j: usize| {
            let velocity = &self.axial[j];
            let area = |k: usize, outer: f64| 0.5 * (outer * outer - self.faces[k].powi(2));
            let full: f64 = (0..i)
                .map(|k| velocity[k] * area(k, self.faces[k + 1]))
                .sum();
            // Level on the axis and, beyond the contact line, at the wall.
            let difference = |k: usize| {
                if k == 0 || k == n {
                    0.0
                } else {
                    (velocity[k] - velocity[k - 1]) / (self.centres[k] - self.centres[k - 1])
                }
            };
            let slope = 0.5 * (difference(i) + difference(i + 1));
            // ∫ (r − r̄) r dr up to the point, r̄ the radius that makes it zero for the whole ring.
            let moment = |outer: f64| (outer.powi(3) - self.faces[i].powi(3)) / 3.0;
            let edge = self.faces[i + 1];
            let mean = moment(edge) / area(i, edge);
            let part = area(i, point.x);
            full + velocity[i] * part + slope * (moment(point.x) - mean * part)
        };
        row(j) + s * (row(j + 1) - row(j))
    }
}

/// Index of the line below `x` (not the last) and the fraction on the way to the next; constant beyond the ends.
fn between(lines: &[f64], x: f64) -> (usize, f64) {
    let k = lines.partition_point(|l| *l <= x).clamp(1, lines.len() - 1) - 1;
    let t = (x - lines[k]) / (lines[k + 1] - lines[k]);
    (k, t.clamp(0.0, 1.0))
}
