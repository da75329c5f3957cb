//! How far the wire reaches at one moment.

use crate::front::Chain;
use crate::mesh::WallProfile;
use glam::DVec2;

/// Heights of the wire over the rings of the mesh, and how the deposit is spread over them. Heights are volumes per cross-section of the
/// mouth ([`super::Mesh`]).
#[derive(Clone, Debug, PartialEq)]
pub struct Extent {
    /// Mean height of the front over every ring.
    pub heights: Vec<f64>,
    /// Height of the contact line, where the layer ends.
    pub contact: f64,
    /// Share of the deposit that every ring receives.
    pub deposit: Vec<f64>,
}

/// Lowest height of the contact line, as a share of the wire's length: a layer of no length holds nothing.
const SHORTEST_LAYER: f64 = 0.1;

impl Extent {
    /// A wire of `length` with a flat front, over rings between the radii `r` (from the axis to the wall at 1).
    pub fn flat(length: f64, r: &[f64]) -> Self {
        Extent {
            heights: vec![length; r.len() - 1],
            contact: length,
            deposit: areas(r).iter().map(|a| 2.0 * a).collect(),
        }
    }

    /// A wire under a free front in a pore, with the deposit's normal velocity at every marker; the markers' radii are relative to the
    /// pore's. Ring means are exact integrals over the chain's segments, so that volumes are the chain's.
    pub fn under(chain: &Chain, wall: &WallProfile, deposit: &[f64], r: &[f64]) -> Self {
        let height = |z: f64| wall.below(z);
        let place = |p: DVec2| DVec2::new(p.x * wall.radius(p.y), p.y);
        let (mut volumes, mut deposits) = (Vec::new(), Vec::new());
        let (mut surface, mut all, mut total) = (Vec::new(), 0.0, 0.0);
        for ring in r.windows(2) {
            let (mut volume, mut arrived, mut area) = (0.0, 0.0, 0.0);
            for (k, p) in chain.points().windows(2).enumerate() {
                let (a, b) = (p[0], p[1]);
                let at = |x: f64| ((x - a.x) / (b.x - a.x)).clamp(0.0, 1.0);
                let (t, u) = if b.x == a.x {
                    let inside = a.x >= ring[0] && a.x < ring[1];
                    (0.0, if inside { 1.0 } else { 0.0 })
                } else {
                    let (t, u) = (at(ring[0]), at(ring[1]));
                    (t.min(u), t.max(u))
                };
                if u <= t {
                    continue;
                }
                let (p, q) = (a.lerp(b, t), a.lerp(b, u));
                let [low, high] = [p.y, q.y].map(height);
                volume += (q.x - p.x) * (p.x * (2.0 * low + high) + q.x * (low + 2.0 * high)) / 6.0;
                let (p, q) = (place(p), place(q));
                let piece = 0.5 * (p.x + q.x) * p.distance(q);
                let speed = 0.5 * (deposit[k] + deposit[k + 1]);
                area += piece;
                arrived += piece * speed.max(0.0);
            }
            volumes.push(volume);
            surface.push(area);
            deposits.push(arrived);
            all += area;
            total += arrived;
        }
        let length = chain.over_volumes(wall).mean_length();
        let floor = SHORTEST_LAYER * length;
        let area = areas(r);
        let mut heights: Vec<f64> = volumes
            .iter()
            .zip(&area)
            .map(|(v, a)| (v / a).max(floor))
            .collect();
        // A floor adds volume.
        let filled: f64 = heights.iter().zip(&area).map(|(h, a)| h * a).sum();
        heights.iter_mut().for_each(|h| *h *= 0.5 * length / filled);
        let shares = if total > 0.0 {
            deposits.iter().map(|d| d / total).collect()
        } else {
            surface.iter().map(|a| a / all).collect()
        };
        Extent {
            heights,
            contact: height(chain.contact()).max(floor),
            deposit: shares,
        }
    }

    /// Between this extent and `other`, a share `t` of the way.
    pub fn towards(&self, other: &Extent, t: f64) -> Extent {
        let mix = |a: &f64, b: &f64| a + t * (b - a);
        let pairs = self.heights.iter().zip(&other.heights);
        Extent {
            heights: pairs.map(|(a, b)| mix(a, b)).collect(),
            contact: mix(&self.contact, &other.contact),
            deposit: other.deposit.clone(),
        }
    }
}

/// Areas per radian of the rings between `r`.
pub(super) fn areas(r: &[f64]) -> Vec<f64> {
    r.windows(2)
        .map(|r| 0.5 * (r[1] * r[1] - r[0] * r[0]))
        .collect()
}
