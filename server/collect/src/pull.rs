//! One pull of one systems account and Region: which operations are called, in which order, and what they returned.
//!
//! AWS limits the rate of each operation separately. Independent operations therefore run side by side, and dependent
//! ones receive each page as it arrives: a pull takes as long as its slowest operation.

use super::{
    account::SystemsAccount,
    calls::CallCounter,
    client::Connector,
    command_output, command_results, commands,
    error::CollectError,
    flow::{Flow, Sink, Slice},
    instance_list, inventory, node_listing,
    operation_log::OperationLog,
    patch_documents::PatchDocuments,
    patch_states, patches, reference_data,
};
use futures::{StreamExt, stream::FuturesUnordered};
use jiff::{SignedDuration, Timestamp};
use muster_core::{
    clock::Clock,
    known::Known,
    reference_data::ReferenceData,
    snapshot::{
        InstanceRecord, InvocationRecord, OutputRecord, PatchStateRecord, RunRecord, ScanRecord, Snapshot, Target,
        is_optional,
    },
};
use muster_model::{harvest::ErrorClass, ids::InstanceId};
use std::{collections::HashSet, time::Duration};
use tokio::{
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    time::Instant,
};

/// Instances whose updates are read at the same time.
const PATCHES_IN_FLIGHT_MAX: usize = 2;

/// What to read beside what has changed, and until when.
#[derive(Clone, Copy, Debug)]
pub struct Plan<'a> {
    /// Read every instance's updates and software even if nothing says that they changed.
    pub full: bool,
    /// How often reference data is read. Inventory itself is no fresher than 30 minutes.
    pub reference_data_interval: SignedDuration,
    /// The documents whose commands are runs.
    pub patch_documents: &'a PatchDocuments,
    /// When to stop; the next pull reads what is left.
    pub deadline: Instant,
    /// Where rows go before the pull ends.
    pub flow: &'a Flow,
}

impl Plan<'_> {
    /// The end of one account's time, which cannot be after the round's.
    pub fn deadline(round_ends_at: Instant, account_timeout: Duration) -> Instant {
        (Instant::now() + account_timeout).min(round_ends_at)
    }
}

/// Reads `target` from AWS; `known` says what is stored and need not be read again. Returns the last slice.
pub async fn pull(connector: &Connector, target: &Target, known: &Known, plan: Plan<'_>, clock: &dyn Clock) -> Slice {
    let mut snapshot = Snapshot::empty(target, clock.now());
    let (calls, mut log) = (CallCounter::default(), OperationLog::default());
    let sink = Sink::new(plan.flow, &snapshot);
    match SystemsAccount::enter(connector, target, &calls, plan.deadline).await {
        Err(error) => log.errors.push(error),
        Ok(account) => {
            let reading = async {
                read(&account, known, plan, &mut snapshot, &sink, &mut log).await;
                sink.end();
            };
            tokio::join!(Box::pin(reading), sink.run());
        }
    }
    if log.errors.iter().any(|error| error.class == ErrorClass::Credentials) {
        connector.forget(target);
    }
    let Slice { snapshot: rest, held, stored } = sink.take();
    snapshot.earlier = rest.earlier;
    snapshot.scans = rest.scans;
    snapshot.reference_data.software = rest.reference_data.software;
    snapshot.reference_data.hotfixes = rest.reference_data.hotfixes;
    snapshot.reference_data.hardware = rest.reference_data.hardware;
    snapshot.calls = calls.take();
    snapshot.rows = log.rows;
    snapshot.errors = log.errors.into_iter().map(Into::into).collect();
    snapshot.finished_at = clock.now();
    Slice { snapshot, held, stored }
}

async fn read(
    account: &SystemsAccount<'_>,
    known: &Known,
    plan: Plan<'_>,
    snapshot: &mut Snapshot,
    sink: &Sink<'_>,
    log: &mut OperationLog,
) {
    let age = known.reference_data_at.map(|last| snapshot.started_at.duration_since(last));
    let is_due = plan.full || age.is_none_or(|age| age >= plan.reference_data_interval);
    let reference_data = async {
        match is_due {
            true => Some(reference_data::pull(account, known, plan.full, sink).await),
            false => None,
        }
    };
    let ((instances, instances_log), (runs, runs_log), reference_data) = tokio::join!(
        Box::pin(pull_instances(account, known, plan, is_due, sink)),
        Box::pin(pull_runs(account, known, plan, snapshot.started_at)),
        Box::pin(reference_data)
    );
    snapshot.instances = instances;
    (snapshot.runs, snapshot.invocations, snapshot.outputs) = runs;
    log.merge(instances_log);
    log.merge(runs_log);
    if let Some((mut data, mut data_log)) = reference_data {
        // Which instances are new is known only now.
        let instances = snapshot.instances.as_deref();
        reference_data::add_tags_of_new_instances(account, known, instances, &mut data, &mut data_log).await;
        reference_data::add_activation_tier(account, instances, &mut data, &mut data_log).await;
        node_listing::add(account, &mut data, &mut data_log).await;
        data.is_complete = data_log.errors.iter().all(|error| is_optional(error.operation));
        snapshot.reference_data = data;
        log.merge(data_log);
    } else {
        let instances = snapshot.instances.as_deref();
        let mut data = ReferenceData { tags: Some(Vec::new()), ..ReferenceData::default() };
        reference_data::add_tags_of_new_instances(account, known, instances, &mut data, log).await;
        if is_any_unlisted(instances, known) {
            // Only inventory tells a stopped instance from one that is gone.
            data.nodes = log.record(inventory::OPERATION, inventory::nodes(account).await);
        }
        snapshot.reference_data = data;
    }
}

