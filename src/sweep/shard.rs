//! Shares of a sweep, which cost alike.

use super::plan::Plan;
use crate::case::LoadedCase;
use crate::simulation::{Process, stop};
use rayon::prelude::*;
use std::cmp::Reverse;
use std::fmt;
use std::str::FromStr;

/// The i-th of n shares, i from 1: the same points on every machine, as many in each share (one more or less), and balanced.
///
/// The points are put in the order of what they are expected to cost ([`Cost`]) and dealt in rounds of n: in every round each share
/// gets one point, the share that has least so far the dearest. Where points cost alike a fixed pseudo-random order decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    index: u64,
    count: u64,
}

impl Shard {
    /// All points.
    pub const WHOLE: Shard = Shard { index: 1, count: 1 };

    /// Whether the share is the whole.
    pub fn is_whole(self) -> bool {
        self.count == 1
    }

    /// The share's points, ascending.
    pub fn points(self, plan: &Plan) -> Vec<u64> {
        if self.is_whole() {
            return (0..plan.len()).collect();
        }
        let costs: Vec<Cost> = (0..plan.len())
            .into_par_iter()
            .map(|point| plan.case(point).map_or(Cost(0), |case| Cost::of(&case)))
            .collect();
        self.dealt(&costs)
    }

    /// The share's points, ascending, where these are the costs of all.
    fn dealt(self, costs: &[Cost]) -> Vec<u64> {
        // More shares than points: the last ones are empty.
        let count = self.count.min(costs.len() as u64) as usize;
        let mut order: Vec<u64> = (0..costs.len() as u64).collect();
        order.sort_by_key(|&point| (Reverse(costs[point as usize].0), scattered(point)));
        let mut loads = vec![0f64; count];
        let mut shares: Vec<usize> = (0..count).collect();
        let mut own = Vec::with_capacity(costs.len() / count.max(1) + 1);
        for round in order.chunks(count.max(1)) {
            shares.sort_by(|&a, &b| loads[a].total_cmp(&loads[b]).then(a.cmp(&b)));
            for (&point, &share) in round.iter().zip(&shares) {
                loads[share] += costs[point as usize].weight();
                if share as u64 + 1 == self.index {
                    own.push(point);
                }
            }
        }
        own.sort_unstable();
        own
    }
}

/// What a point is expected to cost, in steps of an eighth of an octave: so coarse that the last digits of a machine's
/// exponential function do not show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Cost(u32);

/// Moments of a run at which its speed is taken.
const MOMENTS: u32 = 16;
/// Bits of a float that are left out.
const FINE: u32 = 20;
/// Takes round numbers (a wire that does not move has its first length) off the borders between steps.
const OFF_BORDER: f64 = 1.0123;

impl Cost {
    /// The wire's length in radii, as a long pore would have it: the longer a wire is for its width, the more cells and steps.
    fn of(loaded: &LoadedCase) -> Self {
        let case = &loaded.case;
        let process = Process::new(loaded);
        let step = case.time() / f64::from(MOMENTS);
        let mut square: f64 = (case.initial_length() / case.radius()).powi(2);
        for moment in 0..MOMENTS {
            let scales = process
                .at((f64::from(moment) + 0.5) * step)
                .averaged()
                .scales;
            if scales.pressure > 0.0 {
                square += 2.0 * step / scales.time() * (0.125 + 2.0 * scales.lambda());
            }
        }
        // A wire that fills its pore stops there.
        let length = square.sqrt().min(stop(loaded));
        Cost(((length * OFF_BORDER) as f32).to_bits() >> FINE)
    }

    /// The cost as a number.
    fn weight(self) -> f64 {
        f64::from(f32::from_bits(self.0 << FINE))
    }
}

/// A number that has nothing to do with its neighbour's (the finaliser of SplitMix64).
fn scattered(point: u64) -> u64 {
    let mut x = point.wrapping_add(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let numbers = text
            .split_once('/')
            .and_then(|(index, count)| Some((index.parse().ok()?, count.parse().ok()?)));
        match numbers {
            Some((index, count)) if (1..=count).contains(&index) => Ok(Shard { index, count }),
            _ => Err("a share i/n with i from 1 to n, e.g. 3/8".into()),
        }
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn costs(numbers: impl Iterator<Item = f64>) -> Vec<Cost> {
        numbers
            .map(|cost| Cost((cost as f32).to_bits() >> FINE))
            .collect()
    }

    /// Shares are disjoint, complete and of equal size, also where there are more of them than points.
    #[test]
    fn every_point_is_dealt_once() {
        for (total, count) in [(0, 3), (1, 2), (7, 3), (70, 9), (5, 1_000_000_000_000)] {
            let costs = costs((0..total).map(|k| f64::from(k % 5) + 1.0));
            let mut all = Vec::new();
            for index in 1..=count.min(20) {
                let own = Shard { index, count }.dealt(&costs);
                let even = (total as u64) / count;
                assert!((even..=even + 1).contains(&(own.len() as u64)), "{own:?}");
                all.extend(own);
            }
            all.sort_unstable();
            assert_eq!(all, (0..total as u64).collect::<Vec<_>>());
        }
    }

    /// Where all cost alike the order is scattered: no share of two takes every other point.
    #[test]
    fn equal_costs_are_dealt_without_a_pattern() {
        let costs = costs((0..64).map(|_| 3.0));
        let own = Shard { index: 1, count: 2 }.dealt(&costs);
        let even = own.iter().filter(|&&point| point % 2 == 0).count();
        // Of 32 drawn from 64 without a pattern 16 are even, give or take three; every other point would be 0 or 32.
        assert!((8..=24).contains(&even), "{even}");
    }
}
