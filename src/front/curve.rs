//! The front as one smooth curve with few unknowns.
//!
//! The angle α by which the curve has turned down from the horizontal is an odd polynomial of the arc length,
//!
//! ```text
//!   α(σ) = Σ aₖ T₂ₖ₋₁(σ),   σ = s/s₁ from 0 on the axis to 1 at the radius 1 − gap,
//! ```
//!
//! so that a spherical cap is its first mode exactly, vertical tangents are nothing special, and no wave shorter than the
//! grid can be drawn. The last bit to the wall, which the grid does not resolve, follows from where the modes end
//! ([`Closing`]). Together with the mean length the coefficients aₖ are the front's only unknowns.
//!
//! In a pore that is no cylinder all this is drawn in units of its radius at the contact line, over ξ = r/R_w(z): where the wall is
//! straight for a radius or so, the curve is the same at any depth. What is asked of the surface itself, its areas and curvatures, is
//! that of the points (ξR_w(z), z).

mod closing;

pub use closing::Closing;

use super::Chain;
use super::surface::Surface;
use crate::mesh::WallProfile;
use glam::DVec2;
use nalgebra::{DMatrix, DVector};
use std::f64::consts::{FRAC_PI_2, PI};
use std::sync::Arc;

/// Modes of the angle. The steady front without surface tension has the same bulge with 4, 5 and 7 of them (N = 16: 0.8677,
/// 0.8677, 0.8684 R).
pub const MODES: usize = 5;

/// Width of the gap at the wall in cells. With half a cell fronts at N = 32 rattle: what flows closer to the wall than a cell
/// is interpolated there.
const GAP: f64 = 1.0;

/// Share of σ over which the curvature with which the curve enters the gap is taken: what the modes resolve. With three cells
/// instead fronts at N = 32 rattle.
const BACK: f64 = 0.25;

/// Nodes along the modes per cell of the pore's radius, at least [`FEWEST`].
const NODES_PER_CELL: usize = 3;
const FEWEST: usize = 48;

/// Places of Gauss's two points in an interval of length 1.
const GAUSS: [f64; 2] = [0.211_324_865_405_187_1, 0.788_675_134_594_812_9];

/// The modes at the nodes, the same for all fronts of one grid.
#[derive(Debug, PartialEq)]
pub struct Modes {
    /// The pore's radius along its depth.
    wall: WallProfile,
    /// Width of the gap in R.
    gap: f64,
    /// Node from which to the end the curvature at the end is taken.
    back: usize,
    /// σ at the nodes, denser towards the gap.
    sigma: Vec<f64>,
    /// Modes at the nodes, their derivatives by σ there, and modes at Gauss's points of every interval.
    values: Vec<[f64; MODES]>,
    slopes: Vec<[f64; MODES]>,
    between: Vec<[[f64; MODES]; 2]>,
}

/// T₂ₖ₋₁ and its derivative.
fn mode(k: usize, x: f64) -> (f64, f64) {
    let n = (2 * k + 1) as f64;
    let angle = x.clamp(-1.0, 1.0).acos();
    let slope = if angle < 1e-8 {
        n * n
    } else {
        n * (n * angle).sin() / angle.sin()
    };
    ((n * angle).cos(), slope)
}

fn modes(x: f64) -> [f64; MODES] {
    std::array::from_fn(|k| mode(k, x).0)
}

fn combine(coefficients: &[f64; MODES], modes: &[f64; MODES]) -> f64 {
    coefficients.iter().zip(modes).map(|(a, m)| a * m).sum()
}

impl Modes {
    /// For a grid of `cells` cells per pore radius in a cylinder.
    pub fn new(cells: usize) -> Arc<Self> {
        Modes::in_pore(cells, WallProfile::Straight)
    }

    /// For a grid of `cells` cells per pore radius.
    pub fn in_pore(cells: usize, wall: WallProfile) -> Arc<Self> {
        let intervals = (NODES_PER_CELL * cells).max(FEWEST);
        let sigma: Vec<f64> = (0..=intervals)
            .map(|j| (FRAC_PI_2 * j as f64 / intervals as f64).sin())
            .collect();
        Arc::new(Modes {
            wall,
            gap: GAP / cells as f64,
            back: sigma.partition_point(|x| *x < 1.0 - BACK),
            values: sigma.iter().map(|&x| modes(x)).collect(),
            slopes: (sigma.iter())
                .map(|&x| std::array::from_fn(|k| mode(k, x).1))
                .collect(),
            between: (sigma.windows(2))
                .map(|w| GAUSS.map(|at| modes(w[0] + at * (w[1] - w[0]))))
                .collect(),
            sigma,
        })
    }

