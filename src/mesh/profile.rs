//! The radius of a pore along its depth, and what follows from it: volumes, areas and lengths of its wall.

use super::fillet::Fillet;
use crate::physics::monotone;
use serde::{Deserialize, Serialize};
use std::f64::consts::PI;

/// Narrowest and widest pore in radii of its mouth. Narrower, a pore has less than a cell where the mesh has four at its mouth;
/// wider, the mouth is a hole in a wall.
pub(super) const RADII: [f64; 2] = [0.25, 4.0];

/// Gauss's rule of four points on an interval of length 1: places and weights.
const GAUSS: [(f64, f64); 4] = [
    (0.069_431_844_202_973_71, 0.173_927_422_568_726_93),
    (0.330_009_478_207_571_9, 0.326_072_577_431_273_07),
    (0.669_990_521_792_428_1, 0.326_072_577_431_273_07),
    (0.930_568_155_797_026_3, 0.173_927_422_568_726_93),
];

/// Radius of the pore along its depth, for the solver; satisfies the rules of [`Wall`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub enum WallProfile {
    /// R_w = 1.
    #[default]
    Straight,
    /// R_w = 1 − slope z.
    Tapered {
        /// −dR_w/dz.
        slope: f64,
    },
    /// R_w = 1 + amplitude sin(2πz/period).
    Wavy {
        /// In pore radii.
        amplitude: f64,
        /// In pore radii.
        period: f64,
    },
    /// A monotone cubic curve through points, then a cylinder.
    Measured {
        /// Depths z.
        depths: Vec<f64>,
        /// Radii there.
        radii: Vec<f64>,
        /// Volume, area, length and resistance ([`Sum`]) from the mouth up to there: a microscope gives thousands of points.
        below: Vec<[f64; 4]>,
    },
    /// Any of these with a rounded edge towards the mold's face.
    Filleted {
        /// Radius of the rounding.
        radius: f64,
        /// The pore without it.
        beyond: Box<WallProfile>,
    },
}

/// Pieces into which sums divide a rounded edge: with them volumes are exact to 1e-12.
const PIECES: f64 = 8.0;

/// Depth below the mouth within which the reservoir's lines fall with a rounded edge, in pore radii. With 1 to 2 R an edge of 0.1 R takes 18 corrections at N = 32,
/// with the whole depth of 8 R 37; with 0.5 R one of 0.3 R takes 25 instead of 17 at N = 16.
const FALLING: f64 = 2.0;

/// What is summed up along the wall.
#[derive(Clone, Copy, Debug)]
enum Sum {
    Volume,
    Area,
    Arc,
    Resistance,
}

impl Sum {
    const ALL: [Sum; 4] = [Sum::Volume, Sum::Area, Sum::Arc, Sum::Resistance];

    /// Per depth, of radius and slope.
    fn of(self, [radius, slope]: [f64; 2]) -> f64 {
        match self {
            Sum::Volume => radius * radius,
            Sum::Area => radius * slope.hypot(1.0),
            Sum::Arc => slope.hypot(1.0),
            Sum::Resistance => slope.hypot(1.0) / radius,
        }
    }
}

/// Measured points between two depths from which on sums that are known take the place of new ones.
const FEW: usize = 2;

impl WallProfile {
    /// The curve through these depths, which increase from 0, and radii.
    pub fn measured(depths: Vec<f64>, radii: Vec<f64>) -> Self {
        let mut below = vec![[0.0; 4]];
        let wall = WallProfile::Measured {
            depths: depths.clone(),
            radii: radii.clone(),
            below: Vec::new(),
        };
        for (pair, k) in depths.windows(2).zip(0..) {
            let piece = |sum: Sum| wall.integral(pair[0], pair[1], |place| sum.of(place));
            let before: [f64; 4] = below[k];
            below.push(Sum::ALL.map(|sum| before[sum as usize] + piece(sum)));
        }
        WallProfile::Measured {
            depths,
            radii,
            below,
        }
    }

    /// True for a cylinder.
    pub fn is_straight(&self) -> bool {
        *self == WallProfile::Straight
    }

