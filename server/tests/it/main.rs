//! The tests at the boundary that users see: the real SDK against the simulated AWS over HTTP, the real store in a
//! real file, the real router. One binary, because linking DuckDB is what takes time.

#![expect(clippy::expect_used, reason = "a test that cannot go on has failed")]

mod access;
mod audit;
mod embed;
mod export;
mod field;
mod harvest;
mod history;
mod project;
mod requests;
mod store;
mod support;
mod tenancy;
mod verify;
