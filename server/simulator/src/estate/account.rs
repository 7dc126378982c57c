//! One customer account and its systems account: identity, trust, and access problems.

use std::{collections::BTreeMap, sync::Arc};

use jiff::civil::Date;

use super::Problem;

/// The role that the portal assumes in each systems account.
pub const ROLE_NAME: &str = "MusterHarvester";

#[derive(Clone, Debug)]
pub struct Account {
    pub provider: String,
    pub account_id: Arc<str>,
    pub account_name: String,
    pub customer_id: String,
    pub customer_name: String,
    pub systems_account: Arc<str>,
    /// The ExternalId that the role's trust policy requires.
    pub trusted_external_id: String,
    /// The ExternalId in the roster. It differs for accounts with an `ExternalId` problem.
    pub roster_external_id: String,
    pub regions: Vec<Arc<str>>,
    pub problems: Vec<Problem>,
    /// Whether AWS lists the account's nodes.
    pub lists_nodes: bool,
    /// The ids of EC2 instances in the first Region that Systems Manager does not manage.
    pub unmanaged: Vec<String>,
    /// Managed instances by Region, where the roster does not name it.
    pub nodes_elsewhere: BTreeMap<String, usize>,
}

impl Account {
    pub fn role_arn(&self) -> String {
        format!("arn:aws:iam::{}:role/{ROLE_NAME}", self.systems_account)
    }

    /// The problem that makes an operation fail on a day.
    pub fn problem(&self, operation: &str, today: Date) -> Option<&Problem> {
        self.problems
            .iter()
            .find(|problem| problem.operation == operation && problem.from.is_none_or(|from| from <= today))
    }
}
