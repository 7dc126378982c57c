//! Errors have one form, an envelope for programs and a page for browsers, without internal details. And the log of a
//! request has its id and route, without parameters.

use crate::{
    support::{
        log::CapturedLog,
        visitor::{REQUEST, Visitor, no_rate_limit, state_behind_proxy},
        world::harvested,
    },
    tenancy::tenants::operator,
};
use axum::{
    Router,
    body::Body,
    extract::ConnectInfo,
    http::{Method, Request, StatusCode, header::ACCEPT},
    routing::get,
};
use http_body_util::BodyExt;
use muster_access::{assignments::Assignments, public_url::PublicUrl};
use muster_web::{layers::with_layers, sign_in::SignIn, state::ServerState};
use std::net::SocketAddr;
use tower::ServiceExt;

fn state() -> ServerState {
    let public_url = PublicUrl::try_from("https://vmm.example".to_owned()).expect("an origin");
    let source = &harvested().source;
    let sign_in = SignIn::new(public_url, Assignments::default(), source.clock.clone());
    state_behind_proxy(source, no_rate_limit(), sign_in)
}

/// The `Accept` header of a browser that requests a page.
const ACCEPT_HTML: (&str, &str) = ("accept", "text/html,application/xhtml+xml,*/*;q=0.8");
/// Words from messages of libraries and panics.
const INTERNAL_WORDS: [&str; 10] =
    ["axum", "serde", "deserialize", "duckdb", "panicked", "src/", ".rs", "server function", "hyper", "Failed to"];

#[tokio::test(flavor = "multi_thread")]
async fn every_error_is_an_envelope_without_internal_details() {
    let visitor = Visitor::signed_in(&state(), operator());
    let (get, post, delete) = (Method::GET, Method::POST, Method::DELETE);
    let form = ("content-type", "application/x-www-form-urlencoded");
    for (method, path, headers, body, status, code) in [
        (&get, "/api/nothing", vec![], "", 404, "not_found"),
        (&get, "/api", vec![], "", 404, "not_found"),
        (&get, "/export/nothing.csv", vec![], "", 404, "not_found"),
        (&get, "/rpc/nothing", vec![], "", 404, "not_found"),
        (&get, "/api/v1/instances/rubbish", vec![ACCEPT_HTML], "", 404, "not_found"),
        (&get, "/api/v1/instances/%ff", vec![], "", 400, "bad_request"),
        (&get, "/api/v1/instances?statsu=1", vec![], "", 400, "bad_request"),
        (&get, "/export/history.csv", vec![], "", 400, "bad_request"),
        (&delete, "/api/v1/instances", vec![ACCEPT_HTML], "", 405, "method_not_allowed"),
        (&post, "/export/instances.csv", vec![], "", 405, "method_not_allowed"),
        (&post, "/rpc/instances", vec![form], "query=", 405, "method_not_allowed"),
        (&get, "/sign-out", vec![], "", 405, "method_not_allowed"),
        (&post, "/sign-in/demo", vec![("content-type", "text/plain")], "person=x", 415, "unsupported_media_type"),
        (&post, "/sign-in/demo", vec![form], "nobody=x", 422, "unprocessable"),
        (&post, "/sign-in/demo", vec![form], "person=nobody", 404, "not_found"),
        (&get, "/pkg/nothing.js", vec![], "", 404, "not_found"),
    ] {
        let answer = visitor.send(method.clone(), path, &headers, Body::from(body)).await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (status, code), "{method} {path}");
        for word in INTERNAL_WORDS {
            assert!(!answer.body.contains(word), "{method} {path}: {}", answer.body);
        }
        assert_eq!(answer.headers.contains_key("allow"), status == 405, "{method} {path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn browsers_get_an_error_page_with_the_request_id() {
    let visitor = Visitor::new(&state());
    for (method, path, host, status) in [
        (Method::POST, "/instances", "", 401),
        (Method::GET, "/sign-out", "", 405),
        (Method::POST, "/sign-in/demo", "", 415),
        (Method::GET, "/sign-in", "evil.test", 421),
    ] {
        let mut headers = vec![ACCEPT_HTML];
        if !host.is_empty() {
            headers.push(("host", host));
        }
        let answer = visitor.send(method.clone(), path, &headers, Body::from("person=x")).await;
        assert_eq!(answer.status.as_u16(), status, "{method} {path}");
        assert_eq!(answer.header("content-type"), Some("text/html; charset=utf-8"), "{method} {path}");
        assert!(answer.body.contains(&format!("<code>{REQUEST}</code>")), "{}", answer.body);
        assert!(!answer.body.contains("<script"), "{}", answer.body);
    }
    // A page of the app is not replaced.
    let answer =
        Visitor::signed_in(&state(), operator()).send(Method::GET, "/nothing", &[ACCEPT_HTML], Body::empty()).await;
    assert!(answer.status == StatusCode::NOT_FOUND && answer.body.contains("Page not found"), "{}", answer.body);
}

async fn panic_with_secret() -> &'static str {
    let planted = std::hint::black_box(Some("planted-secret"));
    assert!(planted.is_none(), "{planted:?}");
    "never"
}

