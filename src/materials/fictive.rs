//! The structure of a glass along a temperature schedule: fictive temperature after Tool, Narayanaswamy and Moynihan.
//!
//! The fictive temperature T_f is that of the liquid with the same structure. Structure and temperature act apart:
//!
//! η(T, T_f) = η_liquid(T_f) exp((E_glass/k_B)(1/T − 1/T_f)), τ(T, T_f) = τ_B(T_f) exp((E_glass/k_B)(1/T − 1/T_f)),
//!
//! so Moynihan's nonlinearity is x = E_glass over the activation energy of the liquid's law at T_f, and no further parameter
//! (isostructural Arrhenius law; Scherer, Relaxation in Glass and Composites, 1986, chapter 10). T_f follows
//!
//! T_f(t) = T*(t) − Σ_j ΔT*_j exp(−(ξ(t) − ξ_j)^β), ξ = ∫ dt/τ, T* = max(T, T_kin),
//!
//! where T_kin, τ_B(T_kin) = t_exp, is the kinetic glass transition of the run. **T\* and not T** (assumed): the material's
//! glass is that of an experiment of t_exp, whose structure does not get below T_kin; ageing below it within the same time is
//! part of E_glass, which was found from such experiments. A run that begins in equilibrium, T_f = T*, and stays at one
//! temperature therefore has T_f = max(T, T_kin) for all times: the kinetic law, exactly.

use super::description::Material;
use crate::physics::Schedule;
use crate::physics::constants::{arrhenius, kelvin};

/// Largest change of temperature in one step in K: τ changes by some 7 % over it.
const TEMPERATURE_STEP: f64 = 0.25;
/// Largest step in relaxation times while the structure is away from its target.
const TIME_STEP: f64 = 0.1;
/// Distance in K from the target within which the structure counts as relaxed for the choice of the step.
const RELAXED: f64 = 0.02;
/// Shortest step as a share of the run.
const SHORTEST: f64 = 1e-7;
/// Steps of temperature that have decayed to this share are forgotten.
const FORGOTTEN: f64 = 1e-14;

/// How structure follows temperature in one run.
#[derive(Debug, Clone, PartialEq)]
pub enum Structure {
    /// The kinetic glass transition in K of the run's duration: T_f = max(T, T_kin).
    Kinetic(f64),
    /// Fictive temperature in K over time in s.
    History(Schedule),
}

impl Structure {
    /// Fictive temperature in K at `time` (s), when the temperature is `temperature` (K).
    pub fn fictive_temperature(&self, time: f64, temperature: f64) -> f64 {
        match self {
            Structure::Kinetic(transition) => temperature.max(*transition),
            Structure::History(schedule) => schedule.value(time),
        }
    }
}

impl Material {
    /// Newtonian viscosity in Pa·s at `temperature` (K) of a structure with the fictive temperature `fictive` (K).
    pub fn structural_viscosity(&self, temperature: f64, fictive: f64) -> f64 {
        self.equilibrium_newtonian_viscosity(fictive) * self.isostructural(temperature, fictive)
    }

    /// Structural relaxation time in s at `temperature` (K) with the fictive temperature `fictive` (K).
    pub fn structural_relaxation_time(&self, temperature: f64, fictive: f64) -> f64 {
        self.bulk_relaxation_time(fictive) * self.isostructural(temperature, fictive)
    }

    /// Factor on viscosity and relaxation time at `temperature` (K) against the liquid of the same structure, at `fictive` (K); NaN out of equilibrium where the file gives no E_glass.
    fn isostructural(&self, temperature: f64, fictive: f64) -> f64 {
        match &self.viscosity.E_glass_eV {
            // The viscosity falls with T, hence the minus on the activation energy.
            Some(energy) => arrhenius(-energy.value, temperature, fictive),
            None if temperature == fictive => 1.0,
            None => f64::NAN,
        }
    }

