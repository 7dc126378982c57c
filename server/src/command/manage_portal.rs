//! The demo's stand-in for a hoster's own portal, on an origin of its own: people sign in to it, open *My Accounts* →
//! *VM Management*, and see this portal in a frame. `parent.js` and [`signer`] are what an integrator writes.

mod html;
mod signer;

use anyhow::Context;
use axum::{
    Form, Json, Router,
    extract::{Request, State},
    http::{
        HeaderMap, HeaderName, HeaderValue, Method, StatusCode,
        header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST, ORIGIN, SET_COOKIE, X_CONTENT_TYPE_OPTIONS},
    },
    middleware::{Next, from_fn_with_state},
    response::{Html, IntoResponse, Response},
    routing::{get, post},
};
use muster_access::{
    embedder::{EmbeddedRole, Embedder},
    jwks::KeySet,
    principal::{Identity, Role},
    public_url::PublicUrl,
    sessions::{SIGNED_IN, Sessions},
    token::Token,
};
use muster_core::{clock::SharedClock, roster::Account};
use muster_web::sign_in::{cookie, demo::Person, return_to::see_other};
use serde::{Deserialize, Serialize};
use signer::Signer;
use std::{collections::BTreeSet, sync::Arc};
use tokio::net::TcpListener;

const ISSUER: &str = "https://manage.example";
const COOKIE: &str = "manage";
/// Of an estate without accounts: an assertion names a customer, and this one has nothing.
const NOBODY: &str = "no-customer";

/// One of its users, who is somebody here too.
#[derive(Clone)]
pub struct User {
    code: &'static str,
    sees: String,
    identity: Identity,
    customers: BTreeSet<String>,
}

pub struct ManagePortal {
    listener: TcpListener,
    desk: Arc<Desk>,
}

/// What its handlers share.
struct Desk {
    origin: String,
    /// The origin of what it frames.
    portal: String,
    users: Vec<User>,
    sessions: Sessions<User>,
    signer: Signer,
    content_security_policy: HeaderValue,
}

type Shared = State<Arc<Desk>>;

impl ManagePortal {
    /// Its users are the demo's people, but for the operator: operators never come through a frame.
    pub fn new(
        listener: TcpListener,
        portal: &PublicUrl,
        people: &[Person],
        accounts: &[Account],
        clock: SharedClock,
    ) -> anyhow::Result<Self> {
        // Another host than the portal's, so that a browser takes the two for different sites.
        let host = if portal.origin().contains("localhost") { "127.0.0.1" } else { "localhost" };
        let origin = format!("http://{host}:{}", listener.local_addr()?.port());
        let everybody: BTreeSet<String> = accounts.iter().map(|account| account.customer_id.clone()).collect();
        let users = people.iter().filter_map(|person| user(person, &everybody)).collect();
        let policy = format!(
            "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; form-action 'self'; \
             frame-src {}; base-uri 'none'; frame-ancestors 'none'",
            portal.origin()
        );
        let desk = Desk {
            origin,
            portal: portal.origin().to_owned(),
            users,
            sessions: Sessions::new(clock.clone(), SIGNED_IN),
            signer: Signer::new(format!("{}/embed", portal.origin()), clock)?,
            content_security_policy: HeaderValue::try_from(policy)?,
        };
        Ok(Self { listener, desk: Arc::new(desk) })
    }

    pub fn origin(&self) -> &str {
        &self.desk.origin
    }

    /// How the portal knows it.
    pub fn embedder(&self) -> anyhow::Result<Embedder> {
        Ok(Embedder {
            issuer: ISSUER.to_owned(),
            keys: KeySet::of(&self.desk.signer.public_keys()?).map_err(anyhow::Error::msg)?,
            origins: BTreeSet::from([self.desk.origin.clone()]),
            roles: BTreeSet::from([EmbeddedRole::Customer, EmbeddedRole::AccountManager]),
            customers: None,
        })
    }

