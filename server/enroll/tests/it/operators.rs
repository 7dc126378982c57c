//! The operators' API, as the portal calls it.

use crate::support::{
    OPERATORS_SECRET, Plan, World, body,
    client::Answer,
    evidence::{self, AWS_ACCOUNT, INSTANCE, PENDING, VCENTER_ACCOUNT},
    read_all, unlimited,
};
use muster_enroll::config::Limits;
use muster_http::rate_limiter::Quota;
use muster_model::enrollment::{Enrollment, EnrollmentAccount, EnrollmentState, Enrollments};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::time::Duration;

fn authorization() -> String {
    format!("Authorization: Bearer {OPERATORS_SECRET}\r\n")
}

async fn get(world: &World, path: &str) -> Answer {
    world.client.get(&format!("/operators/v1/{path}"), &authorization()).await
}

async fn read<T: DeserializeOwned>(world: &World, path: &str) -> T {
    let answer = get(world, path).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text);
    serde_json::from_str(&answer.text).expect("the model's form")
}

async fn post(world: &World, path: &str, body: &Value) -> Answer {
    let headers = format!("{}X-Request-Id: portal-42\r\n", authorization());
    world.client.post_text(&format!("/operators/v1/{path}"), &body.to_string(), &headers).await
}

fn operator() -> Value {
    json!({"subject": "u-7", "name": "Jo"})
}

const PATHS: [&str; 4] = ["enrollments", "enrollments/enr-x", "accounts", "guide"];

