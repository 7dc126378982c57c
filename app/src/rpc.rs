//! The server functions: one for each question that a page asks, one file each.
//!
//! While a page is rendered on the server they run in place; in the browser the same call goes over HTTP as a GET to
//! `/rpc/<name>`. They take the page's raw query string, so a filter is read in one place only. What they may answer
//! is decided by the reports in the context: a server function can't name a scope.

#[cfg(feature = "ssr")]
mod desk;
pub mod error;

mod account;
mod auditor_links;
mod changes;
mod choices;
mod harvest;
mod history;
mod instance;
mod instances;
mod overview;
mod runs;
mod service_level;
mod software;
mod trend;
mod updates;

pub use account::account;
pub use auditor_links::auditor_links;
pub use changes::changes;
pub use choices::choices;
pub use error::RpcError;
pub use harvest::harvest;
pub use history::history;
pub use instance::instance;
pub use instances::instances;
pub use overview::overview;
pub use runs::runs;
pub use service_level::service_level;
pub use software::software;
pub use trend::trend;
pub use updates::updates;
