//! One measured length.

use crate::physics::cell_radius_of_hexagonal_array;
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

/// A column of the table, by what it holds.
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
    /// `L_per_sqrt_pt`
    NormalisedLength,
    /// `sigma_nm`
    Sigma,
    /// `sd_nm`
    Scatter,
    /// `n`
    Count,
    /// `L0_nm`
    InitialLength,
    /// `sd_d_nm`
    DiameterSpread,
    /// `bias_d_nm`
    DiameterBias,
    /// `mold`
    Mold,
    /// `pitch_nm`
    Pitch,
    /// `length`
    Measured,
    /// `flag`
    Flag,
    /// `note`
    Note,
}

/// What is known of a column: its name, the unit of the program (none for words and counts), what it is, and the names by which
/// laboratories call it, in small letters and without unit.
struct Known {
    name: &'static str,
    unit: Option<&'static str>,
    meaning: &'static str,
    called: &'static [&'static str],
}

/// Of each column.
const KNOWN: [(Column, Known); 17] = [
    (
        Column::Diameter,
        Known {
            name: "d_nm",
            unit: Some("nm"),
            meaning: "diameter of the pore in nm",
            called: &["d", "diameter", "pore diameter", "pore", "pore size"],
        },
    ),
    (
        Column::Temperature,
        Known {
            name: "T_C",
            unit: Some("C"),
            meaning: "temperature in °C",
            called: &["temperature", "temp"],
        },
    ),
    (
        Column::Pressure,
        Known {
            name: "p_GPa",
            unit: Some("GPa"),
            meaning: "applied pressure in GPa",
            called: &["p", "pressure", "applied pressure"],
        },
    ),
    (
        Column::Time,
        Known {
            name: "t_s",
            unit: Some("s"),
            meaning: "molding time in s",
            called: &[
                "time",
                "molding time",
                "moulding time",
                "hold time",
                "duration",
            ],
        },
    ),
    (
        Column::Length,
        Known {
            name: "L_nm",
            unit: Some("nm"),
            meaning: "measured length of the wire in nm",
            called: &[
                "l",
                "length",
                "l mean",
                "mean l",
                "mean length",
                "length mean",
                "wire length",
            ],
        },
    ),
    (
        Column::NormalisedLength,
        Known {
            name: "L_per_sqrt_pt",
            unit: None,
            meaning: "measured L/√(pt), with its unit, in the place of L_nm",
            called: &[],
        },
    ),
    (
        Column::Sigma,
        Known {
            name: "sigma_nm",
            unit: Some("nm"),
            meaning: "standard deviation of the length in nm, that of the mean where it is one",
            called: &[
                "sigma",
                "sigma l",
                "l sigma",
                "sem",
                "l sem",
                "standard error",
                "l se",
            ],
        },
    ),
    (
        Column::Scatter,
        Known {
            name: "sd_nm",
            unit: Some("nm"),
            meaning: "scatter of the single wires in nm; with n it gives the standard error of the mean",
            called: &[
                "sd",
                "std",
                "l sd",
                "l std",
                "sd l",
                "std l",
                "standard deviation",
                "length sd",
                "length std",
                "std dev",
            ],
        },
    ),
    (
        Column::Count,
        Known {
            name: "n",
            unit: None,
            meaning: "number of wires in the mean",
            called: &["n", "wires", "n wires", "number of wires"],
        },
    ),
    (
        Column::InitialLength,
        Known {
            name: "L0_nm",
            unit: Some("nm"),
            meaning: "length at the start in nm",
            called: &["l0", "l 0", "l₀", "initial length", "print"],
        },
    ),
    (
        Column::DiameterSpread,
        Known {
            name: "sd_d_nm",
            unit: Some("nm"),
            meaning: "spread of the pores' diameters in nm (standard deviation)",
            called: &[
                "sd d",
                "std d",
                "d sd",
                "d std",
                "diameter sd",
                "diameter std",
            ],
        },
    ),
    (
        Column::DiameterBias,
        Known {
            name: "bias_d_nm",
            unit: Some("nm"),
            meaning: "standard deviation in nm of the shift that all diameters of a mold may share",
            called: &["bias d", "d bias", "diameter bias"],
        },
    ),
    (
        Column::Mold,
        Known {
            name: "mold",
            unit: None,
            meaning: "name of the mold; its pores share what bias_d_nm states",
            called: &["mold", "mould", "template"],
        },
    ),
    (
        Column::Pitch,
        Known {
            name: "pitch_nm",
            unit: Some("nm"),
            meaning: "distance of neighbouring pores in nm",
            called: &["pitch", "pore distance", "interpore distance"],
        },
    ),
    (
        Column::Measured,
        Known {
            name: "length",
            unit: None,
            meaning: "which length: tip, contact or mean",
            called: &["measured", "which length"],
        },
    ),
    (
        Column::Flag,
        Known {
            name: "flag",
            unit: None,
            meaning: "why a row is not to be used, such as broken or bundled; empty or ok where it is",
            called: &["flag", "flags"],
        },
    ),
    (
        Column::Note,
        Known {
            name: "note",
            unit: None,
            meaning: "anything",
            called: &["note", "notes", "comment", "comments", "remark", "remarks"],
        },
    ),
];

