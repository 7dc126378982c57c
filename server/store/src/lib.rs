//! The store: the only part that writes DuckDB. Each harvest is written in one transaction. The history is append-only
//! until it exceeds the configured retention.
//!
//! The store takes a [`muster_core::snapshot::Snapshot`] and determines what changed. It knows nothing of AWS, pages
//! or permissions. `schema.sql` has the current schema.

pub mod answer_cache;
pub mod auditor_links;
pub mod backup;
mod columns;
pub mod compact;
pub mod connection;
pub mod credential_failures;
pub mod day;
pub mod error;
pub mod exceptions;
pub mod feeds;
pub mod instance_cache;
pub mod integrity;
pub mod keys;
pub mod known;
mod listed_regions;
pub mod migrate;
pub mod named_row;
pub mod organization;
mod package_manager;
pub mod parquet;
pub mod read_queue;
pub mod read_transaction;
pub mod reading;
pub mod reported;
pub mod retention;
pub mod roster;
#[cfg(test)]
mod schema;
pub mod second_connection;
pub mod service_levels;
pub mod temporal;
pub mod transitions;
pub mod value;
pub mod wal;
pub mod wal_recovery;
pub mod write;
