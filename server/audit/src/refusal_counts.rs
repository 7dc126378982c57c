//! Records refusals that unauthenticated clients can cause at will: the first of each kind per minute, the others as a count.

use crate::{
    Audit,
    event::{Action, Event, Outcome},
};
use parking_lot::Mutex;
use std::collections::BTreeMap;

/// Counts refusals of each kind since the one that was recorded.
#[derive(Default)]
pub struct RefusalCounts(Mutex<BTreeMap<&'static str, u64>>);

impl RefusalCounts {
    /// Whether this refusal is the first of its kind in this minute. Others are counted.
    pub fn is_first(&self, kind: &'static str) -> bool {
        let mut counts = self.0.lock();
        let is_first = !counts.contains_key(kind);
        *counts.entry(kind).or_default() += u64::from(!is_first);
        is_first
    }

    pub fn add(&self, kind: &'static str, count: u64) {
        *self.0.lock().entry(kind).or_default() += count;
    }

    /// Records the counts and resets them, once a minute. A count that cannot be recorded is kept.
    pub async fn record(&self, audit: &Audit) {
        let counts = std::mem::take(&mut *self.0.lock());
        for (kind, more) in counts.into_iter().filter(|(_, more)| *more > 0) {
            let event = Event::new(Action::RequestRefused, Outcome::Refused).object(kind);
            if audit.record(event.detail(&format!("{more} more within a minute"))).await.is_err() {
                self.add(kind, more);
            }
        }
    }
}
