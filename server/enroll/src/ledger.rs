//! The ledger: which identities were enrolled, so that each gets an activation once.
//!
//! The first success wins. The ledger needs neither the portal nor its store, and outlives them. See
//! docs/decisions/0063-ledger-of-enrollments.md.

pub mod error;
pub mod file;
mod index;
pub mod record;
#[cfg(test)]
mod tests;
mod usage;

use crate::{
    activations::{ACTIVATION_LIFETIME, ActivationError},
    labels::Labels,
    refusal::{EnrollError, with_causes},
    registry::{Account, Approval},
};
use error::LedgerError;
use file::{COMPACTION_LINES, Expected, LedgerFile};
use index::Index;
use jiff::Timestamp;
use muster_attest::identity::{Identity, Provider};
use muster_audit::chain::Chain;
use muster_core::folder_lock::{self, LockError};
use muster_model::enrollment::EnrollmentAction as Action;
use parking_lot::Mutex;
use record::{EnrollmentId, Key, Record, State, evidence_of, key_of, pending_time_of, token_of};
use std::{
    collections::{HashMap, HashSet},
    fs::File,
    path::Path,
    sync::Arc,
};

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
    /// The activation is to be requested, also for an enrolled instance that may not have received its last one. No other
    /// attempt of the instance begins until the [`InFlight`] is dropped.
    Activate(Record, InFlight),
    AwaitingApproval(Record),
    /// Another attempt of the instance has not ended.
    InProgress(Record),
    Failed(Record),
}

/// What an attempt came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// An activation with this id was made.
    Activated(String),
    /// The activation is not handed out, so the instance must be able to get another one.
    Withdrawn,
    /// An activation of this enrollment was used before.
    AlreadyRegistered,
    /// The systems account is being created.
    Provisioning,
    /// With one word.
    Failed(&'static str),
}

impl End {
    fn apply(&self, record: Record, now: Timestamp) -> Record {
        let record = Record { failure: None, ..record };
        match self {
            Self::Activated(id) => Record {
                state: State::Enrolled,
                activation_id: Some(id.clone()),
                activated_at: Some(now),
                earlier: Vec::new(),
                ..record
            },
            Self::Withdrawn => Record { state: State::Admitted, activation_id: None, activated_at: None, ..record },
            Self::AlreadyRegistered => Record { state: State::Enrolled, activated_at: None, ..record },
            // An enrolled instance stays so: its last activation may have been used.
            _ if record.state == State::Enrolled => record,
            Self::Provisioning => Record { state: State::Provisioning, ..record },
            Self::Failed(name) => Record { state: State::Failed, failure: Some((*name).to_owned()), ..record },
        }
    }
}

/// Why an operator's action was not done.
#[derive(Debug, thiserror::Error)]
pub enum ActionError {
    #[error("only operators may change enrollments")]
    NotOperator,
    #[error("there is no enrollment with this id. List them again")]
    NotFound,
    #[error("the enrollment is in the state `{}`, which does not allow this. List it again", .0.label())]
    WrongState(State),
    #[error("an attempt of this instance is in progress. Try again in a minute")]
    InProgress,
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error("the audit log cannot be written, so nothing was done: {0}")]
    Audit(String),
    #[error("the creation of the systems account cannot be retried at the moment: {0}. Try again in a minute")]
    SystemsAccount(#[from] ActivationError),
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
    /// Held for the whole of a change, also while it is synced to disk. Only threads that may wait for the disk lock it.
    writer: Mutex<Writer>,
    /// Held for moments only, so that async threads may wait for it. Changed by the holder of `writer` only.
    index: Mutex<Index>,
    in_flight: Arc<Mutex<HashSet<Key>>>,
    _lock: File,
}

