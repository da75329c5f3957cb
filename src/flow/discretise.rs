//! From grid lines and material fields to the metric tables and weights of a level.

use super::corner::Corner;
use super::filling::{self, Filling};
use super::grid::Grid;
use crate::kernels::{Layout, LevelTables, Real, Wall, corner_give};

/// The material as the flow sees it on one level; all dimensionless.
#[derive(Clone, Debug, PartialEq)]
pub struct Medium {
    /// Newtonian viscosity in every cell.
    pub cell_viscosity: Vec<f64>,
    /// Newtonian viscosity at every node.
    pub node_viscosity: Vec<f64>,
    /// Mobility M of the layer in every wall cell, as Λ = ηM/R³.
    pub mobility: Vec<f64>,
    /// Navier slip length b on pore wall and mold face.
    pub slip_length: f64,
    /// Navier slip length besides that at a free front's contact line; it falls off along the wall over [`SLIP_REACH`]
    /// times itself.
    pub contact_slip: f64,
    /// What the wall holds at a free front's contact line.
    pub contact_friction: ContactFriction,
    /// What a free front leaves liquid; `None` where the front is flat and ends the grid.
    pub filling: Option<Filling>,
}

/// What the wall nodes at a contact line hold besides the friction of the half cell below it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ContactFriction {
    /// Friction that the grid does not resolve, per velocity and length of the line, in units of η.
    pub extra: f64,
    /// How far the surface rolls onto the wall: 0 where it slides along it at an angle, 1 at 180°. There the friction of the last
    /// cell sits at its lower end, and is [`ROLLING`] times that of a cell more.
    pub rolling: f64,
}

/// Friction at the lower end of the last wetted cell of a rolling front, in cells and besides its own: the stress on the wall grows
/// like the inverse root of the distance from the line. With it the bulge of a steady front is 0.852, 0.843, 0.841 R and its end
/// correction 0.198, 0.204, 0.206 R (N = 16, 32, 64; 0.835 R and 0.206 R in truth); with the friction of a sliding line 0.869, 0.853,
/// 0.845 R and 0.187, 0.199, 0.204 R.
const ROLLING: f64 = 1.1;

/// Distance from the contact line at which its own slip length has fallen to 1/e, in slip lengths.
pub const SLIP_REACH: f64 = 4.0;

impl Medium {
    /// Uniform viscosity 1 and mobility Λ, no slip unless `slip_length` > 0.
    pub fn uniform(layout: &Layout, lambda: f64, slip_length: f64) -> Medium {
        Medium {
            cell_viscosity: vec![1.0; layout.cells()],
            node_viscosity: vec![1.0; layout.nodes()],
            mobility: vec![lambda; layout.wall_cells()],
            slip_length,
            contact_slip: 0.0,
            contact_friction: ContactFriction::default(),
            filling: None,
        }
    }

