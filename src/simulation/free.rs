//! The free front of a run: its shape, what moves it, and what its last step needed.

use super::conditions::Conditions;
use super::engine::{FlowAnswer, FlowQuestion, FrontQuestion};
use crate::case::{FrontDeposit, LoadedCase};
use crate::flow::solver::FlowSolver;
use crate::front::{
    self, Capillarity, Chain, Deposit, Drive, Moved, Rates, Shape, Stride, Velocity,
};
use crate::physics::constants::NANOMETRE;

/// Largest γ/(pR) that the front is moved with: below a pressure of γ/(100 R) it has its equilibrium shape anyway.
const LARGEST_TENSION: f64 = 100.0;

/// Cells that no marker may cross in one stride, as a share of one. Half a cell serves at N = 16 and 32; at N = 64 the contact
/// line then sticks and jumps when it starts to roll.
const STRIDE: f64 = 0.25;

/// Cells that no marker may cross in one step, which is as many strides in one solution: as long as the front's shape is
/// nearly steady, so is the velocity in a frame that moves with it. One cell instead of a stride costs 5e-4 of the length at
/// N = 32 (60 nm, 297 °C) and saves three solves out of four.
const CELLS: f64 = 1.0;

/// A free front and the rates at its markers.
#[derive(Clone, Debug)]
pub(super) struct FreeFront {
    /// The front.
    pub chain: Chain,
    /// Rates in the solution that the front was last solved for.
    pub rates: Rates,
    /// That solution's velocity, once there is one.
    velocity: Option<Velocity>,
    drive: Drive,
    /// Cell size in R.
    h: f64,
    /// γ/R in Pa.
    tension: f64,
    contact_angle: f64,
    /// Slip length at the contact line besides that of the wall, in R.
    contact_slip: f64,
    deposit: Deposit,
}

impl FreeFront {
    /// The front of a case before its first solve, at a mean length (in R).
    pub fn new(loaded: &LoadedCase, mean_length: f64) -> Self {
        let (case, material) = (&loaded.case, &loaded.material);
        let radius = case.radius();
        let h = 1.0 / loaded.mesh.cells_per_radius as f64;
        let tension = if case.interface.capillarity {
            material.surface_tension() / radius
        } else {
            0.0
        };
        let deposit = match case.front.deposit {
            FrontDeposit::Uniform => Deposit::Uniform,
            FrontDeposit::Curvature => Deposit::Curvature,
            FrontDeposit::Wandering => Deposit::Wandering {
                distance: case.front.spread_nm * NANOMETRE / radius,
            },
        };
        let drive = Drive {
            core: 0.0,
            layer: 0.0,
            capillarity: None,
            slides: false,
            deposit,
        };
        // A paraboloid of height b holds half the volume of the cylinder around it.
        let bulge = case.front.initial_bulge;
        let chain = front::paraboloid(mean_length - 0.5 * bulge, bulge, h);
        FreeFront {
            rates: Rates::at_rest(&chain),
            velocity: None,
            chain: front::with_mean_length(&chain, mean_length),
            drive,
            h,
            tension,
            contact_angle: material.contact_angle(),
            contact_slip: case.contact_slip() / radius,
            deposit,
        }
    }

    fn capillarity(&self, conditions: &Conditions) -> Option<Capillarity> {
        let tension = (self.tension / conditions.scales.pressure).clamp(0.0, LARGEST_TENSION);
        (tension > 0.0).then_some(Capillarity {
            tension,
            contact_angle: self.contact_angle,
        })
    }

    /// The flow problem of the front `chain` under these conditions.
    pub fn question<'a>(&self, chain: &'a Chain, conditions: &Conditions) -> FrontQuestion<'a> {
        FrontQuestion {
            chain,
            capillarity: self.capillarity(conditions),
            contact_slip: self.contact_slip,
        }
    }

    /// Where the front is after `step` (s) from `conditions`, at the mean length `target` (in R): in strides, between which
    /// the last solution's velocity is taken along with the front.
    pub fn moved(&self, conditions: &Conditions, step: f64, target: f64) -> Moved {
        let held = step / conditions.scales.time();
        // A little longer ones, so that a step of the full length has as many whatever its round-off.
        let longest = 1.01 * STRIDE * self.h / self.fastest();
        let strides = (held / longest).ceil().max(1.0);
        let step = held / strides;
        let speed = 2.0 * (self.drive.core + self.drive.layer);
        let start = Shape::new(&self.chain).mean_length();
        let mut correction = 0.0;
        let (mut chain, mut rates) = (self.chain.clone(), self.rates.clone());
        for k in 1..=strides as usize {
            let share = k as f64 / strides;
            let stride = Stride {
                step,
                held,
                target: start + share * (target - start),
            };
            let moved = front::advance(&chain, &rates, &self.drive, stride, self.h);
            chain = moved.chain;
            correction += moved.correction;
            if let Some(velocity) = &self.velocity
                && share < 1.0
            {
                let gone = share * held * speed;
                rates = front::rates(&chain.shifted(-gone), velocity, &self.drive);
            }
        }
        Moved { chain, correction }
    }

    /// Takes `chain` as the front and the rates at it from the solution for it.
    pub fn accept(
        &mut self,
        chain: Chain,
        answer: &FlowAnswer,
        solver: &FlowSolver<f64>,
        conditions: &Conditions,
    ) {
        let FlowQuestion { slip_length, .. } = answer.question;
        let slip_length = slip_length + self.contact_slip;
        self.drive = Drive {
            core: answer.flows.core,
            layer: answer.flows.layer,
            capillarity: self.capillarity(conditions),
            slides: slip_length > 0.0,
            deposit: self.deposit,
        };
        let velocity = Velocity::new(solver, slip_length);
        self.rates = front::rates(&chain, &velocity, &self.drive);
        self.velocity = Some(velocity);
        self.chain = chain;
    }

    /// Speed in m/s at which the front's farthest point moves on.
    pub fn top_speed(&self, conditions: &Conditions) -> f64 {
        let height = |k: &usize| self.chain.points()[*k].y;
        let top = (0..self.chain.points().len()).max_by(|a, b| height(a).total_cmp(&height(b)));
        // The surface is level there: its normal is the pore's axis.
        let speed = top.map_or(0.0, |k| self.rates.normal[k] + self.rates.deposit[k]);
        speed * conditions.scales.velocity()
    }

    /// The longest step (s) in which no marker crosses more than a share of a cell.
    pub fn longest_step(&self, conditions: &Conditions) -> f64 {
        CELLS * self.h / self.fastest() * conditions.scales.time()
    }

    /// Speed of the fastest marker.
    fn fastest(&self) -> f64 {
        let speeds = self.rates.normal.iter().zip(&self.rates.deposit);
        speeds
            .map(|(v, d)| (v + d).abs())
            .fold(self.rates.sliding.velocity.abs(), f64::max)
    }
}
