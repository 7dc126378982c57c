//! What changed since the end of a day: by account, and row by row.

use super::{
    bind::{Context, Question, read_id},
    listing::Listing,
    update_list::described,
};
use duckdb::{Connection, Row, types::Type};
use jiff::civil::Date;
use muster_model::{
    change::{AccountChanges, ChangeCounts, ChangeKind, ChangeRow},
    filter::ChangesFilter,
    ids::AccountId,
    page::Window,
    provider::Provider,
    update::UpdateState,
};
use muster_store::{
    error::StoreError,
    value::{day_of, read_time_option},
};
use std::io;

/// What needs work first.
const ORDER: &str = "CASE kind WHEN 'regressed' THEN 0 WHEN 'failed' THEN 1 WHEN 'new' THEN 2 WHEN 'fixed' THEN 3
    WHEN 'withdrawn' THEN 4 WHEN 'machine_gone' THEN 5 ELSE 6 END,
    happened_at DESC NULLS LAST, title, kb_id, lower(name), instance_id, region";

/// The accounts in which anything changed.
pub fn by_account(
    connection: &Connection,
    context: Context<'_>,
    filter: &ChangesFilter,
) -> Result<Vec<AccountChanges>, StoreError> {
    let question = question(context, filter);
    question.rows(connection, "changes by account", include_str!("changes_by_account.sql"), |row| {
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

/// The changes of the filter's kind; all of them without a window.
pub fn changes(
    connection: &Connection,
    context: Context<'_>,
    filter: &ChangesFilter,
    window: Option<Window>,
) -> Result<(u64, Vec<ChangeRow>), StoreError> {
    listing(connection, context, filter)?.page(connection, window)
}

pub fn listing(_: &Connection, context: Context<'_>, filter: &ChangesFilter) -> Result<Listing<ChangeRow>, StoreError> {
    let mut question = question(context, filter);
    question.only_if("kind = {}", filter.kind.map(ChangeKind::code));
    Ok(Listing::asked(question, "changes", include_str!("change_list.sql"), ORDER, read))
}

/// The day that is compared with. Nobody named one that is no longer known (the reports would refuse it), but the usual one
/// may be.
pub fn since(context: Context<'_>, filter: &ChangesFilter) -> Date {
    let since = filter.since(day_of(context.now));
    context.kept_since.map_or(since, |first| since.max(first))
}

fn question(context: Context<'_>, filter: &ChangesFilter) -> Question {
    let mut question = Question::about_changes(context, since(context, filter));
    question
        .only_if("customer_id = {}", filter.customer.as_deref())
        .only_if("provider = {}", filter.provider.as_deref())
        .only_if("account_id = {}", filter.account.as_ref().map(AccountId::as_str));
    question
}

fn read(row: &Row<'_>) -> duckdb::Result<ChangeRow> {
    let state = |column| -> duckdb::Result<Option<UpdateState>> {
        Ok(row.get::<_, Option<String>>(column)?.map(|state| UpdateState::parse(&state)))
    };
    let kind: String = row.get(0)?;
    let unknown = || {
        let error = io::Error::other(format!("`{kind}` is no kind of change"));
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
