//! What changes seldom: inventory, baselines, patch groups, windows, associations. Read once in a while, not each time.

use super::{
    account::SystemsAccount, associations, inventory, maintenance_window_executions as executions,
    maintenance_window_targets as window_targets, maintenance_window_tasks as window_tasks, maintenance_windows,
    patch_baseline_rules, patch_baselines, patch_groups, pull::ends_the_operation, tags,
};
use muster_core::{
    error::CollectError,
    known::Known,
    snapshot::{
        ApplicationRecord, AssociationRecord, HardwareRecord, HotfixRecord, InstanceRecord, InventoryRecord,
        MaintenanceWindowRecord, NodeRecord, PatchBaselineRecord, PatchBaselineRules, PatchGroupRecord, Snapshot,
        TagRecord, WindowExecutionRecord, WindowTargetRecord, WindowTaskRecord,
    },
    tally::Tally,
};
use muster_model::ids::InstanceId;
use std::{collections::HashSet, future::Future};

#[derive(Default)]
pub struct SlowCycle {
    inventory: Inventory,
    patching: Patching,
    windows: Windows,
    associations: Option<Vec<AssociationRecord>>,
    tally: Tally,
}

#[derive(Default)]
struct Inventory {
    tags: Option<Vec<TagRecord>>,
    nodes: Option<Vec<NodeRecord>>,
    software: Vec<InventoryRecord<ApplicationRecord>>,
    hotfixes: Vec<InventoryRecord<HotfixRecord>>,
    hardware: Vec<InventoryRecord<HardwareRecord>>,
}

#[derive(Default)]
struct Patching {
    baselines: Option<Vec<PatchBaselineRecord>>,
    rules: Vec<PatchBaselineRules>,
    groups: Option<Vec<PatchGroupRecord>>,
}

#[derive(Default)]
struct Windows {
    windows: Option<Vec<MaintenanceWindowRecord>>,
    targets: Option<Vec<WindowTargetRecord>>,
    tasks: Option<Vec<WindowTaskRecord>>,
    executions: Vec<WindowExecutionRecord>,
}

pub async fn pull(account: &SystemsAccount<'_>, stored: &Known, full: bool) -> SlowCycle {
    let nothing = Known::default();
    let known = if full { &nothing } else { stored };
    let used: HashSet<&str> = stored.change_keys.values().map(|key| key.baseline_id.as_str()).collect();
    let ((inventory, a), (patching, b), (windows, c), associations) = tokio::join!(
        Box::pin(pull_inventory(account, known)),
        Box::pin(pull_patching(account, known, &used)),
        Box::pin(pull_windows(account, known)),
        Box::pin(associations::collect(account)),
    );
    let mut tally = Tally::default();
    [a, b, c].into_iter().for_each(|part| tally.add(part));
    let associations = tally.take(associations::OPERATION, associations);
    SlowCycle { inventory, patching, windows, associations, tally }
}

/// Type after type, because all of them are the one operation. Refused once, it is refused for every type.
async fn pull_inventory(account: &SystemsAccount<'_>, known: &Known) -> (Inventory, Tally) {
    let (mut inventory, mut tally) = (Inventory::default(), Tally::default());
    inventory.tags = tally.take(inventory::OPERATION, tags::collect(account).await);
    if tally.errors.iter().any(ends_the_operation) {
        return (inventory, tally);
    }
    inventory.nodes = tally.take(inventory::OPERATION, inventory::nodes(account).await);
    inventory.software =
        take_inventory(&mut tally, muster_core::snapshot::APPLICATION, inventory::software(account, known).await);
    inventory.hotfixes =
        take_inventory(&mut tally, muster_core::snapshot::WINDOWS_UPDATE, inventory::hotfixes(account, known).await);
    inventory.hardware = take_inventory(
        &mut tally,
        muster_core::snapshot::DETAILED_INFORMATION,
        inventory::hardware(account, known).await,
    );
    (inventory, tally)
}

/// Keeps what came, and says so when a node had more rows than can be.
fn take_inventory<Row>(
    tally: &mut Tally,
    type_name: &str,
    result: Result<Vec<InventoryRecord<Row>>, CollectError>,
) -> Vec<InventoryRecord<Row>> {
    let records = tally.take(inventory::OPERATION, result).unwrap_or_default();
    let left_out = records.iter().filter(|record| record.left_out > 0);
    tally.errors.extend(left_out.map(|record| {
        let (instance, rows) = (&record.instance_id, record.left_out);
        let message = format!("{instance} has too many rows of {type_name}: the last {rows} were left out");
        CollectError::schema(inventory::OPERATION, message)
    }));
    records
}

