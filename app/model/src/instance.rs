//! One managed node: as a row of a list, and as its own page.

use super::{
    freshness::{Freshness, HarvestState},
    ids::{AccountId, InstanceId},
    patch_status::PatchStatus,
    provider::Provider,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// One instance as lists, JSON and CSV show it. The field names are the contract.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstanceRow {
    /// What a person calls it: its Name tag, the activation's name, the computer name, or else the id.
    pub name: String,
    pub instance_id: InstanceId,
    pub provider: Provider,
    pub account_id: AccountId,
    pub account_name: String,
    pub customer_id: String,
    pub customer_name: String,
    pub region: String,
    pub platform_name: String,
    pub platform_version: String,
    pub agent_version: String,
    /// False when a newer agent exists.
    pub agent_is_latest: bool,
    pub online: bool,
    pub last_ping_at: Option<Timestamp>,
    pub patch_status: PatchStatus,
    pub missing: u64,
    pub critical_missing: u64,
    pub failed: u64,
    pub pending_reboot: u64,
    pub patch_group: String,
    pub last_scan_at: Option<Timestamp>,
    pub last_harvest_at: Option<Timestamp>,
}

/// How many of an instance's updates are in each state, in the order of `UpdateState::rank`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StateCount {
    pub state: super::update::UpdateState,
    pub updates: u64,
}

/// What a step of a run printed on the instance, reduced: secrets are taken out and long texts cut.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepOutput {
    pub command_id: String,
    pub step: String,
    pub standard_output: String,
    pub standard_error: String,
}

/// The same machine under another id: a hybrid machine that is registered again gets a new one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registration {
    pub instance_id: InstanceId,
    pub region: String,
    pub registered_at: Option<Timestamp>,
    pub first_seen_at: Timestamp,
    pub gone_at: Option<Timestamp>,
    /// Whether it was registered before the one that was asked for.
    pub earlier: bool,
}

/// Everything on `/instances/{instance}` beside its lists.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstancePage {
    pub freshness: Freshness,
    pub instance: InstanceRow,
    pub computer_name: String,
    pub ip_address: String,
    pub platform_type: String,
    pub resource_type: String,
    pub registered_at: Option<Timestamp>,
    pub first_seen_at: Timestamp,
    /// When a good harvest first no longer found it; none while it is there.
    pub gone_at: Option<Timestamp>,
    pub harvest_state: HarvestState,
    pub baseline_id: String,
    /// `Scan` or `Install`: what the last patch operation was.
    pub last_operation: String,
    /// The newest agent version known in the estate, when this one is behind it.
    pub latest_agent_version: Option<String>,
    pub states: Vec<StateCount>,
    pub transitions: u64,
    pub software: u64,
    pub runs: u64,
    pub tags: Vec<(String, String)>,
    /// What inventory says of it: `Active`, `ConnectionLost`, `Stopped` or `Terminated`; empty when it says nothing.
    pub node_status: String,
    /// Its processors in words; empty when inventory does not say.
    pub hardware: String,
    /// What steps that failed printed, the newest first, a handful.
    pub failed_outputs: Vec<StepOutput>,
    /// Why it may be offline, or why figures may be missing: sentences for a person, worst first.
    pub hints: Vec<String>,
    /// Its other registrations, the newest first: of the same name in the same account, and never two of them current.
    pub registrations: Vec<Registration>,
}
