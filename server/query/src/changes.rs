//! What changed since the end of a day, by account and row by row.

use crate::{
    builder::{Context, QueryBuilder, read_id},
    listing::Listing,
    updates::list::described,
};
use duckdb::{Connection, Row, types::Type};
use jiff::civil::Date;
use muster_model::{
    change::{AccountChanges, ChangeCounts, ChangeKind, ChangeRow},
    filter::ChangesFilter,
    provider::Provider,
    update::UpdateState,
};
use muster_store::{
    error::StoreError,
    value::{day_of, read_time_option},
};
use std::io;

/// Changes that need work come first.
const ORDER: &str = "CASE kind WHEN 'regressed' THEN 0 WHEN 'failed' THEN 1 WHEN 'new' THEN 2 WHEN 'fixed' THEN 3
    WHEN 'withdrawn' THEN 4 WHEN 'machine_gone' THEN 5 ELSE 6 END,
    happened_at DESC NULLS LAST, title, kb_id, lower(name), instance_id, region";

/// Reads the accounts with changes.
pub fn by_account(
    connection: &Connection,
    context: Context<'_>,
    filter: &ChangesFilter,
) -> Result<Vec<AccountChanges>, StoreError> {
    let query = query(context, filter);
    query.rows(connection, "changes by account", include_str!("changes/by_account.sql"), |row| {
        Ok(AccountChanges {
            provider: Provider::new(row.get::<_, String>(0)?),
            account_id: read_id(row, 1)?,
            account_name: row.get(2)?,
            customer_name: row.get(3)?,
            counts: ChangeCounts {
                new: row.get(4)?,
                failed: row.get(5)?,
                regressed: row.get(6)?,
                fixed: row.get(7)?,
                withdrawn: row.get(8)?,
                machine_added: row.get(9)?,
                machine_gone: row.get(10)?,
            },
        })
    })
}

pub fn listing(_: &Connection, context: Context<'_>, filter: &ChangesFilter) -> Result<Listing<ChangeRow>, StoreError> {
    let mut query = query(context, filter);
    query.filter_by_option("kind = {}", filter.kind.map(ChangeKind::code));
    Ok(Listing::from_query(query, "changes", include_str!("changes/list.sql"), ORDER, read))
}

/// Returns the day that is compared with. Reports refuse a requested day before the retained history, but the default
/// one may be earlier too.
pub fn since(context: Context<'_>, filter: &ChangesFilter) -> Date {
    let since = filter.since(day_of(context.now));
    context.kept_since.map_or(since, |first| since.max(first))
}

fn query(context: Context<'_>, filter: &ChangesFilter) -> QueryBuilder {
    let mut query = QueryBuilder::for_changes(context, since(context, filter));
    query.filter_accounts(filter.into());
    query
}

fn read(row: &Row<'_>) -> duckdb::Result<ChangeRow> {
    let state = |column| -> duckdb::Result<Option<UpdateState>> {
        Ok(row.get::<_, Option<String>>(column)?.map(|state| UpdateState::parse(&state)))
    };
    let kind: String = row.get(0)?;
    let unknown = || {
        let error = io::Error::other(format!("`{kind}` is not a kind of change"));
        duckdb::Error::FromSqlConversionFailure(0, Type::Text, Box::new(error))
    };
    let name: String = row.get(3)?;
    Ok(ChangeRow {
        kind: ChangeKind::from_code(&kind).ok_or_else(unknown)?,
        happened_at: read_time_option(row, 1)?,
        description: described(row.get(2)?, &name),
        name,
        severity: row.get(4)?,
        from_state: state(5)?,
        to_state: state(6)?,
        instance_id: read_id(row, 7)?,
        instance_name: row.get(8)?,
        provider: Provider::new(row.get::<_, String>(9)?),
        account_id: read_id(row, 10)?,
        account_name: row.get(11)?,
        customer_id: row.get(12)?,
        region: row.get(13)?,
    })
}
