//! Tests of the simulator: the estate as a model, and the wire over real HTTP.

#![expect(clippy::expect_used, reason = "tests report failures by panicking")]

mod client;
mod created;
mod estate;
mod faults;
mod generated;
mod lists;
mod metadata;
mod organizations;
mod quirks;
mod strict;
mod wire;
mod world;
