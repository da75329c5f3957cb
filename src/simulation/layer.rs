//! What the composition of the layer does to the flow: its mobility and the flux that composition gradients drive.

use crate::flow::discretise::{self, Medium};
use crate::flow::grid::Grid;
use crate::flow::solver::FlowSolver;
use crate::kernels::Layout;
use crate::species::LayerProfile;

/// A composition of the layer as the flow feels it.
///
/// With ideal mixing Q = −M ∂λ/∂s − δ ∂D̄/∂s, M = δD̄Ω/(k_BT): the flow needs D̄ along the wall and the driving pressure in units
/// of k_BT/Ω.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct LayerComposition {
    /// D̄ relative to the feedstock's.
    pub profile: LayerProfile,
    /// Pe = Ωp/(k_BT), positive.
    pub peclet: f64,
}

impl LayerComposition {
    /// Centres of the wall cells with D̄ there.
    fn values(&self, grid: &Grid, layout: &Layout) -> Vec<f64> {
        let (nr, np, jm, nz) = layout.sizes();
        let below = |z: f64| grid.wall.below(z);
        let contact = below(grid.z[grid.contact_row]);
        let middle = |v: &[f64], k: usize| 0.5 * (v[k] + v[k + 1]);
        let face = (np..nr)
            .rev()
            .map(|i| self.profile.on_face(middle(&grid.r, i)));
        let wall = (jm..nz).map(|j| {
            // Beyond the contact line there is no layer.
            let share = if contact > 0.0 {
                (below(middle(&grid.z, j)) / contact).min(1.0)
            } else {
                1.0
            };
            self.profile.on_wall(share)
        });
        face.chain(wall).collect()
    }

    /// Puts the mobility Λ D̄/D̄₀ into a medium of uniform mobility Λ.
    pub(super) fn put_mobility(&self, medium: &mut Medium, grid: &Grid, layout: &Layout) {
        for (m, d) in medium.mobility.iter_mut().zip(self.values(grid, layout)) {
            *m *= d;
        }
    }

    /// Adds the flux −δ ∂D̄/∂s to a problem of the nominal Λ.
    pub(super) fn add_flux(&self, solver: &mut FlowSolver<f64>, lambda: f64) {
        let (grid, layout) = (solver.grid.clone(), solver.layout());
        let d = self.values(&grid, &layout);
        let halves = |k: usize| discretise::halves(&grid, &layout, k);
        let wet = layout.face_cells() + grid.contact_row - grid.mouth_row;
        let strength = lambda / self.peclet;
        let mut flux = vec![0.0];
        for k in 1..wet {
            flux.push(-strength * (d[k] - d[k - 1]) / (halves(k - 1).1 + halves(k).0));
        }
        let last = -strength * (self.profile.tip - d[wet - 1]) / halves(wet - 1).1;
        // Beyond the contact line nothing changes any more: what arrives there is the deposit.
        flux.resize(d.len() + 1, last);
        solver.add_layer_flux(&flux);
    }
}