    /// The pore's radius along its depth.
    pub fn wall(&self) -> &WallProfile {
        &self.wall
    }

    /// Radius at which the modes end.
    pub fn end(&self) -> f64 {
        1.0 - self.gap
    }

    /// Coefficients of the curve whose angle at radius r is `angle`, by least squares.
    pub fn fit(&self, angle: impl Fn(f64) -> f64) -> [f64; MODES] {
        const STEPS: usize = 2000;
        let radius = |k: usize| self.end() * k as f64 / STEPS as f64;
        let mut s = vec![0.0];
        for k in 0..STEPS {
            let middle = angle(0.5 * (radius(k) + radius(k + 1)));
            s.push(s[k] + radius(1) / middle.cos());
        }
        let rows = self.sigma.len();
        let matrix = DMatrix::from_fn(rows, MODES, |j, k| self.values[j][k]);
        let right = DVector::from_fn(rows, |j, _| {
            let at = self.sigma[j] * s[STEPS];
            let k = s.partition_point(|s| *s <= at).clamp(1, STEPS) - 1;
            let t = (at - s[k]) / (s[k + 1] - s[k]);
            angle(radius(k) + t * (radius(k + 1) - radius(k)))
        });
        let found = solve_least_squares(&matrix, &right);
        std::array::from_fn(|k| found[k])
    }
}

/// x that minimises |Ax − b|.
pub(super) fn solve_least_squares(matrix: &DMatrix<f64>, right: &DVector<f64>) -> DVector<f64> {
    matrix
        .clone()
        .svd(true, true)
        .solve(right, 1e-12)
        .expect("both sets of singular vectors were asked for")
}

/// One interval between two nodes, a cubic in its own parameter from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Piece {
    ends: [DVec2; 2],
    slopes: [DVec2; 2],
}

impl Piece {
    fn at(&self, x: f64) -> DVec2 {
        let (x2, x3) = (x * x, x * x * x);
        (2.0 * x3 - 3.0 * x2 + 1.0) * self.ends[0]
            + (x3 - 2.0 * x2 + x) * self.slopes[0]
            + (3.0 * x2 - 2.0 * x3) * self.ends[1]
            + (x3 - x2) * self.slopes[1]
    }

    fn slope(&self, x: f64) -> DVec2 {
        (6.0 * x - 6.0 * x * x) * (self.ends[1] - self.ends[0])
            + (3.0 * x * x - 4.0 * x + 1.0) * self.slopes[0]
            + (3.0 * x * x - 2.0 * x) * self.slopes[1]
    }

    /// ∫ `below` r dr up to `x`, `below` the volume per cross-section under a height.
    fn volume(&self, x: f64, below: impl Fn(f64) -> f64) -> f64 {
        let at = |g: f64| {
            let p = self.at(x * g);
            0.5 * x * p.x * below(p.y) * self.slope(x * g).x
        };
        GAUSS.iter().map(|&g| at(g)).sum()
    }
}

/// The free surface of a wire. Lengths in R.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    /// Coefficients of the modes.
    pub coefficients: [f64; MODES],
    /// The length of a flat wire of equal volume.
    pub length: f64,
    modes: Arc<Modes>,
    closing: Closing,
    contact: f64,
    /// The pore's radius at the contact line: the unit of the pieces' heights and of the arc length.
    scale: f64,
    /// The edge of the mouth holds the contact line, which would recede from the pore.
    pinned: bool,
    /// Heights are over the contact line.
    pieces: Vec<Piece>,
    /// Angle α, arc length and, per cross-section, the volume over the contact line ∫ V(z) r dr at the nodes.
    angle: Vec<f64>,
    arc: Vec<f64>,
    volume: Vec<f64>,
}