    /// The medium on the next coarser level: volume averages in cells, series resistance along the wall and at nodes, of which those in
    /// between yield to one shear together. (The viscosity of the node itself would do where it hardly changes from one to the next; in a liquid that thins
    /// it is the lowest of all at a wall, and the coarse level's corrections would be too large, until cycles diverge.)
    pub fn coarsen(
        &self,
        fine: (&Grid, &Layout),
        coarse: (&Grid, &Layout),
        faces: &[Vec<usize>; 2],
    ) -> Medium {
        let [across, along] = faces;
        let mut cell_viscosity = Vec::with_capacity(coarse.1.cells());
        let mut mobility = vec![0.0; coarse.1.wall_cells()];
        for j in 0..coarse.0.rows() {
            for i in 0..coarse.1.width(j) {
                let (mut sum, mut volume) = (0.0, 0.0);
                let (mut resistance, mut wall_length) = (0.0, 0.0);
                for fj in along[j]..along[j + 1] {
                    for fi in across[i]..across[i + 1] {
                        let v = (fine.0.r[fi + 1].powi(2) - fine.0.r[fi].powi(2))
                            * (fine.0.z[fj + 1] - fine.0.z[fj]);
                        sum += v * self.cell_viscosity[fine.1.cell_row(fj).start + fi];
                        volume += v;
                        if let Some(k) = fine.1.wall_of(fi, fj) {
                            let half = half_cell(fine.0, fine.1, k);
                            resistance += half / self.mobility[k];
                            wall_length += half;
                        }
                    }
                }
                cell_viscosity.push(sum / volume);
                if let Some(k) = coarse.1.wall_of(i, j) {
                    mobility[k] = wall_length / resistance;
                }
            }
        }
        let mut node_viscosity = Vec::with_capacity(coarse.1.nodes());
        for (j, &fj) in along.iter().enumerate() {
            for (i, &fi) in across.iter().enumerate().take(coarse.1.node_row(j).len()) {
                // Each node with its share of what lies around the coarse one.
                let (mut compliance, mut total) = (0.0, 0.0);
                for (row, share) in around(along, j, fj) {
                    let nodes = &self.node_viscosity[fine.1.node_row(row)];
                    for (column, part) in around(across, i, fi) {
                        if let Some(viscosity) = nodes.get(column) {
                            compliance += share * part / viscosity;
                            total += share * part;
                        }
                    }
                }
                node_viscosity.push(total / compliance);
            }
        }
        Medium {
            cell_viscosity,
            node_viscosity,
            mobility,
            slip_length: self.slip_length,
            contact_slip: self.contact_slip,
            contact_friction: self.contact_friction,
            filling: self.filling.as_ref().map(|filling| {
                let from_mouth = |j: &usize| j - fine.0.mouth_row;
                let along: Vec<usize> =
                    along[coarse.0.mouth_row..].iter().map(from_mouth).collect();
                filling.coarsen(&across[..=coarse.0.pore_across], &along)
            }),
        }
    }
}

/// The fine line `at` that the coarse line `k` keeps and those between it and its neighbours, with their shares.
fn around(kept: &[usize], k: usize, at: usize) -> impl Iterator<Item = (usize, f64)> {
    let before = k.checked_sub(1).map_or(at, |k| kept[k] + 1);
    let after = kept.get(k + 1).map_or(at, |next| next - 1);
    (before..=after).map(move |line| (line, if line == at { 1.0 } else { 0.5 }))
}

/// Half the resistance length ∫ds/r of wall cell `k` (in the radial direction ∫dr/r from centre to face; the outer
/// and the inner half are told apart in [`conductance`]).
fn half_cell(grid: &Grid, layout: &Layout, k: usize) -> f64 {
    match layout.wall(k) {
        Wall::Face(i) if grid.wall.is_straight() => 0.5 * (grid.r[i + 1] / grid.r[i]).ln(),
        Wall::Face(_) => {
            let (outer, inner) = halves(grid, layout, k);
            0.5 * (outer + inner)
        }
        Wall::Pore(j) => {
            let height = grid.z[j + 1] - grid.z[j];
            // Of a wall that is no cylinder a row has a longer piece, of another circumference.
            let [radius, slope] = grid.row(j);
            0.5 * height * slope.hypot(1.0) / (radius * grid.r[grid.pore_across])
        }
    }
}

/// Resistance lengths ∫ds/r from the centre of wall cell `k` back towards the cell radius and on towards the tip.
pub(crate) fn halves(grid: &Grid, layout: &Layout, k: usize) -> (f64, f64) {
    match layout.wall(k) {
        Wall::Face(i) => {
            let scale = grid.wall.mouth_radius();
            let [inner, outer] = [grid.r[i], grid.r[i + 1]].map(|r| scale * r);
            let centre = 0.5 * (inner + outer);
            let resistance = |from: f64, to: f64| grid.wall.face_sums(from, to)[2];
            (resistance(centre, outer), resistance(inner, centre))
        }
        Wall::Pore(_) => (half_cell(grid, layout, k), half_cell(grid, layout, k)),
    }
}

