//! "Up to date" is said only where AWS would not say non-compliant, and a figure and its list come from the same rows.

use crate::field::case::Case;
use muster_model::{
    filter::{InstanceFilter, UpdateFilter},
    patch_status::PatchStatus,
    ports::Reports,
    update::UpdateState,
};
use muster_verify::{Extent, verify};
use serde_json::{Map, Value, json};

const ACCOUNT: &str = "100000000099";
const KEY: &str = "patch_status";

/// The states that AWS counts as work, with the members that count them.
const STATES: [(&str, &str); 5] = [
    ("Missing", "MissingCount"),
    ("Failed", "FailedCount"),
    ("InstalledPendingReboot", "InstalledPendingRebootCount"),
    ("InstalledRejected", "InstalledRejectedCount"),
    ("AvailableSecurityUpdate", "AvailableSecurityUpdateCount"),
];

/// The figures of an instance that count its updates in a state.
const FIGURES: [(&str, &str); 5] = [
    ("missing", "Missing"),
    ("failed", "Failed"),
    ("pending_reboot", "InstalledPendingReboot"),
    ("installed_rejected", "InstalledRejected"),
    ("available_security_updates", "AvailableSecurityUpdate"),
];

async fn total(case: &Case, path: &str) -> u64 {
    case.json(path).await["total"].as_u64().expect("a total")
}