    /// This wall with an edge of this radius; sharp if it is 0.
    pub fn with_fillet(self, radius: f64) -> Self {
        match radius {
            0.0 => self,
            radius => WallProfile::Filleted {
                radius,
                beyond: Box::new(self),
            },
        }
    }

    /// Its rounded edge and what lies beyond it.
    fn parts(&self) -> (Option<Fillet>, &WallProfile) {
        match self {
            WallProfile::Filleted { radius, beyond } => (Some(Fillet { radius: *radius }), beyond),
            sharp => (None, sharp),
        }
    }

    /// True for a cylinder, whatever the edge of its mouth.
    pub fn is_cylinder(&self) -> bool {
        self.parts().1.is_straight()
    }

    /// Radius of the rounded edge; 0 where it is sharp.
    pub fn fillet(&self) -> f64 {
        self.parts().0.map_or(0.0, |fillet| fillet.radius)
    }

    /// Depth of the mouth below the mold's face: 0, or the middle of a rounded edge.
    pub fn mouth(&self) -> f64 {
        self.parts().0.map_or(0.0, Fillet::depth)
    }

    /// Radius of the mouth: 1 but for a rounded edge.
    pub fn mouth_radius(&self) -> f64 {
        match self.parts() {
            (Some(fillet), beyond) => beyond.radius(fillet.depth()) + fillet.widening(),
            (None, _) => 1.0,
        }
    }

    /// Radius and its slope dR_w/dz at depth `z` (in pore radii); those of the mouth and 0 before it. In a kink, the mean of both slopes. Where
    /// a cone is as narrow or as wide as a pore may be it goes on as a cylinder.
    pub fn at(&self, z: f64) -> [f64; 2] {
        let (fillet, beyond) = self.parts();
        let mouth = self.mouth();
        if z < mouth {
            return [self.mouth_radius(), 0.0];
        }
        let [mut radius, mut slope] = beyond.sharp(z);
        if let Some(fillet) = fillet {
            let [more, steeper] = fillet.pore(z);
            (radius, slope) = (radius + more, slope + steeper);
        }
        [radius, if z == mouth { 0.5 * slope } else { slope }]
    }

    /// Radius and slope of a wall without a rounded edge, in the pore.
    fn sharp(&self, z: f64) -> [f64; 2] {
        match self {
            WallProfile::Straight => [1.0, 0.0],
            WallProfile::Tapered { slope } => {
                let end = end_of_cone(*slope);
                if z > end {
                    [1.0 - slope * end, 0.0]
                } else {
                    [1.0 - slope * z, -slope]
                }
            }
            WallProfile::Wavy { amplitude, period } => {
                let (wave, phase) = (2.0 * PI / period, 2.0 * PI * z / period);
                [
                    1.0 + amplitude * phase.sin(),
                    amplitude * wave * phase.cos(),
                ]
            }
            WallProfile::Measured { depths, radii, .. } => {
                let last = depths.len() - 1;
                if z > depths[last] {
                    [radii[last], 0.0]
                } else {
                    let [radius, slope] = monotone(depths, radii, z);
                    let share = if z == depths[last] { 0.5 } else { 1.0 };
                    [radius, share * slope]
                }
            }
            WallProfile::Filleted { beyond, .. } => beyond.sharp(z),
        }
    }

    /// Radius and slope of a row of the grid: those in its middle, or of the chord over a part of a rounded edge, which may be smaller than a row.
    pub fn row(&self, from: f64, to: f64) -> [f64; 2] {
        if from >= self.fillet() || to <= self.mouth() {
            return self.at(from + 0.5 * (to - from));
        }
        let [low, high] = [from, to].map(|z| self.radius(z));
        [0.5 * (low + high), (high - low) / (to - from)]
    }

    /// How far the mold's face lies above the mouth at a radius, for the grid's lines outside of the pore: 0 at the mouth, falls to −mouth().
    pub fn face(&self, radius: f64) -> f64 {
        self.parts().0.map_or(0.0, |fillet| {
            fillet.face((radius - self.mouth_radius()).max(0.0))[0]
        })
    }

