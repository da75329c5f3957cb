//! Numbers as they stand in tables: with a decimal point or comma, thousands parted, a minus sign of typography, or "93 ± 5".

/// Which sign parts the decimals in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decimal {
    Point,
    Comma,
}

/// A number with what stands behind its ±.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Number {
    pub value: f64,
    pub plus_minus: Option<f64>,
}

/// Whether a cell says that nothing was measured.
pub(crate) fn is_missing(text: &str) -> bool {
    let known = ["", "nan", "na", "n/a", "n.a.", "-", "–", "—", "none"];
    known.contains(&text.trim().to_lowercase().as_str())
}

/// Whether `text` is digits in groups of three: 1,250 or 36,000.5.
fn has_thousands(text: &str, parting: char, decimal: char) -> bool {
    let whole = text.split(decimal).next().unwrap_or_default();
    let whole = whole.trim_start_matches(['-', '+']);
    let mut groups = whole.split(parting);
    let first = groups.next().unwrap_or_default();
    let digits = |group: &str| group.chars().all(|c| c.is_ascii_digit());
    (1..=3).contains(&first.len())
        && digits(first)
        && !first.starts_with('0')
        && groups.clone().count() > 0
        && groups.all(|group| group.len() == 3 && digits(group))
}

/// What the cells of a file's numbers say about its decimal sign: `delimiter` parts its cells.
///
/// # Errors
/// The index of a cell that could be read in two ways.
pub(super) fn decimal(cells: &[&str], delimiter: u8) -> Result<Decimal, usize> {
    let plain: Vec<String> = cells.iter().map(|cell| tidy(cell)).collect();
    let commas = |text: &&String| text.contains(',');
    let points = plain
        .iter()
        .any(|text| text.contains('.') && !text.contains(','));
    let fitting = |text: &&String| has_thousands(text, ',', '.');
    if !plain.iter().any(|text| text.contains(',')) {
        return Ok(Decimal::Point);
    }
    let all_thousands = plain.iter().filter(commas).all(|text| fitting(&text));
    match (points, all_thousands, delimiter) {
        (true, true, _) => Ok(Decimal::Point),
        (false, false, _) => Ok(Decimal::Comma),
        // With semicolons between cells the comma is the decimal sign; that is why they are semicolons.
        (false, true, b';' | b'\t') => Ok(Decimal::Comma),
        (false, true, _) => Err(plain
            .iter()
            .position(|text| text.contains(','))
            .unwrap_or(0)),
        (true, false, _) => Err(plain
            .iter()
            .position(|text| text.contains(',') && !fitting(&text))
            .unwrap_or(0)),
    }
}

/// Without blanks within, and with an ordinary minus.
fn tidy(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_whitespace() && !['\u{202f}', '\u{a0}', '\''].contains(c))
        .map(|c| match c {
            '\u{2212}' | '\u{2013}' => '-',
            other => other,
        })
        .collect()
}

/// The number that `text` is.
pub(super) fn parse(text: &str, decimal: Decimal) -> Option<Number> {
    let text = text.replace("+/-", "±").replace("+-", "±");
    let mut parts = text.split('±');
    let value = one(parts.next()?, decimal)?;
    let plus_minus = match parts.next() {
        None => None,
        Some(rest) => Some(one(rest, decimal)?),
    };
    parts
        .next()
        .is_none()
        .then_some(Number { value, plus_minus })
}

fn one(text: &str, decimal: Decimal) -> Option<f64> {
    let mut text = tidy(text);
    match decimal {
        Decimal::Point if has_thousands(&text, ',', '.') => text.retain(|c| c != ','),
        Decimal::Point => {}
        Decimal::Comma => {
            if has_thousands(&text, '.', ',') && text.contains(',') {
                text.retain(|c| c != '.');
            }
            text = text.replace(',', ".");
        }
    }
    text.parse().ok().filter(|value: &f64| value.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_every_hand() {
        let point = |text: &str| parse(text, Decimal::Point).map(|n| n.value);
        assert_eq!(point("36,000"), Some(36_000.0));
        assert_eq!(point("1 250.5"), Some(1250.5));
        assert_eq!(point("\u{2212}3.5e2"), Some(-350.0));
        // Neither three digits nor a decimal: not guessed at.
        assert_eq!(
            (point("36,00"), point("3.6.1"), point("inf")),
            (None, None, None)
        );
        let both = parse("93.19 ± 4.7", Decimal::Point).unwrap();
        assert_eq!((both.value, both.plus_minus), (93.19, Some(4.7)));
        assert_eq!(parse("93,19 +/- 4,7", Decimal::Comma), Some(both));
        assert_eq!(parse("1.227,5", Decimal::Comma).unwrap().value, 1227.5);
    }

    #[test]
    fn the_decimal_sign_is_that_of_the_file() {
        assert_eq!(
            decimal(&["10", "93.19", "36,000"], b','),
            Ok(Decimal::Point)
        );
        assert_eq!(
            decimal(&["10", "93,19", "36,000"], b','),
            Ok(Decimal::Comma)
        );
        assert_eq!(decimal(&["1,227"], b';'), Ok(Decimal::Comma));
        // 1.227 or 1227: nothing in the file tells.
        assert_eq!(decimal(&["10", "1,227"], b','), Err(1));
        assert_eq!(decimal(&["93.2", "4,7"], b';'), Err(1));
    }
}
