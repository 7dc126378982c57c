//! How much of the portal somebody can take: too often, too much at once, too large, too slow. The last over real
//! connections, by the portal's own loop.

use crate::{
    support::{
        visitor::{PUBLIC_HOST, Visitor, no_hurry, state_behind_proxy},
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
use jiff::{SignedDuration, Timestamp};
use muster_access::{assignments::Assignments, break_glass::BreakGlass, principal::Role, public_url::PublicUrl};
use muster_core::clock::{Clock, FixedClock};
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

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(60);

fn state(limits: RequestLimits) -> (ServerState, Arc<FixedClock>) {
    let clock = Arc::new(FixedClock::at(harvested().source.clock.now()));
    let source = ReportSource { clock: clock.clone(), ..harvested().source.clone() };
    let public_url = PublicUrl::try_from("https://vmm.example".to_owned()).expect("an origin");
    let sign_in = SignIn::new(public_url, Assignments::default(), clock.clone());
    let hash = muster_access::break_glass::password_hash("correct horse battery").expect("a hash");
    let door: BreakGlass = toml::from_str(&format!("user = \"root\"\npassword_hash = \"{hash}\"\n")).expect("a door");
    let sign_in = sign_in.with_break_glass(Some(door));
    (state_behind_proxy(&source, limits, sign_in), clock)
}

fn pass(clock: &FixedClock, seconds: i64) {
    let now: Timestamp = clock.now();
    clock.set(now + SignedDuration::from_secs(seconds));
}

async fn until_refused(visitor: &Visitor, path: &str) -> usize {
    for asked in 0..10_000 {
        let answer = visitor.get(path).await;
        if answer.status == StatusCode::TOO_MANY_REQUESTS {
            assert_eq!((answer.code().as_str(), answer.header("retry-after")), ("too_often", Some("1")), "{path}");
            return asked;
        }
    }
    panic!("{path} is never refused");
}

#[tokio::test(flavor = "multi_thread")]
async fn people_are_limited_each_for_themselves_and_strangers_by_machine() {
    let (state, clock) = state(RequestLimits::default());
    let somebody = |subject: &str| {
        let identity = person(subject, Role::Customer { customers: BTreeSet::new() });
        Visitor::signed_in(&state, identity)
    };
    let (one, other, stranger) = (somebody("one"), somebody("other"), Visitor::new(&state));
    let again = somebody("one");
    // What does not exist is counted like anything else, and cheap to ask for.
    assert_eq!(until_refused(&one, "/api/nothing").await, PAGE_QUOTA.burst as usize);
    assert_eq!(again.get("/").await.status, StatusCode::TOO_MANY_REQUESTS, "a second session is no second allowance");
    assert_eq!(one.get("/pkg/app.js").await.status, StatusCode::NOT_FOUND);
    assert_eq!(one.get("/healthz").await.status, StatusCode::OK);
    assert_eq!(other.get("/api/nothing").await.status, StatusCode::NOT_FOUND);
    assert_eq!(until_refused(&stranger, "/api/nothing").await, PAGE_QUOTA.burst as usize);
    assert_eq!(stranger.clone().from("192.0.2.1:4000").get("/sign-in").await.status, StatusCode::OK);
    pass(&clock, 1);
    assert_eq!(one.get("/api/nothing").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn passwords_are_tried_ten_times_a_minute_from_one_machine() {
    let (state, clock) = state(RequestLimits::default());
    let guesser = Visitor::new(&state).from("192.0.2.7:4000");
    let guess = "user=root&password=wrong";
    for _ in 0..10 {
        assert_eq!(guesser.post("/sign-in/break-glass", guess).await.status, StatusCode::SEE_OTHER);
    }
    let refused = guesser.post("/sign-in/break-glass", "user=root&password=correct+horse+battery").await;
    assert_eq!((refused.status, refused.header("retry-after")), (StatusCode::TOO_MANY_REQUESTS, Some("6")));
    assert_eq!((refused.code().as_str(), refused.header("set-cookie")), ("too_often", None));
    // Neither another port nor a word of its own about where it is makes it another machine.
    let elsewhere = guesser.clone().from("192.0.2.7:4001");
    let headers = [("x-forwarded-for", "198.51.100.1"), ("content-type", "application/x-www-form-urlencoded")];
    let refused = elsewhere.send(Method::POST, "/sign-in/break-glass", &headers, Body::from(guess)).await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    let neighbour = guesser.clone().from("192.0.2.8:4000");
    assert_eq!(neighbour.post("/sign-in/break-glass", guess).await.status, StatusCode::SEE_OTHER);
    pass(&clock, 6);
    let admitted = guesser.post("/sign-in/break-glass", "user=root&password=correct+horse+battery").await;
    assert!(admitted.header("set-cookie").is_some(), "{}", admitted.body);
}

/// A form whose body never comes.
fn for_ever() -> Body {
    Body::from_stream(stream::pending::<Result<Bytes, Infallible>>())
}

const FORM: [(&str, &str); 1] = [("content-type", "application/x-www-form-urlencoded")];

#[tokio::test(flavor = "multi_thread")]
async fn what_there_is_no_room_for_is_refused_at_once_and_health_is_told() {
    let (state, _) = state(RequestLimits { concurrency: 1, ..no_hurry() });
    let visitor = Visitor::new(&state);
    let slow = visitor.clone();
    let slow = tokio::spawn(async move {
        // Until it finds the place free.
        while slow.send(Method::POST, "/sign-out", &FORM, for_ever()).await.status == StatusCode::SERVICE_UNAVAILABLE {
            tokio::task::yield_now().await;
        }
    });
    // Once it has taken the only place.
    let full = async {
        loop {
            let answer = visitor.get("/sign-in").await;
            if answer.status != StatusCode::OK {
                return answer;
            }
            tokio::task::yield_now().await;
        }
    };
    let full = tokio::time::timeout(PATIENCE, full).await.expect("the place is taken");
    assert_eq!((full.status, full.header("retry-after")), (StatusCode::SERVICE_UNAVAILABLE, Some("1")));
    assert_eq!(full.code(), "busy");
    assert_eq!(visitor.get("/healthz").await.status, StatusCode::OK);
    slow.abort();
    drop(slow.await);
    assert_eq!(visitor.get("/sign-in").await.status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_have_an_end() {
    let short = Duration::from_millis(20);
    let (quick, _) = state(RequestLimits { timeout: short, ..no_hurry() });
    let answer = Visitor::new(&quick).send(Method::POST, "/sign-out", &FORM, for_ever()).await;
    assert_eq!((answer.status, answer.code().as_str()), (StatusCode::SERVICE_UNAVAILABLE, "unavailable"));
    let (steady, _) = state(RequestLimits { body_timeout: short, ..no_hurry() });
    let answer = Visitor::new(&steady).send(Method::POST, "/sign-out", &FORM, for_ever()).await;
    assert!(answer.status.is_client_error(), "{}", answer.status);
    let visitor = Visitor::new(&state(no_hurry()).0);
    let large = format!("person={}", "a".repeat(65 * 1024));
    let answer = visitor.post("/sign-in/demo", &large).await;
    assert_eq!((answer.status, answer.code().as_str()), (StatusCode::PAYLOAD_TOO_LARGE, "too_large"));
    // The same without saying how long it is beforehand.
    let pieces = stream::repeat(Ok::<_, Infallible>(Bytes::from_static(&[b'a'; 4096])));
    let answer = visitor.send(Method::POST, "/sign-in/demo", &FORM, Body::from_stream(pieces)).await;
    assert_eq!((answer.status, answer.code().as_str()), (StatusCode::PAYLOAD_TOO_LARGE, "too_large"));
}

struct Served {
    address: std::net::SocketAddr,
    stop: oneshot::Sender<()>,
    ended: tokio::task::JoinHandle<()>,
}

/// The portal on a port of its own.
async fn served(limits: ConnectionLimits) -> Served {
    served_by(router(state(no_hurry()).0), limits).await
}

async fn served_by(router: Router, limits: ConnectionLimits) -> Served {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let (stop, stopped) = oneshot::channel::<()>();
    let answer = connections::serve(listener, router, limits, async move { drop(stopped.await) });
    Served { address, stop, ended: tokio::spawn(answer) }
}

/// Everything that comes back on a connection until it is closed.
async fn sent(served: &Served, request: &[u8]) -> String {
    let mut connection = TcpStream::connect(served.address).await.expect("a connection");
    // The other side may close before all was sent, and that is what is asked for.
    drop(connection.write_all(request).await);
    let mut answer = Vec::new();
    let read = tokio::time::timeout(PATIENCE, connection.read_to_end(&mut answer)).await;
    drop(read.expect("the connection is closed"));
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_sends_a_byte_now_and_then_is_cut_off() {
    let limits = ConnectionLimits { head_timeout: Duration::from_millis(50), ..ConnectionLimits::default() };
    let served = served(limits).await;
    for beginning in ["", "G", "GET / HTTP/1.1\r\nHost: vmm.example\r\nX-Slow: "] {
        let answer = sent(&served, beginning.as_bytes()).await;
        assert!(!answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
    // A connection on which nothing more is asked is closed too.
    let answer = sent(&served, format!("GET /healthz HTTP/1.1\r\nHost: {PUBLIC_HOST}\r\n\r\n").as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    served.stop.send(()).expect("it runs");
    tokio::time::timeout(PATIENCE, served.ended).await.expect("an end").expect("no panic");
}

#[tokio::test(flavor = "multi_thread")]
async fn heads_too_large_and_messages_of_two_lengths_are_refused() {
    let limits = ConnectionLimits { head_timeout: Duration::from_millis(500), ..ConnectionLimits::default() };
    let served = served(limits).await;
    let host = format!("Host: {PUBLIC_HOST}\r\n");
    let megabyte = "a".repeat(1 << 20);
    for (what, request, status) in [
        ("a URL of 1 MB", format!("GET /{megabyte} HTTP/1.1\r\n{host}\r\n"), "431"),
        ("a header of 1 MB", format!("GET / HTTP/1.1\r\n{host}X-A: {megabyte}\r\n\r\n"), "431"),
        ("many headers", format!("GET / HTTP/1.1\r\n{host}{}\r\n", "X-A: b\r\n".repeat(500)), "431"),
        ("a long URL", format!("GET /{} HTTP/1.1\r\n{host}\r\n", "a".repeat(9_000)), "414"),
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
        ("another host", "GET http://evil.test/ HTTP/1.1\r\nHost: vmm.example\r\n\r\n".to_owned(), "421"),
    ] {
        let answer = sent(&served, request.as_bytes()).await;
        let line = answer.lines().next().unwrap_or_default();
        // Of a client that goes on sending, the system may drop what was answered.
        let lost = answer.is_empty() && request.len() > 1 << 19;
        assert!(lost || (line.contains(status) && !line.contains("200")), "{what}: {line}");
        assert!(!answer.contains("aaaaaaaa"), "{what} is sent back");
    }
    // What is smuggled behind a body that says its length in two ways is no request of its own.
    let smuggled = format!(
        "POST /sign-out HTTP/1.1\r\n{host}Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /healthz HTTP/1.1\r\n{host}\r\n"
    );
    let answer = sent(&served, smuggled.as_bytes()).await;
    assert!(!answer.contains("alive"), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_beyond_the_most_wait_and_requests_under_way_are_finished() {
    let limits = ConnectionLimits { connections_max: 1, ..ConnectionLimits::default() };
    let served = served(limits).await;
    let mut first = TcpStream::connect(served.address).await.expect("a connection");
    let ask = format!("GET /healthz HTTP/1.1\r\nHost: {PUBLIC_HOST}\r\n\r\n");
    first.write_all(ask.as_bytes()).await.expect("sent");
    let mut piece = [0; 12];
    tokio::time::timeout(PATIENCE, first.read_exact(&mut piece)).await.expect("an answer").expect("read");
    assert_eq!(&piece, b"HTTP/1.1 200");
    // The second is answered only once the first is closed.
    let mut second = TcpStream::connect(served.address).await.expect("the kernel takes it");
    second.write_all(ask.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n").as_bytes()).await.expect("sent");
    let early = tokio::time::timeout(Duration::from_millis(300), second.readable()).await;
    assert!(early.is_err(), "two connections are open where one may be");
    drop(first);
    let mut answer = String::new();
    tokio::time::timeout(PATIENCE, second.read_to_string(&mut answer)).await.expect("an answer").expect("read");
    assert!(answer.ends_with("alive\n"), "{answer}");
    served.stop.send(()).expect("it runs");
    tokio::time::timeout(PATIENCE, served.ended).await.expect("an end").expect("no panic");
}

/// Somebody who asks for what has no end, and takes nothing of it, has the only connection.
#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_takes_nothing_is_cut_off() {
    let endless =
        || async { Body::from_stream(stream::repeat(Ok::<_, Infallible>(Bytes::from_static(&[b'a'; 64 * 1024])))) };
    let router = Router::new().route("/endless", get(endless)).route("/other", get(async || "answered\n"));
    let write_timeout = Duration::from_millis(50);
    let served =
        served_by(router, ConnectionLimits { connections_max: 1, write_timeout, ..ConnectionLimits::default() }).await;
    let mut first = TcpStream::connect(served.address).await.expect("a connection");
    first.write_all(b"GET /endless HTTP/1.1\r\n\r\n").await.expect("sent");
    let answer = sent(&served, b"GET /other HTTP/1.1\r\nConnection: close\r\n\r\n").await;
    assert!(answer.ends_with("answered\n"), "{answer}");
    served.stop.send(()).expect("it runs");
    drop(first);
    tokio::time::timeout(PATIENCE, served.ended).await.expect("an end").expect("no panic");
}

/// A signed-in person's allowance is theirs wherever they are.
#[tokio::test(flavor = "multi_thread")]
async fn an_allowance_follows_the_person_and_not_the_address() {
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
