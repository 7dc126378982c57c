//! Token buckets per (account, Region, operation), as AWS throttles. Off by default.

use std::{collections::HashMap, time::Instant};

use super::calls::Target;

#[derive(Default)]
pub(super) struct RateLimit {
    calls_per_second: Option<f64>,
    /// The tokens that were left at a time, by target.
    buckets: HashMap<u64, (f64, Instant)>,
}

impl RateLimit {
    pub(super) fn set(&mut self, calls_per_second: Option<f64>) {
        self.calls_per_second = calls_per_second;
        self.buckets.clear();
    }

    /// Takes a token if there is one. A bucket holds the tokens of one second.
    pub(super) fn allows(&mut self, target: Target<'_>) -> bool {
        let Some(rate) = self.calls_per_second else { return true };
        let (full, now) = (rate.max(1.0), Instant::now());
        let (tokens, since) = self.buckets.entry(target.key()).or_insert((full, now));
        *tokens = (*tokens + now.duration_since(*since).as_secs_f64() * rate).min(full);
        *since = now;
        if *tokens < 1.0 {
            return false;
        }
        *tokens -= 1.0;
        true
    }
}