    /// Share of [`WallProfile::face`] by which lines of the reservoir at a height on the axis have fallen: 1 at the mouth, none far below. (Lines that fall all the way
    /// down to the inlet cost twice as many cycles.)
    pub fn falling(&self, z: f64) -> f64 {
        let above = 1.0 + (z - self.mouth()) / FALLING;
        above.clamp(0.0, 1.0).powi(2)
    }

    /// Of the mold's face between two radii outside of the mouth: its length ∫ ds, its area ∫ r ds, and what a layer on it opposes to a flow inwards,
    /// ∫ ds/r.
    pub fn face_sums(&self, from: f64, to: f64) -> [f64; 3] {
        let flat =
            |from: f64, to: f64| [to - from, 0.5 * (to * to - from * from), (to / from).ln()];
        let Some(fillet) = self.parts().0 else {
            return flat(from, to);
        };
        let edge = self.face_edge();
        let mut sums = [0.0; 3];
        // On the rounding over the angle, evenly: there the integrand is smooth.
        let inner = [from.min(edge), to.min(edge)];
        let place = |r: f64| ((edge - r) / fillet.radius).clamp(-1.0, 1.0).asin();
        let [start, end] = inner.map(place);
        for k in 0..PIECES as usize {
            let step = (end - start) / PIECES;
            for (at, weight) in GAUSS {
                let angle = start + (k as f64 + at) * step;
                let arc = (weight * step).abs() * fillet.radius;
                let radius = edge - fillet.radius * angle.sin();
                for (sum, weight) in sums.iter_mut().zip([1.0, radius, 1.0 / radius]) {
                    *sum += arc * weight;
                }
            }
        }
        let rest = flat(from.max(edge), to.max(edge));
        [0, 1, 2].map(|k| sums[k] + rest[k])
    }

    /// Radius from which on the mold's face is flat.
    pub fn face_edge(&self) -> f64 {
        self.mouth_radius() + self.fillet() * std::f64::consts::FRAC_1_SQRT_2
    }

    /// Radius at depth `z`.
    pub fn radius(&self, z: f64) -> f64 {
        self.at(z)[0]
    }

    /// Largest radius between two depths, by samples.
    pub fn widest(&self, from: f64, to: f64) -> f64 {
        self.samples(from, to).fold(0.0, f64::max)
    }

    /// Smallest radius between two depths, by samples.
    pub fn narrowest(&self, from: f64, to: f64) -> f64 {
        self.samples(from, to).fold(f64::INFINITY, f64::min)
    }

    /// Smallest radius of a pore of this depth: of the whole curve, however little of it its samples see.
    pub fn neck(&self, depth: f64) -> f64 {
        match self {
            WallProfile::Straight => 1.0,
            WallProfile::Tapered { .. } => self.radius(depth).min(1.0),
            WallProfile::Wavy { amplitude, .. } => 1.0 - amplitude.abs(),
            WallProfile::Measured { depths, radii, .. } => {
                // Between its points the curve is never narrower than at them.
                let inside = depths.partition_point(|&one| one < depth);
                let narrowest = radii[..inside].iter().copied().fold(1.0, f64::min);
                narrowest.min(self.radius(depth))
            }
            WallProfile::Filleted { beyond, .. } => beyond.neck(depth),
        }
    }

    /// Radii between two depths, at 17 places and more: eight to a mouth's radius.
    fn samples(&self, from: f64, to: f64) -> impl Iterator<Item = f64> {
        let count = (8.0 * (to - from).abs()).clamp(16.0, 8.0 * 1000.0).ceil();
        let place = move |k: u32| from + (to - from) * f64::from(k) / count;
        (0..=count as u32).map(move |k| self.radius(place(k)))
    }

    /// Cross-section of the pore at depth `z`, in that of its mouth.
    pub fn section(&self, z: f64) -> f64 {
        self.radius(z).powi(2)
    }

