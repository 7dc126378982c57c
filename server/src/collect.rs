//! Collects: asks AWS about one systems account and Region and returns a [`snapshot::Snapshot`] of rows and errors.
//!
//! Nothing here knows SQL, HTTP serving or any clock but the one it is given. A pull never fails whole: what could not
//! be read is an error of that operation beside everything that could.

pub mod calls;
pub mod client;
pub mod command_results;
pub mod commands;
pub mod error;
pub mod instances;
pub mod inventory;
pub mod known;
pub mod maintenance_windows;
pub mod pages;
pub mod patch_baselines;
pub mod patch_states;
pub mod patches;
pub mod pull;
pub mod snapshot;
pub mod tags;
pub mod text;
pub mod time;
