//! Downloads of files: at the pace of the client, within limits, and without a partial file that looks complete.
//!
//! G.2 27 → `a_stalled_download_times_out_with_an_error`, `a_disconnected_client_ends_the_read`,
//! `an_aborted_file_has_no_final_chunk`, `exports_over_the_concurrency_limit_get_retry_after`. G.1 19, 10^6 rows →
//! `rejects_files_over_the_row_limit_with_their_number_of_rows`.

use crate::support::{
    wait::happens,
    world::{World, cookie_of, get, harvested, state},
};
use axum::{
    Router,
    body::Body,
    http::{
        HeaderValue, Method, Request, StatusCode,
        header::{CONTENT_DISPOSITION, CONTENT_TYPE, COOKIE, RETRY_AFTER},
    },
    response::Response,
};
use http_body_util::BodyExt;
use muster_access::principal::{Identity, Principal};
use muster_audit::Audit;
use muster_core::clock::SystemClock;
use muster_reports::ReportSource;
use muster_store::{connection::Writer, error::StoreError};
use muster_web::{
    export::gate::{ExportGate, ExportLimits},
    router::router,
    state::ServerState,
};
use serde_json::Value;
use std::{fs, path::PathBuf, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tower::ServiceExt;

/// Enough updates to fill all buffers several times. `MUSTER_EXPORT_ROWS` overrides it, for example to measure the memory
/// that a million rows take.
const ROWS: u64 = 120_000;
/// The time limit in tests of slow downloads: enough for the first rows.
const TIME_MAX: Duration = Duration::from_secs(6);

/// A portal with its own export limits and audit log, and the cookie of its caller.
struct LimitedPortal {
    state: ServerState,
    cookie: HeaderValue,
    audit: PathBuf,
    _folder: tempfile::TempDir,
}

impl LimitedPortal {
    fn of(source: &ReportSource, limits: ExportLimits) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let audit = folder.path().join("audit");
        let opened = Audit::open(&audit, Arc::new(SystemClock)).expect("an audit");
        let state = ServerState { exports: ExportGate::new(limits), audit: opened, ..state(source) };
        let cookie = cookie_of(&state, Principal::local().identity);
        Self { state, cookie, audit, _folder: folder }
    }

    fn router(&self) -> Router {
        router(self.state.clone())
    }

    async fn send(&self, method: Method, path: &str, cookie: &HeaderValue) -> Response {
        let request = Request::builder().method(method).uri(path).header(COOKIE, cookie).body(Body::empty());
        self.router().oneshot(request.expect("a request")).await.expect("an answer")
    }

    async fn get(&self, path: &str) -> Response {
        self.send(Method::GET, path, &self.cookie).await
    }

    fn audit_log(&self) -> String {
        let files = fs::read_dir(&self.audit).expect("a folder").map(|file| file.expect("a file").path());
        files.filter_map(|path| fs::read_to_string(path).ok()).collect()
    }

    /// Waits until the audit log contains `words`.
    async fn until_audited(&self, words: &str) {
        let is_audited = happens(async || self.audit_log().contains(words)).await;
        assert!(is_audited, "`{words}` is not in the audit log: {}", self.audit_log());
    }

    /// Waits until no export is running.
    async fn until_no_export_runs(&self) {
        let none_runs = async || {
            let caller = ("local".to_owned(), "local".to_owned());
            let one = self.state.exports.enter(caller.clone());
            let two = self.state.exports.enter(caller);
            one.is_some() && two.is_some()
        };
        assert!(happens(none_runs).await, "an export is still running");
    }
}

fn rows() -> u64 {
    std::env::var("MUSTER_EXPORT_ROWS").map_or(ROWS, |rows| rows.parse().expect("a number of rows"))
}

/// The small estate with `rows()` copies of one update.
async fn many_updates() -> World {
    let world = World::small().await;
    world.harvest().await;
    let insert = |writer: &mut Writer| {
        let sql = "INSERT INTO instance_update SELECT u.* FROM (FROM instance_update LIMIT 1) u, range($1)";
        writer.connection().execute(sql, [rows() as i64]).map_err(StoreError::write("insert updates"))
    };
    world.harvester.store.write("updates", insert).await.expect("inserted");
    world
}

fn limits(time_max: Duration) -> ExportLimits {
    ExportLimits { time_max, ..ExportLimits::default() }
}

