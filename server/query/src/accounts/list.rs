//! The rows of the Patching table.

use crate::{
    builder::{Context, QueryBuilder, direction, read_id},
    freshness::{rank_of_state, state_of_rank},
    listing::Listing,
};
use duckdb::{Connection, Row};
use muster_model::{
    account::AccountRow,
    filter::{AccountFilter, AccountSort},
    patch_status::StatusCounts,
    provider::Provider,
};
use muster_store::{error::StoreError, value::read_time_option};

/// Prepares the accounts that match the filter, grouped by provider.
pub fn listing(
    _: &Connection,
    context: Context<'_>,
    filter: &AccountFilter,
) -> Result<Listing<AccountRow>, StoreError> {
    let list = include_str!("list.sql");
    Ok(Listing::from_query(query(context, filter), "accounts", list, order(filter), read))
}

fn query(context: Context<'_>, filter: &AccountFilter) -> QueryBuilder {
    let mut query = QueryBuilder::for_accounts(context);
    query
        .filter_by_option("customer_id = {}", filter.customer.as_deref())
        .filter_by_option("provider = {}", filter.provider.as_deref())
        .filter_by_option(
            "contains(lower(concat_ws(' ', account_name, account_id, customer_name)), lower({}))",
            filter.q.as_deref(),
        );
    if let Some(state) = filter.harvest {
        query.filter_by("state_rank = {}", rank_of_state(state));
    }
    query
}

fn order(filter: &AccountFilter) -> String {
    let column = match filter.sort {
        AccountSort::AccountName => "lower(account_name)",
        AccountSort::Instances => "instances",
        AccountSort::OnlineInstances => "online_instances",
        AccountSort::PendingOsUpdates => "pending_os_updates",
        AccountSort::PendingAgentUpdates => "pending_agent_updates",
        AccountSort::RunSuccess => "run_success_percent",
        AccountSort::LastHarvest => "last_harvest_at",
    };
    format!("provider_rank, provider, {column} {}, lower(account_name), account_id", direction(filter.direction))
}

pub fn read(row: &Row<'_>) -> duckdb::Result<AccountRow> {
    Ok(AccountRow {
        provider: Provider::new(row.get::<_, String>(0)?),
        account_id: read_id(row, 1)?,
        account_name: row.get(2)?,
        customer_id: row.get(3)?,
        customer_name: row.get(4)?,
        instances: row.get(5)?,
        online_instances: row.get(6)?,
        pending_os_updates: row.get(7)?,
        instances_pending_os_updates: row.get(8)?,
        pending_agent_updates: row.get(9)?,
        run_success_percent: row.get(10)?,
        runs_succeeded: row.get(11)?,
        runs_total: row.get(12)?,
        last_scan_at: read_time_option(row, 13)?,
        last_harvest_at: read_time_option(row, 14)?,
        harvest_state: state_of_rank(row.get(15)?),
        status: StatusCounts {
            no_data: row.get(16)?,
            stale: row.get(17)?,
            failed: row.get(18)?,
            pending: row.get(19)?,
            pending_reboot: row.get(20)?,
            up_to_date: row.get(21)?,
        },
    })
}
