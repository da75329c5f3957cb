//! Surface tension: its load on the flow.

use super::Curve;
use crate::flow::filling::Filling;
use crate::flow::solver::FlowSolver;
use crate::kernels::Real;
use glam::DVec2;

/// Surface tension and what the wall does to it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Capillarity {
    /// γ/(pR), p the reference stress.
    pub tension: f64,
    /// Contact angle through the liquid in rad; imposed where the contact line can slide.
    pub contact_angle: f64,
}

/// Adds the traction −γκ n of the free surface to the right-hand side of `solver`.
///
/// A face feels the surface as far as the filling differs between its two cells, −γκ × (difference × area): the same
/// differences that a pressure γκ × filling gives, so that a surface of uniform curvature is balanced exactly. γκ is that
/// of the nearest node, averaged over a cell.
///
/// Where the wall imposes a contact angle (`slides`), what the surface has not yet turned to it is turned within less than a
/// cell of the line: a pull of γ per length, of which the part along the wall acts on the liquid beside it.
pub fn load<T: Real>(
    solver: &mut FlowSolver<T>,
    filling: &Filling,
    curve: &Curve,
    capillarity: &Capillarity,
    slides: bool,
) {
    let tension = capillarity.tension;
    let grid = solver.grid.clone();
    let layout = solver.layout();
    let curvatures = curve.averaged_curvatures(curve.scale() * (grid.r[1] - grid.r[0]));
    let chain = curve.chain();
    let (np, jm, nz) = (grid.pore_across, grid.mouth_row, grid.rows());
    let [radial, axial, ..] = layout.segments();
    let middle = |v: &[f64], k: usize| 0.5 * (v[k] + v[k + 1]);
    let traction = |r: f64, z: f64| {
        let place = DVec2::new(r, z);
        let nearest = (chain.points().iter().zip(&curvatures))
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
    if slides {
        let k = axial.start + layout.axial_row(grid.contact_row).start + np - 1;
        let pull = capillarity.contact_angle.cos() + curve.wall_angle().sin();
        // Per circumference, on what flows through the whole cross-section: along the wall it is as fast as the wall is inclined.
        let [radius, slope] = grid.wall.at(curve.contact());
        loads.push((k, tension * pull * slope.hypot(1.0) / radius));
    }
    let rhs = solver.rhs_mut();
    for (k, load) in loads {
        rhs[k] = rhs[k] + T::of(load);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::discretise::{self, Medium};
    use crate::flow::grid::Grid;
    use crate::flow::solver::Loads;
    use crate::front::{Closing, MODES, Modes, filling};
    use crate::mesh::{MeshSpec, WallProfile};

    /// What the load does when everything flows along ξ = r/R_w with the same volume, and the energy that the surfaces lose meanwhile, per volume.
    fn work(wall: &WallProfile, coefficients: [f64; MODES], angle: f64) -> [f64; 2] {
        let mesh = MeshSpec {
            cell_radius: 2.0,
            reservoir_depth: 2.0,
            cells_per_radius: 32,
            growth: 1.1,
            longest_cell: 2.0,
            wall: wall.clone(),
        };
        let modes = Modes::in_pore(mesh.cells_per_radius, wall.clone());
        let curve = Curve::new(&modes, coefficients, 1.8, Closing::Slides).expect("a front");
        let grid = Grid::with_front(&mesh, curve.contact(), curve.top());
        let layout = discretise::layout(&grid, [0, 0]);
        let filled = filling(&curve.chain(), &grid);
        let medium = Medium {
            filling: Some(filled.clone()),
            ..Medium::uniform(&layout, 0.0, 0.0)
        };
        let loads = Loads {
            inlet_pressure: 1.0,
            tip_pressure: 0.0,
        };
        let mut solver = FlowSolver::<f64>::new(grid, &medium, loads).expect("regular");
        let before = solver.rhs_mut().to_vec();
        let capillarity = Capillarity {
            tension: 1.0,
            contact_angle: angle,
        };
        load(&mut solver, &filled, &curve, &capillarity, true);
        let [_, axial, ..] = layout.segments();
        let done = axial.map(|k| solver.rhs_mut()[k] - before[k]).sum();
        let energy = |shift: f64| {
            let place = |p: &DVec2| {
                let z = wall.depth_of(wall.below(p.y) + shift);
                DVec2::new(p.x * wall.radius(z), z)
            };
            let places: Vec<DVec2> = curve.chain().points().iter().map(place).collect();
            let area = |p: &[DVec2]| 0.5 * (p[0].x + p[1].x) * p[0].distance(p[1]);
            let front: f64 = places.windows(2).map(area).sum();
            front - angle.cos() * wall.area(wall.mouth(), places[places.len() - 1].y)
        };
        let shift = 1e-4;
        [done, (energy(-shift) - energy(shift)) / (2.0 * shift)]
    }

    /// Whatever the front's shape, the pore's and the angle: what surface and line do to a flow is what their energy loses.
    #[test]
    fn surface_and_line_do_the_work_of_their_energy() {
        let walls = [
            WallProfile::Straight,
            WallProfile::measured(vec![0.0, 1.2, 9.0], vec![1.0, 0.5, 0.5]),
            WallProfile::Tapered { slope: 0.3 },
            WallProfile::Tapered { slope: -0.4 },
        ];
        for wall in walls {
            for coefficients in [[0.0; MODES], [0.6, 0.05, 0.0, 0.0, 0.0]] {
                for degrees in [60.0f64, 140.0] {
                    let [done, lost] = work(&wall, coefficients, degrees.to_radians());
                    assert!(
                        (done - lost).abs() < 0.02 * lost.abs(),
                        "{wall:?}, {coefficients:?}, {degrees}°: {done} {lost}"
                    );
                }
            }
        }
    }
}