/// Rules are read of the account's own baselines and of those of AWS that its machines were scanned by, not of the
/// dozen others that AWS lists in every account.
async fn pull_patching(account: &SystemsAccount<'_>, known: &Known, used: &HashSet<&str>) -> (Patching, Tally) {
    let (baselines, groups) = tokio::join!(patch_baselines::collect(account), patch_groups::collect(account));
    let mut tally = Tally::default();
    let baselines = tally.take(patch_baselines::OPERATION, baselines);
    let groups = tally.take(patch_groups::OPERATION, groups);
    let mut rules = Vec::new();
    let is_wanted = |id: &str| !known.baselines.contains(id) && (!id.starts_with("arn:") || used.contains(id));
    for baseline in baselines.iter().flatten().filter(|baseline| is_wanted(&baseline.baseline_id)) {
        let read = patch_baseline_rules::collect(account, &baseline.baseline_id).await;
        let ends = read.as_ref().err().is_some_and(ends_the_operation);
        rules.extend(tally.take(patch_baseline_rules::OPERATION, read.map(|one| vec![one])).into_iter().flatten());
        if ends {
            break;
        }
    }
    (Patching { baselines, rules, groups }, tally)
}

async fn pull_windows(account: &SystemsAccount<'_>, known: &Known) -> (Windows, Tally) {
    let mut tally = Tally::default();
    let windows = tally.take(maintenance_windows::OPERATION, maintenance_windows::collect(account).await);
    let Some(windows) = windows else { return (Windows::default(), tally) };
    let ids: Vec<&str> = windows.iter().map(|window| window.window_id.as_str()).collect();
    let since = |id: &str| known.executions_since.get(id).copied();
    let (targets, tasks, executions) = tokio::join!(
        of_each(window_targets::OPERATION, &ids, |id| window_targets::collect(account, id)),
        of_each(window_tasks::OPERATION, &ids, |id| window_tasks::collect(account, id)),
        of_each(executions::OPERATION, &ids, |id| executions::collect(account, id, since(id))),
    );
    for part in [targets.1, tasks.1, executions.1] {
        tally.add(part);
    }
    // A list that lacks a window is not whole, and must not take the place of one that is.
    let targets = Some(targets.0).filter(|_| !tally.has_failed(window_targets::OPERATION));
    let tasks = Some(tasks.0).filter(|_| !tally.has_failed(window_tasks::OPERATION));
    (Windows { windows: Some(windows), targets, tasks, executions: executions.0 }, tally)
}

/// Asks for one window after the other, up to the first that fails.
async fn of_each<'a, Row, Rows>(
    operation: &'static str,
    ids: &[&'a str],
    ask: impl Fn(&'a str) -> Rows,
) -> (Vec<Row>, Tally)
where
    Rows: Future<Output = Result<Vec<Row>, CollectError>>,
{
    let (mut all, mut tally) = (Vec::new(), Tally::default());
    for id in ids {
        match tally.take(operation, ask(id).await) {
            Some(rows) => all.extend(rows),
            None => break,
        }
    }
    (all, tally)
}

/// Inventory leaves out nodes that never reported any; the tags of new ones among them are asked for one by one.
pub async fn tags_of_new_nodes(
    account: &SystemsAccount<'_>,
    known: &Known,
    instances: Option<&[InstanceRecord]>,
    slow: &mut SlowCycle,
) {
    let Some(tags) = &mut slow.inventory.tags else { return };
    let ids = instances.into_iter().flatten().map(|instance| &instance.instance_id);
    let new: Vec<InstanceId> = ids.filter(|id| !known.instances.contains(*id)).cloned().collect();
    let more = tags::of_new_instances(account, &new, tags).await;
    tags.extend(slow.tally.take(tags::OPERATION, more).unwrap_or_default());
}

impl SlowCycle {
    pub fn into_snapshot(self, snapshot: &mut Snapshot) {
        let Self { inventory, patching, windows, associations, tally } = self;
        snapshot.slow_cycle_done = tally.errors.is_empty();
        snapshot.tally.add(tally);
        snapshot.tags = inventory.tags;
        snapshot.nodes = inventory.nodes;
        snapshot.software = inventory.software;
        snapshot.hotfixes = inventory.hotfixes;
        snapshot.hardware = inventory.hardware;
        snapshot.patch_baselines = patching.baselines;
        snapshot.patch_baseline_rules = patching.rules;
        snapshot.patch_groups = patching.groups;
        snapshot.maintenance_windows = windows.windows;
        snapshot.window_targets = windows.targets;
        snapshot.window_tasks = windows.tasks;
        snapshot.window_executions = windows.executions;
        snapshot.associations = associations;
    }
}
