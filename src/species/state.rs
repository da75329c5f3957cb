//! Composition and age of core and layer, and their steps.

use super::part::{Part, Work};
use super::{Extent, Mesh, Moves};
use crate::materials::Alloy;

/// What moves atoms beside the flow during one step; lengths in R.
#[derive(Clone, Debug, PartialEq)]
pub struct Transport {
    /// D̄Δt of the layer for the feedstock's composition.
    pub layer: f64,
    /// D_BΔt.
    pub bulk: f64,
    /// Factor on the diffusive exchange k_x = D_B/δ between core and layer.
    pub exchange: f64,
    /// Whether the feedstock keeps its composition: reservoir and the layer on the mold face.
    pub feedstock_held: bool,
    /// Δt/τ₀, τ₀ the crystallisation time at the nominal composition.
    pub ageing: f64,
}

/// Even in the shortest parts of a step the layer's rounds did not converge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the composition of the interface layer could not be solved, even in {parts} parts of a step"
)]
pub struct StepTooLong {
    /// Parts into which the step was divided.
    pub parts: usize,
}

/// Most parts into which a step is divided.
const MOST_PARTS: usize = 1 << 20;

/// Composition of core and layer.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    /// Where the wire ends.
    pub extent: Extent,
    /// Fractions, elements fastest, in the alloy's order: cells of the core, then cells of the layer.
    pub fractions: Vec<f64>,
    /// Z = (−ln(1 − χ))^(1/n) in the cells of the core.
    pub age: Vec<f64>,
    /// Z of fresh feedstock.
    pub feedstock_age: f64,
    /// Composition of what the layer deposits at the tip.
    pub tip: Vec<f64>,
    /// Amount of every element that came in since the start, per radian: at the inlet, or at the mouth where the feedstock
    /// keeps its composition.
    pub inflow: Vec<f64>,
    /// Amount of every element deposited at the front since the start, per radian.
    pub deposited: Vec<f64>,
    /// Parts into which the last step was divided.
    pub parts: usize,
}

impl State {
    /// Feedstock everywhere.
    pub fn new(mesh: &Mesh, alloy: &Alloy, extent: Extent) -> Self {
        let cells = mesh.layout.cells();
        let all = cells + mesh.layout.wall_cells();
        State {
            extent,
            fractions: alloy.feedstock.repeat(all),
            age: vec![0.0; cells],
            feedstock_age: 0.0,
            tip: alloy.feedstock.clone(),
            inflow: vec![0.0; alloy.len()],
            deposited: vec![0.0; alloy.len()],
            parts: 0,
        }
    }

    /// Amount of every element in core and layer, per radian.
    pub fn stored(&self, mesh: &Mesh) -> Vec<f64> {
        let n = self.inflow.len();
        let volumes = mesh.volumes(&self.extent);
        (0..n)
            .map(|i| {
                let fractions = self.fractions.iter().skip(i).step_by(n);
                exact_sum(fractions.zip(&volumes).map(|(x, v)| x * v))
            })
            .collect()
    }

    /// The state after a step in which the wire grows to `extent`; the flow is that of `moves`.
    ///
    /// The step is divided into equal parts that no more than half a cell's content leaves. In each the layer comes first,
    /// implicitly, with the bulk's fractions at the start; then advection in the core, with what the layer gave; then
    /// diffusion along rows (with the exchange at the pore wall) and columns (with that at the mold face), implicitly.
    ///
    /// # Errors
    /// [`StepTooLong`].
    pub fn step(
        &self,
        mesh: &Mesh,
        alloy: &Alloy,
        transport: &Transport,
        moves: &Moves,
        extent: &Extent,
    ) -> Result<State, StepTooLong> {
        let ends = [mesh.volumes(&self.extent), mesh.volumes(extent)];
        let mut parts = moves.parts(mesh, [&ends[0], &ends[1]]);
        while parts <= MOST_PARTS {
            if let Some(state) = self.in_parts(mesh, alloy, transport, moves, extent, parts) {
                return Ok(state);
            }
            parts *= 2;
        }
        Err(StepTooLong { parts })
    }

    fn in_parts(
        &self,
        mesh: &Mesh,
        alloy: &Alloy,
        transport: &Transport,
        moves: &Moves,
        extent: &Extent,
        parts: usize,
    ) -> Option<State> {
        let part = 1.0 / parts as f64;
        let mut state = self.clone();
        state.parts = parts;
        let moves = moves.part(part);
        let transport = Transport {
            layer: transport.layer * part,
            bulk: transport.bulk * part,
            ageing: transport.ageing * part,
            ..transport.clone()
        };
        let mut work = Work::default();
        let mut start = mesh.volumes(&self.extent);
        for k in 0..parts {
            let at = |t: f64| self.extent.towards(extent, t * part);
            let end = if k + 1 == parts {
                extent.clone()
            } else {
                at(k as f64 + 1.0)
            };
            let volumes = mesh.volumes(&end);
            let middle = at(k as f64 + 0.5);
            let part = Part {
                mesh,
                alloy,
                transport: &transport,
                moves: &moves,
                volume: [&start, &volumes],
                middle: &middle,
            };
            part.make(&mut state, &mut work)?;
            state.extent = end;
            start = volumes;
        }
        Some(state)
    }
}

/// Sum with Neumaier's compensation: what a step adds is small against what the feedstock holds.
fn exact_sum(values: impl Iterator<Item = f64>) -> f64 {
    let (mut sum, mut lost) = (0.0f64, 0.0f64);
    for value in values {
        let next = sum + value;
        lost += if sum.abs() >= value.abs() {
            (sum - next) + value
        } else {
            (value - next) + sum
        };
        sum = next;
    }
    sum + lost
}
