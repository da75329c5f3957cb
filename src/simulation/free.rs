//! The free front of a run: its shape, what moves it, and the pressure that holds it where nothing drives it.

use super::composition::FrontAt;
use super::conditions::Conditions;
use super::engine::{FlowAnswer, FlowEngine, FlowQuestion, FrontQuestion};
use super::settling::Settling;
use crate::case::{FrontDeposit, LoadedCase};
use crate::compute::ComputeError;
use crate::front::{
    self, Capillarity, Closing, Corrected, Curve, Deposit, MODES, Modes, Motion, Rates, Response,
    Stream,
};
use crate::physics::constants::NANOMETRE;
use crate::saved::{Saved, SavedError};

/// Relative residual to which the flow's response to a change of the front is solved. With 1e-4 the response of a pore of 10 nm
/// (Λ = 15) is so far off that the front zigzags from step to step: 112 steps to 86 R instead of 49.
const RESPONSE_TOLERANCE: f64 = 1e-5;

/// Least difference of the pressures (in the reference stress) of two solves through which a line is laid: below the solver's tolerance both would be
/// one and the same.
const DISTINCT: f64 = 1e-3;

/// Name under which the response is saved.
const RESPONSE: &str = "front/response";

/// Change of the flow (as a ratio) and of the coefficients (their sum) from which on the response is taken anew.
const STALE_FLOW: f64 = 1.5;
const STALE_SHAPE: f64 = 0.5;

/// A free front.
#[derive(Clone, Debug)]
pub(super) struct FreeFront {
    /// Its shape and where that comes from.
    pub motion: Motion,
    /// Velocities along the normal at the nodes of the curve in units of the flow problem: of the bulk, and what the deposit adds.
    pub normal: Vec<f64>,
    pub growth: Vec<f64>,
    response: Option<Response>,
    /// γ/R in Pa.
    tension: f64,
    contact_angle: f64,
    /// Slip length at the contact line besides that of the wall, in R.
    contact_slip: f64,
    closing: Closing,
    deposit: Deposit,
    /// How far it has settled while it is held.
    settling: Option<Settling>,
}

/// The flow at a front.
pub(super) struct Evaluated {
    pub answer: FlowAnswer,
    pub rates: Rates,
    /// The front would recede; what is here is the flow at this driving pressure (Pa), which holds its volume.
    pub held_at: Option<f64>,
    /// There: how the rates change with the inlet's pressure.
    by_pressure: Option<Rates>,
    pub cycles: usize,
}

impl Evaluated {
    /// What the front's next state depends on.
    pub fn front(&self) -> FrontFlow {
        FrontFlow {
            layer: self.rates.layer,
            held_at: self.held_at,
        }
    }
}

/// What of a flow the front's next state depends on besides its shape.
#[derive(Clone, Copy, Debug)]
pub(super) struct FrontFlow {
    /// Layer flow in units of the flow problem.
    pub layer: f64,
    /// Driving pressure in Pa that holds the front at its volume, where it would recede without it.
    pub held_at: Option<f64>,
}

impl FreeFront {
    /// The front of a case before its first solve, at a mean length (in R).
    pub fn new(loaded: &LoadedCase, mean_length: f64) -> Self {
        let (case, material) = (&loaded.case, &loaded.material);
        let radius = case.radius();
        let cells = loaded.mesh.cells_per_radius;
        let tension = if case.interface.capillarity {
            material.surface_tension() / radius
        } else {
            0.0
        };
        let contact_slip = case.contact_slip() / radius;
        let slips = contact_slip + case.slip_length() / radius > 0.0;
        let closing = if tension > 0.0 && slips {
            Closing::Slides
        } else {
            Closing::Rolls
        };
        let modes = Modes::in_pore(cells, loaded.mesh.wall.clone());
        let curve = front::paraboloid(&modes, mean_length, case.front.initial_bulge, closing);
        FreeFront {
            normal: Vec::new(),
            growth: Vec::new(),
            motion: Motion::new(curve, cells),
            response: None,
            tension,
            contact_angle: material.contact_angle(),
            contact_slip,
            closing,
            deposit: match case.front.deposit {
                FrontDeposit::Uniform => Deposit::Uniform,
                FrontDeposit::Wandering => Deposit::Wandering {
                    distance: case.front.spread_nm * NANOMETRE / radius,
                },
            },
            settling: None,
        }
    }

    /// Keeps everything that the next step depends on.
    pub fn save(&self, to: &mut Saved) {
        self.motion.save(to);
        to.put("front/normal", self.normal.clone());
        to.put("front/growth", self.growth.clone());
        if let Some(response) = &self.response {
            response.save(to, RESPONSE);
        }
        if let Some(settling) = &self.settling {
            settling.save(to);
        }
    }

