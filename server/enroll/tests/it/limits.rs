//! Limits of rates, bodies and times.

use crate::support::{
    Plan, World, body,
    client::read,
    evidence::{self, INSTANCE, PENDING},
    read_all, unlimited,
};
use muster_access::network::Network;
use muster_enroll::config::Limits;
use muster_http::{connections::ConnectionLimits, rate_limiter::Quota};
use serde_json::json;
use std::{sync::atomic::Ordering, time::Duration};
use tokio::{io::AsyncWriteExt, net::TcpStream};

#[tokio::test]
async fn requests_are_limited_per_peer_and_no_header_changes_the_peer() {
    let peers = Quota { burst: 3, period: Duration::from_secs(10) };
    let world = World::with(&evidence::roster(), Limits { peers, ..unlimited() }).await;
    let body = json!({"provider": "aws"}).to_string();
    let post = async |header: &str| world.client.post_text("/enroll/v1/challenge", &body, header).await;
    for number in 0..3 {
        assert_eq!(post(&format!("X-Forwarded-For: 192.0.2.{number}\r\n")).await.status, 200);
    }
    for number in 3..8 {
        let answer = post(&format!("X-Forwarded-For: 192.0.2.{number}\r\nForwarded: for=192.0.2.9\r\n")).await;
        answer.check(429, "rate_limited");
        assert_eq!(answer.headers["retry-after"], "10");
    }
    assert_eq!(world.client.get("/enroll/v1/health", "").await.status, 200);
    world.advance(10);
    assert_eq!(post("").await.status, 200);
    assert_eq!(world.audit().matches(r#""object":"rate_limited""#).count(), 1);
    let folder = world.close().await;
    let audit = read_all(&folder.path().join("audit"));
    assert!(audit.contains(r#""object":"rate_limited","detail":"4 more within a minute""#), "{audit}");
}

#[tokio::test]
async fn behind_a_trusted_proxy_each_client_is_a_peer() {
    let peers = Quota { burst: 1, period: Duration::from_secs(10) };
    let limits = Limits { peers, ..unlimited() };
    let folder = World::with(&evidence::roster(), unlimited()).await.close().await;
    let proxy = Network::try_from("127.0.0.1".to_owned()).expect("a network");
    let world = World::open_behind([proxy].into_iter().collect(), folder, limits).await.expect("a service");
    let body = json!({"provider": "aws"}).to_string();
    for (client, status) in [("192.0.2.1", 200), ("192.0.2.2", 200), ("192.0.2.1", 429), ("9.9.9.9, 192.0.2.1", 429)] {
        let header = format!("X-Forwarded-For: {client}\r\n");
        assert_eq!(world.client.post_text("/enroll/v1/challenge", &body, &header).await.status, status, "{client}");
    }
    assert!(world.audit().contains(r#""ip":"192.0.2.1","object":"rate_limited""#));
}

#[tokio::test]
async fn attempts_are_limited_per_cloud_account() {
    let accounts = Quota { burst: 2, period: Duration::from_secs(10) };
    let world = World::with(&evidence::roster(), Limits { accounts, ..unlimited() }).await;
    for number in 0..2 {
        assert_eq!(world.enroll("vmware", |_| evidence::vmware(number)).await.status, 200);
    }
    world.enroll("vmware", |_| evidence::vmware(2)).await.check(429, "rate_limited");
    assert_eq!(world.enroll_ec2(INSTANCE, PENDING).await.status, 200, "another account");
    world.advance(10);
    assert_eq!(world.enroll("vmware", |_| evidence::vmware(2)).await.status, 200);
}

#[tokio::test]
async fn large_bodies_are_refused_and_the_connection_closed() {
    let world = World::new().await;
    for path in ["/enroll/v1/challenge", "/enroll/v1/attest"] {
        let answer = world.client.post_text(path, &" ".repeat(64 * 1024 + 1), "").await;
        answer.check(413, "too_large");
        assert_eq!(answer.headers["connection"], "close");
    }
    let chunk = format!("10000\r\n{}\r\n", " ".repeat(0x10000));
    let head = "POST /enroll/v1/attest HTTP/1.1\r\nHost: vmm\r\nTransfer-Encoding: chunked\r\n\r\n";
    world.client.send(&format!("{head}{chunk}{chunk}0\r\n\r\n")).await.check(413, "too_large");
    let exact = format!("{}{}", " ".repeat(64 * 1024 - 18), r#"{"provider":"aws"}"#);
    assert_eq!(world.client.post_text("/enroll/v1/challenge", &exact, "").await.status, 200);
}

#[tokio::test]
async fn slow_clients_are_cut_off() {
    let limits = Limits {
        body_timeout: Duration::from_millis(200),
        connections: ConnectionLimits { head_timeout: Duration::from_millis(200), ..ConnectionLimits::default() },
        ..unlimited()
    };
    let world = World::with(&evidence::roster(), limits).await;
    let mut slow = TcpStream::connect(world.client.0).await.expect("connected");
    slow.write_all(b"POST /enroll/v1/attest HTTP/1.1\r\nHost: vmm\r\nContent-Length: 100\r\n\r\n{")
        .await
        .expect("sent");
    let answer = read(&mut slow).await;
    answer.check(503, "too_slow");
    assert_eq!(answer.headers["retry-after"], "2");
    let mut head = TcpStream::connect(world.client.0).await.expect("connected");
    head.write_all(b"POST /enroll/v1/attest HTTP/1.1\r\nHost: ").await.expect("sent");
    let mut bytes = Vec::new();
    let ended = tokio::io::AsyncReadExt::read_to_end(&mut head, &mut bytes);
    tokio::time::timeout(Duration::from_secs(5), ended).await.expect("closed in time").expect("closed");
    // A body that ends early.
    let mut short = TcpStream::connect(world.client.0).await.expect("connected");
    short.write_all(b"POST /enroll/v1/attest HTTP/1.1\r\nHost: vmm\r\nContent-Length: 9\r\n\r\n{").await.expect("sent");
    drop(short);
    assert_eq!(world.enroll_ec2(INSTANCE, PENDING).await.status, 200);
}

#[tokio::test]
async fn slow_bodies_keep_nobody_else_from_enrolling() {
    let limits = Limits { concurrency: 1, body_timeout: Duration::from_secs(5), ..unlimited() };
    let world = World::with(&evidence::roster(), limits).await;
    let mut slow = Vec::new();
    for path in ["challenge", "attest", "attest"] {
        let mut stream = TcpStream::connect(world.client.0).await.expect("connected");
        let head = format!("POST /enroll/v1/{path} HTTP/1.1\r\nHost: vmm\r\nContent-Length: 100\r\n\r\n{{");
        stream.write_all(head.as_bytes()).await.expect("sent");
        slow.push(stream);
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(world.enroll_ec2(INSTANCE, PENDING).await.status, 200);
}

#[tokio::test]
async fn refusals_that_strangers_cause_are_recorded_once_a_minute() {
    let identities = Quota { burst: 2, period: Duration::from_secs(10) };
    let world = World::with(&evidence::roster(), Limits { identities, ..unlimited() }).await;
    for number in 0..5 {
        let stranger = evidence::ec2("999999999999", &format!("i-{number:017}"), PENDING);
        world.enroll("aws", |_| stranger).await.check(403, "account_not_enrolled");
    }
    for status in [200, 409, 429, 429, 429] {
        assert_eq!(world.enroll_ec2(INSTANCE, PENDING).await.status, status);
    }
    assert_eq!(world.enroll("vmware", |_| evidence::vmware(1)).await.status, 200, "another instance");
    let audit = world.audit();
    let first = r#""object":"aws/999999999999/i-00000000000000000","detail":"account_not_enrolled""#;
    assert!(audit.contains(first), "{audit}");
    assert_eq!(audit.matches("account_not_enrolled").count(), 1, "{audit}");
    assert_eq!(audit.matches(r#""detail":"rate_limited""#).count(), 1, "{audit}");
    let audit = read_all(&world.close().await.path().join("audit"));
    for count in [
        r#""object":"account_not_enrolled","detail":"4 more within a minute""#,
        r#""object":"account_rate_limited","detail":"2 more within a minute""#,
    ] {
        assert!(audit.contains(count), "{audit}");
    }
}

#[tokio::test]
async fn a_wide_ipv6_network_is_one_client_and_all_clients_share_a_quota_of_challenges() {
    let limits = Limits {
        peers: Quota { burst: 1, period: Duration::from_secs(10) },
        challenges: Quota { burst: 3, period: Duration::from_secs(10) },
        ..unlimited()
    };
    let folder = World::with(&evidence::roster(), unlimited()).await.close().await;
    let proxy = Network::try_from("127.0.0.1".to_owned()).expect("a network");
    let world = World::open_behind([proxy].into_iter().collect(), folder, limits).await.expect("a service");
    let body = json!({"provider": "aws"}).to_string();
    for (client, status) in [
        ("2001:db8:1:1::1", 200),
        ("2001:db8:1:2::1", 429),
        ("2001:db8:2:1::1", 200),
        ("192.0.2.1", 200),
        ("192.0.2.2", 429),
        ("192.0.2.3", 429),
    ] {
        let header = format!("X-Forwarded-For: {client}\r\n");
        assert_eq!(world.client.post_text("/enroll/v1/challenge", &body, &header).await.status, status, "{client}");
    }
    assert_eq!(world.audit().matches(r#""ip":"192.0.2.2","object":"challenges_rate_limited""#).count(), 1);
    assert!(!world.audit().contains(r#""ip":"192.0.2.3""#));
}

#[tokio::test]
async fn challenges_and_attempts_have_quotas_of_their_own() {
    let peers = Quota { burst: 1, period: Duration::from_secs(10) };
    let world = World::with(&evidence::roster(), Limits { peers, ..unlimited() }).await;
    let challenge = world.challenge("aws").await;
    world.client.post("/enroll/v1/challenge", &json!({"provider": "aws"})).await.check(429, "rate_limited");
    let id = challenge["challenge_id"].as_str().expect("an id");
    let evidence = evidence::ec2(evidence::AWS_ACCOUNT, INSTANCE, PENDING);
    assert_eq!(world.attest(body(id, "aws", evidence)).await.status, 200);
}

/// Requests that wait for keys hold few permits, and not the ones of others.
#[tokio::test]
async fn an_outage_of_google_does_not_stop_other_providers() {
    let world = World::with(&evidence::roster(), Limits { concurrency: 40, ..unlimited() }).await;
    world.keys.hangs.store(true, Ordering::SeqCst);
    let mut bodies = Vec::new();
    for number in 0..60 {
        let challenge = world.challenge("gcp").await;
        let evidence = evidence::gcp(&number.to_string(), &challenge);
        bodies.push(body(challenge["challenge_id"].as_str().expect("an id"), "gcp", evidence));
    }
    let client = world.client;
    let waiting: Vec<_> = bodies
        .into_iter()
        .map(|body| tokio::spawn(async move { client.post("/enroll/v1/attest", &body).await }))
        .collect();
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(world.enroll_ec2(INSTANCE, PENDING).await.status, 200);
    assert_eq!(world.keys.requests.load(Ordering::SeqCst), 1);
    waiting.iter().for_each(tokio::task::JoinHandle::abort);
}

#[tokio::test]
async fn an_attempt_without_its_client_counts_until_it_has_ended() {
    let limits = Limits { concurrency: 1, activation_timeout: Duration::from_millis(600), ..unlimited() };
    let world = World::with(&evidence::roster(), limits).await;
    world.plan(Plan::Hangs);
    let challenge = world.challenge("vmware").await;
    let text = body(challenge["challenge_id"].as_str().expect("an id"), "vmware", evidence::vmware(1)).to_string();
    let mut stream = TcpStream::connect(world.client.0).await.expect("connected");
    let head = format!("POST /enroll/v1/attest HTTP/1.1\r\nHost: vmm\r\nContent-Length: {}\r\n\r\n", text.len());
    stream.write_all(format!("{head}{text}").as_bytes()).await.expect("sent");
    while world.calls() == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    drop(stream);
    tokio::time::sleep(Duration::from_millis(100)).await;
    world.client.post("/enroll/v1/challenge", &json!({"provider": "aws"})).await.check(503, "unavailable");
    tokio::time::sleep(Duration::from_millis(900)).await;
    assert_eq!(world.client.post("/enroll/v1/challenge", &json!({"provider": "aws"})).await.status, 200);
}