    /// Volume of the pore between two depths, in π R³: ∫ R_w² dz.
    pub fn volume(&self, from: f64, to: f64) -> f64 {
        match self {
            WallProfile::Straight => to - from,
            WallProfile::Tapered { slope } => in_cone(*slope, to) - in_cone(*slope, from),
            WallProfile::Wavy { amplitude, period } => {
                let below = |z: f64| in_wave(*amplitude, *period, z);
                below(to) - below(from)
            }
            WallProfile::Measured { .. } | WallProfile::Filleted { .. } => {
                self.sum(Sum::Volume, from, to)
            }
        }
    }

    /// Volume of the pore between its mouth and a depth, in π R³.
    pub fn below(&self, z: f64) -> f64 {
        self.volume(self.mouth(), z)
    }

    /// Area of the wall between two depths, in 2π R²: ∫ R_w ds, s the length along the wall.
    pub fn area(&self, from: f64, to: f64) -> f64 {
        match self {
            WallProfile::Straight => to - from,
            _ => self.sum(Sum::Area, from, to),
        }
    }

    /// Length of the wall between two depths: ∫ ds.
    pub fn arc(&self, from: f64, to: f64) -> f64 {
        match self {
            WallProfile::Straight => to - from,
            _ => self.sum(Sum::Arc, from, to),
        }
    }

    /// What a layer on the wall opposes to a flow along it between two depths: ∫ ds/R_w.
    pub fn resistance(&self, from: f64, to: f64) -> f64 {
        match self {
            WallProfile::Straight => to - from,
            _ => self.sum(Sum::Resistance, from, to),
        }
    }

    /// The integral of `sum` between two depths.
    fn sum(&self, sum: Sum, from: f64, to: f64) -> f64 {
        if to < from {
            return -self.sum(sum, to, from);
        }
        let new = |from: f64, to: f64| self.integral(from, to, |place| sum.of(place));
        if let WallProfile::Filleted { radius, beyond } = self {
            let [start, end] = [from, to].map(|z| z.max(*radius));
            let rest = match sum {
                Sum::Volume => beyond.volume(start, end),
                Sum::Area => beyond.area(start, end),
                Sum::Arc => beyond.arc(start, end),
                Sum::Resistance => beyond.resistance(start, end),
            };
            return new(from.min(*radius), to.min(*radius)) + rest;
        }
        if let WallProfile::Measured { depths, below, .. } = self {
            let [first, end] = [from, to].map(|z| depths.partition_point(|&depth| depth <= z));
            if end > first + FEW {
                let [first_sum, last_sum] = [first, end - 1].map(|k| below[k][sum as usize]);
                return new(from, depths[first])
                    + (last_sum - first_sum)
                    + new(depths[end - 1], to);
            }
        }
        new(from, to)
    }

    /// The depth above which the pore holds `volume` (in π R³): the inverse of [`WallProfile::below`]. Before the mouth the pore is a cylinder.
    pub fn depth_of(&self, volume: f64) -> f64 {
        if self.is_straight() {
            return volume;
        }
        let mouth = self.mouth();
        if volume <= 0.0 {
            return mouth + volume / self.mouth_radius().powi(2);
        }
        let [narrow, wide] = RADII.map(|radius| mouth + volume / (radius * radius));
        let (mut low, mut high) = (wide, narrow);
        let mut z = (mouth + volume).clamp(low, high);
        // Newton's steps where they stay between the bounds, halves elsewhere.
        let mut lacking = volume - self.below(z);
        for _ in 0..60 {
            if lacking > 0.0 {
                low = z;
            } else {
                high = z;
            }
            let next = z + lacking / self.section(z);
            let next = if (low..=high).contains(&next) {
                next
            } else {
                0.5 * (low + high)
            };
            if (next - z).abs() <= 1e-15 * volume {
                return next;
            }
            lacking -= self.volume(z, next);
            z = next;
        }
        z
    }

