//! The auditor links of the customers in scope.

use crate::builder::{Context, QueryBuilder};
use duckdb::Connection;
use muster_model::auditor_link::{AuditorCustomer, AuditorLinkRow, AuditorLinksPage};
use muster_store::{
    error::StoreError,
    value::{read_day, read_time, read_time_option},
};

pub fn auditor_links(connection: &Connection, context: Context<'_>) -> Result<AuditorLinksPage, StoreError> {
    let query = QueryBuilder::for_regions(context);
    let rows = query.rows(connection, "auditor links", include_str!("auditor_links/links.sql"), |row| {
        Ok(AuditorLinkRow {
            link_id: row.get(0)?,
            customer_id: row.get(1)?,
            customer_name: row.get(2)?,
            day: read_day(row, 3)?,
            made_by: row.get(4)?,
            made_at: read_time(row, 5)?,
            expires_at: read_time(row, 6)?,
            revoked_at: read_time_option(row, 7)?,
        })
    })?;
    let customers = query.rows(connection, "customers", include_str!("auditor_links/customers.sql"), |row| {
        Ok(AuditorCustomer { customer_id: row.get(0)?, customer_name: row.get(1)? })
    })?;
    Ok(AuditorLinksPage { now: context.now, rows, customers })
}
