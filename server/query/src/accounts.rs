//! The accounts: their list, their pages, and what the overview sums up.

pub mod associations;
pub mod attention;
pub mod detail;
pub mod list;
pub mod maintenance_windows;
pub mod owners;
pub mod patch_baselines;
pub mod patch_groups;
pub mod recent_runs;
pub mod status_counts;
pub mod totals;
