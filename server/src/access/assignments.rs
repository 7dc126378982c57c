//! Which customers an account manager looks after: a CSV file of the portal's own, `subject,customer_id`, read again
//! whenever it changed. What an identity provider or an embedding page says can only narrow it.

use super::principal::{Identity, Principal, Role};
use serde::Deserialize;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::SystemTime,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    subject: String,
    customer_id: String,
}

type BySubject = BTreeMap<String, BTreeSet<String>>;

/// Without a file nobody is assigned anything.
#[derive(Default)]
pub struct Assignments {
    path: Option<PathBuf>,
    read: Mutex<Option<Read>>,
}

/// What was in the file when it was last changed.
struct Read {
    changed_at: SystemTime,
    length: u64,
    by_subject: BySubject,
}

#[derive(Debug, thiserror::Error)]
pub enum AssignmentsError {
    #[error("cannot read the assignments `{}`", path.display())]
    Read { path: PathBuf, source: std::io::Error },
    #[error("the assignments `{}` are not right: {message}", path.display())]
    Content { path: PathBuf, message: String },
}

impl Assignments {
    /// Of a file that must be there and right when the portal starts.
    pub fn of_file(path: &Path) -> Result<Self, AssignmentsError> {
        let read = read(path)?;
        Ok(Self { path: Some(path.to_owned()), read: Mutex::new(Some(read)) })
    }

    /// Of people that are known beforehand, as the demo's are.
    pub fn of(people: impl IntoIterator<Item = (String, BTreeSet<String>)>) -> Self {
        let by_subject = people.into_iter().collect();
        let read = Read { changed_at: SystemTime::UNIX_EPOCH, length: 0, by_subject };
        Self { path: None, read: Mutex::new(Some(read)) }
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
        let mut known = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(path) = &self.path
            && !known.as_ref().is_some_and(|known| known.is_of_now(path))
        {
            *known = read(path)
                .inspect_err(|error| tracing::error!(error.cause = ?std::error::Error::source(error), "{error}"))
                .ok();
        }
        known.as_ref().and_then(|known| known.by_subject.get(subject)).cloned().unwrap_or_default()
    }
}

impl Read {
    fn is_of_now(&self, path: &Path) -> bool {
        let now = std::fs::metadata(path).and_then(|metadata| Ok((metadata.modified()?, metadata.len())));
        now.is_ok_and(|now| now == (self.changed_at, self.length))
    }
}

fn read(path: &Path) -> Result<Read, AssignmentsError> {
    let failed = |source| AssignmentsError::Read { path: path.to_owned(), source };
    // Asked before the text is read: what is written in between makes it be read once more.
    let metadata = std::fs::metadata(path).map_err(failed)?;
    let changed_at = metadata.modified().map_err(failed)?;
    let text = std::fs::read_to_string(path).map_err(failed)?;
    let mut by_subject = BySubject::new();
    for line in csv::Reader::from_reader(text.as_bytes()).into_deserialize() {
        let wrong = |error: csv::Error| AssignmentsError::Content { path: path.to_owned(), message: error.to_string() };
        let Line { subject, customer_id } = line.map_err(wrong)?;
        by_subject.entry(subject).or_default().insert(customer_id);
    }
    Ok(Read { changed_at, length: metadata.len(), by_subject })
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
