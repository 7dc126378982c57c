//! Serves: pages, JSON, CSV and health over HTTP. Knows no SQL; asks only reports that carry their scope.

pub mod api;
pub mod asker;
pub mod assets;
pub mod connections;
pub mod csrf;
pub mod error;
pub mod export;
pub mod headers;
pub mod health;
pub mod host;
pub mod impatient;
pub mod kind;
pub mod layers;
pub mod lengths;
pub mod limits;
pub mod pages;
pub mod peer;
pub mod rates;
pub mod readable;
pub mod request;
pub mod request_id;
pub mod router;
pub mod run;
pub mod sign_in;
pub mod state;
