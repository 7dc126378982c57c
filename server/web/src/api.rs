//! JSON under `/api/v1`: the pages' rows with the pages' filters.

pub mod accounts;
pub mod changes;
pub mod harvest;
pub mod instances;
pub mod openapi;
pub mod service_level;
pub mod trend;
pub mod updates;
