//! Queries: DuckDB to the rows that pages, JSON and CSV show. Read-only, and every one takes the scope first.
//!
//! One question a file, its SQL in a file of the same name beside it. What a figure means is not said here but in
//! [`muster_metrics`].

pub mod account_detail;
pub mod account_list;
pub mod account_totals;
pub mod associations;
pub mod attention;
pub mod auditor_links;
pub mod bind;
pub mod changes;
pub mod choices;
pub mod freshness;
pub mod harvest_status;
pub mod hidden;
pub mod instance_detail;
pub mod instance_list;
pub mod listing;
pub mod maintenance_windows;
pub mod missing_patches;
pub mod narrowed;
pub mod patch_baselines;
pub mod patch_groups;
pub mod recent_runs;
pub mod registrations;
pub mod run_list;
pub mod service_level;
pub mod severity_counts;
pub mod software_list;
pub mod status_counts;
pub mod transition_list;
pub mod trend;
pub mod update_list;
