//! The updates: their list, and what pages count of them.

pub mod counts;
pub mod list;
pub mod patch;
pub mod patches;
