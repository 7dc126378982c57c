//! The instances: their list, their pages, and the lists of a page.

pub mod detail;
pub mod history;
pub mod list;
pub mod runs;
pub mod software;
