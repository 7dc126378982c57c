//! Token buckets per (account, Region, operation), as AWS throttles; off unless asked for.

use std::{collections::BTreeMap, time::Instant};

#[derive(Default)]
pub(super) struct RateLimit {
    calls_per_second: Option<f64>,
    buckets: BTreeMap<(String, String, String), (f64, Instant)>,
}

impl RateLimit {
    pub(super) fn set(&mut self, calls_per_second: Option<f64>) {
        self.calls_per_second = calls_per_second;
        self.buckets.clear();
    }

    /// Takes a token if there is one. A bucket holds one second's worth.
    pub(super) fn admits(&mut self, systems_account: &str, region: &str, operation: &str) -> bool {
        let Some(rate) = self.calls_per_second else { return true };
        let key = (systems_account.to_owned(), region.to_owned(), operation.to_owned());
        let now = Instant::now();
        let (tokens, since) = self.buckets.entry(key).or_insert((rate.max(1.0), now));
        *tokens = (*tokens + now.duration_since(*since).as_secs_f64() * rate).min(rate.max(1.0));
        *since = now;
        if *tokens < 1.0 {
            return false;
        }
        *tokens -= 1.0;
        true
    }
}
