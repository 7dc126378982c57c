//! CSV under `/export`: the pages' lists, whole, with the pages' query strings.

pub mod accounts;
pub mod cell;
pub mod changes;
pub mod csv;
pub mod history;
pub mod instances;
pub mod runs;
pub mod service_level;
pub mod trend;
pub mod updates;
