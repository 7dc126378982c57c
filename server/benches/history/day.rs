//! The snapshot that a harvest of one account pulls on one day.

use super::{
    estate::{Estate, Instance},
    random::{Purpose, random_bool, random_u64},
};
use jiff::SignedDuration;
use muster_core::{
    known::ChangeKey,
    reference_data::{NodeRecord, TagRecord},
    snapshot::{InstanceRecord, InvocationRecord, PatchStateRecord, RunRecord, ScanRecord, Snapshot},
};

const DOCUMENT: &str = "AWS-RunPatchBaseline";
const BASELINE: &str = "pb-0123456789abcdef0";
const AGENT_NEW: &str = "3.3.4121.0";
const AGENT_OLD: &str = "3.2.2303.0";
const AGENT_OLD_PERCENT: u64 = 15;
const RUN_FAILED_PERCENT: u64 = 4;
const HARVEST_SECONDS: i64 = 20;
/// AWS's page size, for realistic numbers of calls.
const INSTANCES_PER_CALL: u64 = 50;

pub fn snapshot(estate: &Estate, account: usize, day: i64) -> Snapshot {
    let started_at = estate.size.calendar.harvest_at(day, account);
    let mut snapshot = Snapshot::empty(&estate.target(account), started_at);
    snapshot.finished_at = started_at + SignedDuration::from_secs(HARVEST_SECONDS);
    let instances = &estate.instances[account];
    snapshot.instances = Some(instances.iter().map(|one| instance_record(estate, one, day, account)).collect());
    snapshot.reference_data.tags = Some(instances.iter().flat_map(|one| tags(one, account)).collect());
    snapshot.reference_data.nodes = Some(instances.iter().map(|one| node(estate, one, day)).collect());
    snapshot.reference_data.is_complete = true;
    let answering = || instances.iter().filter(|one| one.answers(day));
    snapshot.scans = answering().map(|one| scan(estate, one, day)).collect();
    let patched: Vec<&Instance> = answering().filter(|one| one.is_patched_on(day)).collect();
    if !patched.is_empty() {
        snapshot.invocations = patched.iter().map(|one| invocation(estate, one, account, day)).collect();
        snapshot.runs = vec![run(&snapshot.invocations, account, day)];
    }
    count(&mut snapshot);
    snapshot
}

/// Sets the numbers of rows and calls that the harvester would have counted.
fn count(snapshot: &mut Snapshot) {
    let instances = snapshot.instances.as_ref().map_or(0, Vec::len) as u64;
    let patches = snapshot.scans.iter().map(|scan| scan.updates.len() as u64).sum();
    let results = snapshot.invocations.len() as u64;
    for (operation, rows, calls) in [
        ("DescribeInstanceInformation", instances, instances.div_ceil(INSTANCES_PER_CALL)),
        ("DescribeInstancePatchStates", snapshot.scans.len() as u64, instances.div_ceil(INSTANCES_PER_CALL)),
        ("DescribeInstancePatches", patches, snapshot.scans.len() as u64),
        ("ListCommandInvocations", results, results.div_ceil(INSTANCES_PER_CALL).max(1)),
    ] {
        snapshot.rows.insert(operation, rows);
        snapshot.calls.insert(operation.to_owned(), calls);
    }
}

fn name(instance: &Instance) -> String {
    format!("web-{:06}", instance.number)
}

fn instance_record(estate: &Estate, instance: &Instance, day: i64, account: usize) -> InstanceRecord {
    let platform = &estate.platforms[instance.platform];
    let harvest_at = |day| estate.size.calendar.harvest_at(day, account);
    let is_old = random_bool(AGENT_OLD_PERCENT, estate.size.seed, Purpose::Agent, instance.number, 0);
    let number = instance.number;
    InstanceRecord {
        instance_id: instance.id.clone(),
        name: String::new(),
        computer_name: format!("ip-10-{}-{}-{}", number >> 16, number >> 8 & 0xff, number & 0xff),
        ip_address: format!("10.{}.{}.{}", number >> 16, number >> 8 & 0xff, number & 0xff),
        platform_type: platform.kind.to_owned(),
        platform_name: platform.name.to_owned(),
        platform_version: platform.version.to_owned(),
        agent_version: if is_old { AGENT_OLD } else { AGENT_NEW }.to_owned(),
        agent_is_latest: (platform.kind != "Windows").then_some(!is_old),
        ping_status: if instance.answers(day) { "Online" } else { "ConnectionLost" }.to_owned(),
        last_ping_at: Some(estate.last_ping(instance, day, harvest_at(day))),
        resource_type: if instance.id.as_str().starts_with("mi-") { "ManagedInstance" } else { "EC2Instance" }
            .to_owned(),
        source_type: String::new(),
        source_id: String::new(),
        registered_at: Some(harvest_at(0)),
        association_status: "Success".to_owned(),
    }
}