impl Curve {
    /// The front with these coefficients and this mean length; `None` if they describe no front: one that runs back to the axis,
    /// or turns beyond the vertical before the gap.
    pub fn new(
        modes: &Arc<Modes>,
        coefficients: [f64; MODES],
        length: f64,
        closing: Closing,
    ) -> Option<Self> {
        let mut curve = Curve {
            coefficients,
            length,
            modes: modes.clone(),
            closing,
            contact: 0.0,
            scale: 1.0,
            pinned: false,
            pieces: Vec::new(),
            angle: modes
                .values
                .iter()
                .map(|m| combine(&coefficients, m))
                .collect(),
            arc: Vec::new(),
            volume: Vec::new(),
        };
        if !curve.angle.iter().all(|a| a.abs() < STEEPEST) {
            return None;
        }
        curve.draw_modes();
        let inner = curve.pieces.len();
        curve.close();
        curve.settle();
        if curve.contact < 0.0 {
            // The gap falls by as much as leaves the line at the edge of the mouth.
            curve.pinned = true;
            let (mut low, mut high) = (-1.0, curve.last().ends[1].y.abs() + 2.0);
            for _ in 0..60 {
                let middle = 0.5 * (low + high);
                curve.angle.truncate(inner + 1);
                curve.draw_modes();
                curve.close_at_edge(middle);
                curve.settle();
                if curve.contact < 0.0 {
                    high = middle;
                } else {
                    low = middle;
                }
            }
            // Not below it by round-off.
            curve.contact = 0.0;
        }
        Some(curve)
    }

    /// The same shape at another mean length.
    pub fn with_length(&self, length: f64) -> Self {
        Curve::new(&self.modes, self.coefficients, length, self.closing)
            .expect("a front stays one when it is moved")
    }

    /// The same length with other coefficients.
    pub fn with_coefficients(&self, coefficients: [f64; MODES]) -> Option<Self> {
        Curve::new(&self.modes, coefficients, self.length, self.closing)
    }

    /// The pieces up to the gap, from the height 0 on the axis down.
    fn draw_modes(&mut self) {
        let (m, sigma) = (&self.modes, &self.modes.sigma);
        let mut points = vec![DVec2::ZERO];
        for (between, ends) in m.between.iter().zip(sigma.windows(2)) {
            let step: DVec2 = between
                .iter()
                .map(|modes| DVec2::from_angle(-combine(&self.coefficients, modes)))
                .sum();
            points.push(points[points.len() - 1] + 0.5 * (ends[1] - ends[0]) * step);
        }
        let scale = m.end() / points[points.len() - 1].x;
        self.arc = sigma.iter().map(|x| x * scale).collect();
        self.pieces = (0..sigma.len() - 1)
            .map(|j| {
                let length = self.arc[j + 1] - self.arc[j];
                Piece {
                    ends: [points[j] * scale, points[j + 1] * scale],
                    slopes: [j, j + 1].map(|j| length * DVec2::from_angle(-self.angle[j])),
                }
            })
            .collect();
    }

    /// Puts the heights over the contact line and the line to where the mean length wants it.
    fn settle(&mut self) {
        let line = self.last().ends[1].y;
        for piece in &mut self.pieces {
            piece.ends.iter_mut().for_each(|p| p.y -= line);
        }
        if self.modes.wall.is_straight() {
            self.fill();
            self.contact = self.length - 2.0 * self.volume[self.volume.len() - 1];
        } else {
            self.find_contact();
        }
    }

    /// Volumes over the contact line.
    fn fill(&mut self) {
        let mut volume = vec![0.0];
        for piece in &self.pieces {
            volume.push(volume[volume.len() - 1] + piece.volume(1.0, |y| self.below(y)));
        }
        self.volume = volume;
    }

    /// Volume per cross-section of the mouth between the contact line and a height over it.
    fn below(&self, height: f64) -> f64 {
        match self.modes.wall.is_straight() {
            true => height,
            false => (self.modes.wall).volume(self.contact, self.contact + self.scale * height),
        }
    }

    /// Puts the contact line to where the curve encloses the volume of its mean length, where the pore is no cylinder: by secants.
    fn find_contact(&mut self) {
        let (modes, length) = (self.modes.clone(), self.length);
        let wall = &modes.wall;
        // Relative to what has to be found in a long wire: no difference of its volumes is nearer to nothing than round-off.
        let enclosed = ENCLOSED * wall.below(length).max(1.0);
        let mut lacking = |contact: f64| {
            (self.contact, self.scale) = (contact, wall.radius(contact));
            self.fill();
            wall.volume(contact, length) - 2.0 * self.volume[self.volume.len() - 1]
        };
        let mut before = length;
        let mut was = lacking(before);
        let mut now = before + was / wall.section(before);
        for _ in 0..MOST_SECANTS {
            let is = lacking(now);
            let slope = (is - was) / (now - before);
            if is.abs() < enclosed || now == before {
                return;
            }
            let next = now - is / slope;
            if !next.is_finite() || is.abs() > was.abs() {
                break;
            }
            (before, was, now) = (now, is, next);
        }
        // Where the pore's radius changes within the front's own height secants may lead astray: halves do not.
        let (mut low, mut high) = (length - FARTHEST_LINE, length + FARTHEST_LINE);
        for _ in 0..60 {
            let middle = 0.5 * (low + high);
            if lacking(middle) > 0.0 {
                low = middle;
            } else {
                high = middle;
            }
        }
    }

