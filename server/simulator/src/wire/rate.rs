//! Token buckets per (account, Region, operation), as AWS throttles; off unless asked for.

use std::time::Instant;

use super::places::Places;

#[derive(Default)]
pub(super) struct RateLimit {
    calls_per_second: Option<f64>,
    /// Tokens left, and when that was so.
    buckets: Places<(f64, Instant)>,
}

impl RateLimit {
    pub(super) fn set(&mut self, calls_per_second: Option<f64>) {
        self.calls_per_second = calls_per_second;
        self.buckets.clear();
    }

    /// Takes a token if there is one. A bucket holds one second's worth.
    pub(super) fn admits(&mut self, systems_account: &str, region: &str, operation: &str) -> bool {
        let Some(rate) = self.calls_per_second else { return true };
        let (full, now) = (rate.max(1.0), Instant::now());
        let (tokens, since) = self.buckets.at((systems_account, region, operation), |_| (full, now));
        *tokens = (*tokens + now.duration_since(*since).as_secs_f64() * rate).min(full);
        *since = now;
        if *tokens < 1.0 {
            return false;
        }
        *tokens -= 1.0;
        true
    }
}
