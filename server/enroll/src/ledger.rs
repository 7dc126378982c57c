//! The ledger: which identities were enrolled, so that each gets an activation once.
//!
//! The first success wins. The ledger needs neither the portal nor its store, and outlives them. See
//! docs/decisions/0063-ledger-of-enrollments.md.

pub mod error;
pub mod file;
pub mod record;
#[cfg(test)]
mod tests;
mod usage;

use crate::{
    labels::Labels,
    refusal::EnrollError,
    registry::{Account, Approval},
};
use error::LedgerError;
use file::{COMPACTION_LINES, Expected, LedgerFile};
use jiff::Timestamp;
use muster_attest::identity::Identity;
use muster_audit::chain::Chain;
use muster_core::folder_lock::{self, LockError};
use parking_lot::Mutex;
use record::{EnrollmentId, Key, Record, State, key_of, pending_time_of, token_of};
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    fs::File,
    path::Path,
    sync::Arc,
};
use usage::Usage;

/// Why an attempt of an instance was not begun.
#[derive(Debug)]
pub(crate) enum BeginError {
    Refused(EnrollError),
    Ledger(LedgerError),
}

impl From<LedgerError> for BeginError {
    fn from(error: LedgerError) -> Self {
        Self::Ledger(error)
    }
}

/// What an attempt of an instance leads to.
#[derive(Debug)]
pub(crate) enum Begun {
    /// The activation is to be requested. No other attempt of the instance begins until the [`InFlight`] is dropped.
    Activate(Record, InFlight),
    AwaitingApproval(Record),
    /// Another attempt of the instance has not ended.
    InProgress(Record),
    Failed(Record),
}

/// Why an operator's action was not done.
#[derive(Debug, thiserror::Error)]
pub enum ActionError {
    #[error("only operators may change enrollments")]
    NotOperator,
    #[error("there is no enrollment with this id. List them again")]
    NotFound,
    #[error("the enrollment is {0:?}, which does not allow this. List it again")]
    WrongState(State),
    #[error("an attempt of this instance is in progress. Try again in a minute")]
    InProgress,
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error("the audit log cannot be written, so nothing was done: {0}")]
    Audit(String),
}

/// An operator's action on one enrollment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Approve,
    Retry,
    Reset,
}

impl Action {
    /// The state after the action, if the state before allows it.
    fn apply(self, state: State) -> Option<State> {
        match (self, state) {
            (Self::Approve, State::AwaitingApproval) | (Self::Retry, State::Failed) => Some(State::Admitted),
            (Self::Reset, State::Reset) => None,
            (Self::Reset, _) => Some(State::Reset),
            _ => None,
        }
    }
}

/// An identity that passed the checks before the ledger's own.
pub(crate) struct Request<'a> {
    pub identity: &'a Identity,
    pub account: &'a Account,
    pub labels: &'a Labels,
    /// The id of a new enrollment.
    pub id: EnrollmentId,
    pub now: Timestamp,
}

pub(crate) struct Ledger {
    inner: Mutex<Inner>,
    in_flight: Arc<Mutex<HashSet<Key>>>,
    _lock: File,
}

struct Inner {
    file: LedgerFile,
    by_key: BTreeMap<Key, Record>,
    by_id: HashMap<EnrollmentId, Key>,
    tokens: HashMap<(String, String), Key>,
    usage: Usage,
}

/// An attempt that has not ended.
#[derive(Debug)]
pub(crate) struct InFlight {
    key: Key,
    all: Arc<Mutex<HashSet<Key>>>,
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.all.lock().remove(&self.key);
    }
}

impl Ledger {
    pub fn open(folder: &Path, expected: Expected, now: Timestamp) -> Result<Self, LedgerError> {
        Self::open_compacting(folder, expected, now, COMPACTION_LINES)
    }

    fn open_compacting(
        folder: &Path,
        expected: Expected,
        now: Timestamp,
        compaction_lines: usize,
    ) -> Result<Self, LedgerError> {
        let lock = folder_lock::lock(folder).map_err(|error| match error {
            LockError::InUse => LedgerError::InUse { folder: folder.to_owned() },
            LockError::Failed(source) => LedgerError::Io { path: folder.to_owned(), source },
        })?;
        let opened = LedgerFile::open(folder, expected)?;
        let mut inner = Inner {
            file: opened.file,
            by_key: BTreeMap::new(),
            by_id: HashMap::new(),
            tokens: HashMap::new(),
            usage: Usage::default(),
        };
        opened.records.into_iter().for_each(|record| inner.index(record));
        if opened.lines > 2 * inner.by_key.len() + compaction_lines {
            inner.file.compact(now, inner.by_key.values())?;
        }
        Ok(Self { inner: Mutex::new(inner), in_flight: Arc::default(), _lock: lock })
    }

    /// The number and hash of the last line.
    pub fn position(&self) -> Chain {
        self.inner.lock().file.chain
    }

