//! What the closed form of a tube predicts of a run: its largest loads, and how much longer than the Newtonian liquid one that thins
//! under stress would get.
//!
//! A tube with the entrance resistance of half a radius: dL/dt = (p/(L + R/2)) (F(x) R²/8η + 2M/R), x = pR/(2(L + R/2)τ₀), with the flow F of
//! [`Eyring::tube_flow`], 1 for a Newtonian liquid. In a pore that is no cylinder each slice is taken as a tube of its radius a,
//! Q/π = p/(∫dz/(a⁴/8η + 2Ma) + …), of a Newtonian liquid (lubrication).

use super::conditions::Process;
use super::load::{LargestLoads, Load};
use super::{ENTRANCE, limits};
use crate::case::LoadedCase;
use crate::physics::Eyring;
use crate::physics::constants::{GIGAPASCAL, NANOMETRE};

/// Largest growth of (L + R/2)² in one step, as a share of it: the shares of length that are asked for come out to a thousandth.
const GROWTH: f64 = 0.02;
/// Fewest steps between two corners of the schedules.
const FEWEST: f64 = 40.0;
/// Difference of lengths below which there is nothing to warn of: what a usual grid leaves.
const NOTABLE: f64 = 0.01;

/// What a tube predicts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Prediction {
    /// The largest loads of the Newtonian liquid.
    pub largest: LargestLoads,
    /// Its length at the end in m.
    pub newtonian_length: f64,
    /// Length at the end in m of the liquid that thins; the same where the material gives no activation volume.
    pub thinning_length: f64,
    /// The material gives an activation volume.
    pub has_volume: bool,
    /// The run itself is that of a liquid that thins.
    pub computed: bool,
    /// The pore is no cylinder: nothing is known of a liquid that thins.
    pub shaped: bool,
}

/// One wire on its way.
struct Wire {
    /// (L + R/2)² in m².
    square: f64,
    thins: bool,
}

impl Prediction {
    /// The prediction for a case.
    pub fn new(loaded: &LoadedCase) -> Self {
        if !loaded.mesh.wall.is_straight() {
            return Prediction::in_shape(loaded);
        }
        let case = &loaded.case;
        let process = Process::new(loaded);
        let entrance = ENTRANCE * case.radius();
        let start = (case.initial_length() + entrance).powi(2);
        let mut wires = [false, true].map(|thins| Wire {
            square: start,
            thins,
        });
        let mut largest = LargestLoads::new(wires[0].load(&process, 0.0));
        let stop = (limits::stop(loaded) * case.radius() + entrance).powi(2);
        let mut time = 0.0;
        while time < case.time() && wires.iter().any(|wire| wire.square < stop) {
            let corner = process.next_corner(time).unwrap_or(f64::INFINITY);
            let end = corner.min(case.time());
            let shortest = (end - time) / FEWEST;
            while time < end {
                let quick = wires
                    .iter()
                    .map(|wire| GROWTH * wire.square / wire.rate(&process, time));
                let step = quick.fold(shortest, f64::min).min(end - time);
                for wire in &mut wires {
                    wire.advance(&process, time, step);
                    wire.square = wire.square.min(stop);
                }
                time = if end - time <= step { end } else { time + step };
                largest.add(wires[0].load(&process, time));
            }
        }
        let [newtonian_length, thinning_length] = wires.map(|wire| wire.square.sqrt() - entrance);
        Prediction {
            largest,
            newtonian_length,
            thinning_length,
            has_volume: process.at(0.0).stress_scale.is_finite(),
            computed: !loaded.material.viscosity.rheology.is_newtonian(),
            shaped: false,
        }
    }

    /// The same where the pore is no cylinder, by lubrication.
    fn in_shape(loaded: &LoadedCase) -> Self {
        let case = &loaded.case;
        let process = Process::new(loaded);
        let radius = case.radius();
        let mut wire = Slices {
            loaded,
            length: case.initial_length() / radius,
        };
        let bottom = case.depth().unwrap_or(f64::INFINITY) / radius;
        let stop = limits::stop(loaded).min(bottom);
        let mut largest = LargestLoads::new(wire.load(&process, 0.0));
        let mut time = 0.0;
        while time < case.time() && wire.length < stop {
            let corner = process.next_corner(time).unwrap_or(f64::INFINITY);
            let end = corner.min(case.time());
            let quick = GROWTH * (wire.length + ENTRANCE) / wire.speed(&process, time);
            let step = quick.min(end - time);
            let half = Slices {
                length: wire.length + 0.5 * step * wire.speed(&process, time),
                ..wire
            };
            let grown = step * half.speed(&process, time + 0.5 * step);
            wire.length = (wire.length + grown).min(stop);
            time = if end - time <= step { end } else { time + step };
            largest.add(wire.load(&process, time));
        }
        Prediction {
            largest,
            newtonian_length: wire.length * radius,
            thinning_length: wire.length * radius,
            has_volume: process.at(0.0).stress_scale.is_finite(),
            computed: !loaded.material.viscosity.rheology.is_newtonian(),
            shaped: true,
        }
    }

