//! Records in the audit which customers an account manager viewed, once per user, customer and UTC day.
//!
//! Pages and data of all the manager's customers are recorded as such. If recording fails, the request fails.

use super::{audit_trail::AuditTrail, caller_reports, error::HttpError, request::SignedIn};
use axum::{
    extract::{Request, State},
    http::Uri,
    middleware::Next,
    response::Response,
};
use jiff::{civil::Date, tz::TimeZone};
use muster_access::principal::{Principal, Role};
use muster_audit::event::{Action, Event, Outcome};
use muster_model::{
    ids::{AccountId, InstanceId},
    query_string::Params,
};
use muster_reports::ReportSource;
use parking_lot::Mutex;
use std::{collections::HashMap, sync::Arc};

/// More than a large portal has in a day. When it is full it is cleared, and views are recorded again.
const VIEWS_MAX: usize = 100_000;
const ALL: &str = "all customers of the scope";

/// Issuer, subject and customer.
type View = (String, String, String);

/// The recorded views, each with its day.
#[derive(Clone, Default)]
pub struct CustomerViews {
    recorded: Arc<Mutex<HashMap<View, Date>>>,
}

impl CustomerViews {
    fn is_new(&self, view: &View, today: Date) -> bool {
        self.recorded.lock().get(view) != Some(&today)
    }

    fn insert(&self, view: View, today: Date) {
        let mut recorded = self.recorded.lock();
        if recorded.len() >= VIEWS_MAX {
            recorded.clear();
        }
        recorded.insert(view, today);
    }
}

/// The layer inside authentication that records views.
pub async fn record_customer_view(
    State(views): State<CustomerViews>,
    State(source): State<ReportSource>,
    trail: AuditTrail,
    request: Request,
    next: Next,
) -> Result<Response, HttpError> {
    let caller = request.extensions().get::<SignedIn>().cloned();
    if let Some(SignedIn(principal)) =
        caller.filter(|SignedIn(it)| matches!(it.identity.role, Role::AccountManager { .. }))
    {
        // The request itself is not `Sync`, because of its body.
        let uri = request.uri().clone();
        record(&views, &source, &trail, &principal, &uri).await?;
    }
    Ok(next.run(request).await)
}

async fn record(
    views: &CustomerViews,
    source: &ReportSource,
    trail: &AuditTrail,
    principal: &Principal,
    uri: &Uri,
) -> Result<(), HttpError> {
    let query = uri.query().unwrap_or_default();
    // An invalid `as_of` shows no data.
    let Ok(reports) = caller_reports::reports(source, principal, query) else { return Ok(()) };
    let of_path = Subject::of_path(uri.path());
    let is_of_path = of_path.is_some();
    let customer = match of_path.unwrap_or_else(|| Subject::of_query(query)) {
        Subject::Customer(customer) => Some(customer).filter(|customer| is_visible(principal, customer)),
        Subject::Account(account) => reports.customer_of_account(account).await?,
        Subject::Instance(instance) => reports.customer_of_instance(instance).await?,
        Subject::All => None,
    };
    // A page outside the scope shows nothing. What a query string names may be no filter of the page that it is sent to.
    if is_of_path && customer.is_none() {
        return Ok(());
    }
    let customer = customer.unwrap_or_else(|| ALL.to_owned());
    let today = source.clock.now().to_zoned_datetime(TimeZone::UTC).date();
    let view = (principal.identity.issuer.clone(), principal.identity.subject.clone(), customer);
    if views.is_new(&view, today) {
        trail.record(Event::new(Action::CustomerView, Outcome::Ok).object(&view.2)).await?;
        views.insert(view, today);
    }
    Ok(())
}

fn is_visible(principal: &Principal, customer: &str) -> bool {
    principal.scope().narrowed_to(customer).size() != Some(0)
}

/// What a request shows, by its URL.
#[derive(Debug, PartialEq, Eq)]
enum Subject {
    Customer(String),
    Account(AccountId),
    Instance(InstanceId),
    All,
}

impl Subject {
    fn of_path(path: &str) -> Option<Self> {
        let mut segments = path.trim_start_matches("/api/v1").split('/').skip(1);
        match (segments.next()?, segments.next()?) {
            ("instances", id) => id.parse().ok().map(Self::Instance),
            ("accounts", id) => id.parse().ok().map(Self::Account),
            _ => None,
        }
    }

    /// The narrowest subject that a filter names, read as the filters are.
    fn of_query(query: &str) -> Self {
        let mut params = Params::parse(query);
        let mut named = |key| params.text(key).ok().flatten();
        let instance = named("instance").and_then(|id| id.parse().ok()).map(Self::Instance);
        instance
            .or_else(|| named("account").and_then(|id| id.parse().ok()).map(Self::Account))
            .or_else(|| named("customer").map(|id| Self::Customer(id.trim().to_owned())))
            .unwrap_or(Self::All)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_subject_is_the_narrowest_one_named() {
        let customer = |id: &str| Subject::Customer(id.to_owned());
        let account = || Subject::Account("402155771038".parse().expect("an id"));
        let instance = || Subject::Instance("mi-0123456789abcdef0".parse().expect("an id"));
        for (path, query, subject) in [
            ("/", "", Subject::All),
            ("/updates", "state=Missing", Subject::All),
            ("/instances", "customer=c%2D1&q=x", customer("c-1")),
            ("/instances", "customer=c-1&customer=c-1&customer=", customer("c-1")),
            ("/instances", "customer=", Subject::All),
            ("/accounts/402155771038", "", account()),
            ("/api/v1/changes", "customer=c-1&account=402155771038", account()),
            ("/instances/mi-0123456789abcdef0", "tab=runs", instance()),
            ("/api/v1/instances/mi-0123456789abcdef0/history", "", instance()),
            ("/export/history.csv", "instance=mi-0123456789abcdef0", instance()),
        ] {
            let named = Subject::of_path(path).unwrap_or_else(|| Subject::of_query(query));
            assert_eq!(named, subject, "{path}?{query}");
        }
    }
}
