//! How each account's harvests went: the operators' page, and the notes on everybody else's.

use super::{
    AccountId, Freshness, HarvestState, Provider, Verification, code::codes, column::Columns, nodes::NodeListingRow,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use strum::{EnumCount, EnumMessage, EnumString, IntoStaticStr, VariantArray};

/// Our code for a role that belongs to another account than the roster says.
pub const WRONG_ACCOUNT: &str = "WrongAccount";
/// Our code for an endpoint that could not be reached.
pub const UNREACHABLE: &str = "Unreachable";
/// Our code for a service that a Region does not have, as far as its host tells.
pub const SERVICE_NOT_IN_REGION: &str = "ServiceNotInRegion";
/// AWS's code for an operation that an endpoint does not have.
const UNKNOWN_OPERATION: &str = "UnknownOperationException";
/// AWS's code for a Region in which an account has not activated its Security Token Service.
const STS_DISABLED: &str = "RegionDisabledException";

/// Our code for a request that could not be signed, because no AWS credentials were found.
pub const NO_CREDENTIALS: &str = "NoCredentials";

/// Why an operation failed, in eight classes that each call for another remedy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
#[derive(EnumCount, EnumMessage, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum ErrorClass {
    /// No usable credentials, or an assumed role that is not the expected one.
    #[strum(message = "Credentials")]
    Credentials,
    #[strum(message = "Access denied")]
    Denied,
    #[strum(message = "Throttled")]
    Throttled,
    #[strum(message = "AWS error")]
    Server,
    #[strum(message = "Network")]
    Network,
    /// The answer could not be parsed.
    #[strum(message = "Unexpected response")]
    Schema,
    #[strum(message = "Clock")]
    Clock,
    /// The account does not have the Region, or there is none of this name.
    #[strum(message = "Region not enabled")]
    Region,
}

codes!(all ErrorClass);

impl ErrorClass {
    /// What the operator should do about an error of this class with this code.
    pub fn advice(self, code: &str) -> &'static str {
        match self {
            Self::Credentials if code == WRONG_ACCOUNT => {
                "Correct `role_arn` or `systems_account` in the roster: the role belongs to another account."
            }
            Self::Credentials if code == NO_CREDENTIALS => {
                "This server has no AWS credentials. Give it some in any way that the AWS SDK knows: environment variables, \
                 a profile, or the role of its instance or container."
            }
            Self::Credentials => "Check the role ARN, its trust policy and the ExternalId in the roster.",
            Self::Denied => {
                "Attach the policy that `muster policy` prints to the role. If the message names a service control policy, \
                 permissions boundary or endpoint policy, allow the operation there."
            }
            Self::Throttled => "No action needed: the next harvest retries. If it persists, harvest less often.",
            Self::Server => "No action needed: AWS returned an internal error. The next harvest retries.",
            Self::Network => "Check that this server can reach the endpoint (DNS, proxy, firewall, TLS).",
            Self::Schema if code == UNKNOWN_OPERATION => {
                "The endpoint does not know this operation. If no other error is shown, no action is needed."
            }
            Self::Schema => "The endpoint returned a response that is not from Systems Manager. Check the endpoint.",
            Self::Clock => {
                "Correct the clock of this server: AWS rejects requests whose signature time is off by minutes."
            }
            Self::Region if code == STS_DISABLED => {
                "The Region may not be enabled, or Security Token Service is not activated there. Enable it in the account \
                 (Account settings of IAM, or of the AWS account), or remove the Region from the account's `regions`."
            }
            Self::Region if code == SERVICE_NOT_IN_REGION => {
                "No action is needed if the Region lacks this service. Otherwise check that this server can reach its endpoint (DNS, \
                 proxy, firewall)."
            }
            Self::Region if code == UNREACHABLE => {
                "No endpoint of this Region was found: check the Region's name in the account's `regions`. If it is right, \
                 check that this server can reach the Region's endpoint (DNS, proxy, firewall)."
            }
            Self::Region => {
                "The Region may not be enabled in this account. Enable it there, or remove it from the account's `regions`. \
                 The credentials work in other Regions: they need no change."
            }
        }
    }
}

/// One operation that failed during a harvest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Columns)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct HarvestError {
    /// AWS's name of the operation, such as `DescribeInstancePatches`.
    pub operation: String,
    pub class: ErrorClass,
    /// AWS's error code, or our own where AWS gave none. Empty for callers who may not see the harvest.
    pub code: String,
    /// AWS's own text. Empty for callers who may not see the harvest.
    pub message: String,
    /// The first of the consecutive failures of this operation.
    pub since: Timestamp,
}

