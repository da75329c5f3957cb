//! A delimited text cut into records, each cell with its place in the text.

use std::ops::Range;

/// A cell without the blanks and the quotes around it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Cell {
    /// What it says.
    pub text: String,
    /// Where it stands in the text, without the blanks around it.
    pub place: Range<usize>,
    /// Whether it stands in quotes.
    pub quoted: bool,
}

/// A record: a line, or several where a quoted cell holds line ends.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Record {
    /// Line of its start, from 1.
    pub line: usize,
    /// Where it stands in the text, without its end.
    pub place: Range<usize>,
    /// Its cells; one at least.
    pub cells: Vec<Cell>,
    /// A quote that is opened and not closed before the text ends.
    pub unclosed: Option<Range<usize>>,
}

impl Record {
    /// Where the cell `index` stands; the whole record if there is no such cell.
    pub fn cell(&self, index: usize) -> Range<usize> {
        (self.cells.get(index)).map_or(self.place.clone(), |cell| cell.place.clone())
    }
}

/// The records of `text`, whose cells `delimiter` (an ASCII character) parts. A byte order mark, empty lines and lines that begin with `#` are
/// left out.
///
/// The position that a CSV reader reports for a record includes the comments before it, and it has none for cells; so the
/// places are found here, and the `csv` crate takes the quotes away.
pub(crate) fn records(text: &str, delimiter: u8) -> Vec<Record> {
    let (mut found, mut line) = (Vec::new(), 1);
    let mut at = if text.starts_with('\u{feff}') { 3 } else { 0 };
    while at < text.len() {
        let end = text[at..].find('\n').map_or(text.len(), |n| at + n);
        let first = text[at..end].trim();
        if first.is_empty() || first.starts_with('#') {
            line += 1;
            at = end + 1;
            continue;
        }
        let record = record(text, delimiter, at, line);
        let end = record.place.end;
        line += text[at..end].matches('\n').count() + 1;
        at = text[end..].find('\n').map_or(text.len(), |n| end + n + 1);
        found.push(record);
    }
    found
}

/// The record that begins at the byte `start`.
fn record(text: &str, delimiter: u8, start: usize, line: usize) -> Record {
    let bytes = text.as_bytes();
    let (mut cells, mut unclosed) = (Vec::new(), None);
    let (mut begin, mut at) = (start, start);
    loop {
        // Blanks before a quote do not make it a part of the text.
        let blank = |b: &u8| (*b == b' ' || *b == b'\t') && *b != delimiter;
        while bytes.get(at).is_some_and(blank) {
            at += 1;
        }
        let quoted = bytes.get(at) == Some(&b'"');
        if quoted {
            let open = at;
            at += 1;
            loop {
                match (bytes.get(at), bytes.get(at + 1)) {
                    (None, _) => {
                        unclosed = Some(open..text.len());
                        break;
                    }
                    (Some(b'"'), Some(b'"')) => at += 2,
                    (Some(b'"'), _) => break,
                    _ => at += 1,
                }
            }
        }
        while bytes.get(at).is_some_and(|&b| b != delimiter && b != b'\n') {
            at += 1;
        }
        cells.push(cell(text, delimiter, begin..at, quoted));
        match bytes.get(at) {
            Some(&b) if b == delimiter => {
                at += 1;
                begin = at;
            }
            _ => break,
        }
    }
    let content = text[start..at].trim_end_matches('\r').len();
    Record {
        line,
        place: start..start + content,
        cells,
        unclosed,
    }
}

fn cell(text: &str, delimiter: u8, place: Range<usize>, quoted: bool) -> Cell {
    let raw = &text[place.clone()];
    let trimmed = raw.trim();
    let begin = place.start + (raw.len() - raw.trim_start().len());
    let mut content = trimmed.to_owned();
    if quoted {
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .delimiter(delimiter)
            .from_reader(trimmed.as_bytes());
        if let Some(Ok(record)) = reader.records().next() {
            content = record.iter().collect::<Vec<_>>().concat().trim().to_owned();
        }
    }
    Cell {
        text: content,
        place: begin..begin + trimmed.len(),
        quoted,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_have_their_places_in_quotes_blanks_and_several_lines() {
        let text = "\u{feff}a; b\r\n# no\r\n\r\n1 ; \"x; \"\"y\"\"\nz\"\n3;\n";
        let found = records(text, b';');
        let texts: Vec<Vec<&str>> = found
            .iter()
            .map(|r| r.cells.iter().map(|c| c.text.as_str()).collect())
            .collect();
        assert_eq!(
            texts,
            [vec!["a", "b"], vec!["1", "x; \"y\"\nz"], vec!["3", ""]]
        );
        let lines: Vec<usize> = found.iter().map(|r| r.line).collect();
        assert_eq!(lines, [1, 4, 6]);
        assert_eq!(&text[found[0].cells[1].place.clone()], "b");
        assert!(found[1].cells[1].quoted && found.iter().all(|r| r.unclosed.is_none()));
        assert!(records("a,\"b\n1,2\n", b',')[0].unclosed.is_some());
    }
}
