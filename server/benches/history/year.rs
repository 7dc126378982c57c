//! Writes days of harvests into a store, with the steps of a round of the harvester: the roster, each account, the day.

use super::{day::snapshot, estate::Estate};
use muster_metrics::Limits;
use muster_store::{
    self,
    connection::{Store, Writer},
    error::StoreError,
    write::{BATCH_HARVESTS_MAX, batches},
};
use std::time::Instant;

/// The harvester's default retention of the harvest log.
const HARVEST_LOG_RETENTION_DAYS: i64 = 90;

/// The result of writing one day.
#[derive(Clone, Copy, Debug, Default)]
pub struct Day {
    /// Seconds in the writer, without generating the data.
    pub seconds: f64,
    pub transitions: u64,
}

/// Harvests all accounts as of this day.
pub async fn harvest(store: &Store, estate: &Estate, day: i64) -> anyhow::Result<Day> {
    let mut written = Day::default();
    let accounts = estate.accounts.clone();
    let noon = |day| estate.size.calendar.noon(day);
    let (before, now) = (noon(day - HARVEST_LOG_RETENTION_DAYS), noon(day));
    let roster = timed(store, "the roster", move |writer| {
        muster_store::retention::harvest_log::drop_before(writer, before)?;
        muster_store::compact::compact(writer, now)?;
        muster_store::roster::sync(writer, &accounts, now)
    });
    written.seconds += roster.await?.1;
    let numbers: Vec<usize> = (0..estate.size.accounts).collect();
    for ready in numbers.chunks(BATCH_HARVESTS_MAX) {
        let snapshots = ready.iter().map(|account| snapshot(estate, *account, day)).collect();
        for batch in batches(snapshots) {
            let write = move |writer: &mut Writer| {
                let stored = muster_store::write::write(writer, &batch)?;
                stored.into_iter().map(|one| Ok(one?.transitions)).sum::<Result<u64, StoreError>>()
            };
            let (transitions, seconds) = timed(store, "harvests", write).await?;
            written.transitions += transitions;
            written.seconds += seconds;
        }
    }
    let record =
        timed(store, "the day's figures", move |writer| muster_store::day::record(writer, &Limits::default(), now));
    written.seconds += record.await?.1;
    Ok(written)
}

async fn timed<T: Send + 'static>(
    store: &Store,
    what: &'static str,
    work: impl FnOnce(&mut Writer) -> Result<T, StoreError> + Send + 'static,
) -> anyhow::Result<(T, f64)> {
    let work = move |writer: &mut Writer| {
        let started = Instant::now();
        Ok((work(writer)?, started.elapsed().as_secs_f64()))
    };
    Ok(store.write(what, work).await?)
}
