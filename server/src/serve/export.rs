//! Files under `/export`: the pages' lists, whole, with the pages' query strings; CSV, or the rows of JSON a line each.
//!
//! Rows go from the store to whoever asks without ever being together: a thread that waits for whoever reads ([`rows`]),
//! a few pieces on the way ([`download`]).

pub mod accounts;
pub mod cell;
pub mod changes;
pub mod csv;
pub mod download;
pub mod gate;
pub mod history;
pub mod instances;
pub mod options;
pub mod request;
pub mod respond;
pub mod rows;
pub mod runs;
pub mod service_level;
pub mod trend;
pub mod updates;
