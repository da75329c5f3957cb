//! Composition and age of core and layer, and their steps.

use super::part::{Part, Work};
use super::{Extent, Mesh, Moves};
use crate::materials::Alloy;
use crate::physics::NotFinite;
use crate::saved::{Saved, SavedError};
use crate::stop::Stop;

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

/// Why a step of the composition was not made.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum StepFailed {
    /// Even in the shortest parts of a step the layer's rounds did not converge.
    #[error(
        "the composition of the interface layer does not settle, even in {parts} parts of a step"
    )]
    Unsettled {
        /// Parts into which the step was divided.
        parts: usize,
    },
    /// More flows through a cell than the step's parts bear; nothing was computed.
    #[error(
        "the composition's step would take {parts} parts, more than the {MOST_PARTS} that are made: {outflow:.3e} times what the \
         cell at r = {r:.3} R, z = {z:.3} R holds would flow out of it"
    )]
    TooManyParts {
        /// Parts that it would take.
        parts: usize,
        /// What flows out of the cell relative to what it holds.
        outflow: f64,
        /// Radius of the cell's centre in R.
        r: f64,
        /// Height of the cell's centre in R.
        z: f64,
    },
    /// A field holds NaN or infinity.
    #[error(transparent)]
    NotFinite(#[from] NotFinite),
    /// It was asked to stop.
    #[error("the step was stopped")]
    Stopped,
}

impl StepFailed {
    /// Whether a shorter step may succeed.
    pub fn may_be_too_long(&self) -> bool {
        matches!(
            self,
            StepFailed::Unsettled { .. } | StepFailed::TooManyParts { .. }
        )
    }
}

