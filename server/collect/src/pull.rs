//! One pull of one systems account and Region: what is asked, in which order, and what of it came back.
//!
//! Each operation has a pace of its own, so operations that do not need each other run side by side, and those that do
//! are handed each page as it comes: a pull takes as long as its slowest operation and no longer.

use super::{
    account::SystemsAccount, calls::CallCounter, client::Connector, command_output, command_results, commands,
    instances, patch_states, patches, slow_cycle,
};
use jiff::SignedDuration;
use muster_core::clock::Clock;
use muster_core::{
    error::CollectError,
    known::Known,
    snapshot::{
        InstanceRecord, InvocationRecord, OutputRecord, PatchStateRecord, RunRecord, ScanRecord, Snapshot, Target,
    },
    tally::Tally,
};
use muster_model::{harvest::ErrorClass, ids::InstanceId};
use std::time::Duration;
use tokio::{
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    time::Instant,
};

/// Instances whose updates are read at the same time.
const PATCHES_IN_FLIGHT_MAX: usize = 2;

/// What to ask for beside what has changed, and for how long.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Read every instance's updates and software even if nothing says that they changed.
    pub full: bool,
    /// How often to read inventory, baselines, windows and associations. Inventory itself is no fresher than 30 minutes.
    pub slow_cycle: SignedDuration,
    /// When to stop asking; what was not read by then is read by the next pull.
    pub deadline: Instant,
}

impl Plan {
    /// A budget for one account that ends with the round's.
    pub fn deadline(round_ends_at: Instant, account_budget: Duration) -> Instant {
        (Instant::now() + account_budget).min(round_ends_at)
    }
}

/// Asks AWS about `target`; `known` says what need not be asked again.
pub async fn pull(connector: &Connector, target: &Target, known: &Known, plan: Plan, clock: &dyn Clock) -> Snapshot {
    let mut snapshot = Snapshot::empty(target, clock.now());
    let calls = CallCounter::default();
    match SystemsAccount::enter(connector, target, &calls, plan.deadline).await {
        Err(error) => snapshot.tally.errors.push(error),
        Ok(account) => read(&account, known, plan, &mut snapshot).await,
    }
    snapshot.calls = calls.take();
    if snapshot.tally.errors.iter().any(|error| error.class == ErrorClass::Credentials) {
        connector.forget(target);
    }
    snapshot.finished_at = clock.now();
    snapshot
}

async fn read(account: &SystemsAccount<'_>, known: &Known, plan: Plan, snapshot: &mut Snapshot) {
    let since = known.slow_cycle_at.map(|last| snapshot.started_at.duration_since(last));
    let due = plan.full || since.is_none_or(|since| since >= plan.slow_cycle);
    let slow = async {
        match due {
            true => Some(slow_cycle::pull(account, known, plan.full).await),
            false => None,
        }
    };
    let (nodes, runs, slow) =
        tokio::join!(Box::pin(pull_nodes(account, known, plan)), Box::pin(pull_runs(account, known)), Box::pin(slow));
    snapshot.scans = nodes.scans;
    snapshot.runs = runs.runs;
    snapshot.invocations = runs.invocations;
    snapshot.outputs = runs.outputs;
    snapshot.tally.add(nodes.tally);
    snapshot.tally.add(runs.tally);
    if let Some(mut slow) = slow {
        // Which nodes are new is known only now.
        slow_cycle::tags_of_new_nodes(account, known, nodes.instances.as_deref(), &mut slow).await;
        slow.into_snapshot(snapshot);
    }
    snapshot.instances = nodes.instances;
}

#[derive(Default)]
struct Nodes {
    /// None when the list could not be read to its end.
    instances: Option<Vec<InstanceRecord>>,
    scans: Vec<ScanRecord>,
    tally: Tally,
}

/// Nodes, their patch states, and the updates of those whose state has moved: three lists, each fed by the one before.
async fn pull_nodes(account: &SystemsAccount<'_>, known: &Known, plan: Plan) -> Nodes {
    let (found, to_state) = unbounded_channel();
    let (moved, to_read) = unbounded_channel();
    let (instances, states, (scans, patches)) = tokio::join!(
        instances::collect(account, found),
        pull_states(account, known, plan, to_state, moved),
        pull_patches(account, to_read),
    );
    let mut tally = Tally::default();
    let instances = tally.take(instances::OPERATION, instances);
    tally.add(states);
    tally.add(patches);
    Nodes { instances, scans, tally }
}

