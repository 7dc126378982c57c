//! The ledger's file: lines of JSON in a hash chain, each synced to disk before it counts.
//!
//! A process that ends while it writes leaves a partial last line. It was not acknowledged, so it is removed at the next start.
//! The first line follows [`Chain::START`], or is the [`Compaction`] that says which lines are no longer there.

use super::{error::LedgerError, record::Record};
use jiff::Timestamp;
use muster_audit::chain::{Chain, INVALID_LINE, LineHash, Link};
use muster_core::folder_lock::FILE_MODE;
use serde::{Deserialize, Serialize};
use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

pub const FILE_NAME: &str = "enrollments.jsonl";
/// Why a file cannot start as it does.
const INVALID_START: &str = "is not the first line: lines before it are missing";
const RECORDS_MISSING: &str = "states more enrollments than follow it: lines are missing";
const INVALID_RECORD: &str = "is not a line of a ledger, or was changed";
const NEW_FILE_NAME: &str = "enrollments.jsonl.new";
/// The file is written anew at a start if it has this many lines more than twice the number of enrollments.
pub const COMPACTION_LINES: usize = 1_000;

/// The first line after a compaction.
#[derive(Serialize, Deserialize)]
struct Compaction {
    compaction: Compacted,
}

#[derive(Serialize, Deserialize)]
struct Compacted {
    /// The number of the last line that is no longer there.
    after: u64,
    /// The number of records that follow at least.
    records: u64,
}

pub(super) struct LedgerFile {
    path: PathBuf,
    file: File,
    pub chain: Chain,
    /// The length up to which lines count.
    acknowledged_bytes: u64,
    /// Bytes after that are from a write that failed.
    has_failed_write: bool,
    /// Runs between the write and the sync of a line, to fail as a disk does or to wait.
    #[cfg(test)]
    pub before_sync: Option<Box<dyn FnMut() -> io::Result<()> + Send>>,
}

/// The file's content, with the last record of each enrollment's key in the order of the lines.
pub(super) struct Opened {
    pub file: LedgerFile,
    pub records: Vec<Record>,
    pub lines: usize,
}

/// Which position the file must have reached.
#[derive(Clone, Copy, Debug, Default)]
pub struct Expected {
    /// What the audit log states last.
    pub audited: Option<Chain>,
    /// The last line of a ledger that an operator accepts although it is older.
    pub accepted: Option<LineHash>,
}

impl LedgerFile {
    pub fn open(folder: &Path, expected: Expected) -> Result<Opened, LedgerError> {
        let path = folder.join(FILE_NAME);
        let failed = |source| LedgerError::Io { path: path.clone(), source };
        let mut open = OpenOptions::new();
        let file = open.create(true).append(true).mode(FILE_MODE).open(&path).map_err(failed)?;
        sync_folder(folder).map_err(failed)?;
        let bytes = fs::read(&path).map_err(failed)?;
        let complete = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        let (chain, records) = read(&path, &bytes[..complete], expected)?;
        if complete < bytes.len() {
            let partial = bytes.len() - complete;
            tracing::warn!(ledger.path = %path.display(), "the ledger ended with a partial line of {partial} bytes, which is removed");
            file.set_len(complete as u64).and_then(|()| file.sync_data()).map_err(failed)?;
        }
        let file = Self {
            path,
            file,
            chain,
            acknowledged_bytes: complete as u64,
            has_failed_write: false,
            #[cfg(test)]
            before_sync: None,
        };
        let lines = records.len();
        Ok(Opened { file, records, lines })
    }

    /// Appends a line. After an error it does not count.
    pub fn append(&mut self, at: Timestamp, record: &Record) -> Result<(), LedgerError> {
        let (mut chain, mut bytes) = (self.chain, Vec::new());
        let written = chain.write(&mut bytes, at, record).map_err(io::Error::from).and_then(|()| self.write(&bytes));
        written.map_err(|source| LedgerError::Io { path: self.path.clone(), source })?;
        self.chain = chain;
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.has_failed_write {
            self.file.set_len(self.acknowledged_bytes)?;
        }
        self.has_failed_write = true;
        self.file.write_all(bytes).and_then(|()| self.sync()).inspect_err(|_| {
            // A whole line that was not acknowledged would count after a restart. If this fails too, the next write truncates.
            let _ = self.file.set_len(self.acknowledged_bytes).and_then(|()| self.file.sync_data());
        })?;
        self.acknowledged_bytes += bytes.len() as u64;
        self.has_failed_write = false;
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        #[cfg(test)]
        self.before_sync.as_mut().map_or(Ok(()), |before| before())?;
        self.file.sync_data()
    }

