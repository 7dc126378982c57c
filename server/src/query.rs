//! Reads DuckDB into the rows that pages, JSON and CSV show. Queries are read-only, and each takes the scope first.
//!
//! Each file holds one query, with its SQL in a file of the same name. Figures are defined in [`crate::figures`].

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
pub mod named_row;
pub mod narrowed;
pub mod owners;
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