/// Conductances per radian between neighbouring wall cells: M r/Δs, in series through the two half cells.
fn conductance(grid: &Grid, layout: &Layout, mobility: &[f64]) -> Vec<f64> {
    let halves = |k: usize| halves(grid, layout, k);
    let n = mobility.len();
    let mut out = vec![0.0; n + 1];
    for k in 1..n {
        let (a, b) = (mobility[k - 1] / halves(k - 1).1, mobility[k] / halves(k).0);
        out[k] = if a + b > 0.0 { a * b / (a + b) } else { 0.0 };
    }
    out[n] = mobility[n - 1] / halves(n - 1).1;
    out
}

/// Conductances of the layer and its leakage. At the contact line of a free front the layer ends as it does at the tip
/// of a flat one.
fn layer(
    grid: &Grid,
    layout: &Layout,
    mobility: &[f64],
    wall_area: &[f64],
    void: f64,
) -> (Vec<f64>, Vec<f64>) {
    let mut conductance = conductance(grid, layout, mobility);
    let mut leakage = vec![0.0; layout.wall_cells()];
    if grid.contact_row < grid.rows() {
        let first_dry = layout.wall_row(grid.contact_row).start;
        let last_wet = first_dry - 1;
        // A contact line at the mouth ends the layer at the end of the mold face.
        let (_, to_tip) = halves(grid, layout, last_wet);
        leakage[last_wet] = mobility[last_wet] / to_tip;
        conductance[first_dry..].fill(0.0);
        // Beyond it the wall lets through what the moving front displaces.
        for k in first_dry..layout.wall_cells() {
            leakage[k] = wall_area[k] / void;
        }
    }
    (conductance, leakage)
}

/// Layout of the level that a grid describes.
pub fn layout(grid: &Grid, origin: [u32; 2]) -> Layout {
    Layout {
        across: grid.across() as u32,
        pore_across: grid.pore_across as u32,
        mouth_row: grid.mouth_row as u32,
        rows: grid.rows() as u32,
        origin,
    }
}

/// Distance from the pore wall to the outermost ring's average of the axial velocity; a little shorter than half a cell,
/// so that a parabola's slope comes out exactly.
pub fn wall_distance(grid: &Grid) -> f64 {
    let np = grid.pore_across;
    let width = grid.r[np] - grid.r[np - 1];
    0.5 * width * (1.0 - width / (2.0 * grid.r[np]))
}

/// Factor that a free front leaves of every cell's weight: 1 in liquid, small ahead of the front.
pub fn cell_factors(grid: &Grid, layout: &Layout, filling: &Filling) -> Vec<f64> {
    let mut factors = vec![1.0; layout.cells()];
    for j in grid.mouth_row..grid.rows() {
        let row = &mut factors[layout.cell_row(j)];
        for (i, factor) in row.iter_mut().enumerate() {
            let share = filling.cell(i, j - grid.mouth_row);
            *factor = filling::weight(share, filling.void());
        }
    }
    factors
}

