//! What the press and the material are at one moment.

use super::engine::FlowQuestion;
use crate::case::{FrontModel, LoadedCase};
use crate::flow::local::Laws;
use crate::materials::Structure;
use crate::physics::{self, Dimensionless, Eyring, Schedule};
use crate::saved::infinite;

/// Process and material at one time; SI.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Conditions {
    /// Time in s.
    pub time: f64,
    /// Temperature in K.
    pub temperature: f64,
    /// Fictive temperature T_f in K, on the scale of this moment's glass transition, which may rise with pressure.
    pub fictive_temperature: f64,
    /// Relaxation time of the bulk in s, at this temperature and of this structure.
    pub relaxation_time: f64,
    /// Stress scale τ₀ in Pa above which the liquid is no longer Newtonian; infinite where the material does not say.
    #[serde(with = "infinite")]
    pub stress_scale: f64,
    /// The flow is that of a liquid that thins accordingly, not of a Newtonian one.
    pub thins: bool,
    /// Applied pressure in Pa.
    pub pressure: f64,
    /// Gas pressure in the pore in Pa.
    #[serde(default)]
    pub gas_pressure: f64,
    /// Pressure at the tip in Pa: gas and capillarity, p_gas − 4γcosθ/d.
    pub tip_pressure: f64,
    /// What drives the front in Pa, applied − tip: negative where it cannot move.
    pub driving_pressure: f64,
    /// The mold draws a free front in by itself.
    pub draws: bool,
    /// Radius in m of the pore where the wire is narrowest; none in a cylinder.
    #[serde(default)]
    pub narrowest: Option<f64>,
    /// d ln η/dp in 1/Pa between the applied pressure and that at the tip; 0 where the material gives no law of pressure.
    #[serde(default)]
    pub viscosity_per_pressure: f64,
    /// −d ln M/dp of the layer's mobility in 1/Pa.
    #[serde(default)]
    pub mobility_per_pressure: f64,
    /// Scales, with viscosity and mobility under the applied pressure; their pressure is the driving pressure or, of a free front, γ/R where that is larger.
    pub scales: Dimensionless,
}

impl Conditions {
    /// The liquid as the flow takes it.
    pub fn liquid(&self) -> Eyring {
        Eyring {
            newtonian_viscosity: self.scales.newtonian_viscosity,
            stress_scale: if self.thins {
                self.stress_scale
            } else {
                f64::INFINITY
            },
        }
    }

    /// True where nothing drives the front: neither the press nor a mold that draws the alloy in.
    pub fn is_idle(&self) -> bool {
        self.driving_pressure <= 0.0 && !self.draws
    }

    /// How viscosity and mobility depend on the local state, in units of the flow problem, whose pressures are those above the gas.
    pub fn laws(&self) -> Laws {
        let unit = self.scales.pressure;
        let laws = Laws {
            // Where the front is held back the pressure that drives it is negative, and the stress scale is still a size.
            stress_scale: self.liquid().stress_scale / unit.abs(),
            pressure_viscosity: self.viscosity_per_pressure * unit,
            pressure_mobility: self.mobility_per_pressure * unit,
            reference_pressure: 0.0,
        };
        match laws.depend_on_pressure() {
            true => Laws {
                reference_pressure: self.inlet(),
                ..laws
            },
            false => laws,
        }
    }

    /// By how much the fluidity and the layer's mobility are larger on the mean over a long pore, between the applied pressure and that at the
    /// tip, than under the applied one.
    pub fn gains(&self) -> [f64; 2] {
        let drop = self.driving_pressure.max(0.0);
        [self.viscosity_per_pressure, self.mobility_per_pressure]
            .map(|slope| physics::mean_under_falling_pressure(slope * drop))
    }

    /// By how much the pressure falls more steeply at the mouth than on the mean over a long pore: what carries the same flow under the whole
    /// pressure.
    pub fn steepening(&self) -> f64 {
        let [fluidity, mobility] = self.gains();
        let lambda = self.scales.lambda();
        if fluidity == 1.0 && mobility == 1.0 {
            return 1.0;
        }
        (0.125 * fluidity + 2.0 * lambda * mobility) / (0.125 + 2.0 * lambda)
    }

    /// The same with the viscosity and the mobility at the tip.
    pub fn at_tip(self) -> Conditions {
        let mut there = self;
        let drop = self.driving_pressure.max(0.0);
        there.scales.newtonian_viscosity *= (-self.viscosity_per_pressure * drop).exp();
        there.scales.layer_mobility *= (self.mobility_per_pressure * drop).exp();
        there
    }

    /// The same with the viscosity and the mobility that a long pore has on the mean.
    #[inline]
    pub fn averaged(self) -> Conditions {
        if self.viscosity_per_pressure == 0.0 && self.mobility_per_pressure == 0.0 {
            return self;
        }
        let [fluidity, mobility] = self.gains();
        let mut averaged = self;
        averaged.scales.newtonian_viscosity /= fluidity;
        averaged.scales.layer_mobility *= mobility;
        averaged
    }

    /// The driving pressure in units of the flow problem.
    pub fn inlet(&self) -> f64 {
        self.driving_pressure / self.scales.pressure
    }
}

/// Pressure in Pa over which the slope of a law of pressure is taken where none acts.
const SLOPE_OVER: f64 = 1e8;

