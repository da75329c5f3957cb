//! What is read off a state: the layer's mobility for the flow, and the composition along the wire.

use super::{Alloy, Mesh, State};
use crate::kernels::species::age;

/// D̄ of the layer relative to the feedstock's along the wall.
#[derive(Clone, Debug, PartialEq)]
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

    /// This profile and `t` times its way from `earlier`; never below a tenth of this.
    pub fn beyond(&self, earlier: &LayerProfile, t: f64) -> LayerProfile {
        let mix = |a: f64, b: f64| (a + t * (a - b)).max(0.1 * a);
        let along = |a: &[(f64, f64)], b: &[(f64, f64)]| {
            let pairs = a.iter().zip(b);
            pairs.map(|(a, b)| (a.0, mix(a.1, b.1))).collect()
        };
        LayerProfile {
            face: along(&self.face, &earlier.face),
            wall: along(&self.wall, &earlier.wall),
            tip: mix(self.tip, earlier.tip),
        }
    }

    /// Value on the mold face at radius `r`, linear between cells.
    pub fn on_face(&self, r: f64) -> f64 {
        // Radii fall along the chain.
        let k = self.face.partition_point(|(x, _)| *x > r);
        between(&self.face, k, r)
    }

    /// Value on the pore wall at a share of the contact line's height.
    pub fn on_wall(&self, share: f64) -> f64 {
        let k = self.wall.partition_point(|(x, _)| *x < share);
        between(&self.wall, k, share)
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

/// One cross-section of the wire; fractions in the order in which the elements were given.
#[derive(Clone, Debug, PartialEq)]
pub struct Section {
    /// Distance from the root in R, the mean over the cross-section.
    pub height: f64,
    /// Mean over the cross-section, the layer included with the share of it that it takes up.
    pub mean: Vec<f64>,
    /// Mean of the core.
    pub core: Vec<f64>,
    /// In the layer.
    pub layer: Vec<f64>,
    /// Crystallised fraction of the core.
    pub crystallised: f64,
    /// Volume per radian of the section.
    pub volume: f64,
}

/// The wire's sections from the root to the tip, one per row of the mesh.
pub fn wire_profile(mesh: &Mesh, alloy: &Alloy, state: &State) -> Vec<Section> {
    let n = alloy.len();
    let layout = &mesh.layout;
    let (_, np, jm, nz) = layout.sizes();
    let volumes = mesh.volumes(&state.extent);
    let length = 2.0
        * mesh
            .area
            .iter()
            .zip(&state.extent.heights)
            .map(|(a, h)| a * h)
            .sum::<f64>();
    let exponent = alloy.crystallisation.map(|law| law.exponent);
    (jm..nz)
        .map(|j| {
            let row = layout.cell_row(j);
            let layer = layout.cells() + layout.wall_row(j).start;
            let mut core = vec![0.0; n];
            let (mut volume, mut crystallised) = (0.0, 0.0);
            let cells = row.start..row.start + np;
            for (cell, v) in cells.clone().zip(&volumes[cells]) {
                volume += v;
                let fractions = &state.fractions[cell * n..][..n];
                for (sum, x) in core.iter_mut().zip(fractions) {
                    *sum += v * x;
                }
                if let Some(exponent) = exponent {
                    crystallised += v * age::crystallised(state.age[cell], exponent);
                }
            }
            let beside = &state.fractions[layer * n..][..n];
            let all = volume + volumes[layer];
            let mean: Vec<f64> = core
                .iter()
                .zip(beside)
                .map(|(sum, x)| (sum + volumes[layer] * x) / all)
                .collect();
            core.iter_mut().for_each(|sum| *sum /= volume);
            let k = j - jm;
            Section {
                height: 0.5 * (mesh.share[k] + mesh.share[k + 1]) * length,
                mean: alloy.as_given(&mean),
                core: alloy.as_given(&core),
                layer: alloy.as_given(beside),
                crystallised: crystallised / volume,
                volume: all,
            }
        })
        .collect()
}
