//! What the store already holds of one account and Region: it decides what a pull may leave out.

use jiff::Timestamp;
use muster_model::ids::InstanceId;
use std::collections::{HashMap, HashSet};

/// A patch operation's identity. While it stands still, the instance's patch rows have not been rewritten.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeKey {
    pub operation_end_at: Option<Timestamp>,
    pub operation: String,
    pub snapshot_id: String,
    pub baseline_id: String,
}

/// A result whose failed step has something to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailedResult {
    pub command_id: String,
    pub instance_id: InstanceId,
    pub step: String,
}

#[derive(Clone, Debug, Default)]
pub struct Known {
    pub change_keys: HashMap<InstanceId, ChangeKey>,
    /// Instances that were there at the last good harvest.
    pub instances: HashSet<InstanceId>,
    /// The newest request time among the invocations stored.
    pub newest_invocation_at: Option<Timestamp>,
    /// Commands with a result that was not final yet.
    pub open_commands: Vec<String>,
    /// Commands of late that are over and whose results are all stored.
    pub finished_commands: HashSet<String>,
    /// When tags, software, baselines and windows were last pulled whole.
    pub slow_cycle_at: Option<Timestamp>,
    /// The hash of each type of inventory of each instance when it was stored.
    pub content_hashes: HashMap<InstanceId, HashMap<String, String>>,
    /// Failed results whose output is stored: command and instance.
    pub outputs: HashSet<(String, InstanceId)>,
    /// Failed results of earlier harvests whose output is not, newest first.
    pub missing_outputs: Vec<FailedResult>,
    /// Baselines whose rules were read within the last day.
    pub baselines: HashSet<String>,
    /// For each window the start of its oldest execution that was not over, or else of its newest.
    pub executions_since: HashMap<String, Timestamp>,
}

impl Known {
    pub fn content_hash(&self, instance: &InstanceId, type_name: &str) -> Option<&str> {
        self.content_hashes.get(instance)?.get(type_name).map(String::as_str)
    }
}
