//! What an instance gets that comes again, and what happens to attempts without their client.

use crate::support::{
    Plan, World, body,
    evidence::{self, AWS_ACCOUNT, INSTANCE, PENDING},
    unlimited,
};
use muster_enroll::{
    config::Limits,
    ledger::record::{EnrollmentId, State},
    operators::Listed,
};
use muster_http::connections::ConnectionLimits;
use muster_model::enrollment::EnrollmentAction as Action;
use std::time::Duration;
use tokio::{io::AsyncWriteExt, net::TcpStream};

fn seen(world: &World) -> Vec<(EnrollmentId, Vec<EnrollmentId>)> {
    let seen = world.fake.seen.lock().expect("not poisoned");
    seen.iter().map(|enrollment| (enrollment.id.clone(), enrollment.earlier.clone())).collect()
}

/// Sends an attempt and disconnects when its activation was requested.
async fn attempt_without_client(world: &World) {
    let challenge = world.challenge("aws").await;
    let id = challenge["challenge_id"].as_str().expect("an id");
    let text = body(id, "aws", evidence::ec2(AWS_ACCOUNT, INSTANCE, PENDING)).to_string();
    let mut stream = TcpStream::connect(world.client.0).await.expect("connected");
    let head = format!("POST /enroll/v1/attest HTTP/1.1\r\nHost: vmm\r\nContent-Length: {}\r\n\r\n", text.len());
    stream.write_all(format!("{head}{text}").as_bytes()).await.expect("sent");
    while world.calls() == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn an_instance_that_did_not_use_its_activation_gets_another_one() {
    let world = World::new().await;
    world.plan(Plan::Unused);
    for number in 0..3 {
        let answer = world.enroll_ec2(INSTANCE, PENDING).await;
        assert_eq!(answer.json()["activation_id"], format!("activation-{number}"), "{}", answer.text);
        world.advance(1_800);
    }
    // After a restart too.
    let world = World::open(world.close().await, unlimited()).await.expect("restarted");
    world.advance(3 * 1_800);
    assert!(world.enroll_ec2(INSTANCE, PENDING).await.text.contains("activation_code"));
    world.enroll_ec2(INSTANCE, PENDING).await.check(409, "already_enrolled");
    assert_eq!(world.list(Listed::Done)[0].activated_at, None, "what was used is known from now on");
    assert!(world.audit().contains(r#""detail":"already_enrolled""#));
}

#[tokio::test]
async fn all_attempts_of_an_instance_until_its_registration_are_one_enrollment() {
    let world = World::new().await;
    world.plan(Plan::Unused);
    for number in 0..3 {
        let token = evidence::vmware_of(evidence::VCENTER_ACCOUNT, "acme", 1, &format!("t-{number}"));
        assert_eq!(world.enroll("vmware", |_| token).await.status, 200);
    }
    let seen = seen(&world);
    assert!(seen.iter().all(|(id, earlier)| *id == seen[0].0 && earlier.is_empty()), "{seen:?}");
    // Each token is the instance's own from then on.
    for token in ["t-0", "t-1", "t-2"] {
        let other = evidence::vmware_of(evidence::VCENTER_ACCOUNT, "acme", 2, token);
        world.enroll("vmware", |_| other).await.check(409, "replayed");
    }
}

#[tokio::test]
async fn an_operator_decides_when_an_unused_activation_has_expired() {
    let world = World::new().await;
    world.plan(Plan::Unused);
    assert_eq!(world.enroll_ec2(INSTANCE, PENDING).await.status, 200);
    world.advance(3_600);
    world.enroll_ec2(INSTANCE, PENDING).await.check(409, "already_enrolled");
    assert_eq!(world.calls(), 1);
    // A clock that was set back does not extend the time.
    world.advance(-2 * 3_600);
    world.enroll_ec2(INSTANCE, PENDING).await.check(409, "already_enrolled");
}

/// A failure of the second activation must not hide that the first one may have been used.
#[tokio::test]
async fn an_enrolled_instance_stays_enrolled_when_its_next_activation_fails() {
    let world = World::new().await;
    world.plan(Plan::Unused);
    assert_eq!(world.enroll_ec2(INSTANCE, PENDING).await.status, 200);
    world.plan(Plan::Unavailable);
    world.enroll_ec2(INSTANCE, PENDING).await.check(503, "unavailable");
    world.plan(Plan::Failed);
    world.enroll_ec2(INSTANCE, PENDING).await.check(503, "provisioning_failed");
    assert_eq!(world.list(Listed::Done)[0].state, State::Enrolled);
    world.plan(Plan::Unused);
    assert_eq!(world.enroll_ec2(INSTANCE, PENDING).await.status, 200);
}

#[tokio::test]
async fn the_next_activation_after_a_reset_names_all_enrollments_before_it() {
    let world = World::new().await;
    world.plan(Plan::Unused);
    assert_eq!(world.enroll_ec2(INSTANCE, PENDING).await.status, 200);
    let first = seen(&world)[0].0.clone();
    world.act(&first, Action::Reset).await.expect("reset");
    // The next attempt ends before anything was deleted, and so does the one after another reset.
    world.plan(Plan::Unavailable);
    world.enroll_ec2(INSTANCE, PENDING).await.check(503, "unavailable");
    let second = seen(&world)[1].0.clone();
    assert_eq!(seen(&world)[1].1, std::slice::from_ref(&first));
    world.act(&second, Action::Reset).await.expect("reset");
    let world = World::open(world.close().await, unlimited()).await.expect("restarted");
    world.plan(Plan::Unused);
    assert_eq!(world.enroll_ec2(INSTANCE, PENDING).await.status, 200);
    assert_eq!(seen(&world)[0].1, [first, second]);
    // They were replaced, so that the one after names the last one only.
    let third = seen(&world)[0].0.clone();
    assert_eq!(world.enroll_ec2(INSTANCE, "2026-11-30T11:30:00Z").await.status, 200);
    assert_eq!(seen(&world)[1].1, [third]);
}

#[tokio::test]
async fn a_shutdown_waits_for_attempts_whose_instances_have_disconnected() {
    let connections = ConnectionLimits { shutdown_timeout: Duration::ZERO, ..ConnectionLimits::default() };
    let world = World::with(&evidence::roster(), Limits { connections, ..unlimited() }).await;
    world.plan(Plan::Slow);
    attempt_without_client(&world).await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    let world = World::open(world.close().await, unlimited()).await.expect("restarted");
    assert_eq!(world.list(Listed::Done).len(), 1);
    assert!(world.audit().contains(r#""action":"enrolled""#));
}