async fn text(response: Response) -> (StatusCode, String) {
    let status = response.status();
    let body = response.into_body().collect().await.expect("a whole body").to_bytes();
    (status, String::from_utf8(body.to_vec()).expect("UTF-8"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_request_returns_the_number_of_rows() {
    let portal = LimitedPortal::of(&harvested().source, ExportLimits::default());
    for query in ["", "?online=true", "?format=jsonl"] {
        let path = format!("/export/instances.csv{query}");
        let head = portal.send(Method::HEAD, &path, &portal.cookie).await;
        assert_eq!(head.status(), StatusCode::OK);
        let rows: usize = head.headers()["x-row-count"].to_str().expect("text").parse().expect("a number");
        assert!(text(head).await.1.is_empty());
        let (_, file) = text(portal.get(&path).await).await;
        assert!(rows > 0);
        assert_eq!(file.lines().count() - usize::from(!query.contains("jsonl")), rows, "{query}");
    }
    let head = portal.send(Method::HEAD, "/export/history.csv?instance=mi-00000000000000000", &portal.cookie).await;
    assert_eq!(head.status(), StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_compressed_file_is_complete() {
    let portal = LimitedPortal::of(&harvested().source, ExportLimits::default());
    let plain = portal.get("/export/accounts.csv").await.into_body().collect().await.expect("a whole body").to_bytes();
    let request = Request::get("/export/accounts.csv").header(COOKIE, &portal.cookie).header("accept-encoding", "gzip");
    let answer = portal.router().oneshot(request.body(Body::empty()).expect("a request")).await.expect("an answer");
    assert_eq!(answer.headers()["content-encoding"], "gzip");
    let packed = answer.into_body().collect().await.expect("a whole body").to_bytes();
    assert!(!packed.is_empty() && packed.len() < plain.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn file_names_have_the_list_the_day_and_the_format() {
    let portal = LimitedPortal::of(&harvested().source, ExportLimits::default());
    let today = harvested().source.clock.now().strftime("%Y%m%d").to_string();
    let day = "2025-11-20";
    for (query, name, kind) in [
        ("", format!("muster-updates-{today}.csv"), "text/csv; charset=utf-8; header=present"),
        ("?raw=1", format!("muster-updates-{today}-raw.csv"), "text/csv; charset=utf-8; header=present"),
        ("?format=jsonl", format!("muster-updates-{today}.jsonl"), "application/jsonl; charset=utf-8"),
        (&format!("?as_of={day}"), "muster-updates-20251120.csv".to_owned(), "text/csv; charset=utf-8; header=present"),
    ] {
        let answer = portal.get(&format!("/export/updates.csv{query}")).await;
        assert_eq!(answer.headers()[CONTENT_DISPOSITION], format!("attachment; filename=\"{name}\""));
        assert_eq!(answer.headers()[CONTENT_TYPE], kind);
        assert_eq!(answer.headers()["cache-control"], "no-store");
        assert!(answer.headers().get("x-row-count").is_none(), "only HEAD has a row count");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn json_lines_are_the_rows_of_the_api() {
    let (_, page) = get(harvested().router(), "/api/v1/updates?per_page=500&state=Missing,Failed").await;
    let page: Value = serde_json::from_str(&page).expect("JSON");
    let (_, file) = get(harvested().router(), "/export/updates.csv?format=jsonl&state=Missing,Failed").await;
    let lines: Vec<Value> = file.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert!(!lines.is_empty());
    assert_eq!(Some(&lines), page["rows"].as_array());
    let (status, refused) = get(harvested().router(), "/export/updates.csv?format=xlsx").await;
    assert!(status == StatusCode::BAD_REQUEST && refused.contains("format"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn rejects_files_over_the_row_limit_with_their_number_of_rows() {
    let portal = LimitedPortal::of(&harvested().source, ExportLimits { rows_max: 3, ..ExportLimits::default() });
    let (status, body) = text(portal.get("/export/updates.csv").await).await;
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(body.contains("too_many_rows") && body.contains("the limit is 3") && body.contains("Narrow"), "{body}");
    assert!(portal.audit_log().contains("\"result\":\"refused\""));
    // A file at the limit is served.
    let (status, file) = text(portal.get("/export/accounts.csv").await).await;
    assert_eq!((status, file.lines().count()), (StatusCode::OK, 4));
}

#[tokio::test(flavor = "multi_thread")]
async fn exports_over_the_concurrency_limit_get_retry_after() {
    let world = many_updates().await;
    let portal = LimitedPortal::of(&world.source(), ExportLimits { at_once: 3, ..ExportLimits::default() });
    let path = "/export/updates.csv";
    let mine = [portal.get(path).await, portal.get(path).await];
    let refused = portal.get(path).await;
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(refused.headers()[RETRY_AFTER], "10");
    assert!(text(refused).await.1.contains("too_many_exports"));
    let other = cookie_of(&portal.state, Identity { subject: "other".into(), ..Principal::local().identity });
    let theirs = portal.send(Method::GET, path, &other).await;
    assert_eq!(theirs.status(), StatusCode::OK);
    // The limit for all callers is reached.
    let third = cookie_of(&portal.state, Identity { subject: "third".into(), ..Principal::local().identity });
    assert_eq!(portal.send(Method::GET, path, &third).await.status(), StatusCode::TOO_MANY_REQUESTS);
    drop((mine, theirs));
    portal.until_no_export_runs().await;
    assert_eq!(portal.get(path).await.status(), StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_file_streams_in_small_chunks_with_every_row() {
    let world = many_updates().await;
    let portal = LimitedPortal::of(&world.source(), ExportLimits { rows_max: u64::MAX, ..ExportLimits::default() });
    let path = "/export/updates.csv?sort=description";
    let head = portal.send(Method::HEAD, path, &portal.cookie).await;
    let expected: u64 = head.headers()["x-row-count"].to_str().expect("text").parse().expect("a number");
    let mut body = portal.get(path).await.into_body();
    let (mut lines, mut largest) = (0, 0);
    while let Some(chunk) = body.frame().await {
        let chunk = chunk.expect("a chunk").into_data().expect("bytes");
        largest = largest.max(chunk.len());
        lines += chunk.iter().filter(|byte| **byte == b'\n').count() as u64;
    }
    assert!(expected > rows() && largest < 128 * 1024, "{expected} rows, {largest} bytes at once");
    assert_eq!(lines, expected + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stalled_download_times_out_with_an_error() {
    let world = many_updates().await;
    let portal = LimitedPortal::of(&world.source(), limits(TIME_MAX));
    let mut body = portal.get("/export/updates.csv").await.into_body();
    let first = body.frame().await.expect("a chunk").expect("no error").into_data().expect("bytes");
    assert!(first.starts_with(b"install_status,"));
    tokio::time::sleep(2 * TIME_MAX).await;
    let rest = body.collect().await;
    assert!(rest.is_err(), "a partial file looked complete");
    portal.until_audited("export_broken_off").await;
    portal.until_no_export_runs().await;
    // The next export is not affected.
    let (status, _) = text(portal.get("/export/accounts.csv").await).await;
    assert_eq!(status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disconnected_client_ends_the_read() {
    let world = many_updates().await;
    let portal = LimitedPortal::of(&world.source(), ExportLimits::default());
    let mut body = portal.get("/export/updates.csv").await.into_body();
    let first = body.frame().await.expect("a chunk").expect("no error").into_data().expect("bytes");
    drop(body);
    portal.until_audited(&format!("the client disconnected, after {} bytes", first.len())).await;
    portal.until_no_export_runs().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_download_that_waits_for_its_client_leaves_the_store_to_other_reads() {
    let world = many_updates().await;
    let portal = LimitedPortal::of(&world.source(), ExportLimits::default());
    let mine = [portal.get("/export/updates.csv").await, portal.get("/export/updates.csv").await];
    assert!(mine.iter().all(|answer| answer.status() == StatusCode::OK));
    let reads = world.harvester.store.read_counts();
    assert_eq!((reads.running, reads.waiting), (0, 0));
    drop(mine);
    portal.until_no_export_runs().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_aborted_file_has_no_final_chunk() {
    const FINAL_CHUNK: &[u8] = b"\r\n0\r\n\r\n";
    let world = many_updates().await;
    let portal = LimitedPortal::of(&world.source(), limits(TIME_MAX));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let served = portal.router();
    tokio::spawn(async move { axum::serve(listener, served).await });
    let cookie = portal.cookie.to_str().expect("text");
    let download = async |path: &str, pause: Duration| {
        let mut stream = TcpStream::connect(address).await.expect("a connection");
        let request =
            format!("GET {path} HTTP/1.1\r\nhost: vmm.example\r\ncookie: {cookie}\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.expect("sent");
        let mut bytes = vec![0; 1_000];
        stream.read_exact(&mut bytes).await.expect("the beginning");
        tokio::time::sleep(pause).await;
        let _ = stream.read_to_end(&mut bytes).await;
        bytes
    };
    let complete = download("/export/instances.csv", Duration::ZERO).await;
    assert!(complete.ends_with(FINAL_CHUNK), "{}", String::from_utf8_lossy(&complete));
    let aborted = download("/export/updates.csv", 2 * TIME_MAX).await;
    assert!(aborted.starts_with(b"HTTP/1.1 200") && !aborted.ends_with(FINAL_CHUNK));
}
