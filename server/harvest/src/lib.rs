//! Harvests all accounts, once or on a schedule: pulls each and stores the result.

mod credential_watch;
pub mod due_targets;
pub mod events;
mod feeds;
pub mod organization;
pub mod progress;
pub mod report;
pub mod round;
pub mod schedule;
mod standing_failures;
