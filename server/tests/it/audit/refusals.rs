//! Recorded refusals: requests that anybody can send, as one line a minute and a count of the others; and accounts that deny
//! the harvest access, once when it starts and once when it ends (G.2 7 and 8).

use crate::support::{
    visitor::{PROXY, PUBLIC_HOST, Visitor, no_rate_limit},
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
use muster_web::{current::Current, limits::RequestLimits, rates::Quota, sign_in::SignIn, state::ServerState};
use serde_json::{Value, json};
use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

const SECRET: &str = "a-secret-of-the-proxy-only";
/// The headers of a form on another site.
const FOREIGN: [(&str, &str); 2] =
    [("origin", "https://evil.test"), ("content-type", "application/x-www-form-urlencoded")];

/// The events of an audit log: action, result, object, detail.
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
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o600)).expect("a mode");
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
    let state = ServerState { audit, sign_in: Current::new(sign_in), ..state(&source) }.with_limits(limits);
    Portal { state, dir, _folder: folder }
}

#[tokio::test(flavor = "multi_thread")]
async fn records_refusals_once_a_minute_and_then_as_a_count() {
    let portal = portal(no_rate_limit());
    let client = Visitor::new(&portal.state).from("192.0.2.66:50000");
    let post = async |headers: &[(&str, &str)]| client.send(Method::POST, "/sign-out", headers, Body::empty()).await;
    for _ in 0..5 {
        assert_eq!(post(&FOREIGN).await.status, StatusCode::FORBIDDEN);
    }
    // Another layer refuses what the browser declares as cross-site.
    assert_eq!(post(&[("sec-fetch-site", "cross-site")]).await.status, StatusCode::FORBIDDEN);
    let get = async |path: &str, host: &str| client.send(Method::GET, path, &[("host", host)], Body::empty()).await;
    for _ in 0..3 {
        let answer = get("/instances/i-0123456789abcdef0?secret=x", "evil.test").await;
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
    // The next minute starts with a line again, and a minute without refusals adds none.
    post(&FOREIGN).await;
    portal.state.refusals.record(&portal.state.audit).await;
    portal.state.refusals.record(&portal.state.audit).await;
    assert_eq!(events(&portal.dir), [&first[..], &minute, &first[..1]].concat());
    // Accepted requests add no line.
    assert_eq!(get("/healthz", PUBLIC_HOST).await.status, StatusCode::OK);
    verify(&portal.dir, None).expect("sound");
}

#[tokio::test(flavor = "multi_thread")]
async fn records_callers_that_impersonate_the_proxy_and_not_the_proxy() {
    let portal = portal(no_rate_limit());
    let claimed = [("x-user", "root"), ("x-roles", "ops")];
    let with = |secret: &'static str| [&claimed[..], &[("x-secret", secret)]].concat();
    let status = async |from: &str, headers: &[(&str, &str)]| {
        let visitor = Visitor::new(&portal.state).from(from);
        visitor.send(Method::GET, "/api/v1/accounts", headers, Body::empty()).await.status
    };
    assert_eq!(status(PROXY, &with(SECRET)).await, StatusCode::OK);
    assert_eq!(events(&portal.dir), Vec::<[Value; 4]>::new());
    for (from, headers) in [
        ("192.0.2.66:50000", with(SECRET)),
        ("192.0.2.66:50000", claimed.to_vec()),
        (PROXY, with("not-the-secret-of-the-proxy")),
        (PROXY, claimed.to_vec()),
    ] {
        assert_eq!(status(from, &headers).await, StatusCode::UNAUTHORIZED);
    }
    portal.state.refusals.record(&portal.state.audit).await;
    let kind = "not_the_proxy";
    assert_eq!(events(&portal.dir), [refused(kind, "GET /api/v1/accounts"), refused(kind, "3 more within a minute")]);
    let text = fs::read_dir(&portal.dir).expect("a folder").map(|file| file.expect("a file").path());
    assert!(text.filter_map(|path| fs::read_to_string(path).ok()).all(|text| !text.contains("secret")));
}

#[tokio::test(flavor = "multi_thread")]
async fn records_rate_limited_requests_and_refuses_them_without_a_writable_log() {
    let pages = Quota { burst: 1, period: Duration::from_secs(3_600) };
    let portal = portal(RequestLimits { pages, ..RequestLimits::default() });
    let client = Visitor::new(&portal.state).from("192.0.2.66:50000");
    client.get("/api/v1/accounts").await;
    let aside = portal.dir.with_file_name("aside");
    fs::rename(&portal.dir, &aside).expect("moved");
    for _ in 0..4 {
        assert_eq!(client.get("/api/v1/accounts").await.status, StatusCode::TOO_MANY_REQUESTS);
    }
    portal.state.refusals.record(&portal.state.audit).await;
    fs::rename(&aside, &portal.dir).expect("moved back");
    // All of them are counted, though none has its own line.
    portal.state.refusals.record(&portal.state.audit).await;
    assert_eq!(events(&portal.dir), [refused("too_often", "4 more within a minute")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn records_an_account_that_denies_access_once_and_its_recovery_once() {
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
    let event = |result: &str, detail: Value| {
        let target = format!("{} {}", account.account_id, account.regions[0]);
        [json!("harvest_credentials"), json!(result), json!(target), detail]
    };
    let denied = event("failed", json!("AssumeRole AccessDenied"));
    assert_eq!(events(&dir), std::slice::from_ref(&denied));
    world.simulator.clear_faults();
    for _ in 0..2 {
        harvest(&world).await;
    }
    assert_eq!(events(&dir), [denied, event("ok", Value::Null)]);
}
