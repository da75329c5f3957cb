//! What a time step leaves behind.

use super::conditions::Conditions;
use super::engine::FlowAnswer;
use crate::flow::solver::Statistics;
use crate::front::{Curve, FlatFront};
use serde::{Deserialize, Serialize};
use std::f64::consts::PI;

/// One accepted time step; SI.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// Conditions at the end of the step.
    pub conditions: Conditions,
    /// Length of the wire in m; with a free front its mean length, that of a flat wire of equal volume.
    pub length: f64,
    /// The free front, if it is not flat.
    pub front: Option<FrontRecord>,
    /// Speed of the front in m/s.
    pub rate: f64,
    /// Volume per time that the bulk carries to the front, m³/s.
    pub core_flow: f64,
    /// Volume per time that the layer carries to the tip, m³/s.
    pub layer_flow: f64,
    /// Volumes that have arrived through core and layer since the start, m³.
    pub transported: [f64; 2],
    /// |inflow − core − layer| / inflow.
    pub mass_defect: f64,
    /// Where the applied pressure goes, as far as it is above the gas's; none where the front stands still, where the gas's is not less, or in a pore that is no cylinder or has a rounded mouth.
    #[serde(default)]
    pub spent: Option<Spent>,
    /// Size of the step in s (0 for the start).
    pub step: f64,
    /// Estimated relative error of the length made by this step.
    pub step_error: f64,
    /// Estimated error in m of a free front's height made by this step.
    pub shape_error: f64,
    /// Multigrid cycles spent, rejected attempts included.
    pub cycles: usize,
    /// How the last solve of the step went.
    pub statistics: Statistics,
    /// Cells of the grid.
    pub cells: usize,
    /// The composition, if it is computed.
    pub composition: Option<CompositionRecord>,
}

/// Shares of the applied pressure, as far as it is above the gas's, that are spent on the way into the pore, along it and at the front; together 1.
///
/// What a cross-section bears is its mean of −σ_zz: at the mouth, and where the front begins. At a flat front that is the capillary pressure alone,
/// negative where the mold is wetted; at a free one also what its last radius costs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Spent {
    /// In the feedstock, up to the mouth.
    pub mouth: f64,
    /// In the pore.
    pub pore: f64,
    /// At the front.
    pub front: f64,
}

impl Spent {
    fn of(conditions: &Conditions, [mouth, front]: [f64; 2]) -> Option<Self> {
        let above_gas = conditions.pressure - conditions.gas_pressure;
        let borne = |stress: f64| {
            let pascal = conditions.tip_pressure + conditions.scales.pressure * stress;
            (pascal - conditions.gas_pressure) / above_gas
        };
        (above_gas > 0.0).then(|| Spent {
            mouth: 1.0 - borne(mouth),
            pore: borne(mouth) - borne(front),
            front: borne(front),
        })
    }
}

/// Difference of D̄/D̄₀ between the composition that the flow was solved for and the one that follows from it at which the two
/// count as coupled. What a tenth of it changes, far less than a step's own error, stands in `docs/numerics.md`.
pub const COUPLED: f64 = 1e-4;

/// What a step says of the composition.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CompositionRecord {
    /// Every element's |stored − inflow| relative to its inflow since the start, in the order of the material's composition.
    pub balance: Vec<f64>,
    /// How far it has crystallised; none where the material has no law of it.
    pub crystallinity: Option<Crystallinity>,
    /// Flow solves of the step, one for each exchange with the composition.
    pub solves: usize,
    /// Difference of D̄/D̄₀ that the coupling left; above [`COUPLED`] the step went on without being coupled.
    pub uncoupled: f64,
    /// Parts into which the composition's step was divided.
    pub parts: usize,
}

/// How far a wire has crystallised.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Crystallinity {
    /// Length in m up to which the wire is amorphous (χ ≤ 0.5).
    pub amorphous_length: f64,
    /// Share of the wire's volume that is crystalline.
    pub share: f64,
}

impl CompositionRecord {
    /// Whether flow and composition agreed when the step was taken.
    pub fn is_coupled(&self) -> bool {
        self.uncoupled < COUPLED
    }
}

/// Where a free front is; lengths in m from the mold face.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct FrontRecord {
    /// Length to the tip, the front on the axis.
    pub tip: f64,
    /// Length to the contact line.
    pub contact: f64,
}

impl FrontRecord {
    /// The record of a front in a pore of `radius` (m).
    pub(super) fn new(curve: &Curve, radius: f64) -> Self {
        FrontRecord {
            tip: curve.tip() * radius,
            contact: curve.contact() * radius,
        }
    }
}

impl Step {
    /// Lengths to the tip and to the contact line in m; both the length of the wire where the front is flat.
    pub fn tip_and_contact(&self) -> [f64; 2] {
        self.front
            .map_or([self.length; 2], |front| [front.tip, front.contact])
    }

    /// Shares of core and layer in the volume transported so far; at the start, in the current flow.
    pub fn shares(&self) -> [f64; 2] {
        let [mut core, mut layer] = self.transported;
        if core + layer <= 0.0 {
            (core, layer) = (self.core_flow, self.layer_flow);
        }
        let total = core + layer;
        if total > 0.0 {
            [core / total, layer / total]
        } else {
            [0.0, 0.0]
        }
    }
}

/// The record of a step that ended at `length` (in R), where the rates are `correction` times those of `answer`: 0 where the front
/// is held.
pub(super) fn step_record(
    answer: &FlowAnswer,
    conditions: Conditions,
    length: f64,
    [correction, section]: [f64; 2],
) -> Step {
    let scales = conditions.scales;
    // A front does not recede: without a driving pressure it waits.
    let moving = |rate: f64| {
        if scales.pressure > 0.0 && correction > 0.0 {
            correction * rate
        } else {
            0.0
        }
    };
    let flow = |per_radian: f64| moving(2.0 * PI * per_radian * scales.flow());
    Step {
        conditions,
        length: length * scales.radius,
        front: None,
        rate: moving(FlatFront::speed(answer.flows.total() / section) * scales.velocity()),
        core_flow: flow(answer.flows.core),
        layer_flow: flow(answer.flows.layer),
        transported: [0.0; 2],
        mass_defect: if correction > 0.0 {
            answer.flows.mass_defect()
        } else {
            0.0
        },
        spent: (scales.pressure > 0.0 && correction > 0.0)
            .then(|| Spent::of(&conditions, answer.section_stresses?))
            .flatten(),
        step: 0.0,
        step_error: 0.0,
        shape_error: 0.0,
        cycles: answer.statistics.cycles,
        statistics: answer.statistics.clone(),
        cells: answer.cells,
        composition: None,
    }
}