async fn pull_states(
    account: &SystemsAccount<'_>,
    known: &Known,
    plan: Plan,
    mut ids: UnboundedReceiver<InstanceId>,
    moved: UnboundedSender<PatchStateRecord>,
) -> Tally {
    let mut tally = Tally::default();
    let mut chunk = Vec::with_capacity(patch_states::IDS_PER_CALL);
    loop {
        let id = ids.recv().await;
        let ended = id.is_none();
        chunk.extend(id);
        if chunk.len() < patch_states::IDS_PER_CALL && !ended {
            continue;
        }
        if !chunk.is_empty() {
            let states = patch_states::collect(account, &chunk).await;
            let Some(states) = tally.take(patch_states::OPERATION, states) else { return tally };
            chunk.clear();
            for state in states.into_iter().filter(|state| plan.full || has_moved(state, known)) {
                // Nobody listens any more when the updates cannot be read.
                let _ = moved.send(state);
            }
        }
        if ended {
            return tally;
        }
    }
}

fn has_moved(state: &PatchStateRecord, known: &Known) -> bool {
    known.change_keys.get(&state.instance_id) != Some(&state.key)
}

/// Reads instance by instance, a few at a time. One that fails leaves the others alone, unless all would fail.
async fn pull_patches(
    account: &SystemsAccount<'_>,
    mut moved: UnboundedReceiver<PatchStateRecord>,
) -> (Vec<ScanRecord>, Tally) {
    use futures::{StreamExt, stream::FuturesUnordered};
    let (mut scans, mut tally) = (Vec::new(), Tally::default());
    let reported = patches::Reported::default();
    let reported = &reported;
    let mut asked = FuturesUnordered::new();
    let mut open = true;
    loop {
        tokio::select! {
            state = moved.recv(), if open && asked.len() < PATCHES_IN_FLIGHT_MAX => match state {
                None => open = false,
                Some(state) => asked.push(async move {
                    let updates = patches::collect(account, &state.instance_id, reported).await;
                    (state, updates)
                }),
            },
            Some((state, updates)) = asked.next() => {
                let ends = updates.as_ref().err().is_some_and(ends_the_operation);
                if let Some(updates) = tally.take(patches::OPERATION, updates) {
                    scans.push(ScanRecord { state, updates });
                }
                open &= !ends;
            }
            else => return (scans, tally),
        }
    }
}

/// Refused or out of time once, the same operation would be again for every further instance of the account.
pub(super) fn ends_the_operation(error: &CollectError) -> bool {
    let class = error.class;
    error.is_out_of_time()
        || matches!(class, ErrorClass::Denied | ErrorClass::Throttled | ErrorClass::Credentials | ErrorClass::Clock)
}

#[derive(Default)]
struct Runs {
    runs: Vec<RunRecord>,
    invocations: Vec<InvocationRecord>,
    outputs: Vec<OutputRecord>,
    tally: Tally,
}

async fn pull_runs(account: &SystemsAccount<'_>, known: &Known) -> Runs {
    let mut tally = Tally::default();
    let runs = tally.take(commands::OPERATION, commands::collect(account, known.newest_invocation_at).await);
    let results = command_results::collect(account, known, runs.as_deref()).await;
    let (runs, invocations) =
        (runs.unwrap_or_default(), tally.take(command_results::OPERATION, results).unwrap_or_default());
    let mut outputs = Vec::new();
    for result in command_output::wanted(&invocations, known) {
        match command_output::collect(account, &result).await {
            // AWS forgets results after 30 days; then there is nothing left to read.
            Err(error) if error.code == command_output::FORGOTTEN => outputs.push(command_output::forgotten(&result)),
            output => {
                let ends = output.as_ref().err().is_some_and(ends_the_operation);
                outputs.extend(
                    tally.take(command_output::OPERATION, output.map(|output| vec![output])).into_iter().flatten(),
                );
                if ends {
                    break;
                }
            }
        }
    }
    Runs { runs, invocations, outputs, tally }
}
