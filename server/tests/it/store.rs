//! The DuckDB file: migrations, integrity, retention, backup.

pub mod backup;
pub mod compact;
pub mod file;
mod instance_cache;
pub mod integrity;
pub mod killed;
pub mod lost_log;
pub mod migrations;
pub mod private_files;
pub mod retention_harvest_log;
pub mod retention_history;
pub mod sandbox;
