//! The customers of each account manager: a CSV file, `subject,customer_id`, that is read again when it changes. Claims
//! of an identity provider or an embedding page can only narrow an assignment.

use super::{
    error::AccessError,
    principal::{Identity, Principal, Role},
    reloadable_file::{FileFormat, ReloadableFile},
};
use serde::Deserialize;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

/// A hundred thousand lines take a few megabytes.
const FILE_BYTES_MAX: u64 = 64 * 1024 * 1024;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    subject: String,
    customer_id: String,
}

type CustomersBySubject = BTreeMap<String, BTreeSet<String>>;

pub struct Assignments(ReloadableFile<CustomersBySubject>);

/// No assignments.
impl Default for Assignments {
    fn default() -> Self {
        Self::of([])
    }
}

impl Assignments {
    /// Opens a file that must be valid when the portal starts.
    pub fn of_file(path: &Path) -> Result<Self, AccessError> {
        let format = FileFormat { name: "assignments file", bytes_max: FILE_BYTES_MAX, parse };
        Ok(Self(ReloadableFile::open(path, format)?))
    }

    /// Fixed assignments, such as the demo's.
    pub fn of(assignments: impl IntoIterator<Item = (String, BTreeSet<String>)>) -> Self {
        Self(ReloadableFile::fixed(assignments.into_iter().collect()))
    }

    /// The principal of an identity, with its current assignments. While the file cannot be read nobody has any.
    pub fn principal(&self, identity: Identity) -> Principal {
        let assigned = match &identity.role {
            Role::AccountManager { .. } => self.customers_of(&identity.subject),
            _ => BTreeSet::new(),
        };
        Principal::new(identity, assigned)
    }

    fn customers_of(&self, subject: &str) -> BTreeSet<String> {
        self.0.find(|by_subject| by_subject.get(subject).cloned()).unwrap_or_default()
    }
}

/// Reads the file as a spreadsheet saves it: with a byte-order mark, and with blanks around values, which are not part of them.
fn parse(text: &str) -> Result<CustomersBySubject, String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.lines().next().is_some_and(|header| header.contains([';', '\t'])) {
        return Err("its columns are not separated by commas".to_owned());
    }
    let mut by_subject = CustomersBySubject::new();
    let reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
    for (line, number) in reader.into_deserialize().zip(2..) {
        let Line { subject, customer_id } = line.map_err(|error| error.to_string())?;
        match (subject.is_empty(), customer_id.is_empty()) {
            (true, true) => continue,
            (false, false) => {}
            _ => return Err(format!("row {number} has no subject or no customer_id")),
        }
        by_subject.entry(subject).or_default().insert(customer_id);
    }
    Ok(by_subject)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_file_of_a_spreadsheet_and_refuses_half_a_row() {
        let plain = parse("subject,customer_id\nnoor,c-1\n").expect("valid");
        assert_eq!(parse("\u{feff}subject , customer_id\r\n noor,c-1 \r\n,\r\n").expect("valid"), plain);
        for (text, words) in [
            ("subject;customer_id\nnoor;c-1\n", "commas"),
            ("subject,customer_id\nnoor,c-1\nnoor,\n", "row 3"),
            ("subject,customer_id\n ,c-1\n", "row 2"),
            ("subject,customer\nnoor,c-1\n", "customer"),
        ] {
            let message = parse(text).expect_err(text);
            assert!(message.contains(words), "{message}");
        }
    }

    fn customers(assignments: &Assignments, subject: &str) -> Vec<String> {
        assignments.customers_of(subject).into_iter().collect()
    }

    #[test]
    fn reloads_a_changed_file_and_assigns_nothing_while_it_is_invalid() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("assignments.csv");
        std::fs::write(&path, "subject,customer_id\nnoor,c1\nnoor,c2\nsam,c3\n").expect("written");
        let assignments = Assignments::of_file(&path).expect("a valid file");
        assert_eq!(customers(&assignments, "noor"), ["c1", "c2"]);
        assert!(customers(&assignments, "nobody").is_empty());
        std::fs::write(&path, "subject,customer_id\nnoor,c2\n").expect("written");
        assert_eq!(customers(&assignments, "noor"), ["c2"]);
        std::fs::write(&path, "who,what\nnoor,c2\n").expect("written");
        assert!(customers(&assignments, "noor").is_empty());
        std::fs::remove_file(&path).expect("removed");
        assert!(customers(&assignments, "noor").is_empty());
        assert!(Assignments::of_file(&path).err().expect("no file").to_string().contains("assignments.csv"));
    }
}
