//! The auditor links of the customers in scope.

use super::bind::{Context, QueryBuilder};
use crate::store::error::StoreError;
use app::model::auditor_link::AuditorLinksPage;
use duckdb::Connection;

pub fn auditor_links(connection: &Connection, context: Context<'_>) -> Result<AuditorLinksPage, StoreError> {
    let query = QueryBuilder::for_regions(context);
    let rows = query.read(connection, "auditor links", include_str!("auditor_links.sql"))?;
    let customers = query.read(connection, "customers", include_str!("auditor_customers.sql"))?;
    Ok(AuditorLinksPage { now: context.now, rows, customers })
}