/// Most parts into which a step is divided: some tens are usual, and this many take seconds on the finest meshes that are in use.
const MOST_PARTS: usize = 1 << 14;

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

    /// Keeps the state.
    pub(crate) fn save(&self, to: &mut Saved) {
        let mut put = |name: &str, numbers: &[f64]| to.put(format!("species/{name}"), numbers);
        put("heights", &self.extent.heights);
        put("contact", &[self.extent.contact]);
        put("deposit", &self.extent.deposit);
        put("fractions", &self.fractions);
        put("age", &self.age);
        put("feedstock_age", &[self.feedstock_age]);
        put("tip", &self.tip);
        put("inflow", &self.inflow);
        put("deposited", &self.deposited);
        put("parts", &[self.parts as f64]);
    }

    /// Puts together what [`State::save`] kept, on its mesh.
    ///
    /// # Errors
    /// [`SavedError`].
    pub(crate) fn restore(mesh: &Mesh, alloy: &Alloy, from: &Saved) -> Result<Self, SavedError> {
        let array = |name: &str, count: usize| from.array_of(&format!("species/{name}"), count);
        let (n, rings) = (alloy.len(), mesh.pore_radii().len() - 1);
        let cells = mesh.layout.cells();
        Ok(State {
            extent: Extent {
                heights: array("heights", rings)?,
                contact: array("contact", 1)?[0],
                deposit: array("deposit", rings)?,
            },
            fractions: array("fractions", n * (cells + mesh.layout.wall_cells()))?,
            age: array("age", cells)?,
            feedstock_age: array("feedstock_age", 1)?[0],
            tip: array("tip", n)?,
            inflow: array("inflow", n)?,
            deposited: array("deposited", n)?,
            parts: array("parts", 1)?[0] as usize,
        })
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
    /// [`StepFailed`].
    pub fn step(
        &self,
        mesh: &Mesh,
        alloy: &Alloy,
        transport: &Transport,
        moves: &Moves,
        extent: &Extent,
    ) -> Result<State, StepFailed> {
        self.step_unless(mesh, alloy, transport, moves, extent, &Stop::never())
    }

    /// As [`State::step`], unless `stop` asks to give up meanwhile.
    ///
    /// # Errors
    /// [`StepFailed`].
    pub fn step_unless(
        &self,
        mesh: &Mesh,
        alloy: &Alloy,
        transport: &Transport,
        moves: &Moves,
        extent: &Extent,
        stop: &Stop,
    ) -> Result<State, StepFailed> {
        let ends = [mesh.volumes(&self.extent), mesh.volumes(extent)];
        let mut parts = moves.parts(mesh, [&ends[0], &ends[1]]);
        if parts > MOST_PARTS {
            return Err(self.too_many_parts(mesh, moves, extent, parts));
        }
        self.check_finite(mesh, alloy)?;
        while parts <= MOST_PARTS {
            if let Some(state) =
                self.in_parts(mesh, alloy, transport, moves, (extent, &ends), parts, stop)
            {
                state.check_finite(mesh, alloy)?;
                return Ok(state);
            }
            if stop.is_asked() {
                return Err(StepFailed::Stopped);
            }
            parts *= 2;
        }
        Err(StepFailed::Unsettled { parts: parts / 2 })
    }

    /// Names the cell that a step fails at before it is begun.
    fn too_many_parts(
        &self,
        mesh: &Mesh,
        moves: &Moves,
        extent: &Extent,
        parts: usize,
    ) -> StepFailed {
        let ends = [mesh.volumes(&self.extent), mesh.volumes(extent)];
        let (outflow, [i, j]) = moves.largest_outflow(mesh, [&ends[0], &ends[1]]);
        let cell = mesh.layout.cell_row(j).start + i;
        StepFailed::TooManyParts {
            parts,
            outflow,
            r: 0.5 * (mesh.r[i] + mesh.r[i + 1]),
            z: mesh.wall.depth_of(mesh.heights(extent).0[cell]),
        }
    }

    /// Checks that every number of core and layer is one.
    ///
    /// # Errors
    /// [`NotFinite`] with the first that is none.
    pub(crate) fn check_finite(&self, mesh: &Mesh, alloy: &Alloy) -> Result<(), NotFinite> {
        let (n, layout) = (alloy.len(), &mesh.layout);
        let place = |cell: usize| match cell.checked_sub(layout.cells()) {
            Some(wall) => format!("cell {wall} of the layer"),
            None => {
                let [i, j] = layout.cell_of(cell);
                format!("cell ({i}, {j}) of the composition's mesh")
            }
        };
        if let Some(k) = self.fractions.iter().position(|x| !x.is_finite()) {
            return Err(NotFinite {
                field: format!("the fraction of {}", alloy.elements()[k % n].name),
                place: place(k / n),
            });
        }
        if let Some(cell) = self.age.iter().position(|x| !x.is_finite()) {
            return Err(NotFinite {
                field: "the crystallised fraction".to_owned(),
                place: place(cell),
            });
        }
        let rest = [&self.tip, &self.inflow, &self.deposited];
        match rest.into_iter().flatten().all(|x| x.is_finite()) {
            true => Ok(()),
            false => Err(NotFinite {
                field: "an element's balance".to_owned(),
                place: "the whole wire".to_owned(),
            }),
        }
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "the step's own, and how it is divided"
    )]
    fn in_parts(
        &self,
        mesh: &Mesh,
        alloy: &Alloy,
        transport: &Transport,
        moves: &Moves,
        (extent, [first, last]): (&Extent, &[Vec<f64>; 2]),
        parts: usize,
        stop: &Stop,
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
        let mut start = first.clone();
        for k in 0..parts {
            if stop.is_asked() {
                return None;
            }
            let at = |t: f64| self.extent.towards(extent, t * part);
            let end = if k + 1 == parts {
                extent.clone()
            } else {
                at(k as f64 + 1.0)
            };
            // What moves is the same in all parts, and so has to be what the cells grow by: where the pore is no cylinder the layer's would differ
            // a little.
            let volumes = if mesh.wall.is_straight() {
                mesh.volumes(&end)
            } else {
                let share = (k as f64 + 1.0) * part;
                let pairs = first.iter().zip(last);
                pairs.map(|(a, b)| a + share * (b - a)).collect()
            };
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
