//! The demo's example of an embedding portal, on an origin of its own: people sign in, open *My Accounts* → *VM
//! Management*, and see this portal in a frame. An integrator writes the equivalents of `parent.js` and [`signer`].

mod html;
mod signer;

use super::demo_enrollment::{ACCOUNTS, DemoEnrollment};
use anyhow::Context as _;
use axum::{
    Form, Json, Router,
    extract::{Request, State},
    http::{
        HeaderMap, HeaderName, HeaderValue, Method, StatusCode,
        header::{CONTENT_SECURITY_POLICY, HOST, ORIGIN, SET_COOKIE, X_CONTENT_TYPE_OPTIONS},
    },
    middleware::{Next, from_fn_with_state},
    response::{Html, IntoResponse, Redirect, Response},
    routing::{get, post},
};
use muster_access::{
    embedder::{EmbeddedRole, Embedder},
    jwks::KeyFile,
    principal::Role,
    public_url::PublicUrl,
    sessions::{SIGNED_IN, Sessions},
    token::TokenHash,
};
use muster_core::{clock::SharedClock, roster::Account};
use muster_web::{
    assets,
    sign_in::{cookie, person::Person, return_to::see_other},
};
use serde::Deserialize;
use serde_json::{Value, json};
use signer::Signer;
use std::{collections::BTreeSet, sync::Arc};
use tokio::net::TcpListener;

const ISSUER: &str = "https://manage.example";
const COOKIE: &str = "manage";
/// The customer in assertions when the estate has no accounts.
const NO_CUSTOMER: &str = "no-customer";

/// A user of the embedding portal, with the customers in their assertions.
#[derive(Clone)]
pub struct User {
    person: Person,
    customers: BTreeSet<String>,
}

pub struct ManagePortal {
    listener: TcpListener,
    context: Arc<Context>,
}

/// The state of the handlers.
struct Context {
    origin: PublicUrl,
    /// The origin of the portal in the frame.
    portal: String,
    users: Vec<User>,
    sessions: Sessions<User>,
    enrollment: Arc<DemoEnrollment>,
    signer: Signer,
    content_security_policy: HeaderValue,
}

type Shared = State<Arc<Context>>;

impl ManagePortal {
    /// Its users are the demo's people except the operator, because operators cannot sign in through a frame.
    pub fn new(
        listener: TcpListener,
        portal: &PublicUrl,
        people: &[Person],
        accounts: &[Account],
        enrollment: Arc<DemoEnrollment>,
        clock: SharedClock,
    ) -> anyhow::Result<Self> {
        // Another host than the portal's, so that browsers treat them as different sites.
        let host = if portal.origin().contains("localhost") { "127.0.0.1" } else { "localhost" };
        let origin = PublicUrl::try_from(format!("http://{host}:{}", listener.local_addr()?.port()));
        let origin = origin.map_err(anyhow::Error::msg)?;
        let all_customers: BTreeSet<String> = accounts.iter().map(|account| account.customer_id.clone()).collect();
        let users = people.iter().filter_map(|person| user(person, &all_customers)).collect();
        let policy = format!(
            "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; form-action 'self'; \
             frame-src {}; base-uri 'none'; frame-ancestors 'none'",
            portal.origin()
        );
        let context = Context {
            origin,
            portal: portal.origin().to_owned(),
            users,
            sessions: Sessions::new(clock.clone(), SIGNED_IN),
            enrollment,
            signer: Signer::new(format!("{}/embed", portal.origin()), clock)?,
            content_security_policy: HeaderValue::try_from(policy)?,
        };
        Ok(Self { listener, context: Arc::new(context) })
    }

    pub fn origin(&self) -> &str {
        self.context.origin.origin()
    }

    /// Returns its entry in the portal's access file.
    pub fn embedder(&self) -> anyhow::Result<Embedder> {
        Ok(Embedder {
            issuer: ISSUER.to_owned(),
            keys: KeyFile::fixed(&self.context.signer.public_keys()?).map_err(anyhow::Error::msg)?,
            origins: BTreeSet::from([self.origin().to_owned()]),
            roles: BTreeSet::from([EmbeddedRole::Customer, EmbeddedRole::AccountManager]),
            customers: None,
        })
    }