struct Writer {
    file: LedgerFile,
    /// Records that count although they could not be written. They are written before the next one.
    unwritten: Vec<Record>,
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
        let (mut file, mut index) = (opened.file, Index::new());
        opened.records.into_iter().for_each(|record| index.insert(record));
        if opened.lines > 2 * index.by_key.len() + compaction_lines {
            file.compact(now, index.by_key.values())?;
        }
        index.position = file.chain;
        let writer = Mutex::new(Writer { file, unwritten: Vec::new() });
        Ok(Self { writer, index: Mutex::new(index), in_flight: Arc::default(), _lock: lock })
    }

    /// The number and hash of the last line.
    pub fn position(&self) -> Chain {
        self.index.lock().position
    }

    /// Checks the identity, the customer's quotas and the approval, and records the attempt: all at once, so that of several
    /// attempts at the same time one succeeds.
    pub fn begin(&self, request: &Request<'_>) -> Result<Begun, BeginError> {
        let key = key_of(request.identity);
        let mut writer = self.writer.lock();
        let index = self.index.lock();
        let stored = index.by_key.get(&key).cloned();
        let existing = stored.as_ref().filter(|record| record.state != State::Reset);
        if let Some(existing) = existing {
            if self.in_flight.lock().contains(&key) {
                return Ok(Begun::InProgress(existing.clone()));
            }
            if is_used(existing, request) {
                return Err(BeginError::Refused(EnrollError::AlreadyEnrolled(existing.id.clone())));
            }
        }
        let token = token_of(request.identity);
        if token.as_ref().and_then(|token| index.tokens.get(token)).is_some_and(|used_by| *used_by != key) {
            return Err(BeginError::Refused(EnrollError::TokenUsed));
        }
        let mut record = record_of(request, stored.as_ref(), token);
        index.usage.check(existing, &record, request.account).map_err(BeginError::Refused)?;
        if record.state == State::Failed {
            return Ok(Begun::Failed(record));
        }
        let is_enrolled = record.state == State::Enrolled;
        let needs_approval =
            !is_enrolled && !record.is_approved && index.usage.needs_approval(&record, request.account);
        drop(index);
        if needs_approval {
            record.state = State::AwaitingApproval;
            self.put(&mut writer, record.clone(), request.now)?;
            return Ok(Begun::AwaitingApproval(record));
        }
        if record.state == State::AwaitingApproval {
            record.state = State::Admitted;
        }
        self.put(&mut writer, record.clone(), request.now)?;
        self.in_flight.lock().insert(key.clone());
        Ok(Begun::Activate(record, InFlight { key, all: self.in_flight.clone() }))
    }

    /// Records what an attempt came to.
    pub fn finish(&self, in_flight: &InFlight, end: &End, now: Timestamp) -> Result<(), LedgerError> {
        let mut writer = self.writer.lock();
        let Some(record) = self.index.lock().by_key.get(&in_flight.key).cloned() else { return Ok(()) };
        let record = end.apply(record, now);
        let result = self.put(&mut writer, record.clone(), now);
        match end {
            // The instance did not get its activation. If this cannot be written now, it counts nevertheless.
            End::Withdrawn => {
                if let Err(error) = &result {
                    let record = Record { changed_at: now, ..record };
                    let cause = with_causes(error);
                    tracing::error!(enrollment = %record.id, "a line of the ledger is written later: {cause}");
                    self.index.lock().insert(record.clone());
                    writer.unwritten.push(record);
                }
                Ok(())
            }
            _ => result,
        }
    }

    /// Does what an operator wants, in the states that allow it.
    pub fn act(&self, id: &EnrollmentId, action: Action, now: Timestamp) -> Result<Record, ActionError> {
        let mut writer = self.writer.lock();
        let record = self.find(id).ok_or(ActionError::NotFound)?;
        if self.in_flight.lock().contains(&record.key()) {
            return Err(ActionError::InProgress);
        }
        if !action.applies_to(record.state) {
            return Err(ActionError::WrongState(record.state));
        }
        let (state, is_approved) = match action {
            Action::Approve => (State::Admitted, true),
            Action::Retry => (State::Admitted, record.is_approved),
            Action::Reset => (State::Reset, record.is_approved),
        };
        let record = Record { state, is_approved, failure: None, ..record };
        self.put(&mut writer, record.clone(), now)?;
        Ok(record)
    }

    /// One enrollment.
    pub fn find(&self, id: &EnrollmentId) -> Option<Record> {
        let index = self.index.lock();
        index.by_key.get(index.by_id.get(id)?).cloned()
    }

    /// The matching enrollments, the latest change first and at most `max`, and how many there are.
    pub fn list(&self, matches: impl Fn(&Record) -> bool, max: usize) -> (Vec<Record>, usize) {
        let latest_first = |a: &&Record, b: &&Record| b.changed_at.cmp(&a.changed_at).then_with(|| a.id.cmp(&b.id));
        let index = self.index.lock();
        let mut found: Vec<&Record> = index.by_key.values().filter(|record| matches(record)).collect();
        let total = found.len();
        // Only the rows of the list are sorted, because the lock stops other requests.
        if total > max {
            found.select_nth_unstable_by(max, latest_first);
            found.truncate(max);
        }
        found.sort_unstable_by(latest_first);
        (found.into_iter().cloned().collect(), total)
    }

    /// The number of instances that count for quotas, by cloud account.
    pub fn instances(&self) -> HashMap<(Provider, String), u64> {
        let mut instances = HashMap::new();
        for record in self.index.lock().by_key.values().filter(|record| record.state != State::Reset) {
            *instances.entry((record.provider, record.account.clone())).or_default() += 1;
        }
        instances
    }

    /// Writes and indexes a record, unless nothing but the time has changed.
    fn put(&self, writer: &mut Writer, record: Record, now: Timestamp) -> Result<(), LedgerError> {
        let is_same = |stored: &Record| Record { changed_at: stored.changed_at, ..record.clone() } == *stored;
        if self.index.lock().by_key.get(&record.key()).is_some_and(is_same) {
            return Ok(());
        }
        while let Some(unwritten) = writer.unwritten.first() {
            writer.file.append(now, unwritten)?;
            writer.unwritten.remove(0);
            self.index.lock().position = writer.file.chain;
        }
        let record = Record { changed_at: now, ..record };
        writer.file.append(now, &record)?;
        let mut index = self.index.lock();
        index.position = writer.file.chain;
        index.insert(record);
        Ok(())
    }
}

