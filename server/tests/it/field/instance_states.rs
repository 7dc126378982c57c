//! Stopped is not gone: instances that are stopped, terminated, deregistered, lost or unreadable are told apart, and those
//! that are not gone stay in lists and totals with their last known updates.

use super::case::Case;
use crate::{support::world::World, verify::verification::change};
use jiff::civil::date;
use muster_model::{
    filter::{ChangesFilter, InstanceFilter, UpdateFilter},
    ids::InstanceId,
    instance::InstanceRow,
    instance_state::InstanceState,
    ports::Reports,
};
use muster_reports::ReportSource;
use muster_simulator::{Fault, FaultKind};
use muster_verify::{Extent, verify};
use serde_json::{Value, json};

/// The badge of an instance that is online.
const ONLINE: &str = "<bdi>Online</bdi>";

async fn mismatches(source: &ReportSource) -> Vec<String> {
    let verification = verify(source, Extent::WHOLE).await.expect("a verification");
    verification.first.into_iter().map(|mismatch| format!("{}: {}", mismatch.what, mismatch.place)).collect()
}

fn name_and<'a>(rows: &'a [Value], name: &str) -> &'a Value {
    rows.iter().find(|row| row["name"] == name || row["instance_name"] == name).expect(name)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_machine_that_is_stopped_overnight_keeps_its_missing_update() {
    let case = Case::open("stopped-overnight").await;
    case.harvest().await;
    let updates = case.rows("/api/v1/updates?state=Missing").await;
    let pending_since = name_and(&updates, "dev-nightly")["pending_since"].clone();
    assert!(pending_since.is_string(), "{updates:#?}");

    assert!(case.next_round());
    case.harvest().await;
    let rows = case.rows("/api/v1/instances").await;
    let row = name_and(&rows, "dev-nightly");
    assert_eq!((&row["instance_state"], &row["online"]), (&json!("stopped"), &json!(false)), "{row:#?}");
    assert_eq!((&row["missing"], &row["patch_status"]), (&json!(1), &json!("pending")), "{row:#?}");
    assert_eq!(case.row("/api/v1/instances?instance_state=stopped").await["name"], "dev-nightly");
    let account = case.row("/api/v1/accounts").await;
    assert_eq!(account["instances"], 2);
    assert_eq!((&account["online_instances"], &account["pending_os_updates"]), (&json!(1), &json!(1)));
    assert_eq!(case.row("/api/v1/updates?state=Missing").await["pending_since"], pending_since);
    let page = case.page(&format!("/instances/{}", row["instance_id"].as_str().expect("an id"))).await;
    assert!(page.contains("<bdi>Stopped</bdi>") && !page.contains(ONLINE) && !page.contains("gone"), "{page}");
    assert_eq!(mismatches(&case.source()).await, Vec::<String>::new());

    assert!(case.next_round());
    case.harvest().await;
    let rows = case.rows("/api/v1/instances").await;
    let row = name_and(&rows, "dev-nightly");
    assert_eq!((&row["instance_state"], &row["online"], &row["missing"]), (&json!("online"), &json!(true), &json!(1)));
    assert_eq!(case.row("/api/v1/updates?state=Missing").await["pending_since"], pending_since);
    let filter = ChangesFilter { since: Some(date(2026, 11, 20)), ..ChangesFilter::default() };
    let changes = case.reports().changes(filter).await.expect("changes");
    assert_eq!(changes.rows.rows, [], "it was stopped and started, and nothing else changed");
    assert_eq!(mismatches(&case.source()).await, Vec::<String>::new());
}

/// What the list of instances says, what inventory says, and what became of the instance.
type Fate = (Option<&'static str>, Option<&'static str>, InstanceState);

/// Every combination of the list and inventory.
fn fates() -> Vec<Fate> {
    let words =
        [None, Some("Active"), Some("ConnectionLost"), Some("Stopped"), Some("Terminated"), Some("Hibernating?")];
    let fate = |listed, inventory: Option<&str>| match (listed, inventory) {
        (Some("Online"), _) => InstanceState::Online,
        (_, Some("Stopped")) => InstanceState::Stopped,
        (_, Some("Terminated")) => InstanceState::Terminated,
        (None, None) => InstanceState::Deregistered,
        _ => InstanceState::AgentLost,
    };
    let lists = [Some("Online"), Some("ConnectionLost"), Some("Inactive"), None];
    lists.into_iter().flat_map(|list| words.map(|word| (list, word, fate(list, word)))).collect()
}

fn id(number: usize) -> String {
    format!("i-0f1e1d15{number:09x}")
}

