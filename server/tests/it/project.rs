//! Rules about the repository itself.

pub mod docs;
pub mod secret_leaks;
pub mod security_md;
pub mod tidy;
