//! The audit log, and which events are recorded.

pub mod chain;
pub mod refusals;
pub mod served;