/// The layers of the portal around handlers that panic.
#[tokio::test(flavor = "multi_thread")]
async fn a_panic_is_answered_with_500_and_no_details() {
    let state = state();
    let broken = Router::new().route("/api/v1/broken", get(panic_with_secret)).route("/broken", get(panic_with_secret));
    let router = with_layers(broken, &state).with_state(state);
    for (path, media_type) in [("/api/v1/broken", "application/json"), ("/broken", "text/html; charset=utf-8")] {
        let request = Request::get(path).header(ACCEPT, ACCEPT_HTML.1).body(Body::empty()).expect("a request");
        let response = router.clone().oneshot(request).await.expect("an answer");
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(response.headers()["content-type"], media_type);
        let id = response.headers()["x-request-id"].to_str().expect("text").to_owned();
        assert_eq!(response.headers()["x-frame-options"], "DENY");
        let body = response.into_body().collect().await.expect("a body").to_bytes();
        let body = String::from_utf8_lossy(&body);
        assert!(body.contains(&id) && !body.contains("planted-secret") && !body.contains("panic"), "{body}");
    }
}

/// A redirect would send the reader back to another site, with the answer in the address.
#[tokio::test(flavor = "multi_thread")]
async fn server_functions_never_redirect_to_the_referer() {
    let visitor = Visitor::signed_in(&state(), operator());
    let from = [ACCEPT_HTML, ("referer", "https://evil.test/page")];
    for (path, status) in [
        ("/rpc/choices", StatusCode::OK),
        ("/rpc/instances?query=", StatusCode::OK),
        ("/rpc/instance?instance=mi-00000000000000000", StatusCode::NOT_FOUND),
        ("/rpc/instances?query=statsu%3D1", StatusCode::BAD_REQUEST),
        ("/rpc/instances", StatusCode::BAD_REQUEST),
        ("/rpc/instances?query=a&query=b", StatusCode::BAD_REQUEST),
    ] {
        let answer = visitor.send(Method::GET, path, &from, Body::empty()).await;
        assert_eq!((answer.status, answer.header("location")), (status, None), "{path}");
    }
}

/// Runs on one thread, because the subscriber is that of one thread.
#[tokio::test]
async fn logs_request_id_and_route_without_parameters() {
    let (log, state) = (CapturedLog::start(), state());
    let visitor = Visitor::signed_in(&state, operator());
    let id = "mi-0123456789abcdef0";
    for path in
        [format!("/api/v1/instances/{id}?as_of=2025-11-01"), "/instances?q=looked-for".to_owned(), "/x-y-z".to_owned()]
    {
        visitor.send(Method::GET, &path, &[("authorization", "Bearer planted-secret")], Body::empty()).await;
    }
    let text = log.take();
    let answered: Vec<serde_json::Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .filter(|line: &serde_json::Value| line["fields"]["message"] == "answered")
        .collect();
    let paths: Vec<_> = answered.iter().map(|line| line["span"]["path"].as_str().expect("a path")).collect();
    assert_eq!(paths, ["/api/v1/instances/{id}", "/instances", "-"], "{text}");
    for line in &answered {
        let span = &line["span"];
        assert_eq!(
            (&span["id"], &span["method"], &span["subject"]),
            (&REQUEST.into(), &"GET".into(), &"the-operator".into())
        );
        assert!(line["fields"]["status"].is_u64() && line["fields"]["ms"].is_number(), "{line}");
    }
    for word in [id, "looked-for", "as_of", "planted-secret", "Bearer", "__Host", "x-y-z"] {
        assert!(!text.contains(word), "`{word}` is logged: {text}");
    }
}

/// Without a connection the peer is unknown, so no header is trusted.
#[tokio::test(flavor = "multi_thread")]
async fn does_not_trust_the_request_id_of_a_request_without_a_connection() {
    let router =
        with_layers(Router::new().route("/api/v1/answer", get(async || "answered")), &state()).with_state(state());
    let send = |from: Option<SocketAddr>| {
        let mut request =
            Request::get("/api/v1/answer").header("x-request-id", REQUEST).body(Body::empty()).expect("one");
        if let Some(from) = from {
            request.extensions_mut().insert(ConnectInfo(from));
        }
        router.clone().oneshot(request)
    };
    let proxy = crate::support::visitor::PROXY.parse().expect("an address");
    assert_eq!(send(Some(proxy)).await.expect("an answer").headers()["x-request-id"], REQUEST);
    assert_ne!(send(None).await.expect("an answer").headers()["x-request-id"], REQUEST);
}
