//! What the store already has of one account and Region, which a pull need not read again.

use crate::reference_data::PatchPolicyRecord;
use jiff::Timestamp;
use muster_model::ids::InstanceId;
use std::collections::{HashMap, HashSet};

/// Identifies the last patch operation of an instance. While it is the same, the instance's updates are too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeKey {
    /// In whole seconds, as it is stored.
    pub operation_end_at: Option<Timestamp>,
    pub operation: String,
    pub snapshot_id: String,
    pub baseline_id: String,
}

/// A failed step of a result, whose output is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailedResult {
    pub command_id: String,
    pub instance_id: InstanceId,
    pub step: String,
}

/// What is stored of an instance and not read again with each list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListedInstance {
    pub name: String,
    pub ip_address: String,
    pub agent_version: String,
    pub agent_is_latest: Option<bool>,
}

#[derive(Clone, Debug, Default)]
pub struct Known {
    /// The instances that the last list had. Empty when reference data is due, and with it the whole list.
    pub listed: HashMap<InstanceId, ListedInstance>,
    pub change_keys: HashMap<InstanceId, ChangeKey>,
    /// Instances of the last complete harvest, including those that it no longer listed but that are not gone.
    pub instances: HashSet<InstanceId>,
    /// Those of them that it listed: inventory says what became of any that is listed no longer.
    pub listed_instances: HashSet<InstanceId>,
    /// The newest request time of the stored invocations.
    pub newest_invocation_at: Option<Timestamp>,
    /// The request time of the oldest run of the last days that was not finished.
    pub oldest_open_run_at: Option<Timestamp>,
    /// The start of the last complete harvest.
    pub last_good_at: Option<Timestamp>,
    /// Commands with a result that was not final.
    pub open_commands: Vec<String>,
    /// Recent commands that are finished and whose results are all stored.
    pub finished_commands: HashSet<String>,
    /// When reference data was last read completely.
    pub reference_data_at: Option<Timestamp>,
    /// The stored content hash of each inventory type of each instance.
    pub content_hashes: HashMap<InstanceId, HashMap<String, String>>,
    /// Failed results whose output is stored, by command and instance.
    pub outputs: HashSet<(String, InstanceId)>,
    /// Earlier failed results whose output is not stored, newest first.
    pub missing_outputs: Vec<FailedResult>,
    /// Baselines whose rules were read within the last day.
    pub baselines: HashSet<String>,
    /// The stored patch policies, by id.
    pub patch_policies: HashMap<String, PatchPolicyRecord>,
    /// The start of each window's oldest unfinished execution, or else of its newest.
    pub executions_since: HashMap<String, Timestamp>,
}

impl Known {
    pub fn content_hash(&self, instance: &InstanceId, type_name: &str) -> Option<&str> {
        self.content_hashes.get(instance)?.get(type_name).map(String::as_str)
    }
}
