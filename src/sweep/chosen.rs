//! Points that are named one by one, as schedulers do.

use crate::input::{InputError, Problem};
use miette::NamedSource;
use std::ops::Range;
use std::sync::Arc;

/// The points that a text names, ascending, each once: numbers and ranges `a-b` (both ends are in it), separated by commas, blanks
/// or lines; the rest of a line after `#` is left out. `name` is what the text is called in messages, `total` how many points there
/// are.
///
/// # Errors
/// At each word that is no number, no range, or beyond the last point, and where none is named.
pub fn points_of(name: &str, text: &str, total: u64) -> Result<Vec<u64>, InputError> {
    let source = Arc::new(NamedSource::new(name, text.to_owned()));
    let valid = format!(
        "numbers and ranges from 0 to {}, e.g. 3-7,12",
        total.saturating_sub(1)
    );
    let problem = |place: Range<usize>, message: String| {
        Problem::at(source.clone(), place, message, "here", &valid)
    };
    let mut points = Vec::new();
    let mut problems = Vec::new();
    for place in words(text) {
        let word = &text[place.clone()];
        let ends = match word.split_once('-') {
            Some((first, last)) => (first.parse::<u64>(), last.parse::<u64>()),
            None => (word.parse(), word.parse()),
        };
        match ends {
            (Ok(first), Ok(last)) if first > last => {
                problems.push(problem(place, format!("the range `{word}` runs backwards")));
            }
            (Ok(first), Ok(last)) if last < total => points.extend(first..=last),
            (Ok(_), Ok(last)) => {
                let message = format!("there is no point {last}: the sweep has {total} points");
                problems.push(problem(place, message));
            }
            _ => problems.push(problem(
                place,
                format!("`{word}` is neither a point nor a range of points"),
            )),
        }
    }
    if let Some(error) = InputError::from_problems(problems) {
        return Err(error);
    }
    if points.is_empty() {
        return Err(problem(0..0, "no point is named".to_owned()).into());
    }
    points.sort_unstable();
    points.dedup();
    Ok(points)
}

/// Places of the words of a text, comments left out.
fn words(text: &str) -> Vec<Range<usize>> {
    let mut places: Vec<Range<usize>> = Vec::new();
    let mut comment = false;
    let mut open = false;
    for (at, letter) in text.char_indices() {
        comment = letter == '#' || (comment && letter != '\n');
        let inside = !comment && letter != ',' && !letter.is_whitespace();
        let end = at + letter.len_utf8();
        match places.last_mut() {
            Some(last) if inside && open => last.end = end,
            _ if inside => places.push(at..end),
            _ => {}
        }
        open = inside;
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_ranges_are_read_and_mistakes_shown_where_they_stand() {
        let read = |text: &str| points_of("--points", text, 20);
        assert_eq!(read("3-5,9").unwrap(), [3, 4, 5, 9]);
        // Named twice is computed once; a file has lines and comments.
        let file = "# the wide ones\r\n12, 4-6\n5 0 # again: 7\n";
        assert_eq!(read(file).unwrap(), [0, 4, 5, 6, 12]);
        assert_eq!(read("19").unwrap(), [19]);
        for (text, place, part) in [
            ("3,20", 3, "no point 20"),
            ("1\n 7-3", 2, "backwards"),
            ("1,x", 3, "neither"),
            ("-1", 1, "neither"),
            ("1.5", 1, "neither"),
            ("18446744073709551616", 1, "neither"),
            ("", 1, "no point"),
            ("# 3", 1, "no point"),
        ] {
            let error = read(text).unwrap_err();
            let (name, _, column) = error.problems()[0].location().unwrap();
            assert_eq!((name, column), ("--points", place), "{text}");
            assert!(error.to_string().contains(part), "{error}");
        }
        // A range that would fill the memory is refused before it is made.
        assert!(read("0-18446744073709551615").is_err());
    }
}
