//! The web layer: pages, JSON, CSV and health over HTTP. It contains no SQL and sees data only through reports with a
//! scope.
//!
//! Dependencies point one way: [`router`] and [`layers`] use the areas ([`sign_in`], [`embed`], [`export`], …), the
//! areas use [`request`], [`error`] and the parts of [`state`] that they extract. An area never names the whole state,
//! except where it renders pages.

pub mod api;
pub mod assets;
pub mod audit_trail;
pub mod auditors;
pub mod caller_reports;
pub mod connections;
pub mod csrf;
pub mod current;
pub mod customer_views;
pub mod embed;
pub mod enrollment;
pub mod error;
pub mod error_pages;
pub mod exceptions;
pub mod export;
pub mod headers;
pub mod health;
pub mod host;
mod last_look;
pub mod layers;
pub mod limits;
pub mod pages;
pub mod peer;
pub mod rates;
pub mod refusals;
pub mod request;
pub mod request_id;
pub mod route_class;
pub mod router;
pub mod run;
mod search;
pub mod sign_in;
pub mod state;
