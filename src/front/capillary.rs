//! Surface tension: the load on the flow and its share in the step.

use super::{Chain, Shape};
use crate::flow::discretise::wall_distance;
use crate::flow::filling::Filling;
use crate::flow::solver::FlowSolver;
use crate::kernels::Real;
use glam::DVec2;

/// Surface tension and what the wall does to it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Capillarity {
    /// γ/(pR), p the driving pressure.
    pub tension: f64,
    /// Contact angle through the liquid in rad; imposed where the contact line can slide.
    pub contact_angle: f64,
}

/// Adds the traction −γκ n of the free surface to the right-hand side of `solver`.
///
/// A face feels the surface as far as the filling differs between its two cells, −γκ × (difference × area): the same
/// differences that a pressure γκ × filling gives, so that a surface of uniform curvature is balanced exactly. γκ is that
/// of the nearest marker, averaged over a cell.
///
/// Where the wall imposes a contact angle, the surface ends with that tangent rather than its own: the difference pulls
/// at the contact line with γ per length, of which the part along the wall acts on the liquid beside it and on the wall
/// (see [`super::sample::Sliding`]).
pub fn load<T: Real>(
    solver: &mut FlowSolver<T>,
    filling: &Filling,
    chain: &Chain,
    capillarity: &Capillarity,
    contact_angle: Option<f64>,
    slip_length: f64,
) {
    let tension = capillarity.tension;
    let shape = Shape::new(chain);
    let h = solver.grid.r[1] - solver.grid.r[0];
    let curvatures = &shape.averaged_curvatures(h);
    let grid = solver.grid.clone();
    let layout = solver.layout();
    let (np, jm, nz) = (grid.pore_across, grid.mouth_row, grid.rows());
    let [radial, axial, ..] = layout.segments();
    let middle = |v: &[f64], k: usize| 0.5 * (v[k] + v[k + 1]);
    let traction = |r: f64, z: f64| {
        let place = DVec2::new(r, z);
        let nearest = chain
            .points()
            .iter()
            .zip(curvatures)
            .min_by(|a, b| {
                a.0.distance_squared(place)
                    .total_cmp(&b.0.distance_squared(place))
            })
            .expect("a chain has markers");
        tension * nearest.1
    };
    let share = |i: usize, j: usize| {
        if j < jm { 1.0 } else { filling.cell(i, j - jm) }
    };
    let mut loads: Vec<(usize, f64)> = Vec::new();
    for j in jm..=nz {
        for i in 0..np {
            let below = if j == 0 { 1.0 } else { share(i, j - 1) };
            let above = if j < nz { share(i, j) } else { 0.0 };
            if below != above {
                let area = 0.5 * (grid.r[i + 1].powi(2) - grid.r[i].powi(2));
                let k = axial.start + layout.axial_row(j).start + i;
                let force = traction(middle(&grid.r, i), grid.z[j]) * area * (below - above);
                loads.push((k, -force));
            }
            if j == nz {
                continue;
            }
            // The dry wall holds nothing; a wetted one bears what the liquid presses on it.
            let right = i + 1;
            let outside = if right < np {
                share(right, j)
            } else if j >= grid.contact_row {
                0.0
            } else {
                above
            };
            if above != outside {
                let area = grid.r[right] * (grid.z[j + 1] - grid.z[j]);
                let k = radial.start + layout.radial_row(j).start + right;
                let force = traction(grid.r[right], middle(&grid.z, j)) * area * (above - outside);
                loads.push((k, -force));
            }
        }
    }
    if let Some(angle) = contact_angle {
        let k = axial.start + layout.axial_row(grid.contact_row).start + np - 1;
        let share = slip_length / (slip_length + wall_distance(&grid));
        loads.push((k, share * tension * (angle.cos() - shape.end_tangent().y)));
    }
    let rhs = solver.rhs_mut();
    for (k, load) in loads {
        rhs[k] = rhs[k] + T::of(load);
    }
}

/// The displacements `normal` of the markers over a step in which surface tension relaxes them, made stable for steps
/// longer than the relaxation of short waves.
///
/// A wave of number k relaxes at the rate γk/2η. With β = γΔt/2η the operator (1 − β²/8 ∂²/∂s²)⁻¹ bounds the product of
/// rate and step by √2 for every k, and tends to 1 for waves longer than β. It acts on the displacement relative to the
/// rigid motion `rigid`, so that a steady shape stays as it is.
pub(super) fn relaxed(
    chain: &Chain,
    shape: &Shape,
    normal: &mut [f64],
    rigid: f64,
    capillary_step: f64,
) {
    let beta = 0.5 * capillary_step;
    if beta <= 0.0 {
        return;
    }
    let s = chain.arc_lengths();
    let translation: Vec<f64> = shape.normals().iter().map(|n| rigid * n.y).collect();
    let n = s.len();
    let strength = beta * beta / 8.0;
    let (mut lower, mut diagonal) = (vec![0.0; n], vec![1.0; n]);
    let mut upper = vec![0.0; n];
    for k in 0..n {
        let before = if k > 0 { s[k] - s[k - 1] } else { s[1] - s[0] };
        let after = if k + 1 < n { s[k + 1] - s[k] } else { before };
        let (left, right) = (
            2.0 * strength / (before * (before + after)),
            2.0 * strength / (after * (before + after)),
        );
        // No slope at the axis and none at the wall: the neighbour beyond is the one before.
        match k {
            0 => upper[0] = -left - right,
            k if k + 1 == n => lower[k] = -left - right,
            _ => (lower[k], upper[k]) = (-left, -right),
        }
        diagonal[k] = 1.0 + left + right;
    }
    let right = normal
        .iter()
        .zip(&translation)
        .map(|(d, t)| d - t)
        .collect();
    let smooth = super::spline::tridiagonal(&lower, &diagonal, &upper, right);
    for ((d, s), t) in normal.iter_mut().zip(smooth).zip(translation) {
        *d = s + t;
    }
}
