//! What is read off a state: the layer's mobility for the flow, and the composition along the wire.

use super::{Extent, Mesh, State};
use crate::flow::mixing::Mixing;
use crate::kernels::species::age;
use crate::materials::Alloy;

/// D̄ of the layer relative to the feedstock's along the wall.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct LayerProfile {
    /// On the mold face: radius and value, from the cell radius to the mouth.
    pub face: Vec<(f64, f64)>,
    /// On the pore wall: share of the height of the contact line and value.
    pub wall: Vec<(f64, f64)>,
    /// At the tip.
    pub tip: f64,
}

impl LayerProfile {
    /// That of a state.
    pub fn of(mesh: &Mesh, alloy: &Alloy, state: &State) -> Self {
        let (n, cells) = (alloy.len(), mesh.layout.cells());
        let (nr, np, ..) = mesh.layout.sizes();
        let mut values = state.fractions[cells * n..]
            .chunks_exact(n)
            .map(|x| alloy.mean_layer_ratio(x));
        let mut next = || values.next().expect("one per cell of the layer");
        LayerProfile {
            face: (np..nr)
                .rev()
                .map(|i| (0.5 * (mesh.r[i] + mesh.r[i + 1]), next()))
                .collect(),
            wall: mesh
                .share
                .windows(2)
                .map(|s| (0.5 * (s[0] + s[1]), next()))
                .collect(),
            tip: alloy.mean_layer_ratio(&state.tip),
        }
    }

    /// All values.
    fn values(&self) -> impl Iterator<Item = f64> + '_ {
        let along = self.face.iter().chain(&self.wall).map(|(_, d)| *d);
        along.chain([self.tip])
    }

    /// Largest difference to another profile of the same mesh.
    pub fn distance(&self, other: &LayerProfile) -> f64 {
        let pairs = self.values().zip(other.values());
        pairs.fold(0.0, |largest, (a, b)| (a - b).abs().max(largest))
    }

    /// What `mixing` makes of this profile and of `found`, which followed from it; never below a tenth of that.
    pub fn mixed(&self, found: &LayerProfile, mixing: &mut Mixing) -> LayerProfile {
        let next = mixing.next(self.values().collect(), found.values().collect());
        let mut next =
            (next.iter().zip(found.values())).map(|(&next, found)| next.max(0.1 * found));
        let mut along = |places: &[(f64, f64)]| -> Vec<(f64, f64)> {
            places
                .iter()
                .zip(&mut next)
                .map(|(p, d)| (p.0, d))
                .collect()
        };
        LayerProfile {
            face: along(&found.face),
            wall: along(&found.wall),
            tip: next.next().unwrap_or(found.tip),
        }
    }

    /// The polynomial through profiles of one mesh at different lengths (latest first), at the length `at`; never below a tenth of
    /// the latest.
    pub fn extrapolated(past: &[(f64, LayerProfile)], at: f64) -> LayerProfile {
        let weights: Vec<f64> = (0..past.len())
            .map(|k| {
                let others = past.iter().enumerate().filter(|(j, _)| *j != k);
                others.fold(1.0, |w, (_, other)| {
                    w * (at - other.0) / (past[k].0 - other.0)
                })
            })
            .collect();
        let mix = |value: &dyn Fn(&LayerProfile) -> f64| {
            let sum: f64 = weights.iter().zip(past).map(|(w, p)| w * value(&p.1)).sum();
            sum.max(0.1 * value(&past[0].1))
        };
        let latest = &past[0].1;
        let along = |part: &dyn Fn(&LayerProfile) -> &[(f64, f64)]| {
            let places = part(latest).iter().enumerate();
            places
                .map(|(k, (place, _))| (*place, mix(&|p| part(p)[k].1)))
                .collect()
        };
        LayerProfile {
            face: along(&|p| &p.face),
            wall: along(&|p| &p.wall),
            tip: mix(&|p| p.tip),
        }
    }

    /// Value on the mold face at radius `r`, linear between cells.
    pub fn on_face(&self, r: f64) -> f64 {
        // Radii fall along the chain.
        let k = self.face.partition_point(|(x, _)| *x > r);
        between(&self.face, k, r)
    }

    /// Value on the pore wall at a share of the contact line's height, linear between cells and from the last one to the tip: the flow has to see the
    /// slope that the species' last face has, however much finer its own grid is.
    pub fn on_wall(&self, share: f64) -> f64 {
        let k = self.wall.partition_point(|(x, _)| *x < share);
        match self.wall.last() {
            Some(&last) if k == self.wall.len() => between(&[last, (1.0, self.tip)], 1, share),
            _ => between(&self.wall, k, share),
        }
    }
}