    fn last(&self) -> &Piece {
        &self.pieces[self.pieces.len() - 1]
    }

    /// Angle with which the curve enters the gap.
    fn end_of_modes(&self) -> f64 {
        self.angle[self.modes.sigma.len() - 1]
    }

    /// Whether the contact line slides or rolls.
    pub fn closing(&self) -> Closing {
        self.closing
    }

    /// Modes that describe it.
    pub fn modes(&self) -> &Arc<Modes> {
        &self.modes
    }

    /// Height of the tip, the front on the axis.
    pub fn tip(&self) -> f64 {
        self.contact + self.scale * self.pieces[0].ends[0].y
    }

    /// The pore's radius at the contact line.
    pub fn scale(&self) -> f64 {
        self.scale
    }

    /// Height of the contact line.
    pub fn contact(&self) -> f64 {
        self.contact
    }

    /// Height of the highest node.
    pub fn top(&self) -> f64 {
        let heights = self.pieces.iter().flat_map(|p| p.ends.map(|p| p.y));
        self.contact + self.scale * heights.fold(f64::NEG_INFINITY, f64::max)
    }

    /// Angle through the liquid (rad) under which the surface would meet the edge of the mouth if the contact line lay there; 180° where
    /// the line is farther off than the surface can reach.
    pub fn angle_at_edge(&self) -> f64 {
        let end = self.scale * self.pieces[self.modes.sigma.len() - 2].ends[1].y;
        let chord = ((self.contact + end) / self.modes.gap).atan();
        (FRAC_PI_2 + 2.0 * chord - self.end_of_modes()).clamp(0.0, PI)
    }

    /// Angle α at the contact line against the wall's normal; the angle through the liquid is α + 90°.
    pub fn wall_angle(&self) -> f64 {
        match self.closing {
            Closing::Rolls if !self.pinned => FRAC_PI_2,
            _ => {
                let slope = self.modes.wall.at(self.contact)[1];
                self.surface().angle[self.angle.len() - 1] - slope.atan()
            }
        }
    }

    /// Interval that holds a radius, and where in it.
    fn find(&self, r: f64) -> (usize, f64) {
        let n = self.pieces.len();
        let j = (self.pieces)
            .partition_point(|p| p.ends[1].x <= r)
            .min(n - 1);
        let piece = &self.pieces[j];
        let ends = piece.ends.map(|p| p.x);
        let mut x = ((r - ends[0]) / (ends[1] - ends[0])).clamp(0.0, 1.0);
        for _ in 0..3 {
            let slope = piece.slope(x).x;
            if slope.abs() > 1e-14 {
                x = (x - (piece.at(x).x - r) / slope).clamp(0.0, 1.0);
            }
        }
        (j, x)
    }

    /// Height at a radius.
    pub fn height(&self, r: f64) -> f64 {
        let (j, x) = self.find(r);
        self.contact + self.scale * self.pieces[j].at(x).y
    }

    /// ∫ (V(z) − V(L)) r dr from the axis to a radius, L the mean length and V the pore's volume up to a height, which is z in a cylinder: what is there beyond a
    /// flat front of equal volume, per radian.
    pub fn excess(&self, r: f64) -> f64 {
        let (j, x) = self.find(r);
        let inside = self.volume[j] + self.pieces[j].volume(x, |y| self.below(y));
        let behind = match self.modes.wall.is_straight() {
            true => self.contact - self.length,
            false => self.modes.wall.volume(self.length, self.contact),
        };
        inside + 0.5 * r * r * behind
    }

    /// Distance from the axis and height of the nodes, in R: the chain's, with radii that are no longer relative to the pore's.
    pub fn places(&self) -> Vec<DVec2> {
        let (chain, wall) = (self.chain(), &self.modes.wall);
        let place = |p: &DVec2| DVec2::new(p.x * wall.radius(p.y), p.y);
        chain.points().iter().map(place).collect()
    }

