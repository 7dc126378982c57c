//! The portal's side of enrollment: what the enrollment server says, within the caller's scope, and the actions of operators.
//!
//! Nothing of it is stored: the ledger of the enrollment server is the authority (0064).

pub mod actions;
pub mod client;
pub mod lists;
pub mod scoped;
