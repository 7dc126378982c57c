//! Accounts from AWS Organizations, beside those of the roster file. They are listed once an hour, and when one is expected that is
//! not known, and stored, so that a failed listing removes none.

use super::standing_failures::StandingFailures;
use jiff::{SignedDuration, Timestamp};
use muster_collect::{calls::CallCounter, client::Connector, organization::members};
use muster_core::roster::Member;
use muster_core::{
    clock::SharedClock,
    roster::{self, Account, Entry, Unique},
};
use muster_store::{
    connection::Store,
    error::StoreError,
    organization::{Listing, load, record, record_failure},
};
use parking_lot::Mutex;
use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::Arc,
};

/// The time after which accounts are listed again.
const LISTING_INTERVAL: SignedDuration = SignedDuration::from_hours(1);
/// The time after which tags of known accounts are read again, which takes a request for each.
const TAGS_INTERVAL: SignedDuration = SignedDuration::from_hours(24);

/// Turns members of an AWS organization into accounts.
#[derive(Clone, Debug)]
pub struct Organization {
    /// The name of the role in every systems account.
    role_name: String,
    failures: StandingFailures,
    expected: Arc<Mutex<Expected>>,
}

/// Systems accounts that somebody else says are ready.
#[derive(Debug, Default)]
struct Expected {
    accounts: BTreeSet<String>,
    /// Those for which a listing was made. If it did not have them, the next one that is due may.
    listed: BTreeSet<String>,
}

/// What fails when the organization cannot be listed.
const LISTING: &str = "listing";

impl Organization {
    pub fn new(role_name: String) -> Self {
        Self { role_name, failures: StandingFailures::default(), expected: Arc::default() }
    }

    /// Makes the next round list the accounts, if one of these systems accounts is not known.
    pub fn expect(&self, systems_accounts: BTreeSet<String>) {
        self.expected.lock().accounts = systems_accounts;
    }

    fn expects_others_than(&self, members: &[Member]) -> bool {
        let expected = self.expected.lock();
        let known: HashSet<&str> = members.iter().map(|member| member.systems_account.as_str()).collect();
        expected.accounts.difference(&expected.listed).any(|account| !known.contains(account.as_str()))
    }

    /// Returns the accounts of the last successful listing. Lists them first where that is due.
    pub async fn accounts(
        &self,
        connector: &Connector,
        store: &Store,
        clock: &SharedClock,
    ) -> Result<Vec<Account>, StoreError> {
        let stored = store.read("the organization's accounts", load).await?;
        let now = clock.now();
        if is_recent(stored.last_good_at, now, LISTING_INTERVAL) && !self.expects_others_than(&stored.members) {
            return Ok(self.assigned(&stored.members).0);
        }
        let tags_are_recent = is_recent(stored.tags_read_at, now, TAGS_INTERVAL);
        let known: HashMap<_, _> = match tags_are_recent {
            true => stored.members.iter().map(|one| (one.systems_account.clone(), one.tags.clone())).collect(),
            false => HashMap::new(),
        };
        let expected = self.expected.lock().accounts.clone();
        match members(connector, &CallCounter::default(), &known).await {
            Ok(members) => {
                self.expected.lock().listed = expected;
                if self.failures.ends(LISTING) {
                    tracing::info!("the accounts of the organization can be listed again");
                }
                let (accounts, unassigned) = self.assigned(&members);
                let tags_read_at = if tags_are_recent { stored.tags_read_at } else { Some(now) };
                let listing = Listing { last_good_at: Some(now), tags_read_at, members };
                let write = move |writer: &mut _| record(writer, &listing, unassigned);
                store.write("the organization's accounts", write).await?;
                Ok(accounts)
            }
            Err(error) => {
                if self.failures.starts(LISTING, &format!("{} {}", error.operation, error.code)) {
                    tracing::warn!(
                        error.operation = error.operation,
                        error.class = error.class.code(),
                        error.code = error.code,
                        "cannot list the accounts of the organization: {}",
                        error.message
                    );
                }
                let accounts = self.assigned(&stored.members).0;
                let error = error.into();
                let write = move |writer: &mut _| record_failure(writer, &error, now);
                store.write("the organization's accounts", write).await?;
                Ok(accounts)
            }
        }
    }

