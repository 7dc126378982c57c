//! What every statement depends on, and how the statements of a page run beside each other.

use duckdb::Connection;
use jiff::{Timestamp, civil::Date};
use muster_access::scope::Scope;
use muster_metrics::Limits;
use muster_store::{error::StoreError, second_connection::SecondConnection};
use std::{panic::resume_unwind, thread};

/// What every statement depends on, apart from its filters.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    pub connection: &'a Connection,
    /// Where statements can run beside those of the connection.
    pub second: Option<&'a SecondConnection<'a>>,
    pub scope: &'a Scope,
    pub limits: &'a Limits,
    pub now: Timestamp,
    /// The past day at whose end everything is shown, if any.
    pub day: Option<Date>,
    /// The first day whose history is still complete, if older history was dropped.
    pub kept_since: Option<Date>,
    /// Whether the cache of instances has what is stored and in scope at this moment.
    pub is_cached: bool,
}

impl Context<'_> {
    /// Runs queries beside others if the read may use two connections, and after them otherwise. Both see the same rows.
    pub fn both<A, B: Send>(
        self,
        one: impl FnOnce(Context<'_>) -> Result<A, StoreError>,
        other: impl FnOnce(Context<'_>) -> Result<B, StoreError> + Send,
    ) -> Result<(A, B), StoreError> {
        let alone = Self { second: None, ..self };
        let Some(second) = self.second.and_then(SecondConnection::begin) else {
            return Ok((one(alone)?, other(alone)?));
        };
        let Self { scope, limits, now, day, kept_since, is_cached, .. } = self;
        thread::scope(|threads| {
            let other = threads.spawn(move || {
                let connection = &*second.lock();
                other(Context { connection, second: None, scope, limits, now, day, kept_since, is_cached })
            });
            let one = one(alone);
            let other = other.join().unwrap_or_else(|panic| resume_unwind(panic));
            Ok((one?, other?))
        })
    }
}
