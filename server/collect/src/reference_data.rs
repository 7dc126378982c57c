//! Pulls reference data: inventory, baselines, patch groups, maintenance windows, patch policies and associations. They
//! change seldom, so they are read on a slower schedule than patch states.

use super::{
    account::SystemsAccount, activation_tier, associations, error::CollectError, flow::Sink, inventory,
    maintenance_window_executions as executions, maintenance_window_targets as window_targets,
    maintenance_window_tasks as window_tasks, maintenance_windows, operation_log::OperationLog, patch_baseline_rules,
    patch_baselines, patch_groups, patch_policies, tags,
};
use muster_core::{
    known::Known,
    reference_data::{ApplicationRecord, HardwareRecord, HotfixRecord, ReferenceData},
    snapshot::InstanceRecord,
};
use muster_model::ids::InstanceId;
use std::{collections::HashSet, future::Future};

/// Reads all reference data, except the inventory that goes into the sink. `full` reads also what `stored` says has not changed.
pub async fn pull(
    account: &SystemsAccount<'_>,
    stored: &Known,
    full: bool,
    sink: &Sink<'_>,
) -> (ReferenceData, OperationLog) {
    let nothing = Known::default();
    let known = if full { &nothing } else { stored };
    let used: HashSet<&str> = stored.change_keys.values().map(|key| key.baseline_id.as_str()).collect();
    let (
        (inventory, mut log),
        (baselines, baselines_log),
        (windows, windows_log),
        (policies, policies_log),
        associations,
    ) = tokio::join!(
        Box::pin(pull_inventory(account, known, sink)),
        Box::pin(pull_baselines(account, known, &used)),
        Box::pin(pull_windows(account, known)),
        Box::pin(patch_policies::collect(account, known)),
        Box::pin(associations::collect(account)),
    );
    log.merge(baselines_log);
    log.merge(windows_log);
    log.merge(policies_log);
    let data = ReferenceData {
        patch_baselines: baselines.patch_baselines,
        patch_baseline_rules: baselines.patch_baseline_rules,
        patch_groups: baselines.patch_groups,
        maintenance_windows: windows.maintenance_windows,
        window_targets: windows.window_targets,
        window_tasks: windows.window_tasks,
        window_executions: windows.window_executions,
        patch_policies: policies,
        associations: log.record(associations::OPERATION, associations),
        ..inventory
    };
    (data, log)
}

/// Reads one inventory type after the other: all are the same operation, so a refusal of one is a refusal of all.
async fn pull_inventory(account: &SystemsAccount<'_>, known: &Known, sink: &Sink<'_>) -> (ReferenceData, OperationLog) {
    let (mut data, mut log) = (ReferenceData::default(), OperationLog::default());
    data.tags = log.record(inventory::OPERATION, tags::collect(account).await);
    if !log.is_blocked() {
        data.nodes = log.record(inventory::OPERATION, inventory::nodes(account).await);
        pull_changed::<ApplicationRecord>(account, known, sink, &mut log).await;
        pull_changed::<HotfixRecord>(account, known, sink, &mut log).await;
        pull_changed::<HardwareRecord>(account, known, sink, &mut log).await;
    }
    (data, log)
}

async fn pull_changed<Row: inventory::ReadRow>(
    account: &SystemsAccount<'_>,
    known: &Known,
    sink: &Sink<'_>,
    log: &mut OperationLog,
) {
    if let Err(error) = inventory::pull_changed::<Row>(account, known, sink, log).await {
        log.errors.push(error);
    }
}

