//! The lines of a growing table: checked when they are read back, put in order.

use super::done::Done;
use super::plan::Plan;
use super::store::{TABLE, TIMINGS, TIMINGS_HEADER};
use super::stored::{Refused, Seals};
use crate::output::{OutputError, write_atomic};
use std::collections::HashSet;
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::Path;

/// Every whole line of a file after its header, with the offset of its start; ends at the first that is cut short.
fn each_line(path: &Path, mut found: impl FnMut(u64, &[u8])) -> Result<u64, OutputError> {
    let failed = || OutputError::io("read", path);
    let mut reader = BufReader::new(File::open(path).map_err(failed())?);
    let mut line = Vec::new();
    let mut offset = 0u64;
    let mut header = true;
    loop {
        line.clear();
        let length = reader.read_until(b'\n', &mut line).map_err(failed())? as u64;
        if line.last() != Some(&b'\n') {
            return Ok(offset);
        }
        if let (false, Some((_, text))) = (header, line.split_last()) {
            found(offset, text);
        }
        header = false;
        offset += length;
    }
}

/// The points of the tables in `folder`, and the rows that are not believed, which are taken out; so are failed points if they are
/// to be computed again, and times without a row.
pub(super) fn clean(
    folder: &Path,
    plan: &Plan,
    retry: bool,
) -> Result<(Done, Vec<Refused>), OutputError> {
    let (table, timings) = (folder.join(TABLE), folder.join(TIMINGS));
    let columns = plan.columns();
    let mut header = vec![0; columns.header().len()];
    let begins = File::open(&table).and_then(|mut file| file.read_exact(&mut header));
    if begins.is_err() || header != columns.header() {
        return Err(OutputError::Format {
            path: table,
            reason: "the columns are not those of this sweep".into(),
        });
    }
    let mut seals = Seals::read(&timings)?;
    let (mut done, mut refused, mut dropped) = (Done::default(), Vec::new(), false);
    let mut number = 1;
    let mut kept = |line: &[u8], done: &mut Done, refused: &mut Vec<Refused>| {
        number += 1;
        match columns.verified(plan, line, &mut seals) {
            Ok((_, false)) if retry => false,
            Ok((point, ok)) => {
                done.put(point, ok);
                true
            }
            Err(reason) => {
                let line = number;
                refused.push(Refused { line, reason });
                false
            }
        }
    };
    let end = each_line(&table, |_, line| {
        dropped |= !kept(line, &mut done, &mut refused);
    })?;
    if dropped {
        // Rare: the rows that stay fit into memory twice.
        let bad: HashSet<u64> = refused.iter().map(|one| one.line).collect();
        let (mut rows, mut number) = (columns.header(), 1);
        each_line(&table, |_, line| {
            number += 1;
            let failed = || columns.read(line).is_none_or(|(_, ok)| !ok);
            let is_dropped = bad.contains(&number) || retry && failed();
            if !is_dropped {
                rows.extend_from_slice(line);
                rows.push(b'\n');
            }
        })?;
        write_atomic(&table, &rows)?;
    } else {
        let file = OpenOptions::new().write(true).open(&table);
        file.and_then(|file| file.set_len(end))
            .map_err(OutputError::io("write", &table))?;
    }
    write_atomic(&timings, &[TIMINGS_HEADER, &seals.used()].concat())?;
    Ok((done, refused))
}

/// Rewrites a table in the order of its points, the latest line of each; only places are held in memory.
pub(super) fn sort(path: &Path, key: impl Fn(&[u8]) -> Option<u64>) -> Result<(), OutputError> {
    let failed = || OutputError::io("write", path);
    let mut places: Vec<(u64, u64, u32)> = Vec::new();
    let mut start = None;
    each_line(path, |offset, line| {
        start.get_or_insert(offset);
        if let Some(point) = key(line) {
            places.push((point, offset, line.len() as u32 + 1));
        }
    })?;
    places.sort_unstable();
    let Some(start) = start else { return Ok(()) };
    let mut file = File::open(path).map_err(failed())?;
    let temporary = path.with_extension("csv.tmp");
    let mut out = BufWriter::new(File::create(&temporary).map_err(failed())?);
    let mut copy = |offset: u64, length: u64| -> std::io::Result<()> {
        file.seek(SeekFrom::Start(offset))?;
        let mut bytes = vec![0; length as usize];
        file.read_exact(&mut bytes)?;
        out.write_all(&bytes)
    };
    copy(0, start).map_err(failed())?;
    for (index, &(point, offset, length)) in places.iter().enumerate() {
        if places.get(index + 1).is_none_or(|next| next.0 != point) {
            copy(offset, u64::from(length)).map_err(failed())?;
        }
    }
    let file = out
        .into_inner()
        .map_err(|error| failed()(error.into_error()))?;
    file.sync_all().map_err(failed())?;
    std::fs::rename(&temporary, path).map_err(failed())
}
