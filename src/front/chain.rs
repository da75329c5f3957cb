//! The marker chain.

use crate::mesh::WallProfile;
use glam::DVec2;

/// The free surface in the half plane: markers (x = r, y = z, in pore radii; z = 0 on the mold face) from the axis to the
/// contact line on the pore wall, joined by straight segments.
#[derive(Clone, Debug, PartialEq)]
pub struct Chain {
    points: Vec<DVec2>,
}

impl Chain {
    /// A chain through these markers; the first is put onto the axis, the last onto the pore wall.
    ///
    /// # Panics
    /// With fewer than three markers.
    pub fn new(mut points: Vec<DVec2>) -> Self {
        assert!(points.len() >= 3, "a front has at least three markers");
        points[0].x = 0.0;
        points.last_mut().expect("it has markers").x = 1.0;
        Chain { points }
    }

    /// A chain of `markers` markers over evenly spaced radii at heights `z(r)`.
    pub fn over_radii(markers: usize, z: impl Fn(f64) -> f64) -> Self {
        let radius = |k: usize| k as f64 / (markers - 1) as f64;
        Chain::new(
            (0..markers)
                .map(|k| DVec2::new(radius(k), z(radius(k))))
                .collect(),
        )
    }

    /// The markers.
    pub fn points(&self) -> &[DVec2] {
        &self.points
    }

    /// The chain moved along the pore.
    pub fn shifted(&self, distance: f64) -> Self {
        let shift = |p: &DVec2| *p + distance * DVec2::Y;
        Chain {
            points: self.points.iter().map(shift).collect(),
        }
    }

    /// The chain over the volumes that a pore holds up to its heights; itself in a cylinder.
    pub fn over_volumes(&self, wall: &WallProfile) -> Self {
        let raise = |p: &DVec2| DVec2::new(p.x, wall.below(p.y));
        Chain {
            points: self.points.iter().map(raise).collect(),
        }
    }

    /// Height of the tip: the marker on the axis.
    pub fn tip(&self) -> f64 {
        self.points[0].y
    }

    /// Height of the contact line.
    pub fn contact(&self) -> f64 {
        self.points[self.points.len() - 1].y
    }

    /// Height of the highest marker.
    pub fn top(&self) -> f64 {
        self.points
            .iter()
            .fold(f64::NEG_INFINITY, |top, p| top.max(p.y))
    }

    /// Height of the lowest marker.
    pub fn bottom(&self) -> f64 {
        self.points
            .iter()
            .fold(f64::INFINITY, |low, p| low.min(p.y))
    }

    /// Volume between mold face and the straight segments over that of a pore of length R. The front itself is the curve
    /// through the markers, see [`super::Shape::mean_length`].
    pub fn mean_length(&self) -> f64 {
        // 2 ∫ z r dr, exact for straight segments.
        let segment = |a: DVec2, b: DVec2| {
            (b.x - a.x) * (a.x * (2.0 * a.y + b.y) + b.x * (a.y + 2.0 * b.y)) / 3.0
        };
        self.points.windows(2).map(|p| segment(p[0], p[1])).sum()
    }

    /// Arc length of every marker from the axis.
    pub fn arc_lengths(&self) -> Vec<f64> {
        let mut s = 0.0;
        let mut lengths = vec![0.0];
        for pair in self.points.windows(2) {
            s += pair[0].distance(pair[1]);
            lengths.push(s);
        }
        lengths
    }
}
