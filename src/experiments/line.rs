//! The lines of a table with the places of their cells.

use std::ops::Range;

/// A line of the table and where it stands. The table is read line by line, because the position that a CSV reader
/// reports for a record includes the comments before it.
pub(super) struct Line<'a> {
    /// From 1.
    pub number: usize,
    start: usize,
    /// Without its end.
    pub text: &'a str,
}

/// The lines that hold cells.
pub(super) fn lines(text: &str) -> impl Iterator<Item = Line<'_>> {
    let mut start = 0;
    text.split_inclusive('\n')
        .enumerate()
        .filter_map(move |(index, whole)| {
            let line = Line {
                number: index + 1,
                start,
                text: whole.trim_end_matches(['\n', '\r']),
            };
            start += whole.len();
            let trimmed = line.text.trim();
            (!trimmed.is_empty() && !trimmed.starts_with('#')).then_some(line)
        })
}

impl Line<'_> {
    /// Where the line stands in the file.
    pub fn span(&self) -> Range<usize> {
        self.start..self.start + self.text.len()
    }

    /// The texts of the cells, without blanks around them and without their quotes.
    pub fn cells(&self) -> Vec<String> {
        let text = |place: Range<usize>| {
            let cell = self.text[place].trim();
            // By itself a cell is a record of one field, which takes the quotes away; a blank before a quote would not.
            let mut reader = csv::ReaderBuilder::new()
                .has_headers(false)
                .from_reader(cell.as_bytes());
            let record = reader.records().next().and_then(Result::ok);
            record.map_or_else(String::new, |record| {
                record
                    .iter()
                    .collect::<Vec<_>>()
                    .join(",")
                    .trim()
                    .to_owned()
            })
        };
        self.places().into_iter().map(text).collect()
    }

    /// Where a cell stands in the file; the whole line if there is no such cell.
    pub fn cell(&self, place: usize) -> Range<usize> {
        self.places().get(place).map_or(self.span(), |cell| {
            self.start + cell.start..self.start + cell.end
        })
    }

    /// Where the cells stand in the line: between commas that are not within quotes.
    fn places(&self) -> Vec<Range<usize>> {
        let (mut quoted, mut start, mut found) = (false, 0, Vec::new());
        for (offset, byte) in self.text.bytes().chain([b',']).enumerate() {
            match byte {
                b'"' => quoted = !quoted,
                b',' if !quoted || offset == self.text.len() => {
                    found.push(start..offset);
                    start = offset + 1;
                }
                _ => {}
            }
        }
        found
    }
}
