//! Collects: asks AWS about one systems account and Region and returns a [`snapshot::Snapshot`] of rows and errors.
//!
//! Nothing here knows SQL, HTTP serving or any clock but the one it is given. A pull never fails whole: what could not
//! be read is an error of that operation beside everything that could.

pub mod account;
pub mod associations;
pub mod calls;
pub mod client;
pub mod command_output;
pub mod command_results;
pub mod commands;
pub mod error;
pub mod instances;
pub mod inventory;
pub mod maintenance_window_executions;
pub mod maintenance_window_targets;
pub mod maintenance_window_tasks;
pub mod maintenance_windows;
pub mod organization;
pub mod output;
pub mod pace;
pub mod pages;
pub mod patch_baseline_rules;
pub mod patch_baselines;
pub mod patch_groups;
pub mod patch_states;
pub mod patches;
pub mod permissions;
pub mod pull;
pub mod repair;
pub mod slow_cycle;
pub mod tags;
pub mod targets;
pub mod text;
pub mod time;
