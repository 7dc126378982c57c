//! The harvests: their state, costs and errors.

pub mod status;
