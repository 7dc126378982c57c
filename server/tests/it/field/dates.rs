//! Release and approval dates are known from evidence only: the month in a title, the scans of the instance, and the rule
//! of the baseline that matches the update. Otherwise the days count from when the update was first seen missing.

use crate::field::case::{Case, read};
use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};
use muster_model::{filter::UpdateFilter, page::Window, ports::Reports, update::UpdateRow};
use muster_reports::ScopedReports;
use serde_json::{Value, json};

const ACCOUNT: &str = "100000000034";
const BASELINE: &str = "pb-0aaaaaaaaaaaaaaaa";
const DAY: SignedDuration = SignedDuration::from_hours(24);

fn day(text: &str) -> Date {
    text.parse().expect("a day")
}

fn midnight(day: Date) -> Timestamp {
    day.to_zoned_datetime(TimeZone::UTC).expect("a time").timestamp()
}

async fn pending(reports: &ScopedReports) -> Vec<UpdateRow> {
    let filter = UpdateFilter { window: Window { offset: 0, limit: u32::MAX }, ..UpdateFilter::default() };
    let rows = reports.updates(filter).await.expect("updates").rows;
    rows.into_iter().filter(|row| row.install_status.is_pending()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_of_the_month_that_a_later_scan_lacked_has_no_known_release() {
    let case = Case::harvested("out-of-band-release").await;
    let row = case.row("/api/v1/updates?state=Missing").await;
    assert_eq!((&row["released_on"], &row["approved_at"]), (&Value::Null, &Value::Null), "{row:#}");
    assert_eq!(row["due_at"], "2025-11-26T02:00:00Z", "7 days from the scan that first had it");
    assert_eq!(row["due"], "soon", "not overdue on 19 November");
    let page = case.page("/updates/list?state=Missing").await;
    assert!(page.contains("approval unknown, counted from 19 Nov 2025") && !page.contains("released 11 Nov"), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rule_that_matches_an_update_approves_it() {
    let case = Case::harvested("two-approval-rules").await;
    let row = case.row("/api/v1/updates?state=Missing").await;
    assert_eq!((&row["released_on"], &row["approved_at"]), (&"2025-10-14".into(), &"2025-11-04T00:00:00Z".into()));
    assert_eq!(row["due_at"], "2025-11-18T00:00:00Z", "14 days from the approval");
    let page = case.page("/updates/list?state=Missing").await;
    assert!(page.contains("released 14 Oct 2025, approved 4 Nov 2025"), "{page}");
}

fn filters(filters: &[(&str, &[&str])]) -> Value {
    let filters = filters.iter().map(|(key, values)| json!({ "Key": key, "Values": values }));
    json!({ "PatchFilters": filters.collect::<Vec<_>>() })
}

fn after(days: i64, group: &[(&str, &[&str])]) -> Value {
    json!({ "ApproveAfterDays": days, "PatchFilterGroup": filters(group) })
}

fn until(day: &str, group: &[(&str, &[&str])]) -> Value {
    json!({ "ApproveUntilDate": day, "PatchFilterGroup": filters(group) })
}

/// What the portal says of the update of 14 October 2025 that was missing at the scan of 5 November, and was not at the
/// scan of 10 October: release and approval.
async fn dates(title: &str, rules: &[Value], change: impl Fn(&mut Value)) -> (Value, Value) {
    let mut case = read("two-approval-rules");
    let account = &mut case["accounts"][ACCOUNT];
    account["ssm"]["GetPatchBaseline"][BASELINE]["ApprovalRules"]["PatchRules"] = rules.into();
    for patches in account["day1"]["DescribeInstancePatches"].as_object_mut().expect("instances").values_mut() {
        patches[1]["Title"] = title.into();
    }
    account.as_object_mut().expect("an account").remove("day2");
    change(account);
    let case = Case::of(case).await;
    case.harvest().await;
    assert!(case.next_round());
    case.harvest().await;
    let row = case.row("/api/v1/updates?state=Missing").await;
    if row["approved_at"].is_null() {
        assert_eq!(row["due_at"], "2025-11-19T02:00:00Z", "14 days from the first scan that had it: {row:#}");
    }
    (row["released_on"].clone(), row["approved_at"].clone())
}

const ENGLISH: &str =
    "2025-10 Cumulative Update for Windows Server 2025 for x64-based Systems (KB5066835) (26100.6899)";

#[tokio::test(flavor = "multi_thread")]
async fn approval_is_known_only_if_the_rule_is() {
    let known = |day: &str| Value::from(format!("{day}T00:00:00Z"));
    let important: (&str, &[&str]) = ("MSRC_SEVERITY", &["Important"]);
    let unless_critical: (&str, &[&str]) = ("MSRC_SEVERITY", &["Critical"]);
    for (what, rules, expected) in [
        ("no filter", vec![after(7, &[])], known("2025-10-21")),
        ("any product", vec![after(7, &[("PRODUCT", &["*"])])], known("2025-10-21")),
        ("classification", vec![after(3, &[("CLASSIFICATION", &["SecurityUpdates"])])], known("2025-10-17")),
        ("another classification", vec![after(3, &[("CLASSIFICATION", &["Updates"])])], Value::Null),
        ("severity and classification", vec![after(0, &[important, ("CLASSIFICATION", &["Updates"])])], Value::Null),
        ("the earlier of two", vec![after(9, &[important]), after(5, &[("PRODUCT", &["*"])])], known("2025-10-19")),
        (
            "its product",
            vec![after(7, &[("PRODUCT", &["WindowsServer2025", "WindowsServer2022"])])],
            known("2025-10-21"),
        ),
        (
            "another product",
            vec![after(0, &[("PRODUCT", &["WindowsServer2022"])]), after(7, &[important])],
            known("2025-10-21"),
        ),
        (
            "applications",
            vec![after(0, &[("PATCH_SET", &["APPLICATION"])]), after(7, &[important])],
            known("2025-10-21"),
        ),
        ("a filter nobody knows", vec![after(0, &[("SECTION", &["x"])]), after(7, &[important])], Value::Null),
        (
            "a later one that may match",
            vec![after(9, &[("SECTION", &["x"])]), after(7, &[important])],
            known("2025-10-21"),
        ),
        ("another update", vec![after(0, &[("PATCH_ID", &["KB1"])]), after(7, &[important])], known("2025-10-21")),
        ("only critical ones", vec![after(0, &[unless_critical])], Value::Null),
        ("until a later day", vec![until("2025-10-31", &[important])], known("2025-10-14")),
        ("until that day", vec![until("2025-10-14", &[important])], known("2025-10-14")),
        ("until an earlier day", vec![until("2025-10-13", &[important])], Value::Null),
        ("until an earlier day, or after a week", vec![until("2025-10-13", &[]), after(7, &[])], known("2025-10-21")),
        ("later than it was missing", vec![after(60, &[important])], Value::Null),
        ("no rule", vec![], Value::Null),
    ] {
        let (released, approved) = dates(ENGLISH, &rules, |_| {}).await;
        assert_eq!((released, approved), ("2025-10-14".into(), expected), "{what}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_else_approves_or_forbids_an_update_is_no_date() {
    let week = [after(7, &[])];
    let baseline = |account: &mut Value, member: &str, value: Value| {
        account["ssm"]["GetPatchBaseline"][BASELINE][member] = value;
    };
    let listed =
        dates(ENGLISH, &week, |account| baseline(account, "ApprovedPatches", json!(["KB1", "KB5066835"]))).await;
    assert_eq!(listed.1, Value::Null, "nobody knows when it was listed");
    let outside = filters(&[("MSRC_SEVERITY", &["Critical"])]);
    let outside = dates(ENGLISH, &week, |account| baseline(account, "GlobalFilters", outside.clone())).await;
    assert_eq!(outside.1, Value::Null, "the global filters leave it out");
    let unread = dates(ENGLISH, &week, |account| account["ssm"]["GetPatchBaseline"] = json!({})).await;
    assert_eq!(unread.1, Value::Null, "the rules could not be read");
    let lacking = dates(ENGLISH, &week, |account| {
        let rows = account["ssm"]["DescribeInstancePatchStates"].as_array_mut().expect("states");
        rows[0]["MissingCount"] = 3.into();
    });
    assert_eq!(lacking.await, (Value::Null, Value::Null), "a scan whose updates are not listed shows nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn titles_of_all_languages_name_their_month() {
    for title in [
        "2025-10 Kumulatives Update für Windows Server 2025 für x64-basierte Systeme (KB5066835)",
        "2025-10 Mise à jour cumulative pour Windows Server 2025 (KB5066835)",
        "2025-10 适用于 Windows Server 2025 的累积更新，适合基于 x64 的系统 (KB5066835)",
        "2025-10适用于 Windows Server 2025 的累积更新 (KB5066835)",
        "Aktualizacja zbiorcza 2025-10 dla Windows Server 2025 (KB5066835)",
        "Накопительное обновление Windows Server 2025 (2025-10, KB5066835)",
    ] {
        assert_eq!(dates(title, &[after(7, &[])], |_| {}).await.0, "2025-10-14", "{title}");
    }
    for title in
        ["Update 22025-10 (KB5066835)", "Update 2025-13 (KB5066835)", "Update 2025-10-02", "Update v1.2025-10", ""]
    {
        assert_eq!(dates(title, &[after(7, &[])], |_| {}).await.0, Value::Null, "{title}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_without_security_fixes_is_not_tied_to_the_second_tuesday() {
    let preview = "2025-10 Kumulative Updatevorschau für Windows Server 2025 für x64-basierte Systeme (KB5066835)";
    for classification in ["Updates", "UpdateRollups", "CriticalUpdates", ""] {
        let change = |account: &mut Value| {
            for patches in account["day1"]["DescribeInstancePatches"].as_object_mut().expect("rows").values_mut() {
                patches[1]["Classification"] = classification.into();
            }
        };
        let found = dates(preview, &[after(0, &[])], change).await;
        assert_eq!(found, (Value::Null, Value::Null), "{classification}");
    }
}

/// What one generated instance really goes through.
struct Machine {
    id: String,
    severity: &'static str,
    released: Date,
    /// The rounds in which it is scanned.
    scanned: Vec<bool>,
}

/// The delay of the rule for each severity.
const DELAYS: [(&str, i64); 3] = [("Critical", 0), ("Important", 5), ("Moderate", 11)];
/// The times of the scans: every third day around the second Tuesday, 14 October 2025.
const ROUNDS: i64 = 14;

fn scan_at(round: i64) -> Timestamp {
    midnight(day("2025-10-04")) + DAY * (3 * round as i32) + SignedDuration::from_hours(2)
}

impl Machine {
    fn all() -> Vec<Self> {
        let mut seed = 20_251_014_u64;
        let mut draw = move |below: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) % below
        };
        let machine = |number: u64| Self {
            id: format!("i-0f1e1d{number:011}"),
            severity: DELAYS[draw(3) as usize].0,
            released: match draw(2) {
                0 => day("2025-10-14"),
                _ => day("2025-10-15").saturating_add(DAY * draw(14) as i32),
            },
            scanned: (0..ROUNDS).map(|round| round == 0 || draw(3) > 0).collect(),
        };
        (0..60).map(machine).collect()
    }

    fn delay(&self) -> i64 {
        DELAYS.into_iter().find(|(severity, _)| *severity == self.severity).expect("a rule").1
    }

    fn approved(&self) -> Date {
        self.released.saturating_add(DAY * self.delay() as i32)
    }

    /// Whether a scan lists the update: what is released on a day is offered in its afternoon.
    fn is_listed(&self, at: Timestamp) -> bool {
        at > midnight(self.approved()) + SignedDuration::from_hours(17)
    }

    fn last_scan(&self, round: i64) -> Timestamp {
        let last = (0..=round).rev().find(|round| self.scanned[*round as usize]).expect("the first");
        scan_at(last)
    }

    /// The last scan that lacked it.
    fn absent(&self) -> Timestamp {
        let scans = (0..ROUNDS).filter(|round| self.scanned[*round as usize]).map(scan_at);
        scans.filter(|at| !self.is_listed(*at)).max().expect("the first")
    }
}

/// The answers of all machines in one round.
fn round_of(machines: &[Machine], round: i64) -> Value {
    let mut patches = serde_json::Map::new();
    let (mut nodes, mut states) = (Vec::new(), Vec::new());
    for machine in machines {
        let at = machine.last_scan(round);
        let is_listed = machine.is_listed(at);
        nodes.push(json!({
            "InstanceId": machine.id, "PingStatus": "Online", "AgentVersion": "3.3.4624.0", "PlatformType": "Windows",
            "PlatformName": "Microsoft Windows Server 2025 Datacenter", "PlatformVersion": "10.0.26100",
            "ResourceType": "EC2Instance", "ComputerName": machine.id, "SourceType": "AWS::EC2::Instance",
        }));
        states.push(json!({
            "InstanceId": machine.id, "PatchGroup": "", "BaselineId": BASELINE, "Operation": "Scan",
            "SnapshotId": "11111111-1111-4111-8111-111111111111", "MissingCount": u8::from(is_listed), "InstalledCount": 0,
            "OperationStartTime": format!("@{at}"), "OperationEndTime": format!("@{at}"),
        }));
        let row = json!({
            "Title": ENGLISH, "KBId": "KB5066835", "Classification": "SecurityUpdates", "Severity": machine.severity,
            "State": "Missing", "InstalledTime": 0.0,
        });
        patches.insert(machine.id.clone(), if is_listed { json!([row]) } else { json!([]) });
    }
    let rules: Vec<_> = DELAYS.iter().map(|(severity, days)| after(*days, &[("MSRC_SEVERITY", &[severity])])).collect();
    json!({
        "DescribeInstanceInformation": nodes,
        "DescribeInstancePatchStates": states,
        "DescribeInstancePatches": patches,
        "DescribePatchBaselines": [{ "BaselineId": BASELINE, "BaselineName": "all", "OperatingSystem": "WINDOWS" }],
        "GetPatchBaseline": { BASELINE: {
            "BaselineId": BASELINE, "OperatingSystem": "WINDOWS", "ApprovalRules": { "PatchRules": rules },
        } },
    })
}

/// Sixty machines that are scanned on random days, half of them with an update that was released out of schedule under a
/// title of the month: no date contradicts a scan, every date that the scans enclose is right, and no clock starts before
/// the machine could have been patched.
#[tokio::test(flavor = "multi_thread")]
async fn no_date_contradicts_a_scan() {
    let machines = Machine::all();
    let mut account = json!({ "ssm": round_of(&machines, 0) });
    for round in 1..ROUNDS {
        account[format!("day{round}")] = round_of(&machines, round);
    }
    let case = Case::of(json!({ "roster": { "regions": ["us-east-1"] }, "accounts": { ACCOUNT: account } })).await;
    case.harvest().await;
    while case.next_round() {
        case.harvest().await;
    }
    let (mut known, mut unknown, mut refuted) = (0, 0, 0);
    for row in pending(&case.reports()).await {
        let machine = machines.iter().find(|machine| machine.id == row.instance_id.as_str()).expect("a machine");
        let days = match machine.severity {
            "Critical" => 7,
            "Important" => 14,
            _ => 30,
        };
        let started = row.due_at.expect("pending") - DAY * days;
        let since = row.pending_since.expect("pending");
        let claimed = day("2025-10-14").saturating_add(DAY * machine.delay() as i32);
        let is_refuted = machine.absent() >= midnight(claimed) + DAY;
        match row.approved_at {
            Some(approved) => {
                assert_eq!((row.released_on, approved), (Some(day("2025-10-14")), midnight(claimed)), "{row:?}");
                assert!(!is_refuted && approved <= since, "the scan of {} lacked it: {row:?}", machine.absent());
                known += 1;
            }
            None => {
                assert_eq!(started, since, "{row:?}");
                assert_ne!(machine.released, day("2025-10-14"), "{row:?}");
                unknown += 1;
            }
        }
        assert!(started >= machine.absent() - DAY && started <= since, "{row:?}");
        refuted += usize::from(is_refuted);
    }
    assert!(known >= 15 && unknown >= 15 && refuted >= 15, "{known} known, {unknown} unknown, {refuted} refuted");
}
