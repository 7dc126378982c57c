//! The audit log and what must be recorded.

pub mod chain;
pub mod refusals;
pub mod served;
