//! What a row of measurements must satisfy.

use super::record::{Column, Experiment};
use crate::physics::constants::celsius;

/// Widest pore in nm (10 µm): wider ones are no nanomolding.
const MAX_DIAMETER_NM: f64 = 1e4;
/// Highest pressure in GPa; presses end below, and Pa or MPa written into a GPa column end above.
const MAX_PRESSURE_GPA: f64 = 100.0;
/// Highest temperature in °C.
const MAX_TEMPERATURE_C: f64 = 3000.0;
/// Absolute zero in °C.
const ABSOLUTE_ZERO_C: f64 = -273.15;
/// Longest wire in diameters; molds end below, and µm or m mixed up with nm end outside.
const MAX_ASPECT_RATIO: f64 = 1e5;

/// Shortest wire in nm and in diameters; lengths in µm under a name with nm are shorter.
const SHORTEST_NM: f64 = 0.25;
const LEAST_ASPECT_RATIO: f64 = 0.02;

/// A broken rule: the cell, what is wrong, what would be right.
pub(super) type Broken = (Column, String, String);

/// Every rule that a row breaks by itself.
pub(super) fn of_row(row: &Experiment) -> Vec<Broken> {
    let mut found: Vec<Broken> = Vec::new();
    let mut check = |valid: bool, column: Column, reason: String, remedy: &str| {
        if !valid {
            found.push((column, reason, remedy.to_string()));
        }
    };
    let positive = |value: f64| value > 0.0;
    let not_positive = |what: &str, value: f64| format!("{what} of {value} is not possible");
    check(
        positive(row.d_nm),
        Column::Diameter,
        not_positive("a diameter", row.d_nm),
        "a positive diameter in nm, e.g. 60",
    );
    check(
        row.d_nm <= MAX_DIAMETER_NM,
        Column::Diameter,
        format!(
            "a pore of {} nm is wider than {MAX_DIAMETER_NM} nm",
            row.d_nm
        ),
        "a diameter in nm, e.g. 60 (not in pm)",
    );
    check(
        !positive(row.d_nm) || row.d_nm >= 0.1,
        Column::Diameter,
        format!("a pore of {} nm is smaller than an atom", row.d_nm),
        "a diameter in nm, e.g. 60 (not in m or µm)",
    );
    check(
        row.T_C > ABSOLUTE_ZERO_C && row.T_C <= MAX_TEMPERATURE_C,
        Column::Temperature,
        format!("a temperature of {} °C is not possible", row.T_C),
        "a temperature in °C, e.g. 297",
    );
    check(
        positive(row.p_GPa),
        Column::Pressure,
        not_positive("a pressure", row.p_GPa),
        "a positive pressure in GPa, e.g. 1.25",
    );
    check(
        row.p_GPa <= MAX_PRESSURE_GPA,
        Column::Pressure,
        format!("{} GPa is beyond any press", row.p_GPa),
        "a pressure in GPa, e.g. 1.25 (1 GPa = 1000 MPa)",
    );
    check(
        positive(row.t_s),
        Column::Time,
        not_positive("a time", row.t_s),
        "a positive time in s, e.g. 36000",
    );
    check(
        positive(row.L_nm),
        Column::Length,
        not_positive("a length", row.L_nm),
        "a positive length in nm; leave a row out where no wire grew",
    );
    check(
        !positive(row.d_nm) || row.L_nm <= MAX_ASPECT_RATIO * row.d_nm,
        Column::Length,
        format!(
            "a wire of {} nm is longer than {MAX_ASPECT_RATIO} diameters",
            row.L_nm
        ),
        "a length in nm",
    );
    found.extend(of_the_rest(row));
    found
}

/// Rules of the length and of what a row need not state.
fn of_the_rest(row: &Experiment) -> Vec<Broken> {
    let mut found: Vec<Broken> = Vec::new();
    let mut check = |valid: bool, column: Column, reason: String, remedy: &str| {
        if !valid {
            found.push((column, reason, remedy.to_string()));
        }
    };
    let positive = |value: f64| value > 0.0;
    let not_positive = |what: &str, value: f64| format!("{what} of {value} is not possible");
    for (least, than) in [
        (SHORTEST_NM, "an atom"),
        (LEAST_ASPECT_RATIO * row.d_nm, "a fiftieth of its diameter"),
    ] {
        check(
            !positive(row.L_nm) || !positive(row.d_nm) || row.L_nm >= least,
            Column::Length,
            format!("a wire of {} nm is shorter than {than}", row.L_nm),
            "the length in the unit of the column; if it is in µm, call the column `L_um`",
        );
    }
    for (value, column, what) in [
        (row.spread_d_nm, Column::DiameterSpread, "a spread"),
        (row.bias_d_nm, Column::DiameterBias, "a shift"),
    ] {
        let Some(value) = value else { continue };
        check(
            value >= 0.0,
            column,
            not_positive(what, value),
            "0 or a positive standard deviation in nm, or an empty cell where it is not known",
        );
        check(
            value < 0.5 * row.d_nm || !positive(row.d_nm),
            column,
            format!("{value} nm is half of the diameter or more"),
            "a standard deviation of the diameter in nm",
        );
    }
    if let Some(pitch) = row.pitch_nm {
        check(
            pitch > row.d_nm || !positive(row.d_nm),
            Column::Pitch,
            format!(
                "pores of {} nm do not fit at a distance of {pitch} nm",
                row.d_nm
            ),
            "the distance of the pores' axes in nm",
        );
    }
    if let Some(wires) = row.wires {
        check(
            wires >= 1.0 && wires.fract() == 0.0,
            Column::Count,
            format!("{wires} is no number of wires"),
            "a whole number, 1 or more",
        );
    }
    if let Some(sigma) = row.sigma_nm {
        check(
            positive(sigma),
            if row.scatter_nm.is_some() {
                Column::Scatter
            } else {
                Column::Sigma
            },
            not_positive("a standard deviation", sigma),
            "a positive standard deviation in nm, or an empty cell where it is not known",
        );
    }
    if let Some(initial) = row.L0_nm {
        check(
            initial >= 0.0,
            Column::InitialLength,
            not_positive("a length at the start", initial),
            "0 or a positive length in nm, or an empty cell where it is not known",
        );
        check(
            initial < row.L_nm || !positive(row.L_nm),
            Column::InitialLength,
            format!(
                "the wire starts with {initial} nm and ends with {} nm: it has not grown",
                row.L_nm
            ),
            "a length at the start below the measured one",
        );
    }
    found
}

/// What is wrong with the temperatures of all rows together, at the first of them: whole degrees in kelvin, which end in .15.
pub(super) fn of_all(
    rows: &[Experiment],
    in_celsius: bool,
) -> Option<(&Experiment, String, String)> {
    let whole = |value: f64| (value - value.round()).abs() < 1e-6;
    let kelvin = |row: &Experiment| !whole(row.T_C) && whole(celsius(row.T_C));
    let first = rows.first()?;
    if !in_celsius || !rows.iter().all(kelvin) {
        return None;
    }
    Some((
        first,
        format!(
            "{} and every other temperature is a whole number of °C in kelvin",
            first.T_C
        ),
        format!(
            "{} K is {:.0} °C: call the column `T_K`",
            first.T_C,
            celsius(first.T_C)
        ),
    ))
}
