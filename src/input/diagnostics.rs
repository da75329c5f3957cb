//! What is wrong with an input, where, and what would be valid.

use miette::{Diagnostic, LabeledSpan, NamedSource, Severity, SourceCode};
use std::fmt::{self, Display};
use std::ops::Range;
use std::sync::Arc;

/// One thing that is wrong with an input.
#[derive(Debug, Clone)]
pub struct Problem {
    message: String,
    source: Option<Arc<NamedSource<String>>>,
    span: Option<Range<usize>>,
    label: String,
    help: String,
    unknown_key: Option<Box<str>>,
}

impl Problem {
    /// A problem without a place in a text, such as a file that cannot be read.
    pub fn without_source(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            source: None,
            span: None,
            label: String::new(),
            help: help.into(),
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
            message: message.into(),
            source: Some(source),
            span: Some(span),
            label: label.into(),
            help: help.into(),
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
        let before = &source.inner().as_str()[..span.start];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Some((
            source.name(),
            before.matches('\n').count() + 1,
            before[line_start..].chars().count() + 1,
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
        self.source
            .as_ref()
            .map(|source| source.as_ref() as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let span = self.span.clone()?;
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
        Display::fmt(&self.problems[0], f)
    }
}

impl std::error::Error for InputError {}

impl Diagnostic for InputError {
    fn severity(&self) -> Option<Severity> {
        self.problems[0].severity()
    }

    fn help<'a>(&'a self) -> Option<Box<dyn Display + 'a>> {
        self.problems[0].help()
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.problems[0].source_code()
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        self.problems[0].labels()
    }

    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn Diagnostic> + 'a>> {
        let others = &self.problems[1..];
        (!others.is_empty()).then(|| {
            Box::new(others.iter().map(|p| p as &dyn Diagnostic)) as Box<dyn Iterator<Item = _>>
        })
    }
}
