//! Sign-in, tokens, and what a principal may do.

pub mod auditor_link;
mod calendar_feed;
pub mod configuration;
pub mod exceptions;
pub mod id_tokens;
pub mod identity_provider;
pub mod oidc;
pub mod proxy;
pub mod reload;
pub mod signing_key_sets;
pub mod signing_keys;
