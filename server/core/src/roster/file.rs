//! Reads the entries of a roster file as a spreadsheet or an editor saved it.

use super::{Entry, RosterError};
use serde::{Deserialize, de::IgnoredAny};
use std::{collections::HashMap, path::Path};

/// The byte-order mark that spreadsheets and Windows editors put at the start.
const BYTE_ORDER_MARK: char = '\u{feff}';

fn without_mark(text: &str) -> &str {
    text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text)
}

/// A roster in TOML. `muster enroll` reads all of it, and the portal ignores what accounts have for enrollment (`E`), the labels (`L`)
/// and the issuers of tokens (`I`).
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RosterFile<E = IgnoredAny, L = IgnoredAny, I = IgnoredAny> {
    pub enrollment: Option<L>,
    #[serde(default, rename = "customer")]
    pub customers: Vec<Customer>,
    #[serde(default = "Vec::new", rename = "account")]
    pub accounts: Vec<Entry<E>>,
    #[serde(default = "Vec::new", rename = "issuer")]
    pub issuers: Vec<I>,
}

/// What is the same for all accounts of a customer. Only those with accounts that may enroll must be listed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Customer {
    pub id: String,
    /// The id unless given, here or beside the account.
    pub name: Option<String>,
    /// How much the customer may enroll.
    pub instances_max: u32,
    pub systems_accounts_max: u32,
}

impl<'de, E: Deserialize<'de>, L: Deserialize<'de>, I: Deserialize<'de>> RosterFile<E, L, I> {
    /// Reads the text of a file, and gives accounts the names of their customers. The error names the line.
    pub fn parse(text: &'de str) -> Result<Self, String> {
        let mut file: Self = toml::from_str(without_mark(text)).map_err(|error| error.to_string())?;
        let names: HashMap<&str, &str> = file
            .customers
            .iter()
            .filter_map(|customer| Some((customer.id.as_str(), customer.name.as_deref()?)))
            .collect();
        for account in file.accounts.iter_mut().filter(|account| account.customer_name.trim().is_empty()) {
            account.customer_name = names.get(account.customer_id.trim()).copied().unwrap_or_default().to_owned();
        }
        Ok(file)
    }
}

pub fn entries(path: &Path) -> Result<Vec<Entry>, RosterError> {
    let invalid = |format, message| RosterError::Invalid { path: path.to_owned(), format, message };
    let bytes = std::fs::read(path).map_err(|source| RosterError::Read { path: path.to_owned(), source })?;
    let text = String::from_utf8(bytes).map_err(|_| RosterError::Encoding { path: path.to_owned() })?;
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("toml") => match RosterFile::<IgnoredAny>::parse(&text) {
            Ok(file) => Ok(file.accounts.into_iter().filter(|entry| !entry.is_created_by_enrollment()).collect()),
            Err(message) => Err(invalid("TOML", message)),
        },
        Some("csv") => rows(without_mark(&text)).map_err(|message| invalid("CSV", message)),
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