    /// The surface itself.
    fn surface(&self) -> Surface {
        let radius = std::iter::once(self.pieces[0].ends[0].x);
        let drawn = Surface {
            angle: self.angle.clone(),
            arc: self.arc.clone(),
            radius: radius
                .chain(self.pieces.iter().map(|piece| piece.ends[1].x))
                .collect(),
        };
        if self.modes.wall.is_straight() {
            drawn
        } else {
            let heights: Vec<f64> = self.chain().points().iter().map(|p| p.y).collect();
            drawn.in_pore(&self.modes.wall, &heights, self.scale)
        }
    }

    /// Area per radian from the axis to every node.
    pub fn areas(&self) -> Vec<f64> {
        self.surface().areas()
    }

    /// What it costs to add volume where the line slides along the wall and the front keeps its shape: dE/dV/γ, E the energy of the surfaces. In a
    /// cylinder −2 cos θ/R, whatever the shape.
    pub fn cost_of_shift(&self, contact_angle: f64) -> f64 {
        let wall = &self.modes.wall;
        if wall.is_straight() {
            return -2.0 * contact_angle.cos();
        }
        let at = |length: f64| {
            let curve = self.with_length(length);
            (curve.areas()[curve.arc.len() - 1], curve.contact)
        };
        let ends = [-SHIFT, SHIFT].map(|shift| self.length + shift);
        let [(before, from), (after, to)] = ends.map(at);
        let wetted = wall.area(from, to);
        2.0 * (after - before - contact_angle.cos() * wetted) / wall.volume(ends[0], ends[1])
    }

    /// A quantity at a radius, of which `values` are given at the nodes.
    pub fn up_to(&self, values: &[f64], r: f64) -> f64 {
        let (j, x) = self.find(r);
        values[j] + x * (values[j + 1] - values[j])
    }

    /// The nodes as markers.
    pub fn chain(&self) -> Chain {
        let first = self.pieces[0].ends[0];
        let points = std::iter::once(first).chain(self.pieces.iter().map(|p| p.ends[1]));
        Chain::new(
            points
                .map(|p| DVec2::new(p.x.clamp(0.0, 1.0), self.contact + self.scale * p.y))
                .collect(),
        )
    }

    /// Mean of the curvatures over the surface: what it costs to add volume evenly.
    pub fn mean_curvature(&self) -> f64 {
        self.surface().mean_curvature()
    }

    /// Curvatures at the nodes: the turning of both intervals beside one over their length.
    pub fn curvatures(&self) -> Vec<f64> {
        self.surface().curvatures()
    }

    /// Curvatures at the nodes, averaged over `width` on both sides along the curve as a grid of that cell feels them (a hat,
    /// mirrored at axis and wall, so that no turn of the surface gets lost there).
    pub fn averaged_curvatures(&self, width: f64) -> Vec<f64> {
        self.surface().averaged_curvatures(width)
    }

    /// Largest difference of the heights over the mean length from another front's.
    pub fn distance(&self, other: &Curve) -> f64 {
        const PLACES: usize = 24;
        (0..=PLACES)
            .map(|k| {
                let r = self.modes.end() * k as f64 / PLACES as f64;
                let over = |curve: &Curve| curve.height(r) - curve.length;
                (over(self) - over(other)).abs()
            })
            .fold(0.0, f64::max)
    }
}

/// Change of the mean length over which the cost of a shift is taken.
const SHIFT: f64 = 1e-4;

/// Farthest that a line is looked for from the mean length, in R.
const FARTHEST_LINE: f64 = 20.0;

/// Volume in πR³ (relatively, where the wire holds more than that) to which a front in a pore that is no cylinder encloses what it has to, and the most secants on the way there.
const ENCLOSED: f64 = 1e-14;
const MOST_SECANTS: usize = 50;

/// Largest angle: a little less than vertical.
const STEEPEST: f64 = 1.55;

#[cfg(test)]
mod tests {
    use super::*;

    /// The front of these coefficients, for a grid of 16 cells.
    fn front(coefficients: [f64; MODES], length: f64, closing: Closing) -> Curve {
        Curve::new(&Modes::new(16), coefficients, length, closing).expect("a front")
    }

    /// The cap that meets the wall at `angle` (through the liquid): sin α = r/ρ with the radius ρ = −1/cos θ.
    fn cap(cells: usize, angle: f64) -> Curve {
        let modes = Modes::new(cells);
        let mut coefficients = [0.0; MODES];
        coefficients[0] = (-angle.cos() * modes.end()).asin();
        Curve::new(&modes, coefficients, 2.0, Closing::Slides).expect("a cap is a front")
    }

