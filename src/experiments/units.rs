//! Units as they are written by hand, and what a number in them is in the program's.

use crate::input;
use crate::physics::constants::celsius;

/// How a number in some unit becomes one in the unit of the column.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Conversion {
    /// Multiply.
    Factor(f64),
    /// From kelvin to degrees Celsius.
    Kelvin,
}

impl Conversion {
    /// Nothing to be done.
    pub const NONE: Conversion = Conversion::Factor(1.0);

    pub fn apply(self, value: f64) -> f64 {
        match self {
            // 1.0 · x would be x as well, but says less.
            Conversion::Factor(factor) => value * factor,
            Conversion::Kelvin => celsius(value),
        }
    }
}

/// The name in [`input::unit`] of a unit as it is written by hand.
fn plain(written: &str) -> String {
    let written = written.trim();
    match written.to_lowercase().as_str() {
        "µm" | "μm" | "um" | "micron" | "microns" => "um".to_owned(),
        "å" | "angstrom" => "angstrom".to_owned(),
        "°c" | "º c" | "° c" | "ºc" | "degc" | "deg c" | "celsius" | "c" => "C".to_owned(),
        "k" | "kelvin" => "K".to_owned(),
        "sec" | "secs" | "second" | "seconds" | "s" => "s".to_owned(),
        "minute" | "minutes" | "mins" | "min" => "min".to_owned(),
        "hour" | "hours" | "hr" | "hrs" | "h" => "h".to_owned(),
        "nm" => "nm".to_owned(),
        "gpa" => "GPa".to_owned(),
        "kpa" => "kPa".to_owned(),
        // mPa is a unit of its own, and no press has it.
        _ => written.to_owned(),
    }
}

/// The dimension of a unit as it is written by hand, or none if it is no unit.
pub(super) fn dimension(written: &str) -> Option<&'static str> {
    input::unit(&plain(written)).map(|unit| unit.0)
}

/// From the unit `written` to `target` (a name of [`input::unit`]); none if the one is no unit or they differ in dimension.
pub(super) fn conversion(written: &str, target: &str) -> Option<Conversion> {
    let name = plain(written);
    let (from, to) = (input::unit(&name)?, input::unit(target)?);
    if from.0 != to.0 {
        return None;
    }
    if name == target {
        return Some(Conversion::NONE);
    }
    match (from.1, to.1) {
        // Through the inverse, so that 0.001 is 1/1000 and not 1e-9/1e-6.
        (Some(from), Some(to)) if from < to => Some(Conversion::Factor(1.0 / (to / from).round())),
        (Some(from), Some(to)) => Some(Conversion::Factor(whole(from / to))),
        _ if name == "K" && target == "C" => Some(Conversion::Kelvin),
        _ => None,
    }
}

/// A quotient of units without its round-off.
fn whole(quotient: f64) -> f64 {
    let rounded = quotient.round();
    match (quotient - rounded).abs() < 1e-9 * rounded {
        true => rounded,
        false => quotient,
    }
}

/// From a unit of L/√(pt), "nm GPa^(-1/2) s^(-1/2)" or "nm/√(GPa s)", to nm GPa^(−1/2) s^(−1/2).
pub(super) fn normalised(written: &str) -> Option<Conversion> {
    let parts: Vec<&str> = written
        .split(|c: char| !(c.is_alphabetic() || "µμ°".contains(c)))
        .filter(|word| !word.is_empty() && !["per", "sqrt"].contains(word))
        .collect();
    let [length, pressure, time] = parts[..] else {
        return None;
    };
    let of = |name: &str, target| match conversion(name, target)? {
        Conversion::Factor(factor) => Some(factor),
        Conversion::Kelvin => None,
    };
    let factor = of(length, "nm")? / (of(pressure, "GPa")? * of(time, "s")?).sqrt();
    Some(Conversion::Factor(factor))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hand_written_units_are_the_programs() {
        let to = |written: &str, target: &str, value: f64| {
            conversion(written, target).map(|one| one.apply(value))
        };
        assert_eq!(to("µm", "nm", 0.25), Some(250.0));
        assert_eq!(to("MPa", "GPa", 1250.0), Some(1.25));
        assert_eq!(to("min", "s", 600.0), Some(36_000.0));
        assert_eq!(to("h", "s", 10.0), Some(36_000.0));
        assert_eq!(to("°C", "C", 297.0), Some(297.0));
        assert!((to("K", "C", 570.15).unwrap() - 297.0).abs() < 1e-9);
        assert_eq!(
            (to("min", "nm", 1.0), to("furlong", "nm", 1.0)),
            (None, None)
        );
        // 1 µm MPa^(−1/2) min^(−1/2) = 1000 nm/√(0.001 · 60).
        let Some(Conversion::Factor(factor)) = normalised("µm MPa^(-1/2) min^(-1/2)") else {
            panic!()
        };
        assert!((factor - 1000.0 / 0.06f64.sqrt()).abs() < 1e-6);
        assert_eq!(normalised("nm/√(GPa s)"), Some(Conversion::NONE));
    }
}
