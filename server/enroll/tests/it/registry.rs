//! The registry is read again when it changes, and labels follow it.

use crate::support::{
    World, body,
    evidence::{self, AWS_ACCOUNT, INSTANCE, PENDING, VCENTER_ACCOUNT},
};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

async fn enroll_with(world: &World, number: usize, labels: Value) -> Value {
    let challenge = world.challenge("vmware").await;
    let mut body = body(challenge["challenge_id"].as_str().expect("an id"), "vmware", evidence::vmware(number));
    body["labels"] = labels;
    let answer = world.attest(body).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()
}

#[tokio::test]
async fn a_changed_file_is_read_and_an_erroneous_one_keeps_the_old() {
    let world = World::new().await;
    let path = world.path("roster.toml");
    let valid = evidence::roster();
    std::fs::write(&path, valid.replace(AWS_ACCOUNT, "000000000000")).expect("written");
    world.enroll_ec2(INSTANCE, PENDING).await.check(403, "account_not_enrolled");
    std::fs::write(&path, format!("{valid}\n")).expect("written");
    world.service.reload_registry().await.expect("valid");
    assert_eq!(world.enroll_ec2(INSTANCE, PENDING).await.status, 200);
    let health = async || world.client.get("/enroll/v1/health", "").await.json()["registry"].clone();
    assert_eq!(health().await, "current");
    for wrong in ["[[account]]\nprovider = \"aws\"\n", "no TOML"] {
        std::fs::write(&path, wrong).expect("written");
        assert_eq!(world.enroll_ec2(INSTANCE, PENDING).await.code(), "already_enrolled", "the old one is in use");
        assert_eq!(health().await, "outdated");
        let message = world.service.reload_registry().await.expect_err("wrong").to_string();
        assert!(message.contains("roster.toml"), "{message}");
    }
    std::fs::remove_file(&path).expect("removed");
    world.enroll("aws", |_| evidence::ec2("999999999999", INSTANCE, PENDING)).await.check(403, "account_not_enrolled");
    assert_eq!(health().await, "outdated");
    std::fs::write(&path, format!("{valid}\n\n")).expect("written");
    assert_eq!(health().await, "current");
    let audit = world.audit();
    // Two erroneous contents and a missing file; the changed file, and the one that was read again.
    assert_eq!(audit.matches(r#""action":"registry_reloaded","result":"failed""#).count(), 3);
    assert_eq!(audit.matches(r#""action":"registry_reloaded","result":"ok""#).count(), 2);
}

#[tokio::test]
async fn labels_that_are_unknown_or_hostile_lead_to_the_default_group() {
    let world = World::new().await;
    const GROUP: &str = "rackspace-addon-patching-patchgroup";
    let plain = enroll_with(&world, 1, json!({})).await;
    assert_eq!((plain["patch_group"].as_str(), plain.get("label_note")), (Some("on-time"), None));
    let early = enroll_with(&world, 2, json!({GROUP: "early"})).await;
    assert_eq!((early["patch_group"].as_str(), early.get("label_note")), (Some("early"), None));
    for (number, value) in
        ["Early", "early ", "", "</script><img>", "a'; drop table x; --", "\u{202e}early", "\0", "=cmd|'/c calc'!A1"]
            .into_iter()
            .enumerate()
    {
        let answer =
            enroll_with(&world, 10 + number, json!({GROUP: value, "other": value, "vmm:instance": "i-1"})).await;
        assert_eq!(answer["patch_group"], "on-time", "{value:?}");
        assert_eq!(answer["label_note"], "unknown_patch_group", "{value:?}");
    }
    let patching = enroll_with(&world, 30, json!({"rackspace-addon-patching": "maybe"})).await;
    assert_eq!(patching["label_note"], "unknown_patching_value");
    let seen = world.fake.seen.lock().expect("not poisoned");
    assert!(seen.iter().all(|enrollment| !enrollment.wants_patching));
    assert!(seen.iter().all(|enrollment| ["on-time", "early"].contains(&enrollment.patch_group.as_str())));
    let audit = world.audit();
    assert!(!audit.contains("drop table") && !audit.contains("script"), "labels are not recorded");
}

/// VMware, OpenStack and dedicated servers have no place for labels but the token.
#[tokio::test]
async fn labels_of_the_token_replace_those_of_the_request() {
    let world = World::new().await;
    let enroll = async |number: usize, claim: &str| {
        let token = evidence::vmware_with(claim, VCENTER_ACCOUNT, "acme", number, &format!("t-{number}"));
        world.enroll("vmware", |_| token).await
    };
    // The request has the labels `true` and `late`.
    for (number, claim, group, wants_patching) in [
        (1, "", "late", true),
        (2, r#""labels":{},"#, "on-time", false),
        (3, r#""labels":{"rackspace-addon-patching-patchgroup":"early"},"#, "early", false),
        (
            4,
            r#""labels":{"rackspace-addon-patching":"true","rackspace-addon-patching-patchgroup":"x"},"#,
            "on-time",
            true,
        ),
    ] {
        let answer = enroll(number, claim).await;
        assert_eq!(answer.json()["patch_group"], group, "{claim}: {}", answer.text);
        let seen = world.fake.seen.lock().expect("not poisoned");
        assert_eq!(seen.last().expect("a call").wants_patching, wants_patching, "{claim}");
    }
    let calls = world.calls();
    for claim in [
        r#""labels":{"vmm:instance":"i-1"},"#,
        r#""labels":"early","#,
        r#""labels":{"rackspace-addon-patching":true},"#,
    ] {
        enroll(9, claim).await.check(401, "evidence_invalid");
    }
    assert_eq!(world.calls(), calls);
}

/// A disk that does not answer: the file is a pipe that nobody has written to yet.
#[tokio::test]
async fn reading_the_registry_blocks_no_other_request() {
    let world = World::new().await;
    let path = world.path("roster.toml");
    let next = world.path("next.toml");
    std::fs::write(&next, evidence::roster()).expect("written");
    std::fs::remove_file(&path).expect("removed");
    let made = std::process::Command::new("mkfifo").arg(&path).status().expect("mkfifo");
    assert!(made.success());
    let writer = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_secs(3));
        let mut pipe = std::fs::OpenOptions::new().write(true).open(&path).expect("a reader");
        std::fs::rename(&next, &path).expect("a file again");
        std::io::Write::write_all(&mut pipe, evidence::roster().as_bytes()).expect("written");
    });
    let client = world.client;
    let start = Instant::now();
    let health = tokio::spawn(async move { client.get("/enroll/v1/health", "").await });
    tokio::time::sleep(Duration::from_millis(100)).await;
    world.challenge("aws").await;
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
    assert_eq!(health.await.expect("answered").status, 200);
    writer.join().expect("written");
}
