//! What each customer has used of its quotas.

use super::record::{Record, State};
use crate::{
    refusal::EnrollError,
    registry::{Account, Approval},
};
use muster_attest::identity::Provider;
use std::collections::{BTreeMap, HashMap};

/// By customer. Reset enrollments count for systems accounts only, because those exist.
#[derive(Default)]
pub(super) struct Usage(HashMap<String, OfCustomer>);

#[derive(Default)]
struct OfCustomer {
    instances: u32,
    /// Cloud accounts that a systems account was requested for.
    accounts: BTreeMap<(Provider, String), OfAccount>,
}

#[derive(Default)]
struct OfAccount {
    enrollments: u32,
    approved: u32,
}

impl Usage {
    pub fn add(&mut self, record: &Record) {
        let customer = self.0.entry(record.customer.clone()).or_default();
        customer.instances += u32::from(is_instance(record));
        if record.requests_systems_account {
            let account = customer.accounts.entry((record.provider, record.account.clone())).or_default();
            account.enrollments += 1;
            account.approved += u32::from(record.is_approved);
        }
    }

    pub fn remove(&mut self, record: &Record) {
        let Some(customer) = self.0.get_mut(&record.customer) else { return };
        customer.instances = customer.instances.saturating_sub(u32::from(is_instance(record)));
        let key = (record.provider, record.account.clone());
        if let Some(account) = customer.accounts.get_mut(&key).filter(|_| record.requests_systems_account) {
            account.enrollments = account.enrollments.saturating_sub(1);
            account.approved = account.approved.saturating_sub(u32::from(record.is_approved));
            if account.enrollments == 0 {
                customer.accounts.remove(&key);
            }
        }
    }

    /// Whether the customer may have this enrollment too.
    pub fn check(&self, existing: Option<&Record>, record: &Record, account: &Account) -> Result<(), EnrollError> {
        let none = OfCustomer::default();
        let used = self.0.get(&record.customer).unwrap_or(&none);
        let is_counted = existing.is_some_and(|existing| existing.customer == record.customer);
        if !is_counted && used.instances >= account.quotas.instances_max {
            return Err(EnrollError::QuotaExceeded("instances"));
        }
        let requests_account = account.existing.is_none();
        let is_requested = used.accounts.contains_key(&(record.provider, record.account.clone()));
        if requests_account && !is_requested && used.accounts.len() as u64 >= account.quotas.systems_accounts_max.into()
        {
            return Err(EnrollError::QuotaExceeded("systems accounts"));
        }
        Ok(())
    }

    /// Whether an operator must approve this enrollment, which is not approved itself.
    pub fn needs_approval(&self, record: &Record, account: &Account) -> bool {
        let of_account = self.0.get(&record.customer).map(|customer| &customer.accounts);
        let of_account = of_account.and_then(|accounts| accounts.get(&(record.provider, record.account.clone())));
        match account.approval {
            Approval::None => false,
            Approval::Instance => true,
            Approval::SystemsAccount => {
                account.existing.is_none() && of_account.is_none_or(|account| account.approved == 0)
            }
        }
    }
}

fn is_instance(record: &Record) -> bool {
    record.state != State::Reset
}
