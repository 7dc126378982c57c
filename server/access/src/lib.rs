//! Authentication and authorization: from an identity to a principal to a scope.
//!
//! Only this module can build a [`scope::Scope`], and only from a [`principal::Principal`]. Every query takes a scope
//! first, so no rows can be read without passing through here.

pub mod assertion;
pub mod assignments;
pub mod break_glass;
pub mod cached_document;
pub mod embedder;
pub mod error;
pub mod fetch;
pub mod file;
pub mod jwks;
pub mod jwt;
pub mod network;
pub mod oidc;
pub mod principal;
pub mod proxy;
pub mod public_url;
pub mod reloadable_file;
pub mod replay_cache;
pub mod role_map;
pub mod scope;
pub mod secret;
pub mod sessions;
pub mod token;
