//! Each provider's instances get an activation.

use crate::support::{
    CODE, ORIGIN, World,
    client::Answer,
    evidence::{self, AWS_ACCOUNT, INSTANCE, PENDING, SUBSCRIPTION},
};
use serde_json::Value;

const VM: &str = "02aab8a4-74ef-476e-8182-f6d2ba4166a6";

fn check(world: &World, answer: &Answer, provider: &str, instance: &str) {
    assert_eq!(answer.status, 200, "{provider}: {}", answer.text);
    let json = answer.json();
    assert!(json["activation_code"].as_str().is_some_and(|code| code.starts_with(CODE)), "{json}");
    assert_eq!((json["region"].as_str(), json["patch_group"].as_str()), (Some("eu-west-1"), Some("late")));
    assert_eq!(json["label_note"], Value::Null);
    assert_eq!(answer.headers["cache-control"], "no-store");
    let seen = world.fake.seen.lock().expect("not poisoned");
    let enrollment = seen.last().expect("a call");
    assert_eq!((enrollment.identity.provider.name(), enrollment.identity.instance.as_str()), (provider, instance));
    let account = &enrollment.account;
    assert_eq!((account.customer.as_str(), enrollment.wants_patching), ("acme", true));
    assert_eq!((account.provider.name(), account.id.as_str()), (provider, enrollment.identity.account.as_str()));
    let existing = account.existing.as_ref().map(|existing| existing.systems_account.as_str());
    let number = ["aws", "azure", "", "gcp", "vmware"].iter().zip(1..).find(|(name, _)| **name == provider);
    assert_eq!(existing, number.map(|(_, number)| evidence::systems_account(number)).as_deref());
    assert_eq!(json["enrollment_id"].as_str(), Some(enrollment.id.as_str()));
}

#[tokio::test]
async fn an_instance_of_each_provider_gets_an_activation() {
    let world = World::new().await;
    check(&world, &world.enroll_ec2(INSTANCE, PENDING).await, "aws", INSTANCE);
    let answer = world.enroll("azure", |challenge| evidence::azure(SUBSCRIPTION, VM, challenge)).await;
    check(&world, &answer, "azure", VM);
    let answer = world.enroll("gcp", |challenge| evidence::gcp("7483927914964205112", challenge)).await;
    check(&world, &answer, "gcp", "7483927914964205112");
    check(&world, &world.enroll("vmware", |_| evidence::vmware(1)).await, "vmware", &evidence::uuid(1));
    assert_eq!(world.calls(), 4);
    let audit = world.audit();
    assert!(audit.contains(&format!(r#""object":"aws/{AWS_ACCOUNT}/{INSTANCE}""#)), "{audit}");
    assert_eq!(audit.matches(r#""action":"enrolled""#).count(), 4);
    assert_eq!(audit.matches(r#""ip":"127.0.0.1""#).count(), 8);
}

#[tokio::test]
async fn a_challenge_names_what_evidence_must_have() {
    let world = World::new().await;
    let google = world.challenge("gcp").await;
    let nonce = google["nonce"].as_str().expect("a nonce");
    assert_eq!(google["aud"], format!("{ORIGIN}/enroll/v1/gcp/{nonce}"));
    assert_eq!((nonce.len(), google["expires_in"].as_i64()), (32, Some(300)));
    assert_eq!(world.challenge("vmware").await["aud"], format!("{ORIGIN}/enroll/v1"));
    let ids = [&google["challenge_id"], &world.challenge("gcp").await["challenge_id"]].map(|id| id.to_string());
    assert_ne!(ids[0], ids[1]);
}

#[tokio::test]
async fn the_status_is_for_the_one_that_has_the_challenge() {
    let world = World::new().await;
    let challenge = world.challenge("aws").await;
    let id = challenge["challenge_id"].as_str().expect("an id");
    let status = async |secret: &str| {
        let answer = world.client.get("/enroll/v1/status", &format!("Authorization: Bearer {secret}\r\n")).await;
        (answer.status, answer.json()["status"].as_str().unwrap_or_default().to_owned(), answer.text)
    };
    assert_eq!(status(id).await.1, "open");
    let answer = world.attest(crate::support::body(id, "aws", evidence::ec2(AWS_ACCOUNT, INSTANCE, PENDING))).await;
    assert_eq!(answer.status, 200);
    let (_, found, text) = status(id).await;
    assert_eq!(found, "enrolled");
    assert!(!text.contains(CODE) && !text.contains("activation-"), "{text}");
    let enrollment = answer.json()["enrollment_id"].as_str().expect("an id").to_owned();
    for wrong in [enrollment.as_str(), "", "x", &"x".repeat(5_000)] {
        assert_eq!(status(wrong).await.0, 404, "{wrong}");
    }
    world.client.get("/enroll/v1/status", "").await.check(404, "not_found");
    world.advance(3_600);
    assert_eq!(status(id).await.0, 404);
}

#[tokio::test]
async fn health_and_description_are_answered() {
    let world = World::new().await;
    let health = world.client.get("/enroll/v1/health", "").await;
    assert_eq!((health.status, health.text.as_str()), (200, r#"{"status":"ok","registry":"current"}"#));
    let description = world.client.get("/enroll/v1/openapi.json", "").await.json();
    for path in ["challenge", "attest", "status", "health", "scripts/{version}/{file}"] {
        assert!(description["paths"].get(format!("/enroll/v1/{path}")).is_some(), "{path}");
    }
    for path in ["enrollments", "enrollments/{id}", "enrollments/{id}/{action}", "reset", "accounts", "guide"] {
        assert!(description["paths"].get(format!("/operators/v1/{path}")).is_some(), "{path}");
    }
    assert!(description["components"]["schemas"]["ActivationAnswer"].is_object(), "{description}");
}
