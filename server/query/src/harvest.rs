//! The harvests of each account: their state, costs and errors.

use crate::builder::{Context, QueryBuilder};
use muster_model::{
    column::Columns,
    filter::HarvestFilter,
    harvest::{ErrorClass, HarvestError, HarvestRow, LostLog, OperationCalls, OrganizationListing},
    ids::AccountId,
};
use muster_store::error::StoreError;
use std::collections::HashMap;

#[derive(Columns)]
struct Found {
    last_harvest_id: Option<i64>,
    #[column(flatten)]
    row: HarvestRow,
}

#[derive(Columns)]
struct FoundError {
    harvest_id: i64,
    #[column(flatten)]
    error: HarvestError,
}

#[derive(Columns)]
struct FoundListing {
    #[column(flatten)]
    listing: OrganizationListing,
    error_operation: String,
    error_class: String,
    error_code: String,
    error_message: String,
}

pub fn harvests(context: Context<'_>, filter: &HarvestFilter) -> Result<Vec<HarvestRow>, StoreError> {
    let mut errors = errors(context)?;
    let mut query = QueryBuilder::for_stored_instances(context);
    filter_harvests(&mut query, filter);
    let rows: Vec<Found> = query.read("the harvests", include_str!("harvest/status.sql"))?;
    let rows = rows.into_iter().map(|Found { last_harvest_id, row }| HarvestRow {
        errors: last_harvest_id.and_then(|id| errors.remove(&id)).unwrap_or_default(),
        ..row
    });
    Ok(rows.collect())
}

/// Reads the API calls and rows of the last harvests that match the filter, by operation.
pub fn operations(context: Context<'_>, filter: &HarvestFilter) -> Result<Vec<OperationCalls>, StoreError> {
    let mut query = QueryBuilder::for_regions(context);
    filter_harvests(&mut query, filter);
    query.read("the costs of the harvests", include_str!("harvest/operations.sql"))
}

/// Keeps the accounts and Regions that match the filter.
fn filter_harvests(query: &mut QueryBuilder<'_>, filter: &HarvestFilter) {
    let of_class = "last_harvest_id IN (SELECT harvest_id FROM harvest_error WHERE class = {})";
    query
        .filter_by_option("account_id = {}", filter.account.as_ref().map(AccountId::as_str))
        .filter_by_option(of_class, filter.class.map(ErrorClass::code));
    if let Some(state) = filter.state {
        query.filter_by("state_rank = {}", state as i32);
    }
}

/// Reads the last listing of the organization's accounts, if accounts come from an organization.
pub fn organization(context: Context<'_>) -> Result<Option<OrganizationListing>, StoreError> {
    let query = QueryBuilder::for_regions(context);
    let statement = include_str!("harvest/organization_listing.sql");
    let rows: Vec<FoundListing> = query.read("the organization's listing", statement)?;
    Ok(rows.into_iter().next().map(|found| OrganizationListing {
        error: ErrorClass::from_code(&found.error_class).map(|class| HarvestError {
            operation: found.error_operation,
            class,
            code: found.error_code,
            message: found.error_message,
            since: found.listing.last_good_at.unwrap_or(found.listing.tried_at),
        }),
        ..found.listing
    }))
}

/// Reads the newest write-ahead log that was lost and is not made good.
pub fn lost_log(context: Context<'_>) -> Result<Option<LostLog>, StoreError> {
    let query = QueryBuilder::for_regions(context);
    Ok(query.read("the lost log", include_str!("harvest/lost_log.sql"))?.into_iter().next())
}

fn errors(context: Context<'_>) -> Result<HashMap<i64, Vec<HarvestError>>, StoreError> {
    let query = QueryBuilder::for_regions(context);
    let rows: Vec<FoundError> = query.read("the errors of the harvests", include_str!("harvest/errors.sql"))?;
    let mut errors: HashMap<i64, Vec<HarvestError>> = HashMap::new();
    for FoundError { harvest_id, error } in rows {
        errors.entry(harvest_id).or_default().push(error);
    }
    Ok(errors)
}
