//! Writing a fitted material: the text of the file it started from, comments and layout kept, with the fitted numbers in their places.

use super::parameters::Key;
use crate::input::InputError;
use crate::materials::{Covariance, Material};
use toml_edit::{DocumentMut, Item, TableLike, Value};

/// Digits of a fitted number in a file.
pub const DIGITS: usize = 4;

/// `value` with `count` significant digits, as one would write it: 391.4, 2.05e9, 0.013.
pub fn digits(value: f64, count: usize) -> String {
    if value == 0.0 || !value.is_finite() {
        return value.to_string();
    }
    let scientific = format!("{value:.*e}", count.saturating_sub(1));
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let trim = |text: &str| {
        if text.contains('.') {
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        } else {
            text.to_owned()
        }
    };
    if (-3..5).contains(&exponent) {
        let decimals = (count as i32 - 1 - exponent).max(0) as usize;
        let rounded: f64 = scientific.parse().unwrap_or(value);
        return trim(&format!("{rounded:.decimals$}"));
    }
    format!("{}e{exponent}", trim(mantissa))
}

/// `material` with the numbers of `keys` rounded to the digits that the file has.
pub fn rounded(material: &Material, keys: &[Key]) -> Material {
    let mut rounded = material.clone();
    for key in keys {
        if let Some(number) = key.of_mut(&mut rounded) {
            number.value = digits(number.value, DIGITS).parse().unwrap_or(number.value);
        }
    }
    rounded
}

/// A number to be written.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Which one.
    pub key: Key,
    /// Its value in the file's unit.
    pub value: f64,
    /// How it was found.
    pub note: String,
}

/// A law's range of temperatures.
#[derive(Debug, Clone, PartialEq)]
pub struct Range {
    /// Section of the law in the file.
    pub section: &'static str,
    /// Lowest and highest temperature in °C.
    pub celsius: [f64; 2],
}

fn parsed(text: &str) -> Result<DocumentMut, InputError> {
    text.parse().map_err(|_| {
        // Read before as a material, so only the message of the reader is better.
        match crate::input::Source::new("material", text.to_owned()) {
            Err(error) => error,
            Ok(_) => unreachable!("two parsers of one library agree"),
        }
    })
}

/// The text of a material file without the numbers of these keys (`section.name`).
///
/// # Errors
/// If `text` is not TOML.
pub fn without(text: &str, keys: &[&str]) -> Result<String, InputError> {
    let mut document = parsed(text)?;
    for (section, name) in keys.iter().filter_map(|key| key.split_once('.')) {
        let section = document.get_mut(section);
        if let Some(table) = section.and_then(Item::as_table_like_mut) {
            table.remove(name);
        }
    }
    Ok(document.to_string())
}

/// The text of a material file with `entries` as fitted numbers, `ranges` as the ranges of their laws and the `covariance` of all of them; `header` comes first, as comments.
///
/// # Errors
/// If `text` is not TOML.
pub fn write(
    text: &str,
    entries: &[Entry],
    ranges: &[Range],
    covariance: Option<&Covariance>,
    header: &[String],
) -> Result<String, InputError> {
    let mut document = parsed(text)?;
    for entry in entries {
        if let Some((section, name)) = entry.key.path.split_once('.')
            && let Some(table) = document.get_mut(section).and_then(Item::as_table_like_mut)
            && let Some(quantity) = table.get_mut(name).and_then(Item::as_table_like_mut)
        {
            let value = digits(entry.value, DIGITS);
            put(
                quantity,
                "value",
                value.parse().unwrap_or_else(|_| Value::from(entry.value)),
            );
            put(quantity, "provenance", Value::from("fitted"));
            put(quantity, "note", Value::from(entry.note.as_str()));
        }
    }
    for range in ranges {
        let law = document.get_mut(range.section);
        if let Some(law) = law.and_then(Item::as_table_like_mut) {
            let ends = range.celsius.map(|end| digits(end, DIGITS + 1));
            let text = format!("[{}, {}]", ends[0], ends[1]);
            if let Ok(value) = text.parse::<Value>() {
                law.insert("range_C", Item::Value(value));
            }
        }
    }
    if !entries.is_empty() {
        document.remove("covariance");
    }
    let covariance = covariance.map_or(String::new(), written);
    let comments: String = header
        .iter()
        .map(|line| format!("# {line}\n").replace("# \n", "#\n"))
        .collect();
    Ok(comments + &document.to_string() + &covariance)
}

