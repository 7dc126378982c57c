//! Refusals on record: requests that a stranger can send at will, a few lines a minute and the rest as a number; and
//! accounts that do not let the harvest in, once when it begins and once when it is over (G.2 7 and 8).

use crate::support::{
    visitor::{PROXY, PUBLIC_HOST, Visitor, no_hurry},
    world::{World, harvested, state},
};
use axum::{
    body::Body,
    http::{Method, StatusCode},
};
use jiff::SignedDuration;
use muster_access::{
    assignments::Assignments,
    network::Network,
    proxy::{Proxy, ProxySettings},
    public_url::PublicUrl,
};
use muster_audit::{Audit, verify::verify};
use muster_core::clock::{Clock, FixedClock};
use muster_harvest::round::Harvester;
use muster_reports::ReportSource;
use muster_simulator::{Fault, FaultKind};
use muster_web::{limits::RequestLimits, rates::Quota, sign_in::SignIn, state::ServerState};
use serde_json::{Value, json};
use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

const SECRET: &str = "a-secret-of-the-proxy-only";
/// A form of somebody else's page.
const FOREIGN: [(&str, &str); 2] =
    [("origin", "https://evil.test"), ("content-type", "application/x-www-form-urlencoded")];

/// The events of an audit: action, result, object, detail.
fn events(dir: &Path) -> Vec<[Value; 4]> {
    let mut files: Vec<_> = fs::read_dir(dir).expect("a folder").map(|file| file.expect("a file").path()).collect();
    files.sort();
    let text: String = files.iter().map(|file| fs::read_to_string(file).expect("text")).collect();
    let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    let lines = lines.filter(|line| !line["action"].as_str().is_some_and(|action| action.starts_with("audit_")));
    lines.map(|line| ["action", "result", "object", "detail"].map(|member| line[member].clone())).collect()
}

fn refused(kind: &str, detail: &str) -> [Value; 4] {
    [json!("request_refused"), json!("refused"), json!(kind), json!(detail)]
}

struct Portal {
    state: ServerState,
    dir: PathBuf,
    _folder: tempfile::TempDir,
}

