//! The updates: their list, and what the overview counts.

pub mod list;
pub mod missing_patches;
pub mod severity_counts;
