//! What may have been meant by an unknown key.

/// Units that keys may end in, as (suffix, dimension, size in the dimension's SI unit; temperatures differ by an offset and have none).
const UNITS: &[(&str, &str, Option<f64>)] = &[
    ("nm", "length", Some(1e-9)),
    ("um", "length", Some(1e-6)),
    ("mm", "length", Some(1e-3)),
    ("m", "length", Some(1.0)),
    ("A", "length", Some(1e-10)),
    ("angstrom", "length", Some(1e-10)),
    ("Pa", "pressure", Some(1.0)),
    ("kPa", "pressure", Some(1e3)),
    ("MPa", "pressure", Some(1e6)),
    ("GPa", "pressure", Some(1e9)),
    ("bar", "pressure", Some(1e5)),
    ("s", "time", Some(1.0)),
    ("ms", "time", Some(1e-3)),
    ("min", "time", Some(60.0)),
    ("h", "time", Some(3600.0)),
    ("K", "temperature", None),
    ("C", "temperature", None),
    ("eV", "energy", Some(1.602176634e-19)),
    ("J", "energy", Some(1.0)),
    ("kJ_per_mol", "energy", Some(1.66053907e-21)),
];

/// The unit called `name`: its dimension and its size.
pub(super) fn unit(name: &str) -> Option<(&'static str, Option<f64>)> {
    let found = UNITS.iter().find(|unit| unit.0 == name)?;
    Some((found.1, found.2))
}

type Unit = (&'static str, &'static str, Option<f64>);

/// Splits `pore_um` into `pore` and its unit; the longest unit that fits.
fn split_unit(key: &str) -> (&str, Option<Unit>) {
    let fitting = UNITS.iter().filter(|unit| {
        key.strip_suffix(unit.0)
            .is_some_and(|stem| stem.ends_with('_') && stem.len() > 1)
    });
    match fitting.max_by_key(|unit| unit.0.len()) {
        Some(&unit) => (&key[..key.len() - unit.0.len() - 1], Some(unit)),
        None => (key, None),
    }
}

/// Help for the unknown key `given` where `valid` are the keys of its table, and `elsewhere` finds the tables that do have such a key.
pub(super) fn help(given: &str, valid: &[&str], elsewhere: Option<String>) -> String {
    if let Some(units) = unit_help(given, valid) {
        return units;
    }
    let list = format!("Valid keys here: {}", valid.join(", "));
    if let Some(table) = elsewhere {
        return format!("`{given}` belongs into {table}. {list}");
    }
    match nearest(given, valid) {
        Some(meant) => format!("did you mean `{meant}`? {list}"),
        None => list,
    }
}

/// The candidate that `given` most resembles, if any does.
pub(super) fn nearest<'a>(given: &str, candidates: &[&'a str]) -> Option<&'a str> {
    let similarity =
        |candidate: &str| strsim::jaro_winkler(&given.to_lowercase(), &candidate.to_lowercase());
    candidates
        .iter()
        .map(|&candidate| (similarity(candidate), candidate))
        // 0.8: a transposed or missing letter passes, another word does not.
        .filter(|(score, _)| *score > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

/// Help where only the unit of the key is wrong or missing.
fn unit_help(given: &str, valid: &[&str]) -> Option<String> {
    let (stem, unit) = split_unit(given);
    let (key, right) = valid.iter().find_map(|key| match split_unit(key) {
        (other, Some(right)) if other == stem => Some((*key, right)),
        _ => None,
    })?;
    let Some((name, dimension, size)) = unit else {
        return Some(format!(
            "the unit is part of the key: write `{key}`, a value in {}",
            right.0
        ));
    };
    if dimension != right.1 {
        return Some(format!(
            "{name} is a unit of {dimension}; write `{key}`, a value in {}",
            right.0
        ));
    }
    Some(match (size, right.2) {
        (Some(size), Some(right_size)) => {
            // Six digits hide the round-off of the quotient.
            let factor: f64 = format!("{:.5e}", size / right_size)
                .parse()
                .unwrap_or(size / right_size);
            format!(
                "the unit is part of the key: write `{key}`, a value in {} (1 {name} = {factor} {})",
                right.0, right.0
            )
        }
        _ => format!(
            "the unit is part of the key: write `{key}`, a value in {} (0 °C = 273.15 K)",
            right.0
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_told_apart() {
        assert!(help("diameter_um", &["diameter_nm"], None).contains("1 um = 1000 nm"));
        assert!(help("pressure_MPa", &["pressure_GPa"], None).contains("1 MPa = 0.001 GPa"));
        assert!(help("temperature_K", &["temperature_C"], None).contains("273.15"));
        assert!(help("diameter", &["diameter_nm"], None).contains("write `diameter_nm`"));
        assert!(help("time_nm", &["time_s"], None).contains("unit of length"));
    }

    #[test]
    fn only_what_resembles_is_suggested() {
        assert_eq!(
            nearest("cels_per_radius", &["cell_radius", "cells_per_radius"]),
            Some("cells_per_radius")
        );
        assert_eq!(
            nearest("banana", &["cell_radius", "cells_per_radius"]),
            None
        );
    }
}