/// Linear between the points `k − 1` and `k`; constant beyond the ends.
fn between(points: &[(f64, f64)], k: usize, x: f64) -> f64 {
    if k == 0 {
        return points[0].1;
    }
    let Some(&(right, above)) = points.get(k) else {
        return points[k - 1].1;
    };
    let (left, below) = points[k - 1];
    below + (above - below) * (x - left) / (right - left)
}

/// One slice of the wire across its axis; fractions in the order in which the elements were given.
#[derive(Clone, Debug, PartialEq)]
pub struct Section {
    /// Distance from the root in R, in the middle of the slice.
    pub height: f64,
    /// Where the slice ends, in R from the root.
    pub top: f64,
    /// Mean over the slice, the layer included with the share of it that it takes up.
    pub mean: Vec<f64>,
    /// Mean of the core.
    pub core: Vec<f64>,
    /// In the layer; none beyond the contact line, where there is no wall beside the wire.
    pub layer: Option<Vec<f64>>,
    /// Crystallised fraction of the core.
    pub crystallised: f64,
    /// Volume per radian of the slice.
    pub volume: f64,
}

/// What a slice holds so far, per radian.
#[derive(Clone, Default)]
struct Sum {
    core: f64,
    layer: f64,
    crystallised: f64,
    in_core: Vec<f64>,
    in_layer: Vec<f64>,
}

/// Adds `volume` of these `fractions` to the amounts of a slice.
fn put(amounts: &mut [f64], volume: f64, fractions: &[f64]) {
    for (sum, x) in amounts.iter_mut().zip(fractions) {
        *sum += volume * x;
    }
}

/// The wire's slices from the root to the tip, as many as the mesh has rows: planes across the pore, as a microscope sees them,
/// while the rows of the mesh follow a curved front.
pub fn wire_profile(mesh: &Mesh, alloy: &Alloy, state: &State) -> Vec<Section> {
    let n = alloy.len();
    let layout = &mesh.layout;
    let (_, _, jm, nz) = layout.sizes();
    let Extent {
        heights, contact, ..
    } = &state.extent;
    let top = heights.iter().copied().fold(*contact, f64::max);
    let cuts: Vec<f64> = mesh.share.iter().map(|share| share * top).collect();
    let exponent = alloy.crystallisation.map(|law| law.exponent);
    let empty = Sum {
        in_core: vec![0.0; n],
        in_layer: vec![0.0; n],
        ..Sum::default()
    };
    let mut sums = vec![empty; nz - jm];
    for j in jm..nz {
        let rows = [mesh.share[j - jm], mesh.share[j - jm + 1]];
        for (i, (height, cell)) in heights.iter().zip(layout.cell_row(j)).enumerate() {
            let fractions = &state.fractions[cell * n..][..n];
            let done = exponent.map_or(0.0, |e| age::crystallised(state.age[cell], e));
            // The column's volume per height: the layer has its share of it.
            let area = mesh.column_volume(&state.extent, i) / height;
            for (k, part) in slices(&cuts, rows.map(|share| share * height)) {
                let sum = &mut sums[k];
                sum.core += area * part;
                sum.crystallised += area * part * done;
                put(&mut sum.in_core, area * part, fractions);
            }
        }
        let cell = layout.cells() + layout.wall_row(j).start;
        let fractions = &state.fractions[cell * n..][..n];
        let [low, high] = rows.map(|share| share * contact);
        let area = if mesh.wall.is_straight() {
            1.0
        } else {
            (mesh.wetted(high) - mesh.wetted(low)) / (high - low)
        };
        for (k, part) in slices(&cuts, [low, high]) {
            let (sum, volume) = (&mut sums[k], mesh.thickness * part * area);
            sum.layer += volume;
            put(&mut sum.in_layer, volume, fractions);
        }
    }
    let filled = sums
        .iter()
        .zip(cuts.windows(2))
        .filter(|(s, _)| s.core > 0.0);
    filled
        .map(|(sum, cut)| {
            let per = |amounts: &[f64], volume: f64| -> Vec<f64> {
                alloy.as_given(&amounts.iter().map(|a| a / volume).collect::<Vec<_>>())
            };
            let both: Vec<f64> = (sum.in_core.iter().zip(&sum.in_layer))
                .map(|(core, layer)| core + layer)
                .collect();
            let volume = sum.core + sum.layer;
            Section {
                height: mesh.wall.depth_of(0.5 * (cut[0] + cut[1])),
                top: mesh.wall.depth_of(cut[1]),
                mean: per(&both, volume),
                core: per(&sum.in_core, sum.core),
                layer: (sum.layer > 0.0).then(|| per(&sum.in_layer, sum.layer)),
                crystallised: sum.crystallised / sum.core,
                volume,
            }
        })
        .collect()
}

