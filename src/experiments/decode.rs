//! From the bytes of a file to its text.

use crate::input::{InputError, Problem};
use miette::NamedSource;
use std::sync::Arc;

/// The text of a file in UTF-8, without its byte order mark.
///
/// # Errors
/// For another encoding, at the first byte that says so.
pub(super) fn decode(name: &str, bytes: Vec<u8>) -> Result<String, InputError> {
    if bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]) {
        let message = format!("`{name}` is encoded as UTF-16, not as UTF-8");
        return Err(Problem::without_source(message, REMEDY).into());
    }
    if bytes.starts_with(b"PK\x03\x04") {
        let message = format!("`{name}` is a workbook of a spreadsheet program, not a text");
        return Err(Problem::without_source(message, REMEDY).into());
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(text),
        Err(error) => {
            let valid = error.utf8_error().valid_up_to();
            let bytes = error.as_bytes();
            // What is before the byte is UTF-8, so that it has a place in the text that is shown.
            let shown = String::from_utf8_lossy(bytes).into_owned();
            let byte = bytes[valid];
            let meant = match windows_1252(byte) {
                Some(letter) => format!(" (`{letter}` in Windows-1252 or Latin-1)"),
                None => String::new(),
            };
            let message = format!(
                "this is not UTF-8: the byte 0x{byte:02X}{meant}; the file is in another encoding"
            );
            let source = Arc::new(NamedSource::new(name, shown));
            let place = valid..valid + char::REPLACEMENT_CHARACTER.len_utf8();
            Err(Problem::at(source, place, message, "here", REMEDY).into())
        }
    }
}

const REMEDY: &str = "save it as \"CSV UTF-8\" in the spreadsheet program, or convert it: iconv -f WINDOWS-1252 -t UTF-8 old.csv > new.csv";

/// The letter of a byte beyond ASCII, as Western spreadsheets write it; none where it is another one in Latin-1.
fn windows_1252(byte: u8) -> Option<char> {
    (byte >= 0xA0).then_some(char::from(byte))
}