    /// Until the process ends.
    pub async fn serve(self) -> anyhow::Result<()> {
        let script =
            |text: &'static str| get(move || async move { ([(CONTENT_TYPE, "text/javascript; charset=utf-8")], text) });
        let routes = Router::new()
            .route("/", get(show_home))
            .route("/vm-management", get(show_frame))
            .route("/sign-in", post(sign_in))
            .route("/sign-out", post(sign_out))
            .route("/vmm/assertion", post(assert))
            .route("/parent.js", script(include_str!("manage_portal/parent.js")))
            .route("/page.js", script(include_str!("manage_portal/page.js")))
            .route(
                "/style.css",
                get(|| async { ([(CONTENT_TYPE, "text/css")], include_str!("manage_portal/style.css")) }),
            )
            .layer(from_fn_with_state(self.desk.clone(), guard))
            .with_state(self.desk);
        axum::serve(self.listener, routes).await.context("the stand-in manage portal stopped")
    }
}

fn user(person: &Person, everybody: &BTreeSet<String>) -> Option<User> {
    let customers = match &person.identity.role {
        Role::Customer { customers } => customers.clone(),
        // The portal's own assignments decide which of them.
        Role::AccountManager { .. } => everybody.clone(),
        Role::Operator { .. } | Role::Auditor { .. } => return None,
    };
    let customers = if customers.is_empty() { BTreeSet::from([NOBODY.to_owned()]) } else { customers };
    Some(User { code: person.code, sees: person.sees.clone(), identity: person.identity.clone(), customers })
}

/// Only its own origin may change anything, and only one name leads to it.
async fn guard(State(desk): Shared, request: Request, next: Next) -> Response {
    let headers = request.headers();
    let said = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if format!("http://{}", said(HOST)) != desk.origin {
        return see_elsewhere(&desk.origin);
    }
    if request.method() != Method::GET && said(ORIGIN) != desk.origin {
        return StatusCode::FORBIDDEN.into_response();
    }
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, desk.content_security_policy.clone());
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

fn see_elsewhere(origin: &str) -> Response {
    axum::response::Redirect::temporary(origin).into_response()
}

impl Desk {
    fn user(&self, headers: &HeaderMap) -> Option<User> {
        self.sessions.find(cookie::token(headers, COOKIE)?)
    }
}

async fn show_home(State(desk): Shared, headers: HeaderMap) -> Html<String> {
    Html(match desk.user(&headers) {
        Some(user) => html::home(&user),
        None => html::sign_in(&desk.users),
    })
}

async fn show_frame(State(desk): Shared, headers: HeaderMap) -> Response {
    match desk.user(&headers) {
        Some(user) => Html(html::frame(&user, &desk.portal)).into_response(),
        None => see_other("/"),
    }
}

#[derive(Deserialize)]
struct Choice {
    person: String,
}

async fn sign_in(State(desk): Shared, Form(choice): Form<Choice>) -> Result<Response, StatusCode> {
    let user = desk.users.iter().find(|user| user.code == choice.person).ok_or(StatusCode::NOT_FOUND)?;
    let token = desk.sessions.start(user.clone()).map_err(|_| StatusCode::SERVICE_UNAVAILABLE)?;
    Ok(with_cookie(see_other("/"), Some(&token)))
}

async fn sign_out(State(desk): Shared, headers: HeaderMap) -> Response {
    if let Some(token) = cookie::token(&headers, COOKIE) {
        desk.sessions.end(token);
    }
    with_cookie(see_other("/"), None)
}

fn with_cookie(mut response: Response, token: Option<&Token>) -> Response {
    let life = if token.is_none() { "; Max-Age=0" } else { "" };
    let value = token.map(Token::reveal).unwrap_or_default();
    if let Ok(value) = HeaderValue::try_from(format!("{COOKIE}={value}; Path=/; HttpOnly; SameSite=Lax{life}")) {
        response.headers_mut().insert(SET_COOKIE, value);
    }
    response
}

#[derive(Deserialize)]
struct Asked {
    nonce: String,
}

#[derive(Serialize)]
struct Asserted {
    assertion: String,
}

/// Says to the portal who is signed in here: what an integrator's own back end does.
async fn assert(
    State(desk): Shared,
    headers: HeaderMap,
    Json(asked): Json<Asked>,
) -> Result<Json<Asserted>, StatusCode> {
    let user = desk.user(&headers).ok_or(StatusCode::UNAUTHORIZED)?;
    let assertion = desk.signer.assertion(&user, &asked.nonce, &desk.origin).map_err(|error| {
        tracing::error!("the stand-in manage portal cannot sign: {error}");
        StatusCode::INTERNAL_SERVER_ERROR
    })?;
    Ok(Json(Asserted { assertion }))
}
