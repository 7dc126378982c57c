//! A client of the portal's real router, with an address, signed in or not.

use crate::support::world::{cookie_of, state_of};
use axum::{
    Router,
    body::Body,
    extract::ConnectInfo,
    http::{
        HeaderMap, HeaderValue, Method, Request, StatusCode,
        header::{COOKIE, HOST},
    },
};
use http_body_util::BodyExt;
use muster_access::{network::Network, principal::Identity};
use muster_reports::ReportSource;
use muster_web::{limits::RequestLimits, rates::Quota, router::router, sign_in::SignIn, state::ServerState};
use std::{net::SocketAddr, time::Duration};
use tower::ServiceExt;

pub const PUBLIC_HOST: &str = "vmm.example";
/// The address of the proxy that visitors' requests come from.
pub const PROXY: &str = "10.9.0.1:40000";
/// The proxy's id for every request. It is constant, so that answers can be compared byte by byte.
pub const REQUEST: &str = "one-request-as-good-as-any";

#[derive(Clone)]
pub struct Visitor {
    router: Router,
    cookie: Option<HeaderValue>,
    from: SocketAddr,
}

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

/// The portal behind a trusted proxy, with these limits.
pub fn state_behind_proxy(source: &ReportSource, limits: RequestLimits, sign_in: SignIn) -> ServerState {
    let proxies = Network::try_from("10.9.0.0/16".to_owned()).into_iter().collect();
    let sign_in = sign_in.with_trusted_proxies(proxies);
    state_of(source, sign_in).with_limits(limits)
}

/// Limits without a rate limit for pages, for tests that send many requests.
pub fn no_rate_limit() -> RequestLimits {
    let pages = Quota { burst: u32::MAX, period: Duration::from_nanos(1) };
    RequestLimits { pages, ..RequestLimits::default() }
}

impl Visitor {
    pub fn new(state: &ServerState) -> Self {
        let from = PROXY.parse().expect("an address");
        Self { router: router(state.clone()), cookie: None, from }
    }

    pub fn signed_in(state: &ServerState, identity: Identity) -> Self {
        Self { cookie: Some(cookie_of(state, identity)), ..Self::new(state) }
    }

    pub fn from(self, address: &str) -> Self {
        Self { from: address.parse().expect("an address"), ..self }
    }

    /// Sends a request. These headers replace default headers; an empty value removes one.
    pub async fn send(&self, method: Method, path: &str, headers: &[(&str, &str)], body: Body) -> Answer {
        let mut request = Request::builder().method(method).uri(path).body(body).expect("a request");
        request.extensions_mut().insert(ConnectInfo(self.from));
        let own = request.headers_mut();
        own.insert(HOST, HeaderValue::from_static(PUBLIC_HOST));
        own.insert("x-request-id", HeaderValue::from_static(REQUEST));
        if let Some(cookie) = &self.cookie {
            own.insert(COOKIE, cookie.clone());
        }
        for (name, value) in headers {
            let name: axum::http::HeaderName = name.parse().expect("a header's name");
            own.remove(&name);
            if !value.is_empty() {
                own.insert(name, HeaderValue::from_str(value).expect("a header's value"));
            }
        }
        let response = self.router.clone().oneshot(request).await.expect("an answer");
        let (status, headers) = (response.status(), response.headers().clone());
        let body = response.into_body().collect().await.expect("a body").to_bytes();
        Answer { status, headers, body: String::from_utf8(body.to_vec()).expect("UTF-8") }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, &[], Body::empty()).await
    }

    pub async fn post(&self, path: &str, form: &str) -> Answer {
        let headers = [("content-type", "application/x-www-form-urlencoded")];
        self.send(Method::POST, path, &headers, Body::from(form.to_owned())).await
    }
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().expect("text"))
    }

    /// The error code. Asserts the form of the error body and its request id.
    pub fn code(&self) -> String {
        let json: serde_json::Value =
            serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.body));
        assert_eq!(json["request_id"].as_str(), self.header("x-request-id"), "{}", self.body);
        assert_eq!(self.header("content-type"), Some("application/json"));
        let members = |value: &serde_json::Value| {
            value.as_object().expect("an object").keys().cloned().collect::<Vec<_>>().join(" ")
        };
        assert_eq!((members(&json), members(&json["error"])), ("error request_id".into(), "code message".into()));
        json["error"]["code"].as_str().expect("a code").to_owned()
    }

    /// The body without the nonce of its page, which differs with each request.
    pub fn without_nonce(&self) -> String {
        let policy = self.header("content-security-policy").unwrap_or_default();
        match policy.split("'nonce-").nth(1).and_then(|rest| rest.split('\'').next()) {
            Some(nonce) => self.body.replace(nonce, "NONCE"),
            None => self.body.clone(),
        }
    }
}
