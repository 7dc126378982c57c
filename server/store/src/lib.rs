//! Stores: the only part that writes DuckDB. One harvest is one transaction; history is only ever added to, until it is
//! older than somebody wants it kept.
//!
//! It takes a [`muster_core::snapshot::Snapshot`], finds out what changed, and knows nothing of AWS, of pages or of
//! who may see what.

pub mod auditor_links;
pub mod backup;
mod columns;
pub mod compact;
pub mod connection;
pub mod day;
pub mod error;
pub mod frozen;
pub mod keys;
pub mod known;
pub mod log;
pub mod lost_log;
pub mod migrate;
pub mod organization;
pub mod parquet;
pub mod past;
pub mod prune;
pub mod reading;
pub mod reported;
pub mod retain;
pub mod roster;
pub mod service_levels;
pub mod shut_out;
pub mod transitions;
pub mod value;
pub mod whole;
pub mod write;
