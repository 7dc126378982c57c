//! Reads DuckDB into the rows that pages, JSON and CSV show. Queries are read-only, and each takes the scope first.
//!
//! Each statement is a file beside the code that reads it. Figures are defined in [`muster_metrics`].

pub mod accounts;
pub mod as_of;
pub mod auditor_links;
pub mod builder;
pub mod calendar;
pub mod changes;
pub mod choices;
pub mod coverage;
pub mod customers;
pub mod exceptions;
pub mod exposure;
pub mod freshness;
pub mod harvest;
pub mod instance_key_filter;
pub mod instances;
pub mod listing;
pub mod nodes;
pub mod patch_policies;
pub mod runs;
pub mod service_level;
pub mod software;
pub mod trend;
pub mod updates;
