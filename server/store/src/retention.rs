//! Retention: drops what is older than configured.

pub mod harvest_log;
pub mod history;
