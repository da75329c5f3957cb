//! The velocity of a solution at any point of the pore.

use crate::flow::discretise::wall_distance;
use crate::flow::solver::FlowSolver;
use crate::kernels::{Layout, Real};
use glam::DVec2;

/// Bilinear interpolation of a solution's staggered velocities in the pore. A copy: it goes on while the solver is set up
/// for the next front.
#[derive(Clone, Debug)]
pub struct Velocity {
    layout: Layout,
    /// Radial velocity on r-faces and axial velocity on z-faces.
    radial: Vec<f64>,
    axial: Vec<f64>,
    /// r-faces of the pore and ring centres.
    faces: Vec<f64>,
    centres: Vec<f64>,
    /// z-faces and row centres of the whole grid.
    z: Vec<f64>,
    middles: Vec<f64>,
    contact: f64,
    /// Share of the outermost ring's axial velocity that slides along the wall.
    sliding: f64,
    wall_distance: f64,
}

impl Velocity {
    /// Samples the state of `solver`; `slip_length` is that of the pore wall.
    pub fn new<T: Real>(solver: &FlowSolver<T>, slip_length: f64) -> Self {
        let grid = &solver.grid;
        let layout = solver.layout();
        let middle = |v: &[f64]| v.windows(2).map(|p| 0.5 * (p[0] + p[1])).collect();
        let faces = grid.r[..=grid.pore_across].to_vec();
        let [radial, axial, ..] = layout.segments();
        let values =
            |of: std::ops::Range<usize>| solver.state()[of].iter().map(|v| v.f64()).collect();
        Velocity {
            layout,
            radial: values(radial),
            axial: values(axial),
            centres: middle(&faces),
            faces,
            z: grid.z.clone(),
            middles: middle(&grid.z),
            contact: grid.z[grid.contact_row],
            sliding: slip_length / (slip_length + wall_distance(grid)),
            wall_distance: wall_distance(grid),
        }
    }

    /// Velocity (radial, axial) at `point` in the pore.
    pub fn at(&self, point: DVec2) -> DVec2 {
        DVec2::new(self.radial(point), self.axial(point))
    }

    /// Volume per radian and time that passes along the pore between the axis and `point`: the stream function, that of the
    /// solution's rings at their edges and of a velocity linear across each ring between them.
    pub fn inside(&self, point: DVec2) -> f64 {
        let (j, s) = between(&self.z, point.y);
        let (i, _) = between(&self.faces, point.x);
        let n = self.centres.len();
        let row = |j: usize| {
            let row = &self.axial[self.layout.axial_row(j)];
            let velocity = |k: usize| row[k];
            let area = |k: usize, outer: f64| 0.5 * (outer * outer - self.faces[k].powi(2));
            let full: f64 = (0..i)
                .map(|k| velocity(k) * area(k, self.faces[k + 1]))
                .sum();
            // Level on the axis and, beyond the contact line, at the wall.
            let difference = |k: usize| {
                if k == 0 || k == n {
                    0.0
                } else {
                    (velocity(k) - velocity(k - 1)) / (self.centres[k] - self.centres[k - 1])
                }
            };
            let slope = 0.5 * (difference(i) + difference(i + 1));
            // ∫ (r − r̄) r dr up to the point, r̄ the radius that makes it zero for the whole ring.
            let moment = |outer: f64| (outer.powi(3) - self.faces[i].powi(3)) / 3.0;
            let edge = self.faces[i + 1];
            let mean = moment(edge) / area(i, edge);
            let part = area(i, point.x);
            full + velocity(i) * part + slope * (moment(point.x) - mean * part)
        };
        row(j) + s * (row(j + 1) - row(j))
    }

    fn radial(&self, p: DVec2) -> f64 {
        let (i, t) = between(&self.faces, p.x);
        let (j, s) = between(&self.middles, p.y);
        let row = |j: usize| {
            let row = &self.radial[self.layout.radial_row(j)];
            row[i] + t * (row[i + 1] - row[i])
        };
        // Below the mouth's row of cells the reservoir goes on: its rows start with the same columns.
        row(j) + s * (row(j + 1) - row(j))
    }

    fn axial(&self, p: DVec2) -> f64 {
        let (j, s) = between(&self.z, p.y);
        let n = self.centres.len();
        let across = |j: usize| {
            let row = &self.axial[self.layout.axial_row(j)];
            let at = |i: usize| row[i];
            if p.x <= self.centres[0] {
                at(0)
            } else if p.x < self.centres[n - 1] {
                let (i, t) = between(&self.centres, p.x);
                at(i) + t * (at(i + 1) - at(i))
            } else {
                // Towards the wall the velocity falls to what slides; beyond the contact line there is no wall to it.
                let last = at(n - 1);
                let t = (p.x - self.centres[n - 1]) / (1.0 - self.centres[n - 1]);
                let at_wall = if self.z[j] <= self.contact {
                    self.sliding * last
                } else {
                    last
                };
                last + t * (at_wall - last)
            }
        };
        across(j) + s * (across(j + 1) - across(j))
    }
}

/// Index of the line below `x` (not the last) and the fraction on the way to the next; constant beyond the ends.
fn between(lines: &[f64], x: f64) -> (usize, f64) {
    let k = lines.partition_point(|l| *l <= x).clamp(1, lines.len() - 1) - 1;
    let t = (x - lines[k]) / (lines[k + 1] - lines[k]);
    (k, t.clamp(0.0, 1.0))
}

impl Velocity {
    /// How the contact line slides along the wall.
    pub fn sliding(&self) -> Sliding {
        let j = self.z.partition_point(|z| *z < self.contact).max(1);
        let row = &self.axial[self.layout.axial_row(j)];
        Sliding {
            velocity: self.sliding * row[self.centres.len() - 1],
            mobility: 2.0 * self.sliding * self.wall_distance / (self.z[j] - self.z[j - 1]),
        }
    }
}

/// Velocity of a contact line on a wall with slip length b: velocity + mobility × force per length.
///
/// The ring at the distance d from the wall moves with w; its last wall node wets half a cell, of height Δz/2. There the
/// force F per length of the line balances (η(w − v)/d − ηv/b) Δz/2 + F = 0, so that v = w b/(b + d) + F 2/(ηΔz) bd/(b + d);
/// the ring feels the share b/(b + d) of F.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sliding {
    /// Share of the ring's velocity.
    pub velocity: f64,
    /// Velocity per force and length, in units of 1/η.
    pub mobility: f64,
}
