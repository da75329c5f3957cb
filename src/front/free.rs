//! The free front in motion.

use super::capillary::{self, Capillarity};
use super::contact::Rolling;
use super::sample::Sliding;
use super::shape::filtered;
use super::{Chain, Shape, Velocity};
use crate::kernels::Real;
use glam::DVec2;

/// Distance of the markers in cells.
const SPACING: f64 = 0.5;

/// Fewest segments of a chain.
const FEWEST: usize = 16;

/// Distances from the wall, in cells, from which and up to which markers tell where a rolling contact line is. Closer
/// ones are within the cell in which velocities are interpolated to the wall.
const NEAR_WALL: [f64; 2] = [0.5, 3.0];

/// Distance from a sliding contact line, in cells, within which the volume decides where the markers are.
const REFILLED: f64 = 2.0;

/// How the material that the layer carries to the contact line is spread over the front.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Deposit {
    /// Evenly per area: diffusion on the tip is fast.
    #[default]
    Uniform,
    /// More where the surface is curved less: surface diffusion drives the tip towards constant curvature.
    Curvature,
}

/// What moves a front.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Drive {
    /// Volume per radian and time that the bulk carries to the front.
    pub core: f64,
    /// Volume per radian and time that the layer carries to the contact line.
    pub layer: f64,
    /// Surface tension, if it acts.
    pub capillarity: Option<Capillarity>,
    /// True if the wall lets the contact line slide.
    pub slides: bool,
    /// How the layer's material is spread.
    pub deposit: Deposit,
}

impl Drive {
    /// Contact angle that the wall imposes, if any: on a wall without slip there is none to impose.
    pub fn contact_angle(&self) -> Option<f64> {
        self.capillarity
            .filter(|_| self.slides)
            .map(|c| c.contact_angle)
    }
}

/// What one step did to the front.
#[derive(Clone, Debug, PartialEq)]
pub struct Moved {
    /// The front after the step.
    pub chain: Chain,
    /// Volume swept before the correction less the volume that arrived, as mean lengths.
    pub correction: f64,
}

/// Rates at the markers.
#[derive(Clone, Debug, PartialEq)]
pub struct Rates {
    /// Velocity of the bulk along the normal.
    pub normal: Vec<f64>,
    /// What the deposit adds to it.
    pub deposit: Vec<f64>,
    /// Volume per radian and time that arrives between a marker and the wall, with the deposit.
    pub beyond: Vec<f64>,
    /// Sum of the principal curvatures.
    pub curvature: Vec<f64>,
    /// How the contact line slides.
    pub sliding: Sliding,
}

impl Rates {
    /// Rates of a front of which no solution is known yet.
    pub fn at_rest(chain: &Chain) -> Self {
        let nothing = vec![0.0; chain.points().len()];
        Rates {
            normal: nothing.clone(),
            deposit: nothing.clone(),
            beyond: nothing,
            curvature: Shape::new(chain).curvatures(),
            sliding: Sliding {
                velocity: 0.0,
                mobility: 0.0,
            },
        }
    }
}

/// A front of even markers for a grid of cell `h`, bulging by `bulge` (in R) as a paraboloid over a contact line at
/// height `contact`.
pub fn paraboloid(contact: f64, bulge: f64, h: f64) -> Chain {
    let chain = Chain::over_radii(257, |r| contact + bulge * (1.0 - r * r));
    Shape::new(&chain).redistributed(SPACING * h, FEWEST)
}

/// Rates at the markers of `chain` in the solution that `velocity` samples.
pub fn rates<T: Real>(chain: &Chain, velocity: &Velocity<T>, drive: &Drive) -> Rates {
    let shape = Shape::new(chain);
    let points = chain.points();
    let mut normal: Vec<f64> = points
        .iter()
        .zip(shape.normals())
        .map(|(&p, n)| velocity.at(p).dot(n))
        .collect();
    let inside: Vec<f64> = points.iter().map(|&p| velocity.inside(p)).collect();
    conserve(points, &inside, &mut normal);
    let curvature = shape.curvatures();
    let area = areas(chain);
    let deposit = deposit(&area, &curvature, drive);
    let mut deposited = 0.0;
    let mut beyond: Vec<f64> = inside.iter().map(|inside| drive.core - inside).collect();
    for k in (0..points.len() - 1).rev() {
        deposited += 0.5 * (deposit[k] + deposit[k + 1]) * (area[k + 1] - area[k]);
        beyond[k] += deposited;
    }
    Rates {
        normal,
        deposit,
        beyond,
        curvature,
        sliding: velocity.sliding(),
    }
}

/// Shifts the velocities `normal` of the markers `points` evenly so that they carry what passes `inside` the last one away
/// from the wall: what is interpolated between faces is off by some 1e-3. Close to the wall the volume is seen to by
/// [`rolled`] and [`refilled`].
fn conserve(points: &[DVec2], inside: &[f64], normal: &mut [f64]) {
    // Markers are half a cell apart, and up to there the closure takes over.
    let spacing = points[0].distance(points[1]);
    let near = |p: &DVec2| 1.0 - p.x <= spacing;
    let free = points.iter().position(near).unwrap_or(points.len());
    let (mut carried, mut area) = (0.0, 0.0);
    for k in 1..free {
        let piece = 0.5 * (points[k - 1].x + points[k].x) * points[k - 1].distance(points[k]);
        carried += 0.5 * (normal[k - 1] + normal[k]) * piece;
        area += piece;
    }
    if area > 0.0 {
        let shift = (inside[free - 1] - carried) / area;
        normal[..free].iter_mut().for_each(|v| *v += shift);
    }
}

