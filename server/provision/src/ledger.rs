//! What is remembered of each account, and the lease that lets one process at a time provision it.

mod file;
mod memory;
#[cfg(test)]
mod tests;

pub use file::FileLedger;
pub use memory::MemoryLedger;

use crate::request::AccountRequest;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

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
            Self::Ready => muster_model::enrollment::READY,
        }
    }
}

/// The provisioning of one account. It has no secrets: AWS does not treat an ExternalId as one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountState {
    pub stage: Stage,
    /// The ExternalId of the harvest role: drawn before anything else is done, or for an account that exists the one requested.
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

    /// The state with the ExternalId of an account that exists: its owner's roles and the roster have it.
    pub(crate) fn of(mut self, request: &AccountRequest) -> Self {
        if let Some(existing) = &request.existing {
            self.external_id.clone_from(&existing.external_id);
        }
        self
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lease {
    pub holder: String,
    pub until: Timestamp,
}

/// What a ledger has under one key: an account, or an instance that enrolls, which has a lease only.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    pub lease: Option<Lease>,
    pub state: Option<AccountState>,
}

impl Entry {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    fn lease_of(&mut self, holder: &str, now: Timestamp) -> Result<&mut Lease, LedgerError> {
        let own = self.lease.as_mut().filter(|lease| lease.holder == holder && lease.until > now);
        own.ok_or_else(|| LedgerError::Lost { holder: holder.to_owned() })
    }
}

/// A change of an entry, which is not stored if it fails.
pub type Change<'a> = &'a mut dyn FnMut(&mut Entry) -> Result<(), LedgerError>;

/// Keeps the state of accounts.
///
/// `change` is atomic: of two callers at once, the second one sees what the first has made, also across processes. What it
/// has made survives a crash as soon as it returns, if the ledger is durable. A ledger that was lost or restored
/// from a backup may be behind AWS, because all resources are looked up before they are created; it must not be ahead. The
/// ExternalId is then read from the tag of the account, and in a customer's account, which has none, from the trust of its
/// harvest role. Without either, the account is refused.
pub trait Ledger: Send + Sync {
    /// Returns what is known of an account, without its lease.
    fn read(&self, account: &str) -> Result<Option<AccountState>, LedgerError>;
    /// Returns all accounts of which something is known, by their keys.
    fn list(&self) -> Result<Vec<(String, AccountState)>, LedgerError>;
    /// Changes an entry, and returns it as it then is. An entry that becomes empty is removed.
    fn change(&self, key: &str, change: Change<'_>) -> Result<Entry, LedgerError>;

    /// Takes the lease of an account, or extends the holder's own, and returns what is known.
    fn acquire(&self, account: &str, lease: &Lease, now: Timestamp) -> Result<Option<AccountState>, LedgerError> {
        let entry = self.change(account, &mut |entry| match &entry.lease {
            Some(Lease { holder, until }) if *holder != lease.holder && *until > now => {
                Err(LedgerError::Held { holder: holder.clone(), until: *until })
            }
            _ => {
                entry.lease = Some(lease.clone());
                Ok(())
            }
        })?;
        Ok(entry.state)
    }

    /// Stores the state, while the lease is the holder's.
    fn save(&self, account: &str, holder: &str, now: Timestamp, state: &AccountState) -> Result<(), LedgerError> {
        let save = &mut |entry: &mut Entry| {
            entry.lease_of(holder, now)?;
            entry.state = Some(state.clone());
            Ok(())
        };
        self.change(account, save).map(drop)
    }

    /// Extends the holder's lease, unless it has expired or was taken over.
    fn extend(&self, account: &str, lease: &Lease, now: Timestamp) -> Result<(), LedgerError> {
        let extend = &mut |entry: &mut Entry| {
            *entry.lease_of(&lease.holder, now)? = lease.clone();
            Ok(())
        };
        self.change(account, extend).map(drop)
    }

    /// Ends the lease, if it is the holder's.
    fn release(&self, account: &str, holder: &str) -> Result<(), LedgerError> {
        let release = &mut |entry: &mut Entry| {
            entry.lease.take_if(|lease| lease.holder == holder);
            Ok(())
        };
        self.change(account, release).map(drop)
    }
}
