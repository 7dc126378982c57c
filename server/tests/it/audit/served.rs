//! Which events the portal records, and that it refuses requests that cannot be recorded.
//!
//! G.1 20 and G.2 10, a full or missing disk → `refuses_requests_that_cannot_be_recorded`,
//! `refuses_requests_and_reports_it_when_the_audit_disk_is_full`.

use crate::{
    embed::world::{EmbeddingPage, NONCE, ORIGIN},
    support::{
        process::{folder, muster, succeeded},
        serving::{Serving, post},
        world::{Harvested, cookie_of, harvested, state},
    },
};
use axum::{
    Router,
    body::Body,
    extract::ConnectInfo,
    http::{
        HeaderValue, Request, StatusCode,
        header::{AUTHORIZATION, CONTENT_TYPE, COOKIE, SET_COOKIE},
    },
    response::Response,
};
use http_body_util::BodyExt;
use jiff::SignedDuration;
use muster_access::{
    assignments::Assignments,
    principal::{Identity, Role},
    public_url::PublicUrl,
};
use muster_audit::{Audit, verify::verify};
use muster_core::clock::{Clock, FixedClock};
use muster_model::filter::AccountFilter;
use muster_model::ports::Reports;
use muster_reports::ReportSource;
use muster_web::{
    current::Current,
    embed::Embed,
    router::router,
    sign_in::{SignIn, expiry, person::Person},
    state::ServerState,
};
use serde_json::{Value, json};
use std::{collections::BTreeSet, fs, net::SocketAddr, path::PathBuf, sync::Arc};
use tower::ServiceExt;

const MANAGER: &str = "noor";

/// A portal with its own audit log.
struct AuditedPortal {
    state: ServerState,
    clock: Arc<FixedClock>,
    dir: PathBuf,
    _folder: tempfile::TempDir,
}

fn identity(subject: &str, role: Role) -> Identity {
    Identity { issuer: "test".into(), subject: subject.into(), name: subject.into(), role }
}

fn customers() -> Vec<String> {
    let ids: BTreeSet<_> = harvested().estate.roster().iter().map(|account| account.customer_id.clone()).collect();
    ids.into_iter().collect()
}

impl AuditedPortal {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let dir = folder.path().join("audit");
        let Harvested { source, .. } = harvested();
        let clock = Arc::new(FixedClock::at(source.clock.now()));
        let audit = Audit::open(&dir, clock.clone()).expect("an audit");
        let source = ReportSource { clock: clock.clone(), ..source.clone() };
        let public_url = PublicUrl::try_from("https://vmm.example".to_owned()).expect("an origin");
        let assignments = Assignments::of([(MANAGER.to_owned(), customers().into_iter().take(2).collect())]);
        let person = |code, role| Person { code, sees: String::new(), identity: identity(code, role) };
        let people = vec![person(MANAGER, Role::AccountManager { only: None })];
        let sign_in = SignIn::new(public_url, assignments, clock.clone()).with_people(people);
        let state = ServerState { audit, sign_in: Current::new(sign_in), ..state(&source) };
        Self { state, clock, dir, _folder: folder }
    }

    fn router(&self) -> Router {
        router(self.state.clone())
    }

    fn cookie(&self, subject: &str, role: Role) -> HeaderValue {
        cookie_of(&self.state, identity(subject, role))
    }

    async fn get(&self, cookie: &HeaderValue, path: &str) -> (StatusCode, String) {
        let request = Request::get(path).header(COOKIE, cookie);
        let request = request
            .extension(ConnectInfo(SocketAddr::from(([192, 0, 2, 7], 443))))
            .body(Body::empty())
            .expect("a request");
        status_and_text(self.router().oneshot(request).await.expect("an answer")).await
    }

    async fn post(&self, cookie: Option<&HeaderValue>, path: &str, form: &str) -> Response {
        let mut request = Request::post(path).header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        request = request.header("host", "vmm.example").header("origin", "https://vmm.example");
        if let Some(cookie) = cookie {
            request = request.header(COOKIE, cookie);
        }
        let request = request.body(Body::from(form.to_owned())).expect("a request");
        self.router().oneshot(request).await.expect("an answer")
    }

    /// The lines without the members of the chain, and without those about the audit log itself.
    fn lines(&self) -> Vec<Value> {
        let mut files: Vec<_> =
            fs::read_dir(&self.dir).expect("a folder").map(|file| file.expect("a file").path()).collect();
        files.sort();
        let text: String = files.iter().map(|file| fs::read_to_string(file).expect("text")).collect();
        let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
        let mut lines: Vec<Value> =
            lines.filter(|line| !line["action"].as_str().is_some_and(|action| action.starts_with("audit_"))).collect();
        for line in &mut lines {
            let line = line.as_object_mut().expect("an object");
            for member in ["number", "at", "previous", "sum"] {
                line.remove(member).expect(member);
            }
        }
        lines
    }
}

