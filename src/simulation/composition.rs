//! The composition in a run: geometry and material laws of the species' steps, and their coupling to the flow.

use super::conditions::Conditions;
use super::engine::FlowEngine;
use super::fields::Fields;
use super::layer::LayerComposition;
use super::step::{COUPLED, CompositionRecord, Crystallinity};
use crate::case::{Feedstock, LoadedCase};
use crate::compute::ComputeError;
use crate::fields::{Field, Place};
use crate::flow::grid::Grid;
use crate::flow::mixing::Mixing;
use crate::front::Curve;
use crate::materials::Alloy;
use crate::physics::constants::BOLTZMANN;
use crate::saved::{Saved, SavedError};
use crate::species::{
    Extent, LayerProfile, Mesh, Moves, Sample, Section, State, Stream, Task, Transport,
    wire_profile,
};

/// Iterations between flow and composition after which a step goes on with what there is; one or two are usual.
const MOST_ITERATIONS: usize = 12;

/// Largest growth of the wire in one step, as a share of its length: the composition is of first order in time. With 2 % the fractions
/// of the wires of Fig. 2 change by 3e-4 at most, and the steps are 2.4 times as many.
pub(super) const LARGEST_GROWTH: f64 = 0.05;

/// Share of a step's growth below which another's is too small to extrapolate from.
const SHORT: f64 = 0.2;

/// How far beyond the present length the layer is extrapolated, in growths of the last step.
const FARTHEST: f64 = 2.0;

/// Name under which the latest states are saved.
const PAST: &str = "species/past";

/// The species of a run.
#[derive(Clone, Debug)]
pub struct Composition<'a> {
    loaded: &'a LoadedCase,
    mesh: Mesh,
    alloy: Alloy,
    state: State,
    /// Amounts of the elements at the start, per radian.
    initial: Vec<f64>,
    /// Volume (in πR³; in a cylinder the mean length in R) and layer of the latest states, the present one first.
    past: Vec<(f64, LayerProfile)>,
}

impl<'a> Composition<'a> {
    /// The feedstock everywhere, in a wire of this extent; `grid` is the flow's.
    pub(super) fn new(
        loaded: &'a LoadedCase,
        grid: &Grid,
        length: f64,
        front: Option<FrontAt>,
    ) -> Self {
        let (mesh, alloy) = mesh_and_alloy(loaded, grid);
        let extent = extent(&mesh, length, front);
        let length = mesh.wall.below(length);
        let state = State::new(&mesh, &alloy, extent);
        let layer = LayerProfile::of(&mesh, &alloy, &state);
        Composition {
            initial: state.stored(&mesh),
            loaded,
            mesh,
            alloy,
            state,
            past: vec![(length, layer)],
        }
    }

    /// Keeps everything that the next step depends on.
    pub(super) fn save(&self, to: &mut Saved) {
        self.state.save(to);
        to.put("species/initial", self.initial.clone());
        to.put_value(PAST, &self.past);
    }

    /// The species of a case that [`Composition::save`] kept; `grid` is one of the flow's.
    ///
    /// # Errors
    /// [`SavedError`].
    pub(super) fn restore(
        loaded: &'a LoadedCase,
        grid: &Grid,
        from: &Saved,
    ) -> Result<Self, SavedError> {
        let (mesh, alloy) = mesh_and_alloy(loaded, grid);
        Ok(Composition {
            state: State::restore(&mesh, &alloy, from)?,
            initial: from.array_of("species/initial", alloy.len())?,
            past: from.value(PAST)?,
            loaded,
            mesh,
            alloy,
        })
    }

    /// Mesh, alloy and state.
    pub fn parts(&self) -> (&Mesh, &Alloy, &State) {
        (&self.mesh, &self.alloy, &self.state)
    }

    /// Symbols of the elements.
    pub fn elements(&self) -> Vec<String> {
        self.alloy.names()
    }

    /// Fractions in the feedstock, in the order of [`Composition::elements`].
    pub fn feedstock(&self) -> Vec<f64> {
        self.alloy.as_given(&self.alloy.feedstock)
    }

    /// Sections of the wire from root to tip.
    pub fn profile(&self) -> Vec<Section> {
        wire_profile(&self.mesh, &self.alloy, &self.state)
    }

    /// |stored − stored at the start − inflow| of every element relative to its inflow (0 before anything has come in).
    pub fn balance(&self) -> Vec<f64> {
        let stored = self.state.stored(&self.mesh);
        let defects: Vec<f64> = (0..self.alloy.len())
            .map(|i| {
                let inflow = self.state.inflow[i];
                if inflow > 0.0 {
                    ((stored[i] - self.initial[i] - inflow) / inflow).abs()
                } else {
                    0.0
                }
            })
            .collect();
        self.alloy.as_given(&defects)
    }

    /// True if the material says how it crystallises.
    pub fn crystallises(&self) -> bool {
        self.alloy.crystallisation.is_some()
    }

