//! The data of one multigrid level that does not change during a solve: metric tables and energy weights.

use super::{Layout, Real};

/// Metric tables and weights of one level.
///
/// The geometry of the axisymmetric problem, the no-slip walls and the Poiseuille-exact wall factors live here and
/// nowhere else; the kernels only add, multiply and look up. Lengths are in pore radii, stresses in the reference
/// stress, viscosities in the reference viscosity.
#[derive(Clone, Debug)]
pub struct LevelTables<T> {
    /// Index arithmetic.
    pub layout: Layout,
    /// Radius of every r-face, `across + 1`.
    pub face_radius: Vec<T>,
    /// Area of a cell's lower face per radian, r Δr, `across`.
    pub ring_area: Vec<T>,
    /// 1/Δr², `across`: squared factor of the radial strain, from the difference of the two face velocities.
    pub radial_sq: Vec<T>,
    /// 1/(2r)² at the cell centre, `across`: squared factor of the hoop strain, from their sum.
    pub hoop_sq: Vec<T>,
    /// Δz of every row, `rows`.
    pub height: Vec<T>,
    /// 1/Δz², `rows`: squared factor of the axial strain.
    pub axial_sq: Vec<T>,
    /// z-derivative of the radial velocity at node row `0..=rows`, three columns per row: inside the pore and below
    /// it (`i < pore_across`), on the pore wall (`=`; at the mouth row: the corner), on the mold face (`>`).
    pub node_dz: Vec<[T; 3]>,
    /// r-derivative of the axial velocity at nodes `0..=across`, three rows per node: below the mold face, in its
    /// plane, above it.
    pub node_dr: Vec<[T; 3]>,
    /// Viscosity × volume per radian, every cell.
    pub cell_weight: Vec<T>,
    /// Viscosity × dual volume per radian, every node; zero where shear does no work (axis, cell radius, inlet and
    /// front). At the mouth corner: the weight of each of the three liquid quadrants.
    pub node_weight: Vec<T>,
    /// How the point at the mouth corner moves with the velocities around it ([`corner_give`]); at rest, zero, without slip.
    pub corner_give: [T; 2],
    /// Area of every wall cell per radian.
    pub wall_area: Vec<T>,
    /// Conductance of the layer between wall cells `k − 1` and `k` per radian, `wall_cells + 1`; the first is zero
    /// (no flux at the cell radius), the last leads to the tip.
    pub conductance: Vec<T>,
    /// Conductance per radian from every wall cell to a layer without stress: zero but at a free front's contact line,
    /// where it leads to the tip, and large beyond it, where there is no layer.
    pub leakage: Vec<T>,
}

impl<T: Real> LevelTables<T> {
    /// Factors of the shear at node (`i`, `j`): of the radial velocity's difference along z and of the axial velocity's
    /// across r.
    #[inline(always)]
    pub fn node_factors(&self, i: usize, j: usize) -> (T, T) {
        let (_, np, jm, _) = self.layout.sizes();
        let column = (i >= np) as usize + (i > np) as usize;
        let kind = (j >= jm) as usize + (j > jm) as usize;
        (self.node_dz[j][column], self.node_dr[i][kind])
    }
}

/// Velocity (u, w) of the point at the mouth corner, in the scale of its quadrants' strains: with the velocities below, above,
/// inside and outside of it in that scale u = own × (2 below + above − outside) + other × (2 inside − above + outside), w with own
/// and other exchanged. It makes the energy of the three quadrants, of weight 1, and of the walls' `friction` × (u² + w²) least.
/// Returns own and other.
pub fn corner_give(friction: f64) -> [f64; 2] {
    let diagonal = 3.0 + friction;
    if diagonal.is_infinite() {
        return [0.0; 2];
    }
    let determinant = diagonal * diagonal - 1.0;
    [diagonal / determinant, 1.0 / determinant]
}

