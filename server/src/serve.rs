//! Serves: pages, JSON, CSV and health over HTTP. Knows no SQL; asks only reports that carry their scope.

pub mod api;
pub mod asker;
pub mod assets;
pub mod auditors;
pub mod error;
pub mod export;
pub mod health;
pub mod layers;
pub mod pages;
pub mod request;
pub mod router;
pub mod run;
pub mod sign_in;
pub mod state;