    const CAPS: [f64; 5] = [30.0, 60.0, 95.0, 120.0, 150.0];

    #[test]
    fn a_spherical_cap_is_the_first_mode() {
        for angle in CAPS.map(f64::to_radians) {
            let curve = cap(16, angle);
            let expected = -2.0 * angle.cos();
            let modes = curve.modes.sigma.len();
            // Two points of Gauss per interval of 1/48 leave (π/96)⁴ of a curvature of 1.
            for (k, curvature) in curve.curvatures()[..modes - 1].iter().enumerate() {
                let error = curvature - expected;
                assert!(error.abs() < 1e-6, "{angle:.2}, node {k}: {error:.1e}");
            }
            assert!(
                (curve.wall_angle() - (angle - FRAC_PI_2)).abs() < 1e-6,
                "{}",
                curve.wall_angle()
            );
            // Beyond the modes the arc's chords stand for it: half the square of a chord's turn.
            for curvature in &curve.curvatures()[modes - 1..] {
                let error = curvature - expected;
                assert!(error.abs() < 1e-3, "{angle:.2}, in the gap: {error:.1e}");
            }
        }
        // Negative control: a thousandth of the second mode is no cap.
        let mut coefficients = cap(16, 2.0).coefficients;
        coefficients[1] += 1e-3;
        let other = front(coefficients, 2.0, Closing::Slides);
        let off = |c: &f64| (c + 2.0 * 2f64.cos()).abs();
        assert!(other.curvatures().iter().any(|c| off(c) > 1e-3));
    }

    #[test]
    fn caps_hold_their_volume() {
        for angle in CAPS.map(f64::to_radians) {
            let height = (1.0 - angle.sin()) / -angle.cos();
            let volume = height * (3.0 + height * height) / 6.0;
            let curve = cap(16, angle);
            let error = curve.length - curve.contact() - volume;
            assert!(error.abs() < 1e-6, "{angle:.2}: {error:.1e}");
            let error = curve.tip() - curve.contact() - height;
            assert!(error.abs() < 1e-6, "{angle:.2}: {error:.1e}");
            // The excess counts from the mean length: none is left at the wall.
            assert!(curve.excess(1.0).abs() < 1e-12);
            let inner = curve.excess(0.5);
            // Negative control: the paraboloid of the same height holds another volume, and is seen.
            assert!((0.5 * height - volume).abs() > 1e-6 && inner.is_finite());
        }
    }

    #[test]
    fn curves_stay_inside_the_pore() {
        for closing in [Closing::Rolls, Closing::Slides] {
            for first in [-1.2, -0.4, 0.0, 0.5, 1.3] {
                let coefficients = [first, 0.05, -0.04, 0.03, -0.02];
                let curve = front(coefficients, 3.0, closing);
                let chain = curve.chain();
                let p = chain.points();
                assert_eq!((p[0].x, p[p.len() - 1].x), (0.0, 1.0));
                assert!(p.iter().all(|p| (0.0..=1.0).contains(&p.x)));
                assert!(p.windows(2).all(|p| p[1].x > p[0].x - 1e-12), "runs back");
                assert_eq!(chain.tip(), curve.tip());
                assert_eq!(chain.contact(), curve.contact());
                // Chords of intervals of 1/48 on a curvature of some 4.
                let lost = chain.mean_length() - curve.length;
                assert!(lost.abs() < 1e-3, "{closing:?}, {first}: {lost:.1e}");
                assert!(
                    (curve.excess(1.0)).abs() < 1e-12,
                    "{:.1e}",
                    curve.excess(1.0)
                );
            }
        }
        // Beyond the vertical there is no front.
        let steep = [1.6, 0.0, 0.0, 0.0, 0.0];
        assert!(Curve::new(&Modes::new(16), steep, 3.0, Closing::Rolls).is_none());
    }

