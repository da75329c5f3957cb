//! The free front in motion.

use super::capillary::{self, Capillarity};
use super::contact::{Pull, refilled, rolled, slid};
use super::sample::Sliding;
use super::shape::filtered;
use super::{Chain, Deposit, Shape, Velocity};
use glam::DVec2;

/// Distance of the markers in cells.
const SPACING: f64 = 0.5;

/// Fewest segments of a chain.
const FEWEST: usize = 16;

/// Share of the waves of two markers that a step takes out of a front. Nothing else damps them without surface tension.
const FILTERED: f64 = 1.0;

/// The same where surface tension acts and the contact line slides. The surface turns within a cell there, and what the
/// filter takes off that turn in a step stays off: with a share of 1 the bulge at Ca = 1 is 5 % lower at N = 32 than without,
/// more on a finer grid. Without a filter it wanders by 10 % at Ca = 0.1.
const FILTERED_WITH_TENSION: f64 = 0.1;

/// Cosine of the surface's slope at the wall beyond which the deposit does not grow faster along the wall.
const STEEPEST: f64 = 0.25;

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

    /// Share of the waves of two markers that a step takes out of the front.
    fn filtered(&self) -> f64 {
        match self.contact_angle() {
            Some(_) => FILTERED_WITH_TENSION,
            None => FILTERED,
        }
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
pub fn rates(chain: &Chain, velocity: &Velocity, drive: &Drive) -> Rates {
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
    let deposit = drive.deposit.growth(points, &area, &curvature, drive.layer);
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

/// A part of a step, or all of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stride {
    /// Its duration in units of η/p.
    pub step: f64,
    /// Duration over which the velocities stay those of one solution, and surface tension with them.
    pub held: f64,
    /// Mean length at its end.
    pub target: f64,
}

/// Moves `chain` at these `rates` by a `stride`, for a grid of cell `h`.
///
/// Markers follow the mean speed along the pore and only the rest along their normals, so that a steady shape is kept
/// whatever the step: moved along the normals alone, a curved front loses a little of its bulge in every step.
pub fn advance(chain: &Chain, rates: &Rates, drive: &Drive, stride: Stride, h: f64) -> Moved {
    let Stride { step, held, target } = stride;
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
            held * capillarity.tension,
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
        // The deposit grows at the wall as well, along the wall by more than along the normal. A line that waited for it would be
        // overrun by the markers beside it, and jump.
        let grown = rates.deposit[rates.deposit.len() - 1] / shape.end_tangent().x.max(STEEPEST);
        let carried = laid + step * (rates.sliding.velocity + grown);
        let moved = slid(&mut points, carried, step * rates.sliding.mobility, pull);
        refilled(&shape, chain, &moved, &rates.beyond, step, h)
    } else {
        rolled(&shape, chain, &points, &rates.beyond, step, h)
    };
    let arrived = shape.mean_length() + 2.0 * step * (drive.core + drive.layer);
    let even = Shape::new(&moved).redistributed(SPACING * h, FEWEST);
    let even = filtered(&even, drive.filtered());

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
