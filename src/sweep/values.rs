//! Values of axes.

use super::description::{Scale, Setting};
use super::row::digits;
use serde_json::Value;

/// The values of settings.
pub(super) fn settings<'a>(all: impl Iterator<Item = &'a Setting>) -> Vec<Value> {
    all.map(|setting| setting.0.clone()).collect()
}

/// A cell of a table: a number, true or false, or a text.
pub(super) fn cell(text: &str) -> Value {
    if let Ok(whole) = text.parse::<i64>() {
        return Value::from(whole);
    }
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() => number_value(number),
        _ => match text {
            "true" => true.into(),
            "false" => false.into(),
            text => text.into(),
        },
    }
}

/// Digits of the values between the ends of a range: enough for any parameter, and no round-off of the spacing in tables.
const DIGITS: usize = 6;

/// The values of a range, both ends among them.
pub(super) fn range_values(from: f64, to: f64, points: u32, scale: Scale) -> Vec<Value> {
    let last = points - 1;
    let value = |k: u32| {
        let t = f64::from(k) / f64::from(last);
        let between = match scale {
            Scale::Linear => from + t * (to - from),
            Scale::Logarithmic => from * (to / from).powf(t),
        };
        match k {
            0 => from,
            k if k == last => to,
            _ => digits(between, DIGITS),
        }
    };
    (0..points).map(|k| number_value(value(k))).collect()
}

/// Whole numbers as such: keys that count take nothing else.
fn number_value(number: f64) -> Value {
    if number.fract() == 0.0 && number.abs() < 1e15 {
        Value::from(number as i64)
    } else {
        Value::from(number)
    }
}
