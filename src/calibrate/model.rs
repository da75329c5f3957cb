//! How long a wire gets, as a function of viscosity and layer mobility: what `calibrate` inverts.

use crate::experiments::Measured;
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
    /// Radius R_c of the feedstock cell in pore radii where the distance of the pores was measured; else that of the model.
    pub cell_radius: Option<f64>,
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

/// A law for the length of a wire.
///
/// The length grows with time and pressure, falls with the viscosity and grows with δ D_I.
pub trait LengthModel: Sync {
    /// Name and equations, for reports.
    fn name(&self) -> String;

    /// Which viscosity a length that is read with this model gives.
    fn convention(&self) -> ViscosityConvention;

    /// The measured length in m after `molding` of an alloy in `state`.
    fn length(&self, molding: &Molding, state: &TransportState, measured: Measured) -> f64;

    /// Whether a wire can grow by diffusion in an alloy that does not flow. Where the feedstock has to flow to feed the
    /// layer it cannot, and the viscosity has its say in every length.
    fn diffuses_alone(&self) -> bool;

    /// Whether only the longer of two lengths counts, so that a wire knows one mechanism and least squares may have a minimum
    /// for each division of the wires between them.
    fn divides(&self) -> bool {
        false
    }
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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClosedForms {
    /// How the two lengths become one.
    pub combination: Combination,
    /// Which viscosity is read: the apparent one of Eq. (1), or the Newtonian one of the integrated law.
    pub convention: ViscosityConvention,
}

impl ClosedForms {
    /// What the paper does: Eq. (1) with its 32, the longer of the two lengths.
    pub const PAPER: Self = Self {
        combination: Combination::Crossover,
        convention: ViscosityConvention::Apparent,
    };

    /// The long pore: the integrated law with 16, conductances added.
    pub const LONG_PORE: Self = Self {
        combination: Combination::Additive,
        convention: ViscosityConvention::Newtonian,
    };
}

impl LengthModel for ClosedForms {
    fn name(&self) -> String {
        let flow = match self.convention {
            ViscosityConvention::Apparent => "Eqs. (1) and (2)",
            ViscosityConvention::Newtonian => "Eq. (1) with 16 and Eq. (2)",
        };
        match self.combination {
            Combination::Crossover => format!("{flow}, the longer of the two"),
            Combination::Additive => format!("{flow}, conductances added"),
        }
    }

    fn convention(&self) -> ViscosityConvention {
        self.convention
    }

    fn diffuses_alone(&self) -> bool {
        true
    }

    fn divides(&self) -> bool {
        self.combination == Combination::Crossover
    }

    fn length(&self, molding: &Molding, state: &TransportState, _: Measured) -> f64 {
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
