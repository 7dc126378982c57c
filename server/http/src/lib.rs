//! What the portal and the enrollment service share of HTTP: connections, rate limits, clients behind proxies, error bodies.
//!
//! It knows no routes, no callers and no data.

pub mod close_after_body;
pub mod connections;
pub mod error_body;
pub mod forwarded_for;
pub mod rate_limiter;
pub mod tls;
