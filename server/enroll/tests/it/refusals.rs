//! Every refusal, with its code.

use crate::support::{
    Plan, World, body,
    evidence::{self, AWS_ACCOUNT, INSTANCE, PENDING, PROJECT_NUMBER, SUBSCRIPTION, VCENTER_ACCOUNT},
};
use muster_attest::forge::{base64, keys, message::Message};
use serde_json::{Value, json};
use std::sync::atomic::Ordering;

const VM: &str = "02aab8a4-74ef-476e-8182-f6d2ba4166a6";

#[tokio::test]
async fn malformed_requests_are_refused_and_use_up_no_challenge() {
    let world = World::new().await;
    let challenge = world.challenge("aws").await;
    let id = challenge["challenge_id"].as_str().expect("an id");
    let good = body(id, "aws", evidence::ec2(AWS_ACCOUNT, INSTANCE, PENDING));
    let with = |path: &str, value: Value| {
        let mut changed = good.clone();
        *changed.pointer_mut(path).unwrap_or_else(|| panic!("{path}")) = value;
        changed.to_string()
    };
    let mut extra = good.clone();
    extra["surprise"] = json!(1);
    let mut extra_os = good.clone();
    extra_os["os"]["kernel"] = json!("6.1");
    let many: serde_json::Map<String, Value> = (0..65).map(|i| (format!("l{i}"), json!("x"))).collect();
    for text in [
        String::new(),
        "{".to_owned(),
        "[]".to_owned(),
        "{}".to_owned(),
        extra.to_string(),
        extra_os.to_string(),
        with("/provider", json!("oxide")),
        with("/challenge_id", json!("x".repeat(129))),
        with("/os/id", json!("x".repeat(65))),
        with("/os/id", json!("")),
        with("/os/version", json!("\u{202e}")),
        with("/os/architecture", json!("i686")),
        with("/os/architecture", json!("")),
        with("/labels", json!({"a": 1})),
        with("/labels", json!({"a": "x".repeat(257)})),
        with("/labels", Value::Object(many)),
        format!("{}x", good),
        good.to_string().replacen("{", r#"{"provider":"aws","#, 1),
    ] {
        world.client.post_text("/enroll/v1/attest", &text, "").await.check(400, "malformed");
    }
    for text in [r#"{"provider":"oxide"}"#, r#"{"provider":"aws","x":1}"#, "{}"] {
        world.client.post_text("/enroll/v1/challenge", text, "").await.check(400, "malformed");
    }
    assert_eq!(world.attest(good).await.status, 200);
}

#[tokio::test]
async fn wrong_evidence_is_refused_with_its_own_code() {
    let world = World::new().await;
    let foreign = Message { key: &keys::FOREIGN, ..Message::ec2(r#"{"region":"eu-west-1"}"#) };
    let foreign = json!({"rsa2048": base64(&foreign.encode())});
    world.enroll("aws", |_| foreign).await.check(401, "evidence_invalid");
    world.enroll("aws", |_| json!({"rsa2048": "MIAG"})).await.check(400, "malformed");
    world.enroll("aws", |_| json!({"token": "e.e.s"})).await.check(400, "malformed");
    world.enroll("aws", |_| json!({"rsa2048": "MIAG", "more": 1})).await.check(400, "malformed");
    world.enroll_ec2(INSTANCE, "2026-11-29T11:00:00Z").await.check(401, "stale");
    let other = world.challenge("azure").await;
    world.enroll("azure", |_| evidence::azure(SUBSCRIPTION, VM, &other)).await.check(401, "nonce");
    let other = world.challenge("gcp").await;
    world.enroll("gcp", |_| evidence::gcp("7", &other)).await.check(401, "nonce");
    assert_eq!(world.calls(), 0);
}

#[tokio::test]
async fn evidence_of_another_provider_than_the_challenge_is_refused() {
    let world = World::new().await;
    let challenge = world.challenge("azure").await;
    let id = challenge["challenge_id"].as_str().expect("an id");
    let wrong = body(id, "aws", evidence::ec2(AWS_ACCOUNT, INSTANCE, PENDING));
    world.attest(wrong.clone()).await.check(422, "wrong_provider");
    // Whatever the result, the challenge is used.
    world.attest(body(id, "azure", evidence::azure(SUBSCRIPTION, VM, &challenge))).await.check(409, "replayed");
    let challenge = world.challenge("openstack").await;
    let id = challenge["challenge_id"].as_str().expect("an id");
    world.attest(body(id, "openstack", evidence::vmware(1))).await.check(422, "wrong_provider");
}

#[tokio::test]
async fn unknown_and_expired_challenges_are_refused() {
    let world = World::new().await;
    let evidence = evidence::ec2(AWS_ACCOUNT, INSTANCE, PENDING);
    let answer = world.attest(body("unknown", "aws", evidence.clone())).await;
    answer.check(503, "challenge_expired");
    assert_eq!(answer.headers["retry-after"], "2");
    let challenge = world.challenge("aws").await;
    world.advance(300);
    let late = body(challenge["challenge_id"].as_str().expect("an id"), "aws", evidence);
    world.attest(late).await.check(503, "challenge_expired");
    assert_eq!(world.calls(), 0);
}

/// Genuine evidence of instances that are not our customers'.
#[tokio::test]
async fn strangers_are_refused_before_anything_is_requested_or_stored() {
    let world = World::new().await;
    let other_subscription = "9d10da13-8125-4ba9-a717-bf7490507b3d";
    let not_enrolled = (403, "account_not_enrolled");
    let answers = [
        world.enroll("aws", |_| evidence::ec2("999999999999", INSTANCE, PENDING)).await,
        world.enroll("azure", |challenge| evidence::azure(other_subscription, VM, challenge)).await,
        world.enroll("azure", |challenge| evidence::azure(evidence::GOVERNMENT_SUBSCRIPTION, VM, challenge)).await,
        // The project's id, which somebody else has now.
        world.enroll("gcp", |challenge| evidence::gcp_with("g1", PROJECT_NUMBER + 1, "7", challenge)).await,
        world.enroll("vmware", |_| evidence::vmware_of(VCENTER_ACCOUNT, "other", 1, "t-1")).await,
    ];
    for answer in answers {
        answer.check(not_enrolled.0, not_enrolled.1);
    }
    world
        .enroll("vmware", |_| evidence::vmware_of("vc-1/other", "acme", 1, "t-1"))
        .await
        .check(401, "evidence_invalid");
    assert_eq!(world.calls(), 0);
    assert_eq!(std::fs::read(world.path("ledger/enrollments.jsonl")).expect("a ledger"), b"");
    let audit = world.audit();
    assert!(
        audit.contains(r#""object":"aws/999999999999/i-0123456789abcdef0","detail":"account_not_enrolled""#),
        "{audit}"
    );
}

#[tokio::test]
async fn a_token_id_is_for_one_instance() {
    let world = World::new().await;
    let token = |number| move |_: &Value| evidence::vmware_of(VCENTER_ACCOUNT, "acme", number, "t-same");
    assert_eq!(world.enroll("vmware", token(1)).await.status, 200);
    world.enroll("vmware", token(2)).await.check(409, "replayed");
    // A clone has the instance's token, or gets a new one for the same instance.
    world.enroll("vmware", token(1)).await.check(409, "already_enrolled");
    world
        .enroll("vmware", |_| evidence::vmware_of(VCENTER_ACCOUNT, "acme", 1, "t-new"))
        .await
        .check(409, "already_enrolled");
    assert_eq!(world.calls(), 1);
}

#[tokio::test]
async fn googles_keys_are_fetched_again_for_an_unknown_key_once_a_minute() {
    let world = World::new().await;
    let attempt = async |key_id: &str, instance: &str| {
        world.enroll("gcp", |challenge| evidence::gcp_with(key_id, PROJECT_NUMBER, instance, challenge)).await
    };
    assert_eq!(attempt("g1", "1").await.status, 200);
    assert_eq!(world.keys.requests.load(Ordering::SeqCst), 1);
    for _ in 0..5 {
        attempt("g2", "2").await.check(401, "evidence_invalid");
    }
    assert_eq!(world.keys.requests.load(Ordering::SeqCst), 1, "the set is younger than a minute");
    *world.keys.key_id.lock().expect("not poisoned") = "g2".to_owned();
    world.advance(61);
    assert_eq!(attempt("g2", "2").await.status, 200);
    assert_eq!(world.keys.requests.load(Ordering::SeqCst), 2);
    // Without keys nothing is accepted.
    world.keys.status.store(500, Ordering::SeqCst);
    world.advance(61);
    for _ in 0..5 {
        let answer = attempt("g3", "3").await;
        answer.check(503, "keys_unavailable");
        assert_eq!(answer.headers["retry-after"], "60");
    }
    assert_eq!(world.keys.requests.load(Ordering::SeqCst), 3);
    world.keys.status.store(200, Ordering::SeqCst);
    world.advance(61);
    assert_eq!(attempt("g2", "3").await.status, 200);
}

/// A fetch that times out takes longer than the pause after it.
#[tokio::test]
async fn a_failed_fetch_of_googles_keys_is_not_repeated_at_once() {
    let world = World::new().await;
    world.keys.status.store(500, Ordering::SeqCst);
    world.keys.clock_seconds.store(10, Ordering::SeqCst);
    for _ in 0..3 {
        world.enroll("gcp", |challenge| evidence::gcp("1", challenge)).await.check(503, "keys_unavailable");
    }
    assert_eq!(world.keys.requests.load(Ordering::SeqCst), 1);
    world.keys.status.store(200, Ordering::SeqCst);
    world.keys.clock_seconds.store(0, Ordering::SeqCst);
    world.advance(5);
    assert_eq!(world.enroll("gcp", |challenge| evidence::gcp("1", challenge)).await.status, 200);
}

#[tokio::test]
async fn googles_keys_are_not_fetched_for_evidence_that_lacks_something_else() {
    let world = World::new().await;
    let other = world.challenge("gcp").await;
    world.enroll("gcp", |_| evidence::gcp("7", &other)).await.check(401, "nonce");
    world.enroll("gcp", |_| json!({"token": "e.e.s"})).await.check(400, "malformed");
    assert_eq!(world.keys.requests.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn failures_of_the_provisioning_have_their_own_answers() {
    let world = World::new().await;
    world.plan(Plan::Provisioning);
    for _ in 0..3 {
        let answer = world.enroll_ec2(INSTANCE, PENDING).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let json = answer.json();
        assert_eq!((json["status"].as_str(), json["retry_after"].as_u64()), (Some("provisioning"), Some(30)));
        assert_eq!(json["reason"], "systems_account");
    }
    world.plan(Plan::Unavailable);
    world.enroll_ec2(INSTANCE, PENDING).await.check(503, "unavailable");
    world.plan(Plan::Failed);
    world.enroll_ec2(INSTANCE, PENDING).await.check(503, "provisioning_failed");
    let calls = world.calls();
    world.plan(Plan::Ready);
    let answer = world.enroll_ec2(INSTANCE, PENDING).await;
    answer.check(503, "provisioning_failed");
    assert!(answer.text.contains("account_limit_exceeded") && !answer.text.contains("ask AWS"), "{}", answer.text);
    assert_eq!(world.calls(), calls, "an operator must retry it first");
    // All attempts were one enrollment.
    let seen = world.fake.seen.lock().expect("not poisoned");
    assert!(seen.iter().all(|enrollment| enrollment.id == seen[0].id));
}

#[tokio::test]
async fn unknown_addresses_and_methods_have_errors_of_the_same_form() {
    let world = World::new().await;
    world.client.get("/enroll/v1/other", "").await.check(404, "not_found");
    world.client.get("/", "").await.check(404, "not_found");
    world.client.get("/enroll/v1/attest", "").await.check(405, "method_not_allowed");
    world.client.post("/enroll/v1/health", &json!({})).await.check(405, "method_not_allowed");
}
