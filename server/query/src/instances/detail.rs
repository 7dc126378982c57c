//! One instance's page without its lists, or nothing if it is not in scope.

use crate::{
    accounts::hybrid_tier::STANDARD,
    builder::{AccountSelection, Context, QueryBuilder},
    calendar::next_start,
    freshness::freshness,
    instance_key_filter::find_instance,
    instances::{
        found::{FoundKey, other_registrations, read_keys},
        registrations::{Identity, Registered, registrations},
    },
    patch_policies,
};
use jiff::civil::Date;
use muster_metrics::end_of_life::ended_on;
use muster_model::{
    column::Columns,
    freshness::HarvestState,
    ids::InstanceId,
    instance::{InstancePage, InstanceRow, StateCount},
    instance_state::InstanceState,
    patch_status::PatchStatus,
    run::RunFailures,
    update::UpdateState,
};
use muster_store::{error::StoreError, value::day_of};

const INSTALL: &str = "Install";

#[derive(Columns)]
struct Found {
    #[column(flatten)]
    key: FoundKey,
    #[column(flatten)]
    page: InstancePage,
}

#[derive(Default, Columns)]
struct Counted {
    counted_missing: i64,
    counted_failed: i64,
    counted_pending_reboot: i64,
    counted_rejected: i64,
    counted_available: i64,
    baseline_id: String,
}

#[derive(Default, Columns)]
struct Operation {
    last_operation: String,
    install_override: bool,
}

#[derive(Default, Columns)]
struct ListCounts {
    transitions: u64,
    software: u64,
    runs: u64,
}

/// What is counted of an instance.
struct Figures {
    counted: Counted,
    operation: Operation,
    lists: ListCounts,
    states: Vec<StateCount>,
    failing: Option<RunFailures>,
}

pub fn instance(context: Context<'_>, instance: &InstanceId) -> Result<Option<InstancePage>, StoreError> {
    let mut query = QueryBuilder::for_instance_status(context);
    let keys = find_instance(context, instance)?;
    query.filter_instance(&keys);
    let found: Vec<Found> = query.read("an instance", include_str!("detail.sql"))?;
    let Some(Found { key, page }) = found.into_iter().next() else { return Ok(None) };
    // All that follows is read by the key of an instance in scope.
    let read = QueryBuilder::by_key(context, &key);
    let Some(registered) = one::<Registered>(&read, include_str!("registered.sql"))? else { return Ok(None) };
    let others = match keys.is_attested {
        true => read_keys(context, &other_registrations(context, &key)?)?,
        false => Vec::new(),
    };
    let identity = Identity { key, registered };
    let (figures, mut page) =
        context.both(|context| figures(context, &identity, &others), |context| with_facts(context, &identity, page))?;
    let Figures { counted, operation, lists, states, failing } = figures;
    page.states = states;
    (page.transitions, page.software, page.runs) = (lists.transitions, lists.software, lists.runs);
    page.last_operation = operation.last_operation;
    page.install_override = operation.install_override;
    page.resource_type = identity.registered.resource_type;
    page.failing = failing;
    page.hints = hints(&page, day_of(context.now));
    page.hints.extend(details_missing(&page.instance, &counted));
    page.baseline_id = counted.baseline_id;
    Ok(Some(page))
}

/// Counts the rows of an instance, and of its other registrations those of the lists that they share.
fn figures(context: Context<'_>, Identity { key, .. }: &Identity, others: &[FoundKey]) -> Result<Figures, StoreError> {
    let read = QueryBuilder::by_key(context, key);
    let mut states: Vec<StateCount> = read.read("an instance's states", include_str!("states.sql"))?;
    // States that need work come first.
    states.sort_by(|a, b| a.state.cmp(&b.state));
    let counts = |read: &QueryBuilder<'_>| one::<ListCounts>(read, include_str!("counts.sql"));
    let mut lists = counts(&read)?.unwrap_or_default();
    for other in others {
        let other = counts(&QueryBuilder::by_key(context, other))?.unwrap_or_default();
        lists.transitions += other.transitions;
        lists.runs += other.runs;
    }
    Ok(Figures {
        counted: one(&read, include_str!("counted.sql"))?.unwrap_or_default(),
        operation: one(&read, include_str!("operation.sql"))?.unwrap_or_default(),
        lists,
        states,
        failing: one(&read, include_str!("failing.sql"))?,
    })
}

/// Adds what is known of the machine, its registrations and its runs, and the age of it.
fn with_facts(context: Context<'_>, identity: &Identity, mut page: InstancePage) -> Result<InstancePage, StoreError> {
    let read = QueryBuilder::by_key(context, &identity.key);
    page.freshness = freshness(context, AccountSelection::one(&page.instance.account_id))?;
    page.patch_policies = patch_policies::of_instance(context, &identity.key, &page.instance.patch_policy)?;
    if page.gone_at.is_none() {
        page.next_start = next_start(context, &identity.key, &page.patch_policies)?;
    }
    page.tags = read.rows("an instance's tags", include_str!("tags.sql"), |row| Ok((row.get(0)?, row.get(1)?)))?;
    page.node_status = text(&read, include_str!("node_status.sql"))?;
    page.hardware = text(&read, include_str!("hardware.sql"))?;
    if page.instance.instance_id.is_hybrid() {
        page.activation_tier = text(&read, include_str!("activation_tier.sql"))?;
    }
    if context.scope.sees_output() {
        page.failed_outputs = read.read("the output of failed runs", include_str!("failed_outputs.sql"))?;
    }
    page.registrations = registrations(context, identity)?;
    Ok(page)
}