    /// Length in R of the wire from the root up to where χ first exceeds 0.5, to the top of the front if it does so nowhere, and the share of the wire's volume beyond that
    /// threshold.
    pub fn crystallinity(&self) -> (f64, f64) {
        let sections = self.profile();
        let volume: f64 = sections.iter().map(|s| s.volume).sum();
        let mut amorphous = sections.last().map_or(0.0, |last| last.top);
        for (k, s) in sections.iter().enumerate() {
            if s.crystallised > CRYSTALLINE {
                amorphous = if k == 0 {
                    0.0
                } else {
                    let below = &sections[k - 1];
                    let t =
                        (CRYSTALLINE - below.crystallised) / (s.crystallised - below.crystallised);
                    below.height + t * (s.height - below.height)
                };
                break;
            }
        }
        let crystalline: f64 = sections
            .iter()
            .filter(|s| s.crystallised > CRYSTALLINE)
            .fold(0.0, |sum, s| sum + s.volume);
        (amorphous, crystalline / volume)
    }

    /// Puts the fractions and the crystallised fraction into a frame of fields; `radius` in m.
    pub(super) fn fill(&self, fields: &mut Fields, radius: f64) {
        let sample = Sample::new(&self.mesh, &self.alloy, &self.state);
        let mut names: Vec<String> = self.elements().iter().map(|e| format!("x_{e}")).collect();
        if self.crystallises() {
            names.push("crystallised".to_string());
        }
        let middle = |v: &[f64], k: usize| 0.5 * (v[k] + v[k + 1]) / radius;
        let across = fields.r.len() - 1;
        let cells = fields.active.iter().enumerate().map(|(k, active)| {
            let (i, j) = (k % across, k / across);
            if *active {
                sample.core(middle(&fields.r, i), middle(&fields.z, j))
            } else {
                vec![0.0; names.len()]
            }
        });
        let cells: Vec<Vec<f64>> = cells.collect();
        let points = (fields.layer.iter()).map(|[r, z]| sample.layer(r / radius, z / radius));
        let points: Vec<Vec<f64>> = points.collect();
        for (place, values) in [(Place::Cells, cells), (Place::Layer, points)] {
            for (k, name) in names.iter().enumerate() {
                let column = values.iter().map(|row| row[k]).collect();
                (fields.all).push(Field::scalars(place, name.as_str(), "", column));
            }
        }
    }

    /// What the record of a step says of the composition; `radius` in m.
    pub(super) fn record(&self, radius: f64, solves: usize, uncoupled: f64) -> CompositionRecord {
        let crystallinity = self.crystallises().then(|| {
            let (amorphous, share) = self.crystallinity();
            Crystallinity {
                amorphous_length: amorphous * radius,
                share,
            }
        });
        CompositionRecord {
            balance: self.balance(),
            crystallinity,
            solves,
            uncoupled,
            parts: self.state.parts,
        }
    }

    /// The layer as the flow feels it, extrapolated to a mean length; nothing where nothing drives the flow.
    pub(super) fn guess(&self, conditions: &Conditions, length: f64) -> Option<LayerComposition> {
        let mut past = &self.past[..];
        // A parabola through steps of one size, a line where one of them is much shorter.
        if let [now, before, first] = past {
            let (last, other) = (now.0 - before.0, before.0 - first.0);
            if last.min(other) < SHORT * last.max(other) {
                past = &past[..2];
            }
        }
        let length = self.mesh.wall.below(length);
        let farthest = match past {
            [now, before, ..] => now.0 + FARTHEST * (now.0 - before.0),
            _ => length,
        };
        self.felt(
            conditions,
            LayerProfile::extrapolated(past, length.min(farthest)),
        )
    }

    fn felt(&self, conditions: &Conditions, profile: LayerProfile) -> Option<LayerComposition> {
        let volume = self.loaded.material.atomic_volume();
        let peclet = volume * conditions.scales.pressure / (BOLTZMANN * conditions.temperature);
        (peclet > 0.0).then_some(LayerComposition { profile, peclet })
    }

    /// Volume of the wire in πR³: in a cylinder its mean length.
    fn volume(&self) -> f64 {
        let rings = self.mesh.area.iter().zip(&self.state.extent.heights);
        2.0 * rings.map(|(a, h)| a * h).sum::<f64>()
    }

