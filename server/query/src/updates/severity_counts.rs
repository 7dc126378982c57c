//! Pending updates by severity: every band once, with zero if it has none.

use crate::builder::{AccountSelection, Context, QueryBuilder};
use duckdb::Connection;
use muster_model::severity::{SeverityBand, SeverityCount};
use muster_store::error::StoreError;

pub fn severity_counts(
    connection: &Connection,
    context: Context<'_>,
    selection: AccountSelection<'_>,
) -> Result<Vec<SeverityCount>, StoreError> {
    let mut query = QueryBuilder::for_instances(context);
    query.filter_accounts(selection);
    let statement = include_str!("severity_counts.sql");
    let found: Vec<(String, u64, u64)> =
        query.rows(connection, "updates by severity", statement, |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    let count = |band: SeverityBand| {
        let row = found.iter().find(|(code, ..)| code == band.code());
        let (pending_os_updates, instances) = row.map_or((0, 0), |(_, updates, instances)| (*updates, *instances));
        SeverityCount { band, pending_os_updates, instances }
    };
    Ok(SeverityBand::ALL.map(count).into())
}