/// Whether the identity was enrolled already and gets no other activation, or its evidence is older than what was accepted
/// before.
fn is_used(existing: &Record, request: &Request<'_>) -> bool {
    let is_enrolled = existing.state == State::Enrolled && !may_ask_again(existing, request);
    match (existing.pending_time, pending_time_of(request.identity)) {
        (Some(before), Some(now)) => now < before || (now == before && is_enrolled),
        _ => is_enrolled,
    }
}

/// Whether an enrolled instance may not have received its activation, or could not use it. What makes activations knows.
fn may_ask_again(existing: &Record, request: &Request<'_>) -> bool {
    // A clock that was set back must not extend the time.
    let is_recent = |at: Timestamp| request.now.duration_since(at).abs() < ACTIVATION_LIFETIME;
    existing.state == State::Enrolled
        && existing.customer == request.account.customer
        && existing.pending_time == pending_time_of(request.identity)
        && existing.activated_at.is_some_and(is_recent)
}

/// The record of an attempt: the existing one if it has not ended or may ask again, else a new one.
fn record_of(request: &Request<'_>, stored: Option<&Record>, token: Option<(String, String)>) -> Record {
    let Request { identity, account, labels, now, .. } = request;
    let is_open = |record: &&Record| match record.state {
        State::Enrolled => may_ask_again(record, request),
        State::Reset => false,
        _ => true,
    };
    let open = stored.filter(is_open);
    let earlier = |record: &Record| record.earlier.iter().chain([&record.id]).cloned().collect();
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
        requests_systems_account: account.existing.is_none()
            || stored.is_some_and(|record| record.requests_systems_account && record.account == identity.account),
        evidence: evidence_of(identity),
        region: account.region.clone(),
        patch_group: labels.patch_group.clone(),
        label_note: labels.note,
        is_approved: stored.is_some_and(|record| {
            record.is_approved && record.customer == account.customer && is_approval_left(record)
        }),
        state: open.map_or(State::Admitted, |record| record.state),
        failure: open.and_then(|record| record.failure.clone()),
        activation_id: open.and_then(|record| record.activation_id.clone()),
        activated_at: open.and_then(|record| record.activated_at),
        earlier: match open {
            Some(record) => record.earlier.clone(),
            None => stored.map(earlier).unwrap_or_default(),
        },
        requested_at: open.map_or(*now, |record| record.requested_at),
        changed_at: *now,
    }
}
