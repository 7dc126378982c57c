//! What changed since the end of a day, by account and row by row.

use crate::{
    builder::{Context, QueryBuilder},
    listing::Listing,
};
use jiff::civil::Date;
use muster_model::{
    change::{AccountChanges, ChangeKind, ChangeRow},
    filter::ChangesFilter,
};
use muster_store::{error::StoreError, value::day_of};

/// Changes that need work come first.
const ORDER: &str = "CASE f.kind WHEN 'regressed' THEN 0 WHEN 'failed' THEN 1 WHEN 'new' THEN 2 WHEN 'fixed' THEN 3
    WHEN 'withdrawn' THEN 4 WHEN 'machine_gone' THEN 5 ELSE 6 END,
    f.happened_at DESC NULLS LAST, f.title, f.kb_id, lower(f.name), f.instance_id, f.region";

/// Reads the accounts with changes.
pub fn by_account(context: Context<'_>, filter: &ChangesFilter) -> Result<Vec<AccountChanges>, StoreError> {
    query(context, filter).read("changes by account", include_str!("changes/by_account.sql"))
}

pub fn listing<'a>(context: Context<'a>, filter: &ChangesFilter) -> Result<Listing<'a, ChangeRow>, StoreError> {
    let mut query = query(context, filter);
    query.filter_by_option("kind = {}", filter.kind.map(ChangeKind::code));
    Ok(Listing::from_query(query, "changes", include_str!("changes/list.sql"), ORDER))
}

/// Returns the day that is compared with. Reports refuse a requested day before the retained history, but the default
/// one may be earlier too.
pub fn since(context: Context<'_>, filter: &ChangesFilter) -> Date {
    let since = filter.since(day_of(context.now));
    context.kept_since.map_or(since, |first| since.max(first))
}

fn query<'a>(context: Context<'a>, filter: &ChangesFilter) -> QueryBuilder<'a> {
    let mut query = QueryBuilder::for_changes(context, since(context, filter));
    query.filter_accounts(filter.into());
    query
}
