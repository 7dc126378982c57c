//! Rules about the repository itself.

pub mod secret_leaks;
pub mod security_md;
pub mod tidy;
