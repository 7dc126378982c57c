//! The service behind `muster enroll`: an instance asks for a challenge, sends evidence of what it is, and gets an activation of
//! its customer's systems account.
//!
//! The order of checks: rate limit, challenge, evidence ([`muster_attest`]), [`registry`], quotas and approval, ledger. Only then
//! [`activations::Activations`] is called, and the answer is sent when ledger and audit log are on disk. The service needs
//! neither the portal nor its store.
//!
//! Start with [`service::Service::open`] and [`serve`]. Operators' actions are methods of the service, in [`operators`].

pub mod activations;
mod attempt;
mod challenges;
pub mod config;
mod google_keys;
mod http;
pub mod labels;
pub mod ledger;
mod messages;
pub mod operators;
pub mod os;
pub mod provisioning;
pub mod random;
pub mod refusal;
pub mod registry;
mod scripts;
pub mod service;

pub use challenges::{CHALLENGE_SECONDS, CHALLENGES_MAX, STATUS_SECONDS};
pub use http::serve;
