//! The smooth curve through the markers: normals, curvature, redistribution.

use super::Chain;
use super::spline::{End, Spline};
use glam::DVec2;

/// Straight pieces between two markers where the curve is needed as a polygon: its volume is then short by
/// κ (spacing)²/192 per area, 1e-5 R at N = 16.
const PIECES: usize = 4;

/// Nodes and weights of Gauss's rule that integrates the eighth powers in ∫ z r dr along cubic splines exactly.
const GAUSS: [(f64, f64); 5] = [
    (-0.906_179_845_938_664, 0.236_926_885_056_189_1),
    (-0.538_469_310_105_683_1, 0.478_628_670_499_366_5),
    (0.0, 0.568_888_888_888_888_9),
    (0.538_469_310_105_683_1, 0.478_628_670_499_366_5),
    (0.906_179_845_938_664, 0.236_926_885_056_189_1),
];

/// Cubic splines r(s), z(s) through the markers, s the arc length of the chain. The curve meets the axis at a right
/// angle.
#[derive(Clone, Debug)]
pub struct Shape {
    r: Spline,
    z: Spline,
    s: Vec<f64>,
}

impl Shape {
    /// The curve through `chain`.
    pub fn new(chain: &Chain) -> Self {
        let s = chain.arc_lengths();
        let points = chain.points();
        let through = |y: fn(&DVec2) -> f64, slope: f64| {
            let ends = [End::Slope(slope), End::Parabola];
            Spline::new(s.clone(), points.iter().map(y).collect(), ends)
        };
        Shape {
            r: through(|p| p.x, 1.0),
            z: through(|p| p.y, 0.0),
            s,
        }
    }

    /// Unit tangent at `s`, from the axis to the wall.
    fn tangent(&self, s: f64) -> DVec2 {
        DVec2::new(self.r.slope(s), self.z.slope(s)).normalize()
    }

    /// Unit normals at the markers, out of the liquid.
    pub fn normals(&self) -> Vec<DVec2> {
        let mut normals: Vec<DVec2> = self.s.iter().map(|&s| self.tangent(s).perp()).collect();
        normals[0] = DVec2::Y;
        normals
    }

    /// Sum of the principal curvatures at the markers in 1/R, positive where the liquid bulges.
    pub fn curvatures(&self) -> Vec<f64> {
        let curvature = |&s: &f64| {
            let (t, bend) = (
                DVec2::new(self.r.slope(s), self.z.slope(s)),
                DVec2::new(self.r.bend(s), self.z.bend(s)),
            );
            let meridional = bend.perp_dot(t) / t.length().powi(3);
            let r = self.r.value(s);
            if s == 0.0 || r <= 0.0 {
                2.0 * meridional
            } else {
                meridional - t.y / (t.length() * r)
            }
        };
        self.s.iter().map(curvature).collect()
    }

    /// Unit tangent at the contact line.
    pub fn end_tangent(&self) -> DVec2 {
        self.tangent(self.s[self.s.len() - 1])
    }

    /// Mean of the curvatures over the surface: what it costs to add volume evenly.
    pub fn mean_curvature(&self) -> f64 {
        let curvature = self.curvatures();
        let (mut sum, mut area) = (0.0, 0.0);
        for k in 1..self.s.len() {
            let radius = 0.5 * (self.r.value(self.s[k - 1]) + self.r.value(self.s[k]));
            let piece = radius * (self.s[k] - self.s[k - 1]);
            sum += 0.5 * (curvature[k - 1] + curvature[k]) * piece;
            area += piece;
        }
        sum / area
    }

    /// Volume between mold face and front over that of a pore of length R: the length of a flat wire of equal volume.
    pub fn mean_length(&self) -> f64 {
        2.0 * self.volume_beyond(0)
    }

    /// Volume per radian between mold face and front outside marker `k`, ∫ z r dr.
    pub fn volume_beyond(&self, k: usize) -> f64 {
        let piece = |interval: &[f64]| {
            let (middle, half) = (
                0.5 * (interval[0] + interval[1]),
                0.5 * (interval[1] - interval[0]),
            );
            let value = |x: f64| {
                let s = middle + half * x;
                self.z.value(s) * self.r.value(s) * self.r.slope(s)
            };
            half * GAUSS.iter().map(|(x, w)| w * value(*x)).sum::<f64>()
        };
        self.s[k..].windows(2).map(piece).sum()
    }

    /// The curve as straight segments fine enough to enclose its volume, [`PIECES`] between two markers.
    pub fn polygon(&self) -> Chain {
        let inside = |interval: &[f64]| {
            let (from, step) = (interval[0], (interval[1] - interval[0]) / PIECES as f64);
            (0..PIECES).map(move |k| from + step * k as f64)
        };
        let last = self.s[self.s.len() - 1];
        let s = self.s.windows(2).flat_map(inside).chain([last]);
        let at = |s: f64| DVec2::new(self.r.value(s).clamp(0.0, 1.0), self.z.value(s));
        Chain::new(s.map(at).collect())
    }

    /// The curvatures as a grid feels them, averaged over `width` on both sides along the curve (a hat, mirrored at the
    /// wall, so that no turn of the surface gets lost there).
    pub fn averaged_curvatures(&self, width: f64) -> Vec<f64> {
        let curvature = self.curvatures();
        let s = &self.s;
        let n = s.len();
        let end = s[n - 1];
        let length = |k: usize| {
            let before = if k > 0 { s[k] - s[k - 1] } else { 0.0 };
            let after = if k + 1 < n { s[k + 1] - s[k] } else { 0.0 };
            0.5 * (before + after)
        };
        let hat = |distance: f64| (1.0 - distance.abs() / width).max(0.0);
        let average = |at: f64| {
            let (mut sum, mut total) = (0.0, 0.0);
            for k in s.partition_point(|s| *s < at - width)..n {
                if s[k] > at + width {
                    break;
                }
                let weight = length(k) * (hat(s[k] - at) + hat(2.0 * end - s[k] - at));
                sum += curvature[k] * weight;
                total += weight;
            }
            sum / total
        };
        s.iter().map(|&at| average(at)).collect()
    }

    /// Markers at even distances of about `spacing` along the curve, at least `fewest` segments.
    pub fn redistributed(&self, spacing: f64, fewest: usize) -> Chain {
        let total = self.s[self.s.len() - 1];
        let n = ((total / spacing).ceil() as usize).max(fewest);
        let at = |k: usize| {
            let s = total * k as f64 / n as f64;
            DVec2::new(self.r.value(s).clamp(0.0, 1.0), self.z.value(s))
        };
        Chain::new((0..=n).map(at).collect())
    }
}

/// Takes `share` of the waves of two markers out of the chain by a fourth difference; longer ones are left as they are
/// (with a share of 1 a wave of twelve markers loses 0.4 % of its height). The two markers next to the wall stay.
pub(super) fn filtered(chain: &Chain, share: f64) -> Chain {
    let strength = share / 16.0;
    let p = chain.points();
    let n = p.len();
    let at = |k: isize| -> DVec2 {
        if k < 0 {
            let mirrored = p[k.unsigned_abs()];
            DVec2::new(-mirrored.x, mirrored.y)
        } else {
            p[k as usize]
        }
    };
    let smooth = |k: usize| {
        if k + 2 >= n {
            return p[k];
        }
        let k = k as isize;
        let difference = at(k - 2) + at(k + 2) - 4.0 * (at(k - 1) + at(k + 1)) + 6.0 * at(k);
        at(k) - strength * difference
    };
    Chain::new((0..n).map(smooth).collect())
}
