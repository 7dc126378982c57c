//! Limits: rates, concurrency, sizes and time. Limits of connections are tested over real connections, with the accept loop
//! of the portal.

use crate::{
    support::{
        visitor::{PUBLIC_HOST, Visitor, no_rate_limit, state_behind_proxy},
        world::harvested,
    },
    tenancy::tenants::{operator, person},
};
use axum::{
    Router,
    body::{Body, Bytes},
    http::{Method, StatusCode},
    routing::get,
};
use futures::stream;
use muster_access::{assignments::Assignments, break_glass::BreakGlass, principal::Role, public_url::PublicUrl};
use muster_core::clock::FixedClock;
use muster_reports::ReportSource;
use muster_web::{
    connections::{self, ConnectionLimits},
    limits::RequestLimits,
    rates::{PAGE_QUOTA, Quota},
    router::router,
    sign_in::SignIn,
    state::ServerState,
};
use std::{collections::BTreeSet, convert::Infallible, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::oneshot,
};

/// Longer than any step of these tests takes.
const TIMEOUT: Duration = Duration::from_secs(60);

fn state(limits: RequestLimits) -> (ServerState, Arc<FixedClock>) {
    let clock = Arc::new(FixedClock::at(harvested().source.clock.now()));
    let source = ReportSource { clock: clock.clone(), ..harvested().source.clone() };
    let public_url = PublicUrl::try_from("https://vmm.example".to_owned()).expect("an origin");
    let sign_in = SignIn::new(public_url, Assignments::default(), clock.clone());
    let hash = muster_access::break_glass::password_hash("correct horse battery").expect("a hash");
    let break_glass: BreakGlass =
        toml::from_str(&format!("user = \"root\"\npassword_hash = \"{hash}\"\n")).expect("settings");
    let sign_in = sign_in.with_break_glass(Some(break_glass));
    (state_behind_proxy(&source, limits, sign_in), clock)
}

