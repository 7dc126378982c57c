//! What the enrollment server says to one caller. The server knows no scopes, so each answer is filtered here before anything
//! else is done with it.

use super::client::EnrollmentClient;
use crate::{caller_reports, error::HttpError, state::ServerState};
use async_trait::async_trait;
use axum::{extract::FromRequestParts, http::request::Parts};
use futures::try_join;
use jiff::Timestamp;
use muster_access::{
    principal::{Principal, Role},
    scope::Scope,
};
use muster_model::{
    enrollment::{Enrollment, EnrollmentAccount, Enrollments},
    enrollment_page::{
        EnrolledAs, EnrollmentList, EnrollmentOutage, EnrollmentPage, EnrollmentQueuePage, NamedEnrollment,
    },
    filter::{EnrollmentFilter, EnrollmentQueueFilter},
    ids::AccountId,
    ports::{EnrollmentReports, ReportError},
};
use muster_reports::ScopedReports;
use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

/// What others than operators and account managers learn of a systems account that could not be created.
const FOR_OPERATORS: &str = "The operators of VM Management see why, and what to do.";

/// The parameters of a request.
type Query<'a> = Vec<(&'a str, Option<&'a str>)>;

pub struct ScopedEnrollment {
    client: Arc<EnrollmentClient>,
    scope: Scope,
    is_operator: bool,
    /// Whether drift is for the caller, who can have somebody do something about it.
    sees_drift: bool,
    is_past: bool,
    now: Timestamp,
}

impl ScopedEnrollment {
    /// `reports` say whether the caller looks at a past day.
    pub fn new(client: Arc<EnrollmentClient>, principal: &Principal, reports: &ScopedReports, now: Timestamp) -> Self {
        let (scope, role) = (principal.scope(), &principal.identity.role);
        let is_operator = matches!(role, Role::Operator { .. });
        let sees_drift = is_operator || matches!(role, Role::AccountManager { .. });
        // Somebody who may see one day only looks at the past, even on that day.
        let is_past = reports.day().is_some() || scope.day().is_some();
        Self { client, scope, is_operator, sees_drift, is_past, now }
    }

    /// Whether there is something to show: enrollment has only a present.
    pub fn is_present(&self) -> bool {
        !self.is_past
    }

    fn check_present(&self) -> Result<(), EnrollmentOutage> {
        if self.is_past { Err(EnrollmentOutage::PastDay) } else { Ok(()) }
    }

    fn sees(&self, customer_id: &str) -> bool {
        self.scope.size().is_none() || self.scope.names_any(&BTreeSet::from([customer_id.to_owned()]))
    }

    /// The enrollments in scope that have these parameters, of those that the server lists.
    async fn enrollments(&self, query: Query<'_>) -> Result<Enrollments, EnrollmentOutage> {
        let mut found: Enrollments = self.client.get("enrollments", &query).await?;
        let listed = found.enrollments.len();
        let wanted = |key: &str| query.iter().find(|(name, _)| *name == key).and_then(|(_, value)| *value);
        let is_wanted = |key: &str, value: &str| wanted(key).is_none_or(|wanted| wanted == value);
        found.enrollments.retain(|one| {
            self.sees(&one.customer_id)
                && is_wanted("provider", one.provider.code())
                && is_wanted("account", &one.account_id)
                && is_wanted("customer", &one.customer_id)
                && is_wanted("instance", &one.instance)
        });
        let dropped = listed - found.enrollments.len();
        found.total = found.total.saturating_sub(dropped as u64).max(found.enrollments.len() as u64);
        Ok(found)
    }

    async fn enrollments_of(
        &self,
        account: &EnrollmentAccount,
        list: EnrollmentList,
    ) -> Result<Enrollments, EnrollmentOutage> {
        self.enrollments(vec![
            ("list", Some(list.code())),
            ("provider", Some(account.provider.code())),
            ("account", Some(&account.account_id)),
            ("customer", Some(&account.customer_id)),
        ])
        .await
    }

    /// Enrollments with the names of their accounts.
    async fn named(&self, of: Enrollments) -> Result<EnrollmentQueuePage, EnrollmentOutage> {
        let accounts = self.accounts(EnrollmentFilter::default()).await?;
        let accounts: HashMap<_, _> =
            accounts.iter().map(|account| ((account.provider.code(), &*account.account_id), account)).collect();
        let named = |enrollment: Enrollment| {
            let account = accounts.get(&(enrollment.provider.code(), &*enrollment.account_id));
            let name = |name: Option<&String>, id: &String| name.unwrap_or(id).clone();
            NamedEnrollment {
                account_name: name(account.map(|account| &account.account_name), &enrollment.account_id),
                customer_name: name(account.map(|account| &account.customer_name), &enrollment.customer_id),
                enrollment,
            }
        };
        let rows = of.enrollments.into_iter().map(named).collect();
        Ok(EnrollmentQueuePage { now: self.now, rows, total: of.total })
    }

    async fn queue_page(&self, filter: &EnrollmentQueueFilter) -> Result<EnrollmentQueuePage, EnrollmentOutage> {
        self.check_present()?;
        self.named(self.listed(filter).await?).await
    }