/// Area per radian up to every marker.
fn areas(chain: &Chain) -> Vec<f64> {
    let mut sum = 0.0;
    let mut areas = vec![0.0];
    for p in chain.points().windows(2) {
        sum += 0.5 * (p[0].x + p[1].x) * p[0].distance(p[1]);
        areas.push(sum);
    }
    areas
}

/// Normal velocity of the deposit at the markers, up to which the front has these areas.
fn deposit(area: &[f64], curvature: &[f64], drive: &Drive) -> Vec<f64> {
    let total = area[area.len() - 1];
    let uniform = drive.layer / total;
    match drive.deposit {
        Deposit::Uniform => vec![uniform; curvature.len()],
        Deposit::Curvature => {
            let mean = |values: &[f64]| -> f64 {
                let piece = |k: usize| 0.5 * (values[k] + values[k - 1]) * (area[k] - area[k - 1]);
                (1..values.len()).map(piece).sum::<f64>() / total
            };
            // Nothing is taken away anywhere: surface diffusion only fills what lies deeper.
            let level = mean(curvature);
            let weights: Vec<f64> = curvature
                .iter()
                .map(|k| (1.0 + level - k).clamp(0.0, 2.0))
                .collect();
            let scale = uniform / mean(&weights);
            weights.iter().map(|w| w * scale).collect()
        }
    }
}

/// Moves `chain` at these `rates` over `step` (in units of η/p) to where it holds the mean length `target`, for a grid of
/// cell `h`.
///
/// Markers follow the mean speed along the pore and only the rest along their normals, so that a steady shape is kept
/// whatever the step: moved along the normals alone, a curved front loses a little of its bulge in every step.
pub fn advance(
    chain: &Chain,
    rates: &Rates,
    drive: &Drive,
    step: f64,
    target: f64,
    h: f64,
) -> Moved {
    let shape = Shape::new(chain);
    let mut distance: Vec<f64> = rates
        .normal
        .iter()
        .zip(&rates.deposit)
        .map(|(v, d)| step * (v + d))
        .collect();
    let rigid = step * 2.0 * (drive.core + drive.layer);
    if let Some(capillarity) = &drive.capillarity {
        capillary::relaxed(
            chain,
            &shape,
            &mut distance,
            rigid,
            step * capillarity.tension,
        );
    }
    let mut points: Vec<DVec2> = chain
        .points()
        .iter()
        .zip(shape.normals())
        .zip(&distance)
        .map(|((&p, n), &d)| p + rigid * DVec2::Y + (d - rigid * n.y) * n)
        .collect();
    let laid = chain.contact();
    let moved = if drive.slides {
        // What the last segment's tangent lacks of the curve's.
        let last = chain.points()[points.len() - 2];
        let segment = (chain.points()[points.len() - 1] - last).normalize_or(DVec2::X);
        let pull = drive.capillarity.map(|c| Pull {
            tension: c.tension,
            cosine: c.contact_angle.cos() - shape.end_tangent().y + segment.y,
        });
        let moved = slid(&mut points, laid, step, rates.sliding, pull);
        refilled(&shape, chain, &moved, &rates.beyond, step, h)
    } else {
        rolled(&shape, chain, &points, &rates.beyond, step, h)
    };
    let arrived = shape.mean_length() + 2.0 * step * (drive.core + drive.layer);
    let even = Shape::new(&moved).redistributed(SPACING * h, FEWEST);
    let even = filtered(&even);
    Moved {
        correction: Shape::new(&even).mean_length() - arrived,
        chain: with_mean_length(&even, target),
    }
}

/// The chain with the mean length `target`: shifted along the pore by a paraboloid that leaves the contact line.
pub fn with_mean_length(chain: &Chain, target: f64) -> Chain {
    let mut chain = chain.clone();
    // The curve through shifted markers is not quite the shifted curve.
    for _ in 0..2 {
        let lacking = target - Shape::new(&chain).mean_length();
        let shift = |p: &DVec2| *p + DVec2::new(0.0, 2.0 * lacking * (1.0 - p.x * p.x));
        chain = Chain::new(chain.points().iter().map(shift).collect());
    }
    chain
}

/// `moved`, which `chain` has become in `step`, with the volume between the sliding contact line and the markers
/// [`REFILLED`] cells from it that arrived `beyond` them.
///
/// There the velocity changes within a cell, and what is interpolated of it does not carry the volume exactly.
fn refilled(
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
fn rolled(
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
struct Pull {
    tension: f64,
    /// Axial component that the last segment's tangent has when the curve meets the wall at the contact angle.
    cosine: f64,
}

/// Closes the chain at a wall along which the contact line slides; markers that reached the wall have become wall.
///
/// The line's position is implicit in the pull, which
/// would otherwise limit the step: it solves z = z₀ + Δt (v + m γ (c − t_z(z))), t the tangent of the last segment.
fn slid(
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