/// The section of a covariance.
fn written(covariance: &Covariance) -> String {
    let mut text =
        "\n[covariance]\n# By `nanomold calibrate`, over draws from the posterior.\nkeys = ["
            .to_owned();
    let keys: Vec<String> = covariance
        .keys
        .iter()
        .map(|key| format!("\"{key}\""))
        .collect();
    text += &(keys.join(", ") + "]\nmatrix = [\n");
    for row in &covariance.matrix {
        let cells: Vec<String> = row.iter().map(|value| format!("{value:.6e}")).collect();
        text += &format!("    [{}],\n", cells.join(", "));
    }
    text + "]\n"
}

/// Sets `name` and keeps the blanks around the value that was there.
fn put(table: &mut dyn TableLike, name: &str, value: Value) {
    let mut value = value;
    let old = table.get(name).and_then(Item::as_value);
    match old {
        Some(old) => *value.decor_mut() = old.decor().clone(),
        None => {
            value.decor_mut().set_prefix(" ");
            value.decor_mut().set_suffix(" ");
        }
    }
    // The last value of an inline table carries the blank before its brace.
    if old.is_none() {
        let last = table.iter().last().map(|(name, _)| name.to_owned());
        if let Some(last) = last.and_then(|last| table.get_mut(&last).and_then(Item::as_value_mut))
        {
            last.decor_mut().set_suffix("");
        }
    }
    table.insert(name, Item::Value(value));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calibrate::parameters::{D_STAR, ETA, T_0};

    #[test]
    fn numbers_have_their_digits_and_no_more() {
        let cases = [
            (2.0478e9, "2.048e9"),
            (2.05e9, "2.05e9"),
            (394.44, "394.4"),
            (17.0, "17"),
            (1.0461, "1.046"),
            (1.5941e-20, "1.594e-20"),
            (0.01299996, "0.013"),
            (99999.0, "1e5"),
            (12346.0, "12350"),
        ];
        for (value, text) in cases {
            assert_eq!(digits(value, 4), text);
        }
    }

    #[test]
    fn only_the_fitted_numbers_change() {
        let text = "# An alloy.\nname = \"A\"\n\n[viscosity]\n# kept\nconvention = \"apparent\"\n\
                    eta_reference_Pa_s = { value = 1e9, provenance = \"assumed\", note = \"guess\" } # here\n\
                    T_0_K = { value = 400, provenance = \"assumed\" }\n";
        let entry = |key, value| Entry {
            key,
            value,
            note: "fit".to_owned(),
        };
        let written = write(
            text,
            &[
                entry(ETA, 2.04812e9),
                entry(T_0, 394.44),
                entry(D_STAR, 1.0),
            ],
            &[Range {
                section: "viscosity",
                celsius: [267.0, 327.5],
            }],
            None,
            &["Fitted.".to_owned(), String::new()],
        )
        .unwrap();
        assert_eq!(
            written,
            "# Fitted.\n#\n# An alloy.\nname = \"A\"\n\n[viscosity]\n# kept\nconvention = \"apparent\"\n\
             eta_reference_Pa_s = { value = 2.048e9, provenance = \"fitted\", note = \"fit\" } # here\n\
             T_0_K = { value = 394.4, provenance = \"fitted\", note = \"fit\" }\n\
             range_C = [267, 327.5]\n"
        );
    }
}
