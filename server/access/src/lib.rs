//! Who is asking, and what they may see.
//!
//! A [`scope::Scope`] can only be built here, from a [`principal::Principal`]; every query takes one first. So whoever
//! holds an answer has been through this module.

pub mod assertion;
pub mod assignments;
pub mod break_glass;
pub mod burnt;
pub mod changing;
pub mod embedder;
pub mod fetch;
pub mod file;
pub mod jwks;
pub mod jwt;
pub mod network;
pub mod oidc;
pub mod principal;
pub mod proxy;
pub mod public_url;
pub mod remote;
pub mod role_map;
pub mod scope;
pub mod secret;
pub mod sessions;
pub mod token;
