//! Account managers look after several customers; that they looked at one is put on record.
//!
//! Once for each person, customer and day (UTC): a line for each click would bury the rest. Pages and answers over all of
//! a manager's customers are recorded as such. What cannot be recorded is not shown.

use super::{asker, audited, error::HttpError, sign_in::identify::SignedIn, state::ServerState};
use axum::{
    extract::{Request, State},
    http::{Extensions, Uri},
    middleware::Next,
    response::{IntoResponse, Response},
};
use jiff::{civil::Date, tz::TimeZone};
use muster_access::principal::{Principal, Role};
use muster_audit::event::{Action, Event, Outcome};
use muster_model::ids::{AccountId, InstanceId};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

/// More than a day of a large portal has; when it is full it is forgotten, and views are recorded once more.
const VIEWS_KEPT: usize = 100_000;
const ALL: &str = "all customers of the scope";

/// Who looked, by who vouches for them and by their name there, and at which customer.
type View = (String, String, String);

/// The views that are on record, each with its day.
#[derive(Clone, Default)]
pub struct CustomerViews {
    seen: Arc<Mutex<HashMap<View, Date>>>,
}

impl CustomerViews {
    fn is_new(&self, view: &View, today: Date) -> bool {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).get(view) != Some(&today)
    }

    fn recorded(&self, view: View, today: Date) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() >= VIEWS_KEPT {
            seen.clear();
        }
        seen.insert(view, today);
    }
}

/// The layer behind the one that knows who sent a request.
pub async fn on_record(State(state): State<ServerState>, request: Request, next: Next) -> Response {
    let principal = match request.extensions().get::<SignedIn>() {
        Some(SignedIn(principal)) if matches!(principal.identity.role, Role::AccountManager { .. }) => {
            principal.clone()
        }
        _ => return next.run(request).await,
    };
    // Not the request itself: its body cannot be looked at from two threads.
    let (uri, extensions) = (request.uri().clone(), request.extensions().clone());
    match record(&state, &principal, &uri, &extensions).await {
        Ok(()) => next.run(request).await,
        Err(error) => error.into_response(),
    }
}

async fn record(
    state: &ServerState,
    principal: &Principal,
    uri: &Uri,
    extensions: &Extensions,
) -> Result<(), HttpError> {
    let query = uri.query().unwrap_or_default();
    // A day that cannot be asked for shows nothing.
    let Ok(reports) = asker::reports(state, principal, query) else { return Ok(()) };
    let customer = match About::of(uri.path(), query) {
        About::Customer(customer) => Some(customer).filter(|customer| is_seen(principal, customer)),
        About::Account(account) => reports.customer_of_account(account).await?,
        About::Instance(instance) => reports.customer_of_instance(instance).await?,
        About::All => Some(ALL.to_owned()),
    };
    // What is not in scope is not shown.
    let Some(customer) = customer else { return Ok(()) };
    let today = state.reports.clock.now().to_zoned(TimeZone::UTC).date();
    let view = (principal.identity.issuer.clone(), principal.identity.subject.clone(), customer);
    if state.customer_views.is_new(&view, today) {
        let event = Event::new(Action::CustomerView, Outcome::Ok).about(&view.2);
        audited::record(state, extensions, event).await?;
        state.customer_views.recorded(view, today);
    }
    Ok(())
}

fn is_seen(principal: &Principal, customer: &str) -> bool {
    principal.scope().narrowed_to(customer).size() != Some(0)
}

/// What a request is about, by its address.
#[derive(Debug, PartialEq, Eq)]
enum About {
    Customer(String),
    Account(AccountId),
    Instance(InstanceId),
    All,
}

impl About {
    /// The narrowest that path or query name: a filter only narrows what is shown.
    fn of(path: &str, query: &str) -> Self {
        let mut segments = path.trim_start_matches("/api/v1").split('/').skip(1);
        let of_path = match (segments.next(), segments.next()) {
            (Some("instances"), Some(id)) => id.parse().ok().map(Self::Instance),
            (Some("accounts"), Some(id)) => id.parse().ok().map(Self::Account),
            _ => None,
        };
        let named = |key: &str| {
            let mut pairs = form_urlencoded::parse(query.as_bytes());
            pairs.find(|(name, value)| name == key && !value.is_empty()).map(|(_, value)| value.trim().to_owned())
        };
        of_path
            .or_else(|| named("instance").and_then(|id| id.parse().ok()).map(Self::Instance))
            .or_else(|| named("account").and_then(|id| id.parse().ok()).map(Self::Account))
            .or_else(|| named("customer").map(Self::Customer))
            .unwrap_or(Self::All)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_about_the_narrowest_thing_it_names() {
        let customer = |id: &str| About::Customer(id.to_owned());
        let account = || About::Account("402155771038".parse().expect("an id"));
        let instance = || About::Instance("mi-0123456789abcdef0".parse().expect("an id"));
        for (path, query, about) in [
            ("/", "", About::All),
            ("/updates", "state=Missing", About::All),
            ("/instances", "customer=c%2D1&q=x", customer("c-1")),
            ("/accounts/402155771038", "", account()),
            ("/api/v1/changes", "customer=c-1&account=402155771038", account()),
            ("/instances/mi-0123456789abcdef0", "tab=runs", instance()),
            ("/api/v1/instances/mi-0123456789abcdef0/history", "", instance()),
            ("/export/history.csv", "instance=mi-0123456789abcdef0", instance()),
        ] {
            assert_eq!(About::of(path, query), about, "{path}?{query}");
        }
    }
}
