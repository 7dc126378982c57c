//! What AWS itself counts and does not manage in an account, beside what is harvested.

use super::{AccountId, Provider, column::Columns};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The managed nodes of one Region and resource type, as AWS counts them and as they are stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Columns)]
pub struct NodeCountRow {
    pub account_id: AccountId,
    pub region: String,
    pub resource_type: String,
    /// What AWS counts.
    pub nodes: u64,
    /// Current instances at the same time, stopped ones included.
    pub instances: u64,
    /// Those of them that Systems Manager does not list: AWS may count them or not.
    pub unlisted_instances: u64,
    /// Whether the roster names the Region.
    pub is_harvested: bool,
    /// When the counts were first seen to differ, if they do.
    pub differs_since: Option<Timestamp>,
    /// Whether the counts have differed in two readings in a row. AWS's list may lag behind by one.
    pub is_confirmed: bool,
}

/// AWS's own list of the nodes of an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Columns)]
pub struct NodeListingRow {
    pub provider: Provider,
    pub account_id: AccountId,
    pub account_name: String,
    pub customer_name: String,
    pub read_at: Timestamp,
    /// AWS's message if the role may not read the counts, or the unmanaged instances; or else empty.
    pub denied: String,
    #[column(skip)]
    pub counts: Vec<NodeCountRow>,
}

/// An EC2 instance that Systems Manager does not manage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Columns)]
pub struct UnmanagedInstance {
    pub instance_id: String,
    /// May be empty, like the other texts.
    pub name: String,
    pub region: String,
    pub computer_name: String,
    pub ip_address: String,
    pub platform_name: String,
    pub platform_version: String,
    /// As of when AWS describes it.
    pub captured_at: Option<Timestamp>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnmanagedInstances {
    pub read_at: Timestamp,
    /// Whether there are more than these.
    pub is_cut: bool,
    pub rows: Vec<UnmanagedInstance>,
}
