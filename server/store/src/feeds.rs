//! The tables `feed`, `feed_fix` and `exploited_cve`: the feeds that were imported.

use super::{
    connection::{Store, Writer},
    error::StoreError,
    value::time,
    write::{append::Tables, row::row},
};
use duckdb::params;
use jiff::Timestamp;
use muster_core::{feed::Feed, record::Record};
use std::collections::HashMap;

/// Returns the key of the files of each feed that is stored.
pub async fn stored(store: &Store) -> Result<HashMap<String, String>, StoreError> {
    const WHAT: &str = "the feeds";
    store
        .read(WHAT, |connection| {
            let read = || -> duckdb::Result<HashMap<String, String>> {
                let mut statement = connection.prepare("SELECT name, file_key FROM feed")?;
                statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
            };
            read().map_err(StoreError::read(WHAT))
        })
        .await
}

/// Replaces the changed feeds, and removes those that are not among `names`.
pub fn replace(writer: &mut Writer, names: &[String], changed: &[Feed], now: Timestamp) -> Result<(), StoreError> {
    writer.transaction("store feeds", |transaction| {
        let stored: Vec<String> = transaction
            .prepare("SELECT name FROM feed")?
            .query_map([], |row| row.get(0))?
            .collect::<duckdb::Result<_>>()?;
        let is_replaced = |name: &&String| !names.contains(name) || changed.iter().any(|feed| feed.name == **name);
        for name in stored.iter().filter(is_replaced) {
            transaction.execute("DELETE FROM feed WHERE name = $1", params![name])?;
            transaction.execute("DELETE FROM feed_fix WHERE feed = $1", params![name])?;
            transaction.execute("DELETE FROM exploited_cve WHERE feed = $1", params![name])?;
        }
        let mut tables = Tables::new(transaction);
        for feed in changed {
            let of_feed = row! { feed: &feed.name }.into_iter();
            tables.append("feed_fix", feed.fixes.iter().map(|fix| of_feed.clone().chain(fix.fields())))?;
            tables.append("exploited_cve", feed.exploited.iter().map(|one| of_feed.clone().chain(one.fields())))?;
        }
        tables.flush()?;
        for feed in changed {
            let entries = i64::try_from(feed.fixes.len() + feed.exploited.len()).unwrap_or(i64::MAX);
            transaction.execute(
                "INSERT INTO feed (name, format, file_key, published_at, imported_at, entries)
                 VALUES ($1, $2, $3, $4, $5, $6)",
                params![feed.name, feed.format, feed.file_key, feed.published_at.map(time), time(now), entries],
            )?;
        }
        Ok(())
    })
}