    /// Returns the accounts with valid tags, and the number of active members without.
    fn assigned(&self, members: &[Member]) -> (Vec<Account>, u64) {
        let (mut accounts, mut unassigned) = (Vec::new(), 0);
        for member in members.iter().filter(|member| member.active) {
            match self.entry(member).as_ref().map(roster::check_entry) {
                Some(Ok(account)) => {
                    self.failures.ends(&member.systems_account);
                    accounts.push(account);
                }
                Some(Err(problem)) => {
                    unassigned += 1;
                    if self.failures.starts(&member.systems_account, &problem) {
                        tracing::warn!(
                            account.id = member.systems_account,
                            "an account of the organization has invalid tags: {problem}"
                        );
                    }
                }
                None => unassigned += 1,
            }
        }
        (accounts, unassigned)
    }

    /// Returns None for members without the tags that name their owner.
    fn entry(&self, member: &Member) -> Option<Entry> {
        let tag = |key: &str| member.tags.get(key).filter(|value| !value.is_empty()).cloned();
        let (customer_id, external_id) = (tag("customer-id")?, tag("external-id")?);
        Some(Entry {
            provider: tag("provider").unwrap_or_default(),
            account_id: tag("account-id").unwrap_or_else(|| member.systems_account.clone()),
            account_name: tag("account-name").unwrap_or_else(|| member.name.clone()),
            customer_name: tag("customer-name").unwrap_or_else(|| customer_id.clone()),
            customer_id,
            systems_account: member.systems_account.clone(),
            role_arn: format!("arn:{}:iam::{}:role/{}", member.partition, member.systems_account, self.role_name),
            external_id,
            regions: tag("regions").unwrap_or_default().split_whitespace().map(str::to_owned).collect(),
            enrollment: None,
        })
    }
}

fn is_recent(at: Option<Timestamp>, now: Timestamp, limit: SignedDuration) -> bool {
    at.is_some_and(|at| now.duration_since(at) < limit)
}

/// Adds the accounts of the organization that the roster does not have. A customer that the roster names keeps that name.
pub fn merge(mut accounts: Vec<Account>, found: Vec<Account>) -> Vec<Account> {
    let mut unique = Unique::default();
    for account in &accounts {
        // The roster was checked when it was read.
        let _ = unique.add(account);
    }
    for mut account in found {
        if unique.has(&account) {
            continue;
        }
        if let Some(name) = unique.customer_name(&account.customer_id).filter(|name| *name != account.customer_name) {
            let name = name.to_owned();
            if account.customer_name != account.customer_id {
                tracing::warn!(
                    account.id = %account.account_id,
                    "the tags of an account of the organization name its customer `{}`; the name `{name}` is used",
                    account.customer_name
                );
            }
            account.customer_name = name;
        }
        match unique.add(&account) {
            Ok(()) => accounts.push(account),
            Err(problem) => {
                tracing::warn!(account.id = %account.account_id, "an account of the organization has invalid tags: {problem}");
            }
        }
    }
    accounts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(number: &str, customer_name: &str, external_id: &str) -> Account {
        let systems_account = format!("11112222333{number}");
        let entry: Entry = Entry {
            provider: "aws".into(),
            account_id: systems_account.clone(),
            account_name: String::new(),
            customer_id: "c-1".into(),
            customer_name: customer_name.into(),
            role_arn: format!("arn:aws:iam::{systems_account}:role/muster"),
            systems_account,
            external_id: external_id.into(),
            regions: vec!["us-east-1".into()],
            enrollment: None,
        };
        roster::check_entry(&entry).expect("a valid entry")
    }

    #[test]
    fn one_customer_has_one_name_and_no_external_id_is_shared() {
        let roster = vec![account("1", "Northwind", "one")];
        let found = vec![
            account("1", "Another", "one"),
            account("2", "", "two"),
            account("3", "Northwind Ltd", "three"),
            account("4", "Northwind", "two"),
        ];
        let merged = merge(roster, found);
        let ids: Vec<_> = merged.iter().map(|one| (one.external_id.as_str(), one.customer_name.as_str())).collect();
        assert_eq!(ids, [("one", "Northwind"), ("two", "Northwind"), ("three", "Northwind")]);
    }
}
