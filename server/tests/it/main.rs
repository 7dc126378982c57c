//! The tests at the boundary that users see: the real SDK against the simulated AWS over HTTP, the real store in a
//! real file, the real router. One binary, because linking DuckDB is what takes time.

#![expect(clippy::expect_used, reason = "a test that cannot go on has failed")]

mod api;
mod binary;
mod export;
mod faults;
mod figures;
mod harvest;
mod history;
mod hostile_clock;
mod hostile_storm;
mod hostile_text;
mod hostile_wire;
mod pages;
mod policy;
mod tenancy;
mod tidy;
mod world;
