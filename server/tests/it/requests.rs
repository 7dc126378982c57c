//! Pages, JSON and HTTP: routes, headers, limits, errors.

pub mod addresses;
pub mod api;
pub mod cached_answers;
pub mod calendar;
pub mod coverage;
pub mod csrf;
pub mod customers;
pub mod enrollment;
pub mod enrollment_actions;
pub mod errors;
pub mod exposure;
pub mod fairness;
pub mod fuzz;
pub mod headers;
pub mod hostile_text;
mod instance_lists;
pub mod instance_statements;
pub mod limits;
pub mod pages;
pub mod patches;
pub mod peers;
pub mod route_addresses;
pub mod routes;
pub mod runs;
pub mod search;
pub mod software;
pub mod sources;
