//! What `nanomold plan` is given on the command line: lists, times and what is asked for.

use crate::calibrate::parameters::{ALL, Key};
use crate::physics::constants::{celsius, kelvin};
use crate::planning::{At, Target};

/// Values of a list such as `10,20,60` or `10..250/9`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct List(pub Vec<f64>);

/// Values of a range whose number is not stated.
const USUAL_COUNT: usize = 8;
/// Most values of a list.
const MOST: usize = 200;

/// How the values of a range are spaced.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Spacing {
    Equal,
    EqualRatios,
}

pub(super) fn diameters(text: &str) -> Result<List, String> {
    list(text, Spacing::EqualRatios, number)
}

pub(super) fn temperatures(text: &str) -> Result<List, String> {
    list(text, Spacing::Equal, number)
}

pub(super) fn pressures(text: &str) -> Result<List, String> {
    list(text, Spacing::EqualRatios, number)
}

pub(super) fn times(text: &str) -> Result<List, String> {
    list(text, Spacing::EqualRatios, time)
}

fn list(
    text: &str,
    spacing: Spacing,
    number: fn(&str) -> Result<f64, String>,
) -> Result<List, String> {
    let mut found = Vec::new();
    for part in text.split(',') {
        let Some((low, rest)) = part.split_once("..") else {
            found.push(number(part)?);
            continue;
        };
        let (high, count) = match rest.split_once('/') {
            Some((high, count)) => {
                let whole = count.trim().parse::<usize>();
                let count = whole.ok().filter(|count| (2..=MOST).contains(count));
                let wrong = || format!("`{count:?}`: 2 to {MOST} values, e.g. 10..250/9");
                (high, count.ok_or_else(wrong)?)
            }
            None => (rest, USUAL_COUNT),
        };
        let (low, high) = (number(low)?, number(high)?);
        if low >= high {
            return Err(format!("`{part}`: the lower end first, e.g. 10..250/9"));
        }
        for k in 0..count {
            let share = k as f64 / (count - 1) as f64;
            found.push(match spacing {
                Spacing::EqualRatios if low > 0.0 => rounded(low * (high / low).powf(share)),
                _ => rounded(low + share * (high - low)),
            });
        }
    }
    if found.len() > MOST {
        return Err(format!("{MOST} values at most"));
    }
    if spacing == Spacing::EqualRatios && found.iter().any(|value| *value <= 0.0) {
        return Err("positive numbers".to_owned());
    }
    found.sort_by(f64::total_cmp);
    found.dedup();
    Ok(List(found))
}

/// To four digits: nobody makes a mold of 22.36068 nm.
fn rounded(value: f64) -> f64 {
    format!("{value:.3e}").parse().unwrap_or(value)
}

fn number(text: &str) -> Result<f64, String> {
    let value = text.trim().parse::<f64>().ok();
    let finite = value.filter(|value| value.is_finite());
    finite.ok_or_else(|| format!("`{text}` is not a number; a list is 10,20,60 or 10..250/9"))
}

/// A time in s: 36000, 600s, 90min or 10h.
pub(super) fn time(text: &str) -> Result<f64, String> {
    let text = text.trim();
    let units = [("min", 60.0), ("h", 3600.0), ("s", 1.0)];
    let (plain, unit) = units
        .iter()
        .find_map(|(name, unit)| Some((text.strip_suffix(name)?, *unit)))
        .unwrap_or((text, 1.0));
    let value = number(plain)
        .map_err(|_| format!("`{text}` is no time: 36000 (s), 90min or 10h, a list 2h,10h"))?;
    match value > 0.0 {
        true => Ok(value * unit),
        false => Err(format!("`{text}`: a time above 0")),
    }
}

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Asked {
    /// A quantity at so many °C, for an experiment of so many s, if that is stated.
    At(At, f64, Option<f64>),
    /// A number of the laws.
    Number(Key),
    /// All of them.
    Laws,
}

pub(super) fn asked(text: &str) -> Result<Asked, String> {
    let remedy = || {
        let numbers: Vec<&str> = ALL[..7].iter().map(|key| key.path).collect();
        format!(
            "`{text}`: d_c@297, eta@297 or delta_D_I@297 (°C; d_c@297,10h for experiments of 10 h), laws, or one of {}",
            numbers.join(", ")
        )
    };
    if text == "laws" {
        return Ok(Asked::Laws);
    }
    if let Some(key) = ALL[..7].iter().find(|key| key.path == text) {
        return Ok(Asked::Number(*key));
    }
    let (what, place) = text.split_once('@').ok_or_else(remedy)?;
    let what = match what.trim() {
        "d_c" => At::CriticalDiameter,
        "eta" => At::Viscosity,
        "delta_D_I" | "delta-D-I" => At::LayerConductivity,
        _ => return Err(remedy()),
    };
    let (at, duration) = match place.split_once(',') {
        Some((at, duration)) => (at, Some(time(duration)?)),
        None => (place, None),
    };
    Ok(Asked::At(what, number(at).map_err(|_| remedy())?, duration))
}

impl Asked {
    /// The targets; `time` is that of experiments whose time is not stated, `keys` are the numbers of the laws.
    pub(super) fn targets(self, time: f64, keys: &[Key]) -> Vec<Target> {
        match self {
            Asked::At(what, at, own) => vec![Target::At(what, kelvin(at), own.unwrap_or(time))],
            Asked::Number(key) => vec![Target::Number(key)],
            Asked::Laws => keys.iter().map(|key| Target::Number(*key)).collect(),
        }
    }
}

/// A target in words, and as a part of a column's name.
pub(super) fn names(target: &Target) -> [String; 2] {
    match target {
        Target::At(what, temperature, _) => {
            let at = celsius(*temperature);
            let at = ((at * 10.0).round() / 10.0).to_string();
            let [symbol, column] = match what {
                At::CriticalDiameter => ["d_c", "ln_d_c"],
                At::Viscosity => ["η", "ln_eta"],
                At::LayerConductivity => ["δD_I", "ln_delta_D_I"],
            };
            [format!("{symbol} at {at} °C"), format!("{column}_{at}C")]
        }
        Target::Number(key) => {
            let ln = if key.logarithmic { "ln_" } else { "" };
            [key.symbol.to_owned(), format!("{ln}{}", key.path)]
        }
    }
}