/// Shear strains of the three quadrants at the mouth corner (below inside, below outside, above inside), from the velocities below,
/// above, inside and outside of it in the scale of the strains, with the corner's own velocity of [`corner_give`].
#[inline(always)]
pub(crate) fn corner_strains<T: Real>([own, other]: [T; 2], sides: [T; 4]) -> [T; 3] {
    let [below, above, inside, outside] = sides;
    let two = T::of(2.0);
    let turn = above - outside;
    let (push_u, push_w) = (two * below + turn, two * inside - turn);
    let (u, w) = (own * push_u + other * push_w, other * push_u + own * push_w);
    [
        (u - below) + (w - inside),
        (outside - w) + (u - below),
        (above - u) + (w - inside),
    ]
}

/// Second derivatives of the energy of the quadrants at the mouth corner, of weight 1, by the velocities below, above, inside and
/// outside of it, with the corner's own velocity eliminated.
pub(crate) fn corner_form([own, other]: [f64; 2]) -> [[f64; 4]; 4] {
    const AT_REST: [[f64; 4]; 4] = [
        [2.0, 0.0, 1.0, -1.0],
        [0.0, 1.0, -1.0, 0.0],
        [1.0, -1.0, 2.0, 0.0],
        [-1.0, 0.0, 0.0, 1.0],
    ];
    const PUSH: [[f64; 4]; 2] = [[2.0, 1.0, 0.0, -1.0], [0.0, -1.0, 2.0, 1.0]];
    std::array::from_fn(|a| {
        std::array::from_fn(|b| {
            let [u, w] = [PUSH[0][a], PUSH[1][a]];
            AT_REST[a][b] - PUSH[0][b] * (own * u + other * w) - PUSH[1][b] * (other * u + own * w)
        })
    })
}