fn portal(limits: RequestLimits) -> Portal {
    let folder = tempfile::tempdir().expect("a folder");
    let (dir, secret) = (folder.path().join("audit"), folder.path().join("secret"));
    fs::write(&secret, SECRET).expect("written");
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o600)).expect("ours only");
    let settings = format!(
        "trusted_proxies = [\"10.9.0.1\"]\nsecret_header = \"x-secret\"\nsecret_file = {secret:?}\nuser_header = \"x-user\"
         roles_header = \"x-roles\"\n[roles]\nops = \"operator\"\n"
    );
    let proxy = Proxy::new(toml::from_str::<ProxySettings>(&settings).expect("settings")).expect("a proxy");
    let source = &harvested().source;
    let clock = Arc::new(FixedClock::at(source.clock.now()));
    let audit = Audit::open(&dir, clock.clone()).expect("an audit");
    let public_url = PublicUrl::try_from("https://vmm.example".to_owned()).expect("an origin");
    let networks = Network::try_from("10.9.0.0/16".to_owned()).into_iter().collect();
    let sign_in = SignIn::new(public_url, Assignments::default(), clock.clone());
    let sign_in = sign_in.with_trusted_proxies(networks).with_proxy(Some(proxy));
    let source = ReportSource { clock, ..source.clone() };
    let state = ServerState { audit, sign_in: Arc::new(sign_in), ..state(&source) }.with_limits(limits);
    Portal { state, dir, _folder: folder }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_strangers_are_refused_is_on_record_once_a_minute_and_then_as_a_number() {
    let portal = portal(no_hurry());
    let stranger = Visitor::new(&portal.state).from("192.0.2.66:50000");
    let post = async |headers: &[(&str, &str)]| stranger.send(Method::POST, "/sign-out", headers, Body::empty()).await;
    for _ in 0..5 {
        assert_eq!(post(&FOREIGN).await.status, StatusCode::FORBIDDEN);
    }
    // What the browser says of itself is refused by another layer.
    assert_eq!(post(&[("sec-fetch-site", "cross-site")]).await.status, StatusCode::FORBIDDEN);
    let asks = async |path: &str, host: &str| stranger.send(Method::GET, path, &[("host", host)], Body::empty()).await;
    for _ in 0..3 {
        let answer = asks("/instances/i-0123456789abcdef0?secret=x", "evil.test").await;
        assert_eq!(answer.status, StatusCode::MISDIRECTED_REQUEST);
    }
    let first = [refused("cross_site", "POST /sign-out"), refused("wrong_host", "GET /instances/{instance}")];
    assert_eq!(events(&portal.dir), first);
    let line = fs::read_dir(&portal.dir).expect("a folder").map(|file| file.expect("a file").path());
    let text: String = line.filter_map(|path| fs::read_to_string(path).ok()).collect();
    assert!(text.contains(r#""ip":"192.0.2.66""#) && !text.contains("secret=x") && !text.contains("evil"), "{text}");

    portal.state.refusals.record(&portal.state.audit).await;
    let minute = [refused("cross_site", "5 more within a minute"), refused("wrong_host", "2 more within a minute")];
    assert_eq!(events(&portal.dir), [&first[..], &minute].concat());
    // The next minute begins anew, and one in which nothing was refused says nothing.
    post(&FOREIGN).await;
    portal.state.refusals.record(&portal.state.audit).await;
    portal.state.refusals.record(&portal.state.audit).await;
    assert_eq!(events(&portal.dir), [&first[..], &minute, &first[..1]].concat());
    // What is let through leaves nothing.
    assert_eq!(asks("/healthz", PUBLIC_HOST).await.status, StatusCode::OK);
    verify(&portal.dir, None).expect("sound");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_feigns_to_be_the_proxy_is_on_record_and_the_proxy_is_not() {
    let portal = portal(no_hurry());
    let said = [("x-user", "root"), ("x-roles", "ops")];
    let with = |secret: &'static str| [&said[..], &[("x-secret", secret)]].concat();
    let asks = async |from: &str, headers: &[(&str, &str)]| {
        let visitor = Visitor::new(&portal.state).from(from);
        visitor.send(Method::GET, "/api/v1/accounts", headers, Body::empty()).await.status
    };
    assert_eq!(asks(PROXY, &with(SECRET)).await, StatusCode::OK);
    assert_eq!(events(&portal.dir), Vec::<[Value; 4]>::new());
    for (from, headers) in [
        ("192.0.2.66:50000", with(SECRET)),
        ("192.0.2.66:50000", said.to_vec()),
        (PROXY, with("not-the-secret-of-the-proxy")),
        (PROXY, said.to_vec()),
    ] {
        assert_eq!(asks(from, &headers).await, StatusCode::UNAUTHORIZED);
    }
    portal.state.refusals.record(&portal.state.audit).await;
    let kind = "not_the_proxy";
    assert_eq!(events(&portal.dir), [refused(kind, "GET /api/v1/accounts"), refused(kind, "3 more within a minute")]);
    let text = fs::read_dir(&portal.dir).expect("a folder").map(|file| file.expect("a file").path());
    assert!(text.filter_map(|path| fs::read_to_string(path).ok()).all(|text| !text.contains("secret")));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_came_too_often_is_on_record_and_refused_also_where_it_cannot_be() {
    let pages = Quota { burst: 1, period: Duration::from_secs(3_600) };
    let portal = portal(RequestLimits { pages, ..RequestLimits::default() });
    let stranger = Visitor::new(&portal.state).from("192.0.2.66:50000");
    stranger.get("/api/v1/accounts").await;
    let aside = portal.dir.with_file_name("aside");
    fs::rename(&portal.dir, &aside).expect("moved");
    for _ in 0..4 {
        assert_eq!(stranger.get("/api/v1/accounts").await.status, StatusCode::TOO_MANY_REQUESTS);
    }
    portal.state.refusals.record(&portal.state.audit).await;
    fs::rename(&aside, &portal.dir).expect("moved back");
    // None of them is lost, though none has a line of its own.
    portal.state.refusals.record(&portal.state.audit).await;
    assert_eq!(events(&portal.dir), [refused("too_often", "4 more within a minute")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_lets_nobody_in_is_on_record_once_and_once_when_it_does() {
    let mut world = World::small().await;
    let folder = tempfile::tempdir().expect("a folder");
    let dir = folder.path().join("audit");
    let audit = Audit::open(&dir, world.clock.clone()).expect("an audit");
    world.harvester = Harvester { audit: Some(audit), ..world.harvester.clone() };
    world.harvest().await;
    assert_eq!(events(&dir), Vec::<[Value; 4]>::new());
    let account = world.account(2).clone();
    world.simulator.set_fault(Fault::on("AssumeRole", FaultKind::AccessDenied).in_account(&account.systems_account));
    let harvest = async |world: &World| {
        world.clock.set(world.clock.now() + SignedDuration::from_mins(15));
        world.forget_sessions();
        world.harvest().await;
    };
    for _ in 0..3 {
        harvest(&world).await;
    }
    let told = |result: &str, detail: Value| {
        let place = format!("{} {}", account.account_id, account.regions[0]);
        [json!("harvest_credentials"), json!(result), json!(place), detail]
    };
    let begun = told("failed", json!("AssumeRole AccessDenied"));
    assert_eq!(events(&dir), std::slice::from_ref(&begun));
    world.simulator.clear_faults();
    for _ in 0..2 {
        harvest(&world).await;
    }
    assert_eq!(events(&dir), [begun, told("ok", Value::Null)]);
}
