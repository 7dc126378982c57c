//! What changed since the end of a day, by account and row by row.

use crate::{
    builder::{Context, QueryBuilder},
    listing::Listing,
};
use duckdb::params;
use jiff::civil::Date;
use muster_metrics::{CHANGE_NAMES, changes};
use muster_model::{
    change::{AccountChanges, ChangeCounts, ChangeKind, ChangeRow},
    filter::ChangesFilter,
    page::Window,
};
use muster_store::{
    error::StoreError,
    named_row::RowReader,
    value::{day, day_of},
};
use std::collections::HashMap;

/// Kinds that need work come first.
const ORDER: &str =
    "f.kind_rank, f.happened_at DESC NULLS LAST, f.title, f.kb_id, lower(f.name), f.instance_id, f.region";

const LIST: &str = include_str!("changes/list.sql");

/// The first scan after the end of a day, before which no transition need be read, and whether any account changed owners.
const FIRST_SCAN: &str = "SELECT coalesce(min(scan_key), 0), (SELECT count(*) > 0 FROM former_owner)
    FROM scan WHERE seen_at >= ($1::DATE + 1)::TIMESTAMP_S";

/// Reads the accounts with changes, and the rows of a page.
pub fn page(context: Context<'_>, filter: &ChangesFilter) -> Result<(Vec<AccountChanges>, Vec<ChangeRow>), StoreError> {
    let mut query = query(context, filter, "")?;
    let kind =
        filter.kind.map_or_else(|| "true".to_owned(), |kind| format!("kind = {}", query.bind(kind.code().to_owned())));
    let statement = include_str!("changes/page.sql")
        .replace("{change_names}", CHANGE_NAMES)
        .replace("{list}", &LIST.replace("{order}", &format!("ORDER BY {ORDER}")))
        .replace("{kind}", &kind)
        .replace("{limit}", &query.bind(i64::from(filter.window.limit)))
        .replace("{offset}", &query.bind(i64::try_from(filter.window.offset).unwrap_or(i64::MAX)));
    let (mut account, mut change) = (RowReader::default(), RowReader::default());
    let (mut accounts, mut changes) = (Vec::new(), Vec::new());
    query.rows("changes", &statement, |row| {
        match row.get("is_account")? {
            true => accounts.push(account.read(row)?),
            false => changes.push(change.read(row)?),
        }
        Ok(())
    })?;
    Ok((accounts, changes))
}

/// Returns the number of changes of each kind, by customer.
pub fn counts_by_customer(
    context: Context<'_>,
    filter: &ChangesFilter,
) -> Result<HashMap<String, ChangeCounts>, StoreError> {
    let (accounts, _) = page(context, &ChangesFilter { window: Window { offset: 0, limit: 0 }, ..filter.clone() })?;
    let mut counts: HashMap<String, ChangeCounts> = HashMap::new();
    for account in accounts {
        let sum = counts.entry(account.customer_id).or_default();
        *sum = [*sum, account.counts].into_iter().sum();
    }
    Ok(counts)
}

pub fn listing<'a>(context: Context<'a>, filter: &ChangesFilter) -> Result<Listing<'a, ChangeRow>, StoreError> {
    let mut query = query(context, filter, &format!(", shown_change AS (SELECT * FROM change)\n{CHANGE_NAMES}"))?;
    query.filter_by_option("kind = {}", filter.kind.map(ChangeKind::code));
    let listing = Listing::from_query(query, "changes", LIST, ORDER);
    Ok(listing.count_by(include_str!("changes/count.sql")))
}

/// Returns the day that is compared with. Reports refuse a requested day before the retained history, but the default
/// one may be earlier too.
pub fn since(context: Context<'_>, filter: &ChangesFilter) -> Date {
    let since = filter.since(day_of(context.now));
    context.kept_since.map_or(since, |first| since.max(first))
}

/// Starts a statement with the definition of changes, followed by `names`.
fn query<'a>(context: Context<'a>, filter: &ChangesFilter, names: &str) -> Result<QueryBuilder<'a>, StoreError> {
    let since = since(context, filter);
    let find = || {
        let mut statement = context.connection.prepare_cached(FIRST_SCAN)?;
        statement.query_row(params![day(since)], |row| Ok((row.get(0)?, row.get(1)?)))
    };
    let (first_scan, has_former_owners): (i64, bool) =
        find().map_err(StoreError::read("the first scan after a day"))?;
    let definition = changes(has_former_owners && !context.limits.history_follows_account) + names;
    let mut query = QueryBuilder::for_changes(context, definition, since, first_scan);
    query.filter_accounts(filter.into());
    Ok(query)
}
