//! From a file to its text: no more of it than an input can have, and in UTF-8.

use super::diagnostics::{InputError, Problem};
use miette::NamedSource;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

/// Most bytes of a file in TOML: the longest that ships has some ten thousand.
pub(crate) const MOST_OF_TOML: u64 = 4 << 20;
/// Most bytes of a table: some half a million lines. Cells with their places take up to 30 times as many bytes of memory.
pub(crate) const MOST_OF_TABLE: u64 = 24 << 20;

/// The text of the file `path`, which may have `most` bytes. `help` says what the file should be, `remedy` how another encoding is
/// converted.
///
/// # Errors
/// If it cannot be read, is longer or is not UTF-8.
pub(crate) fn read_text(
    path: &Path,
    most: u64,
    help: impl FnOnce() -> String,
    remedy: &str,
) -> Result<String, InputError> {
    let name = path.display().to_string();
    match read_bytes(path, most) {
        Ok(bytes) => decode(&name, bytes, remedy),
        Err(error) => {
            let message = format!("cannot read `{name}`: {error}");
            Err(Problem::without_source(message, help()).into())
        }
    }
}

/// Whether a file can be read, with the reason if not: a folder opens, and is none.
pub(crate) fn can_be_read(path: &Path) -> io::Result<()> {
    match File::open(path)?.metadata()?.is_dir() {
        true => Err(io::ErrorKind::IsADirectory.into()),
        false => Ok(()),
    }
}

/// The bytes of a file, which may have `most` of them: what has no end, as a device, is not read to it.
fn read_bytes(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let file = File::open(path)?;
    let mut bytes = Vec::new();
    file.take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        let mebibytes = most >> 20;
        let reason = format!("it has more than {mebibytes} MiB, the most that is read");
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, reason));
    }
    Ok(bytes)
}

/// The text of a file in UTF-8.
///
/// # Errors
/// For another encoding, at the first byte that says so, with `remedy` as the help.
pub(crate) fn decode(name: &str, bytes: Vec<u8>, remedy: &str) -> Result<String, InputError> {
    let at = |bytes: &[u8], place: usize, message: String| {
        // What is before the byte is UTF-8, so that it has a place in the text that is shown.
        let shown = String::from_utf8_lossy(bytes).into_owned();
        let length = shown.get(place..).and_then(|rest| rest.chars().next());
        let place = place..place + length.map_or(0, char::len_utf8);
        let source = Arc::new(NamedSource::new(name, shown));
        InputError::from(Problem::at(source, place, message, "here", remedy))
    };
    if bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]) {
        let message = format!("`{name}` is encoded as UTF-16, not as UTF-8");
        return Err(at(&bytes, 0, message));
    }
    if bytes.starts_with(b"PK\x03\x04") {
        let message = format!("`{name}` is a workbook of a spreadsheet program, not a text");
        return Err(at(&bytes, 0, message));
    }
    String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let bytes = error.as_bytes();
        let byte = bytes.get(valid).copied().unwrap_or_default();
        let meant = match windows_1252(byte) {
            Some(letter) => format!(" (`{letter}` in Windows-1252 or Latin-1)"),
            None => String::new(),
        };
        let message = format!(
            "this is not UTF-8: the byte 0x{byte:02X}{meant}; the file is in another encoding"
        );
        at(bytes, valid, message)
    })
}

/// The letter of a byte beyond ASCII, as Western spreadsheets write it; none where it is another one in Latin-1.
fn windows_1252(byte: u8) -> Option<char> {
    (byte >= 0xA0).then_some(char::from(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_long_or_not_utf_8_is_refused_with_its_place() {
        let folder = tempfile::TempDir::new().unwrap();
        let path = folder.path().join("a.toml");
        let read = |most| read_text(&path, most, || "a file".into(), "iconv");
        std::fs::write(&path, "a = 1\n").unwrap();
        assert_eq!(read(6).unwrap(), "a = 1\n");
        let error = read(5).unwrap_err();
        assert!(error.to_string().contains("more than 0 MiB"), "{error}");
        // `é` of Latin-1 in the second line.
        std::fs::write(&path, b"a = 1\nb = \"\xE9\"\n").unwrap();
        let error = read(100).unwrap_err();
        let (_, line, column) = error.problems()[0].location().unwrap();
        assert_eq!((line, column), (2, 6));
        assert!(error.to_string().contains("0xE9 (`é`"), "{error}");
        std::fs::write(&path, b"\xFF\xFEa\x00").unwrap();
        let error = read(100).unwrap_err();
        assert_eq!(error.problems()[0].location().unwrap().1, 1);
    }
}
