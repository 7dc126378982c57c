//! Pages about enrollment: what each caller sees of the enrollment server's answers, and what they say if there are none.

use crate::{
    harvest::wire_proxy::with_wire_proxy,
    support::{
        enrollment_server::{Behaviour, StandIn},
        visitor::{Visitor, no_rate_limit, state_behind_proxy},
        world::World,
    },
};
use axum::http::StatusCode;
use jiff::civil::Date;
use muster_access::{
    assignments::Assignments,
    principal::{Identity, Principal, Role},
    public_url::PublicUrl,
};
use muster_model::{enrollment::EnrollmentState, ports::Reports};
use muster_store::value::day_of;
use muster_web::{sign_in::SignIn, state::ServerState};
use serde_json::Value;
use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

/// A harvested world of two accounts, of which one has an instance that was enrolled, and an enrollment server that knows both accounts.
pub struct Case {
    pub world: World,
    pub server: StandIn,
    /// The customers of the accounts.
    pub customers: [String; 2],
    pub accounts: [String; 2],
    /// The enrolled instance.
    pub instance: String,
    provider: String,
}

/// The instance as the provider names it.
const ENROLLED: &str = "vm-<b>4711</b>";

impl Case {
    pub async fn new() -> Self {
        let (mut world, proxy) = with_wire_proxy(World::generated(2, 1, 1).await).await;
        let mut accounts = world.harvester.accounts.to_vec();
        accounts[1].customer_id = "c-another".to_owned();
        world.harvester.accounts = accounts.into();
        let of = |index: usize| {
            let account = world.account(index);
            (account.customer_id.clone(), account.account_id.to_string())
        };
        let [(one, first), (other, second)] = [of(0), of(1)];
        world.harvest().await;
        let reports = world.source().for_scope(Principal::local().scope());
        let page = reports.account(first.parse().expect("an id")).await.expect("the account");
        let provider = page.account.provider.code().to_owned();
        let tags = [("muster:provider", provider.as_str()), ("muster:account", &first), ("muster:instance", ENROLLED)];
        let tags = tags.map(|(key, value)| serde_json::json!({ "Key": key, "Value": value }));
        // Those of the other account name the same identity, which is not theirs.
        proxy.alter(move |_, _, answer| {
            for entity in answer.pointer_mut("/Entities").and_then(Value::as_array_mut).into_iter().flatten() {
                let content = entity.pointer_mut("/Data/AWS:Tag/Content").and_then(Value::as_array_mut);
                content.into_iter().for_each(|content| content.extend(tags.clone()));
            }
        });
        world.harvest().await;
        let server = StandIn::start();
        server.add_account(&provider, (&first, "Account One"), (&one, "Customer One"));
        server.add_account(&provider, (&second, "Account Two"), (&other, "Customer Two"));
        let instances = world.estate.read().expect("the estate").instances();
        let instance = instances.iter().find(|it| it.account_id.to_string() == first).expect("an instance");
        let instance = instance.instance_id.to_string();
        Self { world, server, customers: [one, other], accounts: [first, second], instance, provider }
    }

    pub fn provider(&self) -> &str {
        &self.provider
    }

    pub fn state(&self) -> ServerState {
        self.state_without().with_enrollment(Some(self.server.client(self.world.clock.clone())))
    }

    fn state_without(&self) -> ServerState {
        let public_url = PublicUrl::try_from("https://vmm.example".to_owned()).expect("an origin");
        let assignments = Assignments::of([("manager".to_owned(), BTreeSet::from([self.customers[0].clone()]))]);
        let sign_in = SignIn::new(public_url, assignments, self.world.clock.clone());
        state_behind_proxy(&self.world.source(), no_rate_limit(), sign_in)
    }

    pub fn visitor(&self, role: Role) -> Visitor {
        Visitor::signed_in(&self.state(), person(role))
    }

    pub fn customer(&self, index: usize) -> Role {
        Role::Customer { customers: BTreeSet::from([self.customers[index].clone()]) }
    }

    fn auditor(&self, day: Date) -> Role {
        Role::Auditor { customer: self.customers[0].clone(), day }
    }
}

pub const OPERATOR: Role = Role::Operator { command_output: false };
const MANAGER: Role = Role::AccountManager { only: None };

pub fn person(role: Role) -> Identity {
    Identity { issuer: "test".into(), subject: "manager".into(), name: "Somebody".into(), role }
}

async fn page(visitor: &Visitor, path: &str) -> String {
    let answer = visitor.get(path).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
    answer.body
}

