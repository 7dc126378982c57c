//! One customer account and the systems account behind it: identity, trust, and what is wrong with its access.

use std::sync::Arc;

use jiff::civil::Date;

use super::{spec::Problem, truth::RosterAccount};

/// The role in each systems account that the portal takes.
pub const ROLE_NAME: &str = "MusterHarvester";

#[derive(Clone, Debug)]
pub struct Account {
    pub provider: String,
    pub account_id: Arc<str>,
    pub account_name: String,
    pub customer_id: String,
    pub customer_name: String,
    pub systems_account: Arc<str>,
    /// What the role's trust policy asks for.
    pub trusted_external_id: String,
    /// What the roster says, not always the same.
    pub roster_external_id: String,
    pub regions: Vec<Arc<str>>,
    pub problems: Vec<Problem>,
}

impl Account {
    pub fn role_arn(&self) -> String {
        format!("arn:aws:iam::{}:role/{ROLE_NAME}", self.systems_account)
    }

    /// The error that an operation meets on a day, if any.
    pub fn problem(&self, operation: &str, today: Date) -> Option<&Problem> {
        self.problems
            .iter()
            .find(|problem| problem.operation == operation && problem.from.is_none_or(|from| from <= today))
    }

    pub(super) fn roster_entry(&self) -> RosterAccount {
        RosterAccount {
            provider: self.provider.clone(),
            account_id: self.account_id.to_string(),
            account_name: self.account_name.clone(),
            customer_id: self.customer_id.clone(),
            customer_name: self.customer_name.clone(),
            systems_account: self.systems_account.to_string(),
            role_arn: self.role_arn(),
            external_id: self.roster_external_id.clone(),
            regions: self.regions.iter().map(ToString::to_string).collect(),
        }
    }
}