    #[test]
    fn the_mouth_holds_the_line() {
        for closing in [Closing::Rolls, Closing::Slides] {
            // A bulge of which the volume below the tip is more than the wire's: the line would be below the mold face.
            let coefficients = [0.9, 0.0, 0.0, 0.0, 0.0];
            let free = front(coefficients, 1.0, closing);
            let bulge = free.length - free.contact();
            let length = 0.95 * bulge;
            let held = front(coefficients, length, closing);
            assert!(
                held.contact().abs() < 1e-9,
                "{closing:?}: {:.1e}",
                held.contact()
            );
            assert_eq!(held.length, length);
            assert!(held.excess(1.0).abs() < 1e-12);
            // What the modes describe is the same, only closer to the line.
            let fall = |curve: &Curve| curve.tip() - curve.height(0.8);
            assert!((fall(&held) - fall(&free)).abs() < 1e-9);
            // Negative control: with a little more volume the line is free.
            assert!(front(coefficients, 1.05 * bulge, closing).contact() > 0.01);
        }
    }

    /// A cap whose line the edge holds has the same curvature up to the edge, however its line would move if it were free.
    #[test]
    fn what_the_edge_holds_is_free_to_turn() {
        for (closing, angle) in [
            (Closing::Rolls, 30.0),
            (Closing::Rolls, 60.0),
            (Closing::Slides, 60.0),
        ] {
            let sine = f64::to_radians(angle).sin();
            let height = (0.5 * f64::to_radians(angle)).tan();
            let volume = height * (3.0 + height * height) / 6.0;
            let modes = Modes::new(32);
            let mut coefficients = [0.0; MODES];
            coefficients[0] = (sine * modes.end()).asin();
            let curve = |length| Curve::new(&modes, coefficients, length, closing).unwrap();
            // A little less than the cap's, so that the line of either kind is held.
            let held = curve(volume - 1e-5);
            assert!(held.pinned);
            let off = |curve: &Curve| curve.mean_curvature() / (2.0 * sine) - 1.0;
            let turns = held.wall_angle().to_degrees() - angle;
            let at_edge = (held.angle_at_edge() - FRAC_PI_2).to_degrees() - angle;
            assert!(at_edge.abs() < 0.2, "{closing:?}: {at_edge}");
            println!("{closing:?} {angle}: {turns:.2}°, {:.1e}", off(&held));
            assert!(turns.abs() < 1.0, "{closing:?}: {turns}");
            assert!(off(&held).abs() < 0.02, "{closing:?}: {}", off(&held));
            // Negative control: a line that is free to roll turns the surface to the wall.
            let free = curve(volume + 0.5);
            assert!(!free.pinned && free.angle_at_edge() > held.angle_at_edge() + 0.5);
            assert_eq!(off(&free) > 0.1, closing == Closing::Rolls);
        }
    }

    #[test]
    fn the_surface_rolls_off_the_edge_without_a_jump() {
        let coefficients = [0.9, 0.0, 0.0, 0.0, 0.0];
        let free = front(coefficients, 1.0, Closing::Rolls);
        let bulge = free.length - free.contact();
        let at = |more: f64| front(coefficients, bulge + more, Closing::Rolls);
        let (held, off) = (at(-1e-6), at(1e-6));
        assert!(held.pinned && !off.pinned);
        let jump = held.mean_curvature() / off.mean_curvature() - 1.0;
        assert!(jump.abs() < 1e-3, "{jump:.1e}");
        let turned = held.wall_angle() - off.wall_angle();
        assert!(turned.abs() < 1e-3, "{turned:.1e}");
        // Negative control: with less volume the surface meets the edge at another angle.
        let less = at(-0.02);
        assert!(less.wall_angle() < 1.3, "{}", less.wall_angle());
    }

    #[test]
    fn areas_are_those_of_caps() {
        for angle in CAPS.map(f64::to_radians) {
            let height = (1.0 - angle.sin()) / -angle.cos();
            let areas = cap(16, angle).areas();
            // π(1 + h²) over 2π.
            let error = areas[areas.len() - 1] - 0.5 * (1.0 + height * height);
            assert!(error.abs() < 2e-4, "{angle:.2}: {error:.1e}");
        }
    }

    /// A cone, and the piece of a sphere that meets its wall at `angle` (through the liquid) at about this depth; with it the sphere's curvature.
    fn cap_in_cone(slope: f64, angle: f64, depth: f64) -> (Curve, f64) {
        let wall = WallProfile::Tapered { slope };
        let line = wall.radius(depth);
        // The surface has turned down by this at the wall, which leans inwards by the slope's angle.
        let turned = angle - FRAC_PI_2 - slope.atan();
        let sphere = line / turned.sin();
        // ξ = r/R_w at the angle φ from the axis, and the slope of the drawn curve there.
        let place = |phi: f64| {
            let z = depth + sphere * (phi.cos() - turned.cos());
            let (r, radius) = (sphere * phi.sin(), wall.radius(z));
            let across = sphere * phi.cos() / radius - slope * r * r / (radius * radius);
            (r / radius, (r / line / across).atan())
        };
        let drawn = |xi: f64| {
            let (mut low, mut high) = (0.0, turned);
            for _ in 0..60 {
                let middle = 0.5 * (low + high);
                if place(middle).0 < xi {
                    low = middle;
                } else {
                    high = middle;
                }
            }
            place(low).1
        };
        let modes = Modes::in_pore(32, wall.clone());
        let coefficients = modes.fit(drawn);
        let curve = Curve::new(&modes, coefficients, depth + 0.1, Closing::Slides);
        (curve.expect("a front"), 2.0 / sphere)
    }