    /// Serves until the process ends.
    pub async fn serve(self) -> anyhow::Result<()> {
        let routes = Router::new()
            .route("/", get(show_home))
            .route("/vm-management", get(show_frame))
            .route("/machines", post(enroll_machine))
            .route("/sign-in", post(sign_in))
            .route("/sign-out", post(sign_out))
            .route("/vmm/assertion", post(sign_assertion))
            .route("/parent.js", get(assets::script(include_str!("manage_portal/parent.js"))))
            .route("/page.js", get(assets::script(include_str!("manage_portal/page.js"))))
            .route("/style.css", get(assets::styles(include_str!("manage_portal/style.css"))))
            .layer(from_fn_with_state(self.context.clone(), guard))
            .with_state(self.context);
        axum::serve(self.listener, routes).await.context("the embedding portal stopped")
    }
}

fn user(person: &Person, all_customers: &BTreeSet<String>) -> Option<User> {
    let customers = match &person.identity.role {
        Role::Customer { customers } => customers.clone(),
        // The portal's own assignments limit them.
        Role::AccountManager { .. } => all_customers.clone(),
        Role::Operator { .. } | Role::Auditor { .. } => return None,
    };
    let customers = if customers.is_empty() { BTreeSet::from([NO_CUSTOMER.to_owned()]) } else { customers };
    Some(User { person: person.clone(), customers })
}

/// Refuses requests from other origins that change something, and redirects other host names.
async fn guard(State(context): Shared, request: Request, next: Next) -> Response {
    let headers = request.headers();
    let header = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let origin = context.origin.origin();
    if format!("http://{}", header(HOST)) != origin {
        return Redirect::temporary(origin).into_response();
    }
    if request.method() != Method::GET && header(ORIGIN) != origin {
        return StatusCode::FORBIDDEN.into_response();
    }
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, context.content_security_policy.clone());
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

impl Context {
    fn user(&self, headers: &HeaderMap) -> Option<User> {
        self.sessions.find(TokenHash::of(cookie::token(headers, COOKIE)?))
    }
}

async fn show_home(State(context): Shared, headers: HeaderMap) -> Html<String> {
    Html(match context.user(&headers) {
        Some(user) => html::home(&user, &context.enrollment.machines()),
        None => html::sign_in(&context.users),
    })
}

async fn show_frame(State(context): Shared, headers: HeaderMap) -> Response {
    match context.user(&headers) {
        Some(user) => Html(html::frame(&user, &context.portal)).into_response(),
        None => see_other("/"),
    }
}

#[derive(Deserialize)]
struct NewMachine {
    provider: String,
}

/// Starts a machine of the customer, which enrolls.
async fn enroll_machine(
    State(context): Shared,
    headers: HeaderMap,
    Form(machine): Form<NewMachine>,
) -> Result<Response, StatusCode> {
    context.user(&headers).ok_or(StatusCode::UNAUTHORIZED)?;
    let account = ACCOUNTS.into_iter().find(|account| account.provider == machine.provider);
    context.enrollment.enroll(account.ok_or(StatusCode::NOT_FOUND)?);
    Ok(see_other("/"))
}

#[derive(Deserialize)]
struct Choice {
    person: String,
}

async fn sign_in(State(context): Shared, Form(choice): Form<Choice>) -> Result<Response, StatusCode> {
    let user = context.users.iter().find(|user| user.person.code == choice.person).ok_or(StatusCode::NOT_FOUND)?;
    let token = context.sessions.start(user.clone()).map_err(|_| StatusCode::SERVICE_UNAVAILABLE)?;
    let cookie = cookie::set(&context.origin, COOKIE, &token, None);
    Ok(([(SET_COOKIE, cookie)], see_other("/")).into_response())
}

async fn sign_out(State(context): Shared, headers: HeaderMap) -> impl IntoResponse {
    if let Some(token) = cookie::token(&headers, COOKIE) {
        context.sessions.end(TokenHash::of(token));
    }
    ([(SET_COOKIE, cookie::forget(&context.origin, COOKIE))], see_other("/"))
}

#[derive(Deserialize)]
struct AssertionRequest {
    nonce: String,
}

/// Signs an assertion of who is signed in here. An integrator's back end has an equivalent.
async fn sign_assertion(
    State(context): Shared,
    headers: HeaderMap,
    Json(request): Json<AssertionRequest>,
) -> Result<Json<Value>, StatusCode> {
    let user = context.user(&headers).ok_or(StatusCode::UNAUTHORIZED)?;
    let assertion = context.signer.assertion(&user, &request.nonce, context.origin.origin()).map_err(|error| {
        tracing::error!("the embedding portal cannot sign: {error}");
        StatusCode::INTERNAL_SERVER_ERROR
    })?;
    Ok(Json(json!({ "assertion": assertion })))
}
