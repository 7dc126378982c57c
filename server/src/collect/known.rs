//! What the store already holds of one account and Region: it decides what a pull may leave out.

use app::model::ids::InstanceId;
use jiff::Timestamp;
use std::collections::{HashMap, HashSet};

/// A patch operation's identity. While it stands still, the instance's patch rows have not been rewritten.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeKey {
    pub operation_end_at: Option<Timestamp>,
    pub operation: String,
    pub snapshot_id: String,
    pub baseline_id: String,
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
    /// When tags, software, baselines and windows were last pulled whole.
    pub slow_cycle_at: Option<Timestamp>,
    /// The hash of each instance's software when it was stored.
    pub software_hashes: HashMap<InstanceId, String>,
}
