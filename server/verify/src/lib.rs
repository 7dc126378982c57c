//! Recomputes every published figure from the raw rows in a second way and reports those that differ.
//!
//! The second way is plain Rust over rows and counts that simple statements read; it shares neither SQL nor definitions
//! with [`muster_metrics`]. What pages only copy from a stored column is not read again. Published figures are read through the same port as pages, JSON and CSV. Both read one
//! transaction, so a harvest that writes at the same time causes no mismatch.

mod accounts;
mod agents;
mod calendar;
mod coverage;
mod customers;
mod dates;
mod days;
mod exceptions;
mod exposure;
mod fleet;
mod instances;
mod meaning;
pub mod nightly;
mod nodes;
mod overview;
mod pages;
mod patches;
mod plans;
mod policies;
mod recomputed;
mod results;
mod rows;
mod runs;
mod service_level;
mod software;
mod tally;
mod twins;
mod updates;

use jiff::Timestamp;
use meaning::Moment;
use muster_access::principal::Principal;
use muster_model::{
    page::{Page, Window},
    ports::ReportError,
    verification::Verification,
};
use muster_reports::{ReportSource, ScopedReports};
use muster_store::{
    error::StoreError, instance_cache::CacheRequest, integrity::violations, read_transaction::ReadTransaction,
    retention::history::kept_since,
};
use recomputed::Recomputed;
use rows::Rows;
use tally::Tally;

/// How much is verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// The most instance pages that are checked; other ones each day.
    pub pages_max: usize,
    /// Whether today's record is compared; it is incomplete while a round is running.
    pub today: bool,
}

impl Extent {
    /// Everything, in a store that nobody writes.
    pub const WHOLE: Self = Self { pages_max: usize::MAX, today: true };
    /// Instance pages that are checked by default. Each needs several queries, and all are computed in the same way.
    pub const PAGES_AT_ONCE: usize = 300;
}

#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("a published list could not be read: {0}")]
    Report(#[from] ReportError),
}

/// The published and the recomputed figures at one moment, and the result of their comparison.
struct Check {
    source: ReportSource,
    transaction: ReadTransaction,
    /// The reports of an operator.
    reports: ScopedReports,
    recomputed: Recomputed,
    tally: Tally,
}

/// Compares all figures. Mismatches are in the result; an error means that something could not be read.
pub async fn verify(source: &ReportSource, extent: Extent) -> Result<Verification, VerifyError> {
    // Stored times are whole microseconds, so limits must be too.
    let now = source.clock.now();
    let now = Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now);
    let cache_for = CacheRequest { limits: source.limits, moment: now, past: None, creates_past: false };
    let transaction = source.store.begin_read(Some(cache_for)).await?;
    let kept_since = transaction.read("since when the history is kept", kept_since).await?;
    let moment = Moment { now, limits: source.limits, kept_since };
    let recompute = transaction.read("the raw rows", move |connection| {
        let rows = Rows::read(connection, moment.limits.runs_since(now)).map_err(StoreError::read("the raw rows"))?;
        Ok(Recomputed::of(rows, moment))
    });
    let recomputed = recompute.await?;
    let reports = source.at_one_moment(Principal::local().scope(), transaction.clone(), now, kept_since);
    let mut check = Check { source: source.clone(), transaction, reports, recomputed, tally: Tally::default() };
    check.history().await?;
    check.service_level().await?;
    check.exceptions().await?;
    check.accounts().await?;
    check.nodes().await?;
    check.overviews().await?;
    check.instances().await?;
    check.updates().await?;
    check.customers().await?;
    check.coverage().await?;
    check.calendar().await?;
    check.software().await?;
    check.exposure().await?;
    check.patches().await?;
    check.runs().await?;
    if extent.today {
        check.today();
    }
    let pages_left_out = check.pages(extent.pages_max).await?;
    let Tally { figures, mismatches, first } = check.tally;
    Ok(Verification { at: now, figures, mismatches, first, pages_left_out, error: None })
}

impl Check {
    /// Checks that the history is complete and that all columns derived from it agree with it.
    async fn history(&mut self) -> Result<(), VerifyError> {
        for (what, rows) in self.transaction.read("the integrity checks", violations).await? {
            self.tally.equal(what, "the stored history", &rows, &0);
        }
        Ok(())
    }
}

/// Passes on the pages of a list, each of at most `limit` rows.
async fn each_page<T, F: Future<Output = Result<Page<T>, ReportError>>>(
    limit: u32,
    read: impl Fn(Window) -> F,
    mut take: impl FnMut(Page<T>),
) -> Result<(), VerifyError> {
    let mut window = Some(Window { offset: 0, limit });
    while let Some(current) = window {
        let page = read(current).await?;
        window = page.next.as_ref().map(|_| Window { offset: current.offset + page.rows.len() as u64, limit });
        take(page);
    }
    Ok(())
}
