//! Reads of the store on behalf of a caller: with a time limit and, for exports, row by row.

use super::{ScopedReports, unavailable};
use jiff::civil::Date;
use muster_model::{
    ids::{AccountId, InstanceId},
    ports::ReportError,
};
use muster_query::{accounts, as_of::on_whole_day, builder::Context};
use muster_store::{
    error::StoreError,
    instance_cache::{CacheRequest, PastDay},
    read_queue::ReadLength,
    reading::{PendingRead, ReadOptions, Reading},
    value::day_of,
};
use serde::Serialize;
use std::{fmt::Debug, time::Duration};

/// How long an answer about the present is cached at most.
const ANSWER_MAX_AGE_SECONDS: i64 = 30;

impl ScopedReports {
    /// Runs queries as [`Self::read`] does, unless the answer to this question is cached.
    pub(super) async fn read_cached<T>(
        &self,
        what: &'static str,
        length: ReadLength,
        question: impl Debug,
        queries: impl FnOnce(Context<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, ReportError>
    where
        T: Clone + Serialize + Send + Sync + 'static,
    {
        if self.moment.is_some() {
            return self.read(what, length, queries).await;
        }
        let Self { source, scope, day, kept_since, .. } = self;
        let moment = self.now().as_second().div_euclid(ANSWER_MAX_AGE_SECONDS);
        let question = format!("{:?}", (what, question, scope, source.limits, day, kept_since, moment));
        let Some(key) = source.store.answer_key(question) else { return self.read(what, length, queries).await };
        if let Some(answer) = source.store.cached_answer(&key) {
            return Ok(answer);
        }
        let store = source.store.clone();
        let queries = move |context: Context<'_>| {
            // Somebody may have asked the same while this waited for its permit.
            if let Some(answer) = store.cached_answer(&key) {
                return Ok(answer);
            }
            let answer = queries(context)?;
            store.cache_answer(key, &answer);
            Ok(answer)
        };
        self.read(what, length, queries).await
    }

    /// Queues the queries of a file, which run for at most `time_max`, until the returned future is dropped.
    pub fn start<T: Send + 'static>(
        &self,
        what: &'static str,
        time_max: Duration,
        queries: impl FnOnce(Context<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> PendingRead<T> {
        self.spawn_read(what, (ReadLength::Long, time_max), false, queries)
    }

    /// Queues queries, until the returned future is dropped. Those of a past day are long.
    pub(super) fn spawn_read<T: Send + 'static>(
        &self,
        what: &'static str,
        (length, time_max): (ReadLength, Duration),
        creates_past: bool,
        queries: impl FnOnce(Context<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> PendingRead<T> {
        let length = if self.day.is_some() { ReadLength::Long } else { length };
        let past = self.day.map(|day| PastDay { day, statement: on_whole_day });
        let cache_for = Some(CacheRequest { limits: self.source.limits, moment: self.now(), past, creates_past });
        let options = ReadOptions { caller: self.caller.clone(), length, time_max: Some(time_max), cache_for };
        self.source.store.spawn_read(what, options, self.in_context(queries))
    }

    /// Binds queries to the caller's scope, the limits, and the moment or day that is shown.
    pub(super) fn in_context<T, Q>(
        &self,
        queries: Q,
    ) -> impl FnOnce(Reading<'_>) -> Result<T, StoreError> + Send + 'static + use<T, Q>
    where
        T: 'static,
        Q: FnOnce(Context<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        let (scope, limits, now) = (self.scope.clone(), self.source.limits, self.now());
        let (day, kept_since) = (self.day, self.kept_since);
        move |Reading { connection, second, cached }: Reading<'_>| {
            let is_cached = cached.is_some_and(|cached| {
                cached.is_right(&limits, now, day) && !scope.names_any(cached.customers_with_former_owners())
            });
            queries(Context { connection, second, scope: &scope, limits: &limits, now, day, kept_since, is_cached })
        }
    }

    /// Waits for started queries; a failure is logged.
    pub async fn answer<T>(&self, what: &'static str, reading: PendingRead<T>) -> Result<T, ReportError> {
        reading.await.map_err(|error| unavailable(what, &error))
    }

    /// Returns the day that is shown: a past one, or today.
    pub fn shown_day(&self) -> Date {
        self.day.unwrap_or_else(|| day_of(self.source.clock.now()))
    }

    /// Returns the customer that an account belongs to, if it is in scope.
    pub async fn customer_of_account(&self, account: AccountId) -> Result<Option<String>, ReportError> {
        let owner = move |context: Context<'_>| accounts::owners::customer_of_account(context, &account);
        self.read("an account's owner", ReadLength::Short, owner).await
    }

    /// Returns the customer that an instance belongs to, if it is in scope.
    pub async fn customer_of_instance(&self, instance: InstanceId) -> Result<Option<String>, ReportError> {
        let owner = move |context: Context<'_>| accounts::owners::customer_of_instance(context, &instance);
        self.of_one_instance().read("an instance's owner", ReadLength::Short, owner).await
    }
}
