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
use std::time::Duration;
use tokio::{io::AsyncWriteExt, net::TcpStream};

#[tokio::test]
async fn requests_are_limited_per_peer_and_no_header_changes_the_peer() {
    let peers = Quota { burst: 3, period: Duration::from_secs(10) };
    let world = World::with(&evidence::registry(), Limits { peers, ..unlimited() }).await;
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
    let folder = World::with(&evidence::registry(), unlimited()).await.close().await;
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
    let world = World::with(&evidence::registry(), Limits { accounts, ..unlimited() }).await;
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
    let world = World::with(&evidence::registry(), limits).await;
    let mut slow = TcpStream::connect(world.client.0).await.expect("connected");
    slow.write_all(b"POST /enroll/v1/attest HTTP/1.1\r\nHost: vmm\r\nContent-Length: 100\r\n\r\n{")
        .await
        .expect("sent");
    read(&mut slow).await.check(408, "too_slow");
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
async fn requests_beyond_the_concurrency_are_refused_at_once() {
    let limits = Limits { concurrency: 1, body_timeout: Duration::from_secs(5), ..unlimited() };
    let world = World::with(&evidence::registry(), limits).await;
    let mut slow = TcpStream::connect(world.client.0).await.expect("connected");
    slow.write_all(b"POST /enroll/v1/attest HTTP/1.1\r\nHost: vmm\r\nContent-Length: 100\r\n\r\n{")
        .await
        .expect("sent");
    tokio::time::sleep(Duration::from_millis(100)).await;
    world.client.post("/enroll/v1/challenge", &json!({"provider": "aws"})).await.check(503, "unavailable");
    assert_eq!(world.client.get("/enroll/v1/health", "").await.status, 200);
    drop(slow);
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(world.client.post("/enroll/v1/challenge", &json!({"provider": "aws"})).await.status, 200);
}

#[tokio::test]
async fn an_attempt_without_its_client_counts_until_it_has_ended() {
    let limits = Limits { concurrency: 1, activation_timeout: Duration::from_millis(600), ..unlimited() };
    let world = World::with(&evidence::registry(), limits).await;
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