impl Column {
    /// All of them, in the order in which a table is written.
    pub const ALL: [Column; 17] = [
        Column::Diameter,
        Column::Temperature,
        Column::Pressure,
        Column::Time,
        Column::Length,
        Column::NormalisedLength,
        Column::Sigma,
        Column::Scatter,
        Column::Count,
        Column::InitialLength,
        Column::DiameterSpread,
        Column::DiameterBias,
        Column::Mold,
        Column::Pitch,
        Column::Measured,
        Column::Flag,
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

    #[expect(clippy::expect_used, reason = "a test finds every column")]
    fn known(self) -> &'static Known {
        let known = KNOWN.iter().find(|(column, _)| *column == self);
        &known.expect("every column is known").1
    }

    /// Its name in the header.
    pub fn name(self) -> &'static str {
        self.known().name
    }

    /// What it holds, in words.
    pub fn meaning(self) -> &'static str {
        self.known().meaning
    }

    /// The unit of its numbers in an [`Experiment`], by its name in a header; none for words and counts.
    pub fn unit(self) -> Option<&'static str> {
        self.known().unit
    }

    /// The names that laboratories give it, in small letters and without unit.
    pub(super) fn called(self) -> &'static [&'static str] {
        self.known().called
    }
}

/// One measured length, in the units of the file; methods give SI.
#[derive(Clone, Debug, Default, PartialEq)]
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
    /// Standard deviation of the length, that of the mean where it is one; if given, or if it follows from the scatter.
    pub sigma_nm: Option<f64>,
    /// Scatter of the single wires, if given.
    pub scatter_nm: Option<f64>,
    /// Number of wires in the mean, if given.
    pub wires: Option<f64>,
    /// Length at the start, if given.
    pub L0_nm: Option<f64>,
    /// Spread of the pores' diameters (standard deviation), if given.
    pub spread_d_nm: Option<f64>,
    /// Standard deviation of the shift that the diameters of a mold share, if given.
    pub bias_d_nm: Option<f64>,
    /// The mold; empty where none is named.
    pub mold: String,
    /// Distance of neighbouring pores, if given.
    pub pitch_nm: Option<f64>,
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

    /// Radius R_c of the feedstock cell in pore radii, if the distance of the pores is given (a hexagonal array).
    pub fn cell_radius(&self) -> Option<f64> {
        let period = self.pitch_nm? / (0.5 * self.d_nm);
        Some(cell_radius_of_hexagonal_array(period))
    }

    /// L/√(pt) in m Pa^(−1/2) s^(−1/2), the paper's normalised length.
    pub fn normalised_length(&self) -> f64 {
        self.length() / (self.pressure() * self.time()).sqrt()
    }
}
