//! One measured length.

use crate::physics::constants::{GIGAPASCAL, NANOMETRE, kelvin};

/// Which length was measured; they differ where the front is curved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Measured {
    /// From the mold face to the tip: what a side view of the wire shows.
    #[default]
    Tip,
    /// From the mold face to where the front met the wall.
    Contact,
    /// That of a flat wire of equal volume.
    Mean,
}

impl Measured {
    /// All of them.
    pub const ALL: [Measured; 3] = [Measured::Tip, Measured::Contact, Measured::Mean];

    /// As it stands in a file.
    pub fn name(self) -> &'static str {
        match self {
            Measured::Tip => "tip",
            Measured::Contact => "contact",
            Measured::Mean => "mean",
        }
    }
}

/// A column of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Column {
    /// `d_nm`
    Diameter,
    /// `T_C`
    Temperature,
    /// `p_GPa`
    Pressure,
    /// `t_s`
    Time,
    /// `L_nm`
    Length,
    /// `sigma_nm`
    Sigma,
    /// `L0_nm`
    InitialLength,
    /// `length`
    Measured,
    /// `note`
    Note,
}

impl Column {
    /// All of them, in the order in which a table is written.
    pub const ALL: [Column; 9] = [
        Column::Diameter,
        Column::Temperature,
        Column::Pressure,
        Column::Time,
        Column::Length,
        Column::Sigma,
        Column::InitialLength,
        Column::Measured,
        Column::Note,
    ];

    /// Those without which a row says nothing.
    pub const REQUIRED: [Column; 5] = [
        Column::Diameter,
        Column::Temperature,
        Column::Pressure,
        Column::Time,
        Column::Length,
    ];

    /// Its name in the header.
    pub fn name(self) -> &'static str {
        match self {
            Column::Diameter => "d_nm",
            Column::Temperature => "T_C",
            Column::Pressure => "p_GPa",
            Column::Time => "t_s",
            Column::Length => "L_nm",
            Column::Sigma => "sigma_nm",
            Column::InitialLength => "L0_nm",
            Column::Measured => "length",
            Column::Note => "note",
        }
    }

    /// What it holds, in words.
    pub fn meaning(self) -> &'static str {
        match self {
            Column::Diameter => "diameter of the pore in nm",
            Column::Temperature => "temperature in °C",
            Column::Pressure => "applied pressure in GPa",
            Column::Time => "molding time in s",
            Column::Length => "measured length of the wire in nm",
            Column::Sigma => "standard deviation of the length in nm",
            Column::InitialLength => "length at the start in nm",
            Column::Measured => "which length: tip, contact or mean",
            Column::Note => "anything",
        }
    }
}

/// One measured length, in the units of the file; methods give SI.
#[derive(Clone, Debug, PartialEq)]
#[allow(
    non_snake_case,
    reason = "fields carry symbols and units as the columns do"
)]
pub struct Experiment {
    /// Line of the file it stands in, from 1.
    pub line: usize,
    /// Diameter of the pore.
    pub d_nm: f64,
    /// Temperature.
    pub T_C: f64,
    /// Applied pressure.
    pub p_GPa: f64,
    /// Molding time.
    pub t_s: f64,
    /// Measured length.
    pub L_nm: f64,
    /// Standard deviation of the length, if given.
    pub sigma_nm: Option<f64>,
    /// Length at the start, if given.
    pub L0_nm: Option<f64>,
    /// Which length it is.
    pub measured: Measured,
    /// Free text.
    pub note: String,
}

impl Experiment {
    /// Diameter of the pore in m.
    pub fn diameter(&self) -> f64 {
        self.d_nm * NANOMETRE
    }

    /// Temperature in K.
    pub fn temperature(&self) -> f64 {
        kelvin(self.T_C)
    }

    /// Applied pressure in Pa.
    pub fn pressure(&self) -> f64 {
        self.p_GPa * GIGAPASCAL
    }

    /// Molding time in s.
    pub fn time(&self) -> f64 {
        self.t_s
    }

    /// Measured length in m.
    pub fn length(&self) -> f64 {
        self.L_nm * NANOMETRE
    }

    /// Standard deviation of the length in m, if given.
    pub fn sigma(&self) -> Option<f64> {
        self.sigma_nm.map(|nm| nm * NANOMETRE)
    }

    /// Length at the start in m, if given.
    pub fn initial_length(&self) -> Option<f64> {
        self.L0_nm.map(|nm| nm * NANOMETRE)
    }

    /// L/√(pt) in m Pa^(−1/2) s^(−1/2), the paper's normalised length.
    pub fn normalised_length(&self) -> f64 {
        self.length() / (self.pressure() * self.time()).sqrt()
    }
}