    /// The state after a step of `step` seconds to the mean length `length` with the last flow of `engine`, and its layer as the flow
    /// feels it. `front` is the front at the end of the step; the step is made in `least_parts` or more.
    pub(super) fn attempt(
        &self,
        engine: &mut FlowEngine,
        ends: [&Conditions; 2],
        step: f64,
        length: f64,
        front: Option<FrontAt>,
        least_parts: usize,
    ) -> Result<(State, Option<LayerComposition>), ComputeError> {
        let extent = extent(&self.mesh, length, front);
        let mut moves = Moves::new(
            &self.mesh,
            &Stream::new(engine.solver().expect("the step solved for it")),
            &self.state.extent,
            &extent,
        );
        moves.least_parts = least_parts;
        let transport = self.transport(ends, step);
        let state = engine.step_species(&Task {
            mesh: &self.mesh,
            alloy: &self.alloy,
            state: &self.state,
            transport: &transport,
            moves: &moves,
            extent: &extent,
        })?;
        let profile = LayerProfile::of(&self.mesh, &self.alloy, &state);
        Ok((state, self.felt(ends[1], profile)))
    }

    /// Takes a state as the present one.
    pub(super) fn accept(&mut self, state: State) {
        self.state = state;
        let now = LayerProfile::of(&self.mesh, &self.alloy, &self.state);
        let length = self.volume();
        // A wire that waits stays at its length.
        self.past.retain(|(before, _)| *before < length);
        self.past.insert(0, (length, now));
        self.past.truncate(3);
    }

    /// Material laws averaged over a step, in which temperature and pressure are linear (Simpson's rule).
    fn transport(&self, ends: [&Conditions; 2], step: f64) -> Transport {
        let LoadedCase { case, material, .. } = self.loaded;
        let mean = |law: &dyn Fn([f64; 2]) -> f64| {
            let [a, b] = ends.map(|end| [end.temperature, end.pressure]);
            let middle = [0.5 * (a[0] + b[0]), 0.5 * (a[1] + b[1])];
            (law(a) + 4.0 * law(middle) + law(b)) / 6.0
        };
        let unit = step / case.radius().powi(2);
        let options = &case.composition;
        Transport {
            layer: unit * mean(&|[t, p]| case.interface_diffusivity(material, t, p)),
            bulk: unit * mean(&|[t, p]| case.bulk_diffusivity(material, t, p)),
            exchange: options.exchange_factor,
            feedstock_held: options.feedstock == Feedstock::Held,
            ageing: step
                * mean(&|[t, _]| {
                    material
                        .crystallisation_time(t)
                        .map_or(0.0, |tau| 1.0 / tau)
                }),
        }
    }
}

/// Iterations between flow and composition in one step.
#[derive(Debug, Default)]
pub(super) struct Coupling {
    /// Flow solves so far.
    pub solves: usize,
    /// Difference of D̄/D̄₀ between the layer that the flow was solved for and the one that followed from it.
    pub left: f64,
    /// Most parts that the composition's step was made in so far.
    pub parts: usize,
    /// Attempts of which the front or the coupling asked for another.
    pub tries: usize,
    /// Layers that were asked and found so far.
    mixing: Mixing,
}

impl Coupling {
    /// Counts one solve for the layer `asked` from which `found` followed; true if that is the same, or if it never will be.
    pub fn is_reached(
        &mut self,
        asked: Option<&LayerComposition>,
        found: Option<&LayerComposition>,
    ) -> bool {
        self.solves += 1;
        self.left = match (asked, found) {
            (Some(asked), Some(found)) => asked.profile.distance(&found.profile),
            // Nothing drives the flow.
            _ => 0.0,
        };
        self.left < COUPLED || self.solves >= MOST_ITERATIONS
    }

    /// The layer to ask next, after `asked` from which `found` followed. Where little flows to the tip its composition depends so much on
    /// the flow, and the flow on it, that taking what was found goes to and fro between two states for ever.
    pub fn next(
        &mut self,
        asked: Option<&LayerComposition>,
        found: Option<LayerComposition>,
    ) -> Option<LayerComposition> {
        match (asked, found) {
            (Some(asked), Some(found)) => Some(LayerComposition {
                profile: asked.profile.mixed(&found.profile, &mut self.mixing),
                ..found
            }),
            (_, found) => found,
        }
    }
}

/// χ beyond which a cross-section counts as crystalline.
const CRYSTALLINE: f64 = 0.5;

/// A free front and the normal velocity of the deposit at its nodes.
#[derive(Clone, Copy, Debug)]
pub(super) struct FrontAt<'a> {
    pub curve: &'a Curve,
    pub growth: &'a [f64],
}

/// The species' mesh on a grid of the flow, whose reservoir does not change, and the alloy.
fn mesh_and_alloy(loaded: &LoadedCase, grid: &Grid) -> (Mesh, Alloy) {
    let case = &loaded.case;
    let thickness = loaded.material.layer_thickness() / case.radius();
    let mesh = Mesh::new(grid, case.composition.rows as usize, thickness);
    (mesh, loaded.material.alloy())
}

fn extent(mesh: &Mesh, length: f64, front: Option<FrontAt>) -> Extent {
    let radii = mesh.pore_radii();
    match front {
        None => Extent::flat(mesh.wall.below(length), radii),
        Some(FrontAt { curve, growth }) => Extent::under(&curve.chain(), &mesh.wall, growth, radii),
    }
}
