//! One pull of one systems account and Region, operation by operation, in the order of the call plan.

use super::{
    calls::CallCounter,
    client::{Connector, SystemsAccount},
    command_results, commands,
    error::CollectError,
    instances, inventory,
    known::Known,
    maintenance_windows, patch_baselines, patch_states, patches,
    snapshot::{PatchStateRecord, ScanRecord, Snapshot, Target},
    tags,
};
use crate::clock::Clock;
use app::model::{harvest::ErrorClass, ids::InstanceId};
use jiff::SignedDuration;

/// What to ask for beside what has changed.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Read every instance's updates and software even if nothing says that they changed.
    pub full: bool,
    /// How often to read tags, software, baselines and windows. Inventory itself is no fresher than 30 minutes.
    pub slow_cycle: SignedDuration,
}

/// Asks AWS about `target`; `known` says what need not be asked again.
pub async fn pull(connector: &Connector, target: &Target, known: &Known, plan: Plan, clock: &dyn Clock) -> Snapshot {
    let mut snapshot = Snapshot::empty(target, clock.now());
    let calls = CallCounter::default();
    match connector.connect(target, &calls).await {
        Err(error) => snapshot.errors.push(error),
        Ok(account) => {
            pull_instances(&account, known, plan, &mut snapshot).await;
            pull_runs(&account, known, &mut snapshot).await;
            let due =
                known.slow_cycle_at.is_none_or(|last| snapshot.started_at.duration_since(last) >= plan.slow_cycle);
            if plan.full || due {
                pull_slow_cycle(&account, known, plan, &mut snapshot).await;
            }
        }
    }
    snapshot.calls = calls.take();
    if snapshot.errors.iter().any(|error| error.class == ErrorClass::Credentials) {
        connector.forget(target);
    }
    snapshot.finished_at = clock.now();
    snapshot
}

async fn pull_instances(account: &SystemsAccount, known: &Known, plan: Plan, snapshot: &mut Snapshot) {
    let instances = instances::collect(account).await;
    let Some(instances) = snapshot.take(instances::OPERATION, instances) else { return };
    let ids: Vec<InstanceId> = instances.iter().map(|instance| instance.instance_id.clone()).collect();
    snapshot.instances = Some(instances);

    let states = patch_states::collect(account, &ids).await;
    let Some(states) = snapshot.take(patch_states::OPERATION, states) else { return };
    let changed = states.into_iter().filter(|state| plan.full || has_moved(state, known));
    for state in changed {
        let updates = patches::collect(account, &state.instance_id).await;
        let failed = updates.as_ref().err().is_some_and(ends_the_operation);
        if let Some(updates) = snapshot.take(patches::OPERATION, updates) {
            snapshot.scans.push(ScanRecord { state, updates });
        }
        if failed {
            break;
        }
    }
}

/// Refused or throttled once, the same operation would be refused again for every further instance of the account.
fn ends_the_operation(error: &CollectError) -> bool {
    matches!(error.class, ErrorClass::Denied | ErrorClass::Throttled | ErrorClass::Credentials | ErrorClass::Clock)
}

fn has_moved(state: &PatchStateRecord, known: &Known) -> bool {
    known.change_keys.get(&state.instance_id) != Some(&state.key)
}

async fn pull_runs(account: &SystemsAccount, known: &Known, snapshot: &mut Snapshot) {
    let results = command_results::collect(account, known.newest_invocation_at, &known.open_commands).await;
    let results = snapshot.take(command_results::OPERATION, results).unwrap_or_default();
    let runs = commands::collect(account, known.newest_invocation_at).await;
    snapshot.runs = snapshot.take(commands::OPERATION, runs).unwrap_or_default();
    snapshot.invocations = results;
}

async fn pull_slow_cycle(account: &SystemsAccount, known: &Known, plan: Plan, snapshot: &mut Snapshot) {
    let errors_before = snapshot.errors.len();
    let tags = tags::collect(account).await;
    if let Some(mut tags) = snapshot.take(inventory::OPERATION, tags) {
        let new: Vec<InstanceId> = snapshot
            .instances
            .iter()
            .flatten()
            .map(|instance| instance.instance_id.clone())
            .filter(|id| !known.instances.contains(id))
            .collect();
        let more = tags::of_new_instances(account, &new, &tags).await;
        tags.extend(snapshot.take(tags::OPERATION, more).unwrap_or_default());
        snapshot.tags = Some(tags);
    }
    let nothing = Default::default();
    let known_hashes = if plan.full { &nothing } else { &known.software_hashes };
    let software = inventory::software(account, known_hashes).await;
    snapshot.software = snapshot.take(inventory::OPERATION, software).unwrap_or_default();
    let baselines = patch_baselines::collect(account).await;
    snapshot.patch_baselines = snapshot.take(patch_baselines::OPERATION, baselines);
    let windows = maintenance_windows::collect(account).await;
    snapshot.maintenance_windows = snapshot.take(maintenance_windows::OPERATION, windows);
    snapshot.slow_cycle_done = snapshot.errors.len() == errors_before;
}