fn tags(instance: &Instance, account: usize) -> [TagRecord; 2] {
    let tag = |key: &str, value| TagRecord { instance_id: instance.id.clone(), key: key.to_owned(), value };
    [tag("Name", name(instance)), tag("PatchGroup", format!("group-{}", account % 10))]
}

fn node(estate: &Estate, instance: &Instance, day: i64) -> NodeRecord {
    let platform = &estate.platforms[instance.platform];
    NodeRecord {
        instance_id: instance.id.clone(),
        status: if instance.answers(day) { "Active" } else { "ConnectionLost" }.to_owned(),
        computer_name: name(instance),
        platform_name: platform.name.to_owned(),
        platform_version: platform.version.to_owned(),
    }
}

fn scan(estate: &Estate, instance: &Instance, day: i64) -> ScanRecord {
    let updates = estate.updates(instance, day);
    let (start, end) = estate.operation(instance, day);
    let count = |state: &str| updates.iter().filter(|update| *update.state == *state).count() as i64;
    let operation = if instance.is_patched_on(day) { "Install" } else { "Scan" };
    let state = PatchStateRecord {
        instance_id: instance.id.clone(),
        patch_group: String::new(),
        key: ChangeKey {
            operation_end_at: Some(end),
            operation: operation.to_owned(),
            snapshot_id: format!(
                "{:036x}",
                random_u64(estate.size.seed, Purpose::Run, instance.platform as u64, day as u64)
            ),
            baseline_id: BASELINE.to_owned(),
        },
        operation_start_at: Some(start),
        reboot_option: "RebootIfNeeded".to_owned(),
        install_override: false,
        installed_count: count("Installed"),
        installed_other_count: 0,
        installed_pending_reboot_count: count("InstalledPendingReboot"),
        installed_rejected_count: 0,
        missing_count: count("Missing"),
        failed_count: count("Failed"),
        not_applicable_count: 0,
        available_security_update_count: 0,
        critical_non_compliant_count: 0,
        security_non_compliant_count: 0,
        other_non_compliant_count: 0,
    };
    ScanRecord { state, updates }
}

fn command(account: usize, day: i64) -> String {
    format!("{account:08x}-0000-4000-8000-{day:012x}")
}

fn invocation(estate: &Estate, instance: &Instance, account: usize, day: i64) -> InvocationRecord {
    let (start, end) = estate.operation(instance, day);
    let failed = random_bool(RUN_FAILED_PERCENT, estate.size.seed, Purpose::Run, instance.number, day as u64);
    let status = if failed { "Failed" } else { "Success" };
    InvocationRecord {
        command_id: command(account, day),
        instance_id: instance.id.clone(),
        document_name: DOCUMENT.to_owned(),
        requested_at: Some(start),
        finished_at: Some(end),
        status: status.to_owned(),
        status_details: status.to_owned(),
        step: Some("PatchLinux".to_owned()),
        response_code: Some(i64::from(failed)),
    }
}

fn run(invocations: &[InvocationRecord], account: usize, day: i64) -> RunRecord {
    let failed = invocations.iter().filter(|one| one.response_code != Some(0)).count() as i64;
    RunRecord {
        command_id: command(account, day),
        document_name: DOCUMENT.to_owned(),
        operation: "Install".to_owned(),
        requested_at: invocations.iter().filter_map(|one| one.requested_at).min(),
        status: if failed == 0 { "Success" } else { "Failed" }.to_owned(),
        status_details: String::new(),
        target_count: invocations.len() as i64,
        completed_count: invocations.len() as i64,
        error_count: failed,
    }
}