/// What a row of boxes or of residuals needs to read: three rows of every field, with nothing (an empty slice, read
/// as zero) where the domain ends. Reading past the end of a row is reading the wall: zero velocity, zero weight.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stencil<'a, T> {
    pub j: usize,
    pub np: usize,
    tables: &'a LevelTables<T>,
    /// Radial velocity of rows j−1, j, j+1.
    pub u: [&'a [T]; 3],
    /// Axial velocity of face rows j−1, j, j+1, j+2.
    pub w: [&'a [T]; 4],
    /// Pressure of rows j−1, j, j+1.
    pub p: [&'a [T]; 3],
    /// Cell weights of rows j−1, j, j+1.
    cell: [&'a [T]; 3],
    /// Node weights of node rows j, j+1.
    node: [&'a [T]; 2],
    /// Twice 1/Δz² of rows j−1, j, j+1 (zero outside).
    twice_axial_sq: [T; 3],
    node_dz: [[T; 3]; 2],
    /// Column of `node_dr` for node rows j, j+1.
    kind: [usize; 2],
    pub height: T,
    /// Node row index (0 = j, 1 = j+1) that is the mouth plane, if any.
    mouth: Option<usize>,
}

#[inline(always)]
pub(super) fn at<T: Real>(row: &[T], i: usize) -> T {
    row.get(i).copied().unwrap_or(T::zero())
}

/// Shear stress × dual volume at a node as it acts on the radial velocity (`on_u`) and the axial velocity (`on_w`)
/// of one cell; the two differ at the mouth corner only.
#[derive(Clone, Copy)]
struct Shear<T> {
    on_u: T,
    on_w: T,
}

/// Rows of K x of the four velocities of a cell and its divergence.
#[derive(Clone, Copy, Debug)]
pub(super) struct CellRows<T> {
    pub left: T,
    pub right: T,
    pub lower: T,
    pub upper: T,
    /// −(volume-weighted divergence).
    pub continuity: T,
}

impl<'a, T: Real> Stencil<'a, T> {
    /// Collects the rows around cell row `j`.
    #[inline(always)]
    pub fn new(tables: &'a LevelTables<T>, x: &super::Fields<'a, T>, j: usize) -> Self {
        let l = &tables.layout;
        let (_, np, jm, nz) = l.sizes();
        let cells = |k: usize, field: &'a [T]| -> &'a [T] {
            if k < nz { &field[l.cell_row(k)] } else { &[] }
        };
        let radial = |k: usize| -> &'a [T] {
            if k < nz {
                &x.radial[l.radial_row(k)]
            } else {
                &[]
            }
        };
        let axial = |k: usize| -> &'a [T] {
            if k <= nz {
                &x.axial[l.axial_row(k)]
            } else {
                &[]
            }
        };
        let inv = |k: usize| {
            if k < nz {
                T::of(2.0) * tables.axial_sq[k]
            } else {
                T::zero()
            }
        };
        let below = j.wrapping_sub(1);
        let kind = |node: usize| match node.cmp(&jm) {
            std::cmp::Ordering::Less => 0,
            std::cmp::Ordering::Equal => 1,
            std::cmp::Ordering::Greater => 2,
        };
        Stencil {
            j,
            np,
            tables,
            u: [radial(below), radial(j), radial(j + 1)],
            w: [axial(below), axial(j), axial(j + 1), axial(j + 2)],
            p: [
                cells(below, x.pressure),
                cells(j, x.pressure),
                cells(j + 1, x.pressure),
            ],
            cell: [
                cells(below, &tables.cell_weight),
                cells(j, &tables.cell_weight),
                cells(j + 1, &tables.cell_weight),
            ],
            node: [
                &tables.node_weight[l.node_row(j)],
                &tables.node_weight[l.node_row(j + 1)],
            ],
            twice_axial_sq: [inv(below), inv(j), inv(j + 1)],
            node_dz: [tables.node_dz[j], tables.node_dz[j + 1]],
            kind: [kind(j), kind(j + 1)],
            height: tables.height[j],
            mouth: if j == jm {
                Some(0)
            } else if j + 1 == jm {
                Some(1)
            } else {
                None
            },
        }
    }

    /// z-derivative factor at node (`i`, node row j + `top`).
    #[inline(always)]
    fn dz(&self, i: usize, top: usize) -> T {
        self.node_dz[top][(i >= self.np) as usize + (i > self.np) as usize]
    }

    /// r-derivative factor at node (`i`, node row j + `top`).
    #[inline(always)]
    fn dr(&self, i: usize, top: usize) -> T {
        self.tables.node_dr[i][self.kind[top]]
    }

    /// Shear at node (`i`, node row j + `top`) as seen from cell row j.
    #[inline(always)]
    fn shear(&self, i: usize, top: usize, from_left: bool) -> Shear<T> {
        if i == self.np && self.mouth == Some(top) {
            return self.corner(top, from_left);
        }
        let u = at(self.u[top + 1], i) - at(self.u[top], i);
        let w_row = self.w[top + 1];
        let w = at(w_row, i) - at(w_row, i.wrapping_sub(1));
        let s = at(self.node[top], i) * (self.dz(i, top) * u + self.dr(i, top) * w);
        Shear { on_u: s, on_w: s }
    }

    /// Shear at the mouth corner. The velocity of the wall point itself is that with which friction on the walls and the shear
    /// around it are in balance (none without slip), so each of the three liquid quadrants has a shear strain of its own, from
    /// half-cell distances to the corner (`docs/numerics.md`, "The mouth corner").
    #[inline(always)]
    fn corner(&self, top: usize, from_left: bool) -> Shear<T> {
        let (i, two) = (self.np, T::of(2.0));
        let dz = two * self.dz(i, top);
        let dr = two * self.dr(i, top);
        let (below, above) = (dz * at(self.u[top], i), dz * at(self.u[top + 1], i));
        let (left, right) = (dr * at(self.w[top + 1], i - 1), dr * at(self.w[top + 1], i));
        let a = two * self.node[top][i];
        let sides = [below, above, left, right];
        let [lower_left, lower_right, upper_left] = corner_strains(self.tables.corner_give, sides);
        Shear {
            on_u: a * if top == 0 {
                upper_left
            } else {
                lower_left + lower_right
            },
            on_w: a * if from_left {
                lower_left + upper_left
            } else {
                lower_right
            },
        }
    }

    /// Radial and hoop stretch forces of cell `i` on its left and right face.
    #[inline(always)]
    fn stretch(&self, i: usize) -> (T, T) {
        let Some(&weight) = self.cell[1].get(i) else {
            return (T::zero(), T::zero());
        };
        let (l, r) = (self.u[1][i], self.u[1][i + 1]);
        let twice = weight + weight;
        let rr = twice * (r - l) * self.tables.radial_sq[i];
        let around = twice * (r + l) * self.tables.hoop_sq[i];
        (around - rr, around + rr)
    }

    /// Axial stretch force between the faces of row j + `k` − 1, positive upwards on the upper face.
    #[inline(always)]
    fn lift(&self, i: usize, k: usize) -> T {
        at(self.cell[k], i) * self.twice_axial_sq[k] * (at(self.w[k + 1], i) - at(self.w[k], i))
    }

    /// Row of the radial velocity on face `i`, without the layer's normal stress.
    #[inline(always)]
    pub fn radial(&self, i: usize) -> T {
        let (_, push) = self.stretch(i.wrapping_sub(1));
        let (pull, _) = self.stretch(i);
        let lower = self.shear(i, 0, true).on_u * self.dz(i, 0);
        let upper = self.shear(i, 1, true).on_u * self.dz(i, 1);
        push + pull + lower - upper
            + self.tables.face_radius[i]
                * self.height
                * (at(self.p[1], i) - at(self.p[1], i.wrapping_sub(1)))
    }

    /// Row of the axial velocity on the lower face of cell `i`, without the layer's normal stress.
    #[inline(always)]
    pub fn axial(&self, i: usize) -> T {
        let area = self.tables.ring_area[i];
        self.lift(i, 0) - self.lift(i, 1) + self.dr(i, 0) * self.shear(i, 0, false).on_w
            - self.dr(i + 1, 0) * self.shear(i + 1, 0, true).on_w
            + area * (at(self.p[1], i) - at(self.p[0], i))
    }

    /// −(volume-weighted divergence) of cell `i`.
    #[inline(always)]
    pub fn continuity(&self, i: usize) -> T {
        let t = self.tables;
        self.height * (t.face_radius[i] * self.u[1][i] - t.face_radius[i + 1] * self.u[1][i + 1])
            + t.ring_area[i] * (self.w[1][i] - self.w[2][i])
    }

    /// All rows of cell `i` at once, sharing the four nodes and the three cells in each direction.
    #[inline(always)]
    pub fn cell_rows(&self, i: usize) -> CellRows<T> {
        let t = self.tables;
        let (_, push) = self.stretch(i.wrapping_sub(1));
        let (own_left, own_right) = self.stretch(i);
        let (pull, _) = self.stretch(i + 1);
        let lower_left = self.shear(i, 0, false);
        let lower_right = self.shear(i + 1, 0, true);
        let upper_left = self.shear(i, 1, false);
        let upper_right = self.shear(i + 1, 1, true);
        let (down, own, up) = (self.lift(i, 0), self.lift(i, 1), self.lift(i, 2));
        let p = self.p[1];
        let area = t.ring_area[i];
        CellRows {
            left: push + own_left + lower_left.on_u * self.dz(i, 0)
                - upper_left.on_u * self.dz(i, 1)
                + t.face_radius[i] * self.height * (p[i] - at(p, i.wrapping_sub(1))),
            right: own_right + pull + lower_right.on_u * self.dz(i + 1, 0)
                - upper_right.on_u * self.dz(i + 1, 1)
                + t.face_radius[i + 1] * self.height * (at(p, i + 1) - p[i]),
            lower: down - own + self.dr(i, 0) * lower_left.on_w
                - self.dr(i + 1, 0) * lower_right.on_w
                + area * (p[i] - at(self.p[0], i)),
            upper: own - up + self.dr(i, 1) * upper_left.on_w
                - self.dr(i + 1, 1) * upper_right.on_w
                + area * (at(self.p[2], i) - p[i]),
            continuity: self.continuity(i),
        }
    }

    /// Columns of this row whose boxes touch neither a wall nor an end of the domain: there [`Self::inner_rows`] may
    /// stand in for [`Self::cell_rows`].
    pub fn inner_columns(&self) -> std::ops::Range<usize> {
        let layout = &self.tables.layout;
        let (nr, np, jm, nz) = layout.sizes();
        if self.j == 0 || self.j + 1 >= nz {
            0..0
        } else if self.j + 1 < jm {
            1..nr - 1
        } else {
            1..np.saturating_sub(1)
        }
    }

    /// What [`Self::cell_rows`] computes, for an inner column: no wall, no missing neighbour, the same operations in
    /// the same order.
    #[inline(always)]
    pub fn inner_rows(&self, i: usize) -> CellRows<T> {
        let t = self.tables;
        let [u_below, u_above] = [two(self.u[0], i), two(self.u[2], i)];
        let u: &[T; 4] = window(self.u[1], i - 1);
        let [w_lower, w_upper]: [&[T; 3]; 2] = [window(self.w[1], i - 1), window(self.w[2], i - 1)];
        let p: &[T; 3] = window(self.p[1], i - 1);
        let cell: &[T; 3] = window(self.cell[1], i - 1);
        let (radial_sq, hoop_sq): (&[T; 3], &[T; 3]) =
            (window(&t.radial_sq, i - 1), window(&t.hoop_sq, i - 1));
        let radius = two(&t.face_radius, i);
        let [[dr_left, ..], [dr_right, ..]] = two(&t.node_dr, i);
        let [node_lower, node_upper] = [two(self.node[0], i), two(self.node[1], i)];
        let [dz_lower, dz_upper] = [self.node_dz[0][0], self.node_dz[1][0]];
        let area = t.ring_area[i];

        let stretch = |k: usize| {
            let twice = cell[k] + cell[k];
            let rr = twice * (u[k + 1] - u[k]) * radial_sq[k];
            let around = twice * (u[k + 1] + u[k]) * hoop_sq[k];
            (around - rr, around + rr)
        };
        let ((_, push), (own_left, own_right), (pull, _)) = (stretch(0), stretch(1), stretch(2));
        let lift = |weight: T, k: usize, upper: T, lower: T| {
            weight * self.twice_axial_sq[k] * (upper - lower)
        };
        let down = lift(self.cell[0][i], 0, w_lower[1], self.w[0][i]);
        let own = lift(cell[1], 1, w_upper[1], w_lower[1]);
        let up = lift(self.cell[2][i], 2, self.w[3][i], w_upper[1]);
        let lower_left =
            node_lower[0] * (dz_lower * (u[1] - u_below[0]) + dr_left * (w_lower[1] - w_lower[0]));
        let lower_right =
            node_lower[1] * (dz_lower * (u[2] - u_below[1]) + dr_right * (w_lower[2] - w_lower[1]));
        let upper_left =
            node_upper[0] * (dz_upper * (u_above[0] - u[1]) + dr_left * (w_upper[1] - w_upper[0]));
        let upper_right =
            node_upper[1] * (dz_upper * (u_above[1] - u[2]) + dr_right * (w_upper[2] - w_upper[1]));
        CellRows {
            left: push + own_left + lower_left * dz_lower - upper_left * dz_upper
                + radius[0] * self.height * (p[1] - p[0]),
            right: own_right + pull + lower_right * dz_lower - upper_right * dz_upper
                + radius[1] * self.height * (p[2] - p[1]),
            lower: down - own + dr_left * lower_left - dr_right * lower_right
                + area * (p[1] - self.p[0][i]),
            upper: own - up + dr_left * upper_left - dr_right * upper_right
                + area * (self.p[2][i] - p[1]),
            continuity: self.height * (radius[0] * u[1] - radius[1] * u[2])
                + area * (w_lower[1] - w_upper[1]),
        }
    }
}

/// `N` consecutive entries of a row, checked once.
#[inline(always)]
fn window<T, const N: usize>(row: &[T], start: usize) -> &[T; N] {
    row[start..start + N]
        .try_into()
        .expect("the slice has N entries")
}

#[inline(always)]
fn two<T: Copy>(row: &[T], start: usize) -> [T; 2] {
    *window(row, start)
}
