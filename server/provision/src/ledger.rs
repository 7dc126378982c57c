//! What is remembered of each account, and the lease that lets one process at a time provision it.

use jiff::Timestamp;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How far an account is. Each stage is reached once what it names is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// A systems account was requested.
    Requested,
    /// The systems account exists.
    Account,
    /// Its roles exist.
    Role,
    /// Systems Manager is set up in all Regions.
    Ssm,
    /// A second look has found that nothing is missing.
    Ready,
}

impl Stage {
    pub fn name(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::Account => "account",
            Self::Role => "role",
            Self::Ssm => "ssm",
            Self::Ready => "ready",
        }
    }
}

/// The provisioning of one account. It has no secrets: AWS does not treat an ExternalId as one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountState {
    pub stage: Stage,
    /// The ExternalId of the harvest role, drawn before anything else is done.
    pub external_id: String,
    /// The id of the request for the account, while AWS Organizations processes it.
    pub create_request_id: Option<String>,
    pub systems_account: Option<String>,
    /// The code of the failure that a person must look at before another account is requested.
    pub failure: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LedgerError {
    #[error("{holder} provisions the account until {until}. Wait for it.")]
    Held { holder: String, until: Timestamp },
    #[error("the lease of {holder} has expired or was taken over. What it did is found again by the next attempt.")]
    Lost { holder: String },
    #[error("the ledger cannot be read or written: {0}")]
    Storage(String),
}

/// A lease until a time. After it, another holder may take the account over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    pub holder: String,
    pub until: Timestamp,
}

/// Keeps the state of accounts.
///
/// A durable implementation must promise three things. `acquire` is atomic: of two callers at once, one gets the lease, and
/// the other an error, also across processes. `save` writes only while the lease is the holder's and has not expired at
/// `now`, and what it has written survives a crash as soon as it returns. A ledger that was restored from a backup may be
/// behind AWS, which is safe, because all resources are looked up before they are created; it must not be ahead.
pub trait Ledger: Send + Sync {
    /// Takes the lease of an account, or extends the holder's own, and returns what is known.
    fn acquire(&self, account: &str, lease: &Lease, now: Timestamp) -> Result<Option<AccountState>, LedgerError>;
    /// Stores the state, while the lease is the holder's.
    fn save(&self, account: &str, holder: &str, now: Timestamp, state: &AccountState) -> Result<(), LedgerError>;
    /// Ends the lease, if it is the holder's.
    fn release(&self, account: &str, holder: &str) -> Result<(), LedgerError>;
}

/// A ledger in memory, for tests and for plans.
#[derive(Default)]
pub struct MemoryLedger {
    entries: Mutex<BTreeMap<String, Entry>>,
}

#[derive(Default)]
struct Entry {
    lease: Option<Lease>,
    state: Option<AccountState>,
}

impl MemoryLedger {
    pub fn state(&self, account: &str) -> Option<AccountState> {
        self.entries.lock().get(account)?.state.clone()
    }

    /// Removes an account, as the loss of a ledger does.
    pub fn forget(&self, account: &str) {
        self.entries.lock().remove(account);
    }
}

impl Ledger for MemoryLedger {
    fn acquire(&self, account: &str, lease: &Lease, now: Timestamp) -> Result<Option<AccountState>, LedgerError> {
        let mut entries = self.entries.lock();
        let entry = entries.entry(account.to_owned()).or_default();
        if let Some(Lease { holder, until }) = &entry.lease
            && *holder != lease.holder
            && *until > now
        {
            return Err(LedgerError::Held { holder: holder.clone(), until: *until });
        }
        entry.lease = Some(lease.clone());
        Ok(entry.state.clone())
    }

    fn save(&self, account: &str, holder: &str, now: Timestamp, state: &AccountState) -> Result<(), LedgerError> {
        let mut entries = self.entries.lock();
        let entry = entries.entry(account.to_owned()).or_default();
        match &entry.lease {
            Some(lease) if lease.holder == holder && lease.until > now => entry.state = Some(state.clone()),
            _ => return Err(LedgerError::Lost { holder: holder.to_owned() }),
        }
        Ok(())
    }

    fn release(&self, account: &str, holder: &str) -> Result<(), LedgerError> {
        if let Some(entry) = self.entries.lock().get_mut(account)
            && entry.lease.as_ref().is_some_and(|lease| lease.holder == holder)
        {
            entry.lease = None;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lease(holder: &str, until: i64) -> Lease {
        Lease { holder: holder.to_owned(), until: Timestamp::from_second(until).unwrap() }
    }

    #[test]
    fn a_lease_excludes_others_until_it_expires() {
        let (ledger, at) = (MemoryLedger::default(), |second| Timestamp::from_second(second).unwrap());
        let state = AccountState {
            stage: Stage::Requested,
            external_id: "x1".to_owned(),
            create_request_id: None,
            systems_account: None,
            failure: None,
        };
        assert_eq!(ledger.acquire("a", &lease("one", 100), at(0)), Ok(None));
        assert!(matches!(ledger.acquire("a", &lease("two", 100), at(50)), Err(LedgerError::Held { .. })));
        assert_eq!(ledger.acquire("b", &lease("two", 100), at(50)), Ok(None));
        assert_eq!(ledger.save("a", "one", at(99), &state), Ok(()));
        // At its end the lease is over for the holder, and free for others.
        assert!(matches!(ledger.save("a", "one", at(100), &state), Err(LedgerError::Lost { .. })));
        assert_eq!(ledger.acquire("a", &lease("two", 200), at(100)), Ok(Some(state)));
        ledger.release("a", "one").unwrap();
        assert!(matches!(ledger.acquire("a", &lease("one", 300), at(150)), Err(LedgerError::Held { .. })));
    }
}