    /// A piece of a sphere in equilibrium with the wall of a cone: its curvature is the same everywhere, it meets the wall at the angle, and what a shift along the
    /// wall costs is that curvature, since in equilibrium it costs the same to add volume in any way. That is no cylinder's −2 cos θ.
    #[test]
    fn caps_in_cones_are_in_equilibrium() {
        for (slope, degrees) in [(0.2, 140.0f64), (0.2, 60.0), (-0.2, 100.0), (0.1, 110.0)] {
            let angle = degrees.to_radians();
            let (curve, at_depth) = cap_in_cone(slope, angle, 1.5);
            // The line is where the volume puts it: spheres in a cone are alike.
            let wall = curve.modes().wall();
            let expected = at_depth * wall.radius(1.5) / curve.scale();
            let off = |found: f64| (found / expected - 1.0).abs();
            let case = format!("slope {slope}, {degrees}°");
            // Up to the end of the modes: what follows is half a cell.
            let modes = curve.modes.sigma.len();
            for (k, curvature) in curve.curvatures()[..modes - 1].iter().enumerate() {
                assert!(
                    off(*curvature) < 5e-3,
                    "{case}: node {k}: {curvature} {expected}"
                );
            }
            let mean = curve.mean_curvature();
            assert!(off(mean) < 5e-3, "{case}: mean {mean} {expected}");
            let angle_found = curve.wall_angle() + FRAC_PI_2;
            assert!((angle_found - angle).abs() < 5e-3, "{case}: {angle_found}");
            let cost = curve.cost_of_shift(angle);
            assert!(off(cost) < 5e-3, "{case}: {cost} {expected}");
            // Negative control: the cylinder's.
            assert!(off(-2.0 * angle.cos()) > 0.05, "{case}: {expected}");
            // The nodes lie on that sphere, and so does the area.
            let (height, rim) = (curve.tip() - curve.contact(), curve.scale());
            let areas = curve.areas();
            let area = areas[areas.len() - 1] / (0.5 * (height * height + rim * rim));
            assert!((area - 1.0).abs() < 1e-3, "{case}: {area}");
        }
    }

    /// Whatever the curve and the pore, the line is found where the volume is that of the mean length.
    #[test]
    fn the_line_is_found_in_any_pore() {
        let funnel = WallProfile::measured(vec![0.0, 1.0, 2.6, 9.0], vec![1.0, 1.0, 0.3, 0.3]);
        let walls = [
            funnel,
            WallProfile::Tapered { slope: 0.5 },
            WallProfile::Tapered { slope: -0.5 },
            WallProfile::Wavy {
                amplitude: -0.3,
                period: 4.0,
            },
        ];
        for wall in walls {
            let modes = Modes::in_pore(8, wall.clone());
            for closing in [Closing::Rolls, Closing::Slides] {
                for first in [-1.5, -0.7, 0.0, 0.7, 1.5] {
                    for length in [0.3, 1.0, 1.7, 2.4, 4.0, 8.0] {
                        let coefficients = [first, 0.02, 0.0, 0.0, 0.0];
                        let curve = Curve::new(&modes, coefficients, length, closing);
                        let curve = curve.expect("a front");
                        // A front that stands up by 86° at the mouth of a funnel, which its line does not leave, has two volumes there: not one that
                        // flow makes.
                        if curve.pinned && first > 1.0 {
                            continue;
                        }
                        let held = 2.0 * curve.volume[curve.volume.len() - 1];
                        let lacks = (wall.volume(curve.contact, length) - held).abs();
                        assert!(
                            lacks < 1e-12,
                            "{wall:?}, {closing:?}, {first}, L = {length}: {lacks:e}, line at {}",
                            curve.contact()
                        );
                    }
                }
            }
        }
    }
}
