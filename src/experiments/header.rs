//! What the columns of a table are, from their names as laboratories write them.

use super::record::Column;
use super::units::{self, Conversion};

/// What a name says.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Meaning {
    /// A column of the program, and how its numbers become the program's.
    Known(Column, Conversion),
    /// A quantity without its unit.
    Bare(Column),
    /// A quantity with a unit that it cannot have.
    WrongUnit(Column, String),
    /// A column of marks, such as `broken`: rows with a mark are not to be used.
    Marks,
    /// No name at all.
    Unnamed,
    /// Something else.
    Unknown,
}

/// Columns whose very name says that a row is not to be used.
const MARKS: [&str; 4] = ["broken", "bundled", "collapsed", "discard"];

/// What the header cell `name` says.
pub(super) fn meaning(name: &str) -> Meaning {
    let name = name.trim();
    if name.is_empty() {
        return Meaning::Unnamed;
    }
    if MARKS.contains(&name.to_lowercase().as_str()) {
        return Meaning::Marks;
    }
    if let Some(unit) = normalised_unit(name) {
        return match units::normalised(unit) {
            Some(conversion) => Meaning::Known(Column::NormalisedLength, conversion),
            None if unit.is_empty() => Meaning::Bare(Column::NormalisedLength),
            None => Meaning::WrongUnit(Column::NormalisedLength, unit.to_owned()),
        };
    }
    if let Some(column) = Column::ALL.into_iter().find(|column| column.name() == name) {
        return Meaning::Known(column, Conversion::NONE);
    }
    let (stem, unit) = split(name);
    let Some(column) = column(stem, unit) else {
        return Meaning::Unknown;
    };
    match (column.unit(), unit) {
        (None, _) => Meaning::Known(column, Conversion::NONE),
        (Some(_), None) => Meaning::Bare(column),
        (Some(target), Some(unit)) => match units::conversion(unit, target) {
            Some(conversion) => Meaning::Known(column, conversion),
            None => Meaning::WrongUnit(column, unit.to_owned()),
        },
    }
}

/// What `meaning` becomes with the unit that stands below the name.
pub(super) fn with_unit(meaning: &Meaning, unit: &str) -> Meaning {
    match meaning {
        Meaning::Bare(column) => {
            let conversion = match column.unit() {
                Some(target) => units::conversion(unit, target),
                None => units::normalised(unit),
            };
            conversion.map_or_else(
                || Meaning::WrongUnit(*column, unit.to_owned()),
                |conversion| Meaning::Known(*column, conversion),
            )
        }
        Meaning::Known(column, conversion) => match column.unit() {
            // The name has a unit of its own: the two have to agree.
            Some(target) if units::conversion(unit, target) != Some(*conversion) => {
                Meaning::WrongUnit(*column, unit.to_owned())
            }
            _ => meaning.clone(),
        },
        other => other.clone(),
    }
}

/// The unit of a name that means L/√(pt), or nothing if it does not mean that.
fn normalised_unit(name: &str) -> Option<&str> {
    let starts = [
        "L/√(pt)",
        "L/√(p t)",
        "L/sqrt(pt)",
        "L/sqrt(p t)",
        "L/(pt)^0.5",
        "L/(pt)^(1/2)",
        "L_per_sqrt_pt",
        "normalised_length",
        "normalized_length",
        "normalised length",
        "normalized length",
    ];
    let rest = starts.iter().find_map(|start| name.strip_prefix(start))?;
    let rest = rest.trim().trim_start_matches('_');
    let inside = rest
        .strip_prefix(['(', '['])
        .and_then(|rest| rest.strip_suffix([')', ']']));
    Some(inside.unwrap_or(rest))
}

/// Splits a name into what it names and its unit: `T (°C)`, `p [MPa]`, `t / min`, `d in nm`, `L_um`.
fn split(name: &str) -> (&str, Option<&str>) {
    if let Some(inside) = name.strip_suffix([')', ']'])
        && let Some(open) = inside.rfind(['(', '['])
    {
        return (&inside[..open], Some(inside[open + 1..].trim()));
    }
    let at = |parting: &str| name.rsplit_once(parting);
    for parting in [" in ", "/", ", ", "_", " "] {
        if let Some((stem, unit)) = at(parting)
            && !stem.trim().is_empty()
            && units::dimension(unit).is_some()
        {
            return (stem, Some(unit.trim()));
        }
    }
    (name, None)
}

/// The column that `stem` names; `unit` tells a temperature T from a time t where the letter's size does not.
fn column(stem: &str, unit: Option<&str>) -> Option<Column> {
    let stem = stem.trim().replace(['_', '.', '-', ':'], " ");
    let words: Vec<&str> = stem.split_whitespace().collect();
    let stem = words.join(" ");
    if stem.eq_ignore_ascii_case("t") {
        return match unit.and_then(units::dimension) {
            Some("temperature") => Some(Column::Temperature),
            Some("time") => Some(Column::Time),
            _ if stem == "T" => Some(Column::Temperature),
            _ => Some(Column::Time),
        };
    }
    let small = stem.to_lowercase();
    Column::ALL
        .into_iter()
        .find(|column| column.called().contains(&small.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_many_hands() {
        let known = |name: &str| match meaning(name) {
            Meaning::Known(column, conversion) => Some((column, conversion.apply(1000.0))),
            _ => None,
        };
        for (name, column, thousand) in [
            ("T (°C)", Column::Temperature, 1000.0),
            ("T_K", Column::Temperature, 726.85),
            ("t (°C)", Column::Temperature, 1000.0),
            ("Temperature [K]", Column::Temperature, 726.85),
            ("p [MPa]", Column::Pressure, 1.0),
            ("P / GPa", Column::Pressure, 1000.0),
            ("t_min", Column::Time, 60_000.0),
            ("time in h", Column::Time, 3.6e6),
            ("L_um", Column::Length, 1e6),
            ("L mean (nm)", Column::Length, 1000.0),
            ("L std (nm)", Column::Scatter, 1000.0),
            ("sem_nm", Column::Sigma, 1000.0),
            ("sd_d_nm", Column::DiameterSpread, 1000.0),
            ("bias_d_nm", Column::DiameterBias, 1000.0),
            ("Comments", Column::Note, 1000.0),
            ("n", Column::Count, 1000.0),
            ("length", Column::Measured, 1000.0),
            ("length (µm)", Column::Length, 1e6),
            (
                "L/√(pt) (nm GPa^(-1/2) s^(-1/2))",
                Column::NormalisedLength,
                1000.0,
            ),
            (
                "normalised_length_nm_per_sqrt_GPa_s",
                Column::NormalisedLength,
                1000.0,
            ),
        ] {
            let found = known(name).unwrap_or_else(|| panic!("{name}: {:?}", meaning(name)));
            assert_eq!(found.0, column, "{name}");
            assert!(
                (found.1 / thousand - 1.0).abs() < 1e-9,
                "{name}: {}",
                found.1
            );
        }
        assert_eq!(meaning("Sample"), Meaning::Unknown);
        assert_eq!(meaning("T"), Meaning::Bare(Column::Temperature));
        assert_eq!(meaning("broken"), Meaning::Marks);
        assert!(matches!(
            meaning("d (GPa)"),
            Meaning::WrongUnit(Column::Diameter, _)
        ));
    }
}