#[tokio::test]
async fn only_the_secret_opens_it() {
    let failures = Quota { burst: 20, period: Duration::from_secs(10) };
    let world = World::with(&evidence::roster(), Limits { operator_failures: failures, ..unlimited() }).await;
    assert_eq!(world.enroll_ec2(INSTANCE, PENDING).await.status, 200);
    let wrong = ["", "Authorization: Bearer \r\n", "Authorization: Basic SECRET\r\n"].map(str::to_owned);
    let almost = format!("Authorization: Bearer {}x\r\n", &OPERATORS_SECRET[..OPERATORS_SECRET.len() - 1]);
    let prefix = format!("Authorization: Bearer {}\r\n", &OPERATORS_SECRET[..20]);
    for header in wrong.iter().chain([&almost, &prefix]) {
        for path in PATHS {
            world.client.get(&format!("/operators/v1/{path}"), header).await.check(401, "unauthorized");
        }
    }
    // Failures are counted, and who has the secret is not kept out by them.
    let answer = world.client.get("/operators/v1/guide", "").await;
    answer.check(429, "rate_limited");
    assert_eq!(answer.headers["retry-after"], "10");
    world.client.post_text("/operators/v1/reset", &operator().to_string(), "").await.check(429, "rate_limited");
    assert_eq!(get(&world, "guide").await.status, 200);
    assert_eq!(world.audit().matches(r#""object":"operators_unauthorized""#).count(), 1);
    let audit = read_all(&world.close().await.path().join("audit"));
    assert!(audit.contains(r#""object":"operators_unauthorized","detail":"21 more within a minute""#), "{audit}");
    assert!(!audit.contains("SECRET"));
}

#[tokio::test]
async fn without_a_secret_it_does_not_exist_and_a_short_one_is_refused() {
    let world = World::without_operators().await;
    for path in PATHS {
        get(&world, path).await.check(404, "not_found");
    }
    let folder = world.close().await;
    let message = World::with_secret(folder, "0123456789012345678901234567890").await.expect_err("short").to_string();
    assert!(message.contains("less than 32 bytes"), "{message}");
}

#[tokio::test]
async fn lists_are_filtered_and_unknown_parameters_refused() {
    let world = World::new().await;
    assert_eq!(world.enroll_ec2(INSTANCE, PENDING).await.status, 200);
    assert_eq!(world.enroll("vmware", |_| evidence::vmware(1)).await.status, 200);
    world.plan(Plan::Provisioning);
    assert_eq!(world.enroll("vmware", |_| evidence::vmware(2)).await.status, 200);
    let vm = evidence::uuid(2);
    for (query, count) in [
        (String::new(), 3),
        ("?list=pending".to_owned(), 1),
        ("?list=failed".to_owned(), 0),
        ("?list=done".to_owned(), 2),
        ("?provider=vmware".to_owned(), 2),
        (format!("?provider=vmware&account={VCENTER_ACCOUNT}&customer=acme&instance={vm}"), 1),
        (format!("?provider=aws&instance={vm}"), 0),
        ("?customer=other".to_owned(), 0),
        ("?account=%27%3B+drop+table".to_owned(), 0),
    ] {
        let listed: Enrollments = read(&world, &format!("enrollments{query}")).await;
        assert_eq!((listed.enrollments.len(), listed.total), (count, count as u64), "{query}");
    }
    for query in ["?list=all", "?provider=oxide", "?surprise=1", "?list=done&list=done", "?List=done"] {
        get(&world, &format!("enrollments{query}")).await.check(400, "malformed");
    }
    get(&world, "accounts?region=eu-west-1").await.check(400, "malformed");
    get(&world, "other").await.check(404, "not_found");
    let listed: Enrollments = read(&world, "enrollments?provider=aws").await;
    let shown = &listed.enrollments[0];
    assert_eq!((shown.account_id.as_str(), shown.instance.as_str()), (AWS_ACCOUNT, INSTANCE));
    assert_eq!(shown.evidence, "EC2 identity document, instance started 2026-11-30T11:00:00Z");
    assert_eq!((shown.activation_id.as_deref(), shown.region.as_str()), (Some("activation-0"), "eu-west-1"));
    assert_eq!((shown.state, &shown.label_note), (EnrollmentState::Enrolled, &None));
    let one: Enrollment = read(&world, &format!("enrollments/{}", shown.id)).await;
    assert_eq!(one, *shown);
    for id in ["enr-missing", "%00", "..%2f..", &"x".repeat(5_000)] {
        get(&world, &format!("enrollments/{id}")).await.check(404, "not_found");
    }
}

#[tokio::test]
async fn what_was_verified_is_kept_in_words() {
    let world = World::new().await;
    let vm = "02aab8a4-74ef-476e-8182-f6d2ba4166a6";
    world.enroll("azure", |challenge| evidence::azure(evidence::SUBSCRIPTION, vm, challenge)).await;
    world.enroll("gcp", |challenge| evidence::gcp("7", challenge)).await;
    let challenge = world.challenge("vmware").await;
    let mut attempt = body(challenge["challenge_id"].as_str().expect("an id"), "vmware", evidence::vmware(1));
    attempt["labels"] = json!({"rackspace-addon-patching-patchgroup": "</script>"});
    assert_eq!(world.attest(attempt).await.status, 200);
    for (provider, words) in [
        ("azure", "Azure attested document"),
        ("gcp", "Google Cloud identity token, project 198285616681"),
        ("vmware", "token of urn:muster:vcenter:5f1c9f8e (vm-42)"),
    ] {
        let listed: Enrollments = read(&world, &format!("enrollments?provider={provider}")).await;
        assert_eq!(listed.enrollments[0].evidence, words);
        let note = listed.enrollments[0].label_note.as_deref();
        assert_eq!(note.is_some_and(|note| note.contains("default patch group")), provider == "vmware", "{note:?}");
    }
}

#[tokio::test]
async fn operators_approve_retry_and_reset() {
    let world = World::with(&evidence::roster_to_create("approval = \"instance\""), unlimited()).await;
    let waits = world.enroll_ec2(INSTANCE, PENDING).await.json();
    let id = waits["enrollment_id"].as_str().expect("an id").to_owned();
    let act = async |action: &str| post(&world, &format!("enrollments/{id}/{action}"), &operator()).await;
    act("retry").await.check(409, "wrong_state");
    let answer = act("approve").await;
    assert_eq!((answer.status, answer.json()["state"].as_str()), (200, Some("admitted")), "{}", answer.text);
    world.plan(Plan::Failed);
    world.enroll_ec2(INSTANCE, PENDING).await.check(503, "provisioning_failed");
    world.plan(Plan::Unavailable);
    act("retry").await.check(503, "unavailable");
    world.plan(Plan::Ready);
    assert_eq!(act("retry").await.json()["state"], "admitted");
    assert_eq!(world.fake.retried.lock().expect("not poisoned").len(), 1);
    assert_eq!(world.enroll_ec2(INSTANCE, PENDING).await.status, 200);
    assert_eq!(act("reset").await.json()["state"], "reset");
    let answer = act("reset").await;
    answer.check(409, "wrong_state");
    assert!(answer.text.contains("Reset"), "{}", answer.text);
    act("delete").await.check(404, "not_found");
    post(&world, "enrollments/enr-missing/reset", &operator()).await.check(404, "not_found");
    for wrong in [json!({}), json!({"subject": "", "name": "Jo"}), json!({"subject": "u-7", "name": "Jo", "role": "x"})]
    {
        post(&world, &format!("enrollments/{id}/reset"), &wrong).await.check(400, "malformed");
    }
    let audit = world.audit();
    for action in ["enrollment_approved", "enrollment_retried", "enrollment_reset"] {
        let line = format!(r#""action":"{action}","result":"ok","subject":"u-7","issuer":"portal","role":"operator""#);
        assert!(audit.contains(&line), "{audit}");
    }
    assert!(audit.contains(r#""request_id":"portal-42""#), "{audit}");
}

#[tokio::test]
async fn an_action_during_an_attempt_is_refused() {
    let world = World::new().await;
    world.plan(Plan::Hangs);
    let attempt = async { world.enroll_ec2(INSTANCE, PENDING).await };
    let act = async {
        while world.calls() == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let listed: Enrollments = read(&world, "enrollments").await;
        post(&world, &format!("enrollments/{}/reset", listed.enrollments[0].id), &operator()).await
    };
    tokio::select! {
        answer = attempt => panic!("{}", answer.text),
        answer = act => answer.check(409, "in_progress"),
    }
}

#[tokio::test]
async fn many_enrollments_are_reset_at_once_and_the_quota_is_free_again() {
    let registry = evidence::roster().replace("instances_max = 1000", "instances_max = 3");
    let world = World::with(&registry, unlimited()).await;
    for number in 0..3 {
        assert_eq!(world.enroll("vmware", |_| evidence::vmware(number)).await.status, 200);
    }
    world.enroll("vmware", |_| evidence::vmware(3)).await.check(403, "quota_exceeded");
    let listed: Enrollments = read(&world, "enrollments").await;
    let mut ids: Vec<String> = listed.enrollments.into_iter().map(|enrollment| enrollment.id).collect();
    ids.extend(["enr-missing".to_owned(), ids[0].clone()]);
    let reset =
        async |ids: &[String]| post(&world, "reset", &json!({"subject": "u-7", "name": "Jo", "ids": ids})).await;
    let answer = reset(&ids).await.json();
    assert_eq!(answer["reset"], json!(ids[..3]));
    let refused = answer["refused"].as_array().expect("a list");
    let codes: Vec<_> = refused.iter().map(|it| (it["id"].as_str(), it["code"].as_str())).collect();
    assert_eq!(codes, [(Some("enr-missing"), Some("not_found")), (Some(ids[0].as_str()), Some("wrong_state"))]);
    for number in 3..6 {
        assert_eq!(world.enroll("vmware", |_| evidence::vmware(number)).await.status, 200);
    }
    reset(&[]).await.check(400, "malformed");
    reset(&vec!["enr-x".to_owned(); 501]).await.check(400, "malformed");
}

#[tokio::test]
async fn accounts_say_how_far_they_are() {
    let roster = evidence::roster()
        .replace("id = \"acme\"\ninst", "id = \"acme\"\nname = \"A & B\"\ninst")
        .replace(&evidence::existing(1), "account_name = \"Web\"\n")
        .replace(&evidence::setup_role(1), "");
    let world = World::with(&roster, unlimited()).await;
    let all: Vec<EnrollmentAccount> = read(&world, "accounts").await;
    assert_eq!(all.len(), 5);
    for query in ["provider=aws", "account=123456789012", "provider=aws&customer=acme"] {
        let accounts: Vec<EnrollmentAccount> = read(&world, &format!("accounts?{query}")).await;
        let [account] = accounts.as_slice() else { panic!("{query}: {accounts:?}") };
        assert_eq!((account.account_name.as_str(), account.customer_name.as_str()), ("Web", "A & B"));
        assert_eq!((account.systems_account.as_deref(), account.instances, account.instances_max), (None, 0, 1_000));
        assert!(account.approval.starts_with("Once"), "{}", account.approval);
    }
    world.plan(Plan::Failed);
    world.enroll("vmware", |_| evidence::vmware(1)).await.check(503, "provisioning_failed");
    let accounts: Vec<EnrollmentAccount> = read(&world, "accounts?provider=vmware").await;
    assert_eq!((accounts[0].instances, accounts[0].failure.as_deref()), (1, Some("ask AWS")));
    assert_eq!(accounts[0].systems_account.as_deref(), Some(evidence::systems_account(5).as_str()));
}