/// The slices between `cuts` that the stretch from `ends[0]` to `ends[1]` lies in, and how much of it.
fn slices(cuts: &[f64], ends: [f64; 2]) -> impl Iterator<Item = (usize, f64)> {
    let last = cuts.len() - 2;
    let first = cuts.partition_point(|&cut| cut <= ends[0]).max(1) - 1;
    (first.min(last)..=last)
        .map(move |k| {
            // The top of the highest column may be rounded past the last cut.
            let above = if k == last {
                ends[1]
            } else {
                cuts[k + 1].min(ends[1])
            };
            (k, above - cuts[k].max(ends[0]))
        })
        .take_while(|(_, part)| *part > 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From the last cell to the tip the flow sees a slope, not a jump.
    #[test]
    fn the_wall_leads_up_to_the_tip() {
        let profile = LayerProfile {
            face: vec![(2.0, 1.0)],
            wall: vec![(0.25, 1.0), (0.5, 1.1)],
            tip: 1.5,
        };
        for (share, value) in [(0.1, 1.0), (0.375, 1.05), (0.75, 1.3), (1.0, 1.5)] {
            let found = profile.on_wall(share);
            assert!((found - value).abs() < 1e-12, "{share}: {found}");
        }
    }

    /// A tip whose composition answers steeply to what was asked, as where next to nothing flows to it, goes to and fro for ever; mixed, it
    /// comes to rest where both agree.
    #[test]
    fn mixing_ends_what_goes_to_and_fro() {
        let profile = |tip: f64| LayerProfile {
            face: vec![(3.0, 1.0), (2.0, 1.01)],
            wall: vec![(0.5, 1.02)],
            tip,
        };
        let steep = |tip: f64| 1.03 + 0.27 / (1.0 + (40.0 * (tip - 1.1)).exp());
        let (mut asked, mut mixing) = (profile(1.03), Mixing::default());
        let (mut plain, mut left) = (1.03, 1.0);
        for _ in 0..10 {
            let found = profile(steep(asked.tip));
            left = asked.distance(&found);
            asked = asked.mixed(&found, &mut mixing);
            plain = steep(plain);
        }
        // What counts as agreement in a run.
        assert!(left < 1e-4, "{left}");
        assert_eq!((asked.face[1], asked.wall[0].0), ((2.0, 1.01), 0.5));
        // Negative control: the plain iteration is as far off as ever.
        assert!((steep(plain) - plain).abs() > 0.1);
        // What was found bounds what is asked from below.
        let mixed = profile(0.01).mixed(&profile(1.0), &mut Mixing::default());
        assert_eq!(mixed.tip, 1.0);
    }
}