    /// What is to be said of a liquid that is loaded beyond where it is Newtonian.
    pub fn warning(&self) -> Option<String> {
        let longer = self.thinning_length / self.newtonian_length - 1.0;
        let Load {
            time,
            length,
            wall_stress,
            stress_ratio,
            ..
        } = self.largest.ratio;
        if self.computed {
            return None;
        }
        if self.shaped && stress_ratio > 1.0 {
            return Some(format!(
                "beyond the Newtonian range: the wall shear stress reaches {:.3} GPa, {stress_ratio:.1} τ₀ of Eyring's law (τ₀ = 2k_BT/V*), after {time:.3e} s at \
                 L = {:.1} nm; how much longer a liquid that thins would get is known for cylinders only",
                wall_stress / GIGAPASCAL,
                length / NANOMETRE,
            ));
        }
        if self.has_volume && longer > NOTABLE {
            return Some(format!(
                "beyond the Newtonian range: the wall shear stress reaches {:.3} GPa, {stress_ratio:.1} τ₀ of Eyring's law (τ₀ = 2k_BT/V*), after {time:.3e} s at \
                 L = {:.1} nm; by the closed form of a tube a liquid that thins would get {:.0} % longer by the end",
                wall_stress / GIGAPASCAL,
                length / NANOMETRE,
                100.0 * longer
            ));
        }
        let shear = self.largest.shear;
        if !self.has_volume && shear.shear_per_relaxation > 1.0 {
            return Some(format!(
                "the alloy is sheared by {:.1} within one relaxation time after {:.3e} s, at {:.3} GPa of wall shear stress: whether it is Newtonian there is not known, \
                 since the material gives no `viscosity.shear_activation_volume_A3`",
                shear.shear_per_relaxation,
                shear.time,
                shear.wall_stress / GIGAPASCAL
            ));
        }
        None
    }
}

/// A wire of a Newtonian liquid in a pore that is no cylinder.
#[derive(Clone, Copy)]
struct Slices<'a> {
    loaded: &'a LoadedCase,
    /// In R.
    length: f64,
}

impl Slices<'_> {
    /// Volume rate over π in m³/s, and the largest shear stress at the wall in Pa.
    fn flow(&self, process: &Process, time: f64) -> [f64; 2] {
        let conditions = process.at_front(time, self.length).averaged();
        let scales = conditions.scales;
        let drive = conditions.driving_pressure.max(0.0);
        let conductance = |a: f64| {
            a.powi(4) / (8.0 * scales.newtonian_viscosity) + 2.0 * scales.layer_mobility * a
        };
        let radius = scales.radius;
        let resistance = (self.loaded.mesh.wall)
            .integral(0.0, self.length, |[a, _]| radius / conductance(a * radius));
        let flow = drive / (resistance + ENTRANCE * radius / conductance(radius));
        let narrow = conditions.narrowest.unwrap_or(radius);
        [flow, 0.5 * narrow * flow / conductance(narrow)]
    }

    /// dL/dt in R/s.
    fn speed(&self, process: &Process, time: f64) -> f64 {
        let radius = self.loaded.case.radius();
        let section = radius.powi(3) * self.loaded.mesh.wall.section(self.length);
        self.flow(process, time)[0] / section
    }

    fn load(&self, process: &Process, time: f64) -> Load {
        let conditions = process.at_front(time, self.length);
        let stress = conditions.steepening() * self.flow(process, time)[1];
        Load::new(&conditions, self.length * conditions.scales.radius, stress)
    }
}

impl Wire {
    /// Shear stress at the wall in Pa under the pressure `drive` (Pa) in a pore of `radius` (m).
    fn wall_stress(&self, drive: f64, radius: f64) -> f64 {
        drive.max(0.0) * radius / (2.0 * self.square.sqrt())
    }

    /// d(L + R/2)²/dt in m²/s.
    fn rate(&self, process: &Process, time: f64) -> f64 {
        let conditions = process.at(time).averaged();
        let (scales, drive) = (conditions.scales, conditions.driving_pressure.max(0.0));
        let liquid = Eyring {
            newtonian_viscosity: scales.newtonian_viscosity,
            stress_scale: conditions.stress_scale,
        };
        let flow = match self.thins {
            true => liquid.tube_flow(self.wall_stress(drive, scales.radius)),
            false => 1.0,
        };
        2.0 * drive
            * (flow * scales.radius.powi(2) / (8.0 * scales.newtonian_viscosity)
                + 2.0 * scales.layer_mobility / scales.radius)
    }

    /// Goes on by `step` (s), by the midpoint rule.
    fn advance(&mut self, process: &Process, time: f64, step: f64) {
        let half = Wire {
            square: self.square + 0.5 * step * self.rate(process, time),
            thins: self.thins,
        };
        self.square += step * half.rate(process, time + 0.5 * step);
    }

    fn load(&self, process: &Process, time: f64) -> Load {
        let conditions = process.at(time);
        let radius = conditions.scales.radius;
        let mean = self.wall_stress(conditions.driving_pressure, radius);
        let stress = conditions.steepening() * mean;
        Load::new(&conditions, self.square.sqrt() - ENTRANCE * radius, stress)
    }
}