async fn assert_verified(case: &Case) {
    let verification = verify(&case.source(), Extent::WHOLE).await.expect("a verification");
    assert_eq!(verification.first, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn available_security_updates_are_non_compliant_where_the_baseline_says_so() {
    let case = Case::harvested("available-security-update").await;
    let row = case.row("/api/v1/instances").await;
    assert_eq!(
        (&row[KEY], &row["available_security_updates"], &row["missing"]),
        (&"non_compliant".into(), &2.into(), &0.into())
    );
    assert_eq!(total(&case, "/api/v1/updates?state=AvailableSecurityUpdate").await, 2);
    let overview = case.page("/").await;
    assert!(
        overview.contains("Available, waiting") && overview.contains("/updates/list?state=AvailableSecurityUpdate")
    );
    assert!(overview.contains("oldest seen"), "the age of the oldest");
    let account = case.page(&format!("/accounts/{}", row["account_id"].as_str().expect("an id"))).await;
    assert!(account.contains("Available security updates: non-compliant"), "the baseline's choice");
    assert_verified(&case).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn counts_without_rows_are_missing_details_everywhere() {
    let case = Case::harvested("counts-without-rows").await;
    let row = case.row("/api/v1/instances?details_missing=true").await;
    assert_eq!((&row[KEY], &row["details_missing"]), (&"details_missing".into(), &8.into()));
    let (id, account) = (row["instance_id"].as_str().expect("an id"), row["account_id"].as_str().expect("an id"));
    let page = case.page(&format!("/instances/{id}")).await;
    assert!(page.contains("7 Missing, 0 listed") && page.contains("1 Failed, 0 listed"), "{page}");
    assert_eq!(case.row("/api/v1/accounts").await["instances_details_missing"], 1);
    assert_eq!(case.row("/api/v1/harvest").await["instances_details_missing"], 1);
    for path in ["/harvest".to_owned(), format!("/accounts/{account}")] {
        let page = case.page(&path).await;
        let list = format!("/instances?account={account}&amp;");
        let mut links = page.split(&list).skip(1);
        // A row of the harvest is of one Region.
        assert!(
            links.any(|link| link.split('"').next().is_some_and(|link| link.ends_with("details_missing=true"))),
            "{path}"
        );
    }
    assert_verified(&case).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_that_is_reported_twice_is_one_row_in_whatever_order() {
    let case = Case::harvested("same-update-twice").await;
    let rows = case.rows("/api/v1/instances").await;
    assert_eq!(rows.len(), 2);
    for row in rows {
        let id = row["instance_id"].as_str().expect("an id");
        assert_eq!((&row["missing"], &row["details_missing"], &row[KEY]), (&1.into(), &0.into(), &"pending".into()));
        assert_eq!(total(&case, &format!("/api/v1/updates?instance={id}&state=Missing")).await, 1);
        assert_eq!(total(&case, &format!("/api/v1/updates?instance={id}")).await, 1);
    }
    assert_verified(&case).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_critical_update_stays_critical_when_its_installation_failed() {
    let case = Case::harvested("critical-that-failed").await;
    let row = case.row("/api/v1/instances").await;
    assert_eq!((&row["critical_missing"], &row[KEY]), (&1.into(), &"failed".into()));
    let id = row["instance_id"].as_str().expect("an id");
    let list = format!("/instances/{id}?state=Missing%2CFailed&amp;severity=critical");
    assert!(case.page("/instances").await.contains(&list), "the figure leads to its rows");
    assert_eq!(total(&case, &format!("/api/v1/updates?instance={id}&state=Missing,Failed&severity=critical")).await, 1);
    assert_verified(&case).await;
}

fn update(name: &str, state: &str) -> Value {
    json!({
        "Title": format!("2026-11 {name}"), "KBId": name, "Classification": "SecurityUpdates", "Severity": "Critical",
        "State": state, "InstalledTime": if state.starts_with("Installed") { json!("@-40d") } else { json!(0.0) },
    })
}

/// An instance of a case: the counts that its patch state adds, its baseline, and its updates.
struct Machine {
    counts: Vec<(&'static str, i64)>,
    baseline: String,
    updates: Vec<Value>,
}

fn id_of(number: usize) -> String {
    format!("i-{number:017x}")
}

/// A case with one account. `rounds` are the instances of each round.
fn case_of(rounds: &[Vec<Machine>], baselines: &[(&str, Option<&str>)]) -> Value {
    let mut account = Map::new();
    for (round, machines) in rounds.iter().enumerate() {
        let (mut listed, mut states, mut patches) = (Vec::new(), Vec::new(), Map::new());
        for (number, machine) in machines.iter().enumerate() {
            let id = id_of(number);
            listed.push(json!({
                "InstanceId": id, "PingStatus": "Online", "LastPingDateTime": "@-3m", "AgentVersion": "3.3.4624.0",
                "IsLatestVersion": true, "PlatformType": "Windows", "PlatformName": "Microsoft Windows Server 2025 Datacenter",
                "PlatformVersion": "10.0.26100", "ResourceType": "EC2Instance", "IPAddress": "10.0.0.10",
                "ComputerName": format!("machine-{number}"), "SourceId": id, "SourceType": "AWS::EC2::Instance",
            }));
            let mut state = json!({
                "InstanceId": id, "PatchGroup": "", "BaselineId": machine.baseline, "OwnerInformation": "",
                "SnapshotId": "11111111-1111-4111-8111-111111111111", "Operation": "Scan",
                "OperationStartTime": "@-3h", "OperationEndTime": "@-2h", "RebootOption": "RebootIfNeeded",
                "InstalledCount": 1, "InstalledOtherCount": 0, "MissingCount": 0, "FailedCount": 0, "NotApplicableCount": 0,
            });
            machine.counts.iter().for_each(|(name, count)| state[*name] = (*count).into());
            states.push(state);
            patches.insert(id, machine.updates.clone().into());
        }
        let mut part = json!({
            "DescribeInstanceInformation": listed, "DescribeInstancePatchStates": states, "DescribeInstancePatches": patches,
        });
        if round == 0 {
            let identity = |id: &str| json!({ "BaselineId": id, "BaselineName": id, "OperatingSystem": "WINDOWS", "DefaultBaseline": false });
            part["DescribePatchBaselines"] = baselines.iter().map(|(id, _)| identity(id)).collect();
            let rules = baselines.iter().map(|(id, choice)| {
                let mut rules = json!({ "BaselineId": id, "Name": id, "OperatingSystem": "WINDOWS" });
                if let Some(choice) = choice {
                    rules["AvailableSecurityUpdatesComplianceStatus"] = (*choice).into();
                }
                ((*id).to_owned(), rules)
            });
            part["GetPatchBaseline"] = Value::Object(rules.collect());
        }
        account.insert(if round == 0 { "ssm".to_owned() } else { format!("day{round}") }, part);
    }
    json!({ "title": "generated", "roster": { "regions": ["us-east-1"] }, "accounts": { ACCOUNT: account } })
}

/// Every state that needs work, in the rows, in the counts or in both, under every choice of the baseline, and AWS's sums
/// alone.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_aws_would_call_non_compliant_is_up_to_date() {
    let baselines = [
        ("pb-0aaaaaaaaaaaaaaaa", Some("NON_COMPLIANT")),
        ("pb-0bbbbbbbbbbbbbbbb", Some("COMPLIANT")),
        ("pb-0cccccccccccccccc", None),
    ];
    let (mut machines, mut expected) = (Vec::new(), Vec::new());
    let mut add = |baseline: &str, counts: Vec<(&'static str, i64)>, rows: &[&str], is_compliant: bool| {
        let mut updates = vec![update("KB1", "Installed")];
        updates.extend(rows.iter().zip(2..).map(|(state, number)| update(&format!("KB{number}"), state)));
        machines.push(Machine { counts, baseline: baseline.to_owned(), updates });
        expected.push(is_compliant);
    };
    for (baseline, choice) in baselines {
        add(baseline, vec![], &[], true);
        add(baseline, vec![("MissingCount", -1), ("FailedCount", -1), ("InstalledCount", -1)], &[], false);
        for (state, count) in STATES {
            let waits = state == "AvailableSecurityUpdate";
            let is_compliant = waits && choice != Some("NON_COMPLIANT");
            add(baseline, vec![(count, 1)], &[state], is_compliant);
            add(baseline, vec![], &[state], is_compliant);
            // Nobody knows what AWS counts here.
            add(baseline, vec![(count, 1)], &[], false);
            if waits {
                add(baseline, vec![(count, 1), ("SecurityNonCompliantCount", 1)], &[state], false);
            }
        }
        for sum in ["CriticalNonCompliantCount", "SecurityNonCompliantCount", "OtherNonCompliantCount"] {
            add(baseline, vec![(sum, 1)], &[], false);
        }
    }
    let case = Case::of(case_of(&[machines], &baselines)).await;
    case.harvest().await;
    let rows = case.rows("/api/v1/instances?per_page=500").await;
    assert_eq!(rows.len(), expected.len());
    for (number, is_compliant) in expected.into_iter().enumerate() {
        let row = rows.iter().find(|row| row["instance_id"] == id_of(number)).expect("an instance");
        assert_eq!(row[KEY] == "up_to_date", is_compliant, "{row:#}");
    }
    assert_cards_add_up(&case).await;
    assert_verified(&case).await;
}

async fn assert_cards_add_up(case: &Case) {
    let overview = case.reports().overview(Default::default()).await.expect("an overview");
    assert_eq!(overview.status.total(), overview.fleet.instances);
    for status in PatchStatus::ALL {
        let filter = InstanceFilter { status: Some(status), ..InstanceFilter::default() };
        let list = case.reports().instances(filter).await.expect("a list");
        assert_eq!(list.total, overview.status.get(status), "{status:?}");
    }
}

/// A generator of numbers, the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit
    }

    fn shuffle<T>(&mut self, values: &mut [T]) {
        for last in (1..values.len()).rev() {
            values.swap(last, self.below(last + 1));
        }
    }
}

/// Reports with repeated updates in any states and order. Each is reported again a day later, in another order and with
/// other repetitions: nothing may have changed.
#[tokio::test(flavor = "multi_thread")]
async fn each_figure_equals_its_list_however_updates_are_repeated_and_ordered() {
    let mut random = Random(20_261_129);
    let states: Vec<&str> = UpdateState::KNOWN.map(|(code, ..)| code).to_vec();
    let (mut first, mut second) = (Vec::new(), Vec::new());
    for _ in 0..15 {
        let rows = 1 + random.below(8);
        let updates: Vec<Value> = (0..rows)
            .map(|_| {
                let mut row = update(&format!("KB{}", random.below(4)), states[random.below(states.len())]);
                row["Severity"] = ["Critical", "Low", ""][random.below(3)].into();
                row
            })
            .collect();
        let counts: Vec<_> = STATES
            .map(|(state, count)| (count, updates.iter().filter(|row| row["State"] == state).count() as i64))
            .to_vec();
        let mut again = updates.clone();
        again.push(updates[random.below(rows)].clone());
        random.shuffle(&mut again);
        let machine =
            |updates| Machine { counts: counts.clone(), baseline: "pb-0aaaaaaaaaaaaaaaa".to_owned(), updates };
        first.push(machine(updates));
        second.push(machine(again));
    }
    let case = Case::of(case_of(&[first, second], &[("pb-0aaaaaaaaaaaaaaaa", Some("NON_COMPLIANT"))])).await;
    case.harvest().await;
    let transitions = stored_transitions(&case).await;
    assert_figures_equal_their_lists(&case).await;
    assert!(case.next_round());
    case.harvest().await;
    assert_eq!(stored_transitions(&case).await, transitions, "the same report in another order");
    assert_figures_equal_their_lists(&case).await;
}

async fn stored_transitions(case: &Case) -> u64 {
    let mut sum = 0;
    for row in case.rows("/api/v1/instances?per_page=500").await {
        sum += total(case, &format!("/api/v1/instances/{}/history", row["instance_id"].as_str().expect("an id"))).await;
    }
    sum
}

async fn assert_figures_equal_their_lists(case: &Case) {
    for row in case.rows("/api/v1/instances?per_page=500").await {
        let id = row["instance_id"].as_str().expect("an id");
        assert_eq!(row["details_missing"], 0, "{row:#}");
        for (figure, state) in FIGURES {
            let list = total(case, &format!("/api/v1/updates?instance={id}&state={state}")).await;
            assert_eq!(row[figure].as_u64(), Some(list), "{figure} of {row:#}");
        }
        let critical = format!("/api/v1/updates?instance={id}&state=Missing,Failed&severity=critical");
        assert_eq!(row["critical_missing"].as_u64(), Some(total(case, &critical).await), "{row:#}");
        let rows = case.rows(&format!("/api/v1/updates?instance={id}&per_page=500")).await;
        let mut names: Vec<_> =
            rows.iter().map(|row| (row["description"].to_string(), row["name"].to_string())).collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), rows.len(), "an update has one row");
    }
    let overview = case.reports().overview(Default::default()).await.expect("an overview");
    for (figure, state) in [
        (overview.fleet.available_security_updates, UpdateState::AvailableSecurityUpdate),
        (overview.fleet.installed_rejected, UpdateState::InstalledRejected),
    ] {
        let list = UpdateFilter { states: vec![state], ..UpdateFilter::default() };
        assert_eq!(case.reports().updates(list).await.expect("a list").total, figure);
    }
    assert_cards_add_up(case).await;
    assert_verified(case).await;
}

/// The contradictions that nothing but the verification can find: rows that were lost, or counts that changed, since the
/// figures were written.
#[tokio::test(flavor = "multi_thread")]
async fn the_verification_finds_counts_that_have_lost_their_rows() {
    let case = Case::harvested("same-update-twice").await;
    assert_verified(&case).await;
    let lose = case.harvester.store.write("a loss", |writer| {
        let sql = "DELETE FROM instance_update WHERE state = 'Missing'";
        writer.connection().execute(sql, []).map_err(muster_store::error::StoreError::write(sql))
    });
    assert_eq!(lose.await.expect("a working store"), 2);
    let verification = verify(&case.source(), Extent::WHOLE).await.expect("a verification");
    for figure in ["missing", "details_missing", "patch_status"] {
        assert!(
            verification.first.iter().any(|mismatch| mismatch.what == figure),
            "{figure}: {:#?}",
            verification.first
        );
    }
}
