//! How long a wire gets, as a function of viscosity and layer mobility: what `calibrate` inverts.

use crate::materials::ViscosityConvention;
use crate::physics::{length_eq2, length_hagen_poiseuille};

/// One molding of one pore; SI.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Molding {
    /// Pore diameter d in m.
    pub diameter: f64,
    /// Temperature in K.
    pub temperature: f64,
    /// Driving pressure in Pa.
    pub pressure: f64,
    /// Duration in s.
    pub time: f64,
    /// Length at the start in m.
    pub initial_length: f64,
}

/// What the alloy is at one temperature; SI.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TransportState {
    /// Newtonian viscosity in Pa·s; infinite where nothing flows.
    pub newtonian_viscosity: f64,
    /// δ D_I in m³/s; zero where nothing diffuses.
    pub layer_conductivity: f64,
    /// Atomic volume Ω in m³.
    pub atomic_volume: f64,
}

/// Which length of a wire was measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MeasuredLength {
    /// To the tip: what a side view of the wire shows.
    #[default]
    Tip,
    /// To the contact line.
    Contact,
    /// That of a flat wire of equal volume.
    Mean,
}

/// A law for the length of a wire.
///
/// The length grows with time and pressure, falls with the viscosity and grows with δ D_I.
pub trait LengthModel: Sync {
    /// Name and equations, for reports.
    fn name(&self) -> String;

    /// Which viscosity a length that is read with this model gives.
    fn convention(&self) -> ViscosityConvention;

    /// The measured length in m after `molding` of an alloy in `state`.
    fn length(&self, molding: &Molding, state: &TransportState, measured: MeasuredLength) -> f64;
}

/// How Eqs. (1) and (2) make one length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Combination {
    /// The longer of the two: the paper fits either law to its segment of diameters and reads d_c where the laws cross.
    #[default]
    Crossover,
    /// Conductances add, L² = L₁² + L₂², as in a long pore.
    Additive,
}

/// Eqs. (1) and (2) of the paper. Neither knows an entrance, a bulge or which length was measured.
///
/// Eq. (1) with its 32 and the apparent viscosity is the integrated law with 16 and the Newtonian one: the same length, two names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ClosedForms {
    /// How the two lengths become one.
    pub combination: Combination,
}

impl LengthModel for ClosedForms {
    fn name(&self) -> String {
        match self.combination {
            Combination::Crossover => "Eqs. (1) and (2), the longer of the two".to_owned(),
            Combination::Additive => "Eqs. (1) and (2), conductances added".to_owned(),
        }
    }

    fn convention(&self) -> ViscosityConvention {
        ViscosityConvention::Apparent
    }

    fn length(&self, molding: &Molding, state: &TransportState, _: MeasuredLength) -> f64 {
        let flow = length_hagen_poiseuille(
            molding.pressure,
            molding.time,
            molding.diameter,
            state.newtonian_viscosity,
        );
        let diffusion = length_eq2(
            molding.pressure,
            molding.time,
            molding.diameter,
            state.layer_conductivity,
            state.atomic_volume,
            molding.temperature,
        );
        let grown = match self.combination {
            Combination::Crossover => flow.max(diffusion).powi(2),
            Combination::Additive => flow.powi(2) + diffusion.powi(2),
        };
        // Rates that fall like 1/L are exact in L².
        (molding.initial_length.powi(2) + grown).sqrt()
    }
}