/// A case whose instances all are online with a missing update in the first round, and then meet their fates.
fn case_of(fates: &[Fate]) -> Value {
    let node = |number: usize, ping: &str| {
        json!({"InstanceId": id(number), "PingStatus": ping, "LastPingDateTime": "@-3m", "AgentVersion": "3.3.4624.0",
            "IsLatestVersion": true, "PlatformType": "Linux", "PlatformName": "Amazon Linux",
            "PlatformVersion": "2023", "ResourceType": "EC2Instance", "ComputerName": format!("host-{number}")})
    };
    let state = |number: usize| {
        json!({"InstanceId": id(number), "PatchGroup": "", "BaselineId": "pb-0aaaaaaaaaaaaaaaa",
            "SnapshotId": "11111111-1111-4111-8111-111111111111", "InstalledCount": 0, "MissingCount": 1,
            "FailedCount": 0, "OperationStartTime": "@2026-11-20T09:00:00Z", "OperationEndTime": "@2026-11-20T09:05:00Z",
            "Operation": "Scan"})
    };
    let missing = json!([{"Title": "openssl.x86_64:1:3.2.2-1.amzn2023", "KBId": "openssl.x86_64",
        "Classification": "Security", "Severity": "Critical", "State": "Missing", "InstalledTime": 0.0}]);
    let numbers = 0..fates.len();
    let listed = fates.iter().enumerate().filter_map(|(number, (list, ..))| Some(node(number, (*list)?)));
    let words = fates.iter().enumerate().filter_map(|(number, (_, word, _))| {
        Some((id(number), json!([{"InstanceStatus": (*word)?, "ComputerName": format!("host-{number}")}])))
    });
    json!({
        "roster": {"regions": ["us-east-1"]},
        "accounts": {"100000000015": {
            "ssm": {
                "DescribeInstanceInformation": numbers.clone().map(|number| node(number, "Online")).collect::<Vec<_>>(),
                "DescribeInstancePatchStates": numbers.clone().map(state).collect::<Vec<_>>(),
                "DescribeInstancePatches":
                    numbers.map(|number| (id(number), missing.clone())).collect::<serde_json::Map<_, _>>(),
            },
            "day1": {
                "DescribeInstanceInformation": listed.collect::<Vec<_>>(),
                "GetInventory": {"AWS:InstanceInformation": words.collect::<serde_json::Map<_, _>>()},
            },
        }},
    })
}

