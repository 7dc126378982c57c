//! Takes a systems account from nothing to ready, and makes the activations with which instances register in it.
//!
//! [`Settings`] describe what stands in every account. [`Provisioner::plan`] compares it with what is found, and lists what
//! is missing as [`Step`]s and what differs as [`Drift`], which is never changed. [`Provisioner::provision`] creates the
//! account if there is none, carries the steps out, and remembers in a [`Ledger`] how far it is. Everything is looked up by
//! its name before it is created, so an attempt can end anywhere and the next one continues.
//!
//! Nothing here decides who may enroll: the caller does, before it calls.

mod access;
pub mod activation;
mod apply;
mod attempt;
mod creation;
pub mod error;
mod found;
pub mod ledger;
mod once;
pub mod operating_system;
mod operations;
pub mod plan;
pub mod policies;
pub mod provisioner;
pub mod random;
pub mod request;
pub mod settings;
pub mod step;
mod tag_text;
pub mod template;
pub mod wanted;

pub use activation::{Enrollment, NewActivation};
pub use error::ProvisionError;
pub use ledger::{AccountState, FileLedger, Lease, Ledger, LedgerError, MemoryLedger, Stage};
pub use plan::Plan;
pub use provisioner::{PartDrift, PartPlan, Provisioner, Ready};
pub use random::{Random, SystemRandom};
pub use request::{AccountRequest, Creation, ExistingAccount};
pub use settings::Settings;
pub use step::{Drift, Step};