/// Reads baselines and patch groups, and the rules of the account's own baselines and of the AWS-owned ones that its
/// instances were scanned with. AWS lists a dozen others in every account.
async fn pull_baselines(
    account: &SystemsAccount<'_>,
    known: &Known,
    used: &HashSet<&str>,
) -> (ReferenceData, OperationLog) {
    let (baselines, groups) = tokio::join!(patch_baselines::collect(account), patch_groups::collect(account));
    let mut log = OperationLog::default();
    let baselines = log.record(patch_baselines::OPERATION, baselines);
    let patch_groups = log.record(patch_groups::OPERATION, groups);
    let mut rules = Vec::new();
    let is_wanted = |id: &str| !known.baselines.contains(id) && (!id.starts_with("arn:") || used.contains(id));
    for baseline in baselines.iter().flatten().filter(|baseline| is_wanted(&baseline.baseline_id)) {
        let result = patch_baseline_rules::collect(account, &baseline.baseline_id).await;
        match log.record_one(patch_baseline_rules::OPERATION, result) {
            Some(read) => rules.push(read),
            None if log.is_blocked() => break,
            None => {}
        }
    }
    let data = ReferenceData {
        patch_baselines: baselines,
        patch_baseline_rules: rules,
        patch_groups,
        ..ReferenceData::default()
    };
    (data, log)
}

async fn pull_windows(account: &SystemsAccount<'_>, known: &Known) -> (ReferenceData, OperationLog) {
    let (mut data, mut log) = (ReferenceData::default(), OperationLog::default());
    let windows = log.record(maintenance_windows::OPERATION, maintenance_windows::collect(account).await);
    let Some(windows) = windows else { return (data, log) };
    let ids: Vec<&str> = windows.iter().map(|window| window.window_id.as_str()).collect();
    let since = |id: &str| known.executions_since.get(id).copied();
    let ((targets, targets_log), (tasks, tasks_log), (executions, executions_log)) = tokio::join!(
        for_each_window(window_targets::OPERATION, &ids, |id| window_targets::collect(account, id)),
        for_each_window(window_tasks::OPERATION, &ids, |id| window_tasks::collect(account, id)),
        for_each_window(executions::OPERATION, &ids, |id| executions::collect(account, id, since(id))),
    );
    // Targets and tasks replace the stored lists, so a list that lacks a window must not be used.
    data.window_targets = targets_log.errors.is_empty().then_some(targets);
    data.window_tasks = tasks_log.errors.is_empty().then_some(tasks);
    data.window_executions = executions;
    data.maintenance_windows = Some(windows);
    for part in [targets_log, tasks_log, executions_log] {
        log.merge(part);
    }
    (data, log)
}

/// Calls `read` for one window after the other, up to the first failure.
async fn for_each_window<'a, Row, Rows>(
    operation: &'static str,
    ids: &[&'a str],
    read: impl Fn(&'a str) -> Rows,
) -> (Vec<Row>, OperationLog)
where
    Rows: Future<Output = Result<Vec<Row>, CollectError>>,
{
    let (mut all, mut log) = (Vec::new(), OperationLog::default());
    for id in ids {
        match log.record(operation, read(id).await) {
            Some(rows) => all.extend(rows),
            None => break,
        }
    }
    (all, log)
}

/// Adds the tier of hybrid instances where there are any.
pub async fn add_activation_tier(
    account: &SystemsAccount<'_>,
    instances: Option<&[InstanceRecord]>,
    data: &mut ReferenceData,
    log: &mut OperationLog,
) {
    if instances.into_iter().flatten().any(|instance| instance.instance_id.is_hybrid()) {
        let tier = log.record_one(activation_tier::OPERATION, activation_tier::collect(account).await);
        data.service_settings = tier.map(|tier| vec![tier]);
    }
}

/// Adds the tags of new instances that inventory does not cover because they have not reported any yet.
pub async fn add_tags_of_new_instances(
    account: &SystemsAccount<'_>,
    known: &Known,
    instances: Option<&[InstanceRecord]>,
    data: &mut ReferenceData,
    log: &mut OperationLog,
) {
    let Some(tags) = &mut data.tags else { return };
    let ids = instances.into_iter().flatten().map(|instance| &instance.instance_id);
    let new: Vec<InstanceId> = ids.filter(|id| !known.instances.contains(*id)).cloned().collect();
    let more = tags::of_new_instances(account, &new, tags).await;
    tags.extend(log.record(tags::OPERATION, more).unwrap_or_default());
}
