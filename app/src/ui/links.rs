//! Where links go: every address of the portal is built here, through the filters that read it again.

mod figures;
mod list;
mod pager;

pub use figures::{
    AccountLinks, InstanceLinks, account, harvest, instance, instance_tab, instances, overview, service_level,
    service_level_file, updates,
};
pub use list::{Listed, Sorted, export, hidden_pairs, sort_link};
pub use pager::pager;

/// A path with a query string, without a lonely question mark.
pub fn with_query(path: &str, query: &str) -> String {
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}
