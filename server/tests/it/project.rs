//! Rules about the repository itself.

pub mod collected;
pub mod docs;
pub mod release;
pub mod secret_leaks;
pub mod security_md;
pub mod tidy;