/// Returns whether an instance that the last harvest listed is listed no longer.
fn is_any_unlisted(instances: Option<&[InstanceRecord]>, known: &Known) -> bool {
    let Some(instances) = instances else { return false };
    let listed: HashSet<&InstanceId> = instances.iter().map(|instance| &instance.instance_id).collect();
    known.listed_instances.iter().any(|id| !listed.contains(id))
}

/// Reads instances, their patch states, and the updates of those whose state has changed: three lists, each of which
/// feeds the next. Returns no instances when their list could not be read to its end.
async fn pull_instances(
    account: &SystemsAccount<'_>,
    known: &Known,
    plan: Plan<'_>,
    is_reference_data_due: bool,
    sink: &Sink<'_>,
) -> (Option<Vec<InstanceRecord>>, OperationLog) {
    let (found, ids) = unbounded_channel();
    let (changed, changed_states) = unbounded_channel();
    let list = async {
        let (records, log) = instance_list::collect(account, known, is_reference_data_due, found).await;
        sink.end_list(records.as_deref(), known);
        (records, log)
    };
    let ((records, mut log), states_log, patches_log) = tokio::join!(
        list,
        pull_states(account, known, plan, ids, changed),
        pull_patches(account, changed_states, sink),
    );
    log.merge(states_log);
    log.merge(patches_log);
    (records, log)
}

async fn pull_states(
    account: &SystemsAccount<'_>,
    known: &Known,
    plan: Plan<'_>,
    mut ids: UnboundedReceiver<InstanceId>,
    changed: UnboundedSender<PatchStateRecord>,
) -> OperationLog {
    let mut log = OperationLog::default();
    let mut chunk = Vec::with_capacity(patch_states::IDS_PER_CALL);
    loop {
        let id = ids.recv().await;
        let is_last = id.is_none();
        chunk.extend(id);
        if chunk.len() < patch_states::IDS_PER_CALL && !is_last {
            continue;
        }
        if !chunk.is_empty() {
            let states = patch_states::collect(account, &chunk).await;
            let Some(states) = log.record(patch_states::OPERATION, states) else { return log };
            chunk.clear();
            for state in states.into_iter().filter(|state| plan.full || has_changed(state, known)) {
                // The receiver is gone when updates cannot be read.
                let _ = changed.send(state);
            }
        }
        if is_last {
            return log;
        }
    }
}

fn has_changed(state: &PatchStateRecord, known: &Known) -> bool {
    known.change_keys.get(&state.instance_id) != Some(&state.key)
}

/// Reads the updates of a few instances at a time. A failure of one does not stop the others, unless all would fail.
async fn pull_patches(
    account: &SystemsAccount<'_>,
    mut changed: UnboundedReceiver<PatchStateRecord>,
    sink: &Sink<'_>,
) -> OperationLog {
    let mut log = OperationLog::default();
    let interner = patches::Interner::default();
    let interner = &interner;
    let mut in_flight = FuturesUnordered::new();
    let mut is_open = true;
    loop {
        tokio::select! {
            state = changed.recv(), if is_open && in_flight.len() < PATCHES_IN_FLIGHT_MAX => match state {
                None => is_open = false,
                Some(state) => in_flight.push(pull_scan(account, state, sink, interner)),
            },
            Some(rows) = in_flight.next() => match log.count(patches::OPERATION, rows) {
                Some(_) => {}
                None => is_open &= !log.is_blocked(),
            },
            else => return log,
        }
    }
}

/// Reads the updates of one instance. Returns their number.
async fn pull_scan(
    account: &SystemsAccount<'_>,
    state: PatchStateRecord,
    sink: &Sink<'_>,
    interner: &patches::Interner,
) -> Result<usize, CollectError> {
    let held = account.wait(patches::OPERATION, sink.reserve(state.listed_count())).await?;
    let updates = patches::collect(account, &state.instance_id, interner).await?;
    let rows = updates.len();
    sink.add_scan(ScanRecord { state, updates }, held);
    Ok(rows)
}

type Runs = (Vec<RunRecord>, Vec<InvocationRecord>, Vec<OutputRecord>);

/// Reads runs, their results, and the outputs of failed ones.
async fn pull_runs(
    account: &SystemsAccount<'_>,
    known: &Known,
    plan: Plan<'_>,
    now: Timestamp,
) -> (Runs, OperationLog) {
    let mut log = OperationLog::default();
    let documents = plan.patch_documents;
    let runs = log.record(commands::OPERATION, commands::collect(account, known, documents, now).await);
    let results = command_results::collect(account, known, documents, runs.as_deref()).await;
    let invocations = log.record(command_results::OPERATION, results).unwrap_or_default();
    let mut outputs = Vec::new();
    for result in command_output::select(&invocations, known) {
        match command_output::collect(account, &result).await {
            // AWS drops results after 30 days.
            Err(error) if error.code == command_output::NOT_FOUND => {
                outputs.push(command_output::unavailable(&result));
            }
            output => match log.record_one(command_output::OPERATION, output) {
                Some(output) => outputs.push(output),
                None if log.is_blocked() => break,
                None => {}
            },
        }
    }
    ((runs.unwrap_or_default(), invocations, outputs), log)
}