/// Reads the one row of a statement, if there is one.
fn one<T: Columns>(read: &QueryBuilder<'_>, statement: &str) -> Result<Option<T>, StoreError> {
    Ok(read.read("an instance", statement)?.into_iter().next())
}

/// Reads the one text of a statement; empty if there is none.
fn text(read: &QueryBuilder<'_>, statement: &str) -> Result<String, StoreError> {
    let texts: Vec<Option<String>> = read.rows("an instance", statement, |row| row.get(0))?;
    Ok(texts.into_iter().next().flatten().unwrap_or_default())
}

/// Returns what AWS counts and does not list, in words.
fn details_missing(row: &InstanceRow, counted: &Counted) -> Option<String> {
    if row.details_missing == 0 {
        return None;
    }
    let states = [
        (UpdateState::Missing, counted.counted_missing, row.missing),
        (UpdateState::Failed, counted.counted_failed, row.failed),
        (UpdateState::InstalledPendingReboot, counted.counted_pending_reboot, row.pending_reboot),
        (UpdateState::InstalledRejected, counted.counted_rejected, row.installed_rejected),
        (UpdateState::AvailableSecurityUpdate, counted.counted_available, row.available_security_updates),
    ];
    let differs = |(_, counted, listed): &(UpdateState, i64, u64)| u64::try_from(*counted).is_ok_and(|n| n > *listed);
    let states = states.iter().filter(|one| differs(one));
    let states = states.map(|(state, counted, listed)| format!("{counted} {}, {listed} listed", state.code()));
    let states = states.collect::<Vec<_>>();
    let counts = match states.is_empty() {
        true => "AWS counts more non-compliant updates than it lists".to_owned(),
        false => format!("AWS counts {}", states.join("; ")),
    };
    Some(format!(
        "Details missing: {counts}. The figures on this page are of listed updates only. Scan the instance again; a scan \
         with a baseline override, for example, never uploads its details."
    ))
}

/// Returns whether the instance that counts in its place is its own later registration.
fn is_registered_again(page: &InstancePage) -> bool {
    page.registrations.iter().any(|other| other.is_attested && other.instance_id.as_str() == page.duplicate_of)
}

/// Returns why the instance may be offline or its figures missing, in the order in which to check.
fn hints(page: &InstancePage, today: Date) -> Vec<String> {
    let row = &page.instance;
    let mut hints = Vec::new();
    match row.instance_state {
        // The head of the page says all that is known.
        InstanceState::Terminated | InstanceState::Deregistered => return hints,
        InstanceState::Duplicate if is_registered_again(page) => {
            return vec![format!(
                "It was registered again as {}, which counts in its place. Nothing uses this registration any more, so it can be \
                 deregistered.",
                page.duplicate_of
            )];
        }
        InstanceState::Duplicate => {
            return vec![format!(
                "{} is the same machine and counts in its place. Deregister one of the two; with two agents, both patch it.",
                page.duplicate_of
            )];
        }
        InstanceState::Stopped => hints.push(
            "Stopped: it is scanned and patched again once it is started. Check that it runs during its maintenance \
             windows."
                .to_owned(),
        ),
        InstanceState::Online | InstanceState::AgentLost | InstanceState::Unreadable => {}
    }
    if matches!(page.harvest_state, HarvestState::Failing | HarvestState::Never | HarvestState::Stale) {
        hints.push(
            "The account could not be harvested lately, so this page may be out of date. The harvest page says why."
                .to_owned(),
        );
    }
    if row.instance_state == InstanceState::AgentLost {
        hints.push(
            "Agent lost: the SSM agent has stopped answering. Check that the instance and the agent's service are \
             running, and that it can reach the Systems Manager endpoints of its Region on port 443."
                .to_owned(),
        );
        if row.instance_id.is_hybrid() {
            hints.push(
                "A hybrid instance also loses contact if its clock is wrong or if it was cloned with its registration. \
                 Register it again with a new activation."
                    .to_owned(),
            );
        }
    }
    match row.patch_status {
        PatchStatus::Unsupported => hints.push(format!(
            "Patch Manager does not support {} {}: the latest run ended with UnsupportedOperatingSystem (exit code 146). No scan \
             will succeed until the system is upgraded, or AWS supports it. The updates below are those of the last scan, if any.",
            row.platform_name, row.platform_version
        )),
        PatchStatus::NoData => hints.push(
            "No patch data: it was never scanned, or its last scan failed. Run a scan with AWS-RunPatchBaseline and check its \
             result."
                .to_owned(),
        ),
        PatchStatus::Stale => hints.push(
            "The last scan is too old: the figures below are from that day. Check that the instance is online during \
             its scan and that a maintenance window or association still targets it."
                .to_owned(),
        ),
        _ => {}
    }
    let ended = ended_on(&row.platform_name, &row.platform_version).filter(|last| *last < today);
    hints.extend(ended.map(|last| {
        format!(
            "{} {} is at the end of its life: its vendor gave free security updates until {}. Without support that was \
             bought, no pending updates says nothing about it. Upgrade the system.",
            row.platform_name,
            row.platform_version,
            last.strftime("%-d %b %Y")
        )
    }));
    if page.install_override && page.last_operation == INSTALL {
        hints.push(
            "The last operation installed what an override list named, not what the baseline approves. Updates that the list \
             left out are reported as missing only by the next scan."
                .to_owned(),
        );
    }
    if page.activation_tier == STANDARD && page.platform_type == "Windows" {
        hints.push(
            "Microsoft applications, such as SQL Server and Office, are not patched on hybrid instances of the standard tier: no \
             pending updates says nothing about them."
                .to_owned(),
        );
    }
    if row.agent_is_latest == Some(false) {
        hints.push("The SSM agent is out of date. Run AWS-UpdateSSMAgent to update it.".to_owned());
    }
    hints
}