    /// Checks the identity, the customer's quotas and the approval, and records the attempt: all at once, so that of several
    /// attempts at the same time one succeeds.
    pub fn begin(&self, request: &Request<'_>) -> Result<Begun, BeginError> {
        let key = key_of(request.identity);
        let mut inner = self.inner.lock();
        let stored = inner.by_key.get(&key).cloned();
        let existing = stored.as_ref().filter(|record| record.state != State::Reset);
        if let Some(existing) = existing {
            if self.in_flight.lock().contains(&key) {
                return Ok(Begun::InProgress(existing.clone()));
            }
            if is_used(existing, request.identity) {
                return Err(BeginError::Refused(EnrollError::AlreadyEnrolled(existing.id.clone())));
            }
        }
        let token = token_of(request.identity);
        if token.as_ref().and_then(|token| inner.tokens.get(token)).is_some_and(|used_by| *used_by != key) {
            return Err(BeginError::Refused(EnrollError::TokenUsed));
        }
        let mut record = record_of(request, stored.as_ref(), token);
        inner.usage.check(existing, &record, request.account).map_err(BeginError::Refused)?;
        if record.state == State::Failed {
            return Ok(Begun::Failed(record));
        }
        if !record.is_approved && inner.usage.needs_approval(&record, request.account) {
            record.state = State::AwaitingApproval;
            inner.put(record.clone(), request.now)?;
            return Ok(Begun::AwaitingApproval(record));
        }
        if record.state == State::AwaitingApproval {
            record.state = State::Admitted;
        }
        inner.put(record.clone(), request.now)?;
        self.in_flight.lock().insert(key.clone());
        Ok(Begun::Activate(record, InFlight { key, all: self.in_flight.clone() }))
    }

    /// Records what an attempt came to.
    pub fn finish(
        &self,
        in_flight: &InFlight,
        state: State,
        failure: Option<&str>,
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        let mut inner = self.inner.lock();
        let Some(record) = inner.by_key.get(&in_flight.key) else { return Ok(()) };
        let record = Record { state, failure: failure.map(str::to_owned), ..record.clone() };
        inner.put(record, now)
    }

    /// Does what an operator wants, in the states that allow it.
    pub fn act(&self, id: &EnrollmentId, action: Action, now: Timestamp) -> Result<Record, ActionError> {
        let mut inner = self.inner.lock();
        let record = inner.find(id).ok_or(ActionError::NotFound)?.clone();
        if self.in_flight.lock().contains(&record.key()) {
            return Err(ActionError::InProgress);
        }
        let state = action.apply(record.state).ok_or(ActionError::WrongState(record.state))?;
        let is_approved = match action {
            Action::Approve => true,
            Action::Retry | Action::Reset => record.is_approved,
        };
        let record = Record { state, is_approved, failure: None, ..record };
        inner.put(record.clone(), now)?;
        Ok(record)
    }

    /// One enrollment.
    pub fn find(&self, id: &EnrollmentId) -> Option<Record> {
        self.inner.lock().find(id).cloned()
    }

    /// All enrollments in one of the states, the latest change first.
    pub fn list(&self, states: &[State]) -> Vec<Record> {
        let inner = self.inner.lock();
        let mut found: Vec<Record> =
            inner.by_key.values().filter(|record| states.contains(&record.state)).cloned().collect();
        found.sort_by(|a, b| b.changed_at.cmp(&a.changed_at).then_with(|| a.id.cmp(&b.id)));
        found
    }
}

impl Inner {
    fn find(&self, id: &EnrollmentId) -> Option<&Record> {
        self.by_key.get(self.by_id.get(id)?)
    }

    /// Writes and indexes a record, unless nothing but the time has changed.
    fn put(&mut self, record: Record, now: Timestamp) -> Result<(), LedgerError> {
        let stored = self.by_key.get(&record.key());
        if stored.is_some_and(|stored| Record { changed_at: stored.changed_at, ..record.clone() } == *stored) {
            return Ok(());
        }
        let record = Record { changed_at: now, ..record };
        self.file.append(now, &record)?;
        self.index(record);
        Ok(())
    }

    fn index(&mut self, record: Record) {
        let key = record.key();
        if let Some(before) = self.by_key.remove(&key) {
            self.by_id.remove(&before.id);
            before.token.as_ref().and_then(|token| self.tokens.remove(token));
            self.usage.remove(&before);
        }
        // A reset frees the token too, because the instance may have no other one.
        if let Some(token) = record.token.clone().filter(|_| record.state != State::Reset) {
            self.tokens.insert(token, key.clone());
        }
        self.by_id.insert(record.id.clone(), key.clone());
        self.usage.add(&record);
        self.by_key.insert(key, record);
    }
}

/// Whether the identity was enrolled already, or its evidence is older than what was accepted before.
fn is_used(existing: &Record, identity: &Identity) -> bool {
    match (existing.pending_time, pending_time_of(identity)) {
        (Some(before), Some(now)) => now < before || (now == before && existing.state == State::Enrolled),
        _ => existing.state == State::Enrolled,
    }
}

/// The record of an attempt: the existing one if it has not ended, else a new one.
fn record_of(request: &Request<'_>, stored: Option<&Record>, token: Option<(String, String)>) -> Record {
    let Request { identity, account, labels, now, .. } = request;
    let open = stored.filter(|record| !matches!(record.state, State::Enrolled | State::Reset));
    // An approval of the systems account outlasts a reset of the instance.
    let is_approval_left = |record: &Record| record.state != State::Reset || account.approval != Approval::Instance;
    Record {
        id: open.map_or_else(|| request.id.clone(), |record| record.id.clone()),
        provider: identity.provider,
        account: identity.account.clone(),
        instance: identity.instance.clone(),
        customer: account.customer.clone(),
        token,
        pending_time: pending_time_of(identity),
        requests_systems_account: account.systems_account.is_none()
            || stored.is_some_and(|record| record.requests_systems_account && record.account == identity.account),
        patch_group: labels.patch_group.clone(),
        is_approved: stored.is_some_and(|record| {
            record.is_approved && record.customer == account.customer && is_approval_left(record)
        }),
        state: open.map_or(State::Admitted, |record| record.state),
        failure: open.and_then(|record| record.failure.clone()),
        requested_at: open.map_or(*now, |record| record.requested_at),
        changed_at: *now,
    }
}