/// One account and Region on the harvest page. The field names are the contract of its JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Columns)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct HarvestRow {
    pub provider: Provider,
    pub account_id: AccountId,
    #[column(heading = "Account")]
    pub account_name: String,
    pub customer_name: String,
    pub systems_account: String,
    #[column(heading = "Region", class = "mono")]
    pub region: String,
    #[column(heading = "State")]
    pub state: HarvestState,
    /// The last harvest that read everything.
    #[column(heading = "Complete (UTC)", absent = "Never")]
    pub last_good_at: Option<Timestamp>,
    /// The last harvest, good or not.
    #[column(heading = "Last attempt (UTC)", absent = "Never")]
    pub last_tried_at: Option<Timestamp>,
    #[column(heading = "Duration", unit = "ms")]
    pub duration_ms: u64,
    #[column(heading = "API calls")]
    pub api_calls: u64,
    #[column(heading = "Rows")]
    pub rows: u64,
    #[column(heading = "Changes")]
    pub transitions: u64,
    /// The last harvest that read the instances, whether or not all else was read: the figures are as of this time.
    #[column(heading = "Harvested (UTC)", absent = "Never")]
    pub last_read_at: Option<Timestamp>,
    /// Current instances of which AWS counts updates that need work and does not list them.
    #[column(heading = "Details missing")]
    pub instances_details_missing: u64,
    #[column(skip)]
    pub errors: Vec<HarvestError>,
}

/// API calls of one operation in the last harvest of every account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Columns)]
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
    /// AWS's own counts of nodes, of each account where AWS has them or denies them.
    pub nodes: Vec<NodeListingRow>,
    /// None where no accounts come from an organization, or the caller must not know.
    pub organization: Option<OrganizationListing>,
    /// A log of the store that was lost, until every account was read again. None if the caller must not know.
    pub lost_log: Option<LostLog>,
}

/// A damaged write-ahead log of the store: the harvests that only it held are lost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Columns)]
pub struct LostLog {
    pub found_at: Timestamp,
    /// The name of the file beside the store.
    pub kept_as: String,
    /// Accounts and Regions, of `regions`, that have not been read again since.
    pub unread: u64,
    pub regions: u64,
}

/// The schedule's state.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScheduleStatus {
    /// When the next round is due; none when the schedule is off.
    pub next_round_at: Option<Timestamp>,
    pub round_running: bool,
    /// The last round, if it was aborted.
    pub broken_off: Option<BrokenRound>,
    /// The last verification of the figures, if there was one since the start.
    pub verification: Option<Verification>,
    /// None where no events are read.
    pub events: Option<EventsStatus>,
}

/// How the queue of events was read since the start.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventsStatus {
    /// When the queue last answered.
    pub read_at: Option<Timestamp>,
    /// Events about accounts and Regions that are harvested.
    pub used: u64,
    /// Other messages: of unknown accounts and Regions, or no events of Systems Manager.
    pub dropped: u64,
    /// Why the queue cannot be read or emptied, and since when.
    pub error: Option<HarvestError>,
}

impl EventsStatus {
    /// What the operator should do about an error of the queue: of this server's own permissions, not of a role.
    pub fn advice(error: &HarvestError) -> &'static str {
        match error.class {
            ErrorClass::Denied => {
                "Attach `harvester_policy_for_events`, which `muster policy` prints, to the identity of this server."
            }
            ErrorClass::Credentials if error.code != NO_CREDENTIALS => "Check the AWS credentials of this server.",
            ErrorClass::Schema => "Check `events_queue_url`: the queue must exist.",
            ErrorClass::Throttled | ErrorClass::Server => "No action needed: the queue is read again.",
            class => class.advice(&error.code),
        }
    }
}

/// A round that was aborted by an error of the store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BrokenRound {
    pub at: Timestamp,
    pub message: String,
}

/// How the accounts of the AWS organization were last listed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Columns)]
pub struct OrganizationListing {
    pub tried_at: Timestamp,
    /// The last listing that succeeded, whose accounts are harvested.
    pub last_good_at: Option<Timestamp>,
    pub active_members: u64,
    pub harvested_members: u64,
    /// Active members without the tags that name their owner: they are not harvested.
    pub unassigned_members: u64,
    /// Why the last attempt failed, if it did, and since when listings have failed.
    #[column(skip)]
    pub error: Option<HarvestError>,
}