/// Evaluates the conditions of a case over time.
#[derive(Clone, Debug)]
pub(crate) struct Process<'a> {
    loaded: &'a LoadedCase,
    temperature: Schedule,
    pressure: Schedule,
    tip_pressure: f64,
    /// γ/R in Pa where a free front bears it, else nothing.
    capillary_pressure: f64,
    /// The mold draws a free front in by itself: it is wetted, and surface tension acts.
    draws: bool,
    structure: Structure,
    /// The conditions of all times, where nothing changes.
    steady: Option<Conditions>,
}

impl<'a> Process<'a> {
    pub fn new(loaded: &'a LoadedCase) -> Self {
        let case = &loaded.case;
        let mut process = Process {
            loaded,
            temperature: case.temperature(),
            pressure: case.pressure(),
            tip_pressure: case.tip_pressure(&loaded.material),
            capillary_pressure: if case.interface.capillarity
                && case.front_model() == FrontModel::Free
            {
                loaded.material.surface_tension() / case.radius()
            } else {
                f64::NEG_INFINITY
            },
            draws: case.interface.capillarity
                && case.front_model() == FrontModel::Free
                // Where the pore narrows or widens, the wall's slope decides with the angle; the flow finds it out.
                && (loaded.material.contact_angle().cos() > 0.0 || !loaded.mesh.wall.is_straight())
                && loaded.material.surface_tension() > 0.0,
            structure: {
                let rise = loaded.material.viscosity.glass_transition_rise();
                let colder = case.temperature().plus(-rise, &case.pressure());
                loaded.material.structure(&colder, case.time())
            },
            steady: None,
        };
        let steady = process.temperature.is_constant()
            && process.pressure.is_constant()
            && matches!(process.structure, Structure::Kinetic(_));
        process.steady = steady.then(|| process.at(0.0));
        process
    }

    pub fn at(&self, time: f64) -> Conditions {
        if let Some(steady) = self.steady {
            return Conditions { time, ..steady };
        }
        let LoadedCase { case, material, .. } = self.loaded;
        let temperature = self.temperature.value(time);
        let pressure = self.pressure.value(time);
        let driving_pressure = pressure - self.tip_pressure;
        // Under pressure the liquid is as viscous as a colder one.
        let rise = material.viscosity.glass_transition_rise() * pressure;
        let colder = temperature - rise;
        let fictive_temperature = self.structure.fictive_temperature(time, colder);
        Conditions {
            time,
            temperature,
            fictive_temperature: fictive_temperature + rise,
            relaxation_time: material.structural_relaxation_time(colder, fictive_temperature),
            stress_scale: material.viscosity.stress_scale(temperature),
            thins: !material.viscosity.rheology.is_newtonian(),
            pressure,
            gas_pressure: case.gas_pressure(),
            tip_pressure: self.tip_pressure,
            driving_pressure,
            draws: self.draws,
            narrowest: None,
            viscosity_per_pressure: self.viscosity_per_pressure(time, colder, driving_pressure),
            mobility_per_pressure: material.interface_pressure_exponent(temperature),
            scales: Dimensionless {
                radius: case.radius(),
                pressure: driving_pressure.max(self.capillary_pressure),
                newtonian_viscosity: material.structural_viscosity(colder, fictive_temperature),
                layer_mobility: case.layer_mobility(material, temperature, pressure),
            },
        }
    }

    /// d ln η/dp in 1/Pa over a `drop` of the pressure (Pa), from where the liquid is as viscous as at `colder` (K) without pressure.
    fn viscosity_per_pressure(&self, time: f64, colder: f64, drop: f64) -> f64 {
        let material = &self.loaded.material;
        let rise = material.viscosity.glass_transition_rise();
        if rise == 0.0 {
            return 0.0;
        }
        // Where nothing drives the front the slope is as good as any.
        let drop = if drop > 0.0 { drop } else { SLOPE_OVER };
        // Every place has the structure of its own pressure, as far from the one that it would have in the long run as the whole is.
        let transition = material.bulk_glass_transition(self.loaded.case.time());
        let [now, long] = [
            self.structure.fictive_temperature(time, colder),
            colder.max(transition),
        ];
        let viscosity =
            |at: f64| material.structural_viscosity(at, now + (at.max(transition) - long));
        (viscosity(colder) / viscosity(colder + rise * drop)).ln() / drop
    }

    /// Those of a front at `length` (in R): in a pore that is no cylinder the capillary pressure at the tip of a flat one depends on it.
    pub fn at_front(&self, time: f64, length: f64) -> Conditions {
        let mut conditions = self.at(time);
        let LoadedCase {
            case,
            material,
            mesh,
            ..
        } = self.loaded;
        if !mesh.wall.is_straight() {
            conditions.narrowest = Some(case.radius() * mesh.wall.narrowest(0.0, length));
            conditions.tip_pressure = case.tip_pressure_in(material, mesh.wall.at(length));
            conditions.driving_pressure = conditions.pressure - conditions.tip_pressure;
            conditions.scales.pressure = conditions.driving_pressure.max(self.capillary_pressure);
        }
        conditions
    }

    /// The flow problem of a wire of `length` (in R) under these conditions.
    pub fn question(&self, conditions: &Conditions, length: f64) -> FlowQuestion {
        FlowQuestion {
            length,
            lambda: conditions.scales.lambda(),
            slip_length: self.loaded.case.slip_length() / conditions.scales.radius,
            laws: conditions.laws(),
        }
    }

    /// The next time after `time` at which pressure or temperature has a corner.
    pub fn next_corner(&self, time: f64) -> Option<f64> {
        [&self.temperature, &self.pressure]
            .into_iter()
            .filter_map(|s| s.next_corner(time))
            .reduce(f64::min)
    }
}
