//! A browser between the portal and an identity provider: separate cookies for each, explicit redirects, and forms.

use axum::{
    Router,
    body::{Body, Bytes},
    http::{
        HeaderMap, Method, Request, StatusCode,
        header::{CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE},
    },
};
use http_body_util::BodyExt;
use muster_access::fetch::{Bounds, Fetcher};
use muster_web::{router::router, state::ServerState};
use std::collections::BTreeMap;
use tower::ServiceExt;

type Jar = BTreeMap<String, String>;

/// The portal's own address, as its access file has it.
const PORTAL: &str = "https://vmm.example";
/// More steps than signing in and giving consent need.
const STEPS_MAX: usize = 12;

pub struct Browser {
    portal: Router,
    fetcher: Fetcher,
    pub cookies: Jar,
    provider_cookies: Jar,
}

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    /// The redirect target.
    pub fn location(&self) -> &str {
        self.headers.get(LOCATION).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

impl Browser {
    pub fn new(state: &ServerState) -> Self {
        Self {
            portal: router(state.clone()),
            fetcher: Fetcher::new(true, Bounds::DOCUMENT).expect("certificates"),
            cookies: Jar::new(),
            provider_cookies: Jar::new(),
        }
    }

    pub async fn get(&mut self, path: &str) -> Answer {
        self.send(Method::GET, path, &[]).await
    }

    pub async fn post(&mut self, path: &str, form: &[(&str, &str)]) -> Answer {
        self.send(Method::POST, path, form).await
    }

    async fn send(&mut self, method: Method, path: &str, form: &[(&str, &str)]) -> Answer {
        let request = Request::builder().method(method).uri(path).header(COOKIE, cookie_header(&self.cookies));
        let request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        let request = request.body(Body::from(encoded(form))).expect("a request");
        let (head, body) = self.portal.clone().oneshot(request).await.expect("an answer").into_parts();
        let body: Bytes = body.collect().await.expect("a body").to_bytes();
        store_cookies(&mut self.cookies, &head.headers);
        let body = String::from_utf8_lossy(&body).into_owned();
        Answer { status: head.status, headers: head.headers, body }
    }

    /// Clicks the button of the identity provider. Returns the redirect target.
    pub async fn begin(&mut self, return_to: &str) -> String {
        let query = encoded(&[("return_to", return_to)]);
        let answer = self.get(&format!("/sign-in/oidc?{query}")).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
        answer.location().to_owned()
    }

    /// Signs in at the provider and gives consent. Returns the portal's path that the provider redirects to.
    pub async fn at_provider(&mut self, address: &str, user: &str) -> String {
        let origin = address.splitn(4, '/').take(3).collect::<Vec<_>>().join("/");
        let mut next = (Method::GET, address.to_owned(), Vec::new());
        for _ in 0..STEPS_MAX {
            let (method, address, form) = next;
            let request =
                Request::builder().method(method).uri(&address).header(COOKIE, cookie_header(&self.provider_cookies));
            let request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(form);
            let answer = self.fetcher.send(request.expect("a request")).await.expect("the provider answers");
            store_cookies(&mut self.provider_cookies, answer.headers());
            let page = String::from_utf8_lossy(answer.body()).into_owned();
            next = match answer.headers().get(LOCATION).map(|location| location.to_str().expect("text")) {
                Some(back) if back.starts_with(PORTAL) => return back[PORTAL.len()..].to_owned(),
                Some(path) if path.starts_with('/') => (Method::GET, format!("{origin}{path}"), Vec::new()),
                Some(address) => (Method::GET, address.to_owned(), Vec::new()),
                None => {
                    let action = page.split("action=\"").nth(1).and_then(|rest| rest.split('"').next());
                    let action = action.unwrap_or_else(|| panic!("no form on {address}: {page}"));
                    let form = match page.contains("name=\"login\"") {
                        true => encoded(&[("prompt", "login"), ("login", user), ("password", "x")]),
                        false => encoded(&[("prompt", "consent")]),
                    };
                    let action = if action.starts_with('/') { format!("{origin}{action}") } else { action.to_owned() };
                    (Method::POST, action, form.into_bytes())
                }
            };
        }
        panic!("the provider redirects endlessly");
    }

    /// Signs in from start to end. Returns the portal's last answer.
    pub async fn sign_in(&mut self, user: &str) -> Answer {
        let address = self.begin("/").await;
        let back = self.at_provider(&address, user).await;
        self.get(&back).await
    }

    pub async fn is_signed_in(&mut self) -> bool {
        match self.get("/api/v1/accounts").await.status {
            StatusCode::OK => true,
            StatusCode::UNAUTHORIZED => false,
            status => panic!("{status}"),
        }
    }

    /// The customers whose accounts are shown.
    pub async fn customers(&mut self) -> Vec<String> {
        let answer = self.get("/api/v1/accounts").await;
        let page: serde_json::Value = serde_json::from_str(&answer.body).expect("JSON");
        let rows = page["rows"].as_array().expect("rows").iter();
        let mut ids: Vec<String> = rows.map(|row| row["customer_id"].as_str().expect("an id").to_owned()).collect();
        ids.sort();
        ids.dedup();
        ids
    }
}

pub fn encoded(form: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish()
}

fn cookie_header(jar: &Jar) -> String {
    jar.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
}

fn store_cookies(jar: &mut Jar, headers: &HeaderMap) {
    for cookie in headers.get_all(SET_COOKIE) {
        let pair = cookie.to_str().expect("text").split(';').next().unwrap_or_default();
        let (name, value) = pair.split_once('=').expect("a cookie");
        match value.is_empty() {
            true => drop(jar.remove(name)),
            false => drop(jar.insert(name.to_owned(), value.to_owned())),
        }
    }
}
