//! Reads one systems account and Region from AWS and returns a [`muster_core::snapshot::Snapshot`] of rows and errors.
//!
//! Nothing here knows SQL, HTTP serving or any clock but the one it is given. A pull never fails as a whole: an operation
//! that failed is an error beside the rows of all others.

pub mod account;
pub mod activation_tier;
pub mod associations;
pub mod calls;
pub mod client;
pub mod command_filters;
pub mod command_output;
pub mod command_results;
pub mod commands;
pub mod error;
pub mod events;
pub mod flow;
pub mod instance_list;
pub mod instance_properties;
pub mod instances;
pub mod inventory;
pub mod maintenance_window_executions;
pub mod maintenance_window_targets;
pub mod maintenance_window_tasks;
pub mod maintenance_windows;
pub mod node_listing;
pub mod nodes;
pub mod nodes_summary;
pub mod operation_log;
pub mod organization;
pub mod pages;
pub mod patch_baseline_rules;
pub mod patch_baselines;
pub mod patch_documents;
pub mod patch_groups;
pub mod patch_policies;
pub mod patch_policy_details;
pub mod patch_states;
pub mod patches;
pub mod permissions;
pub mod pull;
pub mod rate_limit;
pub mod redact;
pub mod reference_data;
pub mod remembered;
pub mod repair;
pub mod row_budget;
pub mod tags;
pub mod targets;
pub mod text;
pub mod time;
