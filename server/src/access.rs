//! Who is asking, and what they may see.
//!
//! A [`scope::Scope`] can only be built here, from a [`principal::Principal`]; every query takes one first. So whoever
//! holds an answer has been through this module.

pub mod principal;
pub mod scope;
