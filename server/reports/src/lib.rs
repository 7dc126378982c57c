//! The reports of one caller: implements the port that pages, JSON and exports ask, with the scope already applied.
//!
//! Rows come from [`muster_query`], drawings from [`muster_chart`], and the state of the schedule from
//! [`muster_core::schedule`].

mod pages;
mod port;
mod reading;

use duckdb::Connection;
use jiff::{Timestamp, civil::Date};
use muster_access::{principal::Principal, scope::Scope};
use muster_core::{clock::SharedClock, schedule::Schedule};
use muster_metrics::Limits;
use muster_model::{
    column::Columns,
    filter::{Filter, OfInstance},
    page::{Page, Window},
    past::{self, not_a_day, only_that_day},
    ports::ReportError,
    query_string::QueryError,
};
use muster_query::{
    builder::Context,
    freshness::{FilteredAccounts, freshness_of},
    listing::Lists,
};
use muster_store::{
    connection::Store,
    error::StoreError,
    read_queue::{CallerKey, ReadLength},
    read_transaction::ReadTransaction,
    reading::Reading,
    value::{day_of, end_of},
};
use serde::Serialize;
use std::{
    fmt::Debug,
    sync::{
        Arc, LazyLock,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

/// The time limit for the queries of a page, without their wait.
const PAGE_TIMEOUT: Duration = Duration::from_secs(10);

/// What all reports read from.
#[derive(Clone)]
pub struct ReportSource {
    pub store: Store,
    pub limits: Limits,
    pub clock: SharedClock,
    pub schedule: Arc<Schedule>,
}

/// A row of a list whose pages are cached.
pub trait ListedRow: Columns + Clone + Serialize + Send + Sync + 'static {}

impl<T: Columns + Clone + Serialize + Send + Sync + 'static> ListedRow for T {}

/// The reports of one caller.
#[derive(Clone)]
pub struct ScopedReports {
    source: ReportSource,
    scope: Scope,
    /// Whose requests the reads are for. None for the portal itself.
    caller: Option<CallerKey>,
    /// The moment and transaction that all answers share; without it, each answer reads the present.
    moment: Option<(ReadTransaction, Timestamp)>,
    /// The past day at whose end everything is shown, if any.
    day: Option<Date>,
    /// The first day whose history is still complete, if older history was dropped.
    kept_since: Option<Date>,
    /// Whether only one instance is read, for which a past day is not put into the cache.
    is_of_one_instance: bool,
}

impl ReportSource {
    /// Returns the reports of a scope for the portal itself.
    pub fn for_scope(&self, scope: Scope) -> ScopedReports {
        let kept_since = self.store.kept_since();
        let day = scope.day();
        ScopedReports {
            source: self.clone(),
            scope,
            caller: None,
            moment: None,
            day,
            kept_since,
            is_of_one_instance: false,
        }
    }

    /// Returns the reports of a caller, whose reads wait for those of other callers.
    pub fn for_caller(&self, principal: &Principal) -> ScopedReports {
        let caller = CallerKey::new(&principal.identity.issuer, &principal.identity.subject);
        ScopedReports { caller: Some(caller), ..self.for_scope(principal.scope()) }
    }

    /// Returns reports that all read one transaction. `kept_since` is what that transaction says.
    pub fn at_one_moment(
        &self,
        scope: Scope,
        transaction: ReadTransaction,
        now: Timestamp,
        kept_since: Option<Date>,
    ) -> ScopedReports {
        let moment = Some((transaction, now));
        ScopedReports { moment, day: None, kept_since, ..self.for_scope(scope) }
    }
}

impl ScopedReports {
    /// Shows everything as of the end of a day. Today has not ended, so it is shown as it is.
    pub fn as_of(mut self, day: Option<Date>) -> Result<Self, QueryError> {
        let day = match (self.scope.day(), day) {
            (Some(only), Some(day)) if day != only => return Err(only_that_day(day, only)),
            (Some(only), _) => Some(only),
            (None, day) => day,
        };
        let today = day_of(self.source.clock.now());
        if let Some(day) = day.filter(|day| *day > today) {
            return Err(not_a_day(day.to_string()));
        }
        self.check_kept(past::AS_OF, day)?;
        self.day = day.filter(|day| *day < today);
        Ok(self)
    }

    /// Returns the reports of one customer in the scope.
    pub fn narrowed_to(self, customer_id: &str) -> Self {
        Self { scope: self.scope.narrowed_to(customer_id), ..self }
    }

    fn of_one_instance(&self) -> Self {
        Self { is_of_one_instance: true, ..self.clone() }
    }

    /// Refuses a day to compare with whose history is no longer complete.
    pub fn compared_with(self, since: Option<Date>) -> Result<Self, QueryError> {
        self.check_kept(past::SINCE, since)?;
        Ok(self)
    }

    fn check_kept(&self, key: &str, day: Option<Date>) -> Result<(), QueryError> {
        match (day, self.kept_since) {
            (Some(day), Some(first)) if day < first => Err(past::no_longer_kept(key, day, first)),
            _ => Ok(()),
        }
    }

    /// Returns the first day whose history is still complete, if older history was dropped.
    pub fn kept_since(&self) -> Option<Date> {
        self.kept_since
    }

    /// Returns the past day that is shown, if any.
    pub fn day(&self) -> Option<Date> {
        self.day
    }

    /// Returns the moment that ages are measured at.
    fn now(&self) -> Timestamp {
        match (&self.day, &self.moment) {
            (Some(day), _) => end_of(*day),
            (None, Some((_, now))) => *now,
            (None, None) => self.source.clock.now(),
        }
    }

    /// Runs queries on a connection of their own, all with the same context.
    async fn read<T: Send + 'static>(
        &self,
        what: &'static str,
        length: ReadLength,
        queries: impl FnOnce(Context<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, ReportError> {
        let rows = match &self.moment {
            Some((transaction, _)) => {
                let (queries, cached) = (self.in_context(queries), transaction.cached_instances());
                let reading = move |connection: &Connection| {
                    queries(Reading { connection, second: None, cached: cached.as_deref() })
                };
                transaction.read(what, reading).await
            }
            None => self.spawn_read(what, (length, PAGE_TIMEOUT), !self.is_of_one_instance, queries).await,
        };
        rows.map_err(|error| unavailable(what, &error))
    }

    /// Reads a page of a list, with the list's total and the age of the accounts that the filter selects.
    pub async fn list<F, T>(&self, what: &'static str, filter: F, listing: Lists<F, T>) -> Result<Page<T>, ReportError>
    where
        F: Filter + Send + 'static,
        T: ListedRow,
    {
        let (window, accounts) = (filter.window(), FilteredAccounts::by(&filter));
        self.list_of(what, window, accounts, filter, listing).await
    }

    /// Reads a page of a list of some accounts.
    async fn list_of<F: Debug + Send + 'static, T: ListedRow>(
        &self,
        what: &'static str,
        window: Window,
        accounts: FilteredAccounts,
        filter: F,
        listing: Lists<F, T>,
    ) -> Result<Page<T>, ReportError> {
        let question = format!("{filter:?}");
        self.read_cached(what, ReadLength::Short, question, move |context| {
            let ((total, rows), freshness) = context.both(
                |context| listing(context, &filter)?.page(Some(window)),
                |context| freshness_of(context, &accounts),
            )?;
            Ok(Page::of(&freshness, total, rows, window))
        })
        .await
    }

    /// Reads a page of a list of one instance.
    async fn list_of_instance<F: Filter + Send + 'static, T: ListedRow>(
        &self,
        what: &'static str,
        filter: OfInstance<F>,
        listing: Lists<OfInstance<F>, T>,
    ) -> Result<Page<T>, ReportError> {
        let accounts = FilteredAccounts::default();
        self.of_one_instance().list_of(what, filter.rows.window(), accounts, filter, listing).await
    }
}

/// Logs why a report failed, and returns an error with a reference to that line. A read that was refused has not failed.
pub fn unavailable(what: &'static str, error: &StoreError) -> ReportError {
    if let StoreError::Busy { retry_after, .. } = error {
        // Rounded up, so that a retry after this time is not too early.
        return ReportError::Busy { retry_after_seconds: retry_after.as_secs() + 1 };
    }
    // References start at the process id, so that those of two processes differ.
    static NEXT: LazyLock<AtomicU32> = LazyLock::new(|| AtomicU32::new(std::process::id() << 12));
    let reference = format!("{:08x}", NEXT.fetch_add(1, Ordering::Relaxed));
    let cause = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
    tracing::error!(report.what = what, report.reference = %reference, error.cause = %cause, "{error}");
    ReportError::Unavailable { reference }
}
