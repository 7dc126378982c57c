//! Tenancy: callers see only rows of the customers in their scope.

pub mod crawl;
mod elsewhere;
pub mod ids;
pub mod load;
pub mod moved_account;
pub mod moved_history;
pub mod moves;
pub mod scope;
pub mod tenants;
pub mod texts;
