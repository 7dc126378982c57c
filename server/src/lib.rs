//! Muster: collects patch state through AWS Systems Manager, stores it in DuckDB, and serves the VM Management portal.
//!
//! In reading order, which is also the way of one patch state from AWS to the screen:
//!
//! - [`roster`], [`service_levels`], [`config`], [`clock`]: inputs of the process.
//! - [`collect`]: AWS to a snapshot of rows and errors. No SQL.
//! - [`store`]: a snapshot to DuckDB; the only part that writes.
//! - [`harvest`]: collects and stores all accounts, once or on a schedule.
//! - [`figures`]: the SQL definition of each figure of the portal.
//! - [`access`]: identity to principal to scope; the only way to a scope.
//! - [`audit`]: a hash-chained log of who did what.
//! - [`query`]: DuckDB to the rows of pages; every query takes the scope first.
//! - [`chart`]: rows to SVG.
//! - [`verify`]: recomputes the published figures independently and compares.
//! - [`serve`]: pages, JSON, CSV and health over HTTP.
//! - [`command`]: the commands of the binary.

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
pub mod roster;
pub mod serve;
pub mod service_levels;
pub mod store;
pub mod verify;
