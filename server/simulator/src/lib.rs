//! A simulated AWS for Muster: an estate of machines that moves day by day, behind the wire protocols of SSM and STS.
//!
//! Two halves that meet in one type, [`Estate`]:
//! - [`catalogue`] (what vendors publish) and [`estate`] (customers, accounts, machines, and what SSM says of them)
//!   are plain data and plain functions. No HTTP, no wall clock, no global randomness: the same seed gives the same
//!   estate on every machine.
//! - [`wire`] translates HTTP to the estate and back: signatures, sessions, page tokens, limits, faults. It decides
//!   nothing about machines.
//!
//! An estate is either lived, day by day from a spec ([`Estate::new`]), or generated: computed from a number, of any
//! size ([`Estate::generated`]).
//!
//! Two clocks: data follows [`Estate::now`]; signatures and sessions follow the real clock, as their callers do.
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
pub mod estate;
pub mod random;
pub mod wire;

pub use estate::generated::GeneratedSpec;
pub use estate::spec::EstateSpec;
pub use estate::truth::{PatchSummary, RosterAccount, TrueInstance, TrueInvocation, TrueTransition, TrueUpdate};
pub use estate::{Estate, SharedEstate};
pub use estate::{NAMES, estate_named};
pub use wire::calls::Call;
pub use wire::fault::{Fault, FaultKind};
pub use wire::{Credentials, Simulator};
