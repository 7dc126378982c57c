//! The auditor links of the customers in scope.

use crate::builder::{Context, QueryBuilder};
use muster_model::auditor_link::AuditorLinksPage;
use muster_store::error::StoreError;

pub fn auditor_links(context: Context<'_>) -> Result<AuditorLinksPage, StoreError> {
    let query = QueryBuilder::for_regions(context);
    let rows = query.read("auditor links", include_str!("auditor_links/links.sql"))?;
    let customers = query.read("customers", include_str!("auditor_links/customers.sql"))?;
    Ok(AuditorLinksPage { now: context.now, rows, customers })
}