    /// The front of a case that [`FreeFront::save`] kept.
    ///
    /// # Errors
    /// [`SavedError`].
    pub fn restore(loaded: &LoadedCase, from: &Saved) -> Result<Self, SavedError> {
        let new = FreeFront::new(loaded, loaded.case.initial_length() / loaded.case.radius());
        let motion = new.motion.restored(from, new.closing)?;
        let radii = motion.radii().len();
        Ok(FreeFront {
            normal: from.array("front/normal")?.to_vec(),
            growth: from.array("front/growth")?.to_vec(),
            response: match from.has(RESPONSE) {
                true => Some(Response::restore(from, RESPONSE, radii)?),
                false => None,
            },
            settling: Settling::restore(from, motion.curve.modes(), new.closing)?,
            motion,
            ..new
        })
    }

    /// The front with what grows on it.
    pub fn at(&self) -> FrontAt<'_> {
        FrontAt {
            curve: self.curve(),
            growth: &self.growth,
        }
    }

    /// The front's shape.
    pub fn curve(&self) -> &Curve {
        &self.motion.curve
    }

    /// Where the past leads in `step` seconds, at the mean length `length`.
    pub fn predicted(&self, step: f64, length: f64) -> Curve {
        self.motion.predicted(step, length, self.closing)
    }

    /// The flow problem of the front `curve` under these conditions.
    pub fn question<'a>(&self, curve: &'a Curve, conditions: &Conditions) -> FrontQuestion<'a> {
        let tension = self.tension / conditions.scales.pressure;
        FrontQuestion {
            curve,
            inlet: conditions.inlet(),
            capillarity: (tension > 0.0).then_some(Capillarity {
                tension,
                contact_angle: self.contact_angle,
            }),
            contact_slip: self.contact_slip,
        }
    }

    /// The flow problem of the front as it is: of one that is held that with the pressure that holds it.
    pub fn question_now(&self, conditions: &Conditions) -> FrontQuestion<'_> {
        let asked = self.question(self.curve(), conditions);
        let held = self.settling.as_ref().map(Settling::pressure);
        FrontQuestion {
            inlet: held.map_or(asked.inlet, |held| held / conditions.scales.pressure),
            ..asked
        }
    }

    /// Solves for the flow at `curve`. A front does not recede: where it would, the pressure that holds its volume takes the place
    /// of the press.
    pub fn evaluate(
        &self,
        engine: &mut FlowEngine,
        question: FlowQuestion,
        curve: &Curve,
        conditions: &Conditions,
    ) -> Result<Evaluated, ComputeError> {
        let asked = self.question(curve, conditions);
        let mut answer = engine.solve_with_front(question, &asked)?;
        let mut cycles = answer.statistics.cycles;
        let mut rates = self.rates(engine, curve, &answer);
        let mut held_at = None;
        let mut by_pressure = None;
        if rates.total() < 0.0 {
            // The flow is linear in the pressure, but for the laws of a liquid that thins or of pressure, of which this is the secant: that of no
            // flow lies on the line through two.
            let conductance = (1.0 / 16.0 + question.lambda) / (question.length + super::ENTRANCE);
            let needed = -rates.total() / conductance;
            let harder = FrontQuestion {
                inlet: asked.inlet + needed.max(DISTINCT),
                ..asked
            };
            answer = engine.solve_with_front(question, &harder)?;
            cycles += answer.statistics.cycles;
            let other = self.rates(engine, curve, &answer);
            let share = rates.total() / (rates.total() - other.total());
            by_pressure = Some(other.slope_from(&rates, harder.inlet - asked.inlet));
            rates = rates.towards(&other, share);
            // To round-off.
            rates.core = -rates.layer;
            let inlet = asked.inlet + share * (harder.inlet - asked.inlet);
            held_at = Some(inlet * conditions.scales.pressure);
        }
        Ok(Evaluated {
            answer,
            rates,
            held_at,
            by_pressure,
            cycles,
        })
    }

    fn rates(&self, engine: &FlowEngine, curve: &Curve, answer: &FlowAnswer) -> Rates {
        let stream = Stream::new(engine.solver().expect("just solved"));
        let flows = &answer.flows;
        Rates::new(curve, &stream, self.motion.radii(), flows.core, flows.layer)
    }

    /// The front after `step` seconds, corrected from `curve`, at which the flow is `found`; `None` if it becomes none.
    pub fn corrected(
        &mut self,
        engine: &mut FlowEngine,
        conditions: &Conditions,
        step: f64,
        curve: &Curve,
        found: &Evaluated,
    ) -> Result<(Option<Corrected>, usize), ComputeError> {
        let mut cycles = 0;
        if self.is_stale(curve, &found.rates) {
            let (response, spent) = self.respond(engine, conditions, curve, found)?;
            self.response = response;
            cycles = spent;
        }
        let Some(response) = &self.response else {
            return Ok((None, cycles));
        };
        let unit = 1.0 / conditions.scales.time();
        let rates = (&found.rates, unit);
        let corrected = self
            .motion
            .corrected(step, curve, rates, response, self.deposit);
        Ok((corrected, cycles))
    }

    /// Has the response to changes of the front taken anew before it is used again.
    pub fn forget_response(&mut self) {
        self.response = None;
    }

    fn is_stale(&self, curve: &Curve, rates: &Rates) -> bool {
        let Some(response) = &self.response else {
            return true;
        };
        let shape = |(a, b): (&f64, &f64)| (a - b).abs();
        let moved: f64 = (response.coefficients.iter().zip(&curve.coefficients))
            .map(shape)
            .sum();
        let flows = if rates.total() > 0.0 {
            let ratio = rates.total() / response.total;
            (1.0 / STALE_FLOW..=STALE_FLOW).contains(&ratio)
        } else {
            // A front that is held answers to its shape alone: the pressure that holds it goes with it.
            response.total == 0.0
        };
        moved > STALE_SHAPE || !flows
    }

    /// How the flow changes with each coefficient of `curve`.
    fn respond(
        &self,
        engine: &mut FlowEngine,
        conditions: &Conditions,
        curve: &Curve,
        found: &Evaluated,
    ) -> Result<(Option<Response>, usize), ComputeError> {
        let mut cycles = 0;
        let mut changed = Vec::with_capacity(MODES);
        let mut steps = [Response::CHANGE; MODES];
        for k in 0..MODES {
            let with = |step: f64| {
                let mut coefficients = curve.coefficients;
                coefficients[k] += step;
                curve.with_coefficients(coefficients)
            };
            // One way may lead to what is no front, as for a line at the mouth's edge.
            let other = with(steps[k]).or_else(|| {
                steps[k] = -steps[k];
                with(steps[k])
            });
            let Some(other) = other else {
                return Ok((None, cycles));
            };
            let mut asked = self.question(&other, conditions);
            // From the same pressure as the rates that these are compared with.
            if let Some(held_at) = found.held_at {
                asked.inlet = held_at / conditions.scales.pressure;
            }
            let (solver, statistics) =
                engine.solve_beside(found.answer.question, &asked, RESPONSE_TOLERANCE)?;
            cycles += statistics.cycles;
            let (flows, stream) = (solver.flows(), Stream::new(&solver));
            let radii = self.motion.radii();
            let rates = Rates::new(&other, &stream, radii, flows.core, flows.layer);
            changed.push(match &found.by_pressure {
                // What holds the front changes with it, so that no volume moves.
                Some(slope) => rates.balanced(slope),
                None => rates,
            });
        }
        let changed: [Rates; MODES] = changed.try_into().expect("one per mode");
        let tension = self.tension > 0.0;
        let response = Response::new(curve.coefficients, &found.rates, (&changed, steps), tension);
        Ok((Some(response), cycles))
    }

    /// Takes `curve` as the front `step` seconds later; the last solution of `engine` is that for it, or close to it, and `flow` is
    /// read off it.
    pub fn accept(
        &mut self,
        engine: &FlowEngine,
        conditions: &Conditions,
        step: f64,
        curve: Curve,
        flow: &FrontFlow,
    ) {
        let stream = Stream::new(engine.solver().expect("just solved"));
        let (points, areas) = (curve.chain(), curve.areas());
        let inside: Vec<f64> = points.points().iter().map(|&p| stream.inside(p)).collect();
        let n = areas.len();
        self.normal = (0..n)
            .map(|k| {
                let (a, b) = (k.saturating_sub(1), (k + 1).min(n - 1));
                (inside[b] - inside[a]) / (areas[b] - areas[a])
            })
            .collect();
        self.growth = self.deposit.growth(&curve, flow.layer);
        let scales = &conditions.scales;
        let faster = 1.0 + 16.0 * scales.lambda();
        let time = faster * step / scales.time() * self.tension / scales.pressure;
        self.settling = flow
            .held_at
            .map(|pressure| Settling::next(self.settling.take(), &curve, time, pressure));
        if step > 0.0 {
            self.motion.accept(curve, step);
        }
    }

    /// True if it has settled and stands still under these conditions.
    pub fn stands(&self, conditions: &Conditions) -> bool {
        let settling = self.settling.as_ref();
        settling.is_some_and(|settling| settling.stands(conditions.driving_pressure))
    }

    /// The flow at a front that stands still.
    pub fn at_rest(&self) -> FrontFlow {
        FrontFlow {
            layer: 0.0,
            held_at: self.settling.as_ref().map(Settling::pressure),
        }
    }

    /// How it takes up what the layer brings.
    pub fn deposit(&self) -> Deposit {
        self.deposit
    }

    /// Speed in m/s at which the front's farthest point moves on.
    pub fn top_speed(&self, conditions: &Conditions) -> f64 {
        let chain = self.curve().chain();
        let height = |k: &usize| chain.points()[*k].y;
        let top = (0..self.normal.len()).max_by(|a, b| height(a).total_cmp(&height(b)));
        // The surface is level there: its normal is the pore's axis.
        let speed = top.map_or(0.0, |k| self.normal[k] + self.growth[k]);
        speed * conditions.scales.velocity()
    }
}