    /// ∫ `f` dz, `f` of radius and slope: exact to round-off for volumes of cones and of curves through points.
    pub fn integral(&self, from: f64, to: f64, f: impl Fn([f64; 2]) -> f64) -> f64 {
        if to < from {
            return -self.integral(to, from, f);
        }
        let (fillet, beyond) = self.parts();
        // Pieces between the kinks, no longer than what Gauss's rule bears.
        let longest = match beyond {
            WallProfile::Wavy { period, .. } => period / 16.0,
            _ => 1.0,
        };
        let longest = fillet.map_or(longest, |fillet| longest.min(fillet.radius / PIECES));
        let mut sum = 0.0;
        let mut piece = |from: f64, to: f64| {
            // No pore is so deep that more are needed.
            let count = ((to - from) / longest).ceil().clamp(1.0, 1e5);
            let step = (to - from) / count;
            for k in 0..count as usize {
                let start = from + k as f64 * step;
                for (place, weight) in GAUSS {
                    sum += step * weight * f(self.at(start + place * step));
                }
            }
        };
        let few;
        let kinks = match beyond {
            // A measured point in a rounded edge, which is short, is not worth a list of its own.
            WallProfile::Measured { depths, .. } if fillet.is_none() => &depths[..],
            WallProfile::Tapered { slope } => {
                few = [self.mouth(), end_of_cone(*slope)];
                &few
            }
            _ => {
                few = [self.mouth(), self.fillet()];
                &few
            }
        };
        let mut start = from;
        let first = kinks.partition_point(|&kink| kink <= from);
        for &kink in kinks[first..].iter().take_while(|&&kink| kink < to) {
            piece(start, kink);
            start = kink;
        }
        piece(start, to);
        sum
    }

    /// The first depth before `length` (in pore radii) at which the pore is narrower than the grid resolves, if there is one.
    pub fn too_narrow(&self, length: f64) -> Option<f64> {
        let WallProfile::Tapered { slope } = self.parts().1 else {
            return None;
        };
        Some(end_of_cone(*slope)).filter(|depth| *depth < length)
    }
}

/// Volume of a cone from the mouth to a depth.
fn in_cone(slope: f64, z: f64) -> f64 {
    if z < 0.0 {
        return z;
    }
    let end = end_of_cone(slope);
    let to = z.min(end);
    let cone = to * (1.0 - slope * to * (1.0 - slope * to / 3.0));
    cone + (z - to) * (1.0 - slope * end).powi(2)
}

/// Volume of a wavy pore from the mouth to a depth.
fn in_wave(amplitude: f64, period: f64, z: f64) -> f64 {
    if z < 0.0 {
        return z;
    }
    let wave = 2.0 * PI / period;
    let (sin, cos) = (wave * z).sin_cos();
    let square = 0.5 * amplitude * amplitude;
    z * (1.0 + square) + (2.0 * amplitude * (1.0 - cos) - square * sin * cos) / wave
}