async fn status_and_text(response: Response) -> (StatusCode, String) {
    let status = response.status();
    let body = response.into_body().collect().await.expect("a body").to_bytes();
    (status, String::from_utf8(body.to_vec()).expect("UTF-8"))
}

fn operator() -> Role {
    Role::Operator { command_output: false }
}

#[tokio::test(flavor = "multi_thread")]
async fn records_an_export_with_its_caller_filters_and_row_count() {
    let portal = AuditedPortal::new();
    let customer = customers().remove(0);
    let cookie = portal.cookie("ada", Role::Customer { customers: BTreeSet::from([customer]) });
    let (status, file) = portal.get(&cookie, "/export/instances.csv?raw=1&online=true").await;
    assert_eq!(status, StatusCode::OK);
    let rows = csv::Reader::from_reader(file.as_bytes()).records().count();
    assert!(rows > 0);
    let (status, _) = portal.get(&cookie, "/export/trend.csv?format=jsonl").await;
    assert_eq!(status, StatusCode::OK);
    // A request with an invalid filter is no export.
    portal.get(&cookie, "/export/instances.csv?statsu=x").await;
    let lines = portal.lines();
    let caller = |line: &Value| {
        [line["subject"].clone(), line["issuer"].clone(), line["role"].clone(), line["scope_size"].clone()]
    };
    assert!(lines[0]["request_id"].is_string());
    assert_eq!(
        lines[0],
        json!({
            "action": "export", "result": "ok", "subject": "ada", "issuer": "test", "role": "customer", "scope_size": 1,
            "request_id": lines[0]["request_id"], "ip": "192.0.2.7", "object": "instances.csv", "rows": rows, "detail": "raw; online=true",
        })
    );
    assert_eq!(caller(&lines[1]), caller(&lines[0]));
    assert_eq!((&lines[1]["object"], &lines[1]["detail"]), (&json!("trend.jsonl"), &json!("lossless; ")));
    assert_eq!(lines.len(), 2, "{lines:?}");
    verify(&portal.dir, None).expect("sound");
}

#[tokio::test(flavor = "multi_thread")]
async fn records_sign_in_sign_out_and_session_expiry() {
    let portal = AuditedPortal::new();
    let answer = portal.post(None, "/sign-in/demo", "person=noor").await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    let cookie = answer.headers()[SET_COOKIE].to_str().expect("text").split(';').next().expect("a pair").to_owned();
    let cookie = HeaderValue::try_from(cookie).expect("a cookie");
    assert_eq!(portal.post(Some(&cookie), "/sign-out", "").await.status(), StatusCode::SEE_OTHER);
    portal.cookie("sam", operator());
    portal.clock.set(portal.clock.now() + SignedDuration::from_mins(31));
    expiry::record_expired(&portal.state.sign_in.get(), &portal.state.audit).await;
    expiry::record_expired(&portal.state.sign_in.get(), &portal.state.audit).await;
    let events: Vec<_> =
        portal.lines().into_iter().map(|line| (line["action"].clone(), line["subject"].clone())).collect();
    let expected = [("sign_in", "noor"), ("sign_out", "noor"), ("session_end", "sam")];
    assert_eq!(events, expected.map(|(action, subject)| (json!(action), json!(subject))));
    let token = cookie.to_str().expect("text").split_once('=').expect("a pair").1.to_owned();
    assert!(portal.lines().iter().all(|line| !line.to_string().contains(&token)));
}

