//! The service over real HTTP, with evidence that is signed by keys of the tests.

#![expect(clippy::expect_used, reason = "a test that cannot go on has failed")]

mod activations;
mod approval;
mod limits;
mod order;
mod providers;
mod quotas;
mod refusals;
mod registry;
mod replay;
mod restart;
mod secrets;
mod support;
