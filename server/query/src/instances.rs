//! The instances: their list, their pages, and the lists of a page.

pub mod detail;
pub mod found;
pub mod history;
pub mod list;
mod registrations;
pub mod software;
