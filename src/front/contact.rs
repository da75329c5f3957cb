//! The contact line: how a front ends at the wall.
//!
//! # On a wall without slip it rolls
//! Liquid that has reached the wall stays where it is; the line advances because the front lays new liquid down beyond
//! it. Close to the line the flow is that between a wall without slip and a surface without stress at an angle of 180°:
//! velocities vanish like ρ^½ with the distance ρ, so that the surface leaves the wall like 1 − r ∝ (z − z_c)^{3/2}.
//! Hence z is a smooth function of q = (1 − r)^⅔ there. Markers closer to the wall than the grid resolves are placed on
//! the parabola in q through those beyond; the line is where it meets the wall.
//!
//! # On a wall with slip it slides
//! With a share of what the liquid beside it does and with the pull of the contact angle, see [`Sliding`].

use super::sample::Sliding;
use super::{Chain, Shape};
use glam::DVec2;

/// Distances from the wall, in cells, from which and up to which markers tell where a rolling contact line is. Closer
/// ones are within the cell in which velocities are interpolated to the wall.
const NEAR_WALL: [f64; 2] = [0.5, 3.0];

/// Distance from a sliding contact line, in cells, within which the volume decides where the markers are.
const REFILLED: f64 = 2.0;

/// Parabola z = a + b q + c q² near the wall.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Rolling {
    coefficients: [f64; 3],
}

fn root(r: f64) -> f64 {
    (1.0 - r).max(0.0).powf(2.0 / 3.0)
}

impl Rolling {
    /// Fits the markers `near` (between the distances from the wall that the grid resolves and a few times that) by
    /// least squares such that the surface encloses the volume `volume` = ∫ z r dr between the last of them and the wall;
    /// the line does not fall below `laid`, to where liquid has been laid down.
    pub fn fit(near: &[DVec2], volume: f64, laid: f64) -> Self {
        let gap = 1.0 - near[near.len() - 1].x;
        // ∫ q^k r dr from the last marker to the wall.
        let moment = |k: f64| {
            let n = 2.0 / 3.0 * k + 1.0;
            gap.powf(n) * (1.0 / n - gap / (n + 1.0))
        };
        let moments = [moment(0.0), moment(1.0), moment(2.0)];
        let mean = |m: usize| moments[m] / moments[0];
        // With its mean height given, the surface is z = z̄ + b (q − q̄) + c (q² − q̄²).
        let height = volume / moments[0];
        let [b, c] = least_squares(near, height, |q| [q - mean(1), q * q - mean(2)]);
        let a = height - b * mean(1) - c * mean(2);
        if a >= laid {
            return Rolling {
                coefficients: [a, b, c],
            };
        }
        let [b, c] = least_squares(near, laid, |q| [q, q * q]);
        Rolling {
            coefficients: [laid, b, c],
        }
    }

    /// Height of the surface at radius `r`.
    pub fn height(&self, r: f64) -> f64 {
        let [a, b, c] = self.coefficients;
        let q = root(r);
        a + q * (b + q * c)
    }
}

/// Coefficients of two functions of q that fit z − `level` at the markers by least squares.
fn least_squares(points: &[DVec2], level: f64, basis: impl Fn(f64) -> [f64; 2]) -> [f64; 2] {
    let (mut aa, mut ab, mut bb, mut az, mut bz) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for p in points {
        let ([a, b], z) = (basis(root(p.x)), p.y - level);
        aa += a * a;
        ab += a * b;
        bb += b * b;
        az += a * z;
        bz += b * z;
    }
    let determinant = aa * bb - ab * ab;
    [
        (az * bb - bz * ab) / determinant,
        (bz * aa - az * ab) / determinant,
    ]
}

/// `moved`, which `chain` has become in `step`, with the volume between the sliding contact line and the markers
/// [`REFILLED`] cells from it that arrived `beyond` them.
///
/// There the velocity changes within a cell, and what is interpolated of it does not carry the volume exactly.
pub(super) fn refilled(
    shape: &Shape,
    chain: &Chain,
    moved: &Chain,
    beyond: &[f64],
    step: f64,
    h: f64,
) -> Chain {
    let points = moved.points();
    let near = |p: &DVec2| 1.0 - p.x < REFILLED * h;
    let Some(last) = points.iter().position(near).and_then(|k| k.checked_sub(1)) else {
        return moved.clone();
    };
    let to = points[last];
    let volume = held_beyond(last, to, shape, chain, step * beyond[last]);
    let lacking = volume - Shape::new(moved).volume_beyond(last);
    // A parabola over r that leaves both ends; ∫ 6 t (1 − t) dt = 1.
    let width = 1.0 - to.x;
    let area = 0.5 * (1.0 - to.x * to.x);
    let lift = |p: &DVec2| {
        let t = ((1.0 - p.x) / width).clamp(0.0, 1.0);
        6.0 * t * (1.0 - t) * lacking / area
    };
    let shifted = points
        .iter()
        .enumerate()
        .map(|(k, p)| *p + DVec2::new(0.0, if k > last { lift(p) } else { 0.0 }));
    Chain::new(shifted.collect())
}