#[tokio::test(flavor = "multi_thread")]
async fn records_frame_sessions_and_rejected_assertions() {
    let (embedding_page, mut portal) = (EmbeddingPage::new("k"), AuditedPortal::new());
    let public_url = PublicUrl::try_from("https://vmm.example".to_owned()).expect("an origin");
    let embed = Embed::new(&public_url, vec![embedding_page.embedder()], portal.clock.clone());
    portal.state = portal.state.with_embed(embed);
    portal.clock.set(portal.clock.now() + SignedDuration::from_secs(10));
    let assertion = embedding_page.sign(&embedding_page.claims(&customers()[0], portal.clock.now()));
    let body = json!({ "assertion": assertion, "nonce": NONCE }).to_string();
    let post = || Request::post("/embed/v1/session").header(CONTENT_TYPE, "application/json");
    let mut bearer = Value::Null;
    for expected in [StatusCode::OK, StatusCode::UNAUTHORIZED] {
        let request = post().body(Body::from(body.clone())).expect("a request");
        let (status, body) = status_and_text(portal.router().oneshot(request).await.expect("an answer")).await;
        assert_eq!(status, expected, "{body}");
        let answer: Value = serde_json::from_str(&body).expect("JSON");
        bearer = if status == StatusCode::OK { answer["access_token"].clone() } else { bearer };
    }
    let bearer = bearer.as_str().expect("a token");
    let end = Request::delete("/embed/v1/session").header(AUTHORIZATION, format!("Bearer {bearer}"));
    let ended = portal.router().oneshot(end.body(Body::empty()).expect("a request")).await.expect("an answer");
    assert_eq!(ended.status(), StatusCode::NO_CONTENT);
    let lines = portal.lines();
    let events: Vec<_> = lines.iter().map(|line| (line["action"].clone(), line["result"].clone())).collect();
    let expected = [("embed_session", "ok"), ("assertion_refused", "refused"), ("session_end", "ok")];
    assert_eq!(events, expected.map(|(action, result)| (json!(action), json!(result))));
    assert_eq!((&lines[0]["subject"], &lines[0]["parent_origin"]), (&json!("user-1"), &json!(ORIGIN)));
    assert!(lines.iter().all(|line| !line.to_string().contains(bearer) && !line.to_string().contains(&assertion)));
}