#[tokio::test(flavor = "multi_thread")]
async fn callers_see_accounts_and_enrollments_of_their_scope_only() {
    let case = Case::new().await;
    for (index, state) in [(0, EnrollmentState::AwaitingApproval), (1, EnrollmentState::Failed)] {
        let (account, customer) = (&case.accounts[index], &case.customers[index]);
        case.server.add_enrollment(case.provider(), account, &format!("machine-{index}"), customer, state);
    }
    let all = "/api/v1/enrollment/accounts";
    for (role, sees) in [(case.customer(0), &[0][..]), (case.customer(1), &[1]), (MANAGER, &[0]), (OPERATOR, &[0, 1])] {
        let visitor = case.visitor(role.clone());
        let rows: Value = serde_json::from_str(&page(&visitor, all).await).expect("JSON");
        assert_eq!(rows["total"], sees.len(), "{role:?}");
        for index in [0, 1] {
            let path = format!("/enrollment?account={}", case.accounts[index]);
            let body = page(&visitor, &path).await;
            let name = ["Account One", "Account Two"][index];
            assert_eq!(body.contains(name), sees.contains(&index), "{role:?} {path}: {body}");
            assert_eq!(body.contains(&format!("machine-{index}")), sees.contains(&index), "{role:?} {path}: {body}");
            assert!(!body.contains(&format!("machine-{}", 1 - index)), "{role:?} {path}: {body}");
        }
        let queue = visitor.get("/enrollment/queue?list=failed").await;
        let list = visitor.get("/api/v1/enrollments?list=failed").await;
        let expected = if role == OPERATOR { StatusCode::OK } else { StatusCode::NOT_FOUND };
        assert_eq!((queue.status, list.status), (expected, expected), "{role:?}");
        assert_eq!(queue.body.contains("machine-1"), role == OPERATOR);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_account_has_instructions_and_what_became_of_its_enrollments() {
    let case = Case::new().await;
    let (account, customer) = (&case.accounts[0], &case.customers[0]);
    case.server.add_enrollment(case.provider(), account, "machine-0", customer, EnrollmentState::Failed);
    let body = page(&case.visitor(case.customer(0)), "/enrollment").await;
    for text in [
        "rackspace-addon-patching-patchgroup",
        "https://enroll.example/scripts/0a0a0a0a/linux.sh",
        &"0a".repeat(32),
        "sha256sum --check",
        "ssm.eu-central-1.amazonaws.com",
        "The AWS organization may have no more accounts.",
        "The operators of VM Management must do something about it.",
        "the label asks for `whenever`",
        "for the first instance",
    ] {
        assert!(body.contains(text), "`{text}` is not in {body}");
    }
    assert!(!body.contains("ApproveAfterDays"), "drift is not for customers: {body}");
}

#[tokio::test(flavor = "multi_thread")]
async fn operators_and_managers_see_drift_on_the_page_of_the_account() {
    let case = Case::new().await;
    let path = format!("/accounts/{}", case.accounts[0]);
    for (role, is_shown) in [(OPERATOR, true), (MANAGER, true), (case.customer(0), false)] {
        let body = page(&case.visitor(role.clone()), &path).await;
        let texts = ["patch baseline muster-windows-late of Account One", "ApproveAfterDays", "never rewritten"];
        assert_eq!(texts.map(|text| body.contains(text)), [is_shown; 3], "{role:?}");
        assert!(!body.contains("Account Two"), "{role:?}");
    }
    let body = page(&Visitor::signed_in(&case.state_without(), person(OPERATOR)), &path).await;
    assert!(!body.contains("Settings of the systems account"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_shows_its_own_enrollments() {
    let case = Case::new().await;
    let (account, own, other) = (&case.accounts[0], &case.customers[0], &case.customers[1]);
    let id = case.server.add_enrollment(case.provider(), account, ENROLLED, own, EnrollmentState::Enrolled);
    // The same identity of a former customer, and another instance.
    let former = case.server.add_enrollment(case.provider(), account, ENROLLED, other, EnrollmentState::Reset);
    let another = case.server.add_enrollment(case.provider(), account, "vm-1", own, EnrollmentState::Enrolled);
    let path = format!("/instances/{}", case.instance);
    for role in [case.customer(0), OPERATOR] {
        let body = page(&case.visitor(role), &path).await;
        assert!(body.contains(&id) && body.contains("6d9e3fa7-activation"), "{body}");
        assert!(
            body.contains("attested document of vm-&lt;b&gt;4711&lt;/b&gt;") && !body.contains("<b>4711"),
            "{body}"
        );
        assert!(!body.contains(&former) && !body.contains(&another), "{body}");
    }
    let answer = case.visitor(case.customer(1)).get(&path).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outage_is_said_in_words_and_breaks_no_other_page() {
    let case = Case::new().await;
    let account = format!("/accounts/{}", case.accounts[0]);
    let instance = format!("/instances/{}", case.instance);
    for (behaviour, words) in [
        (Behaviour::Status(StatusCode::UNAUTHORIZED), "enrollment_secret_file"),
        (Behaviour::Status(StatusCode::INTERNAL_SERVER_ERROR), "its log"),
        (Behaviour::Status(StatusCode::NOT_FOUND), "its log"),
        (Behaviour::Garbage, "its log"),
        (Behaviour::Oversized, "its log"),
        (Behaviour::Redirect, "its log"),
        (Behaviour::Silent, "did not answer"),
    ] {
        case.server.behave(behaviour);
        let visitor = case.visitor(OPERATOR);
        let started = Instant::now();
        for path in ["/enrollment", "/enrollment/queue"] {
            let answer = visitor.get(path).await;
            let body = &answer.body;
            assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{behaviour:?} {path}: {body}");
            assert!(body.contains("Nothing is known of enrollments") && body.contains(words), "{behaviour:?}: {body}");
            assert!(!body.contains("Nothing is pending"), "{behaviour:?} {path}: {body}");
        }
        for path in ["/api/v1/enrollment/accounts", "/api/v1/enrollments"] {
            let answer = visitor.get(path).await;
            assert_eq!(answer.code(), "enrollment_unavailable", "{behaviour:?} {path}");
        }
        for path in [&account, &instance] {
            let body = page(&visitor, path).await;
            assert!(body.contains("Nothing is known of enrollments"), "{behaviour:?} {path}: {body}");
        }
        // Only the first request waits: the clock of the portal stands still.
        assert!(started.elapsed() < Duration::from_secs(20), "{behaviour:?}");
    }
    case.server.behave(Behaviour::Healthy);
    let visitor = case.visitor(case.customer(0));
    page(&visitor, "/enrollment").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_an_outage_the_server_is_asked_again_once_the_pause_is_over() {
    let case = Case::new().await;
    let visitor = case.visitor(OPERATOR);
    case.server.behave(Behaviour::Silent);
    assert_eq!(visitor.get("/enrollment/queue").await.status, StatusCode::SERVICE_UNAVAILABLE);
    case.server.behave(Behaviour::Healthy);
    let asked = case.server.requests().len();
    assert_eq!(visitor.get("/enrollment/queue").await.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(case.server.requests().len(), asked, "it was asked within the pause");
    case.world.clock.advance(6);
    page(&visitor, "/enrollment/queue").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_texts_are_text_and_hostile_commands_are_not_shown() {
    let case = Case::new().await;
    let hostile = "</bdi><script>alert(1)</script>\u{202e}";
    let (account, customer) = (&case.accounts[0], &case.customers[0]);
    case.server.add_enrollment(case.provider(), account, hostile, customer, EnrollmentState::Failed);
    case.server.add_account("gcp", ("731", hostile), (customer, hostile));
    let operator = case.visitor(OPERATOR);
    for path in ["/enrollment", "/enrollment/queue?list=failed", "/enrollment?account=731"] {
        let body = page(&operator, path).await;
        assert!(body.contains("&lt;script&gt;alert(1)") && !body.contains("<script>alert"), "{path}: {body}");
    }
    case.server.set_guide(|guide| guide.scripts[0].url = "https://enroll.example/'; id; '".to_owned());
    assert_eq!(operator.get("/enrollment").await.status, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test(flavor = "multi_thread")]
async fn enrollment_has_only_a_present() {
    let case = Case::new().await;
    let first = day_of(case.world.clock_now());
    case.world.next_day();
    case.world.harvest().await;
    let path = format!("/enrollment?as_of={first}");
    let body = page(&case.visitor(OPERATOR), &path).await;
    assert!(body.contains("only a present") && body.contains("View the present"), "{body}");
    // An auditor sees one day only, also while it is today.
    for day in [first, day_of(case.world.clock_now())] {
        let auditor = case.visitor(case.auditor(day));
        let body = page(&auditor, "/enrollment").await;
        assert!(body.contains("only a present") && !body.contains("Account One"), "{body}");
        let answer = auditor.get("/api/v1/enrollment/accounts").await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{}", answer.body);
        let body = page(&auditor, &format!("/instances/{}", case.instance)).await;
        assert!(!body.contains("Nothing is known of enrollments") && !body.contains("id=\"enrollment\""), "{body}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_button_of_an_empty_portal_leads_to_enrollment_if_there_is_a_server() {
    let case = Case::new().await;
    let nobody = Role::Customer { customers: BTreeSet::from(["c-new".to_owned()]) };
    let body = page(&case.visitor(nobody.clone()), "/").await;
    assert!(body.contains("There are no VMs") && body.contains("href=\"/enrollment\""), "{body}");
    let without = Visitor::signed_in(&case.state_without(), person(nobody));
    let body = page(&without, "/").await;
    assert!(body.contains("href=\"/learn-more\"") && !body.contains("href=\"/enrollment\""), "{body}");
    for path in ["/enrollment", "/enrollment/queue", "/api/v1/enrollment/accounts"] {
        assert_eq!(without.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
}
