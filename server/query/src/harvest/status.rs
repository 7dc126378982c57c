//! The harvests of each account, their costs and errors.

use crate::{
    builder::{Context, QueryBuilder, read_id},
    freshness::{rank_of_state, state_of_rank},
};
use duckdb::Connection;
use muster_model::{
    filter::HarvestFilter,
    harvest::{ErrorClass, HarvestError, HarvestRow, LostLog, OperationCalls, OrganizationListing},
    ids::AccountId,
    provider::Provider,
};
use muster_store::{
    error::StoreError,
    value::{read_time, read_time_option},
};
use std::collections::HashMap;

pub fn harvests(
    connection: &Connection,
    context: Context<'_>,
    filter: &HarvestFilter,
) -> Result<Vec<HarvestRow>, StoreError> {
    let mut errors = errors(connection, context)?;
    let mut query = QueryBuilder::for_regions(context);
    query.filter_by_option("account_id = {}", filter.account.as_ref().map(AccountId::as_str));
    if let Some(state) = filter.state {
        query.filter_by("state_rank = {}", rank_of_state(state));
    }
    let rows = query.rows(connection, "the harvests", include_str!("status.sql"), |row| {
        let harvest_id: Option<i64> = row.get(13)?;
        Ok(HarvestRow {
            provider: Provider::new(row.get::<_, String>(0)?),
            account_id: read_id(row, 1)?,
            account_name: row.get(2)?,
            customer_name: row.get(3)?,
            systems_account: row.get(4)?,
            region: row.get(5)?,
            state: state_of_rank(row.get(6)?),
            last_good_at: read_time_option(row, 7)?,
            last_tried_at: read_time_option(row, 8)?,
            duration_ms: row.get(9)?,
            api_calls: row.get(10)?,
            rows: row.get(11)?,
            transitions: row.get(12)?,
            errors: harvest_id.and_then(|id| errors.remove(&id)).unwrap_or_default(),
        })
    })?;
    let of_class =
        |row: &HarvestRow| filter.class.is_none_or(|class| row.errors.iter().any(|error| error.class == class));
    Ok(rows.into_iter().filter(of_class).collect())
}

/// Reads the API calls and rows of the last harvests, by operation.
pub fn operations(connection: &Connection, context: Context<'_>) -> Result<Vec<OperationCalls>, StoreError> {
    let query = QueryBuilder::for_regions(context);
    query.rows(connection, "the costs of the harvests", include_str!("operations.sql"), |row| {
        Ok(OperationCalls { operation: row.get(0)?, api_calls: row.get(1)?, rows: row.get(2)? })
    })
}

/// Reads the last listing of the organization's accounts, if accounts come from an organization.
pub fn organization(connection: &Connection, context: Context<'_>) -> Result<Option<OrganizationListing>, StoreError> {
    let query = QueryBuilder::for_regions(context);
    let statement = include_str!("organization_listing.sql");
    let rows = query.rows(connection, "the organization's listing", statement, |row| {
        let (tried_at, last_good_at) = (read_time(row, 0)?, read_time_option(row, 1)?);
        let class: String = row.get(6)?;
        let error = match ErrorClass::from_code(&class) {
            None => None,
            Some(class) => Some(HarvestError {
                operation: row.get(5)?,
                class,
                code: row.get(7)?,
                message: row.get(8)?,
                since: last_good_at.unwrap_or(tried_at),
            }),
        };
        Ok(OrganizationListing {
            tried_at,
            last_good_at,
            active_members: row.get(2)?,
            harvested_members: row.get(3)?,
            unassigned_members: row.get(4)?,
            error,
        })
    })?;
    Ok(rows.into_iter().next())
}

/// Reads the newest write-ahead log that was lost and is not made good.
pub fn lost_log(connection: &Connection, context: Context<'_>) -> Result<Option<LostLog>, StoreError> {
    let query = QueryBuilder::for_regions(context);
    let rows = query.rows(connection, "the lost log", include_str!("lost_log.sql"), |row| {
        let found_at = read_time(row, 0)?;
        Ok(LostLog { found_at, kept_as: row.get(1)?, unread: row.get(2)?, regions: row.get(3)? })
    })?;
    Ok(rows.into_iter().next())
}

fn errors(connection: &Connection, context: Context<'_>) -> Result<HashMap<i64, Vec<HarvestError>>, StoreError> {
    let query = QueryBuilder::for_regions(context);
    let rows = query.rows(connection, "the errors of the harvests", include_str!("errors.sql"), |row| {
        let class: String = row.get(2)?;
        let error = HarvestError {
            operation: row.get(1)?,
            class: ErrorClass::from_code(&class).unwrap_or(ErrorClass::Schema),
            code: row.get(3)?,
            message: row.get(4)?,
            since: read_time(row, 5)?,
        };
        Ok((row.get::<_, i64>(0)?, error))
    })?;
    let mut errors: HashMap<i64, Vec<HarvestError>> = HashMap::new();
    for (harvest_id, error) in rows {
        errors.entry(harvest_id).or_default().push(error);
    }
    Ok(errors)
}
