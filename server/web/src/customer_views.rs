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
use muster_model::ids::{AccountId, InstanceId};
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
    let customer = match Subject::of(uri.path(), query) {
        Subject::Customer(customer) => Some(customer).filter(|customer| is_visible(principal, customer)),
        Subject::Account(account) => reports.customer_of_account(account).await?,
        Subject::Instance(instance) => reports.customer_of_instance(instance).await?,
        Subject::All => Some(ALL.to_owned()),
    };
    // Nothing outside the scope is shown.
    let Some(customer) = customer else { return Ok(()) };
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
    /// The narrowest subject that the path or a filter names.
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
    fn the_subject_is_the_narrowest_one_named() {
        let customer = |id: &str| Subject::Customer(id.to_owned());
        let account = || Subject::Account("402155771038".parse().expect("an id"));
        let instance = || Subject::Instance("mi-0123456789abcdef0".parse().expect("an id"));
        for (path, query, subject) in [
            ("/", "", Subject::All),
            ("/updates", "state=Missing", Subject::All),
            ("/instances", "customer=c%2D1&q=x", customer("c-1")),
            ("/accounts/402155771038", "", account()),
            ("/api/v1/changes", "customer=c-1&account=402155771038", account()),
            ("/instances/mi-0123456789abcdef0", "tab=runs", instance()),
            ("/api/v1/instances/mi-0123456789abcdef0/history", "", instance()),
            ("/export/history.csv", "instance=mi-0123456789abcdef0", instance()),
        ] {
            assert_eq!(Subject::of(path, query), subject, "{path}?{query}");
        }
    }
}