#[tokio::test(flavor = "multi_thread")]
async fn records_the_access_of_an_account_manager_to_a_customer_once_a_day() {
    let portal = AuditedPortal::new();
    let cookie = portal.cookie(MANAGER, Role::AccountManager { only: None });
    let [one, other] = [&customers()[0], &customers()[1]].map(String::clone);
    let assignments = Assignments::of([(MANAGER.to_owned(), BTreeSet::from([other.clone()]))]);
    let reports = harvested().reports(&assignments.principal(identity(MANAGER, Role::AccountManager { only: None })));
    let account = reports.accounts(AccountFilter::default()).await.expect("accounts").rows.remove(0).account_id;
    for _ in 0..2 {
        for path in [format!("/instances?customer={one}"), format!("/accounts/{account}"), "/updates".to_owned()] {
            let (status, body) = portal.get(&cookie, &path).await;
            assert_eq!(status, StatusCode::OK, "{path}: {body}");
        }
        portal.get(&cookie, "/instances?customer=somebody-else").await;
    }
    let customers_seen = || -> Vec<Value> { portal.lines().into_iter().map(|line| line["object"].clone()).collect() };
    let day = [json!(one), json!(other), json!("all customers of the scope")];
    assert_eq!(customers_seen(), day);
    // The next day in UTC, with a new session.
    portal.clock.set(portal.clock.now() + SignedDuration::from_hours(24));
    let cookie = portal.cookie(MANAGER, Role::AccountManager { only: None });
    portal.get(&cookie, &format!("/api/v1/instances?customer={one}")).await;
    assert_eq!(customers_seen(), [day.to_vec(), vec![json!(one)]].concat());
    // Only the access of account managers is recorded: an operator may see every customer.
    let operator = portal.cookie("sam", operator());
    portal.get(&operator, &format!("/instances?customer={one}")).await;
    assert_eq!(customers_seen().len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn refuses_requests_that_cannot_be_recorded() {
    let portal = AuditedPortal::new();
    let (sam, noor) = (portal.cookie("sam", operator()), portal.cookie(MANAGER, Role::AccountManager { only: None }));
    let aside = portal.dir.with_file_name("aside");
    fs::rename(&portal.dir, &aside).expect("moved");
    for (cookie, path) in
        [(&sam, "/export/instances.csv"), (&sam, "/export/updates.csv?format=jsonl"), (&noor, "/updates")]
    {
        let (status, body) = portal.get(cookie, path).await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
        let body: Value = serde_json::from_str(&body).expect("the envelope");
        assert_eq!(body["error"]["code"], "audit_unavailable");
    }
    let answer = portal.post(None, "/sign-in/demo", "person=noor").await;
    assert_eq!((answer.status(), answer.headers().get(SET_COOKIE)), (StatusCode::SERVICE_UNAVAILABLE, None));
    let (status, text) = portal.get(&sam, "/readyz").await;
    assert_eq!((status, text.as_str()), (StatusCode::SERVICE_UNAVAILABLE, "the audit log cannot be written\n"));
    // Pages need no record.
    assert_eq!(portal.get(&sam, "/instances").await.0, StatusCode::OK);
    fs::rename(&aside, &portal.dir).expect("moved back");
    assert_eq!(portal.get(&sam, "/readyz").await, (StatusCode::OK, "ready\n".to_owned()));
    assert_eq!(portal.get(&sam, "/export/instances.csv").await.0, StatusCode::OK);
    let lines = portal.lines();
    assert_eq!((lines.len(), &lines[0]["object"]), (1, &json!("instances.csv")), "{lines:?}");
    verify(&portal.dir, None).expect("sound");
}

/// A limit on file sizes stands for a full disk.
#[test]
fn refuses_requests_and_reports_it_when_the_audit_disk_is_full() {
    let folder = folder();
    let environment = [("MUSTER_HARVEST_INTERVAL_MINUTES", "0".to_owned())];
    // The store is created before the limit applies.
    succeeded(&muster(folder.path(), &["migrate", "--config", "muster.toml"], &[]));
    let portal = Serving::start(folder.path(), &environment, Some(160));
    let cookie = portal.sign_in();
    let mut exported = 0;
    // Enough requests also when a new day starts a new file.
    let refused = (0..400).map(|_| portal.get(&cookie, "/export/instances.csv")).find(|answer| {
        exported += usize::from(answer.starts_with("HTTP/1.1 200"));
        answer.starts_with("HTTP/1.1 503")
    });
    let refused = refused.expect("the disk is full at last");
    assert!(refused.contains("audit_unavailable"), "{refused}");
    // The shorter line that reports the log as available may still fit once.
    let ready = (0..4).map(|_| portal.get(&cookie, "/readyz")).find(|answer| answer.starts_with("HTTP/1.1 503"));
    assert!(ready.is_some_and(|answer| answer.contains("the audit log cannot be written")));
    assert!(portal.get(&cookie, "/instances").starts_with("HTTP/1.1 200"));
    let wrong = post(&portal.address, "/sign-in/break-glass", "user=x&password=y");
    assert!(wrong.starts_with("HTTP/1.1 503"), "{wrong}");
    let log = portal.kill();
    assert!(log.contains("the audit log cannot be written"), "{log}");
    let verified = verify(&folder.path().join("audit"), None).expect("sound");
    // One line for the start, one for the sign-in, and one for each exported file.
    let files = fs::read_dir(folder.path().join("audit")).expect("a folder").map(|file| file.expect("a file").path());
    let text: String = files.filter_map(|path| fs::read_to_string(path).ok()).collect();
    assert_eq!(verified.lines as usize, exported + 2 + text.matches("\"audit_available\"").count());
    // With free space the portal works again.
    let portal = Serving::start(folder.path(), &environment, None);
    let cookie = portal.sign_in();
    assert!(portal.get(&cookie, "/export/instances.csv").starts_with("HTTP/1.1 200"));
    portal.kill();
    let after = verify(&folder.path().join("audit"), Some(verified.head)).expect("sound and complete");
    assert_eq!(after.lines, verified.lines + 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_spelling_of_a_query_string_records_what_is_viewed() {
    let portal = AuditedPortal::new();
    let [one, other] = [&customers()[0], &customers()[1]].map(String::clone);
    let all = "all customers of the scope".to_owned();
    for (path, viewed) in [
        // Refused, because either customer alone would be half of what was asked for.
        (format!("/instances?customer={other}&customer={one}"), &all),
        (format!("/instances?customer=+{one}+&customer="), &one),
        ("/instances?customer=%20".to_owned(), &all),
        ("/instances?customer=somebody-else".to_owned(), &all),
        (format!("/rpc/accounts?customer={one}&instance=mi-00000000000000000"), &all),
    ] {
        portal.clock.set(portal.clock.now() + SignedDuration::from_hours(24));
        let cookie = portal.cookie(MANAGER, Role::AccountManager { only: None });
        portal.get(&cookie, &path).await;
        let lines = portal.lines();
        assert_eq!(lines.last().expect("a line")["object"], json!(viewed), "{path}");
    }
}
