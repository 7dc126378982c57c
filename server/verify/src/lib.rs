//! Recomputes every published figure from the raw rows by a second route and says which do not match.
//!
//! The second route is plain Rust over rows that simple statements read; it shares no SQL and no meaning with
//! [`muster_metrics`]. The published side is asked through the same port as pages, JSON and CSV. Both see the store at
//! one moment, so that a harvest that writes meanwhile makes no mismatch.

mod accounts;
mod days;
mod facts;
mod fleet;
mod instances;
mod meaning;
pub mod nightly;
mod overview;
mod pages;
mod rows;
mod service_level;
mod tally;
mod update_rows;
mod updates;

use facts::Facts;
use jiff::Timestamp;
use meaning::Moment;
use muster_access::principal::Principal;
use muster_model::{
    page::{Page, Window},
    ports::ReportError,
    verification::Verification,
};
use muster_reports::{ReportSource, ScopedReports};
use muster_store::{error::StoreError, frozen::Frozen, retain::kept_since, whole::torn};
use rows::Rows;
use tally::Tally;

/// What is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// The most instances whose pages are asked for; each night other ones.
    pub pages_max: usize,
    /// Whether today's record for the trend is finished: not while a round is under way.
    pub today: bool,
}

impl Extent {
    /// Everything there is, in a store that nobody writes.
    pub const WHOLE: Self = Self { pages_max: usize::MAX, today: true };
    /// Pages of instances in one go, unless all are asked for: each costs several questions, and what they show beside
    /// the lists is counted in the same way on every one.
    pub const PAGES_AT_ONCE: usize = 300;
}

#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("a published list could not be read: {0}")]
    Report(#[from] ReportError),
}

/// Both sides at one moment, and what came of comparing them.
struct Check {
    source: ReportSource,
    frozen: Frozen,
    /// What the operator sees.
    reports: ScopedReports,
    facts: Facts,
    tally: Tally,
}

/// Compares. What is not as it must be is in the answer; only what cannot be read is an error.
pub async fn verify(source: &ReportSource, extent: Extent) -> Result<Verification, VerifyError> {
    let frozen = source.store.freeze().await?;
    // Stored times are whole microseconds, so the limits are.
    let now = source.clock.now();
    let now = Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now);
    let kept_since = frozen.read("since when the history is kept", kept_since).await?;
    let moment = Moment { now, limits: source.limits, kept_since };
    let recompute = frozen.read("the raw rows", move |connection| {
        let read = || -> duckdb::Result<Facts> {
            let mut rows = Rows::read(connection)?;
            let missing = rows.count_large_tables(connection)?;
            Ok(Facts::of(rows, missing, moment))
        };
        read().map_err(StoreError::read("the raw rows"))
    });
    let facts = recompute.await?;
    let reports = source.at_one_moment(Principal::local().scope(), frozen.clone(), now, kept_since);
    let mut check = Check { source: source.clone(), frozen, reports, facts, tally: Tally::default() };
    check.history().await?;
    check.accounts().await?;
    check.overviews().await?;
    check.instances().await?;
    check.updates().await?;
    check.service_level().await?;
    if extent.today {
        check.today();
    }
    let pages_left_out = check.pages(extent.pages_max).await?;
    let Tally { figures, mismatches, first } = check.tally;
    Ok(Verification { at: now, figures, mismatches, first, pages_left_out, error: None })
}

impl Check {
    /// Whether the history is whole and everything derived from it agrees.
    async fn history(&mut self) -> Result<(), VerifyError> {
        for (what, rows) in self.frozen.read("whether the store is whole", torn).await? {
            self.tally.equal(what, "the stored history", &rows, &0);
        }
        Ok(())
    }
}

/// The window after a page, if there is one.
fn following<T>(page: &Page<T>, window: Window) -> Option<Window> {
    page.next.as_ref().map(|_| Window { offset: window.offset + page.rows.len() as u64, ..window })
}
