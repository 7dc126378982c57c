//! The order of checks.

use crate::support::{
    Plan, World, body,
    evidence::{self, AWS_ACCOUNT, INSTANCE, PENDING},
    unlimited,
};
use muster_http::rate_limiter::Quota;
use std::time::Duration;
use tokio::{io::AsyncWriteExt, net::TcpStream};

/// A request over the limit does not use up its challenge.
#[tokio::test]
async fn the_rate_is_checked_before_the_challenge() {
    let mut limits = unlimited();
    limits.peer_attempts = Quota { burst: 1, period: Duration::from_secs(10) };
    let world = World::with(&evidence::roster(), limits).await;
    assert_eq!(world.enroll("vmware", |_| evidence::vmware(1)).await.status, 200);
    let challenge = world.challenge("aws").await;
    let body =
        body(challenge["challenge_id"].as_str().expect("an id"), "aws", evidence::ec2(AWS_ACCOUNT, INSTANCE, PENDING));
    world.attest(body.clone()).await.check(429, "rate_limited");
    world.advance(10);
    assert_eq!(world.attest(body).await.status, 200);
}

/// A stranger learns that the account is not enrolled, and not what the ledger or a quota would say.
#[tokio::test]
async fn the_registry_is_checked_before_the_ledger() {
    let world = World::new().await;
    assert_eq!(world.enroll_ec2(INSTANCE, PENDING).await.status, 200);
    let path = world.path("roster.toml");
    std::fs::write(path, evidence::roster().replace(AWS_ACCOUNT, "000000000000")).expect("written");
    world.enroll_ec2(INSTANCE, PENDING).await.check(403, "account_not_enrolled");
}

/// The code is lost then, but it is known that there was one.
#[tokio::test]
async fn an_attempt_runs_to_its_end_without_its_client() {
    let mut limits = unlimited();
    limits.activation_timeout = Duration::from_millis(300);
    let world = World::with(&evidence::roster(), limits).await;
    world.plan(Plan::Hangs);
    let challenge = world.challenge("aws").await;
    let body =
        body(challenge["challenge_id"].as_str().expect("an id"), "aws", evidence::ec2(AWS_ACCOUNT, INSTANCE, PENDING));
    let text = body.to_string();
    let mut stream = TcpStream::connect(world.client.0).await.expect("connected");
    let head = format!("POST /enroll/v1/attest HTTP/1.1\r\nHost: vmm\r\nContent-Length: {}\r\n\r\n", text.len());
    stream.write_all(format!("{head}{text}").as_bytes()).await.expect("sent");
    while world.calls() == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    drop(stream);
    world.plan(Plan::Ready);
    // Another attempt meanwhile gets no second activation.
    let other = world.enroll_ec2(INSTANCE, PENDING).await;
    assert_eq!(other.json()["reason"], "other_attempt", "{}", other.text);
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert!(world.audit().contains("enrollment_failed"), "the end was recorded");
    assert_eq!(world.enroll_ec2(INSTANCE, PENDING).await.status, 200);
}
