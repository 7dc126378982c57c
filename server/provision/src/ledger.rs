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
    /// Since when AWS Organizations refuses requests because another one may be in progress, in seconds since 1970.
    #[serde(default)]
    pub unsettled_since_seconds: Option<i64>,
    /// The Regions that have been ready.
    #[serde(default)]
    pub ready_regions: Vec<String>,
    /// Why instances must not get the hybrid role as it is.
    #[serde(default)]
    pub activations_blocked: Option<String>,
}

impl AccountState {
    /// An account of which nothing is done yet.
    pub fn new(external_id: String) -> Self {
        Self {
            stage: Stage::Requested,
            external_id,
            create_request_id: None,
            systems_account: None,
            failure: None,
            unsettled_since_seconds: None,
            ready_regions: Vec::new(),
            activations_blocked: None,
        }
    }
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
/// the other an error, also across processes. `save` and `extend` write only while the lease is the holder's and has not
/// expired at `now`, and what they have written survives a crash as soon as they return. A ledger that was lost or restored
/// from a backup may be behind AWS, because all resources are looked up before they are created; it must not be ahead. The
/// ExternalId is then read from the tag of the account, and in a customer's account, which has none, from the trust of its
/// harvest role. Without either, the account is refused.
pub trait Ledger: Send + Sync {
    /// Returns what is known of an account, without its lease.
    fn read(&self, account: &str) -> Result<Option<AccountState>, LedgerError>;
    /// Takes the lease of an account, or extends the holder's own, and returns what is known.
    fn acquire(&self, account: &str, lease: &Lease, now: Timestamp) -> Result<Option<AccountState>, LedgerError>;
    /// Stores the state, while the lease is the holder's.
    fn save(&self, account: &str, holder: &str, now: Timestamp, state: &AccountState) -> Result<(), LedgerError>;
    /// Extends the holder's lease, unless it has expired or was taken over.
    fn extend(&self, account: &str, lease: &Lease, now: Timestamp) -> Result<(), LedgerError>;
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
    fn read(&self, account: &str) -> Result<Option<AccountState>, LedgerError> {
        Ok(self.state(account))
    }

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

    fn extend(&self, account: &str, lease: &Lease, now: Timestamp) -> Result<(), LedgerError> {
        let mut entries = self.entries.lock();
        let own = entries.get_mut(account).and_then(|entry| entry.lease.as_mut());
        match own.filter(|own| own.holder == lease.holder && own.until > now) {
            Some(own) => *own = lease.clone(),
            None => return Err(LedgerError::Lost { holder: lease.holder.clone() }),
        }
        Ok(())
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
        let mut entries = self.entries.lock();
        if let Some(entry) = entries.get_mut(account)
            && entry.lease.as_ref().is_some_and(|lease| lease.holder == holder)
        {
            entry.lease = None;
            if entry.state.is_none() {
                entries.remove(account);
            }
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
        let state = AccountState::new("x1".to_owned());
        assert_eq!(ledger.acquire("a", &lease("one", 100), at(0)), Ok(None));
        assert!(matches!(ledger.acquire("a", &lease("two", 100), at(50)), Err(LedgerError::Held { .. })));
        assert_eq!(ledger.acquire("b", &lease("two", 100), at(50)), Ok(None));
        assert_eq!(ledger.save("a", "one", at(99), &state), Ok(()));
        assert_eq!(ledger.extend("a", &lease("one", 100), at(99)), Ok(()));
        assert!(matches!(ledger.extend("a", &lease("one", 200), at(100)), Err(LedgerError::Lost { .. })));
        // At its end the lease is over for the holder, and free for others.
        assert!(matches!(ledger.save("a", "one", at(100), &state), Err(LedgerError::Lost { .. })));
        assert_eq!(ledger.acquire("a", &lease("two", 200), at(100)), Ok(Some(state)));
        ledger.release("a", "one").unwrap();
        assert!(matches!(ledger.acquire("a", &lease("one", 300), at(150)), Err(LedgerError::Held { .. })));
    }
}