/// Depth at which a cone is as narrow or as wide as a pore may be.
fn end_of_cone(slope: f64) -> f64 {
    if slope > 0.0 {
        (1.0 - RADII[0]) / slope
    } else {
        (RADII[1] - 1.0) / -slope
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn walls() -> [WallProfile; 4] {
        [
            WallProfile::Tapered { slope: 0.1 },
            WallProfile::Tapered { slope: -0.2 },
            WallProfile::Wavy {
                amplitude: -0.3,
                period: 4.0,
            },
            WallProfile::measured(vec![0.0, 1.0, 3.0, 4.0], vec![1.0, 0.8, 0.9, 0.7]),
        ]
    }

    #[test]
    fn slopes_are_those_of_the_radii() {
        for wall in walls() {
            assert_eq!(wall.at(-1.0), [1.0, 0.0]);
            for z in [0.3, 0.9, 2.2, 3.7, 5.0] {
                let h = 1e-6;
                let slope = (wall.radius(z + h) - wall.radius(z - h)) / (2.0 * h);
                assert!((wall.at(z)[1] - slope).abs() < 1e-7, "{wall:?} at {z}");
            }
        }
    }

    /// Against the midpoints of 30 000 pieces, off by 1e-8 or so, also across the mouth, where a cylinder ends.
    #[test]
    fn volumes_areas_and_lengths_are_those_of_the_curve() {
        for wall in walls() {
            for [from, to] in [[0.5, 3.5], [-0.5, 4.5], [3.0, 1.0]] {
                let count = 30_000;
                let step = (to - from) / f64::from(count);
                let mut sums = [0.0; 4];
                for k in 0..count {
                    let z = from + (f64::from(k) + 0.5) * step;
                    let [radius, slope] = wall.at(z);
                    let arc = slope.hypot(1.0) * step;
                    sums[0] += radius * radius * step;
                    sums[1] += radius * arc;
                    sums[2] += arc / radius;
                    sums[3] += arc;
                }
                let found = [
                    wall.volume(from, to),
                    wall.area(from, to),
                    wall.resistance(from, to),
                    wall.arc(from, to),
                ];
                for (found, sum) in found.iter().zip(sums) {
                    // A kink may lie within a piece of 1e-4, beside which the slope jumps by half.
                    assert!((found - sum).abs() < 1e-5, "{wall:?}: {found} {sum}");
                }
                let exact = wall.volume(from, 0.0) + wall.below(to);
                assert!((found[0] - exact).abs() < 1e-12, "{wall:?}");
            }
        }
        // A cone's in closed form.
        let volume = WallProfile::Tapered { slope: 0.1 }.volume(0.0, 5.0);
        assert!((volume - (5.0 - 0.1 * 25.0 + 0.01 * 125.0 / 3.0)).abs() < 1e-13);
    }

    #[test]
    fn a_depth_holds_its_volume() {
        for wall in walls() {
            for depth in [1e-3, 0.4, 1.0, 3.3, 7.0, 40.0] {
                let found = wall.depth_of(wall.below(depth));
                assert!((found / depth - 1.0).abs() < 1e-12, "{wall:?}: {found}");
            }
        }
        assert_eq!(WallProfile::Straight.depth_of(3.0), 3.0);
    }

    /// What is known up to the points is what is summed up anew, and thousands of them cost no more than a few.
    #[test]
    fn many_points_are_no_more_work() {
        let depths: Vec<f64> = (0..4000).map(|k| 0.01 * f64::from(k)).collect();
        let radii = depths
            .iter()
            .map(|z| 1.0 - 0.015 * z + 0.02 * z.sin())
            .collect();
        let wall = WallProfile::measured(depths, radii);
        for [from, to] in [
            [-0.5, 0.005],
            [0.0, 39.99],
            [3.333, 27.1],
            [35.0, 41.0],
            [12.0, 1.0],
        ] {
            for (sum, found) in Sum::ALL.iter().zip([
                wall.volume(from, to),
                wall.area(from, to),
                wall.arc(from, to),
                wall.resistance(from, to),
            ]) {
                let anew = wall.integral(from, to, |place| sum.of(place));
                assert!(
                    (found - anew).abs() < 1e-10,
                    "{sum:?} {from} {to}: {found} {anew}"
                );
            }
        }
        let started = std::time::Instant::now();
        let volume = wall.below(39.0);
        for k in 0..2000 {
            let z = wall.depth_of(volume * f64::from(k) / 2000.0);
            assert!((0.0..=39.1).contains(&z));
        }
        // Milliseconds; summed up anew it would be several seconds.
        assert!(
            started.elapsed().as_secs_f64() < 2.0,
            "{:?}",
            started.elapsed()
        );
    }

    #[test]
    fn a_cone_ends_where_no_grid_resolves_it() {
        let cone = WallProfile::Tapered { slope: 0.1 };
        assert_eq!(cone.too_narrow(7.0), None);
        assert_eq!(cone.too_narrow(8.0), Some(7.5));
        assert_eq!(cone.at(9.0), [0.25, 0.0]);
    }

    #[test]
    fn a_neck_is_as_narrow_as_its_pore_is_deep() {
        let [narrowing, widening, wave, measured] = walls();
        assert_eq!(narrowing.neck(5.0), 0.5);
        assert_eq!(narrowing.neck(f64::INFINITY), 0.25);
        assert_eq!(widening.neck(5.0), 1.0);
        assert_eq!(wave.neck(f64::INFINITY), 0.7);
        assert_eq!(measured.neck(2.0), 0.8);
        assert_eq!(measured.neck(f64::INFINITY), 0.7);
        assert_eq!(measured.neck(0.5), measured.radius(0.5));
    }
}