/// Volume per radian that is to lie outside marker `k` of `chain` once that has moved `to` its new place and the volume
/// `arrived` has come there: less the strip below the marker's way.
fn held_beyond(k: usize, to: DVec2, shape: &Shape, chain: &Chain, arrived: f64) -> f64 {
    let from = chain.points()[k];
    let strip = 0.25 * (to.x * to.x - from.x * from.x) * (from.y + to.y);
    shape.volume_beyond(k) + arrived - strip
}

/// Closes the chain `points`, which `chain` has become in `step`, at a wall to which liquid sticks, with the volume that
/// arrived `beyond` the last marker that the grid resolves; see [`Rolling`].
pub(super) fn rolled(
    shape: &Shape,
    chain: &Chain,
    points: &[DVec2],
    beyond: &[f64],
    step: f64,
    h: f64,
) -> Chain {
    let wall = |p: &DVec2| 1.0 - p.x;
    let free = points
        .iter()
        .position(|p| wall(p) <= NEAR_WALL[0] * h)
        .unwrap_or(points.len())
        .max(4);
    let last = free - 1;
    let near = points[..free]
        .iter()
        .position(|p| wall(p) < NEAR_WALL[1] * h)
        .unwrap_or(free)
        .min(free - 4);
    let to = points[last];
    let volume = held_beyond(last, to, shape, chain, step * beyond[last]);
    // Denser towards the wall, where the curve turns into it.
    const CLOSING: usize = 16;
    let gap = wall(&to);
    let close = |volume: f64| {
        let fit = Rolling::fit(&points[near..free], volume, chain.contact());
        let mut closed = points[..free].to_vec();
        closed.extend((1..=CLOSING).map(|k| {
            let r = 1.0 - gap * (1.0 - k as f64 / CLOSING as f64).powi(2);
            DVec2::new(r, fit.height(r))
        }));
        Chain::new(closed)
    };
    // The curve through the closing markers holds a little more or less than the parabola they are on.
    let enclosed = Shape::new(&close(volume)).volume_beyond(last);
    close(2.0 * volume - enclosed)
}

/// Surface tension at a sliding contact line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pull {
    /// γ/(pR).
    pub tension: f64,
    /// Axial component that the last segment's tangent has when the curve meets the wall at the contact angle.
    pub cosine: f64,
}

/// Closes the chain at a wall along which the contact line slides; markers that reached the wall have become wall.
///
/// The line's position is implicit in the pull, which
/// would otherwise limit the step: it solves z = z₀ + Δt (v + m γ (c − t_z(z))), t the tangent of the last segment.
pub(super) fn slid(
    points: &mut Vec<DVec2>,
    laid: f64,
    step: f64,
    sliding: Sliding,
    pull: Option<Pull>,
) -> Chain {
    points.pop();
    let mut rolled = f64::NEG_INFINITY;
    if let Some(k) = points.iter().position(|p| p.x >= 1.0) {
        let (a, b) = (points[k.max(1) - 1], points[k]);
        let t = ((1.0 - a.x) / (b.x - a.x)).clamp(0.0, 1.0);
        rolled = a.y + t * (b.y - a.y);
        points.truncate(k);
    }
    let last = points[points.len() - 1];
    let carried = laid + step * sliding.velocity;
    let line = pull.map_or(carried, |Pull { tension, cosine }| {
        let reach = step * sliding.mobility * tension;
        let excess = |z: f64| {
            let tangent = DVec2::new(1.0 - last.x, z - last.y).normalize_or(DVec2::X);
            z - carried - reach * (cosine - tangent.y)
        };
        // The excess grows with z, and the pull is at most twice the tension.
        let (mut low, mut high) = (carried - 2.0 * reach, carried + 2.0 * reach);
        for _ in 0..60 {
            let middle = 0.5 * (low + high);
            if excess(middle) < 0.0 {
                low = middle;
            } else {
                high = middle;
            }
        }
        0.5 * (low + high)
    });
    points.push(DVec2::new(1.0, line.max(rolled).max(0.0)));
    Chain::new(std::mem::take(points))
}
