//! The lines of a text that an error shows: no more than fits a terminal, however long they are.

use miette::{MietteError, MietteSpanContents, NamedSource, SourceCode, SourceSpan, SpanContents};
use std::ops::Range;
use std::sync::Arc;

/// Longest line with its neighbours, and longest mistake, that are shown whole (bytes).
const LONGEST: usize = 2000;
const LONGEST_MARK: usize = 400;
/// What is shown of longer ones before the start of the mistake and after it (bytes).
const BEFORE: usize = 60;
const AFTER: usize = 100;

/// A text of which an error shows a part.
#[derive(Debug, Clone)]
pub(super) struct Excerpt(Arc<NamedSource<String>>);

impl Excerpt {
    /// Any part of a text.
    pub fn of(source: Arc<NamedSource<String>>) -> Self {
        Excerpt(source)
    }

    /// Name of the text.
    pub fn name(&self) -> &str {
        self.0.name()
    }

    /// The text before a place.
    pub fn before(&self, place: usize) -> &str {
        let text = self.text();
        text.get(..floor(text, place)).unwrap_or_default()
    }

    /// What is marked of a mistake: all of it, or its beginning.
    pub fn marked(&self, mistake: Range<usize>) -> Range<usize> {
        let text = self.text();
        let start = floor(text, mistake.start);
        let end = floor(text, mistake.end.max(start));
        match self.window(start, end) {
            None => start..end,
            Some(window) => start..end.min(window.end),
        }
    }

    fn text(&self) -> &str {
        self.0.inner()
    }

    /// What is shown of the line at `start`, if it and its neighbours are too long, or what is marked of them.
    fn window(&self, start: usize, end: usize) -> Option<Range<usize>> {
        let text = self.text();
        let line = line_at(text, start);
        let first = line.start.saturating_sub(1);
        let last = (line.end + 1).min(text.len());
        let around = line_at(text, first).start..line_at(text, last).end;
        if around.len() <= LONGEST && end - start <= LONGEST_MARK {
            return None;
        }
        let from = floor(text, start.saturating_sub(BEFORE)).max(line.start);
        let to = floor(text, start + AFTER).min(line.end);
        Some(from..to.max(start))
    }
}

impl SourceCode for Excerpt {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        lines_before: usize,
        lines_after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let text = self.text();
        let start = floor(text, span.offset());
        let Some(window) = self.window(start, start + span.len()) else {
            return self.0.read_span(span, lines_before, lines_after);
        };
        // Without neighbours the place itself is asked for, not what is shown.
        let (from, column) = match lines_before {
            0 => (start, start - line_at(text, start).start),
            _ => (window.start, 0),
        };
        let shown = text.get(from..window.end).unwrap_or_default();
        let line = self.before(start).bytes().filter(|&b| b == b'\n').count();
        Ok(Box::new(MietteSpanContents::new_named(
            self.name().to_owned(),
            shown.as_bytes(),
            (from, shown.len()).into(),
            line,
            column,
            1,
        )))
    }
}

/// The line that holds a place, without its end.
fn line_at(text: &str, place: usize) -> Range<usize> {
    let bytes = text.as_bytes();
    let (before, after) = bytes.split_at(place.min(bytes.len()));
    let start = before.iter().rposition(|&b| b == b'\n');
    let end = after.iter().position(|&b| b == b'\n');
    start.map_or(0, |newline| newline + 1)..end.map_or(bytes.len(), |n| before.len() + n)
}

/// The nearest place at or before `place` where a character begins.
fn floor(text: &str, place: usize) -> usize {
    let place = place.min(text.len());
    let mut places = (0..=place).rev();
    places.find(|&k| text.is_char_boundary(k)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::super::{InputError, Problem};
    use super::*;

    fn shown(text: String, mistake: Range<usize>) -> String {
        let source = Arc::new(NamedSource::new("a.toml", text));
        let problem = Problem::at(source, mistake, "wrong", "here", "right");
        format!("{:?}", miette::Report::new(InputError::from(problem)))
    }

    #[test]
    fn no_more_than_a_lines_worth_is_quoted() {
        // A short text is shown with its neighbours.
        let short = shown("a = 1\nb = x\nc = 3\n".into(), 10..11);
        assert!(
            short.contains("a = 1") && short.contains("c = 3"),
            "{short}"
        );
        assert!(short.contains("a.toml:2:5"), "{short}");
        // A line of a megabyte, with the mistake beyond the columns that a formatter can count (65 535); one with a mistake that long; and
        // a short line between two long ones.
        let long = "é".repeat(500_000);
        for (text, mistake) in [
            (format!("a = 1\nb = \"{long}\" x"), 6 + 5 + 1_000_000 + 2),
            (format!("a = 1\n{long}"), 6),
            (format!("{long}\nb = x\n{long}"), 1_000_005),
        ] {
            for length in [1, 0, text.len() - mistake] {
                let place = mistake..mistake + length;
                let said = shown(text.clone(), place.clone());
                assert!(said.len() < 4000, "{} bytes for {place:?}", said.len());
                assert!(said.contains("a.toml:2:"), "{said}");
                assert!(said.contains("here"), "{said}");
            }
        }
    }
}