async fn requests_until_refused(visitor: &Visitor, path: &str) -> usize {
    for requests in 0..10_000 {
        let answer = visitor.get(path).await;
        if answer.status == StatusCode::TOO_MANY_REQUESTS {
            assert_eq!((answer.code().as_str(), answer.header("retry-after")), ("too_often", Some("1")), "{path}");
            return requests;
        }
    }
    panic!("{path} is never refused");
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_signed_in_people_individually_and_others_by_address() {
    let (state, clock) = state(RequestLimits::default());
    let user = |subject: &str| {
        let identity = person(subject, Role::Customer { customers: BTreeSet::new() });
        Visitor::signed_in(&state, identity)
    };
    let (one, other, anonymous) = (user("one"), user("other"), Visitor::new(&state));
    let second_session = user("one");
    // Requests for unknown routes count too, and are cheap.
    assert_eq!(requests_until_refused(&one, "/api/nothing").await, PAGE_QUOTA.burst as usize);
    assert_eq!(
        second_session.get("/").await.status,
        StatusCode::TOO_MANY_REQUESTS,
        "a second session has its own limit"
    );
    assert_eq!(one.get("/pkg/app.js").await.status, StatusCode::NOT_FOUND);
    assert_eq!(one.get("/healthz").await.status, StatusCode::OK);
    assert_eq!(other.get("/api/nothing").await.status, StatusCode::NOT_FOUND);
    assert_eq!(requests_until_refused(&anonymous, "/api/nothing").await, PAGE_QUOTA.burst as usize);
    assert_eq!(anonymous.clone().from("192.0.2.1:4000").get("/sign-in").await.status, StatusCode::OK);
    clock.advance(1);
    assert_eq!(one.get("/api/nothing").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn allows_ten_passwords_a_minute_from_one_address() {
    let (state, clock) = state(RequestLimits::default());
    let guesser = Visitor::new(&state).from("192.0.2.7:4000");
    let (guess, password) = ("user=root&password=wrong", "user=root&password=correct+horse+battery");
    for _ in 0..10 {
        assert_eq!(guesser.post("/sign-in/break-glass", guess).await.status, StatusCode::SEE_OTHER);
    }
    // One more waits for the next allowed attempt; the right password is then accepted.
    let waiting = guesser.clone();
    let waiting = tokio::spawn(async move { waiting.post("/sign-in/break-glass", password).await });
    // Another port or a header with another address does not change the client.
    let other_port = guesser.clone().from("192.0.2.7:4001");
    let headers = [("x-forwarded-for", "198.51.100.1"), ("content-type", "application/x-www-form-urlencoded")];
    tokio::time::sleep(Duration::from_millis(200)).await;
    let refused = other_port.send(Method::POST, "/sign-in/break-glass", &headers, Body::from(password)).await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!((refused.header("retry-after"), refused.header("set-cookie")), (Some("6"), None));
    assert_eq!(refused.code(), "too_often");
    // A browser gets a page.
    let headers = [("accept", "text/html"), ("content-type", "application/x-www-form-urlencoded")];
    let refused = other_port.send(Method::POST, "/sign-in/break-glass", &headers, Body::from(guess)).await;
    assert_eq!(refused.header("content-type"), Some("text/html; charset=utf-8"), "{}", refused.body);
    let other_address = guesser.clone().from("192.0.2.8:4000");
    assert_eq!(other_address.post("/sign-in/break-glass", guess).await.status, StatusCode::SEE_OTHER);
    clock.advance(6);
    let admitted = waiting.await.expect("an answer");
    assert!(admitted.header("set-cookie").is_some(), "{}", admitted.body);
}

/// The body of a form that never ends.
fn endless_body() -> Body {
    Body::from_stream(stream::pending::<Result<Bytes, Infallible>>())
}

const FORM: [(&str, &str); 1] = [("content-type", "application/x-www-form-urlencoded")];

#[tokio::test(flavor = "multi_thread")]
async fn rejects_requests_over_the_concurrency_limit_but_answers_health_checks() {
    let (state, _) = state(RequestLimits { concurrency: 1, ..no_rate_limit() });
    let visitor = Visitor::new(&state);
    let slow = visitor.clone();
    let slow = tokio::spawn(async move {
        // Until it gets the only permit.
        while slow.send(Method::POST, "/sign-out", &FORM, endless_body()).await.status
            == StatusCode::SERVICE_UNAVAILABLE
        {
            tokio::task::yield_now().await;
        }
    });
    // Until the slow request has the only permit.
    let full = async {
        loop {
            let answer = visitor.get("/sign-in").await;
            if answer.status != StatusCode::OK {
                return answer;
            }
            tokio::task::yield_now().await;
        }
    };
    let full = tokio::time::timeout(TIMEOUT, full).await.expect("the permit is taken");
    assert_eq!((full.status, full.header("retry-after")), (StatusCode::SERVICE_UNAVAILABLE, Some("1")));
    assert_eq!(full.code(), "busy");
    assert_eq!(visitor.get("/healthz").await.status, StatusCode::OK);
    slow.abort();
    drop(slow.await);
    assert_eq!(visitor.get("/sign-in").await.status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn rejects_bodies_that_are_too_slow_or_too_large() {
    let short = Duration::from_millis(20);
    let (quick, _) = state(RequestLimits { timeout: short, ..no_rate_limit() });
    let answer = Visitor::new(&quick).send(Method::POST, "/sign-out", &FORM, endless_body()).await;
    assert_eq!((answer.status, answer.code().as_str()), (StatusCode::SERVICE_UNAVAILABLE, "unavailable"));
    let (steady, _) = state(RequestLimits { body_timeout: short, ..no_rate_limit() });
    let answer = Visitor::new(&steady).send(Method::POST, "/sign-out", &FORM, endless_body()).await;
    assert!(answer.status.is_client_error(), "{}", answer.status);
    let visitor = Visitor::new(&state(no_rate_limit()).0);
    let large = format!("person={}", "a".repeat(65 * 1024));
    let answer = visitor.post("/sign-in/demo", &large).await;
    assert_eq!((answer.status, answer.code().as_str()), (StatusCode::PAYLOAD_TOO_LARGE, "too_large"));
    // The same without a length in the headers.
    let pieces = stream::repeat(Ok::<_, Infallible>(Bytes::from_static(&[b'a'; 4096])));
    let answer = visitor.send(Method::POST, "/sign-in/demo", &FORM, Body::from_stream(pieces)).await;
    assert_eq!((answer.status, answer.code().as_str()), (StatusCode::PAYLOAD_TOO_LARGE, "too_large"));
}

struct Server {
    address: std::net::SocketAddr,
    stop: oneshot::Sender<()>,
    ended: tokio::task::JoinHandle<()>,
}

/// Starts the portal on a free port.
async fn start(limits: ConnectionLimits) -> Server {
    start_router(router(state(no_rate_limit()).0), limits).await
}

async fn start_router(router: Router, limits: ConnectionLimits) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let (stop, stopped) = oneshot::channel::<()>();
    let answer = connections::serve(listener, router, limits, async move { drop(stopped.await) });
    Server { address, stop, ended: tokio::spawn(answer) }
}

/// Sends bytes on a new connection, and returns everything received until it is closed.
async fn exchange(server: &Server, request: &[u8]) -> String {
    let mut connection = TcpStream::connect(server.address).await.expect("a connection");
    // The server may close the connection before it has read everything.
    drop(connection.write_all(request).await);
    let mut answer = Vec::new();
    let read = tokio::time::timeout(TIMEOUT, connection.read_to_end(&mut answer)).await;
    drop(read.expect("the connection is closed"));
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn closes_connections_that_send_headers_too_slowly() {
    let limits = ConnectionLimits { head_timeout: Duration::from_millis(50), ..ConnectionLimits::default() };
    let server = start(limits).await;
    for start in ["", "G", "GET / HTTP/1.1\r\nHost: vmm.example\r\nX-Slow: "] {
        let answer = exchange(&server, start.as_bytes()).await;
        assert!(!answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
    // An idle connection is closed too.
    let answer = exchange(&server, format!("GET /healthz HTTP/1.1\r\nHost: {PUBLIC_HOST}\r\n\r\n").as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    server.stop.send(()).expect("it runs");
    tokio::time::timeout(TIMEOUT, server.ended).await.expect("an end").expect("no panic");
}

#[tokio::test(flavor = "multi_thread")]
async fn rejects_oversized_and_ambiguous_requests() {
    let limits = ConnectionLimits { head_timeout: Duration::from_millis(500), ..ConnectionLimits::default() };
    let server = start(limits).await;
    let host = format!("Host: {PUBLIC_HOST}\r\n");
    let megabyte = "a".repeat(1 << 20);
    for (what, request, status) in [
        ("a URL of 1 MB", format!("GET /{megabyte} HTTP/1.1\r\n{host}\r\n"), "431"),
        ("a header of 1 MB", format!("GET / HTTP/1.1\r\n{host}X-A: {megabyte}\r\n\r\n"), "431"),
        ("many headers", format!("GET / HTTP/1.1\r\n{host}{}\r\n", "X-A: b\r\n".repeat(500)), "431"),
        ("a long URL", format!("GET /{} HTTP/1.1\r\n{host}\r\n", "a".repeat(54_000)), "414"),
        ("no HTTP", "\u{0}\u{1}\r\n\r\n".to_owned(), "400"),
        ("HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(), ""),
        (
            "two lengths",
            format!("POST /sign-out HTTP/1.1\r\n{host}Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcde"),
            "400",
        ),
        (
            "a strange encoding",
            format!("POST /sign-out HTTP/1.1\r\n{host}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"),
            "400",
        ),
        ("a space before a colon", format!("GET / HTTP/1.1\r\n{host}X-A : b\r\n\r\n"), "400"),
        ("no host", "GET /healthz HTTP/1.1\r\n\r\n".to_owned(), "400"),
        ("no host but a whole URL", "GET http://vmm.example/ HTTP/1.1\r\n\r\n".to_owned(), "400"),
        ("another host", "GET http://evil.test/ HTTP/1.1\r\nHost: vmm.example\r\n\r\n".to_owned(), "421"),
    ] {
        let answer = exchange(&server, request.as_bytes()).await;
        let line = answer.lines().next().unwrap_or_default();
        // While a client still sends, the system may drop the answer.
        let lost = answer.is_empty() && request.len() > 1 << 19;
        assert!(lost || (line.contains(status) && !line.contains("200")), "{what}: {line}");
        assert!(!answer.contains("aaaaaaaa"), "{what} is repeated in the answer");
    }
    // A request that is smuggled behind a body with two lengths is not answered.
    let smuggled = format!(
        "POST /sign-out HTTP/1.1\r\n{host}Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /healthz HTTP/1.1\r\n{host}\r\n"
    );
    let answer = exchange(&server, smuggled.as_bytes()).await;
    assert!(!answer.contains("alive"), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn closes_the_connection_after_a_refused_body() {
    let server = start(ConnectionLimits::default()).await;
    // A form of another site is refused before its body is read.
    let request = format!(
        "POST /sign-out HTTP/1.1\r\nHost: {PUBLIC_HOST}\r\nOrigin: https://evil.test\r\nContent-Length: 3\r\n\r\na=b"
    );
    let answer = exchange(&server, request.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 403"), "{answer}");
    assert!(answer.to_lowercase().contains("\r\nconnection: close\r\n"), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_over_the_limit_wait_and_running_requests_finish() {
    let limits = ConnectionLimits { connections_max: 1, ..ConnectionLimits::default() };
    let server = start(limits).await;
    let mut first = TcpStream::connect(server.address).await.expect("a connection");
    let request = format!("GET /healthz HTTP/1.1\r\nHost: {PUBLIC_HOST}\r\n\r\n");
    first.write_all(request.as_bytes()).await.expect("sent");
    let mut status = [0; 12];
    tokio::time::timeout(TIMEOUT, first.read_exact(&mut status)).await.expect("an answer").expect("read");
    assert_eq!(&status, b"HTTP/1.1 200");
    // The second is answered only after the first is closed.
    let mut second = TcpStream::connect(server.address).await.expect("the kernel accepts it");
    second.write_all(request.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n").as_bytes()).await.expect("sent");
    let early = tokio::time::timeout(Duration::from_millis(300), second.readable()).await;
    assert!(early.is_err(), "the second connection was answered over the limit");
    drop(first);
    let mut answer = String::new();
    tokio::time::timeout(TIMEOUT, second.read_to_string(&mut answer)).await.expect("an answer").expect("read");
    assert!(answer.ends_with("alive\n"), "{answer}");
    server.stop.send(()).expect("it runs");
    tokio::time::timeout(TIMEOUT, server.ended).await.expect("an end").expect("no panic");
}

/// The only connection belongs to a client that requests an endless answer and reads nothing.
#[tokio::test(flavor = "multi_thread")]
async fn closes_connections_that_read_nothing() {
    let endless =
        || async { Body::from_stream(stream::repeat(Ok::<_, Infallible>(Bytes::from_static(&[b'a'; 64 * 1024])))) };
    let router = Router::new().route("/endless", get(endless)).route("/other", get(async || "answered\n"));
    let write_timeout = Duration::from_millis(50);
    let server =
        start_router(router, ConnectionLimits { connections_max: 1, write_timeout, ..ConnectionLimits::default() })
            .await;
    let mut first = TcpStream::connect(server.address).await.expect("a connection");
    first.write_all(b"GET /endless HTTP/1.1\r\nHost: a\r\n\r\n").await.expect("sent");
    let answer = exchange(&server, b"GET /other HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await;
    assert!(answer.ends_with("answered\n"), "{answer}");
    server.stop.send(()).expect("it runs");
    drop(first);
    tokio::time::timeout(TIMEOUT, server.ended).await.expect("an end").expect("no panic");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rate_limit_of_a_person_spans_addresses() {
    let pages = Quota { burst: 3, period: Duration::from_secs(60) };
    let (state, _) = state(RequestLimits { pages, ..RequestLimits::default() });
    let visitor = Visitor::signed_in(&state, operator());
    for port in 1..=3 {
        let from = format!("198.51.100.{port}:4000");
        assert_eq!(visitor.clone().from(&from).get("/api/nothing").await.status, StatusCode::NOT_FOUND);
    }
    let answer = visitor.from("198.51.100.9:4000").get("/api/nothing").await;
    assert_eq!((answer.status, answer.header("retry-after")), (StatusCode::TOO_MANY_REQUESTS, Some("60")));
}
