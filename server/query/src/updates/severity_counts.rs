//! Pending updates by severity: every band once, with zero if it has none.

use crate::builder::{AccountSelection, Context, QueryBuilder};
use muster_model::severity::{SeverityBand, SeverityCount};
use muster_store::error::StoreError;

pub fn severity_counts(
    context: Context<'_>,
    selection: AccountSelection<'_>,
) -> Result<Vec<SeverityCount>, StoreError> {
    let mut query = QueryBuilder::for_instances(context);
    query.filter_accounts(selection);
    let found: Vec<SeverityCount> = query.read("updates by severity", include_str!("severity_counts.sql"))?;
    let count = |band: SeverityBand| {
        let none = SeverityCount { band, pending_os_updates: 0, instances: 0 };
        found.iter().copied().find(|count| count.band == band).unwrap_or(none)
    };
    Ok(SeverityBand::ALL.map(count).into())
}
