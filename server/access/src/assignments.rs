//! Which customers an account manager looks after: a CSV file of the portal's own, `subject,customer_id`, read again
//! whenever it changed. What an identity provider or an embedding page says can only narrow it.

use super::{
    changing::{Changing, ChangingError, Kind},
    principal::{Identity, Principal, Role},
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

type BySubject = BTreeMap<String, BTreeSet<String>>;

pub struct Assignments(Changing<BySubject>);

/// Without a file nobody is assigned anything.
impl Default for Assignments {
    fn default() -> Self {
        Self::of([])
    }
}

impl Assignments {
    /// Of a file that must be there and right when the portal starts.
    pub fn of_file(path: &Path) -> Result<Self, ChangingError> {
        Ok(Self(Changing::of_file(path, Kind { what: "assignments", bytes_max: FILE_BYTES_MAX, parse })?))
    }

    /// Of people that are known beforehand, as the demo's are.
    pub fn of(people: impl IntoIterator<Item = (String, BTreeSet<String>)>) -> Self {
        Self(Changing::fixed(people.into_iter().collect()))
    }

    /// Somebody with what is assigned to them now. A file that cannot be read assigns nothing to anybody.
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

fn parse(text: &str) -> Result<BySubject, String> {
    let mut by_subject = BySubject::new();
    for line in csv::Reader::from_reader(text.as_bytes()).into_deserialize() {
        let Line { subject, customer_id } = line.map_err(|error| error.to_string())?;
        by_subject.entry(subject).or_default().insert(customer_id);
    }
    Ok(by_subject)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn customers(assignments: &Assignments, subject: &str) -> Vec<String> {
        assignments.customers_of(subject).into_iter().collect()
    }

    #[test]
    fn a_changed_file_counts_at_once_and_a_broken_one_assigns_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("assignments.csv");
        std::fs::write(&path, "subject,customer_id\nnoor,c1\nnoor,c2\nsam,c3\n").expect("written");
        let assignments = Assignments::of_file(&path).expect("read");
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
