//! The coverage ledger: every instance ever seen in exactly one class.

use crate::{
    builder::{Context, QueryBuilder, order_by},
    listing::Listing,
};
use muster_model::{
    coverage::{Coverage, CoverageCount, CoverageRow},
    filter::CoverageFilter,
    ids::AccountId,
};
use muster_store::error::StoreError;

/// Prepares the instances that match the filter.
pub fn listing<'a>(context: Context<'a>, filter: &CoverageFilter) -> Result<Listing<'a, CoverageRow>, StoreError> {
    let mut query = QueryBuilder::for_coverage(context);
    query.filter_columns(filter).search("name, instance_id, computer_name, ip_address", filter.q.as_deref());
    let exceptions = [("coverage", RANK), ("instance_name", "lower(f.name)")];
    let order =
        format!("{}, f.since, lower(f.name), f.instance_id, f.instance_key", order_by(&filter.order, &exceptions));
    Ok(Listing::from_query(query, "coverage", include_str!("coverage/list.sql"), order))
}

/// The order of classes: what needs work first.
const RANK: &str = "list_position(['account_unread', 'never_scanned', 'no_window', 'not_scanned_lately', 'not_patched_lately', \
                    'agent_lost', 'unsupported', 'end_of_life', 'stopped', 'on_schedule', 'duplicate', 'gone'], f.coverage)";

/// Counts the instances of each class, also of those that the filter does not choose.
pub fn counts(context: Context<'_>, filter: &CoverageFilter) -> Result<Vec<CoverageCount>, StoreError> {
    let mut query = QueryBuilder::for_coverage(context);
    query.filter_accounts(filter.into());
    let found: Vec<CoverageCount> = query.read("coverage", include_str!("coverage/counts.sql"))?;
    let count = |coverage: Coverage| {
        let instances = found.iter().find(|count| count.coverage == coverage).map_or(0, |count| count.instances);
        CoverageCount { coverage, instances }
    };
    Ok(Coverage::ALL.map(count).into())
}

/// Counts the EC2 instances that Systems Manager does not manage; none where AWS does not list them.
pub fn unmanaged(context: Context<'_>, filter: &CoverageFilter) -> Result<Option<u64>, StoreError> {
    let mut query = QueryBuilder::for_regions(context);
    query
        .filter_by_option("f.customer_id = {}", filter.customer.as_deref())
        .filter_by_option("f.provider = {}", filter.provider.as_deref())
        .filter_by_option("f.account_id = {}", filter.account.as_ref().map(AccountId::as_str));
    query.row("unmanaged instances", include_str!("coverage/unmanaged.sql"), |row| row.get(0))
}
