//! `/api/v1/enrollment/accounts` and `/api/v1/enrollments`: the lists as JSON.

use super::scoped::CallerEnrollment;
use crate::error::HttpError;
use axum::{Json, extract::RawQuery};
use muster_model::{
    enrollment::{Enrollment, EnrollmentAccount},
    enrollment_page::EnrollmentOutage,
    filter::{EnrollmentFilter, EnrollmentQueueFilter},
    page::Page,
    ports::EnrollmentReports,
};

/// The accounts in scope that may enroll.
pub async fn accounts(
    CallerEnrollment(enrollment): CallerEnrollment,
    RawQuery(query): RawQuery,
) -> Result<Json<Page<EnrollmentAccount>>, HttpError> {
    let filter = EnrollmentFilter::from_query(query.as_deref().unwrap_or_default())?;
    let accounts = enrollment.accounts(filter).await?;
    let total = accounts.len() as u64;
    Ok(page(accounts, total))
}

/// The enrollments of a list, for operators.
pub async fn enrollments(
    CallerEnrollment(enrollment): CallerEnrollment,
    RawQuery(query): RawQuery,
) -> Result<Json<Page<Enrollment>>, HttpError> {
    let filter = EnrollmentQueueFilter::from_query(query.as_deref().unwrap_or_default())?;
    let found = enrollment.list(filter).await??;
    Ok(page(found.enrollments, found.total))
}

/// Rows in the shape of all lists. No harvest is behind them.
fn page<T>(rows: Vec<T>, total: u64) -> Json<Page<T>> {
    Json(Page { as_of: None, accounts: 0, accounts_never: 0, total, rows, next: None })
}

impl From<EnrollmentOutage> for HttpError {
    fn from(outage: EnrollmentOutage) -> Self {
        match outage {
            EnrollmentOutage::PastDay => {
                Self::BadRequest("Enrollment has only a present: leave out `as_of`.".to_owned())
            }
            outage => Self::EnrollmentUnavailable(outage),
        }
    }
}
