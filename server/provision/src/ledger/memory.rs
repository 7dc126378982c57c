//! A ledger in memory, for tests, for plans and for the demo.

use super::{AccountState, Change, Entry, Ledger, LedgerError};
use parking_lot::Mutex;
use std::collections::BTreeMap;

/// A ledger in memory.
#[derive(Default)]
pub struct MemoryLedger {
    entries: Mutex<BTreeMap<String, Entry>>,
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

    fn list(&self) -> Result<Vec<(String, AccountState)>, LedgerError> {
        let entries = self.entries.lock();
        Ok(entries.iter().filter_map(|(key, entry)| Some((key.clone(), entry.state.clone()?))).collect())
    }

    fn change(&self, key: &str, change: Change<'_>) -> Result<Entry, LedgerError> {
        let mut entries = self.entries.lock();
        let mut entry = entries.get(key).cloned().unwrap_or_default();
        change(&mut entry)?;
        match entry.is_empty() {
            true => entries.remove(key),
            false => entries.insert(key.to_owned(), entry.clone()),
        };
        Ok(entry)
    }
}