/// Builds the tables of a level (`docs/numerics.md`, "Grid and unknowns").
pub fn tables<T: Real>(grid: &Grid, layout: &Layout, medium: &Medium) -> LevelTables<T> {
    let (nr, np, jm, nz) = layout.sizes();
    let width: Vec<f64> = grid.r.windows(2).map(|f| f[1] - f[0]).collect();
    let height: Vec<f64> = grid.z.windows(2).map(|f| f[1] - f[0]).collect();
    let centre: Vec<f64> = grid.r.windows(2).map(|f| 0.5 * (f[0] + f[1])).collect();
    let slip = medium.slip_length;
    let void = medium.filling.as_ref().map_or(1.0, Filling::void);

    let on_line: Vec<f64> = (0..=nz).map(|j| grid.line(j)[0]).collect();
    let radius = |j: usize| on_line[j];

    // Distances over which the shear at a node is taken. Radially, the axial velocity is a ring average: the distances
    // make the difference of two ring averages of a parabola its exact slope.
    let ring_distance = |i: usize| {
        if i == 0 || i == nr {
            1.0
        } else {
            0.5 * (width[i] + width[i - 1]) * (1.0 + (width[i] - width[i - 1]) / (2.0 * grid.r[i]))
        }
    };
    // A closed mold (no pore) and a bare tube (no reservoir), used by tests, lack one of the two walls.
    let wall_distance = if np == 0 { 1.0 } else { wall_distance(grid) };
    let face_distance = if jm == 0 { 1.0 } else { 0.5 * height[jm - 1] };
    let row_distance = |j: usize| match j {
        0 => height[0],
        j if j == nz => 0.5 * height[nz - 1],
        j => 0.5 * (height[j] + height[j - 1]),
    };
    // With slip the wall distance grows by b; the derivative along the wall keeps its share of the distance.
    let on_wall = wall_distance / (wall_distance + slip);
    let on_face = face_distance / (face_distance + slip);

    let node_dz: Vec<[f64; 3]> = (0..=nz)
        .map(|j| {
            let inner = if j == 0 || j == nz {
                0.0
            } else {
                1.0 / row_distance(j)
            };
            // Volumes through rings and cylinders are the unknowns, and r counts in radii of the pore: the axial velocity's
            // part of the shear has two powers of the radius less than the radial one's.
            let inner = inner * radius(j).powi(2);
            match j {
                j if j == jm => [inner, inner, radius(j).powi(2) / (face_distance + slip)],
                // Beyond the contact line nothing slides along the wall, nor does it there turn the wall's velocity.
                j if j > jm && j < grid.contact_row => [inner, inner * on_wall, 0.0],
                j if j > jm => [inner, 0.0, 0.0],
                _ => [inner; 3],
            }
        })
        .collect();
    let node_dr: Vec<[f64; 3]> = (0..=nr)
        .map(|i| {
            let inner = if i == 0 || i == nr {
                0.0
            } else {
                1.0 / ring_distance(i)
            };
            let mouth = if i > np { inner * on_face } else { inner };
            let pore = if i == np {
                1.0 / (wall_distance + slip)
            } else {
                inner
            };
            [inner, mouth, pore]
        })
        .collect();

    let corner = (np > 0 && jm > 0).then(|| {
        let k = layout.face_cells();
        let mobility = 0.5 * (medium.mobility[k - 1] + medium.mobility[k]);
        let viscosity = medium.node_viscosity[layout.node_row(jm).start + np];
        Corner {
            cell_compliance: viscosity * mobility / (radius(jm) * width[np - 1]).powi(3),
            compliance: viscosity * mobility / grid.r[np].powi(3),
            cell: width[np - 1] / grid.r[np],
            slip: slip / grid.r[np],
            fillet: grid.wall.fillet(),
        }
    });
    // Slip at the contact line takes friction off the wall there: the energy of a shear over d + b instead of d.
    let stick = |j: usize| {
        let b = medium.contact_slip;
        if b == 0.0 {
            return 1.0;
        }
        let distance = grid.z[grid.contact_row] - grid.z[j];
        let (d, b) = (
            radius(j) * wall_distance + slip,
            b * (-distance / (SLIP_REACH * b)).exp(),
        );
        d / (d + b)
    };
    // Share of a node's weight that a free front leaves. Friction at the wall is as long as the wall is wetted, however
    // much liquid faces the dry part.
    let filled_node = |i: usize, j: usize| match &medium.filling {
        Some(filling) if i < np && j >= jm => {
            let share = filling.node(i, j - jm);
            filling::weight(if j == jm { 0.5 * (1.0 + share) } else { share }, void)
        }
        Some(_) if i == np && j > jm => {
            let ContactFriction { extra, rolling } = medium.contact_friction;
            // A force per velocity as a share of a node's.
            let across = radius(j) * wall_distance + slip;
            let share = |friction: f64| friction * across / row_distance(j);
            match j.cmp(&grid.contact_row) {
                std::cmp::Ordering::Less if j + 1 == grid.contact_row => {
                    stick(j) * (1.0 + ROLLING * rolling)
                }
                std::cmp::Ordering::Less => stick(j),
                std::cmp::Ordering::Equal => {
                    (0.5 * (1.0 - rolling) * stick(j)).max(void) + share(extra)
                }
                std::cmp::Ordering::Greater => void,
            }
        }
        _ => 1.0,
    };
    let mut node_weight = Vec::with_capacity(layout.nodes());
    for j in 0..=nz {
        let row = layout.node_row(j);
        for i in 0..row.len() {
            let radial = if i == np && j > jm {
                wall_distance + slip
            } else {
                ring_distance(i)
            };
            let axial = if i > np && j == jm {
                face_distance + slip
            } else {
                row_distance(j)
            };
            let share = if i == np && j == jm {
                0.25 * corner.map_or(1.0, Corner::weight)
            } else {
                1.0
            };
            // No shear on the axis, at the cell radius, at the inlet and on the front.
            let on_front = j == nz && i < np;
            let at_work = i > 0 && j > 0 && !on_front && (i < nr || j > jm);
            let volume = if at_work {
                share * grid.r[i] * radial * axial * filled_node(i, j)
            } else {
                0.0
            };
            let volume = volume / radius(j).powi(4);
            node_weight.push(volume * medium.node_viscosity[row.start + i]);
        }
    }
    let corner_give = corner.map_or([0.0; 2], |corner| {
        // Of the half cells of wall beside the corner, on the mean of both walls, per viscosity.
        let (dz, dr) = (2.0 * node_dz[jm][1], 2.0 * node_dr[np][1]);
        let along = 0.5 * grid.r[np] * height[jm] / (dr * dr);
        let across = 0.5 * (grid.r[np] + 0.25 * width[np]) * width[np] / (dz * dz);
        let k = layout.node_row(jm).start + np;
        let quadrant = node_weight[k] / medium.node_viscosity[k];
        corner_give(corner.friction((along * across).sqrt() / quadrant))
    });
    let mut cell_weight = Vec::with_capacity(layout.cells());
    let filled = medium
        .filling
        .as_ref()
        .map(|filling| cell_factors(grid, layout, filling));
    for (j, &height) in height.iter().enumerate() {
        let row = layout.cell_row(j);
        let square = grid.row(j)[0].powi(2);
        for i in 0..row.len() {
            let volume = centre[i] * width[i] * height / square;
            let k = row.start + i;
            let factor = filled.as_ref().map_or(1.0, |factors| factors[k]);
            cell_weight.push(volume * factor * medium.cell_viscosity[k]);
        }
    }
    let face = (np..nr).rev().map(|i| centre[i] * width[i]);
    let wall = (jm..nz).map(|j| grid.r[np] * height[j]);
    let wall_area: Vec<f64> = face.chain(wall).collect();
    let (conductance, leakage) = layer(grid, layout, &medium.mobility, &wall_area, void);

    let round = |v: &[f64]| v.iter().map(|&x| T::of(x)).collect::<Vec<T>>();
    LevelTables {
        layout: *layout,
        face_radius: round(&grid.r),
        ring_area: centre
            .iter()
            .zip(&width)
            .map(|(r, w)| T::of(r * w))
            .collect(),
        radial_sq: width.iter().map(|w| T::of(1.0 / (w * w))).collect(),
        hoop_sq: centre.iter().map(|r| T::of(0.25 / (r * r))).collect(),
        height: round(&height),
        axial_sq: height.iter().map(|h| T::of(1.0 / (h * h))).collect(),
        node_dz: node_dz.iter().map(|row| row.map(T::of)).collect(),
        node_dr: node_dr.iter().map(|row| row.map(T::of)).collect(),
        cell_weight: round(&cell_weight),
        node_weight: round(&node_weight),
        corner_give: corner_give.map(T::of),
        wall_area: round(&wall_area),
        conductance: round(&conductance),
        leakage: round(&leakage),
    }
}
