//! Reads the entries of a roster file as a spreadsheet or an editor saved it.

use super::{Entry, RosterError};
use serde::Deserialize;
use std::path::Path;

/// The byte-order mark that spreadsheets and Windows editors put at the start.
const BYTE_ORDER_MARK: char = '\u{feff}';

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RosterFile {
    #[serde(default)]
    account: Vec<Entry>,
}

pub fn entries(path: &Path) -> Result<Vec<Entry>, RosterError> {
    let invalid = |format, message| RosterError::Invalid { path: path.to_owned(), format, message };
    let bytes = std::fs::read(path).map_err(|source| RosterError::Read { path: path.to_owned(), source })?;
    let text = String::from_utf8(bytes).map_err(|_| RosterError::Encoding { path: path.to_owned() })?;
    let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&text);
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("toml") => toml::from_str::<RosterFile>(text)
            .map(|file| file.account)
            .map_err(|error| invalid("TOML", error.to_string())),
        Some("csv") => rows(text).map_err(|message| invalid("CSV", message)),
        _ => Err(RosterError::Format { path: path.to_owned() }),
    }
}

/// Reads the rows of a CSV file, without those that are empty, which spreadsheets leave at the end.
fn rows(text: &str) -> Result<Vec<Entry>, String> {
    let header = text.lines().next().unwrap_or_default();
    for (separator, name) in [(';', "semicolons"), ('\t', "tabs")] {
        if header.contains(separator) {
            return Err(format!("its columns are separated by {name}; save it with commas"));
        }
    }
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
    let header = reader.headers().map_err(|error| error.to_string())?.clone();
    let mut entries = Vec::new();
    for record in reader.into_records() {
        let record = record.map_err(|error| error.to_string())?;
        if record.iter().any(|cell| !cell.is_empty()) {
            entries.push(record.deserialize(Some(&header)).map_err(|error| error.to_string())?);
        }
    }
    Ok(entries)
}
