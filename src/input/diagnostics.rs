//! What is wrong with an input, where, and what would be valid.

use super::excerpt::Excerpt;
use miette::{Diagnostic, LabeledSpan, NamedSource, Severity, SourceCode};
use std::fmt::{self, Display};
use std::ops::Range;
use std::sync::Arc;

/// Most problems that are shown at once.
const MOST_SHOWN: usize = 20;
/// Longest texts of a problem (characters): an input may quote itself into them.
const LONGEST_MESSAGE: usize = 600;
const LONGEST_LABEL: usize = 100;
const LONGEST_HELP: usize = 4000;

/// A text cut to `most` characters.
pub(super) fn limited(mut text: String, most: usize) -> String {
    if let Some((end, _)) = text.char_indices().nth(most) {
        text.truncate(end);
        text.push('…');
    }
    text
}

/// One thing that is wrong with an input.
#[derive(Debug, Clone)]
pub struct Problem {
    message: String,
    source: Option<Excerpt>,
    span: Option<Range<usize>>,
    label: String,
    help: String,
    unknown_key: Option<Box<str>>,
}

impl Problem {
    /// A problem without a place in a text, such as a file that cannot be read.
    pub fn without_source(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            message: limited(message.into(), LONGEST_MESSAGE),
            source: None,
            span: None,
            label: String::new(),
            help: limited(help.into(), LONGEST_HELP),
            unknown_key: None,
        }
    }

    /// A problem at `span` (bytes) of `source`.
    pub fn at(
        source: Arc<NamedSource<String>>,
        span: Range<usize>,
        message: impl Into<String>,
        label: impl Into<String>,
        help: impl Into<String>,
    ) -> Self {
        Self {
            message: limited(message.into(), LONGEST_MESSAGE),
            source: Some(Excerpt::of(source)),
            span: Some(span),
            label: limited(label.into(), LONGEST_LABEL),
            help: limited(help.into(), LONGEST_HELP),
            unknown_key: None,
        }
    }

    /// Says that the key `name` is what is wrong, not a value.
    pub(super) fn of_unknown_key(mut self, name: &str) -> Self {
        self.unknown_key = Some(name.into());
        self
    }

    /// The key that is not known, where that is what is wrong; without the table that it stands in.
    pub fn unknown_key(&self) -> Option<&str> {
        self.unknown_key.as_deref()
    }

    /// What is wrong.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What would be valid.
    pub fn remedy(&self) -> &str {
        &self.help
    }

    /// Name of the text, line and column (both from 1, column in characters) of the mistake.
    pub fn location(&self) -> Option<(&str, usize, usize)> {
        let (source, span) = (self.source.as_ref()?, self.span.as_ref()?);
        let before = source.before(span.start);
        let line = before.rsplit('\n').next().unwrap_or_default();
        Some((
            source.name(),
            before.matches('\n').count() + 1,
            line.chars().count() + 1,
        ))
    }

    /// Start of the mistake in its text, to sort by.
    pub(super) fn offset(&self) -> usize {
        self.span.as_ref().map_or(0, |span| span.start)
    }
}

impl Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Problem {}

impl Diagnostic for Problem {
    fn severity(&self) -> Option<Severity> {
        Some(Severity::Error)
    }

    fn help<'a>(&'a self) -> Option<Box<dyn Display + 'a>> {
        (!self.help.is_empty()).then(|| Box::new(&self.help) as Box<dyn Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.source.as_ref().map(|source| source as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let span = self.source.as_ref()?.marked(self.span.clone()?);
        let label = LabeledSpan::new_with_span(Some(self.label.clone()), span);
        Some(Box::new(std::iter::once(label)))
    }
}

/// Everything that is wrong with an input: at least one [`Problem`]. Shown by miette with line, caret and help for each.
#[derive(Debug, Clone)]
pub struct InputError {
    // Boxed: the error travels in many `Result`s and is rare.
    problems: Box<[Problem]>,
}

impl InputError {
    /// The problems as one error, in the given order; none if there is no problem.
    pub fn from_problems(problems: Vec<Problem>) -> Option<Self> {
        (!problems.is_empty()).then(|| Self {
            problems: problems.into_boxed_slice(),
        })
    }

    #[expect(clippy::indexing_slicing, reason = "there is one at least")]
    fn first(&self) -> &Problem {
        &self.problems[0]
    }

    /// How many problems are not shown.
    pub fn hidden(&self) -> usize {
        self.problems.len().saturating_sub(MOST_SHOWN)
    }

    /// All problems; never empty.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }
}

impl From<Problem> for InputError {
    fn from(problem: Problem) -> Self {
        Self {
            problems: Box::new([problem]),
        }
    }
}

impl Display for InputError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Display::fmt(self.first(), f)
    }
}

impl std::error::Error for InputError {}

impl Diagnostic for InputError {
    fn severity(&self) -> Option<Severity> {
        self.first().severity()
    }

    fn help<'a>(&'a self) -> Option<Box<dyn Display + 'a>> {
        self.first().help()
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.first().source_code()
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        self.first().labels()
    }

    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn Diagnostic> + 'a>> {
        let others = self.problems.iter().skip(1).take(MOST_SHOWN - 1);
        (self.problems.len() > 1)
            .then(|| Box::new(others.map(|p| p as &dyn Diagnostic)) as Box<dyn Iterator<Item = _>>)
    }
}
