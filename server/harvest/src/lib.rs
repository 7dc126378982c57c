//! Harvests: brings collecting and storing together, for all accounts, once or for ever.

pub mod organization;
pub mod progress;
pub mod report;
pub mod round;
pub mod schedule;
mod way_in;
