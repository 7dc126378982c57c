//! A simulated AWS for Muster: instances that change day by day, behind the wire protocols of SSM, STS, SQS,
//! IAM and Organizations.
//!
//! Two halves that meet in one type, [`Estate`], the simulated customers, accounts and instances:
//! - [`catalogue`] (what vendors publish) and [`estate`] (what runs where, and what SSM reports about it) are plain
//!   data and plain functions. They use no HTTP, no wall clock and no global randomness, so a seed always gives the
//!   same estate.
//! - [`wire`] translates HTTP to the estate and back: signatures, sessions, page tokens, limits, faults. It decides
//!   nothing about instances.
//!
//! Beside them, [`metadata`] is what instances of other providers are answered about themselves, with signed evidence.
//!
//! An estate is either simulated day by day from a spec file ([`Estate::new`]) or generated at any size from a few
//! numbers ([`Estate::generated`]).
//!
//! Data follows [`Estate::now`], and in created accounts the wall clock if [`Simulator::follow_wall_clock`] says so. Signatures and sessions follow the wall clock, as their callers do.
//!
//! ```no_run
//! # async fn example() -> std::io::Result<()> {
//! use muster_simulator::{Estate, EstateSpec, Simulator};
//! let estate = EstateSpec::named("small").map(|spec| Estate::new(&spec).shared()).unwrap_or_default();
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
//! let simulator = Simulator::start(estate.clone(), listener).await?;
//! // AWS_ENDPOINT_URL_SSM and AWS_ENDPOINT_URL_STS take this address:
//! let address = simulator.url();
//! # drop(address);
//! simulator.stop().await;
//! # Ok(())
//! # }
//! ```

pub mod catalogue;
pub mod clock;
pub mod created;
pub mod estate;
pub mod metadata;
pub mod random;
pub mod wire;

pub use estate::generated::GeneratedSpec;
pub use estate::spec::EstateSpec;
pub use estate::truth::{PatchSummary, RosterAccount, TrueInstance, TrueInvocation, TrueTransition, TrueUpdate};
pub use estate::{Estate, NAMES, SharedEstate, estate_named};
pub use wire::calls::Call;
pub use wire::fault::{Fault, FaultKind};
pub use wire::{Credentials, GOOGLE_KEYS_PATH, Simulator};
