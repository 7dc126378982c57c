//! An instance's installed software, by name.

use crate::{
    builder::{Context, QueryBuilder},
    instances::found::find,
    listing::Listing,
};
use muster_model::{
    filter::{OfInstance, SoftwareFilter},
    software::SoftwareRow,
};
use muster_store::error::StoreError;

pub fn listing<'a>(
    context: Context<'a>,
    filter: &OfInstance<SoftwareFilter>,
) -> Result<Listing<'a, SoftwareRow>, StoreError> {
    let found = find(context, &filter.instance)?;
    if found.is_empty() {
        return Ok(Listing::from_rows(Vec::new()));
    }
    let mut query = QueryBuilder::for_found(context, &found);
    query.search("w.name, w.version, w.publisher", filter.rows.q.as_deref());
    let list = include_str!("software.sql");
    Ok(Listing::from_query(query, "software", list, "lower(w.name), w.version, w.architecture"))
}
