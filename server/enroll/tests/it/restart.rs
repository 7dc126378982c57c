//! What outlives a restart, and what must not be restored.

use crate::support::{
    Plan, World, body,
    evidence::{self, AWS_ACCOUNT, INSTANCE, PENDING},
    read_all, unlimited,
};
use std::{fs, io::Write};

const LEDGER: &str = "ledger/enrollments.jsonl";

#[tokio::test]
async fn a_restart_keeps_enrollments_and_forgets_challenges() {
    let world = World::new().await;
    assert_eq!(world.enroll_ec2(INSTANCE, PENDING).await.status, 200);
    assert_eq!(world.enroll("vmware", |_| evidence::vmware(1)).await.status, 200);
    world.plan(Plan::Provisioning);
    assert_eq!(world.enroll("vmware", |_| evidence::vmware(2)).await.json()["status"], "provisioning");
    let first = world.fake.seen.lock().expect("not poisoned").last().expect("a call").id.clone();
    let open = world.challenge("aws").await;
    let world = World::open(world.close().await, unlimited()).await.expect("restarted");
    world.enroll_ec2(INSTANCE, PENDING).await.check(409, "already_enrolled");
    world.enroll("vmware", |_| evidence::vmware(1)).await.check(409, "already_enrolled");
    let evidence = evidence::ec2(AWS_ACCOUNT, "i-0123456789abcdef1", PENDING);
    world
        .attest(body(open["challenge_id"].as_str().expect("an id"), "aws", evidence))
        .await
        .check(503, "challenge_expired");
    assert_eq!(world.calls(), 0);
    // What was in progress goes on as the same enrollment.
    assert!(world.enroll("vmware", |_| evidence::vmware(2)).await.text.contains("activation_code"));
    assert_eq!(world.fake.seen.lock().expect("not poisoned")[0].id, first);
}

#[tokio::test]
async fn an_attempt_that_a_crash_ended_can_be_repeated() {
    let mut limits = unlimited();
    limits.activation_timeout = std::time::Duration::from_millis(50);
    let world = World::with(&evidence::roster(), limits).await;
    world.plan(Plan::Hangs);
    world.enroll_ec2(INSTANCE, PENDING).await.check(503, "unavailable");
    let world = World::open(world.close().await, unlimited()).await.expect("restarted");
    assert_eq!(world.enroll_ec2(INSTANCE, PENDING).await.status, 200);
}

#[tokio::test]
async fn a_ledger_that_is_older_than_the_audit_log_is_not_used() {
    let world = World::new().await;
    assert_eq!(world.enroll_ec2(INSTANCE, PENDING).await.status, 200);
    let folder = world.close().await;
    let backup = fs::read(folder.path().join(LEDGER)).expect("a ledger");
    let world = World::open(folder, unlimited()).await.expect("restarted");
    assert_eq!(world.enroll("vmware", |_| evidence::vmware(1)).await.status, 200);
    let folder = world.close().await;
    let newest = fs::read(folder.path().join(LEDGER)).expect("a ledger");
    let refused = async |content: Option<&[u8]>| {
        match content {
            Some(content) => fs::write(folder.path().join(LEDGER), content).expect("written"),
            None => fs::remove_file(folder.path().join(LEDGER)).expect("removed"),
        }
        World::open(folder.clone(), unlimited()).await.err().expect("refused").to_string()
    };
    for content in [Some(backup.as_slice()), Some(b"".as_slice()), None, Some(&newest[..newest.len() - 1])] {
        let message = refused(content).await;
        assert!(message.contains("is older than the audit log"), "{message}");
    }
    // A line that was changed, or moved.
    let mut changed = newest.clone();
    changed[20] ^= 1;
    assert!(refused(Some(&changed)).await.contains("was changed or is damaged"));
    fs::write(folder.path().join(LEDGER), &newest).expect("written");
    let world = World::open(folder, unlimited()).await.expect("the newest one");
    world.enroll("vmware", |_| evidence::vmware(1)).await.check(409, "already_enrolled");
}

#[tokio::test]
async fn a_partial_last_line_is_removed_and_the_chain_goes_on() {
    let world = World::new().await;
    assert_eq!(world.enroll_ec2(INSTANCE, PENDING).await.status, 200);
    let folder = world.close().await;
    let path = folder.path().join(LEDGER);
    let whole = fs::read(&path).expect("a ledger");
    fs::OpenOptions::new().append(true).open(&path).expect("opened").write_all(br#"{"number":3,"at"#).expect("written");
    let world = World::open(folder, unlimited()).await.expect("restarted");
    assert_eq!(fs::read(&path).expect("a ledger"), whole);
    world.enroll_ec2(INSTANCE, PENDING).await.check(409, "already_enrolled");
    assert_eq!(world.enroll("vmware", |_| evidence::vmware(1)).await.status, 200);
    let folder = world.close().await;
    let world = World::open(folder, unlimited()).await.expect("restarted again");
    world.enroll("vmware", |_| evidence::vmware(1)).await.check(409, "already_enrolled");
}

#[tokio::test]
async fn a_second_process_does_not_start() {
    let world = World::new().await;
    let message = World::open(world.folder.clone(), unlimited()).await.err().expect("refused").to_string();
    assert!(message.contains("in use by another process"), "{message}");
    assert_eq!(world.enroll_ec2(INSTANCE, PENDING).await.status, 200);
}

/// The code is dropped then, so the instance must be able to get another one.
#[tokio::test]
async fn an_activation_that_cannot_be_recorded_is_not_handed_out() {
    let world = World::new().await;
    let file = fs::read_dir(world.path("audit")).expect("a folder").map(|entry| entry.expect("an entry").path());
    let file = file.into_iter().find(|path| path.extension().is_some()).expect("a file");
    let aside = world.path("aside");
    world.plan(Plan::Unused);
    *world.fake.moves.lock().expect("not poisoned") = Some((file.clone(), aside.clone()));
    let answer = world.enroll_ec2(INSTANCE, PENDING).await;
    answer.check(503, "unavailable");
    assert_eq!(world.calls(), 1);
    fs::rename(&aside, &file).expect("moved back");
    assert!(!world.audit().contains(r#""action":"enrolled""#));
    world.plan(Plan::Ready);
    assert!(world.enroll_ec2(INSTANCE, PENDING).await.text.contains("activation_code"));
    world.enroll_ec2(INSTANCE, PENDING).await.check(409, "already_enrolled");
}

/// Without the audit log nothing is done.
#[tokio::test]
async fn nothing_is_requested_while_the_audit_log_cannot_be_written() {
    let world = World::new().await;
    let folder = world.path("audit");
    for entry in fs::read_dir(&folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
        if entry.extension().is_some() {
            fs::remove_file(entry).expect("removed");
        }
    }
    world.enroll_ec2(INSTANCE, PENDING).await.check(503, "unavailable");
    assert_eq!(world.calls(), 0);
    assert!(!read_all(&world.path("ledger")).contains(r#""state":"enrolled""#));
    assert_eq!(world.client.get("/enroll/v1/health", "").await.status, 503);
}