    async fn listed(&self, filter: &EnrollmentQueueFilter) -> Result<Enrollments, EnrollmentOutage> {
        self.enrollments(vec![
            ("list", Some(filter.list.unwrap_or_default().code())),
            ("provider", filter.provider.as_deref()),
            ("account", filter.account.as_ref().map(AccountId::as_str)),
            ("customer", filter.customer.as_deref()),
        ])
        .await
    }

    /// The enrollments of a list, without names. `NotFound` unless the caller is an operator.
    pub async fn list(
        &self,
        filter: EnrollmentQueueFilter,
    ) -> Result<Result<Enrollments, EnrollmentOutage>, ReportError> {
        self.check_operator()?;
        match self.check_present() {
            Ok(()) => Ok(self.listed(&filter).await),
            Err(outage) => Ok(Err(outage)),
        }
    }

    fn check_operator(&self) -> Result<(), ReportError> {
        if self.is_operator { Ok(()) } else { Err(ReportError::NotFound) }
    }
}

#[async_trait]
impl EnrollmentReports for ScopedEnrollment {
    async fn accounts(&self, filter: EnrollmentFilter) -> Result<Vec<EnrollmentAccount>, EnrollmentOutage> {
        self.check_present()?;
        let query = [
            ("provider", filter.provider.as_deref()),
            ("account", filter.account.as_ref().map(AccountId::as_str)),
            ("customer", filter.customer.as_deref()),
        ];
        let mut accounts: Vec<EnrollmentAccount> = self.client.get("accounts", &query).await?;
        let is_wanted = |wanted: Option<&str>, value: &str| wanted.is_none_or(|wanted| wanted == value);
        accounts.retain(|one| {
            self.sees(&one.customer_id)
                && is_wanted(filter.customer.as_deref(), &one.customer_id)
                && is_wanted(filter.provider.as_deref(), one.provider.code())
                && is_wanted(filter.account.as_ref().map(AccountId::as_str), &one.account_id)
        });
        if !self.sees_drift {
            accounts.iter_mut().for_each(|account| {
                account.missing.clear();
                account.drift.clear();
                account.compared_at = None;
                account.failure = account.failure.take().map(|_| FOR_OPERATORS.to_owned());
            });
        }
        Ok(accounts)
    }

    async fn page(&self, filter: EnrollmentFilter) -> Result<EnrollmentPage, EnrollmentOutage> {
        self.check_present()?;
        let (guide, accounts) = try_join!(self.client.guide(), self.accounts(filter))?;
        let (pending, failed) = match accounts.as_slice() {
            [one] => try_join!(
                self.enrollments_of(one, EnrollmentList::Pending),
                self.enrollments_of(one, EnrollmentList::Failed)
            )?,
            _ => Default::default(),
        };
        Ok(EnrollmentPage { now: self.now, guide, accounts, pending, failed })
    }

    async fn account(&self, filter: EnrollmentFilter) -> Result<Option<EnrollmentAccount>, EnrollmentOutage> {
        if !self.sees_drift {
            return Ok(None);
        }
        Ok(self.accounts(filter).await?.into_iter().next())
    }

    async fn trail(&self, of: &EnrolledAs) -> Result<Vec<Enrollment>, EnrollmentOutage> {
        self.check_present()?;
        let query = vec![
            ("provider", Some(of.provider.code())),
            ("account", Some(&*of.account_id)),
            ("instance", Some(&*of.instance)),
        ];
        Ok(self.enrollments(query).await?.enrollments)
    }

    async fn queue(
        &self,
        filter: EnrollmentQueueFilter,
    ) -> Result<Result<EnrollmentQueuePage, EnrollmentOutage>, ReportError> {
        self.check_operator()?;
        Ok(self.queue_page(&filter).await)
    }

    async fn enrollment(&self, id: String) -> Result<Result<EnrollmentQueuePage, EnrollmentOutage>, ReportError> {
        self.check_operator()?;
        if let Err(outage) = self.check_present() {
            return Ok(Err(outage));
        }
        let found = match self.client.enrollment(&id).await {
            Ok(found) => found.filter(|found| found.id == id).ok_or(ReportError::NotFound)?,
            Err(outage) => return Ok(Err(outage)),
        };
        Ok(self.named(Enrollments { enrollments: vec![found], total: 1 }).await)
    }
}

/// The extractor of what the enrollment server says to the caller. Not found, if there is no enrollment server.
pub struct CallerEnrollment(pub ScopedEnrollment);

impl FromRequestParts<ServerState> for CallerEnrollment {
    type Rejection = HttpError;

    async fn from_request_parts(parts: &mut Parts, state: &ServerState) -> Result<Self, HttpError> {
        let principal = caller_reports::principal(parts).ok_or(HttpError::NotSignedIn)?;
        let client = state.enrollment.clone().ok_or(HttpError::NotFound)?;
        let reports = caller_reports::reports(&state.reports, principal, parts.uri.query().unwrap_or_default())?;
        Ok(Self(ScopedEnrollment::new(client, principal, &reports, state.reports.clock.now())))
    }
}