    /// How the structure follows `temperature` (K over s) in a run of `experiment_time` (s).
    pub fn structure(&self, temperature: &Schedule, experiment_time: f64) -> Structure {
        let transition = self.bulk_glass_transition(experiment_time);
        let Some(fictive) = &self.viscosity.fictive else {
            return Structure::Kinetic(transition);
        };
        let start = fictive.T_start_C.as_ref().map(|start| kelvin(start.value));
        let target = |time: f64| temperature.value(time).max(transition);
        let mut relaxation = Relaxation::new(self, fictive.beta.value, target(0.0));
        if let Some(start) = start {
            relaxation.jump(target(0.0) - start);
        }
        let mut knots = vec![[0.0, relaxation.fictive()]];
        let mut time = 0.0;
        while time < experiment_time {
            let end = temperature
                .next_corner(time)
                .map_or(experiment_time, |corner| corner.min(experiment_time));
            let step = relaxation.step(
                temperature.value(time),
                (temperature.value(end) - temperature.value(time)) / (end - time),
                end - time,
                SHORTEST * experiment_time,
            );
            let next = if time + step < end { time + step } else { end };
            relaxation.advance(
                [temperature.value(time), temperature.value(next)],
                target(next),
                next - time,
            );
            time = next;
            knots.push([time, relaxation.fictive()]);
        }
        Structure::History(Schedule::piecewise_linear(knots))
    }
}

/// The steps of temperature so far and how far each has relaxed.
struct Relaxation<'a> {
    material: &'a Material,
    exponent: f64,
    target: f64,
    /// Steps of the target in K and the reduced time since each.
    steps: Vec<[f64; 2]>,
}

impl<'a> Relaxation<'a> {
    fn new(material: &'a Material, exponent: f64, target: f64) -> Self {
        Self {
            material,
            exponent,
            target,
            steps: Vec::new(),
        }
    }

    fn jump(&mut self, change: f64) {
        self.steps.push([change, 0.0]);
    }

    /// Share of a step that is left after the reduced time `elapsed`.
    fn left(&self, elapsed: f64) -> f64 {
        (-elapsed.powf(self.exponent)).exp()
    }

    /// T_f in K, `ahead` of now in reduced time.
    fn fictive_after(&self, ahead: f64) -> f64 {
        let gap: f64 = self
            .steps
            .iter()
            .map(|[change, elapsed]| change * self.left(elapsed + ahead))
            .sum();
        self.target - gap
    }

    fn fictive(&self) -> f64 {
        self.fictive_after(0.0)
    }

    /// Length in s of the next step at a temperature (K) that changes at `rate` (K/s); at most `rest`.
    fn step(&self, temperature: f64, rate: f64, rest: f64, shortest: f64) -> f64 {
        let fictive = self.fictive();
        let mut step = rest;
        if rate != 0.0 {
            step = step.min(TEMPERATURE_STEP / rate.abs());
        }
        if (fictive - self.target).abs() > RELAXED {
            let tau = self
                .material
                .structural_relaxation_time(temperature, fictive);
            step = step.min(TIME_STEP * tau);
        }
        step.max(shortest).min(rest)
    }

    /// Goes on by `duration` (s) while the temperature runs between `ends` (K) and the target becomes `target` (K).
    fn advance(&mut self, ends: [f64; 2], target: f64, duration: f64) {
        let middle = 0.5 * (ends[0] + ends[1]);
        let before = self.fictive();
        let change = target - self.target;
        self.target = target;
        let reduced =
            |fictive: f64| duration / self.material.structural_relaxation_time(middle, fictive);
        // The relaxation time of the middle of the step, whose T_f a first pass finds. The step of the target is taken in the
        // middle of the step.
        let first = reduced(before);
        let after = self.fictive_after(first) - change * self.left(0.5 * first);
        let elapsed = reduced(0.5 * (before + after));
        for step in &mut self.steps {
            step[1] += elapsed;
        }
        if change != 0.0 {
            self.steps.push([change, 0.5 * elapsed]);
        }
        let (exponent, limit) = (self.exponent, -FORGOTTEN.ln());
        self.steps
            .retain(|[_, elapsed]| elapsed.powf(exponent) < limit);
    }
}
