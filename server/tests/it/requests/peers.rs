//! Hostile case 25: headers of proxies are trusted from proxies only, and the portal answers only to its own host.

use crate::{
    support::{
        visitor::{PROXY, REQUEST, Visitor, no_rate_limit, state_behind_proxy},
        world::harvested,
    },
    tenancy::tenants::operator,
};
use axum::{
    body::Body,
    http::{Method, StatusCode},
};
use muster_access::{assignments::Assignments, public_url::PublicUrl};
use muster_web::{
    limits::RequestLimits,
    rates::Quota,
    sign_in::{SignIn, person::Person},
    state::ServerState,
};
use std::time::Duration;

const UNTRUSTED: &str = "203.0.113.5:5000";

fn state(limits: RequestLimits) -> ServerState {
    let public_url = PublicUrl::try_from("https://vmm.example".to_owned()).expect("an origin");
    let source = &harvested().source;
    let guest = Person { code: "guest", sees: String::new(), identity: operator() };
    let sign_in = SignIn::new(public_url, Assignments::default(), source.clock.clone()).with_people(vec![guest]);
    state_behind_proxy(source, limits, sign_in)
}

#[tokio::test(flavor = "multi_thread")]
async fn rejects_a_foreign_host_except_on_health_checks() {
    let state = state(no_rate_limit());
    let visitor = Visitor::signed_in(&state, operator());
    for path in
        ["/", "/api/v1/instances", "/export/instances.csv", "/rpc/choices", "/sign-in", "/pkg/app.js", "/nothing"]
    {
        for host in
            ["evil.test", "127.0.0.1:8080", "vmm.example.evil.test", "vmm.example:8080", "vmm.example@evil.test"]
        {
            let answer = visitor.send(Method::GET, path, &[("host", host)], Body::empty()).await;
            assert_eq!(
                (answer.status, answer.code().as_str()),
                (StatusCode::MISDIRECTED_REQUEST, "wrong_host"),
                "{path} {host}"
            );
            assert!(!answer.body.contains("evil"), "{}", answer.body);
        }
    }
    for path in ["/healthz", "/readyz"] {
        let answer = visitor.send(Method::GET, path, &[("host", "10.0.0.3:8080")], Body::empty()).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn accepts_a_forwarded_host_only_from_a_trusted_proxy() {
    let visitor = Visitor::new(&state(no_rate_limit()));
    for (from, host, forwarded, status) in [
        (PROXY, "portal.internal:8080", "vmm.example", StatusCode::OK),
        (PROXY, "portal.internal:8080", "", StatusCode::MISDIRECTED_REQUEST),
        (PROXY, "vmm.example", "evil.test", StatusCode::MISDIRECTED_REQUEST),
        (UNTRUSTED, "portal.internal:8080", "vmm.example", StatusCode::MISDIRECTED_REQUEST),
        (UNTRUSTED, "vmm.example", "evil.test", StatusCode::OK),
    ] {
        let headers = [("host", host), ("x-forwarded-host", forwarded), ("x-forwarded-proto", "http")];
        let answer = visitor.clone().from(from).send(Method::GET, "/sign-in", &headers, Body::empty()).await;
        assert_eq!(answer.status, status, "{from} {host} {forwarded}");
        // The public URL of the portal decides the scheme, not a header of the proxy.
        assert!(answer.header("strict-transport-security").is_some());
    }
    let form = [
        ("host", "portal.internal:8080"),
        ("x-forwarded-host", "vmm.example"),
        ("origin", "https://vmm.example"),
        ("content-type", "application/x-www-form-urlencoded"),
    ];
    let answer = visitor.send(Method::POST, "/sign-in/demo", &form, Body::from("person=guest")).await;
    assert!(answer.header("set-cookie").expect("a cookie").contains("; Secure"), "{}", answer.body);
}

/// Rate limits use the address of the peer, or the address that a trusted proxy forwards.
#[tokio::test(flavor = "multi_thread")]
async fn clients_cannot_forge_the_address_that_is_rate_limited() {
    let pages = Quota { burst: 2, period: Duration::from_secs(60) };
    let visitor = Visitor::new(&state(RequestLimits { pages, ..RequestLimits::default() }));
    let status = |from: &'static str, forwarded: String| {
        let visitor = visitor.clone().from(from);
        async move {
            let headers = [
                ("x-forwarded-for", forwarded.as_str()),
                ("x-real-ip", "192.0.2.200"),
                ("forwarded", "for=192.0.2.201"),
            ];
            visitor.send(Method::GET, "/sign-in", &headers, Body::empty()).await.status
        }
    };
    for round in 0..4 {
        let expected = if round < 2 { StatusCode::OK } else { StatusCode::TOO_MANY_REQUESTS };
        // A client that claims another address each time, directly and through the proxy.
        assert_eq!(status(UNTRUSTED, format!("192.0.2.{round}")).await, expected);
        assert_eq!(status(PROXY, format!("192.0.2.{round}, 198.51.100.77")).await, expected);
    }
    // Another client behind the proxy has its own limit.
    assert_eq!(status(PROXY, "198.51.100.78".to_owned()).await, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn identity_headers_sign_nobody_in() {
    let visitor = Visitor::new(&state(no_rate_limit()));
    let names = ["x-forwarded-user", "x-forwarded-email", "x-auth-request-user", "remote-user", "x-remote-user"];
    for from in [PROXY, UNTRUSTED] {
        for name in names {
            let headers = [(name, "the-operator"), ("x-forwarded-groups", "operators"), ("authorization", "Bearer x")];
            let answer = visitor.clone().from(from).send(Method::GET, "/api/v1/harvest", &headers, Body::empty()).await;
            assert_eq!((answer.status, answer.code().as_str()), (StatusCode::UNAUTHORIZED, "not_signed_in"), "{name}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn accepts_only_valid_request_ids_of_a_trusted_proxy() {
    let visitor = Visitor::new(&state(no_rate_limit()));
    let request_id = |from: &'static str, id: String| {
        let visitor = visitor.clone().from(from);
        async move {
            let answer = visitor.send(Method::GET, "/api/v1/harvest", &[("x-request-id", &id)], Body::empty()).await;
            answer.code();
            answer.header("x-request-id").expect("a request id").to_owned()
        }
    };
    assert_eq!(request_id(PROXY, REQUEST.to_owned()).await, REQUEST);
    for (from, id) in [
        (UNTRUSTED, REQUEST.to_owned()),
        (PROXY, "short".to_owned()),
        (PROXY, "a".repeat(65)),
        (PROXY, "with space and \"".to_owned()),
        (PROXY, "<script>alert(1)</script>".to_owned()),
    ] {
        let own = request_id(from, id.clone()).await;
        assert!(own != id && own.len() == 16 && own.bytes().all(|byte| byte.is_ascii_hexdigit()), "{own}");
        assert_ne!(own, request_id(from, id).await);
    }
}
