//! What users see: every page, its JSON and a file, over HTTP from `muster serve` on a copy of the year.

mod addresses;
mod client;
mod harvest;
mod many_clients;
mod run;
mod server;
mod visits;

pub use run::{Options, run};
