//! Tests of provisioning: the real SDK against the simulated AWS over HTTP.

#![expect(clippy::expect_used, reason = "tests report failures by panicking")]

mod accounts;
mod activations;
mod drift;
mod existing;
mod harvest;
mod interrupted;
mod killed;
mod plan;
mod policies;
mod support;
mod template;
