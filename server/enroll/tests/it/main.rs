//! The service over real HTTP, with evidence that is signed by keys of the tests.

#![expect(clippy::expect_used, reason = "a test that cannot go on has failed")]

mod activations;
mod approval;
mod forged;
mod limits;
mod operators;
mod order;
mod providers;
mod provisioning;
mod quotas;
mod refusals;
mod registry;
mod replay;
mod restart;
mod scripts;
mod secrets;
mod support;
mod tls;
