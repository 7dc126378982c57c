//! `muster accounts check` run as a process: correct accounts pass, and each problem is reported with advice.

use crate::support::process::{endpoint, folder, muster};
use muster_collect::permissions::SERVICES;
use muster_simulator::{Estate, EstateSpec, Fault, FaultKind, RosterAccount, Simulator};
use serde_json::Value;
use tokio::net::TcpListener;

/// A simulated AWS with the small estate, and a folder with its roster.
pub struct Onboarding {
    pub simulator: Simulator,
    pub roster: Vec<RosterAccount>,
    folder: tempfile::TempDir,
}

/// The outcome of a check, and its line for each account.
struct Verdict {
    passed: bool,
    accounts: Vec<Value>,
}

impl Onboarding {
    pub async fn new() -> Self {
        let estate = Estate::new(&EstateSpec::named("small").expect("the small estate"));
        let roster = estate.roster();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let simulator = Simulator::start(estate.shared(), listener).await.expect("a simulator");
        Self { simulator, roster, folder: folder() }
    }

    /// Runs the binary without blocking the async threads, because the simulator needs them.
    pub fn muster(&self, arguments: &[&str]) -> std::process::Output {
        self.muster_with(arguments, &[])
    }

    /// Runs the binary with more environment variables.
    pub fn muster_with(&self, arguments: &[&str], more: &[(&'static str, String)]) -> std::process::Output {
        let environment = [&endpoint(&self.simulator), more].concat();
        tokio::task::block_in_place(|| muster(self.folder.path(), arguments, &environment))
    }

    fn check(&self) -> Verdict {
        let output = self.muster(&["accounts", "check", "--config", "muster.toml"]);
        let lines = String::from_utf8(output.stdout).expect("UTF-8");
        let accounts: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        assert_eq!(accounts.len(), self.roster.len(), "{}", String::from_utf8_lossy(&output.stderr));
        Verdict { passed: output.status.success(), accounts }
    }
}

impl Verdict {
    fn of(&self, account: &RosterAccount) -> &Value {
        self.accounts.iter().find(|one| one["account_id"] == account.account_id.as_str()).expect("its line")
    }

    /// The failed findings of an account: what was checked, the problem, and the advice.
    fn problems(&self, account: &RosterAccount) -> Vec<[String; 3]> {
        let text = |finding: &Value, key: &str| finding[key].as_str().unwrap_or_default().to_owned();
        let findings = self.of(account)["findings"].as_array().expect("findings").iter();
        findings
            .filter(|finding| finding["ok"] == false)
            .map(|finding| ["what", "problem", "advice"].map(|key| text(finding, key)))
            .collect()
    }

    /// Asserts that the check failed, and only for this account.
    fn assert_only_fails(&self, account: &RosterAccount) {
        assert!(!self.passed, "the check must exit with 1");
        for other in &self.accounts {
            assert_eq!(other["ok"] == true, other["account_id"] != account.account_id.as_str(), "{other}");
        }
    }
}

/// Regions are checked in the order of their names.
fn sorted(regions: &[String]) -> Vec<String> {
    let mut regions = regions.to_vec();
    regions.sort();
    regions
}

/// The actions that a check tries, each with its operation.
fn actions() -> Vec<(String, &'static str)> {
    let of_service = |(service, operations): (&str, &'static [&'static str])| {
        operations.iter().map(|operation| (format!("{service}:{operation}"), *operation)).collect::<Vec<_>>()
    };
    SERVICES.into_iter().flat_map(of_service).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_correct_account_passes_in_each_of_its_regions() {
    let onboarding = Onboarding::new().await;
    let verdict = onboarding.check();
    assert!(verdict.passed, "{:?}", verdict.accounts);
    for account in &onboarding.roster {
        let findings = verdict.of(account)["findings"].as_array().expect("findings");
        assert_eq!(findings.len(), account.regions.len() * (4 + actions().len()));
        for region in &account.regions {
            for (action, _) in actions() {
                let what = format!("{action} in {region}");
                assert!(findings.iter().any(|finding| finding["what"] == what && finding["ok"] == true), "{what}");
            }
        }
    }
    let refused = |call: &&muster_simulator::Call| call.operation == "AssumeRole" && call.status == 403;
    let tried = onboarding.simulator.calls().iter().filter(refused).count();
    let regions: usize = onboarding.roster.iter().map(|account| account.regions.len()).sum();
    assert_eq!(tried, 2 * regions, "each Region is tried without an ExternalId and with a wrong one");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_external_id_in_the_roster_fails_in_each_region() {
    let onboarding = Onboarding::new().await;
    let account = &onboarding.roster[0];
    let path = onboarding.folder.path().join("roster.toml");
    let roster = std::fs::read_to_string(&path).expect("a roster");
    std::fs::write(&path, roster.replace(&account.external_id, "not-the-one")).expect("written");
    let verdict = onboarding.check();
    verdict.assert_only_fails(account);
    let problems = verdict.problems(account);
    assert_eq!(problems.len(), account.regions.len());
    for ([what, problem, advice], region) in problems.iter().zip(sorted(&account.regions)) {
        assert_eq!(*what, format!("AssumeRole with the roster's ExternalId in {region}"));
        assert!(problem.contains("AccessDenied") && advice.contains("ExternalId"), "{problem}; {advice}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn reports_a_role_that_does_not_require_its_external_id() {
    let onboarding = Onboarding::new().await;
    let account = &onboarding.roster[1];
    let permissive = Fault::on("AssumeRole", FaultKind::AnyExternalId).in_account(&account.systems_account);
    onboarding.simulator.set_fault(permissive);
    let verdict = onboarding.check();
    verdict.assert_only_fails(account);
    let problems = verdict.problems(account);
    let whats: Vec<&str> = problems.iter().map(|[what, ..]| what.as_str()).collect();
    let in_region = |region| {
        ["without an", "with a wrong"].map(|how| format!("AssumeRole {how} ExternalId is refused in {region}"))
    };
    let expected: Vec<String> = sorted(&account.regions).into_iter().flat_map(in_region).collect();
    assert_eq!(whats, expected);
    for [_, problem, advice] in &problems {
        assert!(
            problem.contains("can be assumed without the ExternalId") && advice.contains("sts:ExternalId"),
            "{problem}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_of_another_account_is_reported_and_not_used() {
    let onboarding = Onboarding::new().await;
    let account = &onboarding.roster[1];
    let elsewhere = Fault::on("AssumeRole", FaultKind::RoleLeadsElsewhere).in_account(&account.systems_account);
    onboarding.simulator.set_fault(elsewhere);
    let verdict = onboarding.check();
    verdict.assert_only_fails(account);
    let problems = verdict.problems(account);
    let other = &onboarding.roster[2].systems_account;
    let first = &sorted(&account.regions)[0];
    assert_eq!(problems[0][0], format!("GetCallerIdentity names {} in {first}", account.systems_account));
    assert!(problems[0][1].contains(other.as_str()) && problems[0][1].contains("WrongAccount"), "{problems:?}");
    let region = &account.regions[0];
    let read = onboarding.simulator.calls();
    assert!(
        !read.iter().any(|call| call.systems_account == *other
            && call.region == *region
            && call.operation != "GetCallerIdentity"),
        "the other account was read"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_denied_operation_is_named_by_its_action() {
    let onboarding = Onboarding::new().await;
    let [_, none, one] = onboarding.roster.as_slice() else { panic!("three accounts") };
    let denied = |operation, account: &RosterAccount| {
        let denied = Fault::on(operation, FaultKind::AccessDenied).in_account(&account.systems_account);
        onboarding.simulator.set_fault(denied);
    };
    // One account denies every operation, another denies one.
    actions().into_iter().for_each(|(_, operation)| denied(operation, none));
    denied("GetCommandInvocation", one);
    let verdict = onboarding.check();
    assert!(!verdict.passed && verdict.of(&onboarding.roster[0])["ok"] == true);
    let whats = |account: &RosterAccount| -> Vec<String> {
        verdict.problems(account).into_iter().map(|[what, ..]| what).collect()
    };
    let all: Vec<_> = actions().into_iter().map(|(action, _)| format!("{action} in {}", none.regions[0])).collect();
    assert_eq!(whats(none), all);
    assert_eq!(whats(one), [format!("ssm:GetCommandInvocation in {}", one.regions[0])]);
    for [what, problem, advice] in verdict.problems(none) {
        assert!(problem.contains("AccessDeniedException") && advice.contains("muster policy"), "{what}: {problem}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failing_region_is_named() {
    let onboarding = Onboarding::new().await;
    let account = &onboarding.roster[0];
    // The request for the first Region succeeds.
    let second = account.regions.iter().max().expect("two Regions");
    let broken = Fault::on("DescribePatchGroups", FaultKind::InternalServerError);
    onboarding.simulator.set_fault(broken.in_account(&account.systems_account).after(1));
    let verdict = onboarding.check();
    verdict.assert_only_fails(account);
    let whats: Vec<String> = verdict.problems(account).into_iter().map(|[what, ..]| what).collect();
    assert_eq!(whats, [format!("ssm:DescribePatchGroups in {second}")]);
}
