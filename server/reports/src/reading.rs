//! How reports read the store: within a time, and for files row by row.

use super::{ScopedReports, unavailable};
use duckdb::Connection;
use jiff::civil::Date;
use muster_model::{
    ids::{AccountId, InstanceId},
    ports::ReportError,
};
use muster_query::{
    bind::{Context, Question},
    narrowed,
};
use muster_store::{error::StoreError, reading::Reading, value::day_of};
use std::time::Duration;

impl ScopedReports {
    /// Begins to ask, for at most so long. Whoever drops the answer breaks the asking off.
    pub fn start<T: Send + 'static>(
        &self,
        what: &'static str,
        time_max: Duration,
        queries: impl FnOnce(&Connection, Context<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Reading<T> {
        self.source.store.start_reading(what, Some(time_max), self.in_context(queries))
    }

    /// Queries with the asker's scope, and everything else that they depend on, inside.
    pub(super) fn in_context<T, Q>(
        &self,
        queries: Q,
    ) -> impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static + use<T, Q>
    where
        T: 'static,
        Q: FnOnce(&Connection, Context<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        let (scope, limits, now) = (self.scope.clone(), self.source.limits, self.now());
        let (day, kept_since) = (self.day, self.kept_since);
        move |connection: &Connection| {
            queries(connection, Context { scope: &scope, limits: &limits, now, day, kept_since })
        }
    }

    /// What a started read came to, as a person is told.
    pub async fn answer<T>(&self, what: &'static str, reading: Reading<T>) -> Result<T, ReportError> {
        reading.await.map_err(|error| unavailable(what, &error))
    }

    /// The day that is shown: a past one, or today.
    pub fn shown_day(&self) -> Date {
        self.day.unwrap_or_else(|| day_of(self.source.clock.now()))
    }

    /// Whose an account is, if it is in scope.
    pub async fn customer_of_account(&self, account: AccountId) -> Result<Option<String>, ReportError> {
        self.ask("whose an account is", move |connection, context| {
            let mut question = Question::about_regions(context);
            question.only_with("account_id = {}", account.to_string());
            let statement = "SELECT DISTINCT customer_id FROM region_state WHERE true {filters}";
            Ok(question.rows(connection, "whose an account is", statement, |row| row.get(0))?.into_iter().next())
        })
        .await
    }

    /// Whose an instance is, if it is in scope.
    pub async fn customer_of_instance(&self, instance: InstanceId) -> Result<Option<String>, ReportError> {
        self.ask("whose an instance is", move |connection, context| {
            let mut question = Question::about_names(context);
            question.only_instance(&narrowed::find(connection, &instance)?);
            let statement = "SELECT DISTINCT customer_id FROM fact f WHERE true {filters}";
            Ok(question.rows(connection, "whose an instance is", statement, |row| row.get(0))?.into_iter().next())
        })
        .await
    }
}
