//! The headers of every kind of answer, in golden files, and rules for all answers.

use crate::{
    support::{
        visitor::{Answer, Visitor, no_rate_limit, state_behind_proxy},
        world::harvested,
    },
    tenancy::tenants::{operator, person},
};
use axum::{
    Router,
    body::Body,
    http::{Method, Request, StatusCode},
    routing::get,
};
use muster_access::{assignments::Assignments, principal::Role, public_url::PublicUrl};
use muster_web::{
    layers::with_layers,
    sign_in::{SignIn, person::Person},
    state::ServerState,
};
use std::collections::BTreeSet;
use tower::ServiceExt;

fn state(url: &str) -> ServerState {
    let public_url = PublicUrl::try_from(url.to_owned()).expect("an origin");
    let source = &harvested().source;
    let guest = Person { code: "guest", sees: String::new(), identity: operator() };
    let sign_in = SignIn::new(public_url, Assignments::default(), source.clock.clone()).with_people(vec![guest]);
    state_behind_proxy(source, no_rate_limit(), sign_in)
}

/// The status and the headers, without values that differ in each answer.
fn written(answer: &Answer) -> String {
    let nonce = answer.header("content-security-policy").and_then(|policy| policy.split("'nonce-").nth(1));
    let nonce = nonce.and_then(|rest| rest.split('\'').next()).unwrap_or("\u{0}");
    let mut lines: Vec<String> = answer
        .headers
        .iter()
        .filter(|(name, _)| !["content-length", "last-modified", "accept-ranges"].contains(&name.as_str()))
        .map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes()).replace(nonce, "NONCE");
            match value.split_once('=').filter(|_| name == "set-cookie" && !value.contains("Max-Age=0")) {
                Some((cookie, rest)) => {
                    let rest = rest.split_once(';').map_or("", |(_, rest)| rest);
                    format!("{name}: {cookie}=TOKEN;{rest}")
                }
                None => format!("{name}: {value}"),
            }
        })
        .collect();
    lines.sort_unstable();
    format!("{}\n{}", answer.status, lines.join("\n"))
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_match_the_golden_files() {
    let state = state("https://vmm.example");
    let (visitor, anonymous) = (Visitor::signed_in(&state, operator()), Visitor::new(&state));
    let instance = "/api/v1/instances/mi-00000000000000000";
    for (name, answer) in [
        ("page", visitor.get("/").await),
        ("page_list", visitor.get("/instances").await),
        ("page_not_found", visitor.get("/nothing").await),
        ("page_sign_in", anonymous.get("/sign-in").await),
        ("page_to_sign_in", anonymous.get("/instances").await),
        ("signed_in", anonymous.post("/sign-in/demo", "person=guest").await),
        ("signed_out", visitor.post("/sign-out", "").await),
        ("api_not_signed_in", anonymous.get("/api/v1/instances").await),
    ] {
        insta::assert_snapshot!(name, written(&answer));
    }
    let visitor = Visitor::signed_in(&state, operator());
    for (name, answer) in [
        ("api", visitor.get("/api/v1/instances").await),
        ("api_not_found", visitor.get(instance).await),
        ("api_description", visitor.get("/api/openapi.json").await),
        ("export", visitor.get("/export/instances.csv").await),
        ("server_function", visitor.get("/rpc/instances?query=").await),
        ("server_function_not_found", visitor.get("/rpc/instance?instance=rubbish").await),
        ("wrong_method", visitor.send(Method::DELETE, "/api/v1/instances", &[], Body::empty()).await),
        ("health", visitor.get("/healthz").await),
        ("asset_not_there", visitor.get("/pkg/nothing.js").await),
    ] {
        insta::assert_snapshot!(name, written(&answer));
    }
}

/// The nonce of one page must not reveal the nonce of the next.
#[tokio::test(flavor = "multi_thread")]
async fn each_page_has_its_own_nonce() {
    let visitor = Visitor::signed_in(&state("https://vmm.example"), operator());
    let mut seen = BTreeSet::new();
    for path in ["/", "/", "/instances", "/nothing"] {
        let answer = visitor.get(path).await;
        let policy = answer.header("content-security-policy").expect("a policy");
        let nonce = policy.split("'nonce-").nth(1).and_then(|rest| rest.split('\'').next()).expect("a nonce");
        assert!(nonce.len() >= 16 && seen.insert(nonce.to_owned()), "{path}: {policy}");
        assert!(answer.body.contains(&format!("nonce=\"{nonce}\"")), "{path} has no script with this nonce");
    }
}

/// With HSTS, browsers would never use http for this host again.
#[tokio::test(flavor = "multi_thread")]
async fn sets_hsts_only_over_https() {
    let visitor = Visitor::signed_in(&state("http://127.0.0.1:8080"), operator());
    for path in ["/", "/api/v1/instances", "/healthz"] {
        let answer = visitor.send(Method::GET, path, &[("host", "127.0.0.1:8080")], Body::empty()).await;
        assert_eq!((answer.status, answer.header("strict-transport-security")), (StatusCode::OK, None), "{path}");
    }
}

/// Routes below `/embed` set their own headers.
#[tokio::test(flavor = "multi_thread")]
async fn keeps_the_headers_of_embed_routes() {
    let state = state("https://vmm.example");
    let framed = get(async || ([("content-security-policy", "frame-ancestors https://a.example")], "framed"));
    let router = with_layers(Router::new().route("/embed/page", framed), &state).with_state(state);
    let response =
        router.oneshot(Request::get("/embed/page").body(Body::empty()).expect("one")).await.expect("an answer");
    let mut names: Vec<&str> = response.headers().keys().map(|name| name.as_str()).collect();
    names.sort_unstable();
    let own = ["content-security-policy", "content-type", "x-content-type-options", "x-request-id"];
    names.retain(|name| *name != "content-length");
    assert_eq!(names, own);
    assert_eq!(response.headers()["content-security-policy"], "frame-ancestors https://a.example");
}

/// Every route in the sources except those below `/embed`, for any caller and any answer.
#[tokio::test(flavor = "multi_thread")]
async fn no_route_outside_embed_can_be_framed_sniffed_or_cached() {
    let state = state("https://vmm.example");
    let nobody = person("nobody", Role::Customer { customers: BTreeSet::new() });
    for visitor in [Visitor::new(&state), Visitor::signed_in(&state, nobody)] {
        for (path, method) in crate::requests::sources::in_sources() {
            if path.starts_with("/embed") {
                continue;
            }
            let answer = visitor.send(method.clone(), &path.replace(['{', '}'], "x"), &[], Body::empty()).await;
            let policy = answer.header("content-security-policy").unwrap_or_default();
            assert!(policy.starts_with("default-src 'none';") && policy.contains("frame-ancestors 'none'"), "{path}");
            assert_eq!(answer.header("x-frame-options"), Some("DENY"), "{method} {path}");
            assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{method} {path}");
            let cache_control = if path == "/pkg" { "no-cache" } else { "no-store" };
            assert_eq!(answer.header("cache-control"), Some(cache_control), "{method} {path}");
            assert!(answer.header("x-request-id").is_some(), "{method} {path}");
        }
    }
}