/// Checks every instance against its fate: its row, its page, and whether lists and totals have it.
async fn assert_fates(case: &Case, fates: &[Fate], after: &str) {
    let reports = case.reports();
    let current = reports.instances(InstanceFilter::default()).await.expect("instances").rows;
    let updates = reports.updates(UpdateFilter::default()).await.expect("updates").rows;
    let row_of = |rows: &[InstanceRow], id: &InstanceId| rows.iter().find(|row| row.instance_id == *id).cloned();
    for (number, (list, word, state)) in fates.iter().enumerate() {
        let what = format!("{after}: listed as {list:?}, inventory says {word:?}");
        let id: InstanceId = id(number).parse().expect("an id");
        let filter = InstanceFilter { instance_state: Some(*state), ..InstanceFilter::default() };
        let of_state = reports.instances(filter).await.expect("instances").rows;
        let row = row_of(&of_state, &id).unwrap_or_else(|| panic!("{what}: not {state:?}"));
        assert_eq!((row.instance_state, row.online), (*state, *state == InstanceState::Online), "{what}");
        assert_eq!((row_of(&current, &id).is_none(), row.missing), (state.is_gone(), 1), "{what}");
        assert_eq!(!updates.iter().any(|update| update.instance_id == id), state.is_gone(), "{what}");
        let page = case.page(&format!("/instances/{id}")).await;
        assert!(page.contains(&format!("<bdi>{}</bdi>", state.label())), "{what}: {page}");
        assert_eq!(page.contains(ONLINE), *state == InstanceState::Online, "{what}: {page}");
    }
    let account = case.row("/api/v1/accounts").await;
    let count = |is: fn(InstanceState) -> bool| fates.iter().filter(|(_, _, state)| is(*state)).count();
    assert_eq!(account["instances"], count(|state| !state.is_gone()), "{after}");
    assert_eq!(account["pending_os_updates"], count(|state| !state.is_gone()), "{after}");
    assert_eq!(account["online_instances"], count(|state| state == InstanceState::Online), "{after}");
    assert_eq!(mismatches(&case.source()).await, Vec::<String>::new(), "{after}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_of_the_list_and_of_inventory_leads_to_one_state() {
    let fates = fates();
    let case = Case::of(case_of(&fates)).await;
    case.harvest().await;
    let online: Vec<Fate> = fates.iter().map(|_| (Some("Online"), None, InstanceState::Online)).collect();
    assert_fates(&case, &online, "at first").await;
    assert!(case.next_round());
    case.harvest().await;
    assert_fates(&case, &fates, "after a day").await;
    case.harvest().await;
    assert_fates(&case, &fates, "when nothing changed").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_that_vanishes_is_looked_up_in_inventory_at_once() {
    let fates = [(None, Some("Stopped"), InstanceState::Stopped), (None, None, InstanceState::Deregistered)];
    let mut case = Case::of(case_of(&fates)).await;
    case.harvester.reference_data_interval = jiff::SignedDuration::from_hours(24 * 7);
    case.harvest().await;
    let before = case.wire.calls("GetInventory");
    assert!(case.next_round());
    case.harvest().await;
    assert_fates(&case, &fates, "without reference data").await;
    let after = case.wire.calls("GetInventory");
    assert_eq!(after, before + 1, "one page of one type of inventory");
    case.harvest().await;
    assert_eq!(case.wire.calls("GetInventory"), after, "what is known already is not asked for again");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_gone_or_online_because_it_could_not_be_read() {
    let world = World::generated(1, 4, 20).await;
    world.harvest().await;
    let source = world.source();
    let reports = source.for_scope(muster_access::principal::Principal::local().scope());
    let all = || async { reports.instances(InstanceFilter::default()).await.expect("instances").rows };
    let before = all().await;
    assert!(before.iter().any(|row| row.online));

    // The list lacks one instance, and inventory does not say why.
    let lost = before.iter().find(|row| row.online).expect("an online instance").instance_id.clone();
    let rows = before.iter().filter(|row| row.instance_id != lost).map(|row| {
        let ping = if row.online { "Online" } else { "ConnectionLost" };
        json!({"InstanceId": row.instance_id, "PingStatus": ping, "PlatformType": "Linux", "ComputerName": row.name})
    });
    let body = json!({"InstanceInformationList": rows.collect::<Vec<_>>()}).to_string();
    world.simulator.set_fault(Fault::on("DescribeInstanceInformation", FaultKind::Body(body.into_bytes())));
    world.simulator.set_fault(Fault::on("GetInventory", FaultKind::AccessDenied));
    world.harvest().await;
    let rows = all().await;
    assert_eq!(rows.len(), before.len());
    let row = rows.iter().find(|row| row.instance_id == lost).expect("the instance");
    assert_eq!(row.instance_state, InstanceState::AgentLost);

    world.simulator.clear_faults();
    world.simulator.set_fault(Fault::everywhere(FaultKind::AccessDenied));
    world.forget_sessions();
    world.harvest().await;
    let rows = all().await;
    assert_eq!(rows.len(), before.len());
    assert!(rows.iter().all(|row| row.instance_state == InstanceState::Unreadable && !row.online), "{rows:#?}");
    assert_eq!(mismatches(&source).await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_verification_notices_a_stopped_instance_that_is_gone_or_online() {
    let case = Case::open("stopped-overnight").await;
    case.harvest().await;
    assert!(case.next_round());
    case.harvest().await;
    let source = case.source();
    let planted = [
        ("instance", "gone_at = first_seen_at, instance_state = 'deregistered'", "inventory has them as stopped"),
        ("instance", "gone_at = first_seen_at, instance_state = 'stopped'", "gone although they are stopped"),
        ("instance", "gone_at = NULL, instance_state = 'terminated'", "neither terminated nor deregistered"),
        ("listed_instance", "instance_state = ''", "online"),
        ("listed_instance", "instance_state = 'agent_lost'", "instance_state"),
    ];
    for (table, planted, named) in planted {
        let row = "instance_key = (SELECT instance_key FROM instance WHERE computer_name = 'dev-nightly')";
        change(&source.store, format!("UPDATE {table} SET {planted} WHERE {row}")).await;
        let found = mismatches(&source).await;
        assert!(found.iter().any(|what| what.contains(named)), "{table}: {planted}: {found:#?}");
        let repaired = format!("UPDATE instance SET gone_at = NULL, instance_state = 'stopped' WHERE {row}");
        change(&source.store, repaired).await;
        assert_eq!(mismatches(&source).await, Vec::<String>::new(), "{table}: {planted} was not repaired");
    }
}