    /// Replaces the file by one with these records only. The chain goes on, so that positions only grow.
    pub fn compact<'a>(
        &mut self,
        at: Timestamp,
        records: impl ExactSizeIterator<Item = &'a Record>,
    ) -> Result<(), LedgerError> {
        let failed = |path: &Path, source| LedgerError::Io { path: path.to_owned(), source };
        let (mut chain, mut bytes) = (self.chain, Vec::new());
        let compaction = Compacted { after: chain.number, records: records.len() as u64 };
        let first = chain.write(&mut bytes, at, &Compaction { compaction });
        first.map_err(|error| failed(&self.path, error.into()))?;
        for record in records {
            chain.write(&mut bytes, at, record).map_err(|error| failed(&self.path, error.into()))?;
        }
        let folder = self.path.parent().unwrap_or(Path::new("."));
        let new_path = folder.join(NEW_FILE_NAME);
        let replace = || {
            let mut open = OpenOptions::new();
            let mut new = open.create(true).truncate(true).write(true).mode(FILE_MODE).open(&new_path)?;
            new.write_all(&bytes)?;
            new.sync_all()?;
            fs::rename(&new_path, &self.path)?;
            sync_folder(folder)?;
            OpenOptions::new().append(true).open(&self.path)
        };
        self.file = replace().map_err(|source| failed(&new_path, source))?;
        (self.chain, self.acknowledged_bytes) = (chain, bytes.len() as u64);
        Ok(())
    }
}

fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Reads whole lines, and checks the chain and the expected position.
fn read(path: &Path, lines: &[u8], expected: Expected) -> Result<(Chain, Vec<Record>), LedgerError> {
    let broken = |line: usize, what| LedgerError::Broken { path: path.to_owned(), line: line as u64 + 1, what };
    let lines = || lines.split_inclusive(|byte| *byte == b'\n').map(|line| &line[..line.len() - 1]);
    let is_next = |chain: &mut Chain, line: &[u8]| {
        chain.advance(line).map(drop).map_err(|what| if what == INVALID_LINE { INVALID_RECORD } else { what })
    };
    let start = lines().next().and_then(Link::read).and_then(|link| link.before());
    let mut chain = start.unwrap_or(Chain::START);
    check_head(path, chain, expected)?;
    let (mut records, mut compacted) = (Vec::new(), 0);
    for (index, line) in lines().enumerate() {
        let before = chain;
        is_next(&mut chain, line).map_err(|what| broken(index, what))?;
        check_head(path, chain, expected)?;
        if index == 0 && before != Chain::START {
            let first = serde_json::from_slice::<Compaction>(line).ok().map(|line| line.compaction);
            let first = first.filter(|it| it.after == before.number).ok_or_else(|| broken(index, INVALID_START))?;
            compacted = first.records;
        } else {
            records.push(serde_json::from_slice(line).map_err(|_| broken(index, INVALID_RECORD))?);
        }
    }
    if compacted > records.len() as u64 {
        return Err(broken(0, RECORDS_MISSING));
    }
    match expected.audited {
        Some(audited) if audited.number > chain.number && expected.accepted != Some(chain.head) => {
            Err(LedgerError::Older {
                path: path.to_owned(),
                number: chain.number,
                own_head: chain.head.to_string(),
                audited: audited.number,
                head: audited.head.to_string(),
            })
        }
        _ => Ok((chain, records)),
    }
}

/// Checks the line that the audit log states, if this is the one.
fn check_head(path: &Path, chain: Chain, expected: Expected) -> Result<(), LedgerError> {
    match expected.audited {
        Some(audited) if audited.number == chain.number && audited.head != chain.head => {
            Err(LedgerError::Differs { path: path.to_owned(), number: chain.number, head: audited.head.to_string() })
        }
        _ => Ok(()),
    }
}
