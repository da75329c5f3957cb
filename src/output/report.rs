//! A report as one HTML file that needs nothing else: pictures are inside it, everything from outside is escaped.

use maud::{DOCTYPE, Markup, PreEscaped, html};

/// What a report holds.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Report {
    /// Heading, also of the browser's tab.
    pub title: String,
    /// What it is about, in a sentence.
    pub description: String,
    /// The first lines: names and values.
    pub summary: Vec<[String; 2]>,
    /// What went wrong; stands before everything else.
    pub failures: Option<Table>,
    /// The pictures.
    pub figures: Vec<Figure>,
    /// Pictures that are not there, each with the reason.
    pub missing: Vec<[String; 2]>,
    /// The tables.
    pub tables: Vec<Table>,
    /// How the result was made: names and values.
    pub made: Vec<[String; 2]>,
    /// Texts as they are, each with a heading; folded.
    pub texts: Vec<[String; 2]>,
}

/// A picture with its caption.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Figure {
    /// Heading.
    pub title: String,
    /// The picture: an SVG document, taken over as it is.
    pub svg: String,
    /// Files with the same picture, beside the report.
    pub files: Vec<String>,
    /// What in it was computed, and how.
    pub computed: String,
    /// What in it is published; empty where nothing is.
    pub stated: String,
}

/// A table.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Table {
    /// Heading.
    pub title: String,
    /// What stands in it, and what does not.
    pub note: String,
    /// Heads of the columns, with units.
    pub columns: Vec<String>,
    /// Cells; numbers stand on the right.
    pub rows: Vec<Vec<String>>,
    /// File with the whole table, beside the report.
    pub file: Option<String>,
}

impl Report {
    /// The HTML document.
    pub fn html(&self) -> String {
        let document = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    title { (self.title) }
                    style { (PreEscaped(STYLE)) }
                }
                body {
                    header {
                        h1 { (self.title) }
                        @if !self.description.is_empty() { p.lead { (self.description) } }
                        (names(&self.summary))
                    }
                    main {
                        @if let Some(table) = &self.failures { section.failed { (table.html()) } }
                        @for figure in &self.figures { (figure.html()) }
                        @if !self.missing.is_empty() {
                            section {
                                h2 { "Pictures that are not there" }
                                ul { @for [what, why] in &self.missing { li { (what) ": " (why) "." } } }
                            }
                        }
                        @for table in &self.tables { section { (table.html()) } }
                        section {
                            h2 { "How this was made" }
                            (names(&self.made))
                            @for [title, text] in &self.texts {
                                details { summary { (title) } pre { (text) } }
                            }
                        }
                    }
                }
            }
        };
        document.into_string()
    }
}

impl Figure {
    fn html(&self) -> Markup {
        html! {
            figure {
                h2 { (self.title) }
                div role="img" aria-label=(self.title) { (PreEscaped(&self.svg)) }
                figcaption {
                    p { b { "Computed. " } (self.computed) }
                    @if !self.stated.is_empty() { p { b { "Stated. " } (self.stated) } }
                    p.files { @for file in &self.files { a href=(file) { (file) } " " } }
                }
            }
        }
    }
}

impl Table {
    fn html(&self) -> Markup {
        html! {
            h2 { (self.title) }
            @if !self.note.is_empty() || self.file.is_some() {
                p {
                    (self.note)
                    @if let Some(file) = &self.file { " All of it: " a href=(file) { (file) } "." }
                }
            }
            div.wide {
                table {
                    thead { tr { @for column in &self.columns { th scope="col" { (column) } } } }
                    tbody {
                        @for row in &self.rows {
                            tr { @for cell in row {
                                @if is_number(cell) { td { (minus(cell)) } } @else { td.text { (cell) } }
                            } }
                        }
                    }
                }
            }
        }
    }
}

/// Names and values below each other.
fn names(pairs: &[[String; 2]]) -> Markup {
    html! {
        @if !pairs.is_empty() {
            dl { @for [name, value] in pairs { dt { (name) } dd { (value) } } }
        }
    }
}

fn is_number(cell: &str) -> bool {
    cell.is_empty() || cell.parse::<f64>().is_ok()
}

/// A number with the sign as it is printed.
fn minus(cell: &str) -> String {
    cell.replace('-', "\u{2212}")
}

/// Colours and measures of a printed page.
const STYLE: &str = "\
:root { color-scheme: light; }
body { margin: 2rem auto; padding: 0 1.2rem; max-width: 64rem; background: #fff; color: #1a1a1a; font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.7rem; margin: 0; }
h2 { font-size: 1.2rem; margin: 2.4rem 0 .6rem; }
.lead { font-size: 1.1rem; margin: .3rem 0 1rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1.2rem; margin: .6rem 0; }
dt { color: #555; }
dd { margin: 0; overflow-wrap: anywhere; }
figure { margin: 0; }
figure svg { display: block; width: 100%; height: auto; border: 1px solid #e2e2e2; }
figcaption { font-size: .92rem; color: #333; }
figcaption p { margin: .5rem 0; }
.wide { overflow: auto; max-height: 34rem; }
thead th { position: sticky; top: 0; background: #fff; }
table { border-collapse: collapse; font-size: .88rem; font-variant-numeric: tabular-nums; }
th { text-align: right; vertical-align: bottom; font-weight: 600; border-bottom: 2px solid #444; padding: .25rem .7rem; }
td { text-align: right; white-space: nowrap; border-bottom: 1px solid #e6e6e6; padding: .15rem .7rem; }
td.text { text-align: left; white-space: normal; }
tbody tr:nth-child(even) { background: #f7f7f7; }
.failed { border-left: .3rem solid #b3261e; padding-left: 1rem; margin-top: 1.5rem; }
.failed h2 { margin-top: 0; color: #b3261e; }
details { margin: .8rem 0; }
summary { cursor: pointer; }
pre { background: #f5f5f5; padding: .8rem; overflow: auto; max-height: 32rem; font-size: .82rem; line-height: 1.4; }
a { color: #0059a8; }
@media print { body { margin: 0; max-width: none; } pre, .wide { max-height: none; } figure { break-inside: avoid; } }
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_from_outside_is_escaped() {
        let hostile = "<script>alert('&')</script>";
        let pair = || vec![[hostile.to_owned(), hostile.to_owned()]];
        let table = Table {
            title: hostile.into(),
            note: hostile.into(),
            columns: vec![hostile.into()],
            rows: vec![vec![hostile.into()]],
            file: Some("\"><script>".into()),
        };
        let report = Report {
            title: hostile.into(),
            description: hostile.into(),
            summary: pair(),
            failures: Some(table.clone()),
            figures: vec![Figure {
                title: "\" onload=\"".to_owned() + hostile,
                svg: "<svg/>".into(),
                files: vec![hostile.into()],
                computed: hostile.into(),
                stated: hostile.into(),
            }],
            missing: pair(),
            tables: vec![table],
            made: pair(),
            texts: pair(),
        };
        let html = report.html();
        assert!(!html.contains("<script") && html.contains("&lt;script&gt;"));
        assert!(!html.contains("\" onload=\""), "an attribute was left open");
    }

    #[test]
    fn numbers_stand_on_the_right() {
        let table = Table {
            rows: vec![vec!["-1.5e-3".into(), "time".into()]],
            ..Table::default()
        };
        let html = table.html().into_string();
        assert!(html.contains("<td>\u{2212}1.5e\u{2212}3</td>"), "{html}");
        assert!(html.contains("<td class=\"text\">time</td>"), "{html}");
    }
}
