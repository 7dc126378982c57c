//! Muster: collects patch state through AWS Systems Manager, keeps it in DuckDB, and serves the VM Management portal.
//!
//! In reading order, which is also the way of one patch state from AWS to the screen:
//!
//! - [`roster`], [`service_levels`], [`config`], [`clock`]: what the process is told.
//! - [`collect`]: AWS to a snapshot of rows and errors. No SQL.
//! - [`store`]: a snapshot to DuckDB; the only part that writes.
//! - [`harvest`]: the two together, for all accounts, once or on a schedule.
//! - [`figures`]: what the portal's numbers mean, in SQL, defined once.
//! - [`access`]: who asks and what they may see; the only way to a scope.
//! - [`audit`]: who did what, in lines that nobody changes unseen.
//! - [`query`]: DuckDB to the rows that pages show; every question takes the scope first.
//! - [`chart`]: figures to SVG.
//! - [`reports`]: the rows, the charts and the schedule put together as the pages of one caller.
//! - [`verify`]: the published figures held against a second way to them.
//! - [`serve`]: pages, JSON, CSV and health over HTTP.
//! - [`command`]: what the binary can be told to do.

pub mod access;
pub mod audit;
pub mod chart;
pub mod clock;
pub mod collect;
pub mod command;
pub mod config;
pub mod figures;
pub mod harvest;
pub mod query;
pub mod reports;
pub mod roster;
pub mod serve;
pub mod service_levels;
pub mod store;
pub mod verify;
