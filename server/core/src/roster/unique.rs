//! What two accounts must not share, and what the accounts of one customer must.

use super::Account;
use std::collections::{HashMap, HashSet};

/// The accounts so far, by what must be unique.
#[derive(Default)]
pub struct Unique {
    accounts: HashSet<String>,
    systems_accounts: HashMap<String, String>,
    external_ids: HashMap<String, String>,
    /// The name and an account of each customer.
    customers: HashMap<String, (String, String)>,
}

impl Unique {
    /// Whether an account of this id, or with this systems account, was added.
    pub fn has(&self, account: &Account) -> bool {
        self.accounts.contains(account.account_id.as_str())
            || self.systems_accounts.contains_key(&account.systems_account)
    }

    /// The name of a customer with an account.
    pub fn customer_name(&self, customer_id: &str) -> Option<&str> {
        self.customers.get(customer_id).map(|(name, _)| name.as_str())
    }

    /// Adds an account, or returns how it contradicts an earlier one.
    pub fn add(&mut self, account: &Account) -> Result<(), String> {
        let id = account.account_id.as_str();
        if self.accounts.contains(id) {
            return Err("its account_id is not unique".to_owned());
        }
        // A copied entry must not show one customer's instances to another.
        if let Some(other) = self.systems_accounts.get(&account.systems_account) {
            let systems_account = &account.systems_account;
            return Err(format!(
                "its systems_account {systems_account} belongs to another account of the roster, {other}"
            ));
        }
        // Who knows the ExternalId of one account must not be able to name another's role.
        if let Some(other) = self.external_ids.get(&account.external_id) {
            return Err(format!(
                "its external_id is also that of account {other}; give each account another random one"
            ));
        }
        match self.customers.get(&account.customer_id) {
            Some((name, other)) if *name != account.customer_name => {
                let (customer, its) = (&account.customer_id, &account.customer_name);
                return Err(format!("it names customer `{customer}` `{its}`, but account {other} names it `{name}`"));
            }
            _ => {}
        }
        self.accounts.insert(id.to_owned());
        self.systems_accounts.insert(account.systems_account.clone(), id.to_owned());
        self.external_ids.insert(account.external_id.clone(), id.to_owned());
        let customer = || (account.customer_name.clone(), id.to_owned());
        self.customers.entry(account.customer_id.clone()).or_insert_with(customer);
        Ok(())
    }
}
