//! How each account's pulls went: the operators' page, and the small print of everybody else's.

use super::{
    freshness::{Freshness, HarvestState},
    ids::AccountId,
    provider::Provider,
    verification::Verification,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Why something could not be pulled, in the seven classes that tell a person whom to ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorClass {
    /// No usable credentials, or an assumed role that is not the expected one.
    Credentials,
    Denied,
    Throttled,
    Server,
    Network,
    /// An answer that could not be understood.
    Schema,
    Clock,
}

impl ErrorClass {
    pub const ALL: [Self; 7] =
        [Self::Credentials, Self::Denied, Self::Throttled, Self::Server, Self::Network, Self::Schema, Self::Clock];

    pub fn code(self) -> &'static str {
        match self {
            Self::Credentials => "credentials",
            Self::Denied => "denied",
            Self::Throttled => "throttled",
            Self::Server => "server",
            Self::Network => "network",
            Self::Schema => "schema",
            Self::Clock => "clock",
        }
    }

    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.code() == code)
    }

    /// What the operator should do about it.
    pub fn advice(self) -> &'static str {
        match self {
            Self::Credentials => "Check the role ARN, its trust policy and the ExternalId in the roster.",
            Self::Denied => "Attach the policy that `muster policy` prints to the role.",
            Self::Throttled => "Nothing to do: the next harvest tries again. If it stays, harvest less often.",
            Self::Server => "Nothing to do: AWS answered with a fault of its own. The next harvest tries again.",
            Self::Network => "Check that the endpoint can be reached from here (DNS, proxy, firewall, TLS).",
            Self::Schema => "The endpoint answered with something that is not Systems Manager's. Check the endpoint.",
            Self::Clock => "Set this machine's clock: AWS refuses requests signed minutes off.",
        }
    }
}

/// One operation that failed during a harvest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HarvestError {
    /// AWS's name of the operation, such as `DescribeInstancePatches`.
    pub operation: String,
    pub class: ErrorClass,
    /// AWS's error code, or ours where none came back.
    pub code: String,
    pub message: String,
    /// Since when this operation has failed without a break.
    pub since: Timestamp,
}

/// One account and Region on the harvest page. The field names are the contract of its JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HarvestRow {
    pub provider: Provider,
    pub account_id: AccountId,
    pub account_name: String,
    pub customer_name: String,
    pub systems_account: String,
    pub region: String,
    pub state: HarvestState,
    /// The last harvest that left nothing out.
    pub last_good_at: Option<Timestamp>,
    /// The last one that was tried.
    pub last_tried_at: Option<Timestamp>,
    pub duration_ms: u64,
    pub api_calls: u64,
    pub rows: u64,
    pub transitions: u64,
    pub errors: Vec<HarvestError>,
}

/// API calls of one operation in the last harvest of every account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperationCalls {
    pub operation: String,
    pub api_calls: u64,
    pub rows: u64,
}

/// Everything on `/harvest`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HarvestPage {
    pub freshness: Freshness,
    pub rows: Vec<HarvestRow>,
    pub operations: Vec<OperationCalls>,
    pub schedule: ScheduleStatus,
    /// None where no accounts come from an organization, or the asker may not know.
    pub organization: Option<OrganizationListing>,
    /// A log of the store that was lost, until every account was read again. None if the asker may not know.
    pub lost_log: Option<LostLog>,
}

/// The store's write-ahead log was damaged: the harvests that were only in it are lost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LostLog {
    pub found_at: Timestamp,
    /// The name of the file beside the store.
    pub kept_as: String,
    /// Accounts and Regions that have not been read again since, of all.
    pub unread: u64,
    pub regions: u64,
}

/// How the rounds go.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScheduleStatus {
    /// When the next round is due; none when the schedule is off.
    pub next_round_at: Option<Timestamp>,
    pub round_running: bool,
    /// The last round, if it was broken off.
    pub broken_off: Option<BrokenRound>,
    /// The last verification of the figures, if there was one since the start.
    pub verification: Option<Verification>,
}

/// A round that could not go on, because the store could not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BrokenRound {
    pub at: Timestamp,
    pub message: String,
}

/// How the accounts of the AWS organization were last listed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrganizationListing {
    pub tried_at: Timestamp,
    /// The last listing that worked, which is the one that counts.
    pub last_good_at: Option<Timestamp>,
    pub active_members: u64,
    pub harvested_members: u64,
    /// Active members without the tags that say whose they are: they are not harvested.
    pub unassigned_members: u64,
    /// Why the last try failed, if it did, and since when listings have not worked.
    pub error: Option<HarvestError>,
}
