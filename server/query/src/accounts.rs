//! The accounts: their list, their pages, and what the overview sums up.

pub mod attention;
pub mod detail;
pub mod hybrid_tier;
pub mod list;
pub mod owners;
pub mod sums;
